/* SPDX-License-Identifier: Apache-2.0 */
/* fetch.c: libcurl, told to keep its hands off everything that is not asked
 * for: no proxy from the environment, no redirects, no signals, no other
 * protocol. QUICK_EXIT lets a timeout hold while a name server is silent: the
 * resolver's thread is left behind and ends by itself. */
#include "fetch.h"

#include <curl/curl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define PIN_TEXT (sizeof("sha256//;") + 44)
#define UNIX_PREFIX "unix:"
#define UNIX_PREFIX_LEN (sizeof(UNIX_PREFIX) - 1)

struct fetch {
	CURL *easy;
	char error[CURL_ERROR_SIZE];
};

/* Where the body goes. */
struct sink {
	struct net_reply *reply;
	size_t max;
	bool too_long;
};

struct fetch *fetch_make(void)
{
	struct fetch *f = calloc(1, sizeof(*f));

	if (f == NULL)
		return NULL;
	/* Counted, and safe in threads, since libcurl 7.84. */
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		free(f);
		return NULL;
	}
	f->easy = curl_easy_init();
	if (f->easy == NULL) {
		curl_global_cleanup();
		free(f);
		return NULL;
	}
	return f;
}

void fetch_free(struct fetch *f)
{
	if (f == NULL)
		return;
	curl_easy_cleanup(f->easy);
	curl_global_cleanup();
	free(f);
}

static size_t on_body(char *data, size_t size, size_t count, void *arg)
{
	struct sink *sink = arg;
	struct net_reply *r = sink->reply;
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
	r->body[r->n] = '\0';
	return n;
}

/* The value of a header line when it is the named one, without blanks. */
static bool header_value(struct bytes line, const char *name,
			 struct bytes *value)
{
	size_t n = strlen(name);

	if (line.n <= n || line.p[n] != ':' ||
	    strncasecmp((const char *)line.p, name, n) != 0)
		return false;
	*value = bytes_of(line.p + n + 1, line.n - n - 1);
	while (value->n > 0 && value->p[0] <= ' ') {
		value->p++;
		value->n--;
	}
	while (value->n > 0 && value->p[value->n - 1] <= ' ')
		value->n--;
	return true;
}

static size_t on_header(char *data, size_t size, size_t count, void *arg)
{
	struct bytes line = bytes_of(data, size * count), value;
	struct net_reply *r = arg;
	char text[12];

	if (header_value(line, "etag", &value)) {
		if (!bytes_to_text(value, r->etag, sizeof(r->etag)))
			r->etag[0] = '\0';
	} else if (header_value(line, "retry-after", &value) &&
		   bytes_to_text(value, text, sizeof(text))) {
		unsigned long s = strtoul(text, NULL, 10);

		r->retry_after_s = s > 86400 ? 86400 : (uint32_t)s;
	}
	return size * count;
}

static void set_place(CURL *easy, const struct net_place *place,
		      const char *path)
{
	char url[URL_MAX + 128];
	size_t n = strlen(place->url);

	if (strncmp(place->url, UNIX_PREFIX, UNIX_PREFIX_LEN) == 0) {
		curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH,
				 place->url + UNIX_PREFIX_LEN);
		snprintf(url, sizeof(url), "http://localhost%s", path);
	} else {
		while (n > 0 && place->url[n - 1] == '/')
			n--;
		snprintf(url, sizeof(url), "%.*s%s", (int)n, place->url, path);
	}
	curl_easy_setopt(easy, CURLOPT_URL, url);
}

