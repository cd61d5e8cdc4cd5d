/* control.h: one instance of the module, what it asks, and a file system as it was found. */
#ifndef EFS_CONTROL_CONTROL_H
#define EFS_CONTROL_CONTROL_H

#define LARDER_API_VERSION 0
#include "body.h"
#include "wire.h"

struct control {
	struct aws_settings aws;
	const char *name, *server;
	bool read_only;
	struct aws_client *files, *network, *keys;    /* EFS, EC2, KMS */
};

/* One act or look at a resource: who asks, and what was found. */
struct work {
	struct control *control;
	struct larder_call *call;
	struct larder_arena *arena;
	const struct larder_resource *resource;
	struct lines desired, told;                   /* told: what was seen before, of a change */
	struct share share;
	const char *key;                              /* ARN of the key that is asked for, or NULL */
	bool reached;                                 /* is there anything of a network, asked for or there? */
};

/* ---- control.c: exchanges ---- */
/* One request; `body` of JSON (or NULL) is taken. The reply parsed, to be freed by json_decref, or dropped when `ret` is NULL. A refusal with the
 * code `forgiven` (NULL: none) is 1. */
int files_ask (struct work *work, const char *method, const char *path, json_t *body, const char *forgiven, json_t **ret, struct larder_error *error);
int network_ask (struct work *work, const char *action, const struct larder_pair *pairs, size_t count, const char *forgiven, json_t **ret, struct larder_error *error);
int key_ask (struct work *work, const char *key, json_t **ret, struct larder_error *error);
/* Waits; a cancel ends it. */
int work_rest (struct work *work, int64_t ns, struct larder_error *error);

/* ---- find.c ---- */
/* All there is: what was asked for looked up, then the file system with what belongs to it. 1, 0: it is not there, or a code. */
int work_begin (struct work *work, void *self, struct larder_call *call, const struct larder_resource *resource, struct larder_error *error);
void work_end (struct work *work);
/* All pages of a list. */
int files_list (struct work *work, const char *path, const char *key, json_t **ret, struct larder_error *error);
int find_targets (struct work *work, json_t **ret, struct larder_error *error);
int find_policy (struct work *work, struct larder_error *error);              /* into share->policy */
int find_points (struct work *work, struct larder_error *error);              /* into share->points */
/* enum larder_resource_state of all of it, and as the service calls it, with what it is the state of. */
uint32_t work_state (const struct work *work, const char **ret_words);

/* ---- network.c ---- */
/* VPC, subnets and groups that are asked for, into share->names; INVALID for two subnets of one zone. */
int network_look_up (struct work *work, struct larder_error *error);
/* Security groups that are ours, and the one that is meant by name. */
int network_groups (struct work *work, struct larder_error *error);
/* What else is behind those that are ours; NULL: nothing. */
int network_users (struct work *work, const char **ret, struct larder_error *error);

/* ---- rights.c ---- */
int control_policy (void *self, struct larder_call *call, const struct larder_policy *request, const struct larder_sink *sink, uint64_t *ret_most, struct larder_error *error);

/* ---- change.c, reach.c, remove.c ---- */
int control_create (void *self, struct larder_call *call, const struct larder_resource *resource, struct larder_error *error);
int control_update (void *self, struct larder_call *call, const struct larder_resource *resource, struct larder_error *error);
int control_remove (void *self, struct larder_call *call, const struct larder_resource *resource, struct larder_error *error);
/* INVALID, DENIED, CANCELLED: nothing may be written. */
int work_may_write (struct work *work, struct larder_error *error);
/* Security group, then mount targets behind it. */
int reach_set (struct work *work, struct larder_error *error);
/* CONFLICT while something still uses it. */
int reach_remove_group (struct work *work, const json_t *group, struct larder_error *error);

#endif
