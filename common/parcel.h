/* SPDX-License-Identifier: Apache-2.0 */
/* parcel.h: what travels as a file (messages.cddl: journal-file, return-file):
 * a CBOR array of byte strings, read one by one from wherever the bytes come,
 * so that a large one costs the memory of its largest item. It is written with
 * cbor_put_array, cbor_put_bytes_head and the items' bytes. */
#ifndef OAP_PARCEL_H
#define OAP_PARCEL_H

#include "bytes.h"

/* Gives up to n bytes; fewer only at the end. Whether that came by a failure
 * is for who made the source to know. */
typedef size_t parcel_source(void *arg, uint8_t *p, size_t n);

struct parcel {
	parcel_source *source;
	void *arg;
	uint64_t count; /* items in all */
	uint64_t left;	/* that have not begun */
	uint64_t rest;	/* bytes left of the one that has */
};

enum parcel_result {
	PARCEL_OK = 0,
	PARCEL_END,	 /* all items have been read, and nothing follows */
	PARCEL_OTHER,	 /* no such file */
	PARCEL_CUT,	 /* it ends too early */
	PARCEL_TOO_LONG, /* an item of more bytes than may be */
	PARCEL_TRAILING	 /* something follows */
};

/* PARCEL_OK: p->count is known. */
enum parcel_result parcel_open(struct parcel *p, parcel_source *source,
			       void *arg) OAP_CHECKED;
/* The next item, of *n bytes, 1 to most; then they are to be read. */
enum parcel_result parcel_next(struct parcel *p, size_t most, size_t *n)
    OAP_CHECKED;
/* Those n bytes. False: PARCEL_CUT. */
bool parcel_read(struct parcel *p, uint8_t *bytes, size_t n) OAP_CHECKED;
/* A short English phrase on what is wrong, for messages to people. */
const char *parcel_result_text(enum parcel_result result);

#endif
