/* SPDX-License-Identifier: Apache-2.0 */
/* listen.c: the sockets that a daemon listens on. */
#include "listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define TCP_BACKLOG 1024 /* the kernel has its own limit: somaxconn */
#define LOCAL_BACKLOG 64
#define LOCAL_MODE 0660 /* connecting needs the right to write */

bool listen_address_read(const char *text, uint16_t port,
			 struct listen_address *out, char *error,
			 size_t error_size)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)&out->addr;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&out->addr;

	memset(out, 0, sizeof(*out));
	if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(port);
		out->n = sizeof(*v4);
		return true;
	}
	if (inet_pton(AF_INET6, text, &v6->sin6_addr) == 1) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons(port);
		out->n = sizeof(*v6);
		return true;
	}
	snprintf(error, error_size,
		 "[listen] address: \"%s\" is no IPv4 or IPv6 address, such "
		 "as 127.0.0.1 or ::1",
		 text);
	return false;
}

bool listen_address_is_loopback(const struct listen_address *a)
{
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)&a->addr;
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&a->addr;

	if (a->addr.ss_family == AF_INET)
		return ntohl(v4->sin_addr.s_addr) >> 24 == 127;
	return IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr);
}

bool listen_address_is_any(const struct listen_address *a)
{
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)&a->addr;
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&a->addr;

	if (a->addr.ss_family == AF_INET)
		return v4->sin_addr.s_addr == htonl(INADDR_ANY);
	return IN6_IS_ADDR_UNSPECIFIED(&v6->sin6_addr);
}

uint16_t listen_address_port(const struct listen_address *a)
{
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)&a->addr;
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&a->addr;

	return ntohs(a->addr.ss_family == AF_INET ? v4->sin_port
						  : v6->sin6_port);
}

void listen_address_url(const struct listen_address *a, bool tls, char *url,
			size_t cap)
{
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)&a->addr;
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&a->addr;
	bool is_v4 = a->addr.ss_family == AF_INET;
	char text[INET6_ADDRSTRLEN] = "";

	inet_ntop(a->addr.ss_family,
		  is_v4 ? (const void *)&v4->sin_addr
			: (const void *)&v6->sin6_addr,
		  text, sizeof(text));
	snprintf(url, cap, is_v4 ? "%s://%s:%u" : "%s://[%s]:%u",
		 tls ? "https" : "http", text,
		 (unsigned)listen_address_port(a));
}

static int fail(int fd, const char *where, const char *error_text, char *error,
		size_t error_size)
{
	snprintf(error, error_size, "%s: %s", where, error_text);
	if (fd >= 0)
		close(fd);
	return -1;
}

/* shared: with others that set SO_REUSEPORT, which go by the user alone. */
static int tcp_socket(const struct listen_address *a, bool shared)
{
	static const int on = 1;
	int fd = socket(a->addr.ss_family,
			SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
	    (shared && setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on,
				  sizeof(on)) != 0) ||
	    /* Accepted ones inherit it; else Nagle's algorithm and delayed
	     * acknowledgements cost 40 ms a reply. */
	    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) != 0 ||
	    bind(fd, (const struct sockaddr *)&a->addr, a->n) != 0 ||
	    /* Of two that were bound at one moment, the second fails here. */
	    listen(fd, TCP_BACKLOG) != 0) {
		int e = errno;

		close(fd);
		errno = e;
		return -1;
	}
	return fd;
}

int listen_tcp(struct listen_address *a, char *error, size_t error_size)
{
	static const int on = 1;
	int fd = tcp_socket(a, false);
	char url[80];

	listen_address_url(a, false, url, sizeof(url));
	if (fd < 0)
		return fail(fd, url + strlen("http://"),
			    errno == EADDRINUSE
				? "somebody listens there already; stop it, "
				  "or set another [listen] port"
				: strerror(errno),
			    error, error_size);
	if (getsockname(fd, (struct sockaddr *)&a->addr, &a->n) != 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) != 0)
		return fail(fd, url + strlen("http://"), strerror(errno), error,
			    error_size);
	return fd;
}

int listen_tcp_beside(const struct listen_address *a, char *error,
		      size_t error_size)
{
	int fd = tcp_socket(a, true);
	char url[80];

	listen_address_url(a, false, url, sizeof(url));
	return fd >= 0 ? fd
		       : fail(fd, url + strlen("http://"), strerror(errno),
			      error, error_size);
}

/* A socket at which nobody answers: what is left is a name in a directory. */
static bool is_dead(const struct sockaddr_un *addr)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool dead;

	if (fd < 0)
		return false;
	dead = connect(fd, (const struct sockaddr *)addr, sizeof(*addr)) != 0 &&
	       errno == ECONNREFUSED;
	close(fd);
	return dead;
}

/* Makes room for the name; NULL, or why it is not to be had. */
static const char *take_over(const struct sockaddr_un *addr)
{
	struct stat st;

	if (lstat(addr->sun_path, &st) != 0)
		return strerror(errno);
	if (!S_ISSOCK(st.st_mode))
		return "is there, and is no socket; name another [service] "
		       "unix_socket";
	if (!is_dead(addr))
		return "somebody listens there already; stop it, or name "
		       "another [service] unix_socket";
	return unlink(addr->sun_path) == 0 ? NULL : strerror(errno);
}

int listen_local(const char *path, char *error, size_t error_size)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	const struct sockaddr *at = (const struct sockaddr *)&addr;
	const char *trouble = NULL;
	int fd;

	if (strlen(path) >= sizeof(addr.sun_path))
		return fail(-1, path,
			    "too long for a local socket; set a shorter "
			    "[service] unix_socket, or none",
			    error, error_size);
	memcpy(addr.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return fail(fd, path, strerror(errno), error, error_size);
	if (bind(fd, at, sizeof(addr)) != 0) {
		trouble = errno == EADDRINUSE ? take_over(&addr)
					      : strerror(errno);
		if (trouble == NULL && bind(fd, at, sizeof(addr)) != 0)
			trouble = strerror(errno);
	}
	if (trouble == NULL &&
	    (chmod(path, LOCAL_MODE) != 0 || listen(fd, LOCAL_BACKLOG) != 0))
		trouble = strerror(errno);
	return trouble != NULL ? fail(fd, path, trouble, error, error_size)
			       : fd;
}
