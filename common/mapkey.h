/* SPDX-License-Identifier: Apache-2.0 */
/* mapkey.h: maps whose keys are known: in deterministic CBOR they come in one
 * order, so a payload is read, and written, as the list of its keys. */
#ifndef OAP_MAPKEY_H
#define OAP_MAPKEY_H

#include "cbor.h"

/* Each steps over the map's key when it is the next thing; else it does not
 * move. */
bool map_key(struct cbor_in *in, int64_t key);
bool map_text_key(struct cbor_in *in, const char *key);

/* A key and its value, which must be there: after false, in is anywhere. */
bool map_uint(struct cbor_in *in, int64_t key, uint64_t max,
	      uint64_t *v) OAP_CHECKED;
bool map_int(struct cbor_in *in, int64_t key, int64_t min, int64_t max,
	     int64_t *v) OAP_CHECKED;
/* Since 1970, up to TIME_S_MAX. */
bool map_seconds(struct cbor_in *in, int64_t key, uint64_t *v) OAP_CHECKED;
/* A byte string of exactly n bytes, copied to p. */
bool map_bytes(struct cbor_in *in, int64_t key, uint8_t *p,
	       size_t n) OAP_CHECKED;
/* Text of 1..max bytes. */
bool map_text(struct cbor_in *in, int64_t key, size_t max,
	      struct bytes *v) OAP_CHECKED;
bool map_name_id(struct cbor_in *in, int64_t key,
		 struct bytes *v) OAP_CHECKED;

/* Writing; the caller gives keys in their order. */
void map_put_uint(struct outbuf *out, int64_t key, uint64_t v);
void map_put_int(struct outbuf *out, int64_t key, int64_t v);
void map_put_bytes(struct outbuf *out, int64_t key, const uint8_t *p,
		   size_t n);
void map_put_text(struct outbuf *out, int64_t key, struct bytes v);
/* A value that is encoded already. */
void map_put_item(struct outbuf *out, int64_t key, struct bytes encoded);

#endif
