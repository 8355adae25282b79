/* SPDX-License-Identifier: Apache-2.0 */
/* auth.c: who an operator's call comes from. */
#include "auth.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

bool auth_is_local_admin(const struct request *r)
{
	uint32_t uid;

	return conn_peer_uid(r->conn, &uid) &&
	       (uid == 0 || uid == geteuid());
}

static const char *bearer_token(struct request *r)
{
	const char *value = evhttp_find_header(
	    evhttp_request_get_input_headers(r->ev), "Authorization");

	if (value == NULL || strncasecmp(value, "Bearer ", 7) != 0)
		return NULL;
	return value + 7;
}

bool auth_caller(struct request *r, struct problem *p)
{
	const char *token = bearer_token(r);
	const struct snap_operator *operator = NULL;
	uint8_t hash[crypto_hash_sha256_BYTES];
	uint32_t uid;

	if (token == NULL && auth_is_local_admin(r) &&
	    conn_peer_uid(r->conn, &uid)) {
		r->caller.role = ROLE_ADMIN;
		snprintf(r->caller.actor, sizeof(r->caller.actor), "uid:%u",
			 (unsigned)uid);
		return true;
	}
	if (token == NULL)
		return problem_set(p, 401, NULL,
				   "this call needs an operator's token: "
				   "Authorization: Bearer …");
	if (r->snapshot != NULL) {
		crypto_hash_sha256(hash, (const uint8_t *)token, strlen(token));
		operator = snapshot_operator(r->snapshot, hash);
	}
	if (operator == NULL)
		return problem_set(p, 401, NULL,
				   "no operator has this token; oapctl "
				   "operator set ID --new-token makes another");
	r->caller.role = operator->role;
	memcpy(r->caller.actor, operator->id, sizeof(r->caller.actor));
	return true;
}
