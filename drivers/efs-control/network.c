/* network.c: what the sections name of a network, by id or by tag, and the security groups. */
#include "control.h"

#include <stdio.h>
#include <string.h>

#include "arena.h"
#include "error.h"

static const struct kind { const char *word, *action, *set, *id, *filter, *head; } kinds[] = {
	{ "VPC", "DescribeVpcs", "vpcSet", "vpcId", "vpc-id", "vpc-" },
	{ "subnet", "DescribeSubnets", "subnetSet", "subnetId", "subnet-id", "subnet-" },
	{ "security group", "DescribeSecurityGroups", "securityGroupInfo", "groupId", "group-id", "sg-" },
	{ "interface", "DescribeNetworkInterfaces", "networkInterfaceSet", "networkInterfaceId", "network-interface-id", "eni-" },
};
enum { VPC, SUBNET, GROUP, INTERFACE };

/* Filters are name, value, name, value …, ended by NULL. */
static int
describe (struct work *work, const struct kind *kind, const char *const *filters, json_t **ret, struct larder_error *error)
{
	struct larder_pair pairs[9];
	size_t count = 0;
	for (unsigned n = 1; *filters; n++, filters += 2) {
		pairs[count++] = (struct larder_pair) { arena_printf (work->arena, "Filter.%u.Name", n), filters[0] };
		pairs[count++] = (struct larder_pair) { arena_printf (work->arena, "Filter.%u.Value.1", n), filters[1] };
	}
	json_t *all = json_array ();
	const char *token = NULL;
	int code = all ? 0 : larder_fail_memory (error);
	do {
		CLEANUP_JSON json_t *page = NULL;
		if (token)
			pairs[count] = (struct larder_pair) { "NextToken", token };
		if (code == 0)
			code = network_ask (work, kind->action, pairs, count + (token != NULL), NULL, &page, error);
		json_array_extend (all, json_object_get (page, kind->set));
		token = *json_text (page, "nextToken") ? arena_copy (work->arena, json_text (page, "nextToken")) : NULL;
	} while (code == 0 && token);
	if (code < 0)
		json_decref (all);
	else
		*ret = all;
	return code;
}

/* ---- looking up ---- */

static int
ambiguous (const struct kind *kind, const char *asked, const json_t *all, struct larder_arena *arena, struct larder_error *error)
{
	const char *list = "";
	const json_t *one;
	size_t n;
	json_array_foreach (all, n, one)
		list = arena_printf (arena, "%s%s%s", list ? list : "", n ? ", " : "", json_text (one, kind->id));
	return larder_fail_next (error, LARDER_E_CONFLICT, "name the one that is meant by its id", "'%s' is the tag of more than one %s: %s", asked, kind->word, list ? list : "");
}

/* The one that is asked for, in the list that is given back, and its id among the names. */
static int
look_up (struct work *work, const struct kind *kind, const char *asked, json_t **ret, struct larder_error *error)
{
	const char *tag = strncmp (asked, "tag:", 4) == 0 ? asked : NULL, *equals = tag ? strchr (tag, '=') : NULL;
	const char *filters[5] = { kind->filter, asked };
	bool by_id = strncmp (asked, kind->head, strlen (kind->head)) == 0;
	char next[100];
	snprintf (next, sizeof next, "%s…, or tag:NAME=VALUE of it", kind->head);
	if (!by_id && !equals)
		return larder_fail_next (error, LARDER_E_INVALID, next, "'%s' names no %s", asked, kind->word);
	if (equals) {
		filters[0] = arena_printf (work->arena, "%.*s", (int) (equals - tag), tag);
		filters[1] = equals + 1;
	}
	if (equals && kind != &kinds[VPC] && work->share.vpc)
		filters[2] = "vpc-id", filters[3] = work->share.vpc;
	int code = filters[0] ? describe (work, kind, filters, ret, error) : larder_fail_memory (error);
	if (code < 0)
		return code;
	if (json_array_size (*ret) > 1)
		return ambiguous (kind, asked, *ret, work->arena, error);
	if (json_array_size (*ret) == 0)
		return larder_fail_next (error, LARDER_E_NOTFOUND, "correct it in the profile, or make it: networks are not made here", "there is no %s '%s'", kind->word, asked);
	json_object_set (work->share.names, asked, json_object_get (json_array_get (*ret, 0), kind->id));
	return 0;
}

