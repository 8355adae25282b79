/* SPDX-License-Identifier: Apache-2.0 */
/* desk.h: what a scan is judged for: the benefit, the party and the amount that
 * stand on the page. Pure, but for json_t. */
#ifndef OAP_AGENT_DESK_H
#define OAP_AGENT_DESK_H

#include <jansson.h>
#include <oap.h>
#include <stdbool.h>

#include "bounds.h"

#define DESK_WHY 160

/* What the bundle offers at this facility. */
struct offers {
	char id[BENEFITS_MAX][OAP_NAME_ID_TEXT];
	size_t count;
	char currency[OAP_CURRENCY_TEXT]; /* "": not known */
};

struct desk {
	char benefit[OAP_NAME_ID_TEXT]; /* "": none is chosen */
	unsigned party;
	int64_t amount;	  /* minor units, or OAP_NO_AMOUNT */
	bool per_person;  /* amount is of one person, else of all */
	struct offers offers;
};

/* benefit: chosen from the start; NULL: none. */
void desk_init(struct desk *d, const char *benefit);
bool desk_is_offered(const struct offers *offers, const char *benefit);
/* A bundle may have other benefits, or another currency. One alone is chosen
 * by itself; one that is gone is chosen no more, and an amount in another
 * currency is none. True: something changed. */
bool desk_offer(struct desk *d, const struct offers *offers);
/* Members "benefit", "party", "amount" (major units, a string; null: none),
 * "per_person", each optional. False: nothing was changed, why says what was
 * wrong. */
bool desk_change(struct desk *d, json_t *with, char why[DESK_WHY]);
/* A visitor was let in: the next one is one person again. */
void desk_next(struct desk *d);
/* The list amount of the whole party. */
int64_t desk_list(const struct desk *d);
/* As the page gets it. */
json_t *desk_object(const struct desk *d);

#endif
