/* SPDX-License-Identifier: Apache-2.0 */
/* Judges names: they are shown on screens and printed on cards. */
#include "citynames.h"

#include <string.h>

#include "plain.h"
#include "printable.h"

#define SHOWN 64

/* The language before the equals sign; LANG_COUNT when it is none of ours. */
static int language_before(const char *text, const char *equals)
{
	for (int lang = 0; lang < LANG_COUNT; lang++) {
		const char *tag = language_tag((enum language)lang);

		if (strlen(tag) == (size_t)(equals - text) &&
		    !strncmp(tag, text, strlen(tag)))
			return lang;
	}
	return LANG_COUNT;
}

static bool take_text(const char *text, int lang, struct identity *identity,
		      struct fault *fault)
{
	const char *tag = language_tag((enum language)lang);
	struct bytes name = bytes_text(text);
	char shown[SHOWN];

	if (!name.n || !utf8_valid(name) ||
	    !bytes_to_text(name, identity->name[lang], NAME_TEXT_MAX + 1))
		return fault_set(fault, EXIT_USAGE,
				 "--name %s: 1 to %d bytes of UTF-8 are "
				 "expected", tag, NAME_TEXT_MAX);
	if (!plain_valid(name) || printable_padded(name))
		return fault_set(fault, EXIT_USAGE,
				 "--name %s=\"%s\": a line break or a control "
				 "character in it, or a blank at an end", tag,
				 printable(name, shown, SHOWN));
	return true;
}

static bool take_one(const char *text, bool may_end, bool *seen,
		     struct identity *identity, struct fault *fault)
{
	const char *equals = strchr(text, '=');
	int lang = equals ? language_before(text, equals) : LANG_COUNT;
	char shown[SHOWN];

	if (lang == LANG_COUNT)
		return fault_set(fault, EXIT_USAGE,
				 "--name \"%s\": write LANG=TEXT, with en, ko, "
				 "ja or zh",
				 printable(bytes_text(text), shown, SHOWN));
	if (seen[lang])
		return fault_set(fault, EXIT_USAGE,
				 "--name %s: given twice",
				 language_tag((enum language)lang));
	seen[lang] = true;
	if (may_end && !equals[1]) {
		identity->name[lang][0] = '\0';
		return true;
	}
	return take_text(equals + 1, lang, identity, fault);
}

bool citynames_take(const struct options *o, bool may_end,
		    struct identity *identity, struct fault *fault)
{
	bool seen[LANG_COUNT] = {false}, is_left = false;

	for (size_t i = 0; i < o->count[OPT_NAME]; i++)
		if (!take_one(o->value[OPT_NAME][i], may_end, seen, identity,
			      fault))
			return false;
	for (int lang = 0; lang < LANG_COUNT; lang++)
		is_left = is_left || identity->name[lang][0];
	return is_left || fault_set(fault, EXIT_USAGE,
				    "--name: the last name cannot be taken "
				    "away; give another one");
}
