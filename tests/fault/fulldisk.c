/* SPDX-License-Identifier: Apache-2.0 */
/* fulldisk.c: preloaded into a program, a disk that is full for as long as a
 * file says so: what would make a file longer fails with ENOSPC, what
 * overwrites does not, as on a disk.
 *
 *   OAP_DISK_DIR   the tree whose files are on that disk
 *   OAP_DISK_FULL  while a file of this name exists, the disk is full */
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "interpose.h"

static bool is_on_it(int fd)
{
	const char *dir = getenv("OAP_DISK_DIR");
	char link[32], path[PATH_MAX];

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	ssize_t n = readlink(link, path, sizeof(path) - 1);
	if (dir == NULL || n < 0)
		return false;
	path[n] = '\0';
	return strncmp(path, dir, strlen(dir)) == 0 &&
	       path[strlen(dir)] == '/';
}

/* Whether there is no room for the file to reach that size. */
static bool no_room(int fd, off_t size)
{
	const char *full = getenv("OAP_DISK_FULL");
	struct stat st;

	if (full == NULL || access(full, F_OK) != 0 || !is_on_it(fd) ||
	    fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || size <= st.st_size)
		return false;
	errno = ENOSPC;
	return true;
}

static ssize_t pwrite_as(const char *call, int fd, const void *p, size_t n,
			 off_t offset)
{
	if (no_room(fd, offset + (off_t)n))
		return -1;
	return REAL(call, ssize_t, int, const void *, size_t,
		    off_t)(fd, p, n, offset);
}

SHOWN ssize_t pwrite(int fd, const void *p, size_t n, off_t offset)
{
	return pwrite_as("pwrite", fd, p, n, offset);
}

SHOWN ssize_t pwrite64(int fd, const void *p, size_t n, off64_t offset)
{
	return pwrite_as("pwrite64", fd, p, n, offset);
}

SHOWN ssize_t write(int fd, const void *p, size_t n)
{
	int error = errno;
	off_t at = lseek(fd, 0, SEEK_CUR);

	if (at >= 0 && no_room(fd, at + (off_t)n))
		return -1;
	errno = error;
	return REAL("write", ssize_t, int, const void *, size_t)(fd, p, n);
}

static int resize_as(const char *call, int fd, off_t size)
{
	return no_room(fd, size) ? -1
				 : REAL(call, int, int, off_t)(fd, size);
}

SHOWN int ftruncate(int fd, off_t size)
{
	return resize_as("ftruncate", fd, size);
}

SHOWN int ftruncate64(int fd, off64_t size)
{
	return resize_as("ftruncate64", fd, size);
}

SHOWN int posix_fallocate(int fd, off_t offset, off_t n)
{
	if (no_room(fd, offset + n))
		return ENOSPC;
	return REAL("posix_fallocate", int, int, off_t, off_t)(fd, offset, n);
}

SHOWN int posix_fallocate64(int fd, off64_t offset, off64_t n)
{
	if (no_room(fd, offset + n))
		return ENOSPC;
	return REAL("posix_fallocate64", int, int, off64_t,
		    off64_t)(fd, offset, n);
}
