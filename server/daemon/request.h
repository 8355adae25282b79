/* SPDX-License-Identifier: Apache-2.0 */
/* request.h: one request, from its last byte to its reply. It belongs to its
 * loop's thread. A handler either replies at once, or gives a job to another
 * thread and replies when that comes back; whichever reply_* it calls ends the
 * request and frees it. */
#ifndef OAP_REQUEST_H
#define OAP_REQUEST_H

#include <event2/http.h>
#include <jansson.h>
#include <sys/queue.h>

#include "limits.h"
#include "mailbox.h"
#include "param.h"
#include "service.h"

#define REQUEST_ARGS 2 /* a kiosk and an id */

struct event;
struct loop;
struct route;

/* Who asks, as far as a route wants to know. */
struct caller {
	enum role role;
	char actor[NAME_ID_MAX + 1]; /* for the audit trail */
};

struct request {
	struct mail mail;
	LIST_ENTRY(request) link; /* of the loop's */
	struct loop *loop;
	bool has_yielded; /* loop_yield's */
	TAILQ_ENTRY(request) yield_link;
	struct service *service;
	struct evhttp_request *ev;
	struct conn *conn;
	const struct route *route;
	int64_t start_ns; /* monotonic */
	bool head;	  /* HEAD: a GET without the body */
	struct snapshot *snapshot;
	struct bytes body; /* libevent's memory; as long as the request */
	char arg[REQUEST_ARGS][HTTP_PATH_PARAM_MAX + 1];
	struct param param[HTTP_PARAMS_MAX];
	size_t param_count;
	char *query; /* what params point into */
	struct caller caller;
	json_t *json; /* the body, of a route that takes JSON */
	/* The handler's own; freed with the request. */
	void *work;
	void (*free_work)(void *work);
	void (*then)(struct request *r); /* when a job has come back */
	/* When the daemon ends: NULL is a reply that it is unavailable. */
	void (*give_up)(struct request *r);
};

/* Takes ev on: body, path, query, snapshot. NULL: out of memory. */
struct request *request_new(struct loop *loop, struct service *service,
			    struct evhttp_request *ev);
void request_free(struct request *r);
/* Path segments and query into arg and param; false: a 400 problem. */
bool request_read_query(struct request *r, struct problem *p) OAP_CHECKED;
bool request_read_json(struct request *r, struct problem *p) OAP_CHECKED;
struct params request_params(const struct request *r);
/* Nanoseconds since its last byte came. */
uint64_t request_age_ns(const struct request *r);

/* Percent-decoding (RFC 3986) of n bytes with a NUL; false: a broken escape,
 * a NUL, or more than cap - 1 bytes. plus: '+' stands for a space. */
bool percent_decode(const char *text, size_t n, bool plus, char *out,
		    size_t cap) OAP_CHECKED;

/* Hand a job over; then runs on the loop when it is done. When the queue is
 * full the request has been answered `busy` and is gone. */
void request_to_ledger(struct request *r, struct ledger_job *job,
		       void (*then)(struct request *r));
void request_to_reader(struct request *r, struct report_job *job,
		       void (*then)(struct request *r));
void request_to_copier(struct request *r, struct report_job *job,
		       void (*then)(struct request *r));

#endif
