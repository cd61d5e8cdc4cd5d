/* backup.h: one instance of the driver, and a plan as it was found. */
#ifndef BACKUP_BACKUP_H
#define BACKUP_BACKUP_H

#define LARDER_API_VERSION 0
#include <pthread.h>

#include "body.h"
#include "wire.h"

/* An id that something was asked to be made by in this run, or a plan that was looked at, and how often. */
struct backup_asked { const char *id; unsigned count; struct backup_asked *next; };

struct backup {
	struct aws_settings aws;
	const char *name, *server;
	bool read_only;
	struct aws_client *client, *roles;          /* AWS Backup, IAM */
	pthread_mutex_t mutex;                      /* of what follows */
	struct larder_arena *arena;
	struct backup_asked *asked, *seen;
	pthread_mutex_t going;                      /* one plan at a time goes: the last that keeps to a vault takes it along */
};

/* One request, whose body of JSON (or NULL) is taken. The reply parsed, to be freed by json_decref; `*ret_forgiven` instead when the service refused
 * with the word `forgiven` (NULL: every refusal is a failure). */
int backup_ask (struct backup *backup, struct larder_call *call, struct larder_arena *arena, const char *method, const char *path, json_t *body, const struct larder_pair *query,
                const char *forgiven, json_t **ret, bool *ret_forgiven, struct larder_error *error);
int backup_refuse_read_only (const struct backup *backup, struct larder_error *error);

/* ---- find.c ---- */
/* 1 and the plan, to be ended; 0: there is none; or a code. */
int backup_find (struct backup *backup, struct larder_call *call, struct larder_arena *arena, const char *name, struct backup_state *ret, struct larder_error *error);
void backup_state_end (struct backup_state *state);
/* All pages of a list, joined; NULL `filter`: of all there is. */
int backup_list (struct backup *backup, struct larder_call *call, struct larder_arena *arena, const char *path, const struct larder_pair *filter, const char *key, json_t **ret,
                 struct larder_error *error);
/* How often that was noted in one of the lists, this time counted. */
int backup_note (struct backup *backup, struct backup_asked **list, const char *id, unsigned *ret, struct larder_error *error);
/* All plans, as the list tells them. */
int backup_plans (struct backup *backup, struct larder_call *call, struct larder_arena *arena, json_t **ret, struct larder_error *error);
/* All vaults, an array. */
int backup_vaults (struct backup *backup, struct larder_call *call, struct larder_arena *arena, json_t **ret, struct larder_error *error);

/* ---- role.c: role = auto ---- */
/* Of the selections (as find gives them), those of our role are told "auto", where it is as it should be, else "otherwise". */
int backup_role_tell (struct backup *backup, struct larder_call *call, struct larder_arena *arena, const char *name, struct backup_state *state, struct larder_error *error);
bool backup_role_used (const struct backup_state *state, struct larder_arena *arena, const char *name);
bool backup_role_asked (const struct lines *desired);
/* Makes it so, and puts its ARN where a line asks for it. */
int backup_role_set (struct backup *backup, struct larder_call *call, const char *name, struct lines *desired, struct larder_error *error);
int backup_role_remove (struct backup *backup, struct larder_call *call, struct larder_arena *arena, const char *name, struct larder_error *error);

/* ---- change.c ---- */
int backup_create (void *self, struct larder_call *call, const struct larder_resource *resource, struct larder_error *error);
int backup_update (void *self, struct larder_call *call, const struct larder_resource *resource, struct larder_error *error);
int backup_remove (void *self, struct larder_call *call, const struct larder_resource *resource, struct larder_error *error);

/* ---- jobs.c ---- */
/* Enum larder_action_state of what the service calls a job's, or a point's. */
uint32_t backup_state_of (const char *status);
int32_t backup_percent (const json_t *job);
int backup_backups (void *self, struct larder_call *call, const struct larder_backups *request, larder_backup_fn backup, void *context, struct larder_error *error);

/* ---- action.c ---- */
/* "backup", "restore". NOTFOUND. */
int backup_job (struct backup *backup, struct larder_call *call, struct larder_arena *arena, const char *kind, const char *id, json_t **ret, struct larder_error *error);
int backup_action_start (void *self, struct larder_call *call, const struct larder_action *action, const char **ret_token, struct larder_error *error);
int backup_action_poll (void *self, struct larder_call *call, const char *kind, const char *token, struct larder_progress *ret_progress, struct larder_error *error);

/* ---- rights.c ---- */
int backup_policy (void *self, struct larder_call *call, const struct larder_policy *request, const struct larder_sink *sink, uint64_t *ret_most, struct larder_error *error);

#endif
