/* url.c: addresses and cookies that let a viewer in. Asks nobody. */
#include "cloudfront.h"

#include <string.h>

#include "arena.h"
#include "cleanup.h"
#include "error.h"

/* Where a file has the public half, too: a key that was put in the place of another is found before a viewer is refused. */
static int
hold_halves (const struct cloudfront *cloudfront, struct larder_arena *arena, struct larder_error *error)
{
	const char *file = cloudfront->signing.public_file, *pem;
	size_t length;
	if (!file || !*file)
		return 0;
	int code = aws_file_read (arena, file, &pem, &length, error);
	if (code == 0)
		code = aws_key_matches (cloudfront->key, pem, length, file, error);
	return code ? (code < 0 ? code : 0) : larder_fail_next (error, LARDER_E_INVALID, "signing-key-file = the other half of signing-public-key-file, whose id is signing-key-id",
		"the private key is not the other half of the public one in '%s'", file);
}

/* The text in the section, or what is in the file that it names. */
static int
read_key (struct cloudfront *cloudfront, struct larder_error *error)
{
	const struct cf_signing *signing = &cloudfront->signing;
	const char *pem = signing->key;
	size_t length = pem ? strlen (pem) : 0;
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	struct larder_error why = LARDER_ERROR_INIT;
	int code = !arena ? larder_fail_memory (&why) : pem && *pem ? 0 : aws_file_read (arena, signing->key_file, &pem, &length, &why);
	if (code == 0)
		code = aws_key_read (pem, length, signing->passphrase, &cloudfront->key, &why);
	if (code == 0 && (code = hold_halves (cloudfront, arena, &why)) < 0) {
		aws_key_free (cloudfront->key);
		cloudfront->key = NULL;
	}
	return code < 0 ? larder_fail_next (error, code, *why.next ? why.next : NULL, "[backend \"%s\"] cannot sign: %s", cloudfront->name, why.message) : 0;
}

bool
cf_has_key (const struct cloudfront *cloudfront)
{
	const struct cf_signing *signing = &cloudfront->signing;
	return (signing->key && *signing->key) || (signing->key_file && *signing->key_file);
}

int
cf_key (struct cloudfront *cloudfront, struct larder_error *error)
{
	const struct cf_signing *signing = &cloudfront->signing;
	bool has_key = cf_has_key (cloudfront);
	if (!has_key || !signing->key_id || !*signing->key_id)
		return larder_fail_next (error, LARDER_E_INVALID, "signing-key-id = the id of the public key in the key group, signing-key-file = FILE with the private one, or signing-key = ${VARIABLE}",
			"[backend \"%s\"] has no %s to sign with", cloudfront->name, has_key ? "signing-key-id" : "private key");
	pthread_mutex_lock (&cloudfront->mutex);
	int code = cloudfront->key ? 0 : read_key (cloudfront, error);
	pthread_mutex_unlock (&cloudfront->mutex);
	return code;
}

static int
sign (struct cloudfront *cloudfront, const struct larder_url *request, struct buffer *policy, struct buffer *text, struct larder_error *error)
{
	unsigned char bytes[AWS_SIGNATURE_MOST];
	struct cf_signature signature = { .key_id = cloudfront->signing.key_id, .sha1 = cloudfront->signing.hash == CF_SHA1, .bytes = bytes };
	int code = cf_policy_text (request, policy, error);
	signature.policy = buffer_text (policy);
	if (code == 0)
		code = aws_key_sign (cloudfront->key, signature.sha1, policy->at, policy->length, bytes, &signature.length, error);
	return code == 0 ? cf_signed_text (request, &signature, text, error) : code;
}

int
cf_url (void *self, struct larder_call *call, const struct larder_url *request, const char **ret_url, struct larder_error *error)
{
	enum { TEXT_MOST = 64 << 10 };
	struct cloudfront *cloudfront = self;
	struct larder_url asked = { .size = sizeof asked };
	CLEANUP_BUFFER struct buffer policy, text;
	larder_give (&asked, request);
	buffer_init (&policy, TEXT_MOST);
	buffer_init (&text, TEXT_MOST);
	if (asked.kind == LARDER_URL_PUBLIC || !asked.base)
		return larder_fail (error, LARDER_E_UNSUPPORTED, "the address is domain = HOST of its [cdn]");
	int code = cf_key (cloudfront, error);
	if (code == 0)
		code = sign (cloudfront, &asked, &policy, &text, error);
	char *copy = code == 0 ? larder_host->arena (call, text.length + 1) : NULL;
	if (code == 0 && !copy)
		code = larder_fail_memory (error);
	if (code == 0)
		*ret_url = memcpy (copy, text.at, text.length + 1);
	return code;
}
