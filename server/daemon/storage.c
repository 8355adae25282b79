/* SPDX-License-Identifier: Apache-2.0 */
/* storage.c: the mark of the keys in the database: BLAKE2b under the key of
 * pass hashes, over the public key and the key of grants. */
#include "storage.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "servicenext.h"
#include "store_ledger.h"
#include "store_setup.h"
#include "wrapkey.h"

static void mark_of(const struct service_keys *keys,
		    const uint8_t pk[static KEY_PUBLIC],
		    uint8_t mark[static KEY_MARK])
{
	crypto_generichash_state state;

	crypto_generichash_init(&state, keys->pass_key, sizeof(keys->pass_key),
				KEY_MARK);
	crypto_generichash_update(&state, pk, KEY_PUBLIC);
	crypto_generichash_update(&state, keys->grant_key,
				  sizeof(keys->grant_key));
	crypto_generichash_final(&state, mark, KEY_MARK);
}

/* The end of a transaction that has come to r. */
static enum store_result finish(struct store *s, enum store_result r)
{
	if (r == STORE_OK)
		r = store_commit(s);
	if (r != STORE_OK)
		store_rollback(s);
	return r;
}

static enum store_result set_mark(struct store *s,
				  const uint8_t mark[static KEY_MARK])
{
	enum store_result r = store_begin(s);

	return finish(s, r == STORE_OK ? store_key_mark_set(s, mark) : r);
}

static bool fail(const char *where, const char *what, char *error,
		 size_t error_size)
{
	snprintf(error, error_size, "%s: %s", where, what);
	return false;
}

static struct service_keys *open_keys(const char *data_dir, bool may_make,
				      char *error, size_t error_size)
{
	struct service_keys *keys;
	uint8_t wrap[SERVICE_WRAP_KEY];
	bool has_wrap;

	if (!wrap_key_read(wrap, &has_wrap, error, error_size))
		return NULL;
	keys = service_keys_open(data_dir, has_wrap ? wrap : NULL, may_make,
				 error, error_size);
	sodium_memzero(wrap, sizeof(wrap));
	return keys;
}

/* A database that was used with the key before: of before it was followed. */
static bool is_of_before(const struct service_keys *keys,
			 const uint8_t held[static KEY_MARK])
{
	uint8_t mark[KEY_MARK];

	if (!keys->has_before)
		return false;
	mark_of(keys, keys->before_pk, mark);
	return memcmp(mark, held, sizeof(mark)) == 0;
}

/* STORE_NONE: a database that was used with no keys yet. */
static bool open_pair(const char *data_dir, struct store *store,
		      struct service_keys **keys, char *error,
		      size_t error_size)
{
	uint8_t held[KEY_MARK], mark[KEY_MARK];
	enum store_result r = store_key_mark(store, held);

	if (r == STORE_FAILED)
		return fail(data_dir, store_error(store), error, error_size);
	*keys = open_keys(data_dir, r == STORE_NONE, error, error_size);
	if (*keys == NULL)
		return false;
	mark_of(*keys, (*keys)->pk, mark);
	if (r == STORE_OK && memcmp(mark, held, sizeof(mark)) == 0)
		return true;
	if (r == STORE_OK && !is_of_before(*keys, held))
		return fail(data_dir,
			    "service.key is not the one that this database "
			    "was used with; restore that from the backup",
			    error, error_size);
	return set_mark(store, mark) == STORE_OK ||
	       fail(data_dir, store_error(store), error, error_size);
}

bool storage_open(const char *data_dir, struct store **store,
		  struct service_keys **keys, char *error, size_t error_size)
{
	*keys = NULL;
	*store = store_open(data_dir, error, error_size);
	if (*store == NULL)
		return false;
	if (open_pair(data_dir, *store, keys, error, error_size))
		return true;
	service_keys_free(*keys);
	*keys = NULL;
	store_close(*store);
	*store = NULL;
	return false;
}

static enum store_result write_restored(struct store *s, int64_t now_ms,
					int64_t *copied_ms)
{
	char after[64];
	struct audit_row row = {.at_ms = now_ms,
				.actor = "service",
				.action = "restored",
				.object = "",
				.after = after};
	enum store_result r = store_restored(s, now_ms, copied_ms);

	if (r != STORE_OK)
		return r;
	snprintf(after, sizeof(after), "{\"copied_ms\":%lld}",
		 (long long)*copied_ms);
	return store_audit_add(s, &row);
}

enum store_result storage_restored(struct store *s, int64_t now_ms,
				   int64_t *copied_ms)
{
	enum store_result r = store_begin(s);

	return finish(s, r == STORE_OK ? write_restored(s, now_ms, copied_ms)
				       : r);
}

/* Under the lock of the data directory, which the store holds. */
static bool use_held(const char *data_dir, const uint8_t *wrap,
		     uint64_t now_s, char *error, size_t error_size)
{
	uint8_t pk[KEY_PUBLIC];
	struct store *store;
	bool has, good;

	/* A wrong directory is left as it is. */
	if (!service_next_pk(data_dir, wrap, pk, &has, error, error_size))
		return false;
	store = store_open(data_dir, error, error_size);
	good = store != NULL && service_next_use(data_dir, wrap, now_s, error,
						 error_size);
	store_close(store);
	return good;
}

bool storage_next_key(const char *data_dir, enum next_key_step step,
		      uint64_t now_s, char *error, size_t error_size)
{
	uint8_t wrap[SERVICE_WRAP_KEY];
	bool has_wrap, good;

	if (!wrap_key_read(wrap, &has_wrap, error, error_size))
		return false;
	good = step == NEXT_KEY_MAKE
		   ? service_next_make(data_dir, has_wrap ? wrap : NULL, now_s,
				       error, error_size)
		   : use_held(data_dir, has_wrap ? wrap : NULL, now_s, error,
			      error_size);
	sodium_memzero(wrap, sizeof(wrap));
	return good;
}

bool storage_announced(const char *data_dir, uint8_t pk[static KEY_PUBLIC],
		       bool *has, char *error, size_t error_size)
{
	uint8_t wrap[SERVICE_WRAP_KEY];
	bool has_wrap, good;

	*has = false;
	if (!wrap_key_read(wrap, &has_wrap, error, error_size))
		return false;
	good = service_next_pk(data_dir, has_wrap ? wrap : NULL, pk, has,
			       error, error_size);
	sodium_memzero(wrap, sizeof(wrap));
	return good;
}
