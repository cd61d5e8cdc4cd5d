/* kept-database.c: snapshots of a database and its state at a time, as far as records go: it has no data. */
#include "kept.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "arena.h"
#include "clock.h"
#include "error.h"
#include "lines-file.h"
#include "text.h"

enum { NAME_MOST = 63, SNAPSHOT_MOST = 255 };

static int64_t
retention_of (const struct playing *playing)
{
	const char *days = lines_value (&playing->target, "retention");
	return days ? strtoll (days, NULL, 10) : 0;
}

static int
check_name (const char *name, size_t most, const char *what, struct larder_error *error)
{
	return name && text_is_name (name, most) ? 0
		: larder_fail_next (error, LARDER_E_INVALID, "a letter, then letters, digits and single hyphens, none at the end", "no %s can be called '%s'", what, name ? name : "");
}

/* ---- at a time ---- */

static int
check_time (const struct playing *playing, struct larder_error *error)
{
	int64_t days = retention_of (playing), at = playing->now;
	char from[32], until[32], next[160];
	if (days <= 0)
		return larder_fail_next (error, LARDER_E_INVALID, "retention = 7d, or how long you want, and larder infra apply", "database '%s' keeps no backups to restore from", playing->asked.target);
	if (playing->at && text_time (playing->at, &at) < 0)
		return larder_fail (error, LARDER_E_INVALID, "'%s' is no time", playing->at);
	if (at <= playing->now && at >= playing->now - days * NS_PER_DAY)
		return 0;
	snprintf (next, sizeof next, "a time from %s to %s, or --latest", text_from_time (playing->now - days * NS_PER_DAY, from), text_from_time (playing->now, until));
	return larder_fail_next (error, LARDER_E_INVALID, next, "database '%s' cannot be restored to %s", playing->asked.target, playing->at);
}

/* 1: there, by this very restore; 0: not there; CONFLICT. A record without its database was begun, and not done. */
static int
look_at_target (const struct playing *playing, const char *path, struct larder_error *error)
{
	struct lines there, record;
	lines_begin (&there, playing->arena);
	int code = lines_file_read (playing->root, path, &there, error);
	if (code <= 0)
		return code;
	code = kept_read (playing, "restore", playing->to, &record, error);
	const char *token = code > 0 ? lines_value (&record, "token") : NULL;
	if (code >= 0 && (!token || strcmp (token, playing->asked.client_token) != 0))
		return kept_conflict ("database", playing->to, error);
	code = code < 0 ? code : kept_how_far (playing, &record, error);
	return code < 0 ? code : 1;
}

static int
write_restored (struct playing *playing, const char *path, struct larder_error *error)
{
	struct lines record;
	lines_begin (&record, playing->arena);
	lines_add (&record, "token", playing->asked.client_token);
	lines_add (&record, "from", playing->asked.target);
	lines_add_in (&record, "result", "endpoint", "", arena_printf (playing->arena, "%s.mock.invalid", playing->to));
	int code = kept_write (playing, "restore", playing->to, &record, error);
	return code < 0 ? code : lines_file_write (playing->root, path, &playing->target, playing->mock->fsync, error);
}

int
kept_restore_database (struct playing *playing, const char **ret_kind, const char **ret_name, struct larder_error *error)
{
	char path[512];
	int code = check_name (playing->to, NAME_MOST, "database", error);
	if (code == 0)
		code = resource_path ("database", playing->to, path, error);
	if (code == 0)
		code = look_at_target (playing, path, error);
	*ret_kind = "restore", *ret_name = playing->to;
	if (code != 0)
		return code < 0 ? code : 0;
	code = check_time (playing, error);
	return code < 0 || playing->try ? code : write_restored (playing, path, error);
}

/* ---- snapshots ---- */

static int
tell (const struct playing *playing, const char *id, const char *kind, int64_t begun, int64_t ready, int64_t expires, larder_backup_fn told, void *context, struct larder_error *error)
{
	bool done = playing->now >= ready;
	char *resource = arena_printf (playing->arena, "mock:database/%s", playing->asked.target);
	const struct larder_backup one = {
		.size = sizeof one, .id = id, .resource = resource, .kind = kind, .state = done ? LARDER_ACTION_DONE : LARDER_ACTION_RUNNING, .status = done ? "available" : "creating", .begun = begun,
		.ended = done ? ready : 0, .expires = expires, .bytes = UINT64_MAX, .percent = -1,
	};
	return resource ? told (context, &one, error) : larder_fail_memory (error);
}

