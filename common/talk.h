/* SPDX-License-Identifier: Apache-2.0 */
/* talk.h: what kiosk and service say to each other beside entries: question
 * (typ 65008), kiosk report (65009), enrolment or key roll (65006), receipt
 * (65010). Decoded structs hold views into the message. */
#ifndef OAP_TALK_H
#define OAP_TALK_H

#include "cose.h"
#include "limits.h"

struct question {
	uint8_t kid[8];
	uint8_t id[16];
	int64_t at_ms;
	uint64_t epoch;
	struct bytes benefit;
	uint32_t party;
	bool has_list;
	int64_t list; /* minor units */
	struct bytes scanned;
	int64_t offset_ms;
	struct bytes facility;
	uint32_t left_ms; /* of the kiosk's deadline, when it was sent */
	struct cose cose;
};

struct report {
	uint8_t kid[8];
	uint64_t next_seq;
	int64_t at_ms;
	uint64_t epoch;
	int64_t offset_ms;
	bool has_unsent;
	uint64_t oldest_unsent; /* seq */
	uint64_t queue_depth;
	struct bytes version;
	struct cose cose;
};

struct enrolment {
	uint8_t kid[8]; /* of the new key */
	uint8_t pk[32];
	bool roll;
	uint8_t secret[16];    /* !roll */
	uint8_t signature[64]; /* roll: by the old key, over the new kid */
	uint8_t old_kid[8];    /* roll */
	uint64_t made_at;      /* seconds */
	uint8_t service_kid[8];
	struct bytes version;
	struct cose cose;
};

struct receipt {
	uint8_t service_kid[8];
	uint8_t kiosk[8];
	int64_t at_ms;
	uint64_t held_seq;
	uint8_t held_hash[32];
	uint64_t held_count;
	struct bytes results; /* of [seq, verdict, marks], without the head */
	size_t result_count;
	struct cose cose;
};

/* Each decodes and checks the shape; the caller verifies (cose_verify_mac,
 * cose_verify) and looks up the kid. enrolment_read also verifies, since the
 * message carries its own key: its signature and that kid is the key's. */
bool question_read(struct bytes message, struct question *out) OAP_CHECKED;
bool report_read(struct bytes message, struct report *out) OAP_CHECKED;
bool enrolment_read(struct bytes message, struct enrolment *out) OAP_CHECKED;
bool receipt_read(struct bytes message, struct receipt *out) OAP_CHECKED;
/* Takes the next result off r->results. */
bool receipt_next(struct bytes *results, uint64_t *seq, unsigned *verdict,
		  unsigned *marks) OAP_CHECKED;

void question_put(struct outbuf *out, const struct question *q,
		  const uint8_t mac[static 32]);
void report_put(struct outbuf *out, const struct report *r,
		const uint8_t mac[static 32]);
void enrolment_put(struct outbuf *out, const struct enrolment *e,
		   const uint8_t sk[static 64]);
/* scratch has room for twice the receipt: its payload, and what is signed. */
void receipt_put(struct outbuf *out, const struct receipt *r,
		 const uint8_t sk[static 64], struct outbuf *scratch);
/* Appends one result to r->results; the caller counts. */
void receipt_put_result(struct outbuf *out, uint64_t seq, unsigned verdict,
			unsigned marks);

#endif
