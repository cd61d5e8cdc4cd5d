/* terraform.c: a file system with all that belongs to it in Terraform's words. Ids are of what is there. Pure. */
#include "wire.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "error.h"
#include "terraform.h"

/* What the look-up of it found; itself where it is an id. */
static const char *
id_of (const struct aws_terraform *share, const char *asked)
{
	const char *id = asked ? lines_in (&share->observed, "named", asked, "") : NULL;
	return id ? id : asked;
}

static const char *
desired (const struct aws_terraform *share, const char *path)
{
	return lines_value (&share->desired, path);
}

static const char *
observed (const struct aws_terraform *share, const char *path)
{
	return lines_value (&share->observed, path);
}

/* ---- the file system itself ---- */

static json_t *
lifecycle_of (const struct aws_terraform *share)
{
	static const struct { const char *path, *attribute, *unit; } all[] = {
		{ "lifecycle.to-archive", "transition_to_archive", "DAY" }, { "lifecycle.to-ia", "transition_to_ia", "DAY" },
		{ "lifecycle.back-on-access", "transition_to_primary_storage_class", "ACCESS" },
	};
	json_t *list = json_array ();
	for (size_t n = 0; n < sizeof all / sizeof *all; n++) {
		const char *value = desired (share, all[n].path);
		if (value)
			json_array_append_new (list, json_pack ("{s:o}", all[n].attribute, json_sprintf ("AFTER_%s_%s%s", value, all[n].unit, strcmp (value, "1") == 0 ? "" : "S")));
	}
	return list;
}

static int
put_system (struct aws_terraform *share, const char *token, const char **ret_address, struct larder_error *error)
{
	const char *throughput = desired (share, "throughput");
	json_t *body = json_pack ("{s:s, s:o*}", "creation_token", token, "tags", aws_terraform_tags (&share->desired, NULL, NULL)), *moves = lifecycle_of (share), *sent = json_object ();
	aws_terraform_bool (body, "encrypted", desired (share, "encrypted"));
	aws_terraform_text (body, "kms_key_id", id_of (share, desired (share, "kms-key")));
	aws_terraform_text (body, "performance_mode", desired (share, "performance"));
	int code = throughput ? efs_throughput (sent, throughput, error) : 0;
	json_t *mode = json_object_get (sent, "ThroughputMode"), *rate = json_object_get (sent, "ProvisionedThroughputInMibps");
	if (mode)
		json_object_set (body, "throughput_mode", mode);
	if (rate)
		json_object_set (body, "provisioned_throughput_in_mibps", rate);
	if (json_array_size (moves))
		json_object_set (body, "lifecycle_policy", moves);
	*ret_address = aws_terraform_add (share, "aws_efs_file_system", NULL, observed (share, "file-system"), body);
	json_decref (moves);
	json_decref (sent);
	return code;
}

static void
put_backup (struct aws_terraform *share, const char *system)
{
	const char *on = desired (share, "automatic-backup");
	json_t *body = on ? json_pack ("{s:o, s:{s:s}}", "file_system_id", aws_terraform_ref (system, "id"), "backup_policy", "status", strcmp (on, "yes") == 0 ? "ENABLED" : "DISABLED") : NULL;
	aws_terraform_add (share, "aws_efs_backup_policy", NULL, observed (share, "file-system"), body);
}

/* ---- access points: ours ---- */

/* UID:GID of one that is ours: of others, or of several, more is said. */
static bool
owner_of (const struct aws_terraform *share, const char *root, unsigned *ret_uid, unsigned *ret_gid)
{
	const char *owner = lines_in (&share->desired, "access-point", root, ".owner");
	char more;
	return owner && sscanf (owner, "%u:%u%c", ret_uid, ret_gid, &more) == 2;
}

static void
put_points (struct aws_terraform *share, const char *system, const char *token)
{
	const char *root, *mode, *id;
	unsigned uid, gid;
	for (size_t at = 0; (root = aws_terraform_member (&share->desired, &at, "access-point"));) {
		if (!owner_of (share, root, &uid, &gid) || !(mode = lines_in (&share->desired, "access-point", root, ".mode")) || !(id = lines_in (&share->observed, "access-point", root, ".id")))
			continue;
		json_t *body = json_pack ("{s:o, s:{s:I, s:I}, s:{s:s, s:{s:I, s:I, s:s}}, s:{s:s}}", "file_system_id", aws_terraform_ref (system, "id"),
			"posix_user", "uid", (json_int_t) uid, "gid", (json_int_t) gid,
			"root_directory", "path", root, "creation_info", "owner_uid", (json_int_t) uid, "owner_gid", (json_int_t) gid, "permissions", mode, "tags", TAG, token);
		aws_terraform_add (share, "aws_efs_access_point", root, id, body);
	}
}

/* ---- who may mount it ---- */

/* The address of the access point that the policy names: beside the file system's. */
static const char *
point_arn (const struct aws_terraform *share, const char *system)
{
	const char *root = observed (share, "policy.through"), *id = root ? lines_in (&share->observed, "access-point", root, ".id") : NULL, *tail = strstr (system, "file-system/");
	unsigned uid, gid;
	return id && tail && owner_of (share, root, &uid, &gid) ? arena_printf (share->arena, "%.*saccess-point/%s", (int) (tail - system), system, id) : NULL;
}

