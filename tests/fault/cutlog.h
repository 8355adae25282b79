/* SPDX-License-Identifier: Apache-2.0 */
/* cutlog.h: the undo log of a power cut. Before a file is changed, what it
 * takes to undo the change is appended; what a successful fsync covers is
 * struck. Whatever is not struck when the process is killed is what the cut
 * takes back (powercut.py).
 *
 * A record is a struct cut_record, then two paths and the old bytes. Changes
 * of names (creation, deletion, renaming) belong to the directory: only an
 * fsync on the directory covers them. */
#ifndef CUTLOG_H
#define CUTLOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum cut_kind {
	CUT_WRITE = 1, /* offset, size: of the change; old bytes, old size */
	CUT_TRUNCATE,  /* old size; old bytes from offset, the lost tail */
	CUT_CREATE,    /* path */
	CUT_UNLINK,    /* path; other: the name under which it is kept */
	CUT_RENAME,    /* path to path; the target kept as in the log's
			* directory, when there was one */
	CUT_SYNC       /* strikes what that inode has up to serial `offset` */
};

struct cut_record {
	uint32_t magic;
	uint32_t kind;
	uint64_t serial;
	uint64_t inode; /* of the file; for names, of the directory */
	uint64_t offset, size;
	uint64_t old_size;
	uint32_t path, other; /* bytes of each, no NUL */
	uint64_t old;	      /* bytes */
};

#define CUT_MAGIC 0x54554331u

/* NULL fields are empty. */
struct cut_change {
	enum cut_kind kind;
	uint64_t inode;
	uint64_t offset, size, old_size;
	const char *path, *other;
	const void *old;
	size_t old_n;
};

/* Opens the log in that directory; false: no log, nothing is recorded. kill_at
 * > 0: the process sends itself the signal before the change or sync of that
 * number. */
bool cutlog_open(const char *dir, uint64_t kill_at, int signal);

/* Between lock and unlock the order of the log is the order of the changes. */
void cutlog_lock(void);
void cutlog_unlock(void);
/* Locked. */
void cutlog_append(const struct cut_change *change);
/* Locked. A new name beside the log, for what is deleted. */
void cutlog_keep_name(char *path, size_t size);

/* Before an fsync; gives what it will cover, and after its success strikes
 * that. Not locked meanwhile. */
uint64_t cutlog_sync_begin(void);
void cutlog_sync_done(uint64_t inode, uint64_t serial);

#endif
