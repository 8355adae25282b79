/* SPDX-License-Identifier: Apache-2.0 */
/* daemon_config.c: oapd's configuration: what is taken, what each wrong line
 * is told, and that help, sample and manual say what the table says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "config.h"

#define MINIMUM "[service]\ndata_dir = /srv/oapd\n"
#define TEN "0123456789"

static struct config config;
static char error[512];

static bool parse(const char *text)
{
	error[0] = '\0';
	return config_parse(bytes_text(text), "f", &config, error,
			    sizeof(error));
}

static void nothing_but_the_directory_need_be_given(void **state)
{
	(void)state;
	assert_true(parse(MINIMUM));
	assert_string_equal(config.data_dir, "/srv/oapd");
	assert_string_equal(config.address, "127.0.0.1");
	assert_int_equal(config.port, 8440);
	assert_int_equal(config.allow_plain_http, 0);
	assert_int_equal(config.metrics, 1);
}

static void each_kind_of_value_is_taken(void **state)
{
	(void)state;
	assert_true(parse("; a comment\n# another\n" MINIMUM
			  "city=seoul\n\n[listen]\nport = 0\nmetrics = no\n"
			  "address = ::1\r\n[log]\nlevel = debug\n"));
	assert_string_equal(config.city, "seoul");
	assert_string_equal(config.address, "::1");
	assert_int_equal(config.port, 0);
	assert_int_equal(config.metrics, 0);
	assert_int_equal(config.level, 3);
	/* no comment begins within a line */
	assert_true(parse("[service]\ndata_dir = /srv/a;b #c\n"));
	assert_string_equal(config.data_dir, "/srv/a;b #c");
	/* the last line may lack its end */
	assert_true(parse("[service]\ndata_dir = /x"));
	assert_string_equal(config.data_dir, "/x");
}

