/* SPDX-License-Identifier: Apache-2.0 */
/* scanner.c: images are read by zbarimg, which gets the file as its standard
 * input: a file name can then mean nothing but a file. Its output and its time
 * are bounded. */
#include "scanner.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "options.h"

#define READ_MAX (2 * SCANNED_TEXT)
#define READ_SECONDS 20 /* a phone's photograph on a small machine */
#define NONE_FOUND 4	/* zbarimg(1) */

extern char **environ;

/* The program that reads an image. */
struct reader {
	pid_t pid;
	int out; /* its standard output */
};

int scan_text(const char *text, struct scanned *out)
{
	size_t n = strlen(text);

	out->length = n < SCANNED_TEXT ? n : SCANNED_TEXT - 1;
	memcpy(out->text, text, out->length);
	out->text[out->length] = '\0';
	return EXIT_DONE;
}

bool scan_line(FILE *in, struct scanned *out)
{
	int c;

	out->length = 0;
	/* Scanners end a line with either, or with both. */
	while ((c = getc(in)) != EOF) {
		bool ends = c == '\n' || c == '\r';

		if (ends && out->length > 0)
			break;
		if (!ends && out->length < SCANNED_TEXT - 1)
			out->text[out->length++] = (char)c;
	}
	out->text[out->length] = '\0';
	return out->length > 0;
}

size_t scan_choose(const char *printed, size_t n, struct scanned *out)
{
	size_t lines = 0, ours = 0, start = 0;

	for (size_t i = 0; i <= n; i++) {
		size_t length = i - start;
		bool is_ours;

		if (i < n && printed[i] != '\n')
			continue;
		is_ours = length >= 3 && memcmp(printed + start, "OAP", 3) == 0;
		if (length > 0 && length < SCANNED_TEXT) {
			lines++;
			ours += is_ours;
			if (is_ours ? ours == 1 : ours == 0) {
				memcpy(out->text, printed + start, length);
				out->text[length] = '\0';
				out->length = length;
			}
		}
		start = i + 1;
	}
	return ours > 0 ? ours : lines;
}

static int spawn(struct reader *r, int image, int to)
{
	static char program[] = "zbarimg", nodbus[] = "--nodbus",
		    raw[] = "--raw", quiet[] = "-q", none[] = "-Sdisable",
		    qr[] = "-Sqrcode.enable", input[] = "-";
	char *argv[] = {program, nodbus, raw, quiet, none, qr, input, NULL};
	posix_spawn_file_actions_t actions;
	int failed;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, image, STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&actions, to, STDOUT_FILENO);
	posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null",
					 O_WRONLY, 0);
	failed = posix_spawnp(&r->pid, program, &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	return failed;
}

static bool start(struct reader *r, int image)
{
	int ends[2], failed;

	if (pipe2(ends, O_CLOEXEC) != 0) {
		complain("pipe: %s", strerror(errno));
		return false;
	}
	failed = spawn(r, image, ends[1]);
	close(ends[1]);
	r->out = ends[0];
	if (failed == 0)
		return true;
	close(ends[0]);
	complain("zbarimg: cannot be run: %s; install zbar-tools",
		 strerror(failed));
	return false;
}

static time_t monotonic_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

/* What it prints, until it ends; -1: too much, or too slow. */
static ssize_t read_all(const struct reader *r, char *buf, size_t cap)
{
	struct pollfd p = {.fd = r->out, .events = POLLIN};
	time_t until = monotonic_s() + READ_SECONDS;
	size_t n = 0;
	ssize_t got;

	for (;;) {
		int ready = poll(&p, 1, 1000);

		if (monotonic_s() > until)
			return -1;
		if (ready < 0 && errno != EINTR)
			return -1;
		if (ready <= 0)
			continue;
		got = read(r->out, buf + n, cap - n);
		if (got == 0)
			return (ssize_t)n;
		if (got < 0 && errno != EINTR)
			return -1;
		n += got > 0 ? (size_t)got : 0;
		if (n == cap)
			return -1;
	}
}

/* Its exit status, or -1 for one that was killed. */
static int finish(const struct reader *r, bool kill_it)
{
	int status = 0;

	close(r->out);
	if (kill_it)
		kill(r->pid, SIGKILL);
	while (waitpid(r->pid, &status, 0) < 0 && errno == EINTR)
		continue;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int judge(const char *path, int status, const char *printed, size_t n,
		 struct scanned *out)
{
	size_t found;

	if (status == NONE_FOUND) {
		complain("%s: no QR code found in it; take the picture again, "
			 "the whole code in view", path);
		return EXIT_RETRY;
	}
	if (status != 0) {
		complain("%s: cannot be read as an image", path);
		return EXIT_RETRY;
	}
	found = scan_choose(printed, n, out);
	if (found == 1)
		return EXIT_DONE;
	complain("%s: %zu codes in it; show one pass at a time", path, found);
	return EXIT_RETRY;
}

int scan_image(const char *path, struct scanned *out)
{
	char printed[READ_MAX];
	struct reader r;
	struct stat st;
	ssize_t n;
	int image = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), status;

	if (image < 0 || fstat(image, &st) != 0 || !S_ISREG(st.st_mode)) {
		complain("%s: %s", path,
			 image < 0 ? strerror(errno) : "not a file");
		if (image >= 0)
			close(image);
		return EXIT_RETRY;
	}
	if (!start(&r, image)) {
		close(image);
		return EXIT_RETRY;
	}
	close(image);
	n = read_all(&r, printed, sizeof(printed));
	status = finish(&r, n < 0);
	if (n < 0) {
		complain("%s: reading it took too long or gave too much",
			 path);
		return EXIT_RETRY;
	}
	return judge(path, status, printed, (size_t)n, out);
}
