/* SPDX-License-Identifier: Apache-2.0 */
/* asked.h: what the bodies of POST /scan, /redeem and /reverse ask for. Which
 * members they may have at all, the table of calls says. Pure, but for
 * json_t. */
#ifndef OAP_AGENT_ASKED_H
#define OAP_AGENT_ASKED_H

#include <jansson.h>
#include <oap.h>
#include <stdbool.h>
#include <stddef.h>

#include "bounds.h"

#define ASKED_WHY 128 /* of a line that names a member and what it takes */

/* A visit with everything said. Texts live as long as the body; code and
 * benefit have their NUL, and fit what keeps them: SCANNED_TEXT bytes and
 * OAP_NAME_ID_TEXT. */
struct asked {
	const char *code;
	size_t n; /* bytes of code */
	const char *benefit;
	unsigned party;
	int64_t list;	      /* minor units, of all; or OAP_NO_AMOUNT */
	unsigned deadline_ms; /* 0: the kiosk's own */
};

struct asked_reversal {
	char id[OAP_KID_TEXT + OAP_ID_TEXT]; /* as it was told; not looked at */
	enum oap_reason reason;
};

/* Each: false when a member is missing or wrong; why names it, and says what
 * it takes. */
bool asked_scan(const json_t *body, const char **code, size_t *n,
		char why[ASKED_WHY]);
bool asked_redeem(const json_t *body, struct asked *out, char why[ASKED_WHY]);
bool asked_reverse(const json_t *body, struct asked_reversal *out,
		   char why[ASKED_WHY]);

#endif
