/* SPDX-License-Identifier: Apache-2.0 */
/* Status lists: the draft's own examples byte for byte, and tokens that count
 * only where they should. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "city.h"
#include "limits.h"
#include "vectors.h"
#include "zroom.h"

#define VECTORS_FILE "token_status_list_vectors.json"

/* In the order of keys of the draft's examples, which is not the
 * deterministic one. */
static void put_as_the_draft(struct outbuf *out, unsigned bits,
			     struct bytes lst)
{
	cbor_put_map(out, 2);
	cbor_put_text(out, bytes_text("bits"));
	cbor_put_uint(out, bits);
	cbor_put_text(out, bytes_text("lst"));
	cbor_put_bytes(out, lst);
}

static void check_values(const struct statuslist *list, const json_t *vector)
{
	json_int_t entries =
	    json_integer_value(json_object_get(vector, "entries"));
	const json_t *statuses = json_object_get(vector, "statuses");
	char index[32];

	assert_int_equal(list->n * 8 / list->bits, entries);
	for (json_int_t i = 0; i < entries; i++) {
		const json_t *value;

		snprintf(index, sizeof(index), "%lld", (long long)i);
		value = json_object_get(statuses, index);
		assert_int_equal(statuslist_get(list, (uint64_t)i),
				 json_integer_value(value));
	}
	assert_int_equal(statuslist_get(list, (uint64_t)entries),
			 STATUS_NONE);
}

/* The list again, from its statuses alone. Its zlib stream is the shipped
 * writer's; the map around it is written here, since the shipped one has the
 * deterministic order of keys. */
static void check_bytes(const json_t *vector, unsigned bits, size_t n,
			struct bytes expected)
{
	const json_t *value, *statuses = json_object_get(vector, "statuses");
	uint8_t *list_buf = test_calloc(1, n);
	uint8_t *lst_buf = test_malloc(CITY_BUF);
	uint8_t *map_buf = test_malloc(CITY_BUF);
	struct outbuf lst = outbuf_in(lst_buf, CITY_BUF);
	struct outbuf map = outbuf_in(map_buf, CITY_BUF);
	struct statuslist list = {bits, list_buf, n};
	const char *index;

	json_object_foreach((json_t *)(uintptr_t)statuses, index, value)
		statuslist_set(list_buf, bits, strtoull(index, NULL, 10),
			       (unsigned)json_integer_value(value));
	statuslist_deflate(&lst, &list);
	assert_false(lst.failed);
	put_as_the_draft(&map, bits, out_view(&lst));
	assert_false(map.failed);
	assert_true(bytes_equal(out_view(&map), expected));
	test_free(list_buf);
	test_free(lst_buf);
	test_free(map_buf);
}

static void check_vector(const json_t *vector)
{
	uint8_t *map_buf = test_malloc(CITY_BUF);
	uint8_t *list_buf = test_malloc(STATUS_INFLATED_MAX);
	struct bytes lst, map = vector_hex(vector, "cbor_hex", map_buf,
					   CITY_BUF);
	struct statuslist list;
	unsigned bits;

	assert_true(statuslist_map_read(map, &bits, &lst));
	assert_int_equal(bits,
			 json_integer_value(json_object_get(vector, "bits")));
	assert_true(statuslist_inflate(lst, bits, list_buf,
				       STATUS_INFLATED_MAX, &list));
	check_values(&list, vector);
	check_bytes(vector, bits, list.n, map);
	test_free(map_buf);
	test_free(list_buf);
}

static void the_drafts_lists_come_out_byte_for_byte(void **state)
{
	json_t *root = vectors_load(VECTORS_FILE), *vectors;

	(void)state;
	if (root == NULL) {
		skip();
		return;
	}
	vectors = json_object_get(root, "vectors");
	assert_true(json_array_size(vectors) >= 6);
	for (size_t i = 0; i < json_array_size(vectors); i++)
		check_vector(json_array_get(vectors, i));
	json_decref(root);
}

/* The value of a claim, wherever in the map it stands. */
static struct bytes claim(struct bytes payload, uint64_t wanted)
{
	struct cbor_in in = cbor_reader(payload);
	struct bytes value = {NULL, 0};
	uint64_t key = 0;
	size_t pairs;

	assert_true(cbor_map(&in, &pairs));
	while (key != wanted)
		assert_true(cbor_uint(&in, &key) && cbor_item(&in, &value));
	return value;
}

/* Its token is signed with another algorithm: a COSE_Sign1 that can be looked
 * at, and that counts for nothing here. */
