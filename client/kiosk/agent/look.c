/* SPDX-License-Identifier: Apache-2.0 */
#include "look.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "jsonout.h"
#include "tell.h"

enum what { WHAT_STATUS, WHAT_BENEFITS, WHAT_TOLD };

struct look {
	struct job job;
	struct agent *agent;
	struct call *call; /* NULL: for the pages */
	enum what what;
	struct oap_synced refused; /* WHAT_TOLD: that have been read */
	/* what was seen */
	enum oap_result result;
	struct oap_problem why;
	struct offers offers;
	json_t *value;
};

/* -------------------------------------------------- on a pool's thread */

/* Out of what is told, so that whoever reads of a benefit there may choose it:
 * a bundle may come between two looks at the kiosk. */
static void see_offers(struct look *l, const struct oap_status *s)
{
	json_t *benefit;
	size_t i;

	memcpy(l->offers.currency, s->currency, sizeof(l->offers.currency));
	json_array_foreach(json_object_get(l->value, "benefits"), i, benefit) {
		const char *id = json_string_value(json_object_get(benefit,
								   "id"));

		if (id == NULL || l->offers.count == BENEFITS_MAX)
			continue;
		snprintf(l->offers.id[l->offers.count++],
			 sizeof(l->offers.id[0]), "%s", id);
	}
}

static void see_status(struct look *l)
{
	struct agent *a = l->agent;
	struct oap_status s;

	l->result = oap_status(a->kiosk, &s, &l->why);
	if (l->result != OAP_OK)
		return;
	l->value = tell_status(a->kiosk, a->options->lang, &s);
	see_offers(l, &s);
}

static void look(struct job *job)
{
	struct look *l = (struct look *)job;

	if (l->what == WHAT_STATUS)
		see_status(l);
	else if (l->what == WHAT_BENEFITS)
		l->value = json_pack("{s:o}", "benefits",
				     tell_benefits(l->agent->kiosk));
	else
		oap_refusals_told(l->agent->kiosk, &l->refused);
}

/* -------------------------------------------------------- on the loop */

static json_t *link_object(const struct agent *a)
{
	static const char *const NAMES[] = {[LINK_UNKNOWN] = "unknown",
					    [LINK_UP] = "up",
					    [LINK_DOWN] = "down"};
	json_t *o = json_pack("{s:s, s:I}", "state", NAMES[a->link], "for_ms",
			      (json_int_t)(clock_ms() - a->link_since_ms));

	if (a->trouble[0] != '\0')
		json_object_set_new(o, "trouble", json_string(a->trouble));
	return o;
}

static json_t *scanner_object(const struct agent *a)
{
	json_t *o =
	    json_pack("{s:s}", "state", feed_state_name(a->feed_state));

	if (a->feed_detail[0] != '\0')
		json_object_set_new(o, "detail", json_string(a->feed_detail));
	return o;
}

static void put_own(struct agent *a, json_t *status)
{
	json_object_set_new(status, "link", link_object(a));
	json_object_set_new(status, "scanner", scanner_object(a));
	json_object_set_new(status, "desk", desk_object(&a->desk));
	json_object_set_new(status, "refusals", refusals_array(&a->refused));
}

/* A typing error in a start-up file is to be found there. */
static void check_benefit(struct agent *a, const struct offers *offers)
{
	const char *benefit = a->options->benefit;

	if (benefit == NULL || a->benefit_checked || offers->count == 0)
		return;
	a->benefit_checked = true;
	if (!desk_is_offered(offers, benefit))
		complain("--benefit %s: none of this facility; the page and "
			 "GET /benefits show which there are", benefit);
}

static void answer_status(struct look *l)
{
	struct agent *a = l->agent;

	if (l->value == NULL) {
		if (l->call != NULL)
			reply_problem(l->call, 503, "journal", "%s",
				      l->why.text);
		else
			agent_notice(a, "failed", l->why.text);
		return;
	}
	check_benefit(a, &l->offers);
	if (desk_offer(&a->desk, &l->offers))
		streams_tell(&a->streams, "desk", desk_object(&a->desk));
	put_own(a, l->value);
	if (l->call != NULL)
		reply_json(l->call, 200, json_incref(l->value));
	else
		streams_tell(&a->streams, "status", json_incref(l->value));
}

static void home(struct job *job)
{
	struct look *l = (struct look *)job;
	struct agent *a = l->agent;

	if (l->what == WHAT_STATUS) {
		answer_status(l);
	} else if (l->what == WHAT_BENEFITS) {
		reply_json(l->call, 200, json_incref(l->value));
	} else {
		a->refused.refused = 0;
		courier_nudge(a->courier, false);
		reply_json(l->call, 200, json_object());
		look_for_pages(a);
	}
	a->looking -= l->call == NULL;
	json_decref(l->value);
	free(l);
	if (a->look_again && a->looking == 0 && !a->ending)
		look_for_pages(a);
}

static void submit(struct agent *a, struct call *c, enum what what)
{
	struct look *l = calloc(1, sizeof(*l));

	if (l != NULL) {
		l->agent = a;
		l->call = c;
		l->what = what;
		l->refused = a->refused;
		l->job.run = look;
		l->job.done = home;
		if (pool_submit(a->look, &l->job)) {
			a->looking += c == NULL;
			return;
		}
	}
	free(l);
	if (c != NULL)
		reply_problem(c, 503, "busy",
			      "too many calls wait; try again in a second");
}

void look_for_pages(struct agent *a)
{
	/* One at a time is enough; it sees what the latest changed. */
	a->look_again = a->looking > 0;
	if (!a->look_again && !a->ending)
		submit(a, NULL, WHAT_STATUS);
}

void look_status(struct call *c)
{
	submit(c->agent, c, WHAT_STATUS);
}

void look_benefits(struct call *c)
{
	submit(c->agent, c, WHAT_BENEFITS);
}

void look_refusals_told(struct call *c)
{
	submit(c->agent, c, WHAT_TOLD);
}
