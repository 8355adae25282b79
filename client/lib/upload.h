/* SPDX-License-Identifier: Apache-2.0 */
/* upload.h: the body of POST /v1/entries: a report on how this kiosk stands,
 * and up to ITEMS_PER_UPLOAD_MAX unsent entries. */
#ifndef OAP_UPLOAD_H
#define OAP_UPLOAD_H

#include "there.h"

/* What a report with as many items as are sent at once may take; each item
 * has a head of its own. */
#define UPLOAD_ITEMS_MAX (ITEMS_PER_UPLOAD_MAX * (ITEM_MAX + 8))
#define UPLOAD_BODY_MAX (REPORT_MAX + 16 + UPLOAD_ITEMS_MAX)

/* Of what a report says of the entries here. */
struct reported {
	uint64_t next_seq; /* what the answer is contact before */
	uint64_t settled;  /* the oldest unsent seq, or the next one */
};

struct upload {
	uint8_t *items_buf, *body_buf; /* malloc'd */
	struct outbuf items, body;
	uint64_t seqs[ITEMS_PER_UPLOAD_MAX]; /* of the entries in it */
	size_t count;
	uint64_t next_seq; /* as reported: what the answer is contact before */
	struct there_asked asked;
	struct moment sent;
	int64_t said_ms; /* the same as the report says it, ms since 1970 */
};

struct upload *upload_new(void); /* NULL: out of memory */
void upload_free(struct upload *u); /* takes NULL */
void upload_clear(struct upload *u); /* to be built anew */
/* A journal_visit whose arg is an upload: puts that entry in it. */
void upload_collect(void *arg, uint64_t seq, struct bytes message,
		    struct bytes salt, struct bytes scanned);

/* Under the lock. With the oldest unsent entries after seq after; or, when
 * reversal is not 0, with the reversal of that seq and what else is unsent of
 * its pass. */
enum oap_result upload_build(struct oap *o, uint64_t reversal, uint64_t after,
			     struct upload *u,
			     struct oap_problem *why) OAP_CHECKED;

/* Under the lock: a report on how this kiosk stands. False: the journal cannot
 * be read. */
bool upload_put_report(struct oap *o, const struct moment *now,
		       struct outbuf *out, struct reported *said) OAP_CHECKED;

#endif
