/* SPDX-License-Identifier: Apache-2.0 */
/* currency.c: the active currencies of ISO 4217 (list one up to amendment 180,
 * without metals, baskets and test codes, which have no minor unit), and
 * amounts as people write them. */
#include "currency.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "limits.h"

/* A currency that is withdrawn keeps its row while a ledger may hold amounts
 * in it: reports of its years need its decimals. */
static const struct currency {
	char code[CURRENCY_LEN + 1];
	int decimals;
} CURRENCIES[] = {
	{"AED", 2}, {"AFN", 2}, {"ALL", 2}, {"AMD", 2}, {"AOA", 2},
	{"ARS", 2}, {"AUD", 2}, {"AWG", 2}, {"AZN", 2}, {"BAM", 2},
	{"BBD", 2}, {"BDT", 2}, {"BHD", 3}, {"BIF", 0}, {"BMD", 2},
	{"BND", 2}, {"BOB", 2}, {"BOV", 2}, {"BRL", 2}, {"BSD", 2},
	{"BTN", 2}, {"BWP", 2}, {"BYN", 2}, {"BZD", 2}, {"CAD", 2},
	{"CDF", 2}, {"CHE", 2}, {"CHF", 2}, {"CHW", 2}, {"CLF", 4},
	{"CLP", 0}, {"CNY", 2}, {"COP", 2}, {"COU", 2}, {"CRC", 2},
	{"CUP", 2}, {"CVE", 2}, {"CZK", 2}, {"DJF", 0}, {"DKK", 2},
	{"DOP", 2}, {"DZD", 2}, {"EGP", 2}, {"ERN", 2}, {"ETB", 2},
	{"EUR", 2}, {"FJD", 2}, {"FKP", 2}, {"GBP", 2}, {"GEL", 2},
	{"GHS", 2}, {"GIP", 2}, {"GMD", 2}, {"GNF", 0}, {"GTQ", 2},
	{"GYD", 2}, {"HKD", 2}, {"HNL", 2}, {"HTG", 2}, {"HUF", 2},
	{"IDR", 2}, {"ILS", 2}, {"INR", 2}, {"IQD", 3}, {"IRR", 2},
	{"ISK", 0}, {"JMD", 2}, {"JOD", 3}, {"JPY", 0}, {"KES", 2},
	{"KGS", 2}, {"KHR", 2}, {"KMF", 0}, {"KPW", 2}, {"KRW", 0},
	{"KWD", 3}, {"KYD", 2}, {"KZT", 2}, {"LAK", 2}, {"LBP", 2},
	{"LKR", 2}, {"LRD", 2}, {"LSL", 2}, {"LYD", 3}, {"MAD", 2},
	{"MDL", 2}, {"MGA", 2}, {"MKD", 2}, {"MMK", 2}, {"MNT", 2},
	{"MOP", 2}, {"MRU", 2}, {"MUR", 2}, {"MVR", 2}, {"MWK", 2},
	{"MXN", 2}, {"MXV", 2}, {"MYR", 2}, {"MZN", 2}, {"NAD", 2},
	{"NGN", 2}, {"NIO", 2}, {"NOK", 2}, {"NPR", 2}, {"NZD", 2},
	{"OMR", 3}, {"PAB", 2}, {"PEN", 2}, {"PGK", 2}, {"PHP", 2},
	{"PKR", 2}, {"PLN", 2}, {"PYG", 0}, {"QAR", 2}, {"RON", 2},
	{"RSD", 2}, {"RUB", 2}, {"RWF", 0}, {"SAR", 2}, {"SBD", 2},
	{"SCR", 2}, {"SDG", 2}, {"SEK", 2}, {"SGD", 2}, {"SHP", 2},
	{"SLE", 2}, {"SOS", 2}, {"SRD", 2}, {"SSP", 2}, {"STN", 2},
	{"SVC", 2}, {"SYP", 2}, {"SZL", 2}, {"THB", 2}, {"TJS", 2},
	{"TMT", 2}, {"TND", 3}, {"TOP", 2}, {"TRY", 2}, {"TTD", 2},
	{"TWD", 2}, {"TZS", 2}, {"UAH", 2}, {"UGX", 0}, {"USD", 2},
	{"USN", 2}, {"UYI", 0}, {"UYU", 2}, {"UYW", 4}, {"UZS", 2},
	{"VED", 2}, {"VES", 2}, {"VND", 0}, {"VUV", 0}, {"WST", 2},
	{"XAD", 2}, {"XAF", 0}, {"XCD", 2}, {"XCG", 2}, {"XOF", 0},
	{"XPF", 0}, {"YER", 2}, {"ZAR", 2}, {"ZMW", 2}, {"ZWG", 2},
};

