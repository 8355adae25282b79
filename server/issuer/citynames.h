/* SPDX-License-Identifier: Apache-2.0 */
/* citynames.h: the names of a city as --name gives them. */
#ifndef ISSUER_CITYNAMES_H
#define ISSUER_CITYNAMES_H

#include "options.h"
#include "registry.h"

/* Each --name LANG=TEXT into the identity, a language at most once. With
 * may_end an empty TEXT takes that name away; one must be left. */
bool citynames_take(const struct options *o, bool may_end,
		    struct identity *identity, struct fault *fault)
    OAP_CHECKED;

#endif
