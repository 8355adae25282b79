/* SPDX-License-Identifier: Apache-2.0 */
/* The registry's passes, and the status lists that they have a place in. */
#include "registry.h"

#include <string.h>

#include "shuffle.h"
#include "sql.h"

/* A list is left when nine tenths of it are given out. */
static uint32_t usable(uint32_t capacity)
{
	return (uint32_t)((uint64_t)capacity * 9 / 10);
}

bool sql_add_list(struct registry *r, uint32_t n, uint32_t capacity,
		  random_fn *random, struct fault *fault)
{
	sqlite3_stmt *s = sql_get(r, SQL_ADD_LIST, fault);

	if (!s)
		return false;
	r->list = (struct list_info){.n = n, .capacity = capacity};
	random(r->shuffle_key, sizeof(r->shuffle_key));
	sql_bind_uint(s, 1, n);
	sql_bind_uint(s, 2, capacity);
	sql_bind_blob(s, 3, r->shuffle_key, sizeof(r->shuffle_key));
	return sql_run(r, s, fault);
}

static void read_list(sqlite3_stmt *s, struct list_info *out)
{
	out->n = (uint32_t)sql_uint(s, 0);
	out->capacity = (uint32_t)sql_uint(s, 1);
	out->given = (uint32_t)sql_uint(s, 2);
	out->published_at = sql_uint(s, 3);
}

static bool load_last_list(struct registry *r, struct fault *fault)
{
	sqlite3_stmt *s = sql_get(r, SQL_LAST_LIST, fault);
	enum found found = s ? sql_row(r, s, fault) : FOUND_FAILED;
	bool whole;

	if (found == FOUND_FAILED)
		return false;
	if (found == NOT_FOUND)
		return fault_set(fault, EXIT_IO, "%s: has no status list",
				 r->path);
	read_list(s, &r->list);
	whole = sql_blob(s, 4, r->shuffle_key, sizeof(r->shuffle_key));
	sql_done(s);
	if (!whole)
		return fault_set(fault, EXIT_IO, "%s: damaged in table list",
				 r->path);
	r->list_loaded = true;
	return true;
}

static bool open_next_list(struct registry *r, random_fn *random,
			   struct fault *fault)
{
	struct identity identity;
	uint32_t n = r->list.n + 1;
	sqlite3_stmt *s;

	if (n >= LISTS_PER_ISSUER_MAX)
		return fault_set(fault, EXIT_REFUSED,
				 "all %d status lists are full; a new issuer "
				 "name is needed", LISTS_PER_ISSUER_MAX);
	s = sql_get(r, SQL_SET_GIVEN, fault);
	if (!s || !registry_identity(r, &identity, fault))
		return false;
	sql_bind_uint(s, 1, r->list.given);
	sql_bind_uint(s, 2, r->list.n);
	return sql_run(r, s, fault) &&
	       sql_add_list(r, n, identity.capacity, random, fault);
}

bool registry_take_index(struct registry *r, random_fn *random,
			 struct pass_record *record, bool *opened,
			 struct fault *fault)
{
	if (!r->list_loaded && !load_last_list(r, fault))
		return false;
	if (r->list.given >= usable(r->list.capacity)) {
		if (!open_next_list(r, random, fault))
			return false;
		*opened = true;
	}
	record->list = r->list.n;
	record->place = r->list.given;
	record->idx = shuffle_at(r->shuffle_key, r->list.capacity,
				 record->place);
	r->list.given++;
	r->list_changed = true;
	return true;
}

bool registry_add_pass(struct registry *r, const struct pass_record *record,
		       struct fault *fault)
{
	sqlite3_stmt *s = sql_get(r, SQL_ADD_PASS, fault);

	if (!s)
		return false;
	sql_bind_uint(s, 1, record->list);
	sql_bind_uint(s, 2, record->place);
	sql_bind_uint(s, 3, record->idx);
	sql_bind_blob(s, 4, record->cti, 16);
	sql_bind_uint(s, 5, record->iat);
	sql_bind_uint(s, 6, record->exp);
	sql_bind_uint(s, 7, record->class);
	sql_bind_blob(s, 8, record->kid, 8);
	sql_bind_blob(s, 9, record->has_ref ? record->ref : NULL, REF_HASH);
	sql_bind_blob(s, 10, record->has_holder ? record->holder : NULL, 32);
	sql_bind_uint(s, 11, record->state);
	sql_bind_uint(s, 12, record->current);
	if (record->nbf)
		sql_bind_uint(s, 13, record->nbf);
	else
		sqlite3_bind_null(s, 13);
	return sql_run(r, s, fault);
}

bool registry_set_state(struct registry *r, const struct pass_record *record,
			struct fault *fault)
{
	sqlite3_stmt *s = sql_get(r, SQL_SET_STATE, fault);

	if (!s)
		return false;
	sql_bind_uint(s, 1, record->state);
	sql_bind_uint(s, 2, record->current);
	sql_bind_uint(s, 3, record->list);
	sql_bind_uint(s, 4, record->place);
	return sql_run(r, s, fault);
}

