/* SPDX-License-Identifier: Apache-2.0 */
/* kioskfield.h: what a kiosk's entries, questions and reports say alike, under
 * the same keys (messages.cddl): who, when, and about which visit. */
#ifndef OAP_KIOSKFIELD_H
#define OAP_KIOSKFIELD_H

#include "mapkey.h"

#define KEY_ID 1
#define KEY_SEQ 2 /* a report's: the next one */
#define KEY_PREV 3
#define KEY_AT 4
#define KEY_EPOCH 5
#define KEY_BENEFIT 6
#define KEY_PARTY 7
#define KEY_LIST 8
#define KEY_DISCOUNT 9
#define KEY_TOLD 10
#define KEY_COMMITMENT 11
#define KEY_SCANNED 11 /* a question carries it, an entry its hash */
#define KEY_OFFSET 12
#define KEY_FACILITY 13
#define KEY_LEFT 14
#define KEY_GRANT 15
#define KEY_OLDEST_UNSENT 16
#define KEY_QUEUE_DEPTH 17
#define KEY_VERSION 18

/* The kiosk's raw clock. */
bool kiosk_read_at(struct cbor_in *in, int64_t *at_ms) OAP_CHECKED;
/* Of the bundle that it goes by. */
bool kiosk_read_epoch(struct cbor_in *in, uint64_t *epoch) OAP_CHECKED;
/* Of an entry, or the next one: never 0. */
bool kiosk_read_seq(struct cbor_in *in, uint64_t *seq) OAP_CHECKED;
bool kiosk_read_offset(struct cbor_in *in, int64_t *offset_ms) OAP_CHECKED;

/* Persons, 1..PARTY_MAX. */
bool kiosk_read_party(struct cbor_in *in, uint32_t *party) OAP_CHECKED;
/* Minor units under a key that may be absent: then *has is false. */
bool kiosk_read_amount(struct cbor_in *in, int64_t key, bool *has,
		       int64_t *amount) OAP_CHECKED;

#endif
