/* SPDX-License-Identifier: Apache-2.0 */
/* verdict.h: the verdicts: number, name, class, texts in four languages, and
 * what to do next. One table, from which documents and screens come. Numbers
 * are a contract between programs and cities and are never reused. */
#ifndef OAP_VERDICT_H
#define OAP_VERDICT_H

#include <stdbool.h>
#include <stddef.h>

enum verdict {
	VERDICT_NONE = 0, /* not judged yet */

	VERDICT_ACCEPTED = 1,
	VERDICT_ACCEPTED_OFFLINE,

	VERDICT_MALFORMED = 16,
	VERDICT_UNKNOWN_FORMAT,
	VERDICT_UNSUPPORTED_VERSION,
	VERDICT_BAD_SIGNATURE,

	VERDICT_NOT_YET_VALID = 32,
	VERDICT_EXPIRED,
	VERDICT_REVOKED,
	VERDICT_SUSPENDED,
	VERDICT_ISSUER_NOT_TRUSTED,
	VERDICT_KEY_RETIRED,
	VERDICT_KEY_COMPROMISED,
	VERDICT_PRESENTATION_REQUIRED,
	VERDICT_PRESENTATION_STALE,
	VERDICT_PRESENTATION_INVALID,

	VERDICT_ALREADY_REDEEMED = 64,
	VERDICT_LIMIT_REACHED,
	VERDICT_NOT_ELIGIBLE,
	VERDICT_BENEFIT_UNKNOWN,
	VERDICT_BENEFIT_NOT_HERE,
	VERDICT_BENEFIT_NOT_RUNNING,
	VERDICT_CLOSED_NOW,
	VERDICT_PARTY_TOO_LARGE,

	VERDICT_UNKNOWN_KEY = 96,
	VERDICT_BUNDLE_STALE,
	VERDICT_STATUS_STALE,
	VERDICT_CLOCK_UNTRUSTED,
	VERDICT_OFFLINE_NOT_ALLOWED,
	VERDICT_OFFLINE_ALLOWANCE_SPENT,
	VERDICT_JOURNAL_FAILED,

	VERDICT_BUSY = 112,
	VERDICT_UNAVAILABLE,

	VERDICT_DEVICE_UNKNOWN = 120,
	VERDICT_DEVICE_REVOKED,
	VERDICT_ID_REUSED,

	VERDICT_REVERSED = 128,
	VERDICT_ALREADY_REVERSED,
	VERDICT_NOTHING_TO_REVERSE,
	VERDICT_REVERSAL_NOT_ALLOWED,
	VERDICT_REVERSAL_PENDING
};

enum verdict_class {
	CLASS_ACCEPT,
	CLASS_REJECT_CODE,
	CLASS_REJECT_PASS,
	CLASS_REJECT_USE,
	CLASS_UNDECIDED,
	CLASS_RETRY,
	CLASS_DEVICE,
	CLASS_REVERSAL
};

enum language { LANG_EN, LANG_KO, LANG_JA, LANG_ZH, LANG_COUNT };

struct verdict_info {
	enum verdict number;
	const char *name; /* "already-redeemed" */
	enum verdict_class class;
	const char *text[LANG_COUNT]; /* for the visitor, a short sentence */
	const char *next[LANG_COUNT]; /* for the person at the door */
};

/* Ascending by number. */
const struct verdict_info *verdict_table(size_t *count);
/* NULL for a number that is no verdict. */
const struct verdict_info *verdict_find(unsigned number);
const struct verdict_info *verdict_find_name(const char *name);
/* "accepted", …; "unknown" for a number that is none. */
const char *verdict_name(unsigned number);
bool verdict_is(unsigned number, enum verdict_class class);
/* accept, reject-code, … */
const char *verdict_class_name(enum verdict_class class);
/* Exit status for scripts: 0 accept (and reversed, already-reversed,
 * reversal-pending), 1 reject, 3 undecided, 4 retry and device. */
int verdict_exit_status(unsigned number);

/* Of a tag such as "ko" or "ko-KR"; LANG_EN for what is not known. */
enum language language_of(const char *tag);
const char *language_tag(enum language lang);

/* Marks beside a verdict, as bits (messages.cddl). */
enum mark {
	MARK_CONFLICT = 1,
	MARK_OUTDATED = 2,
	MARK_DISPUTED = 4,
	MARK_LATE = 8,
	MARK_QUARANTINED = 16
};
#define MARK_COUNT 5
/* "conflict", … for one bit. */
const char *mark_name(enum mark mark);

#endif
