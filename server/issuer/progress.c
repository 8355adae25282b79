/* SPDX-License-Identifier: Apache-2.0 */
/* Draws progress on stderr, five times a second, after the first second. */
#include "progress.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define QUIET_MS 1000
#define EVERY_MS 200

static int64_t monotonic_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void progress_start(struct progress *p)
{
	*p = (struct progress){.shows = isatty(STDERR_FILENO) == 1,
			       .start_ms = monotonic_ms()};
}

int64_t progress_ms(const struct progress *p)
{
	return monotonic_ms() - p->start_ms;
}

void progress_step(struct progress *p, size_t done, size_t part, size_t whole)
{
	int64_t ms = progress_ms(p);

	if (!p->shows || ms < QUIET_MS || ms - p->drawn_ms < EVERY_MS)
		return;
	p->drawn_ms = ms;
	p->drawn = true;
	fprintf(stderr, "\r\033[K%zu passes, %lld/s", done,
		(long long)done * 1000 / (long long)ms);
	if (whole)
		fprintf(stderr, ", %zu %%", part * 100 / whole);
	fflush(stderr);
}

void progress_clear(struct progress *p)
{
	if (p->drawn)
		fputs("\r\033[K", stderr);
	p->drawn = false;
}
