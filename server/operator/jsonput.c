/* SPDX-License-Identifier: Apache-2.0 */
/* jsonput.c: all that is escaped lies under U+FFFF. */
#include "jsonput.h"

#include <string.h>

#include "plain.h"

/* Of a character of one to three bytes of UTF-8. */
static unsigned code_point(struct bytes c)
{
	if (c.n == 1)
		return c.p[0];
	if (c.n == 2)
		return (c.p[0] & 0x1fu) << 6 | (c.p[1] & 0x3fu);
	return (c.p[0] & 0x0fu) << 12 | (c.p[1] & 0x3fu) << 6 |
	       (c.p[2] & 0x3fu);
}

void json_put(const char *json, FILE *out)
{
	struct bytes rest = bytes_text(json), c;

	for (; rest.n > 0; rest.p += c.n, rest.n -= c.n) {
		c = bytes_of(rest.p, utf8_prefix(rest, 1));
		if (c.n == 0)
			c.n = 1; /* json_dumps writes none */
		/* Blanks and line ends are JSON's own. */
		if (c.p[0] < 0x20 || c.n > 3 || plain_valid(c))
			fwrite(c.p, 1, c.n, out);
		else
			fprintf(out, "\\u%04x", code_point(c));
	}
}
