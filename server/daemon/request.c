/* SPDX-License-Identifier: Apache-2.0 */
/* request.c: a request's parts, and its way to another thread and back. */
#include "request.h"

#include <event2/buffer.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "loop.h"
#include "reply.h"
#include "router.h"

static int64_t monotonic_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

struct request *request_new(struct loop *loop, struct service *service,
			    struct evhttp_request *ev)
{
	struct conn *conn = loop_conn(loop, ev);
	struct request *r = conn != NULL ? calloc(1, sizeof(*r)) : NULL;
	struct evbuffer *input = evhttp_request_get_input_buffer(ev);

	if (r == NULL)
		return NULL;
	r->body.n = evbuffer_get_length(input);
	if (r->body.n > 0)
		r->body.p = evbuffer_pullup(input, -1);
	if (r->body.n > 0 && r->body.p == NULL) {
		free(r);
		return NULL;
	}
	r->loop = loop;
	r->service = service;
	r->ev = ev;
	r->start_ns = monotonic_ns();
	r->head = evhttp_request_get_command(ev) == EVHTTP_REQ_HEAD;
	r->conn = conn;
	conn_handle(conn, ev);
	r->snapshot = snapshot_get(service->box);
	loop_add(loop, r);
	return r;
}

void request_free(struct request *r)
{
	loop_remove(r);
	if (r->free_work != NULL)
		r->free_work(r->work);
	json_decref(r->json);
	free(r->query);
	snapshot_drop(r->snapshot);
	free(r);
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool percent_decode(const char *text, size_t n, bool plus, char *out,
		    size_t cap)
{
	size_t m = 0;

	for (size_t i = 0; i < n; i++) {
		char c = text[i];

		if (c == '%') {
			int high = n - i > 2 ? hex_digit(text[i + 1]) : -1;
			int low = n - i > 2 ? hex_digit(text[i + 2]) : -1;

			if (high < 0 || low < 0)
				return false;
			c = (char)(high << 4 | low);
			i += 2;
		} else if (c == '+' && plus) {
			c = ' ';
		}
		if (c == '\0' || m + 1 >= cap)
			return false;
		out[m++] = c;
	}
	out[m] = '\0';
	return true;
}

/* One name=value into the buffer at *out, which moves on. */
static bool read_param(struct request *r, const char *text, size_t n,
		       char **out, struct problem *p)
{
	const char *equals = memchr(text, '=', n);
	struct param *param = &r->param[r->param_count];
	size_t name_n = equals != NULL ? (size_t)(equals - text) : n;
	size_t value_n = equals != NULL ? n - name_n - 1 : 0;

	if (r->param_count == HTTP_PARAMS_MAX)
		return problem_set(p, 400, NULL,
				   "query: more than %d parameters",
				   HTTP_PARAMS_MAX);
	param->name = *out;
	if (!percent_decode(text, name_n, true, *out, name_n + 1))
		return problem_set(p, 400, NULL,
				   "query: a parameter's name has a broken "
				   "%%-escape");
	*out += strlen(*out) + 1;
	param->value = *out;
	if (!percent_decode(equals != NULL ? equals + 1 : "", value_n, true,
			    *out, value_n + 1) ||
	    strlen(*out) > HTTP_PARAM_VALUE_MAX)
		return problem_set(p, 400, NULL,
				   "parameter \"%.64s\": its value has a "
				   "broken %%-escape or is over %d bytes",
				   param->name, HTTP_PARAM_VALUE_MAX);
	*out += strlen(*out) + 1;
	r->param_count++;
	return true;
}

bool request_read_query(struct request *r, struct problem *p)
{
	const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(r->ev);
	const char *text = evhttp_uri_get_query(uri);
	char *out;

	if (text == NULL || *text == '\0')
		return true;
	/* Decoded text is no longer, and each has two NULs. */
	r->query = malloc(strlen(text) + 2 * HTTP_PARAMS_MAX + 2);
	if (r->query == NULL)
		return problem_unavailable(p);
	out = r->query;
	while (*text != '\0') {
		size_t n = strcspn(text, "&");

		if (n > 0 && !read_param(r, text, n, &out, p))
			return false;
		text += n + (text[n] == '&');
	}
	return true;
}

struct params request_params(const struct request *r)
{
	return (struct params){r->param, r->param_count};
}

bool request_read_json(struct request *r, struct problem *p)
{
	json_error_t error;

	r->json = json_loadb((const char *)r->body.p, r->body.n,
			     JSON_REJECT_DUPLICATES, &error);
	if (r->json == NULL)
		return problem_set(p, 400, NULL,
				   "the body is no JSON: line %d, column %d: "
				   "%s",
				   error.line, error.column, error.text);
	return true;
}

uint64_t request_age_ns(const struct request *r)
{
	return (uint64_t)(monotonic_ns() - r->start_ns);
}

static void come_back(struct mail *mail)
{
	struct request *r = (struct request *)mail;

	r->then(r);
}

static void ledger_done(struct ledger_job *job)
{
	struct request *r = job->owner;

	r->mail.run = come_back;
	loop_post(r->loop, &r->mail);
}

void request_to_ledger(struct request *r, struct ledger_job *job,
		       void (*then)(struct request *r))
{
	r->then = then;
	job->owner = r;
	job->done = ledger_done;
	if (!ledger_submit(r->service->ledger, job))
		reply_busy(r, "the ledger's queue is full");
}

static void reader_done(struct report_job *job)
{
	struct request *r = job->owner;

	r->mail.run = come_back;
	loop_post(r->loop, &r->mail);
}

static void to_worker(struct request *r, struct report_worker *worker,
		      struct report_job *job, void (*then)(struct request *r),
		      const char *full)
{
	r->then = then;
	job->owner = r;
	job->done = reader_done;
	if (!report_worker_submit(worker, job))
		reply_busy(r, full);
}

void request_to_reader(struct request *r, struct report_job *job,
		       void (*then)(struct request *r))
{
	to_worker(r, r->service->reader, job, then,
		  "too many reports and searches wait");
}

void request_to_copier(struct request *r, struct report_job *job,
		       void (*then)(struct request *r))
{
	to_worker(r, r->service->copier, job, then,
		  "a copy of the database is being made already");
}
