/* private-key.c: a key of one's own to sign with, by OpenSSL. */
#include "aws.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"

enum { RSA_BITS = 2048 };

struct aws_key { EVP_PKEY *key; };

struct asked { const char *passphrase; bool was; };

/* OpenSSL would ask at the terminal otherwise. */
static int
give_passphrase (char *into, int room, int writing, void *context)
{
	struct asked *asked = context;
	size_t length = asked->passphrase ? strlen (asked->passphrase) : 0;
	(void) writing;
	asked->was = true;
	if (!length || length > (size_t) room)
		return -1;
	memcpy (into, asked->passphrase, length);
	return (int) length;
}

static bool
is_p256 (const EVP_PKEY *key)
{
	char curve[32] = "";
	return EVP_PKEY_is_a (key, "EC") && EVP_PKEY_get_utf8_string_param (key, OSSL_PKEY_PARAM_GROUP_NAME, curve, sizeof curve, NULL) == 1 && strcmp (curve, "prime256v1") == 0;
}

static int
check_kind (const EVP_PKEY *key, struct larder_error *error)
{
	if ((EVP_PKEY_is_a (key, "RSA") && EVP_PKEY_get_bits (key) == RSA_BITS) || is_p256 (key))
		return 0;
	return larder_fail_next (error, LARDER_E_INVALID, "make one: openssl genrsa 2048, or openssl ecparam -name prime256v1 -genkey -noout",
		"the private key is of %s with %d bits: RSA with 2048, or EC on P-256 is what is taken", EVP_PKEY_get0_type_name (key), EVP_PKEY_get_bits (key));
}

static int
fail_unread (const struct asked *asked, struct larder_error *error)
{
	ERR_clear_error ();
	if (asked->was)
		return larder_fail_next (error, LARDER_E_DENIED, "look at its passphrase", asked->passphrase && *asked->passphrase ? "the passphrase does not open the private key" : "the private key has a passphrase, and none is given");
	return larder_fail_next (error, LARDER_E_INVALID, "it begins with -----BEGIN PRIVATE KEY-----, or EC, RSA or ENCRYPTED before PRIVATE", "this is no private key in PEM");
}

int
aws_key_read (const char *pem, size_t length, const char *passphrase, struct aws_key **ret, struct larder_error *error)
{
	struct asked asked = { passphrase, false };
	struct aws_key *key = calloc (1, sizeof *key);
	BIO *bio = key ? BIO_new_mem_buf (pem, (int) length) : NULL;
	if (!bio) {
		free (key);
		return larder_fail_memory (error);
	}
	key->key = PEM_read_bio_PrivateKey (bio, NULL, give_passphrase, &asked);
	BIO_free (bio);
	int code = key->key ? check_kind (key->key, error) : fail_unread (&asked, error);
	if (code < 0) {
		aws_key_free (key);
		return code;
	}
	*ret = key;
	return 0;
}

void
aws_key_free (struct aws_key *key)
{
	if (!key)
		return;
	EVP_PKEY_free (key->key);
	free (key);
}

int
aws_key_matches (const struct aws_key *key, const char *pem, size_t length, const char *what, struct larder_error *error)
{
	struct asked asked = { NULL, false };
	BIO *bio = BIO_new_mem_buf (pem, (int) length);
	EVP_PKEY *half = bio ? PEM_read_bio_PUBKEY (bio, NULL, give_passphrase, &asked) : NULL;
	bool same = half && EVP_PKEY_eq (key->key, half) == 1;
	BIO_free (bio);
	EVP_PKEY_free (half);
	ERR_clear_error ();
	return half ? same : larder_fail_next (error, LARDER_E_INVALID, "it begins with -----BEGIN PUBLIC KEY-----", "'%s' is no public key in PEM", what);
}

int
aws_key_sign (const struct aws_key *key, bool sha1, const void *bytes, size_t count, unsigned char ret[AWS_SIGNATURE_MOST], size_t *ret_length, struct larder_error *error)
{
	size_t length = AWS_SIGNATURE_MOST;
	EVP_MD_CTX *context = EVP_MD_CTX_new ();
	bool done = context && EVP_DigestSignInit (context, NULL, sha1 ? EVP_sha1 () : EVP_sha256 (), NULL, key->key) == 1
		&& EVP_DigestSign (context, ret, &length, bytes, count) == 1;
	EVP_MD_CTX_free (context);
	*ret_length = length;
	if (done)
		return 0;
	ERR_clear_error ();
	return larder_fail (error, LARDER_E_UNSUPPORTED, "OpenSSL does not sign with %s here", sha1 ? "SHA-1" : "SHA-256");
}
