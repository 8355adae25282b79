/* SPDX-License-Identifier: Apache-2.0 */
/* tool_bundle.c: bundles as JSON and back, every list of theirs read and
 * written part by part. */
#include "tool_message.h"

#include <string.h>

#include "bundle.h"

#define HEX(array) json_of_hex(array, sizeof(array))
#define HEX_INTO(f, key, array) field_hex_exact(f, key, array, sizeof(array))

static const char UNREADABLE[] = "unreadable", UNVERIFIED[] = "unverified";

/* A list that is encoded in the arena: what it is made of is copied into it,
 * so that it alone is kept. */
static struct outbuf list_begin(struct fields *f)
{
	struct outbuf *arena = f->arena;
	struct outbuf list =
	    outbuf_in(arena->p + arena->n, (arena->cap - arena->n) / 2);

	arena->n += list.cap;
	return list;
}

static struct bytes list_end(struct fields *f, const struct outbuf *list)
{
	f->arena->n = (size_t)(list->p - f->arena->p) + list->n;
	f->failed |= list->failed;
	return out_view(list);
}

static json_t *issuer_fields(const struct bundle_issuer *i)
{
	json_t *tokens = json_array();
	struct cbor_in in = cbor_members(i->tokens);
	struct bytes token;

	while (bundle_next_token(&in, &token))
		append(tokens, json_of_hex(token.p, token.n));
	return json_pack("[o,o,o]", HEX(i->root),
			 json_of_hex(i->document.p, i->document.n), tokens);
}

static void issuer_from(struct outbuf *scratch, struct fields *f,
			const json_t *row)
{
	struct bytes root = value_hex(f, json_array_get(row, 0));
	struct bytes document = value_hex(f, json_array_get(row, 1));
	const json_t *tokens = json_array_get(row, 2), *token;
	struct outbuf list = list_begin(f);
	size_t i;

	cbor_put_array(&list, json_array_size(tokens));
	json_array_foreach ((json_t *)(uintptr_t)tokens, i, token)
		cbor_put_bytes(&list, value_hex(f, token));
	struct bytes encoded = list_end(f, &list);
	f->failed |= root.n != 32;
	if (root.n == 32)
		bundle_put_issuer(scratch, root.p, document, encoded);
}

static json_t *facility_fields(const struct facility *x)
{
	json_t *o = json_object(), *changes = json_array();

	put(o, "1", json_of_text(x->id));
	put(o, "2", json_of_text(x->city));
	put(o, "3", names_fields(&x->names));
	put(o, "4", json_of_text(x->currency));
	put(o, "5", json_of_int(x->zone.first));
	for (size_t i = 0; i < x->zone.count; i++)
		append(changes,
		       json_pack("[o,o]", json_of_int(x->zone.change[i].from),
				 json_of_int(x->zone.change[i].offset)));
	put(o, "6", changes);
	return o;
}

static void facility_from(struct outbuf *scratch, struct fields *f,
			  const json_t *row)
{
	struct fields in = fields_in(f, row);
	const json_t *changes = field_json(&in, "6"), *change;
	struct facility x = {.id = field_text(&in, "1"),
			     .city = field_text(&in, "2"),
			     .names = names_from(&in, "3"),
			     .currency = field_text(&in, "4")};
	size_t i;

	x.zone.first = (int32_t)field_int(&in, "5");
	json_array_foreach ((json_t *)(uintptr_t)changes, i, change) {
		if (i == TRANSITIONS_MAX)
			break;
		x.zone.change[i].from =
		    value_int(&in, json_array_get(change, 0));
		x.zone.change[i].offset =
		    (int32_t)value_int(&in, json_array_get(change, 1));
		x.zone.count = i + 1;
	}
	f->failed |= in.failed;
	facility_put(scratch, &x);
}

/* An encoded array of texts, unsigned numbers, or arrays of those. */
static json_t *list_fields(struct bytes encoded)
{
	struct cbor_in in = cbor_reader(encoded);
	json_t *list = json_array();
	struct bytes text, inner;
	uint64_t number;
	size_t count;

	if (!cbor_array(&in, &count))
		return list;
	while (!cbor_at_end(&in)) {
		if (cbor_text(&in, &text))
			append(list, json_of_text(text));
		else if (cbor_uint(&in, &number))
			append(list, json_of_uint(number));
		else if (cbor_item(&in, &inner))
			append(list, list_fields(inner));
		else
			break;
	}
	return list;
}

static void list_put(struct outbuf *out, struct fields *f, const json_t *list,
		     bool text)
{
	const json_t *value;
	size_t i;

	cbor_put_array(out, json_array_size(list));
	json_array_foreach ((json_t *)(uintptr_t)list, i, value) {
		if (json_is_array(value))
			list_put(out, f, value, text);
		else if (text)
			cbor_put_text(out, value_text(f, value));
		else
			cbor_put_uint(out, value_uint(f, value));
	}
}

