/* SPDX-License-Identifier: Apache-2.0 */
/* snapshot.h: all that loops read while they judge: issuers with their keys
 * and status lists, facilities, benefits, kiosks with their MAC keys,
 * operators, policy, and the signed bundle. Immutable and reference-counted;
 * replaced whole when something changes. Any thread may hold a reference;
 * views into a snapshot live as long as it. */
#ifndef OAP_SNAPSHOT_H
#define OAP_SNAPSHOT_H

#include "benefit.h"
#include "bundle.h"
#include "decide.h"
#include "issuerdoc.h"

struct snapshot;

/* The holder of the current one: a pointer under a short lock. */
struct snapshot_box;
struct snapshot_box *snapshot_box_new(void);
void snapshot_box_free(struct snapshot_box *box);
/* A new reference to the current snapshot (NULL before the first). */
struct snapshot *snapshot_get(struct snapshot_box *box) OAP_CHECKED;
/* Takes over the reference. */
void snapshot_set(struct snapshot_box *box, struct snapshot *s);
void snapshot_hold(struct snapshot *s);
void snapshot_drop(struct snapshot *s); /* takes NULL */

struct snap_kiosk {
	uint8_t kid[8];
	uint8_t pk[32];
	uint8_t mac[32];
	bool has_mac_before; /* under the service key before this one */
	uint8_t mac_before[32];
	enum device_state state;
	const struct facility *facility;
};

struct snap_issuer; /* opaque: see the functions */

enum role { ROLE_VIEWER, ROLE_OPERATOR, ROLE_ADMIN, ROLE_COUNT };
struct snap_operator {
	char id[NAME_ID_MAX + 1];
	enum role role;
};

/* NULL when there is none. */
const struct snap_kiosk *snapshot_kiosk(const struct snapshot *s,
					const uint8_t kid[static 8]);
const struct facility *snapshot_facility(const struct snapshot *s,
					 struct bytes id);
/* The IANA zone of a facility, "Asia/Seoul". */
const char *snapshot_facility_zone(const struct snapshot *s, struct bytes id);
const struct benefit *snapshot_benefit(const struct snapshot *s,
				       struct bytes id);
const struct snap_issuer *snapshot_issuer(const struct snapshot *s,
					  struct bytes iss);
/* One that is trusted no longer; it has no lists. */
const struct snap_issuer *snapshot_former_issuer(const struct snapshot *s,
						 struct bytes iss);
/* The issuer's key of a kid; false when it has none. */
bool snap_issuer_key(const struct snap_issuer *issuer,
		     const uint8_t kid[static 8], struct issuer_key *out)
    OAP_CHECKED;
/* Seconds: when its document was made. */
uint64_t snap_issuer_made_at(const struct snap_issuer *issuer);
/* The token that counts for that URI (freshest iat), inflated. */
bool snap_issuer_status(const struct snap_issuer *issuer, struct bytes uri,
			struct status_view *out) OAP_CHECKED;
const struct policy *snapshot_policy(const struct snapshot *s);

/* The operator whose bearer token hashes to that (SHA-256), or NULL. Compared
 * in constant time. */
const struct snap_operator *
snapshot_operator(const struct snapshot *s, const uint8_t token_hash[static 32]);

/* The signed bundle, and its ETag without quotes. */
struct bytes snapshot_bundle(const struct snapshot *s, const char **etag);
uint64_t snapshot_epoch(const struct snapshot *s);
/* Of each issuer, how fresh its lists are. Views live as long as s. */
struct issuer_freshness {
	struct bytes iss;
	size_t lists, missing; /* missing: without a token that counts */
	uint64_t oldest_s;     /* when the oldest of the tokens was made */
};
/* The n-th issuer; false: there is none. */
bool snapshot_freshness(const struct snapshot *s, size_t n,
			struct issuer_freshness *out) OAP_CHECKED;
/* The verbatim status token that the mirror serves: the n-th list of an
 * issuer; false when there is none. */
bool snapshot_status_token(const struct snapshot *s, struct bytes iss,
			   size_t n, struct bytes *token) OAP_CHECKED;
const uint8_t *snapshot_service_pk(const struct snapshot *s);

#endif
