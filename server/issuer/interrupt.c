/* SPDX-License-Identifier: Apache-2.0 */
/* Blocks SIGINT, SIGTERM and SIGHUP, so that no handler is needed. */
#include "interrupt.h"

#include <stddef.h>
#include <sys/signalfd.h>

static const int requests[] = {SIGINT, SIGTERM, SIGHUP};
#define COUNT (sizeof(requests) / sizeof(requests[0]))

static sigset_t all_requests(void)
{
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < COUNT; i++)
		sigaddset(&set, requests[i]);
	return set;
}

void interrupt_hold(struct interrupt *held)
{
	sigset_t set = all_requests();

	sigprocmask(SIG_BLOCK, &set, &held->before);
}

int interrupt_fd(void)
{
	sigset_t set = all_requests();

	return signalfd(-1, &set, SFD_CLOEXEC);
}

bool interrupt_waiting(void)
{
	sigset_t set;

	if (sigpending(&set))
		return false;
	for (size_t i = 0; i < COUNT; i++)
		if (sigismember(&set, requests[i]) == 1)
			return true;
	return false;
}

/* Which discards one that waits, too (POSIX, sigaction). */
void interrupt_ignore(const struct interrupt *held)
{
	for (size_t i = 0; i < COUNT; i++)
		signal(requests[i], SIG_IGN);
	interrupt_release(held);
}

void interrupt_release(const struct interrupt *held)
{
	sigprocmask(SIG_SETMASK, &held->before, NULL);
}

void interrupt_end(const struct interrupt *held, bool gave_way)
{
	if (gave_way)
		interrupt_release(held);
	else
		interrupt_ignore(held);
}
