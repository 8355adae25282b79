/* SPDX-License-Identifier: Apache-2.0 */
/* benefit_cells.h: what a benefit gives, how often and when, as it is typed. */
#ifndef OAP_BENEFIT_CELLS_H
#define OAP_BENEFIT_CELLS_H

#include "records.h"

extern const struct record benefit_record;

/* "12.5 %" or "12.50 USD", by the kind. */
void cell_value(const struct ctl *ctl, const json_t *row,
		const struct column *column, char cell[CELL_MAX]);
/* "1/day/service" */
void cell_limit(const struct ctl *ctl, const json_t *row,
		const struct column *column, char cell[CELL_MAX]);
/* "mon,tue 09:00-18:00; sat 10:00-14:00" */
void cell_hours(const struct ctl *ctl, const json_t *row,
		const struct column *column, char cell[CELL_MAX]);

#endif
