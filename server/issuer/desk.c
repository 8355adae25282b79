/* SPDX-License-Identifier: Apache-2.0 */
/* One pass, from the registry to the one who gets it. */
#include "desk.h"

#include <stdio.h>
#include <string.h>

#include "when.h"

bool desk_open(struct desk *desk, const struct options *o,
	       const struct world *world, struct fault *fault)
{
	*desk = (struct desk){.o = o, .office.dir = -1};
	if (!office_open(&desk->office, options_get(o, OPT_DIR), fault))
		return false;
	desk->key = office_signing_key(&desk->office, o, NULL, fault);
	if (!desk->key)
		return false;
	press_init(&desk->press, &desk->office.identity, desk->key);
	desk->enlisting = (struct enlisting){
	    .registry = desk->office.registry,
	    .now = world->now,
	    .random = world->random,
	    .again = options_has(o, OPT_AGAIN),
	};
	memcpy(desk->enlisting.kid, desk->key->kid, 8);
	return true;
}

void desk_close(struct desk *desk)
{
	city_key_free(desk->key);
	desk->key = NULL;
	office_close(&desk->office);
}

bool desk_take_validity(const struct options *o, uint64_t now,
			struct request *q, struct fault *fault)
{
	const char *from = options_get(o, OPT_FROM);
	const char *days = options_get(o, OPT_DAYS);
	const char *until = options_get(o, OPT_UNTIL);
	bool ok = true;

	if (days && until)
		return fault_set(fault, EXIT_USAGE,
				 "--days, --until: only one of them");
	if (from)
		ok = request_from(q, bytes_text(from), now, fault);
	if (ok && days)
		ok = request_days(q, bytes_text(days), now, true, fault);
	if (ok && until)
		ok = request_until(q, bytes_text(until), now, true, fault);
	if (!ok)
		fault->status = EXIT_USAGE;
	return ok;
}

void desk_already(const struct pass_record *record, struct fault *fault)
{
	static const char *const states[] = {"valid", "revoked", "suspended"};
	char id[33], until[WHEN_TEXT];

	hex_encode(record->cti, 16, id);
	when_format(record->exp, until);
	fault_set(fault, EXIT_REFUSED,
			 "already issued: pass %s, %s, %s, until %s; %s", id,
			 pass_class_name(record->class),
			 states[record->state], until,
			 record->state == STATUS_INVALID
			     ? "--again issues another one"
			     : "reissue replaces a lost paper");
}

void desk_tell_list_opened(const struct desk *desk)
{
	if (desk->enlisting.list_opened)
		say("a new status list was opened; publish it with the root "
		    "key before its passes are used");
}

static enum enlisted enter_one(struct desk *desk,
			       const struct request *request,
			       const uint8_t *cti,
			       const struct renewal *renewal,
			       struct pass_record *record, struct fault *fault)
{
	const char *why = NULL;
	char id[33];
	struct registry *registry = desk->office.registry;
	uint8_t ref_hash[REF_HASH] = {0};
	enum enlisted outcome = ENLISTED_FAILED;

	if (request && request->ref_n)
		press_ref_hash(&desk->press, request_ref_view(request),
			       ref_hash);
	if (!registry_begin(registry, fault))
		return ENLISTED_FAILED;
	outcome = request ? enlist(&desk->enlisting, request, ref_hash,
				   record, fault)
			  : enlist_again(&desk->enlisting, cti, renewal,
					 record, &why, fault);
	if (outcome == ENLISTED_NOT) {
		hex_encode(cti, 16, id);
		fault_set(fault, EXIT_REFUSED, "pass %s: %s", id, why);
	}
	if (outcome == ENLISTED_NEW && !registry_commit(registry, fault))
		outcome = ENLISTED_FAILED;
	if (outcome != ENLISTED_NEW)
		registry_rollback(registry);
	return outcome;
}

static int hand_over(struct desk *desk, struct handover *h,
		     const struct pass_record *record, struct bytes hint)
{
	struct fault why;
	char id[33];

	desk_tell_list_opened(desk);
	if (record->state == STATUS_SUSPENDED)
		say("the pass is still suspended; restore ends that");
	if (record->exp <= desk->enlisting.now)
		say("the pass is over already; every door will refuse it");
	if (handover_put(h, &desk->press, record, hint, &why))
		return EXIT_DONE;
	hex_encode(record->cti, 16, id);
	say("pass %s is in the registry but was not handed out: %s; "
	    "reissue %s makes a new paper", id, why.text, id);
	return (int)why.status;
}

int desk_one(struct desk *desk, const struct request *request,
	     const uint8_t *cti, const struct renewal *renewal,
	     struct bytes hint, struct fault *fault)
{
	struct pass_record record;
	struct handover h;
	int status;

	if (!handover_open(&h, desk->o, &desk->office.identity, fault))
		return fault_report(fault);
	switch (enter_one(desk, request, cti, renewal, &record, fault)) {
	case ENLISTED_NEW:
		status = hand_over(desk, &h, &record, hint);
		break;
	case ENLISTED_BEFORE: desk_already(&record, fault); /* fall through */
	default: status = fault_report(fault);
	}
	handover_close(&h);
	return status;
}
