/* tls-party.h: certificates made by a test: authorities and servers. */
#ifndef LARDER_TESTS_TLS_PARTY_H
#define LARDER_TESTS_TLS_PARTY_H

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#define DAY (24L * 60 * 60)

struct party { EVP_PKEY *key; X509 *certificate; };

static inline void
add_extension (X509 *certificate, X509 *issuer, int what, const char *value)
{
	X509V3_CTX context;
	X509V3_set_ctx (&context, issuer, certificate, NULL, NULL, 0);
	X509_EXTENSION *extension = X509V3_EXT_conf_nid (NULL, &context, what, value);
	ck_assert_ptr_nonnull (extension);
	X509_add_ext (certificate, extension, -1);
	X509_EXTENSION_free (extension);
}

/* Signed by `by`, or by itself; for the names "DNS:a,IP:b", or an authority without any. Valid from and to seconds from now. */
static inline struct party
party_make (const char *name, const struct party *by, const char *names, long from, long to)
{
	struct party party = { EVP_EC_gen ("P-256"), X509_new () };
	X509 *certificate = party.certificate;
	X509_set_version (certificate, 2);
	ASN1_INTEGER_set (X509_get_serialNumber (certificate), names ? 2 : 1);
	X509_gmtime_adj (X509_getm_notBefore (certificate), from);
	X509_gmtime_adj (X509_getm_notAfter (certificate), to);
	X509_NAME_add_entry_by_txt (X509_get_subject_name (certificate), "CN", MBSTRING_ASC, (const unsigned char *) name, -1, -1, 0);
	X509 *issuer = by ? by->certificate : certificate;
	X509_set_issuer_name (certificate, X509_get_subject_name (issuer));
	X509_set_pubkey (certificate, party.key);
	add_extension (certificate, issuer, NID_basic_constraints, names ? "critical,CA:FALSE" : "critical,CA:TRUE");
	if (names)
		add_extension (certificate, issuer, NID_subject_alt_name, names);
	ck_assert_int_gt (X509_sign (certificate, by ? by->key : party.key, EVP_sha256 ()), 0);
	return party;
}

static inline void
party_free (struct party *party)
{
	EVP_PKEY_free (party->key);
	X509_free (party->certificate);
}

static inline SSL_CTX *
party_context (const struct party *party)
{
	SSL_CTX *context = SSL_CTX_new (TLS_server_method ());
	SSL_CTX_use_certificate (context, party->certificate);
	SSL_CTX_use_PrivateKey (context, party->key);
	return context;
}

/* The certificate as a file of PEM; its path is the caller's to free. */
static inline char *
party_file (const struct party *party, const char *folder)
{
	char *path = NULL;
	ck_assert_int_gt (asprintf (&path, "%s/ca.pem", folder), 0);
	FILE *file = fopen (path, "w");
	ck_assert_ptr_nonnull (file);
	PEM_write_X509 (file, party->certificate);
	fclose (file);
	return path;
}

#endif
