/* setting.c: which settings there are, and what they need of a server: data. And lists of rules, merged. */
#include "setting.h"

#include <string.h>

#include "error.h"
#include "request.h"
#include "tiering.h"

static const char *const versioning[] = { "versioning", "mfa-delete", NULL }, *const encryption[] = { "encryption", "encryption-key", "bucket-key", NULL }, *const tagging[] = { "tag[*]", NULL };
static const char *const public_access[] = { "public-access", NULL }, *const ownership[] = { "ownership", NULL };
static const char *const tiering[] = { "tiering", NULL };
static const char *const lifecycle[] = {
	"rule[*].status", "rule[*].prefix", "rule[*].tag", "rule[*].larger-than", "rule[*].expire", "rule[*].expire-noncurrent", "rule[*].abort-uploads",
	"rule[*].transition[*].days", "rule[*].other[*]", "least-size", NULL
};
static const char *const cors[] = { "cors[*].origin[*]", "cors[*].method[*]", "cors[*].header[*]", "cors[*].expose[*]", "cors[*].max-age", "cors[*].other[*]", NULL };
static const char *const policy[] = { "lister[*]", "reader[*]", "statement[*]", "tls-only", NULL };
static const char *const replication[] = {
	"own[*]", "own-role", "role", "rule[*].status", "rule[*].prefix", "rule[*].tag", "rule[*].to", "rule[*].class", "rule[*].priority", "rule[*].delete-markers", "rule[*].encrypted", "rule[*].key",
	"rule[*].within-seconds", "rule[*].other[*]", NULL
};

/* In the order in which they are written. */
static const struct s3_setting settings[] = {
	{ "bucket", "ownershipControls", S3_OWNERSHIP, "OwnershipControlsNotFoundError", true, ownership, s3_ownership_read, s3_ownership_write, NULL, NULL },
	{ "bucket", "publicAccessBlock", S3_PUBLIC_ACCESS, "NoSuchPublicAccessBlockConfiguration", true, public_access, s3_public_access_read, s3_public_access_write, NULL, NULL },
	{ "bucket", "encryption", S3_BUCKET_ENCRYPTION, "ServerSideEncryptionConfigurationNotFoundError", true, encryption, s3_encryption_read, s3_encryption_write, NULL, NULL },
	{ "bucket", "versioning", S3_VERSIONS, NULL, true, versioning, s3_versioned_read, s3_versioned_write, NULL, NULL },
	{ "bucket", "tagging", S3_BUCKET_TAGGING, "NoSuchTagSet", false, tagging, s3_tagging_read, s3_tagging_write, NULL, NULL },
	{ "bucket", "lifecycle", S3_LIFECYCLE, "NoSuchLifecycleConfiguration", false, lifecycle, s3_lifecycle_read, s3_lifecycle_write, NULL, NULL },
	{ "bucket", "cors", S3_CORS, "NoSuchCORSConfiguration", false, cors, s3_cors_read, s3_cors_write, NULL, NULL },
	{ "bucket", "intelligent-tiering", S3_TIERING, "NoSuchConfiguration", true, tiering, s3_tiering_read, s3_tiering_write, S3_TIERING_ID, "none" },
	{ "access", "policy", S3_POLICY, "NoSuchBucketPolicy", false, policy, s3_policy_read, s3_policy_write, NULL, NULL },
	{ "replication", "replication", S3_REPLICATION, "ReplicationConfigurationNotFoundError", false, replication, s3_replication_read, s3_replication_write, NULL, NULL },
};

const struct s3_setting *
s3_setting_at (size_t i)
{
	return i < sizeof settings / sizeof *settings ? &settings[i] : NULL;
}

static bool
holds (const struct s3_setting *setting, const char *path)
{
	for (const char *const *pattern = setting->paths; *pattern; pattern++)
		if (path_matches (*pattern, path))
			return true;
	return false;
}

const struct s3_setting *
s3_setting_of (const char *type, const char *path)
{
	for (size_t i = 0; s3_setting_at (i); i++)
		if (strcmp (settings[i].type, type) == 0 && holds (&settings[i], path))
			return &settings[i];
	return NULL;
}

/* The next line of the setting, from `at`. */
static const struct line *
next_of (const struct s3_setting *setting, const struct lines *lines, size_t *at)
{
	while (*at < lines->count && !holds (setting, lines->at[*at].path))
		++*at;
	return *at < lines->count ? &lines->at[(*at)++] : NULL;
}

