/* SPDX-License-Identifier: Apache-2.0 */
/* setup_enrol.c: a new kiosk key, under a one-time code or under the key that
 * it replaces. A code is bound to the first key that uses it: that key may
 * repeat it and gets the same answer, another is refused and looked into. */
#include "setup_act.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "key.h"

/* An enrolment as it is kept in a change: its body, in hexadecimal. */
static const char *const enrol_fields[] = {"pk",	"secret",
					   "signature", "old",
					   "service",	"version", NULL};

struct enrol_form {
	uint8_t kid[8], pk[32];
	bool roll;
	uint8_t secret_hash[32];
	uint8_t signature[64], old[8];
	uint8_t service[8];
	struct bytes version;
	char kid_text[17];
};

static bool read_form(const json_t *body, struct enrol_form *form,
		      struct problem *p)
{
	struct taker t = {body, "", p};

	memset(form, 0, sizeof(*form));
	form->roll = take(&t, "signature") != NULL;
	if (!take_hex(&t, "pk", form->pk, sizeof(form->pk)) ||
	    !take_hex(&t, "service", form->service, sizeof(form->service)) ||
	    !take_text(&t, "version", TAKE_NEEDED, VERSION_MAX, &form->version))
		return false;
	if (form->roll &&
	    (!take_hex(&t, "signature", form->signature,
		       sizeof(form->signature)) ||
	     !take_hex(&t, "old", form->old, sizeof(form->old))))
		return false;
	if (!form->roll && !take_hex(&t, "secret", form->secret_hash,
				     sizeof(form->secret_hash)))
		return false;
	key_kid(form->pk, form->kid);
	hex_encode(form->kid, sizeof(form->kid), form->kid_text);
	return true;
}

/* A kiosk as it is stored; copies. */
struct known_kiosk {
	bool is_there;
	uint8_t pk[32];
	enum device_state state;
	char facility[NAME_ID_MAX + 1];
	char name[NAME_TEXT_MAX + 1];
	bool has_predecessor;
	uint8_t predecessor[8];
};

static bool copy_known(void *arg, const void *row)
{
	struct known_kiosk *known = arg;
	const struct kiosk_row *k = row;

	if (k->pk.n != sizeof(known->pk))
		return false;
	memcpy(known->pk, k->pk.p, sizeof(known->pk));
	known->is_there = true;
	known->state = k->state;
	known->has_predecessor = k->predecessor.n == sizeof(known->predecessor);
	if (known->has_predecessor)
		memcpy(known->predecessor, k->predecessor.p,
		       sizeof(known->predecessor));
	return bytes_to_text(k->facility, known->facility,
			     sizeof(known->facility)) &&
	       bytes_to_text(k->name, known->name, sizeof(known->name));
}

/* is_there says whether it is. */
static enum store_result find_kiosk(struct act_run *run,
				    const uint8_t kid[static 8],
				    struct known_kiosk *known)
{
	struct bytes key = bytes_of(kid, 8);
	enum store_result r;

	memset(known, 0, sizeof(*known));
	r = store_kiosks(run->store, &key, copy_known, known);
	return r == STORE_NONE ? STORE_OK : r;
}

static enum store_result answer(struct act_run *run, const char *kid,
				const char *facility, enum device_state state)
{
	struct epoch_row epoch;
	enum store_result r = store_epoch(run->store, &epoch);

	if (r == STORE_FAILED)
		return r;
	run->reply = json_pack("{s:s, s:s, s:s, s:I, s:I}", "kiosk", kid,
			       "facility", facility, "state",
			       device_state_name(state), "service_ms",
			       (json_int_t)run->now_ms, "epoch",
			       (json_int_t)epoch.epoch);
	return run->reply != NULL ? STORE_OK : act_no_memory(run);
}

