/* SPDX-License-Identifier: Apache-2.0 */
/* ctl.h: what every command runs with: the daemon it asks, and how it speaks
 * to the operator. What it prints and complains of is cleaned of control
 * characters: some of it comes from others. */
#ifndef OAP_CTL_H
#define OAP_CTL_H

#include "client.h"
#include "verdict.h"

#include <stdio.h>

/* Exit statuses of all programs. */
enum { EXIT_DONE = 0, EXIT_REJECT = 1, EXIT_USAGE = 2, EXIT_RETRY = 4 };

struct ctl {
	struct client *client;
	bool json; /* print the daemon's JSON as it is */
	enum language lang;
	FILE *out;
};

/* Asks the daemon; complains of what went wrong. EXIT_DONE with a JSON object
 * of status 2xx in out->json (the caller's), else the exit status. */
int ctl_call(struct ctl *ctl, const char *method, const char *path,
	     json_t *body, struct response *out);
/* As ctl_call, for what is not JSON: EXIT_DONE with out->body of that media
 * type. */
int ctl_download(struct ctl *ctl, const char *path, const char *type,
		 struct response *out);
/* As ctl_download, of what a body that is not JSON brings; while the daemon is
 * busy it is asked again, for half a minute. */
int ctl_send(struct ctl *ctl, const char *path, const struct client_body *body,
	     const char *type, struct response *out);
/* As ctl_download, any call and an answer of any size, into a sink; of one that
 * the sink refused nothing is said. */
int ctl_stream(struct ctl *ctl, const char *method, const char *path,
	       json_t *body, const char *type, struct client_sink *sink);
/* An answer of 2xx that lacks what it should hold is from something else than
 * oapd: says so, and gives the exit status. */
int ctl_not_ours(const struct ctl *ctl, const char *missing);

/* One line on stderr, "oapctl: …". */
void ctl_complain(const char *format, ...)
    __attribute__((format(printf, 1, 2)));
/* One line of output. */
void ctl_print_line(const struct ctl *ctl, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* The JSON as the daemon sent it, indented. */
void ctl_print_json(const struct ctl *ctl, const json_t *json);

#endif
