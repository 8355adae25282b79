/* SPDX-License-Identifier: Apache-2.0 */
/* store_sqlite_setup.c: the tables of set-up. */
#include "store_sqlite.h"

const char *const store_setup_schema_1[] = {NULL};
