/* SPDX-License-Identifier: Apache-2.0 */
/* wording.c: verdicts, languages and amounts for callers of the library: a
 * door onto common's tables, whose numbers are the same. */
#include <assert.h>

#include "currency.h"
#include "decide.h"
#include "entry.h"
#include "fault.h"
#include "limits.h"
#include "verdict.h"

#define SAME(a, b) static_assert((int)(a) == (int)(b), "one contract")

SAME(OAP_ACCEPTED, VERDICT_ACCEPTED);
SAME(OAP_ACCEPTED_OFFLINE, VERDICT_ACCEPTED_OFFLINE);
SAME(OAP_MALFORMED, VERDICT_MALFORMED);
SAME(OAP_UNKNOWN_FORMAT, VERDICT_UNKNOWN_FORMAT);
SAME(OAP_UNSUPPORTED_VERSION, VERDICT_UNSUPPORTED_VERSION);
SAME(OAP_BAD_SIGNATURE, VERDICT_BAD_SIGNATURE);
SAME(OAP_NOT_YET_VALID, VERDICT_NOT_YET_VALID);
SAME(OAP_EXPIRED, VERDICT_EXPIRED);
SAME(OAP_REVOKED, VERDICT_REVOKED);
SAME(OAP_SUSPENDED, VERDICT_SUSPENDED);
SAME(OAP_ISSUER_NOT_TRUSTED, VERDICT_ISSUER_NOT_TRUSTED);
SAME(OAP_KEY_RETIRED, VERDICT_KEY_RETIRED);
SAME(OAP_KEY_COMPROMISED, VERDICT_KEY_COMPROMISED);
SAME(OAP_PRESENTATION_REQUIRED, VERDICT_PRESENTATION_REQUIRED);
SAME(OAP_PRESENTATION_STALE, VERDICT_PRESENTATION_STALE);
SAME(OAP_PRESENTATION_INVALID, VERDICT_PRESENTATION_INVALID);
SAME(OAP_ALREADY_REDEEMED, VERDICT_ALREADY_REDEEMED);
SAME(OAP_LIMIT_REACHED, VERDICT_LIMIT_REACHED);
SAME(OAP_NOT_ELIGIBLE, VERDICT_NOT_ELIGIBLE);
SAME(OAP_BENEFIT_UNKNOWN, VERDICT_BENEFIT_UNKNOWN);
SAME(OAP_BENEFIT_NOT_HERE, VERDICT_BENEFIT_NOT_HERE);
SAME(OAP_BENEFIT_NOT_RUNNING, VERDICT_BENEFIT_NOT_RUNNING);
SAME(OAP_CLOSED_NOW, VERDICT_CLOSED_NOW);
SAME(OAP_PARTY_TOO_LARGE, VERDICT_PARTY_TOO_LARGE);
SAME(OAP_UNKNOWN_KEY, VERDICT_UNKNOWN_KEY);
SAME(OAP_BUNDLE_STALE, VERDICT_BUNDLE_STALE);
SAME(OAP_STATUS_STALE, VERDICT_STATUS_STALE);
SAME(OAP_CLOCK_UNTRUSTED, VERDICT_CLOCK_UNTRUSTED);
SAME(OAP_OFFLINE_NOT_ALLOWED, VERDICT_OFFLINE_NOT_ALLOWED);
SAME(OAP_OFFLINE_ALLOWANCE_SPENT, VERDICT_OFFLINE_ALLOWANCE_SPENT);
SAME(OAP_VERDICT_JOURNAL_FAILED, VERDICT_JOURNAL_FAILED);
SAME(OAP_BUSY, VERDICT_BUSY);
SAME(OAP_UNAVAILABLE, VERDICT_UNAVAILABLE);
SAME(OAP_DEVICE_UNKNOWN, VERDICT_DEVICE_UNKNOWN);
SAME(OAP_DEVICE_REVOKED, VERDICT_DEVICE_REVOKED);
SAME(OAP_ID_REUSED, VERDICT_ID_REUSED);
SAME(OAP_REVERSED, VERDICT_REVERSED);
SAME(OAP_ALREADY_REVERSED, VERDICT_ALREADY_REVERSED);
SAME(OAP_NOTHING_TO_REVERSE, VERDICT_NOTHING_TO_REVERSE);
SAME(OAP_REVERSAL_NOT_ALLOWED, VERDICT_REVERSAL_NOT_ALLOWED);
SAME(OAP_REVERSAL_PENDING, VERDICT_REVERSAL_PENDING);

