/* SPDX-License-Identifier: Apache-2.0 */
/* clean.h: text from others before it reaches a terminal, which would obey
 * what is in it. */
#ifndef OAP_CLEAN_H
#define OAP_CLEAN_H

#include <stdio.h>

/* Control characters (C0, DEL, C1) and what is no UTF-8 become '?', in
 * place. */
void clean_text(char *text);
/* JSON as json_dumps gives it, with the control characters that it leaves as
 * they are (DEL, C1) escaped: it means the same. */
void clean_json_put(const char *json, FILE *out);

#endif
