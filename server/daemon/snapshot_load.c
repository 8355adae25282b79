/* SPDX-License-Identifier: Apache-2.0 */
/* snapshot_load.c: reads a snapshot out of its bundle and the store. */
#include "snapshot_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "key.h"
#include "statuslist.h"
#include "store_setup.h"

struct loading {
	struct snapshot *snapshot;
	const struct snapshot *previous;
	const struct service_keys *keys;
	uint8_t *inflated; /* STATUS_INFLATED_MAX; NULL until it is needed */
	size_t login_cap;
	char *error;
	size_t error_size;
};

static bool fail(const struct loading *l, const char *what)
{
	snprintf(l->error, l->error_size, "%s", what);
	return false;
}

static bool no_memory(const struct loading *l)
{
	return fail(l, "out of memory");
}

static size_t count_of(struct bytes array)
{
	struct cbor_in in = cbor_reader(array);
	size_t n = 0;

	return cbor_array(&in, &n) ? n : 0;
}

/* Room for the members of an array; one at least, so NULL is a failure. */
static void *room_for(struct bytes array, size_t size)
{
	return calloc(count_of(array) + 1, size);
}

/* -------------------------------------------------------------- issuers */

static int compare_kids(const void *a, const void *b)
{
	return memcmp(((const struct issuer_key *)a)->kid,
		      ((const struct issuer_key *)b)->kid, 8);
}

static bool load_keys(const struct loading *l, struct snap_issuer *issuer)
{
	struct cbor_in in = cbor_members(issuer->doc.keys);
	size_t cap = count_of(issuer->doc.keys);

	issuer->keys = room_for(issuer->doc.keys, sizeof(*issuer->keys));
	if (issuer->keys == NULL)
		return no_memory(l);
	while (issuer->key_count < cap &&
	       issuerdoc_next_key(&in, &issuer->keys[issuer->key_count]))
		issuer->key_count++;
	qsort(issuer->keys, issuer->key_count, sizeof(*issuer->keys),
	      compare_kids);
	return true;
}

/* The same list in the snapshot before: the same token, byte for byte. */
static struct shared_list *find_shared(const struct loading *l,
				       struct bytes iss,
				       const struct snap_list *list)
{
	const struct snap_issuer *before =
	    l->previous != NULL ? snapshot_issuer(l->previous, iss) : NULL;

	for (size_t i = 0; before != NULL && i < before->list_count; i++) {
		struct shared_list *shared = before->lists[i].shared;

		if (shared != NULL &&
		    bytes_equal(before->lists[i].token, list->token)) {
			atomic_fetch_add(&shared->references, 1);
			return shared;
		}
	}
	return NULL;
}

static struct shared_list *inflate_list(struct loading *l,
					const struct status_token *token)
{
	struct shared_list *shared;
	struct statuslist list;

	if (l->inflated == NULL)
		l->inflated = malloc(STATUS_INFLATED_MAX);
	if (l->inflated == NULL) {
		no_memory(l);
		return NULL;
	}
	if (!statuslist_inflate(token->lst, token->bits, l->inflated,
				STATUS_INFLATED_MAX, &list)) {
		fail(l, "a status list that was taken in is damaged");
		return NULL;
	}
	shared = malloc(sizeof(*shared) + list.n);
	if (shared == NULL) {
		no_memory(l);
		return NULL;
	}
	atomic_init(&shared->references, 1);
	memcpy(shared->bytes, list.p, list.n);
	shared->list = (struct statuslist){list.bits, shared->bytes, list.n};
	return shared;
}

static struct snap_list *find_list(struct snap_issuer *issuer,
				   struct bytes uri)
{
	for (size_t i = 0; i < issuer->list_count; i++) {
		if (bytes_equal(issuer->lists[i].uri, uri))
			return &issuer->lists[i];
	}
	return NULL;
}

static bool load_token(struct loading *l, struct snap_issuer *issuer,
		       struct bytes message)
{
	struct status_token token;
	struct snap_list *list;

	if (!status_token_read(message, &token))
		return fail(l, "a status token in the bundle is damaged");
	list = find_list(issuer, token.uri);
	if (list == NULL || list->shared != NULL)
		return fail(l, "a status token in the bundle has no place");
	list->token = message;
	list->shared = find_shared(l, issuer->doc.iss, list);
	if (list->shared == NULL)
		list->shared = inflate_list(l, &token);
	if (list->shared == NULL)
		return false;
	list->view = (struct status_view){list->shared->list, token.iat,
					  token.exp, token.ttl};
	return true;
}

