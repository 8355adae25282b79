/* SPDX-License-Identifier: Apache-2.0 */
/* daemon_fetch_url.c: which URLs are taken, and what is made of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "fetch_url.h"

static void each_good_url_is_taken(void **state)
{
	static const char *const GOOD[] = {
	    "https://pass.seoul.example/issuer.cose",
	    "http://127.0.0.1:8080/",
	    "http://[::1]:8080/issuer.cose?city=seoul",
	    "https://host",
	    "https://host/%ec%84%9c%ec%9a%b8/a@b",
	    "file:///srv/seoul/issuer.cose",
	    "file:///srv/a%20b/issuer.cose",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(GOOD) / sizeof(*GOOD); i++)
		assert_null(fetch_url_fault(bytes_text(GOOD[i]), false));
	assert_null(fetch_url_fault(bytes_text("file:///srv/"), true));
	assert_null(fetch_url_fault(bytes_text("file:///"), true));
	assert_null(fetch_url_fault(bytes_text("https://host/status"), true));
	assert_null(fetch_url_fault(bytes_text("https://host/public/"), true));
}

static void each_bad_url_is_told_its_rule(void **state)
{
	static const struct {
		const char *url;
		bool is_prefix;
		const char *rule;
	} BAD[] = {
	    {"", false, "begin with"},
	    {"issuer.cose", false, "begin with"},
	    {"/srv/issuer.cose", false, "begin with"},
	    {"FILE:///srv/x", false, "begin with"},
	    {"file://localhost/srv/x", false, "begin with"},
	    {"gopher://x/", false, "begin with"},
	    {"https:/x", false, "begin with"},
	    {"https://", false, "a host"},
	    {"https:///x", false, "a host"},
	    {"https://?x", false, "a host"},
	    {"http://kim:secret@x/y", false, "password"},
	    {"http://kim@x", false, "password"},
	    {"https://x/a b", false, "blanks"},
	    {"https://x/a\tb", false, "blanks"},
	    {"https://x/a\nb", false, "blanks"},
	    {"https://x/\xec\x84\x9c", false, "ASCII"},
	    {"https://x/y#z", false, "#"},
	    {"https://x/y?z", true, "numbers of lists"},
	    {"file:///srv/", false, "not a folder"},
	    {"file:///srv/status", true, "end in"},
	    {"file:///srv/%", false, "hexadecimal"},
	    {"file:///srv/%0", false, "hexadecimal"},
	    {"file:///srv/%00x", false, "hexadecimal"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(BAD) / sizeof(*BAD); i++) {
		const char *rule = fetch_url_fault(bytes_text(BAD[i].url),
						   BAD[i].is_prefix);

		assert_non_null(rule);
		assert_non_null(strstr(rule, BAD[i].rule));
		assert_int_equal(strncmp(rule, "must ", 5), 0);
	}
}

static void a_url_ends_where_the_limit_is(void **state)
{
	char url[URL_MAX + 2];

	(void)state;
	memset(url, 'a', sizeof(url));
	memcpy(url, "https://", 8);
	assert_null(fetch_url_fault(bytes_of(url, URL_MAX), true));
	assert_non_null(fetch_url_fault(bytes_of(url, URL_MAX + 1), true));
}

static void a_list_is_found_behind_its_prefix(void **state)
{
	char url[FETCH_URL_MAX + 1], longest[URL_MAX + 1];

	(void)state;
	fetch_url_of_list(bytes_text("https://x/status"), 0, url);
	assert_string_equal(url, "https://x/status");
	fetch_url_of_list(bytes_text("https://x/status"), 12, url);
	assert_string_equal(url, "https://x/status/12");
	fetch_url_of_list(bytes_text("https://x/public/"), 0, url);
	assert_string_equal(url, "https://x/public/status-0.cose");
	fetch_url_of_list(bytes_text("file:///srv/"), 63, url);
	assert_string_equal(url, "file:///srv/status-63.cose");
	memset(longest, 'a', URL_MAX);
	longest[URL_MAX - 1] = '/';
	longest[URL_MAX] = '\0';
	fetch_url_of_list(bytes_text(longest), LISTS_PER_ISSUER_MAX - 1, url);
	assert_int_equal(strlen(url),
			 URL_MAX + strlen("status-63.cose"));
}

static void a_path_is_decoded(void **state)
{
	char path[FETCH_URL_MAX + 1];

	(void)state;
	assert_true(fetch_url_path("file:///srv/a%20b/i", path));
	assert_string_equal(path, "/srv/a b/i");
	assert_true(fetch_url_path("file:///a+b", path));
	assert_string_equal(path, "/a+b");
	assert_false(fetch_url_path("https://x/y", path));
	assert_false(fetch_url_path("file://x/y", path));
	assert_false(fetch_url_path("file:///%00", path));
}

static void only_the_web_is_the_web(void **state)
{
	(void)state;
	assert_true(fetch_url_is_http(bytes_text("http://x")));
	assert_true(fetch_url_is_http(bytes_text("https://x")));
	assert_false(fetch_url_is_http(bytes_text("file:///x")));
	assert_false(fetch_url_is_http(bytes_text("http:")));
	assert_false(fetch_url_is_http(bytes_text("")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_good_url_is_taken),
	    cmocka_unit_test(each_bad_url_is_told_its_rule),
	    cmocka_unit_test(a_url_ends_where_the_limit_is),
	    cmocka_unit_test(a_list_is_found_behind_its_prefix),
	    cmocka_unit_test(a_path_is_decoded),
	    cmocka_unit_test(only_the_web_is_the_web),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
