/* SPDX-License-Identifier: Apache-2.0 */
/* localday.c: days and dates of the proleptic Gregorian calendar in integers
 * alone: years are taken to begin in March, so that the leap day is the last
 * of its year, and are counted in eras of 400 years, which all have the same
 * number of days. */
#include "localday.h"

#include <stdio.h>
#include <string.h>

#define DAY_S 86400
#define ERA_DAYS 146097
#define ERA_YEARS 400
#define EPOCH_DAYS 719468 /* from 0000-03-01 to 1970-01-01 */
#define YEAR_FIRST 1970
#define YEAR_LAST 9999

struct civil {
	int32_t year, month, mday;
};

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b != 0 && (a < 0) != (b < 0));
}

static int32_t day_of_civil(struct civil c)
{
	int32_t year = c.month > 2 ? c.year : c.year - 1;
	int32_t era = (int32_t)floor_div(year, ERA_YEARS);
	int32_t of_era = year - era * ERA_YEARS;
	int32_t month = (c.month + 9) % 12; /* 0 March .. 11 February */
	int32_t of_year = (153 * month + 2) / 5 + c.mday - 1;

	return era * ERA_DAYS + of_era * 365 + of_era / 4 - of_era / 100 +
	       of_year - EPOCH_DAYS;
}

static struct civil civil_of_day(int32_t day)
{
	int32_t era = (int32_t)floor_div((int64_t)day + EPOCH_DAYS, ERA_DAYS);
	int32_t in_era =
	    (int32_t)((int64_t)day + EPOCH_DAYS - (int64_t)era * ERA_DAYS);
	int32_t year = (in_era - in_era / 1460 + in_era / 36524 -
			in_era / (ERA_DAYS - 1)) /
		       365;
	int32_t of_year = in_era - (365 * year + year / 4 - year / 100);
	int32_t month = (5 * of_year + 2) / 153;
	struct civil c;

	c.mday = of_year - (153 * month + 2) / 5 + 1;
	c.month = month < 10 ? month + 3 : month - 9;
	c.year = year + era * ERA_YEARS + (c.month <= 2);
	return c;
}

static struct civil civil_of_date(int32_t date)
{
	return (struct civil){date / 10000, date / 100 % 100, date % 100};
}

static int32_t date_of_civil(struct civil c)
{
	return 10000 * c.year + 100 * c.month + c.mday;
}

int32_t day_of_date(int32_t date)
{
	return day_of_civil(civil_of_date(date));
}

int32_t date_of_day(int32_t day)
{
	return date_of_civil(civil_of_day(day));
}

bool date_valid(int64_t date)
{
	if (date < YEAR_FIRST * 10000 || date > YEAR_LAST * 10000 + 1231)
		return false;
	/* Only a real day comes back as it went. */
	return date % 100 >= 1 && date % 100 <= 31 && date / 100 % 100 >= 1 &&
	       date / 100 % 100 <= 12 &&
	       date_of_day(day_of_date((int32_t)date)) == date;
}

void date_format(int32_t date, char text[static 11])
{
	uint32_t d = date_valid(date) ? (uint32_t)date : 0;

	snprintf(text, 11, "%04u-%02u-%02u", d / 10000 % 10000, d / 100 % 100,
		 d % 100);
}

bool date_parse(struct bytes text, int32_t *date)
{
	static const char FORM[] = "dddd-dd-dd";
	int32_t d = 0;

	if (text.n != sizeof(FORM) - 1)
		return false;
	for (size_t i = 0; i < text.n; i++) {
		if (FORM[i] == '-') {
			if (text.p[i] != '-')
				return false;
			continue;
		}
		if (text.p[i] < '0' || text.p[i] > '9')
			return false;
		d = d * 10 + (text.p[i] - '0');
	}
	if (!date_valid(d))
		return false;
	*date = d;
	return true;
}

static int32_t offset_at(const struct zone_span *zone, int64_t t)
{
	int32_t offset = zone->first;

	for (size_t i = 0; i < zone->count && zone->change[i].from <= t; i++)
		offset = zone->change[i].offset;
	return offset;
}

static int64_t clamp_ms(int64_t t_ms)
{
	if (t_ms < 0)
		return 0;
	return t_ms > TIME_MS_MAX ? TIME_MS_MAX : t_ms;
}

struct local_time local_time_at(const struct zone_span *zone, int64_t t_ms)
{
	int64_t t = clamp_ms(t_ms) / 1000;
	struct local_time local = {.offset = offset_at(zone, t)};
	int64_t day = floor_div(t + local.offset, DAY_S);
	int32_t second = (int32_t)(t + local.offset - day * DAY_S);
	struct civil c = civil_of_day((int32_t)day);

	local.day = (int32_t)day;
	local.date = date_of_civil(c);
	local.year = (int16_t)c.year;
	local.month = (int8_t)c.month;
	local.mday = (int8_t)c.mday;
	/* 1970-01-01 was a Thursday, and + 7 keeps the days before it up. */
	local.weekday = (int8_t)(((day + 3) % 7 + 7) % 7);
	local.minute = (int16_t)(second / 60);
	local.second = (int8_t)(second % 60);
	return local;
}

bool zone_span_read_changes(struct cbor_in *in, struct zone_span *out)
{
	struct cbor_in at = *in;
	size_t count, pair;

	if (!cbor_array(&at, &count) || count > TRANSITIONS_MAX)
		return false;
	for (size_t i = 0; i < count; i++) {
		uint64_t from;
		int64_t offset;

		if (!cbor_array(&at, &pair) || pair != 2 ||
		    !cbor_uint_max(&at, TIME_S_MAX, &from) ||
		    !cbor_int_range(&at, -UTC_OFFSET_MAX_S, UTC_OFFSET_MAX_S,
				    &offset))
			return false;
		if (i > 0 && (int64_t)from <= out->change[i - 1].from)
			return false;
		out->change[i].from = (int64_t)from;
		out->change[i].offset = (int32_t)offset;
	}
	out->count = count;
	*in = at;
	return true;
}

void zone_span_put_changes(struct outbuf *out, const struct zone_span *zone)
{
	cbor_put_array(out, zone->count);
	for (size_t i = 0; i < zone->count; i++) {
		cbor_put_array(out, 2);
		cbor_put_int(out, zone->change[i].from);
		cbor_put_int(out, zone->change[i].offset);
	}
}
