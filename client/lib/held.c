/* SPDX-License-Identifier: Apache-2.0 */
/* held.c: taken from a bundle that verified, and from nothing else. */
#include "held.h"

#include <string.h>

static void take_pins(const struct bundle *b, struct held *out)
{
	struct cbor_in in = cbor_members(b->pins);

	while (out->pin_count < PINS_MAX &&
	       bundle_next_pin(&in, out->pins[out->pin_count]))
		out->pin_count++;
}

static void take_kiosk(const struct trust *t, const uint8_t kid[static 8],
		       const struct held *before, struct held *out)
{
	struct bundle_kiosk row;

	memcpy(out->facility, before->facility, sizeof(out->facility));
	out->listed = trust_kiosk(t, kid, &row);
	if (!out->listed)
		return;
	out->device = row.state;
	if (!bytes_to_text(row.facility, out->facility, sizeof(out->facility)))
		out->facility[0] = '\0';
}

void held_of(const struct trust *t, const uint8_t kid[static 8],
	     const struct held *before, struct held *out)
{
	const struct bundle *b = trust_bundle(t);
	struct held made = {.there = true,
			    .epoch = b->epoch,
			    .made_at = b->made_at,
			    .has_next_key = b->has_next_key};

	memcpy(made.hash, trust_hash(t), sizeof(made.hash));
	if (b->has_next_key)
		memcpy(made.next_key, b->next_key, sizeof(made.next_key));
	take_pins(b, &made);
	take_kiosk(t, kid, before, &made);
	*out = made;
}

bool held_is(const struct held *h, const struct trust *t)
{
	return h->there && memcmp(trust_hash(t), h->hash, sizeof(h->hash)) == 0;
}
