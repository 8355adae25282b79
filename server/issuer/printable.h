/* SPDX-License-Identifier: Apache-2.0 */
/* printable.h: text of others, in our messages and on our cards. What comes
 * from a code or a file may hold characters that command a terminal, or turn
 * the text after them; they are made harmless, or refused. */
#ifndef ISSUER_PRINTABLE_H
#define ISSUER_PRINTABLE_H

#include "bytes.h"

/* Copies text, each byte of a character that commands (C0, DEL, C1, line
 * separators, bidirectional overrides and isolates) and each byte that is not
 * UTF-8 as '?', cut to whole characters and "..." when it does not fit.
 * Returns out. */
const char *printable(struct bytes text, char *out, size_t cap);
/* Whether there is nothing of that in it. */
bool printable_whole(struct bytes text);
/* Whether it begins or ends with a blank, which nobody sees. */
bool printable_padded(struct bytes text);

#endif
