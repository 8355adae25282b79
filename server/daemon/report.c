/* SPDX-License-Identifier: Apache-2.0 */
/* report.c: sums of the totals, gathered into rows of a key (and a currency),
 * and into totals of a currency. */
#include "report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "localday.h"
#include "report_row.h"

/* Facilities have a currency each, so a service has a handful. */
struct gathering {
	const struct report_request *request;
	void *form;
	bool has_row;
	struct report_row row;     /* what the latest sums went to */
	struct report_row *totals; /* ascending by currency */
	size_t total_count;
};

bool report_refuses(unsigned verdict)
{
	return !verdict_is(verdict, CLASS_ACCEPT);
}

const char *report_class_name(unsigned verdict)
{
	const struct verdict_info *info = verdict_find(verdict);

	return info ? verdict_class_name(info->class) : "unknown";
}

int64_t report_refused(const struct report_row *row)
{
	int64_t n = 0;

	for (unsigned i = 0; i < REPORT_VERDICTS; i++)
		n += report_refuses(i) ? row->attempts[i] : 0;
	return n;
}

static void add(struct report_row *row, const struct sums *sums)
{
	const struct total *from = &sums->total;
	struct total *to = &row->total;

	to->attempts += from->attempts;
	to->counting += from->counting;
	to->persons += from->persons;
	to->list += from->list;
	to->discount += from->discount;
	to->without_price += from->without_price;
	to->reversed += from->reversed;
	to->conflicts += from->conflicts;
	row->attempts[sums->verdict % REPORT_VERDICTS] += from->attempts;
}

static void copy_view(struct bytes from, char *to, size_t cap)
{
	/* The ledger has bounded both keys and currencies. */
	if (!bytes_to_text(from, to, cap))
		to[0] = '\0';
}

static void key_of(const struct report_request *r, const struct sums *sums,
                   char key[static ISS_MAX + 1])
{
	int32_t number = (int32_t)sums->number;

	if (r->by == BY_DAY)
		date_format(number, key);
	else if (r->by == BY_MONTH)
		snprintf(key, ISS_MAX + 1, "%04d-%02d", number / 100,
		         number % 100);
	else
		copy_view(sums->key, key, ISS_MAX + 1);
}

/* Amounts only where there is one currency to have them in. */
static void currency_of(const struct report_request *r, const struct sums *sums,
                        char currency[static CURRENCY_LEN + 1])
{
	currency[0] = '\0';
	if (r->columns == COLUMNS_USAGE)
		copy_view(sums->currency, currency, CURRENCY_LEN + 1);
}

static bool end_row(struct gathering *g)
{
	bool taken = !g->has_row || g->request->form->row(g->form, &g->row);

	g->has_row = false;
	return taken;
}

static struct report_row *total_for(struct gathering *g, const char *currency)
{
	size_t at = 0;
	struct report_row *totals;

	while (at < g->total_count &&
	       strcmp(g->totals[at].currency, currency) < 0)
		at++;
	if (at < g->total_count &&
	    strcmp(g->totals[at].currency, currency) == 0)
		return &g->totals[at];
	totals = realloc(g->totals, (g->total_count + 1) * sizeof *totals);
	if (!totals)
		return NULL;
	g->totals = totals;
	memmove(&totals[at + 1], &totals[at],
	        (g->total_count - at) * sizeof *totals);
	g->total_count++;
	memset(&totals[at], 0, sizeof totals[at]);
	memcpy(totals[at].currency, currency, CURRENCY_LEN + 1);
	return &totals[at];
}

static bool gather(const struct sums *sums, void *arg)
{
	struct gathering *g = arg;
	char key[ISS_MAX + 1] = "", currency[CURRENCY_LEN + 1] = "";
	struct report_row *total;

	key_of(g->request, sums, key);
	currency_of(g->request, sums, currency);
	if (g->has_row &&
	    (strcmp(key, g->row.key) != 0 ||
	     strcmp(currency, g->row.currency) != 0) &&
	    !end_row(g))
		return false;
	if (!g->has_row) {
		memset(&g->row, 0, sizeof g->row);
		memcpy(g->row.key, key, sizeof key);
		memcpy(g->row.currency, currency, sizeof currency);
		g->has_row = true;
	}
	add(&g->row, sums);
	total = total_for(g, currency);
	if (!total)
		return false;
	add(total, sums);
	return true;
}

static bool give_totals(struct gathering *g)
{
	for (size_t i = 0; i < g->total_count; i++)
		if (!g->request->form->total(g->form, &g->totals[i]))
			return false;
	return true;
}

enum store_result report_run(struct store *reader,
                             const struct report_request *r,
                             struct report_output *out)
{
	struct gathering *g = calloc(1, sizeof *g);
	enum store_result result = STORE_FAILED;
	bool whole = false;

	*out = (struct report_output){.content_type = r->form->content_type};
	if (!g)
		return STORE_FAILED;
	g->request = r;
	g->form = r->form->begin(r);
	if (g->form) {
		result = store_sums(reader, r->by, r->from, r->to, gather, g);
		whole = result == STORE_OK && end_row(g) && give_totals(g);
		whole = r->form->finish(g->form, whole ? out : NULL) && whole;
	}
	free(g->totals);
	free(g);
	return whole ? STORE_OK : STORE_FAILED;
}
