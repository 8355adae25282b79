/* SPDX-License-Identifier: Apache-2.0 */
/* fault.h: why something could not be done: one line for a person, and the
 * exit status that goes with it. */
#ifndef ISSUER_FAULT_H
#define ISSUER_FAULT_H

#include <stdbool.h>

enum exit_status {
	EXIT_DONE = 0,
	EXIT_REFUSED = 1, /* bad input, or a rule says no */
	EXIT_USAGE = 2,
	EXIT_UNDECIDED = 3,
	EXIT_IO = 4
};

struct fault {
	enum exit_status status;
	char text[640];
};

/* Sets the fault and returns false, so that a caller can return it. */
bool fault_set(struct fault *fault, enum exit_status status,
	       const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* "oap-issuer: text" on stderr; returns the status. */
int fault_report(const struct fault *fault);

/* One line on stderr, after "oap-issuer: ". */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
