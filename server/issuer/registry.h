/* SPDX-License-Identifier: Apache-2.0 */
/* registry.h: what an office knows of the passes it has signed: one row for
 * each, written before the pass is signed. No name, no plain reference, no
 * hint. The only door to storage; one thread at a time may use it. */
#ifndef ISSUER_REGISTRY_H
#define ISSUER_REGISTRY_H

#include "fault.h"
#include "issuerdoc.h"
#include "keyring.h"
#include "limits.h"
#include "pass.h"
#include "statuslist.h"

struct registry;

#define REF_HASH 16

/* Who issues; written once, by init, but for the names. */
struct identity {
	char iss[ISS_MAX + 1];
	char status_uri[URI_MAX + 1]; /* of list 0 */
	char name[LANG_COUNT][NAME_TEXT_MAX + 1]; /* "" when not given */
	uint8_t root_pk[32];
	uint32_t capacity; /* of the lists to come */
	uint64_t made_at;
};

/* One signed pass: the resident's pass is all rows of one cti, of which the
 * newest is current and the others are revoked. */
struct pass_record {
	uint8_t cti[16];
	uint64_t iat, exp; /* seconds */
	uint64_t nbf;	   /* 0, or later than iat */
	enum pass_class class;
	uint32_t list;
	uint32_t place; /* in the order of giving out; names the row */
	uint32_t idx;	/* in the status list */
	uint8_t kid[8];
	bool has_ref;
	uint8_t ref[REF_HASH]; /* keyed hash of the resident reference */
	bool has_holder;
	uint8_t holder[32]; /* public key in cnf */
	enum status_value state;
	bool current;
};

/* A result of looking something up. */
enum found { FOUND, NOT_FOUND, FOUND_FAILED };

/* Makes the file, with the first signing key and list 0. */
bool registry_create(const char *path, const struct identity *identity,
		     const uint8_t signing_pk[static 32], random_fn *random,
		     struct fault *fault) OAP_CHECKED;
struct registry *registry_open(const char *path, struct fault *fault)
    OAP_CHECKED;
/* Takes NULL. */
void registry_close(struct registry *r);

bool registry_identity(struct registry *r, struct identity *out,
		       struct fault *fault) OAP_CHECKED;

/* In a transaction: the names as they are there. */
bool registry_set_names(struct registry *r, const struct identity *identity,
			struct fault *fault) OAP_CHECKED;

/* A transaction; what comes before commit returns true is durable then. After
 * a failure, roll back (which cannot fail). */
bool registry_begin(struct registry *r, struct fault *fault) OAP_CHECKED;
bool registry_commit(struct registry *r, struct fault *fault) OAP_CHECKED;
void registry_rollback(struct registry *r);

/* Keys, in the order in which they were made. */
enum found registry_key_at(struct registry *r, unsigned n,
			   struct issuer_key *out, struct fault *fault)
    OAP_CHECKED;
enum found registry_key(struct registry *r, const uint8_t kid[static 8],
			struct issuer_key *out, struct fault *fault)
    OAP_CHECKED;
/* The newest active one: what signs now. */
enum found registry_signing_key(struct registry *r, struct issuer_key *out,
				struct fault *fault) OAP_CHECKED;
/* The latest iat of the passes that it signed; 0 when there is none. */
bool registry_last_of_key(struct registry *r, const uint8_t kid[static 8],
			  uint64_t *iat, struct fault *fault) OAP_CHECKED;
/* Adds it, or sets state and until of one that is there. */
bool registry_put_key(struct registry *r, const struct issuer_key *key,
		      struct fault *fault) OAP_CHECKED;

/* Passes. In a transaction: */
/* Takes an index that was never given out, in the newest list, or in the
 * next one when 90 % are given. *opened is set when that made a new list. */
bool registry_take_index(struct registry *r, random_fn *random,
			 struct pass_record *record, bool *opened,
			 struct fault *fault) OAP_CHECKED;
bool registry_add_pass(struct registry *r, const struct pass_record *record,
		       struct fault *fault) OAP_CHECKED;
/* Sets state and current of the row at (list, place). */
bool registry_set_state(struct registry *r, const struct pass_record *record,
			struct fault *fault) OAP_CHECKED;

/* The current row of a pass id. */
enum found registry_pass(struct registry *r, const uint8_t cti[static 16],
			 struct pass_record *out, struct fault *fault)
    OAP_CHECKED;
/* The current row of a reference: one that is not over first, then one that is
 * not revoked, then the one that is valid longest. */
enum found registry_pass_of_ref(struct registry *r,
				const uint8_t ref[static REF_HASH],
				uint64_t now, struct pass_record *out,
				struct fault *fault) OAP_CHECKED;
/* Fills up to max pass ids above after (NULL: from the start), ascending,
 * that have a row under kid; *n == 0 at the end. */
bool registry_passes_of_key(struct registry *r, const uint8_t kid[static 8],
			    const uint8_t *after, uint8_t (*cti)[16],
			    size_t max, size_t *n, struct fault *fault)
    OAP_CHECKED;

/* Every row that matches, oldest first; ends early when visit returns false.
 * visit must not use the registry. */
typedef bool visit_pass_fn(void *arg, const struct pass_record *record);
bool registry_each_of_cti(struct registry *r, const uint8_t cti[static 16],
			  visit_pass_fn *visit, void *arg,
			  struct fault *fault) OAP_CHECKED;
bool registry_each_of_ref(struct registry *r,
			  const uint8_t ref[static REF_HASH],
			  visit_pass_fn *visit, void *arg,
			  struct fault *fault) OAP_CHECKED;

/* Status lists. */
struct list_info {
	uint32_t n, capacity, given;
	uint64_t published_at; /* iat of the newest token; 0: none */
};
enum found registry_list(struct registry *r, uint32_t n,
			 struct list_info *out, struct fault *fault)
    OAP_CHECKED;
/* Sets the status of every index that is not valid, 2 bits each, in zeroed
 * memory of a quarter of the list's capacity, rounded up. */
bool registry_fill_list(struct registry *r, uint32_t n, uint8_t *bits,
			struct fault *fault) OAP_CHECKED;
bool registry_list_published(struct registry *r, uint32_t n, uint64_t at,
			     struct fault *fault) OAP_CHECKED;

/* The issuer document signed last, copied to buf; and the one among those that
 * were published. */
enum found registry_document(struct registry *r,
			     uint8_t buf[static ISSUERDOC_MAX], size_t *n,
			     bool *published, struct fault *fault) OAP_CHECKED;
enum found registry_published_document(struct registry *r,
				       uint8_t buf[static ISSUERDOC_MAX],
				       size_t *n, struct fault *fault)
    OAP_CHECKED;
/* One that was signed, and is not published yet. */
bool registry_put_document(struct registry *r, uint64_t number,
			   struct bytes message, struct fault *fault)
    OAP_CHECKED;
bool registry_document_published(struct registry *r, uint64_t number,
				 struct fault *fault) OAP_CHECKED;

#endif
