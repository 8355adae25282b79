/* SPDX-License-Identifier: Apache-2.0 */
/* One pass, from the registry to the one who gets it. */
#include "desk.h"

#include <stdio.h>
#include <string.h>

#include "interrupt.h"
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
	    .press = &desk->press,
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

/* What desk_one is asked for. */
struct order {
	const struct request *request; /* NULL: a new paper of cti */
	const uint8_t *cti;
	const struct renewal *renewal;
	struct bytes hint;
};

static enum enlisted enter(struct desk *desk, const struct order *order,
			   struct pass_record *record, struct fault *fault)
{
	const struct request *request = order->request;
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
			  : enlist_again(&desk->enlisting, order->cti,
					 order->renewal, record, &why, fault);
	if (outcome == ENLISTED_NOT) {
		hex_encode(order->cti, 16, id);
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

	hex_encode(record->cti, 16, id);
	desk_tell_list_opened(desk);
	if (record->state == STATUS_SUSPENDED)
		say("the pass is still suspended; restore ends that");
	if (record->exp <= desk->enlisting.now)
		say("the pass is over already; every door will refuse it");
	if (handover_put(h, &desk->press, record, hint, &why))
		return EXIT_DONE;
	if (h->written)
		say("pass %s is in the registry and in %s, but %s; find %s "
		    "shows what is known of it", id,
		    options_get(desk->o, OPT_OUT), why.text, id);
	else
		say("pass %s is in the registry but was not handed out: %s; "
		    "reissue %s makes a new paper", id, why.text, id);
	return (int)why.status;
}

static int enter_and_hand_over(struct desk *desk, const struct order *order,
			       struct handover *h, struct fault *fault)
{
	struct pass_record record;

	switch (enter(desk, order, &record, fault)) {
	case ENLISTED_NEW: return hand_over(desk, h, &record, order->hint);
	case ENLISTED_BEFORE: desk_already(&record, fault); /* fall through */
	default: return fault_report(fault);
	}
}

static int carry_out(struct desk *desk, const struct order *order,
		     bool *interrupted, struct fault *fault)
{
	struct handover h;
	int status;

	if (!handover_open(&h, desk->o, &desk->office.identity, order->hint,
			   fault))
		return fault_report(fault);
	*interrupted = interrupt_waiting();
	if (*interrupted) {
		fault_set(fault, EXIT_IO, "interrupted; nothing was issued");
		status = fault_report(fault);
	} else {
		status = enter_and_hand_over(desk, order, &h, fault);
	}
	handover_close(&h);
	return status;
}

/* Once it is entered, a pass is handed over whatever comes: nobody would know
 * of it, and who asks again is told that it is issued already. */
int desk_one(struct desk *desk, const struct request *request,
	     const uint8_t *cti, const struct renewal *renewal,
	     struct bytes hint, struct fault *fault)
{
	const struct order order = {request, cti, renewal, hint};
	bool interrupted = false;
	struct interrupt held;
	int status;

	interrupt_hold(&held);
	status = carry_out(desk, &order, &interrupted, fault);
	interrupt_end(&held, interrupted);
	return status;
}
