/* SPDX-License-Identifier: Apache-2.0 */
/* typed.h: a line that is typed without being seen, byte by byte: only what
 * the typist means to be in it. No I/O. */
#ifndef ISSUER_TYPED_H
#define ISSUER_TYPED_H

#include <stdbool.h>
#include <stddef.h>

struct typed {
	char *text;
	size_t max, n;
	bool too_long;
	/* in the sequence that an arrow or function key sends */
	enum { TYPED_TEXT, TYPED_ESCAPE, TYPED_SEQUENCE, TYPED_LAST } part;
};

enum typed_key { TYPED_MORE, TYPED_END, TYPED_GIVEN_UP };

/* One byte, as a terminal sends it that neither echoes nor edits. Backspace
 * takes a whole character (UTF-8), Ctrl-U the line; Ctrl-C and Ctrl-D give up;
 * other control keys, and keys that send sequences, are no text. */
enum typed_key typed_take(struct typed *typed, unsigned char c)
    __attribute__((warn_unused_result));

#endif
