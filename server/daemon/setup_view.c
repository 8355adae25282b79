/* SPDX-License-Identifier: Apache-2.0 */
/* setup_view.c: set-up as JSON: each kind's rows through one visitor, and an
 * issuer with its keys and status lists. */
#include "setup_view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "issuerdoc.h"
#include "setup_act.h"

#define AUDIT_PAGE_DEFAULT 50
#define AUDIT_PAGE_MAX 500

/* Rows on their way into an array. */
struct listing {
	struct store *store;
	json_t *array;
	json_t *(*make)(struct store *s, const void *row);
};

static bool append(void *arg, const void *row)
{
	struct listing *listing = arg;

	return json_array_append_new(listing->array,
				     listing->make(listing->store, row)) == 0;
}

/* -------------------------------------------------------------- issuers */

static json_t *seconds_ms(uint64_t seconds)
{
	return json_integer((json_int_t)(seconds * 1000));
}

static json_t *keys_json(const struct issuerdoc *doc)
{
	struct cbor_in in = cbor_members(doc->keys);
	json_t *keys = json_array();
	struct issuer_key key;

	while (issuerdoc_next_key(&in, &key)) {
		json_t *o = json_pack(
		    "{s:o, s:s, s:o, s:o}", "kid",
		    json_of_hex(bytes_of(key.kid, sizeof(key.kid))), "state",
		    key_state_name(key.state), "from_ms", seconds_ms(key.from),
		    "until_ms",
		    key.has_until ? seconds_ms(key.until) : json_null());
		if (json_array_append_new(keys, o) != 0) {
			json_decref(keys);
			return NULL;
		}
	}
	return keys;
}

static json_t *text_or_null(struct bytes text)
{
	return text.n > 0 ? json_of_bytes(text) : json_null();
}

json_t *issuer_json(const struct issuer_row *row)
{
	struct issuerdoc doc;

	if (!issuerdoc_read(row->document, &doc))
		return NULL;
	return json_pack("{s:o, s:o, s:I, s:o, s:o, s:o, s:b, s:o, s:o}",
			 "iss",
			 json_of_bytes(row->iss), "root",
			 json_of_hex(row->root), "number",
			 (json_int_t)row->number, "made_at_ms",
			 seconds_ms(doc.made_at), "names",
			 json_of_names(&doc.names), "keys", keys_json(&doc),
			 "withdrawn", (int)row->withdrawn, "document_url",
			 text_or_null(row->document_url), "status_url",
			 text_or_null(row->status_url));
}

json_t *token_json(const struct token_row *row)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:I}", "uri",
			 json_of_bytes(row->uri), "signer",
			 json_of_hex(row->signer), "made_at_ms",
			 seconds_ms(row->iat), "soft_until_ms",
			 seconds_ms(row->iat + row->ttl), "expires_ms",
			 seconds_ms(row->exp), "entries",
			 (json_int_t)row->entries);
}

static json_t *make_token(struct store *s, const void *row)
{
	(void)s;
	return token_json(row);
}

static json_t *make_issuer(struct store *s, const void *row)
{
	const struct issuer_row *issuer = row;
	struct listing lists = {s, json_array(), make_token};
	json_t *o;

	if (lists.array == NULL ||
	    store_tokens(s, issuer->iss, append, &lists) != STORE_OK) {
		json_decref(lists.array);
		return NULL;
	}
	o = issuer_json(issuer);
	if (o == NULL) {
		json_decref(lists.array);
		return NULL;
	}
	if (json_object_set_new(o, "lists", lists.array) != 0) {
		json_decref(o);
		return NULL;
	}
	return o;
}

/* ---------------------------------------------------------- other kinds */

static json_t *make_facility(struct store *s, const void *row)
{
	(void)s;
	return facility_json(row);
}

static json_t *make_benefit(struct store *s, const void *row)
{
	(void)s;
	return benefit_row_json(row);
}

static json_t *make_kiosk(struct store *s, const void *row)
{
	(void)s;
	return kiosk_json(row);
}

static json_t *make_operator(struct store *s, const void *row)
{
	(void)s;
	return operator_json(row);
}

typedef enum store_result store_walk_kind(struct store *s,
					  const struct bytes *id,
					  store_visit *visit, void *arg);

static const struct kind {
	const char *plural, *noun, *list_command;
	store_walk_kind *walk;
	json_t *(*make)(struct store *s, const void *row);
} kinds[SETUP_KIND_COUNT] = {
    [SETUP_FACILITY] = {"facilities", "facility", "oapctl facility list",
			store_facilities, make_facility},
    [SETUP_BENEFIT] = {"benefits", "benefit", "oapctl benefit list",
		       store_benefits, make_benefit},
    [SETUP_ISSUER] = {"issuers", "issuer", "oapctl issuer list",
		      store_issuers, make_issuer},
    [SETUP_KIOSK] = {"kiosks", "kiosk", "oapctl kiosk list", store_kiosks,
		     make_kiosk},
    [SETUP_OPERATOR] = {"operators", "operator", "oapctl operator list",
			store_operators, make_operator},
    [SETUP_POLICY] = {"policy", "policy", "oapctl policy show", NULL, NULL},
};

const char *setup_kind_plural(enum setup_kind kind)
{
	return kinds[kind].plural;
}

