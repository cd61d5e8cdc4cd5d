/* tls.c: TLS, where the hiredis of the build has it. Its own contexts compare no names, so the certificate's is compared here, by
 * OpenSSL, which is what it stands on. */
#include "lock-redis.h"

#include "error.h"

#ifdef HAVE_HIREDIS_SSL

#include <hiredis_ssl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <stdio.h>
#include <sys/stat.h>

static int
load_trust (SSL_CTX *context, const char *path)
{
	struct stat st;
	if (!path)
		return SSL_CTX_set_default_verify_paths (context);
	bool folder = stat (path, &st) == 0 && S_ISDIR (st.st_mode);
	return SSL_CTX_load_verify_locations (context, folder ? NULL : path, folder ? path : NULL);
}

int
tls_open (struct locks *locks, struct larder_error *error)
{
	if (!*locks->host)
		return larder_fail_next (error, LARDER_E_INVALID, "leave out 'tls', or name host and port", "a socket of this machine is not encrypted");
	SSL_CTX *context = SSL_CTX_new (TLS_client_method ());
	if (!context)
		return larder_fail_memory (error);
	locks->trust = context;
	SSL_CTX_set_verify (context, SSL_VERIFY_PEER, NULL);
	(void) SSL_CTX_set_min_proto_version (context, TLS1_2_VERSION);
	if (load_trust (context, locks->ca_file) == 1)
		return 0;
	ERR_clear_error ();
	tls_close (locks);
	return larder_fail_next (error, LARDER_E_INVALID, "ca-file names a readable file of certificates, PEM, or a folder of such", "no certificates to trust in '%s'",
	                         locks->ca_file ? locks->ca_file : "the system's folder");
}

void
tls_close (struct locks *locks)
{
	SSL_CTX_free (locks->trust);
	locks->trust = NULL;
}

/* The name or number that the certificate must be for. */
static bool
set_name (SSL *ssl, const char *host)
{
	if (X509_VERIFY_PARAM_set1_ip_asc (SSL_get0_param (ssl), host) == 1)
		return true;
	ERR_clear_error ();
	return SSL_set1_host (ssl, host) == 1 && SSL_set_tlsext_host_name (ssl, host) == 1;
}

static int
fail_handshake (struct asking *asking, const SSL *ssl, const redisContext *context)
{
	long verdict = SSL_get_verify_result (ssl);
	unsigned long why = ERR_peek_last_error ();
	const char *words = why ? ERR_reason_error_string (why) : *context->errstr ? context->errstr : "the other end hung up";
	int code = verdict != X509_V_OK
		? larder_fail_next (asking->error, LARDER_E_UNAVAILABLE, "ca-file names the certificates to trust; the address must be the name in Redis's certificate",
			"cannot trust Redis at '%s': %s", asking->locks->address, X509_verify_cert_error_string (verdict))
		: larder_fail_next (asking->error, LARDER_E_UNAVAILABLE, "is that its port for TLS?", "no TLS with Redis at '%s': %s", asking->locks->address, words ? words : "unknown");
	ERR_clear_error ();
	return code;
}

/* Step by step: what it waits for is waited for as everything else. */
static int
shake_hands (struct asking *asking, SSL *ssl, const redisContext *context)
{
	for (;;) {
		struct link_quiet quiet = link_quiet_begin ();
		ERR_clear_error ();
		int status = SSL_do_handshake (ssl), wants = SSL_get_error (ssl, status);
		link_quiet_end (&quiet);
		if (status == 1)
			return 0;
		if (wants != SSL_ERROR_WANT_READ && wants != SSL_ERROR_WANT_WRITE)
			return fail_handshake (asking, ssl, context);
		int code = link_wait (asking, context->fd, wants == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT);
		if (code < 0)
			return code;
	}
}

int
tls_begin (struct asking *asking, redisContext *context)
{
	SSL *ssl = SSL_new (asking->locks->trust);
	if (!ssl || !set_name (ssl, asking->locks->host)) {
		SSL_free (ssl);
		return larder_fail_memory (asking->error);
	}
	struct link_quiet quiet = link_quiet_begin ();
	int status = redisInitiateSSL (context, ssl);    /* the connection's from here on */
	link_quiet_end (&quiet);
	if (status == REDIS_OK)
		return shake_hands (asking, ssl, context);
	int code = fail_handshake (asking, ssl, context);
	SSL_free (ssl);
	return code;
}

#else

int
tls_open (struct locks *locks, struct larder_error *error)
{
	(void) locks;
	return larder_fail_next (error, LARDER_E_UNSUPPORTED, "build it with hiredis 1.0 or newer and its hiredis_ssl, or let a tunnel on this machine do it (stunnel), and address that",
	                         "the hiredis that this was built with has no TLS");
}

void tls_close (struct locks *locks) { (void) locks; }
int tls_begin (struct asking *asking, redisContext *context) { (void) asking, (void) context; return 0; }

#endif
