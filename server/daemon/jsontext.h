/* SPDX-License-Identifier: Apache-2.0 */
/* jsontext.h: JSON (RFC 8259) written straight into a buffer, for the one reply
 * that every visitor waits for: as a tree of values it cost as much as a tenth
 * of the whole redemption. Everything else is built with jansson.
 *
 * Names are given in objects and NULL in arrays. Texts must be UTF-8. What does
 * not fit sets out.failed, as everywhere. */
#ifndef OAP_JSONTEXT_H
#define OAP_JSONTEXT_H

#include "bytes.h"

struct jsontext {
	struct outbuf out;
	bool comma; /* before the next value */
};

struct jsontext jsontext_in(uint8_t *p, size_t cap);
void jsontext_open_object(struct jsontext *j, const char *name);
void jsontext_open_array(struct jsontext *j, const char *name);
void jsontext_close_object(struct jsontext *j);
void jsontext_close_array(struct jsontext *j);
void jsontext_number(struct jsontext *j, const char *name, int64_t value);
void jsontext_flag(struct jsontext *j, const char *name, bool value);
void jsontext_null(struct jsontext *j, const char *name);
void jsontext_text(struct jsontext *j, const char *name, struct bytes value);

#endif
