/* SPDX-License-Identifier: Apache-2.0 */
/* policy.h: the policy that is in force: how old a bundle may be, how far
 * clocks may differ, what a kiosk may accept alone. */
#ifndef OAP_POLICY_H
#define OAP_POLICY_H

#include "bundle.h"
#include "store.h"

/* Of a service where nobody has set one. */
struct policy policy_default(void);

/* What is stored, or the default. buf holds what policy views; not to be
 * moved. */
#define POLICY_ENCODED_MAX 4096
struct policy_holder {
	uint8_t buf[POLICY_ENCODED_MAX];
	struct policy policy;
};
/* For the thread that owns the handle. */
enum store_result policy_load(struct store *s, struct policy_holder *out)
    OAP_CHECKED;

#endif
