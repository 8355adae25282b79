/* SPDX-License-Identifier: Apache-2.0 */
/* interrupt.h: holds back Ctrl-C and the other requests to end while
 * something half done would be left behind. Who holds asks now and then, and
 * tidies up before letting go. Before threads are started, which inherit it. */
#ifndef ISSUER_INTERRUPT_H
#define ISSUER_INTERRUPT_H

#include <signal.h>
#include <stdbool.h>

struct interrupt {
	sigset_t before;
};

void interrupt_hold(struct interrupt *held);
/* Whether a request has come since. */
bool interrupt_waiting(void);
/* A descriptor that is readable once a request has come, for poll; to be
 * closed by the caller. -1 when there is none to be had, which poll skips. */
int interrupt_fd(void);
/* One that has come ends the process here, as it would have done at first. */
void interrupt_release(const struct interrupt *held);
/* The work is done, and its exit status says so: one that has come, or comes
 * while files are being closed, finds nothing left to interrupt. */
void interrupt_ignore(const struct interrupt *held);
/* The one or the other: whether the work gave way to a request. Say before
 * what became of it. */
void interrupt_end(const struct interrupt *held, bool gave_way);

#endif
