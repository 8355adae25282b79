/* SPDX-License-Identifier: Apache-2.0 */
/* dissect.h: takes a message apart to explain it, also where it is wrong: what
 * can be read of it, and the first thing that no pass has. Whether it is a
 * pass is decided elsewhere (pass.h), by the reader that doors use. */
#ifndef ISSUER_DISSECT_H
#define ISSUER_DISSECT_H

#include "bytes.h"

/* In the order in which they are shown. */
enum part {
	PART_ISSUER,
	PART_PASS_ID,
	PART_CLASS,
	PART_HINT,
	PART_ISSUED,
	PART_NOT_BEFORE,
	PART_UNTIL,
	PART_HOLDER_KEY,
	PART_STATUS_LIST,
	PART_INDEX,
	PART_TYPE,
	PART_ALGORITHM,
	PART_KEY,
	PART_SHOWN_AT,
	PART_SHOWN_TO,
	PART_COUNT
};

enum part_kind { PART_TEXT, PART_HEX, PART_TIME, PART_NUMBER };

struct part_value {
	bool is_there;
	struct bytes bytes; /* of texts and byte strings; into the message */
	int64_t number;	    /* of the others; times in seconds */
};

struct dissection {
	struct part_value part[PART_COUNT];
	char class_number[24]; /* of a class that has no name */
	char fault[160]; /* what is wrong, and where; "" when nothing is */
};

const char *part_name(enum part part);
enum part_kind part_kind(enum part part);

/* The message must outlive the dissection. */
void dissect(struct dissection *d, struct bytes message);
/* For what takes part in it. */
void dissect_put_bytes(struct dissection *d, enum part part, struct bytes v);
void dissect_put_number(struct dissection *d, enum part part, int64_t v);
/* Of a fault; the first one stays. */
void dissect_complain(struct dissection *d, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
