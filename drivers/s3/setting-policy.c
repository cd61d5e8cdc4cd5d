/* setting-policy.c: who may read a bucket: statements of its policy, known by their Sid. Those of others are told, and stay to the letter. */
#include "setting.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "alike.h"
#include "arena.h"
#include "body.h"
#include "buffer.h"
#include "checksum.h"
#include "error.h"
#include "reply.h"

#define SID_READER "larder-reader-"
#define SID_LISTER "larder-lister-"   /* as long as that: the name begins behind either */
#define SID_TLS "larder-tls-only"
#define REFERER "aws:Referer"
#define SERVICE "cloudfront.amazonaws.com"
#define OTHERWISE "otherwise"        /* value of a line whose statement says something else than ours */

/* ---- our statements ---- */

static json_t *
tls_only (const struct s3_place *place)
{
	return json_pack ("{s:s, s:s, s:s, s:s, s:[s++++, s+++++], s:{s:{s:s}}}", "Sid", SID_TLS, "Effect", "Deny", "Principal", "*", "Action", "s3:*", "Resource",
		"arn:", place->partition, ":s3:::", place->bucket, "", "arn:", place->partition, ":s3:::", place->bucket, "/*", "", "Condition", "Bool", "aws:SecureTransport", "false");
}

bool
s3_is_by_secret (const char *principal)
{
	return strncmp (principal, S3_BY_SECRET, sizeof S3_BY_SECRET - 1) == 0;
}

/* Who sends the secret: an edge of this machine, which has no account there. It may list, so that what is not there is told as such and not as refused; a query never
 * gets through it. NULL, too, where the secret is not known. */
static json_t *
by_secret (const struct s3_place *place, bool lists, const char *name, const char *secret)
{
	if (!secret)
		return NULL;
	json_t *actions = json_pack ("[s]", "s3:ListBucket"), *resources = json_pack ("[s++++]", "arn:", place->partition, ":s3:::", place->bucket, "");
	if (!lists) {
		json_array_append_new (actions, json_string ("s3:GetObject"));
		json_array_append_new (resources, json_pack ("s++++", "arn:", place->partition, ":s3:::", place->bucket, "/*"));
	}
	return json_pack ("{s:s+, s:s, s:s, s:o, s:o, s:{s:{s:s}}}", "Sid", lists ? SID_LISTER : SID_READER, name, "Effect", "Allow", "Principal", "*", "Action", actions, "Resource", resources,
		"Condition", "StringEquals", REFERER, secret);
}

/* "cloudfront ARN" of a distribution, "referer sha256:DIGEST" of a secret, or the ARN of who reads, or lists. */
static json_t *
reader (const struct s3_place *place, bool lists, const char *name, const char *principal)
{
	bool service = strncmp (principal, "cloudfront ", 11) == 0;
	if (s3_is_by_secret (principal))
		return by_secret (place, lists, name, place->secrets ? lines_value (place->secrets, principal) : NULL);
	json_t *statement = json_pack ("{s:s+, s:s, s:{s:s}, s:s, s:s+++++}", "Sid", lists ? SID_LISTER : SID_READER, name, "Effect", "Allow", "Principal", service ? "Service" : "AWS", service ? SERVICE : principal,
		"Action", lists ? "s3:ListBucket" : "s3:GetObject", "Resource", "arn:", place->partition, ":s3:::", place->bucket, lists ? "" : "/*", "");
	if (statement && service)
		json_object_set_new (statement, "Condition", json_pack ("{s:{s:s}}", "StringEquals", "AWS:SourceArn", principal + 11));
	return statement;
}

/* ---- reading ---- */

/* Whom a statement names, in our words; NULL. `secret`: what it lets in who sends. */
static const char *
principal_of (json_t *statement, struct larder_arena *arena, const char **ret_secret)
{
	CLEANUP_JSON json_t *all = aws_policy_plain (statement);
	json_t *who = json_object_get (all, "Principal");
	const char *aws = json_string_value (json_object_get (who, "AWS"));
	const char *from = json_string_value (json_object_get (json_object_get (json_object_get (all, "Condition"), "StringEquals"), "AWS:SourceArn"));
	const char *secret = json_string_value (json_object_get (json_object_get (json_object_get (all, "Condition"), "StringEquals"), REFERER));
	char digest[65];
	*ret_secret = arena_copy (arena, secret);
	if (secret) {
		sha256_hex (secret, strlen (secret), digest);
		return arena_printf (arena, S3_BY_SECRET "%s", digest);
	}
	return aws ? arena_copy (arena, aws) : from ? arena_printf (arena, "cloudfront %s", from) : NULL;
}

static bool
is_ours (json_t *statement)
{
	const char *sid = json_string_value (json_object_get (statement, "Sid"));
	return sid && (strcmp (sid, SID_TLS) == 0 || strncmp (sid, SID_READER, sizeof SID_READER - 1) == 0 || strncmp (sid, SID_LISTER, sizeof SID_LISTER - 1) == 0);
}

