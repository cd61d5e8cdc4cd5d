/* wire.h: requests to RDS and what it replies. Pure. */
#ifndef RDS_WIRE_H
#define RDS_WIRE_H

#include <larder/driver.h>
#include "aws.h"

enum { RDS_LOGS_MOST = 16 };

/* An instance: as it is, or as it will be by what is pending. Texts in the arena; "" where there is none. */
struct rds_instance {
	const char *arn, *status, *class, *engine, *retention, *window, *maintenance, *protection;
	const char *logs[RDS_LOGS_MOST];
	size_t log_count;
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

int rds_terraform (const char *backend, const struct larder_export *request, const struct larder_sink *sink, struct larder_error *error);
/* INTEGRITY when it tells of no instance. */
int rds_instance_read (const char *body, size_t length, struct larder_arena *arena, struct rds_instance *ret, struct larder_error *error);
/* Enum larder_resource_state of a status. */
uint32_t rds_state (const char *status);

#endif