static bool read_record(sqlite3_stmt *s, struct pass_record *out)
{
	memset(out, 0, sizeof(*out));
	out->list = (uint32_t)sql_uint(s, 0);
	out->place = (uint32_t)sql_uint(s, 1);
	out->idx = (uint32_t)sql_uint(s, 2);
	out->iat = sql_uint(s, 4);
	out->exp = sql_uint(s, 5);
	out->class = (enum pass_class)sql_uint(s, 6);
	out->has_ref = sql_blob(s, 8, out->ref, REF_HASH);
	out->has_holder = sql_blob(s, 9, out->holder, 32);
	out->state = (enum status_value)sql_uint(s, 10);
	out->current = sql_uint(s, 11) == 1;
	out->nbf = sql_uint(s, 12); /* NULL reads as 0 */
	return sql_blob(s, 3, out->cti, 16) && sql_blob(s, 7, out->kid, 8);
}

static enum found find_one(struct registry *r, sqlite3_stmt *s,
			   struct pass_record *out, struct fault *fault)
{
	enum found found = sql_row(r, s, fault);

	if (found != FOUND)
		return found;
	if (!read_record(s, out)) {
		fault_set(fault, EXIT_IO, "%s: damaged in table pass",
			  r->path);
		found = FOUND_FAILED;
	}
	sql_done(s);
	return found;
}

enum found registry_pass(struct registry *r, const uint8_t cti[static 16],
			 struct pass_record *out, struct fault *fault)
{
	sqlite3_stmt *s = sql_get(r, SQL_PASS, fault);

	if (!s)
		return FOUND_FAILED;
	sql_bind_blob(s, 1, cti, 16);
	return find_one(r, s, out, fault);
}

enum found registry_pass_of_ref(struct registry *r,
				const uint8_t ref[static REF_HASH],
				uint64_t now, struct pass_record *out,
				struct fault *fault)
{
	sqlite3_stmt *s = sql_get(r, SQL_PASS_OF_REF, fault);

	if (!s)
		return FOUND_FAILED;
	sql_bind_blob(s, 1, ref, REF_HASH);
	sql_bind_uint(s, 2, now);
	return find_one(r, s, out, fault);
}

bool registry_passes_of_key(struct registry *r, const uint8_t kid[static 8],
			    const uint8_t *after, uint8_t (*cti)[16],
			    size_t max, size_t *n, struct fault *fault)
{
	sqlite3_stmt *s = sql_get(r, SQL_PASSES_OF_KEY, fault);
	enum found found = FOUND;

	*n = 0;
	if (!s)
		return false;
	sql_bind_blob(s, 1, after ? (const void *)after : "", after ? 16 : 0);
	sql_bind_blob(s, 2, kid, 8);
	sql_bind_uint(s, 3, max);
	while (*n < max && (found = sql_row(r, s, fault)) == FOUND)
		if (sql_blob(s, 0, cti[*n], 16))
			(*n)++;
	sql_done(s);
	return found != FOUND_FAILED;
}

static bool each(struct registry *r, enum sql which, const void *key,
		 size_t key_n, visit_pass_fn *visit, void *arg,
		 struct fault *fault)
{
	sqlite3_stmt *s = sql_get(r, which, fault);
	struct pass_record record;
	enum found found;

	if (!s)
		return false;
	sql_bind_blob(s, 1, key, key_n);
	while ((found = sql_row(r, s, fault)) == FOUND)
		if (read_record(s, &record) && !visit(arg, &record))
			break;
	sql_done(s);
	return found != FOUND_FAILED;
}

bool registry_each_of_cti(struct registry *r, const uint8_t cti[static 16],
			  visit_pass_fn *visit, void *arg, struct fault *fault)
{
	return each(r, SQL_EACH_OF_CTI, cti, 16, visit, arg, fault);
}

bool registry_each_of_ref(struct registry *r,
			  const uint8_t ref[static REF_HASH],
			  visit_pass_fn *visit, void *arg, struct fault *fault)
{
	return each(r, SQL_EACH_OF_REF, ref, REF_HASH, visit, arg, fault);
}

enum found registry_list(struct registry *r, uint32_t n,
			 struct list_info *out, struct fault *fault)
{
	sqlite3_stmt *s = sql_get(r, SQL_LIST, fault);
	enum found found;

	if (!s)
		return FOUND_FAILED;
	sql_bind_uint(s, 1, n);
	found = sql_row(r, s, fault);
	if (found == FOUND) {
		read_list(s, out);
		sql_done(s);
	}
	return found;
}

bool registry_fill_list(struct registry *r, uint32_t n, uint8_t *bits,
			struct fault *fault)
{
	sqlite3_stmt *s = sql_get(r, SQL_FILL_LIST, fault);
	struct list_info list;
	enum found found;

	if (registry_list(r, n, &list, fault) != FOUND || !s)
		return false;
	sql_bind_uint(s, 1, n);
	while ((found = sql_row(r, s, fault)) == FOUND) {
		uint64_t idx = sql_uint(s, 0);

		if (idx < list.capacity)
			statuslist_set(bits, 2, idx,
				       (unsigned)sql_uint(s, 1));
	}
	return found == NOT_FOUND;
}

bool registry_list_published(struct registry *r, uint32_t n, uint64_t at,
			     struct fault *fault)
{
	sqlite3_stmt *s = sql_get(r, SQL_SET_PUBLISHED, fault);

	if (!s)
		return false;
	sql_bind_uint(s, 1, at);
	sql_bind_uint(s, 2, n);
	return sql_run(r, s, fault);
}
