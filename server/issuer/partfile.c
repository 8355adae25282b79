/* SPDX-License-Identifier: Apache-2.0 */
/* Makes a file, then locks it; between the two another run may come. */
#include "partfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define TRIES 16 /* each is lost to another run that came within a moment */

/* Whether the name still leads to the open file. */
static bool is_there(int fd, const char *path)
{
	struct stat file, name;

	return fstat(fd, &file) == 0 && lstat(path, &name) == 0 &&
	       file.st_dev == name.st_dev && file.st_ino == name.st_ino;
}

/* True also where there are no locks: then nobody else has it, as far as can
 * be known. */
static bool lock(int fd)
{
	return flock(fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK;
}

/* Removes what is there, unless somebody writes it. */
static bool remove_left_over(const char *path)
{
	int fd = open(path, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	bool ok = true;

	if (fd >= 0 && !lock(fd)) {
		close(fd);
		errno = EWOULDBLOCK;
		return false;
	}
	/* what is no file is nobody's part */
	if (fd < 0 || is_there(fd, path))
		ok = unlink(path) == 0 || errno == ENOENT;
	if (fd >= 0)
		close(fd);
	return ok;
}

int partfile_open(const char *path, unsigned mode)
{
	for (int i = 0; i < TRIES; i++) {
		int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
			      (mode_t)mode);

		if (fd >= 0 && lock(fd) && is_there(fd, path))
			return fd;
		if (fd >= 0)
			close(fd); /* taken for a left-over just now */
		else if (errno != EEXIST || !remove_left_over(path))
			return -1;
	}
	errno = EWOULDBLOCK;
	return -1;
}
