/* SPDX-License-Identifier: Apache-2.0 */
/* loop.h: one thread that serves connections, with an event base and an evhttp
 * of its own. All but loop_free is called by the main thread. */
#ifndef OAP_LOOP_H
#define OAP_LOOP_H

#include <semaphore.h>

#include "mailbox.h"
#include "service.h"

struct loop;
struct request;

struct loop *loop_new(struct service *service) OAP_CHECKED;
/* Takes over a socket that is bound (and, unless it is TCP, listening). Before
 * loop_start. */
bool loop_listen_tcp(struct loop *loop, int fd) OAP_CHECKED;
bool loop_listen_local(struct loop *loop, int fd) OAP_CHECKED;
bool loop_start(struct loop *loop) OAP_CHECKED;
/* Takes no more connections, closes those that are idle, and posts `drained`
 * once when no request is in hand. */
void loop_drain(struct loop *loop, sem_t *drained);
/* Answers what is still in hand (`unavailable`, unless its job has come back),
 * ends the thread and joins it. After the ledger and the reader stopped. */
void loop_end(struct loop *loop);
void loop_free(struct loop *loop); /* takes NULL */

/* For requests, on the loop's thread. */
void loop_add(struct loop *loop, struct request *r);
void loop_remove(struct request *r);
bool loop_is_draining(const struct loop *loop);
/* Calls r->then again after other events had their turn. */
void loop_yield(struct loop *loop, struct request *r);
struct conn *loop_conn(struct loop *loop, struct evhttp_request *ev);
/* Any thread. */
void loop_post(struct loop *loop, struct mail *mail);

#endif
