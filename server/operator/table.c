/* SPDX-License-Identifier: Apache-2.0 */
/* table.c: tables for terminals. */
#include "table.h"

#include "plain.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define COLUMNS_MAX 24
#define GAP "  "

struct table {
	size_t columns;
	const char *const *headings;
	char **cells; /* row by row; a row of NULLs is a rule */
	size_t count, cap;
	bool failed;
};

struct table *table_new(const char *const *headings, size_t columns)
{
	struct table *t = calloc(1, sizeof *t);

	if (t == NULL || columns > COLUMNS_MAX) {
		free(t);
		return NULL;
	}
	t->headings = headings;
	t->columns = columns;
	return t;
}

void table_free(struct table *t)
{
	if (t == NULL)
		return;
	for (size_t i = 0; i < t->count; i++)
		free(t->cells[i]);
	free(t->cells);
	free(t);
}

static void push(struct table *t, char *cell)
{
	if (t->count == t->cap) {
		size_t cap = t->cap == 0 ? 64 : t->cap * 2;
		char **grown = realloc(t->cells, cap * sizeof *grown);

		if (grown == NULL) {
			t->failed = true;
			free(cell);
			return;
		}
		t->cells = grown;
		t->cap = cap;
	}
	t->cells[t->count++] = cell;
}

void table_cell(struct table *t, const char *text)
{
	char *copy = strdup(text);

	if (copy == NULL) {
		t->failed = true;
		return;
	}
	plain_copy(bytes_text(copy), copy, strlen(copy) + 1);
	push(t, copy);
}

void table_figure(struct table *t, int64_t figure)
{
	char digits[24], text[40];
	size_t n, at = 0;

	snprintf(digits, sizeof digits, "%" PRId64, figure);
	n = strlen(digits);
	for (size_t i = 0; i < n; i++) {
		text[at++] = digits[i];
		size_t left = n - 1 - i;
		if (left > 0 && left % 3 == 0 && digits[i] != '-')
			text[at++] = ',';
	}
	text[at] = '\0';
	table_cell(t, text);
}

void table_rule(struct table *t)
{
	for (size_t i = 0; i < t->columns; i++)
		push(t, NULL);
}

/* The next code point of valid UTF-8, or the byte itself. */
static uint32_t next_char(const unsigned char **p)
{
	uint32_t c = *(*p)++;
	int more = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : c >= 0xc0 ? 1 : 0;

	if (more > 0)
		c &= 0x3fu >> more;
	while (more-- > 0 && (**p & 0xc0) == 0x80)
		c = c << 6 | (*(*p)++ & 0x3fu);
	return c;
}

/* East Asian Wide and Fullwidth (UAX #11), as far as names go; combining
 * marks of Latin script take none. */
static size_t char_width(uint32_t c)
{
	if (c >= 0x0300 && c <= 0x036f)
		return 0;
	if ((c >= 0x1100 && c <= 0x115f) || (c >= 0x2e80 && c <= 0xa4cf) ||
	    (c >= 0xa960 && c <= 0xa97f) || (c >= 0xac00 && c <= 0xd7a3) ||
	    (c >= 0xf900 && c <= 0xfaff) || (c >= 0xfe30 && c <= 0xfe6f) ||
	    (c >= 0xff00 && c <= 0xff60) || (c >= 0xffe0 && c <= 0xffe6) ||
	    (c >= 0x1f300 && c <= 0x1f9ff) || (c >= 0x20000 && c <= 0x3fffd))
		return 2;
	return 1;
}

size_t text_width(const char *text)
{
	const unsigned char *p = (const unsigned char *)text;
	size_t width = 0;

	while (*p != '\0')
		width += char_width(next_char(&p));
	return width;
}

static const char *heading(const struct table *t, size_t column)
{
	const char *text = t->headings[column];

	return *text == '>' ? text + 1 : text;
}

static void print_cell(FILE *out, const char *text, size_t width, bool right,
		       bool last)
{
	size_t pad = width - text_width(text);

	if (right)
		fprintf(out, "%*s", (int)pad, "");
	fputs(text, out);
	if (!right && !last)
		fprintf(out, "%*s", (int)pad, "");
}

/* Widths of the columns; 0 for one that no row fills. */
static void measure(const struct table *t, size_t widths[COLUMNS_MAX],
		    size_t *last)
{
	memset(widths, 0, COLUMNS_MAX * sizeof *widths);
	for (size_t i = 0; i < t->count; i++) {
		size_t w = t->cells[i] != NULL ? text_width(t->cells[i]) : 0;
		if (w > widths[i % t->columns])
			widths[i % t->columns] = w;
	}
	*last = 0;
	for (size_t c = 0; c < t->columns; c++) {
		size_t w = text_width(heading(t, c));
		if (widths[c] == 0 && t->count > 0)
			continue;
		if (w > widths[c])
			widths[c] = w;
		*last = c;
	}
}

static void print_rule(FILE *out, size_t width)
{
	while (width-- > 0)
		fputs("\u2500", out);
}

bool table_print(const struct table *t, FILE *out)
{
	size_t widths[COLUMNS_MAX], last;
	size_t rows = t->count / t->columns;

	measure(t, widths, &last);
	for (size_t r = 0; r <= rows; r++) {
		bool first = true;
		for (size_t c = 0; c < t->columns; c++) {
			if (widths[c] == 0)
				continue;
			const char *text =
			    r == 0 ? heading(t, c)
				   : t->cells[(r - 1) * t->columns + c];
			if (!first)
				fputs(GAP, out);
			first = false;
			if (text == NULL)
				print_rule(out, widths[c]);
			else
				print_cell(out, text, widths[c],
					   t->headings[c][0] == '>', c == last);
		}
		fputc('\n', out);
	}
	return !t->failed;
}
