/* SPDX-License-Identifier: Apache-2.0 */
/* snapshot.c: looking things up in a snapshot, and who holds it. */
#include "snapshot.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "snapshot_make.h"
#include "snapshot_parts.h"

/* ------------------------------------------------------------ references */

/* Whether it was the last. What others did with the thing happened before. */
static bool was_last(atomic_uint *references)
{
	return atomic_fetch_sub_explicit(references, 1,
					 memory_order_acq_rel) == 1;
}

void shared_bundle_drop(struct shared_bundle *b)
{
	if (b == NULL || !was_last(&b->references))
		return;
	free(b->made.p);
	free(b);
}

void shared_list_drop(struct shared_list *list)
{
	if (list != NULL && was_last(&list->references))
		free(list);
}

static void free_issuer(struct snap_issuer *issuer)
{
	for (size_t i = 0; i < issuer->list_count; i++)
		shared_list_drop(issuer->lists[i].shared);
	free(issuer->lists);
	free(issuer->keys);
	free(issuer->document);
}

static void free_snapshot(struct snapshot *s)
{
	for (size_t i = 0; i < s->issuer_count; i++)
		free_issuer(&s->issuers[i]);
	free(s->issuers);
	for (size_t i = 0; i < s->former_count; i++)
		free_issuer(&s->former[i]);
	free(s->former);
	free(s->facilities);
	free(s->benefits);
	if (s->kiosks != NULL) /* MAC keys are in it */
		sodium_memzero(s->kiosks, s->kiosk_count * sizeof(*s->kiosks));
	free(s->kiosks);
	free(s->logins);
	shared_bundle_drop(s->shared);
	free(s);
}

void snapshot_hold(struct snapshot *s)
{
	atomic_fetch_add_explicit(&s->references, 1, memory_order_relaxed);
}

void snapshot_drop(struct snapshot *s)
{
	if (s != NULL && was_last(&s->references))
		free_snapshot(s);
}

struct snapshot_box *snapshot_box_new(void)
{
	struct snapshot_box *box = calloc(1, sizeof(*box));

	if (box != NULL && pthread_mutex_init(&box->lock, NULL) != 0) {
		free(box);
		return NULL;
	}
	return box;
}

void snapshot_box_free(struct snapshot_box *box)
{
	if (box == NULL)
		return;
	snapshot_drop(box->current);
	snapshot_drop(box->prepared);
	pthread_mutex_destroy(&box->lock);
	free(box);
}

struct snapshot *snapshot_get(struct snapshot_box *box)
{
	struct snapshot *s;

	pthread_mutex_lock(&box->lock);
	s = box->current;
	if (s != NULL)
		snapshot_hold(s);
	pthread_mutex_unlock(&box->lock);
	return s;
}

void snapshot_set(struct snapshot_box *box, struct snapshot *s)
{
	struct snapshot *before;

	pthread_mutex_lock(&box->lock);
	before = box->current;
	box->current = s;
	pthread_mutex_unlock(&box->lock);
	snapshot_drop(before);
}

/* ------------------------------------------------------------- look-ups */

static int compare_kiosk(const void *kid, const void *kiosk)
{
	return memcmp(kid, ((const struct snap_kiosk *)kiosk)->kid, 8);
}

const struct snap_kiosk *snapshot_kiosk(const struct snapshot *s,
					const uint8_t kid[static 8])
{
	if (s->kiosk_count == 0)
		return NULL;
	return bsearch(kid, s->kiosks, s->kiosk_count, sizeof(*s->kiosks),
		       compare_kiosk);
}

static int compare_facility(const void *id, const void *facility)
{
	return bytes_compare(
	    *(const struct bytes *)id,
	    ((const struct snap_facility *)facility)->facility.id);
}

static const struct snap_facility *find_facility(const struct snapshot *s,
						 struct bytes id)
{
	if (s->facility_count == 0)
		return NULL;
	return bsearch(&id, s->facilities, s->facility_count,
		       sizeof(*s->facilities), compare_facility);
}

const struct facility *snapshot_facility(const struct snapshot *s,
					 struct bytes id)
{
	const struct snap_facility *found = find_facility(s, id);

	return found != NULL ? &found->facility : NULL;
}

const char *snapshot_facility_zone(const struct snapshot *s, struct bytes id)
{
	const struct snap_facility *found = find_facility(s, id);

	return found != NULL ? found->zone : NULL;
}

