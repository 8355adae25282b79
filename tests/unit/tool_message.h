/* SPDX-License-Identifier: Apache-2.0 */
/* tool_message.h: messages as JSON and back, for tests that compare the
 * shipped readers and writers with another implementation.
 *
 * The JSON of a payload has the keys of messages.cddl as texts, integers as
 * decimal texts (JSON has no 64 bits), byte strings in hexadecimal. */
#ifndef TOOL_MESSAGE_H
#define TOOL_MESSAGE_H

#include <jansson.h>

#include "bytes.h"
#include "names.h"

/* Reading JSON: what is missing or of another kind sets failed, for ever.
 * Texts and bytes are copied to the arena. */
struct fields {
	const json_t *object;
	struct outbuf *arena;
	bool failed;
};

struct fields fields_in(const struct fields *outer, const json_t *object);
bool field_given(const struct fields *f, const char *key);
const json_t *field_json(struct fields *f, const char *key);
uint64_t field_uint(struct fields *f, const char *key);
int64_t field_int(struct fields *f, const char *key);
bool field_bool(struct fields *f, const char *key);
struct bytes field_text(struct fields *f, const char *key);
struct bytes field_hex(struct fields *f, const char *key);
void field_hex_exact(struct fields *f, const char *key, uint8_t *p, size_t n);
/* The same of a bare value. */
uint64_t value_uint(struct fields *f, const json_t *value);
int64_t value_int(struct fields *f, const json_t *value);
struct bytes value_text(struct fields *f, const json_t *value);
struct bytes value_hex(struct fields *f, const json_t *value);

/* Writing. Each json_* below is a new reference. */
json_t *json_of_uint(uint64_t v);
json_t *json_of_int(int64_t v);
json_t *json_of_text(struct bytes v);
json_t *json_of_hex(const uint8_t *p, size_t n);
/* Takes over value. */
void put(json_t *object, const char *key, json_t *value);
void append(json_t *array, json_t *value);

json_t *names_fields(const struct names *names);
struct names names_from(struct fields *f, const char *key);

/* Starts an array whose items are written next: their part of the scratch
 * buffer becomes the encoded array. */
size_t array_begin(struct outbuf *scratch, const json_t *array);
struct bytes array_end(const struct outbuf *scratch, size_t at);

/* Whose message it is. */
struct tool_key {
	bool given;
	uint8_t kid[8];
	uint8_t pk[32], sk[64];
	uint8_t mac[32];
};

struct tool_typ {
	int64_t typ;
	/* Reads and verifies; NULL with *why when it is refused. */
	json_t *(*show)(struct bytes message, const struct tool_key *key,
			struct outbuf *scratch, const char **why);
	void (*make)(struct outbuf *out, struct fields *f,
		     const struct tool_key *key, struct outbuf *scratch);
};

/* What is no message of its own; each answers whole. */
json_t *tool_code(struct bytes line);
json_t *tool_enrolcode(struct bytes line);
json_t *tool_body(struct bytes body, struct outbuf *out);

extern const struct tool_typ tool_small[], tool_large[], tool_bundle;
extern const size_t tool_small_count, tool_large_count;

#endif
