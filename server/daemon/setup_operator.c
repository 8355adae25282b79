/* SPDX-License-Identifier: Apache-2.0 */
/* setup_operator.c: operators, their roles and bearer tokens. A token is shown
 * once, when it is made; only its SHA-256 is kept. */
#include "setup_act.h"

#include <sodium.h>
#include <string.h>

static const char *const add_fields[] = {"id", "role", NULL};
static const char *const set_fields[] = {"role", "disabled", "new_token",
					 NULL};

#define ROLE_CHOICES "viewer, operator, admin"
#define TOKEN_BYTES 32
#define TOKEN_TEXT                                                          \
	sodium_base64_ENCODED_LEN(TOKEN_BYTES,                              \
				  sodium_base64_VARIANT_URLSAFE_NO_PADDING)

static const char *const ROLES[ROLE_COUNT] = {
    [ROLE_VIEWER] = "viewer",
    [ROLE_OPERATOR] = "operator",
    [ROLE_ADMIN] = "admin",
};

const char *role_name(unsigned role)
{
	return role < ROLE_COUNT ? ROLES[role] : "unknown";
}

int role_of(const char *name)
{
	for (int role = 0; role < ROLE_COUNT; role++) {
		if (strcmp(ROLES[role], name) == 0)
			return role;
	}
	return -1;
}

/* What is stored of an operator, and may change. */
struct operator_form {
	char id[NAME_ID_MAX + 1];
	int role;
	bool disabled;
	uint8_t token_hash[crypto_hash_sha256_BYTES];
	int64_t created_ms;
};

static struct operator_row row_of(const struct operator_form *form)
{
	return (struct operator_row){
	    .id = bytes_text(form->id),
	    .role = (unsigned)form->role,
	    .token_hash = bytes_of(form->token_hash, sizeof(form->token_hash)),
	    .disabled = form->disabled,
	    .created_ms = form->created_ms,
	};
}

static void make_token(const struct setup_env *env, struct operator_form *form,
		       char text[static TOKEN_TEXT])
{
	uint8_t token[TOKEN_BYTES];

	env->random(token, sizeof(token));
	sodium_bin2base64(text, TOKEN_TEXT, token, sizeof(token),
			  sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	crypto_hash_sha256(form->token_hash, (const uint8_t *)text,
			   strlen(text));
	sodium_memzero(token, sizeof(token));
}

/* The object, and the token beside it in the reply alone. */
static enum store_result show(struct act_run *run,
			      const struct operator_form *form,
			      const char *token)
{
	struct operator_row row = row_of(form);

	run->after = operator_json(&row);
	run->reply = json_deep_copy(run->after);
	if (token[0] != '\0' &&
	    json_object_set_new(run->reply, "token", json_string(token)) != 0)
		return act_no_memory(run);
	run->changed = true;
	return run->after != NULL && run->reply != NULL ? STORE_OK
							: act_no_memory(run);
}

static bool read_add(const json_t *body, struct operator_form *form,
		     struct problem *p)
{
	struct taker t = {body, "", p};
	struct bytes id;

	if (!take_name_id(&t, "id", TAKE_NEEDED, &id))
		return false;
	/* What local users sign as. */
	if (id.n >= 4 && memcmp(id.p, "uid-", 4) == 0)
		return take_refuse(&t, "id", "must not begin with uid-");
	return bytes_to_text(id, form->id, sizeof(form->id)) &&
	       take_choice(&t, "role", TAKE_NEEDED, role_of, ROLE_CHOICES,
			   &form->role);
}

static bool check_add(const json_t *body, struct problem *p)
{
	struct operator_form form;

	return read_add(body, &form, p);
}

static enum store_result run_add(struct act_run *run)
{
	struct operator_form form = {.created_ms = run->now_ms};
	char token[TOKEN_TEXT];
	struct operator_row row;
	enum store_result r;

	if (!read_add(run->body, &form, run->problem))
		return STORE_NONE;
	run->id = json_string_value(json_object_get(run->body, "id"));
	make_token(run->env, &form, token);
	row = row_of(&form);
	r = store_operator_add(run->store, &row);
	if (r == STORE_EXISTS)
		r = act_exists(run, "operator");
	else if (r == STORE_OK)
		r = show(run, &form, token);
	sodium_memzero(token, sizeof(token));
	return r;
}

static bool take_stored(void *arg, const void *stored)
{
	struct operator_form *form = arg;
	const struct operator_row *row = stored;

	form->role = (int)row->role;
	form->disabled = row->disabled;
	form->created_ms = row->created_ms;
	if (row->token_hash.n != sizeof(form->token_hash))
		return false;
	memcpy(form->token_hash, row->token_hash.p, sizeof(form->token_hash));
	return bytes_to_text(row->id, form->id, sizeof(form->id));
}

static enum store_result run_set(struct act_run *run)
{
	struct taker t = {run->body, "", run->problem};
	struct bytes id = bytes_text(run->id);
	struct operator_form form = {0};
	char token[TOKEN_TEXT] = "";
	struct operator_row row;
	bool new_token = false;
	enum store_result r;

	r = store_operators(run->store, &id, take_stored, &form);
	if (r == STORE_NONE)
		return act_not_found(run, "operator", "oapctl operator list");
	if (r != STORE_OK)
		return r;
	row = row_of(&form);
	run->before = operator_json(&row);
	if (!take_choice(&t, "role", TAKE_OPTIONAL, role_of, ROLE_CHOICES,
			 &form.role) ||
	    !take_flag(&t, "disabled", TAKE_OPTIONAL, &form.disabled) ||
	    !take_flag(&t, "new_token", TAKE_OPTIONAL, &new_token))
		return STORE_NONE;
	if (new_token)
		make_token(run->env, &form, token);
	row = row_of(&form);
	r = store_operator_set(run->store, &row);
	if (r == STORE_OK)
		r = show(run, &form, token);
	/* A new token is a change, though the object shows none. */
	if (r == STORE_OK && new_token &&
	    json_object_set_new(run->after, "new_token", json_true()) != 0)
		r = act_no_memory(run);
	sodium_memzero(token, sizeof(token));
	return r;
}

static const struct setup_act operator_add = {"operator.add", add_fields, 201,
					      check_add, run_add};
static const struct setup_act operator_set = {"operator.set", set_fields, 200,
					      NULL, run_set};

struct setup_change *setup_operator_add(const json_t *body, struct problem *p)
{
	return setup_change_new(&operator_add, NULL, body, p);
}

struct setup_change *setup_operator_set(const char *id, const json_t *body,
					struct problem *p)
{
	return setup_change_new(&operator_set, id, body, p);
}

json_t *operator_json(const struct operator_row *row)
{
	return json_pack("{s:o, s:s, s:b, s:I}", "id", json_of_bytes(row->id),
			 "role", role_name(row->role), "disabled",
			 (int)row->disabled, "created_ms",
			 (json_int_t)row->created_ms);
}