static int compare_benefit(const void *id, const void *benefit)
{
	return bytes_compare(*(const struct bytes *)id,
			     ((const struct benefit *)benefit)->id);
}

const struct benefit *snapshot_benefit(const struct snapshot *s,
				       struct bytes id)
{
	if (s->benefit_count == 0)
		return NULL;
	return bsearch(&id, s->benefits, s->benefit_count,
		       sizeof(*s->benefits), compare_benefit);
}

static int compare_issuer(const void *iss, const void *issuer)
{
	return bytes_compare(*(const struct bytes *)iss,
			     ((const struct snap_issuer *)issuer)->doc.iss);
}

const struct snap_issuer *snapshot_issuer(const struct snapshot *s,
					  struct bytes iss)
{
	if (s->issuer_count == 0)
		return NULL;
	return bsearch(&iss, s->issuers, s->issuer_count, sizeof(*s->issuers),
		       compare_issuer);
}

const struct snap_issuer *snapshot_former_issuer(const struct snapshot *s,
						 struct bytes iss)
{
	if (s->former_count == 0)
		return NULL;
	return bsearch(&iss, s->former, s->former_count, sizeof(*s->former),
		       compare_issuer);
}

static int compare_key(const void *kid, const void *key)
{
	return memcmp(kid, ((const struct issuer_key *)key)->kid, 8);
}

uint64_t snap_issuer_made_at(const struct snap_issuer *issuer)
{
	return issuer->doc.made_at;
}

bool snap_issuer_key(const struct snap_issuer *issuer,
		     const uint8_t kid[static 8], struct issuer_key *out)
{
	const struct issuer_key *found = NULL;

	if (issuer->key_count > 0)
		found = bsearch(kid, issuer->keys, issuer->key_count,
				sizeof(*issuer->keys), compare_key);
	if (found == NULL)
		return false;
	*out = *found;
	return true;
}

/* An issuer has few lists: LISTS_PER_ISSUER_MAX, and mostly one. */
bool snap_issuer_status(const struct snap_issuer *issuer, struct bytes uri,
			struct status_view *out)
{
	for (size_t i = 0; i < issuer->list_count; i++) {
		const struct snap_list *list = &issuer->lists[i];

		if (list->token.n > 0 && bytes_equal(list->uri, uri)) {
			*out = list->view;
			return true;
		}
	}
	return false;
}

bool snapshot_freshness(const struct snapshot *s, size_t n,
			struct issuer_freshness *out)
{
	const struct snap_issuer *issuer;

	if (n >= s->issuer_count)
		return false;
	issuer = &s->issuers[n];
	*out = (struct issuer_freshness){.iss = issuer->doc.iss,
					 .lists = issuer->list_count};
	for (size_t i = 0; i < issuer->list_count; i++) {
		const struct snap_list *list = &issuer->lists[i];

		if (list->shared == NULL)
			out->missing++;
		else if (out->oldest_s == 0 || list->view.iat < out->oldest_s)
			out->oldest_s = list->view.iat;
	}
	return true;
}

bool snapshot_status_token(const struct snapshot *s, struct bytes iss,
			   size_t n, struct bytes *token)
{
	const struct snap_issuer *issuer = snapshot_issuer(s, iss);

	if (issuer == NULL || n >= issuer->list_count ||
	    issuer->lists[n].token.n == 0)
		return false;
	*token = issuer->lists[n].token;
	return true;
}

/* Every one is compared, so that the time tells nothing of which it was. */
const struct snap_operator *
snapshot_operator(const struct snapshot *s, const uint8_t token_hash[static 32])
{
	const struct snap_operator *found = NULL;

	for (size_t i = 0; i < s->login_count; i++) {
		if (sodium_memcmp(s->logins[i].token_hash, token_hash, 32) ==
		    0)
			found = &s->logins[i].operator;
	}
	return found;
}

const struct policy *snapshot_policy(const struct snapshot *s)
{
	return &s->bundle.policy;
}

struct bytes snapshot_bundle(const struct snapshot *s, const char **etag)
{
	*etag = s->shared->made.etag;
	return bytes_of(s->shared->made.p, s->shared->made.n);
}

uint64_t snapshot_epoch(const struct snapshot *s)
{
	return s->bundle.epoch;
}

uint64_t snapshot_made_at(const struct snapshot *s)
{
	return s->bundle.made_at;
}

const uint8_t *snapshot_service_pk(const struct snapshot *s)
{
	return s->service_pk;
}
