/* SPDX-License-Identifier: Apache-2.0 */
/* config.c: the table of configuration keys, and reading by it. A file is
 * read whole, then parsed, then checked, and only then used. */
#include "config.h"

#include <errno.h>
#include <ini.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "limits.h"
#include "log.h"

#define AT(member) offsetof(struct config, member)
#define TEXT(section, name, standard, help)                                    \
	{                                                                      \
		section, #name, CONFIG_TEXT, 0, CONFIG_TEXT_MAX - 1, standard, \
		    false, help, AT(name)                                      \
	}
#define IN_DIGITS_(number) #number
#define IN_DIGITS(number) IN_DIGITS_(number)
#define NUMBER(section, name, min, max, standard, reload, help)      \
	{                                                            \
		section, #name, CONFIG_NUMBER, min, max,             \
		    IN_DIGITS(standard), reload, help, AT(name)      \
	}
#define YES_NO(section, name, standard, help)                               \
	{                                                                   \
		section, #name, CONFIG_YES_NO, 0, 1, standard, false, help, \
		    AT(name)                                                \
	}

static const struct config_key table[] = {
    TEXT("service", data_dir, NULL,
         "Directory of the service: keys, database, port file. Made at the "
         "first start, for this user alone. Back it up: it is the service."),
    TEXT("service", city, "",
         "The city of this service, as its facilities name it; for messages "
         "to people only."),
    TEXT("service", public_url, "",
         "What enrolment codes tell kiosks to call, such as "
         "https://pass.seoul.example. Empty: the address listened on."),
    TEXT("service", unix_socket, "",
         "Local socket for oapctl, where root and the daemon's own user are "
         "admins without a token. Empty: oapd.sock in data_dir; \"none\": no "
         "such socket."),
    NUMBER("service", retention_days, RETENTION_DAYS_MIN,
           RETENTION_DAYS_MAX, RETENTION_DAYS_DEFAULT, true,
           "Days after which the service forgets which pass an attempt was "
           "about; what was redeemed, and the reports, stay."),
    TEXT("listen", address, "127.0.0.1", "IPv4 or IPv6 address to listen on."),
    NUMBER("listen", port, 0, 65535, 8440, false,
           "TCP port; 0 lets the kernel choose. The one in use is written to "
           "the file port in data_dir."),
    NUMBER("listen", threads, 0, 64, 0, false,
           "Threads that serve connections; 0: one for each CPU."),
    TEXT("listen", tls_cert, "",
         "Certificate (PEM, with its chain) for HTTPS; kiosks pin its key. "
         "Empty: plain HTTP. SIGHUP reads the file again."),
    TEXT("listen", tls_key, "", "The certificate's private key (PEM)."),
    {"listen", "tls_next_cert", CONFIG_TEXT, 0, CONFIG_TEXT_MAX - 1, "", true,
     "The certificate that will follow. Kiosks are told of its key, and only "
     "then may SIGHUP change over to it; name it a week ahead.",
     AT(tls_next_cert)},
    YES_NO("listen", allow_plain_http, "no",
           "Whether to listen on another address than loopback without TLS. "
           "Only behind something that adds TLS: operators' tokens travel in "
           "the clear."),
    YES_NO("listen", metrics, "yes",
           "Whether /metrics is served here too; on the local socket it "
           "always is."),
    NUMBER("limits", connections, 1, CONNECTIONS_MAX,
           CONNECTIONS_DEFAULT, true,
           "Connections open at once; over it, requests are answered 503 and "
           "the connection is closed."),
    NUMBER("limits", connections_hard, 1, CONNECTIONS_MAX,
           CONNECTIONS_HARD_DEFAULT, true,
           "Connections at which no more are accepted until some close."),
    NUMBER("limits", request_s, 1, REQUEST_S_MAX,
           REQUEST_S_DEFAULT, true,
           "Seconds for a whole request to arrive, head and body."),
    NUMBER("limits", idle_s, 1, IDLE_S_MAX,
           IDLE_S_DEFAULT, true,
           "Seconds that a connection may stay open without a request."),
    NUMBER("limits", write_s, 1, WRITE_S_MAX,
           WRITE_S_DEFAULT, true,
           "Seconds that a client may take nothing of a reply."),
    NUMBER("limits", write_kib_s, 1, WRITE_KIB_S_MAX,
           WRITE_KIB_S_DEFAULT, true,
           "KiB a second that a client must take of a reply, beside write_s "
           "for its start."),
    NUMBER("limits", drain_s, 1, DRAIN_S_MAX,
           DRAIN_S_DEFAULT, true,
           "Seconds at most, from a signal to stop, for requests in hand."),
    NUMBER("limits", receiving_mib, RECEIVING_MIB_MIN, RECEIVING_MIB_MAX,
           RECEIVING_MIB_DEFAULT, true,
           "MiB of request bodies that may be arriving at once, all "
           "connections together."),
    NUMBER("limits", questions, 1, QUEUE_MAX,
           QUESTIONS_DEFAULT, false,
           "Questions from doors that may wait for the ledger; over it, they "
           "are answered busy."),
    NUMBER("limits", others, 1, QUEUE_MAX,
           OTHERS_DEFAULT, false,
           "Uploads and set-up calls that may wait for the ledger."),
    NUMBER("limits", reads, 1, READS_MAX,
           READS_DEFAULT, false,
           "Reports and searches that may wait for the report thread."),
    NUMBER("limits", pass_cache, PASS_CACHE_MIN, PASS_CACHE_MAX,
           PASS_CACHE_DEFAULT, false,
           "Signatures remembered as verified; 64 bytes of memory each."),
    {"fetch", "interval_s", CONFIG_NUMBER, 1, FETCH_INTERVAL_S_MAX,
     IN_DIGITS(FETCH_INTERVAL_S_DEFAULT), true,
     "Seconds between two fetches of an issuer's document and status lists, "
     "from where oapctl issuer set says. After failures they are longer.",
     AT(fetch_interval_s)},
    {"fetch", "timeout_s", CONFIG_NUMBER, 1, FETCH_TIMEOUT_S_MAX,
     IN_DIGITS(FETCH_TIMEOUT_S_DEFAULT), true,
     "Seconds for one of them to arrive.", AT(fetch_timeout_s)},
    {"fetch", "ca", CONFIG_TEXT, 0, CONFIG_TEXT_MAX - 1, "", false,
     "Certificates (PEM) that https:// servers of issuers are trusted by. "
     "Empty: the system's.", AT(fetch_ca)},
    {"log", "level", CONFIG_LEVEL, 0, LOG_LEVELS - 1, "info", true,
     "error, warning, info or debug.", AT(level)},
};

