/* SPDX-License-Identifier: Apache-2.0 */
/* journalfile.c: parts are put together until a piece is full. What the parts
 * hold is for the daemon to judge; here only what a person can do something
 * about: another file, a copy that broke off. */
#include "journalfile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cbor.h"
#include "entry.h"
#include "talk.h"

#define HEAD_MAX 16 /* of the array, and of each part */

static size_t read_file(void *arg, uint8_t *p, size_t n)
{
	return fread(p, 1, n, arg);
}

static bool fail(struct journalfile *j, const char *why)
{
	snprintf(j->error, sizeof j->error, "%s: %s", j->path, why);
	return false;
}

static bool fail_disk(struct journalfile *j)
{
	j->unreadable = true;
	return fail(j, strerror(errno));
}

static bool fail_reading(struct journalfile *j, enum parcel_result result)
{
	if (ferror(j->in))
		return fail_disk(j);
	return fail(j, result == PARCEL_OTHER
			   ? "it is no file that oap-kiosk export wrote"
			   : parcel_result_text(result));
}

static bool begin(struct journalfile *j)
{
	enum parcel_result result;

	rewind(j->in);
	result = parcel_open(&j->parcel, read_file, j->in);
	return result == PARCEL_OK || fail_reading(j, result);
}

/* The next part into j->part; none at the end. */
static bool read_part(struct journalfile *j)
{
	enum parcel_result result =
	    parcel_next(&j->parcel, BODY_ENTRIES_MAX, &j->part_n);

	j->part = NULL;
	if (result == PARCEL_END)
		return true;
	if (result != PARCEL_OK)
		return fail_reading(j, result);
	j->part = malloc(j->part_n);
	if (j->part == NULL)
		return fail(j, "out of memory");
	return parcel_read(&j->parcel, j->part, j->part_n) ||
	       fail_reading(j, PARCEL_CUT);
}

static void drop_part(struct journalfile *j)
{
	free(j->part);
	j->part = NULL;
}

static bool look_at_part(struct journalfile *j, bool first)
{
	struct bytes head, items;
	struct report report;
	size_t count;

	if (!body_read(bytes_of(j->part, j->part_n), ITEMS_PER_UPLOAD_MAX,
		       &head, &items, &count) ||
	    !report_read(head, &report))
		return fail_reading(j, PARCEL_OTHER);
	if (first)
		memcpy(j->kid, report.kid, sizeof j->kid);
	if (memcmp(j->kid, report.kid, sizeof j->kid) != 0)
		return fail(j, "it is of two kiosks");
	j->items += count;
	return true;
}

static bool piece_takes(size_t parts, size_t n, size_t part_n)
{
	return parts == 0 || (parts < IMPORT_PARTS_MAX &&
			      n + part_n + 2 * HEAD_MAX <= PIECE_MAX);
}

static bool look_at_all(struct journalfile *j)
{
	size_t parts = 0, n = 0;

	if (!begin(j) || !read_part(j))
		return false;
	for (bool first = true; j->part != NULL; first = false) {
		if (!look_at_part(j, first))
			return false;
		if (!piece_takes(parts, n, j->part_n))
			parts = n = 0;
		j->pieces += parts++ == 0;
		n += j->part_n + HEAD_MAX;
		drop_part(j);
		if (!read_part(j))
			return false;
	}
	return true;
}

bool journalfile_open(struct journalfile *j, const char *path)
{
	struct stat st;

	*j = (struct journalfile){.path = path};
	j->in = fopen(path, "rbe");
	if (j->in == NULL)
		return fail_disk(j);
	/* It is read twice. */
	if (fstat(fileno(j->in), &st) != 0 || !S_ISREG(st.st_mode))
		return fail(j, "it is no file");
	return look_at_all(j) && begin(j) && read_part(j);
}

/* An array of the parts in out, in its place before them. */
static bool put_array(struct journalfile *j, const struct outbuf *parts,
		      size_t count, uint8_t **body, size_t *n)
{
	uint8_t *whole = malloc(parts->n + HEAD_MAX);
	struct outbuf out;

	if (whole == NULL)
		return fail(j, "out of memory");
	out = outbuf_in(whole, parts->n + HEAD_MAX);
	cbor_put_array(&out, count);
	out_bytes(&out, out_view(parts));
	*body = whole;
	*n = out.n;
	return true;
}

bool journalfile_next(struct journalfile *j, uint8_t **body, size_t *n)
{
	size_t cap = PIECE_MAX + 2 * HEAD_MAX, count = 0, taken = 0;
	uint8_t *room;
	struct outbuf parts;
	bool good = true;

	*body = NULL;
	*n = 0;
	if (j->part == NULL)
		return true;
	room = malloc(cap);
	if (room == NULL)
		return fail(j, "out of memory");
	parts = outbuf_in(room, cap);
	while (good && j->part != NULL &&
	       piece_takes(count, taken, j->part_n)) {
		cbor_put_bytes(&parts, bytes_of(j->part, j->part_n));
		taken += j->part_n + HEAD_MAX;
		count++;
		drop_part(j);
		good = read_part(j);
	}
	good = good && !parts.failed && put_array(j, &parts, count, body, n);
	free(room);
	return good;
}

void journalfile_close(struct journalfile *j)
{
	drop_part(j);
	if (j->in != NULL)
		fclose(j->in);
	j->in = NULL;
}
