/* SPDX-License-Identifier: Apache-2.0 */
/* vectors.h: the public test vectors, which lie outside the project: in
 * OAP_VECTORS, else in shared/vectors beside it. */
#ifndef VECTORS_H
#define VECTORS_H

#include <jansson.h>

#include "bytes.h"

/* A file of theirs; the caller frees it with json_decref. NULL, said on
 * stderr, when it is not there: the test then skips itself. */
json_t *vectors_load(const char *name);

/* A member that must be there, as text and as bytes. */
const char *vector_text(const json_t *object, const char *key);
struct bytes vector_hex(const json_t *object, const char *key, uint8_t *buf,
                        size_t cap);
/* Hexadecimal of a test's own; fails the test when it is none. */
struct bytes from_hex(const char *hex, uint8_t *buf, size_t cap);

#endif
