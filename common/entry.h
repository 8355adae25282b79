/* SPDX-License-Identifier: Apache-2.0 */
/* entry.h: entries, a kiosk's signed record of what it told a visitor:
 * attempts (typ 65003) and reversals (typ 65004). Decoded structs hold views
 * into the message. */
#ifndef OAP_ENTRY_H
#define OAP_ENTRY_H

#include "cose.h"
#include "limits.h"

#define ENTRY_SALT 16
#define ENTRY_GRANT 24 /* service time (8 bytes) || MAC (16 bytes) */

enum reversal_reason {
	REASON_MISTAKE = 0,
	REASON_VISITOR_LEFT,
	REASON_WRONG_BENEFIT,
	REASON_OTHER,
	REASON_COUNT
};

struct entry {
	enum typ typ; /* TYP_ATTEMPT or TYP_REVERSAL */
	uint8_t kid[8]; /* who signed: kiosk, or service for an operator */
	uint8_t id[16];
	bool by_operator; /* a reversal without 2, 3, 5 and 12 */
	uint64_t seq;
	uint8_t prev[32];
	int64_t at_ms; /* the kiosk's raw clock */
	uint64_t epoch;
	int64_t offset_ms; /* positive when the kiosk is slow */
	struct bytes facility;

	/* attempt */
	struct bytes benefit;
	uint32_t party;
	bool has_list, has_discount;
	int64_t list, discount; /* minor units */
	uint8_t told;		/* number of a verdict */
	uint8_t commitment[32]; /* SHA-256(salt || scanned) */
	bool has_grant;
	uint8_t grant[ENTRY_GRANT];

	/* reversal */
	uint8_t of_kid[8], of_id[16];
	enum reversal_reason reason;
	struct bytes operator; /* by_operator only */

	struct cose cose;
};

/* Either typ, told by the message's own header; not verified. */
bool entry_read(struct bytes message, struct entry *out) OAP_CHECKED;
/* Payload of an entry, from the fields of its typ. */
void entry_put_payload(struct outbuf *out, const struct entry *e);
/* The whole signed message; e->kid and cose are not read. */
void entry_put(struct outbuf *out, const struct entry *e,
	       const uint8_t kid[static 8], const uint8_t sk[static 64]);

void entry_commit(const uint8_t salt[static 16], struct bytes scanned,
		  uint8_t commitment[static 32]);
/* SHA-256 of the COSE bytes: the next entry's prev. */
void entry_hash(struct bytes message, uint8_t hash[static 32]);
/* at + offset, clamped to 0..TIME_MS_MAX; a grant's own time is judged by the
 * service. */
int64_t entry_effective_ms(const struct entry *e);
/* The service time in a grant. */
int64_t grant_time_ms(const uint8_t grant[static ENTRY_GRANT]);

const char *reversal_reason_name(unsigned reason);
int reversal_reason_of(const char *name);

/* One item of an upload or of an ask (messages.cddl): views. */
struct item {
	struct bytes entry, salt, scanned;
};
void item_put(struct outbuf *out, const struct item *item);
/* An item whose parts are byte strings; whether they make sense is for
 * entry_read and the commitment. */
bool item_read(struct bytes encoded, struct item *out) OAP_CHECKED;

/* The two HTTP bodies: [head message, [* item]]. items iterates over encoded
 * byte strings, each an item, so that one bad item hides no other. */
bool body_read(struct bytes body, size_t items_max, struct bytes *head,
	       struct bytes *items, size_t *count) OAP_CHECKED;
void body_put_head(struct outbuf *out, struct bytes head, size_t count);
/* Takes the next item off items. */
bool body_next_item(struct bytes *items, struct bytes *encoded) OAP_CHECKED;
void body_put_item(struct outbuf *out, const struct item *item);

#endif
