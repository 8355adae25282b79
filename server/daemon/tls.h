/* SPDX-License-Identifier: Apache-2.0 */
/* tls.h: the certificate of the listener. Loops take a new session for each
 * connection; SIGHUP puts in another certificate, and a bad one is refused
 * while the old one goes on. So is one whose key kiosks have not been told of:
 * they pin it, and would never call again. TLS 1.3 only. */
#ifndef OAP_TLS_H
#define OAP_TLS_H

#include <openssl/ssl.h>

#include "bytes.h"

struct tls;

/* PEM files; error gets one line. */
struct tls *tls_new(const char *cert, const char *key, char *error,
		    size_t error_size) OAP_CHECKED;
/* next: a pin that bundles name beside the present one, or NULL. */
bool tls_reload(struct tls *tls, const char *cert, const char *key,
		const uint8_t *next, char *error, size_t error_size)
    OAP_CHECKED;
/* The pin of a certificate that is to come. */
bool tls_pin_of_file(const char *cert, uint8_t pin[static 32], char *error,
		     size_t error_size) OAP_CHECKED;
void tls_free(struct tls *tls); /* takes NULL */
/* A new session, for a bufferevent to own; any thread; NULL: no memory. */
SSL *tls_session(struct tls *tls);
/* SHA-256 of the key's SPKI (DER): what enrolment codes pin. */
void tls_pin(struct tls *tls, uint8_t pin[static 32]);

#endif
