/* SPDX-License-Identifier: Apache-2.0 */
/* printable.h: text of others, in our messages and on our cards. */
#ifndef ISSUER_PRINTABLE_H
#define ISSUER_PRINTABLE_H

#include "bytes.h"

/* Copies text as plain_copy (plain.h) does, with "..." at its end when it does
 * not fit. cap is at least 4, and out is not text. Returns out. */
const char *printable(struct bytes text, char *out, size_t cap);
/* Whether it begins or ends with a blank, which nobody sees. */
bool printable_padded(struct bytes text);

#endif
