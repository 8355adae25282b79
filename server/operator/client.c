/* SPDX-License-Identifier: Apache-2.0 */
/* client.c: requests to oapd by libcurl. */
#include "client.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The largest answer is a report of some thousand rows. */
#define ANSWER_MAX ((size_t)64 * 1024 * 1024)
#define TOKEN_MAX 256
#define CONNECT_TIMEOUT_MS 5000L
#define CALL_TIMEOUT_MS 60000L
/* A copy of a database of 100 GB is made and checked in less; a host that has
 * gone is noticed earlier, by TCP. */
#define STREAM_SILENCE_S 1800L

struct client {
	CURL *curl;
	char base[512];
	char authorization[TOKEN_MAX + 32];
	char message[CURL_ERROR_SIZE];
	char *answer;
	size_t answer_size;
	const char *server;
	struct client_sink *sink; /* of this call, or NULL */
};

static bool read_token(struct client *c, const char *file, char *error,
		       size_t error_size)
{
	char token[TOKEN_MAX + 2];
	FILE *in = fopen(file, "r");

	if (in == NULL) {
		snprintf(error, error_size, "%s: %s", file, strerror(errno));
		return false;
	}
	char *line = fgets(token, sizeof token, in);
	fclose(in);
	size_t n = line != NULL ? strcspn(token, "\r\n") : 0;
	if (n == 0 || n > TOKEN_MAX) {
		snprintf(error, error_size,
			 "%s: no token in its first line", file);
		return false;
	}
	token[n] = '\0';
	snprintf(c->authorization, sizeof c->authorization,
		 "Authorization: Bearer %s", token);
	return true;
}

static size_t take_answer(char *data, size_t size, size_t count, void *arg)
{
	struct client *c = arg;
	size_t n = size * count;
	long status = 0;

	curl_easy_getinfo(c->curl, CURLINFO_RESPONSE_CODE, &status);
	if (c->sink != NULL && status >= 200 && status < 300) {
		c->sink->refused = !c->sink->take(c->sink->arg, data, n);
		return c->sink->refused ? 0 : n;
	}
	if (n > ANSWER_MAX - c->answer_size)
		return 0;
	char *grown = realloc(c->answer, c->answer_size + n + 1);
	if (grown == NULL)
		return 0;
	memcpy(grown + c->answer_size, data, n);
	c->answer = grown;
	c->answer_size += n;
	c->answer[c->answer_size] = '\0';
	return n;
}

static bool set_server(struct client *c, const char *server, char *error,
		       size_t error_size)
{
	int n = 0;

	if (strncmp(server, "unix:", 5) == 0) {
		curl_easy_setopt(c->curl, CURLOPT_UNIX_SOCKET_PATH,
				 server + 5);
		n = snprintf(c->base, sizeof c->base, "http://localhost");
	} else if (strncmp(server, "http://", 7) == 0 ||
		   strncmp(server, "https://", 8) == 0) {
		n = snprintf(c->base, sizeof c->base, "%s", server);
	} else {
		snprintf(error, error_size,
			 "server \"%s\": neither http://, https:// nor "
			 "unix:PATH",
			 server);
		return false;
	}
	if (n < 0 || (size_t)n >= sizeof c->base) {
		snprintf(error, error_size, "server: address too long");
		return false;
	}
	while (n > 0 && c->base[n - 1] == '/')
		c->base[--n] = '\0';
	return true;
}

static bool is_readable(const char *file, char *error, size_t error_size)
{
	if (access(file, R_OK) == 0)
		return true;
	snprintf(error, error_size, "%s: %s", file, strerror(errno));
	return false;
}

static bool set_trust(struct client *c, const struct client_options *o,
		      char *error, size_t error_size)
{
	if (o->ca_file == NULL && o->pins == NULL)
		return true;
	if (strncmp(o->server, "https://", 8) != 0) {
		snprintf(error, error_size,
			 "server \"%s\": --ca and --pin are for https://",
			 o->server);
		return false;
	}
	if (o->ca_file != NULL) {
		curl_easy_setopt(c->curl, CURLOPT_CAINFO, o->ca_file);
		/* Else the system's are trusted beside them. */
		curl_easy_setopt(c->curl, CURLOPT_CAPATH, NULL);
	} else {
		curl_easy_setopt(c->curl, CURLOPT_SSL_VERIFYPEER, 0L);
		curl_easy_setopt(c->curl, CURLOPT_SSL_VERIFYHOST, 0L);
	}
	if (o->pins != NULL)
		curl_easy_setopt(c->curl, CURLOPT_PINNEDPUBLICKEY, o->pins);
	return o->ca_file == NULL ||
	       is_readable(o->ca_file, error, error_size);
}

