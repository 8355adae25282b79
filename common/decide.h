/* SPDX-License-Identifier: Apache-2.0 */
/* decide.h: the verdict on one attempt. Pure: decoded inputs in, verdict out;
 * no clock, no I/O, no memory of its own. Kiosk and daemon call the same
 * function; online and offline differ only in whose usage counters it gets.
 *
 * Order: shape -> key found -> signature -> key state -> clock -> time -> ages
 * -> status -> presentation -> benefit, facility, class -> calendar -> limits
 * -> offline rule -> allowance. `revoked` stands at any age of the list. */
#ifndef OAP_DECIDE_H
#define OAP_DECIDE_H

#include "benefit.h"
#include "bundle.h"
#include "issuerdoc.h"
#include "pass.h"
#include "statuslist.h"

/* What is known of the pass's issuer. */
enum issuer_knowledge {
	ISSUER_KNOWN,
	ISSUER_NOT_HERE,   /* a kiosk's bundle does not have it: unknown-key */
	ISSUER_NOT_TRUSTED /* the service says so */
};

/* The status list that the pass names, when a token for it counts. Whether its
 * dates are good is decide's matter. */
struct status_view {
	struct statuslist list;
	uint64_t iat, exp, ttl; /* seconds */
};

/* What a kiosk knows of the time. A service is anchored, and needs no more.
 * Entries that were written by a wrong clock raise the floor, but prove
 * nothing. */
struct clock_view {
	int64_t now_ms;	  /* effective: raw clock + offset */
	int64_t floor_ms; /* it cannot be earlier than this; 0: no floor */
	int64_t proven_ms; /* somebody signed or answered then; 0: nobody */
	bool anchored;	  /* contact since boot, clock not moved since */
};

/* How much of an offline allowance is used since the last contact. */
struct allowance_view {
	uint64_t uses;
	int64_t discount; /* minor units, in the facility's currency */
};

struct decide_input {
	/* shape: VERDICT_NONE, or what code_read or scan_read said; with
	 * another than NONE the rest is not looked at */
	enum verdict shape;
	const struct scan *scan;

	/* facts about signatures, worked out by the caller */
	enum issuer_knowledge issuer;
	const struct issuer_key *key; /* by (iss, kid); NULL: none */
	bool pass_verified;	      /* under that key */
	bool presentation_verified;   /* under the pass's cnf */
	bool presentation_used;	      /* (cti, iat) in another attempt */
	const struct status_view *status; /* NULL: no token that counts */

	/* where and what for; NULL: not known here */
	const struct benefit *benefit;
	const struct facility *facility;
	uint32_t party;
	bool has_list;
	int64_t list; /* minor units */

	struct clock_view clock;
	const struct policy *policy;
	bool has_bundle_age; /* a kiosk; the service has no bundle */
	uint64_t bundle_made_at, bundle_good_until; /* seconds */

	/* uses that count in this pass's and benefit's period */
	uint64_t uses;

	bool offline;
	struct allowance_view allowance;
};

/* Inputs that are past their soft age: they warn, they do not decide. */
enum stale { STALE_BUNDLE = 1, STALE_STATUS = 2 };

struct decision {
	enum verdict verdict;
	unsigned stale; /* enum stale, as bits */
	bool has_price; /* an accept, and a list amount was given */
	struct price price;
	bool has_when; /* the facility is known */
	struct local_time when;
	int32_t period; /* of the counter; when benefit and facility are known */
};

struct decision decide(const struct decide_input *in);

/* The period that a use at that time falls into, so that the caller can look
 * up the counter before it calls decide. */
int32_t decide_period(const struct benefit *b, const struct facility *f,
		      int64_t now_ms);

#endif
