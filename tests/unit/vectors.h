/* SPDX-License-Identifier: Apache-2.0 */
/* vectors.h: the public test vectors, which lie outside the project: in
 * OAP_VECTORS, else in shared/vectors beside it. README.md says where they come
 * from. Those that are no file of somebody's have this form, bytes as hex:
 *
 * token_status_list_vectors.json
 *	{"vectors": [{"bits": 1, "entries": 1048576, "statuses": {"0": 1, …},
 *	"cbor_hex": the map}, …], "status_list_token_cwt_hex": the message}
 * rfc8032_ed25519.json
 *	{"tests": [{"seed": …, "pk": …, "msg": …, "sig": …}, …]}
 * base45.json
 *	{"encode": [{"hex": …, "b45": text}, …],
 *	"decode_must_fail": [{"b45": text}, …]} */
#ifndef VECTORS_H
#define VECTORS_H

#include <jansson.h>

#include "bytes.h"

/* A file of theirs; the caller frees it with json_decref. NULL, said on
 * stderr, when it is not there: the test then skips itself. */
json_t *vectors_load(const char *name);
/* What main returns, given how many tests failed: 1; or, when none did and
 * vectors were missing, what ctest takes for a test that was skipped; or 0. */
int vectors_status(int failed);

/* A member that must be there, as text and as bytes. */
const char *vector_text(const json_t *object, const char *key);
struct bytes vector_hex(const json_t *object, const char *key, uint8_t *buf,
                        size_t cap);
/* Hexadecimal of a test's own; fails the test when it is none. */
struct bytes from_hex(const char *hex, uint8_t *buf, size_t cap);

#endif
