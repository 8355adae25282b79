/* SPDX-License-Identifier: Apache-2.0 */
/* powercut.c: preloaded into a program, notes at the system calls (those that
 * SQLite's own VFS makes, and the program's) how to undo every change of a
 * file that no successful fsync has covered yet. The program is killed;
 * powercut.py then takes those changes back, as a power cut would.
 *
 *   OAP_CUT_DIR   the tree whose files are watched (without it: nothing)
 *   OAP_CUT_LOG   an existing directory outside it, on the same file system
 *   OAP_CUT_AT    number of the change or sync before which to die by SIGKILL
 *   OAP_CUT_SIGNAL  another signal than SIGKILL, to be sent then: for
 *                 programs that tidy up before they end
 *   OAP_CUT_SYNCHRONOUS=OFF  lets SQLite run with synchronous=OFF, whatever
 *                 the program asks for
 *
 * An fsync on a file covers its bytes and its size; an fsync on a directory
 * covers the names in it. What stdio writes into a file is not seen, and
 * survives. SQLite's -shm files are no part of the data. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cutlog.h"
#include "interpose.h"

#define WATCHED_MAX 65536

static char watched_dir[PATH_MAX];
static bool watching;
static _Atomic bool watched[WATCHED_MAX]; /* by descriptor */

__attribute__((constructor)) static void start(void)
{
	const char *dir = getenv("OAP_CUT_DIR"), *log = getenv("OAP_CUT_LOG");
	const char *at = getenv("OAP_CUT_AT"), *sig = getenv("OAP_CUT_SIGNAL");

	if (dir != NULL && log != NULL && realpath(dir, watched_dir) != NULL)
		watching = cutlog_open(log, at ? strtoull(at, NULL, 10) : 0,
				       sig ? atoi(sig) : SIGKILL);
}

/* The absolute path of a name, its directory resolved; false when it is not
 * one of a watched file. */
static bool absolute(int at, const char *name, char *path)
{
	char joined[PATH_MAX], parent[PATH_MAX], base[32];
	size_t root = strlen(watched_dir);

	if (!watching || name == NULL)
		return false;
	snprintf(base, sizeof(base), "/proc/self/fd/%d", at);
	int n = snprintf(joined, sizeof(joined), "%s%s%s",
			 name[0] == '/' || at == AT_FDCWD ? "" : base,
			 name[0] == '/' || at == AT_FDCWD ? "" : "/", name);
	if (n < 0 || (size_t)n >= sizeof(joined))
		return false;
	char *slash = strrchr(joined, '/');
	const char *leaf = slash ? slash + 1 : joined;
	if (slash != NULL)
		*slash = '\0';
	if (realpath(slash == NULL      ? "."
		     : slash == joined ? "/"
				       : joined,
		     parent) == NULL)
		return false;
	n = snprintf(path, PATH_MAX, "%s/%s", parent, leaf);
	size_t length = strlen(path);
	return n > 0 && n < PATH_MAX && strncmp(path, watched_dir, root) == 0 &&
	       path[root] == '/' &&
	       !(length > 4 && strcmp(path + length - 4, "-shm") == 0);
}

static uint64_t inode_of_parent(const char *path)
{
	char parent[PATH_MAX];
	struct stat st;

	strcpy(parent, path);
	*strrchr(parent, '/') = '\0';
	return stat(parent, &st) == 0 ? st.st_ino : 0;
}

static void append_name(enum cut_kind kind, const char *path,
			const char *other)
{
	cutlog_append(&(struct cut_change){.kind = kind,
					   .inode = inode_of_parent(path),
					   .path = path,
					   .other = other});
}

/* ---- opening and closing ---- */