SAME(OAP_CLASS_ACCEPT, CLASS_ACCEPT);
SAME(OAP_CLASS_REJECT_CODE, CLASS_REJECT_CODE);
SAME(OAP_CLASS_REJECT_PASS, CLASS_REJECT_PASS);
SAME(OAP_CLASS_REJECT_USE, CLASS_REJECT_USE);
SAME(OAP_CLASS_UNDECIDED, CLASS_UNDECIDED);
SAME(OAP_CLASS_RETRY, CLASS_RETRY);
SAME(OAP_CLASS_DEVICE, CLASS_DEVICE);
SAME(OAP_CLASS_REVERSAL, CLASS_REVERSAL);
SAME(OAP_CLASS_UNKNOWN, CLASS_REVERSAL + 1);

SAME(OAP_EN, LANG_EN);
SAME(OAP_KO, LANG_KO);
SAME(OAP_JA, LANG_JA);
SAME(OAP_ZH, LANG_ZH);

SAME(OAP_REASON_MISTAKE, REASON_MISTAKE);
SAME(OAP_REASON_VISITOR_LEFT, REASON_VISITOR_LEFT);
SAME(OAP_REASON_WRONG_BENEFIT, REASON_WRONG_BENEFIT);
SAME(OAP_REASON_OTHER, REASON_OTHER);
SAME(OAP_REASON_OTHER + 1, REASON_COUNT);

SAME(OAP_MARK_CONFLICT, MARK_CONFLICT);
SAME(OAP_MARK_OUTDATED, MARK_OUTDATED);
SAME(OAP_MARK_DISPUTED, MARK_DISPUTED);
SAME(OAP_MARK_LATE, MARK_LATE);
SAME(OAP_MARK_QUARANTINED, MARK_QUARANTINED);
SAME(OAP_STALE_BUNDLE, STALE_BUNDLE);
SAME(OAP_STALE_STATUS, STALE_STATUS);

SAME(OAP_AMOUNT_TEXT, AMOUNT_TEXT_MAX);

OAP_API const char *oap_version(void)
{
	return OAP_VERSION;
}

OAP_API const char *oap_verdict_name(unsigned verdict)
{
	return verdict_name(verdict);
}

OAP_API enum oap_class oap_verdict_class(unsigned verdict)
{
	const struct verdict_info *info = verdict_find(verdict);

	return info != NULL ? (enum oap_class)info->class : OAP_CLASS_UNKNOWN;
}

OAP_API const char *oap_class_name(enum oap_class verdict_class)
{
	return (unsigned)verdict_class < OAP_CLASS_UNKNOWN
		   ? verdict_class_name((enum verdict_class)verdict_class)
		   : "unknown";
}

static enum language known(enum oap_lang lang)
{
	return (unsigned)lang < LANG_COUNT ? (enum language)lang : LANG_EN;
}

OAP_API const char *oap_verdict_text(unsigned verdict, enum oap_lang lang)
{
	const struct verdict_info *info = verdict_find(verdict);

	return info != NULL ? info->text[known(lang)] : "";
}

OAP_API const char *oap_verdict_next(unsigned verdict, enum oap_lang lang)
{
	const struct verdict_info *info = verdict_find(verdict);

	return info != NULL ? info->next[known(lang)] : "";
}

OAP_API int oap_exit_status(unsigned verdict)
{
	return verdict_exit_status(verdict);
}

OAP_API enum oap_lang oap_lang_of(const char *tag)
{
	return (enum oap_lang)language_of(tag);
}

OAP_API void oap_amount_format(int64_t amount, const char *currency,
			       char text[OAP_AMOUNT_TEXT])
{
	amount_format(amount, bytes_text(currency), text);
}

OAP_API enum oap_result oap_amount_parse(const char *text,
					 const char *currency, int64_t *amount,
					 struct oap_problem *why)
{
	int decimals = currency_decimals(bytes_text(currency));

	fault_none(why);
	*amount = OAP_NO_AMOUNT;
	if (amount_parse(bytes_text(text), bytes_text(currency), amount))
		return OAP_OK;
	*amount = OAP_NO_AMOUNT;
	if (decimals <= 0)
		return fault(why, OAP_BAD_ARGUMENT,
			     "amount \"%.40s\": must be a whole number of %s, "
			     "like 24000", text, currency);
	return fault(why, OAP_BAD_ARGUMENT,
		     "amount \"%.40s\": must be a number of %s with at most "
		     "%d decimals, like 24.50", text, currency, decimals);
}
