/* SPDX-License-Identifier: Apache-2.0 */
/* printable.h: text of others in our messages. What comes from a code or a
 * file may hold sequences that command a terminal; they are made harmless. */
#ifndef ISSUER_PRINTABLE_H
#define ISSUER_PRINTABLE_H

#include "bytes.h"

/* Copies text, each control character (C0, DEL, C1) and each byte that is not
 * UTF-8 as '?', cut to whole characters and "..." when it does not fit.
 * Returns out. */
const char *printable(struct bytes text, char *out, size_t cap);

#endif
