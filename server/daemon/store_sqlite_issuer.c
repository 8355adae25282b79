/* SPDX-License-Identifier: Apache-2.0 */
/* store_sqlite_issuer.c: rows of issuers and of their status tokens. */
#include "store_setup.h"
#include "store_sqlite_setup.h"

/* '': not fetched. */
const char *const store_issuer_urls_schema[] = {
    "ALTER TABLE issuer ADD COLUMN document_url TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE issuer ADD COLUMN status_url TEXT NOT NULL DEFAULT ''",
    NULL};

#define ISSUER                                                    \
	"SELECT iss, root, number, document, withdrawn, "         \
	"document_url, status_url FROM issuer"

static void read_issuer(sqlite3_stmt *q, union store_row *row)
{
	row->issuer.iss = column_text(q, 0);
	row->issuer.root = column_blob(q, 1);
	row->issuer.number = (uint64_t)column_i64(q, 2);
	row->issuer.document = column_blob(q, 3);
	row->issuer.withdrawn = column_i64(q, 4) != 0;
	row->issuer.document_url = column_text(q, 5);
	row->issuer.status_url = column_text(q, 6);
}

enum store_result store_issuers(struct store *s, const struct bytes *iss,
				store_visit *visit, void *arg)
{
	sqlite3_stmt *q =
	    iss != NULL ? store_sql(s, ISSUER " WHERE iss = ?1")
			: store_sql(s, ISSUER " ORDER BY iss");

	if (q == NULL)
		return STORE_FAILED;
	if (iss != NULL)
		bind_text_bytes(q, 1, *iss);
	return store_walk(s, q, read_issuer, iss != NULL, visit, arg);
}

enum store_result store_issuer_add(struct store *s,
				   const struct issuer_row *row)
{
	sqlite3_stmt *q =
	    store_sql(s, "INSERT INTO issuer (iss, root, number, document,"
			 " withdrawn) VALUES (?1, ?2, ?3, ?4, ?5)");

	if (q == NULL)
		return STORE_FAILED;
	bind_text_bytes(q, 1, row->iss);
	bind_bytes(q, 2, row->root);
	bind_i64(q, 3, (int64_t)row->number);
	bind_bytes(q, 4, row->document);
	bind_i64(q, 5, row->withdrawn);
	return store_run(s, q);
}

enum store_result store_issuer_set(struct store *s,
				   const struct issuer_row *row)
{
	sqlite3_stmt *q = store_sql(s, "UPDATE issuer SET number = ?2,"
				       " document = ?3, withdrawn = ?4"
				       " WHERE iss = ?1");

	if (q == NULL)
		return STORE_FAILED;
	bind_text_bytes(q, 1, row->iss);
	bind_i64(q, 2, (int64_t)row->number);
	bind_bytes(q, 3, row->document);
	bind_i64(q, 4, row->withdrawn);
	return store_run_changing(s, q);
}

static void bind_maybe_text(sqlite3_stmt *q, int at, struct bytes text)
{
	if (text.p != NULL)
		bind_text_bytes(q, at, text);
	else
		bind_null(q, at);
}

enum store_result store_issuer_urls(struct store *s, struct bytes iss,
				    struct bytes document,
				    struct bytes status)
{
	sqlite3_stmt *q =
	    store_sql(s, "UPDATE issuer SET"
			 " document_url = coalesce(?2, document_url),"
			 " status_url = coalesce(?3, status_url)"
			 " WHERE iss = ?1");

	if (q == NULL)
		return STORE_FAILED;
	bind_text_bytes(q, 1, iss);
	bind_maybe_text(q, 2, document);
	bind_maybe_text(q, 3, status);
	return store_run_changing(s, q);
}

static void read_token(sqlite3_stmt *q, union store_row *row)
{
	row->token.iss = column_text(q, 0);
	row->token.uri = column_text(q, 1);
	row->token.signer = column_blob(q, 2);
	row->token.iat = (uint64_t)column_i64(q, 3);
	row->token.exp = (uint64_t)column_i64(q, 4);
	row->token.ttl = (uint64_t)column_i64(q, 5);
	row->token.entries = (uint64_t)column_i64(q, 6);
	row->token.token = column_blob(q, 7);
}

enum store_result store_tokens(struct store *s, struct bytes iss,
			       store_visit *visit, void *arg)
{
	sqlite3_stmt *q =
	    store_sql(s, "SELECT iss, uri, signer, iat, exp, ttl, entries,"
			 " token FROM status_token WHERE iss = ?1"
			 " ORDER BY uri, iat DESC, signer");

	if (q == NULL)
		return STORE_FAILED;
	bind_text_bytes(q, 1, iss);
	return store_walk(s, q, read_token, false, visit, arg);
}

enum store_result store_token_put(struct store *s, const struct token_row *row)
{
	sqlite3_stmt *q =
	    store_sql(s, "INSERT INTO status_token (iss, uri, signer, iat,"
			 " exp, ttl, entries, token)"
			 " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"
			 " ON CONFLICT DO UPDATE SET iat = ?4, exp = ?5,"
			 " ttl = ?6, entries = ?7, token = ?8");

	if (q == NULL)
		return STORE_FAILED;
	bind_text_bytes(q, 1, row->iss);
	bind_text_bytes(q, 2, row->uri);
	bind_bytes(q, 3, row->signer);
	bind_i64(q, 4, (int64_t)row->iat);
	bind_i64(q, 5, (int64_t)row->exp);
	bind_i64(q, 6, (int64_t)row->ttl);
	bind_i64(q, 7, (int64_t)row->entries);
	bind_bytes(q, 8, row->token);
	return store_run(s, q);
}

enum store_result store_tokens_forget(struct store *s, struct bytes iss,
				      struct bytes signer)
{
	sqlite3_stmt *q = store_sql(s, "DELETE FROM status_token"
				       " WHERE iss = ?1 AND signer = ?2");

	if (q == NULL)
		return STORE_FAILED;
	bind_text_bytes(q, 1, iss);
	bind_bytes(q, 2, signer);
	return store_run(s, q);
}
