/* SPDX-License-Identifier: Apache-2.0 */
/* fault.c: what went wrong, in one line without control characters: parts of
 * it may have come from the network. */
#include "fault.h"

#include <stdarg.h>
#include <stdio.h>

static void blank_controls(char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			*text = ' ';
}

enum oap_result fault(struct oap_problem *why, enum oap_result result,
		      const char *format, ...)
{
	va_list args;

	if (why == NULL)
		return result;
	why->result = result;
	va_start(args, format);
	vsnprintf(why->text, sizeof(why->text), format, args);
	va_end(args);
	blank_controls(why->text);
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
