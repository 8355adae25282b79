/* SPDX-License-Identifier: Apache-2.0 */
/* The issuer document: what a city says of its keys. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "city.h"
#include "limits.h"

struct paper {
	uint8_t keys[KEYS_PER_ISSUER_MAX * 64 + 256], uris[8192];
	uint8_t message[ISSUERDOC_MAX], scratch[2 * ISSUERDOC_MAX];
	struct issuerdoc doc, back;
	struct city_key root;
};

static struct paper *paper_new(void)
{
	struct paper *p = test_calloc(1, sizeof(*p));

	p->root = city_key_make(1);
	p->doc.iss = bytes_text("seoul.example");
	p->doc.number = 7;
	p->doc.made_at = CITY_NOW;
	p->doc.keys = bytes_text("\x80");
	p->doc.uris = bytes_text("\x80");
	p->doc.names.text[LANG_KO] = bytes_text("서울");
	return p;
}

static struct bytes paper_sign(struct paper *p)
{
	struct outbuf out = outbuf_in(p->message, sizeof(p->message));
	struct outbuf scratch = outbuf_in(p->scratch, sizeof(p->scratch));

	issuerdoc_put(&out, &p->doc, p->root.pk, p->root.sk, &scratch);
	assert_false(out.failed);
	return out_view(&out);
}

static bool paper_reads(struct paper *p)
{
	return issuerdoc_read(paper_sign(p), &p->back);
}

static void set_keys(struct paper *p, const struct issuer_key *keys, size_t n)
{
	struct outbuf out = outbuf_in(p->keys, sizeof(p->keys));

	cbor_put_array(&out, n);
	for (size_t i = 0; i < n; i++)
		issuerdoc_put_key(&out, &keys[i]);
	assert_false(out.failed);
	p->doc.keys = out_view(&out);
}

static void set_uris(struct paper *p, size_t n, size_t length)
{
	struct outbuf out = outbuf_in(p->uris, sizeof(p->uris));
	char uri[URI_MAX + 1];

	memset(uri, 'u', sizeof(uri));
	cbor_put_array(&out, n);
	for (size_t i = 0; i < n; i++)
		cbor_put_text(&out, bytes_of(uri, length));
	assert_false(out.failed);
	p->doc.uris = out_view(&out);
}

static void a_document_is_read_as_it_was_written(void **state)
{
	uint8_t buf[CITY_BUF], again_buf[CITY_BUF], scratch_buf[4096];
	struct outbuf again = outbuf_in(again_buf, sizeof(again_buf));
	struct outbuf scratch = outbuf_in(scratch_buf, sizeof(scratch_buf));
	struct issuerdoc doc;
	struct bytes message;
	struct world w;

	(void)state;
	city_world_init(&w);
	message = city_document(&w.seoul, buf);
	assert_true(issuerdoc_read(message, &doc));
	assert_true(bytes_is_text(doc.iss, "seoul.example"));
	assert_int_equal(doc.number, 3);
	assert_memory_equal(doc.root_kid, w.seoul.root.kid, 8);
	assert_true(issuerdoc_has_uri(&doc, bytes_text(w.seoul.uri)));
	assert_false(issuerdoc_has_uri(&doc, bytes_text(w.tokyo.uri)));
	issuerdoc_put(&again, &doc, w.seoul.root.pk, w.seoul.root.sk,
		      &scratch);
	assert_true(bytes_equal(out_view(&again), message));
}

static void keys_are_found_by_their_kid_with_their_state(void **state)
{
	uint8_t buf[CITY_BUF];
	struct issuerdoc doc;
	struct issuer_key key;
	struct world w;

	(void)state;
	city_world_init(&w);
	assert_true(issuerdoc_read(city_document(&w.seoul, buf), &doc));
	assert_true(issuerdoc_key(&doc, w.seoul.signing.kid, &key));
	assert_int_equal(key.state, KEY_ACTIVE);
	assert_false(key.has_until);
	assert_memory_equal(key.pk, w.seoul.signing.pk, 32);
	assert_true(issuerdoc_key(&doc, w.seoul.retired.kid, &key));
	assert_int_equal(key.state, KEY_RETIRED);
	assert_true(key.has_until && key.until == w.seoul.retired_until);
	assert_true(issuerdoc_key(&doc, w.seoul.compromised.kid, &key));
	assert_int_equal(key.state, KEY_COMPROMISED);
	assert_false(issuerdoc_key(&doc, w.seoul.root.kid, &key));
	assert_false(issuerdoc_key(&doc, w.tokyo.signing.kid, &key));
}

static void only_the_pinned_root_opens_it(void **state)
{
	uint8_t buf[CITY_BUF], scratch_buf[8192];
	struct outbuf scratch;
	struct issuerdoc doc;
	struct bytes message;
	struct world w;

	(void)state;
	city_world_init(&w);
	message = city_document(&w.seoul, buf);
	scratch = outbuf_in(scratch_buf, sizeof(scratch_buf));
	assert_true(issuerdoc_open(message, w.seoul.root.pk, &doc, &scratch));
	scratch = outbuf_in(scratch_buf, sizeof(scratch_buf));
	assert_false(
	    issuerdoc_open(message, w.seoul.signing.pk, &doc, &scratch));
	assert_false(
	    issuerdoc_open(message, w.tokyo.root.pk, &doc, &scratch));
}

static void no_flipped_bit_and_no_cut_opens(void **state)
{
	uint8_t buf[CITY_BUF], scratch_buf[8192];
	struct issuerdoc doc;
	struct bytes message;
	struct world w;

	(void)state;
	city_world_init(&w);
	message = city_document(&w.seoul, buf);
	for (size_t bit = 0; bit < message.n * 8; bit++) {
		struct outbuf scratch =
		    outbuf_in(scratch_buf, sizeof(scratch_buf));

		buf[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_false(issuerdoc_open(message, w.seoul.root.pk, &doc,
					    &scratch));
		buf[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	for (size_t n = 0; n < message.n; n++)
		assert_false(issuerdoc_read(bytes_of(buf, n), &doc));
}

static void a_retired_key_must_say_until_when(void **state)
{
	struct paper *p = paper_new();
	struct issuer_key key = {.pk = {1}, .state = KEY_RETIRED};

	(void)state;
	set_keys(p, &key, 1);
	assert_false(paper_reads(p));
	key.has_until = true;
	set_keys(p, &key, 1);
	assert_true(paper_reads(p));
	key = (struct issuer_key){.pk = {1}, .state = KEY_COMPROMISED};
	set_keys(p, &key, 1);
	assert_true(paper_reads(p));
	key.state = KEY_STATE_COUNT;
	set_keys(p, &key, 1);
	assert_false(paper_reads(p));
	test_free(p);
}

static void a_key_stands_in_it_once(void **state)
{
	struct paper *p = paper_new();
	struct issuer_key keys[] = {
	    {.pk = {1}}, {.pk = {2}}, {.pk = {1}, .state = KEY_COMPROMISED}};

	(void)state;
	set_keys(p, keys, 2);
	assert_true(paper_reads(p));
	set_keys(p, keys, 3);
	assert_false(paper_reads(p));
	test_free(p);
}

static void a_key_with_one_part_more_is_refused(void **state)
{
	struct paper *p = paper_new();
	struct outbuf out = outbuf_in(p->keys, sizeof(p->keys));

	(void)state;
	cbor_put_array(&out, 1);
	cbor_put_array(&out, 5);
	cbor_put_bytes(&out, bytes_of(p->root.pk, 32));
	cbor_put_uint(&out, KEY_ACTIVE);
	cbor_put_uint(&out, 0);
	cbor_put_null(&out);
	cbor_put_null(&out);
	p->doc.keys = out_view(&out);
	assert_false(paper_reads(p));
	test_free(p);
}

static void counts_and_sizes_are_bounded(void **state)
{
	struct issuer_key *keys =
	    test_calloc(KEYS_PER_ISSUER_MAX + 1, sizeof(*keys));
	struct paper *p = paper_new();

	(void)state;
	for (size_t i = 0; i <= KEYS_PER_ISSUER_MAX; i++)
		put_be64(keys[i].pk, i);
	set_keys(p, keys, KEYS_PER_ISSUER_MAX);
	assert_true(paper_reads(p));
	set_keys(p, keys, KEYS_PER_ISSUER_MAX + 1);
	assert_false(paper_reads(p));
	set_keys(p, keys, 1);
	set_uris(p, LISTS_PER_ISSUER_MAX, 100);
	assert_true(paper_reads(p));
	set_uris(p, LISTS_PER_ISSUER_MAX + 1, 100);
	assert_false(paper_reads(p));
	set_uris(p, 1, URI_MAX);
	assert_true(paper_reads(p));
	set_uris(p, 1, URI_MAX + 1);
	assert_false(paper_reads(p));
	set_uris(p, 1, 0);
	assert_false(paper_reads(p));
	test_free(p);
	test_free(keys);
}

static void fields_out_of_range_are_refused(void **state)
{
	struct paper *p = paper_new();

	(void)state;
	assert_true(paper_reads(p));
	p->doc.number = (uint64_t)INT64_MAX + 1;
	assert_false(paper_reads(p));
	p->doc.number = INT64_MAX;
	p->doc.made_at = TIME_S_MAX + 1;
	assert_false(paper_reads(p));
	p->doc.made_at = 0;
	p->doc.iss = bytes_text("");
	assert_false(paper_reads(p));
	p->doc.iss = bytes_text("a-name-of-33-characters.and.more.");
	assert_int_equal(p->doc.iss.n, ISS_MAX + 1);
	assert_false(paper_reads(p));
	p->doc.iss.n--;
	assert_true(paper_reads(p));
	p->doc.names.text[LANG_KO].n = 0; /* no name at all */
	assert_false(paper_reads(p));
	test_free(p);
}