/* EFS takes one mount target a zone, in one VPC. */
static int
check_subnet (struct work *work, const char *asked, const json_t *subnet, struct larder_error *error)
{
	json_t *zones = work->share.zones;
	const char *zone = json_text (subnet, "availabilityZone"), *vpc = json_text (subnet, "vpcId"), *other = json_text (zones, zone);
	if (*other)
		return larder_fail_next (error, LARDER_E_INVALID, "one subnet of each zone", "subnets '%s' and '%s' are both in zone %s, which takes one mount target", other, asked, zone);
	if (work->share.vpc && strcmp (work->share.vpc, vpc) != 0)
		return larder_fail_next (error, LARDER_E_INVALID, "subnets of one VPC", "subnet '%s' is in %s and not in %s", asked, vpc, work->share.vpc);
	json_object_set_new (zones, zone, json_string (asked));
	work->share.vpc = arena_copy (work->arena, vpc);
	return work->share.vpc ? 0 : larder_fail_memory (error);
}

/* Two words for one group would be one rule at the service, which is told as one of them. */
static int
check_group (struct work *work, const char *asked, const json_t *group, struct larder_error *error)
{
	const char *id = json_text (group, "groupId"), *other;
	json_t *its;
	json_object_foreach (work->share.names, other, its)
		if (strcmp (other, asked) != 0 && strcmp (json_string_value (its), id) == 0)
			return larder_fail_next (error, LARDER_E_INVALID, "name it once", "'%s' and '%s' are both security group %s", asked, other, id);
	return 0;
}

static int
look_up_all (struct work *work, const struct kind *kind, const char *set, struct larder_error *error)
{
	const char *below, *asked;
	int code = 0;
	for (size_t n = 0; code == 0 && n < work->desired.count; n++) {
		CLEANUP_JSON json_t *found = NULL;
		if (!(asked = path_member_of (work->arena, work->desired.at[n].path, set, &below)))
			continue;
		if (kind == &kinds[GROUP] && work->resource->observed && strncmp (asked, "tag:", 4) != 0)
			continue;                        /* read already; or somebody's, which stays: a range of addresses, a group of another account */
		code = look_up (work, kind, asked, &found, error);
		if (code == 0 && kind == &kinds[SUBNET])
			code = check_subnet (work, asked, json_array_get (found, 0), error);
		if (code == 0 && kind == &kinds[GROUP])
			code = check_group (work, asked, json_array_get (found, 0), error);
	}
	return code;
}

int
network_look_up (struct work *work, struct larder_error *error)
{
	CLEANUP_JSON json_t *found = NULL;
	const char *vpc = lines_value (&work->desired, "network");
	int code = vpc ? look_up (work, &kinds[VPC], vpc, &found, error) : 0;
	if (code == 0 && vpc)
		work->share.vpc = arena_copy (work->arena, share_id (&work->share, vpc));
	if (code == 0)
		code = look_up_all (work, &kinds[SUBNET], "target", error);
	if (code == 0)
		code = look_up_all (work, &kinds[GROUP], "security-group.from", error);
	return code;
}

/* ---- the groups ---- */

static bool
has_group (const json_t *groups, const char *id)
{
	const json_t *group;
	size_t n;
	json_array_foreach (groups, n, group)
		if (strcmp (json_text (group, "groupId"), id) == 0)
			return true;
	return false;
}

static int
add_groups (struct work *work, const char *const *filters, struct larder_error *error)
{
	CLEANUP_JSON json_t *found = NULL;
	json_t *group;
	size_t n;
	int code = describe (work, &kinds[GROUP], filters, &found, error);
	json_array_foreach (found, n, group) {
		if (has_group (work->share.groups, json_text (group, "groupId")))
			continue;
		json_object_set_new (group, "ours", json_boolean (tags_are_ours (json_object_get (group, "tagSet"), "key", "value", work->share.token)));
		json_object_set_new (group, "in", rules_read (json_object_get (group, "ipPermissions")));
		json_object_set_new (group, "out", rules_read (json_object_get (group, "ipPermissionsEgress")));
		json_array_append (work->share.groups, group);
	}
	return code;
}

/* Those that are ours; NULL: no memory. */
static const char *
list_groups (const struct work *work)
{
	const char *list = "";
	const json_t *group;
	size_t n, count = 0;
	json_array_foreach (work->share.groups, n, group)
		if (list && json_is_true (json_object_get (group, "ours")))
			list = arena_printf (work->arena, "%s%s%s (%s)", list, count++ ? ", " : "", json_text (group, "groupId"), json_text (group, "groupName"));
	return list;
}

