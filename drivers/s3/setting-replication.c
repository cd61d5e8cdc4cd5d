/* setting-replication.c: what the service copies elsewhere. One rule[ID] is one Rule with a Filter. */
#include "setting.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "buffer.h"
#include "error.h"
#include "policy.h"
#include "request.h"

#define TIME "Destination/ReplicationTime/"
#define METRICS "Destination/Metrics/"
#define KMS "SourceSelectionCriteria/SseKmsEncryptedObjects"
#define KEY "Destination/EncryptionConfiguration/ReplicaKmsKeyID"

static bool
is_enabled (const struct aws_node *rule, const char *path)
{
	const char *text = aws_node_text (rule, path);
	return text && strcmp (text, "Enabled") == 0;
}

/* "arn:aws:s3:::images" is the bucket images. */
static const char *
bucket_of (const char *arn)
{
	const char *mark = arn ? strstr (arn, ":s3:::") : NULL;
	return mark ? mark + strlen (":s3:::") : arn;
}

/* Copies in time are seen to by metrics, of as many minutes. */
static const char *
seconds_of (const struct aws_node *rule, struct larder_arena *arena)
{
	const char *within = aws_node_text (rule, TIME "Time/Minutes"), *watched = aws_node_text (rule, METRICS "EventThreshold/Minutes");
	if (!within || !is_enabled (rule, TIME "Status"))
		return NULL;
	if (!watched || strcmp (within, watched) != 0 || !is_enabled (rule, METRICS "Status"))
		return "without metrics";
	return arena_printf (arena, "%ld", strtol (within, NULL, 10) * 60);
}

static void
tell_rule (const struct aws_node *rule, const char *id, struct lines *lines)
{
	lines_add_in (lines, "rule", id, ".status", is_enabled (rule, "Status") ? "enabled" : "disabled");
	s3_filter_tell (rule, id, lines);
	lines_add_in (lines, "rule", id, ".to", bucket_of (aws_node_text (rule, "Destination/Bucket")));
	lines_add_in (lines, "rule", id, ".class", aws_node_text (rule, "Destination/StorageClass"));
	lines_add_in (lines, "rule", id, ".priority", aws_node_text (rule, "Priority"));
	lines_add_in (lines, "rule", id, ".delete-markers", is_enabled (rule, "DeleteMarkerReplication/Status") ? "yes" : "no");
	lines_add_in (lines, "rule", id, ".encrypted", is_enabled (rule, KMS "/Status") ? "yes" : NULL);
	lines_add_in (lines, "rule", id, ".key", aws_node_text (rule, KEY));
	lines_add_in (lines, "rule", id, ".within-seconds", seconds_of (rule, lines->arena));
}

/* ---- writing ---- */

static void
build_time (struct aws_tree *tree, struct aws_node *rule, const char *seconds)
{
	char minutes[24];
	aws_node_set (tree, rule, "Destination/ReplicationTime", NULL);
	aws_node_set (tree, rule, "Destination/Metrics", NULL);
	if (!seconds)
		return;
	snprintf (minutes, sizeof minutes, "%ld", strtol (seconds, NULL, 10) / 60);
	aws_node_set (tree, rule, TIME "Status", "Enabled");
	aws_node_set (tree, rule, TIME "Time/Minutes", minutes);
	aws_node_set (tree, rule, METRICS "Status", "Enabled");
	aws_node_set (tree, rule, METRICS "EventThreshold/Minutes", minutes);
}

/* Objects under keys of KMS are copied only where the rule says so, and then under this key. */
static void
build_keys (struct aws_tree *tree, struct aws_node *rule, const char *encrypted, const char *key)
{
	aws_node_set (tree, rule, KMS "/Status", encrypted && strcmp (encrypted, "yes") == 0 ? "Enabled" : NULL);
	aws_node_set (tree, rule, KEY, key);
}

/* A rule with a filter has a priority and says what becomes of delete markers; one without knows neither. */
static void
build_rule (struct aws_tree *tree, struct aws_node *rule, const char *id, const struct lines *desired, const struct s3_place *place)
{
	const char *status = lines_in (desired, "rule", id, ".status"), *to = lines_in (desired, "rule", id, ".to"), *markers = lines_in (desired, "rule", id, ".delete-markers");
	const char *priority = lines_in (desired, "rule", id, ".priority");
	aws_node_set (tree, rule, "Priority", priority ? priority : "0");
	s3_filter_build (tree, rule, id, desired);
	aws_node_set (tree, rule, "Status", status && strcmp (status, "enabled") == 0 ? "Enabled" : "Disabled");
	aws_node_set (tree, rule, "DeleteMarkerReplication/Status", markers && strcmp (markers, "yes") == 0 ? "Enabled" : "Disabled");
	aws_node_set (tree, rule, "Destination/Bucket", arena_printf (tree->arena, "arn:%s:s3:::%s", place->partition, to ? to : ""));
	aws_node_set (tree, rule, "Destination/StorageClass", lines_in (desired, "rule", id, ".class"));
	build_keys (tree, rule, lines_in (desired, "rule", id, ".encrypted"), lines_in (desired, "rule", id, ".key"));
	build_time (tree, rule, lines_in (desired, "rule", id, ".within-seconds"));
}

static const char *const told[] = {
	"ID", "Status", S3_FILTER_TOLD, "Priority", "DeleteMarkerReplication/Status", "Destination/Bucket", "Destination/StorageClass", KMS "/Status", KEY, TIME "Status", TIME "Time/Minutes", NULL
};

