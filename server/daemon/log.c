/* SPDX-License-Identifier: Apache-2.0 */
/* log.c: messages for those who run the daemon, one line each. */
#include "log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LINE_MAX_BYTES 1024 /* the journal's own line limit is far above */

static struct {
	const char *program;
	int journal;
	atomic_int level;
} logger = {.program = "oapd", .level = LOG_INFOS};

static const struct {
	const char *name;
	int priority; /* syslog(3)'s number */
} levels[LOG_LEVELS] = {
    [LOG_ERRORS] = {"error", 3},
    [LOG_WARNINGS] = {"warning", 4},
    [LOG_INFOS] = {"info", 6},
    [LOG_DEBUGS] = {"debug", 7},
};

void log_open(const char *program, enum log_level level, int journal)
{
	logger.program = program;
	logger.journal = journal;
	log_set_level(level);
}

void log_set_level(enum log_level level)
{
	atomic_store(&logger.level, (int)level);
}

enum log_level log_level(void)
{
	return (enum log_level)atomic_load(&logger.level);
}

const char *log_level_name(enum log_level level)
{
	return levels[level].name;
}

/* What came from outside must not look like a second line. */
static void blank_controls(char *text, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
			text[i] = '?';
}

static void line(enum log_level level, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));

static void line(enum log_level level, const char *format, va_list args)
{
	char text[LINE_MAX_BYTES + 1];
	int n;

	if ((int)level > atomic_load(&logger.level))
		return;
	if (logger.journal)
		n = snprintf(text, sizeof(text), "<%d>",
		             levels[level].priority);
	else
		n = snprintf(text, sizeof(text), "%s: %s: ", logger.program,
		             levels[level].name);
	size_t start = (size_t)n;
	n = vsnprintf(text + start, sizeof(text) - start, format, args);
	if (n < 0)
		return;
	size_t end = start + (size_t)n;
	if (end > LINE_MAX_BYTES - 1)
		end = LINE_MAX_BYTES - 1;
	blank_controls(text + start, end - start);
	text[end++] = '\n';
	/* Nobody is left to hear that standard error is gone. */
	ssize_t written = write(STDERR_FILENO, text, end);
	(void)written;
}

#define LOG_AT(function, level)                \
	void function(const char *format, ...) \
	{                                      \
		va_list args;                  \
		va_start(args, format);        \
		line(level, format, args);     \
		va_end(args);                  \
	}

LOG_AT(log_error, LOG_ERRORS)
LOG_AT(log_warning, LOG_WARNINGS)
LOG_AT(log_info, LOG_INFOS)
LOG_AT(log_debug, LOG_DEBUGS)
