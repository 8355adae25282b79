/* SPDX-License-Identifier: Apache-2.0 */
/* kioskclock.c: offset, floor and anchor. */
#include "kioskclock.h"

#include <string.h>

#include "limits.h"

struct moment moment_now(const struct env *env)
{
	struct moment m;

	m.raw_ms = env->wall_ms(env->arg);
	m.boot_ms = env->boot_ms(env->arg);
	env->boot_id(env->arg, m.boot_id);
	if (m.raw_ms < 0)
		m.raw_ms = 0;
	if (m.raw_ms > TIME_MS_MAX)
		m.raw_ms = TIME_MS_MAX;
	return m;
}

int64_t kioskclock_effective(const struct kioskclock *c, int64_t raw_ms)
{
	int64_t t = raw_ms + c->offset_ms;

	if (t < 0)
		return 0;
	return t > TIME_MS_MAX ? TIME_MS_MAX : t;
}

bool kioskclock_learn(struct kioskclock *c, const struct moment *sent,
		      const struct moment *got, int64_t service_ms)
{
	int64_t trip = got->boot_ms - sent->boot_ms;
	int64_t now, offset;

	if (service_ms <= 0 || service_ms > TIME_MS_MAX || trip < 0)
		return false;
	if (c->contact_ms != 0 && got->boot_id[0] != '\0' &&
	    strcmp(c->boot_id, got->boot_id) == 0 &&
	    got->boot_ms < c->anchor_ms)
		return false;
	now = service_ms + trip / 2;
	offset = now - got->raw_ms;
	if (offset > CLOCK_OFFSET_MS_MAX || offset < -CLOCK_OFFSET_MS_MAX)
		return false;
	c->offset_ms = offset;
	c->floor_ms = service_ms;
	c->contact_ms = now;
	c->anchor_ms = got->boot_ms;
	memcpy(c->boot_id, got->boot_id, sizeof(c->boot_id));
	return true;
}

void kioskclock_raise_floor(struct kioskclock *c, int64_t ms)
{
	if (ms > c->floor_ms)
		c->floor_ms = ms;
}

bool kioskclock_anchored(const struct kioskclock *c, const struct moment *now,
			 int64_t skew_ms)
{
	int64_t expected, moved;

	if (c->contact_ms == 0 || now->boot_id[0] == '\0' ||
	    strcmp(c->boot_id, now->boot_id) != 0)
		return false;
	expected = c->contact_ms + (now->boot_ms - c->anchor_ms);
	moved = kioskclock_effective(c, now->raw_ms) - expected;
	return moved <= skew_ms && moved >= -skew_ms;
}

struct clock_view kioskclock_view(const struct kioskclock *c,
				  const struct moment *now, int64_t skew_ms)
{
	return (struct clock_view){
	    .now_ms = kioskclock_effective(c, now->raw_ms),
	    .floor_ms = c->floor_ms,
	    .proven_ms = c->contact_ms,
	    .anchored = kioskclock_anchored(c, now, skew_ms),
	};
}