const struct config_key *config_table(size_t *count)
{
	*count = sizeof(table) / sizeof(table[0]);
	return table;
}

void config_start(void)
{
	ini_max_line = CONFIG_LINE_MAX + 3;
	ini_initial_alloc = CONFIG_LINE_MAX + 3;
	ini_use_stack = false;
	ini_allow_multiline = false;
	ini_allow_inline_comments = false;
	ini_stop_on_first_error = true;
}

/* One run of the parser. */
struct reading {
	struct bytes rest;
	const char *name;
	int line;
	struct config config;
	bool given[sizeof(table) / sizeof(table[0])];
	bool failed;
	char *error;
	size_t error_size;
};

static void fault(struct reading *r, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void fault(struct reading *r, const char *format, ...)
{
	va_list args;
	int n = 0;

	r->failed = true;
	if (r->line > 0)
		n = snprintf(r->error, r->error_size, "%s:%d: ", r->name,
		             r->line);
	else
		n = snprintf(r->error, r->error_size, "%s: ", r->name);
	if (n < 0 || (size_t)n >= r->error_size)
		return;
	va_start(args, format);
	vsnprintf(r->error + n, r->error_size - (size_t)n, format, args);
	va_end(args);
}

static bool set_number(struct reading *r, const struct config_key *k,
                       const char *value, int64_t *out)
{
	char *end;

	errno = 0;
	long long v = strtoll(value, &end, 10);
	if (*value == '\0' || *end != '\0' || errno == EINVAL) {
		fault(r, "[%s] %s: \"%s\" is no whole number", k->section,
		      k->key, value);
		return false;
	}
	if (errno == ERANGE || v < k->min || v > k->max) {
		fault(r, "[%s] %s: %s is not in %lld..%lld", k->section, k->key,
		      value, (long long)k->min, (long long)k->max);
		return false;
	}
	*out = v;
	return true;
}

static bool set_yes_no(struct reading *r, const struct config_key *k,
                       const char *value, int64_t *out)
{
	if (strcmp(value, "yes") == 0)
		*out = 1;
	else if (strcmp(value, "no") == 0)
		*out = 0;
	else
		fault(r, "[%s] %s: \"%s\" is neither yes nor no", k->section,
		      k->key, value);
	return !r->failed;
}

static bool set_level(struct reading *r, const struct config_key *k,
                      const char *value, int64_t *out)
{
	for (int i = 0; i < LOG_LEVELS; i++) {
		if (strcmp(value, log_level_name((enum log_level)i)) == 0) {
			*out = i;
			return true;
		}
	}
	fault(r, "[%s] %s: \"%s\" is none of error, warning, info, debug",
	      k->section, k->key, value);
	return false;
}

static bool set_text(struct reading *r, const struct config_key *k,
                     const char *value, char *out)
{
	size_t n = strlen(value);

	if (n > (size_t)k->max) {
		fault(r, "[%s] %s: longer than %lld bytes", k->section, k->key,
		      (long long)k->max);
		return false;
	}
	for (size_t i = 0; i < n; i++) {
		if ((unsigned char)value[i] < 0x20 || value[i] == 0x7f) {
			fault(r, "[%s] %s: a control character", k->section,
			      k->key);
			return false;
		}
	}
	memcpy(out, value, n + 1);
	return true;
}

static bool set(struct reading *r, const struct config_key *k,
                const char *value)
{
	void *at = (char *)&r->config + k->offset;

	switch (k->type) {
	case CONFIG_TEXT: return set_text(r, k, value, at);
	case CONFIG_NUMBER: return set_number(r, k, value, at);
	case CONFIG_YES_NO: return set_yes_no(r, k, value, at);
	case CONFIG_LEVEL: return set_level(r, k, value, at);
	}
	return false;
}

/* inih calls it with each key; 0 stops. */
static int on_key(void *user, const char *section, const char *key,
                  const char *value)
{
	struct reading *r = user;
	size_t count;
	const struct config_key *keys = config_table(&count);

	for (size_t i = 0; i < count; i++) {
		if (strcmp(keys[i].section, section) != 0 ||
		    strcmp(keys[i].key, key) != 0)
			continue;
		if (r->given[i]) {
			fault(r, "[%s] %s: given twice; keep one of them",
			      section, key);
			return 0;
		}
		r->given[i] = true;
		return set(r, &keys[i], value);
	}
	fault(r, "[%s] %s: unknown key; oapd --help-config shows them", section,
	      key);
	return 0;
}

/* inih's fgets: the next line of the text. Lines that are too long have been
 * refused before. */
static char *next_line(char *line, int size, void *stream)
{
	struct reading *r = stream;
	const uint8_t *end;
	size_t n;

	if (r->rest.n == 0)
		return NULL;
	end = memchr(r->rest.p, '\n', r->rest.n);
	n = end != NULL ? (size_t)(end - r->rest.p) + 1 : r->rest.n;
	if (n > (size_t)size - 1)
		n = (size_t)size - 1;
	memcpy(line, r->rest.p, n);
	line[n] = '\0';
	r->rest.p += n;
	r->rest.n -= n;
	r->line++;
	return line;
}

static bool check_text(struct reading *r, struct bytes text)
{
	const uint8_t *start = text.p;

	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '\n') {
			r->line++;
			start = text.p + i + 1;
		} else if (text.p[i] == '\0') {
			r->line++;
			fault(r, "a NUL byte; this is no text file");
			return false;
		} else if (&text.p[i] - start >= CONFIG_LINE_MAX) {
			r->line++;
			fault(r, "the line is longer than %d bytes",
			      CONFIG_LINE_MAX);
			return false;
		}
	}
	r->line = 0;
	return true;
}

