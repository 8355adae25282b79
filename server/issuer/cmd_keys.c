/* SPDX-License-Identifier: Apache-2.0 */
/* keys, retire, compromised: a city's signing keys. What changes is known to
 * others after the next publish, which needs the root key. */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "office.h"
#include "output.h"
#include "passid.h"
#include "signer.h"
#include "when.h"

static void print_key(const struct issuer_key *key, bool signs)
{
	char kid[17], from[WHEN_TEXT], until[WHEN_TEXT] = "";

	hex_encode(key->kid, 8, kid);
	when_format(key->from, from);
	if (key->has_until)
		when_format(key->until, until);
	printf("key   %s  %-11s  from %s%s%s%s\n", kid,
	       key_state_name(key->state), from, key->has_until ? " until " : "",
	       until, signs ? "  signs now" : "");
}

static json_t *key_json(const struct issuer_key *key, bool signs)
{
	char kid[17], pk[65];
	json_t *j;

	hex_encode(key->kid, 8, kid);
	hex_encode(key->pk, 32, pk);
	j = json_pack("{s:s, s:s, s:s, s:I, s:b}", "kid", kid, "key", pk,
		      "state", key_state_name(key->state), "from",
		      (json_int_t)key->from, "signs", signs);
	if (key->has_until)
		json_object_set_new(j, "until",
				    json_integer((json_int_t)key->until));
	return j;
}

static bool list_keys(struct office *office, json_t *keys,
		      struct fault *fault)
{
	struct issuer_key key, signing = {0};
	enum found found =
	    registry_signing_key(office->registry, &signing, fault);

	for (unsigned n = 0; found != FOUND_FAILED; n++) {
		bool signs;

		found = registry_key_at(office->registry, n, &key, fault);
		if (found != FOUND)
			break;
		signs = !memcmp(key.kid, signing.kid, 8);
		if (keys)
			json_array_append_new(keys, key_json(&key, signs));
		else
			print_key(&key, signs);
	}
	return found != FOUND_FAILED;
}

static bool print_keys(struct office *office, bool json, struct fault *fault)
{
	char root[65];
	json_t *all, *keys;
	bool ok;

	hex_encode(office->identity.root_pk, 32, root);
	if (!json) {
		printf("iss   %s\nroot  %s\n", office->identity.iss, root);
		return list_keys(office, NULL, fault);
	}
	keys = json_array();
	ok = list_keys(office, keys, fault);
	all = json_pack("{s:s, s:s, s:o}", "iss", office->identity.iss, "root",
			root, "keys", keys);
	if (ok) {
		json_dumpf(all, stdout, JSON_COMPACT);
		putchar('\n');
	}
	json_decref(all);
	return ok;
}

int cmd_keys(const struct options *o, const struct world *world)
{
	struct office office;
	struct fault fault;
	bool ok;

	(void)world;
	ok = office_open(&office, options_get(o, OPT_DIR), &fault) &&
	     print_keys(&office, options_has(o, OPT_JSON), &fault);
	office_close(&office);
	return ok ? EXIT_DONE : fault_report(&fault);
}

/* A key that signs no more is only of use to a thief. */
static bool remove_file(struct office *office, const uint8_t *kid,
			struct fault *fault)
{
	char name[KEY_FILE_NAME];

	office_key_file(kid, name);
	if (unlinkat(office->dir, name, 0) && errno != ENOENT)
		return fault_set(fault, EXIT_IO,
				 "%s/%s: cannot be removed: %s; remove it by "
				 "hand", office->path, name, strerror(errno));
	return output_sync_dir(office->dir, office->path, fault);
}

/* Services believe the keys of the document that they have: without this one,
 * no list that ends passes would reach them. */
static bool refuse_last(const struct office *office,
			const struct issuer_key *signing, struct fault *fault)
{
	char name[KEY_FILE_NAME];

	if (office_has_key(office, signing->kid))
		return fault_set(fault, EXIT_REFUSED,
				 "the issuer document published last names no "
				 "other key that could sign lists; oap-issuer "
				 "publish first, with the root key");
	office_key_file(signing->kid, name);
	return fault_set(fault, EXIT_REFUSED,
			 "no other key that could sign lists is here; bring "
			 "%s back from a copy first, or where there is none "
			 "make another key with oap-issuer rotate "
			 "--without-old, and publish it", name);
}

/* *last: no lists can be published before a new document is. */
static bool end_key(struct office *office, const uint8_t *kid,
		    enum key_state state, uint64_t now, bool *last,
		    struct fault *fault)
{
	struct issuer_key key, signing;
	enum found found;
	uint64_t iat;

	*last = false;
	if (!office_known_key(office, kid, &key, fault))
		return false;
	if (key.state == state || key.state == KEY_COMPROMISED) {
		/* which may be all that an interrupted run got to */
		if (!remove_file(office, kid, fault))
			return false;
		return fault_set(fault, EXIT_REFUSED, "the key is %s already",
				 key_state_name(key.state));
	}
	found = registry_signing_key(office->registry, &signing, fault);
	if (found == FOUND_FAILED)
		return false;
	if (found == FOUND && !memcmp(signing.kid, kid, 8))
		return fault_set(fault, EXIT_REFUSED,
				 "the key signs now; oap-issuer rotate makes "
				 "another one first, with --without-old when "
				 "this one is lost");
	if (!signer_is_last(office, &key, last, fault))
		return false;
	if (*last && state == KEY_RETIRED)
		return refuse_last(office, &signing, fault);
	key.state = state;
	if (!key.has_until) {
		/* new papers made within a second are dated ahead */
		if (!registry_last_of_key(office->registry, kid, &iat, fault))
			return false;
		key.has_until = true;
		key.until = iat > now ? iat : now;
	}
	return registry_put_key(office->registry, &key, fault);
}

static int end(const struct options *o, enum key_state state, uint64_t now,
	       const char *advice)
{
	struct office office = {.dir = -1};
	struct fault fault;
	uint8_t kid[8];
	bool ok, last;

	ok = kid_read(o->args[0], kid, &fault) &&
	     office_open(&office, options_get(o, OPT_DIR), &fault) &&
	     end_key(&office, kid, state, now, &last, &fault) &&
	     remove_file(&office, kid, &fault);
	office_close(&office);
	if (!ok)
		return fault_report(&fault);
	say("key %s: %s, and its file removed; %s", o->args[0],
	    key_state_name(state), advice);
	if (last)
		say("no other key that could sign lists is in the issuer "
		    "document published last: nothing can be published "
		    "without the root key now");
	return EXIT_DONE;
}

int cmd_retire(const struct options *o, const struct world *world)
{
	return end(o, KEY_RETIRED, world->now,
		   "oap-issuer publish makes it known");
}

int cmd_compromised(const struct options *o, const struct world *world)
{
	return end(o, KEY_COMPROMISED, world->now,
		   "publish it at once, with the root key, since doors take "
		   "what it signs until then; then replace its passes with "
		   "reissue --kid");
}
