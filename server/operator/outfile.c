/* SPDX-License-Identifier: Apache-2.0 */
/* outfile.c: the part is locked while it is written, so that what a run left
 * that was killed is told from what another run is at. */
#include "outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define TRIES 4 /* each is lost to another run that came within a moment */

static bool fail(struct outfile *o, const char *why)
{
	snprintf(o->error, sizeof o->error, "%s: cannot be written: %s",
		 o->path, why);
	return false;
}

/* Nothing but a file is ever replaced. */
static bool may_replace(struct outfile *o)
{
	struct stat there;

	if (lstat(o->path, &there) != 0)
		return errno == ENOENT || fail(o, strerror(errno));
	if (S_ISREG(there.st_mode))
		return true;
	return fail(o, S_ISDIR(there.st_mode)
			   ? "it is a directory; give the name of a file"
			   : "it is no file; give another name");
}

/* Removes a part that nobody writes. */
static bool remove_left_over(const char *part)
{
	int fd = open(part, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	bool free = fd < 0 || flock(fd, LOCK_EX | LOCK_NB) == 0 ||
		    errno != EWOULDBLOCK;

	if (free)
		unlink(part);
	if (fd >= 0)
		close(fd);
	return free;
}

static bool open_part(struct outfile *o)
{
	for (int i = 0; i < TRIES; i++) {
		o->fd = open(o->part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
			     0600);
		if (o->fd >= 0) {
			/* where there are no locks, nobody else is known of */
			if (flock(o->fd, LOCK_EX | LOCK_NB) == 0 ||
			    errno != EWOULDBLOCK)
				return true;
			close(o->fd);
			o->fd = -1;
		} else if (errno != EEXIST) {
			return fail(o, strerror(errno));
		} else if (!remove_left_over(o->part)) {
			break;
		}
	}
	return fail(o, "another program writes it now");
}

bool outfile_open(struct outfile *o, const char *path)
{
	o->fd = -1;
	snprintf(o->path, sizeof o->path, "%s", path);
	if (*path == '\0' || strlen(path) >= sizeof o->path - strlen(".part"))
		return fail(o, "that is not a file's name");
	snprintf(o->part, sizeof o->part, "%.*s.part",
		 (int)(sizeof o->part - sizeof ".part"), path);
	return may_replace(o) && open_part(o);
}

bool outfile_write(struct outfile *o, const void *p, size_t n)
{
	const char *at = p;

	while (n > 0) {
		ssize_t done = write(o->fd, at, n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return fail(o, strerror(errno));
		at += done;
		n -= (size_t)done;
	}
	return true;
}

/* The new name must be on the disk, too. */
static bool sync_parent(struct outfile *o)
{
	char copy[PATH_MAX];
	bool done;
	int fd;

	snprintf(copy, sizeof copy, "%s", o->path);
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	done = fd >= 0 && fsync(fd) == 0;
	if (!done)
		fail(o, strerror(errno));
	if (fd >= 0)
		close(fd);
	return done;
}

/* Renamed before it is closed, for its lock goes with the descriptor. */
bool outfile_commit(struct outfile *o)
{
	if (fsync(o->fd) != 0 || rename(o->part, o->path) != 0) {
		fail(o, strerror(errno));
		outfile_abandon(o);
		return false;
	}
	close(o->fd);
	o->fd = -1;
	return sync_parent(o);
}

void outfile_abandon(struct outfile *o)
{
	if (o->fd < 0)
		return;
	unlink(o->part);
	close(o->fd);
	o->fd = -1;
}
