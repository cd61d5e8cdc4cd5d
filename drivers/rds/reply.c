/* reply.c: what RDS tells of an instance. Pure. */
#include "wire.h"

#include <string.h>

#include "arena.h"
#include "error.h"

#define INSTANCE "DBInstance/"

struct reading {
	struct larder_arena *arena;
	struct rds_instance *instance;
	const char *later_retention;       /* of PendingModifiedValues */
	bool failed;
};

static const char *
keep (struct reading *reading, const char *text)
{
	const char *copy = arena_copy (reading->arena, text);
	reading->failed = reading->failed || !copy;
	return copy ? copy : "";
}

static bool
has_log (const struct rds_instance *instance, const char *name, size_t *ret_at)
{
	for (*ret_at = 0; *ret_at < instance->log_count; ++*ret_at)
		if (strcmp (instance->logs[*ret_at], name) == 0)
			return true;
	return false;
}

static void
log_on (struct reading *reading, const char *name)
{
	size_t at;
	struct rds_instance *instance = reading->instance;
	if (!has_log (instance, name, &at) && instance->log_count < RDS_LOGS_MOST)
		instance->logs[instance->log_count++] = keep (reading, name);
}

static void
log_off (struct reading *reading, const char *name)
{
	size_t at;
	struct rds_instance *instance = reading->instance;
	if (has_log (instance, name, &at))
		instance->logs[at] = instance->logs[--instance->log_count];
}

/* The service's own, which nobody else gives, do not count among those that one may have. */
static void
tag (struct larder_pair tags[RDS_TAGS_MOST], size_t *count, const char *path, const char *text)
{
	struct larder_pair *at = &tags[*count];
	if (*count == RDS_TAGS_MOST)
		return;
	if (strcmp (path, "TagList/Tag/Key") == 0)
		at->name = text;
	else if (strcmp (path, "TagList/Tag/Value") == 0)
		at->value = text;
	else if (strcmp (path, "TagList/Tag") == 0 && at->name && strncmp (at->name, "aws:", 4) != 0) {
		at->value = at->value ? at->value : "";
		++*count;
	} else if (strcmp (path, "TagList/Tag") == 0)
		*at = (struct larder_pair) { NULL, NULL };
}

/* DBInstances/DBInstance of a list, DBInstance of what one action is told. */
static const char *
below_instance (const char *path)
{
	const char *at = strstr (path, "Result/");
	at = at ? at + strlen ("Result/") : path;
	at = strncmp (at, "DBInstances/", 12) == 0 ? at + 12 : at;
	return strncmp (at, INSTANCE, strlen (INSTANCE)) == 0 ? at + strlen (INSTANCE) : NULL;
}

static int
on_end (void *context, const char *path, const char *text, struct larder_error *error)
{
	struct reading *reading = context;
	struct rds_instance *instance = reading->instance;
	struct { const char *name, **ret; } texts[] = {
		{ "DBInstanceArn", &instance->arn }, { "DBInstanceStatus", &instance->status }, { "Engine", &instance->engine }, { "DBInstanceClass", &instance->class },
		{ "BackupRetentionPeriod", &instance->retention }, { "PreferredBackupWindow", &instance->window }, { "PreferredMaintenanceWindow", &instance->maintenance },
		{ "DeletionProtection", &instance->protection }, { "PendingModifiedValues/BackupRetentionPeriod", &reading->later_retention },
		{ "DBClusterIdentifier", &instance->cluster }, { "Endpoint/Address", &instance->address }, { "Endpoint/Port", &instance->port },
		{ "LatestRestorableTime", &instance->latest }, { "InstanceCreateTime", &instance->created },
	};
	path = below_instance (path);
	if (!path)
		return 0;
	const char *kept = keep (reading, text);
	rds_trait_read (instance, path, kept);
	tag (instance->tags, &instance->tag_count, path, kept);
	for (size_t n = 0; n < sizeof texts / sizeof *texts; n++)
		if (strcmp (path, texts[n].name) == 0)
			*texts[n].ret = kept;
	if (strcmp (path, "EnabledCloudwatchLogsExports/member") == 0 || strcmp (path, "PendingModifiedValues/PendingCloudwatchLogsExports/LogTypesToEnable/member") == 0)
		log_on (reading, text);
	else if (strcmp (path, "PendingModifiedValues/PendingCloudwatchLogsExports/LogTypesToDisable/member") == 0)
		log_off (reading, text);
	return reading->failed ? larder_fail_memory (error) : 0;
}

