/* SPDX-License-Identifier: Apache-2.0 */
/* Says on stderr what went wrong, one line at a time. */
#include "fault.h"

#include <stdarg.h>
#include <stdio.h>

bool fault_set(struct fault *fault, enum exit_status status,
	       const char *format, ...)
{
	va_list args;

	fault->status = status;
	va_start(args, format);
	vsnprintf(fault->text, sizeof(fault->text), format, args);
	va_end(args);
	return false;
}

int fault_report(const struct fault *fault)
{
	say("%s", fault->text);
	return (int)fault->status;
}

void say(const char *format, ...)
{
	va_list args;

	fputs("oap-issuer: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
}
