/* SPDX-License-Identifier: Apache-2.0 */
/* Reads dates, RFC 3339 times and spans; writes RFC 3339. */
#include "when.h"

#include <stdio.h>
#include <string.h>

#include "limits.h"
#include "localday.h"

#define DAY_S 86400
#define SPAN_MAX_S (UINT64_C(3660) * DAY_S)
#define SECONDS_MAX (TIME_MS_MAX / 1000)

bool when_parse_number(struct bytes text, uint64_t max, uint64_t *n)
{
	uint64_t v = 0;

	if (text.n == 0 || text.n > 19)
		return false;
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] < '0' || text.p[i] > '9')
			return false;
		v = 10 * v + (uint64_t)(text.p[i] - '0');
	}
	if (v > max)
		return false;
	*n = v;
	return true;
}

static bool two_digits(const uint8_t *p, int max, int *v)
{
	uint64_t n;

	if (!when_parse_number(bytes_of(p, 2), (uint64_t)max, &n))
		return false;
	*v = (int)n;
	return true;
}

/* "Z" or "+09:00", as seconds east of UTC. */
static bool parse_zone(struct bytes text, int *east)
{
	int hours, minutes;

	if (bytes_is_text(text, "Z")) {
		*east = 0;
		return true;
	}
	if (text.n != 6 || (text.p[0] != '+' && text.p[0] != '-') ||
	    text.p[3] != ':' || !two_digits(text.p + 1, 18, &hours) ||
	    !two_digits(text.p + 4, 59, &minutes))
		return false;
	*east = 3600 * hours + 60 * minutes;
	if (text.p[0] == '-')
		*east = -*east;
	return true;
}

/* "T18:00:00+09:00", after the date. */
static bool parse_clock(struct bytes text, int64_t day_start, uint64_t *out)
{
	int h, m, s, east;
	int64_t t;

	if (text.n < 10 || text.p[0] != 'T' || text.p[3] != ':' ||
	    text.p[6] != ':' || !two_digits(text.p + 1, 23, &h) ||
	    !two_digits(text.p + 4, 59, &m) || !two_digits(text.p + 7, 59, &s))
		return false;
	if (!parse_zone(bytes_of(text.p + 9, text.n - 9), &east))
		return false;
	t = day_start + 3600 * h + 60 * m + s - east;
	if (t < 0 || t > SECONDS_MAX)
		return false;
	*out = (uint64_t)t;
	return true;
}

/* A date alone is the second of its day (UTC) that is given. */
static bool parse(struct bytes text, int64_t second, uint64_t *seconds)
{
	int64_t start;
	int32_t date;

	if (when_parse_number(text, SECONDS_MAX, seconds))
		return true;
	if (text.n < 10 || !date_parse(bytes_of(text.p, 10), &date))
		return false;
	start = (int64_t)day_of_date(date) * DAY_S;
	if (text.n > 10)
		return parse_clock(bytes_of(text.p + 10, text.n - 10), start,
				   seconds);
	if (start < 0 || start + second > SECONDS_MAX)
		return false;
	*seconds = (uint64_t)(start + second);
	return true;
}

bool when_parse_start(struct bytes text, uint64_t *seconds)
{
	return parse(text, 0, seconds);
}

bool when_parse_end(struct bytes text, uint64_t *seconds)
{
	return parse(text, DAY_S, seconds);
}

bool when_parse_span(const char *text, uint64_t *seconds)
{
	static const struct {
		char letter;
		uint64_t seconds;
	} units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', DAY_S},
		     {'w', 7 * DAY_S}};
	struct bytes digits = bytes_text(text);
	uint64_t unit = 1, n;

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (digits.n && digits.p[digits.n - 1] == units[i].letter) {
			unit = units[i].seconds;
			digits.n--;
			break;
		}
	}
	if (!when_parse_number(digits, SPAN_MAX_S / unit, &n) || n == 0)
		return false;
	*seconds = n * unit;
	return true;
}

void when_format(uint64_t seconds, char text[static WHEN_TEXT])
{
	uint64_t bounded = seconds > SECONDS_MAX ? SECONDS_MAX : seconds;
	unsigned rest = (unsigned)(bounded % DAY_S);
	char date[11];

	date_format(date_of_day((int32_t)(bounded / DAY_S)), date);
	memcpy(text, date, 10);
	snprintf(text + 10, WHEN_TEXT - 10, "T%02u:%02u:%02uZ",
		 rest / 3600 % 24, rest / 60 % 60, rest % 60);
}
