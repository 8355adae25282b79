/* SPDX-License-Identifier: Apache-2.0 */
/* names.c: a name in up to four languages. */
#include "names.h"

#include <string.h>

#include "limits.h"

/* In the order in which deterministic CBOR has them. */
static const struct {
	const char *tag;
	enum language lang;
} languages[LANG_COUNT] = {
    {"en", LANG_EN},
    {"ja", LANG_JA},
    {"ko", LANG_KO},
    {"zh", LANG_ZH},
};

/* The row of a language at or after one, or LANG_COUNT. */
static size_t find_row(struct bytes tag, size_t row)
{
	while (row < LANG_COUNT && !bytes_is_text(tag, languages[row].tag))
		row++;
	return row;
}

bool names_read(struct cbor_in *in, struct names *out)
{
	struct cbor_in at = *in;
	struct bytes tag, text;
	size_t pairs, row = 0;

	memset(out, 0, sizeof(*out));
	if (!cbor_map(&at, &pairs) || pairs == 0)
		return false;
	while (pairs-- > 0) {
		if (!cbor_text(&at, &tag))
			return false;
		row = find_row(tag, row);
		if (row == LANG_COUNT ||
		    !cbor_text_sized(&at, 1, NAME_TEXT_MAX, &text))
			return false;
		out->text[languages[row++].lang] = text;
	}
	*in = at;
	return true;
}

void names_put(struct outbuf *out, const struct names *names)
{
	size_t row, pairs = 0;

	for (row = 0; row < LANG_COUNT; row++)
		pairs += names->text[row].n > 0;
	cbor_put_map(out, pairs);
	for (row = 0; row < LANG_COUNT; row++) {
		struct bytes text = names->text[languages[row].lang];

		if (text.n == 0)
			continue;
		cbor_put_text(out, bytes_text(languages[row].tag));
		cbor_put_text(out, text);
	}
}

struct bytes names_in(const struct names *names, enum language lang)
{
	size_t i;

	if (lang < LANG_COUNT && names->text[lang].n > 0)
		return names->text[lang];
	for (i = 0; i < LANG_COUNT; i++) { /* English is the first */
		if (names->text[i].n > 0)
			return names->text[i];
	}
	return bytes_of("", 0);
}