struct client *client_open(const struct client_options *o, char *error,
			   size_t error_size)
{
	struct client *c = calloc(1, sizeof *c);

	if (c == NULL || (c->curl = curl_easy_init()) == NULL) {
		snprintf(error, error_size, "out of memory");
		free(c);
		return NULL;
	}
	c->server = o->server;
	curl_easy_setopt(c->curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c->curl, CURLOPT_PROXY, "");
	curl_easy_setopt(c->curl, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(c->curl, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(c->curl, CURLOPT_PATH_AS_IS, 1L);
	curl_easy_setopt(c->curl, CURLOPT_CONNECTTIMEOUT_MS,
			 CONNECT_TIMEOUT_MS);
	curl_easy_setopt(c->curl, CURLOPT_TIMEOUT_MS, CALL_TIMEOUT_MS);
	curl_easy_setopt(c->curl, CURLOPT_QUICK_EXIT, 1L);
	curl_easy_setopt(c->curl, CURLOPT_ERRORBUFFER, c->message);
	curl_easy_setopt(c->curl, CURLOPT_WRITEFUNCTION, take_answer);
	curl_easy_setopt(c->curl, CURLOPT_WRITEDATA, c);
	if (!set_server(c, o->server, error, error_size) ||
	    !set_trust(c, o, error, error_size) ||
	    (o->token_file != NULL &&
	     !read_token(c, o->token_file, error, error_size))) {
		client_close(c);
		return NULL;
	}
	return c;
}

void client_close(struct client *c)
{
	if (c == NULL)
		return;
	curl_easy_cleanup(c->curl);
	free(c->answer);
	free(c);
}

const char *client_server(const struct client *c)
{
	return c->server;
}

const char *client_error(const struct client *c)
{
	return c->message;
}

static bool add_header(struct curl_slist **headers, const char *line)
{
	struct curl_slist *more = curl_slist_append(*headers, line);

	if (more != NULL)
		*headers = more;
	return more != NULL;
}

static struct curl_slist *make_headers(const struct client *c,
				       const struct client_body *body)
{
	struct curl_slist *headers = NULL;
	char type[128];
	bool good = add_header(&headers, "Expect:");

	if (good && c->authorization[0] != '\0')
		good = add_header(&headers, c->authorization);
	if (good && body != NULL) {
		snprintf(type, sizeof type, "Content-Type: %s", body->type);
		good = add_header(&headers, type);
	}
	if (good)
		return headers;
	curl_slist_free_all(headers);
	return NULL;
}

static CURLcode perform(struct client *c, const char *method, const char *url,
			const struct client_body *body)
{
	struct curl_slist *headers = make_headers(c, body);
	bool stream = c->sink != NULL;

	if (headers == NULL)
		return CURLE_OUT_OF_MEMORY;
	curl_easy_setopt(c->curl, CURLOPT_URL, url);
	curl_easy_setopt(c->curl, CURLOPT_HTTPGET, 1L);
	if (body != NULL) {
		curl_easy_setopt(c->curl, CURLOPT_POSTFIELDSIZE_LARGE,
				 (curl_off_t)body->n);
		curl_easy_setopt(c->curl, CURLOPT_POSTFIELDS, body->p);
	}
	curl_easy_setopt(c->curl, CURLOPT_CUSTOMREQUEST, method);
	curl_easy_setopt(c->curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(c->curl, CURLOPT_TIMEOUT_MS,
			 stream ? 0L : CALL_TIMEOUT_MS);
	curl_easy_setopt(c->curl, CURLOPT_TCP_KEEPALIVE, stream ? 1L : 0L);
	curl_easy_setopt(c->curl, CURLOPT_LOW_SPEED_LIMIT, stream ? 1L : 0L);
	curl_easy_setopt(c->curl, CURLOPT_LOW_SPEED_TIME,
			 stream ? STREAM_SILENCE_S : 0L);
	CURLcode rc = curl_easy_perform(c->curl);
	curl_easy_setopt(c->curl, CURLOPT_HTTPHEADER, NULL);
	curl_slist_free_all(headers);
	return rc;
}

/* What failed, in c->message. libcurl's own words for a Unix socket speak of
 * a port of localhost, and none of them of our options. */
static void explain(struct client *c, CURLcode rc)
{
	long os_error = 0;

	curl_easy_getinfo(c->curl, CURLINFO_OS_ERRNO, &os_error);
	if (rc == CURLE_COULDNT_CONNECT && os_error != 0)
		snprintf(c->message, sizeof c->message, "%s",
			 strerror((int)os_error));
	else if (rc == CURLE_SSL_PINNEDPUBKEYNOTMATCH)
		snprintf(c->message, sizeof c->message,
			 "it has another key than --pin says");
	else if (rc == CURLE_PEER_FAILED_VERIFICATION)
		snprintf(c->message, sizeof c->message,
			 "its certificate is not trusted; --ca or --pin says "
			 "what to trust");
	else if (rc == CURLE_PARTIAL_FILE)
		snprintf(c->message, sizeof c->message,
			 "it broke off before the end");
	else if (c->message[0] == '\0')
		snprintf(c->message, sizeof c->message, "%s",
			 curl_easy_strerror(rc));
}

/* Forgets the answer before. */
static void begin_call(struct client *c, struct response *out)
{
	memset(out, 0, sizeof *out);
	free(c->answer);
	c->answer = NULL;
	c->answer_size = 0;
	c->message[0] = '\0';
}

static bool too_long(struct client *c)
{
	snprintf(c->message, sizeof c->message, "request too long");
	return false;
}

static bool call(struct client *c, const char *method, const char *path,
		 const struct client_body *body, struct response *out)
{
	char url[4096], *type = NULL;
	int n = snprintf(url, sizeof url, "%s%s", c->base, path);

	begin_call(c, out);
	if (n < 0 || (size_t)n >= sizeof url)
		return too_long(c);
	CURLcode rc = perform(c, method, url, body);
	if (rc != CURLE_OK) {
		explain(c, rc);
		return false;
	}
	curl_easy_getinfo(c->curl, CURLINFO_RESPONSE_CODE, &out->status);
	curl_easy_getinfo(c->curl, CURLINFO_CONTENT_TYPE, &type);
	out->type = type != NULL ? type : "";
	out->body = c->answer;
	out->body_size = c->answer_size;
	if (out->body != NULL)
		out->json = json_loadb(out->body, out->body_size,
				       JSON_REJECT_DUPLICATES, NULL);
	return true;
}

static bool call_with_json(struct client *c, const char *method,
			   const char *path, json_t *json,
			   struct response *out)
{
	char *text = json != NULL ? json_dumps(json, JSON_COMPACT) : NULL;
	struct client_body body = {"application/json", text,
				   text != NULL ? strlen(text) : 0};
	bool answered;

	if (json != NULL && text == NULL) {
		begin_call(c, out);
		answered = too_long(c);
	} else {
		answered = call(c, method, path, json != NULL ? &body : NULL,
				out);
	}
	free(text);
	return answered;
}

bool client_call(struct client *c, const char *method, const char *path,
		 json_t *body, struct response *out)
{
	return call_with_json(c, method, path, body, out);
}

bool client_send(struct client *c, const char *path,
		 const struct client_body *body, struct response *out)
{
	return call(c, "POST", path, body, out);
}

bool client_stream(struct client *c, const char *method, const char *path,
		   json_t *body, struct client_sink *sink,
		   struct response *out)
{
	bool answered;

	c->sink = sink;
	answered = call_with_json(c, method, path, body, out);
	c->sink = NULL;
	return answered;
}

const char *client_header(const struct client *c, const char *name)
{
	struct curl_header *header;

	return curl_easy_header(c->curl, name, 0, CURLH_HEADER, -1, &header) ==
		       CURLHE_OK
		   ? header->value
		   : NULL;
}

bool client_segment(char *path, size_t cap, const char *segment)
{
	char *escaped = curl_easy_escape(NULL, segment, 0);
	size_t used = strlen(path);
	int n = -1;

	if (escaped != NULL && *segment != '\0' && strcmp(segment, ".") != 0 &&
	    strcmp(segment, "..") != 0)
		n = snprintf(path + used, cap - used, "/%s", escaped);
	curl_free(escaped);
	return n > 0 && (size_t)n < cap - used;
}

bool client_query(char *path, size_t cap, const char *name, const char *value)
{
	char *escaped = curl_easy_escape(NULL, value, 0);
	size_t used = strlen(path);

	if (escaped == NULL)
		return false;
	int n = snprintf(path + used, cap - used, "%c%s=%s",
			 strchr(path, '?') != NULL ? '&' : '?', name, escaped);
	curl_free(escaped);
	return n > 0 && (size_t)n < cap - used;
}
