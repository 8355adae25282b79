/* SPDX-License-Identifier: Apache-2.0 */
/* fault.c: what went wrong, in one line of plain text: parts of it may have
 * come from the network. */
#include "fault.h"

#include <stdarg.h>
#include <stdio.h>

#include "plain.h"

enum oap_result fault(struct oap_problem *why, enum oap_result result,
		      const char *format, ...)
{
	char line[OAP_PROBLEM_TEXT];
	va_list args;

	if (why == NULL)
		return result;
	why->result = result;
	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	plain_copy(bytes_text(line), why->text, sizeof(why->text));
	return result;
}

enum oap_result fault_none(struct oap_problem *why)
{
	if (why != NULL) {
		why->result = OAP_OK;
		why->text[0] = '\0';
	}
	return OAP_OK;
}
