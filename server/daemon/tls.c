/* SPDX-License-Identifier: Apache-2.0 */
/* tls.c: the certificate of the listener, and how it is changed while
 * connections live: they hold the context that they began with. */
#include "tls.h"

#include <openssl/err.h>
#include <openssl/x509.h>
#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct tls {
	pthread_mutex_t lock;
	SSL_CTX *context;
	uint8_t pin[32];
};

/* One line of what OpenSSL says, and its queue emptied: its first word on it is
 * the cause, what follows are its consequences. */
static bool fail(const char *what, char *error, size_t error_size)
{
	unsigned long code = ERR_peek_error();
	const char *text =
	    code != 0 ? ERR_reason_error_string(code) : "out of memory";

	if (code != 0 && ERR_SYSTEM_ERROR(code))
		text = strerror((int)ERR_GET_REASON(code));
	snprintf(error, error_size, "%s: %s", what,
		 text != NULL ? text : "not what OpenSSL can use");
	ERR_clear_error();
	return false;
}

static bool load(SSL_CTX *context, const char *cert, const char *key,
		 char *error, size_t error_size)
{
	if (SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) != 1)
		return fail("TLS 1.3", error, error_size);
	SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
	if (SSL_CTX_use_certificate_chain_file(context, cert) != 1)
		return fail(cert, error, error_size);
	if (SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) != 1 ||
	    SSL_CTX_check_private_key(context) != 1)
		return fail(key, error, error_size);
	return true;
}

static bool pin_of(X509 *cert, uint8_t pin[static 32])
{
	unsigned char *der = NULL;
	int n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &der);

	if (n <= 0)
		return false;
	crypto_hash_sha256(pin, der, (unsigned long long)n);
	OPENSSL_free(der);
	return true;
}

static SSL_CTX *make_context(const char *cert, const char *key,
			     uint8_t pin[static 32], char *error,
			     size_t error_size)
{
	SSL_CTX *context = SSL_CTX_new(TLS_server_method());

	if (context == NULL) {
		fail("TLS", error, error_size);
		return NULL;
	}
	if (load(context, cert, key, error, error_size) &&
	    (pin_of(SSL_CTX_get0_certificate(context), pin) ||
	     fail(cert, error, error_size)))
		return context;
	SSL_CTX_free(context);
	return NULL;
}

bool tls_reload(struct tls *tls, const char *cert, const char *key,
		const uint8_t *next, char *error, size_t error_size)
{
	uint8_t pin[32];
	SSL_CTX *context = make_context(cert, key, pin, error, error_size);
	SSL_CTX *unused = context;
	bool known;

	if (context == NULL)
		return false;
	pthread_mutex_lock(&tls->lock);
	known = memcmp(pin, tls->pin, sizeof(pin)) == 0 ||
		(next != NULL && memcmp(pin, next, sizeof(pin)) == 0);
	if (known) {
		unused = tls->context;
		tls->context = context;
		memcpy(tls->pin, pin, sizeof(pin));
	}
	pthread_mutex_unlock(&tls->lock);
	SSL_CTX_free(unused);
	if (!known)
		snprintf(error, error_size,
			 "%s: has another key, which kiosks have not been told "
			 "of; name it in tls_next_cert for a week first",
			 cert);
	return known;
}

bool tls_pin_of_file(const char *cert, uint8_t pin[static 32], char *error,
		     size_t error_size)
{
	SSL_CTX *context = SSL_CTX_new(TLS_server_method());
	bool good =
	    context != NULL &&
	    SSL_CTX_use_certificate_chain_file(context, cert) == 1 &&
	    pin_of(SSL_CTX_get0_certificate(context), pin);

	if (!good)
		fail(cert, error, error_size);
	SSL_CTX_free(context);
	return good;
}

struct tls *tls_new(const char *cert, const char *key, char *error,
		    size_t error_size)
{
	struct tls *tls = calloc(1, sizeof(*tls));

	if (tls == NULL) {
		snprintf(error, error_size, "TLS: out of memory");
		return NULL;
	}
	pthread_mutex_init(&tls->lock, NULL);
	tls->context = make_context(cert, key, tls->pin, error, error_size);
	if (tls->context == NULL) {
		tls_free(tls);
		return NULL;
	}
	return tls;
}

void tls_free(struct tls *tls)
{
	if (tls == NULL)
		return;
	SSL_CTX_free(tls->context);
	pthread_mutex_destroy(&tls->lock);
	free(tls);
}

SSL *tls_session(struct tls *tls)
{
	SSL *session;

	pthread_mutex_lock(&tls->lock);
	session = SSL_new(tls->context);
	pthread_mutex_unlock(&tls->lock);
	return session;
}

void tls_pin(struct tls *tls, uint8_t pin[static 32])
{
	pthread_mutex_lock(&tls->lock);
	memcpy(pin, tls->pin, sizeof(tls->pin));
	pthread_mutex_unlock(&tls->lock);
}
