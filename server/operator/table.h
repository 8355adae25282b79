/* SPDX-License-Identifier: Apache-2.0 */
/* table.h: rows of text in aligned columns, with East Asian characters two
 * columns wide, and figures to the right. */
#ifndef OAP_TABLE_H
#define OAP_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct table;

/* columns headings; one that starts with '>' is for figures, with ',' for
 * lists, "a 1, b 2". */
struct table *table_new(const char *const *headings, size_t columns);
void table_free(struct table *t); /* takes NULL */
/* The next cell of the current row; the text is copied, and cleaned. */
void table_cell(struct table *t, const char *text);
/* A count with English grouping: "24,000". */
void table_figure(struct table *t, int64_t figure);
/* A rule before the next row, as above totals. */
void table_rule(struct table *t);
/* Empty columns are left out; a list in the last one goes on below when it is
 * long. False when memory ran out on the way. */
bool table_print(const struct table *t, FILE *out);

/* Columns that a UTF-8 text takes on a terminal. */
size_t text_width(const char *text);

#endif