/* Hours and minutes of a day; without a window midnight. */
static int64_t
window_of (const struct playing *playing)
{
	int hours = 0, minutes = 0;
	const char *window = lines_value (&playing->target, "window");
	if (window && strlen (window) >= 5)
		hours = (window[0] - '0') * 10 + window[1] - '0', minutes = (window[3] - '0') * 10 + window[4] - '0';
	return (hours * INT64_C (60) + minutes) * 60 * NS_PER_S;
}

/* When it was last set up: none is older. */
static int64_t
since (const struct playing *playing)
{
	char path[512];
	struct stat st;
	if (resource_path ("database", playing->asked.target, path, NULL) < 0 || fstatat (playing->root, path, &st, 0) < 0)
		return INT64_MAX;
	return st.st_mtim.tv_sec * NS_PER_S + st.st_mtim.tv_nsec;
}

/* One each day of its retention, at the begin of its window. */
static int
each_automated (const struct playing *playing, larder_backup_fn told, void *context, struct larder_error *error)
{
	int64_t days = retention_of (playing), first = since (playing), at = playing->now - playing->now % NS_PER_DAY + window_of (playing);
	int code = 0, year, month, day;
	at -= at > playing->now ? NS_PER_DAY : 0;
	for (int64_t n = 0; code == 0 && n < days && at >= first; n++, at -= NS_PER_DAY) {
		text_year_month (at, &year, &month, &day);
		char *id = arena_printf (playing->arena, "daily:%s-%04d-%02d-%02d", playing->asked.target, year, month, day);
		code = id ? tell (playing, id, "automated", at, at, at + days * NS_PER_DAY, told, context, error) : larder_fail_memory (error);
	}
	return code;
}

struct manual { const struct playing *playing; larder_backup_fn told; void *context; };

static int
one_manual (void *context, const char *name, const struct lines *lines, struct larder_error *error)
{
	const struct manual *manual = context;
	const char *of = lines_value (lines, "database");
	if (!of || strcmp (of, manual->playing->asked.target) != 0)
		return 0;
	return tell (manual->playing, name, "manual", kept_time (lines, "shows"), kept_time (lines, "ready"), 0, manual->told, manual->context, error);
}

int
kept_snapshots (const struct playing *playing, larder_backup_fn told, void *context, struct larder_error *error)
{
	struct manual manual = { playing, told, context };
	int code = each_automated (playing, told, context, error);
	return code < 0 ? code : kept_each (playing, "snapshot", one_manual, &manual, error);
}

struct finding { const char *id; int64_t begun; bool done; };

static int
on_found (void *context, const struct larder_backup *backup, struct larder_error *error)
{
	struct finding *finding = context;
	(void) error;
	if (strcmp (backup->id, finding->id) == 0)
		finding->begun = backup->begun, finding->done = backup->state == LARDER_ACTION_DONE;
	return 0;
}

int
kept_copy_snapshot (struct playing *playing, const char **ret_kind, const char **ret_name, struct larder_error *error)
{
	struct finding finding = { .id = playing->point ? playing->point : "" };
	struct lines record;
	int code = check_name (playing->to, SNAPSHOT_MOST, "snapshot", error);
	if (code == 0 && playing->region)
		code = larder_fail (error, LARDER_E_UNSUPPORTED, "the mock has no regions");
	if (code == 0)
		code = kept_snapshots (playing, on_found, &finding, error);
	if (code == 0 && !finding.begun)
		code = larder_fail_next (error, LARDER_E_NOTFOUND, "larder database snapshots tells which there are", "database '%s' has no snapshot '%s'", playing->asked.target, finding.id);
	if (code == 0 && !finding.done)
		code = larder_fail (error, LARDER_E_NOTREADY, "the snapshot '%s' is not there yet", finding.id);
	*ret_kind = "snapshot", *ret_name = playing->to;
	if (code == 0)
		code = kept_read (playing, "snapshot", playing->to, &record, error);
	const char *of = code > 0 ? lines_value (&record, "from") : NULL;
	if (code > 0)
		return of && strcmp (of, finding.id) == 0 ? kept_how_far (playing, &record, error) : kept_conflict ("snapshot", playing->to, error);
	if (code < 0 || playing->try)
		return code;
	lines_add (&record, "database", playing->asked.target);
	lines_add (&record, "from", finding.id);
	lines_add (&record, "shows", arena_printf (playing->arena, "%" PRId64, finding.begun));
	lines_add_in (&record, "result", "point", "", playing->to);
	return kept_write (playing, "snapshot", playing->to, &record, error);
}
