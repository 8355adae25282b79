/* SPDX-License-Identifier: Apache-2.0 */
/* examine.h: looks at a code the way a door does, and keeps each step. */
#ifndef ISSUER_EXAMINE_H
#define ISSUER_EXAMINE_H

#include "codefile.h"
#include "dissect.h"
#include "evidence.h"

enum check_result { CHECK_OK, CHECK_BAD, CHECK_UNKNOWN };

struct check {
	const char *name;
	enum check_result result;
	char why[200];
};

#define CHECKS_MAX 12

struct examination {
	const struct scanned *scanned;
	struct dissection parts; /* of a code, also of a bad one */
	uint64_t now;
	struct check check[CHECKS_MAX];
	size_t checks;
	/* what decide() makes of it; benefit and facility are not known here,
	 * so a good pass ends as accepted */
	enum verdict verdict;
	bool status_soft; /* the list is past its ttl */
};

void examine(struct examination *x, const struct scanned *scanned,
	     const struct evidence *evidence, uint64_t now);

#endif
