/* SPDX-License-Identifier: Apache-2.0 */
/* rotate: a new signing key, which signs from now on. It gets from the old one
 * its passphrase, and the key that references are hashed with; where the old
 * one is lost it begins anew. */
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "file.h"
#include "interrupt.h"
#include "office.h"
#include "passphrase.h"

/* What seals the new key: what opened the old one, or, when there is none or
 * that was plain, what the options say. */
static bool new_passphrase(const struct options *o, struct passphrase *pass,
			   struct fault *fault)
{
	if (pass->n)
		return true;
	passphrase_free(pass);
	return passphrase_new(o, OPT_PASSPHRASE_FILE, "the new signing key",
			      pass, fault);
}

/* The file first, as one that is prepared: a key that the registry names has
 * its file then, and one that it does not name can be told to be nothing. */
static bool store_new(struct office *office, const struct city_key *key,
		      const struct passphrase *pass, const struct world *world,
		      struct fault *fault)
{
	struct issuer_key row = {.state = KEY_ACTIVE, .from = world->now};
	char name[KEY_FILE_NAME];
	struct interrupt held;
	bool ok;

	memcpy(row.pk, key->pk, 32);
	memcpy(row.kid, key->kid, 8);
	office_key_file(key->kid, name);
	interrupt_hold(&held);
	ok = keyfile_prepare(office->dir, name, key, pass, kdf_cost_city,
			     world->random, fault) &&
	     registry_put_key(office->registry, &row, fault) &&
	     keyfile_place(office->dir, name, fault);
	interrupt_ignore(&held);
	return ok;
}

static bool check_room(struct office *office, struct fault *fault)
{
	struct issuer_key key;
	enum found found = registry_key_at(
	    office->registry, KEYS_PER_ISSUER_MAX - 1, &key, fault);

	if (found == FOUND)
		return fault_set(fault, EXIT_REFUSED,
				 "%d keys are the most an issuer may have",
				 KEYS_PER_ISSUER_MAX);
	return found == NOT_FOUND;
}

/* Whoever says that the old key is lost is believed, unless it can be seen
 * that nothing is needed to open it. */
static bool check_lost(struct office *office, struct fault *fault)
{
	struct issuer_key old;
	struct keyfile head;
	struct fault why;
	char name[KEY_FILE_NAME];
	struct blob file;
	bool plain;

	if (registry_signing_key(office->registry, &old, &why) != FOUND)
		return true;
	office_key_file(old.kid, name);
	if (!file_read_at(office->dir, name, KEYFILE_MAX, &file, &why))
		return true;
	plain = keyfile_read(blob_view(&file), name, &head, &why) &&
		!head.sealed && !memcmp(head.pk, old.pk, 32);
	blob_free(&file);
	return !plain || fault_set(fault, EXIT_REFUSED,
				   "--without-old: %s is here and needs no "
				   "passphrase; rotate without it", name);
}

/* What the new key gets from the old one; *old stays NULL when that is lost. */
static bool take_over(struct office *office, const struct options *o,
		      struct city_key **old, struct passphrase *pass,
		      struct fault *fault)
{
	if (options_has(o, OPT_WITHOUT_OLD))
		return check_lost(office, fault);
	*old = office_signing_key(office, o, pass, fault);
	return *old != NULL;
}

static bool rotate(struct office *office, const struct options *o,
		   const struct world *world, uint8_t kid[static 8],
		   struct fault *fault)
{
	struct passphrase pass = {0};
	struct city_key *old = NULL, *new = NULL;
	bool ok = false;

	if (!check_room(office, fault))
		return false;
	if (take_over(office, o, &old, &pass, fault) &&
	    new_passphrase(o, &pass, fault)) {
		new = city_key_make(ROLE_SIGNING, old ? old->reference : NULL,
				    world->random);
		if (new)
			ok = store_new(office, new, &pass, world, fault);
		else
			fault_set(fault, EXIT_IO, "no memory for a key");
	}
	if (ok)
		memcpy(kid, new->kid, 8);
	passphrase_free(&pass);
	city_key_free(old);
	city_key_free(new);
	return ok;
}

int cmd_rotate(const struct options *o, const struct world *world)
{
	struct office office;
	struct fault fault;
	uint8_t kid[8];
	char hex[17];
	bool ok;

	ok = office_open(&office, options_get(o, OPT_DIR), &fault) &&
	     rotate(&office, o, world, kid, &fault);
	office_close(&office);
	if (!ok)
		return fault_report(&fault);
	hex_encode(kid, 8, hex);
	if (options_has(o, OPT_JSON))
		printf("{\"kid\":\"%s\"}\n", hex);
	else
		printf("kid   %s\n", hex);
	say("the new key signs from now on; publish it with the root key "
	    "before its passes are used, then retire the old one");
	if (options_has(o, OPT_WITHOUT_OLD))
		say("references are hashed with a new key: find --ref does not "
		    "find passes of before, and a resident who has one can get "
		    "a second; pass ids and find --code work as before");
	return EXIT_DONE;
}
