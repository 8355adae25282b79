/* SPDX-License-Identifier: Apache-2.0 */
/* rename: other names for the city. The issuer's own name and where its lists
 * are is in every pass, and stays. */
#include "citynames.h"
#include "command.h"
#include "office.h"

static bool store(struct office *office, struct fault *fault)
{
	if (registry_begin(office->registry, fault) &&
	    registry_set_names(office->registry, &office->identity, fault) &&
	    registry_commit(office->registry, fault))
		return true;
	registry_rollback(office->registry);
	return false;
}

int cmd_rename(const struct options *o, const struct world *world)
{
	struct office office;
	struct fault fault;
	bool ok;

	(void)world;
	ok = office_open(&office, options_get(o, OPT_DIR), &fault) &&
	     citynames_take(o, true, &office.identity, &fault) &&
	     store(&office, &fault);
	office_close(&office);
	if (!ok)
		return fault_report(&fault);
	say("renamed; oap-issuer publish makes it known, with the root key");
	return EXIT_DONE;
}
