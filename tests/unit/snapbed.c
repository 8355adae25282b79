/* SPDX-License-Identifier: Apache-2.0 */
/* snapbed.c: rows are written straight into the store, as set-up would. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "snapbed.h"

#define OK(call) assert_int_equal(call, STORE_OK)

static void in_transaction(struct snapbed *bed,
			   enum store_result (*act)(struct store *s,
						    const void *row),
			   const void *row)
{
	OK(store_begin(bed->store));
	OK(act(bed->store, row));
	OK(store_commit(bed->store));
}

static enum store_result add_facility(struct store *s, const void *row)
{
	return store_facility_add(s, row);
}

static void add_facilities(struct snapbed *bed)
{
	static const char *const OF[][3] = {
	    {"hawaii", "USD", "Pacific/Honolulu"},
	    {"met", "USD", "America/New_York"},
	    {"museum", "KRW", "Asia/Seoul"},
	    {"stupa", "NPR", "Asia/Kathmandu"},
	};

	for (size_t i = 0; i < sizeof(OF) / sizeof(*OF); i++) {
		uint8_t buf[64];
		struct outbuf out = outbuf_in(buf, sizeof(buf));
		struct names names = {0};
		struct facility_row row = {bytes_text(OF[i][0]),
					   bytes_text("city"),
					   bytes_text(OF[i][1]),
					   bytes_text(OF[i][2]),
					   {NULL, 0}};

		names.text[LANG_EN] = bytes_text(OF[i][0]);
		names_put(&out, &names);
		row.names = out_view(&out);
		in_transaction(bed, add_facility, &row);
	}
}

static enum store_result put_benefit(struct store *s, const void *row)
{
	enum store_result r = store_benefit_set(s, row);

	return r == STORE_NONE ? store_benefit_add(s, row) : r;
}

void snapbed_put_benefit(struct snapbed *bed, bool withdrawn)
{
	uint8_t buf[4096];
	struct outbuf out = outbuf_in(buf, sizeof(buf));
	struct benefit_row row = {.id = bed->world.benefit.id,
				  .withdrawn = withdrawn};

	benefit_put(&out, &bed->world.benefit);
	assert_false(out.failed);
	row.encoded = out_view(&out);
	in_transaction(bed, put_benefit, &row);
}

static enum store_result put_issuer(struct store *s, const void *row)
{
	enum store_result r = store_issuer_set(s, row);

	return r == STORE_NONE ? store_issuer_add(s, row) : r;
}

/* The document with one key fewer trusted. */
static struct bytes document_of(const struct city *c, bool compromise,
				uint8_t *buf)
{
	struct city other = *c;

	if (compromise) {
		/* the signing key takes the place of the compromised one */
		other.signing = c->compromised;
		other.compromised = c->signing;
	}
	return city_document(&other, buf);
}

void snapbed_put_document(struct snapbed *bed, const struct city *c,
			  bool compromise)
{
	uint8_t *buf = test_malloc(CITY_BUF);
	struct issuer_row row = {.iss = bytes_text(c->iss),
				 .root = bytes_of(c->root.pk, 32),
				 .document =
				     document_of(c, compromise, buf),
				 .number = 3};

	in_transaction(bed, put_issuer, &row);
	test_free(buf);
}

static enum store_result put_token(struct store *s, const void *row)
{
	return store_token_put(s, row);
}

void snapbed_put_token(struct snapbed *bed, const struct city *c)
{
	uint8_t *buf = test_malloc(CITY_BUF);
	struct token_row row = {.iss = bytes_text(c->iss),
				.uri = bytes_text(c->list_uri),
				.signer = bytes_of(c->list_signer->kid, 8),
				.token = city_token(c, buf),
				.iat = c->list_iat,
				.exp = c->list_exp,
				.ttl = c->list_ttl,
				.entries = c->list_entries};

	in_transaction(bed, put_token, &row);
	test_free(buf);
}

static enum store_result add_kiosk(struct store *s, const void *row)
{
	return store_kiosk_add(s, row);
}

static void put_kiosk(struct snapbed *bed, const struct city_key *key)
{
	struct kiosk_row row = {.kid = bytes_of(key->kid, 8),
				.pk = bytes_of(key->pk, 32),
				.facility = bytes_text("museum"),
				.name = bytes_text("door"),
				.version = bytes_text("1"),
				.state = DEVICE_ACTIVE,
				.enrolled_ms = bed->now_s * 1000};

	in_transaction(bed, add_kiosk, &row);
}

void snapbed_add_kiosk(struct snapbed *bed, uint8_t number)
{
	struct city_key key = city_key_make(number);

	put_kiosk(bed, &key);
}

void snapbed_set_kiosk(struct snapbed *bed, unsigned kiosk,
		       enum device_state state)
{
	OK(store_begin(bed->store));
	OK(store_kiosk_state(bed->store, bytes_of(bed->kiosk[kiosk].kid, 8),
			     state));
	OK(store_commit(bed->store));
}

