/* SPDX-License-Identifier: Apache-2.0 */
/* setup_kiosk.c: codes that enrol kiosks; state, place and name of those that
 * are enrolled. */
#include "setup_act.h"

#include <sodium.h>
#include <string.h>

#include "enrolcode.h"

static const char *const add_fields[] = {"facility", "name", "confirm", NULL};
static const char *const set_fields[] = {"state", "facility", "name", NULL};

/* ------------------------------------------------------------- a code */

static bool read_add(const json_t *body, struct code_row *row,
		     struct problem *p)
{
	struct taker t = {body, "", p};
	struct bytes facility, name = {NULL, 0};

	memset(row, 0, sizeof(*row));
	return take_name_id(&t, "facility", TAKE_NEEDED, &facility) &&
	       bytes_to_text(facility, row->facility, sizeof(row->facility)) &&
	       take_text(&t, "name", TAKE_OPTIONAL, NAME_TEXT_MAX, &name) &&
	       bytes_to_text(name, row->name, sizeof(row->name)) &&
	       take_flag(&t, "confirm", TAKE_OPTIONAL, &row->confirm);
}

static bool check_add(const json_t *body, struct problem *p)
{
	struct code_row row;

	return read_add(body, &row, p);
}

static bool is_there(void *arg, const void *row)
{
	(void)arg;
	(void)row;
	return true;
}

static enum store_result check_facility(struct act_run *run,
					const char *facility)
{
	struct bytes id = bytes_text(facility);
	enum store_result r =
	    store_facilities(run->store, &id, is_there, NULL);

	if (r == STORE_NONE)
		problem_set(run->problem, 409, "unknown-facility",
			    "facility \"%s\": unknown; oapctl facility list "
			    "shows them",
			    facility);
	return r;
}

/* The text for people and QR codes; it holds the secret. */
static json_t *make_code(const struct setup_env *env,
			 const uint8_t secret[static 16], uint64_t expires)
{
	uint8_t text[ENROLCODE_MAX];
	struct outbuf out = outbuf_in(text, sizeof(text));
	struct enrolcode code = {
	    .url = bytes_text(env->public_url),
	    .has_pin = env->tls != NULL,
	    .expires = expires,
	};
	json_t *string;

	memcpy(code.service_pk, env->service_pk, sizeof(code.service_pk));
	if (env->tls != NULL)
		tls_pin(env->tls, code.pin);
	memcpy(code.secret, secret, sizeof(code.secret));
	enrolcode_put(&out, &code);
	string = out.failed ? NULL : json_of_bytes(out_view(&out));
	sodium_memzero(&code, sizeof(code));
	sodium_memzero(text, sizeof(text));
	return string;
}

static json_t *code_json(const struct code_row *row)
{
	return json_pack("{s:s, s:s, s:b, s:I}", "facility", row->facility,
			 "name", row->name, "confirm", (int)row->confirm,
			 "expires_ms", (json_int_t)row->expires * 1000);
}

static enum store_result run_add(struct act_run *run)
{
	uint8_t secret[16];
	struct code_row row;
	enum store_result r;

	if (!read_add(run->body, &row, run->problem))
		return STORE_NONE;
	run->id = row.facility;
	r = check_facility(run, row.facility);
	if (r != STORE_OK)
		return r;
	run->id = json_string_value(json_object_get(run->body, "facility"));
	row.made_ms = run->now_ms;
	row.expires = (uint64_t)(run->now_ms / 1000) + run->env->code_life_s;
	run->env->random(secret, sizeof(secret));
	crypto_hash_sha256(row.secret_hash, secret, sizeof(secret));
	r = store_code_add(run->store, &row);
	if (r == STORE_OK) {
		run->after = code_json(&row);
		run->reply = json_deep_copy(run->after);
		if (json_object_set_new(
			run->reply, "code",
			make_code(run->env, secret, row.expires)) != 0)
			r = act_no_memory(run);
	}
	sodium_memzero(secret, sizeof(secret));
	return r;
}

/* ------------------------------------------------------------- change */

/* What may be changed of a kiosk; facility and name are kept by themselves. */
struct kiosk_form {
	int state; /* enum device_state */
	char facility[NAME_ID_MAX + 1];
	char name[NAME_TEXT_MAX + 1];
};

/* Asked for by name; the others come about by themselves. */
static int asked_state_of(const char *name)
{
	if (strcmp(name, device_state_name(DEVICE_ACTIVE)) == 0)
		return DEVICE_ACTIVE;
	if (strcmp(name, device_state_name(DEVICE_REVOKED)) == 0)
		return DEVICE_REVOKED;
	return -1;
}

/* What the body names is put over what form holds. */
static bool read_set(const json_t *body, struct kiosk_form *form,
		     struct problem *p)
{
	struct taker t = {body, "", p};
	struct bytes facility = {NULL, 0}, name = {NULL, 0};

	return take_choice(&t, "state", TAKE_OPTIONAL, asked_state_of,
			   "active (confirms a pending kiosk), revoked",
			   &form->state) &&
	       take_name_id(&t, "facility", TAKE_OPTIONAL, &facility) &&
	       (facility.n == 0 || bytes_to_text(facility, form->facility,
						 sizeof(form->facility))) &&
	       take_text(&t, "name", TAKE_OPTIONAL, NAME_TEXT_MAX, &name) &&
	       (name.n == 0 ||
		bytes_to_text(name, form->name, sizeof(form->name)));
}

static bool check_set(const json_t *body, struct problem *p)
{
	struct kiosk_form form = {0};

	return read_set(body, &form, p);
}

