/* SPDX-License-Identifier: Apache-2.0 */
/* Judges each field of what a resident is to get. */
#include "request.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "when.h"

#define DAY_S 86400
#define SHOWN 40 /* bytes of a bad field that a fault repeats */

/* A field as a fault shows it: its start, without control characters. */
static const char *shown(struct bytes text, char buf[static SHOWN + 4])
{
	size_t n = utf8_prefix(text, SHOWN / 4);

	if (n > SHOWN)
		n = SHOWN;
	for (size_t i = 0; i < n; i++)
		buf[i] = text.p[i] < ' ' || text.p[i] == 127 ? '?'
							      : (char)text.p[i];
	strcpy(buf + n, n < text.n ? "..." : "");
	return buf;
}

static bool has_control(struct bytes text)
{
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] < ' ' || text.p[i] == 127)
			return true;
	return false;
}

/* A line of text that fits; n and out get it. */
static bool take_text(struct bytes text, size_t max, const char *what,
		      char *out, size_t *n, struct fault *fault)
{
	char buf[SHOWN + 4];

	if (text.n > max)
		return fault_set(fault, EXIT_REFUSED,
				 "%s \"%s\": %zu bytes; at most %zu", what,
				 shown(text, buf), text.n, max);
	if (has_control(text) || !utf8_valid(text))
		return fault_set(fault, EXIT_REFUSED,
				 "%s \"%s\": a line break, a control character "
				 "or not UTF-8; is a quote missing its end?",
				 what, shown(text, buf));
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
				 "senior or disabled", shown(text, buf));
	q->class = (enum pass_class)class;
	q->has_class = true;
	return true;
}

bool request_days(struct request *q, struct bytes text, uint64_t now,
		  struct fault *fault)
{
	char buf[SHOWN + 4];
	uint64_t days;

	if (!when_parse_number(text, PASS_DAYS_MAX, &days) || days == 0)
		return fault_set(fault, EXIT_REFUSED,
				 "days \"%s\": a number from 1 to %d is "
				 "expected", shown(text, buf), PASS_DAYS_MAX);
	q->exp = now + days * DAY_S;
	return true;
}

bool request_until(struct request *q, struct bytes text, uint64_t now,
		   struct fault *fault)
{
	char buf[SHOWN + 4];
	uint64_t until;

	if (!when_parse_end(text, &until))
		return fault_set(fault, EXIT_REFUSED,
				 "valid until \"%s\": not a time; write "
				 "2027-11-24, 2027-11-24T18:00:00+09:00 or "
				 "seconds since 1970", shown(text, buf));
	if (until <= now)
		return fault_set(fault, EXIT_REFUSED,
				 "valid until \"%s\": that is over",
				 shown(text, buf));
	if (until > now + (uint64_t)PASS_DAYS_MAX * DAY_S)
		return fault_set(fault, EXIT_REFUSED,
				 "valid until \"%s\": over %d days from now",
				 shown(text, buf), PASS_DAYS_MAX);
	q->exp = until;
	return true;
}

bool request_hint(struct request *q, struct bytes text, struct fault *fault)
{
	return take_text(text, HINT_MAX, "hint", q->hint, &q->hint_n, fault);
}

bool request_holder(struct request *q, struct bytes text, struct fault *fault)
{
	char buf[SHOWN + 4];

	if (!hex_decode(text, q->holder, sizeof(q->holder)))
		return fault_set(fault, EXIT_REFUSED,
				 "holder key \"%s\": 64 hexadecimal digits are "
				 "expected", shown(text, buf));
	if (!crypto_core_ed25519_is_valid_point(q->holder))
		return fault_set(fault, EXIT_REFUSED,
				 "holder key \"%s\": not an Ed25519 public key",
				 shown(text, buf));
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