static struct bytes list_from(struct fields *f, const char *key, bool text)
{
	if (!field_given(f, key))
		return bytes_of(NULL, 0);
	struct outbuf list = list_begin(f);
	list_put(&list, f, field_json(f, key), text);
	return list_end(f, &list);
}

static void put_list_if(json_t *o, const char *key, struct bytes encoded)
{
	if (encoded.n > 0)
		put(o, key, list_fields(encoded));
}

static json_t *benefit_fields(const struct benefit *b)
{
	json_t *o = json_object();

	put(o, "1", json_of_text(b->id));
	put(o, "2", names_fields(&b->names));
	put_list_if(o, "3", b->facilities);
	put_list_if(o, "4", b->issuers);
	put_list_if(o, "5", b->classes);
	put(o, "6", json_of_uint(b->kind));
	put(o, "7", json_of_int(b->value));
	put(o, "8", json_of_int(b->rounding_unit));
	put(o, "9", json_of_uint(b->party_max));
	put(o, "10", json_pack("[o,o,o]", json_of_uint(b->limit),
			       json_of_uint(b->per), json_of_uint(b->scope)));
	if (b->first_date != 0)
		put(o, "11", json_of_int(b->first_date));
	if (b->last_date != 0)
		put(o, "12", json_of_int(b->last_date));
	put_list_if(o, "13", b->hours);
	put_list_if(o, "14", b->closed);
	put(o, "15", json_of_uint(b->live));
	put(o, "16", json_boolean(b->offline));
	put(o, "17", json_of_uint(b->reversal_minutes));
	put(o, "18", json_of_text(b->currency));
	return o;
}

static void benefit_from(struct outbuf *scratch, struct fields *f,
			 const json_t *row)
{
	struct fields in = fields_in(f, row);
	const json_t *limit = field_json(&in, "10");
	struct benefit b = {
	    .id = field_text(&in, "1"),
	    .names = names_from(&in, "2"),
	    .facilities = list_from(&in, "3", true),
	    .issuers = list_from(&in, "4", true),
	    .classes = list_from(&in, "5", false),
	    .kind = (enum benefit_kind)field_uint(&in, "6"),
	    .value = field_int(&in, "7"),
	    .rounding_unit = field_int(&in, "8"),
	    .party_max = (uint32_t)field_uint(&in, "9"),
	    .limit = (uint32_t)value_uint(&in, json_array_get(limit, 0)),
	    .per = (enum limit_per)value_uint(&in, json_array_get(limit, 1)),
	    .scope =
		(enum limit_scope)value_uint(&in, json_array_get(limit, 2)),
	    .hours = list_from(&in, "13", false),
	    .closed = list_from(&in, "14", false),
	    .live = (enum live_rule)field_uint(&in, "15"),
	    .offline = field_bool(&in, "16"),
	    .reversal_minutes = (uint32_t)field_uint(&in, "17"),
	    .currency = field_text(&in, "18")};

	if (field_given(&in, "11"))
		b.first_date = (int32_t)field_int(&in, "11");
	if (field_given(&in, "12"))
		b.last_date = (int32_t)field_int(&in, "12");
	f->failed |= in.failed;
	benefit_put(scratch, &b);
}

static json_t *policy_fields(const struct policy *p)
{
	json_t *o = json_object();
	struct cbor_in in = cbor_reader(p->offline_amounts);
	struct bytes currency;
	uint64_t amount;
	size_t pairs;

	put(o, "1", json_of_uint(p->soft_age_s));
	put(o, "2", json_of_uint(p->hard_age_s));
	put(o, "3", json_of_uint(p->skew_s));
	put(o, "4", json_of_uint(p->presentation_window_s));
	put(o, "5", json_of_uint(p->offline_uses));
	if (p->offline_amounts.n > 0 && cbor_map(&in, &pairs)) {
		json_t *amounts = json_object();

		while (cbor_text(&in, &currency) && cbor_uint(&in, &amount)) {
			json_t *key = json_of_text(currency);

			put(amounts, json_string_value(key),
			    json_of_uint(amount));
			json_decref(key);
		}
		put(o, "6", amounts);
	}
	put(o, "7", json_of_uint(p->deadline_ms));
	put(o, "8", json_of_uint(p->status_hard_cap_s));
	return o;
}

/* The writer takes the currencies in their order; JSON here comes sorted. */
static struct bytes amounts_from(struct fields *f)
{
	const json_t *amounts = field_json(f, "6");
	struct outbuf map = list_begin(f);
	const char *currency;
	json_t *amount;

	cbor_put_map(&map, json_object_size(amounts));
	json_object_foreach ((json_t *)(uintptr_t)amounts, currency, amount) {
		cbor_put_text(&map, bytes_text(currency));
		cbor_put_uint(&map, value_uint(f, amount));
	}
	return list_end(f, &map);
}