/* A pinned key is the whole proof: no names, no authorities beside it. */
static void set_tls(CURL *easy, const struct net_place *place)
{
	char pins[PINS_MAX * PIN_TEXT + 1], b64[64];
	struct outbuf out = outbuf_in((uint8_t *)pins, sizeof(pins) - 1);

	curl_easy_setopt(easy, CURLOPT_SSLVERSION,
			 (long)CURL_SSLVERSION_TLSv1_3);
	if (place->pin_count == 0)
		return;
	for (size_t i = 0; i < place->pin_count; i++) {
		sodium_bin2base64(b64, sizeof(b64), place->pins[i], 32,
				  sodium_base64_VARIANT_ORIGINAL);
		out_text(&out, i > 0 ? ";sha256//" : "sha256//");
		out_text(&out, b64);
	}
	pins[out.n] = '\0';
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
	curl_easy_setopt(easy, CURLOPT_PINNEDPUBLICKEY, pins);
}

static struct curl_slist *set_request(CURL *easy,
				      const struct net_request *request)
{
	struct curl_slist *headers = NULL;
	char line[ETAG_MAX + 32];

	/* No waiting for "100 Continue" at a door. */
	headers = curl_slist_append(headers, "Expect:");
	if (request->method == NET_POST) {
		headers = curl_slist_append(headers,
					    "Content-Type: application/cbor");
		curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
				 (curl_off_t)request->body.n);
		curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request->body.p);
	}
	if (request->etag != NULL && request->etag[0] != '\0') {
		snprintf(line, sizeof(line), "If-None-Match: %s",
			 request->etag);
		headers = curl_slist_append(headers, line);
	}
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
	return headers;
}

static void set_manners(struct fetch *f, long timeout_ms)
{
	CURL *easy = f->easy;

	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, timeout_ms);
	curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
	curl_easy_setopt(easy, CURLOPT_PROXY, "");
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, f->error);
	curl_easy_setopt(easy, CURLOPT_TCP_NODELAY, 1L);
	curl_easy_setopt(easy, CURLOPT_USERAGENT, "liboap/" OAP_VERSION);
	f->error[0] = '\0';
}

static void conclude(struct fetch *f, const struct net_place *place,
		     CURLcode rc, const struct sink *sink,
		     struct net_reply *reply)
{
	const char *error = f->error[0] ? f->error : curl_easy_strerror(rc);
	long status = 0;

	if (rc == CURLE_OK) {
		curl_easy_getinfo(f->easy, CURLINFO_RESPONSE_CODE, &status);
		reply->status = (int)status;
		return;
	}
	if (sink->too_long)
		error = "the reply is longer than any of ours";
	if (rc == CURLE_SSL_PINNEDPUBKEYNOTMATCH)
		error = "it has another TLS key than this kiosk was told of, "
			"so nothing was sent; tell the operator";
	reply->late = rc == CURLE_OPERATION_TIMEDOUT;
	snprintf(reply->error, sizeof(reply->error), "%.80s: %.100s",
		 place->url, error);
}

void fetch_run(struct fetch *f, const struct net_place *place,
	       const struct net_request *request, struct net_reply *reply)
{
	struct sink sink = {.reply = reply, .max = request->reply_max};
	int64_t left = request->until_ms - net_now_ms();
	struct curl_slist *headers;

	curl_easy_reset(f->easy); /* options alone; the connection stays */
	set_manners(f, left < 1 ? 1 : (long)left);
	set_place(f->easy, place, request->path);
	set_tls(f->easy, place);
	headers = set_request(f->easy, request);
	curl_easy_setopt(f->easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(f->easy, CURLOPT_WRITEDATA, &sink);
	curl_easy_setopt(f->easy, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(f->easy, CURLOPT_HEADERDATA, reply);
	conclude(f, place, curl_easy_perform(f->easy), &sink, reply);
	reply->got_ms = net_now_ms();
	curl_slist_free_all(headers);
}

bool net_url_valid(const char *url)
{
	const char *const forms[] = {"http://", "https://", UNIX_PREFIX "/"};

	for (const char *p = url; *p != '\0'; p++)
		if (*p <= ' ' || *p >= 0x7f)
			return false;
	for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++)
		if (strncmp(url, forms[i], strlen(forms[i])) == 0 &&
		    url[strlen(forms[i])] != '\0')
			return strlen(url) <= URL_MAX;
	return false;
}
