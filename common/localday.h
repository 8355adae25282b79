/* SPDX-License-Identifier: Apache-2.0 */
/* localday.h: local calendar days from UTC and a list of offset changes, the
 * same in kiosk and daemon. Proleptic Gregorian calendar; no time-zone
 * database, no libc time functions. */
#ifndef OAP_LOCALDAY_H
#define OAP_LOCALDAY_H

#include "cbor.h"
#include "limits.h"

/* UTC offsets of a place: first, then each change. */
struct zone_span {
	int32_t first; /* seconds east of UTC */
	size_t count;
	struct {
		int64_t from; /* seconds since 1970 UTC */
		int32_t offset;
	} change[TRANSITIONS_MAX];
};

struct local_time {
	int32_t date;	 /* 10000 * y + 100 * m + d */
	int32_t day;	 /* days since 1970-01-01, local */
	int16_t year;
	int8_t month;	 /* 1..12 */
	int8_t mday;	 /* 1..31 */
	int8_t weekday;	 /* 0 Monday .. 6 Sunday */
	int16_t minute;	 /* of the local day, 0..1439 */
	int8_t second;
	int32_t offset;	 /* seconds east of UTC */
};

/* For t in 0..TIME_MS_MAX. */
struct local_time local_time_at(const struct zone_span *zone, int64_t t_ms);

/* Days since 1970-01-01 of a civil date, and back (10000y + 100m + d). */
int32_t day_of_date(int32_t date);
int32_t date_of_day(int32_t day);
/* Whether a date names a real day of the years 1970..9999. */
bool date_valid(int64_t date);
/* "2026-11-23" (11 bytes with its NUL). */
void date_format(int32_t date, char text[static 11]);
bool date_parse(struct bytes text, int32_t *date) OAP_CHECKED;

/* Of a facility in the bundle: keys 5 and 6. */
bool zone_span_read_changes(struct cbor_in *in, struct zone_span *out)
    OAP_CHECKED;
void zone_span_put_changes(struct outbuf *out, const struct zone_span *zone);

#endif
