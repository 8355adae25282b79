/* SPDX-License-Identifier: Apache-2.0 */
/* snapbed.h: a store that operators have set up with what the world of city.h
 * has, and the snapshot that is made of it, at times that the test sets. */
#ifndef SNAPBED_H
#define SNAPBED_H

#include "city.h"
#include "servicekeys.h"
#include "snapshot_make.h"
#include "store_setup.h"

#define SNAPBED_KIOSKS 3

struct snapbed {
	char dir[64];
	struct store *store;
	struct service_keys *keys;
	struct snapshot_box *box;
	struct world world;
	struct city_key kiosk[SNAPBED_KIOSKS]; /* ascending by kid */
	int64_t now_s;
	char error[256];
};

/* Facilities: hawaii (Honolulu, USD), museum (Seoul, KRW), met (New York,
 * USD), stupa (Kathmandu, NPR). Benefit "half"; issuers Seoul and Tokyo, each
 * with a list; kiosks at the museum; operator "ok", viewer "eye", and "gone",
 * who is disabled, with tokens that hash to 32 times 1, 2, 3. */
void snapbed_open(struct snapbed *bed);
void snapbed_close(struct snapbed *bed);
/* As after a restart: store, keys and box are opened anew. */
void snapbed_restart(struct snapbed *bed);

/* Asserts that it works; the snapshot is the bed's until the next. */
const struct snapshot *snapbed_remake(struct snapbed *bed);
bool snapbed_try(struct snapbed *bed);
/* What is in the box now. */
const struct snapshot *snapbed_now(struct snapbed *bed);

/* Each in a transaction of its own. */
void snapbed_put_document(struct snapbed *bed, const struct city *c,
			  bool compromise_retired);
void snapbed_put_token(struct snapbed *bed, const struct city *c);
void snapbed_add_kiosk(struct snapbed *bed, uint8_t number);
void snapbed_put_benefit(struct snapbed *bed, bool withdrawn);
void snapbed_set_kiosk(struct snapbed *bed, unsigned kiosk,
		       enum device_state state);

/* The bundle in a snapshot, as a kiosk reads it. */
struct bundle snapbed_bundle(const struct snapbed *bed,
			     const struct snapshot *s);

#endif
