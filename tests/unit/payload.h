/* SPDX-License-Identifier: Apache-2.0 */
/* payload.h: a payload with one member changed, for tests of what a reader
 * refuses. */
#ifndef PAYLOAD_H
#define PAYLOAD_H

#include "cose.h"

/* Whether a payload with that change is taken. */
struct payload_change {
	const char *key;   /* encoded, in hexadecimal */
	const char *value; /* encoded, in hexadecimal; NULL: without the key */
	bool taken;
};

/* The payload, a map in order, with the change, in order again. */
struct bytes payload_changed(struct bytes payload,
                             const struct payload_change *change, uint8_t *buf,
                             size_t cap);

/* Changes a message's payload and signs it anew, as city_key_make(1) does, its
 * MAC key being its public one: read must take what is to be taken. It must
 * refuse the same payload under any other typ, and the message at any length
 * but its own. */
void payload_check_refusals(struct bytes message, enum typ typ,
                            bool (*read)(struct bytes message),
                            const struct payload_change *changes, size_t count);

#endif