static bool load_lists(struct loading *l, struct snap_issuer *issuer,
		       struct bytes tokens)
{
	struct cbor_in in = cbor_members(issuer->doc.uris);
	size_t cap = count_of(issuer->doc.uris);
	struct bytes message;

	issuer->lists = room_for(issuer->doc.uris, sizeof(*issuer->lists));
	if (issuer->lists == NULL)
		return no_memory(l);
	while (issuer->list_count < cap &&
	       issuerdoc_next_uri(&in, &issuer->lists[issuer->list_count].uri))
		issuer->list_count++;
	in = cbor_members(tokens);
	while (bundle_next_token(&in, &message)) {
		if (!load_token(l, issuer, message))
			return false;
	}
	return true;
}

static bool load_issuers(struct loading *l)
{
	struct snapshot *s = l->snapshot;
	struct cbor_in in = cbor_members(s->bundle.issuers);
	struct bundle_issuer from;

	s->issuers = room_for(s->bundle.issuers, sizeof(*s->issuers));
	if (s->issuers == NULL)
		return no_memory(l);
	while (bundle_next_issuer(&in, &from)) {
		struct snap_issuer *issuer = &s->issuers[s->issuer_count++];

		if (!issuerdoc_read(from.document, &issuer->doc))
			return fail(l, "an issuer document in the bundle is "
				       "damaged");
		if (!load_keys(l, issuer) ||
		    !load_lists(l, issuer, from.tokens))
			return false;
	}
	return true;
}

static bool room_for_former(struct loading *l)
{
	struct snapshot *s = l->snapshot;
	struct snap_issuer *p = realloc(
	    s->former, (s->former_count + 1) * sizeof(*s->former));

	if (p == NULL)
		return no_memory(l);
	s->former = p;
	p[s->former_count] = (struct snap_issuer){.key_count = 0};
	return true;
}

/* Rows come ascending by iss. The document is no bundle's: it is copied. */
static bool take_former(void *arg, const void *stored)
{
	const struct issuer_row *row = stored;
	struct loading *l = arg;
	struct snap_issuer *issuer;
	size_t n = row->document.n;

	if (!row->withdrawn)
		return true;
	if (!room_for_former(l))
		return false;
	issuer = &l->snapshot->former[l->snapshot->former_count++];
	issuer->document = malloc(n > 0 ? n : 1);
	if (issuer->document == NULL)
		return no_memory(l);
	if (n > 0)
		memcpy(issuer->document, row->document.p, n);
	return issuerdoc_read(bytes_of(issuer->document, n), &issuer->doc)
		   ? load_keys(l, issuer)
		   : fail(l, "the document of a city that is withdrawn is "
			     "damaged");
}

/* ------------------------------------------------- facilities, benefits */

static bool load_benefits(struct loading *l)
{
	struct snapshot *s = l->snapshot;
	struct cbor_in in = cbor_members(s->bundle.benefits);

	s->benefits = room_for(s->bundle.benefits, sizeof(*s->benefits));
	if (s->benefits == NULL)
		return no_memory(l);
	while (bundle_next_benefit(&in, &s->benefits[s->benefit_count]))
		s->benefit_count++;
	return true;
}

static bool load_facilities(struct loading *l)
{
	struct snapshot *s = l->snapshot;
	struct cbor_in in = cbor_members(s->bundle.facilities);

	s->facilities = room_for(s->bundle.facilities, sizeof(*s->facilities));
	if (s->facilities == NULL)
		return no_memory(l);
	while (bundle_next_facility(
	    &in, &s->facilities[s->facility_count].facility))
		s->facility_count++;
	return true;
}

static struct snap_facility *own_facility(struct snapshot *s, struct bytes id)
{
	const struct facility *found = snapshot_facility(s, id);
	size_t i;

	if (found == NULL)
		return NULL;
	/* facility is the first member of its row */
	i = (size_t)((const struct snap_facility *)(const void *)found -
		     s->facilities);
	return &s->facilities[i];
}

static bool take_zone(void *arg, const void *stored)
{
	const struct facility_row *row = stored;
	struct loading *l = arg;
	struct snap_facility *place = own_facility(l->snapshot, row->id);

	return (place != NULL &&
		bytes_to_text(row->zone, place->zone, sizeof(place->zone))) ||
	       fail(l, "a facility has no place in the bundle");
}

/* --------------------------------------------------------------- kiosks */

static bool derive_mac(const struct loading *l, struct snap_kiosk *k)
{
	const struct snap_kiosk *before =
	    l->previous != NULL ? snapshot_kiosk(l->previous, k->kid) : NULL;

	k->has_mac_before = l->keys->has_before;
	if (before == NULL || memcmp(before->pk, k->pk, sizeof(k->pk)) != 0)
		return key_derive_mac(l->keys->sk, k->pk, k->mac) &&
		       (!k->has_mac_before ||
			key_derive_mac(l->keys->before_sk, k->pk,
				       k->mac_before));
	memcpy(k->mac, before->mac, sizeof(k->mac));
	memcpy(k->mac_before, before->mac_before, sizeof(k->mac_before));
	return true;
}

