/* authority.c: a certificate for each site, and the authority of this folder that vouches for all of them, made once. */
#include "nginx.h"

#include <stdio.h>
#include <string.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "buffer.h"
#include "cleanup.h"
#include "error.h"
#include "file.h"

#define AUTHORITY_KEY "authority/key.pem"
enum { PEM_MOST = 64 << 10, NAMES_MOST = 32 << 10, AUTHORITY_DAYS = 3650, DAYS = 397, DAYS_LEFT = 30, DAY = 86400 };

struct pair { EVP_PKEY *key; X509 *certificate; };
#define CLEANUP_PAIR __attribute__ ((cleanup (pair_free)))

static void
pair_free (struct pair *pair)
{
	EVP_PKEY_free (pair->key);
	X509_free (pair->certificate);
	ERR_clear_error ();
}

/* ---- files ---- */

static int
publish (int root, const char *path, BIO *pem, mode_t mode, struct larder_error *error)
{
	char *text = NULL;
	long length = pem ? BIO_get_mem_data (pem, &text) : 0;
	return length <= 0 ? larder_fail_memory (error) : file_publish (root, path, text, (size_t) length, mode, FILE_REPLACE, true, error);
}

/* The key comes first: a certificate that is there has one. */
static int
write_pair (int root, const struct pair *pair, const char *key_path, const char *path, struct larder_error *error)
{
	BIO *key = BIO_new (BIO_s_mem ()), *certificate = BIO_new (BIO_s_mem ());
	bool made = key && certificate && PEM_write_bio_PrivateKey (key, pair->key, NULL, NULL, 0, NULL, NULL) == 1 && PEM_write_bio_X509 (certificate, pair->certificate) == 1;
	int code = made ? file_make_parents (root, path, 0700, true, error) : larder_fail_memory (error);
	if (code == 0)
		code = publish (root, key_path, key, 0600, error);
	if (code == 0)
		code = publish (root, path, certificate, 0644, error);
	BIO_free (key);
	BIO_free (certificate);
	return code;
}

/* What is there of both; what is none is made anew. */
static void
read_pair (int root, const char *key_path, const char *path, struct pair *ret)
{
	CLEANUP_FREE char *key = NULL, *certificate = NULL;
	size_t key_length = 0, length = 0;
	if (file_slurp_if_there (root, path, PEM_MOST, &certificate, &length, NULL) != 1 || file_slurp_if_there (root, key_path, PEM_MOST, &key, &key_length, NULL) != 1)
		return;
	BIO *key_pem = BIO_new_mem_buf (key, (int) key_length), *pem = BIO_new_mem_buf (certificate, (int) length);
	if (key_pem && pem) {
		ret->key = PEM_read_bio_PrivateKey (key_pem, NULL, NULL, (void *) (uintptr_t) "");
		ret->certificate = PEM_read_bio_X509 (pem, NULL, NULL, NULL);
	}
	BIO_free (key_pem);
	BIO_free (pem);
	explicit_bzero (key, key_length);
}

/* ---- made ---- */

static bool
extend (X509 *certificate, X509 *issuer, int what, const char *value)
{
	X509V3_CTX context;
	X509V3_set_ctx (&context, issuer, certificate, NULL, NULL, 0);
	X509_EXTENSION *extension = X509V3_EXT_conf_nid (NULL, &context, what, value);
	bool added = extension && X509_add_ext (certificate, extension, -1) == 1;
	X509_EXTENSION_free (extension);
	return added;
}

/* Version 3, a number of its own, valid since an hour ago, as clocks differ. */
static bool
begin (struct pair *pair, const char *name, int days)
{
	unsigned char chance[16];
	pair->key = EVP_EC_gen ("P-256");
	pair->certificate = X509_new ();
	if (!pair->key || !pair->certificate || RAND_bytes (chance, sizeof chance) != 1)
		return false;
	chance[0] &= 0x7f;
	BIGNUM *number = BN_bin2bn (chance, sizeof chance, NULL);
	X509_NAME *subject = X509_get_subject_name (pair->certificate);
	bool made = number && BN_to_ASN1_INTEGER (number, X509_get_serialNumber (pair->certificate)) && X509_set_version (pair->certificate, X509_VERSION_3) == 1
		&& X509_gmtime_adj (X509_getm_notBefore (pair->certificate), -3600) && X509_gmtime_adj (X509_getm_notAfter (pair->certificate), (long) days * DAY)
		&& X509_set_pubkey (pair->certificate, pair->key) == 1 && X509_NAME_add_entry_by_txt (subject, "CN", MBSTRING_UTF8, (const unsigned char *) name, -1, -1, 0) == 1;
	BN_free (number);
	return made;
}

