/* SPDX-License-Identifier: Apache-2.0 */
#include "lines.h"

void lines_add(struct lines *l, const char *bytes, size_t n,
	       lines_taker *take, void *arg)
{
	for (size_t i = 0; i < n; i++) {
		if (bytes[i] == '\n' || bytes[i] == '\r')
			lines_end(l, take, arg);
		else if (l->length < sizeof(l->text) - 1)
			l->text[l->length++] = bytes[i];
	}
}

void lines_end(struct lines *l, lines_taker *take, void *arg)
{
	if (l->length > 0)
		take(arg, l->text, l->length);
	l->length = 0;
}