static int compare_keys(const void *a, const void *b)
{
	return memcmp(((const struct city_key *)a)->kid,
		      ((const struct city_key *)b)->kid, 8);
}

static enum store_result add_operator(struct store *s, const void *row)
{
	return store_operator_add(s, row);
}

static void add_operators(struct snapbed *bed)
{
	static const struct {
		const char *id;
		enum role role;
		bool disabled;
	} OF[] = {{"ok", ROLE_OPERATOR, false},
		  {"eye", ROLE_VIEWER, false},
		  {"gone", ROLE_ADMIN, true}};

	for (size_t i = 0; i < sizeof(OF) / sizeof(*OF); i++) {
		uint8_t hash[32];
		struct operator_row row = {.id = bytes_text(OF[i].id),
					   .role = OF[i].role,
					   .disabled = OF[i].disabled};

		memset(hash, (int)i + 1, sizeof(hash));
		row.token_hash = bytes_of(hash, sizeof(hash));
		in_transaction(bed, add_operator, &row);
	}
}

static void open_files(struct snapbed *bed)
{
	bed->store = store_open(bed->dir, bed->error, sizeof(bed->error));
	if (bed->store == NULL)
		fail_msg("%s", bed->error);
	bed->keys = service_keys_open(bed->dir, NULL, true, bed->error,
				      sizeof(bed->error));
	if (bed->keys == NULL)
		fail_msg("%s", bed->error);
	bed->box = snapshot_box_new();
	assert_non_null(bed->box);
}

static void close_files(struct snapbed *bed)
{
	snapshot_box_free(bed->box);
	service_keys_free(bed->keys);
	store_close(bed->store);
}

void snapbed_open(struct snapbed *bed)
{
	memset(bed, 0, sizeof(*bed));
	assert_true(sodium_init() >= 0);
	city_world_init(&bed->world);
	bed->world.benefit.currency = bytes_text("KRW");
	bed->now_s = CITY_NOW;
	strcpy(bed->dir, "/tmp/oap-snapshot-XXXXXX");
	assert_non_null(mkdtemp(bed->dir));
	open_files(bed);
	add_facilities(bed);
	snapbed_put_benefit(bed, false);
	snapbed_put_document(bed, &bed->world.seoul, false);
	snapbed_put_document(bed, &bed->world.tokyo, false);
	snapbed_put_token(bed, &bed->world.seoul);
	snapbed_put_token(bed, &bed->world.tokyo);
	for (unsigned i = 0; i < SNAPBED_KIOSKS; i++)
		bed->kiosk[i] = city_key_make((uint8_t)(100 + i));
	qsort(bed->kiosk, SNAPBED_KIOSKS, sizeof(*bed->kiosk), compare_keys);
	for (unsigned i = 0; i < SNAPBED_KIOSKS; i++)
		put_kiosk(bed, &bed->kiosk[i]);
	add_operators(bed);
}

void snapbed_restart(struct snapbed *bed)
{
	close_files(bed);
	open_files(bed);
}

void snapbed_close(struct snapbed *bed)
{
	static const char *const NAMES[] = {"oapd.db", "oapd.db-wal",
					    "oapd.db-shm", "service.key"};
	char path[96];

	close_files(bed);
	for (size_t i = 0; i < sizeof(NAMES) / sizeof(*NAMES); i++) {
		snprintf(path, sizeof(path), "%s/%s", bed->dir, NAMES[i]);
		unlink(path);
	}
	assert_int_equal(rmdir(bed->dir), 0);
}

bool snapbed_try(struct snapbed *bed)
{
	return snapshot_remake(bed->box, bed->store, bed->keys,
			       bed->now_s * 1000, bed->error,
			       sizeof(bed->error));
}

const struct snapshot *snapbed_remake(struct snapbed *bed)
{
	if (!snapbed_try(bed))
		fail_msg("%s", bed->error);
	return snapbed_now(bed);
}

const struct snapshot *snapbed_now(struct snapbed *bed)
{
	struct snapshot *s = snapshot_get(bed->box);

	snapshot_drop(s); /* the box still holds it */
	return s;
}

struct bundle snapbed_bundle(const struct snapbed *bed,
			     const struct snapshot *s)
{
	const char *etag;
	struct bytes message = snapshot_bundle(s, &etag);
	struct outbuf scratch =
	    outbuf_in(test_malloc(message.n + 64), message.n + 64);
	struct bundle b;

	assert_true(bundle_read(message, &b));
	assert_memory_equal(b.service_kid, bed->keys->kid, 8);
	assert_true(cose_verify(&b.cose, bed->keys->pk, &scratch));
	test_free(scratch.p);
	return b;
}