/* The same key again: the same answer, and no change. */
static enum store_result answer_again(struct act_run *run,
				      const struct enrol_form *form,
				      const struct known_kiosk *known)
{
	enum store_result r;

	if (known->state == DEVICE_REVOKED) {
		problem_set(run->problem, 403, "revoked",
			    "kiosk %s: is revoked; make a new key and enrol "
			    "with a new code",
			    form->kid_text);
		run->problem->verdict = VERDICT_DEVICE_REVOKED;
		return STORE_NONE;
	}
	run->before = act_view(run, SETUP_KIOSK, form->kid_text, &r);
	run->after = json_incref(run->before);
	return r == STORE_OK ? answer(run, form->kid_text, known->facility,
				      known->state)
			     : r;
}

static enum store_result add_kiosk(struct act_run *run,
				   const struct enrol_form *form,
				   const struct kiosk_row *row)
{
	char facility[NAME_ID_MAX + 1];
	enum store_result r = store_kiosk_add(run->store, row);

	if (r != STORE_OK)
		return r == STORE_EXISTS ? STORE_FAILED : r;
	run->after = act_view(run, SETUP_KIOSK, form->kid_text, &r);
	run->changed = true;
	if (r != STORE_OK ||
	    !bytes_to_text(row->facility, facility, sizeof(facility)))
		return STORE_FAILED;
	return answer(run, form->kid_text, facility, row->state);
}

/* ------------------------------------------------------ under a code */

static enum store_result refuse_reuse(struct act_run *run,
				      const struct code_row *code)
{
	char kid[17];

	hex_encode(code->kid, sizeof(code->kid), kid);
	problem_set(run->problem, 403, "code-used",
		    "enrolment code: used already, by kiosk %.8s…; if that is "
		    "not this kiosk, somebody else has seen the code: revoke "
		    "%s and make a new code (oapctl kiosk add)",
		    kid, kid);
	return act_alarm(run, "enrolment.refused", kid);
}

static enum store_result refuse_code(struct act_run *run, const char *why)
{
	problem_set(run->problem, 403, "code-refused",
		    "enrolment code: %s; make a new one (oapctl kiosk add)",
		    why);
	return STORE_NONE;
}

static enum store_result enrol_by_code(struct act_run *run,
				       const struct enrol_form *form)
{
	struct known_kiosk known;
	struct code_row code;
	enum store_result r = find_kiosk(run, form->kid, &known);

	if (r != STORE_OK)
		return r;
	r = store_code_find(run->store, form->secret_hash, &code);
	if (r == STORE_NONE)
		return refuse_code(run, "unknown to this service");
	if (r != STORE_OK)
		return r;
	if (code.used && memcmp(code.kid, form->kid, sizeof(code.kid)) != 0)
		return refuse_reuse(run, &code);
	if (known.is_there && code.used)
		return answer_again(run, form, &known);
	if (known.is_there)
		return refuse_code(run, "this key is enrolled already under "
					"another; a kiosk has one key a place");
	if ((uint64_t)(run->now_ms / 1000) >= code.expires)
		return refuse_code(run, "its time is over");
	r = store_code_bind(run->store, form->secret_hash, form->kid);
	if (r != STORE_OK)
		return r == STORE_NONE ? STORE_FAILED : r;
	return add_kiosk(run, form,
			 &(struct kiosk_row){
			     .kid = bytes_of(form->kid, sizeof(form->kid)),
			     .pk = bytes_of(form->pk, sizeof(form->pk)),
			     .facility = bytes_text(code.facility),
			     .name = bytes_text(code.name),
			     .version = form->version,
			     .state = code.confirm ? DEVICE_PENDING
						   : DEVICE_ACTIVE,
			     .enrolled_ms = run->now_ms,
			 });
}

/* --------------------------------------------------- under the old key */

struct successor {
	const uint8_t *old;
	bool any;
};

static bool note_successor(void *arg, const void *row)
{
	struct successor *successor = arg;
	const struct kiosk_row *k = row;

	if (k->state != DEVICE_REVOKED &&
	    bytes_equal(k->predecessor, bytes_of(successor->old, 8)))
		successor->any = true;
	return true;
}

static enum store_result refuse_roll(struct act_run *run,
				     const struct enrol_form *form,
				     const char *why)
{
	char old[17];

	hex_encode(form->old, sizeof(form->old), old);
	problem_set(run->problem, 403, "roll-refused",
		    "key roll: %s; enrol with a new code (oapctl kiosk add)",
		    why);
	return act_alarm(run, "enrolment.refused", old);
}

