/* SPDX-License-Identifier: Apache-2.0 */
/* source.c: a child runs in a process group of its own, so that what a shell
 * started for it ends with it. */
#include "source.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"

#define EXEC "exec:"
#define SHELL "/bin/sh"
#define POLL_END_MS 10 /* how often a child that is to end is looked at */

extern char **environ;

static bool is_child(const struct source *s)
{
	return strncmp(s->spec, EXEC, strlen(EXEC)) == 0;
}

bool source_comes_again(const struct source *s)
{
	return strcmp(s->spec, "-") != 0;
}

static void say(char *detail, const char *what)
{
	snprintf(detail, SCANNER_DETAIL, "%s", what);
}

/* Bytes as they are, at the speed that it is set to. */
static bool make_raw(int fd)
{
	struct termios t;

	if (tcgetattr(fd, &t) != 0)
		return false;
	cfmakeraw(&t);
	t.c_cflag |= CLOCAL | CREAD;
	t.c_cc[VMIN] = 1;
	t.c_cc[VTIME] = 0;
	/* nobody else gets half of a code */
	return tcsetattr(fd, TCSANOW, &t) == 0 && ioctl(fd, TIOCEXCL) == 0;
}

static bool open_device(struct source *s, char *detail)
{
	int fd = open(s->spec, O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	struct stat st;

	if (fd < 0) {
		say(detail, strerror(errno));
		return false;
	}
	if (fstat(fd, &st) != 0 || S_ISREG(st.st_mode) || S_ISDIR(st.st_mode) ||
	    (isatty(fd) && !make_raw(fd))) {
		say(detail, "cannot be read as a scanner");
		close(fd);
		return false;
	}
	s->fd = fd;
	return true;
}

static int prepare(posix_spawnattr_t *how, posix_spawn_file_actions_t *files,
		   int out)
{
	sigset_t none, all;

	sigemptyset(&none);
	sigfillset(&all);
	posix_spawnattr_setsigmask(how, &none);
	posix_spawnattr_setsigdefault(how, &all);
	posix_spawnattr_setpgroup(how, 0);
	posix_spawnattr_setflags(how, POSIX_SPAWN_SETPGROUP |
					  POSIX_SPAWN_SETSIGMASK |
					  POSIX_SPAWN_SETSIGDEF);
	posix_spawn_file_actions_addopen(files, STDIN_FILENO, "/dev/null",
					 O_RDONLY, 0);
	return posix_spawn_file_actions_adddup2(files, out, STDOUT_FILENO);
}

static int spawn(struct source *s, int out)
{
	char name[] = "sh", option[] = "-c", command[4096];
	char *argv[] = {name, option, command, NULL};
	posix_spawn_file_actions_t files;
	posix_spawnattr_t how;
	int failed;

	if (snprintf(command, sizeof(command), "%s", s->spec + strlen(EXEC)) >=
	    (int)sizeof(command))
		return E2BIG;
	posix_spawnattr_init(&how);
	posix_spawn_file_actions_init(&files);
	failed = prepare(&how, &files, out);
	if (failed == 0)
		failed = posix_spawn(&s->child, SHELL, &files, &how, argv,
				     environ);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&how);
	return failed;
}

static bool open_child(struct source *s, char *detail)
{
	int ends[2], failed;

	if (pipe2(ends, O_CLOEXEC) != 0) {
		say(detail, strerror(errno));
		return false;
	}
	failed = spawn(s, ends[1]);
	close(ends[1]);
	if (failed != 0) {
		close(ends[0]);
		s->child = 0;
		say(detail, strerror(failed));
		return false;
	}
	s->fd = ends[0];
	fcntl(s->fd, F_SETFL, O_NONBLOCK);
	return true;
}

bool source_open(struct source *s, char detail[SCANNER_DETAIL])
{
	s->child = 0;
	if (is_child(s))
		return open_child(s, detail);
	if (source_comes_again(s))
		return open_device(s, detail);
	s->fd = STDIN_FILENO;
	return true;
}

static bool is_over(pid_t child, int *status)
{
	pid_t got = waitpid(child, status, WNOHANG);

	return got == child || (got < 0 && errno == ECHILD);
}

/* It has closed its output, so it is ending, or is made to. */
static int end_child(pid_t child)
{
	static const struct timespec pause = {0, POLL_END_MS * 1000000};
	int64_t until = clock_ms() + CHILD_END_MS;
	int status = 0;

	/* One that ended by itself is told by its own status. */
	nanosleep(&pause, NULL);
	if (!is_over(child, &status)) {
		kill(-child, SIGTERM);
		while (!is_over(child, &status)) {
			if (clock_ms() >= until)
				kill(-child, SIGKILL);
			nanosleep(&pause, NULL);
		}
	}
	kill(-child, SIGKILL); /* what it left behind */
	return status;
}

static void close_child(struct source *s, char *detail)
{
	int status = end_child(s->child);

	s->child = 0;
	if (WIFSIGNALED(status))
		snprintf(detail, SCANNER_DETAIL, "was ended by signal %d",
			 WTERMSIG(status));
	else if (WEXITSTATUS(status) == 127)
		say(detail, "ended with status 127: is the command installed?");
	else
		snprintf(detail, SCANNER_DETAIL, "ended with status %d",
			 WEXITSTATUS(status));
}

void source_close(struct source *s, int error, char detail[SCANNER_DETAIL])
{
	say(detail, error != 0 ? strerror(error) : "is gone");
	if (s->fd != STDIN_FILENO && s->fd >= 0)
		close(s->fd);
	s->fd = -1;
	if (s->child != 0)
		close_child(s, detail);
}