/* By its name it is meant, and by its tag, or for want of one, somebody else's: whose rules and targets are behind it is nothing that we change. */
static int
fail_of_others (const struct work *work, const json_t *group, struct larder_error *error)
{
	const char *name = json_text (group, "groupName"), *id = json_text (group, "groupId"), *owner = "", *token = work->share.token;
	const json_t *tag;
	size_t n;
	json_array_foreach (json_object_get (group, "tagSet"), n, tag)
		if (strcmp (json_text (tag, "key"), TAG) == 0)
			owner = json_text (tag, "value");
	if (*owner)
		return larder_fail_next (error, LARDER_E_CONFLICT, "security-group = another name: each file system has its own", "security group '%s' (%s) is that of file system '%s', by its tag " TAG ", and not of '%s'",
			name, id, owner, token);
	const char *next = arena_printf (work->arena, "security-group = another name; or, when it is to be this one's from now on, with all its rules: aws ec2 create-tags --resources %s --tags Key=" TAG ",Value=%s", id, token);
	return next ? larder_fail_next (error, LARDER_E_CONFLICT, next, "security group '%s' (%s) was not made here: it has no tag " TAG ", and is not taken for file system '%s'", name, id, token) : larder_fail_memory (error);
}

/* One by another name that was made here is left over from before, and goes. One that was not is somebody's, who put our tag on it; and of two by the name
 * that is wanted nothing tells which is meant. */
static int
check_groups (const struct work *work, struct larder_error *error)
{
	const json_t *group;
	size_t n, wanted = 0, others = 0;
	if (!lines_value (&work->desired, "security-group.name"))
		return 0;
	json_array_foreach (work->share.groups, n, group) {
		bool ours = json_is_true (json_object_get (group, "ours"));
		if (!group_is_wanted (&work->share, group, &work->desired))
			others += ours && !group_is_made_here (&work->share, group);
		else if (ours)
			wanted++;
		else
			return fail_of_others (work, group, error);
	}
	if (wanted <= 1 && !others)
		return 0;
	const char *list = list_groups (work);
	return list ? larder_fail_next (error, LARDER_E_CONFLICT, "take the tag " TAG " from what is not", "nothing tells which security group is that of file system '%s': %s", work->share.token, list)
		: larder_fail_memory (error);
}

int
network_groups (struct work *work, struct larder_error *error)
{
	const char *name = lines_value (&work->desired, "security-group.name");
	json_decref (work->share.groups);
	work->share.groups = json_array ();
	int code = add_groups (work, (const char *const[]) { "tag:" TAG, work->share.token, NULL }, error);
	if (code == 0 && name && work->share.vpc)
		code = add_groups (work, (const char *const[]) { "group-name", name, "vpc-id", work->share.vpc, NULL }, error);
	return code == 0 ? check_groups (work, error) : code;
}

/* ---- who else uses them ---- */

/* With its mount target it goes; and a little after that it is still there, and tells by its words whose it was. */
static bool
is_of_ours (const struct share *share, const json_t *interface)
{
	const char *id = json_text (interface, "networkInterfaceId"), *system = json_text (share->system, "FileSystemId");
	const json_t *target;
	size_t n;
	json_array_foreach (share->targets, n, target)
		if (strcmp (json_text (target, "NetworkInterfaceId"), id) == 0)
			return true;
	return *system && strstr (json_text (interface, "description"), system);
}

/* Interfaces that are not of our targets, and groups with a rule that names it: while there are any, the service does not remove it. */
static int
add_users (struct work *work, const char *group, struct values *ret, struct larder_error *error)
{
	CLEANUP_JSON json_t *interfaces = NULL, *groups = NULL;
	const json_t *one;
	size_t n;
	int code = describe (work, &kinds[INTERFACE], (const char *const[]) { "group-id", group, NULL }, &interfaces, error);
	if (code == 0)
		code = describe (work, &kinds[GROUP], (const char *const[]) { "ip-permission.group-id", group, NULL }, &groups, error);
	json_array_foreach (interfaces, n, one) {
		const char *what = json_text (one, "description");
		if (!is_of_ours (&work->share, one))
			values_add (ret, arena_printf (work->arena, "%s%s%s%s", json_text (one, "networkInterfaceId"), *what ? " (" : "", what, *what ? ")" : ""));
	}
	json_array_foreach (groups, n, one)
		if (strcmp (json_text (one, "groupId"), group) != 0)
			values_add (ret, arena_printf (work->arena, "a rule of %s", json_text (one, "groupId")));
	return code;
}

int
network_users (struct work *work, const char **ret, struct larder_error *error)
{
	struct values users = { .count = 0 };
	const json_t *group;
	size_t n;
	int code = 0;
	json_array_foreach (work->share.groups, n, group)
		if (code == 0 && json_is_true (json_object_get (group, "ours")))
			code = add_users (work, json_text (group, "groupId"), &users, error);
	*ret = code == 0 && users.count ? values_join (&users, work->arena) : NULL;
	return code;
}