static struct policy policy_from(struct fields *f, const json_t *row)
{
	struct fields in = fields_in(f, row);
	struct policy p = {
	    .soft_age_s = field_uint(&in, "1"),
	    .hard_age_s = field_uint(&in, "2"),
	    .skew_s = (uint32_t)field_uint(&in, "3"),
	    .presentation_window_s = (uint32_t)field_uint(&in, "4"),
	    .offline_uses = field_uint(&in, "5"),
	    .deadline_ms = (uint32_t)field_uint(&in, "7"),
	    .status_hard_cap_s = field_uint(&in, "8")};

	if (field_given(&in, "6"))
		p.offline_amounts = amounts_from(&in);
	f->failed |= in.failed;
	return p;
}

static json_t *kiosk_fields(const struct bundle_kiosk *k)
{
	return json_pack("[o,o,o]", HEX(k->kid), json_of_text(k->facility),
			 json_of_uint(k->state));
}

static void kiosk_from(struct outbuf *scratch, struct fields *f,
		       const json_t *row)
{
	struct bundle_kiosk k = {
	    .facility = value_text(f, json_array_get(row, 1)),
	    .state =
		(enum device_state)value_uint(f, json_array_get(row, 2))};
	struct bytes kid = value_hex(f, json_array_get(row, 0));

	f->failed |= kid.n != 8;
	if (kid.n == 8)
		memcpy(k.kid, kid.p, 8);
	bundle_put_kiosk(scratch, &k);
}

static void pin_from(struct outbuf *scratch, struct fields *f,
		     const json_t *row)
{
	cbor_put_bytes(scratch, value_hex(f, row));
}

static void bundle_lists(json_t *o, const struct bundle *b)
{
	json_t *issuers = json_array(), *facilities = json_array();
	json_t *benefits = json_array(), *kiosks = json_array();
	json_t *pins = json_array();
	struct bundle_issuer issuer;
	struct facility facility;
	struct benefit benefit;
	struct bundle_kiosk kiosk;
	uint8_t pin[32];

	struct cbor_in in = cbor_members(b->issuers);
	while (bundle_next_issuer(&in, &issuer))
		append(issuers, issuer_fields(&issuer));
	in = cbor_members(b->facilities);
	while (bundle_next_facility(&in, &facility))
		append(facilities, facility_fields(&facility));
	in = cbor_members(b->benefits);
	while (bundle_next_benefit(&in, &benefit))
		append(benefits, benefit_fields(&benefit));
	in = cbor_members(b->kiosks);
	while (bundle_next_kiosk(&in, &kiosk))
		append(kiosks, kiosk_fields(&kiosk));
	in = cbor_members(b->pins);
	while (bundle_next_pin(&in, pin))
		append(pins, HEX(pin));
	put(o, "4", issuers);
	put(o, "5", facilities);
	put(o, "6", benefits);
	put(o, "9", kiosks);
	put(o, "10", pins);
}

static json_t *bundle_show(struct bytes message, const struct tool_key *key,
			   struct outbuf *scratch, const char **why)
{
	struct bundle b;

	*why = UNREADABLE;
	if (!bundle_read(message, &b))
		return NULL;
	*why = UNVERIFIED;
	if (memcmp(b.service_kid, key->kid, 8) != 0 ||
	    !cose_verify(&b.cose, key->pk, scratch))
		return NULL;
	json_t *o = json_object();
	put(o, "1", json_of_uint(b.epoch));
	put(o, "2", json_of_uint(b.made_at));
	put(o, "3", json_of_uint(b.good_until));
	bundle_lists(o, &b);
	put(o, "7", policy_fields(&b.policy));
	if (b.has_next_key)
		put(o, "8", HEX(b.next_key));
	return o;
}

static struct bytes rows_from(struct outbuf *scratch, struct fields *f,
			      const char *key,
			      void (*from)(struct outbuf *, struct fields *,
					   const json_t *))
{
	const json_t *rows = field_json(f, key), *row;
	size_t i, at = array_begin(scratch, rows);

	json_array_foreach ((json_t *)(uintptr_t)rows, i, row)
		from(scratch, f, row);
	return array_end(scratch, at);
}

static void bundle_make(struct outbuf *out, struct fields *f,
			const struct tool_key *key, struct outbuf *scratch)
{
	struct bundle b = {.epoch = field_uint(f, "1"),
			   .made_at = field_uint(f, "2"),
			   .good_until = field_uint(f, "3"),
			   .has_next_key = field_given(f, "8")};

	b.facilities = rows_from(scratch, f, "5", facility_from);
	b.benefits = rows_from(scratch, f, "6", benefit_from);
	b.kiosks = rows_from(scratch, f, "9", kiosk_from);
	b.pins = rows_from(scratch, f, "10", pin_from);
	b.policy = policy_from(f, field_json(f, "7"));
	b.issuers = rows_from(scratch, f, "4", issuer_from);
	if (b.has_next_key)
		HEX_INTO(f, "8", b.next_key);
	struct outbuf rest =
	    outbuf_in(scratch->p + scratch->n, scratch->cap - scratch->n);
	bundle_put(out, &b, key->pk, key->sk, &rest);
}

const struct tool_typ tool_bundle = {TYP_BUNDLE, bundle_show, bundle_make};
