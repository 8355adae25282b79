/* SPDX-License-Identifier: Apache-2.0 */
/* Sets the terminal to be silent, and back, whatever ends the waiting. */
#include "terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <termios.h>
#include <unistd.h>

#include "interrupt.h"
#include "typed.h"

/* Waits for a key, or for a request to end. */
static bool next_key(int tty, int requests, unsigned char *c)
{
	struct pollfd fds[2] = {{.fd = tty, .events = POLLIN},
				{.fd = requests, .events = POLLIN}};

	while (poll(fds, 2, -1) < 0)
		if (errno != EINTR)
			return false;
	return !fds[1].revents && read(tty, c, 1) == 1;
}

static enum asked read_line(int tty, int requests, struct typed *typed)
{
	unsigned char c;

	while (next_key(tty, requests, &c)) {
		switch (typed_take(typed, c)) {
		case TYPED_MORE: break;
		case TYPED_END:
			return typed->too_long ? ASKED_TOO_LONG : ASKED;
		case TYPED_GIVEN_UP: return ASKED_GIVEN_UP;
		}
	}
	return ASKED_GIVEN_UP;
}

static enum asked ask_silently(int tty, const struct termios *was,
			       const char *prompt, const char *what,
			       struct typed *typed)
{
	struct termios quiet = *was;
	struct interrupt held;
	enum asked asked;
	int requests;

	interrupt_hold(&held);
	requests = interrupt_fd();
	quiet.c_lflag &= ~(tcflag_t)(ECHO | ICANON | ISIG);
	quiet.c_cc[VMIN] = 1;
	quiet.c_cc[VTIME] = 0;
	/* quiet before the prompt: what is typed at once is neither shown nor
	 * thrown away */
	tcsetattr(tty, TCSAFLUSH, &quiet);
	dprintf(tty, "%s %s: ", prompt, what);
	asked = read_line(tty, requests, typed);
	tcsetattr(tty, TCSAFLUSH, was);
	dprintf(tty, "\n");
	if (requests >= 0)
		close(requests);
	interrupt_release(&held);
	return asked;
}

enum asked terminal_ask(const char *prompt, const char *what, char *text,
			size_t max, size_t *n)
{
	struct typed typed = {.text = text, .max = max};
	struct termios was;
	int tty = open("/dev/tty", O_RDWR | O_CLOEXEC);
	enum asked asked = ASKED_NOBODY;

	if (tty >= 0 && !tcgetattr(tty, &was))
		asked = ask_silently(tty, &was, prompt, what, &typed);
	if (tty >= 0)
		close(tty);
	*n = typed.n;
	return asked;
}
