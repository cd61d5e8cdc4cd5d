/* setting-plain.c: versioning, encryption, tags, the block of public access, ownership. */
#include "setting.h"

#include <stdio.h>
#include <string.h>

#include "arena.h"
#include "buffer.h"
#include "error.h"
#include "reply.h"
#include "request.h"

/* ---- versioning ---- */

static int
on_mfa_delete (void *context, const char *path, const char *text, struct larder_error *error)
{
	bool *on = context;
	(void) error;
	*on = *on || (strcmp (path, "MfaDelete") == 0 && strcmp (text, "Enabled") == 0);
	return 0;
}

/* Of a document that was read as one already. */
static bool
has_mfa_delete (const char *body, size_t length)
{
	bool on = false;
	const struct s3_reader reader = { NULL, on_mfa_delete, &on };
	return s3_reply_read (body, length, S3_VERSIONING_ROOTS, &reader, NULL) == 0 && on;
}

int
s3_versioned_read (const struct s3_place *place, const char *body, size_t length, struct lines *lines, struct larder_error *error)
{
	const char *status = "";
	(void) place;
	int code = s3_reply_versioning (body, length, lines->arena, &status, error);
	if (code == 0 && *status)
		lines_add (lines, "versioning", strcmp (status, "Enabled") == 0 ? "yes" : "no");
	if (code == 0 && has_mfa_delete (body, length))
		lines_add (lines, "mfa-delete", "yes");
	return code;
}

int
s3_versioned_write (const struct s3_place *place, const struct lines *desired, const char *body, size_t length, struct buffer *into, struct larder_error *error)
{
	const char *value = lines_value (desired, "versioning");
	if (has_mfa_delete (body, length))
		return larder_fail_next (error, LARDER_E_UNSUPPORTED, "the owner of the account does it, with his device: aws s3api put-bucket-versioning --mfa", "versions of bucket '%s' are kept by MFA delete, which nobody else changes", place->bucket);
	if (!value)
		return larder_fail_next (error, LARDER_E_UNSUPPORTED, "write versioning = no in its [store], which suspends it", "bucket '%s' had versions once: it cannot be one without again", place->bucket);
	buffer_printf (into, "<VersioningConfiguration xmlns=\"" S3_NAMESPACE "\"><Status>%s</Status></VersioningConfiguration>", strcmp (value, "yes") == 0 ? "Enabled" : "Suspended");
	return 0;
}

/* ---- encryption ---- */

#define ENCRYPTION "ServerSideEncryptionConfiguration"
#define DEFAULT "Rule/ApplyServerSideEncryptionByDefault/"
#define BUCKET_KEY "Rule/BucketKeyEnabled"

/* Without it, and with "false", each object has a key of its own. */
static bool
has_bucket_key (const struct aws_node *root)
{
	const char *flag = aws_node_text (root, BUCKET_KEY);
	return flag && strcmp (flag, "true") == 0;
}

int
s3_encryption_read (const struct s3_place *place, const char *body, size_t length, struct lines *lines, struct larder_error *error)
{
	struct aws_tree tree = { .arena = lines->arena };
	struct aws_node *root;
	(void) place;
	int code = aws_tree_read (&tree, body, length, ENCRYPTION, &root, error);
	if (code < 0)
		return code;
	lines_add (lines, "encryption", aws_node_text (root, DEFAULT "SSEAlgorithm"));
	lines_add (lines, "encryption-key", aws_node_text (root, DEFAULT "KMSMasterKeyID"));
	lines_add (lines, "bucket-key", has_bucket_key (root) ? "yes" : NULL);
	return 0;
}

/* Which kinds of encryption are refused stays. */
int
s3_encryption_write (const struct s3_place *place, const struct lines *desired, const char *body, size_t length, struct buffer *into, struct larder_error *error)
{
	const char *how = lines_value (desired, "encryption");
	struct aws_tree tree = { .arena = desired->arena };
	struct aws_node *root;
	(void) place;
	int code = aws_tree_read (&tree, body, length, ENCRYPTION, &root, error);
	if (code < 0 || !how)
		return code;
	aws_node_set (&tree, root, DEFAULT "SSEAlgorithm", how);
	aws_node_set (&tree, root, DEFAULT "KMSMasterKeyID", strncmp (how, "aws:kms", 7) == 0 ? lines_value (desired, "encryption-key") : NULL);
	if (has_bucket_key (root) && !lines_find (desired, "bucket-key"))
		aws_node_set (&tree, root, BUCKET_KEY, "false");
	return aws_tree_write (&tree, root, S3_NAMESPACE, into, error);
}

/* ---- tags ---- */

int
s3_tagging_read (const struct s3_place *place, const char *body, size_t length, struct lines *lines, struct larder_error *error)
{
	struct larder_pairs tags = { 0 };
	(void) place;
	int code = s3_reply_tags (body, length, lines->arena, &tags, error);
	for (size_t i = 0; code == 0 && i < tags.count; i++)
		lines_add_in (lines, "tag", larder_pair_at (&tags, i)->name, "", larder_pair_at (&tags, i)->value);
	return code;
}