bool
s3_setting_differs (const struct s3_setting *setting, const struct lines *one, const struct lines *other)
{
	for (size_t i = 0, k = 0;;) {
		const struct line *a = next_of (setting, one, &i), *b = next_of (setting, other, &k);
		if (!a || !b)
			return a != b;
		if (strcmp (a->path, b->path) != 0 || strcmp (a->value, b->value) != 0)
			return true;
	}
}

/* What single lines need besides. */
static const struct { const char *path, *begins; enum s3_feature feature; } needs[] = {
	{ "encryption", "aws:kms", S3_BUCKET_ENCRYPTION_KMS }, { "encryption-key", "", S3_BUCKET_ENCRYPTION_KMS },
	{ "rule[*].transition[*].days", "", S3_LIFECYCLE_CLASSES }, { "least-size", "", S3_LIFECYCLE_CLASSES }, { "rule[*].larger-than", "", S3_LIFECYCLE_SIZE },
	{ "rule[*].abort-uploads", "", S3_LIFECYCLE_ABORT },
};

/* Who reads may be told only later: then one of both will do, and the other is refused when it is to be written. */
static int
supports_reader (const struct s3_server *server, const char *who, struct larder_error *error)
{
	bool secret = who ? s3_is_by_secret (who) : s3_server_can (server, S3_POLICY_SECRET);
	return s3_server_need (server, secret ? S3_POLICY_SECRET : S3_POLICY_READERS, NULL, error);
}

/* What somebody else set, told that it be seen: nobody asks for it here. */
static bool
is_of_others (const char *path)
{
	static const char *const patterns[] = { "rule[*].other[*]", "cors[*].other[*]", "own[*]", "own-role", "statement[*]", "bucket-key", "mfa-delete" };
	for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++)
		if (path_matches (patterns[i], path))
			return true;
	return false;
}

int
s3_setting_supports (const struct s3_server *server, const char *type, const struct larder_line *line, struct larder_error *error)
{
	const struct s3_setting *setting = s3_setting_of (type, line->path);
	int code = setting ? s3_server_need (server, setting->feature, NULL, error) : 0;
	if (code == 0 && is_of_others (line->path))
		code = larder_fail (error, LARDER_E_UNSUPPORTED, "%s is told where somebody set it, and not set here", line->path);
	for (size_t i = 0; code == 0 && setting && i < sizeof needs / sizeof *needs; i++)
		if (path_matches (needs[i].path, line->path) && strncmp (line->value ? line->value : "", needs[i].begins, strlen (needs[i].begins)) == 0)
			code = s3_server_need (server, needs[i].feature, NULL, error);
	if (code == 0 && (path_matches ("reader[*]", line->path) || path_matches ("lister[*]", line->path)))
		code = supports_reader (server, line->value, error);
	if (code == 0 && path_matches ("rule[*].key", line->path) && line->value && strncmp (line->value, "arn:", 4) != 0)
		code = larder_fail_next (error, LARDER_E_UNSUPPORTED, "write the ARN of the key in encryption of the store that the copies go to", "copies are made under a key that is named by its ARN alone, and '%s' is none", line->value);
	if (code == 0 && line->value && strcmp (line->path, "tiering") == 0)
		code = tiering_check (line->value, error);
	return code;
}

/* ---- lists of rules ---- */

/* Its id, or its place where it has none. */
static const char *
id_of (const struct aws_node *rule, unsigned place, struct larder_arena *arena)
{
	const char *id = aws_node_text (rule, "ID");
	return id && *id ? id : arena_printf (arena, "#%u", place);
}

static void
tell_whole (const struct s3_rules *kind, const struct aws_node *rule, const char *id, struct lines *lines)
{
	kind->tell (rule, id, lines);
	s3_beyond_tell (kind, rule, id, lines);
}

void
s3_rules_tell (const struct s3_rules *kind, const struct aws_node *root, struct lines *lines)
{
	unsigned place = 0;
	for (const struct aws_node *rule = aws_node_child (root, kind->element); rule; rule = aws_node_again (rule)) {
		const char *id = id_of (rule, ++place, lines->arena);
		if (id)
			tell_whole (kind, rule, id, lines);
		else
			lines->failed = true;
	}
}

