/* role.c: a role of IAM that is made and kept here: who may take it, and one policy with its rights, and no other. Known by its name, ours by its tag. */
#include "inner.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "alike.h"
#include "arena.h"
#include "buffer.h"
#include "checksum.h"
#include "error.h"
#include "text.h"

#define VERSION "2010-05-08"
#define POLICY AWS_ROLE_POLICY

/* One request of the query protocol; pairs are name, value, …, ended by NULL. 0, 1: refused with the forgiven word, or a code. */
static int
ask (struct aws_client *client, struct larder_call *call, struct larder_arena *arena, const char *action, const char *const *pairs, const char *forgiven, struct aws_reply *ret,
     struct larder_error *error)
{
	struct aws_request request;
	struct aws_form form;
	char what[120];
	aws_form_begin (&form, &request, arena, action, VERSION);
	for (; *pairs; pairs += 2)
		aws_form_add (&form, pairs[0], pairs[1]);
	aws_form_end (&form);
	snprintf (what, sizeof what, "IAM refuses %.80s", action);
	const struct aws_send send = { .arena = arena, .request = &request, .what = what, .plain_errors = true };
	return aws_exchange (client, call, &send, forgiven, ret, error);
}

/* ---- what is there ---- */

struct found { struct larder_arena *arena; const char *arn, *trust, *rights, *key, *owner; struct others { const char *policy; bool attached; struct others *next; } *others; };

/* A policy that is not the one with its rights; names are its own, ARNs are attached to it. */
static int
add_other (struct found *found, const char *policy, bool attached, struct larder_error *error)
{
	struct others *one = arena_alloc (found->arena, sizeof *one);
	if (!one)
		return larder_fail_memory (error);
	*one = (struct others) { policy, attached, found->others };
	found->others = one;
	return 0;
}

/* Tags come as pairs, the name first. */
static int
on_end (void *context, const char *path, const char *text, struct larder_error *error)
{
	struct found *found = context;
	char *copy = arena_copy (found->arena, text);
	if (!copy)
		return larder_fail_memory (error);
	if (text_ends (path, "/Role/Arn"))
		found->arn = copy;
	else if (text_ends (path, "/AssumeRolePolicyDocument") && text_from_percent (copy))
		found->trust = copy;
	else if (text_ends (path, "/PolicyDocument") && text_from_percent (copy))
		found->rights = copy;
	else if (text_ends (path, "/PolicyArn"))
		return add_other (found, copy, true, error);
	else if (text_ends (path, "/PolicyNames/member") && strcmp (copy, POLICY) != 0)
		return add_other (found, copy, false, error);
	else if (text_ends (path, "/member/Key"))
		found->key = copy;
	else if (text_ends (path, "/member/Value") && found->key && strcmp (found->key, AWS_ROLE_TAG) == 0)
		found->owner = copy;
	return 0;
}

static bool
same (const char *is, const char *wanted)
{
	json_t *left = is ? json_loads (is, 0, NULL) : NULL, *right = json_loads (wanted, 0, NULL);
	bool equal = left && right && aws_policy_alike (left, right);
	json_decref (left);
	json_decref (right);
	return equal;
}

const char *
aws_role_trust (const struct aws_made_role *role, struct larder_arena *arena)
{
	return arena_printf (arena, "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"Service\":\"%s\"},\"Action\":\"sts:AssumeRole\"}]}", role->service);
}

/* Rights that somebody gave it beside ours. A first page is enough: whoever takes those away looks again. */
static int
look_for_others (struct aws_client *client, struct larder_call *call, struct larder_arena *arena, const struct aws_made_role *role, struct found *found, struct larder_error *error)
{
	static const char *const lists[] = { "ListRolePolicies", "ListAttachedRolePolicies" };
	struct aws_reply reply = { 0 };
	int code = 0;
	for (size_t n = 0; code == 0 && n < sizeof lists / sizeof *lists; n++) {
		code = ask (client, call, arena, lists[n], (const char *const[]) { "RoleName", role->name, NULL }, NULL, &reply, error);
		if (code == 0)
			code = aws_xml_read (reply.body, reply.length, NULL, on_end, found, error);
	}
	return code;
}

/* 1, 0: there is none, or a code: CONFLICT when it is somebody's. */
static int
look (struct aws_client *client, struct larder_call *call, struct larder_arena *arena, const struct aws_made_role *role, struct found *ret, struct larder_error *error)
{
	struct aws_reply reply = { 0 };
	*ret = (struct found) { .arena = arena };
	int code = ask (client, call, arena, "GetRole", (const char *const[]) { "RoleName", role->name, NULL }, "NoSuchEntity", &reply, error);
	if (code != 0)
		return code < 0 ? code : 0;
	code = aws_xml_read (reply.body, reply.length, NULL, on_end, ret, error);
	if (code == 0 && !ret->arn)
		code = larder_fail (error, LARDER_E_INTEGRITY, "the reply tells of no role");
	if (code == 0 && (!ret->owner || strcmp (ret->owner, role->id) != 0))
		code = larder_fail_next (error, LARDER_E_CONFLICT, "role = ARN takes it as it is", "the role '%s' is there already, and is not ours", role->name);
	if (code < 0)
		return code;
	code = ask (client, call, arena, "GetRolePolicy", (const char *const[]) { "RoleName", role->name, "PolicyName", POLICY, NULL }, "NoSuchEntity", &reply, error);
	if (code == 0)
		code = aws_xml_read (reply.body, reply.length, NULL, on_end, ret, error);
	code = code < 0 ? code : look_for_others (client, call, arena, role, ret, error);
	return code < 0 ? code : 1;
}

