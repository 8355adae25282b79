/* SPDX-License-Identifier: Apache-2.0 */
/* backup.c: makes the copy, checks it, takes its digest. */
#include "backup.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PART_FILE "backup.part"
#define READ_SIZE 65536

static bool fail(struct backup *b, const char *what, const char *why)
{
	/* The reason is the more telling of the two. */
	snprintf(b->error, sizeof(b->error), "%.120s: %.180s", what, why);
	return false;
}

void backup_clear(const char *data_dir)
{
	static const char *const names[] = {PART_FILE, PART_FILE "-journal",
					    PART_FILE "-wal",
					    PART_FILE "-shm"};
	char path[PATH_MAX];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", data_dir, names[i]);
		unlink(path);
	}
}

/* SQLite would make it readable for others. */
static bool make_empty(struct backup *b, const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0)
		return fail(b, path, strerror(errno));
	close(fd);
	return true;
}

static bool take_digest(struct backup *b, const atomic_bool *stop)
{
	crypto_hash_sha256_state state;
	uint8_t piece[READ_SIZE];
	ssize_t n;

	crypto_hash_sha256_init(&state);
	while ((n = pread(b->fd, piece, sizeof(piece), (off_t)b->size)) > 0 &&
	       !atomic_load(stop)) {
		crypto_hash_sha256_update(&state, piece,
					  (unsigned long long)n);
		b->size += (uint64_t)n;
	}
	crypto_hash_sha256_final(&state, b->sha256);
	if (n != 0)
		return fail(b, "the copy",
			    n < 0 ? strerror(errno) : "the daemon is ending");
	return true;
}

static bool make(struct backup *b, struct store *reader, const char *path,
		 int64_t now_ms, const atomic_bool *stop)
{
	if (!make_empty(b, path) ||
	    store_backup(reader, path, now_ms, stop, b->error,
			 sizeof(b->error)) != STORE_OK)
		return false;
	b->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (b->fd < 0)
		return fail(b, path, strerror(errno));
	return take_digest(b, stop);
}

void backup_make(struct store *reader, const char *data_dir, int64_t now_ms,
		 const atomic_bool *stop, struct backup *out)
{
	char path[PATH_MAX];
	bool made;

	*out = (struct backup){.fd = -1};
	backup_clear(data_dir);
	snprintf(path, sizeof(path), "%s/" PART_FILE, data_dir);
	made = make(out, reader, path, now_ms, stop);
	backup_clear(data_dir);
	if (made)
		out->error[0] = '\0';
	else
		backup_close(out);
}

void backup_close(struct backup *b)
{
	if (b->fd >= 0)
		close(b->fd);
	b->fd = -1;
}
