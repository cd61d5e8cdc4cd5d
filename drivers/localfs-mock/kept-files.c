/* kept-files.c: copies of a folder, as a service of backups keeps them, and one of them coming back. */
#include "kept.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "cleanup.h"
#include "clock.h"
#include "error.h"
#include "file.h"
#include "text.h"

/* ---- by what the plan says ---- */

static bool
is_selected (const struct playing *playing)
{
	for (size_t n = 0; n < playing->target.count; n++) {
		const char *path = playing->target.at[n].path;
		char *member = path_matches ("selection[*].resource[*]", path) ? path_member (playing->arena, strrchr (path, '[')) : NULL;
		if (member && strcmp (member, playing->resource) == 0)
			return true;
	}
	return false;
}

/* Its vault; and when what is kept by it goes, 0: never. */
static int
find_rule (const struct playing *playing, const char **ret_vault, int64_t *ret_expires, struct larder_error *error)
{
	const char *names = "", *field, *found = NULL;
	size_t count = 0;
	for (size_t n = 0; names && n < playing->target.count; n++) {
		const char *rule = path_member_of (playing->arena, playing->target.at[n].path, "rule", &field);
		if (!rule || strcmp (field, ".vault") != 0)
			continue;
		names = arena_printf (playing->arena, "%s%s%s", names, *names ? ", " : "", rule);
		count++;
		found = !playing->rule || strcmp (playing->rule, rule) == 0 ? rule : found;
	}
	if (!names || !found || (!playing->rule && count > 1))
		return names ? larder_fail_next (error, LARDER_E_INVALID, names, playing->rule ? "the backup plan '%s' has no rule '%s'" : "the backup plan '%s' has several rules: say which", playing->asked.target,
			playing->rule) : larder_fail_memory (error);
	const char *days = lines_in (&playing->target, "rule", found, ".delete-after");
	*ret_vault = lines_in (&playing->target, "rule", found, ".vault");
	*ret_expires = days ? playing->now + strtoll (days, NULL, 10) * NS_PER_DAY : 0;
	return 0;
}

/* ---- kept ---- */

struct under_way { const struct playing *playing; const char *vault, *name; };

static int
one_under_way (void *context, const char *name, const struct lines *lines, struct larder_error *error)
{
	struct under_way *under_way = context;
	const char *of = lines_value (lines, "resource"), *vault = lines_value (lines, "vault");
	(void) error;
	if (of && vault && strcmp (of, under_way->playing->resource) == 0 && strcmp (vault, under_way->vault) == 0 && kept_time (lines, "ready") > under_way->playing->now)
		under_way->name = arena_copy (under_way->playing->arena, name);
	return 0;
}

/* What no record names was left by somebody who died. */
static int
remove_left (void *context, const char *name, struct larder_error *error)
{
	const struct playing *playing = context;
	struct lines lines;
	char path[600];
	struct larder_error unheard = LARDER_ERROR_INIT;
	(void) error;
	snprintf (path, sizeof path, KEPT_FILES "%s", name);
	if (kept_read (playing, "point", name, &lines, &unheard) == 0)
		file_remove_tree (playing->root, path);
	return 0;
}