/* One whose key is no usable point stays unknown: nobody can speak for it. */
static bool take_kiosk(void *arg, const void *stored)
{
	const struct kiosk_row *row = stored;
	struct loading *l = arg;
	struct snapshot *s = l->snapshot;
	struct snap_kiosk *k = &s->kiosks[s->kiosk_count];

	if (s->kiosk_count == count_of(s->bundle.kiosks) ||
	    row->kid.n != sizeof(k->kid) || row->pk.n != sizeof(k->pk))
		return fail(l, "a kiosk is not as it is in the bundle");
	memcpy(k->kid, row->kid.p, sizeof(k->kid));
	memcpy(k->pk, row->pk.p, sizeof(k->pk));
	k->state = row->state;
	k->facility = snapshot_facility(s, row->facility);
	if (k->facility == NULL)
		return fail(l, "a kiosk's facility is not in the bundle");
	if (derive_mac(l, k))
		s->kiosk_count++;
	return true;
}

/* ------------------------------------------------------------ operators */

static bool room_for_login(struct loading *l)
{
	struct snapshot *s = l->snapshot;
	size_t cap = l->login_cap > 0 ? 2 * l->login_cap : 16;
	struct snap_login *p;

	if (s->login_count < l->login_cap)
		return true;
	p = realloc(s->logins, cap * sizeof(*p));
	if (p == NULL)
		return no_memory(l);
	s->logins = p;
	l->login_cap = cap;
	return true;
}

static bool take_operator(void *arg, const void *stored)
{
	const struct operator_row *row = stored;
	struct loading *l = arg;
	struct snap_login *login;

	if (row->disabled)
		return true;
	if (!room_for_login(l))
		return false;
	login = &l->snapshot->logins[l->snapshot->login_count];
	if (row->token_hash.n != sizeof(login->token_hash) ||
	    row->role >= ROLE_COUNT ||
	    !bytes_to_text(row->id, login->operator.id,
			   sizeof(login->operator.id)))
		return fail(l, "an operator's row is damaged");
	memcpy(login->token_hash, row->token_hash.p,
	       sizeof(login->token_hash));
	login->operator.role = (enum role)row->role;
	l->snapshot->login_count++;
	return true;
}

/* ------------------------------------------------------------------ all */

static bool load_rows(struct loading *l, struct store *store)
{
	struct snapshot *s = l->snapshot;

	s->kiosks = room_for(s->bundle.kiosks, sizeof(*s->kiosks));
	if (s->kiosks == NULL)
		return no_memory(l);
	if (store_issuers(store, NULL, take_former, l) == STORE_OK &&
	    store_facilities(store, NULL, take_zone, l) == STORE_OK &&
	    store_kiosks(store, NULL, take_kiosk, l) == STORE_OK &&
	    store_operators(store, NULL, take_operator, l) == STORE_OK)
		return true;
	/* Unless a visitor has said more. */
	return l->error[0] != '\0' ? false : fail(l, store_error(store));
}

static bool load_bundle(struct loading *l)
{
	const struct made_bundle *made = &l->snapshot->shared->made;

	return bundle_read(bytes_of(made->p, made->n), &l->snapshot->bundle) ||
	       fail(l, "what was signed cannot be read; a benefit or facility "
		       "that is stored is damaged");
}

struct snapshot *snapshot_load(struct shared_bundle *bundle, struct store *s,
			       const struct service_keys *keys,
			       const struct snapshot *previous, char *error,
			       size_t error_size)
{
	struct loading l = {.snapshot = calloc(1, sizeof(*l.snapshot)),
			    .previous = previous,
			    .keys = keys,
			    .error = error,
			    .error_size = error_size};
	bool good;

	error[0] = '\0';
	if (l.snapshot == NULL) {
		no_memory(&l);
		return NULL;
	}
	atomic_init(&l.snapshot->references, 1);
	atomic_fetch_add(&bundle->references, 1);
	l.snapshot->shared = bundle;
	memcpy(l.snapshot->service_pk, keys->pk,
	       sizeof(l.snapshot->service_pk));
	good = load_bundle(&l) && load_issuers(&l) && load_facilities(&l) &&
	       load_benefits(&l) && load_rows(&l, s);
	free(l.inflated);
	if (good)
		return l.snapshot;
	snapshot_drop(l.snapshot);
	return NULL;
}
