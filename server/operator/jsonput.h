/* SPDX-License-Identifier: Apache-2.0 */
/* jsonput.h: JSON on its way to what may be a terminal. */
#ifndef OAP_JSONPUT_H
#define OAP_JSONPUT_H

#include <stdio.h>

/* JSON as json_dumps gives it, with what it leaves as it is and a terminal
 * would obey (DEL, C1, controls of reading order) escaped: it means the
 * same. */
void json_put(const char *json, FILE *out);

#endif
