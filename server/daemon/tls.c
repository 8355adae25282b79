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

/* One line of what OpenSSL says, and its queue emptied. */
static bool fail(const char *what, char *error, size_t error_size)
{
	char text[256] = "out of memory";
	unsigned long code = ERR_peek_last_error();

	if (code != 0)
		ERR_error_string_n(code, text, sizeof(text));
	ERR_clear_error();
	snprintf(error, error_size, "%s: %s", what, text);
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

static bool take_pin(SSL_CTX *context, uint8_t pin[static 32])
{
	X509 *cert = SSL_CTX_get0_certificate(context);
	unsigned char *der = NULL;
	int n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &der);

	if (n <= 0)
		return false;
	crypto_hash_sha256(pin, der, (unsigned long long)n);
	OPENSSL_free(der);
	return true;
}

bool tls_reload(struct tls *tls, const char *cert, const char *key,
		char *error, size_t error_size)
{
	SSL_CTX *context = SSL_CTX_new(TLS_server_method()), *old;
	uint8_t pin[32];

	if (context == NULL)
		return fail("TLS", error, error_size);
	if (!load(context, cert, key, error, error_size) ||
	    (!take_pin(context, pin) && !fail(cert, error, error_size))) {
		SSL_CTX_free(context);
		return false;
	}
	pthread_mutex_lock(&tls->lock);
	old = tls->context;
	tls->context = context;
	memcpy(tls->pin, pin, sizeof(pin));
	pthread_mutex_unlock(&tls->lock);
	SSL_CTX_free(old);
	return true;
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
	if (!tls_reload(tls, cert, key, error, error_size)) {
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