static void each_wrong_line_is_named_with_what_is_wrong(void **state)
{
	static const struct {
		const char *text, *error;
	} cases[] = {
	    {"", "f: [service] data_dir: missing, and it has no default"},
	    {"[service]\ndata_dir =\n",
	     "f: [service] data_dir: empty; name a directory"},
	    {MINIMUM "data_dir = /other\n",
	     "f:3: [service] data_dir: given twice; keep one of them"},
	    {MINIMUM "colour = red\n",
	     "f:3: [service] colour: unknown key; oapd --help-config shows "
	     "them"},
	    {MINIMUM "[colours]\nred = 1\n",
	     "f:4: [colours] red: unknown key; oapd --help-config shows "
	     "them"},
	    {"data_dir = /srv\n",
	     "f:1: [] data_dir: unknown key; oapd --help-config shows them"},
	    {MINIMUM "\nwhat is this\n",
	     "f:4: neither a [section] nor a key = value"},
	    {MINIMUM "[listen\n", "f:3: neither a [section] nor a key = value"},
	    {MINIMUM "[listen]\nport = http\n",
	     "f:4: [listen] port: \"http\" is no whole number"},
	    {MINIMUM "[listen]\nport =\n",
	     "f:4: [listen] port: \"\" is no whole number"},
	    {MINIMUM "[listen]\nport = 84 40\n",
	     "f:4: [listen] port: \"84 40\" is no whole number"},
	    {MINIMUM "[listen]\nport = 65536\n",
	     "f:4: [listen] port: 65536 is not in 0..65535"},
	    {MINIMUM "[listen]\nport = -1\n",
	     "f:4: [listen] port: -1 is not in 0..65535"},
	    {MINIMUM "[limits]\nreads = 99999999999999999999\n",
	     "f:4: [limits] reads: 99999999999999999999 is not in 1..4096"},
	    {MINIMUM "[listen]\nmetrics = true\n",
	     "f:4: [listen] metrics: \"true\" is neither yes nor no"},
	    {MINIMUM "[log]\nlevel = loud\n",
	     "f:4: [log] level: \"loud\" is none of error, warning, info, "
	     "debug"},
	    {MINIMUM "city = a\x01z\n",
	     "f:3: [service] city: a control character"},
	    {MINIMUM "[limits]\nconnections = 50\nconnections_hard = 49\n",
	     "f: [limits] connections_hard: 49 is under connections, which "
	     "is 50"},
	    {MINIMUM "[listen]\ntls_cert = /c.pem\n",
	     "f: [listen] tls_cert and tls_key: give both or neither"},
	    {MINIMUM "[listen]\ntls_next_cert = /c.pem\n",
	     "f: [listen] tls_next_cert: there is no tls_cert that it could "
	     "follow"},
	    {MINIMUM "[listen]\naddress = localhost\n",
	     "f: [listen] address: \"localhost\" is no IPv4 or IPv6 address, "
	     "such as 127.0.0.1 or ::1"},
	    {MINIMUM "[listen]\naddress = 192.0.2.1\n",
	     "f: [listen] address: not loopback, and there is no certificate; "
	     "set tls_cert and tls_key, or allow_plain_http = yes behind "
	     "something that adds TLS"},
	    {MINIMUM "[listen]\naddress = ::\ntls_cert = /c\ntls_key = /k\n",
	     "f: [listen] address: no kiosk can call ::; say in [service] "
	     "public_url what they call"},
	    {MINIMUM "public_url = pass seoul example\n",
	     "f: [service] public_url: \"pass seoul example\" is no address of "
	     "ours; give http:// or https://, a host, no blanks"},
	    {MINIMUM "public_url = ftp://pass.example\n",
	     "f: [service] public_url: \"ftp://pass.example\" is no address of "
	     "ours; give http:// or https://, a host, no blanks"},
	    {MINIMUM "public_url = https://\n",
	     "f: [service] public_url: \"https://\" is no address of ours; give "
	     "http:// or https://, a host, no blanks"},
	    {MINIMUM "public_url = http://pass.example\n[listen]\n"
		     "tls_cert = /c\ntls_key = /k\n",
	     "f: [service] public_url: must be https://, since there is a "
	     "tls_cert, whose key kiosks pin"},
	    {MINIMUM "unix_socket = /run/" TEN TEN TEN TEN TEN TEN TEN TEN TEN
		     TEN "1234\n",
	     "f: [service] unix_socket: longer than 107 bytes, which is all "
	     "that a socket's name may have"},
	    /* an indented line continues nothing */
	    {MINIMUM "  more of it\n",
	     "f:3: neither a [section] nor a key = value"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_false(parse(cases[i].text));
		assert_string_equal(error, cases[i].error);
	}
}

static void a_line_or_value_that_is_too_long_is_refused_not_cut(void **state)
{
	char text[CONFIG_LINE_MAX + 64];

	(void)state;
	snprintf(text, sizeof(text), "%s#", MINIMUM);
	memset(text + strlen(text), 'x', CONFIG_LINE_MAX);
	text[strlen(MINIMUM) + CONFIG_LINE_MAX] = '\0';
	assert_true(parse(text));
	strcat(text, "x");
	assert_false(parse(text));
	assert_string_equal(error, "f:3: the line is longer than 1024 bytes");

	snprintf(text, sizeof(text), "%scity = ", MINIMUM);
	size_t start = strlen(text);
	memset(text + start, 'x', CONFIG_TEXT_MAX - 1);
	text[start + CONFIG_TEXT_MAX - 1] = '\0';
	assert_true(parse(text));
	assert_int_equal(strlen(config.city), CONFIG_TEXT_MAX - 1);
	strcat(text, "x");
	assert_false(parse(text));
	assert_string_equal(error,
			    "f:3: [service] city: longer than 255 bytes");
}

static void a_nul_byte_is_refused(void **state)
{
	static const char text[] = "[service]\ndata_dir = /srv\0/etc\n";

	(void)state;
	assert_false(config_parse(bytes_of(text, sizeof(text) - 1), "f",
				  &config, error, sizeof(error)));
	assert_string_equal(error, "f:2: a NUL byte; this is no text file");
}

static void what_is_refused_leaves_the_old_configuration(void **state)
{
	struct config before;

	(void)state;
	assert_true(parse(MINIMUM "city = seoul\n"));
	before = config;
	assert_false(parse(MINIMUM "city = tokyo\n[listen]\nport = x\n"));
	assert_memory_equal(&before, &config, sizeof(config));
}

static void a_file_that_cannot_be_read_is_named(void **state)
{
	(void)state;
	assert_false(config_load("/nonexistent/oapd.conf", &config, error,
				 sizeof(error)));
	assert_string_equal(
	    error, "/nonexistent/oapd.conf: No such file or directory");
	assert_false(config_load("/", &config, error, sizeof(error)));
	assert_string_equal(error, "/: Is a directory");
	assert_false(config_load("/dev/zero", &config, error, sizeof(error)));
	assert_string_equal(error, "/dev/zero: larger than 65536 bytes");
}

/* What a function writes to a file. */
static char *written(void (*write)(FILE *out))
{
	char *text = NULL;
	size_t n;
	FILE *file = open_memstream(&text, &n);

	assert_non_null(file);
	write(file);
	fclose(file);
	return text;
}

static void show(FILE *out)
{
	config_show(&config, out);
}

static void the_help_is_a_file_that_sets_every_default(void **state)
{
	struct config defaults;
	char *text = written(config_help);
	size_t end;

	(void)state;
	assert_true(parse("[service]\ndata_dir = /var/lib/oapd\n"));
	defaults = config;
	assert_true(parse(text));
	assert_memory_equal(&defaults, &config, sizeof(config));
	/* and with the comment signs off too */
	end = strlen(text);
	for (size_t i = 0; i + 2 < end; i++)
		if (text[i] == '\n' && text[i + 1] == '#')
			text[i + 1] = text[i + 2] == ' ' ? ';' : ' ';
	assert_true(parse(text));
	assert_memory_equal(&defaults, &config, sizeof(config));
	free(text);
}

static void what_is_shown_reads_back_the_same(void **state)
{
	struct config before;
	char *text;

	(void)state;
	assert_true(parse(MINIMUM "city = seoul\nunix_socket = none\n"
				  "[listen]\nport = 7\nmetrics = no\n"
				  "[limits]\nquestions = 3\n"
				  "[log]\nlevel = error\n"));
	before = config;
	text = written(show);
	assert_true(parse(text));
	assert_memory_equal(&before, &config, sizeof(config));
	free(text);
}

static char *read_source(const char *name)
{
	char path[512], *text = NULL, buf[4096];
	size_t n, have = 0;
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", OAP_SOURCE_DIR, name);
	file = fopen(path, "r");
	assert_non_null(file);
	while ((n = fread(buf, 1, sizeof(buf), file)) > 0) {
		text = realloc(text, have + n + 1);
		assert_non_null(text);
		memcpy(text + have, buf, n);
		have += n;
		text[have] = '\0';
	}
	fclose(file);
	assert_non_null(text);
	return text;
}

static void the_sample_file_is_taken(void **state)
{
	char *sample = read_source("deploy/oapd.conf");

	(void)state;
	if (!parse(sample))
		fail_msg("%s", error);
	assert_string_equal(config.data_dir, "/var/lib/oapd");
	free(sample);
}

static void the_manual_names_every_key_with_its_default(void **state)
{
	char *manual = read_source("deploy/man/oapd.conf.5");
	size_t count;
	const struct config_key *keys = config_table(&count);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		const char *standard = keys[i].standard;
		char line[CONFIG_LINE_MAX];

		if (standard == NULL)
			standard = " Ar DIRECTORY";
		snprintf(line, sizeof(line), "\n.It Cm %s =%s%s\n",
			 keys[i].key,
			 standard[0] != '\0' && standard[0] != ' ' ? " " : "",
			 standard);
		if (strstr(manual, line) == NULL)
			fail_msg("oapd.conf.5 lacks:%s", line);
	}
	free(manual);
}