int
rds_instance_read (const char *body, size_t length, struct larder_arena *arena, struct rds_instance *ret, struct larder_error *error)
{
	*ret = (struct rds_instance) { .arn = "", .status = "", .class = "", .engine = "", .retention = "", .window = "", .maintenance = "", .protection = "",
		.cluster = "", .address = "", .port = "", .latest = "", .created = "" };
	struct reading reading = { .arena = arena, .instance = ret };
	int code = aws_xml_read (body, length, NULL, on_end, &reading, error);
	if (code < 0)
		return code;
	if (!*ret->status)
		return larder_fail_next (error, LARDER_E_INTEGRITY, "look whether something else than RDS answers at that endpoint", "the reply tells of no instance");
	if (reading.later_retention)
		ret->retention = reading.later_retention;
	return 0;
}

/* ---- snapshots ---- */

#define SNAPSHOT "DescribeDBSnapshotsResponse/DescribeDBSnapshotsResult/DBSnapshots/DBSnapshot"

struct pages { struct larder_arena *arena; const char *arn_of, *marker; rds_snapshot_fn each; void *context; struct rds_snapshot now; };

static void
snapshot_begins (struct pages *pages)
{
	pages->now = (struct rds_snapshot) { .id = "", .arn = "", .instance = "", .arn_of = pages->arn_of, .type = "", .status = "", .percent = "", .created = "", .original = "" };
}

static int
on_snapshot (void *context, const char *path, const char *text, struct larder_error *error)
{
	struct pages *pages = context;
	struct rds_snapshot *now = &pages->now;
	const struct { const char *name, **ret; } texts[] = {
		{ "DBSnapshotIdentifier", &now->id }, { "DBSnapshotArn", &now->arn }, { "DBInstanceIdentifier", &now->instance }, { "SnapshotType", &now->type }, { "Status", &now->status },
		{ "PercentProgress", &now->percent }, { "SnapshotCreateTime", &now->created }, { "OriginalSnapshotCreateTime", &now->original },
	};
	const char *kept = arena_copy (pages->arena, text);
	if (!kept)
		return larder_fail_memory (error);
	if (strcmp (path, "DescribeDBSnapshotsResponse/DescribeDBSnapshotsResult/Marker") == 0 && *kept)
		pages->marker = kept;
	if (strcmp (path, SNAPSHOT) == 0) {
		int code = pages->each (pages->context, now, error);
		snapshot_begins (pages);
		return code;
	}
	if (strncmp (path, SNAPSHOT "/", sizeof SNAPSHOT) != 0)
		return 0;
	path += sizeof SNAPSHOT;
	for (size_t n = 0; n < sizeof texts / sizeof *texts; n++)
		if (strcmp (path, texts[n].name) == 0)
			*texts[n].ret = kept;
	now->encrypted = now->encrypted || (strcmp (path, "Encrypted") == 0 && strcmp (kept, "true") == 0);
	tag (now->tags, &now->tag_count, path, kept);
	return 0;
}

int
rds_snapshots_read (const char *body, size_t length, struct larder_arena *arena, const char *arn_of, rds_snapshot_fn each, void *context, const char **ret_marker, struct larder_error *error)
{
	struct pages pages = { .arena = arena, .arn_of = arn_of, .each = each, .context = context };
	snapshot_begins (&pages);
	int code = aws_xml_read (body, length, NULL, on_snapshot, &pages, error);
	*ret_marker = pages.marker;
	return code;
}

/* ---- small things ---- */

const char *
rds_tag (const struct larder_pair *tags, size_t count, const char *name)
{
	for (size_t n = 0; n < count; n++)
		if (strcmp (tags[n].name, name) == 0)
			return tags[n].value;
	return NULL;
}

struct window { struct larder_arena *arena; const char *earliest; };

static int
on_window (void *context, const char *path, const char *text, struct larder_error *error)
{
	struct window *window = context;
	const char *end = strstr (path, "/RestoreWindow/EarliestTime");
	(void) error;
	if (end)
		window->earliest = arena_copy (window->arena, text);
	return 0;
}

int
rds_window_read (const char *body, size_t length, struct larder_arena *arena, const char **ret_earliest, struct larder_error *error)
{
	struct window window = { arena, "" };
	int code = aws_xml_read (body, length, NULL, on_window, &window, error);
	*ret_earliest = window.earliest ? window.earliest : "";
	return code;
}

uint32_t
rds_state (const char *status)
{
	static const char *const ready[] = { "available", "stopped", "storage-full", "storage-optimization", NULL };
	static const char *const failed[] = { "failed", "restore-error", "inaccessible-encryption-credentials", NULL };
	for (const char *const *one = ready; *one; one++)
		if (strcmp (status, *one) == 0)
			return LARDER_RESOURCE_READY;
	for (const char *const *one = failed; *one; one++)
		if (strcmp (status, *one) == 0)
			return LARDER_RESOURCE_FAILED;
	return strncmp (status, "incompatible-", 13) == 0 ? LARDER_RESOURCE_FAILED : LARDER_RESOURCE_PENDING;
}
