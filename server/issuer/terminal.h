/* SPDX-License-Identifier: Apache-2.0 */
/* terminal.h: asks for a line on the terminal, without showing it. */
#ifndef ISSUER_TERMINAL_H
#define ISSUER_TERMINAL_H

#include <stddef.h>

enum asked {
	ASKED,
	ASKED_GIVEN_UP, /* Ctrl-C, Ctrl-D, or the terminal went away */
	ASKED_TOO_LONG, /* over max bytes */
	ASKED_NOBODY	/* there is no terminal */
};

/* Prints "prompt what: ". A signal that ends the process does so after the
 * terminal echoes again. */
enum asked terminal_ask(const char *prompt, const char *what, char *text,
			size_t max, size_t *n)
    __attribute__((warn_unused_result));

#endif
