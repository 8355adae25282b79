/* SPDX-License-Identifier: Apache-2.0 */
/* setup_fetched.h: what was fetched of an issuer is taken in, with the very
 * checks that what an operator brings has to pass. */
#ifndef OAP_SETUP_FETCHED_H
#define OAP_SETUP_FETCHED_H

#include "problem.h"
#include "store.h"

/* A document or a token, as it came. */
struct fetched_part {
	const char *url;
	struct bytes message;
	/* Out: why it was refused; status 0: it was taken. */
	struct problem problem;
};

struct fetched {
	const char *iss;
	struct fetched_part *document; /* NULL: none */
	struct fetched_part **tokens;
	size_t token_count;
	bool changed; /* out: a new snapshot is due */
};

/* Ledger thread, inside a call: the document first, then each token under the
 * document that is in force then. What is refused takes nothing else with it.
 * An older or a forged one is an alarm, and what was taken one row of the
 * audit trail. Of a city that was withdrawn or is unknown nothing is taken. */
enum store_result setup_fetched(struct store *s, struct fetched *f,
				int64_t now_ms) OAP_CHECKED;

#endif
