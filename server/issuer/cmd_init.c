/* SPDX-License-Identifier: Apache-2.0 */
/* init: makes an issuer's directory, whole or not at all: it is filled under
 * a temporary name beside it and renamed. */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "citynames.h"
#include "command.h"
#include "interrupt.h"
#include "office.h"
#include "output.h"
#include "passphrase.h"
#include "press.h"
#include "printable.h"
#include "when.h"

struct init {
	const struct options *o;
	const struct world *world;
	struct identity identity;
	char target[PATH_MAX], work[PATH_MAX + 16];
	int dir; /* work, opened */
	struct passphrase pass, root_pass; /* the latter when it differs */
	struct city_key *root, *signing;
	size_t hint_room;
	bool interrupted;
};

/* Labels of a to z, 0 to 9 and hyphens inside, with dots between: as one
 * writes it, so that two who type it have the same. */
static bool is_host_name(struct bytes text)
{
	uint8_t before = '.';

	for (size_t i = 0; i < text.n; i++) {
		uint8_t c = text.p[i];
		bool edge = before == '.' || before == '-';

		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') &&
		    !(c == '-' && before != '.') && !(c == '.' && !edge))
			return false;
		before = c;
	}
	return before != '.' && before != '-';
}

/* One to which "/1" can be added. */
static bool is_list_uri(struct bytes text)
{
	static const char *const schemes[] = {"https://", "http://"};
	size_t start = 0;

	for (size_t i = 0; !start && i < 2; i++)
		if (text.n > strlen(schemes[i]) &&
		    !memcmp(text.p, schemes[i], strlen(schemes[i])))
			start = strlen(schemes[i]);
	if (!start || text.p[start] == '/' || text.p[text.n - 1] == '/')
		return false;
	for (size_t i = start; i < text.n; i++)
		if (text.p[i] <= ' ' || text.p[i] >= 127 || text.p[i] == '?' ||
		    text.p[i] == '#')
			return false;
	return true;
}

static bool take_capacity(struct init *in, struct fault *fault)
{
	const char *text = options_get(in->o, OPT_CAPACITY);
	uint64_t n = LIST_CAPACITY_DEFAULT;

	if (text && (!when_parse_number(bytes_text(text), LIST_CAPACITY_MAX,
					&n) ||
		     n < LIST_CAPACITY_MIN))
		return fault_set(fault, EXIT_USAGE,
				 "--capacity \"%s\": a number from %d to %d is "
				 "expected", text, LIST_CAPACITY_MIN,
				 LIST_CAPACITY_MAX);
	in->identity.capacity = (uint32_t)n;
	return true;
}

static bool take_identity(struct init *in, struct fault *fault)
{
	struct bytes iss = bytes_text(options_get(in->o, OPT_ISS));
	struct bytes uri = bytes_text(options_get(in->o, OPT_STATUS_URI));
	struct identity *id = &in->identity;
	char shown[URI_MAX + 8];

	if (!is_host_name(iss) ||
	    !bytes_to_text(iss, id->iss, sizeof(id->iss)))
		return fault_set(fault, EXIT_USAGE,
				 "--iss \"%s\": a host name of at most %d "
				 "characters is expected, in small letters, as "
				 "seoul.example",
				 printable(iss, shown, sizeof(shown)), ISS_MAX);
	if (!is_list_uri(uri) ||
	    !bytes_to_text(uri, id->status_uri, sizeof(id->status_uri)))
		return fault_set(fault, EXIT_USAGE,
				 "--status-uri \"%s\": a URI of at most %d "
				 "characters is expected that begins with "
				 "https:// or http:// and does not end in /",
				 printable(uri, shown, sizeof(shown)), URI_MAX);
	if (!citynames_take(in->o, false, id, fault))
		return false;
	id->made_at = in->world->now;
	return take_capacity(in, fault) &&
	       press_check_identity(id, &in->hint_room, fault);
}

static bool take_target(struct init *in, struct fault *fault)
{
	const char *dir = options_get(in->o, OPT_DIR);
	char registry[PATH_MAX + 32];
	size_t n = strlen(dir);

	while (n > 1 && dir[n - 1] == '/')
		n--;
	if (n == 0 || n >= PATH_MAX)
		return fault_set(fault, EXIT_USAGE, "--dir: not a usable name");
	memcpy(in->target, dir, n);
	in->target[n] = '\0';
	snprintf(registry, sizeof(registry), "%s/" OFFICE_REGISTRY,
		 in->target);
	if (access(registry, F_OK) == 0)
		return fault_set(fault, EXIT_REFUSED,
				 "%s: holds an issuer already", in->target);
	return true;
}

static bool take_passphrases(struct init *in, struct fault *fault)
{
	bool differ = options_has(in->o, OPT_ROOT_PASSPHRASE_FILE);

	if (differ && !passphrase_new(in->o, OPT_ROOT_PASSPHRASE_FILE,
				      "the root key", &in->root_pass, fault))
		return false;
	return passphrase_new(in->o, OPT_PASSPHRASE_FILE,
			      differ ? "the signing key" : "the city's keys",
			      &in->pass, fault);
}