static void too_little_scratch_fails_and_writes_no_half(void **state)
{
	struct paper *p = paper_new();
	struct outbuf out = outbuf_in(p->message, sizeof(p->message));
	struct outbuf scratch = outbuf_in(p->scratch, 10);

	(void)state;
	issuerdoc_put(&out, &p->doc, p->root.pk, p->root.sk, &scratch);
	assert_true(out.failed);
	test_free(p);
}

static void states_have_names(void **state)
{
	(void)state;
	assert_string_equal(key_state_name(KEY_ACTIVE), "active");
	assert_string_equal(key_state_name(KEY_RETIRED), "retired");
	assert_string_equal(key_state_name(KEY_COMPROMISED), "compromised");
	assert_string_equal(key_state_name(KEY_STATE_COUNT), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_document_is_read_as_it_was_written),
	    cmocka_unit_test(keys_are_found_by_their_kid_with_their_state),
	    cmocka_unit_test(only_the_pinned_root_opens_it),
	    cmocka_unit_test(no_flipped_bit_and_no_cut_opens),
	    cmocka_unit_test(a_retired_key_must_say_until_when),
	    cmocka_unit_test(a_key_stands_in_it_once),
	    cmocka_unit_test(a_key_with_one_part_more_is_refused),
	    cmocka_unit_test(counts_and_sizes_are_bounded),
	    cmocka_unit_test(fields_out_of_range_are_refused),
	    cmocka_unit_test(too_little_scratch_fails_and_writes_no_half),
	    cmocka_unit_test(states_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
