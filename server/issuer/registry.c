/* SPDX-License-Identifier: Apache-2.0 */
/* The registry as a whole: who issues, its keys, its issuer document. */
#include "registry.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "key.h"
#include "sql.h"

void registry_close(struct registry *r)
{
	if (r)
		sql_close(r);
}

struct registry *registry_open(const char *path, struct fault *fault)
{
	struct registry *r = sql_open(path, fault);

	if (!r || sql_check_schema(r, fault))
		return r;
	sql_close(r);
	return NULL;
}

bool registry_begin(struct registry *r, struct fault *fault)
{
	sqlite3_stmt *s = sql_get(r, SQL_BEGIN, fault);

	r->list_loaded = r->list_changed = false;
	return s && sql_run(r, s, fault);
}

static bool store_given(struct registry *r, struct fault *fault)
{
	sqlite3_stmt *s = sql_get(r, SQL_SET_GIVEN, fault);

	if (!s)
		return false;
	sql_bind_uint(s, 1, r->list.given);
	sql_bind_uint(s, 2, r->list.n);
	return sql_run(r, s, fault);
}

bool registry_commit(struct registry *r, struct fault *fault)
{
	sqlite3_stmt *s;

	if (r->list_changed && !store_given(r, fault))
		return false;
	r->list_loaded = r->list_changed = false;
	s = sql_get(r, SQL_COMMIT, fault);
	return s && sql_run(r, s, fault);
}

void registry_rollback(struct registry *r)
{
	struct fault ignored; /* there is nothing to do about it */
	sqlite3_stmt *s;

	r->list_loaded = r->list_changed = false;
	if (sqlite3_get_autocommit(r->db))
		return;
	s = sql_get(r, SQL_ROLLBACK, &ignored);
	if (s && !sql_run(r, s, &ignored))
		return;
}

static bool add_names(struct registry *r, const struct identity *identity,
		      struct fault *fault)
{
	for (unsigned lang = 0; lang < LANG_COUNT; lang++) {
		sqlite3_stmt *s;

		if (!identity->name[lang][0])
			continue;
		s = sql_get(r, SQL_ADD_NAME, fault);
		if (!s)
			return false;
		sqlite3_bind_text(s, 1, language_tag(lang), -1,
				  SQLITE_STATIC);
		sqlite3_bind_text(s, 2, identity->name[lang], -1,
				  SQLITE_STATIC);
		if (!sql_run(r, s, fault))
			return false;
	}
	return true;
}

bool registry_set_names(struct registry *r, const struct identity *identity,
			struct fault *fault)
{
	sqlite3_stmt *s = sql_get(r, SQL_DROP_NAMES, fault);

	return s && sql_run(r, s, fault) && add_names(r, identity, fault);
}

static bool add_identity(struct registry *r, const struct identity *identity,
			 struct fault *fault)
{
	sqlite3_stmt *s = sql_get(r, SQL_ADD_ISSUER, fault);

	if (!s)
		return false;
	sqlite3_bind_text(s, 1, identity->iss, -1, SQLITE_STATIC);
	sqlite3_bind_text(s, 2, identity->status_uri, -1, SQLITE_STATIC);
	sql_bind_blob(s, 3, identity->root_pk, 32);
	sql_bind_uint(s, 4, identity->capacity);
	sql_bind_uint(s, 5, identity->made_at);
	return sql_run(r, s, fault) && add_names(r, identity, fault);
}

static bool fill_new(struct registry *r, const struct identity *identity,
		     const uint8_t *signing_pk, random_fn *random,
		     struct fault *fault)
{
	struct issuer_key key = {.state = KEY_ACTIVE,
				 .from = identity->made_at};

	memcpy(key.pk, signing_pk, 32);
	key_kid(key.pk, key.kid);
	return sql_make_schema(r, fault) && registry_begin(r, fault) &&
	       add_identity(r, identity, fault) &&
	       registry_put_key(r, &key, fault) &&
	       sql_add_list(r, 0, identity->capacity, random, fault) &&
	       registry_commit(r, fault);
}

bool registry_create(const char *path, const struct identity *identity,
		     const uint8_t signing_pk[static 32], random_fn *random,
		     struct fault *fault)
{
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	struct registry *r;
	bool ok;

	if (fd < 0)
		return fault_set(fault, EXIT_IO, "%s: cannot be made: %s",
				 path, strerror(errno));
	close(fd); /* SQLite's own files take over the mode of this one */
	r = sql_open(path, fault);
	if (!r)
		return false;
	ok = fill_new(r, identity, signing_pk, random, fault);
	sql_close(r);
	return ok;
}

/* Copies a text column; false when it is longer than the field. */
static bool column_text(sqlite3_stmt *s, int column, char *text, size_t cap)
{
	const void *p = sqlite3_column_text(s, column);
	int n = sqlite3_column_bytes(s, column);

	return p && bytes_to_text(bytes_of(p, (size_t)n), text, cap);
}

static bool damaged(const struct registry *r, const char *table,
		    struct fault *fault)
{
	return fault_set(fault, EXIT_IO,
			 "%s: damaged in table %s; bring it back from a copy",
			 r->path, table);
}

static bool get_names(struct registry *r, struct identity *out,
		      struct fault *fault)
{
	for (unsigned lang = 0; lang < LANG_COUNT; lang++) {
		sqlite3_stmt *s = sql_get(r, SQL_GET_NAME, fault);
		enum found found;
		bool fits;

		if (!s)
			return false;
		sqlite3_bind_text(s, 1, language_tag(lang), -1,
				  SQLITE_STATIC);
		found = sql_row(r, s, fault);
		if (found == FOUND_FAILED)
			return false;
		if (found == NOT_FOUND)
			continue;
		fits = column_text(s, 0, out->name[lang], NAME_TEXT_MAX + 1);
		sql_done(s);
		if (!fits)
			return damaged(r, "name", fault);
	}
	return true;
}

