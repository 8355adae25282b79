/* SPDX-License-Identifier: Apache-2.0 */
/* revoke, suspend, restore: change the state of passes in the registry. It
 * reaches the doors with the next publish. */
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "office.h"
#include "passid.h"

struct change {
	enum status_value to;
	const char *done;  /* "restored": what was done */
	const char *state; /* "valid": what the pass is then */
};

enum changed { CHANGED, UNCHANGED, REFUSED, BROKEN };

static enum changed refuse(const struct pass_record *record,
			   struct fault *fault)
{
	char id[33];

	hex_encode(record->cti, 16, id);
	fault_set(fault, EXIT_REFUSED,
		  "pass %s: is revoked, which is final; issue a new pass", id);
	return REFUSED;
}

static enum changed change_one(struct office *office,
			       const struct change *change, const char *text,
			       struct fault *fault)
{
	struct pass_record record;
	uint8_t cti[16];
	enum found found;

	if (!pass_id_read(text, cti, fault))
		return REFUSED;
	found = registry_pass(office->registry, cti, &record, fault);
	if (found == FOUND_FAILED)
		return BROKEN;
	if (found == NOT_FOUND) {
		fault_set(fault, EXIT_REFUSED,
			  "pass %s: not in this registry; find looks it up by "
			  "reference or code", text);
		return REFUSED;
	}
	if (record.state == change->to)
		return UNCHANGED;
	if (record.state == STATUS_INVALID)
		return refuse(&record, fault);
	record.state = change->to;
	return registry_set_state(office->registry, &record, fault) ? CHANGED
								    : BROKEN;
}

/* All that can be done in one transaction; the others are said. */
static int change_all(struct office *office, const struct change *change,
		      const struct options *o, struct fault *fault)
{
	int status = EXIT_DONE, changed = 0;

	if (!registry_begin(office->registry, fault))
		return fault_report(fault);
	for (int i = 0; i < o->arg_count; i++) {
		switch (change_one(office, change, o->args[i], fault)) {
		case CHANGED: changed++; break;
		case UNCHANGED:
			say("pass %s: is %s already", o->args[i],
			    change->state);
			break;
		case REFUSED: status = fault_report(fault); break;
		case BROKEN:
			registry_rollback(office->registry);
			return fault_report(fault);
		}
	}
	if (!registry_commit(office->registry, fault)) {
		registry_rollback(office->registry);
		return fault_report(fault);
	}
	if (changed)
		say("%d %s; oap-issuer publish makes it known", changed,
		    change->done);
	return status;
}

static int run(const struct options *o, const struct change *change)
{
	struct office office;
	struct fault fault;
	int status;

	if (office_open(&office, options_get(o, OPT_DIR), &fault))
		status = change_all(&office, change, o, &fault);
	else
		status = fault_report(&fault);
	office_close(&office);
	return status;
}

int cmd_revoke(const struct options *o, const struct world *world)
{
	static const struct change change = {STATUS_INVALID, "revoked",
					     "revoked"};

	(void)world;
	return run(o, &change);
}

int cmd_suspend(const struct options *o, const struct world *world)
{
	static const struct change change = {STATUS_SUSPENDED, "suspended",
					     "suspended"};

	(void)world;
	return run(o, &change);
}

int cmd_restore(const struct options *o, const struct world *world)
{
	static const struct change change = {STATUS_VALID, "restored", "valid"};

	(void)world;
	return run(o, &change);
}
