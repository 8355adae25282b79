/* SPDX-License-Identifier: Apache-2.0 */
/* issuer_take.h: how an issuer's document and status tokens are taken in,
 * whoever brought them: an operator, or the thread that fetches. Neither goes
 * back: a document's number never falls, and a token's iat never does for its
 * (uri, signer). For the setup_*.c files. */
#ifndef OAP_ISSUER_TAKE_H
#define OAP_ISSUER_TAKE_H

#include "issuerdoc.h"
#include "setup_act.h"

/* What an act on an issuer works with. */
struct issuer_form {
	uint8_t root[32];
	bool is_there; /* stored already: number and document are its */
	uint64_t number;
	bool withdrawn;
	struct bytes document; /* owned; in force when the tokens are read */
	struct issuerdoc doc;
	struct policy_holder policy;
	/* What problems call the one that is taken: a field, or a URL. */
	const char *called;
};

/* The issuer that run->id names; STORE_NONE: there is none. */
enum store_result issuer_form_load(struct act_run *run,
				   struct issuer_form *form) OAP_CHECKED;
void issuer_form_free(struct issuer_form *form);

/* Puts a newer document into form and store; form->doc then views it. Refused
 * (STORE_NONE, with a problem) where it does not come from the pinned root, or
 * goes back, which is an alarm. The very same again is STORE_OK. */
enum store_result issuer_save_document(struct act_run *run,
				       struct issuer_form *form,
				       struct bytes document) OAP_CHECKED;
/* Likewise a token under form->doc. */
enum store_result issuer_save_token(struct act_run *run,
				    const struct issuer_form *form,
				    struct bytes message) OAP_CHECKED;

#endif
