/* SPDX-License-Identifier: Apache-2.0 */
/* tool_blast.c: rounds of requests that leave together. Reads on stdin
 *
 *   PORT CONNECTIONS
 *   PATH HEX [PATH HEX …]     one line a round, a pair for each connection
 *
 * and writes for each round one line: a JSON array with, for each connection,
 * [status, nanoseconds, body]. A round starts when all of the one before are
 * answered; the order in which its requests leave turns by one each round. */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wire.h"

#define CONNECTIONS_MAX 256

struct request {
	const char *path;
	uint8_t *body;
	size_t n;
};

struct answer {
	int status;
	int64_t ns;
	char *body;
};

static struct answer answers[CONNECTIONS_MAX];

static void done(void *arg, unsigned i, const struct wire_reply *reply)
{
	(void)arg;
	answers[i] = (struct answer){reply->status,
				     reply->got_ns - reply->sent_ns,
				     strndup(reply->body, reply->body_n)};
}

static size_t parse_round(char *line, struct request *requests)
{
	char *save, *path = strtok_r(line, " \n", &save), *hex;
	size_t n = 0;

	while (path != NULL && n < CONNECTIONS_MAX &&
	       (hex = strtok_r(NULL, " \n", &save)) != NULL) {
		size_t length = strlen(hex);
		struct request *r = &requests[n++];

		r->path = path;
		r->body = malloc(length / 2 + 1);
		if (r->body == NULL ||
		    sodium_hex2bin(r->body, length / 2, hex, length, NULL,
				   &r->n, NULL) != 0)
			abort();
		path = strtok_r(NULL, " \n", &save);
	}
	return n;
}

/* Bodies are the daemon's JSON, so they stand in ours as they are. */
static void print_round(size_t n)
{
	putchar('[');
	for (size_t i = 0; i < n; i++) {
		const char *body = answers[i].body;

		printf("%s[%d,%lld,%s]", i ? "," : "", answers[i].status,
		       (long long)answers[i].ns,
		       body != NULL && body[0] == '{' ? body : "null");
		free(answers[i].body);
		answers[i] = (struct answer){0};
	}
	puts("]");
	fflush(stdout);
}

int main(void)
{
	struct request requests[CONNECTIONS_MAX];
	char *line = NULL;
	size_t size = 0;
	unsigned port, connections, turn = 0;

	if (getline(&line, &size, stdin) < 0 ||
	    sscanf(line, "%u %u", &port, &connections) != 2 ||
	    connections > CONNECTIONS_MAX)
		return 2;
	struct wire *w = wire_open((uint16_t)port, connections, done, NULL);
	if (w == NULL)
		return 4;
	while (getline(&line, &size, stdin) > 0) {
		size_t n = parse_round(line, requests);

		if (n > connections)
			return 2;
		for (size_t k = 0; k < n; k++) {
			unsigned i = (unsigned)((k + turn) % n);

			wire_post(w, i, requests[i].path, requests[i].body,
				  requests[i].n);
		}
		turn++;
		wire_run(w);
		print_round(n);
		for (size_t i = 0; i < n; i++)
			free(requests[i].body);
	}
	wire_close(w);
	free(line);
	return 0;
}