static bool set_defaults(struct reading *r)
{
	size_t count;
	const struct config_key *keys = config_table(&count);

	for (size_t i = 0; i < count; i++)
		if (keys[i].standard != NULL &&
		    !set(r, &keys[i], keys[i].standard))
			return false;
	return true;
}

static bool check_whole(struct reading *r)
{
	size_t count;
	const struct config_key *keys = config_table(&count);
	char text[CONFIG_TEXT_MAX + 256];

	r->line = 0;
	for (size_t i = 0; i < count; i++) {
		if (keys[i].standard == NULL && !r->given[i]) {
			fault(r, "[%s] %s: missing, and it has no default",
			      keys[i].section, keys[i].key);
			return false;
		}
	}
	if (!config_check(&r->config, text, sizeof(text)))
		fault(r, "%s", text);
	return !r->failed;
}

/* -------------------------------------------------------------- reload */

static size_t size_of(const struct config_key *k)
{
	return k->type == CONFIG_TEXT ? CONFIG_TEXT_MAX : sizeof(int64_t);
}

bool config_differs(const struct config *a, const struct config *b,
		    const struct config_key *k)
{
	const char *x = (const char *)a + k->offset;
	const char *y = (const char *)b + k->offset;

	if (k->type == CONFIG_TEXT)
		return strcmp(x, y) != 0;
	return memcmp(x, y, size_of(k)) != 0;
}

