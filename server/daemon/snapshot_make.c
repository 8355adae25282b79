/* SPDX-License-Identifier: Apache-2.0 */
/* snapshot_make.c: the bundle and the snapshot of it, made in the transaction
 * that changes what they are made from, so that nothing is ever committed
 * that no bundle can say. The box gets the new one only when its epoch is on
 * disk: an epoch that a kiosk has seen is never given to something else. */
#include "snapshot_make.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "snapshot_parts.h"

struct remaking {
	struct store *store;
	const struct service_keys *keys;
	struct snapshot *previous; /* or NULL */
	int64_t now_ms;
	uint8_t pins[PINS_MAX][32];
	size_t pin_count;
	bool has_next_key;
	uint8_t next_key[32];
	char *error;
	size_t error_size;
	bool *too_large;
};

void snapshot_box_pins(struct snapshot_box *box, const uint8_t *pins,
		       size_t n)
{
	if (n > PINS_MAX)
		n = PINS_MAX;
	pthread_mutex_lock(&box->lock);
	if (n > 0)
		memcpy(box->pins, pins, n * sizeof(*box->pins));
	box->pin_count = n;
	pthread_mutex_unlock(&box->lock);
}

void snapshot_box_next_key(struct snapshot_box *box, const uint8_t *pk)
{
	pthread_mutex_lock(&box->lock);
	box->has_next_key = pk != NULL;
	if (pk != NULL)
		memcpy(box->next_key, pk, sizeof(box->next_key));
	pthread_mutex_unlock(&box->lock);
}

/* What is told with the next bundle. */
static void read_told(struct snapshot_box *box, struct remaking *r)
{
	pthread_mutex_lock(&box->lock);
	memcpy(r->pins, box->pins, sizeof(r->pins));
	r->pin_count = box->pin_count;
	r->has_next_key = box->has_next_key;
	memcpy(r->next_key, box->next_key, sizeof(r->next_key));
	pthread_mutex_unlock(&box->lock);
}

/* The bundle of the next snapshot: the previous one's when it is still good;
 * a reference of its own either way. NULL: the error is set. */
static struct shared_bundle *make_bundle(const struct remaking *r)
{
	struct shared_bundle *shared = calloc(1, sizeof(*shared));
	struct bundle_order order = {
	    .keys = r->keys,
	    .pins = r->pins,
	    .pin_count = r->pin_count,
	    .next_key = r->has_next_key ? r->next_key : NULL,
	    .previous = r->previous ? &r->previous->shared->made : NULL,
	    .now_ms = r->now_ms,
	    .error = r->error,
	    .error_size = r->error_size,
	    .too_large = r->too_large};

	if (shared == NULL) {
		snprintf(r->error, r->error_size, "out of memory");
		return NULL;
	}
	atomic_init(&shared->references, 1);
	if (!bundle_make(r->store, &order, &shared->made)) {
		free(shared);
		return NULL;
	}
	if (shared->made.p != NULL)
		return shared;
	free(shared);
	atomic_fetch_add(&r->previous->shared->references, 1);
	return r->previous->shared;
}

static struct snapshot *make_snapshot(const struct remaking *r)
{
	struct shared_bundle *bundle = make_bundle(r);
	struct snapshot *s = NULL;

	if (bundle != NULL)
		s = snapshot_load(bundle, r->store, r->keys, r->previous,
				  r->error, r->error_size);
	shared_bundle_drop(bundle);
	return s;
}

enum remake_result snapshot_prepare(struct snapshot_box *box, struct store *s,
				    const struct service_keys *keys,
				    int64_t now_ms, char *error,
				    size_t error_size)
{
	bool too_large = false;
	struct remaking r = {.store = s,
			     .keys = keys,
			     .now_ms = now_ms,
			     .error = error,
			     .error_size = error_size,
			     .too_large = &too_large};
	struct snapshot *made;

	if (box->prepared != NULL)
		snapshot_hold(box->prepared);
	r.previous =
	    box->prepared != NULL ? box->prepared : snapshot_get(box);
	read_told(box, &r);
	made = make_snapshot(&r);
	snapshot_drop(r.previous);
	if (made == NULL)
		return too_large ? REMAKE_TOO_LARGE : REMAKE_FAILED;
	snapshot_drop(box->prepared);
	box->prepared = made;
	return REMAKE_DONE;
}

void snapshot_install(struct snapshot_box *box, bool committed)
{
	struct snapshot *made = box->prepared;

	box->prepared = NULL;
	if (made == NULL)
		return;
	if (committed)
		snapshot_set(box, made);
	else
		snapshot_drop(made);
}

bool snapshot_remake(struct snapshot_box *box, struct store *s,
		     const struct service_keys *keys, int64_t now_ms,
		     char *error, size_t error_size)
{
	bool good = store_begin(s) == STORE_OK;

	if (good && snapshot_prepare(box, s, keys, now_ms, error,
				     error_size) != REMAKE_DONE) {
		store_rollback(s);
		return false;
	}
	good = good && store_commit(s) == STORE_OK;
	if (!good)
		snprintf(error, error_size, "%s", store_error(s));
	snapshot_install(box, good);
	if (!good)
		store_rollback(s);
	return good;
}
