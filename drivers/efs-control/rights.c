/* rights.c: what a role must be allowed of a file system: of EFS, of the network that it is reached by, of its key. */
#include "control.h"

#include <string.h>

#include "arena.h"
#include "buffer.h"
#include "error.h"
#include "policy.h"

static bool
has (const struct aws_asked *asked, const char *begins)
{
	for (size_t n = 0; n < asked->desired.count; n++)
		if (strncmp (asked->desired.at[n].path, begins, strlen (begins)) == 0)
			return true;
	return false;
}

static void
on (struct aws_asked *asked, const char *service, const char *what)
{
	aws_policy_on (asked->policy, "arn:%s:%s:%s:*:%s/*", asked->partition, service, asked->region, what);
}

/* What goes with lines that begin so (NULL: always). */
struct need { const char *begins, *action; };

static void
allow (struct aws_asked *asked, const char *sid, const struct need *needs, size_t count)
{
	const char *actions[20];
	size_t taken = 0;
	for (size_t n = 0; n < count; n++)
		if (!needs[n].begins || has (asked, needs[n].begins))
			actions[taken++] = needs[n].action;
	actions[taken] = NULL;
	aws_policy_allow (asked->policy, sid, strcmp (sid, AWS_ANYTHING) == 0 ? NULL : asked->region, actions);
}
#define ALLOW(asked, sid, ...) \
	allow (asked, sid, (const struct need[]) { __VA_ARGS__ }, sizeof (const struct need[]) { __VA_ARGS__ } / sizeof (struct need))

/* ---- the file system ---- */

static void
allow_system (struct aws_asked *asked)
{
	ALLOW (asked, "EfsFileSystems", { NULL, "elasticfilesystem:CreateFileSystem" }, { NULL, "elasticfilesystem:DescribeAccessPoints" },
		{ NULL, "elasticfilesystem:DescribeFileSystemPolicy" }, { NULL, "elasticfilesystem:DescribeFileSystems" }, { NULL, "elasticfilesystem:DescribeLifecycleConfiguration" },
		{ NULL, "elasticfilesystem:DescribeMountTargets" }, { "access-point[", "elasticfilesystem:CreateAccessPoint" },
		{ "automatic-backup", "elasticfilesystem:DescribeBackupPolicy" }, { "automatic-backup", "elasticfilesystem:PutBackupPolicy" },
		{ "lifecycle.", "elasticfilesystem:PutLifecycleConfiguration" }, { "policy.", "elasticfilesystem:PutFileSystemPolicy" }, { "tag[", "elasticfilesystem:TagResource" },
		{ "target[", "elasticfilesystem:CreateMountTarget" }, { "target[", "elasticfilesystem:DeleteMountTarget" }, { "target[", "elasticfilesystem:DescribeMountTargetSecurityGroups" },
		{ "security-group.name", "elasticfilesystem:ModifyMountTargetSecurityGroups" }, { "throughput", "elasticfilesystem:UpdateFileSystem" });
	on (asked, "elasticfilesystem", "file-system");
	if (!asked->request->stays) {
		ALLOW (asked, "EfsFileSystems", { NULL, "elasticfilesystem:DeleteFileSystem" });
		on (asked, "elasticfilesystem", "file-system");
	}
	if (has (asked, "access-point[")) {
		ALLOW (asked, "EfsAccessPoints", { NULL, "elasticfilesystem:DeleteAccessPoint" }, { NULL, "elasticfilesystem:TagResource" });
		on (asked, "elasticfilesystem", "access-point");
	}
	aws_policy_allow (asked->policy, "EfsServiceRole", NULL, ACTIONS ("iam:CreateServiceLinkedRole"));
	aws_policy_on (asked->policy, "arn:%s:iam::*:role/aws-service-role/elasticfilesystem.amazonaws.com/*", asked->partition);
	aws_policy_when (asked->policy, "StringEquals", "iam:AWSServiceName", "elasticfilesystem.amazonaws.com");
}

/* A key is looked at, by us and by EFS, which uses it in the name of who makes a file system with it. */
static void
allow_key (struct aws_asked *asked)
{
	const char *name = lines_value (&asked->desired, "kms-key");
	struct aws_key key = { name, asked->region, NULL };
	if (!name)
		return;
	aws_policy_key (asked->policy, "EfsLookKey", ACTIONS ("kms:DescribeKey"), &key);
	key.via = "elasticfilesystem";
	if (!strstr (name, "alias/aws/"))
		aws_policy_key (asked->policy, "EfsUseKey", ACTIONS ("kms:CreateGrant", "kms:Decrypt", "kms:GenerateDataKeyWithoutPlaintext"), &key);
}

