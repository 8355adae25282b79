/* SPDX-License-Identifier: Apache-2.0 */
/* table.c: tables for terminals. */
#include "table.h"

#include "plain.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define COLUMNS_MAX 24
#define GAP "  "
#define LIST_WIDTH 30 /* of the last column, where a list goes on below */

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

static size_t width_of(const char *text, size_t bytes)
{
	const unsigned char *p = (const unsigned char *)text;
	const unsigned char *end = p + bytes;
	size_t width = 0;

	while (p < end)
		width += char_width(next_char(&p));
	return width;
}

size_t text_width(const char *text)
{
	return width_of(text, strlen(text));
}

/* Bytes of the first line of a list, "a 1, b 2, c 3", with its last comma. An
 * item is never taken apart. */
static size_t line_of_list(const char *text)
{
	size_t line = 0;

	if (text_width(text) <= LIST_WIDTH)
		return strlen(text);
	for (const char *comma = strstr(text, ", "); comma != NULL;
	     comma = strstr(comma + 1, ", ")) {
		size_t n = (size_t)(comma - text) + 1;
		if (line > 0 && width_of(text, n) > LIST_WIDTH)
			return line;
		line = n;
	}
	return line > 0 ? line : strlen(text);
}

static const char *after_line(const char *text, size_t line)
{
	return text[line] == '\0' ? text + line : text + line + 1;
}

static size_t list_width(const char *text)
{
	size_t width = 0;

	while (*text != '\0') {
		size_t line = line_of_list(text);
		size_t w = width_of(text, line);
		if (w > width)
			width = w;
		text = after_line(text, line);
	}
	return width;
}

static const char *heading(const struct table *t, size_t column)
{
	const char *text = t->headings[column];

	return *text == '>' || *text == ',' ? text + 1 : text;
}

static bool is_list(const struct table *t, size_t column)
{
	return t->headings[column][0] == ',';
}

static bool is_figure(const struct table *t, size_t column)
{
	return t->headings[column][0] == '>';
}

/* Widths of the columns; 0 for one that no row fills. */
static void measure(const struct table *t, size_t widths[COLUMNS_MAX],
		    size_t *last)
{
	memset(widths, 0, COLUMNS_MAX * sizeof *widths);
	*last = 0;
	for (size_t i = 0; i < t->count; i++)
		if (t->cells[i] != NULL && t->cells[i][0] != '\0' &&
		    i % t->columns > *last)
			*last = i % t->columns;
	if (t->count == 0)
		*last = t->columns - 1;
	for (size_t i = 0; i < t->count; i++) {
		size_t c = i % t->columns, w = 0;
		if (t->cells[i] != NULL)
			w = c == *last && is_list(t, c)
				? list_width(t->cells[i])
				: text_width(t->cells[i]);
		if (w > widths[c])
			widths[c] = w;
	}
	for (size_t c = 0; c < t->columns; c++) {
		size_t w = text_width(heading(t, c));
		if ((widths[c] > 0 || t->count == 0) && w > widths[c])
			widths[c] = w;
	}
}

static void print_rule(FILE *out, size_t width)
{
	while (width-- > 0)
		fputs("\u2500", out);
}

/* pad: blanks that are due before the next text; none end a line. */
static void print_padded(FILE *out, size_t *pad, const char *text, size_t n)
{
	if (n == 0)
		return;
	fprintf(out, "%*s%.*s", (int)*pad, "", (int)n, text);
	*pad = 0;
}

/* The last cell, whose list goes on below itself. */
static void print_list(FILE *out, size_t pad, size_t indent, const char *text)
{
	for (;;) {
		size_t line = line_of_list(text);
		print_padded(out, &pad, text, line);
		text = after_line(text, line);
		if (*text == '\0')
			return;
		fputc('\n', out);
		pad = indent;
	}
}

static void print_row(const struct table *t, FILE *out, char *const *cells,
		      const size_t widths[COLUMNS_MAX], size_t last)
{
	size_t pad = 0, indent = 0;

	for (size_t c = 0; c <= last; c++) {
		const char *text = cells != NULL ? cells[c] : heading(t, c);
		if (widths[c] == 0)
			continue;
		if (indent > 0) {
			pad += strlen(GAP);
			indent += strlen(GAP);
		}
		if (text == NULL) {
			fprintf(out, "%*s", (int)pad, "");
			print_rule(out, widths[c]);
			pad = 0;
		} else if (c == last && is_list(t, c) && cells != NULL) {
			print_list(out, pad, indent, text);
		} else {
			size_t blank = widths[c] - text_width(text);
			if (is_figure(t, c))
				pad += blank;
			print_padded(out, &pad, text, strlen(text));
			if (!is_figure(t, c))
				pad += blank;
		}
		indent += widths[c];
	}
	fputc('\n', out);
}

bool table_print(const struct table *t, FILE *out)
{
	size_t widths[COLUMNS_MAX], last;

	measure(t, widths, &last);
	print_row(t, out, NULL, widths, last);
	for (size_t i = 0; i + t->columns <= t->count; i += t->columns)
		print_row(t, out, t->cells + i, widths, last);
	return !t->failed;
}
