/* SPDX-License-Identifier: Apache-2.0 */
/* fetch_url.c: URLs, as far as we take them. */
#include "fetch_url.h"

#include <stdio.h>
#include <string.h>

#include "request.h"

#define FILE_PREFIX "file:///"

/* What is behind that prefix; false: it is not there. */
static bool behind(struct bytes url, const char *prefix, struct bytes *rest)
{
	size_t n = strlen(prefix);

	if (url.n < n || memcmp(url.p, prefix, n) != 0)
		return false;
	*rest = bytes_of(url.p + n, url.n - n);
	return true;
}

static bool holds(struct bytes text, char c)
{
	return text.n > 0 && memchr(text.p, c, text.n) != NULL;
}

static bool after_scheme(struct bytes url, struct bytes *rest)
{
	return behind(url, "https://", rest) || behind(url, "http://", rest);
}

bool fetch_url_is_http(struct bytes url)
{
	struct bytes rest;

	return after_scheme(url, &rest);
}

static bool is_plain(struct bytes url)
{
	for (size_t i = 0; i < url.n; i++)
		if (url.p[i] <= ' ' || url.p[i] >= 0x7f)
			return false;
	return true;
}

static const char *http_fault(struct bytes rest, bool is_prefix)
{
	size_t n = 0;

	while (n < rest.n && strchr("/?", rest.p[n]) == NULL)
		n++;
	if (n == 0)
		return "must name a host";
	if (holds(bytes_of(rest.p, n), '@'))
		return "must hold no user name or password";
	if (is_prefix && holds(rest, '?'))
		return "must hold no \"?\": numbers of lists are put behind it";
	return NULL;
}

static const char *file_fault(struct bytes url, bool is_prefix)
{
	char path[FETCH_URL_MAX + 1];
	bool is_folder = url.p[url.n - 1] == '/';

	if (!percent_decode((const char *)url.p, url.n, false, path,
			    sizeof(path)))
		return "must have two hexadecimal digits, not 00, behind each "
		       "%";
	if (!is_prefix && is_folder)
		return "must name a file, not a folder";
	if (is_prefix && !is_folder)
		return "must name a folder and end in \"/\", or be http:// or "
		       "https://";
	return NULL;
}

const char *fetch_url_fault(struct bytes url, bool is_prefix)
{
	struct bytes rest;

	if (url.n > URL_MAX)
		return "must not be over 256 bytes";
	if (!is_plain(url) || holds(url, '#'))
		return "must be printable ASCII without blanks and \"#\"; write "
		       "others as %XX";
	if (after_scheme(url, &rest))
		return http_fault(rest, is_prefix);
	if (behind(url, FILE_PREFIX, &rest))
		return file_fault(url, is_prefix);
	return "must begin with https://, http:// or file:///";
}

void fetch_url_of_list(struct bytes prefix, size_t n,
		       char url[static FETCH_URL_MAX + 1])
{
	int len = (int)prefix.n;
	const char *text = (const char *)prefix.p;

	if (prefix.n > 0 && prefix.p[prefix.n - 1] == '/')
		snprintf(url, FETCH_URL_MAX + 1, "%.*sstatus-%zu.cose", len,
			 text, n);
	else if (n == 0)
		snprintf(url, FETCH_URL_MAX + 1, "%.*s", len, text);
	else
		snprintf(url, FETCH_URL_MAX + 1, "%.*s/%zu", len, text, n);
}

bool fetch_url_path(const char *url, char path[static FETCH_URL_MAX + 1])
{
	struct bytes rest;

	if (!behind(bytes_text(url), FILE_PREFIX, &rest))
		return false;
	/* With the last of its slashes. */
	return percent_decode((const char *)rest.p - 1, rest.n + 1, false,
			      path, FETCH_URL_MAX + 1);
}
