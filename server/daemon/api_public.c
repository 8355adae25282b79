/* SPDX-License-Identifier: Apache-2.0 */
/* api_public.c: what anybody may fetch: the bundle, the mirror of status
 * lists, and whether the daemon lives and is ready. */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "api.h"
#include "reply.h"

void api_bundle(struct request *r)
{
	const char *etag;
	struct bytes bundle;

	if (r->snapshot == NULL) {
		reply_unavailable(r);
		return;
	}
	bundle = snapshot_bundle(r->snapshot, &etag);
	reply_snapshot(r, TYPE_COSE, etag, bundle);
}

void api_status_lists(struct request *r)
{
	uint8_t hash[crypto_hash_sha256_BYTES];
	char etag[2 * sizeof(hash) + 1], *end;
	struct bytes token;
	unsigned long n = strtoul(r->arg[1], &end, 10);

	if (r->snapshot == NULL) {
		reply_unavailable(r);
		return;
	}
	if (r->arg[1][0] < '0' || r->arg[1][0] > '9' || *end != '\0' ||
	    !snapshot_status_token(r->snapshot, bytes_text(r->arg[0]), n,
				   &token)) {
		reply_refusal(r, 404, NULL,
			      "issuer \"%s\" has no status list \"%s\" here; "
			      "oapctl issuer show lists them",
			      r->arg[0], r->arg[1]);
		return;
	}
	crypto_hash_sha256(hash, token.p, token.n);
	hex_encode(hash, sizeof(hash), etag);
	reply_snapshot(r, "application/statuslist+cwt", etag, token);
}

void api_healthz(struct request *r)
{
	reply_bytes(r, 200, "text/plain; charset=utf-8", bytes_text("ok\n"));
}

void api_readyz(struct request *r)
{
	if (r->snapshot == NULL ||
	    atomic_load(&r->service->disk_failed) ||
	    atomic_load(&r->service->bundle_late))
		reply_unavailable(r);
	else
		reply_bytes(r, 200, "text/plain; charset=utf-8",
			    bytes_text("ready\n"));
}
