/* SPDX-License-Identifier: Apache-2.0 */
/* listen.h: the sockets that a daemon listens on. */
#ifndef OAP_LISTEN_H
#define OAP_LISTEN_H

#include <sys/socket.h>

#include "bytes.h"

#define LISTEN_LOCAL_MAX 107 /* bytes of a local socket's name: sun_path */

struct listen_address {
	struct sockaddr_storage addr;
	socklen_t n;
};

/* An IPv4 or IPv6 address as text, and a port. Each of these: false, or -1,
 * and one line in error. */
bool listen_address_read(const char *text, uint16_t port,
			 struct listen_address *out, char *error,
			 size_t error_size) OAP_CHECKED;
bool listen_address_is_loopback(const struct listen_address *a);
/* 0.0.0.0 or ::, at which one can listen but which nobody can call. */
bool listen_address_is_any(const struct listen_address *a);
uint16_t listen_address_port(const struct listen_address *a);
/* "http://127.0.0.1:8440", "https://[::1]:8440" */
void listen_address_url(const struct listen_address *a, bool tls, char *url,
			size_t cap);

/* A listening TCP socket where nobody else listens; a port of 0 is replaced by
 * the one that the kernel chose. It takes the address alone, and shares it
 * afterwards: SO_REUSEPORT from the start would let a second daemon in
 * unnoticed, and give it half of the connections. */
int listen_tcp(struct listen_address *a, char *error, size_t error_size)
    OAP_CHECKED;
/* One more of this process at the address that listen_tcp took. */
int listen_tcp_beside(const struct listen_address *a, char *error,
		      size_t error_size) OAP_CHECKED;
/* A listening local socket at that path, for this user and group. What a dead
 * daemon left there is taken away; a live one's is not. */
int listen_local(const char *path, char *error, size_t error_size)
    OAP_CHECKED;

#endif
