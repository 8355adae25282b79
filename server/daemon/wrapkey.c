/* SPDX-License-Identifier: Apache-2.0 */
/* wrapkey.c: a credential of 32 bytes (systemd.exec(5), CREDENTIALS). */
#include "wrapkey.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CREDENTIAL "oapd-wrap-key"
#define PATH_TEXT_MAX 512

bool wrap_key_read(uint8_t key[static SERVICE_WRAP_KEY], bool *has,
		   char *error, size_t error_size)
{
	const char *dir = getenv("CREDENTIALS_DIRECTORY");
	uint8_t more;
	char path[PATH_TEXT_MAX];
	ssize_t n, rest;
	int fd;

	*has = false;
	if (dir == NULL)
		return true;
	snprintf(path, sizeof(path), "%s/" CREDENTIAL, dir);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return true;
	if (fd < 0) {
		snprintf(error, error_size, "%s: %s", path, strerror(errno));
		return false;
	}
	n = read(fd, key, SERVICE_WRAP_KEY);
	rest = read(fd, &more, 1);
	close(fd);
	if (n != SERVICE_WRAP_KEY || rest != 0) {
		snprintf(error, error_size, "%s: must be %d random bytes", path,
			 SERVICE_WRAP_KEY);
		return false;
	}
	*has = true;
	return true;
}
