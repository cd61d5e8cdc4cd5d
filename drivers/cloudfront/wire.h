/* wire.h: requests to CloudFront, and what is in its documents. Pure. */
#ifndef CLOUDFRONT_WIRE_H
#define CLOUDFRONT_WIRE_H

#include <larder/driver.h>
#include "aws.h"
#include "lines.h"
#include "tree.h"

#define CF_TAG "larder:id"               /* by which a distribution is known again */
#define CF_BY_TAG "tag:"                 /* before NAME=VALUE of a certificate */
#define CF_HOME "us-east-1"              /* where certificates for CloudFront lie */
#define CF_IDENTITY_PATH "origin-access-identity/cloudfront/"    /* before the id of an OAI */

/* As whom an origin is read, OAC or OAI. Ours has our name; there are others. Texts in the arena. */
struct cf_access {
	const char *origin;              /* id of the origin */
	const char *kind, *id;           /* "oac" or "oai" */
	const char *name, *comment, *etag;
	const char *otherwise;           /* why it does not let anybody read as it should, "signing never"; NULL */
	struct cf_access *next;
};

/* A distribution as it was found; id NULL: none. `tags`: what Items of a Tags document holds. */
struct cf_state {
	const char *id, *arn, *etag, *status, *domain;
	struct aws_tree tree;
	struct aws_node *config, *tags;
	struct cf_access *access;
	const char *asked, *certificate; /* what it is asked for by, and the ARN that was found; or both NULL */
};

/* ---- request.c ---- */

/* `path` below the version of the interface; a write of something that is there takes its etag. */
void cf_request (struct aws_request *request, struct larder_arena *arena, const char *method, const char *path, const char *etag);
void cf_request_body (struct aws_request *request, const struct buffer *body);
/* Its name where names are few and plain: readable, and of this identity alone. NULL: no memory. */
const char *cf_name (const char *identity, struct larder_arena *arena);
/* Documents, into an empty buffer. `config` NULL: the tags of the lines alone, none of them ours. */
int cf_document (const struct aws_tree *tree, const struct aws_node *config, struct buffer *into, struct larder_error *error);
int cf_document_tagged (const struct aws_tree *tree, const struct aws_node *config, const char *identity, const struct lines *desired, struct buffer *into,
                        struct larder_error *error);
int cf_document_access (struct larder_arena *arena, const char *kind, const char *name, const char *comment, struct buffer *into, struct larder_error *error);
/* What is to be set, and what is to go; 0 for nothing, or how many. */
int cf_tags_set (const struct lines *is, const struct lines *will, struct larder_arena *arena, struct buffer *into, struct larder_error *error);
int cf_tags_gone (const struct lines *is, const struct lines *will, struct larder_arena *arena, struct buffer *into, struct larder_error *error);

/* ---- paths.c: invalidations ---- */

/* What viewers ask for is encoded but for what RFC 3986 leaves alone; in an invalidation only what RFC 1738 calls unsafe, and all beyond ASCII, may be. Of these,
 * and of '~', which is unsafe by one and left alone by the other, the two are not the same text. */
#define CF_UNMATCHED "!$&'()*+,:;=?@~"
/* Encoded as the service wants it. `asked`: an argument of an action "invalidate". INVALID a name that it does not match reliably, UNSUPPORTED an
 * argument that it does not know. */
int cf_path (const struct larder_pair *asked, struct buffer *into, struct larder_error *error);
/* As many of them as it takes at a time. */
int cf_document_invalidation (struct larder_arena *arena, const struct larder_action *action, size_t *ret_taken, struct buffer *into, struct larder_error *error);
struct cf_invalidation { const char *id, *status; };
int cf_invalidation_read (const char *body, size_t length, struct larder_arena *arena, struct cf_invalidation *ret, struct larder_error *error);

/* ---- trusted.c: keys that edges hold signatures against ---- */

/* Ids of the public keys of a group, the first of them, and so on by aws_node_again; NULL: it has none. */
int cf_key_group_read (const char *body, size_t length, struct larder_arena *arena, const struct aws_node **ret_first, struct larder_error *error);
/* A public key, in PEM. */
int cf_public_key_read (const char *body, size_t length, struct larder_arena *arena, const char **ret_pem, struct larder_error *error);

/* ---- lines.c: from documents to lines ---- */

/* The whole state, unsorted. A key group and a policy of headers are told as of all behaviors where `asked` has them, or is NULL, else of each; and who
 * reads is told of an origin that it has. */
void cf_tell (const struct cf_state *state, const struct lines *asked, struct lines *lines);
/* As whom an origin is read by its configuration: kind and id; false: as nobody. */
bool cf_access_of (const struct aws_node *origin, const char **ret_kind, const char **ret_id);
/* The one of that origin; NULL. */
const struct cf_access *cf_access_for (const struct cf_access *access, const char *origin);
/* What a GET of an OAC or OAI tells. */
int cf_access_read (const char *body, size_t length, const char *kind, struct larder_arena *arena, struct cf_access *ret, struct larder_error *error);
/* Value of a tag; NULL. */
const char *cf_tag (const struct aws_node *tags, const char *key);

