/* SPDX-License-Identifier: Apache-2.0 */
/* fetch_get.c: libcurl, told to keep its hands off everything that is not
 * asked for: no proxy from the environment, no signals, no other protocol, a
 * few redirects. QUICK_EXIT lets a timeout hold while a name server is silent:
 * the resolver's thread is left behind and ends by itself. */
#include "fetch_get.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct fetch_line {
	CURL *easy;
	const atomic_bool *stop;
	const char *ca;
	char error[CURL_ERROR_SIZE];
};

/* Where a reply goes. */
struct sink {
	struct fetch_reply *reply;
	size_t max;
	bool too_long;
};

struct fetch_line *fetch_line_new(const atomic_bool *stop, const char *ca)
{
	struct fetch_line *line = calloc(1, sizeof(*line));

	if (line == NULL)
		return NULL;
	line->stop = stop;
	line->ca = ca;
	/* Counted, and safe in threads, since libcurl 7.84. */
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		free(line);
		return NULL;
	}
	line->easy = curl_easy_init();
	if (line->easy == NULL) {
		curl_global_cleanup();
		free(line);
		return NULL;
	}
	return line;
}

void fetch_line_free(struct fetch_line *line)
{
	if (line == NULL)
		return;
	curl_easy_cleanup(line->easy);
	curl_global_cleanup();
	free(line);
}

/* ----------------------------------------------------------- callbacks */

static size_t on_body(char *data, size_t size, size_t count, void *arg)
{
	struct sink *sink = arg;
	struct fetch_reply *r = sink->reply;
	size_t n = size * count;
	uint8_t *grown;

	if (n > sink->max - r->n) {
		sink->too_long = true;
		return 0;
	}
	grown = realloc(r->body, r->n + n + 1);
	if (grown == NULL)
		return 0;
	memcpy(grown + r->n, data, n);
	r->body = grown;
	r->n += n;
	return n;
}

static bool starts(struct bytes line, const char *name)
{
	size_t n = strlen(name);

	return line.n >= n &&
	       strncasecmp((const char *)line.p, name, n) == 0;
}

static struct bytes trimmed(struct bytes text)
{
	while (text.n > 0 && text.p[0] <= ' ') {
		text.p++;
		text.n--;
	}
	while (text.n > 0 && text.p[text.n - 1] <= ' ')
		text.n--;
	return text;
}

/* One that cannot be sent back as it came is none. */
static void take_etag(struct bytes value, struct fetch_reply *r)
{
	bool plain = bytes_to_text(value, r->validator,
				   sizeof(r->validator));

	for (size_t i = 0; plain && i < value.n; i++)
		plain = value.p[i] >= ' ' && value.p[i] < 0x7f;
	if (!plain)
		r->validator[0] = '\0';
}

/* Each redirect has headers of its own: only those of the last count. */
static size_t on_header(char *data, size_t size, size_t count, void *arg)
{
	struct bytes line = bytes_of(data, size * count);
	struct fetch_reply *r = arg;

	if (starts(line, "HTTP/"))
		r->validator[0] = '\0';
	else if (starts(line, "etag:"))
		take_etag(trimmed(bytes_of(line.p + 5, line.n - 5)), r);
	return size * count;
}

static int on_progress(void *arg, curl_off_t a, curl_off_t b, curl_off_t c,
		       curl_off_t d)
{
	const atomic_bool *stop = arg;

	(void)a;
	(void)b;
	(void)c;
	(void)d;
	return atomic_load(stop);
}

/* ------------------------------------------------------------- request */

static void set_manners(struct fetch_line *line, const struct fetch_wish *wish)
{
	CURL *easy = line->easy;

	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)wish->timeout_ms);
	curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
	curl_easy_setopt(easy, CURLOPT_PROXY, "");
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 1L);
	curl_easy_setopt(easy, CURLOPT_FAILONERROR, 1L);
	curl_easy_setopt(easy, CURLOPT_MAXREDIRS, (long)FETCH_REDIRECTS_MAX);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, line->error);
	curl_easy_setopt(easy, CURLOPT_USERAGENT, "oapd");
	curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, on_progress);
	curl_easy_setopt(easy, CURLOPT_XFERINFODATA,
			 (void *)(uintptr_t)line->stop);
	if (line->ca[0] != '\0') {
		curl_easy_setopt(easy, CURLOPT_CAINFO, line->ca);
		/* Else the system's are trusted beside them. */
		curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
	}
	line->error[0] = '\0';
}

