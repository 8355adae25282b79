/* SPDX-License-Identifier: Apache-2.0 */
/* policy.c: the policy that is in force. */
#include "policy.h"

#include <string.h>

#include "store_setup.h"

#define HOUR_S 3600
#define DAY_S 86400

struct policy policy_default(void)
{
	return (struct policy){
	    .soft_age_s = 36 * HOUR_S,
	    .hard_age_s = 7 * DAY_S,
	    .skew_s = SKEW_DEFAULT_S,
	    .presentation_window_s = PRESENTATION_WINDOW_DEFAULT_S,
	    .offline_uses = 200, /* a quiet door's day without a line */
	    .deadline_ms = DEADLINE_DEFAULT_MS,
	    .status_hard_cap_s = 30 * DAY_S,
	};
}

static bool take_encoded(void *arg, const void *row)
{
	const struct bytes *encoded = row;
	struct policy_holder *holder = arg;

	if (encoded->n > sizeof(holder->buf))
		return false;
	memcpy(holder->buf, encoded->p, encoded->n);
	return policy_read(bytes_of(holder->buf, encoded->n), &holder->policy);
}

enum store_result policy_load(struct store *s, struct policy_holder *out)
{
	enum store_result r = store_policy(s, take_encoded, out);

	if (r != STORE_NONE)
		return r;
	out->policy = policy_default();
	return STORE_OK;
}
