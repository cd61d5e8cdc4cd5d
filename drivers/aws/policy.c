/* policy.c: policies of IAM, as `policy` of a driver writes them: statements, each known by its Sid. */
#define LARDER_API_VERSION LARDER_API_CURRENT
#include <larder/driver.h>

#include "policy.h"

#include <ctype.h>
#include <jansson.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "buffer.h"
#include "error.h"
#include "inner.h"

/* A managed policy may have so many characters, blanks not counted. */
#define POLICY_MOST 6144

struct aws_policy { json_t *statements, *last; };

void
aws_policy_allow (struct aws_policy *policy, const char *sid, const char *region, const char *const *actions)
{
	CLEANUP_BUFFER struct buffer name;
	json_t *list = json_array ();
	buffer_init (&name, 1000);
	buffer_add_text (&name, sid);
	for (; region && *region; region++)
		if (isalnum ((unsigned char) *region))
			buffer_add_char (&name, *region);
	for (; *actions; actions++)
		json_array_append_new (list, json_string (*actions));
	policy->last = json_pack ("{s:s, s:s, s:o, s:[]}", "Sid", buffer_text (&name), "Effect", "Allow", "Action", list, "Resource");
	json_array_append_new (policy->statements, policy->last);
}

void
aws_policy_on (struct aws_policy *policy, const char *format, ...)
{
	va_list arguments;
	va_start (arguments, format);
	json_array_append_new (json_object_get (policy->last, "Resource"), json_vsprintf (format, arguments));
	va_end (arguments);
}

void
aws_policy_when (struct aws_policy *policy, const char *test, const char *key, const char *value)
{
	json_t *condition = json_object_get (policy->last, "Condition"), *of_test;
	if (!condition)
		json_object_set_new (policy->last, "Condition", condition = json_object ());
	if (!(of_test = json_object_get (condition, test)))
		json_object_set_new (condition, test, of_test = json_object ());
	json_object_set_new (of_test, key, json_string (value));
}

/* ---- one resource ---- */

static int
put (const struct aws_policy *policy, const struct larder_sink *sink, struct larder_error *error)
{
	if (json_array_size (policy->statements) == 0)
		return 0;
	json_t *document = json_pack ("{s:s, s:O}", "Version", "2012-10-17", "Statement", policy->statements);
	char *text = document ? json_dumps (document, JSON_COMPACT) : NULL;
	int code = text ? sink->write (sink->context, text, strlen (text), error) : larder_fail_memory (error);
	free (text);
	json_decref (document);
	return code;
}

/* A core of before told none. */
static bool
has_facts (const struct larder_policy *request)
{
	return request->size >= offsetof (struct larder_policy, facts) + sizeof request->facts && request->facts;
}

int
aws_policy_write (const struct larder_policy *request, const char *region, aws_allow_fn allow, const void *driver, const struct larder_sink *sink, uint64_t *ret_most,
                  struct larder_error *error)
{
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	struct aws_policy policy = { .statements = json_array () };
	struct aws_asked asked = { .request = request, .policy = &policy, .region = region ? region : "*", .partition = aws_partition (region) };
	*ret_most = POLICY_MOST;
	lines_begin (&asked.desired, arena);
	lines_begin (&asked.facts, arena);
	int code = arena && policy.statements ? lines_take (&asked.desired, request->desired, error) : larder_fail_memory (error);
	if (code == 0 && has_facts (request))
		code = lines_take (&asked.facts, request->facts, error);
	if (code == 0)
		code = allow (&asked, driver, error);
	if (code == 0)
		code = put (&policy, sink, error);
	json_decref (policy.statements);
	return code;
}

/* ---- roles that a service takes ---- */

void
aws_policy_pass (struct aws_policy *policy, const char *arn, const char *service)
{
	static const char *const passes[] = { "iam:PassRole", NULL };
	char sid[64];
	snprintf (sid, sizeof sid, "IamPassTo%.*s", (int) strcspn (service, "."), service);
	aws_policy_allow (policy, sid, NULL, passes);
	aws_policy_on (policy, "%s", arn);
	aws_policy_when (policy, "StringEquals", "iam:PassedToService", service);
}

void
aws_policy_role (struct aws_policy *policy, const char *name, const char *service)
{
	static const char *const keeps[] = {
		"iam:CreateRole", "iam:DeleteRole", "iam:DeleteRolePolicy", "iam:DetachRolePolicy", "iam:GetRole", "iam:GetRolePolicy", "iam:ListAttachedRolePolicies", "iam:ListRolePolicies",
		"iam:PutRolePolicy", "iam:TagRole", "iam:UpdateAssumeRolePolicy", NULL
	};
	aws_policy_allow (policy, "IamRoles", NULL, keeps);
	aws_policy_on (policy, "arn:aws:iam::*:role/%s", name);
	CLEANUP_BUFFER struct buffer arn;
	buffer_init (&arn, 200);
	buffer_printf (&arn, "arn:aws:iam::*:role/%s", name);
	aws_policy_pass (policy, buffer_text (&arn), service);
}

/* ---- keys ---- */

const char *
aws_key_resource (const struct aws_key *key, struct buffer *into)
{
	const char *alias = strstr (key->name, "alias/");
	if (strncmp (key->name, "arn:", 4) == 0 && !alias)
		buffer_add_text (into, key->name);
	else
		buffer_printf (into, "arn:%s:kms:%s:*:key/%s", aws_partition (key->region), key->region, alias ? "*" : key->name);
	return alias;
}

void
aws_policy_key (struct aws_policy *policy, const char *what, const char *const *actions, const struct aws_key *key)
{
	CLEANUP_BUFFER struct buffer sid, via, resource;
	buffer_init (&sid, 1000);
	buffer_init (&via, 200);
	buffer_init (&resource, 4000);
	const char *alias = aws_key_resource (key, &resource);
	buffer_add_text (&sid, what);
	aws_policy_word (&sid, alias ? alias + strlen ("alias/") : "");
	aws_policy_allow (policy, buffer_text (&sid), key->region, actions);
	aws_policy_on (policy, "%s", buffer_text (&resource));
	buffer_printf (&via, "%s.%s.amazonaws.com", key->via ? key->via : "", key->region);
	if (key->via)
		aws_policy_when (policy, "StringEquals", "kms:ViaService", buffer_text (&via));
	if (alias)
		aws_policy_when (policy, "ForAnyValue:StringEquals", "kms:ResourceAliases", alias);
}

/* ---- Sids ---- */

void
aws_policy_word (struct buffer *sid, const char *text)
{
	for (; *text; text++)
		if (isalnum ((unsigned char) *text) && *text != 'Z')
			buffer_add_char (sid, *text);
		else
			buffer_printf (sid, "Z%02x", (unsigned char) *text);
}
