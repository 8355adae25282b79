/* SPDX-License-Identifier: Apache-2.0 */
/* find: what the registry knows of a pass, by reference, code or pass id. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "codefile.h"
#include "command.h"
#include "office.h"
#include "passid.h"
#include "printable.h"
#include "press.h"
#include "when.h"

struct finding {
	bool json;
	uint64_t now;
	json_t *rows;
	size_t count;
};

static const char *state_of(const struct finding *f,
			    const struct pass_record *record)
{
	if (!record->current)
		return "replaced";
	if (record->state == STATUS_VALID && record->exp <= f->now)
		return "expired";
	if (record->state == STATUS_VALID && record->nbf > f->now)
		return "to come";
	return state_name(record->state);
}

static json_t *row_json(const struct finding *f,
			const struct pass_record *record)
{
	char id[33], kid[17];
	json_t *row;

	hex_encode(record->cti, 16, id);
	hex_encode(record->kid, 8, kid);
	row = json_pack("{s:s, s:s, s:s, s:I, s:I, s:i, s:i, s:s, s:b}",
			"pass_id", id, "state", state_of(f, record), "class",
			pass_class_name(record->class), "iat",
			(json_int_t)record->iat, "exp",
			(json_int_t)record->exp, "list", (int)record->list,
			"idx", (int)record->idx, "kid", kid, "holder_key",
			record->has_holder);
	if (record->nbf)
		json_object_set_new(row, "nbf",
				    json_integer((json_int_t)record->nbf));
	return row;
}

static bool visit(void *arg, const struct pass_record *record)
{
	struct finding *f = arg;
	char id[33], kid[17], iat[WHEN_TEXT], exp[WHEN_TEXT];

	hex_encode(record->cti, 16, id);
	hex_encode(record->kid, 8, kid);
	when_format(record->iat, iat);
	when_format(record->exp, exp);
	f->count++;
	if (f->json) {
		json_array_append_new(f->rows, row_json(f, record));
		return true;
	}
	if (f->count == 1)
		printf("%-32s  %-9s  %-8s  %-20s  %-20s  %4s  %7s  %s\n",
		       "pass id", "state", "class", "issued", "until", "list",
		       "index", "key");
	printf("%s  %-9s  %-8s  %s  %s  %4u  %7u  %s\n", id,
	       state_of(f, record), pass_class_name(record->class), iat, exp,
	       record->list, record->idx, kid);
	return true;
}

static bool by_ref(struct office *office, const struct options *o,
		   struct finding *f, struct fault *fault)
{
	struct bytes ref = bytes_text(options_get(o, OPT_REF));
	struct city_key *key = office_signing_key(office, o, NULL, fault);
	uint8_t hash[REF_HASH];
	struct press press;

	if (!key)
		return false;
	press_init(&press, &office->identity, key);
	press_ref_hash(&press, ref, hash);
	city_key_free(key);
	return registry_each_of_ref(office->registry, hash, visit, f, fault);
}

static bool by_code(struct office *office, const char *text,
		    struct finding *f, struct fault *fault)
{
	struct scanned scanned;
	const struct pass *pass = &scanned.scan.pass;
	char name[ISS_MAX + 1];

	if (!scanned_get(text, &scanned, fault))
		return false;
	if (scanned.shape != VERDICT_NONE)
		return fault_set(fault, EXIT_REFUSED,
				 "--code: %s; oap-issuer show says more",
				 verdict_name(scanned.shape));
	if (!bytes_is_text(pass->iss, office->identity.iss))
		return fault_set(fault, EXIT_REFUSED,
				 "--code: a pass of %s, not of %s",
				 printable(pass->iss, name, sizeof(name)),
				 office->identity.iss);
	return registry_each_of_cti(office->registry, pass->cti, visit, f,
				    fault);
}

static bool by_id(struct office *office, const char *text, struct finding *f,
		  struct fault *fault)
{
	uint8_t cti[16];

	return pass_id_read(text, cti, fault) &&
	       registry_each_of_cti(office->registry, cti, visit, f, fault);
}

static bool look_up(struct office *office, const struct options *o,
		    struct finding *f, struct fault *fault)
{
	if (options_has(o, OPT_REF))
		return by_ref(office, o, f, fault);
	if (options_has(o, OPT_CODE))
		return by_code(office, options_get(o, OPT_CODE), f, fault);
	return by_id(office, o->args[0], f, fault);
}

static int tell(struct finding *f)
{
	if (f->json) {
		json_dumpf(f->rows, stdout, JSON_COMPACT);
		putchar('\n');
	} else if (!f->count) {
		say("no pass of that is in this registry");
	}
	return f->count ? EXIT_DONE : EXIT_REFUSED;
}

int cmd_find(const struct options *o, const struct world *world)
{
	struct finding f = {.json = options_has(o, OPT_JSON),
			    .now = world->now};
	struct office office;
	struct fault fault;
	int status;

	if (options_has(o, OPT_REF) + options_has(o, OPT_CODE) +
		(o->arg_count > 0) != 1) {
		say("find: give one of --ref, --code and a pass id");
		return EXIT_USAGE;
	}
	f.rows = json_array();
	if (office_open(&office, options_get(o, OPT_DIR), &fault) &&
	    look_up(&office, o, &f, &fault))
		status = tell(&f);
	else
		status = fault_report(&fault);
	office_close(&office);
	json_decref(f.rows);
	return status;
}
