/* SPDX-License-Identifier: Apache-2.0 */
/* change.h: changes of what is there. */
#ifndef OAP_CHANGE_H
#define OAP_CHANGE_H

#include "records.h"

/* Changes what is at the path, and prints it. Of names and amounts the ones
 * that are not given stay; null takes one away. The exit status. */
int record_change(struct ctl *ctl, const struct record *record,
		  const char *path, json_t *values);

#endif
