/* SPDX-License-Identifier: Apache-2.0 */
/* show.h: one object as two columns, names and values. */
#ifndef OAP_SHOW_H
#define OAP_SHOW_H

#include "ctl.h"

/* Members of members by their path, "held.seq", "keys[0].state"; "-" for what
 * there is none of. */
void print_object(const struct ctl *ctl, const json_t *object);

#endif
