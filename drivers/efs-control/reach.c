/* reach.c: how a file system is reached: a security group, and a mount target in each subnet behind it. */
#include "control.h"

#include <string.h>

#include "arena.h"
#include "error.h"

/* ---- the group ---- */

static int
make_group (struct work *work, const char *name, struct larder_error *error)
{
	if (!work->share.vpc)
		return larder_fail_next (error, LARDER_E_INVALID, "vpc = …, or subnets", "the security group '%s' is to be in no VPC", name);
	const struct larder_pair pairs[] = {
		{ "GroupName", name }, { "VpcId", work->share.vpc }, { "GroupDescription", arena_printf (work->arena, GROUP_IS_FOR "%s", work->share.token) },
		{ "TagSpecification.1.ResourceType", "security-group" }, { "TagSpecification.1.Tag.1.Key", TAG }, { "TagSpecification.1.Tag.1.Value", work->share.token },
	};
	int code = network_ask (work, "CreateSecurityGroup", pairs, sizeof pairs / sizeof *pairs, "InvalidGroup.Duplicate", NULL, error);
	return code < 0 ? code : network_groups (work, error);
}

static int
set_rule (struct work *work, const json_t *group, const json_t *rule, bool out, bool allow, struct larder_error *error)
{
	static const char *const actions[2][2] = { { "RevokeSecurityGroupIngress", "AuthorizeSecurityGroupIngress" }, { "RevokeSecurityGroupEgress", "AuthorizeSecurityGroupEgress" } };
	struct larder_pair pairs[8];
	size_t count = rules_pairs (work->arena, json_text (group, "groupId"), rule, pairs);
	int code = network_ask (work, actions[out][allow], pairs, count, allow ? "InvalidPermission.Duplicate" : "InvalidPermission.NotFound", NULL, error);
	return code < 0 ? code : 0;
}

/* What a rule's peer is asked to have: NULL: nothing. */
static const char *
wanted_of (const struct work *work, const json_t *rule)
{
	return lines_in (&work->desired, "security-group.from", share_as_asked (&work->share, json_text (rule, "peer")), "");
}

static int
set_ingress (struct work *work, const json_t *group, struct larder_error *error)
{
	const json_t *rules = json_object_get (group, "in"), *rule;
	const char *below, *asked;
	size_t n, m;
	int code = 0;
	json_array_foreach (rules, n, rule)
		if (code == 0 && !rules_has (wanted_of (work, rule), json_text (rule, "text")))
			code = set_rule (work, group, rule, false, false, error);
	for (m = 0; code == 0 && m < work->desired.count; m++) {
		if (!(asked = path_member_of (work->arena, work->desired.at[m].path, "security-group.from", &below)) || !rules_has (work->desired.at[m].value, "tcp 2049"))
			continue;
		CLEANUP_JSON json_t *want = json_pack ("{s:s, s:i, s:s, s:s, s:s}", "peer", share_id (&work->share, asked), "kind", 0, "protocol", "tcp", "from", "2049", "to", "2049");
		bool there = false;
		json_array_foreach (rules, n, rule)
			there = there || (strcmp (json_text (rule, "peer"), json_text (want, "peer")) == 0 && strcmp (json_text (rule, "text"), "tcp 2049") == 0);
		if (!there)
			code = set_rule (work, group, want, false, true, error);
	}
	return code;
}

static int
set_egress (struct work *work, const json_t *group, struct larder_error *error)
{
	const char *wanted = lines_value (&work->desired, "security-group.egress");
	const json_t *rules = json_object_get (group, "out"), *rule;
	size_t n;
	int code = 0;
	if (!wanted || strcmp (rules_egress (rules), wanted) == 0)
		return 0;
	if (strcmp (wanted, "open") == 0) {
		CLEANUP_JSON json_t *all = json_pack ("{s:s, s:i, s:s}", "peer", "0.0.0.0/0", "kind", 1, "protocol", "-1");
		return set_rule (work, group, all, true, true, error);
	}
	if (strcmp (wanted, "none") != 0)
		return larder_fail_next (error, LARDER_E_INVALID, "open, or none", "'%s' is no egress", wanted);
	json_array_foreach (rules, n, rule)
		if (code == 0)
			code = set_rule (work, group, rule, true, false, error);
	return code;
}

