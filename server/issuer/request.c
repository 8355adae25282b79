/* SPDX-License-Identifier: Apache-2.0 */
/* Judges each field of what a resident is to get. */
#include "request.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "plain.h"
#include "printable.h"
#include "when.h"

#define DAY_S 86400
#define SHOWN 44 /* bytes of a bad field that a fault repeats, and a NUL */

/* A line of text that fits; n and out get it. */
static bool take_text(struct bytes text, size_t max, const char *what,
		      char *out, size_t *n, struct fault *fault)
{
	char buf[SHOWN];

	if (text.n > max)
		return fault_set(fault, EXIT_REFUSED,
				 "%s \"%s\": %zu bytes; at most %zu", what,
				 printable(text, buf, SHOWN), text.n, max);
	if (!plain_valid(text))
		return fault_set(fault, EXIT_REFUSED,
				 "%s \"%s\": a line break, a control character "
				 "or not UTF-8; is a quote missing its end?",
				 what, printable(text, buf, SHOWN));
	/* nobody sees it, and "R-1 " would be another resident than "R-1" */
	if (printable_padded(text))
		return fault_set(fault, EXIT_REFUSED,
				 "%s \"%s\": begins or ends with a blank; "
				 "take it away", what,
				 printable(text, buf, SHOWN));
	memcpy(out, text.p, text.n);
	out[text.n] = '\0';
	*n = text.n;
	return true;
}

bool request_ref(struct request *q, struct bytes text, struct fault *fault)
{
	if (text.n == 0)
		return fault_set(fault, EXIT_REFUSED,
				 "ref: empty; every resident needs one");
	return take_text(text, REF_MAX, "ref", q->ref, &q->ref_n, fault);
}

bool request_class(struct request *q, struct bytes text, struct fault *fault)
{
	char name[16], buf[SHOWN + 4];
	int class = -1;

	if (bytes_to_text(text, name, sizeof(name)))
		class = pass_class_of(name);
	if (class < 0)
		return fault_set(fault, EXIT_REFUSED,
				 "class \"%s\": unknown; adult, youth, child, "
				 "senior or disabled", printable(text, buf, SHOWN));
	q->class = (enum pass_class)class;
	q->has_class = true;
	return true;
}

static uint64_t beginning(const struct request *q, uint64_t now)
{
	if (q->nbf)
		return q->nbf;
	return q->iat ? q->iat : now;
}

bool request_from(struct request *q, struct bytes text, uint64_t now,
		  struct fault *fault)
{
	char buf[SHOWN];
	uint64_t from;

	if (!when_parse_start(text, &from) || from == 0)
		return fault_set(fault, EXIT_REFUSED,
				 "valid from \"%s\": not a time; write "
				 "2027-01-01, 2027-01-01T09:00:00+09:00 or "
				 "seconds since 1970", printable(text, buf, SHOWN));
	if (from > now + (uint64_t)PASS_DAYS_MAX * DAY_S)
		return fault_set(fault, EXIT_REFUSED,
				 "valid from \"%s\": over %d days from now",
				 printable(text, buf, SHOWN), PASS_DAYS_MAX);
	q->iat = from < now ? from : 0;
	q->nbf = from > now ? from : 0;
	return true;
}

/* what and text are what was given, for a refusal. */
static bool take_end(struct request *q, uint64_t exp, uint64_t now,
		     bool over_too, const char *what, struct bytes text,
		     struct fault *fault)
{
	uint64_t from = beginning(q, now);
	char buf[SHOWN];

	if (exp <= now && !(over_too && q->iat))
		return fault_set(fault, EXIT_REFUSED, "%s \"%s\": that is over",
				 what, printable(text, buf, SHOWN));
	if (exp <= from)
		return fault_set(fault, EXIT_REFUSED,
				 "%s \"%s\": not after the validity's "
				 "beginning", what, printable(text, buf, SHOWN));
	if (exp > from + (uint64_t)PASS_DAYS_MAX * DAY_S)
		return fault_set(fault, EXIT_REFUSED,
				 "%s \"%s\": over %d days from its beginning",
				 what, printable(text, buf, SHOWN), PASS_DAYS_MAX);
	q->exp = exp;
	return true;
}

bool request_days(struct request *q, struct bytes text, uint64_t now,
		  bool over_too, struct fault *fault)
{
	char buf[SHOWN];
	uint64_t days;

	if (!when_parse_number(text, PASS_DAYS_MAX, &days) || days == 0)
		return fault_set(fault, EXIT_REFUSED,
				 "days \"%s\": a number from 1 to %d is "
				 "expected", printable(text, buf, SHOWN), PASS_DAYS_MAX);
	q->days = (uint32_t)days;
	return take_end(q, beginning(q, now) + days * DAY_S, now, over_too,
			"days", text, fault);
}

bool request_until(struct request *q, struct bytes text, uint64_t now,
		   bool over_too, struct fault *fault)
{
	char buf[SHOWN];
	uint64_t until;

	if (!when_parse_end(text, &until))
		return fault_set(fault, EXIT_REFUSED,
				 "valid until \"%s\": not a time; write "
				 "2027-11-24, 2027-11-24T18:00:00+09:00 or "
				 "seconds since 1970", printable(text, buf, SHOWN));
	return take_end(q, until, now, over_too, "valid until", text, fault);
}

bool request_hint(struct request *q, struct bytes text, struct fault *fault)
{
	return take_text(text, HINT_MAX, "hint", q->hint, &q->hint_n, fault);
}

bool request_holder(struct request *q, struct bytes text, struct fault *fault)
{
	char buf[SHOWN];

	if (!hex_decode(text, q->holder, sizeof(q->holder)))
		return fault_set(fault, EXIT_REFUSED,
				 "holder key \"%s\": 64 hexadecimal digits are "
				 "expected", printable(text, buf, SHOWN));
	if (!crypto_core_ed25519_is_valid_point(q->holder))
		return fault_set(fault, EXIT_REFUSED,
				 "holder key \"%s\": not an Ed25519 public key",
				 printable(text, buf, SHOWN));
	q->has_holder = true;
	return true;
}

struct bytes request_ref_view(const struct request *q)
{
	return bytes_of(q->ref, q->ref_n);
}

struct bytes request_hint_view(const struct request *q)
{
	return bytes_of(q->hint, q->hint_n);
}
