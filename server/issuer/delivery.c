/* SPDX-License-Identifier: Apache-2.0 */
/* Delivers many passes into one CSV file, or into a directory. */
#include "delivery.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "csv.h"
#include "index.h"
#include "output.h"

#define FILE_NAME 40 /* 32 digits, a dot, an ending and a NUL */
#define PART_NAME (FILE_NAME + 5)

struct delivery {
	const struct identity *identity;
	struct output *csv; /* the codes, or the index of the directory */
	struct index *index; /* what it was before */
	int dir;	    /* -1: all go into csv */
	enum form form;
	size_t waiting; /* written but not renamed */
	char name[ISSUE_BATCH][FILE_NAME];
};

static bool is_picture(const char *path)
{
	return form_of_path(path) > FORM_TXT;
}

bool delivery_form(const struct options *o, enum form *form,
		   struct fault *fault)
{
	const char *as = options_get(o, OPT_AS);
	int f = as ? form_of_name(as) : -1;

	if (options_has(o, OPT_OUT) == options_has(o, OPT_OUT_DIR))
		return fault_set(fault, EXIT_USAGE,
				 "--out FILE or --out-dir DIR: one of them is "
				 "needed");
	if (options_has(o, OPT_OUT) && as)
		return fault_set(fault, EXIT_USAGE,
				 "--as: goes with --out-dir; --out is one CSV "
				 "file");
	if (options_has(o, OPT_OUT_DIR) && f < 0)
		return fault_set(fault, EXIT_USAGE,
				 "--as: txt, png, svg or pdf is needed with "
				 "--out-dir");
	if (options_has(o, OPT_OUT) && is_picture(options_get(o, OPT_OUT)))
		return fault_set(fault, EXIT_USAGE,
				 "--out \"%s\": many passes go into one CSV "
				 "file; --out-dir DIR --as %s writes a file for "
				 "each", options_get(o, OPT_OUT),
				 strrchr(options_get(o, OPT_OUT), '.') + 1);
	*form = f < 0 ? FORM_TXT : (enum form)f;
	return true;
}

static bool open_dir(struct delivery *d, const char *path,
		     struct fault *fault)
{
	char index[PATH_MAX];

	if (!output_make_dir(path, 0700, fault))
		return false;
	d->dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (d->dir < 0)
		return fault_set(fault, EXIT_IO, "%s: %s", path,
				 strerror(errno));
	if (snprintf(index, sizeof(index), "%s/index.csv", path) >=
	    (int)sizeof(index))
		return fault_set(fault, EXIT_USAGE, "%s: too long a name",
				 path);
	/* locked for us before it is read: no other run adds to it now */
	d->csv = output_open(index, OUTPUT_MODE_PASS, fault);
	if (d->csv)
		d->index = index_read(index, fault);
	return d->index != NULL;
}

static void put_row(struct delivery *d, struct bytes a, struct bytes b,
		    struct bytes c)
{
	const struct bytes field[3] = {a, b, c};
	uint8_t row[2 * REF_MAX + CODE_MAX + 64];
	struct outbuf out = outbuf_in(row, sizeof(row));

	csv_put(&out, field, 3);
	output_put(d->csv, out_view(&out));
}

struct delivery *delivery_open(const struct options *o,
			       const struct identity *identity,
			       struct fault *fault)
{
	struct delivery *d;
	enum form form = FORM_TXT;
	bool ok;

	if (!delivery_form(o, &form, fault) ||
	    !render_check(form, identity, fault))
		return NULL;
	d = malloc(sizeof(*d));
	if (!d) {
		fault_set(fault, EXIT_IO, "no memory");
		return NULL;
	}
	d->identity = identity;
	d->csv = NULL;
	d->index = NULL;
	d->dir = -1;
	d->form = form;
	d->waiting = 0;
	if (options_has(o, OPT_OUT_DIR)) {
		ok = open_dir(d, options_get(o, OPT_OUT_DIR), fault);
	} else {
		d->csv = output_open(options_get(o, OPT_OUT), OUTPUT_MODE_PASS,
				     fault);
		ok = d->csv != NULL;
	}
	if (ok) {
		put_row(d, bytes_text("pass_id"), bytes_text("ref"),
			bytes_text(d->dir < 0 ? "code" : "file"));
		return d;
	}
	delivery_abandon(d);
	return NULL;
}

static void part_name(const char *name, char part[static PART_NAME])
{
	snprintf(part, PART_NAME, "%s.part", name);
}

static bool put_file(struct delivery *d, const struct sheet *sheet,
		     const char *id, struct fault *fault)
{
	char *name = d->name[d->waiting], part[PART_NAME];
	struct blob blob;
	bool ok;

	snprintf(name, FILE_NAME, "%s.%s", id, form_name(d->form));
	part_name(name, part);
	if (!render(d->form, sheet, &blob, fault))
		return false;
	ok = output_write_at(d->dir, part, OUTPUT_MODE_PASS, blob_view(&blob),
			     fault);
	blob_free(&blob);
	if (ok)
		d->waiting++;
	return ok;
}

bool delivery_put(struct delivery *d, const struct pass_record *record,
		  struct bytes ref, struct bytes hint, struct bytes code,
		  struct fault *fault)
{
	const struct sheet sheet = {code, d->identity, record, hint};
	char id[33];

	hex_encode(record->cti, 16, id);
	if (d->dir < 0) {
		put_row(d, bytes_text(id), ref, code);
		return true;
	}
	if (!put_file(d, &sheet, id, fault))
		return false;
	put_row(d, bytes_text(id), index_replace(d->index, record->cti, ref),
		bytes_text(d->name[d->waiting - 1]));
	return true;
}

bool delivery_batch_end(struct delivery *d, struct fault *fault)
{
	char part[PART_NAME];

	if (d->dir < 0) {
		output_flush(d->csv);
		return output_check(d->csv, fault);
	}
	for (; d->waiting; d->waiting--) {
		const char *name = d->name[d->waiting - 1];

		part_name(name, part);
		if (renameat(d->dir, part, d->dir, name))
			return fault_set(fault, EXIT_IO,
					 "%s: cannot be renamed: %s", name,
					 strerror(errno));
	}
	return output_sync_dir(d->dir, "the output directory", fault);
}

static void put_left(void *csv, struct bytes row)
{
	output_put(csv, row);
	output_put(csv, bytes_text("\r\n"));
}

bool delivery_close(struct delivery *d, struct fault *fault)
{
	struct output *csv = d->csv;

	if (d->index)
		index_each_left(d->index, put_left, csv);
	d->csv = NULL;
	delivery_abandon(d);
	return output_commit(csv, fault);
}

void delivery_abandon(struct delivery *d)
{
	char part[PART_NAME];

	if (!d)
		return;
	output_abandon(d->csv);
	index_free(d->index);
	for (; d->waiting; d->waiting--) {
		part_name(d->name[d->waiting - 1], part);
		unlinkat(d->dir, part, 0);
	}
	if (d->dir >= 0)
		close(d->dir);
	free(d);
}
