/* SPDX-License-Identifier: Apache-2.0 */
/* daemon.h: a service brought up, kept up, and brought down in order. All of
 * it is for the main thread, which has blocked the signals it waits for. */
#ifndef OAP_DAEMON_H
#define OAP_DAEMON_H

#include "config.h"

struct daemon;

/* What a configuration names must be there, too: its certificates. False, and
 * one line in error. */
bool daemon_check(const struct config *config, char *error, size_t error_size)
    OAP_CHECKED;
/* Opens storage and keys, listens, starts every thread. config is copied.
 * NULL: error has one line, and nothing is left running. */
struct daemon *daemon_start(const struct config *config, char *error,
			    size_t error_size) OAP_CHECKED;
/* "http://127.0.0.1:8440" */
const char *daemon_url(const struct daemon *d);
/* What a changed configuration can change without a restart; the rest is
 * named in the log. */
void daemon_reload(struct daemon *d, const struct config *config);
/* To be called every DAEMON_TICK_S: starts what happens without a request, once
 * a minute, or at once where the last time left something to do. */
#define DAEMON_TICK_S 1
void daemon_tick(struct daemon *d);
/* Lets requests in hand finish, stops all threads, closes storage. */
void daemon_stop(struct daemon *d);

#endif
