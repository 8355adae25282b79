/* SPDX-License-Identifier: Apache-2.0 */
/* A journal file goes to the daemon in pieces that it takes: none too large,
 * none of too many parts, all of them in order, and as many as was said. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "cbor.h"
#include "entry.h"
#include "journalfile.h"
#include "talk.h"

#define ROOM ((size_t)32 * 1024 * 1024)

struct desk {
	char path[64];
	uint8_t *room; /* the file as it was written */
	struct outbuf file;
	struct journalfile journal;
};

static int set_up(void **state)
{
	struct desk *d = calloc(1, sizeof *d);

	assert_non_null(d);
	strcpy(d->path, "/tmp/oap-journalfile-XXXXXX");
	close(mkstemp(d->path));
	d->room = malloc(ROOM);
	assert_non_null(d->room);
	d->file = outbuf_in(d->room, ROOM);
	*state = d;
	return 0;
}

static int tear_down(void **state)
{
	struct desk *d = *state;

	unlink(d->path);
	free(d->room);
	free(d);
	return 0;
}

/* A part of a kiosk with so many items of so many bytes. */
static void put_part(struct desk *d, uint8_t kiosk, size_t count, size_t n)
{
	static const uint8_t mac[32], zeros[ITEM_MAX * 4];
	struct report report = {.kid = {kiosk},
				.next_seq = 1,
				.version = bytes_text("test")};
	uint8_t head[REPORT_MAX];
	struct outbuf h = outbuf_in(head, sizeof head);
	uint8_t *room = malloc(2 * BODY_ENTRIES_MAX);
	struct outbuf part;

	assert_non_null(room);
	part = outbuf_in(room, 2 * BODY_ENTRIES_MAX);
	report_put(&h, &report, mac);
	body_put_head(&part, out_view(&h), count);
	while (count-- > 0)
		cbor_put_bytes(&part, bytes_of(zeros, n));
	assert_false(h.failed || part.failed);
	cbor_put_bytes(&d->file, out_view(&part));
	free(room);
}

static void save(const struct desk *d)
{
	FILE *out = fopen(d->path, "wb");

	assert_non_null(out);
	assert_false(d->file.failed);
	assert_int_equal(fwrite(d->file.p, 1, d->file.n, out), d->file.n);
	assert_int_equal(fclose(out), 0);
}

/* Each piece is an array of what follows in the file. */
static void take_all(struct desk *d, size_t parts, size_t head_n)
{
	struct bytes left = bytes_of(d->file.p + head_n, d->file.n - head_n);
	uint64_t pieces = 0;
	uint8_t *piece;
	size_t n;

	assert_true(journalfile_open(&d->journal, d->path));
	while (true) {
		struct cbor_in in;
		size_t count;

		assert_true(journalfile_next(&d->journal, &piece, &n));
		if (piece == NULL)
			break;
		assert_true(n <= BODY_IMPORT_MAX);
		in = cbor_reader(bytes_of(piece, n));
		assert_true(cbor_array(&in, &count));
		assert_true(count > 0 && count <= IMPORT_PARTS_MAX &&
			    count <= parts);
		n = (size_t)(in.end - in.p);
		assert_true(n <= left.n);
		assert_memory_equal(in.p, left.p, n);
		left = bytes_of(left.p + n, left.n - n);
		parts -= count;
		pieces++;
		free(piece);
	}
	assert_int_equal(left.n, 0);
	assert_int_equal(parts, 0);
	assert_int_equal(pieces, d->journal.pieces);
	journalfile_close(&d->journal);
}

static void many_small_parts_are_parted_by_their_number(void **state)
{
	struct desk *d = *state;

	cbor_put_array(&d->file, 3 * IMPORT_PARTS_MAX + 1);
	for (int i = 0; i < 3 * IMPORT_PARTS_MAX + 1; i++)
		put_part(d, 7, 2, 10);
	save(d);
	take_all(d, 3 * IMPORT_PARTS_MAX + 1, 2);
	assert_int_equal(d->journal.pieces, 4);
	assert_int_equal(d->journal.items, 2 * (3 * IMPORT_PARTS_MAX + 1));
	assert_int_equal(d->journal.kid[0], 7);
}

static void large_parts_are_parted_by_their_size(void **state)
{
	struct desk *d = *state;

	cbor_put_array(&d->file, 14);
	for (int i = 0; i < 14; i++)
		put_part(d, 7, ITEMS_PER_UPLOAD_MAX, ITEM_MAX);
	save(d);
	take_all(d, 14, 1);
	/* three of 256 full items come to just under 1 MiB */
	assert_int_equal(d->journal.pieces, 5);
}

static void one_as_large_as_may_be_goes_alone(void **state)
{
	struct desk *d = *state;

	cbor_put_array(&d->file, 3);
	put_part(d, 7, 1, 500);
	put_part(d, 7, ITEMS_PER_UPLOAD_MAX,
		 BODY_ENTRIES_MAX / ITEMS_PER_UPLOAD_MAX - 4);
	put_part(d, 7, 1, 500);
	save(d);
	take_all(d, 3, 1);
	assert_int_equal(d->journal.pieces, 3);
}

static void assert_refused(struct desk *d, const char *why)
{
	save(d);
	assert_false(journalfile_open(&d->journal, d->path));
	if (strstr(d->journal.error, why) == NULL)
		fail_msg("%s", d->journal.error);
	assert_false(d->journal.unreadable);
	journalfile_close(&d->journal);
}

static void what_is_none_is_told(void **state)
{
	struct desk *d = *state;
	size_t whole;

	cbor_put_array(&d->file, 2);
	put_part(d, 7, 1, 10);
	whole = d->file.n;
	put_part(d, 8, 1, 10);
	assert_refused(d, "it is of two kiosks");
	d->file.n = whole;
	assert_refused(d, "it ends in the middle");
	put_part(d, 7, ITEMS_PER_UPLOAD_MAX, 4 * ITEM_MAX);
	assert_refused(d, "longer than any may be");
	d->file.n = whole;
	put_part(d, 7, ITEMS_PER_UPLOAD_MAX + 1, 10);
	assert_refused(d, "no file that oap-kiosk export wrote");
}

static void a_disk_that_fails_is_not_the_files_fault(void **state)
{
	struct desk *d = *state;

	assert_false(journalfile_open(&d->journal, "/nonexistent/journal"));
	assert_true(d->journal.unreadable);
	journalfile_close(&d->journal);
	assert_false(journalfile_open(&d->journal, "/tmp"));
	assert_non_null(strstr(d->journal.error, "it is no file"));
	journalfile_close(&d->journal);
}

#define DESK(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    DESK(many_small_parts_are_parted_by_their_number),
	    DESK(large_parts_are_parted_by_their_size),
	    DESK(one_as_large_as_may_be_goes_alone),
	    DESK(what_is_none_is_told),
	    DESK(a_disk_that_fails_is_not_the_files_fault),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
