/* SPDX-License-Identifier: Apache-2.0 */
/* listen.c: whoever reaches this port gets passes judged, so it is never one
 * that other machines reach. */
#include "listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bounds.h"
#include "options.h"

#define BACKLOG 64

static bool read_port(const char *text, uint16_t *port)
{
	unsigned long n = 0;

	if (text[0] == '\0' || strlen(text) > 5 ||
	    strspn(text, "0123456789") != strlen(text))
		return false;
	n = strtoul(text, NULL, 10);
	*port = (uint16_t)n;
	return n <= UINT16_MAX;
}

/* Address and port apart; brackets stay with the address. */
static bool split(const char *text, struct listen_at *out)
{
	const char *colon = strrchr(text, ':');
	size_t n = colon != NULL ? (size_t)(colon - text) : 0;

	if (n == 0 || n >= sizeof(out->text) ||
	    !read_port(colon + 1, &out->port))
		return false;
	memcpy(out->text, text, n);
	out->text[n] = '\0';
	if (strcmp(out->text, "localhost") == 0)
		snprintf(out->text, sizeof(out->text), "127.0.0.1");
	return true;
}

static bool read_v4(struct listen_at *out)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)&out->addr;

	out->n = sizeof(*v4);
	v4->sin_family = AF_INET;
	v4->sin_port = htons(out->port);
	return inet_pton(AF_INET, out->text, &v4->sin_addr) == 1 &&
	       ntohl(v4->sin_addr.s_addr) >> 24 == 127;
}

static bool read_v6(struct listen_at *out)
{
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&out->addr;

	out->n = sizeof(*v6);
	v6->sin6_family = AF_INET6;
	v6->sin6_port = htons(out->port);
	v6->sin6_addr = in6addr_loopback;
	return strcmp(out->text, "[::1]") == 0;
}

bool listen_read(const char *text, struct listen_at *out)
{
	char usual[ADDRESS_TEXT];

	memset(out, 0, sizeof(*out));
	snprintf(usual, sizeof(usual), "127.0.0.1:%d", AGENT_PORT);
	if (split(text != NULL ? text : usual, out) &&
	    (out->text[0] == '[' ? read_v6(out) : read_v4(out)))
		return true;
	complain("--listen %s: must be an address of this machine alone and a "
		 "port, such as %s; 0 lets the system choose",
		 text != NULL ? text : usual, usual);
	return false;
}

static bool prepare(int fd, struct listen_at *at)
{
	static const int on = 1;
	const struct sockaddr *addr = (const struct sockaddr *)&at->addr;
	socklen_t n = sizeof(at->addr);

	/* Accepted ones inherit TCP_NODELAY; else Nagle's algorithm and
	 * delayed acknowledgements cost 40 ms a reply. */
	return setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) ==
		   0 &&
	       setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) ==
		   0 &&
	       bind(fd, addr, at->n) == 0 && listen(fd, BACKLOG) == 0 &&
	       getsockname(fd, (struct sockaddr *)&at->addr, &n) == 0;
}

int listen_open(struct listen_at *at)
{
	int fd = socket(at->addr.ss_family,
			SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd >= 0 && prepare(fd, at)) {
		at->port =
		    ntohs(at->addr.ss_family == AF_INET
			      ? ((struct sockaddr_in *)&at->addr)->sin_port
			      : ((struct sockaddr_in6 *)&at->addr)->sin6_port);
		return fd;
	}
	complain("--listen %s:%u: %s", at->text, at->port,
		 errno == EADDRINUSE
		     ? "somebody listens there already; choose another port"
		     : strerror(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}
