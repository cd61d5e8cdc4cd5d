/* rights.c: what a role must be allowed of a bucket, of who may read it and of what is copied from it. */
#include "s3.h"

#include <string.h>

#include "arena.h"
#include "buffer.h"
#include "error.h"
#include "policy.h"
#include "role.h"
#include "setting.h"

static void
allow_bucket (struct aws_asked *asked, const char *sid, const char *const *actions)
{
	aws_policy_allow (asked->policy, sid, NULL, actions);
	aws_policy_on (asked->policy, "arn:%s:s3:::%s", asked->partition, asked->request->identity);
}

static void
allow_objects (struct aws_asked *asked, const char *sid, const char *const *actions)
{
	aws_policy_allow (asked->policy, sid, NULL, actions);
	aws_policy_on (asked->policy, "arn:%s:s3:::%s/*", asked->partition, asked->request->identity);
}

/* ---- objects ---- */

static void
allow_key (struct aws_asked *asked, bool writes)
{
	const char *name = lines_value (&asked->desired, "encryption-key");
	const struct aws_key key = { name, asked->region, "s3" };
	if (name)
		aws_policy_key (asked->policy, writes ? "S3Write" : "S3Read", writes ? ACTIONS ("kms:Decrypt", "kms:GenerateDataKey") : ACTIONS ("kms:Decrypt"), &key);
}

/* `value`: NULL for any. */
static bool
has_line (const struct lines *lines, const char *path, const char *value)
{
	for (size_t n = 0; n < lines->count; n++)
		if (path_matches (path, lines->at[n].path) && (!value || strcmp (lines->at[n].value, value) == 0))
			return true;
	return false;
}

/* Do the sections put objects where they are restored before they are read? What a command alone names gives nobody the right. */
static bool
archives (const struct aws_asked *asked)
{
	static const struct { const char *class, *transition; } deep[] = { { "GLACIER", "rule[*].transition[GLACIER].days" }, { "DEEP_ARCHIVE", "rule[*].transition[DEEP_ARCHIVE].days" } };
	const char *tiers = lines_value (&asked->desired, "tiering");
	bool any = tiers && strstr (tiers, "ARCHIVE_ACCESS");
	for (size_t n = 0; n < sizeof deep / sizeof *deep; n++)
		any = any || has_line (&asked->desired, deep[n].transition, NULL) || has_line (&asked->facts, "class", deep[n].class)
			|| has_line (&asked->facts, "view[*].class", deep[n].class) || has_line (&asked->facts, "copy[*].class", deep[n].class);
	return any;
}

/* Tags go with what is copied: a reader has nowhere to copy to. */
static void
allow_data (struct aws_asked *asked, const struct s3 *s3, bool writes)
{
	bool versions = lines_value (&asked->desired, "versioning");         /* yes, or no more: there may be old ones */
	allow_bucket (asked, "S3List", ACTIONS ("s3:ListBucket"));
	allow_objects (asked, "S3Read", ACTIONS ("s3:GetObject"));
	if (versions) {
		allow_bucket (asked, "S3ListVersions", ACTIONS ("s3:ListBucketVersions"));
		allow_objects (asked, "S3ReadVersions", ACTIONS ("s3:GetObjectVersion"));
	}
	if (writes) {
		allow_bucket (asked, "S3Uploads", ACTIONS ("s3:ListBucketMultipartUploads"));
		allow_objects (asked, "S3Write", ACTIONS ("s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObjectTagging", "s3:ListMultipartUploadParts", "s3:PutObject", "s3:PutObjectTagging"));
	}
	if (writes && s3_server_can (s3->server, S3_RESTORE) && archives (asked))
		allow_objects (asked, "S3Restore", ACTIONS ("s3:RestoreObject"));
	if (writes && versions)
		allow_objects (asked, "S3WriteVersions", ACTIONS ("s3:GetObjectVersionTagging"));
	allow_key (asked, writes);
}

/* ---- settings ---- */

/* What each is called in a Sid, and by IAM. */
static const struct words { const char *setting, *word, *get, *put, *remove; } settings[] = {
	{ "ownershipControls", "Ownership", "s3:GetBucketOwnershipControls", "s3:PutBucketOwnershipControls", NULL },
	{ "publicAccessBlock", "Block", "s3:GetBucketPublicAccessBlock", "s3:PutBucketPublicAccessBlock", NULL },
	{ "encryption", "Encryption", "s3:GetEncryptionConfiguration", "s3:PutEncryptionConfiguration", NULL },
	{ "versioning", "Versioning", "s3:GetBucketVersioning", "s3:PutBucketVersioning", NULL },
	{ "tagging", "Tags", "s3:GetBucketTagging", "s3:PutBucketTagging", NULL },
	{ "lifecycle", "Lifecycle", "s3:GetLifecycleConfiguration", "s3:PutLifecycleConfiguration", NULL },
	{ "cors", "Cors", "s3:GetBucketCORS", "s3:PutBucketCORS", NULL },
	{ "intelligent-tiering", "Tiering", "s3:GetIntelligentTieringConfiguration", "s3:PutIntelligentTieringConfiguration", NULL },
	{ "policy", "Policy", "s3:GetBucketPolicy", "s3:PutBucketPolicy", "s3:DeleteBucketPolicy" },
	{ "replication", "Replication", "s3:GetReplicationConfiguration", "s3:PutReplicationConfiguration", NULL },
};
enum { SETTINGS = sizeof settings / sizeof *settings };

