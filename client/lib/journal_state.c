/* SPDX-License-Identifier: Apache-2.0 */
/* journal_state.c: identity, clock, bundle and its floors: one row each. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "journal_sql.h"

static bool damaged(struct journal *j, const char *what)
{
	snprintf(j->error, sizeof(j->error),
		 "the %s in it is damaged; keep this directory for the "
		 "operator and enrol a new kiosk in another", what);
	return false;
}

static bool out_of_memory(struct journal *j)
{
	snprintf(j->error, sizeof(j->error), "out of memory");
	return false;
}

static bool read_identity(sqlite3_stmt *s, struct identity *out)
{
	struct bytes enrolment = sql_column(s, 4);

	if (enrolment.n > sizeof(out->enrolment))
		return false;
	if (enrolment.n > 0)
		memcpy(out->enrolment, enrolment.p, enrolment.n);
	out->enrolment_n = enrolment.n;
	out->has_pin = sql_column_exact(s, 2, out->pin, sizeof(out->pin));
	out->answered = sqlite3_column_int(s, 5) != 0;
	return bytes_to_text(sql_column(s, 0), out->url, sizeof(out->url)) &&
	       sql_column_exact(s, 1, out->service_pk,
				sizeof(out->service_pk)) &&
	       sql_column_exact(s, 3, out->hash_key, sizeof(out->hash_key)) &&
	       bytes_to_text(sql_column(s, 6), out->facility,
			     sizeof(out->facility));
}

bool journal_identity(struct journal *j, struct identity *out, bool *there)
{
	sqlite3_stmt *s = sql_get(j, SQL_IDENTITY);
	bool ok = sql_step(j, s, there);

	*out = (struct identity){0};
	if (ok && *there && !read_identity(s, out))
		ok = damaged(j, "enrolment");
	sql_done(s);
	return ok;
}

bool journal_set_identity(struct journal *j, const struct identity *id)
{
	sqlite3_stmt *s = sql_get(j, SQL_SET_IDENTITY);

	sql_text(s, 1, bytes_text(id->url));
	sql_blob(s, 2, bytes_of(id->service_pk, sizeof(id->service_pk)));
	if (id->has_pin)
		sql_blob(s, 3, bytes_of(id->pin, sizeof(id->pin)));
	sql_blob(s, 4, bytes_of(id->hash_key, sizeof(id->hash_key)));
	sql_blob(s, 5, bytes_of(id->enrolment, id->enrolment_n));
	sql_int(s, 6, id->answered);
	sql_text(s, 7, bytes_text(id->facility));
	return sql_run(j, s);
}

bool journal_clock(struct journal *j, struct kioskclock *out)
{
	sqlite3_stmt *s = sql_get(j, SQL_CLOCK);
	bool row, ok = sql_step(j, s, &row);

	*out = (struct kioskclock){0};
	if (ok && row) {
		out->offset_ms = sqlite3_column_int64(s, 0);
		out->floor_ms = sqlite3_column_int64(s, 1);
		out->contact_ms = sqlite3_column_int64(s, 2);
		out->anchor_ms = sqlite3_column_int64(s, 3);
		if (!bytes_to_text(sql_column(s, 4), out->boot_id,
				   sizeof(out->boot_id)))
			ok = damaged(j, "clock");
	}
	sql_done(s);
	return ok;
}

bool journal_set_clock(struct journal *j, const struct kioskclock *c)
{
	sqlite3_stmt *s = sql_get(j, SQL_SET_CLOCK);

	sql_int(s, 1, c->offset_ms);
	sql_int(s, 2, c->floor_ms);
	sql_int(s, 3, c->contact_ms);
	sql_int(s, 4, c->anchor_ms);
	sql_text(s, 5, bytes_text(c->boot_id));
	return sql_run(j, s);
}

bool journal_bundle(struct journal *j, uint8_t **message, size_t *n,
		    char etag[static ETAG_MAX + 1])
{
	sqlite3_stmt *s = sql_get(j, SQL_BUNDLE);
	bool row, ok = sql_step(j, s, &row);
	struct bytes held;

	*message = NULL;
	*n = 0;
	etag[0] = '\0';
	if (ok && row) {
		held = sql_column(s, 0);
		*message = malloc(held.n > 0 ? held.n : 1);
		if (*message != NULL && held.n > 0)
			memcpy(*message, held.p, held.n);
		*n = held.n;
		if (!bytes_to_text(sql_column(s, 1), etag, ETAG_MAX + 1))
			etag[0] = '\0';
		ok = *message != NULL || out_of_memory(j);
	}
	sql_done(s);
	return ok;
}

bool journal_set_bundle(struct journal *j, struct bytes message,
			const char *etag)
{
	sqlite3_stmt *s = sql_get(j, SQL_SET_BUNDLE);

	sql_text(s, 1, bytes_text(etag));
	sql_blob(s, 2, message);
	return sql_run(j, s);
}

static bool read_held(sqlite3_stmt *s, struct held *out)
{
	struct bytes pins = sql_column(s, 4);
	int device = sqlite3_column_int(s, 6);

	out->epoch = (uint64_t)sqlite3_column_int64(s, 0);
	out->made_at = (uint64_t)sqlite3_column_int64(s, 1);
	out->has_next_key = sql_column_exact(s, 3, out->next_key,
					     sizeof(out->next_key));
	if (pins.n > sizeof(out->pins) || pins.n % sizeof(*out->pins) != 0)
		return false;
	if (pins.n > 0)
		memcpy(out->pins, pins.p, pins.n);
	out->pin_count = pins.n / sizeof(*out->pins);
	out->listed = sqlite3_column_int(s, 5) != 0;
	if (device < 0 || device >= DEVICE_STATE_COUNT)
		return false;
	out->device = (enum device_state)device;
	return (out->has_next_key ||
		sqlite3_column_type(s, 3) == SQLITE_NULL) &&
	       sql_column_exact(s, 2, out->hash, sizeof(out->hash)) &&
	       bytes_to_text(sql_column(s, 7), out->facility,
			     sizeof(out->facility));
}

bool journal_held(struct journal *j, struct held *out)
{
	sqlite3_stmt *s = sql_get(j, SQL_HELD);
	bool row, ok = sql_step(j, s, &row);

	*out = (struct held){0};
	if (ok && row) {
		out->there = read_held(s, out);
		if (!out->there)
			*out = (struct held){0};
	}
	sql_done(s);
	return ok;
}

bool journal_set_held(struct journal *j, const struct held *h)
{
	sqlite3_stmt *s = sql_get(j, SQL_SET_HELD);

	sql_int(s, 1, (int64_t)h->epoch);
	sql_int(s, 2, (int64_t)h->made_at);
	sql_blob(s, 3, bytes_of(h->hash, sizeof(h->hash)));
	if (h->has_next_key)
		sql_blob(s, 4, bytes_of(h->next_key, sizeof(h->next_key)));
	sql_blob(s, 5, bytes_of(h->pins, h->pin_count * sizeof(*h->pins)));
	sql_int(s, 6, h->listed);
	sql_int(s, 7, (int64_t)h->device);
	sql_text(s, 8, bytes_text(h->facility));
	return sql_run(j, s);
}

bool journal_document_floor(struct journal *j, struct bytes iss,
			    const uint8_t root[static 32], uint64_t *number,
			    uint8_t hash[static 32])
{
	sqlite3_stmt *s = sql_get(j, SQL_DOCUMENT_FLOOR);
	bool ok, row;

	*number = 0;
	memset(hash, 0, 32);
	sql_text(s, 1, iss);
	sql_blob(s, 2, bytes_of(root, 32));
	ok = sql_step(j, s, &row);
	if (ok && row) {
		*number = (uint64_t)sqlite3_column_int64(s, 0);
		if (!sql_column_exact(s, 1, hash, 32))
			ok = damaged(j, "issuer floor");
	}
	sql_done(s);
	return ok;
}

bool journal_set_document_floor(struct journal *j, struct bytes iss,
				const uint8_t root[static 32], uint64_t number,
				const uint8_t hash[static 32])
{
	sqlite3_stmt *s = sql_get(j, SQL_SET_DOCUMENT_FLOOR);

	sql_text(s, 1, iss);
	sql_blob(s, 2, bytes_of(root, 32));
	sql_int(s, 3, (int64_t)number);
	sql_blob(s, 4, bytes_of(hash, 32));
	return sql_run(j, s);
}

bool journal_token_floor(struct journal *j, struct bytes uri,
			 const uint8_t signer[static 8], uint64_t *iat)
{
	sqlite3_stmt *s = sql_get(j, SQL_TOKEN_FLOOR);
	bool ok, row;

	*iat = 0;
	sql_text(s, 1, uri);
	sql_blob(s, 2, bytes_of(signer, 8));
	ok = sql_step(j, s, &row);
	if (ok && row)
		*iat = (uint64_t)sqlite3_column_int64(s, 0);
	sql_done(s);
	return ok;
}

bool journal_set_token_floor(struct journal *j, struct bytes uri,
			     const uint8_t signer[static 8], uint64_t iat)
{
	sqlite3_stmt *s = sql_get(j, SQL_SET_TOKEN_FLOOR);

	sql_text(s, 1, uri);
	sql_blob(s, 2, bytes_of(signer, 8));
	sql_int(s, 3, (int64_t)iat);
	return sql_run(j, s);
}

bool journal_drop_token_floors(struct journal *j,
			       const uint8_t signer[static 8])
{
	sqlite3_stmt *s = sql_get(j, SQL_DROP_TOKEN_FLOORS);

	sql_blob(s, 1, bytes_of(signer, 8));
	return sql_run(j, s);
}