int
reach_remove_group (struct work *work, const json_t *group, struct larder_error *error)
{
	const struct larder_pair pair = { "GroupId", json_text (group, "groupId") };
	struct larder_error why = LARDER_ERROR_INIT;
	int code = network_ask (work, "DeleteSecurityGroup", &pair, 1, "InvalidGroup.NotFound", NULL, &why);
	if (code < 0 && strcmp (why.provider, "DependencyViolation") == 0)
		return larder_fail_next (error, LARDER_E_CONFLICT, "take it from what else uses it; then the same command goes on", "security group '%s' (%s) is still in use", json_text (group, "groupName"),
			json_text (group, "groupId"));
	if (code < 0 && error)
		larder_give (error, &why);
	return code < 0 ? code : 0;
}

/* ---- mount targets ---- */

static const json_t *
target_in (const struct work *work, const char *subnet)
{
	const json_t *target;
	size_t n;
	json_array_foreach (work->share.targets, n, target)
		if (strcmp (json_text (target, "SubnetId"), subnet) == 0)
			return target;
	return NULL;
}

static bool
is_behind (const json_t *target, const char *group)
{
	const json_t *groups = json_object_get (target, "SecurityGroups"), *first = json_array_get (groups, 0);
	return json_array_size (groups) == 1 && strcmp (json_string_value (first), group) == 0;
}

static int
set_target (struct work *work, const char *subnet, const json_t *group, struct larder_error *error)
{
	const json_t *target = target_in (work, subnet);
	const char *id = json_text (group, "groupId");
	if (target && (!group || is_behind (target, id)))
		return 0;
	if (target)
		return files_ask (work, "PUT", arena_printf (work->arena, "mount-targets/%s/security-groups", json_text (target, "MountTargetId")), json_pack ("{s:[s]}", "SecurityGroups", id),
			NULL, NULL, error);
	json_t *body = json_pack ("{s:s, s:s}", "FileSystemId", json_text (work->share.system, "FileSystemId"), "SubnetId", subnet);
	if (group)
		json_object_set_new (body, "SecurityGroups", json_pack ("[s]", id));
	int code = files_ask (work, "POST", "mount-targets", body, "MountTargetConflict", NULL, error);
	return code < 0 ? code : 0;
}

/* Of a subnet that is wanted no more. In another VPC it must be gone before the first of the new one comes. */
static int
drop_targets (struct work *work, bool *ret_dropped, struct larder_error *error)
{
	const json_t *target;
	size_t n;
	int code = 0;
	*ret_dropped = false;
	json_array_foreach (work->share.targets, n, target) {
		const char *asked = share_as_asked (&work->share, json_text (target, "SubnetId"));
		if (code < 0 || lines_in (&work->desired, "target", asked, ""))
			continue;
		*ret_dropped = true;
		code = files_ask (work, "DELETE", arena_printf (work->arena, "mount-targets/%s", json_text (target, "MountTargetId")), NULL, "MountTargetNotFound", NULL, error);
	}
	return code < 0 ? code : 0;
}

/* 1: some are going first. */
static int
set_targets (struct work *work, const json_t *group, struct larder_error *error)
{
	const char *below, *asked;
	bool dropped;
	int code = drop_targets (work, &dropped, error);
	for (size_t n = 0; code == 0 && !dropped && n < work->desired.count; n++)
		if ((asked = path_member_of (work->arena, work->desired.at[n].path, "target", &below)))
			code = set_target (work, share_id (&work->share, asked), group, error);
	return code == 0 ? dropped : code;
}

/* Those of ours by another name, once nothing is behind them. */
static int
drop_groups (struct work *work, const json_t *meant, struct larder_error *error)
{
	const json_t *group;
	size_t n;
	int code = 0;
	json_array_foreach (work->share.groups, n, group)
		if (code == 0 && group != meant && json_is_true (json_object_get (group, "ours")))
			code = reach_remove_group (work, group, error);
	return code;
}

int
reach_set (struct work *work, struct larder_error *error)
{
	const char *name = lines_value (&work->desired, "security-group.name");
	const json_t *group = name ? group_meant (&work->share, &work->desired) : NULL;
	int code = 0;
	if (name && !group_is_wanted (&work->share, group, &work->desired)) {
		code = make_group (work, name, error);
		group = code < 0 ? NULL : group_meant (&work->share, &work->desired);
	}
	if (code == 0 && group)
		code = set_ingress (work, group, error);
	if (code == 0 && group)
		code = set_egress (work, group, error);
	if (code == 0)
		code = set_targets (work, group, error);
	if (code == 0 && group)
		code = drop_groups (work, group, error);
	return code < 0 ? code : 0;
}
