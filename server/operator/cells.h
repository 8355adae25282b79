/* SPDX-License-Identifier: Apache-2.0 */
/* cells.h: how a member of the daemon's JSON is written, in a table or beside
 * its name: times as dates, amounts with their decimals and currency. */
#ifndef OAP_CELLS_H
#define OAP_CELLS_H

#include "ctl.h"

/* The amounts of CURRENCIES_PER_POLICY_MAX currencies, or all opening hours
 * of a benefit. */
#define CELL_MAX 2048

struct column {
	const char *heading; /* '>' first: figures; ',' first: lists */
	const char *member;
	/* Writes the cell; NULL: the member as it is. */
	void (*write)(const struct ctl *ctl, const json_t *row,
		      const struct column *column, char cell[CELL_MAX]);
};

/* Text, number, yes or no. */
void cell_plain(const struct ctl *ctl, const json_t *row,
		const struct column *column, char cell[CELL_MAX]);
/* Of names by language: that of the operator, else any. */
void cell_names(const struct ctl *ctl, const json_t *row,
		const struct column *column, char cell[CELL_MAX]);
void cell_list(const struct ctl *ctl, const json_t *row,
	       const struct column *column, char cell[CELL_MAX]);
/* "2026-11-23 14:05:09Z" of milliseconds, and of seconds. */
void cell_time(const struct ctl *ctl, const json_t *row,
	       const struct column *column, char cell[CELL_MAX]);
void cell_time_s(const struct ctl *ctl, const json_t *row,
		 const struct column *column, char cell[CELL_MAX]);
/* "800 ms" */
void cell_milliseconds(const struct ctl *ctl, const json_t *row,
		       const struct column *column, char cell[CELL_MAX]);
/* "12.50 USD", in the currency that the row names. */
void cell_money(const struct ctl *ctl, const json_t *row,
		const struct column *column, char cell[CELL_MAX]);
/* "withdrawn", or nothing: the column stands only where one of them is. */
void cell_withdrawn(const struct ctl *ctl, const json_t *row,
		    const struct column *column, char cell[CELL_MAX]);
/* "500,000 KRW, 0 JPY" of amounts by currency; "any" of null. */
void cell_amounts(const struct ctl *ctl, const json_t *row,
		  const struct column *column, char cell[CELL_MAX]);

#endif
