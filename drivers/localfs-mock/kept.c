/* kept.c: backups, snapshots and restores as records, each of which is ready a minute of the mock's clock after it was asked for. What there is to do is done when it is asked for. */
#include "kept.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "arguments.h"
#include "cleanup.h"
#include "clock.h"
#include "error.h"
#include "file.h"
#include "give.h"
#include "lines-file.h"

#define TAKES (60 * NS_PER_S)

/* ---- records ---- */

static int
path_of (const char *kind, const char *name, char ret[512], struct larder_error *error)
{
	char folder[64];
	snprintf (folder, sizeof folder, KEPT "%s", kind);
	return lines_file_path (folder, name, ret, error);
}

int
kept_read (const struct playing *playing, const char *kind, const char *name, struct lines *ret, struct larder_error *error)
{
	char path[512];
	lines_begin (ret, playing->arena);
	int code = path_of (kind, name, path, error);
	return code < 0 || playing->root < 0 ? code : lines_file_read (playing->root, path, ret, error);
}

int
kept_write (const struct playing *playing, const char *kind, const char *name, struct lines *lines, struct larder_error *error)
{
	char path[512];
	lines_add (lines, "begun", arena_printf (playing->arena, "%" PRId64, playing->now));
	lines_add (lines, "ready", arena_printf (playing->arena, "%" PRId64, playing->now + TAKES));
	int code = lines_sort (lines, error);
	if (code == 0)
		code = path_of (kind, name, path, error);
	return code < 0 ? code : lines_file_write (playing->root, path, lines, playing->mock->fsync, error);
}

int64_t
kept_time (const struct lines *lines, const char *path)
{
	const char *text = lines_value (lines, path);
	return text ? strtoll (text, NULL, 10) : 0;
}

int
kept_each (const struct playing *playing, const char *kind, lines_file_fn each, void *context, struct larder_error *error)
{
	char folder[64];
	snprintf (folder, sizeof folder, KEPT "%s", kind);
	return playing->root < 0 ? 0 : lines_file_each (playing->root, folder, playing->arena, each, context, error);
}

static int32_t
percent_of (const struct lines *record, int64_t now)
{
	int64_t begun = kept_time (record, "begun"), ready = kept_time (record, "ready");
	return now >= ready ? 100 : ready > begun && now > begun ? (int32_t) ((now - begun) * 100 / (ready - begun)) : 0;
}

int
kept_how_far (const struct playing *playing, const struct lines *record, struct larder_error *error)
{
	const struct larder_action *asked = &playing->asked;
	int32_t percent = percent_of (record, playing->now);
	if (!playing->try || percent == 100)
		return 0;
	return larder_fail_next (error, LARDER_E_NOTREADY, "the same command without -n goes on with it; larder dev clock +1m is quicker", "the %s of '%s'%s%s%s is begun, and not done: %d %% of a minute of the mock's clock",
		asked->kind, playing->point ? playing->point : asked->target, playing->to ? " to '" : "", playing->to ? playing->to : "", playing->to ? "'" : "", percent);
}

int
kept_conflict (const char *what, const char *name, struct larder_error *error)
{
	return larder_fail_next (error, LARDER_E_CONFLICT, "another --to", "a %s '%s' is there already", what, name);
}

/* ---- begun ---- */

static int
read_arguments (struct playing *playing, struct larder_error *error)
{
	const char *unused;
	const struct argument known[] = {
		{ "resource", &playing->resource }, { "rule", &playing->rule }, { "point", &playing->point }, { "to", &playing->to }, { "at", &playing->at }, { "region", &playing->region },
		{ "key", &unused }, { "role", &unused }, { "try", &playing->try }, { NULL, NULL },
	};
	return arguments_read (playing->asked.kind, &playing->asked.arguments, known, error);
}

static int
read_target (struct playing *playing, const char *type, const char *identity, struct larder_error *error)
{
	char path[512];
	lines_begin (&playing->target, playing->arena);
	int code = resource_path (type, identity, path, error);
	if (code == 0 && playing->root >= 0)
		code = lines_file_read (playing->root, path, &playing->target, error);
	return code != 0 ? (code < 0 ? code : 0) : larder_fail_next (error, LARDER_E_NOTFOUND, "larder infra apply makes it", "there is no %s '%s'", type, identity);
}

static bool
is_of_files (const struct playing *playing)
{
	return strcmp (playing->asked.kind, "backup") == 0 || (strcmp (playing->asked.kind, "restore") == 0 && playing->point);
}

static int
take_lock (struct playing *playing, struct larder_error *error)
{
	int code = file_make_parents (playing->root, KEPT "-", 0755, playing->mock->fsync, error);
	if (code < 0)
		return code;
	playing->lock = file_open_beneath (playing->root, KEPT, O_RDONLY | O_DIRECTORY, 0);
	if (playing->lock < 0)
		return larder_fail_errno (error, -playing->lock, "cannot lock '" KEPT "' in '%s'", playing->mock->root);
	return mock_lock (playing->call, playing->lock, KEPT, playing->mock->root, error);
}

