/* rds.h: one instance of the driver, and one exchange. */
#ifndef RDS_RDS_H
#define RDS_RDS_H

#define LARDER_API_VERSION 0
#include <pthread.h>

#include "wire.h"

/* A restored instance that was set right in this run, and what it did not take: bits of traits. */
struct rds_settled { const char *name; uint64_t left; struct rds_settled *next; };

struct rds {
	struct aws_settings aws;
	const char *name, *server;
	bool read_only;
	struct aws_client *client;
	pthread_mutex_t mutex;              /* of what follows */
	struct larder_arena *arena;
	struct rds_settled *settled;
};

/* 0 also when the service refused: then its fault is in the reply. */
int rds_exchange (struct rds *rds, struct larder_call *call, struct larder_arena *arena, struct aws_request *request, const char *what, struct aws_reply *ret,
                  struct larder_error *error);
bool rds_is_refusal (const struct aws_reply *reply, const char *word);
/* 1 and the reply; 0: the service knows no such thing, which it calls `absent`; or a code. */
int rds_look (struct rds *rds, struct larder_call *call, struct larder_arena *arena, struct aws_request *request, const char *what, const char *absent, struct aws_reply *ret,
              struct larder_error *error);
/* 1 and the instance, 0: there is none, or a code. */
int rds_find (struct rds *rds, struct larder_call *call, struct larder_arena *arena, const char *name, struct rds_instance *ret, struct larder_error *error);
int rds_refuse_read_only (const struct rds *rds, struct larder_error *error);

/* ---- restore.c ---- */
int rds_action_start (void *self, struct larder_call *call, const struct larder_action *action, const char **ret_token, struct larder_error *error);
int rds_action_poll (void *self, struct larder_call *call, const char *kind, const char *token, struct larder_progress *ret_progress, struct larder_error *error);

/* ---- snapshot.c ---- */
/* 1 and the snapshot, 0: there is none, or a code. */
int rds_find_snapshot (struct rds *rds, struct larder_call *call, struct larder_arena *arena, const char *name, struct rds_snapshot *ret, struct larder_error *error);
int rds_backups (void *self, struct larder_call *call, const struct larder_backups *request, larder_backup_fn backup, void *context, struct larder_error *error);
/* The action "copy". */
int rds_copy_start (void *self, struct larder_call *call, const struct larder_action *action, const char **ret_token, struct larder_error *error);
int rds_copy_poll (void *self, struct larder_call *call, const char *token, struct larder_progress *progress, struct larder_error *error);

#endif
