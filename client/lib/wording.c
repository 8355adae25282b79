/* SPDX-License-Identifier: Apache-2.0 */
/* wording.c: verdicts, languages and amounts for callers of the library: a
 * door onto common's tables, whose numbers are the same. */
#include <assert.h>

#include "currency.h"
#include "fault.h"
#include "limits.h"
#include "verdict.h"

#define SAME(a, b) static_assert((int)(a) == (int)(b), "one contract")

SAME(OAP_ACCEPTED_OFFLINE, VERDICT_ACCEPTED_OFFLINE);
SAME(OAP_BAD_SIGNATURE, VERDICT_BAD_SIGNATURE);
SAME(OAP_PRESENTATION_INVALID, VERDICT_PRESENTATION_INVALID);
SAME(OAP_PARTY_TOO_LARGE, VERDICT_PARTY_TOO_LARGE);
SAME(OAP_VERDICT_JOURNAL_FAILED, VERDICT_JOURNAL_FAILED);
SAME(OAP_UNAVAILABLE, VERDICT_UNAVAILABLE);
SAME(OAP_ID_REUSED, VERDICT_ID_REUSED);
SAME(OAP_REVERSAL_PENDING, VERDICT_REVERSAL_PENDING);
SAME(OAP_CLASS_REVERSAL, CLASS_REVERSAL);
SAME(OAP_ZH, LANG_ZH);
SAME(OAP_MARK_QUARANTINED, MARK_QUARANTINED);
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