/* ---- how it is reached ---- */

/* Those that are named by their ids, and any where one is not. */
static void
on_named (struct aws_asked *asked, const char *what, const char *set, const char *head)
{
	bool any = true;
	for (size_t n = 0; n < asked->desired.count; n++) {
		const struct line *line = &asked->desired.at[n];
		const char *below, *name = strcmp (line->path, set) == 0 ? line->value : path_member_of (asked->desired.arena, line->path, set, &below);
		if (name && strncmp (name, head, strlen (head)) == 0)
			aws_policy_on (asked->policy, "arn:%s:ec2:%s:*:%s/%s", asked->partition, asked->region, what, name);
		any = name ? strncmp (name, head, strlen (head)) != 0 : any;
	}
	if (any)
		on (asked, "ec2", what);
}

/* Only a group that was made here: it has our tag from its first moment. */
static void
allow_group (struct aws_asked *asked)
{
	const char *egress = lines_value (&asked->desired, "security-group.egress");
	CLEANUP_BUFFER struct buffer sid;
	buffer_init (&sid, 1000);
	buffer_add_text (&sid, "Ec2Group");
	aws_policy_word (&sid, asked->request->identity);
	ALLOW (asked, buffer_text (&sid), { NULL, "ec2:DeleteSecurityGroup" }, { "security-group.from[", "ec2:AuthorizeSecurityGroupIngress" },
		{ "security-group.from[", "ec2:RevokeSecurityGroupIngress" },
		{ "security-group.egress", egress && strcmp (egress, "open") == 0 ? "ec2:AuthorizeSecurityGroupEgress" : "ec2:RevokeSecurityGroupEgress" });
	on (asked, "ec2", "security-group");
	aws_policy_when (asked->policy, "StringEquals", "aws:ResourceTag/" TAG, asked->request->identity);
	aws_policy_allow (asked->policy, "Ec2MakeGroup", NULL, ACTIONS ("ec2:CreateSecurityGroup"));
	on (asked, "ec2", "security-group");
	on_named (asked, "vpc", "network", "vpc-");
	aws_policy_allow (asked->policy, "Ec2TagGroup", NULL, ACTIONS ("ec2:CreateTags"));
	on (asked, "ec2", "security-group");
	aws_policy_when (asked->policy, "StringEquals", "ec2:CreateAction", "CreateSecurityGroup");
}

/* With each mount target comes an interface in the network, in the name of who makes it. */
static void
allow_targets (struct aws_asked *asked)
{
	aws_policy_allow (asked->policy, "Ec2Interfaces", NULL, ACTIONS ("ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface", "ec2:ModifyNetworkInterfaceAttribute"));
	on (asked, "ec2", "network-interface");
	on (asked, "ec2", "security-group");
	on_named (asked, "subnet", "target", "subnet-");
}

static void
allow_network (struct aws_asked *asked)
{
	if (!has (asked, "network") && !has (asked, "target[") && !has (asked, "security-group."))
		return;
	ALLOW (asked, AWS_ANYTHING, { NULL, "ec2:DescribeNetworkInterfaces" }, { NULL, "ec2:DescribeSecurityGroups" }, { "network", "ec2:DescribeVpcs" }, { "target[", "ec2:DescribeNetworkInterfaceAttribute" },
		{ "target[", "ec2:DescribeSubnets" });
	aws_policy_on (asked->policy, "*");
	if (has (asked, "target["))
		allow_targets (asked);
	if (has (asked, "security-group.name"))
		allow_group (asked);
}

static int
allow_all (struct aws_asked *asked, const void *driver, struct larder_error *error)
{
	(void) driver, (void) error;
	if (strcmp (asked->request->role, "operator") != 0)
		return 0;
	allow_system (asked);
	allow_key (asked);
	allow_network (asked);
	return 0;
}

int
control_policy (void *self, struct larder_call *call, const struct larder_policy *request, const struct larder_sink *sink, uint64_t *ret_most, struct larder_error *error)
{
	(void) call;
	return aws_policy_write (request, aws_client_region (((const struct control *) self)->files), allow_all, NULL, sink, ret_most, error);
}
