/* SPDX-License-Identifier: Apache-2.0 */
/* kioskdir.c: one process a directory, so that seq and prev have one writer. */
#include "kioskdir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fault.h"

static enum oap_result not_a_kiosk(const char *path, struct oap_problem *why)
{
	return fault(why, OAP_NOT_ENROLLED,
		     "%s: not a kiosk's directory; oap-kiosk enrol --dir %s "
		     "CODE makes it one", path, path);
}

static enum oap_result take_lock(struct kioskdir *d, bool create,
				 struct oap_problem *why)
{
	d->lock = openat(d->fd, "lock",
			 O_RDWR | O_CLOEXEC | O_NOFOLLOW |
			     (create ? O_CREAT : 0),
			 0600);
	if (d->lock < 0 && errno == ENOENT)
		return not_a_kiosk(d->path, why);
	if (d->lock < 0)
		return fault(why, OAP_NO_DIRECTORY, "%s/lock: %s", d->path,
			     strerror(errno));
	if (flock(d->lock, LOCK_EX | LOCK_NB) != 0)
		return fault(why, OAP_IN_USE,
			     "%s: in use by another process; a kiosk directory "
			     "belongs to one at a time", d->path);
	return OAP_OK;
}

/* A new directory's own entry must not be lost with the power, either. */
static bool sync_parent(const struct kioskdir *d)
{
	int parent = openat(d->fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool ok = parent >= 0 && fsync(parent) == 0;

	if (parent >= 0)
		close(parent);
	return ok;
}

enum oap_result kioskdir_open(struct kioskdir *d, const char *path,
			      bool create, struct oap_problem *why)
{
	bool made;

	*d = (struct kioskdir){.fd = -1, .lock = -1, .path = strdup(path)};
	if (d->path == NULL)
		return fault(why, OAP_NO_MEMORY, "out of memory");
	made = create && mkdir(path, 0700) == 0;
	if (create && !made && errno != EEXIST)
		return fault(why, OAP_NO_DIRECTORY, "%s: cannot be made: %s",
			     path, strerror(errno));
	d->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (d->fd < 0 && errno == ENOENT)
		return fault(why, OAP_NO_DIRECTORY,
			     "%s: no such kiosk directory; oap-kiosk enrol "
			     "makes one", path);
	if (d->fd < 0)
		return fault(why, OAP_NO_DIRECTORY, "%s: %s", path,
			     strerror(errno));
	d->real = realpath(path, NULL);
	if (d->real == NULL || (made && !sync_parent(d)))
		return fault(why, OAP_NO_DIRECTORY, "%s: %s", path,
			     strerror(errno));
	return take_lock(d, create, why);
}

void kioskdir_close(struct kioskdir *d)
{
	if (d->lock >= 0)
		close(d->lock);
	if (d->fd >= 0)
		close(d->fd);
	free(d->path);
	free(d->real);
	*d = (struct kioskdir){.fd = -1, .lock = -1};
}
