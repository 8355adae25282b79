/* SPDX-License-Identifier: Apache-2.0 */
/* store_setup.h: what operators set up, as rows: facilities, benefits, issuers
 * with their status tokens, kiosks and enrolment codes, operators, policy,
 * epochs of the bundle with the versions that each brought, and the audit
 * trail. Rows in, rows out; the rules are in setup_*.c. The tables are
 * described in store_sqlite_setup.c.
 *
 * For the thread that owns the handle. Writing is done inside a transaction.
 * Views in a row live until the visitor returns, or belong to the caller when
 * a row is given. */
#ifndef OAP_STORE_SETUP_H
#define OAP_STORE_SETUP_H

#include "bundle.h"
#include "limits.h"
#include "store.h"

/* Called for each row. False ends the walk, which then gives STORE_FAILED. */
typedef bool store_visit(void *arg, const void *row);

struct facility_row {
	struct bytes id, city, currency, zone;
	struct bytes names; /* encoded, as names_put */
};
/* id NULL: all, ascending; else that one, or STORE_NONE. */
enum store_result store_facilities(struct store *s, const struct bytes *id,
				   store_visit *visit, void *arg) OAP_CHECKED;
enum store_result store_facility_add(struct store *s,
				     const struct facility_row *row)
    OAP_CHECKED;
enum store_result store_facility_set(struct store *s,
				     const struct facility_row *row)
    OAP_CHECKED;

struct benefit_row {
	struct bytes id;
	struct bytes encoded; /* benefit_put */
	bool withdrawn;
};
enum store_result store_benefits(struct store *s, const struct bytes *id,
				 store_visit *visit, void *arg) OAP_CHECKED;
enum store_result store_benefit_add(struct store *s,
				    const struct benefit_row *row) OAP_CHECKED;
enum store_result store_benefit_set(struct store *s,
				    const struct benefit_row *row) OAP_CHECKED;

struct issuer_row {
	struct bytes iss, root, document;
	uint64_t number;
	bool withdrawn; /* no longer trusted; its floors are kept */
	/* Where they are fetched from; n == 0: nowhere. Written by
	 * store_issuer_urls alone. */
	struct bytes document_url, status_url;
};
enum store_result store_issuers(struct store *s, const struct bytes *iss,
				store_visit *visit, void *arg) OAP_CHECKED;
enum store_result store_issuer_add(struct store *s,
				   const struct issuer_row *row) OAP_CHECKED;
/* All but the root, which stays. */
enum store_result store_issuer_set(struct store *s,
				   const struct issuer_row *row) OAP_CHECKED;
/* p == NULL: it stays as it is. */
enum store_result store_issuer_urls(struct store *s, struct bytes iss,
				    struct bytes document,
				    struct bytes status) OAP_CHECKED;

/* The latest status token of each (uri, signer): its iat is their floor. */
struct token_row {
	struct bytes iss, uri, signer, token;
	uint64_t iat, exp, ttl; /* seconds */
	uint64_t entries;	/* of the list in it */
};
/* Ascending by uri, then the freshest first. */
enum store_result store_tokens(struct store *s, struct bytes iss,
			       store_visit *visit, void *arg) OAP_CHECKED;
enum store_result store_token_put(struct store *s, const struct token_row *row)
    OAP_CHECKED;
/* Every token of that signer, and so its floors. */
enum store_result store_tokens_forget(struct store *s, struct bytes iss,
				      struct bytes signer) OAP_CHECKED;

/* What is wrong with what is held of a kiosk's entries: the first seq that came
 * twice or does not follow, and the first that are not there. Those are open
 * while its reports leave room for them to come, then missing. */
struct kiosk_chain {
	bool has_fork;
	uint64_t fork;
	enum { GAP_NONE, GAP_OPEN, GAP_MISSING } gap;
	uint64_t from, to; /* of the gap */
};

struct kiosk_row {
	struct bytes kid, pk, facility, name, version;
	enum device_state state;
	int64_t enrolled_ms;
	struct bytes predecessor; /* kid of the key it rolled from; n == 0 */
	/* What the ledger has heard of it; read only. */
	bool reported, has_unsent;
	int64_t reported_ms, offset_ms;
	uint64_t epoch, queue_depth, oldest_unsent, held_seq, held_count;
	struct kiosk_chain chain;
	/* When another key last tried its code, or its successor's place. */
	bool refused;
	int64_t refused_ms;
	uint64_t quarantined; /* items kept aside, with their bytes */
};
enum store_result store_kiosks(struct store *s, const struct bytes *kid,
			       store_visit *visit, void *arg) OAP_CHECKED;
enum store_result store_kiosk_add(struct store *s,
				  const struct kiosk_row *row) OAP_CHECKED;
enum store_result store_kiosk_state(struct store *s, struct bytes kid,
				    enum device_state state) OAP_CHECKED;
enum store_result store_kiosk_place(struct store *s, struct bytes kid,
				    struct bytes facility, struct bytes name,
				    int64_t now_ms) OAP_CHECKED;
/* Whether it was moved away from that facility since then (seconds). */
enum store_result store_kiosk_was_at(struct store *s, struct bytes kid,
				     struct bytes facility, uint64_t since_s,
				     bool *was) OAP_CHECKED;
/* The predecessors of kiosks that have reported, as long as they still count
 * as active, become rolled; *changed says whether there were any. */
enum store_result store_kiosks_roll(struct store *s, bool *changed)
    OAP_CHECKED;