bool registry_identity(struct registry *r, struct identity *out,
		       struct fault *fault)
{
	sqlite3_stmt *s = sql_get(r, SQL_GET_ISSUER, fault);
	enum found found;
	bool whole;

	memset(out, 0, sizeof(*out));
	if (!s)
		return false;
	found = sql_row(r, s, fault);
	if (found == FOUND_FAILED)
		return false;
	if (found == NOT_FOUND)
		return damaged(r, "issuer", fault);
	whole = column_text(s, 0, out->iss, sizeof(out->iss)) &&
		column_text(s, 1, out->status_uri, sizeof(out->status_uri)) &&
		sql_blob(s, 2, out->root_pk, 32);
	out->capacity = (uint32_t)sql_uint(s, 3);
	out->made_at = sql_uint(s, 4);
	sql_done(s);
	if (!whole)
		return damaged(r, "issuer", fault);
	return get_names(r, out, fault);
}

static enum found read_key(struct registry *r, sqlite3_stmt *s,
			   struct issuer_key *out, struct fault *fault)
{
	enum found found = sql_row(r, s, fault);
	bool whole;

	if (found != FOUND)
		return found;
	memset(out, 0, sizeof(*out));
	whole = sql_blob(s, 0, out->kid, 8) && sql_blob(s, 1, out->pk, 32);
	out->state = (enum key_state)sql_uint(s, 2);
	out->from = sql_uint(s, 3);
	out->has_until = sqlite3_column_type(s, 4) != SQLITE_NULL;
	out->until = sql_uint(s, 4);
	sql_done(s);
	if (whole)
		return FOUND;
	damaged(r, "key", fault);
	return FOUND_FAILED;
}

enum found registry_key_at(struct registry *r, unsigned n,
			   struct issuer_key *out, struct fault *fault)
{
	sqlite3_stmt *s = sql_get(r, SQL_KEY_AT, fault);

	if (!s)
		return FOUND_FAILED;
	sql_bind_uint(s, 1, n);
	return read_key(r, s, out, fault);
}

enum found registry_key(struct registry *r, const uint8_t kid[static 8],
			struct issuer_key *out, struct fault *fault)
{
	sqlite3_stmt *s = sql_get(r, SQL_KEY, fault);

	if (!s)
		return FOUND_FAILED;
	sql_bind_blob(s, 1, kid, 8);
	return read_key(r, s, out, fault);
}

enum found registry_signing_key(struct registry *r, struct issuer_key *out,
				struct fault *fault)
{
	sqlite3_stmt *s = sql_get(r, SQL_SIGNING_KEY, fault);

	return s ? read_key(r, s, out, fault) : FOUND_FAILED;
}

bool registry_last_of_key(struct registry *r, const uint8_t kid[static 8],
			  uint64_t *iat, struct fault *fault)
{
	sqlite3_stmt *s = sql_get(r, SQL_LAST_OF_KEY, fault);

	if (!s)
		return false;
	sql_bind_blob(s, 1, kid, 8);
	if (sql_row(r, s, fault) != FOUND)
		return false;
	*iat = sql_uint(s, 0);
	sql_done(s);
	return true;
}

bool registry_put_key(struct registry *r, const struct issuer_key *key,
		      struct fault *fault)
{
	sqlite3_stmt *s = sql_get(r, SQL_PUT_KEY, fault);

	if (!s)
		return false;
	sql_bind_blob(s, 1, key->kid, 8);
	sql_bind_blob(s, 2, key->pk, 32);
	sql_bind_uint(s, 3, key->state);
	sql_bind_uint(s, 4, key->from);
	if (key->has_until)
		sql_bind_uint(s, 5, key->until);
	else
		sqlite3_bind_null(s, 5);
	return sql_run(r, s, fault);
}

static enum found read_document(struct registry *r, enum sql which,
				uint8_t *buf, size_t *n, bool *published,
				struct fault *fault)
{
	sqlite3_stmt *s = sql_get(r, which, fault);
	enum found found = s ? sql_row(r, s, fault) : FOUND_FAILED;

	if (found != FOUND)
		return found;
	*published = sql_uint(s, 1);
	*n = (size_t)sqlite3_column_bytes(s, 0);
	if (*n > ISSUERDOC_MAX || !sql_blob(s, 0, buf, *n)) {
		damaged(r, "document", fault);
		found = FOUND_FAILED;
	}
	sql_done(s);
	return found;
}

enum found registry_document(struct registry *r,
			     uint8_t buf[static ISSUERDOC_MAX], size_t *n,
			     bool *published, struct fault *fault)
{
	return read_document(r, SQL_GET_DOCUMENT, buf, n, published, fault);
}

enum found registry_published_document(struct registry *r,
				       uint8_t buf[static ISSUERDOC_MAX],
				       size_t *n, struct fault *fault)
{
	bool published;

	return read_document(r, SQL_GET_PUBLISHED, buf, n, &published, fault);
}

bool registry_put_document(struct registry *r, uint64_t number,
			   struct bytes message, struct fault *fault)
{
	sqlite3_stmt *s = sql_get(r, SQL_PUT_DOCUMENT, fault);

	if (!s)
		return false;
	sql_bind_uint(s, 1, number);
	sql_bind_blob(s, 2, message.p, message.n);
	return sql_run(r, s, fault);
}

bool registry_document_published(struct registry *r, uint64_t number,
				 struct fault *fault)
{
	sqlite3_stmt *s = sql_get(r, SQL_DOCUMENT_PUBLISHED, fault);

	if (!s)
		return false;
	sql_bind_uint(s, 1, number);
	return sql_run(r, s, fault);
}
