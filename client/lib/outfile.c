/* SPDX-License-Identifier: Apache-2.0 */
/* outfile.c: the part is locked while it is written, so that what a run left
 * that was killed is told from what another one is at. */
#include "outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fault.h"

#define TRIES 4 /* each is lost to another run that came within a moment */

static enum oap_result fail(const struct outfile *o, const char *what,
			    struct oap_problem *why)
{
	return fault(why, OAP_FILE_FAILED, "%s: cannot be written: %s", o->path,
		     what);
}

/* Nothing but a file is ever replaced. */
static enum oap_result may_replace(const struct outfile *o,
				   struct oap_problem *why)
{
	struct stat there;

	if (lstat(o->path, &there) != 0)
		return errno == ENOENT ? OAP_OK : fail(o, strerror(errno), why);
	if (S_ISREG(there.st_mode))
		return OAP_OK;
	return fail(o,
		    S_ISDIR(there.st_mode)
			? "it is a directory; give the name of a file"
			: "it is no file; give another name",
		    why);
}

/* Removes a part that nobody writes. Where there are no locks (some sticks),
 * nobody else is known of. */
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

static enum oap_result open_part(struct outfile *o, struct oap_problem *why)
{
	for (int i = 0; i < TRIES; i++) {
		o->fd = open(o->part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
			     0600);
		if (o->fd >= 0) {
			if (flock(o->fd, LOCK_EX | LOCK_NB) == 0 ||
			    errno != EWOULDBLOCK)
				return OAP_OK;
			close(o->fd);
			o->fd = -1;
		} else if (errno != EEXIST) {
			return fail(o, strerror(errno), why);
		} else if (!remove_left_over(o->part)) {
			break;
		}
	}
	return fail(o, "another program writes it now", why);
}

enum oap_result outfile_open(struct outfile *o, const char *path,
			     struct oap_problem *why)
{
	enum oap_result result;

	*o = (struct outfile){.fd = -1};
	if (path == NULL || path[0] == '\0')
		return fault(why, OAP_BAD_ARGUMENT, "path: not given");
	o->path = strdup(path);
	if (o->path == NULL || asprintf(&o->part, "%s.part", path) < 0) {
		o->part = NULL;
		return fault(why, OAP_NO_MEMORY, "out of memory");
	}
	result = may_replace(o, why);
	return result == OAP_OK ? open_part(o, why) : result;
}

enum oap_result outfile_write(struct outfile *o, struct bytes data,
			      struct oap_problem *why)
{
	while (data.n > 0) {
		ssize_t done = write(o->fd, data.p, data.n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return fail(o, strerror(errno), why);
		data = bytes_of(data.p + done, data.n - (size_t)done);
	}
	return OAP_OK;
}

/* The new name must be on the disk, too. */
static enum oap_result sync_parent(const struct outfile *o,
				   struct oap_problem *why)
{
	char *copy = strdup(o->path);
	enum oap_result result = OAP_OK;
	int fd;

	if (copy == NULL)
		return fault(why, OAP_NO_MEMORY, "out of memory");
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fsync(fd) != 0)
		result = fail(o, strerror(errno), why);
	if (fd >= 0)
		close(fd);
	free(copy);
	return result;
}

/* Renamed before it is closed, for its lock goes with the descriptor. */
enum oap_result outfile_commit(struct outfile *o, struct oap_problem *why)
{
	if (fsync(o->fd) != 0 || rename(o->part, o->path) != 0)
		return fail(o, strerror(errno), why);
	close(o->fd);
	o->fd = -1;
	return sync_parent(o, why);
}

void outfile_close(struct outfile *o)
{
	if (o->fd >= 0) {
		unlink(o->part);
		close(o->fd);
	}
	free(o->path);
	free(o->part);
	*o = (struct outfile){.fd = -1};
}
