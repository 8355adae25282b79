/* SPDX-License-Identifier: Apache-2.0 */
/* faultyvfs.c: SQLite's own VFS with one fault at a chosen place. */
#include <sqlite3.h>
#include <string.h>
#include <unistd.h>

#include "kioskworld.h"

static struct {
	unsigned left;	/* 0: disarmed */
	unsigned times; /* faults in a row, once it strikes */
	enum fault_kind kind;
	bool fired;
	bool no_database; /* its own file takes nothing */
	sqlite3_vfs vfs;
	/* A database file locks and shares memory; its journals do neither, and
	 * have other methods. */
	struct slot {
		sqlite3_io_methods methods; /* first: found by pMethods */
		const sqlite3_io_methods *real;
	} slots[2];
} faulty;

static const sqlite3_io_methods *real_of(const sqlite3_file *f)
{
	return f->pMethods == &faulty.slots[0].methods ? faulty.slots[0].real
						       : faulty.slots[1].real;
}

void faulty_vfs_arm(unsigned n, enum fault_kind kind)
{
	faulty_vfs_arm_run(n, 1, kind);
}

void faulty_vfs_arm_run(unsigned n, unsigned times, enum fault_kind kind)
{
	faulty.left = n;
	faulty.times = times;
	faulty.kind = kind;
	faulty.fired = false;
}

bool faulty_vfs_fired(void)
{
	return faulty.fired;
}

void faulty_vfs_break_database(bool broken)
{
	faulty.no_database = broken;
}

static int strike(void)
{
	if (faulty.left == 0 || --faulty.left > 0)
		return SQLITE_OK;
	faulty.fired = true;
	if (--faulty.times > 0)
		faulty.left = 1;
	if (faulty.kind == FAULT_EXIT)
		_exit(9);
	return faulty.kind == FAULT_FULL ? SQLITE_FULL : SQLITE_IOERR_WRITE;
}

static int faulty_write(sqlite3_file *f, const void *p, int n,
			sqlite3_int64 at)
{
	int rc = strike();

	if (faulty.no_database && f->pMethods == &faulty.slots[0].methods)
		rc = SQLITE_IOERR_WRITE;
	return rc != SQLITE_OK ? rc : real_of(f)->xWrite(f, p, n, at);
}

static int faulty_truncate(sqlite3_file *f, sqlite3_int64 n)
{
	int rc = strike();

	return rc != SQLITE_OK ? rc : real_of(f)->xTruncate(f, n);
}

static int faulty_sync(sqlite3_file *f, int flags)
{
	int rc = strike();

	return rc != SQLITE_OK ? rc : real_of(f)->xSync(f, flags);
}

static int faulty_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f,
		       int flags, int *out)
{
	sqlite3_vfs *real = vfs->pAppData;
	int rc = real->xOpen(real, name, f, flags, out);

	if (rc != SQLITE_OK || f->pMethods == NULL)
		return rc;
	struct slot *slot =
	    &faulty.slots[(flags & SQLITE_OPEN_MAIN_DB) != 0 ? 0 : 1];
	slot->real = f->pMethods;
	slot->methods = *f->pMethods;
	slot->methods.xWrite = faulty_write;
	slot->methods.xTruncate = faulty_truncate;
	slot->methods.xSync = faulty_sync;
	f->pMethods = &slot->methods;
	return rc;
}

void faulty_vfs_register(void)
{
	sqlite3_vfs *real = sqlite3_vfs_find(NULL);

	faulty.vfs = *real;
	faulty.vfs.zName = "faulty";
	faulty.vfs.pNext = NULL;
	faulty.vfs.pAppData = real;
	faulty.vfs.xOpen = faulty_open;
	sqlite3_vfs_register(&faulty.vfs, 0);
}