static void the_drafts_token_has_our_shape_and_not_our_profile(void **state)
{
	json_t *root = vectors_load(VECTORS_FILE);
	uint8_t buf[1024], list_buf[64];
	struct bytes message, lst;
	struct status_token token;
	struct statuslist list;
	struct cose cose;
	unsigned bits;

	(void)state;
	if (root == NULL) {
		skip();
		return;
	}
	message = vector_hex(root, "status_list_token_cwt_hex", buf,
			     sizeof(buf));
	assert_true(cose_parse(message, COSE_TAG_SIGN1, &cose));
	assert_false(status_token_read(message, &token));
	assert_true(statuslist_map_read(claim(cose.payload, 65533), &bits,
					&lst));
	assert_true(statuslist_inflate(lst, bits, list_buf, sizeof(list_buf),
				       &list));
	assert_int_equal(statuslist_get(&list, 0), 1);
	json_decref(root);
}

static void values_of_all_widths_are_kept_apart(void **state)
{
	static const unsigned WIDTHS[] = {1, 2, 4, 8};
	uint8_t buf[32];

	(void)state;
	for (int w = 0; w < 4; w++) {
		struct statuslist list = {WIDTHS[w], buf, sizeof(buf)};
		unsigned mask = (1u << WIDTHS[w]) - 1;
		size_t entries = sizeof(buf) * 8 / WIDTHS[w];

		memset(buf, 0xa5, sizeof(buf));
		for (size_t i = 0; i < entries; i++)
			statuslist_set(buf, WIDTHS[w], i,
				       (unsigned)i * 7 & mask);
		for (size_t i = 0; i < entries; i++)
			assert_int_equal(statuslist_get(&list, i),
					 i * 7 & mask);
		assert_int_equal(statuslist_get(&list, entries), STATUS_NONE);
		assert_int_equal(statuslist_get(&list, UINT64_MAX),
				 STATUS_NONE);
	}
}

static struct bytes deflated(uint8_t *buf, size_t cap, size_t zeros)
{
	uint8_t *list_buf = test_calloc(1, zeros + 1);
	struct outbuf out = outbuf_in(buf, cap);
	struct statuslist list = {2, list_buf, zeros};

	statuslist_deflate(&out, &list);
	test_free(list_buf);
	assert_false(out.failed);
	return out_view(&out);
}

static void inflating_stops_at_the_cap(void **state)
{
	uint8_t buf[4096], out[1001];
	struct bytes lst = deflated(buf, sizeof(buf), 1000);
	struct statuslist list;

	(void)state;
	out[1000] = 0x5a;
	assert_true(statuslist_inflate(lst, 2, out, 1000, &list));
	assert_int_equal(list.n, 1000);
	assert_int_equal(out[1000], 0x5a);
	assert_false(statuslist_inflate(lst, 2, out, 999, &list));
	assert_false(statuslist_inflate(lst, 2, out, 0, &list));
	assert_false(statuslist_inflate(lst, 3, out, 1000, &list));
	assert_false(statuslist_inflate(lst, 0, out, 1000, &list));
}

/* A stream past the cap asks zlib for a window; a small one would fit the
 * room that its state has. */
static void a_small_window_is_no_way_past_the_cap(void **state)
{
	uint8_t zeros[2000] = {0}, buf[256], out[1000];
	z_stream z = {.next_in = zeros,
		      .avail_in = sizeof(zeros),
		      .next_out = buf,
		      .avail_out = sizeof(buf)};
	struct statuslist list;

	(void)state;
	assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 9, 1,
				      Z_DEFAULT_STRATEGY), Z_OK);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	assert_int_equal(deflateEnd(&z), Z_OK);
	for (size_t cap = 0; cap <= sizeof(out); cap += 100)
		assert_false(statuslist_inflate(bytes_of(buf, z.total_out), 2,
						out, cap, &list));
	assert_true(statuslist_inflate(bytes_of(buf, z.total_out), 2, zeros,
				       sizeof(zeros), &list));
	assert_int_equal(list.n, sizeof(zeros));
}

static void damaged_cut_or_longer_streams_are_refused(void **state)
{
	uint8_t buf[4096], out[1000];
	struct bytes lst = deflated(buf, sizeof(buf) - 1, 1000);
	struct statuslist list;

	(void)state;
	for (size_t n = 0; n < lst.n; n++)
		assert_false(statuslist_inflate(bytes_of(buf, n), 2, out,
						sizeof(out), &list));
	buf[lst.n] = 0;
	assert_false(statuslist_inflate(bytes_of(buf, lst.n + 1), 2, out,
					sizeof(out), &list));
	buf[lst.n - 1] ^= 1; /* the Adler-32 */
	assert_false(
	    statuslist_inflate(lst, 2, out, sizeof(out), &list));
}

