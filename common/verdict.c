/* SPDX-License-Identifier: Apache-2.0 */
/* verdict.c: looks things up in the verdict table, and names classes, marks
 * and languages. */
#include "verdict.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static int compare(const void *key, const void *item)
{
	const unsigned *number = key;
	const struct verdict_info *info = item;

	return (*number > info->number) - (*number < info->number);
}

const struct verdict_info *verdict_find(unsigned number)
{
	const struct verdict_info *table;
	size_t count;

	table = verdict_table(&count);
	return bsearch(&number, table, count, sizeof(*table), compare);
}

const struct verdict_info *verdict_find_name(const char *name)
{
	const struct verdict_info *table;
	size_t count;

	table = verdict_table(&count);
	for (size_t i = 0; i < count; i++) {
		if (strcmp(table[i].name, name) == 0)
			return &table[i];
	}
	return NULL;
}

const char *verdict_name(unsigned number)
{
	const struct verdict_info *info = verdict_find(number);

	return info != NULL ? info->name : "unknown";
}

bool verdict_is(unsigned number, enum verdict_class class)
{
	const struct verdict_info *info = verdict_find(number);

	return info != NULL && info->class == class;
}

const char *verdict_class_name(enum verdict_class class)
{
	static const char *const NAMES[] = {
	    [CLASS_ACCEPT] = "accept",
	    [CLASS_REJECT_CODE] = "reject-code",
	    [CLASS_REJECT_PASS] = "reject-pass",
	    [CLASS_REJECT_USE] = "reject-use",
	    [CLASS_UNDECIDED] = "undecided",
	    [CLASS_RETRY] = "retry",
	    [CLASS_DEVICE] = "device",
	    [CLASS_REVERSAL] = "reversal",
	};

	return (size_t)class < sizeof(NAMES) / sizeof(*NAMES) ? NAMES[class]
							      : "unknown";
}

int verdict_exit_status(unsigned number)
{
	static const int BY_CLASS[] = {
	    [CLASS_ACCEPT] = 0,	     [CLASS_REJECT_CODE] = 1,
	    [CLASS_REJECT_PASS] = 1, [CLASS_REJECT_USE] = 1,
	    [CLASS_UNDECIDED] = 3,   [CLASS_RETRY] = 4,
	    [CLASS_DEVICE] = 4,	     [CLASS_REVERSAL] = 0,
	};
	const struct verdict_info *info = verdict_find(number);

	if (info == NULL)
		return 4;
	if (number == VERDICT_NOTHING_TO_REVERSE ||
	    number == VERDICT_REVERSAL_NOT_ALLOWED)
		return 1;
	return BY_CLASS[info->class];
}

static const char *const LANGUAGES[LANG_COUNT] = {
    [LANG_EN] = "en",
    [LANG_KO] = "ko",
    [LANG_JA] = "ja",
    [LANG_ZH] = "zh",
};

enum language language_of(const char *tag)
{
	size_t n = tag != NULL ? strcspn(tag, "-_.@") : 0;

	for (int i = 0; i < LANG_COUNT; i++) {
		if (n == strlen(LANGUAGES[i]) &&
		    strncasecmp(tag, LANGUAGES[i], n) == 0)
			return (enum language)i;
	}
	return LANG_EN;
}

const char *language_tag(enum language lang)
{
	return lang < LANG_COUNT ? LANGUAGES[lang] : LANGUAGES[LANG_EN];
}

const char *mark_name(enum mark mark)
{
	switch (mark) {
	case MARK_CONFLICT: return "conflict";
	case MARK_OUTDATED: return "outdated";
	case MARK_DISPUTED: return "disputed";
	case MARK_LATE: return "late";
	case MARK_QUARANTINED: return "quarantined";
	}
	return "unknown";
}
