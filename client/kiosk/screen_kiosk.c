/* SPDX-License-Identifier: Apache-2.0 */
/* screen_kiosk.c: what a kiosk is, holds and has sent; for the technician, in
 * English as its commands are. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "screen.h"

static void put(const char *label, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void put(const char *label, const char *format, ...)
{
	va_list args;

	printf("  %-14s", label);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
}

/* "3 h", "12 min" */
static const char *age_text(int64_t ms, char *text, size_t cap)
{
	static const struct {
		int64_t ms;
		const char *unit;
	} UNITS[] = {{86400000, "d"}, {3600000, "h"}, {60000, "min"},
		     {1000, "s"}, {1, "ms"}};
	size_t i = 0;

	if (ms < 0)
		return "never";
	while (i < 4 && ms < 2 * UNITS[i].ms)
		i++;
	snprintf(text, cap, "%lld %s", (long long)(ms / UNITS[i].ms),
		 UNITS[i].unit);
	return text;
}

void screen_enrolled(const struct options *o, const struct oap_enrolled *e)
{
	printf("\n  Kiosk %.4s %.4s is %s at facility %s.\n"
	       "  These 8 digits must be what the operator sees in oapctl "
	       "kiosk list.\n",
	       e->kiosk, e->kiosk + 4,
	       e->pending ? "waiting to be confirmed" : "enrolled",
	       e->facility);
	if (e->pending)
		printf("  Next: an operator confirms it with oapctl kiosk "
		       "confirm %s;\n  then oap-kiosk sync --dir %s.\n",
		       e->kiosk, o->dir);
	else
		printf("  Next: oap-kiosk status --dir %s shows its "
		       "benefits.\n", o->dir);
	putchar('\n');
}

void screen_rolled(const struct oap_rolled *r)
{
	printf("kiosk %s goes on as %s\n", r->before, r->kiosk);
}

void screen_kept(unsigned days)
{
	printf("entries stay for %u days once the service has them\n", days);
}

void screen_refusal(const struct oap_refusal *r, char *text, size_t cap)
{
	if (r->counts)
		snprintf(text, cap,
			 "attempt %s: its reversal was refused (%s), and the "
			 "visit still counts; an operator takes it back with "
			 "oapctl attempts reverse %s",
			 r->attempt, oap_verdict_name(r->verdict), r->attempt);
	else
		snprintf(text, cap,
			 "attempt %s: its reversal was refused (%s): the "
			 "visit did not count; there is nothing to do",
			 r->attempt, oap_verdict_name(r->verdict));
}

void screen_synced(const struct options *o, const struct oap_refreshed *r,
		   const struct oap_synced *s)
{
	char line[REFUSAL_LINE];

	(void)o;
	if (r->epoch > 0)
		printf("bundle %llu%s; ", (unsigned long long)r->epoch,
		       r->changed ? " (new)" : "");
	else
		printf("no good bundle; ");
	printf("%llu entries sent, %llu left\n", (unsigned long long)s->sent,
	       (unsigned long long)s->unsent);
	if (s->device[0] != '\0' && strcmp(s->device, "active") != 0)
		printf("the service says that this kiosk is %s\n", s->device);
	if (s->marked > 0)
		printf("%llu of them have a mark; oapctl attempts list "
		       "shows which\n", (unsigned long long)s->marked);
	for (unsigned i = 0; i < s->refused; i++) {
		screen_refusal(&s->refusals[i], line, sizeof(line));
		puts(line);
	}
}

static void put_bundle(const struct oap_status *s)
{
	char age[32], status_age[32];

	if (!s->has_bundle) {
		put("bundle", "%s; oap-kiosk sync fetches it",
		    s->bundle_damaged ? "damaged" : "none");
		return;
	}
	put("bundle", "%llu, %s old%s", (unsigned long long)s->epoch,
	    age_text(s->bundle_age_ms, age, sizeof(age)),
	    s->stale & OAP_STALE_BUNDLE ? " (stale: run sync)" : "");
	put("holds", "%u issuers, %u facilities, %u benefits", s->issuers,
	    s->facilities, s->benefits);
	if (s->status_age_ms != OAP_NO_TIME)
		put("status lists", "oldest %s old%s",
		    age_text(s->status_age_ms, status_age, sizeof(status_age)),
		    s->stale & OAP_STALE_STATUS ? " (stale: run sync)" : "");
}

static void put_benefits(struct oap *kiosk, const struct options *o)
{
	struct oap_benefit b;
	const char *label = "benefits";

	for (size_t i = 0;
	     oap_benefit(kiosk, i, o->lang, &b, NULL) == OAP_OK; i++) {
		put(label, "%s  %s (%s, up to %u)", b.id, b.name, b.currency,
		    b.party_max);
		label = "";
	}
}

static void put_clock(const struct oap_status *s)
{
	char age[32];
	int64_t since = s->last_contact_ms == OAP_NO_TIME
			    ? OAP_NO_TIME
			    : s->now_ms - s->last_contact_ms;

	if (since != OAP_NO_TIME && since < 0)
		since = 0;
	put("clock", "%s, this device's is %lld ms %s%s", s->local,
	    (long long)(s->clock_offset_ms < 0 ? -s->clock_offset_ms
					       : s->clock_offset_ms),
	    s->clock_offset_ms < 0 ? "fast" : "slow",
	    s->clock_anchored ? "" : " (not confirmed since boot)");
	put("last contact", "%s%s",
	    age_text(since, age, sizeof(age)),
	    since == OAP_NO_TIME ? "" : " ago");
}

/* All that is left of it. */
static void put_wiped(const struct oap_status *s)
{
	char age[32];
	int64_t since = s->now_ms - s->wiped_at_ms;

	put("kiosk", "%s, revoked; wiped itself %s ago", s->kiosk,
	    age_text(since > 0 ? since : 0, age, sizeof(age)));
	put("facility", "%s", s->facility);
	put("service", "%s (key %s)", s->url, s->service);
	put("entries", "%llu to be sent%s", (unsigned long long)s->unsent,
	    s->unsent > 0 ? " (run sync)" : "");
}

void screen_status(struct oap *kiosk, const struct options *o,
		   const struct oap_status *s)
{
	char age[32];

	if (s->wiped) {
		put_wiped(s);
		return;
	}
	if (!s->enrolled) {
		put("kiosk", "not enrolled; oap-kiosk enrol --dir %s CODE",
		    o->dir);
		return;
	}
	put("kiosk", "%s, %s", s->kiosk,
	    s->device[0] ? s->device : "not in the bundle yet");
	if (s->rolling)
		put("", "a new key is made; oap-kiosk roll --dir %s goes on "
			"with it", o->dir);
	put("facility", "%s%s%s%s%s", s->facility, s->city[0] ? ", " : "",
	    s->city, s->currency[0] ? ", " : "", s->currency);
	put("service", "%s (key %s)", s->url, s->service);
	put_bundle(s);
	put_benefits(kiosk, o);
	put("entries", "%llu written, %llu to be sent; kept for %u days",
	    (unsigned long long)s->entries, (unsigned long long)s->unsent,
	    s->keep_days);
	if (s->unsent > 0)
		put("oldest", "number %llu, %s old",
		    (unsigned long long)s->oldest_unsent,
		    age_text(s->now_ms > s->oldest_unsent_ms
				 ? s->now_ms - s->oldest_unsent_ms
				 : 0,
			     age, sizeof(age)));
	put_clock(s);
}
