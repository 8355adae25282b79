/* SPDX-License-Identifier: Apache-2.0 */
/* fetch_file.c: what a city's office has published into a folder of this
 * machine. Only regular files, so that nobody waits for a pipe. */
#include "fetch_get.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* A file that was changed this moment may change again within the same tick of
 * the disk's clock: it is read again the next time. */
#define SETTLED_S 2

static void set_validator(const struct stat *st,
			  char validator[FETCH_VALIDATOR_MAX + 1])
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	validator[0] = '\0';
	if (now.tv_sec - st->st_ctim.tv_sec < SETTLED_S)
		return;
	snprintf(validator, FETCH_VALIDATOR_MAX + 1,
		 "%jx-%jx-%jx-%jd.%09ld-%jd.%09ld", (uintmax_t)st->st_dev,
		 (uintmax_t)st->st_ino, (uintmax_t)st->st_size,
		 (intmax_t)st->st_mtim.tv_sec, st->st_mtim.tv_nsec,
		 (intmax_t)st->st_ctim.tv_sec, st->st_ctim.tv_nsec);
}

static bool refuse(const struct fetch_wish *wish, struct problem *p,
		   const char *why)
{
	return problem_set(p, 502, "fetch-failed", "%s: %s", wish->url, why);
}

static bool too_long(const struct fetch_wish *wish, struct problem *p)
{
	return problem_set(p, 502, "fetch-failed",
			   "%s: longer than the %zu bytes that it may have",
			   wish->url, wish->max);
}

/* To its end; one byte more than it may have is enough to know. */
static bool read_all(int fd, const struct fetch_wish *wish,
		     struct fetch_reply *reply, struct problem *p)
{
	ssize_t n = 1;

	reply->body = malloc(wish->max + 1);
	if (reply->body == NULL)
		return refuse(wish, p, "out of memory");
	while (n > 0 && reply->n <= wish->max) {
		n = read(fd, reply->body + reply->n,
			 wish->max + 1 - reply->n);
		if (n > 0)
			reply->n += (size_t)n;
		else if (n < 0 && errno == EINTR)
			n = 1;
	}
	if (n < 0)
		return refuse(wish, p, strerror(errno));
	if (reply->n > wish->max)
		return too_long(wish, p);
	return reply->n > 0 || refuse(wish, p, "is empty");
}

static bool take_file(int fd, const struct fetch_wish *wish,
		      struct fetch_reply *reply, struct problem *p)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return refuse(wish, p, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return refuse(wish, p, "is no regular file");
	set_validator(&st, reply->validator);
	if (wish->validator[0] != '\0' &&
	    strcmp(wish->validator, reply->validator) == 0) {
		reply->got = FETCH_GOT_SAME;
		return true;
	}
	if (!read_all(fd, wish, reply, p))
		return false;
	reply->got = FETCH_GOT_BODY;
	return true;
}

void fetch_file(const struct fetch_wish *wish, struct fetch_reply *reply,
		struct problem *p)
{
	char path[FETCH_URL_MAX + 1];
	int fd;

	reply->got = FETCH_GOT_REFUSED;
	if (!fetch_url_path(wish->url, path)) {
		refuse(wish, p, "is no path");
		return;
	}
	fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0) {
		refuse(wish, p, strerror(errno));
		return;
	}
	if (!take_file(fd, wish, reply, p)) {
		free(reply->body);
		reply->body = NULL;
		reply->n = 0;
	}
	close(fd);
}
