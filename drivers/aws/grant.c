/* grant.c: credentials as JSON: what a program, a metadata service, the SSO portal answer, and what `aws sso login` keeps. Pure. */
#include "identity.h"

#include <stdlib.h>
#include <string.h>
#include <jansson.h>

#include "arena.h"
#include "body.h"
#include "clock.h"
#include "error.h"
#include "text.h"

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

/* ---- the token of SSO ---- */

/* Also as older tools wrote it: 2019-11-14T04:05:45UTC */
static bool
read_time (const char *text, int64_t *ret)
{
	char plain[40];
	if (!text || strlen (text) >= sizeof plain)
		return false;
	memcpy (plain, text, strlen (text) + 1);
	if (strlen (plain) > 3 && strcmp (plain + strlen (plain) - 3, "UTC") == 0)
		memcpy (plain + strlen (plain) - 3, "Z", 2);
	return text_time (plain, ret) == 0;
}

int
aws_sso_token_read (const char *text, size_t length, struct larder_arena *arena, struct aws_sso_token *ret, struct larder_error *error)
{
	CLEANUP_JSON json_t *root = load (text, length, error);
	struct aws_sso_token token = { .registered = 0 };
	if (!root)
		return LARDER_E_INTEGRITY;
	const char *access = text_of (root, "accessToken");
	if (!access || !aws_is_clean (access))
		return damaged ("there is no token in it", error);
	if (!read_time (text_of (root, "expiresAt"), &token.expires))
		return damaged ("its time of expiry is none", error);
	(void) read_time (text_of (root, "registrationExpiresAt"), &token.registered);
	token.access = arena_copy (arena, access);
	token.refresh = arena_copy (arena, text_of (root, "refreshToken"));
	token.client_id = arena_copy (arena, text_of (root, "clientId"));
	token.client_secret = arena_copy (arena, text_of (root, "clientSecret"));
	if (!token.access)
		return larder_fail_memory (error);
	*ret = token;
	return 0;
}

int
aws_sso_token_renewed (const char *text, size_t length, const char *reply, size_t reply_length, int64_t now, struct larder_arena *arena,
                       const char **ret_text, struct larder_error *error)
{
	CLEANUP_JSON json_t *root = load (text, length, error), *fresh = root ? load (reply, reply_length, error) : NULL;
	char expires[32];
	if (!fresh)
		return LARDER_E_INTEGRITY;
	const char *access = text_of (fresh, "accessToken"), *refresh = text_of (fresh, "refreshToken");
	json_int_t seconds = json_integer_value (json_object_get (fresh, "expiresIn"));
	if (!access || !aws_is_clean (access) || seconds <= 0 || seconds > INT32_MAX)
		return damaged ("there is no token in it", error);
	text_from_time ((now / NS_PER_S + seconds) * NS_PER_S, expires);
	bool failed = json_object_set_new (root, "accessToken", json_string (access)) < 0 || json_object_set_new (root, "expiresAt", json_string (expires)) < 0
		|| (refresh && json_object_set_new (root, "refreshToken", json_string (refresh)) < 0);
	*ret_text = failed ? NULL : aws_json_text (arena, root, 0);
	return *ret_text ? 0 : larder_fail_memory (error);
}

/* ---- asking for another one ---- */

void
aws_sso_renew (struct aws_request *request, struct larder_arena *arena, const struct aws_sso_token *token)
{
	json_t *body = json_pack ("{ssssssss}", "clientId", token->client_id, "clientSecret", token->client_secret, "grantType", "refresh_token",
	                          "refreshToken", token->refresh);
	aws_request_begin (request, arena, "POST", NULL, "token");
	aws_request_json (request, "application/json", body);
}