static bool make_work_dir(struct init *in, struct fault *fault)
{
	snprintf(in->work, sizeof(in->work), "%s.XXXXXX", in->target);
	if (!mkdtemp(in->work)) {
		in->work[0] = '\0';
		return fault_set(fault, EXIT_IO, "%s: cannot be made: %s",
				 in->target, strerror(errno));
	}
	in->dir = open(in->work, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (in->dir < 0)
		return fault_set(fault, EXIT_IO, "%s: %s", in->work,
				 strerror(errno));
	return true;
}

static bool make_keys(struct init *in, struct fault *fault)
{
	const struct passphrase *pass = &in->pass;
	const struct passphrase *root_pass =
	    in->root_pass.n ? &in->root_pass : pass;
	char name[KEY_FILE_NAME];

	in->root = city_key_make(ROLE_ROOT, NULL, in->world->random);
	in->signing = city_key_make(ROLE_SIGNING, NULL, in->world->random);
	if (!in->root || !in->signing)
		return fault_set(fault, EXIT_IO, "no memory for keys");
	memcpy(in->identity.root_pk, in->root->pk, 32);
	office_key_file(in->signing->kid, name);
	return keyfile_write(in->dir, OFFICE_ROOT_KEY, in->root, root_pass,
			     kdf_cost_city, in->world->random, fault) &&
	       keyfile_write(in->dir, name, in->signing, pass, kdf_cost_city,
			     in->world->random, fault);
}

static bool make_registry(struct init *in, struct fault *fault)
{
	char path[PATH_MAX + 32];

	snprintf(path, sizeof(path), "%s/" OFFICE_REGISTRY, in->work);
	return registry_create(path, &in->identity, in->signing->pk,
			       in->world->random, fault) &&
	       output_sync_dir(in->dir, in->work, fault);
}

/* An empty directory is replaced; anything else there is a refusal. */
static bool move_in(struct init *in, struct fault *fault)
{
	in->interrupted = interrupt_waiting();
	if (in->interrupted)
		return fault_set(fault, EXIT_IO,
				 "interrupted; %s was not made", in->target);
	if (rename(in->work, in->target) == 0) {
		in->work[0] = '\0';
		return output_sync_parent(in->target, fault);
	}
	if (errno == ENOTEMPTY || errno == EEXIST || errno == ENOTDIR)
		return fault_set(fault, EXIT_REFUSED,
				 "%s: is there and not empty; an issuer is "
				 "made once, in a directory of its own",
				 in->target);
	return fault_set(fault, EXIT_IO, "%s: cannot be made: %s", in->target,
			 strerror(errno));
}

static void clean_up(struct init *in)
{
	static const char *const files[] = {
	    OFFICE_ROOT_KEY, OFFICE_REGISTRY, OFFICE_REGISTRY "-wal",
	    OFFICE_REGISTRY "-shm"};
	char name[KEY_FILE_NAME];

	if (in->work[0] && in->dir >= 0) {
		for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
			unlinkat(in->dir, files[i], 0);
		if (in->signing) {
			office_key_file(in->signing->kid, name);
			unlinkat(in->dir, name, 0);
		}
	}
	if (in->work[0])
		rmdir(in->work);
	if (in->dir >= 0)
		close(in->dir);
	passphrase_free(&in->pass);
	passphrase_free(&in->root_pass);
	city_key_free(in->root);
	city_key_free(in->signing);
}

static void tell(const struct init *in)
{
	char root[65], kid[17];

	hex_encode(in->identity.root_pk, 32, root);
	hex_encode(in->signing->kid, 8, kid);
	if (options_has(in->o, OPT_JSON)) {
		json_t *j = json_pack("{s:s, s:s, s:s, s:s}", "dir",
				      in->target, "iss", in->identity.iss,
				      "root", root, "kid", kid);

		json_dumpf(j, stdout, JSON_COMPACT);
		putchar('\n');
		json_decref(j);
		return;
	}
	printf("root  %s\nkid   %s\n", root, kid);
	if (options_has(in->o, OPT_NO_PASSPHRASE))
		say("--no-passphrase: the keys in %s are not encrypted; "
		    "whoever reads the files can issue passes", in->target);
	fprintf(stderr,
		"\n%s issues for %s. Hints may have %zu bytes.\n"
		"Give the root to each service, by a way that nobody can "
		"tamper with; with what publish writes it goes:\n"
		"  oapctl issuer add --root %s \\\n"
		"    --document public/issuer.cose --status "
		"public/status-0.cose\n"
		"Keep %s/" OFFICE_ROOT_KEY " offline, and a copy of it. Two "
		"commands need it:\n"
		"publish, the first time and after rotate, retire, "
		"compromised, rename or a new\nstatus list; and passphrase "
		"root, which seals it anew.\n"
		"Next: oap-issuer issue --dir %s ..., then oap-issuer publish "
		"--dir %s --out-dir public\n",
		in->target, in->identity.iss, in->hint_room, root, in->target,
		in->target, in->target);
}

int cmd_init(const struct options *o, const struct world *world)
{
	struct init in = {.o = o, .world = world, .dir = -1};
	struct interrupt held;
	struct fault fault;
	int status = EXIT_DONE;

	if (!take_identity(&in, &fault) || !take_target(&in, &fault) ||
	    !take_passphrases(&in, &fault)) {
		clean_up(&in);
		return fault_report(&fault);
	}
	interrupt_hold(&held);
	if (make_work_dir(&in, &fault) && make_keys(&in, &fault) &&
	    make_registry(&in, &fault) && move_in(&in, &fault))
		tell(&in);
	else
		status = fault_report(&fault);
	clean_up(&in);
	interrupt_end(&held, in.interrupted);
	return status;
}
