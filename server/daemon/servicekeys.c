/* SPDX-License-Identifier: Apache-2.0 */
/* servicekeys.c: the keys of a service, as it uses them. */
#include "servicekeys.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "servicefile.h"

static void use_secrets(struct service_keys *keys, const struct secrets *s)
{
	crypto_sign_seed_keypair(keys->pk, keys->sk, s->seed);
	key_kid(keys->pk, keys->kid);
	memcpy(keys->pass_key, s->pass_key, sizeof(keys->pass_key));
	memcpy(keys->grant_key, s->grant_key, sizeof(keys->grant_key));
}

static void use_before(struct service_keys *keys, const struct secrets *s)
{
	keys->has_before = true;
	crypto_sign_seed_keypair(keys->before_pk, keys->before_sk, s->seed);
}

/* The key that the one in use followed, where it did. */
static bool take_before(struct service_keys *keys, struct servicefile *o,
			const char *data_dir, struct secrets *s)
{
	int there;

	if (!servicefile_at(o, data_dir, SERVICE_KEY_BEFORE))
		return false;
	there = servicefile_read(o, s);
	if (there == 1)
		use_before(keys, s);
	return there >= 0;
}

static bool take_keys(struct service_keys *keys, struct servicefile *o,
		      const char *data_dir, bool may_make, struct secrets *s)
{
	int there;

	if (!servicefile_at(o, data_dir, SERVICE_KEY))
		return false;
	there = servicefile_read(o, s);
	if (there == 0 && !may_make)
		return servicefile_fail(o, "missing, though this database was "
					   "used with one; restore it from the "
					   "backup");
	if (there == 0) {
		randombytes_buf(s, sizeof(*s));
		s->made_at = 0;
		there = servicefile_make(o, data_dir, s) ? 1 : -1;
	}
	if (there == 1)
		use_secrets(keys, s);
	return there == 1 && take_before(keys, o, data_dir, s);
}

struct service_keys *service_keys_open(const char *data_dir,
				       const uint8_t *wrap, bool may_make,
				       char *error, size_t error_size)
{
	struct servicefile o = {
	    .wrap = wrap, .error = error, .error_size = error_size};
	struct service_keys *keys = sodium_malloc(sizeof(*keys));
	struct secrets *s = sodium_malloc(sizeof(*s));
	bool good = false;

	if (keys == NULL || s == NULL) {
		snprintf(error, error_size, "%s: no memory that can be locked "
					    "for keys", data_dir);
	} else {
		memset(keys, 0, sizeof(*keys));
		good = take_keys(keys, &o, data_dir, may_make, s);
	}
	sodium_free(s);
	if (!good) {
		sodium_free(keys);
		return NULL;
	}
	sodium_mprotect_readonly(keys);
	return keys;
}

void service_keys_free(struct service_keys *keys)
{
	sodium_free(keys);
}

void pass_hash(const uint8_t pass_key[static 32], struct bytes iss,
	       const uint8_t cti[static 16], uint8_t out[static 16])
{
	static const uint8_t zero = 0;
	crypto_generichash_state state;

	crypto_generichash_init(&state, pass_key, 32, 16);
	crypto_generichash_update(&state, iss.p, iss.n);
	crypto_generichash_update(&state, &zero, 1);
	crypto_generichash_update(&state, cti, 16);
	crypto_generichash_final(&state, out, 16);
}
