/* SPDX-License-Identifier: Apache-2.0 */
/* Writes files under a temporary name, syncs them, and renames them. */
#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "partfile.h"

#define BUFFER (256 * 1024)

struct output {
	char path[PATH_MAX]; /* "stdout" when it is that */
	char part[PATH_MAX];
	bool is_file; /* written as part, then renamed; else as it comes */
	bool has_part; /* there is a part, and it is ours */
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

/* A device or a pipe is written as it comes: there is nothing to rename. */
static bool open_special(struct output *out, struct fault *fault)
{
	/* a pipe that nobody reads would hold us up, with signals held back */
	out->fd = open(out->path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (out->fd < 0 && errno == ENXIO)
		return fault_set(fault, EXIT_IO,
				 "%s: nobody reads from it; start the reader "
				 "first", out->path);
	if (out->fd < 0 || fcntl(out->fd, F_SETFL, O_WRONLY))
		return fault_set(fault, EXIT_IO, "%s: cannot be written: %s",
				 out->path, strerror(errno));
	return true;
}

static bool open_file(struct output *out, unsigned mode, struct fault *fault)
{
	if (snprintf(out->part, PATH_MAX, "%s.part", out->path) >= PATH_MAX)
		return fault_set(fault, EXIT_USAGE, "%s: too long a name",
				 out->path);
	out->fd = partfile_open(out->part, mode);
	out->is_file = out->has_part = out->fd >= 0;
	if (out->has_part)
		return true;
	if (errno == EWOULDBLOCK)
		return fault_set(fault, EXIT_IO,
				 "%s: another oap-issuer writes it now; try "
				 "again when it has finished", out->path);
	return fault_set(fault, EXIT_IO, "%s: cannot be written: %s",
			 out->path, strerror(errno));
}

/* By what is there now, so that nothing but a file is ever replaced. */
static bool open_target(struct output *out, unsigned mode,
			struct fault *fault)
{
	struct stat itself, target;

	if (lstat(out->path, &itself))
		return open_file(out, mode, fault);
	if (stat(out->path, &target))
		target = itself;
	if (S_ISDIR(target.st_mode))
		return fault_set(fault, EXIT_USAGE,
				 "%s: is a directory; give the name of a file",
				 out->path);
	/* /dev/stdout and a shell's >(…) are links to such */
	if (S_ISCHR(target.st_mode) || S_ISFIFO(target.st_mode))
		return open_special(out, fault);
	if (S_ISLNK(itself.st_mode))
		return fault_set(fault, EXIT_REFUSED,
				 "%s: is a symbolic link; give the name of the "
				 "file itself", out->path);
	if (!S_ISREG(itself.st_mode))
		return fault_set(fault, EXIT_REFUSED,
				 "%s: is neither a file nor a pipe", out->path);
	return open_file(out, mode, fault);
}

struct output *output_open(const char *path, unsigned mode,
			   struct fault *fault)
{
	bool to_stdout = !strcmp(path, "-");
	struct output *out;

	if (!*path || strlen(path) >= PATH_MAX) {
		fault_set(fault, EXIT_USAGE, "\"%.40s\": not a file's name",
			  path);
		return NULL;
	}
	out = malloc(sizeof(*out));
	if (!out) {
		fault_set(fault, EXIT_IO, "%s: no memory", path);
		return NULL;
	}
	out->n = 0;
	out->error = 0;
	out->is_file = out->has_part = false;
	out->fd = STDOUT_FILENO;
	snprintf(out->path, PATH_MAX, "%s", to_stdout ? "stdout" : path);
	if (to_stdout || open_target(out, mode, fault))
		return out;
	free(out);
	return NULL;
}

bool output_refuse_input(const char *path, const char *input,
			 struct fault *fault)
{
	struct stat out, in;

	if (!strcmp(path, "-") || stat(path, &out) ||
	    (strcmp(input, "-") ? stat(input, &in)
				: fstat(STDIN_FILENO, &in)) ||
	    !S_ISREG(in.st_mode) || out.st_dev != in.st_dev ||
	    out.st_ino != in.st_ino)
		return true;
	return fault_set(fault, EXIT_USAGE,
			 "%s: is what is read; the output would take its place",
			 path);
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
			 out->path, strerror(error));
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

/* Renamed before it is closed, for its lock goes with the descriptor. */
static int finish_file(struct output *out)
{
	if (!out->error && fsync(out->fd))
		out->error = errno;
	if (!out->error && rename(out->part, out->path))
		out->error = errno;
	if (out->error)
		return out->error;
	out->has_part = false;
	return sync_parent(out->path);
}

bool output_commit(struct output *out, struct fault *fault)
{
	bool ok = true;
	int error;

	output_flush(out);
	error = out->is_file ? finish_file(out) : out->error;
	if (error)
		ok = write_fault(out, error, fault);
	output_abandon(out);
	return ok;
}

void output_abandon(struct output *out)
{
	if (!out)
		return;
	if (out->has_part)
		unlink(out->part);
	if (out->fd != STDOUT_FILENO)
		close(out->fd);
	free(out);
}

bool output_flush_stdout(struct fault *fault)
{
	const char *why = fflush(stdout) ? strerror(errno)
					 : "an earlier part of it was lost";

	if (!ferror(stdout))
		return true;
	fault_set(fault, EXIT_IO, "stdout: cannot be written: %s", why);
	__fpurge(stdout);
	clearerr(stdout);
	return false;
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

static int create_at(int dir, const char *name, unsigned mode)
{
	if (unlinkat(dir, name, 0) && errno != ENOENT)
		return -1;
	return openat(dir, name,
		      O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		      (mode_t)mode);
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

bool output_make_dir(const char *path, unsigned mode, struct fault *fault)
{
	if (mkdir(path, (mode_t)mode) == 0)
		return output_sync_parent(path, fault);
	if (errno == EEXIST)
		return true;
	return fault_set(fault, EXIT_IO, "%s: cannot be made: %s", path,
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
