/* SPDX-License-Identifier: Apache-2.0 */
/* tool_json.c: the values of a payload as JSON, and back. */
#include "tool_message.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cbor.h"

struct fields fields_in(const struct fields *outer, const json_t *object)
{
	return (struct fields){object, outer->arena, outer->failed};
}

bool field_given(const struct fields *f, const char *key)
{
	return json_object_get(f->object, key) != NULL;
}

const json_t *field_json(struct fields *f, const char *key)
{
	const json_t *value = json_object_get(f->object, key);

	if (value == NULL)
		f->failed = true;
	return value;
}

static const char *text_of(struct fields *f, const json_t *value)
{
	const char *text = json_string_value(value);

	if (text == NULL || text[0] == '\0') {
		f->failed |= text == NULL;
		return "";
	}
	return text;
}

uint64_t value_uint(struct fields *f, const json_t *value)
{
	const char *text = text_of(f, value);
	char *end;

	errno = 0;
	uint64_t v = strtoull(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0' || text[0] == '-')
		f->failed = true;
	return v;
}

int64_t value_int(struct fields *f, const json_t *value)
{
	const char *text = text_of(f, value);
	char *end;

	errno = 0;
	int64_t v = strtoll(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0')
		f->failed = true;
	return v;
}

static struct bytes room(struct fields *f, size_t n)
{
	struct outbuf *arena = f->arena;

	if (arena->cap - arena->n < n) {
		f->failed = true;
		return bytes_of(NULL, 0);
	}
	struct bytes view = bytes_of(arena->p + arena->n, n);
	arena->n += n;
	return view;
}

struct bytes value_text(struct fields *f, const json_t *value)
{
	struct bytes from = bytes_text(text_of(f, value));
	struct bytes view = room(f, from.n);

	if (view.n > 0)
		memcpy(f->arena->p + (f->arena->n - view.n), from.p, view.n);
	return view;
}

struct bytes value_hex(struct fields *f, const json_t *value)
{
	struct bytes text = bytes_text(text_of(f, value));
	struct bytes view = room(f, text.n / 2);

	if (text.n > 0 &&
	    !hex_decode(text, f->arena->p + (f->arena->n - view.n), view.n))
		f->failed = true;
	return view;
}

uint64_t field_uint(struct fields *f, const char *key)
{
	return value_uint(f, field_json(f, key));
}

int64_t field_int(struct fields *f, const char *key)
{
	return value_int(f, field_json(f, key));
}

bool field_bool(struct fields *f, const char *key)
{
	const json_t *value = field_json(f, key);

	f->failed |= !json_is_boolean(value);
	return json_is_true(value);
}

struct bytes field_text(struct fields *f, const char *key)
{
	return value_text(f, field_json(f, key));
}

struct bytes field_hex(struct fields *f, const char *key)
{
	return value_hex(f, field_json(f, key));
}

void field_hex_exact(struct fields *f, const char *key, uint8_t *p, size_t n)
{
	struct bytes view = field_hex(f, key);

	if (view.n != n)
		f->failed = true;
	else
		memcpy(p, view.p, n);
}

json_t *json_of_uint(uint64_t v)
{
	return json_sprintf("%" PRIu64, v);
}

json_t *json_of_int(int64_t v)
{
	return json_sprintf("%" PRId64, v);
}

json_t *json_of_text(struct bytes v)
{
	return json_stringn((const char *)v.p, v.n);
}

json_t *json_of_hex(const uint8_t *p, size_t n)
{
	char *text = malloc(2 * n + 1);

	if (text == NULL)
		abort();
	text[0] = '\0';
	hex_encode(p, n, text);
	json_t *json = json_string(text);
	free(text);
	return json;
}

void put(json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new(object, key, value) != 0)
		abort();
}

void append(json_t *array, json_t *value)
{
	if (json_array_append_new(array, value) != 0)
		abort();
}

json_t *names_fields(const struct names *names)
{
	json_t *o = json_object();

	for (int lang = 0; lang < LANG_COUNT; lang++)
		if (names->text[lang].n > 0)
			put(o, language_tag((enum language)lang),
			    json_of_text(names->text[lang]));
	return o;
}

struct names names_from(struct fields *f, const char *key)
{
	struct names names = {0};
	struct fields in = fields_in(f, field_json(f, key));

	for (int lang = 0; lang < LANG_COUNT; lang++) {
		const char *tag = language_tag((enum language)lang);

		if (field_given(&in, tag))
			names.text[lang] = field_text(&in, tag);
	}
	f->failed |= in.failed;
	return names;
}

size_t array_begin(struct outbuf *scratch, const json_t *array)
{
	size_t at = scratch->n;

	cbor_put_array(scratch, json_array_size(array));
	return at;
}

struct bytes array_end(const struct outbuf *scratch, size_t at)
{
	return bytes_of(scratch->p + at, scratch->n - at);
}
