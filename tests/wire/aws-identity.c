/* aws-identity.c: the pure parts of finding credentials, led by lines of JSON: what is asked of STS and the SSO portal, what is
 * understood of replies and of AWS's own files. One line in, one out. test-aws-identity.py says what is right. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <jansson.h>

#include "arena.h"
#include "identity.h"

static const char *
text (const json_t *line, const char *name)
{
	return json_string_value (json_object_get (line, name));
}

static json_t *
pairs (const struct larder_pair *list, size_t count)
{
	json_t *result = json_array ();
	for (size_t i = 0; i < count; i++)
		json_array_append_new (result, json_pack ("[ss]", list[i].name, list[i].value));
	return result;
}

static json_t *
failed (int code, const struct larder_error *error)
{
	return json_pack ("{sisssssi}", "code", code, "message", error->message, "next", error->next, "line", (int) error->line);
}

/* ---- requests ---- */

static json_t *
show (const struct aws_request *request)
{
	struct larder_error error = LARDER_ERROR_INIT;
	int code = aws_request_check (request, &error);
	if (code < 0)
		return failed (code, &error);
	return json_pack ("{sssssososs?}", "method", request->method, "path", request->path, "query", pairs (request->query, request->query_count),
	                  "headers", pairs (request->headers, request->header_count), "body", request->body);
}

static json_t *
ask (const json_t *line, struct larder_arena *arena)
{
	struct aws_request request;
	const char *what = text (line, "ask");
	const struct aws_role role = {
		.arn = text (line, "RoleArn"), .session = text (line, "RoleSessionName"), .external_id = text (line, "ExternalId"),
		.web_token = text (line, "WebIdentityToken"), .seconds = text (line, "DurationSeconds"),
	};
	if (strcmp (what, "assume") == 0)
		aws_sts_assume (&request, arena, &role);
	else if (strcmp (what, "who") == 0)
		aws_sts_who (&request, arena);
	else if (strcmp (what, "renew") == 0)
		aws_sso_renew (&request, arena, &(struct aws_sso_token) { .client_id = text (line, "clientId"), .client_secret = text (line, "clientSecret"), .refresh = text (line, "refreshToken") });
	else
		aws_sso_request (&request, arena, text (line, "accountId"), text (line, "roleName"), text (line, "accessToken"));
	return show (&request);
}

/* ---- replies ---- */

static json_t *
read_grant (const char *form, const char *at, size_t length, struct larder_arena *arena)
{
	struct larder_error error = LARDER_ERROR_INIT;
	struct aws_grant grant = { .expires = 0 };
	int code = strcmp (form, "sts") == 0 ? aws_sts_grant_read (at, length, arena, &grant, &error) :
	           aws_grant_read (strcmp (form, "process") == 0 ? AWS_GRANT_PROCESS : strcmp (form, "sso") == 0 ? AWS_GRANT_SSO : AWS_GRANT_METADATA,
	                           at, length, arena, &grant, &error);
	if (code < 0)
		return failed (code, &error);
	return json_pack ("{ssssss?sI}", "access", grant.access_key, "secret", grant.secret_key, "token", grant.session_token, "expires",
	                  (json_int_t) grant.expires);
}

static json_t *
read_reply (const char *form, const char *at, size_t length, struct larder_arena *arena)
{
	struct larder_error error = LARDER_ERROR_INIT;
	struct aws_sso_token token;
	const char *kept;
	struct aws_who who;
	if (strcmp (form, "login") == 0) {
		int code = aws_sso_token_read (at, length, arena, &token, &error);
		return code < 0 ? failed (code, &error) : json_pack ("{sssIss?ss?ss?sI}", "token", token.access, "expires", (json_int_t) token.expires, "refresh",
		                                                     token.refresh, "id", token.client_id, "secret", token.client_secret, "registered",
		                                                     (json_int_t) token.registered);
	}
	if (strcmp (form, "renewed") == 0) {          /* into a file of one more member, at 2026-11-27T22:00:00.5Z */
		static const char before[] = "{\"accessToken\": \"old\", \"expiresAt\": \"x\", \"refreshToken\": \"r\", \"of\": [\"others\"]}";
		int code = aws_sso_token_renewed (before, sizeof before - 1, at, length, INT64_C (1795816800500000000), arena, &kept, &error);
		return code < 0 ? failed (code, &error) : json_pack ("{ss}", "kept", kept);
	}
	if (strcmp (form, "who") == 0) {
		int code = aws_sts_who_read (at, length, arena, &who, &error);
		return code < 0 ? failed (code, &error) : json_pack ("{ssssss?}", "account", who.account, "arn", who.arn, "user", who.user);
	}
	return read_grant (form, at, length, arena);
}

/* Every beginning of a reply: in memory of its own length, so that a sanitizer sees a byte too many. How many were taken for whole. */
static json_t *
cut (const char *form, const char *at, struct larder_arena *arena)
{
	int taken = 0;
	for (size_t length = 0; length < strlen (at); length++) {
		char *part = malloc (length ? length : 1);
		if (!part)
			abort ();
		memcpy (part, at, length);
		json_t *result = read_reply (form, part, length, arena);
		taken += !json_object_get (result, "code");
		json_decref (result);
		free (part);
	}
	return json_integer (taken);
}

/* ---- files ---- */

static json_t *
read_file (const json_t *line, struct larder_arena *arena)
{
	static const char *const sections[] = { "profile", "sso-session", "services", "other" };
	struct larder_error error = LARDER_ERROR_INIT;
	struct aws_line *lines;
	const char *at = text (line, "file");
	int code = aws_profile_file_read (arena, "F", json_is_true (json_object_get (line, "config")), at, strlen (at), &lines, &error);
	if (code < 0)
		return failed (code, &error);
	json_t *result = json_array ();
	for (const struct aws_line *one = lines; one; one = one->next)
		json_array_append_new (result, json_pack ("[sss?s?s?i]", sections[one->section], one->name, one->key, one->value, one->under, (int) one->line));
	return result;
}

static json_t *
read_words (const json_t *line, struct larder_arena *arena)
{
	struct larder_error error = LARDER_ERROR_INIT;
	char **words;
	int code = aws_command_words (arena, text (line, "words"), &words, &error);
	if (code < 0)
		return failed (code, &error);
	json_t *result = json_array ();
	for (; *words; words++)
		json_array_append_new (result, json_string (*words));
	return result;
}

static json_t *
answer (const json_t *line, struct larder_arena *arena)
{
	const char *form = text (line, "form");
	if (text (line, "ask"))
		return ask (line, arena);
	if (text (line, "reply"))
		return read_reply (form, text (line, "reply"), strlen (text (line, "reply")), arena);
	if (text (line, "cut"))
		return cut (form, text (line, "cut"), arena);
	if (text (line, "file"))
		return read_file (line, arena);
	if (text (line, "words"))
		return read_words (line, arena);
	return json_integer ((json_int_t) aws_address_of (text (line, "address")));
}

int
main (void)
{
	char *line = NULL;
	size_t room = 0;
	struct larder_arena *arena = arena_new ();
	while (arena && getline (&line, &room, stdin) > 0) {
		json_t *question = json_loads (line, 0, NULL), *result = question ? answer (question, arena) : NULL;
		if (!result)
			return 1;
		json_dumpf (result, stdout, JSON_COMPACT | JSON_ENCODE_ANY);
		putchar ('\n');
		json_decref (result);
		json_decref (question);
		arena_clear (arena);
	}
	free (line);
	arena_free (arena);
	return 0;
}