/* ---- rest.c: what no other line stands for, each element by its name ---- */

enum cf_rest { CF_REST_OF_CONFIG, CF_REST_OF_ORIGIN, CF_REST_OF_BEHAVIOR };
/* SET[ELEMENT] = what it says, short. What the service has it say by itself is not told. */
void cf_rest_tell (enum cf_rest rest, struct aws_node *node, const char *set, struct lines *lines);
/* Those that are told and are not to be are as the service has them by itself. */
void cf_rest_take (enum cf_rest rest, struct aws_tree *tree, struct aws_node *node, const char *set, const struct lines *is, const struct lines *will);

/* One that is long, or could be another as well, ends with a digest of the whole. NULL: no memory. */
const char *cf_rest_text (const struct aws_node *node, struct larder_arena *arena);

/* ---- groups.c: an origin, and the one that is asked where it fails ---- */

/* Of the group, and how many codes: when that is. NULL: no memory. */
const char *cf_group_name (const char *origin, struct larder_arena *arena);
const char *const *cf_group_codes (size_t *ret_count);
/* Those of others, and of an origin that `asked` has not, are told as other[OriginGroups/ID]. */
void cf_groups_tell (struct lines *lines, const struct aws_node *config, const struct lines *asked);
/* After the origins, and before the behaviors that ask them. */
void cf_groups_change (struct aws_tree *tree, struct aws_node *config, const struct lines *is, const struct lines *will);
/* Which origin a behavior asks, alone or with the other one. */
void cf_target_tell (struct lines *lines, const struct aws_node *config, const struct aws_node *behavior, const char *name);
/* CONFLICT for a behavior, somebody's that stays, which asks what is there no more: the service would refuse all of it. */
int cf_targets_check (const struct aws_node *config, struct larder_error *error);
void cf_target_change (struct aws_tree *tree, struct aws_node *behavior, const char *name, const struct lines *is, const struct lines *will);

/* ---- terraform.c ---- */

int cf_terraform (const char *backend, const struct larder_export *request, const struct larder_sink *sink, struct larder_error *error);

/* ---- document.c, behavior.c: from lines to documents ---- */

/* A configuration that serves nothing yet. */
int cf_config_begin (struct aws_tree *tree, const char *reference, struct aws_node **ret, struct larder_error *error);
/* Changes what differs between the lines; all else stays. Origins whose access differs get what `access` has for them. INVALID for what CloudFront cannot
 * reach. */
int cf_config_change (struct aws_tree *tree, struct aws_node *config, const struct lines *is, const struct lines *will, const struct cf_access *access,
                      struct larder_error *error);
/* Off, and its origins read as nobody. */
void cf_config_off (struct aws_tree *tree, struct aws_node *config);
bool cf_config_is_off (const struct aws_node *config);
bool cf_differs (const struct lines *is, const struct lines *will, const char *path);
/* Is it read as somebody else, or otherwise? */
bool cf_access_differs (const struct lines *is, const struct lines *will, const char *origin);
/* Is a line of SET[… another, or on one side alone? */
bool cf_set_differs (const struct lines *is, const struct lines *will, const char *set);
/* The child of that name, made when it is not there. */
struct aws_node *cf_child_of (struct aws_tree *tree, struct aws_node *parent, const char *name);
/* As many as there are Items; none of those leaves none. */
void cf_set_quantity (struct aws_tree *tree, struct aws_node *at, const char *item);
/* Makes `at` a list of the members of a set: Quantity and Items. */
void cf_set_members (struct aws_tree *tree, struct aws_node *at, const char *item, const struct lines *will, const char *set);
void cf_behaviors_change (struct aws_tree *tree, struct aws_node *config, const struct lines *is, const struct lines *will);

/* ---- signed.c ---- */

/* Does the short form say all? Then no policy goes with it. */
bool cf_is_canned (const struct larder_url *request);
/* What is signed. */
int cf_policy_text (const struct larder_url *request, struct buffer *into, struct larder_error *error);
struct cf_signature { const char *key_id, *policy; bool sha1; const unsigned char *bytes; size_t length; };
/* The address with its signature, or the cookies. */
int cf_signed_text (const struct larder_url *request, const struct cf_signature *signature, struct buffer *into, struct larder_error *error);

/* ---- both ways: what is one text of the document ---- */

enum cf_kind { CF_TEXT, CF_BOOL, CF_ALL };       /* CF_ALL: yes is "all", no is "none" */
struct cf_field { const char *path, *element; enum cf_kind kind; bool stays; };      /* stays: without a line, as it is; else it goes */
extern const struct cf_field cf_fields[], cf_behavior_fields[];                 /* each ends with a NULL path */
const char *cf_shown (enum cf_kind kind, const char *text);
const char *cf_written (enum cf_kind kind, const char *value);

/* Headers by which S3 knows a request of a script of another site. */
bool cf_is_cors_header (const char *name);
#define CF_CORS_HEADERS { "Access-Control-Request-Headers", "Access-Control-Request-Method", "Origin" }
enum { CF_CORS_HEADER_COUNT = 3 };
#define CF_OTHERWISE "otherwise"                /* what behaviors say differently */

#endif
