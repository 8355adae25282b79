/* SPDX-License-Identifier: Apache-2.0 */
/* kioskfield.c: reads what everything that a kiosk says has in common. */
#include "kioskfield.h"

#include "limits.h"

bool kiosk_read_at(struct cbor_in *in, int64_t *at_ms)
{
	return map_int(in, KEY_AT, 0, TIME_MS_MAX, at_ms);
}

bool kiosk_read_epoch(struct cbor_in *in, uint64_t *epoch)
{
	return map_uint(in, KEY_EPOCH, UINT64_MAX, epoch);
}

bool kiosk_read_seq(struct cbor_in *in, uint64_t *seq)
{
	return map_uint(in, KEY_SEQ, SEQ_MAX, seq) && *seq > 0;
}

bool kiosk_read_offset(struct cbor_in *in, int64_t *offset_ms)
{
	return map_int(in, KEY_OFFSET, -CLOCK_OFFSET_MS_MAX,
		       CLOCK_OFFSET_MS_MAX, offset_ms);
}

bool kiosk_read_party(struct cbor_in *in, uint32_t *party)
{
	uint64_t wide;

	if (!map_uint(in, KEY_PARTY, PARTY_MAX, &wide) || wide == 0)
		return false;
	*party = (uint32_t)wide;
	return true;
}

bool kiosk_read_amount(struct cbor_in *in, int64_t key, bool *has,
		       int64_t *amount)
{
	*has = map_key(in, key);
	return !*has || cbor_int_range(in, 0, AMOUNT_MAX, amount);
}
