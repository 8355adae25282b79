/* SPDX-License-Identifier: Apache-2.0 */
/* result_json.h: what a kiosk is told of its entries, as JSON. */
#ifndef OAP_RESULT_JSON_H
#define OAP_RESULT_JSON_H

#include <jansson.h>

#include "ledger.h"

/* New references; NULL without memory. */
json_t *json_of_results(const struct ledger_item *items, size_t count);
json_t *json_of_held(const struct held *held);
/* "accepted" and 1, as members of o. */
bool json_put_verdict(json_t *o, enum verdict verdict);

#endif
