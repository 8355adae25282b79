/* SPDX-License-Identifier: Apache-2.0 */
/* plain.h: text that a screen shows and a terminal does not obey. What comes
 * from outside may hold control characters, or ones that turn the order of
 * reading; neither is anybody's name. */
#ifndef OAP_PLAIN_H
#define OAP_PLAIN_H

#include "bytes.h"

/* Whole UTF-8 without C0, DEL, C1, line and paragraph separators, and the
 * controls of reading order (Unicode's Bidi_Control). */
bool plain_valid(struct bytes text);
/* Copies text with a NUL; what is not plain becomes '?', and what does not fit
 * is cut off between characters: returns how many bytes of text were copied.
 * cap is at least 1; to may be text itself. */
size_t plain_copy(struct bytes text, char *to, size_t cap);

#endif
