/* sts.c: what is asked of STS and of the SSO portal, and what they answer. Pure. */
#include "identity.h"

#include <string.h>

#include "arena.h"
#include "error.h"
#include "text.h"

/* ---- requests ---- */

#define VERSION "2011-06-15"

void
aws_sts_assume (struct aws_request *request, struct larder_arena *arena, const struct aws_role *role)
{
	struct aws_form form;
	aws_form_begin (&form, request, arena, role->web_token ? "AssumeRoleWithWebIdentity" : "AssumeRole", VERSION);
	aws_form_add (&form, "RoleArn", role->arn);
	aws_form_add (&form, "RoleSessionName", role->session);
	aws_form_add (&form, "WebIdentityToken", role->web_token);
	aws_form_add (&form, "DurationSeconds", role->seconds);
	aws_form_add (&form, "ExternalId", role->web_token ? NULL : role->external_id);
	aws_form_end (&form);
}

void
aws_sts_who (struct aws_request *request, struct larder_arena *arena)
{
	struct aws_form form;
	aws_form_begin (&form, request, arena, "GetCallerIdentity", VERSION);
	aws_form_end (&form);
}

void
aws_sso_request (struct aws_request *request, struct larder_arena *arena, const char *account, const char *role, const char *token)
{
	aws_request_begin (request, arena, "GET", NULL, "federation/credentials");
	aws_request_query (request, "role_name", role);
	aws_request_query (request, "account_id", account);
	aws_request_header (request, "x-amz-sso_bearer_token", token);
}

/* ---- replies ---- */

/* Texts of a reply by their last name, below the parent that they belong to. */
struct wanted { const char *parent, *name; const char **ret; };
struct reading { struct larder_arena *arena; const struct wanted *wanted; size_t count; };

static bool
is_at (const char *path, const struct wanted *wanted)
{
	size_t whole = strlen (path), name = strlen (wanted->name), parent = strlen (wanted->parent);
	return whole > name + parent + 2 && strcmp (path + whole - name, wanted->name) == 0 && path[whole - name - 1] == '/' &&
	       strncmp (path + whole - name - 1 - parent, wanted->parent, parent) == 0 && path[whole - name - parent - 2] == '/';
}

static int
on_end (void *context, const char *path, const char *text, struct larder_error *error)
{
	const struct reading *reading = context;
	for (size_t i = 0; i < reading->count; i++) {
		const struct wanted *wanted = &reading->wanted[i];
		if (!is_at (path, wanted) || !*text)
			continue;
		*wanted->ret = arena_copy (reading->arena, text);
		if (!*wanted->ret)
			return larder_fail_memory (error);
	}
	return 0;
}

static int
read_texts (const char *text, size_t length, struct larder_arena *arena, const struct wanted *wanted, size_t count, struct larder_error *error)
{
	struct reading reading = { arena, wanted, count };
	return aws_xml_read (text, length, NULL, on_end, &reading, error);
}

static int
damaged (struct larder_error *error)
{
	return larder_fail_next (error, LARDER_E_INTEGRITY, "look whether something else than STS answers at that endpoint", "the reply has not all that it must have");
}

int
aws_sts_grant_read (const char *text, size_t length, struct larder_arena *arena, struct aws_grant *ret, struct larder_error *error)
{
	struct aws_grant grant = { .expires = AWS_NEVER };
	const char *expires = NULL;
	const struct wanted wanted[] = {
		{ "Credentials", "AccessKeyId", &grant.access_key }, { "Credentials", "SecretAccessKey", &grant.secret_key },
		{ "Credentials", "SessionToken", &grant.session_token }, { "Credentials", "Expiration", &expires },
	};
	int code = read_texts (text, length, arena, wanted, sizeof wanted / sizeof *wanted, error);
	if (code < 0)
		return code;
	bool whole = grant.access_key && grant.secret_key && grant.session_token && expires && text_time (expires, &grant.expires) == 0;
	if (!whole || !aws_is_clean (grant.access_key) || !aws_is_clean (grant.secret_key) || !aws_is_clean (grant.session_token))
		return damaged (error);
	*ret = grant;
	return 0;
}

int
aws_sts_who_read (const char *text, size_t length, struct larder_arena *arena, struct aws_who *ret, struct larder_error *error)
{
	struct aws_who who = { .account = NULL };
	const struct wanted wanted[] = {
		{ "GetCallerIdentityResult", "Account", &who.account }, { "GetCallerIdentityResult", "Arn", &who.arn },
		{ "GetCallerIdentityResult", "UserId", &who.user },
	};
	int code = read_texts (text, length, arena, wanted, sizeof wanted / sizeof *wanted, error);
	if (code < 0)
		return code;
	if (!who.account || !who.arn)
		return damaged (error);
	*ret = who;
	return 0;
}
