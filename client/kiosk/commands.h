/* SPDX-License-Identifier: Apache-2.0 */
/* commands.h: what the commands do, one function each; they give the exit
 * status, and have said what there was to say. */
#ifndef OAP_KIOSK_COMMANDS_H
#define OAP_KIOSK_COMMANDS_H

#include "options.h"

int run_enrol(const struct options *o);
int run_check(const struct options *o);
int run_redeem(const struct options *o);
int run_reverse(const struct options *o);
int run_roll(const struct options *o);
int run_sync(const struct options *o);
int run_status(const struct options *o);
int run_keep(const struct options *o);
/* filecmd.c */
int run_export(const struct options *o);
int run_import(const struct options *o);
int run_run(const struct options *o);

#endif
