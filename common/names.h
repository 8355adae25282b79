/* SPDX-License-Identifier: Apache-2.0 */
/* names.h: a name in up to four languages, as messages carry it. */
#ifndef OAP_NAMES_H
#define OAP_NAMES_H

#include "cbor.h"
#include "verdict.h"

/* n == 0: not given in that language. */
struct names {
	struct bytes text[LANG_COUNT];
};

bool names_read(struct cbor_in *in, struct names *out) OAP_CHECKED;
void names_put(struct outbuf *out, const struct names *names);
/* In that language, else English, else the first there is. */
struct bytes names_in(const struct names *names, enum language lang);

#endif
