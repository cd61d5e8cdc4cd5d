/* rules.c: who a security group admits. One permission of EC2 may name many peers: taken apart, a rule is one peer and one range of ports. Pure. */
#include "wire.h"

#include <string.h>

#include "arena.h"

/* Lists of a permission: as replies call them, what a member is, as requests call them. */
static const struct kind { const char *list, *member, *asked, *asked_member; } kinds[] = {
	{ "groups", "groupId", "Groups", "GroupId" }, { "ipRanges", "cidrIp", "IpRanges", "CidrIp" },
	{ "ipv6Ranges", "cidrIpv6", "Ipv6Ranges", "CidrIpv6" }, { "prefixListIds", "prefixListId", "PrefixListIds", "PrefixListId" },
};

static json_t *
text_of (const char *protocol, const char *from, const char *to)
{
	if (strcmp (protocol, "-1") == 0)
		return json_string ("all");
	if (!*from)
		return json_string (protocol);
	return strcmp (from, to) == 0 ? json_sprintf ("%s %s", protocol, from) : json_sprintf ("%s %s-%s", protocol, from, to);
}

json_t *
rules_read (const json_t *permissions)
{
	json_t *rules = json_array ();
	const json_t *permission, *peer;
	size_t p, m;
	json_array_foreach (permissions, p, permission) {
		const char *protocol = json_text (permission, "ipProtocol"), *from = json_text (permission, "fromPort"), *to = json_text (permission, "toPort");
		for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
			json_array_foreach (json_object_get (permission, kinds[k].list), m, peer)
				json_array_append_new (rules, json_pack ("{s:s, s:i, s:o, s:s, s:s, s:s}", "peer", json_text (peer, kinds[k].member), "kind", (int) k,
					"text", text_of (protocol, from, to), "protocol", protocol, "from", from, "to", to));
	}
	return rules;
}

const char *
rules_egress (const json_t *rules)
{
	const json_t *rule;
	size_t n;
	json_array_foreach (rules, n, rule)
		if (strcmp (json_text (rule, "text"), "all") == 0 && strcmp (json_text (rule, "peer"), "0.0.0.0/0") == 0)
			return "open";
	return json_array_size (rules) ? "otherwise" : "none";
}

bool
rules_has (const char *list, const char *text)
{
	size_t length = strlen (text);
	for (const char *at = list; at && *at; at = strchr (at, ','), at = at ? at + 1 : NULL) {
		at += strspn (at, " ");
		if (strncmp (at, text, length) == 0 && (!at[length] || at[length] == ','))
			return true;
	}
	return false;
}

size_t
rules_pairs (struct larder_arena *arena, const char *group, const json_t *rule, struct larder_pair ret[8])
{
	const struct kind *kind = &kinds[json_integer_value (json_object_get (rule, "kind"))];
	const char *from = json_text (rule, "from");
	size_t count = 0;
	ret[count++] = (struct larder_pair) { "GroupId", group };
	ret[count++] = (struct larder_pair) { "IpPermissions.1.IpProtocol", json_text (rule, "protocol") };
	if (*from) {
		ret[count++] = (struct larder_pair) { "IpPermissions.1.FromPort", from };
		ret[count++] = (struct larder_pair) { "IpPermissions.1.ToPort", json_text (rule, "to") };
	}
	ret[count++] = (struct larder_pair) { arena_printf (arena, "IpPermissions.1.%s.1.%s", kind->asked, kind->asked_member), json_text (rule, "peer") };
	return count;
}

bool
group_is_wanted (const struct share *share, const json_t *group, const struct lines *desired)
{
	const char *name = lines_value (desired, "security-group.name");
	return group && name && strcmp (json_text (group, "groupName"), name) == 0 && (!share->vpc || strcmp (json_text (group, "vpcId"), share->vpc) == 0);
}

bool
group_is_made_here (const struct share *share, const json_t *group)
{
	const char *what = json_text (group, "groupDescription");
	return strncmp (what, GROUP_IS_FOR, strlen (GROUP_IS_FOR)) == 0 && strcmp (what + strlen (GROUP_IS_FOR), share->token) == 0;
}

const json_t *
group_meant (const struct share *share, const struct lines *desired)
{
	const json_t *group, *ours = NULL;
	size_t n;
	json_array_foreach (share->groups, n, group) {
		if (group_is_wanted (share, group, desired))
			return group;
		if (!ours && json_is_true (json_object_get (group, "ours")))
			ours = group;
	}
	return ours;
}

bool
target_is_ours (const struct share *share, const json_t *target)
{
	const json_t *behind = json_object_get (target, "SecurityGroups"), *group;
	const char *id = json_string_value (json_array_get (behind, 0));
	size_t n;
	json_array_foreach (share->groups, n, group)
		if (json_array_size (behind) == 1 && strcmp (json_text (group, "groupId"), id) == 0)
			return json_is_true (json_object_get (group, "ours")) && group_is_made_here (share, group);
	return false;
}

const char *
target_instead (const struct share *share, const json_t *target)
{
	const char *asked = json_text (share->zones, json_text (target, "AvailabilityZoneName"));
	bool here = share->vpc && strcmp (json_text (target, "VpcId"), share->vpc) == 0;
	return here && *asked && strcmp (share_id (share, asked), json_text (target, "SubnetId")) != 0 ? asked : NULL;
}
