/* trust.c: the certificates to trust, read once for all connections of the process. libcurl would read and keep
 * the whole set again for each connection. */
#include "exchange.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include "error.h"

struct trust { X509_STORE *store; };

bool
trust_possible (void)
{
	const char *version = curl_version_info (CURLVERSION_NOW)->ssl_version;
	return version && strncmp (version, "OpenSSL/", 8) == 0;
}

static void
trust_free (void *object)
{
	struct trust *trust = object;
	X509_STORE_free (trust->store);
	free (trust);
}

/* A folder of certificates that are named by their hash ("5ed36f99.0"): the one that is asked for is read, and no other. All of
 * the system's cost fifteen milliseconds of each command. */
static bool
is_hashed (const char *folder)
{
	DIR *names = opendir (folder);
	const struct dirent *name = NULL;
	while (names && (name = readdir (names)) && (strspn (name->d_name, "0123456789abcdef") != 8 || strcmp (name->d_name + 8, ".0") != 0))
		;
	if (names)
		closedir (names);
	return name != NULL;
}

/* The system's: where libcurl was built to look, else where OpenSSL was. */
static bool
load (X509_STORE *store, const char *ca_file)
{
	const curl_version_info_data *curl = curl_version_info (CURLVERSION_NOW);
	const char *folder = ca_file ? ca_file : curl->capath, *file = ca_file ? ca_file : curl->cainfo;
	if (folder && is_hashed (folder) && X509_STORE_load_path (store, folder) == 1)
		return true;
	if (file && X509_STORE_load_file (store, file) == 1)
		return true;
	return !ca_file && X509_STORE_set_default_paths (store) == 1;
}

static int
fail_no_trust (const char *ca_file, struct larder_error *error)
{
	return larder_fail_next (error, LARDER_E_INVALID, "ca-file names a readable file of certificates, PEM, or a folder of such, each named by its hash",
		"no certificates to trust in '%s'", ca_file ? ca_file : "the system's folder");
}

int
trust_look (const char *ca_file, struct larder_error *error)
{
	return access (ca_file, R_OK) == 0 ? 0 : fail_no_trust (ca_file, error);
}

static int
trust_create (void *argument, void **ret, struct larder_error *error)
{
	const char *ca_file = argument;
	struct trust *trust = calloc (1, sizeof *trust);
	if (!trust || !(trust->store = X509_STORE_new ())) {
		free (trust);
		return larder_fail_memory (error);
	}
	X509_STORE_set_flags (trust->store, X509_V_FLAG_TRUSTED_FIRST | X509_V_FLAG_PARTIAL_CHAIN);
	if (!load (trust->store, ca_file)) {
		ERR_clear_error ();
		trust_free (trust);
		return fail_no_trust (ca_file, error);
	}
	*ret = trust;
	return 0;
}

static char *
key_of (const char *ca_file)
{
	size_t room = strlen (ca_file ? ca_file : "") + 32;
	char *key = malloc (room);
	if (key)
		snprintf (key, room, "http-trust:%s", ca_file ? ca_file : "");
	return key;
}

int
trust_share (const struct larder_host *host, const char *ca_file, struct trust **ret, struct larder_error *error)
{
	char *key = key_of (ca_file);
	void *object = NULL;
	int code = key ? host->share (key, trust_create, trust_free, (void *) (uintptr_t) ca_file, &object, error) : larder_fail_memory (error);
	free (key);
	if (code == 0)
		*ret = object;
	return code;
}

void
trust_unshare (const struct larder_host *host, const char *ca_file)
{
	char *key = key_of (ca_file);
	if (key)
		host->unshare (key);
	free (key);
}

/* libcurl made a context without certificates; it shares ours. */
CURLcode
trust_use (CURL *easy, void *ssl_context, void *context)
{
	(void) easy;
	const struct trust *trust = context;
	SSL_CTX_set1_cert_store (ssl_context, trust->store);
	return CURLE_OK;
}

/* Names of OpenSSL's own, for good. */
const char *
trust_version (CURL *easy)
{
	struct curl_tlssessioninfo *session = NULL;
	if (curl_easy_getinfo (easy, CURLINFO_TLS_SSL_PTR, &session) != CURLE_OK || !session || session->backend != CURLSSLBACKEND_OPENSSL || !session->internals)
		return NULL;
	return SSL_get_version (session->internals);
}