/* One without a value makes no line, and one that came since was not told: nobody's here, they stay. */
static void
merge_tags (struct aws_tree *tree, struct aws_node *set, const struct lines *desired, const struct lines *there)
{
	for (struct aws_node *tag = aws_node_child (set, "Tag"), *next; tag; tag = next) {
		const char *key = aws_node_text (tag, "Key"), *wanted = key ? lines_in (desired, "tag", key, "") : NULL;
		next = aws_node_again (tag);
		if (wanted)
			aws_node_set (tree, tag, "Value", wanted);
		else if (key && there && lines_in (there, "tag", key, ""))
			aws_node_drop (set, tag);
	}
}

static bool
has_tag (const struct aws_node *set, const char *key)
{
	for (const struct aws_node *tag = aws_node_child (set, "Tag"); tag; tag = aws_node_again (tag)) {
		const char *own = aws_node_text (tag, "Key");
		if (own && strcmp (own, key) == 0)
			return true;
	}
	return false;
}

int
s3_tagging_write (const struct s3_place *place, const struct lines *desired, const char *body, size_t length, struct buffer *into, struct larder_error *error)
{
	struct aws_tree tree = { .arena = desired->arena };
	struct aws_node *root, *set;
	int code = aws_tree_read (&tree, body, length, "Tagging", &root, error);
	if (code < 0)
		return code;
	set = aws_node_child (root, "TagSet") ? aws_node_child (root, "TagSet") : aws_node_add (&tree, root, "TagSet", "");
	if (!set)
		return larder_fail_memory (error);
	merge_tags (&tree, set, desired, place->there);
	for (size_t n = 0; n < desired->count; n++) {
		const char *key = strncmp (desired->at[n].path, "tag[", 4) == 0 ? path_member (tree.arena, desired->at[n].path + 3) : NULL;
		struct aws_node *tag = key && !has_tag (set, key) ? aws_node_add (&tree, set, "Tag", "") : NULL;
		if (tag) {
			aws_node_add (&tree, tag, "Key", key);
			aws_node_add (&tree, tag, "Value", desired->at[n].value);
		}
	}
	return set->first ? aws_tree_write (&tree, root, S3_NAMESPACE, into, error) : 0;
}

/* ---- the block of public access: four flags, one line ---- */

static const struct { const char *element, *word; } flags[] = {
	{ "BlockPublicAcls", "block-acls" }, { "IgnorePublicAcls", "ignore-acls" }, { "BlockPublicPolicy", "block-policy" }, { "RestrictPublicBuckets", "restrict-buckets" },
};
enum { FLAGS = sizeof flags / sizeof *flags };

int
s3_public_access_read (const struct s3_place *place, const char *body, size_t length, struct lines *lines, struct larder_error *error)
{
	struct aws_tree tree = { .arena = lines->arena };
	struct aws_node *root;
	char text[160] = "blocked";
	size_t open = 0;
	(void) place;
	int code = aws_tree_read (&tree, body, length, "PublicAccessBlockConfiguration", &root, error);
	for (size_t i = 0; code == 0 && i < FLAGS; i++) {
		const char *set = aws_node_text (root, flags[i].element);
		size_t used = strlen (text);
		if (!set || strcmp (set, "true") != 0)
			snprintf (text + used, sizeof text - used, "%s%s", open++ ? ", " : " but for ", flags[i].word);
	}
	if (code == 0)
		lines_add (lines, "public-access", open == FLAGS ? "open" : text);
	return code;
}

int
s3_public_access_write (const struct s3_place *place, const struct lines *desired, const char *body, size_t length, struct buffer *into, struct larder_error *error)
{
	const char *value = lines_value (desired, "public-access");
	(void) body, (void) length;
	if (!value || strcmp (value, "blocked") != 0)
		return larder_fail_next (error, LARDER_E_INVALID, "write public-access = blocked", "public access to bucket '%s' cannot be '%s'", place->bucket, value ? value : "");
	buffer_add_text (into, "<PublicAccessBlockConfiguration xmlns=\"" S3_NAMESPACE "\">");
	for (size_t i = 0; i < FLAGS; i++)
		s3_element (into, flags[i].element, "true");
	buffer_add_text (into, "</PublicAccessBlockConfiguration>");
	return 0;
}

/* ---- ownership ---- */

int
s3_ownership_read (const struct s3_place *place, const char *body, size_t length, struct lines *lines, struct larder_error *error)
{
	struct aws_tree tree = { .arena = lines->arena };
	struct aws_node *root;
	(void) place;
	int code = aws_tree_read (&tree, body, length, "OwnershipControls", &root, error);
	if (code == 0)
		lines_add (lines, "ownership", aws_node_text (root, "Rule/ObjectOwnership"));
	return code;
}

int
s3_ownership_write (const struct s3_place *place, const struct lines *desired, const char *body, size_t length, struct buffer *into, struct larder_error *error)
{
	const char *value = lines_value (desired, "ownership");
	(void) place, (void) body, (void) length, (void) error;
	if (!value)
		return 0;
	buffer_add_text (into, "<OwnershipControls xmlns=\"" S3_NAMESPACE "\"><Rule>");
	s3_element (into, "ObjectOwnership", value);
	buffer_add_text (into, "</Rule></OwnershipControls>");
	return 0;
}