int
aws_role_find (struct aws_client *client, struct larder_call *call, struct larder_arena *arena, const struct aws_made_role *role, const char **ret_arn, bool *ret_right, struct larder_error *error)
{
	struct found found;
	const char *trust = aws_role_trust (role, arena);
	int code = trust ? look (client, call, arena, role, &found, error) : larder_fail_memory (error);
	if (code > 0) {
		*ret_arn = found.arn;
		*ret_right = same (found.trust, trust) && same (found.rights, role->rights) && !found.others;
	}
	return code;
}

/* ---- making it so ---- */

static int
drop_others (struct aws_client *client, struct larder_call *call, struct larder_arena *arena, const struct aws_made_role *role, const struct found *found, struct larder_error *error)
{
	struct aws_reply reply = { 0 };
	int code = 0;
	for (const struct others *one = found->others; code >= 0 && one; one = one->next)
		code = ask (client, call, arena, one->attached ? "DetachRolePolicy" : "DeleteRolePolicy",
			(const char *const[]) { "RoleName", role->name, one->attached ? "PolicyArn" : "PolicyName", one->policy, NULL }, "NoSuchEntity", &reply, error);
	return code < 0 ? code : 0;
}

int
aws_role_set (struct aws_client *client, struct larder_call *call, struct larder_arena *arena, const struct aws_made_role *role, const char **ret_arn, struct larder_error *error)
{
	struct found found;
	struct aws_reply reply = { 0 };
	const char *trust = aws_role_trust (role, arena);
	int code = trust ? look (client, call, arena, role, &found, error) : larder_fail_memory (error);
	if (code == 0) {
		const char *const pairs[] = { "RoleName", role->name, "AssumeRolePolicyDocument", trust, "Tags.member.1.Key", AWS_ROLE_TAG, "Tags.member.1.Value", role->id, NULL };
		code = ask (client, call, arena, "CreateRole", pairs, "EntityAlreadyExists", &reply, error);
		if (code >= 0)
			code = look (client, call, arena, role, &found, error);
		if (code == 0)
			code = larder_fail (error, LARDER_E_RETRY, "the role '%s' is not there yet", role->name);
	}
	if (code > 0 && !same (found.trust, trust))
		code = ask (client, call, arena, "UpdateAssumeRolePolicy", (const char *const[]) { "RoleName", role->name, "PolicyDocument", trust, NULL }, NULL, &reply, error);
	if (code >= 0 && !same (found.rights, role->rights))
		code = ask (client, call, arena, "PutRolePolicy", (const char *const[]) { "RoleName", role->name, "PolicyName", POLICY, "PolicyDocument", role->rights, NULL }, NULL, &reply, error);
	if (code >= 0)
		code = drop_others (client, call, arena, role, &found, error);
	if (code >= 0)
		*ret_arn = found.arn;
	return code < 0 ? code : 0;
}

int
aws_role_remove (struct aws_client *client, struct larder_call *call, struct larder_arena *arena, const struct aws_made_role *role, struct larder_error *error)
{
	struct found found;
	struct aws_reply reply = { 0 };
	int code = look (client, call, arena, role, &found, error);
	if (code <= 0)
		return code;
	code = drop_others (client, call, arena, role, &found, error);
	if (code == 0)
		code = ask (client, call, arena, "DeleteRolePolicy", (const char *const[]) { "RoleName", role->name, "PolicyName", POLICY, NULL }, "NoSuchEntity", &reply, error);
	if (code >= 0)
		code = ask (client, call, arena, "DeleteRole", (const char *const[]) { "RoleName", role->name, NULL }, "NoSuchEntity", &reply, error);
	return code < 0 ? code : 0;
}

/* ---- its name ---- */

enum { NAME_MOST = 64, NAME_DIGEST = 12 };

/* One that IAM would find too long ends with a digest of the id instead, so that it is the same each time and no other's; by its tag it is known to be ours. */
int
aws_role_name (const char *kind, const char *id, struct larder_arena *arena, const char **ret, struct larder_error *error)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+=,.@_-";
	char digest[65], *name = arena_printf (arena, "larder-%s-%s", kind, id);
	if (name && strspn (name, letters) != strlen (name))
		return larder_fail_next (error, LARDER_E_INVALID, "role = ARN, or a plain name", "'%s' cannot be the name of a role", name);
	if (name && strlen (name) > NAME_MOST) {
		sha256_hex (id, strlen (id), digest);
		name = arena_printf (arena, "%.*s-%.*s", NAME_MOST - 1 - NAME_DIGEST, name, NAME_DIGEST, digest);
	}
	*ret = name;
	return name ? 0 : larder_fail_memory (error);
}
