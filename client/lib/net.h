/* SPDX-License-Identifier: Apache-2.0 */
/* net.h: HTTP to the service, on threads of its own, so that nothing that a
 * name server, a network or libcurl does can hold a caller past its deadline.
 * As many requests at a time as there are workers; another caller waits for
 * its turn within its own deadline. A request that was given up ends by itself
 * soon after. */
#ifndef OAP_NET_H
#define OAP_NET_H

#include "bytes.h"
#include "limits.h"

#define NET_WORKERS_MAX 8

struct net;

enum net_method { NET_GET, NET_POST };

/* Where a service is. */
struct net_place {
	/* http://…, https://…, or unix:PATH */
	char url[URL_MAX + 1];
	/* TLS: accept these public keys (SHA-256 of the SPKI) and no other;
	 * 0: whom the system's certificate authorities vouch for. */
	size_t pin_count;
	uint8_t pins[PINS_MAX][32];
};

struct net_request {
	enum net_method method;
	const char *path; /* "/v1/ask" */
	struct bytes body;	/* application/cbor */
	const char *etag; /* If-None-Match; NULL or "": none */
	size_t reply_max; /* bytes; a longer reply is a failure */
	int64_t until_ms; /* net_now_ms at which the caller goes on */
};

struct net_reply {
	int status; /* HTTP; 0: there was no reply, see error */
	bool late;  /* there was none in time */
	int64_t got_ms; /* net_now_ms when it came */
	uint8_t *body; /* NUL after its n bytes */
	size_t n;
	char etag[ETAG_MAX + 1];
	uint32_t retry_after_s; /* 0: not said */
	char error[192]; /* status 0: why, for a person */
};

/* CLOCK_MONOTONIC in ms: the clock of deadlines. */
int64_t net_now_ms(void);

/* With at most so many workers, 1..NET_WORKERS_MAX; NULL when out of memory or
 * threads. */
struct net *net_start(size_t workers);
/* Joins them; takes NULL. */
void net_stop(struct net *n);

/* Any thread. The reply is the caller's, and always to be given to
 * net_reply_free, which takes NULL; NULL when out of memory. */
struct net_reply *net_call(struct net *n, const struct net_place *place,
			   const struct net_request *request) OAP_CHECKED;
/* The same in two steps, so that several are under way at once: begin waits
 * for its turn only (NULL: out of memory), end waits for the reply, and is to
 * be called for each. */
struct net_flight;
struct net_flight *net_begin(struct net *n, const struct net_place *place,
			     const struct net_request *request) OAP_CHECKED;
struct net_reply *net_end(struct net_flight *flight) OAP_CHECKED;
void net_reply_free(struct net_reply *reply);

/* Whether a service may be there: the form of an URL, not its truth. */
bool net_url_valid(const char *url);

#endif