void config_take_reloadable(struct config *now, const struct config *next)
{
	size_t count;
	const struct config_key *keys = config_table(&count);

	for (size_t i = 0; i < count; i++)
		if (keys[i].reload)
			memcpy((char *)now + keys[i].offset,
			       (const char *)next + keys[i].offset,
			       size_of(&keys[i]));
}

/* ------------------------------------------------------------- reading */

bool config_parse(struct bytes text, const char *name, struct config *out,
                  char *error, size_t error_size)
{
	struct reading r = {.rest = text,
	                    .name = name,
	                    .error = error,
	                    .error_size = error_size};
	int rc;

	if (!check_text(&r, text) || !set_defaults(&r))
		return false;
	rc = ini_parse_stream(next_line, &r, on_key, &r);
	if (r.failed)
		return false;
	if (rc > 0) {
		fault(&r, "neither a [section] nor a key = value");
		return false;
	}
	if (rc < 0) {
		fault(&r, "out of memory");
		return false;
	}
	if (!check_whole(&r))
		return false;
	*out = r.config;
	return true;
}

bool config_load(const char *path, struct config *out, char *error,
                 size_t error_size)
{
	FILE *file = fopen(path, "re");
	uint8_t *text = NULL;
	size_t n;
	bool ok = false;

	if (file == NULL) {
		snprintf(error, error_size, "%s: %s", path, strerror(errno));
		return false;
	}
	text = malloc(CONFIG_FILE_MAX + 1);
	if (text == NULL) {
		snprintf(error, error_size, "%s: out of memory", path);
		goto cleanup;
	}
	n = fread(text, 1, CONFIG_FILE_MAX + 1, file);
	if (ferror(file)) {
		snprintf(error, error_size, "%s: %s", path, strerror(errno));
		goto cleanup;
	}
	if (n > CONFIG_FILE_MAX) {
		snprintf(error, error_size, "%s: larger than %d bytes", path,
		         CONFIG_FILE_MAX);
		goto cleanup;
	}
	ok = config_parse(bytes_of(text, n), path, out, error, error_size);
cleanup:
	free(text);
	fclose(file);
	return ok;
}
