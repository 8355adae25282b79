/* SPDX-License-Identifier: Apache-2.0 */
/* The registry, and how passes enter it. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sodium.h>
#include <sys/stat.h>

#include "issuerbench.h"
#include "key.h"
#include "qr.h"

#define CAPACITY 20 /* 18 of them are given out before the next list */

static int set_up(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));

	*state = b;
	return b && bench_open(b, CAPACITY) ? 0 : -1;
}

static int tear_down(void **state)
{
	bench_close(*state);
	free(*state);
	return 0;
}

static struct request request(const char *ref)
{
	struct request q = {.exp = NOW + 1000, .class = CLASS_ADULT};

	q.ref_n = strlen(ref);
	strcpy(q.ref, ref);
	return q;
}

static enum enlisted enter(struct bench *b, const char *ref,
			   struct pass_record *out)
{
	struct request q = request(ref);
	uint8_t hash[REF_HASH];
	enum enlisted outcome;
	struct fault fault;

	press_ref_hash(&b->press, request_ref_view(&q), hash);
	assert_true(registry_begin(b->e.registry, &fault));
	outcome = enlist(&b->e, &q, hash, out, &fault);
	assert_true(registry_commit(b->e.registry, &fault));
	return outcome;
}

static enum enlisted enter_again(struct bench *b, const uint8_t *cti,
				 struct pass_record *out, const char **why)
{
	const struct renewal renewal = {0};
	enum enlisted outcome;
	struct fault fault;

	assert_true(registry_begin(b->e.registry, &fault));
	outcome = enlist_again(&b->e, cti, &renewal, out, why, &fault);
	assert_true(registry_commit(b->e.registry, &fault));
	return outcome;
}

static void set_state(struct bench *b, struct pass_record *record,
		      enum status_value state)
{
	struct fault fault;

	record->state = state;
	assert_true(registry_begin(b->e.registry, &fault));
	assert_true(registry_set_state(b->e.registry, record, &fault));
	assert_true(registry_commit(b->e.registry, &fault));
}

