/* SPDX-License-Identifier: Apache-2.0 */
/* city.h: two cities, their service and one door, all with real keys and
 * signed messages, for tests that need a whole world to judge a pass in.
 * city_world_init makes one in which an adult of Seoul is accepted; a test
 * changes what it is about, then has the door judge it. */
#ifndef CITY_H
#define CITY_H

#include "bundle.h"
#include "decide.h"
#include "issuerdoc.h"
#include "pass.h"
#include "statuslist.h"

#define CITY_NOW INT64_C(1795478400) /* 2026-11-24 00:00 UTC, a Tuesday */
#define CITY_HOUR 3600
#define CITY_DAY 86400
#define CITY_ENTRIES 4096 /* of a status list */
#define CITY_BUF 65536

struct city_key {
	uint8_t pk[32], sk[64], kid[8];
};

/* The same key for the same number. */
struct city_key city_key_make(uint8_t number);

struct city {
	const char *iss, *uri;
	struct city_key root, signing, retired, compromised;
	uint64_t retired_until;
	bool has_list_in_document;
	const struct city_key *list_signer;
	const char *list_uri;
	uint64_t list_iat, list_exp, list_ttl;
	unsigned list_bits;
	uint64_t list_entries;
	unsigned status; /* of pass index 7 */
};

struct world {
	struct city seoul, tokyo;
	struct city_key service, holder, stranger;

	/* the pass and how it is shown */
	struct pass pass;
	const struct city_key *signer;
	const uint8_t *kid; /* in its header; NULL: the signer's */
	enum typ typ;
	bool live;
	const struct city_key *presenter;
	struct presentation presentation;
	bool presentation_used;
	struct bytes line; /* scanned instead of the pass's code; n == 0: not */

	/* the door */
	struct bytes facility, benefit_id;
	struct facility place;
	struct benefit benefit;
	struct policy policy;
	uint64_t made_at, good_until;
	bool at_service; /* judged by the service: no bundle age */
	struct clock_view clock;
	uint32_t party;
	bool has_list;
	int64_t list;
	uint64_t uses;
	bool offline;
	struct allowance_view allowance;
};

void city_world_init(struct world *w);

/* Each into buf of CITY_BUF bytes. */
struct bytes city_document(const struct city *c, uint8_t *buf);
struct bytes city_token(const struct city *c, uint8_t *buf);
struct bytes city_bundle(const struct world *w, uint8_t *buf);
/* The pass, or the presentation around it. */
struct bytes city_message(const struct world *w, uint8_t *buf);
/* Its code. */
struct bytes city_code(const struct world *w, uint8_t *buf);

/* What a kiosk does with a scanned line: read, verify, decide; with a bundle
 * made and read for it. */
struct decision city_judge(const struct world *w);
struct decision city_judge_line(const struct world *w, struct bytes line,
				struct bytes bundle);

#endif
