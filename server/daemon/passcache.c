/* SPDX-License-Identifier: Apache-2.0 */
/* passcache.c: a table of sets of four, one lock for a stripe of sets. Within
 * a set the newest comes first and the last falls out. */
#include "passcache.h"

#include <pthread.h>
#include <sodium.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define WAYS 4
#define STRIPES 64 /* more than threads, so that they seldom meet */

struct slot {
	uint8_t hash[32]; /* BLAKE2b of the message: nobody else sees it */
	uint8_t pk[32];
};

struct set {
	struct slot slot[WAYS];
};

struct stripe {
	_Alignas(64) pthread_mutex_t lock;
	uint64_t hits, misses;
};

struct passcache {
	size_t sets; /* a power of two */
	struct set *set;
	atomic_uint_least64_t refused;
	struct stripe stripe[STRIPES];
};

struct passcache *passcache_new(size_t entries)
{
	struct passcache *cache;
	size_t sets = 1;

	while (sets * WAYS < entries)
		sets *= 2;
	cache = aligned_alloc(64, sizeof(*cache));
	if (cache == NULL)
		return NULL;
	memset(cache, 0, sizeof(*cache));
	cache->sets = sets;
	cache->set = calloc(sets, sizeof(*cache->set));
	if (cache->set == NULL) {
		free(cache);
		return NULL;
	}
	for (size_t i = 0; i < STRIPES; i++)
		pthread_mutex_init(&cache->stripe[i].lock, NULL);
	return cache;
}

void passcache_free(struct passcache *cache)
{
	if (cache == NULL)
		return;
	for (size_t i = 0; i < STRIPES; i++)
		pthread_mutex_destroy(&cache->stripe[i].lock);
	free(cache->set);
	free(cache);
}

/* Moves slot i to the front of its set. */
static void to_front(struct set *set, size_t i)
{
	struct slot slot = set->slot[i];

	memmove(&set->slot[1], &set->slot[0], i * sizeof(slot));
	set->slot[0] = slot;
}

static bool find(struct set *set, const struct slot *wanted)
{
	for (size_t i = 0; i < WAYS; i++) {
		if (memcmp(&set->slot[i], wanted, sizeof(*wanted)) == 0) {
			to_front(set, i);
			return true;
		}
	}
	return false;
}

static void remember(struct set *set, const struct slot *slot)
{
	/* Another thread may have been as quick. */
	if (find(set, slot))
		return;
	set->slot[WAYS - 1] = *slot;
	to_front(set, WAYS - 1);
}

bool passcache_verify(struct passcache *cache, const struct cose *message,
                      const uint8_t pk[static 32])
{
	struct slot wanted;
	bool found;

	crypto_generichash(wanted.hash, sizeof(wanted.hash), message->whole.p,
	                   message->whole.n, NULL, 0);
	memcpy(wanted.pk, pk, sizeof(wanted.pk));
	size_t index = get_be64(wanted.hash) & (cache->sets - 1);
	struct stripe *stripe = &cache->stripe[index % STRIPES];
	struct set *set = &cache->set[index];

	pthread_mutex_lock(&stripe->lock);
	found = find(set, &wanted);
	stripe->hits += found;
	pthread_mutex_unlock(&stripe->lock);
	if (found)
		return true;
	/* Without the lock: it is the long part. */
	if (!cose_verify(message, pk, NULL)) {
		atomic_fetch_add(&cache->refused, 1);
		return false;
	}
	pthread_mutex_lock(&stripe->lock);
	stripe->misses++;
	remember(set, &wanted);
	pthread_mutex_unlock(&stripe->lock);
	return true;
}

void passcache_figures(struct passcache *cache, struct passcache_figures *out)
{
	*out =
	    (struct passcache_figures){.refused = atomic_load(&cache->refused)};
	for (size_t i = 0; i < STRIPES; i++) {
		struct stripe *stripe = &cache->stripe[i];
		pthread_mutex_lock(&stripe->lock);
		out->hits += stripe->hits;
		out->misses += stripe->misses;
		pthread_mutex_unlock(&stripe->lock);
	}
}
