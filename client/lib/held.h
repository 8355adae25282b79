/* SPDX-License-Identifier: Apache-2.0 */
/* held.h: what a kiosk keeps of the bundle it holds, beside the bundle itself:
 * should that go bad, another one can be fetched, from the right place, and
 * none that is older. */
#ifndef OAP_HELD_H
#define OAP_HELD_H

#include "bundle.h"
#include "limits.h"
#include "trust.h"

struct held {
	bool there; /* a bundle was taken once */
	uint64_t epoch, made_at;
	uint8_t hash[32]; /* SHA-256 of its message */
	bool has_next_key; /* of the service, announced */
	uint8_t next_key[32];
	size_t pin_count;
	uint8_t pins[PINS_MAX][32]; /* of TLS, present and next */
	bool listed;		    /* it has this kiosk */
	enum device_state device;   /* then */
	char facility[NAME_ID_MAX + 1]; /* by the latest that had it; "" none */
};

/* Of a bundle that is taken after before (which may be out). */
void held_of(const struct trust *t, const uint8_t kid[static 8],
	     const struct held *before, struct held *out);
/* Whether it is the very one. */
bool held_is(const struct held *h, const struct trust *t) OAP_CHECKED;

#endif