static void deflating_into_too_little_room_fails(void **state)
{
	uint8_t list_buf[1000], buf[64];
	struct outbuf out;
	struct statuslist list = {2, list_buf, sizeof(list_buf)};

	(void)state;
	for (size_t i = 0; i < sizeof(list_buf); i++)
		list_buf[i] = (uint8_t)(i * i * 31 + i / 7);
	out = outbuf_in(buf, sizeof(buf));
	statuslist_deflate(&out, &list);
	assert_true(out.failed);
	statuslist_deflate(&out, &list);
	assert_true(out.failed);
}

static void deflating_appends(void **state)
{
	uint8_t list_buf[8] = {1, 2, 3}, buf[64], back[8];
	struct outbuf out = outbuf_in(buf, sizeof(buf));
	struct statuslist list = {2, list_buf, sizeof(list_buf)}, again;

	(void)state;
	out_text(&out, "before");
	statuslist_deflate(&out, &list);
	assert_false(out.failed);
	assert_memory_equal(buf, "before", 6);
	assert_true(statuslist_inflate(bytes_of(buf + 6, out.n - 6), 2, back,
				       sizeof(back), &again));
	assert_memory_equal(back, list_buf, sizeof(back));
}

static void map_keys_are_taken_in_either_order_and_no_others(void **state)
{
	static const struct {
		const char *hex;
		bool taken;
	} CASES[] = {
	    {"a2636c737441aa646269747302", true},
	    {"a2646269747302636c737441aa", true},
	    {"a2646269747303636c737441aa", false}, /* 3 bits */
	    {"a2646269747300636c737441aa", false},
	    {"a1646269747302", false},
	    {"a1636c737441aa", false},
	    {"a2646269747302646c73747341aa", false},
	    {"a3636c737441aa64626974730261610", false},
	    {"a3636c737441aa6462697473026161", false},
	    {"a2636c737461aa646269747302", false}, /* lst a text */
	    {"a2636c737441aa636c737441aa", false},
	    {"a2636c737441aa64626974730200", false},
	    {"a3636c737441aa646269747302", false}, /* a pair is missing */
	    {"a1636c737441aa646269747302", false},
	    {"80", false},
	    {"", false},
	};
	uint8_t buf[64];
	struct bytes lst;
	unsigned bits;

	(void)state;
	for (size_t i = 0; i < sizeof(CASES) / sizeof(*CASES); i++) {
		size_t n = strlen(CASES[i].hex) / 2;

		if (!hex_decode(bytes_of(CASES[i].hex, 2 * n), buf, n))
			fail();
		assert_int_equal(
		    statuslist_map_read(bytes_of(buf, n), &bits, &lst),
		    CASES[i].taken);
		if (CASES[i].taken) {
			assert_int_equal(bits, 2);
			assert_int_equal(lst.n, 1);
		}
	}
}

static void a_token_is_read_as_it_was_written(void **state)
{
	uint8_t *buf = test_malloc(CITY_BUF), *again = test_malloc(CITY_BUF);
	uint8_t scratch_buf[4096];
	struct outbuf out = outbuf_in(again, CITY_BUF);
	struct outbuf scratch = outbuf_in(scratch_buf, sizeof(scratch_buf));
	struct status_token token;
	struct bytes message;
	struct world w;

	(void)state;
	city_world_init(&w);
	w.seoul.status = STATUS_SUSPENDED;
	message = city_token(&w.seoul, buf);
	assert_true(status_token_read(message, &token));
	assert_true(bytes_is_text(token.uri, w.seoul.uri));
	assert_true(token.iat == w.seoul.list_iat);
	assert_true(token.exp == w.seoul.list_exp);
	assert_true(token.ttl == w.seoul.list_ttl);
	assert_memory_equal(token.kid, w.seoul.signing.kid, 8);
	status_token_put(&out, &token, token.kid, w.seoul.signing.sk,
			 &scratch);
	assert_true(bytes_equal(out_view(&out), message));
	for (size_t n = 0; n < message.n; n++)
		assert_false(
		    status_token_read(bytes_of(message.p, n), &token));
	test_free(buf);
	test_free(again);
}

