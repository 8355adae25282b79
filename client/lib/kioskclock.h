/* SPDX-License-Identifier: Apache-2.0 */
/* kioskclock.h: what a kiosk knows of the time. Its raw clock may be wrong;
 * every answer of the service says by how much, and anchors the service's
 * time to the clock that counts since boot. Pure: times come in. */
#ifndef OAP_KIOSKCLOCK_H
#define OAP_KIOSKCLOCK_H

#include "decide.h"
#include "env.h"

/* All of it is kept in the journal. */
struct kioskclock {
	int64_t offset_ms;  /* effective time = raw + offset */
	int64_t floor_ms;   /* it cannot be earlier than this */
	int64_t contact_ms; /* service time of the last answer; 0: never */
	int64_t anchor_ms;  /* since boot, at that moment */
	char boot_id[BOOT_ID_TEXT];
};

/* The clocks, read together. */
struct moment {
	int64_t raw_ms;
	int64_t boot_ms;
	char boot_id[BOOT_ID_TEXT];
};

struct moment moment_now(const struct env *env);

/* raw + offset, within 0..TIME_MS_MAX. */
int64_t kioskclock_effective(const struct kioskclock *c, int64_t raw_ms);
/* An answer with the service's time came: sent and got frame the round trip,
 * of which half is taken to be the way back. Sets the floor anew. False, and
 * nothing is learned, for a time or an offset that no message can carry, and
 * for an answer that came before one that was learned from. */
bool kioskclock_learn(struct kioskclock *c, const struct moment *sent,
		      const struct moment *got, int64_t service_ms);
void kioskclock_raise_floor(struct kioskclock *c, int64_t ms);
/* Contact since boot, and the raw clock has not been moved since by more than
 * the skew. */
bool kioskclock_anchored(const struct kioskclock *c, const struct moment *now,
			 int64_t skew_ms);
struct clock_view kioskclock_view(const struct kioskclock *c,
				  const struct moment *now, int64_t skew_ms);

#endif
