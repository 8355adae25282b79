/* SPDX-License-Identifier: Apache-2.0 */
/* token.c: files of one line that nobody else may read. They are written to a
 * name beside, and renamed: a half-written secret would lock everybody out. */
#include "token.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guard.h"
#include "options.h"

#define SECRET_LINE (TOKEN_MAX + 128) /* a link: an address before the key */
#define PATH_TEXT 4096

enum found { FOUND, NONE_THERE, BAD }; /* BAD: it has been said */

static bool fail(const char *path, const char *what)
{
	complain("%s: %s", path, what);
	return false;
}

static bool make_secret(char out[TOKEN_MAX + 1])
{
	unsigned char random[TOKEN_BYTES];

	if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random))
		return false;
	for (size_t i = 0; i < sizeof(random); i++)
		snprintf(out + 2 * i, 3, "%02x", random[i]);
	return true;
}

static enum found refuse(const char *path, const char *what)
{
	(void)fail(path, what);
	return BAD;
}

static enum found check(const char *path, int fd)
{
	struct stat st;

	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		return refuse(path, "not a file");
	if ((st.st_mode & 077) != 0)
		return refuse(path, "others may read it; chmod 600, and if "
				    "somebody may have, remove it for a new "
				    "one");
	return FOUND;
}

/* Its first line. */
static enum found read_line(const char *path, char line[SECRET_LINE])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	enum found found;
	ssize_t n;

	if (fd < 0)
		return errno == ENOENT ? NONE_THERE
				       : refuse(path, strerror(errno));
	found = check(path, fd);
	n = found == FOUND ? read(fd, line, SECRET_LINE - 1) : 0;
	close(fd);
	if (n < 0)
		return refuse(path, "cannot be read");
	line[n] = '\0';
	line[strcspn(line, "\r\n")] = '\0';
	return found;
}

static bool write_all(int fd, const char *text)
{
	size_t n = strlen(text);

	return fd >= 0 && write(fd, text, n) == (ssize_t)n && fsync(fd) == 0;
}

static bool write_line(const char *path, const char *line)
{
	char beside[PATH_TEXT], text[SECRET_LINE + 1];
	bool done;
	int fd;

	if (snprintf(beside, sizeof(beside), "%s.new", path) >=
	    (int)sizeof(beside))
		return fail(path, "too long a name");
	snprintf(text, sizeof(text), "%s\n", line);
	/* One that a crash left behind. */
	if (unlink(beside) != 0 && errno != ENOENT)
		return fail(beside, strerror(errno));
	fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	done = write_all(fd, text);
	if (fd >= 0)
		done = close(fd) == 0 && done;
	if (done && rename(beside, path) == 0)
		return true;
	return fail(path, strerror(errno));
}

static bool make_token(const char *path, char token[TOKEN_MAX + 1])
{
	if (!make_secret(token))
		return fail(path, "no random bytes to be had");
	return write_line(path, token);
}

bool token_of_file(const char *path, char token[TOKEN_MAX + 1])
{
	char line[SECRET_LINE];
	enum found found = read_line(path, line);

	if (found == NONE_THERE)
		return make_token(path, token);
	if (found == BAD)
		return false;
	if (!guard_token_is_good(line))
		return fail(path, "no token: it must be one line of 32 to 128 "
				  "letters, digits or -._~+/=");
	memcpy(token, line, strlen(line) + 1); /* TOKEN_MAX at most */
	return true;
}

bool token_of_link(const char *path, const char *url, char key[TOKEN_MAX + 1])
{
	char line[SECRET_LINE] = "", *hash;

	if (read_line(path, line) == BAD)
		return false;
	hash = strchr(line, '#');
	if (hash != NULL && guard_token_is_good(hash + 1))
		memcpy(key, hash + 1, strlen(hash + 1) + 1);
	else if (!make_secret(key))
		return fail(path, "no random bytes to be had");
	snprintf(line, sizeof(line), "%s/#%s", url, key);
	return write_line(path, line);
}