static int
look (struct playing *playing, struct larder_error *error)
{
	int code = read_arguments (playing, error);
	if (code == 0)
		code = mock_refuse_read_only (playing->mock, error);
	if (code == 0)
		code = read_target (playing, is_of_files (playing) ? "backup" : "database", playing->asked.target, error);
	if (code == 0 && !playing->try)
		code = take_lock (playing, error);
	return code < 0 ? code : mock_now (playing->mock, playing->root, &playing->now, error);
}

/* "KIND/NAME" */
static int
start (struct playing *playing, const char **ret_token, struct larder_error *error)
{
	const char *kind = "", *name = "";
	int code = look (playing, error);
	if (code < 0)
		return code;
	if (strcmp (playing->asked.kind, "backup") == 0)
		code = kept_back_up (playing, &kind, &name, error);
	else if (strcmp (playing->asked.kind, "copy") == 0)
		code = kept_copy_snapshot (playing, &kind, &name, error);
	else
		code = is_of_files (playing) ? kept_bring_back (playing, &kind, &name, error) : kept_restore_database (playing, &kind, &name, error);
	if (code < 0)
		return code;
	*ret_token = give_text (playing->call, arena_printf (playing->arena, "%s/%s", kind, name));
	return *ret_token ? 0 : larder_fail_memory (error);
}

int
kept_start (struct mock *mock, struct larder_call *call, const struct larder_action *action, const char **ret_token, struct larder_error *error)
{
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	CLEANUP_CLOSE int root = mock_root (mock);
	struct playing playing = { .mock = mock, .call = call, .arena = arena, .asked = *action, .root = root, .lock = -1 };
	int code = arena ? start (&playing, ret_token, error) : larder_fail_memory (error);
	cleanup_close_at (&playing.lock);
	return code;
}

/* ---- asked about ---- */

/* Lines "result[NAME]" are what comes of it. */
static int
give_results (struct larder_call *call, const struct lines *lines, struct larder_pairs *ret, struct larder_error *error)
{
	struct larder_pair *pairs = larder_host->arena (call, (lines->count + 1) * sizeof *pairs);
	size_t count = 0;
	for (size_t n = 0; pairs && n < lines->count; n++) {
		const struct line *line = &lines->at[n];
		if (!path_matches ("result[*]", line->path))
			continue;
		pairs[count] = (struct larder_pair) { give_text (call, path_member (lines->arena, strchr (line->path, '['))), give_text (call, line->value) };
		if (!pairs[count].name || !pairs[count].value)
			return larder_fail_memory (error);
		count++;
	}
	*ret = (struct larder_pairs) { pairs, count, sizeof *pairs };
	return pairs ? 0 : larder_fail_memory (error);
}

int
kept_poll (struct mock *mock, struct larder_call *call, const char *token, struct larder_progress *progress, struct larder_error *error)
{
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	CLEANUP_CLOSE int root = mock_root (mock);
	struct playing playing = { .mock = mock, .call = call, .arena = arena, .root = root };
	struct lines lines;
	const char *slash = strchr (token, '/'), *kind = arena && slash ? arena_copy_bytes (arena, token, (size_t) (slash - token)) : NULL;
	int code = kind ? mock_now (mock, root, &playing.now, error) : arena ? larder_fail (error, LARDER_E_INVALID, "'%s' is nothing that was begun here", token) : larder_fail_memory (error);
	if (code == 0)
		code = kept_read (&playing, kind, slash + 1, &lines, error);
	if (code == 0)
		return larder_fail_next (error, LARDER_E_NOTFOUND, "the same command begins it anew", "'%s', which was begun, is gone", token);
	if (code < 0)
		return code;
	progress->percent = percent_of (&lines, playing.now);
	bool done = progress->percent == 100;
	progress->state = done ? LARDER_ACTION_DONE : LARDER_ACTION_RUNNING;
	progress->message = done ? NULL : "running, for a minute of its clock: larder dev clock +1m is quicker";
	return done ? give_results (call, &lines, &progress->results, error) : 0;
}

int
mock_backups (void *self, struct larder_call *call, const struct larder_backups *request, larder_backup_fn backup, void *context, struct larder_error *error)
{
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	CLEANUP_CLOSE int root = mock_root (self);
	struct playing playing = { .mock = self, .call = call, .arena = arena, .root = root };
	struct larder_backups asked = { .size = sizeof asked };
	larder_give (&asked, request);
	bool jobs = asked.what == LARDER_BACKUPS_JOBS;
	int code = arena ? mock_now (self, root, &playing.now, error) : larder_fail_memory (error);
	if (code == 0)
		code = read_target (&playing, asked.type, asked.identity, error);
	if (code < 0)
		return code;
	playing.asked.target = asked.identity;
	if (strcmp (asked.type, "database") == 0)
		return jobs ? 0 : kept_snapshots (&playing, backup, context, error);
	return kept_points (&playing, asked.id, jobs, backup, context, error);
}
