/* policy.c: who may mount it: statements of ours in a file system's policy, among others that are told and stay. Pure.
 *
 * Without a policy everybody who reaches a mount target may mount. With one only whom it allows: so ours allow that again, and deny what is not
 * over TLS, or not through the access point. */
#include "wire.h"

#include <string.h>

#include "alike.h"
#include "arena.h"
#include "error.h"

#define SID "larder-"
#define OTHERS "policy.statement"

static bool
is_ours (const json_t *statement)
{
	static const char *const sids[] = { SID "mount", SID "tls", SID "access-point" };
	for (size_t n = 0; n < sizeof sids / sizeof *sids; n++)
		if (strcmp (json_text (statement, "Sid"), sids[n]) == 0)
			return true;
	return false;
}

static json_t *
statement_of (const json_t *policy, const char *sid)
{
	json_t *one;
	size_t n;
	json_array_foreach (json_object_get (policy, "Statement"), n, one)
		if (strcmp (json_text (one, "Sid"), sid) == 0)
			return one;
	return NULL;
}

static json_t *
mount_statement (const char *arn)
{
	return json_pack ("{s:s, s:s, s:{s:s}, s:[s, s, s], s:s, s:{s:{s:s}}}", "Sid", SID "mount", "Effect", "Allow", "Principal", "AWS", "*",
		"Action", "elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite", "elasticfilesystem:ClientRootAccess", "Resource", arn,
		"Condition", "Bool", "elasticfilesystem:AccessedViaMountTarget", "true");
}

static json_t *
tls_statement (const char *arn)
{
	return json_pack ("{s:s, s:s, s:{s:s}, s:s, s:s, s:{s:{s:s}}}", "Sid", SID "tls", "Effect", "Deny", "Principal", "AWS", "*", "Action", "*", "Resource", arn,
		"Condition", "Bool", "aws:SecureTransport", "false");
}

/* The access point that the sections name, or NULL: one of ours, so that those of others, which stay, are no others; nor is ours of a folder that was named before. */
static const char *
point_arn (const struct share *share, const struct lines *desired)
{
	const json_t *point;
	size_t n;
	json_array_foreach (share->points, n, point) {
		const char *root = point_root (point);
		if (share->through && strcmp (root, share->through) == 0 && point_is_ours (point, share->token) && lines_in (desired, "access-point", root, ".owner") && point_fits (point, desired))
			return json_text (point, "AccessPointArn");
	}
	return NULL;
}

static json_t *
point_statement (const char *arn, const char *point)
{
	return point ? json_pack ("{s:s, s:s, s:{s:s}, s:[s, s, s], s:s, s:{s:{s:s}}}", "Sid", SID "access-point", "Effect", "Deny", "Principal", "AWS", "*",
		"Action", "elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite", "elasticfilesystem:ClientRootAccess", "Resource", arn,
		"Condition", "StringNotEquals", "elasticfilesystem:AccessPointArn", point) : NULL;
}

static bool
is_said (const struct share *share, json_t *ours)
{
	json_t *there = ours ? statement_of (share->policy, json_text (ours, "Sid")) : NULL;
	bool same = there && aws_policy_alike (there, ours);
	json_decref (ours);
	return same;
}

const char *
policy_tells (const struct share *share, const char *what, const struct lines *desired)
{
	const char *arn = json_text (share->system, "FileSystemArn");
	bool tls = *what == 't';
	if (!statement_of (share->policy, tls ? SID "tls" : SID "access-point"))
		return NULL;
	bool same = is_said (share, tls ? tls_statement (arn) : point_statement (arn, point_arn (share, desired)));
	return same && is_said (share, mount_statement (arn)) ? "yes" : "otherwise";
}

void
policy_tell_others (const struct share *share, struct lines *ret)
{
	const json_t *all = json_object_get (share->policy, "Statement");
	json_t *one;
	size_t n;
	json_array_foreach (all, n, one) {
		const char *member = is_ours (one) ? "" : aws_policy_member (all, n, ret->arena), *says = aws_policy_says (one, ret->arena);
		ret->failed |= !member || !says;
		if (member && *member)
			lines_add_in (ret, OTHERS, member, "", says);
	}
}

static bool
is_wanted (const struct lines *desired, const char *path)
{
	const char *value = lines_value (desired, path);
	return value && strcmp (value, "yes") == 0;
}

/* What no section says any more, and is told as otherwise, stays so. */
static bool
is_left (const struct lines *desired, const char *path)
{
	return lines_value (desired, path) && !is_wanted (desired, path);
}

/* Ours are written anew; of others those go that nobody wants any more, and were seen as they are. */
static bool
goes (const struct share *share, const json_t *all, size_t n, const struct lines *desired)
{
	json_t *one = json_array_get (all, n);
	const char *sid = json_text (one, "Sid");
	if ((strcmp (sid, SID "tls") == 0 && is_left (desired, "policy.tls")) || (strcmp (sid, SID "access-point") == 0 && is_left (desired, "policy.access-point")))
		return false;
	const char *member = is_ours (one) ? NULL : aws_policy_member (all, n, desired->arena);
	const char *told = member && share->told ? lines_in (share->told, OTHERS, member, "") : NULL;
	const char *says = told && !lines_in (desired, OTHERS, member, "") ? aws_policy_says (one, desired->arena) : NULL;
	return is_ours (one) || (says && strcmp (says, told) == 0);
}

void
policy_add (json_t *statements, const char *arn, bool tls, const char *point)
{
	if (!tls && !point)
		return;
	json_array_append_new (statements, mount_statement (arn));
	if (tls)
		json_array_append_new (statements, tls_statement (arn));
	if (point)
		json_array_append_new (statements, point_statement (arn, point));
}

json_t *
policy_wanted (const struct share *share, const struct lines *desired, struct larder_error *error)
{
	const char *arn = json_text (share->system, "FileSystemArn"), *point = point_arn (share, desired);
	const bool tls = is_wanted (desired, "policy.tls"), by_point = is_wanted (desired, "policy.access-point");
	json_t *policy = share->policy ? json_deep_copy (share->policy) : json_pack ("{s:s, s:[]}", "Version", "2012-10-17", "Statement");
	json_t *all = json_object_get (policy, "Statement");
	if (by_point && !point) {
		json_decref (policy);
		larder_fail_next (error, LARDER_E_INVALID, "access-point = FOLDER, and owner", "a policy that allows the access point alone needs one");
		return NULL;
	}
	for (size_t n = json_array_size (all); n-- > 0;)
		if (goes (share, all, n, desired))
			json_array_remove (all, n);
	policy_add (all, arn, tls, by_point ? point : NULL);
	if (!policy)
		larder_fail_memory (error);
	return policy;
}
