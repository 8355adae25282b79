/* SPDX-License-Identifier: Apache-2.0 */
/* keep.c: how long a kiosk keeps what it has sent. It is set in the journal,
 * so that it holds for whichever program opens it next. */
#include "fault.h"
#include "handle.h"

OAP_API enum oap_result oap_keep(struct oap *o, unsigned days,
				 struct oap_problem *why)
{
	enum oap_result result;

	fault_none(why);
	if (days < KIOSK_KEEP_DAYS_MIN || days > KIOSK_KEEP_DAYS_MAX)
		return fault(why, OAP_BAD_ARGUMENT,
			     "%u days: entries can be kept for %d to %d days",
			     days, KIOSK_KEEP_DAYS_MIN, KIOSK_KEEP_DAYS_MAX);
	handle_lock(o);
	result = handle_need_enrolled(o, why);
	if (result == OAP_OK && !journal_set_keep(o->journal, days))
		result = handle_journal_failed(o, why);
	if (result == OAP_OK)
		o->keep_days = days;
	handle_unlock(o);
	return result;
}
