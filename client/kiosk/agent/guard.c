/* SPDX-License-Identifier: Apache-2.0 */
/* guard.c: comparisons, those of secrets in a time that tells nothing. */
#include "guard.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define HTTP_PORT 80 /* which browsers leave away */

static void put_host(char *out, const char *address, uint16_t port)
{
	if (port == HTTP_PORT)
		snprintf(out, HOST_TEXT, "%s", address);
	else
		snprintf(out, HOST_TEXT, "%s:%u", address, port);
}

void guard_hosts(struct guard *g, const char *address, uint16_t port)
{
	put_host(g->host[0], address, port);
	put_host(g->host[1], "localhost", port);
}

bool guard_host(const struct guard *g, const char *host)
{
	for (size_t i = 0; host != NULL && i < HOSTS; i++)
		if (strcasecmp(g->host[i], host) == 0)
			return true;
	return false;
}

bool guard_origin(const struct guard *g, const char *origin)
{
	static const char SCHEME[] = "http://";

	if (origin == NULL)
		return true;
	return strncasecmp(origin, SCHEME, sizeof(SCHEME) - 1) == 0 &&
	       guard_host(g, origin + sizeof(SCHEME) - 1);
}

/* How long it takes depends on the length of given alone. */
static bool is_same(const char *secret, const char *given)
{
	size_t n = strlen(secret), m = strlen(given);
	unsigned differs = n != m || n == 0;

	for (size_t i = 0; i < m; i++)
		differs |= (unsigned char)given[i] ^
			   (unsigned char)secret[n > 0 ? i % n : 0];
	return differs == 0;
}

bool guard_bearer(const struct guard *g, const char *header)
{
	static const char SCHEME[] = "Bearer ";
	const char *given;
	bool caller, page;

	if (header == NULL || strlen(header) > AUTH_MAX ||
	    strncasecmp(header, SCHEME, sizeof(SCHEME) - 1) != 0)
		return false;
	given = header + sizeof(SCHEME) - 1;
	caller = is_same(g->token, given);
	page = is_same(g->page, given);
	return caller || page;
}

bool guard_token_is_good(const char *token)
{
	static const char ALLOWED[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	    "0123456789-._~+/=";
	size_t n = strlen(token);

	return n >= TOKEN_MIN && n <= TOKEN_MAX && strspn(token, ALLOWED) == n;
}
