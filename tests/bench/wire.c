/* SPDX-License-Identifier: Apache-2.0 */
/* wire.c: kept-alive connections driven by one epoll. */
#include "wire.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#define HEAD_MAX 512
#define EVENTS 128

struct connection {
	int fd;
	bool in_flight;
	char *out;
	size_t out_n, out_cap, sent;
	char *in;
	size_t in_n, in_cap;
	int64_t sent_ns;
};

struct wire {
	struct sockaddr_in address;
	int epoll;
	unsigned count, in_flight;
	wire_done *done;
	void *arg;
	struct connection *connections;
};

int64_t wire_clock_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static char *grown(char *p, size_t *cap, size_t need)
{
	if (need <= *cap)
		return p;
	*cap = need * 2;
	p = realloc(p, *cap);
	if (p == NULL)
		abort();
	return p;
}

static bool dial(struct wire *w, unsigned i)
{
	struct connection *c = &w->connections[i];
	int one = 1;

	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (c->fd < 0 ||
	    connect(c->fd, (struct sockaddr *)&w->address,
		    sizeof(w->address)) != 0) {
		perror("connect");
		return false;
	}
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	fcntl(c->fd, F_SETFL, O_NONBLOCK);
	struct epoll_event e = {.events = EPOLLIN, .data.u32 = i};
	return epoll_ctl(w->epoll, EPOLL_CTL_ADD, c->fd, &e) == 0;
}

struct wire *wire_open(uint16_t port, unsigned connections, wire_done *done,
		       void *arg)
{
	struct wire *w = calloc(1, sizeof(*w));

	if (w == NULL)
		return NULL;
	w->address.sin_family = AF_INET;
	w->address.sin_port = htons(port);
	w->address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	w->epoll = epoll_create1(EPOLL_CLOEXEC);
	w->done = done;
	w->arg = arg;
	w->connections = calloc(connections, sizeof(*w->connections));
	if (w->connections == NULL)
		abort();
	while (w->count < connections) {
		if (!dial(w, w->count++)) {
			wire_close(w);
			return NULL;
		}
	}
	return w;
}

void wire_close(struct wire *w)
{
	for (unsigned i = 0; i < w->count; i++) {
		if (w->connections[i].fd >= 0)
			close(w->connections[i].fd);
		free(w->connections[i].out);
		free(w->connections[i].in);
	}
	close(w->epoll);
	free(w->connections);
	free(w);
}

/* A reply of status 0 tells the owner that the connection broke. */
static void finish(struct wire *w, unsigned i, struct wire_reply *reply)
{
	struct connection *c = &w->connections[i];

	reply->sent_ns = c->sent_ns;
	reply->got_ns = wire_clock_ns();
	c->in_flight = false;
	c->in_n = 0;
	w->in_flight--;
	w->done(w->arg, i, reply);
}

static void broken(struct wire *w, unsigned i)
{
	struct connection *c = &w->connections[i];

	close(c->fd);
	c->fd = -1;
	if (c->in_flight)
		finish(w, i, &(struct wire_reply){.body = ""});
}

static void send_rest(struct wire *w, unsigned i)
{
	struct connection *c = &w->connections[i];

	while (c->fd >= 0 && c->sent < c->out_n) {
		ssize_t n = send(c->fd, c->out + c->sent, c->out_n - c->sent,
				 MSG_NOSIGNAL);

		if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
			struct epoll_event e = {.events = EPOLLIN | EPOLLOUT,
						.data.u32 = i};
			epoll_ctl(w->epoll, EPOLL_CTL_MOD, c->fd, &e);
			return;
		}
		if (n <= 0) {
			broken(w, i);
			return;
		}
		c->sent += (size_t)n;
	}
}

void wire_post(struct wire *w, unsigned i, const char *path, const void *body,
	       size_t n)
{
	struct connection *c = &w->connections[i];

	if (c->in_flight)
		abort();
	c->out = grown(c->out, &c->out_cap, HEAD_MAX + n);
	int head = snprintf(c->out, HEAD_MAX,
			    "POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\n"
			    "Content-Type: application/cbor\r\n"
			    "Content-Length: %zu\r\n\r\n",
			    path, n);
	memcpy(c->out + head, body, n);
	c->out_n = (size_t)head + n;
	c->sent = 0;
	c->in_n = 0;
	c->in_flight = true;
	w->in_flight++;
	c->sent_ns = wire_clock_ns();
	if (c->fd < 0 && !dial(w, i)) {
		c->fd = -1;
		finish(w, i, &(struct wire_reply){.body = ""});
		return;
	}
	send_rest(w, i);
}

/* Length of a whole reply that is there, or 0. */
static size_t whole_reply(struct connection *c, struct wire_reply *reply,
			  bool *closes)
{
	c->in[c->in_n] = '\0';
	char *end = strstr(c->in, "\r\n\r\n");
	if (end == NULL)
		return 0;
	char *length = strcasestr(c->in, "\r\nContent-Length:");
	if (length == NULL || length > end)
		length = NULL;
	char *close = strcasestr(c->in, "\r\nConnection: close");
	*closes = close != NULL && close < end;
	reply->body_n = length ? strtoul(length + 17, NULL, 10) : 0;
	reply->body = end + 4;
	size_t whole = (size_t)(end + 4 - c->in) + reply->body_n;
	if (c->in_n < whole)
		return 0;
	reply->status = atoi(c->in + 9);
	return whole;
}

static void receive(struct wire *w, unsigned i)
{
	struct connection *c = &w->connections[i];
	struct wire_reply reply = {0};
	bool closes = false;

	c->in = grown(c->in, &c->in_cap, c->in_n + 65536 + 1);
	ssize_t n = recv(c->fd, c->in + c->in_n, c->in_cap - c->in_n - 1, 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		broken(w, i);
		return;
	}
	c->in_n += (size_t)n;
	if (!c->in_flight || whole_reply(c, &reply, &closes) == 0)
		return;
	if (closes) {
		close(c->fd);
		c->fd = -1;
	}
	finish(w, i, &reply);
}

void wire_run(struct wire *w)
{
	struct epoll_event events[EVENTS];

	while (w->in_flight > 0) {
		int n = epoll_wait(w->epoll, events, EVENTS, -1);

		for (int e = 0; e < n; e++) {
			unsigned i = events[e].data.u32;
			struct connection *c = &w->connections[i];

			if (c->fd >= 0 && (events[e].events & EPOLLOUT)) {
				struct epoll_event in = {.events = EPOLLIN,
							 .data.u32 = i};
				epoll_ctl(w->epoll, EPOLL_CTL_MOD, c->fd, &in);
				send_rest(w, i);
			}
			if (c->fd >= 0 && (events[e].events & ~EPOLLOUT))
				receive(w, i);
		}
	}
}
