/* SPDX-License-Identifier: Apache-2.0 */
/* Holds the old index in memory, and finds its rows by pass id. */
#include "index.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "csv.h"
#include "file.h"

struct row {
	uint8_t cti[16];
	struct bytes text; /* of the record, without its line end */
	bool replaced;
};

struct index {
	struct blob file;
	struct row *row; /* as in the file */
	size_t n, cap;
	struct row **by_id; /* the same, sorted */
	struct csv_row fields; /* of the row looked at */
};

static bool grow(struct index *index, struct fault *fault)
{
	size_t cap = index->cap ? 2 * index->cap : 1024;
	struct row *row = realloc(index->row, cap * sizeof(*row));

	if (!row)
		return fault_set(fault, EXIT_IO, "no memory");
	index->row = row;
	index->cap = cap;
	return true;
}

static bool is_header(const struct csv_row *fields)
{
	return fields->count == 3 &&
	       bytes_is_text(fields->field[0], "pass_id") &&
	       bytes_is_text(fields->field[1], "ref") &&
	       bytes_is_text(fields->field[2], "file");
}

/* The record that was read last. */
static bool take_row(struct index *index, const struct csv *csv,
		     struct fault *fault)
{
	struct row row = {.text = bytes_of(csv->text.p + csv->row_at,
					   csv->at - csv->row_at)};
	struct bytes *text = &row.text;

	while (text->n && (text->p[text->n - 1] == '\n' ||
			   text->p[text->n - 1] == '\r'))
		text->n--;
	if (index->fields.count != 3 ||
	    !hex_decode(index->fields.field[0], row.cti, 16))
		return fault_set(fault, EXIT_REFUSED,
				 "line %zu: not a pass id, a ref and a file",
				 csv->row_line);
	if (index->n == index->cap && !grow(index, fault))
		return false;
	index->row[index->n++] = row;
	return true;
}

static bool take_rows(struct index *index, struct fault *fault)
{
	struct csv csv;
	enum csv_result result;

	csv_start(&csv, blob_view(&index->file));
	if (csv_next(&csv, &index->fields) != CSV_ROW ||
	    !is_header(&index->fields))
		return fault_set(fault, EXIT_REFUSED,
				 "no pass_id,ref,file in its first line");
	while ((result = csv_next(&csv, &index->fields)) == CSV_ROW)
		if (!take_row(index, &csv, fault))
			return false;
	return result == CSV_END ||
	       fault_set(fault, EXIT_REFUSED, "line %zu: %s", csv.row_line,
			 csv_result_text(result));
}

static int compare_rows(const void *a, const void *b)
{
	const struct row *const *one = a, *const *other = b;

	return memcmp((*one)->cti, (*other)->cti, sizeof((*one)->cti));
}

static bool sort(struct index *index, struct fault *fault)
{
	if (!index->n)
		return true;
	index->by_id = malloc(index->n * sizeof(struct row *));
	if (!index->by_id)
		return fault_set(fault, EXIT_IO, "no memory");
	for (size_t i = 0; i < index->n; i++)
		index->by_id[i] = &index->row[i];
	qsort(index->by_id, index->n, sizeof(struct row *), compare_rows);
	return true;
}

struct index *index_read(const char *path, struct fault *fault)
{
	struct index *index = calloc(1, sizeof(*index));
	struct fault why;

	if (!index) {
		fault_set(fault, EXIT_IO, "no memory");
		return NULL;
	}
	if (access(path, F_OK) && errno == ENOENT)
		return index;
	if (!file_read(path, CSV_FILE_MAX, &index->file, fault))
		goto fail;
	if (!take_rows(index, &why)) {
		fault_set(fault, why.status,
			  "%s: no index of passes: %s; move it "
			  "away, or write into another directory", path,
			  why.text);
		goto fail;
	}
	if (sort(index, fault))
		return index;
fail:
	index_free(index);
	return NULL;
}

void index_free(struct index *index)
{
	if (!index)
		return;
	blob_free(&index->file);
	free(index->row);
	free(index->by_id);
	free(index);
}

struct bytes index_replace(struct index *index, const uint8_t cti[static 16],
			   struct bytes ref)
{
	struct row wanted, *key = &wanted, **row = NULL;
	struct csv csv;

	memcpy(wanted.cti, cti, sizeof(wanted.cti));
	if (index->n)
		row = bsearch(&key, index->by_id, index->n,
			      sizeof(struct row *), compare_rows);
	if (!row)
		return ref;
	(*row)->replaced = true;
	csv_start(&csv, (*row)->text);
	if (ref.n || csv_next(&csv, &index->fields) != CSV_ROW)
		return ref;
	return index->fields.field[1];
}

void index_each_left(const struct index *index, index_row_fn *put, void *arg)
{
	for (size_t i = 0; i < index->n; i++)
		if (!index->row[i].replaced)
			put(arg, index->row[i].text);
}
