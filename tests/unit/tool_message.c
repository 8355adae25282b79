/* SPDX-License-Identifier: Apache-2.0 */
/* tool_message.c: reads requests on stdin, one JSON object a line, and answers
 * each with one on stdout.
 *
 * {"op":"read","typ":…,"message":hex,"seed":hex,"kid":hex?,"mac":hex?} reads
 * and verifies the message with the shipped code, and answers {"fields":…,
 * "again":hex}, again being the message made from those fields, or
 * {"refused":"unreadable"|"unverified"}.
 * {"op":"make","typ":…,"fields":…,…} answers {"message":hex} or {"refused":
 * "unwritable"}.
 * {"op":"strict","item":hex} answers {"strict":bool}: deterministic CBOR.
 * {"op":"derive","seed":hex,"peer":hex} answers {"mac":hex}, the COSE_Mac0 key
 * of that signer and of whoever has the other public key; or {"refused":…}.
 * {"op":"code"|"enrolcode","text":…} and {"op":"body","body":hex} answer what
 * was read, and "again", the same written from it; or {"refused":…}.
 * seed is the signer's; kid and mac are given for COSE_Mac0. */
#include "tool_message.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cose.h"
#include "key.h"

#define BUFFER ((size_t)32 << 20)

struct tool {
	struct outbuf arena, scratch, out;
};

static const struct tool_typ *typ_of(int64_t typ)
{
	for (size_t i = 0; i < tool_small_count; i++)
		if (tool_small[i].typ == typ)
			return &tool_small[i];
	for (size_t i = 0; i < tool_large_count; i++)
		if (tool_large[i].typ == typ)
			return &tool_large[i];
	return tool_bundle.typ == typ ? &tool_bundle : NULL;
}

static struct tool_key key_from(struct fields *f)
{
	struct tool_key key = {.given = true};
	uint8_t seed[32] = {0};

	field_hex_exact(f, "seed", seed, sizeof(seed));
	crypto_sign_seed_keypair(key.pk, key.sk, seed);
	key_kid(key.pk, key.kid);
	if (field_given(f, "mac")) {
		field_hex_exact(f, "mac", key.mac, sizeof(key.mac));
		field_hex_exact(f, "kid", key.kid, sizeof(key.kid));
	}
	return key;
}

static struct bytes make(struct tool *t, const struct tool_typ *typ,
			 const struct tool_key *key, const json_t *object)
{
	struct fields f = {object, &t->arena, false};

	t->scratch.n = t->out.n = 0;
	t->scratch.failed = t->out.failed = false;
	typ->make(&t->out, &f, key, &t->scratch);
	return f.failed || t->out.failed ? bytes_of(NULL, 0)
					 : out_view(&t->out);
}

static void answer_read(struct tool *t, const struct tool_typ *typ,
			struct fields *f, json_t *answer)
{
	struct tool_key key = key_from(f);
	struct bytes message = field_hex(f, "message");
	const char *why = "unreadable";
	json_t *fields = typ->show(message, &key, &t->scratch, &why);

	if (fields == NULL) {
		put(answer, "refused", json_string(why));
		return;
	}
	put(answer, "fields", fields);
	struct bytes again = make(t, typ, &key, fields);
	put(answer, "again", json_of_hex(again.p, again.n));
}

static void answer_make(struct tool *t, const struct tool_typ *typ,
			struct fields *f, json_t *answer)
{
	struct tool_key key = key_from(f);
	struct bytes message = make(t, typ, &key, field_json(f, "fields"));

	if (message.n == 0)
		put(answer, "refused", json_string("unwritable"));
	else
		put(answer, "message", json_of_hex(message.p, message.n));
}

static void answer_strict(struct fields *f, json_t *answer)
{
	enum cbor_fault fault = cbor_check(field_hex(f, "item"), NULL);

	put(answer, "strict", json_boolean(fault == CBOR_OK));
	put(answer, "fault", json_string(cbor_fault_text(fault)));
}

static void answer_derive(struct fields *f, json_t *answer)
{
	struct tool_key key = key_from(f);
	uint8_t peer[32] = {0}, mac[32];

	field_hex_exact(f, "peer", peer, sizeof(peer));
	if (key_derive_mac(key.sk, peer, mac))
		put(answer, "mac", json_of_hex(mac, sizeof(mac)));
	else
		put(answer, "refused", json_string("unusable"));
}

/* NULL: another operation. */
static json_t *answer_text(struct tool *t, const char *op, struct fields *f)
{
	if (strcmp(op, "code") == 0)
		return tool_code(field_text(f, "text"));
	if (strcmp(op, "enrolcode") == 0)
		return tool_enrolcode(field_text(f, "text"));
	if (strcmp(op, "body") == 0)
		return tool_body(field_hex(f, "body"), &t->out);
	return NULL;
}

static json_t *answer_line(struct tool *t, const json_t *request)
{
	struct fields f = {request, &t->arena, false};
	const char *op = json_string_value(json_object_get(request, "op"));
	json_int_t number =
	    json_integer_value(json_object_get(request, "typ"));
	const struct tool_typ *typ = typ_of((int64_t)number);
	json_t *answer = op != NULL ? answer_text(t, op, &f) : NULL;

	if (answer != NULL)
		return answer;
	answer = json_object();
	if (op != NULL && strcmp(op, "strict") == 0)
		answer_strict(&f, answer);
	else if (op != NULL && strcmp(op, "derive") == 0)
		answer_derive(&f, answer);
	else if (op != NULL && typ != NULL && strcmp(op, "read") == 0)
		answer_read(t, typ, &f, answer);
	else if (op != NULL && typ != NULL && strcmp(op, "make") == 0)
		answer_make(t, typ, &f, answer);
	else
		f.failed = true;
	if (f.failed)
		put(answer, "error", json_string("the request is not one"));
	return answer;
}

static struct outbuf buffer(void)
{
	uint8_t *p = malloc(BUFFER);

	if (p == NULL)
		abort();
	return outbuf_in(p, BUFFER);
}

int main(void)
{
	struct tool t = {buffer(), buffer(), buffer()};
	char *line = NULL;
	size_t size = 0;
	ssize_t length;

	if (sodium_init() < 0)
		return 4;
	while ((length = getline(&line, &size, stdin)) > 0) {
		json_t *request = json_loadb(line, (size_t)length, 0, NULL);

		t.arena.n = t.scratch.n = t.out.n = 0;
		t.arena.failed = t.scratch.failed = t.out.failed = false;
		json_t *answer = answer_line(&t, request);
		json_dumpf(answer, stdout, JSON_COMPACT);
		putchar('\n');
		fflush(stdout);
		json_decref(answer);
		json_decref(request);
	}
	free(line);
	free(t.arena.p);
	free(t.scratch.p);
	free(t.out.p);
	return 0;
}