/* {2: "u", 4: 9, 6: 1, 65533: {lst, bits}, 65534: 5}, and one key more. */
static void a_token_with_one_key_more_is_refused(void **state)
{
	static const uint8_t PAYLOAD[] =
	    "\xa6\x02\x61u\x04\x09\x06\x01\x19\xff\xfd\xa2\x63lst"
	    "\x41x\x64"
	    "bits\x02\x19\xff\xfe\x05\x19\xff\xff\x00";
	struct city_key key = city_key_make(1);
	uint8_t payload[sizeof(PAYLOAD)], buf[512];
	struct outbuf out = outbuf_in(buf, sizeof(buf));
	size_t n = sizeof(PAYLOAD) - 1;
	struct status_token token;

	(void)state;
	memcpy(payload, PAYLOAD, n);
	cose_put_sign1(&out, TYP_STATUS_TOKEN, key.kid, bytes_of(payload, n),
		       key.sk, NULL);
	assert_false(status_token_read(out_view(&out), &token));
	payload[0] = 0xa5;
	out = outbuf_in(buf, sizeof(buf));
	cose_put_sign1(&out, TYP_STATUS_TOKEN, key.kid,
		       bytes_of(payload, n - 4), key.sk, NULL);
	assert_true(status_token_read(out_view(&out), &token));
	assert_int_equal(token.ttl, 5);
}

static void a_token_is_not_over_before_it_is_made(void **state)
{
	uint8_t *buf = test_malloc(CITY_BUF);
	struct status_token token;
	struct world w;

	(void)state;
	city_world_init(&w);
	w.seoul.list_exp = w.seoul.list_iat;
	assert_true(status_token_read(city_token(&w.seoul, buf), &token));
	w.seoul.list_exp--;
	assert_false(status_token_read(city_token(&w.seoul, buf), &token));
	test_free(buf);
}

static bool token_counts(const struct world *w)
{
	uint8_t *buf = test_malloc(3 * CITY_BUF);
	struct outbuf scratch = outbuf_in(buf + 2 * CITY_BUF, CITY_BUF);
	struct status_token token;
	struct issuerdoc doc;
	bool counts;

	assert_true(issuerdoc_open(city_document(&w->seoul, buf),
				   w->seoul.root.pk, &doc, &scratch));
	assert_true(status_token_read(
	    city_token(&w->seoul, buf + CITY_BUF), &token));
	counts = status_token_counts(&token, &doc, &scratch);
	test_free(buf);
	return counts;
}

static void a_token_counts_for_its_own_issuer_only(void **state)
{
	struct world w;

	(void)state;
	city_world_init(&w);
	assert_true(token_counts(&w));
	w.seoul.list_signer = &w.tokyo.signing;
	assert_false(token_counts(&w));
	w.seoul.list_signer = &w.seoul.root;
	assert_false(token_counts(&w));
	w.seoul.list_signer = &w.seoul.compromised;
	assert_false(token_counts(&w));
	w.seoul.list_signer = &w.seoul.signing;
	w.seoul.list_uri = w.tokyo.uri;
	assert_false(token_counts(&w));
}

static void a_retired_keys_token_counts_up_to_its_end(void **state)
{
	struct world w;

	(void)state;
	city_world_init(&w);
	w.seoul.list_signer = &w.seoul.retired;
	w.seoul.list_iat = w.seoul.retired_until;
	assert_true(token_counts(&w));
	w.seoul.list_iat++;
	assert_false(token_counts(&w));
}

static void a_forged_token_does_not_count(void **state)
{
	struct city_key forger;
	struct world w;

	(void)state;
	city_world_init(&w);
	forger = w.stranger;
	memcpy(forger.kid, w.seoul.signing.kid, sizeof(forger.kid));
	w.seoul.list_signer = &forger;
	assert_false(token_counts(&w));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_drafts_lists_come_out_byte_for_byte),
	    cmocka_unit_test(
		the_drafts_token_has_our_shape_and_not_our_profile),
	    cmocka_unit_test(values_of_all_widths_are_kept_apart),
	    cmocka_unit_test(inflating_stops_at_the_cap),
	    cmocka_unit_test(a_small_window_is_no_way_past_the_cap),
	    cmocka_unit_test(damaged_cut_or_longer_streams_are_refused),
	    cmocka_unit_test(deflating_into_too_little_room_fails),
	    cmocka_unit_test(deflating_appends),
	    cmocka_unit_test(a_token_with_one_key_more_is_refused),
	    cmocka_unit_test(map_keys_are_taken_in_either_order_and_no_others),
	    cmocka_unit_test(a_token_is_read_as_it_was_written),
	    cmocka_unit_test(a_token_is_not_over_before_it_is_made),
	    cmocka_unit_test(a_token_counts_for_its_own_issuer_only),
	    cmocka_unit_test(a_retired_keys_token_counts_up_to_its_end),
	    cmocka_unit_test(a_forged_token_does_not_count),
	};

	return vectors_status(cmocka_run_group_tests(tests, NULL, NULL));
}