static int
keep (struct playing *playing, const char *vault, int64_t expires, const char *name, struct larder_error *error)
{
	char path[600];
	uint64_t bytes = 0;
	struct lines record;
	CLEANUP_CLOSE int from = open (playing->resource, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (from < 0)
		return larder_fail_next (error, errno == ENOENT || errno == ENOTDIR ? LARDER_E_NOTFOUND : LARDER_E_DENIED, "the mock keeps folders of this machine, and no more", "there is no folder '%s' to be kept",
			playing->resource);
	snprintf (path, sizeof path, KEPT_FILES "%s", name);
	int code = tree_copy (from, playing->root, path, &bytes, error);
	lines_begin (&record, playing->arena);
	lines_add (&record, "resource", playing->resource);
	lines_add (&record, "vault", vault);
	lines_add (&record, "bytes", arena_printf (playing->arena, "%" PRIu64, bytes));
	lines_add (&record, "expires", expires ? arena_printf (playing->arena, "%" PRId64, expires) : NULL);
	lines_add_in (&record, "result", "point", "", name);
	if (code == 0)
		code = kept_write (playing, "point", name, &record, error);
	if (code < 0)
		file_remove_tree (playing->root, path);
	return code;
}

int
kept_back_up (struct playing *playing, const char **ret_kind, const char **ret_name, struct larder_error *error)
{
	const char *vault = NULL;
	int64_t expires = 0;
	*ret_kind = "point", *ret_name = playing->asked.client_token;
	if (!playing->resource || !is_selected (playing))
		return larder_fail_next (error, LARDER_E_INVALID, "name it in `resources` of the [backup], and larder infra apply", "the backup plan '%s' does not select '%s'", playing->asked.target,
			playing->resource ? playing->resource : "");
	int code = find_rule (playing, &vault, &expires, error);
	struct under_way under_way = { playing, vault, NULL };
	if (code == 0)
		code = kept_each (playing, "point", one_under_way, &under_way, error);
	if (under_way.name)
		*ret_name = under_way.name;
	if (code < 0 || under_way.name || playing->try)
		return code;
	code = file_each_name (playing->root, KEPT "files", remove_left, playing, error);
	return code < 0 ? code : keep (playing, vault, expires, *ret_name, error);
}

/* ---- told ---- */

struct points { const struct playing *playing; const char *job; bool jobs, found; larder_backup_fn told; void *context; };

static bool
is_of_plan (const struct playing *playing, const char *vault)
{
	for (size_t n = 0; n < playing->target.count; n++)
		if (path_matches ("rule[*].vault", playing->target.at[n].path) && strcmp (playing->target.at[n].value, vault) == 0)
			return true;
	return false;
}

static int
one_point (void *context, const char *name, const struct lines *lines, struct larder_error *error)
{
	struct points *points = context;
	const char *vault = lines_value (lines, "vault"), *bytes = lines_value (lines, "bytes"), *id = arena_printf (points->playing->arena, points->jobs ? "point/%s" : "%s", name);
	int64_t expires = kept_time (lines, "expires"), now = points->playing->now, ready = kept_time (lines, "ready");
	bool done = now >= ready;
	if (!id)
		return larder_fail_memory (error);
	if (!vault || !is_of_plan (points->playing, vault) || (points->job && strcmp (points->job, id) != 0) || (expires && expires <= now))
		return 0;
	points->found = true;
	const struct larder_backup one = {
		.size = sizeof one, .id = id, .resource = lines_value (lines, "resource"), .kind = "folder", .place = vault, .state = done ? LARDER_ACTION_DONE : LARDER_ACTION_RUNNING,
		.status = done ? "COMPLETED" : "RUNNING", .begun = kept_time (lines, "begun"), .ended = done ? ready : 0, .expires = expires, .bytes = bytes ? strtoull (bytes, NULL, 10) : UINT64_MAX,
		.percent = done ? 100 : -1,
	};
	return points->told (points->context, &one, error);
}

int
kept_points (const struct playing *playing, const char *job, bool jobs, larder_backup_fn told, void *context, struct larder_error *error)
{
	struct points points = { playing, job, jobs, false, told, context };
	int code = kept_each (playing, "point", one_point, &points, error);
	if (code < 0 || !job || points.found)
		return code;
	return larder_fail_next (error, LARDER_E_NOTFOUND, "larder backup status --all tells which there are", "there is no backup job '%s'", job);
}

/* ---- one of them coming back ---- */

/* aws-backup-restore_TIME in a folder that is there, or in one of its own: as the service puts them. */
static int
bring_back (struct playing *playing, const char *files, const char *name, struct larder_error *error)
{
	char time[32], inside[100];
	uint64_t bytes;
	struct lines record;
	const char *to = playing->to ? playing->to : arena_printf (playing->arena, "%s/" KEPT "new/%s", playing->mock->root_path, name);
	snprintf (inside, sizeof inside, "aws-backup-restore_%s", text_from_time (playing->now, time));
	int code = to ? 0 : larder_fail_memory (error);
	if (code == 0 && !playing->to)
		code = file_make_folders (to, 0755, error);
	CLEANUP_CLOSE int from = code < 0 ? -1 : file_open_beneath (playing->root, files, O_RDONLY | O_DIRECTORY, 0);
	CLEANUP_CLOSE int into = code < 0 ? -1 : open (to, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (code == 0 && (from < 0 || into < 0))
		code = larder_fail (error, LARDER_E_NOTFOUND, "there is no folder '%s'", from < 0 ? files : to);
	if (code == 0)
		code = tree_copy (from, into, inside, &bytes, error);
	lines_begin (&record, playing->arena);
	lines_add_in (&record, "result", "resource", "", to ? to : "");
	return code < 0 ? code : kept_write (playing, "back", name, &record, error);
}

int
kept_bring_back (struct playing *playing, const char **ret_kind, const char **ret_name, struct larder_error *error)
{
	struct lines record, point;
	char files[600];
	*ret_kind = "back", *ret_name = playing->asked.client_token;
	int code = kept_read (playing, "back", *ret_name, &record, error);
	if (code != 0)
		return code < 0 ? code : kept_how_far (playing, &record, error);
	code = kept_read (playing, "point", playing->point, &point, error);
	const char *vault = code > 0 ? lines_value (&point, "vault") : NULL;
	if (code == 0 || (code > 0 && (!vault || !is_of_plan (playing, vault))))
		return larder_fail_next (error, LARDER_E_NOTFOUND, "larder backup ls tells what there is", "no vault of the backup plan '%s' holds '%s'", playing->asked.target, playing->point);
	if (code > 0 && kept_time (&point, "ready") > playing->now)
		return larder_fail (error, LARDER_E_NOTREADY, "'%s' is not there yet", playing->point);
	snprintf (files, sizeof files, KEPT_FILES "%.500s", playing->point);
	return code < 0 || playing->try ? (code < 0 ? code : 0) : bring_back (playing, files, *ret_name, error);
}