/* True, and *headers for curl_slist_free_all. */
static bool set_headers(struct fetch_line *line, const struct fetch_wish *wish,
			struct curl_slist **headers)
{
	char text[FETCH_VALIDATOR_MAX + 32];

	*headers = NULL;
	if (wish->validator[0] == '\0')
		return true;
	snprintf(text, sizeof(text), "If-None-Match: %s", wish->validator);
	*headers = curl_slist_append(NULL, text);
	curl_easy_setopt(line->easy, CURLOPT_HTTPHEADER, *headers);
	return *headers != NULL;
}

static CURLcode perform(struct fetch_line *line, const struct fetch_wish *wish,
			struct sink *sink)
{
	CURL *easy = line->easy;
	struct curl_slist *headers;
	CURLcode rc = CURLE_OUT_OF_MEMORY;

	curl_easy_reset(easy); /* options alone; connections stay */
	set_manners(line, wish);
	curl_easy_setopt(easy, CURLOPT_URL, wish->url);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, sink);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, sink->reply);
	if (set_headers(line, wish, &headers))
		rc = curl_easy_perform(easy);
	curl_slist_free_all(headers);
	return rc;
}

/* ---------------------------------------------------------------- reply */

static void refuse(const struct fetch_wish *wish, struct problem *p,
		   const char *why)
{
	problem_set(p, 502, "fetch-failed", "%s: %s", wish->url, why);
}

static void judge_failure(const struct fetch_line *line, CURLcode rc,
			  const struct fetch_wish *wish,
			  const struct sink *sink, struct problem *p)
{
	const char *why = line->error[0] != '\0' ? line->error
						 : curl_easy_strerror(rc);

	sink->reply->got = FETCH_GOT_NOBODY;
	if (sink->too_long) {
		sink->reply->got = FETCH_GOT_REFUSED;
		problem_set(p, 502, "fetch-failed",
			    "%s: longer than the %zu bytes that it may have",
			    wish->url, wish->max);
	} else if (rc == CURLE_OPERATION_TIMEDOUT) {
		problem_set(p, 502, "fetch-failed",
			    "%s: did not arrive within %lld s ([fetch] "
			    "timeout_s)",
			    wish->url, (long long)wish->timeout_ms / 1000);
	} else {
		refuse(wish, p, why);
	}
}

static void judge_reply(struct fetch_line *line, const struct fetch_wish *wish,
			struct fetch_reply *reply, struct problem *p)
{
	long status = 0;

	curl_easy_getinfo(line->easy, CURLINFO_RESPONSE_CODE, &status);
	reply->got = FETCH_GOT_REFUSED;
	if (status == 304 && wish->validator[0] != '\0')
		reply->got = FETCH_GOT_SAME;
	else if (status != 200)
		problem_set(p, 502, "fetch-failed",
			    "%s: the server answered HTTP %ld", wish->url,
			    status);
	else if (reply->n == 0)
		refuse(wish, p, "is empty");
	else
		reply->got = FETCH_GOT_BODY;
}

static void fetch_http(struct fetch_line *line, const struct fetch_wish *wish,
		       struct fetch_reply *reply, struct problem *p)
{
	struct sink sink = {.reply = reply, .max = wish->max};
	CURLcode rc = perform(line, wish, &sink);

	if (rc != CURLE_OK && rc != CURLE_HTTP_RETURNED_ERROR)
		judge_failure(line, rc, wish, &sink, p);
	else
		judge_reply(line, wish, reply, p);
	if (reply->got == FETCH_GOT_BODY)
		return;
	free(reply->body);
	reply->body = NULL;
	reply->n = 0;
}

void fetch_get(struct fetch_line *line, const struct fetch_wish *wish,
	       struct fetch_reply *reply, struct problem *p)
{
	*reply = (struct fetch_reply){.got = FETCH_GOT_REFUSED};
	if (fetch_url_is_http(bytes_text(wish->url)))
		fetch_http(line, wish, reply, p);
	else
		fetch_file(wish, reply, p);
}
