/* SPDX-License-Identifier: Apache-2.0 */
/* taker.h: takes the fields of a JSON object one by one, each with its rule;
 * what is wrong is a problem that names the field and says what it must be.
 * Views point into the JSON. */
#ifndef OAP_TAKER_H
#define OAP_TAKER_H

#include <jansson.h>

#include "names.h"
#include "problem.h"

struct taker {
	const json_t *object;
	const char *where; /* "" or "limit.": what names stand behind */
	struct problem *problem;
};

/* JSON as it comes from a request: whether it is an object at all. */
bool taker_open(struct taker *t, const json_t *body, struct problem *p)
    OAP_CHECKED;
/* Refuses every field that is not in the NULL-terminated list. */
bool take_known(const struct taker *t, const char *const *names) OAP_CHECKED;
/* "field "limit.uses": must be …"; false. */
bool take_refuse(const struct taker *t, const char *name, const char *rule);

/* The value, or NULL when it is absent or null. */
const json_t *take(const struct taker *t, const char *name);

/* Each: false and a problem when a field is wrong, or absent though needed;
 * true and *out as it was when it is absent and not needed. */
enum take_need { TAKE_NEEDED, TAKE_OPTIONAL };
/* 1..max bytes without control characters. */
bool take_text(const struct taker *t, const char *name, enum take_need need,
	       size_t max, struct bytes *out) OAP_CHECKED;
bool take_name_id(const struct taker *t, const char *name,
		  enum take_need need, struct bytes *out) OAP_CHECKED;
bool take_currency(const struct taker *t, const char *name,
		   struct bytes *out) OAP_CHECKED;
bool take_names(const struct taker *t, const char *name, struct names *out)
    OAP_CHECKED;
bool take_whole(const struct taker *t, const char *name, enum take_need need,
		int64_t min, int64_t max, int64_t *out) OAP_CHECKED;
bool take_flag(const struct taker *t, const char *name, enum take_need need,
	       bool *out) OAP_CHECKED;
/* of: the number of a name, or -1; choices: the names, for the problem. */
bool take_choice(const struct taker *t, const char *name, enum take_need need,
		 int (*of)(const char *name), const char *choices, int *out)
    OAP_CHECKED;
/* "2026-11-23" */
bool take_day(const struct taker *t, const char *name, enum take_need need,
	      int32_t *out) OAP_CHECKED;
bool take_hex(const struct taker *t, const char *name, uint8_t *out, size_t n)
    OAP_CHECKED;
/* An array of 1..max members; absent: *out is NULL. */
bool take_array(const struct taker *t, const char *name, size_t max,
		const json_t **out) OAP_CHECKED;
/* Standard base64 of 1..max bytes into a new buffer, free(3). */
bool take_base64(const struct taker *t, const char *name, const json_t *value,
		 size_t max, struct bytes *out) OAP_CHECKED;

/* A string of JSON as a view. */
struct bytes json_bytes(const json_t *string);
/* A new string; NULL without memory. */
json_t *json_of_bytes(struct bytes text);
json_t *json_of_hex(struct bytes data);
json_t *json_of_names(const struct names *names);

#endif
