/* SPDX-License-Identifier: Apache-2.0 */
/* admission.c: signatures, and who and what a message names. */
#include "admission.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "code.h"

static void admit_key(const struct admitting *by, struct admitted *a)
{
	const struct scan *scan = &a->scan;
	const struct snap_issuer *issuer =
	    snapshot_issuer(by->snapshot, scan->pass.iss);

	a->issuer = issuer != NULL ? ISSUER_KNOWN : ISSUER_NOT_TRUSTED;
	/* Whose residents' visit it was is booked all the same. */
	if (issuer == NULL)
		issuer = snapshot_former_issuer(by->snapshot, scan->pass.iss);
	if (issuer == NULL)
		return;
	a->keys_made_at = snap_issuer_made_at(issuer);
	a->has_key = snap_issuer_key(issuer, scan->kid, &a->key);
	if (!a->has_key)
		return;
	a->pass_verified =
	    passcache_verify(by->cache, &scan->pass_cose, a->key.pk);
	a->has_status =
	    snap_issuer_status(issuer, scan->pass.uri, &a->status);
}

void admit(const struct admitting *by, struct bytes scanned,
	   struct bytes benefit, struct bytes facility, struct admitted *a)
{
	memset(a, 0, sizeof(*a));
	a->benefit = snapshot_benefit(by->snapshot, benefit);
	a->facility = snapshot_facility(by->snapshot, facility);
	a->shape = code_judge_scanned(scanned);
	if (a->shape == VERDICT_NONE)
		a->shape = scan_read(scanned, &a->scan);
	if (a->shape != VERDICT_NONE)
		return;
	pass_hash(by->keys->pass_key, a->scan.pass.iss, a->scan.pass.cti,
		  a->pass_hash);
	admit_key(by, a);
	/* Under a pass of nobody it would prove nothing. */
	if (a->scan.live && a->scan.pass.has_cnf && a->pass_verified)
		a->presentation_verified =
		    cose_verify(&a->scan.presentation_cose, a->scan.pass.cnf,
				NULL);
}

bool upload_open(struct upload *u, struct bytes items, size_t count,
		 const struct snap_kiosk *kiosk)
{
	*u = (struct upload){.kiosk = kiosk};
	if (count == 0)
		return true;
	u->items = calloc(count, sizeof(*u->items));
	if (u->items == NULL)
		return false;
	/* body_read has counted them. */
	while (u->count < count &&
	       body_next_item(&items, &u->items[u->count].raw))
		u->count++;
	u->unchecked = u->count;
	return true;
}

void upload_close(struct upload *u)
{
	free(u->items);
	u->items = NULL;
	u->count = u->unchecked = 0;
}

static bool read_parts(struct ledger_item *item)
{
	if (item->raw.n > ITEM_MAX || !item_read(item->raw, &item->item) ||
	    !entry_read(item->item.entry, &item->entry))
		return false;
	if (item->entry.typ == TYP_REVERSAL)
		return item->item.salt.n == 0 && item->item.scanned.n == 0;
	return item->item.salt.n == ENTRY_SALT &&
	       item->item.scanned.n <= SCANNED_MAX;
}

/* By the entry after it, which is authentic and names this one's hash. */
static bool is_chained(const struct ledger_item *item,
		       const struct ledger_item *after)
{
	uint8_t hash[32];

	if (after == NULL || !after->readable || !after->authentic ||
	    after->entry.by_operator || item->entry.by_operator ||
	    after->entry.seq != item->entry.seq + 1)
		return false;
	entry_hash(item->item.entry, hash);
	return memcmp(hash, after->entry.prev, sizeof(hash)) == 0;
}

static void check_item(const struct upload *u, struct ledger_item *item,
		       const struct ledger_item *after,
		       const struct admitting *by)
{
	const struct entry *e = &item->entry;
	uint8_t commitment[32];

	item->readable = read_parts(item);
	if (!item->readable)
		return;
	item->authentic =
	    memcmp(e->kid, u->kiosk->kid, sizeof(e->kid)) == 0 &&
	    (is_chained(item, after) ||
	     cose_verify(&e->cose, u->kiosk->pk, NULL));
	if (!item->authentic || e->typ != TYP_ATTEMPT)
		return;
	entry_commit(item->item.salt.p, item->item.scanned, commitment);
	item->committed = sodium_memcmp(commitment, e->commitment,
					sizeof(commitment)) == 0;
	if (item->committed)
		admit(by, item->item.scanned, e->benefit, e->facility,
		      &item->admitted);
}

bool upload_check(struct upload *u, size_t most, const struct admitting *by)
{
	while (u->unchecked > 0 && most-- > 0) {
		size_t i = --u->unchecked;

		check_item(u, &u->items[i],
			   i + 1 < u->count ? &u->items[i + 1] : NULL, by);
	}
	return u->unchecked == 0;
}