struct code_row {
	uint8_t secret_hash[32]; /* SHA-256 of the secret */
	char facility[NAME_ID_MAX + 1];
	char name[NAME_TEXT_MAX + 1];
	bool confirm;
	int64_t made_ms;
	uint64_t expires; /* seconds */
	bool used;
	uint8_t kid[8]; /* used: the first that did */
};
enum store_result store_code_add(struct store *s, const struct code_row *row)
    OAP_CHECKED;
enum store_result store_code_find(struct store *s,
				  const uint8_t secret_hash[static 32],
				  struct code_row *out) OAP_CHECKED;
enum store_result store_code_bind(struct store *s,
				  const uint8_t secret_hash[static 32],
				  const uint8_t kid[static 8]) OAP_CHECKED;

struct operator_row {
	struct bytes id;
	unsigned role; /* enum role */
	struct bytes token_hash; /* SHA-256 */
	bool disabled;
	int64_t created_ms;
};
enum store_result store_operators(struct store *s, const struct bytes *id,
				  store_visit *visit, void *arg) OAP_CHECKED;
enum store_result store_operator_add(struct store *s,
				     const struct operator_row *row)
    OAP_CHECKED;
enum store_result store_operator_set(struct store *s,
				     const struct operator_row *row)
    OAP_CHECKED;

/* The encoded policy; STORE_NONE: never set. */
enum store_result store_policy(struct store *s, store_visit *visit, void *arg)
    OAP_CHECKED; /* row: struct bytes */
enum store_result store_policy_set(struct store *s, struct bytes encoded)
    OAP_CHECKED;

struct epoch_row {
	uint64_t epoch, made_at;
	uint8_t content[32];
};
/* The latest; STORE_NONE before the first bundle. */
enum store_result store_epoch(struct store *s, struct epoch_row *out)
    OAP_CHECKED;
/* The newest that was made by then (seconds); STORE_NONE: none was. */
enum store_result store_epoch_then(struct store *s, uint64_t time_s,
				   struct epoch_row *out) OAP_CHECKED;
/* That one, or the newest below it. */
enum store_result store_epoch_at(struct store *s, uint64_t epoch,
				 struct epoch_row *out) OAP_CHECKED;
/* The newest that a kiosk has reported, up to EPOCH_AHEAD_MAX_S after now; 0:
 * none. Newer than what there is, it was made before a restore. */
enum store_result store_epoch_seen(struct store *s, int64_t now_ms,
				   uint64_t *epoch) OAP_CHECKED;
/* Adds it, or moves made_at of the one that is there. */
enum store_result store_epoch_put(struct store *s,
				  const struct epoch_row *row) OAP_CHECKED;

/* What was in force under an epoch: kept whenever it changed. */
enum version_kind {
	VERSION_FACILITY,  /* id; as in the bundle */
	VERSION_BENEFIT,   /* id */
	VERSION_POLICY,	   /* "" */
	VERSION_DOCUMENT,  /* iss */
	VERSION_STATUS,	   /* uri of a list: its token */
	VERSION_KIND_COUNT
};
/* body.n == 0: it went. Keeps nothing when it is as it was. */
enum store_result store_version_put(struct store *s, enum version_kind kind,
				    struct bytes id, uint64_t epoch,
				    struct bytes body) OAP_CHECKED;
/* The body that was in force under that epoch: row is struct bytes. STORE_NONE:
 * not there then. */
enum store_result store_version(struct store *s, enum version_kind kind,
				struct bytes id, uint64_t epoch,
				store_visit *visit, void *arg) OAP_CHECKED;
/* Which epoch brought it; STORE_NONE as store_version. */
enum store_result store_version_epoch(struct store *s, enum version_kind kind,
				      struct bytes id, uint64_t epoch,
				      uint64_t *since) OAP_CHECKED;
/* Ends, under epoch, every version in force of that kind whose id is_there
 * does not know. */
enum store_result store_versions_gone(struct store *s, enum version_kind kind,
				      uint64_t epoch,
				      bool (*is_there)(void *arg,
						       struct bytes id),
				      void *arg) OAP_CHECKED;

/* Of the keys in service.key that this database is used with (storage.c). */
#define KEY_MARK 16
enum store_result store_key_mark(struct store *s, uint8_t mark[static KEY_MARK])
    OAP_CHECKED;
enum store_result store_key_mark_set(struct store *s,
				     const uint8_t mark[static KEY_MARK])
    OAP_CHECKED;

struct audit_row {
	int64_t n; /* given by the store */
	int64_t at_ms;
	const char *actor;  /* who */
	const char *action; /* what: "facility.add", "enrolment.refused", … */
	const char *object; /* which */
	const char *before, *after; /* JSON, or NULL */
	bool alarm; /* somebody should look at it */
};
/* How many alarms there are of that action on that object since then, and on
 * all objects, at most max. */
enum store_result store_alarms(struct store *s, const char *action,
			       const char *object, int64_t since_ms,
			       int64_t max, int64_t *count,
			       int64_t *all) OAP_CHECKED;
enum store_result store_audit_add(struct store *s,
				  const struct audit_row *row) OAP_CHECKED;
/* Newest first, those under `below` (INT64_MAX: from the newest), at most
 * limit. */
enum store_result store_audit(struct store *s, int64_t below, int64_t limit,
			      store_visit *visit, void *arg) OAP_CHECKED;

#endif
