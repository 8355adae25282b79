/* SPDX-License-Identifier: Apache-2.0 */
/* csv.h: comma-separated values (RFC 4180), read from and written to memory.
 *
 * Records end with CRLF, or with LF alone as Unix tools write them, or with
 * the end of the text. A byte order mark at the start is skipped. A quote
 * inside an unquoted field, text after a closing quote, a CR on its own, and
 * bytes that are not UTF-8 are faults. A fault costs its own line only:
 * reading goes on at the line after the one where the bad record began, so
 * that a stray quote cannot swallow what follows it. */
#ifndef ISSUER_CSV_H
#define ISSUER_CSV_H

#include "bytes.h"
#include "limits.h"

enum csv_result {
	CSV_ROW,
	CSV_END,
	CSV_STRAY_QUOTE,  /* a quote inside an unquoted field */
	CSV_AFTER_QUOTE,  /* text after a closing quote */
	CSV_UNTERMINATED, /* a quoted field that never ends */
	CSV_LONE_CR,
	CSV_NOT_UTF8,
	CSV_MANY_FIELDS, /* over CSV_FIELDS_MAX */
	CSV_LONG_ROW	 /* over CSV_ROW_MAX bytes */
};

struct csv {
	struct bytes text; /* the whole of it */
	size_t at;	   /* offset of the next record */
	size_t line;	   /* its line, from 1 */
	size_t row_at;	   /* where the record read last began */
	size_t row_line;
};

/* Fields point into the text, or into the row's own buffer when they held
 * doubled quotes; they live until the next csv_next on the same row. */
struct csv_row {
	size_t line; /* on which the record begins */
	size_t count;
	struct bytes field[CSV_FIELDS_MAX];
	uint8_t unquoted[CSV_ROW_MAX];
	size_t unquoted_n;
};

/* text must live as long as the reader. */
void csv_start(struct csv *csv, struct bytes text);
/* row->line is set for faults too. An empty line is a record with one empty
 * field. */
enum csv_result csv_next(struct csv *csv, struct csv_row *row) OAP_CHECKED;
/* Goes on at the line after the one where the record read last began, for a
 * caller that takes its line breaks for a quote that was never closed. */
void csv_resync(struct csv *csv);
/* What is wrong with the row, as an English phrase. */
const char *csv_result_text(enum csv_result result);

/* Appends one record and CRLF; a field is quoted only when it must be. */
void csv_put(struct outbuf *out, const struct bytes *field, size_t count);

#endif
