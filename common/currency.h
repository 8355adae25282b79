/* SPDX-License-Identifier: Apache-2.0 */
/* currency.h: ISO 4217 currencies and amounts in their minor units. */
#ifndef OAP_CURRENCY_H
#define OAP_CURRENCY_H

#include "cbor.h"

#define AMOUNT_TEXT_MAX 40

/* Number of decimals of an active currency (0..4), or -1: not known. */
int currency_decimals(struct bytes code);

/* Three capital letters; whether the currency is known is not asked, so that
 * a new one breaks no bundle. */
bool currency_read(struct cbor_in *in, struct bytes *code) OAP_CHECKED;

/* "24,000 KRW", "12.50 EUR": English digits and grouping, for terminals.
 * A currency that is not known is written in minor units. */
void amount_format(int64_t amount, struct bytes code,
		   char text[static AMOUNT_TEXT_MAX]);
/* "24000", "12.5", "12.50" in major units into minor units; refuses a sign,
 * grouping, more decimals than the currency has, and over AMOUNT_MAX. */
bool amount_parse(struct bytes text, struct bytes code, int64_t *amount)
    OAP_CHECKED;

#endif
