/* change.c: a file system made, and its settings changed: each only where it differs. */
#include "control.h"

#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "error.h"

int
work_may_write (struct work *work, struct larder_error *error)
{
	if (larder_host->cancelled (work->call))
		return larder_fail (error, LARDER_E_CANCELLED, "cancelled");
	if (work->control->read_only)
		return larder_fail_read_only (error, work->control->name);
	return 0;
}

static const char *
below_system (struct work *work, const char *rest)
{
	return arena_printf (work->arena, "file-systems/%s%s", json_text (work->share.system, "FileSystemId"), rest);
}

/* Is the line to be another than it is? */
static bool
differs (const struct lines *is, const struct lines *desired, const char *path)
{
	const char *now = lines_value (is, path), *then = lines_value (desired, path);
	return now && then ? strcmp (now, then) != 0 : now != then;
}

/* ---- tags ---- */

/* Tags that are in one list and not the same in the other: pairs of the service, or their names alone. */
static json_t *
tags_without (const struct lines *in, const struct lines *other, bool whole)
{
	json_t *tags = json_array ();
	const char *below, *name;
	for (size_t n = 0; n < in->count; n++) {
		const struct line *line = &in->at[n];
		if (!(name = path_member_of (in->arena, line->path, "tag", &below)) || (whole ? !differs (in, other, line->path) : lines_find (other, line->path) != NULL))
			continue;
		json_array_append_new (tags, whole ? json_pack ("{s:s, s:s}", "Key", name, "Value", line->value) : json_string (name));
	}
	return tags;
}

static int
set_tags (struct work *work, const struct lines *is, struct larder_error *error)
{
	CLEANUP_JSON json_t *new = tags_without (&work->desired, is, true), *gone = tags_without (is, &work->desired, false);
	const char *path = arena_printf (work->arena, "resource-tags/%s", json_text (work->share.system, "FileSystemId"));
	const json_t *name;
	size_t n;
	int code = json_array_size (new) ? files_ask (work, "POST", path, json_pack ("{s:O}", "Tags", new), NULL, NULL, error) : 0;
	json_array_foreach (gone, n, name) {
		const char *text = efs_encoded (work->arena, json_string_value (name));
		if (code == 0)
			code = files_ask (work, "DELETE", text ? arena_printf (work->arena, "%s?tagKeys=%s", path, text) : NULL, NULL, NULL, NULL, error);
	}
	return code;
}

/* ---- settings ---- */

static int
set_lifecycle (struct work *work, const struct lines *is, struct larder_error *error)
{
	json_t *policies;
	if (!differs (is, &work->desired, "lifecycle.to-ia") && !differs (is, &work->desired, "lifecycle.to-archive") && !differs (is, &work->desired, "lifecycle.back-on-access"))
		return 0;
	int code = efs_lifecycle (&work->desired, &policies, error);
	return code < 0 ? code : files_ask (work, "PUT", below_system (work, "/lifecycle-configuration"), json_pack ("{s:o}", "LifecyclePolicies", policies), NULL, NULL, error);
}

static int
set_backup (struct work *work, const struct lines *is, struct larder_error *error)
{
	const char *wanted = lines_value (&work->desired, "automatic-backup");
	if (!wanted || !differs (is, &work->desired, "automatic-backup"))
		return 0;
	return files_ask (work, "PUT", below_system (work, "/backup-policy"), json_pack ("{s:{s:s}}", "BackupPolicy", "Status", strcmp (wanted, "yes") == 0 ? "ENABLED" : "DISABLED"),
		NULL, NULL, error);
}

static int
set_policy (struct work *work, const struct lines *is, struct larder_error *error)
{
	bool same = !differs (is, &work->desired, "policy.tls") && !differs (is, &work->desired, "policy.access-point");
	for (size_t n = 0; same && n < is->count; n++)
		same = !path_matches ("policy.statement[*]", is->at[n].path) || lines_find (&work->desired, is->at[n].path) || !lines_find (&work->told, is->at[n].path);
	int code = same ? 0 : find_policy (work, error);        /* it is written as a whole, under no etag: what came to it meanwhile is to stay */
	if (same || code < 0)
		return code;
	CLEANUP_JSON json_t *policy = policy_wanted (&work->share, &work->desired, error);
	if (!policy)
		return LARDER_E_INVALID;
	const char *path = below_system (work, "/policy");
	if (json_array_size (json_object_get (policy, "Statement")) == 0)
		return files_ask (work, "DELETE", path, NULL, NULL, NULL, error);
	char *text = json_dumps (policy, JSON_COMPACT);
	code = text ? files_ask (work, "PUT", path, json_pack ("{s:s}", "Policy", text), NULL, NULL, error) : larder_fail_memory (error);
	free (text);
	return code;
}

/* The last of all: until it is done the service may refuse other changes. */
static int
set_throughput (struct work *work, const struct lines *is, struct larder_error *error)
{
	const char *wanted = lines_value (&work->desired, "throughput");
	if (!wanted || !differs (is, &work->desired, "throughput"))
		return 0;
	json_t *body = json_object ();
	int code = body ? efs_throughput (body, wanted, error) : larder_fail_memory (error);
	if (code < 0) {
		json_decref (body);
		return code;
	}
	return files_ask (work, "PUT", below_system (work, ""), body, NULL, NULL, error);
}

