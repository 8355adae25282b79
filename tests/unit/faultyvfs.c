/* SPDX-License-Identifier: Apache-2.0 */
/* faultyvfs.c: SQLite's own VFS with one fault at a chosen place. */
#include <sqlite3.h>
#include <string.h>
#include <unistd.h>

#include "kioskworld.h"

static struct {
	unsigned left; /* 0: disarmed */
	enum fault_kind kind;
	bool fired;
	sqlite3_vfs vfs;
	sqlite3_io_methods methods;
	const sqlite3_io_methods *real;
} faulty;

void faulty_vfs_arm(unsigned n, enum fault_kind kind)
{
	faulty.left = n;
	faulty.kind = kind;
	faulty.fired = false;
}

bool faulty_vfs_fired(void)
{
	return faulty.fired;
}

static int strike(void)
{
	if (faulty.left == 0 || --faulty.left > 0)
		return SQLITE_OK;
	faulty.fired = true;
	if (faulty.kind == FAULT_EXIT)
		_exit(9);
	return faulty.kind == FAULT_FULL ? SQLITE_FULL : SQLITE_IOERR_WRITE;
}

static int faulty_write(sqlite3_file *f, const void *p, int n,
			sqlite3_int64 at)
{
	int rc = strike();

	return rc != SQLITE_OK ? rc : faulty.real->xWrite(f, p, n, at);
}

static int faulty_truncate(sqlite3_file *f, sqlite3_int64 n)
{
	int rc = strike();

	return rc != SQLITE_OK ? rc : faulty.real->xTruncate(f, n);
}

static int faulty_sync(sqlite3_file *f, int flags)
{
	int rc = strike();

	return rc != SQLITE_OK ? rc : faulty.real->xSync(f, flags);
}

static int faulty_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f,
		       int flags, int *out)
{
	sqlite3_vfs *real = vfs->pAppData;
	int rc = real->xOpen(real, name, f, flags, out);

	if (rc != SQLITE_OK || f->pMethods == NULL)
		return rc;
	faulty.real = f->pMethods;
	faulty.methods = *f->pMethods;
	faulty.methods.xWrite = faulty_write;
	faulty.methods.xTruncate = faulty_truncate;
	faulty.methods.xSync = faulty_sync;
	f->pMethods = &faulty.methods;
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
