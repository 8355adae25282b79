/* SPDX-License-Identifier: Apache-2.0 */
/* visit.c: one job a visit. */
#include "visit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "tell.h"

enum via { VIA_SCANNER, VIA_SCAN, VIA_REDEEM, VIA_REVERSE };

static const char *const VIA_NAMES[] = {
	[VIA_SCANNER] = "scanner",
	[VIA_SCAN] = "scan",
	[VIA_REDEEM] = "redeem",
	[VIA_REVERSE] = "reverse",
};

struct visit {
	struct job job;
	struct agent *agent;
	struct call *call; /* NULL: nobody waits but the pages */
	enum via via;
	struct oap_attempt attempt; /* what it points to is below */
	char code[SCANNED_TEXT];
	char benefit[OAP_NAME_ID_TEXT];
	struct asked_reversal reversal;
	/* what came of it */
	enum oap_result result;
	struct oap_told told;
	struct oap_problem why;
	json_t *value; /* told, for those who wait; NULL: a problem */
};

static void next_line(struct agent *a);

/* -------------------------------------------------- on a pool's thread */

static void judge(struct job *job)
{
	struct visit *v = (struct visit *)job;
	struct agent *a = v->agent;

	if (v->via == VIA_REVERSE)
		v->result = oap_reverse(a->kiosk, v->reversal.id,
					v->reversal.reason, &v->told, &v->why);
	else
		v->result =
		    oap_redeem(a->kiosk, &v->attempt, &v->told, &v->why);
	if (v->result == OAP_OK)
		v->value = tell_told(a->kiosk, a->options->lang,
				     VIA_NAMES[v->via], &v->told);
}

/* -------------------------------------------------------- on the loop */

/* Whether the service was reached, as far as this verdict shows it. */
static void learn_link(struct agent *a, const struct oap_told *told)
{
	if (told->by_service)
		agent_link(a, LINK_UP);
	else if (told->verdict == OAP_UNAVAILABLE ||
		 (told->detail[0] != '\0' &&
		  told->verdict != OAP_VERDICT_JOURNAL_FAILED &&
		  told->verdict != OAP_BUSY))
		agent_link(a, LINK_DOWN);
}

static void refuse(struct visit *v)
{
	static const struct {
		enum oap_result result;
		int status;
		const char *slug;
	} REFUSALS[] = {
	    {OAP_BAD_ARGUMENT, 400, "body"},
	    {OAP_NOT_FOUND, 404, "attempt"},
	    {OAP_REFUSED, 409, "refused"},
	    {OAP_NOT_READY, 503, "not-ready"},
	    {OAP_NOT_ENROLLED, 503, "not-ready"},
	    {OAP_JOURNAL_FAILED, 503, "journal"},
	    {OAP_NO_NETWORK, 503, "no-network"},
	    {OAP_OK, 503, "failed"}, /* all others, and the end */
	};
	size_t i = 0;

	while (REFUSALS[i].result != v->result &&
	       REFUSALS[i].result != OAP_OK)
		i++;
	if (v->call != NULL)
		reply_problem(v->call, REFUSALS[i].status, REFUSALS[i].slug,
			      "%s", v->why.text);
	/* A till tells its own people; the page is no longer busy with it. */
	if (v->via == VIA_SCANNER || v->via == VIA_SCAN)
		agent_notice(v->agent, "failed", v->why.text);
	else
		agent_notice(v->agent, "withdrawn", "");
}

static void remember(struct agent *a, json_t *value)
{
	json_decref(a->last_told);
	a->last_told = json_incref(value);
	a->last_told_ms = clock_ms();
}

static void tell(struct visit *v)
{
	struct agent *a = v->agent;
	bool desk = v->via == VIA_SCANNER || v->via == VIA_SCAN;

	learn_link(a, &v->told);
	if (v->told.verdict_class == OAP_CLASS_ACCEPT && desk) {
		desk_next(&a->desk);
		streams_tell(&a->streams, "desk", desk_object(&a->desk));
	}
	remember(a, v->value);
	streams_tell(&a->streams, "told", json_incref(v->value));
	if (v->call != NULL)
		reply_json(v->call, 200, json_incref(v->value));
	courier_nudge(a->courier, v->told.newer_bundle != 0);
	if (courier_is_wanted(&v->told))
		courier_hurry(a->courier);
}

/* The scanner may go on. Seen again at once, a code that was settled says
 * nothing new; one that nobody could judge does. */
static void settle_line(struct visit *v)
{
	struct agent *a = v->agent;
	enum oap_class class = v->told.verdict_class;

	a->judging_line = false;
	a->last_line_settled =
	    v->result == OAP_OK && class != OAP_CLASS_UNDECIDED &&
	    class != OAP_CLASS_RETRY && class != OAP_CLASS_DEVICE;
	a->last_line_ms = clock_ms();
}

