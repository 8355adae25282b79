/* SPDX-License-Identifier: Apache-2.0 */
/* reportbed.h: reports of what a ledgerbed's ledger has written. A failure is
 * the test's. */
#ifndef REPORTBED_H
#define REPORTBED_H

#include <jansson.h>

#include "ledgerbed.h"
#include "report.h"

/* "from=2026-11-24&by=day", cut in place; p has room for cap. */
struct params reportbed_params(char *text, struct param *p, size_t cap);
/* query: "from=2026-11-24&by=day". */
struct report_request *reportbed_request(const char *name, const char *query,
                                         struct problem *problem);
/* store_close it. */
struct store *reportbed_reader(const struct bed *bed);
/* The report's text, to be freed; it must be of that content type. */
char *reportbed_text(struct bed *bed, const char *name, const char *query,
                     const char *type);
json_t *reportbed_json(struct bed *bed, const char *name, const char *query);

/* JSON with single quotes for double ones. */
void reportbed_assert(const json_t *is, const char *should);
void reportbed_rows(struct bed *bed, const char *name, const char *query,
                    const char *rows);

/* How many statements that hold that part a reader has run; each must be
 * carried out in a way that is described so, and not otherwise. */
size_t reportbed_plans(struct store *reader, const char *part, const char *must,
                       const char *must_not);

/* Writes an entry and sends it. */
void reportbed_tell(struct bed *bed, const struct visit *v, enum verdict told,
                    const struct ask_result *answer);
enum verdict reportbed_redeem(struct bed *bed, const struct visit *v);

#endif
