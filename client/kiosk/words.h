/* SPDX-License-Identifier: Apache-2.0 */
/* words.h: the labels on the screen, in four languages. What verdicts say
 * comes from the library. */
#ifndef OAP_KIOSK_WORDS_H
#define OAP_KIOSK_WORDS_H

#include <oap.h>

enum word {
	WORD_PASS,
	WORD_LIST,
	WORD_DISCOUNT,
	WORD_TO_PAY,
	WORD_USED_AT,
	WORD_USED_ON,
	WORD_USES,
	WORD_NEXT,
	WORD_ATTEMPT,
	WORD_DETAIL,
	WORD_STALE_BUNDLE,
	WORD_STALE_STATUS,
	WORD_CHECK_ONLY,
	WORD_DECIDED_HERE,
	WORD_KEYS_AGE,
	WORD_LIST_AGE,
	WORD_DATA_AGE,
	WORD_CONFLICT,
	WORD_DISPUTED,
	WORD_COUNT
};

const char *word(enum word which, enum oap_lang lang);
/* "adult" and so on, in words; the name itself when it is not known. */
const char *class_word(const char *pass_class, enum oap_lang lang);
/* Columns that a text takes on a terminal: CJK characters take two. */
int text_width(const char *text);

#endif
