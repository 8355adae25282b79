/* SPDX-License-Identifier: Apache-2.0 */
/* CSV: what is read and written again reads the same, and is then written the
 * same to the last byte; reading always comes to an end. And the rows as
 * residents: whatever the file, every row is taken or refused in a line that
 * is there. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "csv.h"
#include "residents.h"

#define TEXT_MAX 65536
#define NOW UINT64_C(1795478400)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
	if (!holds)
		abort();
}

/* Writes every good row; returns how many there were. */
static size_t copy(struct bytes text, struct outbuf *out)
{
	static struct csv_row row;
	enum csv_result result;
	struct csv csv;
	size_t rows = 0, last_line = 0;

	csv_start(&csv, text);
	while ((result = csv_next(&csv, &row)) != CSV_END) {
		check(row.line > last_line);
		check(csv_result_text(result)[0] != '\0');
		last_line = row.line;
		if (result != CSV_ROW)
			continue;
		check(row.count > 0 && row.count <= CSV_FIELDS_MAX);
		for (size_t i = 0; i < row.count; i++)
			check(utf8_valid(row.field[i]));
		csv_put(out, row.field, row.count);
		rows++;
	}
	check(csv.at == text.n);
	return rows;
}

static void check_copies(struct bytes text)
{
	static uint8_t first[2 * TEXT_MAX], second[2 * TEXT_MAX];
	struct outbuf a = outbuf_in(first, sizeof(first));
	struct outbuf b = outbuf_in(second, sizeof(second));
	size_t rows = copy(text, &a);

	check(!a.failed);
	check(copy(out_view(&a), &b) == rows);
	check(bytes_equal(out_view(&a), out_view(&b)));
}

static void check_residents(struct bytes text, struct bytes days)
{
	const struct validity otherwise = {.days = days};
	static struct residents r;
	enum resident_result result;
	struct fault fault = {0};
	struct request q;
	size_t last_line = 1;

	if (!residents_start(&r, text, NOW, &otherwise, &fault)) {
		check(fault.text[0] != '\0');
		return;
	}
	while ((result = residents_next(&r, &q, &fault)) != RESIDENT_END) {
		check(q.line > last_line);
		last_line = q.line;
		if (result == RESIDENT_BAD) {
			check(fault.text[0] != '\0');
			continue;
		}
		check(q.ref_n > 0 && q.ref_n <= REF_MAX);
		check(strlen(q.ref) == q.ref_n && q.hint_n <= HINT_MAX);
		check(q.has_class && q.exp > NOW);
		check(q.exp > q.nbf && q.iat < NOW);
		check(!q.nbf || (!q.iat && q.nbf > NOW));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > TEXT_MAX / 2)
		return 0;
	check_copies(bytes_of(data, size));
	check_residents(bytes_of(data, size), bytes_text("30"));
	check_residents(bytes_of(data, size), bytes_text(""));
	return 0;
}
