/* SPDX-License-Identifier: Apache-2.0 */
/* tool_benefit.c: prices of lines on stdin, for tests that compare them with
 * another implementation. In: currency, kind, value, rounding unit, list,
 * party. Out: the same, then list, discount and price, and price as people
 * read it. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "benefit.h"
#include "currency.h"

#define LINE_MAX_SIZE 256

static bool price_line(const char *line)
{
	char currency[4], kind[16], shown[AMOUNT_TEXT_MAX];
	struct benefit b = {.id = {NULL, 0}};
	struct price price;
	int64_t list;
	uint32_t party;
	int kind_number;

	if (sscanf(line,
		   "%3s %15s %" SCNd64 " %" SCNd64 " %" SCNd64 " %" SCNu32,
		   currency, kind, &b.value, &b.rounding_unit, &list,
		   &party) != 6)
		return false;
	kind_number = benefit_kind_of(kind);
	if (kind_number < 0)
		return false;
	b.kind = (enum benefit_kind)kind_number;
	price = benefit_price(&b, list, party);
	amount_format(price.price, bytes_text(currency), shown);
	printf("%s %s %" PRId64 " %" PRId64 " %" PRId64 " %" PRIu32
	       " = %" PRId64 " %" PRId64 " %" PRId64 " %s\n",
	       currency, kind, b.value, b.rounding_unit, list, party,
	       price.list, price.discount, price.price, shown);
	return true;
}

int main(void)
{
	char line[LINE_MAX_SIZE];

	while (fgets(line, sizeof(line), stdin) != NULL) {
		if (!price_line(line)) {
			fprintf(stderr, "tool_benefit: cannot read: %s",
				line);
			return 2;
		}
	}
	return ferror(stdin) || fflush(stdout) != 0 ? 4 : 0;
}