/* Every key at once, at a value that it does not have yet. */
static void change_all(struct config *c)
{
	size_t count;
	const struct config_key *keys = config_table(&count);

	for (size_t i = 0; i < count; i++) {
		char *at = (char *)c + keys[i].offset;
		int64_t v;

		if (keys[i].type == CONFIG_TEXT) {
			strcpy(at, "changed");
			continue;
		}
		memcpy(&v, at, sizeof(v));
		v++;
		memcpy(at, &v, sizeof(v));
	}
}

static void a_reload_takes_what_it_may_and_nothing_else(void **state)
{
	struct config old, next;
	size_t count, taken = 0;
	const struct config_key *keys = config_table(&count);

	(void)state;
	assert_true(parse(MINIMUM));
	old = next = config;
	change_all(&next);
	config_take_reloadable(&config, &next);
	for (size_t i = 0; i < count; i++) {
		assert_true(config_differs(&old, &next, &keys[i]));
		if (config_differs(&old, &config, &keys[i]) !=
			keys[i].reload ||
		    config_differs(&next, &config, &keys[i]) ==
			keys[i].reload)
			fail_msg("%s", keys[i].key);
		taken += keys[i].reload;
	}
	assert_true(taken > 0 && taken < count);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(nothing_but_the_directory_need_be_given),
	    cmocka_unit_test(each_kind_of_value_is_taken),
	    cmocka_unit_test(each_wrong_line_is_named_with_what_is_wrong),
	    cmocka_unit_test(
		a_line_or_value_that_is_too_long_is_refused_not_cut),
	    cmocka_unit_test(a_nul_byte_is_refused),
	    cmocka_unit_test(what_is_refused_leaves_the_old_configuration),
	    cmocka_unit_test(a_file_that_cannot_be_read_is_named),
	    cmocka_unit_test(the_help_is_a_file_that_sets_every_default),
	    cmocka_unit_test(what_is_shown_reads_back_the_same),
	    cmocka_unit_test(the_sample_file_is_taken),
	    cmocka_unit_test(the_manual_names_every_key_with_its_default),
	    cmocka_unit_test(a_reload_takes_what_it_may_and_nothing_else),
	};

	config_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
