/* SPDX-License-Identifier: Apache-2.0 */
/* config.h: what oapd is told by its configuration file: one table of keys,
 * from which reading, checking, the sample file and the help come. */
#ifndef OAP_CONFIG_H
#define OAP_CONFIG_H

#include <stdio.h>

#include "bytes.h"

#define CONFIG_TEXT_MAX 256	/* a path or a URL */
#define CONFIG_FILE_MAX 65536	/* ten times the sample with all its help */
#define CONFIG_LINE_MAX 1024	/* a key, a path and spare */

struct config {
	/* [service] */
	char data_dir[CONFIG_TEXT_MAX];
	char city[CONFIG_TEXT_MAX];
	char public_url[CONFIG_TEXT_MAX];
	char unix_socket[CONFIG_TEXT_MAX];
	int64_t retention_days;
	/* [listen] */
	char address[CONFIG_TEXT_MAX];
	char tls_cert[CONFIG_TEXT_MAX], tls_key[CONFIG_TEXT_MAX];
	char tls_next_cert[CONFIG_TEXT_MAX];
	int64_t port, threads;
	int64_t allow_plain_http, metrics; /* 0 or 1 */
	/* [limits] */
	int64_t connections, connections_hard;
	int64_t request_s, idle_s, write_s, write_kib_s, drain_s;
	int64_t receiving_mib;
	int64_t questions, others, reads;
	int64_t pass_cache;
	/* [fetch] */
	int64_t fetch_interval_s, fetch_timeout_s;
	char fetch_ca[CONFIG_TEXT_MAX];
	/* [log] */
	int64_t level; /* enum log_level */
};

enum config_type { CONFIG_TEXT, CONFIG_NUMBER, CONFIG_YES_NO, CONFIG_LEVEL };

struct config_key {
	const char *section, *key;
	enum config_type type;
	int64_t min, max;     /* numbers; of a text: its length */
	const char *standard; /* the default; NULL: must be given */
	bool reload;	      /* SIGHUP applies it; else a restart does */
	const char *help;
	size_t offset; /* in struct config */
};

const struct config_key *config_table(size_t *count);

/* Sets inih's own globals (line length, no continuation lines, no comments
 * after values). Once, before config_load and before any thread. */
void config_start(void);
/* False, and one line in error: file, line, what, what to do. out is written
 * only when all of it is good. */
bool config_load(const char *path, struct config *out, char *error,
		 size_t error_size) OAP_CHECKED;
/* The same from memory; name is what errors call it. */
bool config_parse(struct bytes text, const char *name, struct config *out,
		  char *error, size_t error_size) OAP_CHECKED;
/* What no key alone can say; config_parse has asked it. */
bool config_check(const struct config *config, char *error, size_t error_size)
    OAP_CHECKED;
/* Whether the two set that key differently. */
bool config_differs(const struct config *a, const struct config *b,
		    const struct config_key *k) OAP_CHECKED;
/* Every key that SIGHUP applies, and no other. */
void config_take_reloadable(struct config *now, const struct config *next);
/* Writes a whole configuration file that sets everything to its default and
 * says of each key what it does: what the sample file is. */
void config_help(FILE *out);
/* Every key and what it is set to, as a configuration file. */
void config_show(const struct config *config, FILE *out);

#endif
