/* wire.h: requests to RDS and what it replies. Pure. */
#ifndef RDS_WIRE_H
#define RDS_WIRE_H

#include <larder/driver.h>
#include "aws.h"

#define RDS_VERSION "2014-10-31"
#define RDS_RESTORE_TAG "larder:restore"    /* of an instance that a restore made: which one, by its client_token */

enum { RDS_LOGS_MOST = 16, RDS_TRAITS = 31, RDS_VALUES_MOST = 16, RDS_TAGS_MOST = 50 };

/* One of what a restored instance is to have as its source has it (carry.c): the values there are, or will be. */
struct rds_trait { const char *values[RDS_VALUES_MOST]; size_t count; bool pending; };

/* An instance: as it is, or as it will be by what is pending. Texts in the arena; "" where there is none. */
struct rds_instance {
	const char *arn, *status, *class, *engine, *retention, *window, *maintenance, *protection;
	const char *logs[RDS_LOGS_MOST];
	size_t log_count;
	const char *cluster, *address, *port, *latest, *created;   /* latest: time that it can be restored to */
	struct rds_trait traits[RDS_TRAITS];
	struct larder_pair tags[RDS_TAGS_MOST];
	size_t tag_count;
	bool changing;                   /* something is pending */
};

/* What is to be changed; NULL: stays. Lists of names, ended by NULL. */
struct rds_change {
	const char *retention, *window, *protection;
	const char *enable[RDS_LOGS_MOST + 1], *disable[RDS_LOGS_MOST + 1];
};

void rds_describe (struct aws_request *request, struct larder_arena *arena, const char *instance);
void rds_modify (struct aws_request *request, struct larder_arena *arena, const char *instance, const struct rds_change *change);
/* With a snapshot of that name before; NULL: without one. Automated backups stay. */
void rds_delete (struct aws_request *request, struct larder_arena *arena, const char *instance, const char *snapshot);
void rds_describe_snapshot (struct aws_request *request, struct larder_arena *arena, const char *snapshot);
void rds_describe_window (struct aws_request *request, struct larder_arena *arena, const char *instance);

/* ---- snapshots ---- */

#define RDS_COPY_TAG "larder:copy"          /* of a snapshot that was copied here: of what, DATABASE@SNAPSHOT */
/* Texts in the arena, "" where there is none. */
struct rds_snapshot {
	const char *id, *arn, *instance, *arn_of, *type, *status, *percent, *created, *original;
	bool encrypted;
	struct larder_pair tags[RDS_TAGS_MOST];
	size_t tag_count;
};
typedef int (*rds_snapshot_fn) (void *context, const struct rds_snapshot *snapshot, struct larder_error *error);
struct rds_copy { const char *from, *to, *key, *token; const struct rds_snapshot *source; };          /* key NULL: as the source */
void rds_describe_snapshots (struct aws_request *request, struct larder_arena *arena, const char *instance, const char *marker);
void rds_copy_snapshot (struct aws_request *request, struct larder_arena *arena, const struct rds_copy *copy);
/* Each of a page, `arn_of` being the address of what they are of; the marker of the next page, or NULL. */
int rds_snapshots_read (const char *body, size_t length, struct larder_arena *arena, const char *arn_of, rds_snapshot_fn each, void *context, const char **ret_marker,
                        struct larder_error *error);
/* Our own one first, then these, as many as one may have. */
void rds_add_tags (struct aws_form *form, const struct larder_pair *tags, size_t count, const char *name, const char *value);

/* ---- carry.c: from an instance to the one that is restored from it; sets of traits by their bits ---- */

struct rds_restore { const char *from, *to, *at, *token; const struct rds_instance *source; };      /* at NULL: the latest */
/* One element of a reply, its path from the instance. */
void rds_trait_read (struct rds_instance *instance, const char *path, const char *text);
/* What the source has, and the other has otherwise; and what can be set afterwards. */
uint64_t rds_traits_lacking (const struct rds_instance *source, const struct rds_instance *made);
uint64_t rds_traits_settable (void);
/* "parameter group: the source has pg, this one default.postgres16". NULL: no memory. */
const char *rds_trait_told (struct larder_arena *arena, size_t at, const struct rds_instance *source, const struct rds_instance *made);
/* "parameter group, log exports". NULL: no memory. */
const char *rds_traits_words (struct larder_arena *arena, uint64_t which);
/* Of each tag of the source that the other has not so, "tag team: the source has studio, this one none"; how many, or -1: no memory. */
int rds_tags_left (struct larder_arena *arena, const struct larder_pair *source, size_t source_count, const struct larder_pair *made, size_t made_count, const char *ret[RDS_TAGS_MOST]);
void rds_restore (struct aws_request *request, struct larder_arena *arena, const struct rds_restore *restore);
void rds_settle (struct aws_request *request, struct larder_arena *arena, const char *name, const struct rds_instance *source, const struct rds_instance *made, uint64_t which);
/* The earliest time that it can be restored to; "": not told. */
int rds_window_read (const char *body, size_t length, struct larder_arena *arena, const char **ret_earliest, struct larder_error *error);
/* Does the one that is made of it have it, too? Not what tells how the source was made. */
bool rds_tag_is_carried (const char *name);
/* NULL: there is no such tag among them. */
const char *rds_tag (const struct larder_pair *tags, size_t count, const char *name);

int rds_terraform (const char *backend, const struct larder_export *request, const struct larder_sink *sink, struct larder_error *error);
/* The instance that a reply of any action tells of. INTEGRITY when it tells of none. */
int rds_instance_read (const char *body, size_t length, struct larder_arena *arena, struct rds_instance *ret, struct larder_error *error);
/* Enum larder_resource_state of a status. */
uint32_t rds_state (const char *status);

#endif
