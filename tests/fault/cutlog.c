/* SPDX-License-Identifier: Apache-2.0 */
/* cutlog.c: the undo log of a power cut. It lies in the page cache, which
 * outlives a killed process; when nothing is left to undo it is emptied. */
#include "cutlog.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

/* A preloaded library has no one to hand its state to. System calls are made
 * directly, since the functions of libc are the ones that are replaced. */
static struct {
	pthread_mutex_t lock;
	int fd;
	char dir[PATH_MAX - 64];
	uint64_t serial;    /* of the last record */
	uint64_t points;    /* changes and syncs so far */
	uint64_t kill_at;
	int signal;
	bool inherited;	    /* another process's records are in it */
	uint64_t kept;	    /* names given out */
	struct pending {
		uint64_t serial, inode;
	} *pending;
	size_t count, room;
} cut = {.lock = PTHREAD_MUTEX_INITIALIZER, .fd = -1};

static void die(const char *what)
{
	perror(what);
	abort();
}

bool cutlog_open(const char *dir, uint64_t kill_at, int signal)
{
	char path[PATH_MAX];

	if (strlen(dir) >= sizeof(cut.dir))
		return false;
	strcpy(cut.dir, dir);
	snprintf(path, sizeof(path), "%s/undo", dir);
	long fd = syscall(SYS_openat, AT_FDCWD, path,
			  O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (fd < 0)
		die(path);
	/* Out of the way of programs that count descriptors. */
	cut.fd = fcntl((int)fd, F_DUPFD_CLOEXEC, 900);
	if (cut.fd < 0)
		cut.fd = (int)fd;
	else
		syscall(SYS_close, fd);
	cut.inherited = lseek(cut.fd, 0, SEEK_END) > 0;
	cut.kept = (uint64_t)getpid() << 32;
	cut.kill_at = kill_at;
	cut.signal = signal;
	return true;
}

void cutlog_lock(void)
{
	pthread_mutex_lock(&cut.lock);
}

void cutlog_unlock(void)
{
	pthread_mutex_unlock(&cut.lock);
}

static void point(void)
{
	if (++cut.points == cut.kill_at)
		syscall(SYS_kill, getpid(), cut.signal);
}

static void remember(uint64_t inode)
{
	if (cut.count == cut.room) {
		size_t room = cut.room ? 2 * cut.room : 1024;
		struct pending *more =
		    realloc(cut.pending, room * sizeof(*more));

		if (more == NULL)
			die("powercut");
		cut.pending = more;
		cut.room = room;
	}
	cut.pending[cut.count++] = (struct pending){cut.serial, inode};
}

static void write_record(const struct cut_record *head,
			 const struct cut_change *c)
{
	struct iovec parts[4] = {
	    {(void *)(uintptr_t)head, sizeof(*head)},
	    {(void *)(uintptr_t)c->path, head->path},
	    {(void *)(uintptr_t)c->other, head->other},
	    {(void *)(uintptr_t)c->old, c->old_n}};
	size_t whole = sizeof(*head) + head->path + head->other + c->old_n;

	if (syscall(SYS_writev, cut.fd, parts, 4) != (long)whole)
		die("powercut: undo log");
}

void cutlog_append(const struct cut_change *c)
{
	struct cut_record head = {
	    .magic = CUT_MAGIC,
	    .kind = c->kind,
	    .serial = ++cut.serial,
	    .inode = c->inode,
	    .offset = c->offset,
	    .size = c->size,
	    .old_size = c->old_size,
	    .path = (uint32_t)(c->path ? strlen(c->path) : 0),
	    .other = (uint32_t)(c->other ? strlen(c->other) : 0),
	    .old = c->old_n};

	if (c->kind != CUT_SYNC) {
		point();
		remember(c->inode);
	}
	write_record(&head, c);
}

void cutlog_keep_name(char *path, size_t size)
{
	snprintf(path, size, "%s/kept-%llu", cut.dir,
		 (unsigned long long)++cut.kept);
}

uint64_t cutlog_sync_begin(void)
{
	cutlog_lock();
	point();
	uint64_t serial = cut.serial;
	cutlog_unlock();
	return serial;
}

/* Nothing is left to undo: the log starts again. */
static void empty(void)
{
	DIR *dir = opendir(cut.dir);
	struct dirent *entry;

	if (ftruncate(cut.fd, 0) != 0)
		die("powercut: undo log");
	while (dir != NULL && (entry = readdir(dir)) != NULL)
		if (strncmp(entry->d_name, "kept-", 5) == 0)
			syscall(SYS_unlinkat, dirfd(dir), entry->d_name, 0);
	if (dir != NULL)
		closedir(dir);
}

void cutlog_sync_done(uint64_t inode, uint64_t serial)
{
	size_t left = 0;

	cutlog_lock();
	for (size_t i = 0; i < cut.count; i++)
		if (cut.pending[i].inode != inode ||
		    cut.pending[i].serial > serial)
			cut.pending[left++] = cut.pending[i];
	if (left != cut.count || cut.inherited) {
		cut.count = left;
		cutlog_append(&(struct cut_change){
		    .kind = CUT_SYNC, .inode = inode, .offset = serial});
		if (left == 0 && !cut.inherited)
			empty();
	}
	cutlog_unlock();
}