/* ---- access points ---- */

/* One of others that is as ours would be is taken over. */
static int
take_point (struct work *work, json_t *point, struct larder_error *error)
{
	json_t *tags = json_pack ("[{s:s, s:s}]", "Key", TAG, "Value", work->share.token);
	int code = files_ask (work, "POST", arena_printf (work->arena, "resource-tags/%s", json_text (point, "AccessPointId")), json_pack ("{s:O}", "Tags", tags), NULL, NULL, error);
	json_object_set_new (point, "Tags", tags);
	return code;
}

static int
make_point (struct work *work, const char *root, struct larder_error *error)
{
	json_t *point, *fits = NULL;
	CLEANUP_JSON json_t *made = NULL;
	size_t n;
	json_array_foreach (work->share.points, n, point)
		if (strcmp (point_root (point), root) == 0 && point_fits (point, &work->desired) && !(fits && point_is_ours (fits, work->share.token)))
			fits = point;
	if (fits)
		return point_is_ours (fits, work->share.token) ? 0 : take_point (work, fits, error);
	json_t *body = point_creation (&work->share, root, &work->desired, error);
	int code = body ? files_ask (work, "POST", "access-points", body, "AccessPointAlreadyExists", &made, error) : LARDER_E_INVALID;
	if (code == 0)
		json_array_append (work->share.points, made);        /* for the policy that names it */
	if (code <= 0)
		return code;
	json_decref (work->share.points);                       /* made by an asking whose answer was lost */
	work->share.points = NULL;
	return find_points (work, error);
}

/* Of ours, those that are another than is wanted go; of others, those of a folder that is wanted no more, and those beside ours that are not. */
static bool
goes (const struct work *work, const struct lines *is, const json_t *point)
{
	const char *root = point_root (point), *id = json_text (point, "AccessPointId");
	if (lines_in (is, POINT_BESIDE, id, ""))
		return !lines_in (&work->desired, POINT_BESIDE, id, "");
	const char *owner = path_of_member (work->arena, "access-point", root, ".owner");
	bool wanted = owner && (lines_find (&work->desired, owner) || lines_in (&work->desired, "access-point", root, ".mode"));
	return wanted ? point_is_ours (point, work->share.token) && !point_fits (point, &work->desired) : owner && lines_find (is, owner);
}

static int
drop_points (struct work *work, const struct lines *is, struct larder_error *error)
{
	const json_t *point;
	size_t n;
	int code = 0;
	json_array_foreach (work->share.points, n, point)
		if (code >= 0 && goes (work, is, point))
			code = files_ask (work, "DELETE", arena_printf (work->arena, "access-points/%s", json_text (point, "AccessPointId")), NULL, "AccessPointNotFound", NULL, error);
	return code < 0 ? code : 0;
}

static int
make_points (struct work *work, const struct lines *is, struct larder_error *error)
{
	const char *below, *root;
	int code = 0;
	for (size_t n = 0; code == 0 && n < work->desired.count; n++) {
		const struct line *line = &work->desired.at[n], *there = lines_find (is, line->path);
		root = path_member_of (work->arena, line->path, "access-point", &below);
		if (root && strcmp (below, ".mode") == 0 && !(there && strcmp (there->value, line->value) == 0 && !differs (is, &work->desired, path_of_member (work->arena, "access-point", root, ".owner"))))
			code = make_point (work, root, error);
	}
	return code;
}

/* ---- the acts ---- */

int
control_create (void *self, struct larder_call *call, const struct larder_resource *resource, struct larder_error *error)
{
	struct work work;
	int code = work_begin (&work, self, call, resource, error);
	if (code == 0)
		code = work_may_write (&work, error);
	if (code == 0) {
		json_t *body = efs_creation (resource->identity, &work.desired, work.key, error);
		code = body ? files_ask (&work, "POST", "file-systems", body, "FileSystemAlreadyExists", NULL, error) : LARDER_E_INVALID;
	}
	work_end (&work);
	return code < 0 ? code : 0;
}

static int
change (struct work *work, struct larder_error *error)
{
	struct lines is;
	lines_begin (&is, work->arena);
	share_lines (&work->share, &work->desired, &is);
	int code = lines_sort (&is, error);
	int (*const steps[]) (struct work *, const struct lines *, struct larder_error *) = { set_tags, set_lifecycle, set_backup, make_points, set_policy, drop_points };
	for (size_t n = 0; code == 0 && n < sizeof steps / sizeof *steps; n++)
		code = steps[n] (work, &is, error);
	if (code == 0 && work->reached)
		code = reach_set (work, error);
	return code == 0 ? set_throughput (work, &is, error) : code;
}

int
control_update (void *self, struct larder_call *call, const struct larder_resource *resource, struct larder_error *error)
{
	struct work work;
	int code = work_begin (&work, self, call, resource, error);
	if (code == 0)
		code = larder_fail (error, LARDER_E_NOTFOUND, "file system '%s' is gone", resource->identity);
	if (code > 0)
		code = work_may_write (&work, error);
	if (code == 0)
		code = change (&work, error);
	work_end (&work);
	return code;
}
