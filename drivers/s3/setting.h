/* setting.h: the settings of a bucket, each a document of its own below ?NAME: which lines it holds, and what becomes of it. Pure. */
#ifndef LARDER_S3_SETTING_H
#define LARDER_S3_SETTING_H

#include <larder/driver.h>
#include "lines.h"
#include "server.h"
#include "tree.h"

struct buffer;

/* What the documents name. `there`: the lines that were told when the desired ones were made, or NULL: what came into a document since is in neither, and stays. */
struct s3_place {
	const char *bucket, *partition, *region;     /* partition: "aws", of ARNs; region NULL: the first */
	const struct lines *there;
	const struct lines *secrets;                 /* of who reads by one: DIGEST = SECRET; or NULL */
};

struct s3_setting {
	const char *type;                 /* of the resource that it belongs to */
	const char *name;                 /* of the sub-resource */
	enum s3_feature feature;          /* that the row must have for any request */
	const char *none;                 /* code of the reply when nothing is set; NULL: it always is */
	bool stays;                       /* it can be changed, and not taken away: no DELETE, which some servers take for one of the bucket */
	const char *const *paths;         /* patterns of its lines, ended by NULL */
	/* The lines of a document. */
	int (*read) (const struct s3_place *place, const char *body, size_t length, struct lines *lines, struct larder_error *error);
	/* The document that is there ("" for none) with these lines and no others of its paths; what it has beyond them stays. Nothing in
	 * `into`: nothing is left of it. */
	int (*write) (const struct s3_place *place, const struct lines *desired, const char *body, size_t length, struct buffer *into, struct larder_error *error);
	const char *id;                   /* of the document that is ours, where there may be several; or NULL */
	/* What its first path says where nothing is set; then it is looked at only where that line is asked for, as few buckets have it. Or NULL. */
	const char *absent;
};

const struct s3_setting *s3_setting_at (size_t i);      /* NULL after the last */
/* The one that a line of this type belongs to; NULL. */
const struct s3_setting *s3_setting_of (const char *type, const char *path);
/* Do the lines of this setting differ? */
bool s3_setting_differs (const struct s3_setting *setting, const struct lines *one, const struct lines *other);
/* UNSUPPORTED, where the row does not have what the line needs; INVALID, where nobody has. */
int s3_setting_supports (const struct s3_server *server, const char *type, const struct larder_line *line, struct larder_error *error);

/* ---- documents that are lists of rules, each with an id: lifecycle, CORS, replication ---- */

struct s3_rules {
	const char *root, *element, *set;
	const char *const *told;          /* elements of a rule, "Filter/And/Prefix", that `tell` has lines for; ended by NULL */
	/* Are there lines for this text, or does it say nothing, because of what else is in the rule? May be NULL. */
	bool (*tells) (const struct aws_node *rule, const struct aws_node *parent, const struct aws_node *node, const char *path);
	void (*tell) (const struct aws_node *rule, const char *id, struct lines *lines);
	/* Makes the rule as the lines of its member say; what is beyond them went before. */
	void (*build) (struct aws_tree *tree, struct aws_node *rule, const char *id, const struct lines *desired, const struct s3_place *place);
};

/* The read and write of a setting that is such a list. */
int s3_rules_read (const struct s3_rules *kind, const char *body, size_t length, struct lines *lines, struct larder_error *error);
int s3_rules_write (const struct s3_rules *kind, const struct s3_place *place, const struct lines *desired, const char *body, size_t length, struct buffer *into,
                    struct larder_error *error);
void s3_rules_tell (const struct s3_rules *kind, const struct aws_node *root, struct lines *lines);
/* Rules whose lines are as desired stay as they are to the letter, those that were told and have no desired line go. false: none is left. */
bool s3_rules_merge (const struct s3_rules *kind, struct aws_tree *tree, struct aws_node *root, const struct lines *desired, const struct s3_place *place);

/* Which keys and tags a rule is for, of a lifecycle and of a replication: lines `prefix` and `tag`; and its Filter, made of those and of `larger-than`. */
#define S3_FILTER_TOLD_AT(at) at "Prefix", at "Tag/Key", at "Tag/Value"
#define S3_FILTER_TOLD S3_FILTER_TOLD_AT (""), S3_FILTER_TOLD_AT ("Filter/"), S3_FILTER_TOLD_AT ("Filter/And/")
void s3_filter_tell (const struct aws_node *rule, const char *id, struct lines *lines);
void s3_filter_build (struct aws_tree *tree, struct aws_node *rule, const char *id, const struct lines *desired);

/* What of a rule no other line tells, as SET[ID].other[ELEMENT]; and without it. */
void s3_beyond_tell (const struct s3_rules *kind, const struct aws_node *rule, const char *id, struct lines *lines);
void s3_beyond_drop (const struct s3_rules *kind, struct aws_tree *tree, struct aws_node *rule);

#define S3_SETTING(name) \
	int s3_##name##_read (const struct s3_place *place, const char *body, size_t length, struct lines *lines, struct larder_error *error); \
	int s3_##name##_write (const struct s3_place *place, const struct lines *desired, const char *body, size_t length, struct buffer *into, struct larder_error *error)
S3_SETTING (versioned);
S3_SETTING (encryption);
S3_SETTING (tagging);
S3_SETTING (public_access);
S3_SETTING (ownership);
S3_SETTING (lifecycle);
S3_SETTING (cors);
S3_SETTING (policy);
S3_SETTING (replication);
S3_SETTING (tiering);
#define S3_TIERING_ID "larder"

/* ---- who reads by a secret: in lines it is its digest ---- */
#define S3_BY_SECRET "referer sha256:"
bool s3_is_by_secret (const char *principal);

/* ---- the role that copies, where it is made here: larder-KIND-BUCKET ---- */
#define S3_ROLE_KIND "copies"
#define S3_ROLE_SERVICE "s3.amazonaws.com"
/* What it may do, for rules as the lines have them: a policy, in the arena of the lines. `source_key`: of what is copied, or NULL. */
int s3_replication_rights (const struct s3_place *place, const char *source_key, const struct lines *lines, const char **ret, struct larder_error *error);

/* ---- terraform.c ---- */
int s3_terraform (const struct s3_place *place, const char *backend, const struct larder_export *request, const struct larder_sink *sink, struct larder_error *error);

#endif
