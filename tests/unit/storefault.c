/* SPDX-License-Identifier: Apache-2.0 */
/* storefault.c: a VFS between SQLite and the file system, and an allocator
 * between it and malloc, that fail when they are told to. */
#include "storefault.h"

#include <sqlite3.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static atomic_int armed = -1;
static atomic_long left, failing;
static atomic_bool struck;

static bool strikes(bool memory)
{
	int kind = atomic_load(&armed);

	if (kind < 0 || (kind == FAULT_MEMORY) != memory)
		return false;
	if (atomic_fetch_sub(&left, 1) > 1)
		return false;
	if (atomic_fetch_sub(&failing, 1) <= 0)
		return false;
	atomic_store(&struck, true);
	return true;
}

void fault_arm(enum fault_kind kind, long n, long how_many)
{
	atomic_store(&left, n);
	atomic_store(&failing, how_many);
	atomic_store(&struck, false);
	atomic_store(&armed, kind);
}

bool fault_disarm(void)
{
	atomic_store(&armed, -1);
	return atomic_load(&struck);
}

static int io_error(int code)
{
	return atomic_load(&armed) == FAULT_FULL ? SQLITE_FULL : code;
}

/* ---------------------------------------------------------------- files */

struct file {
	sqlite3_file base;
	sqlite3_file *real; /* behind this struct */
};

static sqlite3_file *real_of(sqlite3_file *f)
{
	return ((struct file *)f)->real;
}

static int f_close(sqlite3_file *f)
{
	sqlite3_file *r = real_of(f);

	return r->pMethods ? r->pMethods->xClose(r) : SQLITE_OK;
}

static int f_read(sqlite3_file *f, void *p, int n, sqlite3_int64 at)
{
	return real_of(f)->pMethods->xRead(real_of(f), p, n, at);
}

static int f_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at)
{
	if (strikes(false))
		return io_error(SQLITE_IOERR_WRITE);
	return real_of(f)->pMethods->xWrite(real_of(f), p, n, at);
}

static int f_truncate(sqlite3_file *f, sqlite3_int64 n)
{
	if (strikes(false))
		return io_error(SQLITE_IOERR_TRUNCATE);
	return real_of(f)->pMethods->xTruncate(real_of(f), n);
}

static int f_sync(sqlite3_file *f, int flags)
{
	if (strikes(false))
		return io_error(SQLITE_IOERR_FSYNC);
	return real_of(f)->pMethods->xSync(real_of(f), flags);
}

static int f_size(sqlite3_file *f, sqlite3_int64 *n)
{
	return real_of(f)->pMethods->xFileSize(real_of(f), n);
}

static int f_lock(sqlite3_file *f, int lock)
{
	return real_of(f)->pMethods->xLock(real_of(f), lock);
}

static int f_unlock(sqlite3_file *f, int lock)
{
	return real_of(f)->pMethods->xUnlock(real_of(f), lock);
}

static int f_reserved(sqlite3_file *f, int *out)
{
	return real_of(f)->pMethods->xCheckReservedLock(real_of(f), out);
}

static int f_control(sqlite3_file *f, int op, void *arg)
{
	return real_of(f)->pMethods->xFileControl(real_of(f), op, arg);
}

static int f_sector(sqlite3_file *f)
{
	return real_of(f)->pMethods->xSectorSize(real_of(f));
}

static int f_device(sqlite3_file *f)
{
	return real_of(f)->pMethods->xDeviceCharacteristics(real_of(f));
}

static int f_shm_map(sqlite3_file *f, int page, int size, int extend,
                     void volatile **out)
{
	return real_of(f)->pMethods->xShmMap(real_of(f), page, size, extend,
	                                     out);
}

static int f_shm_lock(sqlite3_file *f, int offset, int n, int flags)
{
	return real_of(f)->pMethods->xShmLock(real_of(f), offset, n, flags);
}

static void f_shm_barrier(sqlite3_file *f)
{
	real_of(f)->pMethods->xShmBarrier(real_of(f));
}

static int f_shm_unmap(sqlite3_file *f, int unlink)
{
	return real_of(f)->pMethods->xShmUnmap(real_of(f), unlink);
}

static const sqlite3_io_methods methods = {
    .iVersion = 2, /* with shared memory, without memory-mapped pages */
    .xClose = f_close,
    .xRead = f_read,
    .xWrite = f_write,
    .xTruncate = f_truncate,
    .xSync = f_sync,
    .xFileSize = f_size,
    .xLock = f_lock,
    .xUnlock = f_unlock,
    .xCheckReservedLock = f_reserved,
    .xFileControl = f_control,
    .xSectorSize = f_sector,
    .xDeviceCharacteristics = f_device,
    .xShmMap = f_shm_map,
    .xShmLock = f_shm_lock,
    .xShmBarrier = f_shm_barrier,
    .xShmUnmap = f_shm_unmap,
};

static int v_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *out,
                  int flags, int *out_flags)
{
	sqlite3_vfs *real = vfs->pAppData;
	struct file *f = (struct file *)out;
	int rc;

	f->real = (sqlite3_file *)(f + 1);
	f->real->pMethods = NULL;
	rc = real->xOpen(real, name, f->real, flags, out_flags);
	/* With methods set, SQLite closes what failed to open, too. */
	f->base.pMethods = f->real->pMethods ? &methods : NULL;
	return rc;
}

/* ----------------------------------------------------------- allocator */

static sqlite3_mem_methods real_memory;

static void *m_malloc(int n)
{
	return strikes(true) ? NULL : real_memory.xMalloc(n);
}

static void *m_realloc(void *p, int n)
{
	return strikes(true) ? NULL : real_memory.xRealloc(p, n);
}

void fault_install(void)
{
	static sqlite3_vfs shim;
	sqlite3_mem_methods memory;
	sqlite3_vfs *real;

	sqlite3_config(SQLITE_CONFIG_GETMALLOC, &real_memory);
	memory = real_memory;
	memory.xMalloc = m_malloc;
	memory.xRealloc = m_realloc;
	sqlite3_config(SQLITE_CONFIG_MALLOC, &memory);
	real = sqlite3_vfs_find(NULL);
	shim = *real;
	shim.zName = "fault";
	shim.szOsFile = (int)sizeof(struct file) + real->szOsFile;
	shim.pAppData = real;
	shim.pNext = NULL;
	shim.xOpen = v_open;
	sqlite3_vfs_register(&shim, 1);
}
