/* SPDX-License-Identifier: Apache-2.0 */
/* Edits a line; keys that send sequences begin with ESC (ECMA-48). */
#include "typed.h"

#define KEY_CTRL_C 3
#define KEY_CTRL_D 4
#define KEY_BACKSPACE 8
#define KEY_CTRL_U 21
#define KEY_ESCAPE 27
#define KEY_DELETE 127

/* Back to the byte that begins the last character. */
static void rub_out(struct typed *t)
{
	while (t->n && ((unsigned char)t->text[t->n - 1] & 0xc0) == 0x80)
		t->n--;
	if (t->n)
		t->n--;
}

static void add(struct typed *t, unsigned char c)
{
	if (t->n < t->max)
		t->text[t->n++] = (char)c;
	else
		t->too_long = true;
}

static void edit(struct typed *t, unsigned char c)
{
	switch (c) {
	case KEY_BACKSPACE:
	case KEY_DELETE: rub_out(t); break;
	case KEY_CTRL_U:
		t->n = 0;
		t->too_long = false;
		break;
	case KEY_ESCAPE: t->part = TYPED_ESCAPE; break;
	default:
		if (c >= ' ')
			add(t, c);
	}
}

/* Whether the byte belongs to a sequence. */
static bool in_sequence(struct typed *t, unsigned char c)
{
	switch (t->part) {
	case TYPED_TEXT: return false;
	case TYPED_ESCAPE:
		t->part = c == '[' ? TYPED_SEQUENCE
			  : c == 'O' ? TYPED_LAST
				     : TYPED_TEXT;
		/* with Alt a key sends ESC before its letter */
		return c >= ' ' && c < KEY_DELETE;
	case TYPED_SEQUENCE:
		if (c == '[') { /* the Linux console's function keys */
			t->part = TYPED_LAST;
			return true;
		}
		if (c >= ' ' && c < '@')
			return true; /* its numbers */
		break;
	case TYPED_LAST: break;
	}
	t->part = TYPED_TEXT;
	return c >= '@' && c < KEY_DELETE;
}

enum typed_key typed_take(struct typed *t, unsigned char c)
{
	if (c == '\r' || c == '\n')
		return TYPED_END;
	if (c == KEY_CTRL_C || c == KEY_CTRL_D)
		return TYPED_GIVEN_UP;
	if (!in_sequence(t, c))
		edit(t, c);
	return TYPED_MORE;
}
