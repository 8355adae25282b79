/* SPDX-License-Identifier: Apache-2.0 */
/* log.h: one line a message on standard error. Under systemd each line opens
 * with its priority ("<4>"), which the journal takes off; elsewhere with the
 * program's name. Any thread may log; a line is written by one write(2). */
#ifndef OAP_LOG_H
#define OAP_LOG_H

enum log_level { LOG_ERRORS, LOG_WARNINGS, LOG_INFOS, LOG_DEBUGS, LOG_LEVELS };

/* Before the first thread; journal: standard error goes to the journal. */
void log_open(const char *program, enum log_level level, int journal);
void log_set_level(enum log_level level);
enum log_level log_level(void);
/* "error", "warning", "info", "debug". */
const char *log_level_name(enum log_level level);

#define LOG_FORMAT __attribute__((format(printf, 1, 2)))
/* Something is lost or will be, unless somebody acts. */
void log_error(const char *format, ...) LOG_FORMAT;
/* Something was refused or put right, and is worth a look. */
void log_warning(const char *format, ...) LOG_FORMAT;
void log_info(const char *format, ...) LOG_FORMAT;
void log_debug(const char *format, ...) LOG_FORMAT;

#endif
