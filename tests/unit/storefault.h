/* SPDX-License-Identifier: Apache-2.0 */
/* storefault.h: makes SQLite's n-th write, sync, truncation or allocation fail,
 * counted from when it is armed. One at a time, for the whole process. */
#ifndef STOREFAULT_H
#define STOREFAULT_H

#include <stdbool.h>

enum fault_kind { FAULT_IO, FAULT_FULL, FAULT_MEMORY };

/* Before anything opens a database. */
void fault_install(void);
/* The n-th call from now fails, and how_many - 1 after it. */
void fault_arm(enum fault_kind kind, long n, long how_many);
/* Whether it had come to that. */
bool fault_disarm(void);

#endif
