/* SPDX-License-Identifier: Apache-2.0 */
/* interpose.c: finds the function that a preloaded one stands before. */
#include "interpose.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

function interposed(const char *name)
{
	/* POSIX makes these the same; ISO C knows no cast between them. */
	union {
		void *object;
		function f;
	} next = {dlsym(RTLD_NEXT, name)};

	if (next.object == NULL) {
		fprintf(stderr, "interpose: no %s\n", name);
		abort();
	}
	return next.f;
}
