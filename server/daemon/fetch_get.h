/* SPDX-License-Identifier: Apache-2.0 */
/* fetch_get.h: gets what is at a URL, over HTTP by libcurl or from a file,
 * unless it is what was got before. Nothing of what came is judged here. */
#ifndef OAP_FETCH_GET_H
#define OAP_FETCH_GET_H

#include <stdatomic.h>

#include "fetch_url.h"
#include "problem.h"

/* One thread's way out. */
struct fetch_line;

/* It gives up within a second after *stop is set. ca: a file of certificates,
 * or ""; both outlive it. NULL: out of memory. */
struct fetch_line *fetch_line_new(const atomic_bool *stop, const char *ca);
void fetch_line_free(struct fetch_line *line); /* takes NULL */

struct fetch_wish {
	const char *url; /* fetch_url_fault has nothing against it */
	/* Of the time before, "": get it whatever it is. */
	const char *validator;
	size_t max; /* bytes */
	int64_t timeout_ms;
};

enum fetch_got {
	FETCH_GOT_BODY,
	FETCH_GOT_SAME,	  /* unchanged since the validator was given */
	FETCH_GOT_REFUSED, /* there is nothing that we could take */
	FETCH_GOT_NOBODY,  /* nobody is there to ask, or not in time */
};

struct fetch_reply {
	enum fetch_got got;
	uint8_t *body; /* free(3) */
	size_t n;
	char validator[FETCH_VALIDATOR_MAX + 1]; /* "": it has none */
};

/* What is wrong goes into the problem, with the URL before it. */
void fetch_get(struct fetch_line *line, const struct fetch_wish *wish,
	       struct fetch_reply *reply, struct problem *p);

/* fetch_file.c: the same of a file, whose validator is what the disk says of
 * it. */
void fetch_file(const struct fetch_wish *wish, struct fetch_reply *reply,
		struct problem *p);

#endif
