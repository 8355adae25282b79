/* SPDX-License-Identifier: Apache-2.0 */
/* config_check.c: what a configuration as a whole must be, since no key alone
 * can say it. */
#include <stdarg.h>
#include <string.h>

#include "config.h"
#include "limits.h"
#include "listen.h"

struct complaint {
	char *text;
	size_t size;
};

static bool refuse(const struct complaint *c, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static bool refuse(const struct complaint *c, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(c->text, c->size, format, args);
	va_end(args);
	return false;
}

static bool check_tls(const struct config *c, const struct complaint *to)
{
	if ((c->tls_cert[0] == '\0') != (c->tls_key[0] == '\0'))
		return refuse(to, "[listen] tls_cert and tls_key: give both or "
				  "neither");
	if (c->tls_next_cert[0] != '\0' && c->tls_cert[0] == '\0')
		return refuse(to, "[listen] tls_next_cert: there is no "
				  "tls_cert that it could follow");
	return true;
}

/* Anybody may call an address that is not loopback. */
static bool check_address(const struct config *c, const struct complaint *to)
{
	struct listen_address address;

	if (!listen_address_read(c->address, (uint16_t)c->port, &address,
				 to->text, to->size))
		return false;
	if (c->tls_cert[0] == '\0' && c->allow_plain_http == 0 &&
	    !listen_address_is_loopback(&address))
		return refuse(to, "[listen] address: not loopback, and there "
				  "is no certificate; set tls_cert and "
				  "tls_key, or allow_plain_http = yes behind "
				  "something that adds TLS");
	if (c->public_url[0] == '\0' && listen_address_is_any(&address))
		return refuse(to, "[listen] address: no kiosk can call %s; say "
				  "in [service] public_url what they call",
			      c->address);
	return true;
}

/* The part after http:// or https://, or "". */
static const char *host_of(const char *url)
{
	if (strncmp(url, "https://", 8) == 0)
		return url + 8;
	return strncmp(url, "http://", 7) == 0 ? url + 7 : "";
}

/* As a kiosk takes it from an enrolment code. */
static bool check_public_url(const struct config *c,
			     const struct complaint *to)
{
	const char *url = c->public_url;
	bool good = host_of(url)[0] != '\0' && strlen(url) <= URL_MAX;

	if (url[0] == '\0')
		return true;
	for (const char *p = url; *p != '\0'; p++)
		good = good && *p > ' ' && *p < 0x7f;
	if (!good)
		return refuse(to, "[service] public_url: \"%s\" is no address "
				  "of ours; give http:// or https://, a host, "
				  "no blanks", url);
	if (c->tls_cert[0] != '\0' && strncmp(url, "https://", 8) != 0)
		return refuse(to, "[service] public_url: must be https://, "
				  "since there is a tls_cert, whose key kiosks "
				  "pin");
	return true;
}

bool config_check(const struct config *c, char *error, size_t error_size)
{
	const struct complaint to = {error, error_size};

	if (c->data_dir[0] == '\0')
		return refuse(&to, "[service] data_dir: empty; name a "
				   "directory");
	if (!check_tls(c, &to) || !check_address(c, &to) ||
	    !check_public_url(c, &to))
		return false;
	if (strlen(c->unix_socket) > LISTEN_LOCAL_MAX)
		return refuse(&to, "[service] unix_socket: longer than %d "
				   "bytes, which is all that a socket's name "
				   "may have", LISTEN_LOCAL_MAX);
	if (c->connections_hard < c->connections)
		return refuse(&to, "[limits] connections_hard: %lld is under "
				   "connections, which is %lld",
			      (long long)c->connections_hard,
			      (long long)c->connections);
	return true;
}