static void home(struct job *job)
{
	struct visit *v = (struct visit *)job;
	struct agent *a = v->agent;

	a->at_door--;
	if (v->via == VIA_REVERSE) /* that pass may be shown again at once */
		a->last_line_settled = false;
	if (v->via == VIA_SCANNER)
		settle_line(v);
	if (v->value != NULL) {
		tell(v);
	} else {
		courier_nudge(a->courier, v->result == OAP_NOT_READY);
		refuse(v);
	}
	agent_look(a);
	json_decref(v->value);
	free(v);
	next_line(a);
}

/* Says so when it cannot be. Takes v. */
static bool submit(struct visit *v)
{
	struct agent *a = v->agent;

	v->job.run = judge;
	v->job.done = home;
	if (pool_submit(a->door, &v->job)) {
		a->at_door++;
		streams_tell(&a->streams, "judging",
			     json_pack("{s:s}", "via", VIA_NAMES[v->via]));
		return true;
	}
	if (v->call != NULL)
		reply_problem(v->call, 503, "busy",
			      "too many passes wait to be judged; try again "
			      "in a second");
	free(v);
	return false;
}

static struct visit *visit_new(struct agent *a, struct call *c, enum via via)
{
	struct visit *v = calloc(1, sizeof(*v));

	if (v == NULL) {
		if (c != NULL)
			reply_problem(c, 503, "no-memory", "out of memory");
		return NULL;
	}
	v->agent = a;
	v->call = c;
	v->via = via;
	return v;
}

static void set_attempt(struct visit *v, const struct asked *asked)
{
	struct oap_attempt attempt = OAP_ATTEMPT_INIT;

	memcpy(v->code, asked->code, asked->n);
	snprintf(v->benefit, sizeof(v->benefit), "%s", asked->benefit);
	v->attempt = attempt;
	v->attempt.code = v->code;
	v->attempt.code_length = asked->n;
	v->attempt.benefit = v->benefit;
	v->attempt.party = asked->party;
	v->attempt.list = asked->list;
	v->attempt.deadline_ms = asked->deadline_ms;
}

static struct asked at_desk(const struct desk *d, const char *code, size_t n)
{
	return (struct asked){code, n, d->benefit, d->party, desk_list(d), 0};
}

void visit_scan(struct call *c, const char *code, size_t n)
{
	struct agent *a = c->agent;
	struct asked asked = at_desk(&a->desk, code, n);
	struct visit *v;

	if (a->desk.benefit[0] == '\0') {
		agent_notice(a, "no-benefit", "");
		reply_problem(c, 409, "no-benefit",
			      "no benefit is chosen; PATCH /desk chooses one");
		return;
	}
	v = visit_new(a, c, VIA_SCAN);
	if (v == NULL)
		return;
	set_attempt(v, &asked);
	(void)submit(v);
}

void visit_redeem(struct call *c, const struct asked *asked)
{
	struct visit *v = visit_new(c->agent, c, VIA_REDEEM);

	if (v == NULL)
		return;
	set_attempt(v, asked);
	(void)submit(v);
}

void visit_reverse(struct call *c, const struct asked_reversal *asked)
{
	struct visit *v = visit_new(c->agent, c, VIA_REVERSE);

	if (v == NULL)
		return;
	v->reversal = *asked;
	(void)submit(v);
}

/* ----------------------------------------------------------- the scanner */

static bool is_repeat(struct agent *a, const char *line, size_t n)
{
	bool same = a->last_line_n == n &&
		    memcmp(a->last_line, line, n) == 0 &&
		    clock_ms() - a->last_line_ms < REPEAT_MS;

	/* A camera sees what is held before it again and again. */
	if (same && (a->judging_line || a->last_line_settled)) {
		a->last_line_ms = clock_ms();
		return true;
	}
	return false;
}

static void judge_line(struct agent *a, const char *line, size_t n)
{
	struct asked asked = at_desk(&a->desk, line, n);
	struct visit *v;

	if (a->desk.benefit[0] == '\0') {
		agent_notice(a, "no-benefit", "");
		return;
	}
	v = visit_new(a, NULL, VIA_SCANNER);
	if (v == NULL)
		return;
	set_attempt(v, &asked);
	memcpy(a->last_line, line, n);
	a->last_line_n = n;
	a->last_line_ms = clock_ms();
	a->last_line_settled = false;
	a->judging_line = submit(v);
	if (!a->judging_line)
		agent_notice(a, "too-fast", "");
}

static void next_line(struct agent *a)
{
	struct waiting_line *w;

	while (!a->judging_line && a->waiting_count > 0 && !a->ending) {
		w = &a->waiting[a->waiting_first];
		a->waiting_first = (a->waiting_first + 1) % LINES_WAITING;
		a->waiting_count--;
		if (!is_repeat(a, w->text, w->n))
			judge_line(a, w->text, w->n);
	}
}

void visit_line(struct agent *a, const char *line, size_t n)
{
	struct waiting_line *w;

	if (a->ending || is_repeat(a, line, n))
		return;
	if (a->waiting_count == LINES_WAITING) {
		agent_notice(a, "too-fast", "");
		return;
	}
	w = &a->waiting[(a->waiting_first + a->waiting_count) % LINES_WAITING];
	memcpy(w->text, line, n);
	w->n = n;
	a->waiting_count++;
	next_line(a);
}
