/* SPDX-License-Identifier: Apache-2.0 */
/* Reads files whole and bounded. */
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sodium.h>
#include <unistd.h>

#define FIRST_SIZE 65536

static bool grow(struct blob *out, size_t *cap, size_t max)
{
	size_t wanted = *cap ? *cap * 2 : FIRST_SIZE;
	uint8_t *p;

	/* one byte more than is allowed, to see that there is more */
	if (wanted > max + 1)
		wanted = max + 1;
	p = malloc(wanted);
	if (!p)
		return false;
	if (out->n)
		memcpy(p, out->p, out->n);
	if (out->p)
		sodium_memzero(out->p, out->n);
	free(out->p);
	out->p = p;
	*cap = wanted;
	return true;
}

static bool read_all(int fd, const char *path, size_t max, struct blob *out,
		     struct fault *fault)
{
	size_t cap = 0;

	*out = (struct blob){0};
	for (;;) {
		ssize_t got;

		if (out->n == cap && !grow(out, &cap, max))
			return fault_set(fault, EXIT_IO, "%s: no memory", path);
		got = read(fd, out->p + out->n, cap - out->n);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return fault_set(fault, EXIT_IO, "%s: %s", path,
					 strerror(errno));
		if (got == 0)
			return true;
		out->n += (size_t)got;
		if (out->n > max)
			return fault_set(fault, EXIT_REFUSED,
					 "%s: over %zu bytes, which is the "
					 "most this file may have",
					 path, max);
	}
}

bool file_read_at(int dir, const char *name, size_t max, struct blob *out,
		  struct fault *fault)
{
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	bool ok;

	*out = (struct blob){0};
	if (fd < 0)
		return fault_set(fault, EXIT_IO, "%s: %s", name,
				 strerror(errno));
	ok = read_all(fd, name, max, out, fault);
	close(fd);
	if (!ok)
		blob_free(out);
	return ok;
}

bool file_read(const char *path, size_t max, struct blob *out,
	       struct fault *fault)
{
	bool ok;

	if (strcmp(path, "-"))
		return file_read_at(AT_FDCWD, path, max, out, fault);
	ok = read_all(STDIN_FILENO, "stdin", max, out, fault);
	if (!ok)
		blob_free(out);
	return ok;
}

struct bytes blob_view(const struct blob *blob)
{
	return bytes_of(blob->p, blob->n);
}

void blob_free(struct blob *blob)
{
	if (blob->p)
		sodium_memzero(blob->p, blob->n);
	free(blob->p);
	*blob = (struct blob){0};
}
