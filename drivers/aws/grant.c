/* grant.c: credentials as JSON: what a program, a metadata service, the SSO portal answer, and what `aws sso login` keeps. Pure. */
#include "identity.h"

#include <string.h>
#include <jansson.h>

#include "arena.h"
#include "clock.h"
#include "error.h"
#include "text.h"

#define CLEANUP_JSON __attribute__ ((cleanup (json_decrefp)))

bool
aws_is_clean (const char *text)
{
	for (const unsigned char *at = (const unsigned char *) (text ? text : ""); *at; at++)
		if (*at <= 0x20 || *at >= 0x7f)
			return false;
	return true;
}

static int
damaged (const char *why, struct larder_error *error)
{
	return larder_fail_next (error, LARDER_E_INTEGRITY, "look at what answers there", "%s", why);
}

static const char *
text_of (const json_t *object, const char *name)
{
	const char *value = json_string_value (json_object_get (object, name));
	return value && *value ? value : NULL;
}

static json_t *
load (const char *text, size_t length, struct larder_error *error)
{
	json_t *root = json_loadb (text, length, JSON_REJECT_DUPLICATES, NULL);
	if (root && json_is_object (root))
		return root;
	json_decref (root);
	damaged ("it is no whole JSON object", error);
	return NULL;
}

/* Names of the members, by form. */
static const struct { const char *access, *secret, *token, *expires; } names[] = {
	[AWS_GRANT_PROCESS] = { "AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration" },
	[AWS_GRANT_METADATA] = { "AccessKeyId", "SecretAccessKey", "Token", "Expiration" },
	[AWS_GRANT_SSO] = { "accessKeyId", "secretAccessKey", "sessionToken", "expiration" },
};

/* The SSO portal counts milliseconds; the others write the time out. */
static int
read_expiry (const json_t *value, int64_t *ret, struct larder_error *error)
{
	*ret = AWS_NEVER;
	if (!value || json_is_null (value))
		return 0;
	if (json_is_integer (value) && json_integer_value (value) > 0 && json_integer_value (value) < INT64_MAX / 1000000) {
		*ret = json_integer_value (value) * 1000000;
		return 0;
	}
	const char *text = json_string_value (value);
	return text && text_time (text, ret) == 0 ? 0 : damaged ("its time of expiry is none", error);
}

static int
read_members (enum aws_grant_form form, const json_t *object, struct larder_arena *arena, struct aws_grant *ret, struct larder_error *error)
{
	const char *access = text_of (object, names[form].access), *secret = text_of (object, names[form].secret);
	const char *token = text_of (object, names[form].token);
	struct aws_grant grant = { .expires = AWS_NEVER };
	if (!access || !secret)
		return damaged ("there are no keys in it", error);
	if (!aws_is_clean (access) || !aws_is_clean (secret) || !aws_is_clean (token))
		return damaged ("its keys hold blanks, line ends or other characters that no key has", error);
	int code = read_expiry (json_object_get (object, names[form].expires), &grant.expires, error);
	if (code < 0)
		return code;
	grant.access_key = arena_copy (arena, access);
	grant.secret_key = arena_copy (arena, secret);
	grant.session_token = arena_copy (arena, token);
	if (!grant.access_key || !grant.secret_key || (token && !grant.session_token))
		return larder_fail_memory (error);
	*ret = grant;
	return 0;
}

int
aws_grant_read (enum aws_grant_form form, const char *text, size_t length, struct larder_arena *arena, struct aws_grant *ret,
                struct larder_error *error)
{
	CLEANUP_JSON json_t *root = load (text, length, error);
	if (!root)
		return LARDER_E_INTEGRITY;
	const char *outcome = text_of (root, "Code"), *words = text_of (root, "Message");
	if (form == AWS_GRANT_METADATA && outcome && strcmp (outcome, "Success") != 0)
		return larder_fail_next (error, LARDER_E_DENIED, "look at the role that is given to this machine or task", "%.60s: %.200s", outcome, words ? words : "no words");
	if (form == AWS_GRANT_PROCESS && json_integer_value (json_object_get (root, "Version")) != 1)
		return damaged ("its Version is not 1", error);
	return read_members (form, form == AWS_GRANT_SSO ? json_object_get (root, "roleCredentials") : root, arena, ret, error);
}

int
aws_sso_token_read (const char *text, size_t length, struct larder_arena *arena, const char **ret_token, int64_t *ret_expires,
                    struct larder_error *error)
{
	CLEANUP_JSON json_t *root = load (text, length, error);
	if (!root)
		return LARDER_E_INTEGRITY;
	const char *token = text_of (root, "accessToken"), *expires = text_of (root, "expiresAt");
	char plain[40];
	int64_t time;
	if (!token || !aws_is_clean (token) || !expires || strlen (expires) >= sizeof plain)
		return damaged ("there is no token in it", error);
	memcpy (plain, expires, strlen (expires) + 1);
	if (strlen (plain) > 3 && strcmp (plain + strlen (plain) - 3, "UTC") == 0)   /* as older tools wrote it: 2019-11-14T04:05:45UTC */
		memcpy (plain + strlen (plain) - 3, "Z", 2);
	if (text_time (plain, &time) < 0)
		return damaged ("its time of expiry is none", error);
	const char *copy = arena_copy (arena, token);
	if (!copy)
		return larder_fail_memory (error);
	*ret_token = copy;
	*ret_expires = time;
	return 0;
}