/* The lines of one member, as far as both have any. */
static bool
same_member (const struct lines *one, const struct lines *other, const char *member)
{
	size_t length = strlen (member), i = 0, k = 0;
	for (;; i++, k++) {
		while (i < one->count && strncmp (one->at[i].path, member, length) != 0)
			i++;
		while (k < other->count && strncmp (other->at[k].path, member, length) != 0)
			k++;
		if (i == one->count || k == other->count)
			return i == one->count && k == other->count;
		if (strcmp (one->at[i].path, other->at[k].path) != 0 || strcmp (one->at[i].value, other->at[k].value) != 0)
			return false;
	}
}

static bool
is_as_desired (const struct s3_rules *kind, const struct aws_node *rule, const char *id, const char *member, const struct lines *desired, struct larder_arena *arena)
{
	struct lines now;
	lines_begin (&now, arena);
	tell_whole (kind, rule, id, &now);
	return lines_sort (&now, NULL) == 0 && same_member (&now, desired, member);
}

/* Of a rule of ours: nothing beyond our lines is desired of it. */
static void
build_anew (const struct s3_rules *kind, struct aws_tree *tree, struct aws_node *rule, const char *id, const struct lines *desired, const struct s3_place *place)
{
	const char *others = path_of_member (tree->arena, kind->set, id, ".other[");
	if (!others)
		tree->failed = true;
	else if (!lines_have_below (desired, others, strlen (others)))
		s3_beyond_drop (kind, tree, rule);
	kind->build (tree, rule, id, desired, place);
}

static void
merge_there (const struct s3_rules *kind, struct aws_tree *tree, struct aws_node *root, const struct lines *desired, const struct s3_place *place)
{
	unsigned number = 0;
	for (struct aws_node *rule = aws_node_child (root, kind->element), *next; rule; rule = next) {
		const char *id = id_of (rule, ++number, tree->arena), *member = id ? path_of_member (tree->arena, kind->set, id, "") : NULL;
		next = aws_node_again (rule);
		if (!member)
			tree->failed = true;
		else if (!lines_have_below (desired, member, strlen (member))) {
			if (place->there && lines_have_below (place->there, member, strlen (member)))
				aws_node_drop (root, rule);
		} else if (!is_as_desired (kind, rule, id, member, desired, tree->arena))
			build_anew (kind, tree, rule, id, desired, place);
	}
}

static bool
has_rule (const struct s3_rules *kind, const struct aws_node *root, const char *id, struct larder_arena *arena)
{
	unsigned number = 0;
	for (const struct aws_node *rule = aws_node_child (root, kind->element); rule; rule = aws_node_again (rule)) {
		const char *own = id_of (rule, ++number, arena);
		if (own && strcmp (own, id) == 0)
			return true;
	}
	return false;
}

bool
s3_rules_merge (const struct s3_rules *kind, struct aws_tree *tree, struct aws_node *root, const struct lines *desired, const struct s3_place *place)
{
	size_t length = strlen (kind->set);
	merge_there (kind, tree, root, desired, place);
	for (size_t n = 0; n < desired->count; n++) {
		const char *path = desired->at[n].path;
		if (strncmp (path, kind->set, length) != 0 || path[length] != '[')
			continue;
		const char *id = path_member (tree->arena, path + length);
		if (!id)
			tree->failed = true;
		if (!id || has_rule (kind, root, id, tree->arena))
			continue;
		struct aws_node *rule = aws_node_add (tree, root, kind->element, "");
		if (rule && aws_node_add (tree, rule, "ID", id))
			kind->build (tree, rule, id, desired, place);
	}
	return aws_node_child (root, kind->element) != NULL;
}

int
s3_rules_read (const struct s3_rules *kind, const char *body, size_t length, struct lines *lines, struct larder_error *error)
{
	struct aws_tree tree = { .arena = lines->arena };
	struct aws_node *root;
	int code = aws_tree_read (&tree, body, length, kind->root, &root, error);
	if (code == 0)
		s3_rules_tell (kind, root, lines);
	return code;
}

int
s3_rules_write (const struct s3_rules *kind, const struct s3_place *place, const struct lines *desired, const char *body, size_t length, struct buffer *into,
                struct larder_error *error)
{
	struct aws_tree tree = { .arena = desired->arena };
	struct aws_node *root;
	int code = aws_tree_read (&tree, body, length, kind->root, &root, error);
	if (code < 0 || !s3_rules_merge (kind, &tree, root, desired, place))
		return code;
	return aws_tree_write (&tree, root, S3_NAMESPACE, into, error);
}
