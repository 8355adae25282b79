/* SPDX-License-Identifier: Apache-2.0 */
/* bundle_content.h: what goes into a bundle, read from the store. Private to
 * bundlemaker.c and bundle_content.c. */
#ifndef OAP_BUNDLE_CONTENT_H
#define OAP_BUNDLE_CONTENT_H

#include "bundlemaker.h"
#include "policy.h"
#include "store_setup.h"
#include "zone.h"

/* A CBOR array while it grows. Its head is written last, right before the
 * members, so it has room for the longest. */
struct growing {
	struct outbuf out; /* malloc'd */
	size_t count;
};

/* Facilities of a service lie in few time zones, and a span takes 150 us. */
#define SPANS_KEPT 16

struct kept_span {
	char name[ZONE_NAME_MAX + 1];
	struct zone_span span;
};

struct content {
	const struct bundle_order *order;
	struct store *store;
	struct growing issuers, facilities, benefits, kiosks, pins;
	struct kept_span spans[SPANS_KEPT];
	size_t span_count; /* that there were: the last SPANS_KEPT are kept */
	struct policy_holder policy;
	/* All of it but epoch and times; views into the above. */
	struct bundle bundle;
};

/* Zeroed before; content_free in every case. */
bool content_gather(struct content *c) OAP_CHECKED;
void content_free(struct content *c);

/* One line into the order's error; gives false. */
bool content_fail(const struct content *c, const char *what);
/* The same for what the store says. */
bool content_store_failed(const struct content *c);

#endif