static enum store_result roll(struct act_run *run,
			      const struct enrol_form *form)
{
	struct known_kiosk known, old;
	struct successor successor = {form->old, false};
	enum store_result r = find_kiosk(run, form->kid, &known);

	if (r == STORE_OK)
		r = find_kiosk(run, form->old, &old);
	if (r != STORE_OK)
		return r;
	if (!old.is_there ||
	    !key_verify(old.pk, bytes_of(form->kid, sizeof(form->kid)),
			bytes_of(form->signature, sizeof(form->signature)))) {
		problem_set(run->problem, 403, "roll-refused",
			    "key roll: not signed by a kiosk of this service");
		return STORE_NONE;
	}
	if (known.is_there) {
		if (known.has_predecessor &&
		    memcmp(known.predecessor, form->old, 8) == 0)
			return answer_again(run, form, &known);
		return refuse_roll(run, form,
				   "the new key is enrolled already");
	}
	if (old.state != DEVICE_ACTIVE)
		return refuse_roll(run, form, "the old key is not active");
	r = store_kiosks(run->store, NULL, note_successor, &successor);
	if (r != STORE_OK)
		return r;
	if (successor.any)
		return refuse_roll(run, form,
				   "the old key has a successor already");
	return add_kiosk(run, form,
			 &(struct kiosk_row){
			     .kid = bytes_of(form->kid, sizeof(form->kid)),
			     .pk = bytes_of(form->pk, sizeof(form->pk)),
			     .facility = bytes_text(old.facility),
			     .name = bytes_text(old.name),
			     .version = form->version,
			     .state = DEVICE_ACTIVE,
			     .enrolled_ms = run->now_ms,
			     .predecessor = bytes_of(form->old,
						     sizeof(form->old)),
			 });
}

static enum store_result run_enrol(struct act_run *run)
{
	uint8_t own[8];
	struct enrol_form form;

	if (!read_form(run->body, &form, run->problem))
		return STORE_NONE;
	key_kid(run->env->service_pk, own);
	if (memcmp(own, form.service, sizeof(own)) != 0) {
		problem_set(run->problem, 403, "other-service",
			    "enrolment: is for another service's key; scan the "
			    "code of this one");
		return STORE_NONE;
	}
	/* The id outlives the form: it is the change's. */
	run->id = json_string_value(json_object_get(run->body, "pk"));
	return form.roll ? roll(run, &form) : enrol_by_code(run, &form);
}

static const struct setup_act enrol = {"enrolment", enrol_fields, 200, NULL,
				       run_enrol};

static bool put_hex(json_t *o, const char *name, const uint8_t *p, size_t n)
{
	char text[2 * 64 + 1];

	hex_encode(p, n, text);
	return json_object_set_new(o, name, json_string(text)) == 0;
}

/* The secret is of use until the code is bound: only its hash is kept. */
static bool put_secret(json_t *o, const uint8_t secret[static 16])
{
	uint8_t hash[crypto_hash_sha256_BYTES];

	crypto_hash_sha256(hash, secret, 16);
	return put_hex(o, "secret", hash, sizeof(hash));
}

struct setup_change *setup_enrol(const struct enrolment *e, struct problem *p)
{
	struct setup_change *change = NULL;
	json_t *body = json_object();
	bool good = put_hex(body, "pk", e->pk, sizeof(e->pk)) &&
		    put_hex(body, "service", e->service_kid,
			    sizeof(e->service_kid)) &&
		    json_object_set_new(body, "version",
					json_of_bytes(e->version)) == 0;

	if (e->roll)
		good = good &&
		       put_hex(body, "signature", e->signature,
			       sizeof(e->signature)) &&
		       put_hex(body, "old", e->old_kid, sizeof(e->old_kid));
	else
		good = good && put_secret(body, e->secret);
	if (good)
		change = setup_change_new(&enrol, NULL, body, p);
	else
		problem_unavailable(p);
	json_decref(body);
	return change;
}
