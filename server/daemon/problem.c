/* SPDX-License-Identifier: Apache-2.0 */
/* problem.c: why a request was refused, in one clean line of text. */
#include "problem.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "bytes.h"

/* What came from outside may stand in the sentence: no control characters,
 * and UTF-8 or nothing above ASCII. */
static void make_printable(char *text)
{
	size_t n = strlen(text), whole = n;
	bool utf8;

	/* Cut at the end, it may end within a character. */
	while (whole > 0 && n - whole < 4 &&
	       !utf8_valid(bytes_of(text, whole)))
		whole--;
	utf8 = utf8_valid(bytes_of(text, whole));
	if (utf8)
		text[whole] = '\0';
	for (char *c = text; *c != '\0'; c++) {
		unsigned char byte = (unsigned char)*c;

		if (byte < 0x20 || byte == 0x7f || (byte > 0x7f && !utf8))
			*c = '?';
	}
}

bool problem_set(struct problem *p, int status, const char *slug,
		 const char *format, ...)
{
	va_list args;

	if (p->status != 0)
		return false;
	p->status = status;
	p->slug = slug;
	p->verdict = VERDICT_NONE;
	va_start(args, format);
	vsnprintf(p->detail, sizeof(p->detail), format, args);
	va_end(args);
	make_printable(p->detail);
	return false;
}

bool problem_unavailable(struct problem *p)
{
	if (p->status != 0)
		return false;
	problem_set(p, 503, "unavailable",
		    "the service cannot reach its storage; nothing was "
		    "changed for certain; try again in a minute");
	p->verdict = VERDICT_UNAVAILABLE;
	return false;
}