static bool take_stored(void *arg, const void *stored)
{
	struct kiosk_form *form = arg;
	const struct kiosk_row *row = stored;

	form->state = (int)row->state;
	return bytes_to_text(row->facility, form->facility,
			     sizeof(form->facility)) &&
	       bytes_to_text(row->name, form->name, sizeof(form->name));
}

/* Pending may become active; whatever is not revoked may be. */
static bool may_become(int from, int to)
{
	return from == to || (to == DEVICE_ACTIVE && from == DEVICE_PENDING) ||
	       to == DEVICE_REVOKED;
}

static enum store_result save(struct act_run *run, struct bytes kid,
			      const struct kiosk_form *form)
{
	enum store_result r;

	run->before = act_view(run, SETUP_KIOSK, run->id, &r);
	if (r == STORE_OK)
		r = store_kiosk_state(run->store, kid,
				      (enum device_state)form->state);
	if (r == STORE_OK)
		r = store_kiosk_place(run->store, kid,
				      bytes_text(form->facility),
				      bytes_text(form->name), run->now_ms);
	if (r == STORE_OK)
		run->after = act_view(run, SETUP_KIOSK, run->id, &r);
	run->changed = true;
	return r;
}

static enum store_result run_set(struct act_run *run)
{
	struct kiosk_form form = {0};
	uint8_t kid[8] = {0};
	struct bytes key = bytes_of(kid, sizeof(kid));
	enum store_result r = STORE_NONE;
	int state;

	if (hex_decode(bytes_text(run->id), kid, sizeof(kid)))
		r = store_kiosks(run->store, &key, take_stored, &form);
	if (r == STORE_NONE)
		return act_not_found(run, "kiosk", "oapctl kiosk list");
	if (r != STORE_OK)
		return r;
	state = form.state;
	if (!read_set(run->body, &form, run->problem))
		return STORE_NONE;
	if (!may_become(state, form.state)) {
		problem_set(run->problem, 409, "state",
			    "kiosk \"%s\": is %s and stays it; enrol it anew "
			    "with oapctl kiosk add",
			    run->id, device_state_name((unsigned)state));
		return STORE_EXISTS;
	}
	r = check_facility(run, form.facility);
	return r == STORE_OK ? save(run, key, &form) : r;
}

static const struct setup_act kiosk_add = {"kiosk.code", add_fields, 201,
					   check_add, run_add};
static const struct setup_act kiosk_set = {"kiosk.set", set_fields, 200,
					   check_set, run_set};

struct setup_change *setup_kiosk_add(const json_t *body, struct problem *p)
{
	return setup_change_new(&kiosk_add, NULL, body, p);
}

struct setup_change *setup_kiosk_set(const char *kid, const json_t *body,
				     struct problem *p)
{
	return setup_change_new(&kiosk_set, kid, body, p);
}

static json_t *maybe(bool has, int64_t v)
{
	return has ? json_integer((json_int_t)v) : json_null();
}

static const char *chain_state(const struct kiosk_chain *c)
{
	static const char *const gaps[] = {[GAP_NONE] = "whole",
					   [GAP_OPEN] = "open",
					   [GAP_MISSING] = "missing"};

	return c->has_fork ? "fork" : gaps[c->gap];
}

static json_t *chain_json(const struct kiosk_chain *c)
{
	json_t *gap = json_null();

	if (c->gap != GAP_NONE)
		gap = json_pack("{s:b, s:I, s:I}", "missing",
				(int)(c->gap == GAP_MISSING), "from",
				(json_int_t)c->from, "to", (json_int_t)c->to);
	return json_pack("{s:s, s:o, s:o}", "state", chain_state(c), "fork",
			 maybe(c->has_fork, (int64_t)c->fork), "gap", gap);
}

json_t *kiosk_json(const struct kiosk_row *k)
{
	return json_pack(
	    "{s:o, s:o, s:o, s:s, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o,"
	    " s:{s:I, s:I}, s:o, s:o, s:I}",
	    "kid", json_of_hex(k->kid), "facility", json_of_bytes(k->facility),
	    "name", json_of_bytes(k->name), "state",
	    device_state_name(k->state), "enrolled_ms",
	    (json_int_t)k->enrolled_ms, "rolled_from",
	    k->predecessor.n > 0 ? json_of_hex(k->predecessor) : json_null(),
	    "last_report_ms", maybe(k->reported, k->reported_ms),
	    "queue_depth", maybe(k->reported, (int64_t)k->queue_depth),
	    "oldest_unsent", maybe(k->has_unsent, (int64_t)k->oldest_unsent),
	    "bundle_epoch", maybe(k->reported, (int64_t)k->epoch),
	    "clock_offset_ms", maybe(k->reported, k->offset_ms), "version",
	    json_of_bytes(k->version), "held", "seq", (json_int_t)k->held_seq,
	    "count", (json_int_t)k->held_count, "chain", chain_json(&k->chain),
	    "enrolment_refused_ms", maybe(k->refused, k->refused_ms),
	    "quarantined", (json_int_t)k->quarantined);
}

enum store_result setup_tick(struct store *store, int64_t now_ms,
			     bool *changed)
{
	struct audit_row row = {
	    .at_ms = now_ms,
	    .actor = "kiosk",
	    .action = "kiosk.rolled",
	    .object = "kiosks whose new key has reported",
	};
	enum store_result r = store_kiosks_roll(store, changed);

	return r == STORE_OK && *changed ? store_audit_add(store, &row) : r;
}
