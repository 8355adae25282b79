/* SPDX-License-Identifier: Apache-2.0 */
/* Writes files under a temporary name, syncs them, and renames them. */
#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BUFFER (256 * 1024)

struct output {
	char path[PATH_MAX]; /* "" is stdout */
	char part[PATH_MAX];
	int fd;
	int error; /* the first errno */
	size_t n;
	uint8_t buffer[BUFFER];
};

static int write_all(int fd, const uint8_t *p, size_t n)
{
	while (n) {
		ssize_t done = write(fd, p, n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return errno;
		p += done;
		n -= (size_t)done;
	}
	return 0;
}

static int create_at(int dir, const char *name, unsigned mode)
{
	if (unlinkat(dir, name, 0) && errno != ENOENT)
		return -1;
	return openat(dir, name,
		      O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		      (mode_t)mode);
}

struct output *output_open(const char *path, unsigned mode,
			   struct fault *fault)
{
	struct output *out = malloc(sizeof(*out));

	if (!out) {
		fault_set(fault, EXIT_IO, "%s: no memory", path);
		return NULL;
	}
	out->n = 0;
	out->error = 0;
	out->path[0] = '\0';
	out->fd = STDOUT_FILENO;
	if (!strcmp(path, "-"))
		return out;
	if (snprintf(out->part, PATH_MAX, "%s.part", path) >= PATH_MAX) {
		fault_set(fault, EXIT_USAGE, "%s: too long a name", path);
		goto fail;
	}
	snprintf(out->path, PATH_MAX, "%s", path);
	out->fd = create_at(AT_FDCWD, out->part, mode);
	if (out->fd >= 0)
		return out;
	fault_set(fault, EXIT_IO, "%s: cannot be written: %s", path,
		  strerror(errno));
fail:
	free(out);
	return NULL;
}

void output_flush(struct output *out)
{
	if (!out->error)
		out->error = write_all(out->fd, out->buffer, out->n);
	out->n = 0;
}

void output_put(struct output *out, struct bytes data)
{
	while (data.n) {
		size_t n = BUFFER - out->n < data.n ? BUFFER - out->n : data.n;

		memcpy(out->buffer + out->n, data.p, n);
		out->n += n;
		data = bytes_of(data.p + n, data.n - n);
		if (out->n == BUFFER)
			output_flush(out);
	}
}

static bool write_fault(const struct output *out, int error,
			struct fault *fault)
{
	return fault_set(fault, EXIT_IO, "%s: cannot be written: %s",
			 out->path[0] ? out->path : "stdout",
			 strerror(error));
}

bool output_check(const struct output *out, struct fault *fault)
{
	return out->error ? write_fault(out, out->error, fault) : true;
}

static int sync_parent(const char *path)
{
	char copy[PATH_MAX];
	int error, fd;

	snprintf(copy, sizeof(copy), "%s", path);
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return errno;
	error = fsync(fd) ? errno : 0;
	close(fd);
	return error;
}

static int finish_file(struct output *out)
{
	if (!out->error && fsync(out->fd))
		out->error = errno;
	if (close(out->fd) && !out->error)
		out->error = errno;
	out->fd = -1;
	if (!out->error && rename(out->part, out->path))
		out->error = errno;
	return out->error ? out->error : sync_parent(out->path);
}

bool output_commit(struct output *out, struct fault *fault)
{
	bool is_file = out->path[0] != '\0';
	bool ok = true;
	int error;

	output_flush(out);
	error = is_file ? finish_file(out) : out->error;
	if (error) {
		ok = write_fault(out, error, fault);
		if (is_file)
			unlink(out->part);
	}
	free(out);
	return ok;
}

void output_abandon(struct output *out)
{
	if (!out)
		return;
	if (out->path[0]) {
		close(out->fd);
		unlink(out->part);
	}
	free(out);
}

bool output_write(const char *path, unsigned mode, struct bytes data,
		  struct fault *fault)
{
	struct output *out = output_open(path, mode, fault);

	if (!out)
		return false;
	output_put(out, data);
	return output_commit(out, fault);
}

bool output_write_at(int dir, const char *name, unsigned mode,
		     struct bytes data, struct fault *fault)
{
	int fd = create_at(dir, name, mode);
	int error;

	if (fd < 0)
		return fault_set(fault, EXIT_IO, "%s: cannot be written: %s",
				 name, strerror(errno));
	error = write_all(fd, data.p, data.n);
	if (!error && fsync(fd))
		error = errno;
	if (close(fd) && !error)
		error = errno;
	if (!error)
		return true;
	unlinkat(dir, name, 0);
	return fault_set(fault, EXIT_IO, "%s: cannot be written: %s", name,
			 strerror(error));
}

bool output_sync_dir(int dir, const char *name, struct fault *fault)
{
	if (!fsync(dir))
		return true;
	return fault_set(fault, EXIT_IO, "%s: cannot be synced: %s", name,
			 strerror(errno));
}

bool output_sync_parent(const char *path, struct fault *fault)
{
	int error = sync_parent(path);

	if (!error)
		return true;
	return fault_set(fault, EXIT_IO, "%s: its directory cannot be "
					 "synced: %s", path, strerror(error));
}