static void
put_policy (struct aws_terraform *share, const char *system)
{
	const char *arn = observed (share, "id");
	json_t *statements = json_array ();
	policy_add (statements, arn ? arn : "", desired (share, "policy.tls"), arn && desired (share, "policy.access-point") ? point_arn (share, arn) : NULL);
	json_t *document = json_pack ("{s:s, s:O}", "Version", "2012-10-17", "Statement", statements), *body = NULL;
	char *text = json_dumps (document, JSON_COMPACT | JSON_SORT_KEYS);
	if (json_array_size (statements)) {
		body = json_pack ("{s:o, s:s}", "file_system_id", aws_terraform_ref (system, "id"), "policy", text ? text : "");
		aws_terraform_ignore (body, "bypass_policy_lockout_safety_check");
	}
	aws_terraform_add (share, "aws_efs_file_system_policy", NULL, observed (share, "file-system"), body);
	free (text);
	json_decref (document);
	json_decref (statements);
}

/* ---- how it is reached ---- */

/* "tcp 2049", "tcp 1-9", "icmp" or "all": every attribute is to be there. */
static json_t *
rule_of (const char *text)
{
	char protocol[32] = "";
	int from = 0, to = 0, count = sscanf (text, "%31s %d-%d", protocol, &from, &to);
	bool all = strcmp (protocol, "all") == 0;
	to = count == 2 ? from : to;
	if (count == 1 && !all)
		from = to = -1;
	return json_pack ("{s:s, s:i, s:i, s:s, s:[], s:[], s:[], s:[], s:b}", "protocol", all ? "-1" : protocol, "from_port", from, "to_port", to, "description", "", "cidr_blocks",
		"ipv6_cidr_blocks", "prefix_list_ids", "security_groups", "self", 0);
}

static void
add_peer (json_t *rule, const char *peer, const char *self)
{
	const char *list = strchr (peer, ':') ? "ipv6_cidr_blocks" : strchr (peer, '/') && peer[0] >= '0' && peer[0] <= '9' ? "cidr_blocks" : strncmp (peer, "pl-", 3) == 0 ? "prefix_list_ids" : "security_groups";
	if (self && strcmp (peer, self) == 0)
		json_object_set_new (rule, "self", json_true ());
	else
		json_array_append_new (json_object_get (rule, list), json_string (peer));
}

/* Peers that have the same ports are one rule. */
static json_t *
ingress_of (const struct aws_terraform *share)
{
	json_t *rules = json_object (), *list = json_array (), *rule;
	const char *peer, *text;
	for (size_t at = 0; (peer = aws_terraform_member (&share->desired, &at, "security-group.from"));) {
		char *rest = arena_copy (share->arena, lines_in (&share->desired, "security-group.from", peer, "")), *one;
		while ((one = strsep (&rest, ","))) {
			one += strspn (one, " ");
			if (!json_object_get (rules, one))
				json_object_set_new (rules, one, rule_of (one));
			add_peer (json_object_get (rules, one), id_of (share, peer), observed (share, "security-group.id"));
		}
	}
	json_object_foreach (rules, text, rule)
		json_array_append (list, rule);
	json_decref (rules);
	return list;
}

/* NULL: there is none. */
static const char *
put_group (struct aws_terraform *share, const char *token)
{
	const char *name = desired (share, "security-group.name"), *id = observed (share, "security-group.id"), *egress = desired (share, "security-group.egress");
	if (!name || !id)
		return NULL;
	json_t *body = json_pack ("{s:s, s:o}", "name", name, "ingress", ingress_of (share));
	aws_terraform_text (body, "description", observed (share, "security-group.description"));
	aws_terraform_ignore (body, "revoke_rules_on_delete");
	json_object_set_new (body, "tags", json_pack ("{s:s}", TAG, token));
	if (egress && strcmp (egress, "open") == 0) {
		json_t *all = rule_of ("all");
		add_peer (all, "0.0.0.0/0", NULL);
		json_object_set_new (body, "egress", json_pack ("[o]", all));
	} else if (egress && strcmp (egress, "none") == 0)
		json_object_set_new (body, "egress", json_array ());
	return aws_terraform_add (share, "aws_security_group", NULL, id, body);
}

static void
put_targets (struct aws_terraform *share, const char *system, const char *group)
{
	const char *subnet, *id;
	for (size_t at = 0; (subnet = aws_terraform_member (&share->desired, &at, "target"));) {
		if (!(id = lines_in (&share->observed, "mount-target", subnet, "")))
			continue;
		json_t *body = json_pack ("{s:o, s:s}", "file_system_id", aws_terraform_ref (system, "id"), "subnet_id", id_of (share, subnet));
		if (group)
			json_object_set_new (body, "security_groups", json_pack ("[o]", aws_terraform_ref (group, "id")));
		aws_terraform_add (share, "aws_efs_mount_target", subnet, id, body);
	}
}

static int
fill (struct aws_terraform *share, const struct larder_export *request, const void *context, struct larder_error *error)
{
	const char *system;
	int code = put_system (share, request->identity, &system, error);
	(void) context;
	if (code < 0)
		return code;
	put_backup (share, system);
	put_points (share, system, request->identity);
	put_policy (share, system);
	put_targets (share, system, put_group (share, request->identity));
	return 0;
}

int
share_terraform (const char *backend, const struct larder_export *request, const struct larder_sink *sink, struct larder_error *error)
{
	return aws_terraform_write (backend, request, fill, NULL, sink, error);
}
