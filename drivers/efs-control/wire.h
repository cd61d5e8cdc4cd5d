/* wire.h: requests to EFS, EC2 and KMS, what they reply, and a file system as lines. Pure. */
#ifndef EFS_CONTROL_WIRE_H
#define EFS_CONTROL_WIRE_H

#include <jansson.h>

#include <larder/driver.h>
#include "aws.h"
#include "lines.h"

#define TAG "larder:id"                /* of what is ours: the creation token */

/* All that is known of a file system. What is not there is NULL. */
struct share {
	json_t *system;                    /* FileSystemDescription */
	json_t *lifecycle;                 /* array of LifecyclePolicy */
	json_t *policy;                    /* document of its policy */
	json_t *points, *targets;          /* arrays of descriptions; a target has its SecurityGroups */
	json_t *groups;                    /* array of security groups: groupId, groupName, vpcId, ours, in, out (rules) */
	json_t *names;                     /* ids by what was asked for: {"tag:Name=prod": "vpc-1"} */
	json_t *zones;                     /* subnets that are asked for, as they are, by their zones */
	const char *token;                 /* its identity */
	const struct lines *told;          /* of a change: what was seen before it; NULL: nothing was */
	const char *through;               /* folder of the access point that the sections ask for; NULL: none */
	const char *vpc;                   /* of the network that is asked for */
	const char *backup;                /* status of its automatic backups */
};

const char *json_text (const json_t *object, const char *name);      /* "" where it has none of that name */
/* Is our tag among them, with that token? `key` and `value`: what the service calls the two. */
bool tags_are_ours (const json_t *tags, const char *key, const char *value, const char *token);

/* ---- request.c ---- */

/* Text in a query, in the arena; NULL: no memory. */
const char *efs_encoded (struct larder_arena *arena, const char *text);
/* `path` below the version; `body` is taken, or NULL. */
void efs_request (struct aws_request *request, struct larder_arena *arena, const char *method, const char *path, json_t *body);
void ec2_request (struct aws_request *request, struct larder_arena *arena, const char *action, const struct larder_pair *pairs, size_t count);
void kms_describe (struct aws_request *request, struct larder_arena *arena, const char *key);
/* Body of CreateFileSystem; NULL: a value that cannot be, told. */
json_t *efs_creation (const char *token, const struct lines *desired, const char *key, struct larder_error *error);
/* Mode and rate as the service has them, added to the object. */
int efs_throughput (json_t *into, const char *asked, struct larder_error *error);
/* LifecyclePolicies: one transition in each. INVALID for a number of days that the service does not have. */
int efs_lifecycle (const struct lines *desired, json_t **ret, struct larder_error *error);

/* ---- reply.c ---- */

/* EC2's XML as JSON: elements are members, `item`s an array, texts strings. */
int ec2_read (struct larder_arena *arena, const char *action, const char *body, size_t length, json_t **ret, struct larder_error *error);

/* ---- rules.c: who a security group admits ---- */

/* IpPermissions, taken apart: an array of {peer, kind, text, protocol, from, to}; text: "tcp 2049". */
json_t *rules_read (const json_t *permissions);
/* "open", "none" or "otherwise". */
const char *rules_egress (const json_t *rules);
/* Is the text one of a list that a line has? */
bool rules_has (const char *list, const char *text);
/* Parameters of an authorization or a revocation of one rule; how many. */
size_t rules_pairs (struct larder_arena *arena, const char *group, const json_t *rule, struct larder_pair ret[8]);
/* Has it the name that is desired, in the VPC that is asked for? NULL: no. */
bool group_is_wanted (const struct share *share, const json_t *group, const struct lines *desired);
/* Is it one that was made here, by what it is said to be for? A tag alone somebody else may have put there. */
#define GROUP_IS_FOR "who may mount "
bool group_is_made_here (const struct share *share, const json_t *group);
/* Is nothing but a group that was made here before it? Targets have no tags. */
bool target_is_ours (const struct share *share, const json_t *target);
/* The subnet that is asked for in its zone, which takes one target, instead of its own; NULL. */
const char *target_instead (const struct share *share, const json_t *target);
/* The group that is meant: the one that is wanted, else one of ours. */
const json_t *group_meant (const struct share *share, const struct lines *desired);

/* ---- point.c: access points ---- */

#define POINT_BESIDE "access-point-beside"     /* set of those that somebody else has for a folder of ours, by their ids */
const char *point_root (const json_t *point);
/* UID:GID and mode of its root folder, as lines have them: as desired has the mode, where that is the same. */
const char *point_owner (const json_t *point, struct larder_arena *arena);
const char *point_mode (const json_t *point, const char *desired);
bool point_is_ours (const json_t *point, const char *token);
/* Is it as the lines of its folder want it? */
bool point_fits (const json_t *point, const struct lines *desired);
/* Is it ours, of a folder that is asked for, and as it is to be? */
bool point_is_meant (const struct share *share, const json_t *point, const struct lines *desired);
/* Body of CreateAccessPoint; NULL: the lines do not say enough, told. The token is of what it is to be: asked again it makes no second one. */
json_t *point_creation (const struct share *share, const char *root, const struct lines *desired, struct larder_error *error);

/* ---- policy.c ---- */

/* What a statement of ours says of `what` (tls, access-point): NULL: nothing, "yes", or "otherwise". */
const char *policy_tells (const struct share *share, const char *what, const struct lines *desired);
/* A line for each statement of somebody else. */
void policy_tell_others (const struct share *share, struct lines *ret);
/* The document as it is to be, statements of others that are desired with it; an empty list of statements: none. NULL: no memory, or no access point to name. */
json_t *policy_wanted (const struct share *share, const struct lines *desired, struct larder_error *error);

/* Our statements: over TLS alone, through this access point alone (NULL: any); neither: none. */
void policy_add (json_t *statements, const char *arn, bool tls, const char *point);

/* ---- terraform.c ---- */

int share_terraform (const char *backend, const struct larder_export *request, const struct larder_sink *sink, struct larder_error *error);

/* ---- lines.c ---- */

void share_lines (const struct share *share, const struct lines *desired, struct lines *ret);
/* What was asked for, when the id is the answer; else the id. */
const char *share_as_asked (const struct share *share, const char *id);
/* The id of what was asked for; itself where nobody looked it up. */
const char *share_id (const struct share *share, const char *asked);
/* Several values of one line: in order, each once. NULL and "" are none. */
enum { VALUES_MOST = 64 };
struct values { const char *at[VALUES_MOST]; size_t count; };
void values_add (struct values *values, const char *text);
/* "" for none, or no memory. */
const char *values_join (const struct values *values, struct larder_arena *arena);

#endif