/* Metrics are what copies in time are seen by; without those they have no line. */
static bool
tells (const struct aws_node *rule, const struct aws_node *parent, const struct aws_node *node, const char *path)
{
	(void) parent, (void) node;
	return strncmp (path, METRICS, strlen (METRICS)) == 0 && is_enabled (rule, TIME "Status");
}

static const struct s3_rules kind = { "ReplicationConfiguration", "Rule", "rule", told, tells, tell_rule, build_rule };

int
s3_replication_read (const struct s3_place *place, const char *body, size_t length, struct lines *lines, struct larder_error *error)
{
	struct aws_tree tree = { .arena = lines->arena };
	struct aws_node *root;
	(void) place;
	int code = aws_tree_read (&tree, body, length, kind.root, &root, error);
	if (code < 0)
		return code;
	lines_add (lines, "role", aws_node_text (root, "Role"));
	s3_rules_tell (&kind, root, lines);
	return 0;
}

/* All rules under our role are ours, and nothing is left of them. What somebody set in their place meanwhile stays. */
static int
check_own (const struct s3_place *place, const char *role, struct larder_error *error)
{
	const char *slash = role ? strrchr (role, '/') : NULL, *own = lines_value (place->there, "own-role");
	return !role || (slash && own && strcmp (slash + 1, own) == 0) ? 0 : larder_fail_next (error, LARDER_E_CONFLICT, "look at what changed, and plan again: larder infra plan",
		"bucket '%s' is copied as '%s' by now, and no more as '%s'", place->bucket, role, own ? own : "");
}

int
s3_replication_write (const struct s3_place *place, const struct lines *desired, const char *body, size_t length, struct buffer *into, struct larder_error *error)
{
	struct aws_tree tree = { .arena = desired->arena };
	struct aws_node *root;
	int code = aws_tree_read (&tree, body, length, kind.root, &root, error);
	if (code < 0)
		return code;
	if (place->there && lines_find (place->there, "own-role"))
		return check_own (place, aws_node_text (root, "Role"), error);
	aws_node_set (&tree, root, "Role", lines_value (desired, "role"));
	return s3_rules_merge (&kind, &tree, root, desired, place) ? aws_tree_write (&tree, root, S3_NAMESPACE, into, error) : 0;
}

/* ---- as whom ---- */

/* Values of the lines of one kind, in order. */
static void
add_values (struct buffer *text, const struct lines *lines, const char *pattern, const char *before, const char *after)
{
	const char *comma = "";
	for (size_t n = 0; n < lines->count; n++)
		if (path_matches (pattern, lines->at[n].path) && lines->at[n].value) {
			buffer_printf (text, "%s\"%s%s%s\"", comma, before, lines->at[n].value, after);
			comma = ",";
		}
}

/* What is copied is read with its key, by S3 alone. An alias is a condition, for rights are for keys. */
static void
add_decrypt (struct buffer *text, const struct s3_place *place, const char *key)
{
	const struct aws_key of = { key, place->region ? place->region : "us-east-1", "s3" };
	buffer_add_text (text, ",{\"Effect\":\"Allow\",\"Action\":[\"kms:Decrypt\"],\"Resource\":[\"");
	const char *alias = aws_key_resource (&of, text);
	buffer_printf (text, "\"],\"Condition\":{\"StringEquals\":{\"kms:ViaService\":\"%s.%s.amazonaws.com\"}", of.via, of.region);
	if (alias)
		buffer_printf (text, ",\"ForAnyValue:StringEquals\":{\"kms:ResourceAliases\":\"%s\"}", alias);
	buffer_add_text (text, "}}");
}

/* Buckets that rules copy to, in the order of the rules; each statement names all. Copies under keys are written with those, whose regions their ARNs tell. */
int
s3_replication_rights (const struct s3_place *place, const char *source_key, const struct lines *lines, const char **ret, struct larder_error *error)
{
	CLEANUP_BUFFER struct buffer text, keys;
	const char *from = place->bucket, *arn = place->partition;
	buffer_init (&text, 1 << 18);
	buffer_init (&keys, 1 << 16);
	buffer_printf (&text, "{\"Version\":\"2012-10-17\",\"Statement\":["
		"{\"Effect\":\"Allow\",\"Action\":[\"s3:GetReplicationConfiguration\",\"s3:ListBucket\"],\"Resource\":[\"arn:%s:s3:::%s\"]},"
		"{\"Effect\":\"Allow\",\"Action\":[\"s3:GetObjectVersionAcl\",\"s3:GetObjectVersionForReplication\",\"s3:GetObjectVersionTagging\"],\"Resource\":[\"arn:%s:s3:::%s/*\"]},"
		"{\"Effect\":\"Allow\",\"Action\":[\"s3:ReplicateDelete\",\"s3:ReplicateObject\",\"s3:ReplicateTags\"],\"Resource\":[", arn, from, arn, from);
	add_values (&text, lines, "rule[*].to", arena_printf (lines->arena, "arn:%s:s3:::", arn), "/*");
	buffer_add_text (&text, "]}");
	if (source_key)
		add_decrypt (&text, place, source_key);
	add_values (&keys, lines, "rule[*].key", "", "");
	if (keys.length)
		buffer_printf (&text, ",{\"Effect\":\"Allow\",\"Action\":[\"kms:Encrypt\"],\"Resource\":[%s],\"Condition\":{\"StringLike\":{\"kms:ViaService\":\"s3.*.amazonaws.com\"}}}", buffer_text (&keys));
	buffer_add_text (&text, "]}");
	*ret = text.failed || keys.failed ? NULL : arena_copy (lines->arena, buffer_text (&text));
	return *ret ? 0 : larder_fail_memory (error);
}
