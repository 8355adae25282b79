/* SPDX-License-Identifier: Apache-2.0 */
/* guard.h: who may call. A browser on this machine shows other pages, too, and
 * a name of theirs may lead here (DNS rebinding): so a request must name our
 * own address as its Host, and as its Origin if it has one. Then a bearer
 * token: of callers, or of the page. Pure. */
#ifndef OAP_AGENT_GUARD_H
#define OAP_AGENT_GUARD_H

#include <stdbool.h>
#include <stdint.h>

#include "bounds.h"

#define HOSTS 2
#define HOST_TEXT 64 /* "[ffff:…]:65535" is the longest there is */

struct guard {
	/* The address listened on, with its port, and localhost. */
	char host[HOSTS][HOST_TEXT];
	char token[TOKEN_MAX + 1]; /* of callers */
	char page[TOKEN_MAX + 1];  /* of the page */
};

/* address: as in a URL, IPv6 in brackets. */
void guard_hosts(struct guard *g, const char *address, uint16_t port);
/* NULL: there was none, which is refused. */
bool guard_host(const struct guard *g, const char *host);
/* NULL: there was none, which is no browser's script and may pass. */
bool guard_origin(const struct guard *g, const char *origin);
/* An Authorization header; NULL: there was none. */
bool guard_bearer(const struct guard *g, const char *header);
/* Whether that may be a token: its length, and letters, digits, "-._~+/="
 * (RFC 6750 section 2.1). */
bool guard_token_is_good(const char *token);

#endif