static int compare(const void *key, const void *item)
{
	const struct currency *currency = item;

	return memcmp(key, currency->code, CURRENCY_LEN);
}

int currency_decimals(struct bytes code)
{
	const struct currency *found;

	if (code.n != CURRENCY_LEN)
		return -1;
	found = bsearch(code.p, CURRENCIES,
			sizeof(CURRENCIES) / sizeof(*CURRENCIES),
			sizeof(*CURRENCIES), compare);
	return found != NULL ? found->decimals : -1;
}

bool currency_read(struct cbor_in *in, struct bytes *code)
{
	struct cbor_in at = *in;

	if (!cbor_text_sized(&at, CURRENCY_LEN, CURRENCY_LEN, code))
		return false;
	for (size_t i = 0; i < CURRENCY_LEN; i++) {
		if (code->p[i] < 'A' || code->p[i] > 'Z')
			return false;
	}
	*in = at;
	return true;
}

/* Of a currency that is not known, amounts are written in minor units. */
static int decimals_shown(struct bytes code)
{
	int decimals = currency_decimals(code);

	return decimals < 0 ? 0 : decimals;
}

void amount_format(int64_t amount, struct bytes code,
		   char text[static AMOUNT_TEXT_MAX])
{
	int decimals = decimals_shown(code);
	uint64_t rest = amount < 0 ? 0 - (uint64_t)amount : (uint64_t)amount;
	char digits[AMOUNT_TEXT_MAX];
	char *p = digits + sizeof(digits);
	int done = 0;

	*--p = '\0';
	do {
		*--p = (char)('0' + rest % 10);
		rest /= 10;
		done++;
		if (done == decimals)
			*--p = '.';
		else if (done > decimals && (done - decimals) % 3 == 0 && rest)
			*--p = ',';
	} while (rest > 0 || done <= decimals);
	snprintf(text, AMOUNT_TEXT_MAX, "%s%s %.*s", amount < 0 ? "-" : "", p,
		 code.n < CURRENCY_LEN ? (int)code.n : CURRENCY_LEN,
		 code.n > 0 ? (const char *)code.p : "");
}

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

/* Takes at most max digits off text onto *v; how many there were. */
static int take_digits(struct bytes *text, int max, int64_t *v)
{
	int n = 0;

	while (text->n > 0 && is_digit(*text->p) && n < max) {
		if (*v > AMOUNT_MAX)
			return -1;
		*v = *v * 10 + (*text->p - '0');
		text->p++;
		text->n--;
		n++;
	}
	return n;
}

bool amount_parse(struct bytes text, struct bytes code, int64_t *amount)
{
	int decimals = decimals_shown(code);
	int64_t v = 0;
	int n = 0;

	if (take_digits(&text, AMOUNT_TEXT_MAX, &v) < 1)
		return false;
	if (text.n > 0 && *text.p == '.' && decimals > 0) {
		text.p++;
		text.n--;
		n = take_digits(&text, decimals, &v);
		if (n < 1)
			return false;
	}
	for (; n < decimals && v <= AMOUNT_MAX; n++)
		v *= 10;
	if (text.n > 0 || v > AMOUNT_MAX)
		return false;
	*amount = v;
	return true;
}