static const struct words *
words_of (const struct s3_setting *setting)
{
	size_t n = 0;
	while (n < SETTINGS - 1 && strcmp (settings[n].setting, setting->name) != 0)
		n++;
	return &settings[n];
}

static bool
is_desired (const struct aws_asked *asked, const char *setting)
{
	for (size_t n = 0; n < asked->desired.count; n++) {
		const struct s3_setting *of = s3_setting_of (asked->request->type, asked->desired.at[n].path);
		if (of && strcmp (of->name, setting) == 0)
			return true;
	}
	return false;
}

/* Every setting of a bucket is looked at (but for those that few have), those that are desired are written; which, the Sid says. */
static void
allow_settings (struct aws_asked *asked, const struct s3 *s3)
{
	const char *gets[SETTINGS + 3] = { "s3:CreateBucket", "s3:ListBucket" }, *puts[2 * SETTINGS + 1] = { NULL };
	const char *type = asked->request->type;
	size_t got = 2, put = 0;
	const struct s3_setting *setting;
	CLEANUP_BUFFER struct buffer set;
	buffer_init (&set, 200);
	buffer_add_text (&set, "S3");
	for (size_t n = 0; (setting = s3_setting_at (n)); n++) {
		const struct words *words = words_of (setting);
		if (strcmp (type, "bucket") == 0 && strcmp (setting->type, type) != 0 && s3_server_can (s3->server, setting->feature))
			gets[got++] = words->get;        /* what of ours is there still, though no section asks for it any more */
		if (strcmp (setting->type, type) != 0 || !s3_server_can (s3->server, setting->feature) || (setting->absent && !is_desired (asked, setting->name)))
			continue;
		if (setting->absent)             /* not with what is looked at of all */
			puts[put++] = words->get;
		else if (strcmp (type, "bucket") == 0)
			gets[got++] = words->get;
		if (strcmp (type, "bucket") == 0 && !is_desired (asked, setting->name))
			continue;
		buffer_add_text (&set, words->word);
		puts[put++] = words->put;
		if (words->remove)
			puts[put++] = words->remove;
	}
	if (strcmp (type, "bucket") == 0)
		allow_bucket (asked, "S3Buckets", gets);
	if (!asked->request->stays)              /* not taken from objects that stay: core looks for some first */
		allow_bucket (asked, "S3Held", ACTIONS ("s3:ListBucketMultipartUploads", "s3:ListBucketVersions"));
	if (put)
		allow_bucket (asked, buffer_text (&set), puts);
}

static int
allow_role (struct aws_asked *asked, struct larder_error *error)
{
	const char *role = lines_value (&asked->desired, "role"), *name;
	if (!role || strcmp (role, "auto") != 0) {
		if (role)
			aws_policy_pass (asked->policy, role, S3_ROLE_SERVICE);
		return 0;
	}
	int code = aws_role_name (S3_ROLE_KIND, asked->request->identity, asked->desired.arena, &name, error);
	if (code == 0)
		aws_policy_role (asked->policy, name, S3_ROLE_SERVICE);
	return code;
}

static int
allow_operator (struct aws_asked *asked, const struct s3 *s3, struct larder_error *error)
{
	allow_settings (asked, s3);
	if (strcmp (asked->request->type, "bucket") == 0 && !asked->request->stays)
		allow_bucket (asked, "S3Remove", ACTIONS ("s3:DeleteBucket"));
	return strcmp (asked->request->type, "replication") == 0 ? allow_role (asked, error) : 0;
}

static int
allow_all (struct aws_asked *asked, const void *driver, struct larder_error *error)
{
	if (strcmp (asked->request->role, "operator") == 0)
		return allow_operator (asked, driver, error);
	if (strcmp (asked->request->type, "bucket") == 0)
		allow_data (asked, driver, strcmp (asked->request->role, "worker") == 0);
	return 0;
}

int
s3_policy (void *self, struct larder_call *call, const struct larder_policy *request, const struct larder_sink *sink, uint64_t *ret_most, struct larder_error *error)
{
	const char *region = aws_client_region (((const struct s3 *) self)->client);
	(void) call;
	return aws_policy_write (request, region ? region : "us-east-1", allow_all, self, sink, ret_most, error);
}
