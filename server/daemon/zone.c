/* SPDX-License-Identifier: Apache-2.0 */
/* zone.c: UTC offsets from the system's time-zone database, read by GLib.
 * Intervals of a zone are numbered in the order of time, so every change in a
 * span is found by halving it for as long as its two ends differ. */
#include "zone.h"

#include <glib.h>
#include <string.h>

#define DAY_S INT64_C(86400)

static bool starts_with(const char *name, const char *prefix)
{
	return strncmp(name, prefix, strlen(prefix)) == 0;
}

/* GLib also takes "+09:00", paths, and rules such as "KST-9". Names of places
 * have a slash, and no rule without a comma does. Below right/ time has leap
 * seconds. */
static bool is_name(const char *name)
{
	static const char ALLOWED[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789_+-/";
	size_t n = strlen(name);

	if (strcmp(name, "UTC") == 0)
		return true;
	return n <= ZONE_NAME_MAX && strspn(name, ALLOWED) == n &&
	       g_ascii_isalpha(name[0]) && strchr(name, '/') != NULL &&
	       strstr(name, "//") == NULL && !starts_with(name, "right/") &&
	       !starts_with(name, "posix/");
}

static GTimeZone *open_zone(const char *name)
{
	return is_name(name) ? g_time_zone_new_identifier(name) : NULL;
}

bool zone_known(const char *name)
{
	GTimeZone *zone = open_zone(name);

	if (zone == NULL)
		return false;
	g_time_zone_unref(zone);
	return true;
}

static int interval_at(GTimeZone *zone, int64_t t)
{
	return g_time_zone_find_interval(zone, G_TIME_TYPE_UNIVERSAL, t);
}

static int32_t last_offset(const struct zone_span *span)
{
	return span->count > 0 ? span->change[span->count - 1].offset
			       : span->first;
}

/* A change of name or of daylight saving that leaves the offset is none. */
static bool add_change(struct zone_span *span, int64_t from, int32_t offset)
{
	if (offset == last_offset(span))
		return true;
	if (span->count == TRANSITIONS_MAX)
		return false;
	span->change[span->count].from = from;
	span->change[span->count].offset = offset;
	span->count++;
	return true;
}

/* Every change after low, up to and including high, in order. Depth is the
 * logarithm of the span in seconds. */
static bool find_changes(GTimeZone *zone, int64_t low, int64_t high,
			 struct zone_span *span)
{
	int64_t middle = low + (high - low) / 2;
	int after = interval_at(zone, high);

	if (interval_at(zone, low) == after)
		return true;
	if (high - low == 1)
		return add_change(span, high,
				  g_time_zone_get_offset(zone, after));
	return find_changes(zone, low, middle, span) &&
	       find_changes(zone, middle, high, span);
}

bool zone_span(const char *name, int64_t now_s, struct zone_span *out)
{
	int64_t start = now_s - ZONE_BACK_DAYS * DAY_S;
	GTimeZone *zone = open_zone(name);
	bool good;

	memset(out, 0, sizeof(*out));
	if (zone == NULL)
		return false;
	if (start < 0)
		start = 0;
	out->first = g_time_zone_get_offset(zone, interval_at(zone, start));
	good = find_changes(zone, start, now_s + ZONE_AHEAD_DAYS * DAY_S, out);
	g_time_zone_unref(zone);
	return good;
}
