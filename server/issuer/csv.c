/* SPDX-License-Identifier: Apache-2.0 */
/* A strict reader and writer of comma-separated values (RFC 4180). */
#include "csv.h"

#include <string.h>

static const uint8_t byte_order_mark[3] = {0xef, 0xbb, 0xbf};

void csv_start(struct csv *csv, struct bytes text)
{
	*csv = (struct csv){.text = text, .line = 1, .row_line = 1};
	if (text.n >= sizeof(byte_order_mark) &&
	    !memcmp(text.p, byte_order_mark, sizeof(byte_order_mark)))
		csv->at = sizeof(byte_order_mark);
	csv->row_at = csv->at;
}

void csv_resync(struct csv *csv)
{
	const uint8_t *from = csv->text.p + csv->row_at;
	const uint8_t *lf = NULL;

	if (csv->row_at < csv->text.n)
		lf = memchr(from, '\n', csv->text.n - csv->row_at);
	csv->at = lf ? (size_t)(lf - csv->text.p) + 1 : csv->text.n;
	csv->line = csv->row_line + 1;
}

/* Whether a record ends at csv->at; steps over its line break if so. */
static bool step_over_end(struct csv *csv)
{
	const uint8_t *p = csv->text.p;

	if (csv->at == csv->text.n)
		return true;
	if (p[csv->at] == '\n') {
		csv->at++;
	} else if (p[csv->at] == '\r' && csv->at + 1 < csv->text.n &&
		   p[csv->at + 1] == '\n') {
		csv->at += 2;
	} else {
		return false;
	}
	csv->line++;
	return true;
}

static enum csv_result read_plain(struct csv *csv, struct bytes *field)
{
	const uint8_t *p = csv->text.p;
	size_t start = csv->at;

	for (; csv->at < csv->text.n; csv->at++) {
		uint8_t c = p[csv->at];

		if (c == ',' || c == '\n')
			break;
		if (c == '"')
			return CSV_STRAY_QUOTE;
		if (c == '\r') {
			if (csv->at + 1 == csv->text.n ||
			    p[csv->at + 1] != '\n')
				return CSV_LONE_CR;
			break;
		}
	}
	*field = bytes_of(p + start, csv->at - start);
	return CSV_ROW;
}

/* The inside of a quoted field, from..to, with its doubled quotes halved. */
static struct bytes unquote(struct csv_row *row, const uint8_t *from,
			    const uint8_t *to)
{
	uint8_t *start = row->unquoted + row->unquoted_n;
	uint8_t *w = start;

	for (const uint8_t *r = from; r < to; r++) {
		*w++ = *r;
		if (*r == '"')
			r++; /* it is doubled: read_quoted saw both */
	}
	row->unquoted_n += (size_t)(w - start);
	return bytes_of(start, (size_t)(w - start));
}

static enum csv_result read_quoted(struct csv *csv, struct csv_row *row,
				   struct bytes *field)
{
	const uint8_t *p = csv->text.p;
	size_t start = ++csv->at;
	bool doubled = false;

	for (; csv->at < csv->text.n; csv->at++) {
		if (csv->at - csv->row_at > CSV_ROW_MAX)
			return CSV_LONG_ROW;
		if (p[csv->at] == '\n')
			csv->line++;
		if (p[csv->at] != '"')
			continue;
		if (csv->at + 1 < csv->text.n && p[csv->at + 1] == '"') {
			doubled = true;
			csv->at++;
			continue;
		}
		*field = doubled ? unquote(row, p + start, p + csv->at)
				 : bytes_of(p + start, csv->at - start);
		csv->at++;
		return CSV_ROW;
	}
	return CSV_UNTERMINATED;
}

static enum csv_result read_field(struct csv *csv, struct csv_row *row)
{
	struct bytes *field = &row->field[row->count];
	enum csv_result result;

	if (row->count == CSV_FIELDS_MAX)
		return CSV_MANY_FIELDS;
	if (csv->at < csv->text.n && csv->text.p[csv->at] == '"')
		result = read_quoted(csv, row, field);
	else
		result = read_plain(csv, field);
	if (result != CSV_ROW)
		return result;
	if (csv->at - csv->row_at > CSV_ROW_MAX)
		return CSV_LONG_ROW;
	if (!utf8_valid(*field))
		return CSV_NOT_UTF8;
	row->count++;
	return CSV_ROW;
}

static enum csv_result read_record(struct csv *csv, struct csv_row *row)
{
	for (;;) {
		enum csv_result result = read_field(csv, row);

		if (result != CSV_ROW)
			return result;
		if (step_over_end(csv))
			return CSV_ROW;
		if (csv->text.p[csv->at] == '\r')
			return CSV_LONE_CR;
		if (csv->text.p[csv->at] != ',')
			return CSV_AFTER_QUOTE;
		csv->at++;
	}
}

enum csv_result csv_next(struct csv *csv, struct csv_row *row)
{
	enum csv_result result;

	csv->row_at = csv->at;
	csv->row_line = csv->line;
	row->line = csv->line;
	row->count = 0;
	row->unquoted_n = 0;
	if (csv->at >= csv->text.n)
		return CSV_END;
	result = read_record(csv, row);
	if (result != CSV_ROW)
		csv_resync(csv);
	return result;
}

const char *csv_result_text(enum csv_result result)
{
	switch (result) {
	case CSV_ROW: return "a row";
	case CSV_END: return "the end";
	case CSV_STRAY_QUOTE:
		return "a quote inside a field that does not begin with one";
	case CSV_AFTER_QUOTE: return "text after a closing quote";
	case CSV_UNTERMINATED: return "a quote that is never closed";
	case CSV_LONE_CR: return "a carriage return without a line feed";
	case CSV_NOT_UTF8: return "not UTF-8; save the file as UTF-8";
	case CSV_MANY_FIELDS: return "too many fields";
	case CSV_LONG_ROW:
		return "too long; a quote may be missing its end";
	}
	return "unknown";
}

static bool must_quote(struct bytes field)
{
	/* bare, it would be skipped at the start of a file */
	if (field.n >= sizeof(byte_order_mark) &&
	    !memcmp(field.p, byte_order_mark, sizeof(byte_order_mark)))
		return true;
	for (size_t i = 0; i < field.n; i++)
		if (field.p[i] == ',' || field.p[i] == '"' ||
		    field.p[i] == '\r' || field.p[i] == '\n')
			return true;
	return false;
}

static void put_field(struct outbuf *out, struct bytes field)
{
	if (!must_quote(field)) {
		out_bytes(out, field);
		return;
	}
	out_u8(out, '"');
	for (size_t i = 0; i < field.n; i++) {
		if (field.p[i] == '"')
			out_u8(out, '"');
		out_u8(out, field.p[i]);
	}
	out_u8(out, '"');
}

void csv_put(struct outbuf *out, const struct bytes *field, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (i)
			out_u8(out, ',');
		put_field(out, field[i]);
	}
	out_text(out, "\r\n");
}
