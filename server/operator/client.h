/* SPDX-License-Identifier: Apache-2.0 */
/* client.h: one HTTP connection to oapd, over TCP or a Unix socket. Not for
 * several threads at once. */
#ifndef OAP_CLIENT_H
#define OAP_CLIENT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct client;

struct client_options {
	const char *server;	/* http:// or https:// URL, or "unix:PATH" */
	const char *token_file; /* all others may be NULL */
	const char *ca_file;	/* PEM, instead of the system's */
	/* "sha256//BASE64;…": the server has one of these keys. Without ca_file
	 * its certificate is not looked at otherwise. */
	const char *pins;
};

/* On failure NULL, and one line in error. The options outlive the client. */
struct client *client_open(const struct client_options *options, char *error,
			   size_t error_size);
void client_close(struct client *c); /* takes NULL */

struct response {
	long status;	 /* HTTP */
	char *body;	 /* NUL-terminated; the client's, until the next call */
	size_t body_size;
	const char *type; /* media type, "" when it has none; as body */
	json_t *json;	 /* of a JSON body, else NULL; the caller's */
};

/* Where the body of a 2xx goes, piece by piece: false ends the call. */
struct client_sink {
	bool (*take)(void *arg, const void *p, size_t n);
	void *arg;
	bool refused; /* out: take gave false, and has said why */
};

/* A body that is not JSON. */
struct client_body {
	const char *type;
	const void *p;
	size_t n;
};

/* Sends body (borrowed, NULL for none) as JSON. False when there is no
 * answer; client_error says why. */
bool client_call(struct client *c, const char *method, const char *path,
		 json_t *body, struct response *out);
/* The same with another body, and with an answer that may be of any size and
 * take any time, as long as the other side is there: then out->body is of what
 * is no 2xx. */
bool client_send(struct client *c, const char *path,
		 const struct client_body *body, struct response *out);
bool client_stream(struct client *c, const char *method, const char *path,
		   json_t *body, struct client_sink *sink,
		   struct response *out);
/* Of the last answer, NULL when it has none; until the next call. */
const char *client_header(const struct client *c, const char *name);
const char *client_server(const struct client *c);
const char *client_error(const struct client *c);
/* Appends "/segment" to a path, percent-encoded. False when it does not fit, or
 * is none: empty, or one that a path leads upwards with. */
bool client_segment(char *path, size_t cap, const char *segment);
/* Appends "name=value" to a path, percent-encoded, with ? or &. False when it
 * does not fit. */
bool client_query(char *path, size_t cap, const char *name, const char *value);

#endif