static enum store_result view_policy(struct store *s, json_t **out)
{
	struct policy_holder holder;
	enum store_result r = policy_load(s, &holder);

	if (r != STORE_OK)
		return r;
	*out = policy_json(&holder.policy);
	return *out != NULL ? STORE_OK : STORE_FAILED;
}

/* All rows of a kind, or one: an array. */
static enum store_result list(struct store *s, enum setup_kind kind,
			      const struct bytes *id, json_t **out)
{
	struct listing listing = {s, json_array(), kinds[kind].make};
	enum store_result r = STORE_FAILED;

	if (listing.array != NULL)
		r = kinds[kind].walk(s, id, append, &listing);
	if (r == STORE_OK)
		*out = listing.array;
	else
		json_decref(listing.array);
	return r;
}

enum store_result setup_view_list(struct store *s, enum setup_kind kind,
				  json_t **out)
{
	enum store_result r;
	json_t *array;

	*out = NULL;
	if (kind == SETUP_POLICY)
		return view_policy(s, out);
	r = list(s, kind, NULL, &array);
	if (r != STORE_OK)
		return r;
	*out = json_pack("{s:o}", kinds[kind].plural, array);
	return *out != NULL ? STORE_OK : STORE_FAILED;
}

/* The id as it is stored: a kiosk's is 8 bytes. */
static bool stored_id(enum setup_kind kind, const char *id,
		      uint8_t kid[static 8], struct bytes *out)
{
	*out = bytes_text(id);
	if (kind != SETUP_KIOSK)
		return true;
	if (!hex_decode(bytes_text(id), kid, 8))
		return false;
	*out = bytes_of(kid, 8);
	return true;
}

enum store_result setup_view_one(struct store *s, enum setup_kind kind,
				 const char *id, json_t **out,
				 struct problem *p)
{
	enum store_result r = STORE_NONE;
	struct bytes stored;
	json_t *array;
	uint8_t kid[8];

	*out = NULL;
	if (kind == SETUP_POLICY)
		return view_policy(s, out);
	if (stored_id(kind, id, kid, &stored))
		r = list(s, kind, &stored, &array);
	if (r == STORE_OK) {
		*out = json_incref(json_array_get(array, 0));
		json_decref(array);
	} else if (r == STORE_NONE) {
		problem_set(p, 404, NULL, "%s \"%.64s\": unknown; %s shows "
			    "them", kinds[kind].noun, id,
			    kinds[kind].list_command);
	}
	return r;
}

/* ---------------------------------------------------------- audit trail */

struct audit_page {
	json_t *array;
	int64_t last;
};

static json_t *json_or_null(const char *text)
{
	json_t *value = NULL;

	if (text != NULL)
		value = json_loads(text, JSON_DECODE_ANY, NULL);
	return value != NULL ? value : json_null();
}

static bool append_audit(void *arg, const void *row)
{
	struct audit_page *page = arg;
	const struct audit_row *a = row;
	json_t *o = json_pack("{s:I, s:I, s:s, s:s, s:s, s:o, s:o, s:b}", "n",
			      (json_int_t)a->n, "at_ms", (json_int_t)a->at_ms,
			      "actor", a->actor, "action", a->action, "object",
			      a->object, "before", json_or_null(a->before),
			      "after", json_or_null(a->after), "alarm",
			      (int)a->alarm);

	page->last = a->n;
	return json_array_append_new(page->array, o) == 0;
}

/* A parameter that is a number of 1..max; absent: as it was. */
static bool whole_param(struct params params, const char *name, int64_t max,
			int64_t *out, struct problem *p)
{
	const char *text = param_get(params, name);
	char *end;
	long long n;

	if (text == NULL)
		return true;
	n = strtoll(text, &end, 10);
	if (text[0] < '1' || text[0] > '9' || *end != '\0' || n > max)
		return problem_set(p, 400, NULL,
				   "parameter \"%s\": must be a whole number "
				   "of 1 to %lld",
				   name, (long long)max);
	*out = n;
	return true;
}

enum store_result setup_view_audit(struct store *s, struct params params,
				   json_t **out, struct problem *p)
{
	static const char *const known[] = {"limit", "cursor", NULL};
	int64_t below = INT64_MAX, limit = AUDIT_PAGE_DEFAULT;
	struct audit_page page = {.last = 0};
	enum store_result r;

	*out = NULL;
	if (!params_known(params, known, p) ||
	    !whole_param(params, "limit", AUDIT_PAGE_MAX, &limit, p) ||
	    !whole_param(params, "cursor", INT64_MAX, &below, p))
		return STORE_NONE;
	page.array = json_array();
	if (page.array == NULL)
		return STORE_FAILED;
	r = store_audit(s, below, limit, append_audit, &page);
	if (r != STORE_OK) {
		json_decref(page.array);
		return r;
	}
	char cursor[24];
	bool more = (int64_t)json_array_size(page.array) == limit;
	snprintf(cursor, sizeof(cursor), "%lld", (long long)page.last);
	*out = json_pack("{s:o, s:s?}", "audit", page.array, "cursor",
			 more ? cursor : NULL);
	return *out != NULL ? STORE_OK : STORE_FAILED;
}