static void who_issues_is_kept(void **state)
{
	struct bench *b = *state;
	struct identity back;
	struct issuer_key key;
	struct fault fault;
	struct stat st;

	assert_true(registry_identity(b->e.registry, &back, &fault));
	assert_string_equal(back.iss, b->identity.iss);
	assert_string_equal(back.status_uri, b->identity.status_uri);
	assert_string_equal(back.name[LANG_KO], "서울");
	assert_string_equal(back.name[LANG_ZH], "");
	assert_int_equal(back.capacity, CAPACITY);
	assert_int_equal(
	    registry_signing_key(b->e.registry, &key, &fault), FOUND);
	assert_memory_equal(key.kid, b->key->kid, 8);
	assert_int_equal(stat(b->path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
}

static void a_reference_gets_one_pass(void **state)
{
	struct bench *b = *state;
	struct pass_record first, second;

	assert_int_equal(enter(b, "A", &first), ENLISTED_NEW);
	bench_reopen(b);
	assert_int_equal(enter(b, "A", &second), ENLISTED_BEFORE);
	assert_memory_equal(&first, &second, sizeof(first));
	assert_int_equal(enter(b, "B", &second), ENLISTED_NEW);
	assert_memory_not_equal(first.cti, second.cti, 16);
}

static void an_expired_pass_does_not_keep_its_reference(void **state)
{
	struct bench *b = *state;
	struct pass_record first, second;

	assert_int_equal(enter(b, "A", &first), ENLISTED_NEW);
	b->e.now = first.exp;
	assert_int_equal(enter(b, "A", &second), ENLISTED_NEW);
	b->e.now = NOW;
}

static void a_revoked_pass_keeps_its_reference_unless_told(void **state)
{
	struct bench *b = *state;
	struct pass_record first, second;

	assert_int_equal(enter(b, "A", &first), ENLISTED_NEW);
	set_state(b, &first, STATUS_INVALID);
	assert_int_equal(enter(b, "A", &second), ENLISTED_BEFORE);
	b->e.again = true;
	assert_int_equal(enter(b, "A", &second), ENLISTED_NEW);
	b->e.again = false;
	assert_int_equal(enter(b, "A", &first), ENLISTED_BEFORE);
	assert_memory_equal(first.cti, second.cti, 16);
}

static void a_new_paper_keeps_the_id_and_revokes_the_old_index(void **state)
{
	struct bench *b = *state;
	struct pass_record first, second;
	uint8_t bits[CAPACITY / 4] = {0};
	struct statuslist list = {2, bits, sizeof(bits)};
	struct fault fault;
	const char *why;

	assert_int_equal(enter(b, "A", &first), ENLISTED_NEW);
	assert_int_equal(enter_again(b, first.cti, &second, &why),
			 ENLISTED_NEW);
	assert_memory_equal(second.cti, first.cti, 16);
	assert_memory_equal(second.ref, first.ref, REF_HASH);
	assert_int_not_equal(second.idx, first.idx);
	assert_true(second.iat > first.iat);
	assert_true(registry_fill_list(b->e.registry, 0, bits, &fault));
	assert_int_equal(statuslist_get(&list, first.idx), STATUS_INVALID);
	assert_int_equal(statuslist_get(&list, second.idx), STATUS_VALID);
	assert_int_equal(enter(b, "A", &first), ENLISTED_BEFORE);
	assert_int_equal(first.idx, second.idx);
}

static void a_new_paper_is_no_way_round_a_state(void **state)
{
	struct bench *b = *state;
	struct pass_record first, second;
	uint8_t nobody[16] = {0};
	const char *why;

	assert_int_equal(enter(b, "A", &first), ENLISTED_NEW);
	set_state(b, &first, STATUS_SUSPENDED);
	assert_int_equal(enter_again(b, first.cti, &second, &why),
			 ENLISTED_NEW);
	assert_int_equal(second.state, STATUS_SUSPENDED);
	set_state(b, &second, STATUS_INVALID);
	assert_int_equal(enter_again(b, first.cti, &second, &why),
			 ENLISTED_NOT);
	assert_non_null(strstr(why, "revoked"));
	assert_int_equal(enter_again(b, nobody, &second, &why),
			 ENLISTED_NOT);
	assert_non_null(strstr(why, "not in this registry"));
}

static void at_nine_tenths_the_next_list_opens(void **state)
{
	struct bench *b = *state;
	bool given[2][CAPACITY] = {{false}};
	struct pass_record record;
	struct list_info list;
	struct fault fault;
	char ref[16];

	for (int i = 0; i < 18 + 3; i++) {
		snprintf(ref, sizeof(ref), "R%d", i);
		b->e.list_opened = false;
		assert_int_equal(enter(b, ref, &record), ENLISTED_NEW);
		assert_int_equal(record.list, i >= 18);
		assert_int_equal(b->e.list_opened, i == 18);
		assert_true(record.idx < CAPACITY);
		assert_false(given[record.list][record.idx]);
		given[record.list][record.idx] = true;
		if (i % 5 == 0)
			bench_reopen(b);
	}
	assert_int_equal(registry_list(b->e.registry, 0, &list, &fault),
			 FOUND);
	assert_int_equal(list.given, 18);
	assert_int_equal(registry_list(b->e.registry, 1, &list, &fault),
			 FOUND);
	assert_int_equal(list.given, 3);
	assert_int_equal(registry_list(b->e.registry, 2, &list, &fault),
			 NOT_FOUND);
}

static void what_is_rolled_back_gives_its_index_back(void **state)
{
	struct bench *b = *state;
	struct pass_record first, second;
	struct request q = request("");
	uint8_t hash[REF_HASH] = {0};
	struct fault fault;

	assert_true(registry_begin(b->e.registry, &fault));
	assert_int_equal(enlist(&b->e, &q, hash, &first, &fault),
			 ENLISTED_NEW);
	registry_rollback(b->e.registry);
	assert_int_equal(registry_pass(b->e.registry, first.cti, &second,
				       &fault), NOT_FOUND);
	assert_int_equal(enter(b, "", &second), ENLISTED_NEW);
	assert_int_equal(second.idx, first.idx);
}

static void no_plain_reference_is_in_the_files(void **state)
{
	struct bench *b = *state;
	struct pass_record record;
	char *data;
	FILE *f;
	long n;

	assert_int_equal(enter(b, "RESIDENT-4711-X", &record), ENLISTED_NEW);
	registry_close(b->e.registry);
	b->e.registry = NULL;
	f = fopen(b->path, "rb");
	assert_non_null(f);
	fseek(f, 0, SEEK_END);
	n = ftell(f);
	rewind(f);
	data = malloc((size_t)n);
	assert_int_equal(fread(data, 1, (size_t)n, f), n);
	fclose(f);
	assert_non_null(memmem(data, (size_t)n, record.cti, 16));
	assert_null(memmem(data, (size_t)n, "4711", 4));
	free(data);
}

/* The example of the command lines: hint K.M., no holder key. */
static void the_example_pass_fits_its_qr_code(void **state)
{
	struct bench *b = *state;
	struct pass_record record = {.iat = NOW,
				     .exp = NOW + 365 * 86400,
				     .idx = 999999};
	uint8_t buf[PASS_MAX], text[CODE_MAX];
	struct outbuf message = outbuf_in(buf, sizeof(buf));
	struct outbuf code = outbuf_in(text, sizeof(text));
	struct press press;
	struct fault fault;
	struct scan scan;
	struct qr qr;

	press_init(&press, &b->identity, b->key);
	press_pass(&press, &record, bytes_text("K.M."), &message);
	assert_false(message.failed);
	assert_true(message.n <= 215);
	assert_int_equal(scan_read(out_view(&message), &scan), VERDICT_NONE);
	assert_true(cose_verify(&scan.pass_cose, b->key->pk, NULL));
	press_code(&press, &record, bytes_text("K.M."), &code);
	assert_true(qr_make(out_view(&code), &qr, &fault));
	assert_true(qr.version <= 11);
	qr_free(&qr);
}

/* What the check lets through is never over the limit, and one byte more is
 * refused. */
static void a_pass_is_never_over_its_largest_size(void **state)
{
	struct bench *b = *state;
	struct identity id = b->identity;
	struct pass_record record = {.iat = NOW, .exp = NOW + 1000};
	struct request q = request("A");
	struct press press;
	struct fault fault;
	size_t room, n = 34;

	memset(id.status_uri, 'u', URI_MAX);
	for (id.status_uri[n] = '\0';
	     press_check_identity(&id, &room, &fault) && room >= 2;) {
		id.status_uri[n] = 'u';
		id.status_uri[++n] = '\0';
	}
	assert_int_equal(room, 1);
	press_init(&press, &id, b->key);
	record.idx = id.capacity - 1;
	record.list = LISTS_PER_ISSUER_MAX - 1;
	for (q.hint_n = 1; q.hint_n <= 2; q.hint_n++) {
		uint8_t buf[PASS_MAX];
		struct outbuf out = outbuf_in(buf, sizeof(buf));
		bool fits;

		memset(q.hint, 'h', HINT_MAX);
		q.hint[q.hint_n] = '\0';
		press_pass(&press, &record, request_hint_view(&q), &out);
		fits = press_check_request(&press, &q, &fault);
		assert_int_equal(fits, out.n <= PASS_ISSUE_MAX);
		assert_int_equal(fits, q.hint_n == 1);
	}
}

int main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    T(who_issues_is_kept),
	    T(a_reference_gets_one_pass),
	    T(an_expired_pass_does_not_keep_its_reference),
	    T(a_revoked_pass_keeps_its_reference_unless_told),
	    T(a_new_paper_keeps_the_id_and_revokes_the_old_index),
	    T(a_new_paper_is_no_way_round_a_state),
	    T(at_nine_tenths_the_next_list_opens),
	    T(what_is_rolled_back_gives_its_index_back),
	    T(no_plain_reference_is_in_the_files),
	    T(the_example_pass_fits_its_qr_code),
	    T(a_pass_is_never_over_its_largest_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
