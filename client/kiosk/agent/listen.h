/* SPDX-License-Identifier: Apache-2.0 */
/* listen.h: the loopback address that the agent serves. */
#ifndef OAP_AGENT_LISTEN_H
#define OAP_AGENT_LISTEN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#define ADDRESS_TEXT 48

struct listen_at {
	struct sockaddr_storage addr;
	socklen_t n;
	char text[ADDRESS_TEXT]; /* as in a URL, without the port */
	uint16_t port;
};

/* "127.0.0.1:8441", "[::1]:8441", "localhost:0"; NULL: what is usual. False:
 * it is none of loopback; what was wrong has been said. Pure but for that. */
bool listen_read(const char *text, struct listen_at *out);
/* The socket, listening; port 0 becomes what the kernel chose. -1: what was
 * wrong has been said. */
int listen_open(struct listen_at *at);

#endif
