/* SPDX-License-Identifier: Apache-2.0 */
/* snapshot_make.c: one transaction around the bundle and the snapshot of it.
 * The box gets the new one only when its epoch is on disk: an epoch that a
 * kiosk has seen is never given to something else. */
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
	char *error;
	size_t error_size;
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

static void read_pins(struct snapshot_box *box, struct remaking *r)
{
	pthread_mutex_lock(&box->lock);
	memcpy(r->pins, box->pins, sizeof(r->pins));
	r->pin_count = box->pin_count;
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
	    .previous = r->previous ? &r->previous->shared->made : NULL,
	    .now_ms = r->now_ms,
	    .error = r->error,
	    .error_size = r->error_size};

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

static bool store_says(const struct remaking *r)
{
	snprintf(r->error, r->error_size, "%s", store_error(r->store));
	return false;
}

static bool in_transaction(const struct remaking *r, struct snapshot **made)
{
	*made = NULL;
	if (store_begin(r->store) != STORE_OK)
		return store_says(r);
	*made = make_snapshot(r);
	if (*made == NULL)
		return false;
	return store_commit(r->store) == STORE_OK || store_says(r);
}

bool snapshot_remake(struct snapshot_box *box, struct store *s,
		     const struct service_keys *keys, int64_t now_ms,
		     char *error, size_t error_size)
{
	struct remaking r = {.store = s,
			     .keys = keys,
			     .previous = snapshot_get(box),
			     .now_ms = now_ms,
			     .error = error,
			     .error_size = error_size};
	struct snapshot *made;
	bool good;

	read_pins(box, &r);
	good = in_transaction(&r, &made);
	if (good) {
		snapshot_set(box, made);
	} else {
		snapshot_drop(made);
		/* Else whoever uses the store next recovers it, and says so. */
		if (store_recover(s) != STORE_OK)
			store_rollback(s);
	}
	snapshot_drop(r.previous);
	return good;
}
