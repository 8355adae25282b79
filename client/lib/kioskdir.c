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

static enum oap_result take_lock(struct kioskdir *d, struct oap_problem *why)
{
	d->lock = openat(d->fd, "lock",
			 O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (d->lock < 0)
		return fault(why, OAP_NO_DIRECTORY, "%s/lock: %s", d->path,
			     strerror(errno));
	if (flock(d->lock, LOCK_EX | LOCK_NB) != 0)
		return fault(why, OAP_IN_USE,
			     "%s: in use by another process; a kiosk directory "
			     "belongs to one at a time", d->path);
	return OAP_OK;
}

enum oap_result kioskdir_open(struct kioskdir *d, const char *path,
			      bool create, struct oap_problem *why)
{
	*d = (struct kioskdir){.fd = -1, .lock = -1, .path = strdup(path)};
	if (d->path == NULL)
		return fault(why, OAP_NO_MEMORY, "out of memory");
	if (create && mkdir(path, 0700) != 0 && errno != EEXIST)
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
	return take_lock(d, why);
}

void kioskdir_close(struct kioskdir *d)
{
	if (d->lock >= 0)
		close(d->lock);
	if (d->fd >= 0)
		close(d->fd);
	free(d->path);
	*d = (struct kioskdir){.fd = -1, .lock = -1};
}
