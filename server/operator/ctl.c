/* SPDX-License-Identifier: Apache-2.0 */
/* ctl.c: one question to the daemon, and lines for the operator. */
#include "ctl.h"

#include "jsonput.h"
#include "plain.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define BUSY_PAUSE_S 1 /* what its Retry-After says */
#define BUSY_TRIES 30

__attribute__((format(printf, 3, 0)))
static void put_line(FILE *out, const char *start, const char *format,
		     va_list args)
{
	char *line = NULL;

	if (vasprintf(&line, format, args) < 0) {
		fprintf(out, "%sout of memory\n", start);
		return;
	}
	plain_copy(bytes_text(line), line, strlen(line) + 1);
	fprintf(out, "%s%s\n", start, line);
	free(line);
}

void ctl_complain(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	put_line(stderr, "oapctl: ", format, args);
	va_end(args);
}

void ctl_print_line(const struct ctl *ctl, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	put_line(ctl->out, "", format, args);
	va_end(args);
}

void ctl_print_json(const struct ctl *ctl, const json_t *json)
{
	char *text = json_dumps(json, JSON_INDENT(2) | JSON_ENCODE_ANY);

	if (text == NULL) {
		ctl_complain("out of memory");
		return;
	}
	json_put(text, ctl->out);
	fputc('\n', ctl->out);
	free(text);
}

int ctl_not_ours(const struct ctl *ctl, const char *missing)
{
	ctl_complain("the answer of %s holds no %s, so it is not from oapd; "
		     "check --server",
		     client_server(ctl->client), missing);
	return EXIT_RETRY;
}

/* oapd refuses with a sentence. What else has an error to tell, such as a web
 * server before it, may have another answer later. */
static int refused(const char *method, const char *path,
		   const struct response *answer)
{
	const char *detail =
	    json_string_value(json_object_get(answer->json, "detail"));
	const char *title =
	    json_string_value(json_object_get(answer->json, "title"));

	if (detail != NULL)
		ctl_complain("%s", detail);
	else
		ctl_complain("%s %s: HTTP status %ld%s%s", method, path,
			     answer->status, title != NULL ? ", " : "",
			     title != NULL ? title : "");
	return answer->status >= 400 && answer->status < 500 ? EXIT_REJECT
							     : EXIT_RETRY;
}

static int no_answer(const struct ctl *ctl)
{
	ctl_complain("the daemon at %s does not answer: %s",
		     client_server(ctl->client), client_error(ctl->client));
	return EXIT_RETRY;
}

/* EXIT_DONE with any answer of status 2xx, else out->json is NULL. */
static int judge_answer(const char *method, const char *path,
			struct response *out)
{
	if (out->status >= 200 && out->status < 300)
		return EXIT_DONE;
	int status = refused(method, path, out);
	json_decref(out->json);
	out->json = NULL;
	return status;
}

static int ask(struct ctl *ctl, const char *method, const char *path,
	       json_t *body, struct response *out)
{
	if (!client_call(ctl->client, method, path, body, out))
		return no_answer(ctl);
	return judge_answer(method, path, out);
}

int ctl_call(struct ctl *ctl, const char *method, const char *path,
	     json_t *body, struct response *out)
{
	int status = ask(ctl, method, path, body, out);

	if (status != EXIT_DONE || json_is_object(out->json))
		return status;
	json_decref(out->json);
	out->json = NULL;
	return ctl_not_ours(ctl, "JSON object");
}

/* With or without parameters (RFC 9110 section 8.3.1). */
static bool type_is(const char *value, const char *type)
{
	size_t n = strlen(type);

	return strncasecmp(value, type, n) == 0 &&
	       (value[n] == '\0' || value[n] == ';' || value[n] == ' ');
}

int ctl_download(struct ctl *ctl, const char *path, const char *type,
		 struct response *out)
{
	int status = ask(ctl, "GET", path, NULL, out);

	json_decref(out->json);
	out->json = NULL;
	if (status == EXIT_DONE && !type_is(out->type, type))
		return ctl_not_ours(ctl, type);
	return status;
}

/* A queue of its is full; in a moment there will be room. */
static bool is_busy(const struct response *answer)
{
	const char *verdict =
	    json_string_value(json_object_get(answer->json, "verdict"));

	return answer->status == 503 && verdict != NULL &&
	       strcmp(verdict, "busy") == 0;
}

int ctl_send(struct ctl *ctl, const char *path, const struct client_body *body,
	     const char *type, struct response *out)
{
	int tries = BUSY_TRIES;
	int status;

	while (true) {
		if (!client_send(ctl->client, path, body, out))
			return no_answer(ctl);
		if (!is_busy(out) || --tries == 0)
			break;
		json_decref(out->json);
		sleep(BUSY_PAUSE_S);
	}
	status = judge_answer("POST", path, out);
	json_decref(out->json);
	out->json = NULL;
	if (status == EXIT_DONE && !type_is(out->type, type))
		return ctl_not_ours(ctl, type);
	return status;
}

int ctl_stream(struct ctl *ctl, const char *method, const char *path,
	       json_t *body, const char *type, struct client_sink *sink)
{
	struct response answer;
	int status;

	if (!client_stream(ctl->client, method, path, body, sink, &answer))
		return sink->refused ? EXIT_RETRY : no_answer(ctl);
	status = judge_answer(method, path, &answer);
	json_decref(answer.json);
	if (status == EXIT_DONE && !type_is(answer.type, type))
		return ctl_not_ours(ctl, type);
	return status;
}
