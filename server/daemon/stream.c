/* SPDX-License-Identifier: Apache-2.0 */
/* stream.c: a reply in pieces. evhttp asks for the next one when the last has
 * left its buffers. */
#include "stream.h"

#include <event2/buffer.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "log.h"
#include "loop.h"
#include "reply.h"
#include "router.h"

#define PIECE 65536 /* from the page cache, where the copy was just put */

struct stream {
	struct request *r;
	int fd;
	uint64_t sent, size;
};

/* Over, whichever way; the evhttp_request is somebody else's by now. */
static void finish(struct stream *s)
{
	conn_watch(s->r->conn, NULL, NULL);
	request_free(s->r);
	free(s);
}

/* The connection has closed, or is being closed under us. */
static void on_gone(void *arg)
{
	struct stream *s = arg;
	struct evhttp_request *ev = s->r->ev;

	log_info("%s: the client has gone after %llu of %llu bytes",
		 s->r->route->path, (unsigned long long)s->sent,
		 (unsigned long long)s->size);
	finish(s);
	/* evhttp leaves it to us, unless it is going down itself. */
	if (evhttp_request_get_connection(ev) == NULL)
		evhttp_request_free(ev);
}

static void give_up(struct request *r)
{
	conn_end(r->conn);
}

static void send_piece(struct evhttp_connection *evcon, void *arg);

static bool put_piece(struct stream *s)
{
	struct evbuffer *out = evbuffer_new();
	uint8_t piece[PIECE];
	ssize_t n = pread(s->fd, piece, sizeof(piece), (off_t)s->sent);
	bool good = out != NULL && n > 0 &&
		    (uint64_t)n <= s->size - s->sent &&
		    evbuffer_add(out, piece, (size_t)n) == 0;

	if (good) {
		s->sent += (uint64_t)n;
		evhttp_send_reply_chunk_with_cb(s->r->ev, out, send_piece, s);
	}
	if (out != NULL)
		evbuffer_free(out);
	return good;
}

static void send_piece(struct evhttp_connection *evcon, void *arg)
{
	struct stream *s = arg;
	struct evhttp_request *ev = s->r->ev;

	(void)evcon;
	if (s->sent == s->size) {
		finish(s);
		evhttp_send_reply_end(ev);
	} else if (!put_piece(s)) {
		log_error("%s: the file cannot be read", s->r->route->path);
		conn_end_soon(s->r->conn);
	}
}

void stream_file(struct request *r, const char *type, int fd, uint64_t size)
{
	struct stream *s = calloc(1, sizeof(*s));
	char length[24];

	if (s == NULL) {
		reply_unavailable(r);
		return;
	}
	*s = (struct stream){.r = r, .fd = fd, .size = size};
	snprintf(length, sizeof(length), "%llu", (unsigned long long)size);
	reply_header(r, "Content-Type", type);
	reply_header(r, "Content-Length", length);
	reply_header(r, "X-Content-Type-Options", "nosniff");
	if (loop_is_draining(r->loop) || conn_over_limit(r->conn))
		reply_header(r, "Connection", "close");
	r->service->traffic.replies[2]++;
	r->give_up = give_up;
	conn_reply(r->conn, (size_t)size);
	conn_watch(r->conn, on_gone, s);
	evhttp_send_reply_start(r->ev, 200, "OK");
	send_piece(NULL, s);
}