static bool
make_authority (struct pair *ret)
{
	return begin (ret, "Larder, authority of this machine alone", AUTHORITY_DAYS) && X509_set_issuer_name (ret->certificate, X509_get_subject_name (ret->certificate)) == 1
		&& extend (ret->certificate, ret->certificate, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") && extend (ret->certificate, ret->certificate, NID_key_usage, "critical,keyCertSign,cRLSign")
		&& extend (ret->certificate, ret->certificate, NID_subject_key_identifier, "hash") && X509_sign (ret->certificate, ret->key, EVP_sha256 ()) > 0;
}

static bool
is_ip (const char *name)
{
	ASN1_OCTET_STRING *address = a2i_IPADDRESS (name);
	ASN1_OCTET_STRING_free (address);
	ERR_clear_error ();
	return address;
}

/* A name with anything else in it could be read as several. */
static bool
is_name (const char *name)
{
	return *name && strspn (name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-*:") == strlen (name);
}

static bool
make_for (const struct pair *authority, const char *const *names, struct pair *ret)
{
	CLEANUP_BUFFER struct buffer all;
	buffer_init (&all, PEM_MOST);
	for (size_t n = 0; names[n]; n++)
		buffer_printf (&all, "%s%s:%s", n ? "," : "", is_ip (names[n]) ? "IP" : "DNS", names[n]);
	return !all.failed && begin (ret, "larder dev up", DAYS) && X509_set_issuer_name (ret->certificate, X509_get_subject_name (authority->certificate)) == 1
		&& extend (ret->certificate, authority->certificate, NID_basic_constraints, "critical,CA:FALSE") && extend (ret->certificate, authority->certificate, NID_key_usage, "critical,digitalSignature")
		&& extend (ret->certificate, authority->certificate, NID_ext_key_usage, "serverAuth") && extend (ret->certificate, authority->certificate, NID_subject_alt_name, buffer_text (&all))
		&& extend (ret->certificate, authority->certificate, NID_authority_key_identifier, "keyid") && X509_sign (ret->certificate, authority->key, EVP_sha256 ()) > 0;
}

/* ---- still good ---- */

static bool
lasts (const X509 *certificate)
{
	int days = 0, seconds = 0;
	return ASN1_TIME_diff (&days, &seconds, NULL, X509_get0_notAfter (certificate)) == 1 && days >= DAYS_LEFT;
}

static bool
is_good (const struct pair *pair)
{
	return pair->key && pair->certificate && lasts (pair->certificate) && X509_check_private_key (pair->certificate, pair->key) == 1;
}

/* A wildcard is looked for as it is written: OpenSSL lets the star of a certificate stand for a star, too. */
static bool
is_for (const struct pair *pair, const struct pair *authority, const char *const *names)
{
	bool is = is_good (pair) && X509_verify (pair->certificate, authority->key) == 1;
	for (; is && *names; names++)
		is = is_ip (*names) ? X509_check_ip_asc (pair->certificate, *names, 0) == 1 : X509_check_host (pair->certificate, *names, 0, 0, NULL) == 1;
	return is;
}

static int
fail_crypto (struct larder_error *error)
{
	ERR_clear_error ();
	return larder_fail (error, LARDER_E_UNAVAILABLE, "OpenSSL makes no certificate");
}

/* Of more, the certificate would be longer than PEM_MOST, and made anew each time. */
static int
check_names (const char *const *names, struct larder_error *error)
{
	size_t length = 0;
	for (; *names; names++) {
		if (!is_name (*names))
			return larder_fail_next (error, LARDER_E_INVALID, "aliases = HOST, …", "'%s' is no host name for a certificate", *names);
		length += sizeof ",DNS:" - 1 + strlen (*names);
	}
	return length <= NAMES_MOST ? 0 : larder_fail_next (error, LARDER_E_LIMIT, "fewer aliases, or *.DOMAIN in place of many", "the aliases are more than the %d KiB that a certificate holds", NAMES_MOST >> 10);
}

int
ng_certify (int root, const char *id, const char *const *names, struct larder_error *error)
{
	CLEANUP_PAIR struct pair authority = { NULL, NULL }, there = { NULL, NULL }, made = { NULL, NULL }, vouching = { NULL, NULL };
	char key[64], path[64];
	int code = check_names (names, error);
	if (code < 0)
		return code;
	read_pair (root, AUTHORITY_KEY, NG_AUTHORITY, &authority);
	if (!is_good (&authority)) {
		code = make_authority (&vouching) ? write_pair (root, &vouching, AUTHORITY_KEY, NG_AUTHORITY, error) : fail_crypto (error);
		if (code < 0)
			return code;
	}
	const struct pair *by = vouching.key ? &vouching : &authority;
	snprintf (key, sizeof key, "sites/%s/key.pem", id);
	snprintf (path, sizeof path, "sites/%s/certificate.pem", id);
	read_pair (root, key, path, &there);
	if (is_for (&there, by, names))
		return 0;
	return make_for (by, names, &made) ? write_pair (root, &made, key, path, error) : fail_crypto (error);
}