static void
tell_ours (const struct s3_place *place, json_t *statement, struct lines *lines)
{
	const char *sid = json_string_value (json_object_get (statement, "Sid"));
	if (strcmp (sid, SID_TLS) == 0) {
		CLEANUP_JSON json_t *ours = tls_only (place);
		lines_add (lines, "tls-only", aws_policy_alike (statement, ours) ? "yes" : OTHERWISE);
		return;
	}
	bool lists = strncmp (sid, SID_LISTER, sizeof SID_LISTER - 1) == 0;
	const char *name = sid + sizeof SID_READER - 1, *secret, *principal = principal_of (statement, lines->arena, &secret);
	CLEANUP_JSON json_t *ours = secret ? by_secret (place, lists, name, secret) : principal ? reader (place, lists, name, principal) : NULL;
	lines_add_in (lines, lists ? "lister" : "reader", name, "", ours && aws_policy_alike (statement, ours) ? principal : OTHERWISE);
}

static void
tell_statement (const struct s3_place *place, const json_t *statements, size_t n, struct lines *lines)
{
	json_t *statement = json_array_get (statements, n);
	if (is_ours (statement)) {
		tell_ours (place, statement, lines);
		return;
	}
	const char *member = aws_policy_member (statements, n, lines->arena), *says = aws_policy_says (statement, lines->arena);
	lines->failed |= !member || !says;
	if (member)
		lines_add_in (lines, "statement", member, "", says);
}

static int
parse (const char *body, size_t length, json_t **ret, struct larder_error *error)
{
	json_error_t why;
	*ret = length ? json_loadb (body, length, JSON_REJECT_DUPLICATES, &why) : json_pack ("{s:s, s:[]}", "Version", "2012-10-17", "Statement");
	if (*ret && json_is_object (json_object_get (*ret, "Statement")))            /* one alone need not be a list */
		json_object_set_new (*ret, "Statement", json_pack ("[O]", json_object_get (*ret, "Statement")));
	return *ret && json_is_array (json_object_get (*ret, "Statement")) ? 0 : s3_odd (error, "the policy of the bucket is none");
}

int
s3_policy_read (const struct s3_place *place, const char *body, size_t length, struct lines *lines, struct larder_error *error)
{
	CLEANUP_JSON json_t *policy = NULL;
	int code = parse (body, length, &policy, error);
	const json_t *statements = json_object_get (policy, "Statement");
	for (size_t n = 0; code == 0 && n < json_array_size (statements); n++)
		tell_statement (place, statements, n, lines);
	return code;
}

/* ---- writing ---- */

/* One of somebody else that was told as it is now, and is not to be there afterwards. */
static bool
is_taken_away (const struct s3_place *place, const json_t *statements, size_t n, const struct lines *desired)
{
	const char *member = place->there ? aws_policy_member (statements, n, desired->arena) : NULL, *told = member ? lines_in (place->there, "statement", member, "") : NULL;
	const char *says = told && !lines_in (desired, "statement", member, "") ? aws_policy_says (json_array_get (statements, n), desired->arena) : NULL;
	return says && strcmp (says, told) == 0;
}

static int
add_line (const struct s3_place *place, const struct line *line, struct larder_arena *arena, json_t *statements, struct larder_error *error)
{
	json_t *statement = NULL;
	if (strcmp (line->path, "tls-only") == 0)
		statement = tls_only (place);
	else if (strncmp (line->path, "reader[", 7) == 0 || strncmp (line->path, "lister[", 7) == 0) {
		const char *name = path_member (arena, line->path + 6);
		if (!s3_is_by_secret (line->value) && strncmp (line->value, "arn:", 4) != 0 && strncmp (line->value, "cloudfront ", 11) != 0)
			return larder_fail_next (error, LARDER_E_INVALID, "serve this store by a [cdn] whose backend is of the same cloud", "'%s' cannot read a bucket of this service", line->value);
		if (s3_is_by_secret (line->value) && (!place->secrets || !lines_value (place->secrets, line->value)))
			return larder_fail (error, LARDER_E_UNSUPPORTED, "who is let in by a secret is told to nobody else");
		statement = name ? reader (place, *line->path == 'l', name, line->value) : NULL;
	} else
		return 0;
	return json_array_append_new (statements, statement) == 0 ? 0 : larder_fail_memory (error);
}

int
s3_policy_write (const struct s3_place *place, const struct lines *desired, const char *body, size_t length, struct buffer *into, struct larder_error *error)
{
	CLEANUP_JSON json_t *policy = NULL;
	int code = parse (body, length, &policy, error);
	json_t *statements = json_object_get (policy, "Statement");
	for (size_t i = json_array_size (statements); code == 0 && i-- > 0;)
		if (is_ours (json_array_get (statements, i)) || is_taken_away (place, statements, i, desired))
			json_array_remove (statements, i);
	for (size_t n = 0; code == 0 && n < desired->count; n++)
		code = add_line (place, &desired->at[n], desired->arena, statements, error);
	if (code < 0 || json_array_size (statements) == 0)
		return code;
	char *text = json_dumps (policy, JSON_COMPACT);
	if (text)
		buffer_add_text (into, text);
	free (text);
	return text && !into->failed ? 0 : larder_fail_memory (error);
}
