/* SPDX-License-Identifier: Apache-2.0 */
/* passphrase: seals a key file anew. The key stays what it is; so do copies of
 * the file that were made before. */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command.h"
#include "interrupt.h"
#include "office.h"
#include "passid.h"
#include "passphrase.h"

/* The file that is sealed anew. */
struct seal {
	const struct options *o;
	const struct world *world;
	struct office office;
	int dir; /* that holds it: the office's, or another one, opened */
	char name[NAME_MAX + 1];
	struct city_key *key;
};

static bool check_options(const struct options *o, struct fault *fault)
{
	static const enum option_key of_root[] = {OPT_ROOT_KEY,
						  OPT_ROOT_PASSPHRASE_FILE};

	for (size_t i = 0; i < sizeof(of_root) / sizeof(of_root[0]); i++)
		if (options_has(o, of_root[i]))
			return fault_set(fault, EXIT_USAGE,
					 "--%s: goes with \"root\"",
					 options_name(of_root[i]));
	return true;
}

static bool take_signing(struct seal *s, const char *kid, struct fault *fault)
{
	struct issuer_key key;

	if (!check_options(s->o, fault))
		return false;
	if (kid ? !kid_read(kid, key.kid, fault) ||
		      !office_known_key(&s->office, key.kid, &key, fault)
		: !office_newest_key(&s->office, &key, fault))
		return false;
	office_key_file(key.kid, s->name);
	s->key = office_open_key(&s->office, &key, s->o, NULL, fault);
	return s->key != NULL;
}

/* Wherever the root key is kept. */
static bool open_place(struct seal *s, const char *path, struct fault *fault)
{
	char folder[PATH_MAX], leaf[PATH_MAX];

	snprintf(folder, sizeof(folder), "%s", path);
	snprintf(leaf, sizeof(leaf), "%s", path);
	if (snprintf(s->name, sizeof(s->name), "%s", basename(leaf)) >=
	    (int)sizeof(s->name))
		return fault_set(fault, EXIT_USAGE, "%s: too long a name",
				 path);
	s->dir = open(dirname(folder), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return s->dir >= 0 || fault_set(fault, EXIT_IO, "%s: %s", path,
					strerror(errno));
}

static bool take_root(struct seal *s, struct fault *fault)
{
	const char *elsewhere = options_get(s->o, OPT_ROOT_KEY);

	snprintf(s->name, sizeof(s->name), "%s", OFFICE_ROOT_KEY);
	if (elsewhere && !open_place(s, elsewhere, fault))
		return false;
	s->key = office_root_key(&s->office, s->o, "be sealed anew",
				 fault);
	return s->key != NULL;
}

static bool take_key(struct seal *s, struct fault *fault)
{
	const char *which = s->o->arg_count ? s->o->args[0] : NULL;

	if (!office_open(&s->office, options_get(s->o, OPT_DIR), fault))
		return false;
	s->dir = s->office.dir;
	return which && !strcmp(which, "root") ? take_root(s, fault)
					       : take_signing(s, which, fault);
}

/* The file is there whole, under the old passphrase or under the new one,
 * whatever happens. */
static bool replace(struct seal *s, const struct passphrase *pass,
		    struct fault *fault)
{
	struct interrupt held;
	bool ok;

	interrupt_hold(&held);
	ok = keyfile_prepare(s->dir, s->name, s->key, pass, kdf_cost_city,
			     s->world->random, fault) &&
	     keyfile_place(s->dir, s->name, fault);
	interrupt_ignore(&held);
	return ok;
}

static bool seal(struct seal *s, struct fault *fault)
{
	struct passphrase pass = {0};
	bool ok;

	if (!take_key(s, fault))
		return false;
	ok = passphrase_new(s->o, OPT_NEW_PASSPHRASE_FILE, s->name, &pass,
			    fault) &&
	     replace(s, &pass, fault);
	passphrase_free(&pass);
	return ok;
}

int cmd_passphrase(const struct options *o, const struct world *world)
{
	struct seal s = {.o = o, .world = world, .office.dir = -1, .dir = -1};
	struct fault fault;
	bool ok = seal(&s, &fault);

	if (s.dir >= 0 && s.dir != s.office.dir)
		close(s.dir);
	city_key_free(s.key);
	office_close(&s.office);
	if (!ok)
		return fault_report(&fault);
	if (options_has(o, OPT_NO_PASSPHRASE))
		say("%s: not encrypted any more; whoever reads it has the key",
		    s.name);
	else
		say("%s: sealed with the new passphrase; copies made before "
		    "still open with the old one", s.name);
	return EXIT_DONE;
}
