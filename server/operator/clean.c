/* SPDX-License-Identifier: Apache-2.0 */
/* clean.c: which characters a terminal would obey. */
#include "clean.h"

#include "bytes.h"

#include <stdbool.h>
#include <string.h>

#define UTF8_MAX 4

/* Length of the first character; 0: it is none. */
static size_t char_length(const char *text)
{
	return utf8_prefix(bytes_of(text, strnlen(text, UTF8_MAX)), 1);
}

/* U+0080..U+009F are C2 80..C2 9F. */
static bool is_control(const char *text)
{
	unsigned char c = (unsigned char)text[0];

	return c < 0x20 || c == 0x7f ||
	       (c == 0xc2 && (unsigned char)text[1] < 0xa0);
}

void clean_text(char *text)
{
	char *out = text;

	while (*text != '\0') {
		size_t n = char_length(text);

		if (n == 0 || is_control(text)) {
			*out++ = '?';
			text += n > 0 ? n : 1;
		} else {
			memmove(out, text, n);
			out += n;
			text += n;
		}
	}
	*out = '\0';
}

void clean_json_put(const char *json, FILE *out)
{
	for (; *json != '\0'; json++) {
		/* Blanks and line ends are JSON's own. */
		if ((unsigned char)*json < 0x20 || !is_control(json)) {
			fputc(*json, out);
			continue;
		}
		if ((unsigned char)*json == 0xc2)
			json++;
		fprintf(out, "\\u%04x", (unsigned)(unsigned char)*json);
	}
}