static int watch(int fd, const char *path)
{
	struct stat st;

	if (fd >= 0 && fd < WATCHED_MAX && path[0] != '\0' &&
	    fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		watched[fd] = true;
	return fd;
}

static void note_truncation(uint64_t inode, int fd, uint64_t size)
{
	struct stat st;
	void *tail = NULL;
	size_t n = 0;

	if (fstat(fd, &st) == 0 && (uint64_t)st.st_size > size) {
		n = (size_t)st.st_size - size;
		tail = malloc(n);
		if (tail == NULL || pread(fd, tail, n, (off_t)size) != (ssize_t)n)
			abort();
	}
	cutlog_append(&(struct cut_change){.kind = CUT_TRUNCATE,
					   .inode = inode,
					   .offset = size,
					   .old_size = (uint64_t)st.st_size,
					   .old = tail,
					   .old_n = n});
	free(tail);
}

/* What O_TRUNC is about to cut off. */
static void note_open_truncation(const char *path)
{
	struct stat st;
	int fd = REAL("open", int, const char *, int, ...)(
	    path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0)
		note_truncation(st.st_ino, fd, 0);
	REAL("close", int, int)(fd);
}

static int open_as(const char *call, int at, const char *name, int flags,
		   mode_t mode)
{
	int (*next)(int, const char *, int, ...) =
	    REAL(call, int, int, const char *, int, ...);
	char path[PATH_MAX] = "";
	bool writes = (flags & O_ACCMODE) != O_RDONLY;

	if (!writes || (flags & O_TMPFILE) == O_TMPFILE ||
	    !absolute(at, name, path))
		return next(at, name, flags, mode);
	cutlog_lock();
	bool there = access(path, F_OK) == 0;
	if (!there && (flags & O_CREAT))
		append_name(CUT_CREATE, path, NULL);
	if (there && (flags & O_TRUNC))
		note_open_truncation(path);
	int fd = next(at, name, flags, mode);
	cutlog_unlock();
	return watch(fd, path);
}

static mode_t mode_of(int flags, va_list list)
{
	return flags & (O_CREAT | O_TMPFILE) ? va_arg(list, mode_t) : 0;
}

#define OPEN(name, as)                                                        \
	SHOWN int name(const char *path, int flags, ...)                      \
	{                                                                     \
		va_list list;                                                 \
		va_start(list, flags);                                        \
		mode_t mode = mode_of(flags, list);                           \
		va_end(list);                                                 \
		return open_as(as, AT_FDCWD, path, flags, mode);              \
	}
#define OPENAT(name)                                                          \
	SHOWN int name(int at, const char *path, int flags, ...)              \
	{                                                                     \
		va_list list;                                                 \
		va_start(list, flags);                                        \
		mode_t mode = mode_of(flags, list);                           \
		va_end(list);                                                 \
		return open_as(#name, at, path, flags, mode);                 \
	}
OPEN(open, "openat")
OPEN(open64, "openat64")
OPENAT(openat)
OPENAT(openat64)

/* What fortified programs call for flags that are no constant. */
SHOWN int __open_2(const char *path, int flags);
SHOWN int __open_2(const char *path, int flags)
{
	return open_as("openat", AT_FDCWD, path, flags, 0);
}

SHOWN int __open64_2(const char *path, int flags);
SHOWN int __open64_2(const char *path, int flags)
{
	return open_as("openat64", AT_FDCWD, path, flags, 0);
}

SHOWN int __openat_2(int at, const char *path, int flags);
SHOWN int __openat_2(int at, const char *path, int flags)
{
	return open_as("openat", at, path, flags, 0);
}

SHOWN int __openat64_2(int at, const char *path, int flags);
SHOWN int __openat64_2(int at, const char *path, int flags)
{
	return open_as("openat64", at, path, flags, 0);
}

SHOWN int mkstemp(char *template)
{
	int fd = REAL("mkstemp", int, char *)(template);
	char path[PATH_MAX];

	if (fd < 0 || !absolute(AT_FDCWD, template, path))
		return fd;
	cutlog_lock();
	append_name(CUT_CREATE, path, NULL);
	cutlog_unlock();
	return watch(fd, path);
}

SHOWN int close(int fd)
{
	if (fd >= 0 && fd < WATCHED_MAX)
		watched[fd] = false;
	return REAL("close", int, int)(fd);
}

/* ---- bytes ---- */

static bool is_watched(int fd)
{
	return fd >= 0 && fd < WATCHED_MAX && watched[fd];
}

static void note_write(int fd, uint64_t offset, size_t size)
{
	struct stat st;
	void *old = malloc(size ? size : 1);
	int reader = fd;

	if (old == NULL || fstat(fd, &st) != 0)
		abort();
	if ((fcntl(fd, F_GETFL) & O_ACCMODE) == O_WRONLY) {
		char self[32];

		snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
		reader = REAL("open", int, const char *, int, ...)(
		    self, O_RDONLY | O_CLOEXEC);
	}
	ssize_t n = pread(reader, old, size, (off_t)offset);
	cutlog_append(&(struct cut_change){.kind = CUT_WRITE,
					   .inode = st.st_ino,
					   .offset = offset,
					   .size = size,
					   .old_size = (uint64_t)st.st_size,
					   .old = old,
					   .old_n = n > 0 ? (size_t)n : 0});
	if (reader != fd)
		REAL("close", int, int)(reader);
	free(old);
}

static ssize_t pwrite_as(const char *call, int fd, const void *p, size_t n,
			 off_t offset)
{
	ssize_t (*next)(int, const void *, size_t, off_t) =
	    REAL(call, ssize_t, int, const void *, size_t, off_t);

	if (!is_watched(fd))
		return next(fd, p, n, offset);
	cutlog_lock();
	note_write(fd, (uint64_t)offset, n);
	ssize_t done = next(fd, p, n, offset);
	int error = errno;
	cutlog_unlock();
	errno = error;
	return done;
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
	ssize_t (*next)(int, const void *, size_t) =
	    REAL("write", ssize_t, int, const void *, size_t);

	if (!is_watched(fd))
		return next(fd, p, n);
	cutlog_lock();
	off_t at = fcntl(fd, F_GETFL) & O_APPEND ? lseek(fd, 0, SEEK_END)
						 : lseek(fd, 0, SEEK_CUR);
	note_write(fd, (uint64_t)at, n);
	ssize_t done = next(fd, p, n);
	int error = errno;
	cutlog_unlock();
	errno = error;
	return done;
}

static int ftruncate_as(const char *call, int fd, off_t size)
{
	int (*next)(int, off_t) = REAL(call, int, int, off_t);
	struct stat st;

	if (!is_watched(fd) || fstat(fd, &st) != 0)
		return next(fd, size);
	cutlog_lock();
	note_truncation(st.st_ino, fd, (uint64_t)size);
	int result = next(fd, size);
	cutlog_unlock();
	return result;
}

SHOWN int ftruncate(int fd, off_t size)
{
	return ftruncate_as("ftruncate", fd, size);
}

SHOWN int ftruncate64(int fd, off64_t size)
{
	return ftruncate_as("ftruncate64", fd, size);
}

/* ---- names ---- */

static int unlink_as(int at, const char *name, int flags)
{
	int (*next)(int, const char *, int) =
	    REAL("unlinkat", int, int, const char *, int);
	char path[PATH_MAX], kept[PATH_MAX];

	if ((flags & AT_REMOVEDIR) || !absolute(at, name, path))
		return next(at, name, flags);
	cutlog_lock();
	cutlog_keep_name(kept, sizeof(kept));
	if (linkat(AT_FDCWD, path, AT_FDCWD, kept, 0) == 0)
		append_name(CUT_UNLINK, path, kept);
	int result = next(at, name, flags);
	int error = errno;
	cutlog_unlock();
	errno = error;
	return result;
}

SHOWN int unlink(const char *name)
{
	return unlink_as(AT_FDCWD, name, 0);
}

SHOWN int unlinkat(int at, const char *name, int flags)
{
	return unlink_as(at, name, flags);
}

static int rename_as(int from_at, const char *from, int to_at, const char *to)
{
	int (*next)(int, const char *, int, const char *) = REAL(
	    "renameat", int, int, const char *, int, const char *);
	char old[PATH_MAX], path[PATH_MAX], kept[PATH_MAX];

	if (!absolute(from_at, from, old) || !absolute(to_at, to, path))
		return next(from_at, from, to_at, to);
	cutlog_lock();
	/* The target's old file first, so that undoing backwards finds the
	 * name free when it puts that one back. */
	cutlog_keep_name(kept, sizeof(kept));
	if (linkat(AT_FDCWD, path, AT_FDCWD, kept, 0) == 0)
		append_name(CUT_UNLINK, path, kept);
	append_name(CUT_RENAME, path, old);
	int result = next(from_at, from, to_at, to);
	int error = errno;
	cutlog_unlock();
	errno = error;
	return result;
}

SHOWN int rename(const char *from, const char *to)
{
	return rename_as(AT_FDCWD, from, AT_FDCWD, to);
}

SHOWN int renameat(int from_at, const char *from, int to_at, const char *to)
{
	return rename_as(from_at, from, to_at, to);
}

/* Whoever asks for more than a move that replaces nothing is on his own. */
SHOWN int renameat2(int from_at, const char *from, int to_at, const char *to,
		    unsigned flags)
{
	int (*next)(int, const char *, int, const char *, unsigned) = REAL(
	    "renameat2", int, int, const char *, int, const char *, unsigned);
	char old[PATH_MAX], path[PATH_MAX];

	if (flags != RENAME_NOREPLACE || !absolute(from_at, from, old) ||
	    !absolute(to_at, to, path) || access(path, F_OK) == 0)
		return next(from_at, from, to_at, to, flags);
	cutlog_lock();
	append_name(CUT_RENAME, path, old);
	int result = next(from_at, from, to_at, to, flags);
	int error = errno;
	cutlog_unlock();
	errno = error;
	return result;
}

SHOWN int link(const char *from, const char *to)
{
	char path[PATH_MAX];

	cutlog_lock();
	if (absolute(AT_FDCWD, to, path) && access(path, F_OK) != 0)
		append_name(CUT_CREATE, path, NULL);
	int result = REAL("link", int, const char *, const char *)(from, to);
	cutlog_unlock();
	return result;
}

SHOWN int mkdir(const char *name, mode_t mode)
{
	char path[PATH_MAX];

	cutlog_lock();
	if (absolute(AT_FDCWD, name, path) && access(path, F_OK) != 0)
		append_name(CUT_CREATE, path, NULL);
	int result = REAL("mkdir", int, const char *, mode_t)(name, mode);
	int error = errno;
	cutlog_unlock();
	errno = error;
	return result;
}

/* ---- what makes it last ---- */

static int sync_as(const char *call, int fd)
{
	int (*next)(int) = REAL(call, int, int);
	struct stat st;

	if (!watching || fstat(fd, &st) != 0 ||
	    !(S_ISDIR(st.st_mode) || S_ISREG(st.st_mode)))
		return next(fd);
	uint64_t serial = cutlog_sync_begin();
	int result = next(fd);
	if (result == 0)
		cutlog_sync_done(st.st_ino, serial);
	return result;
}

SHOWN int fsync(int fd)
{
	return sync_as("fsync", fd);
}

SHOWN int fdatasync(int fd)
{
	return sync_as("fdatasync", fd);
}
