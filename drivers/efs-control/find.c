/* find.c: a file system by its creation token, with all that belongs to it. */
#include "control.h"

#include <stdio.h>
#include <string.h>

#include "arena.h"
#include "error.h"

/* The pages are told by NextMarker or NextToken, and asked for by Marker or NextToken. */
static const char *
next_page (struct work *work, const json_t *page, const char *path)
{
	const char *marker = json_text (page, "NextMarker"), *token = json_text (page, "NextToken"), *next = *marker ? marker : token;
	const char *text = *next ? efs_encoded (work->arena, next) : NULL;
	return text ? arena_printf (work->arena, "%s&%s=%s", path, *marker ? "Marker" : "NextToken", text) : NULL;
}

int
files_list (struct work *work, const char *path, const char *key, json_t **ret, struct larder_error *error)
{
	json_t *all = json_array ();
	int code = all ? 0 : larder_fail_memory (error);
	for (const char *at = path; code == 0 && at;) {
		CLEANUP_JSON json_t *page = NULL;
		code = files_ask (work, "GET", at, NULL, "FileSystemNotFound", &page, error);
		if (code != 0)
			break;
		json_array_extend (all, json_object_get (page, key));
		at = next_page (work, page, path);
	}
	if (code < 0)
		json_decref (all);
	else
		*ret = all;
	return code < 0 ? code : 0;
}

/* ---- what belongs to it ---- */

static const char *
id_of (const struct work *work)
{
	return json_text (work->share.system, "FileSystemId");
}

static int
find_system (struct work *work, struct larder_error *error)
{
	CLEANUP_JSON json_t *all = NULL;
	const char *token = efs_encoded (work->arena, work->resource->identity);
	int code = token ? files_list (work, arena_printf (work->arena, "file-systems?CreationToken=%s", token), "FileSystems", &all, error) : larder_fail_memory (error);
	work->share.system = code < 0 ? NULL : json_incref (json_array_get (all, 0));
	return code;
}

int
find_policy (struct work *work, struct larder_error *error)
{
	CLEANUP_JSON json_t *reply = NULL;
	int code = files_ask (work, "GET", arena_printf (work->arena, "file-systems/%s/policy", id_of (work)), NULL, "PolicyNotFound", &reply, error);
	json_decref (work->share.policy);
	work->share.policy = NULL;
	if (code != 0)
		return code < 0 ? code : 0;
	json_t *policy = json_loads (json_text (reply, "Policy"), JSON_REJECT_DUPLICATES, NULL);
	if (json_is_object (json_object_get (policy, "Statement")))            /* one alone need not be a list */
		json_object_set_new (policy, "Statement", json_pack ("[O]", json_object_get (policy, "Statement")));
	work->share.policy = policy;
	return work->share.policy ? 0 : larder_fail (error, LARDER_E_INTEGRITY, "the policy of file system '%s' is no JSON", id_of (work));
}

/* Asked for only where the sections say anything of it. */
static int
find_backup (struct work *work, struct larder_error *error)
{
	CLEANUP_JSON json_t *reply = NULL;
	if (!lines_find (&work->desired, "automatic-backup"))
		return 0;
	int code = files_ask (work, "GET", arena_printf (work->arena, "file-systems/%s/backup-policy", id_of (work)), NULL, "PolicyNotFound", &reply, error);
	work->share.backup = code < 0 ? NULL : arena_copy (work->arena, json_text (json_object_get (reply, "BackupPolicy"), "Status"));
	return code < 0 ? code : 0;
}

static int
find_lifecycle (struct work *work, struct larder_error *error)
{
	CLEANUP_JSON json_t *reply = NULL;
	int code = files_ask (work, "GET", arena_printf (work->arena, "file-systems/%s/lifecycle-configuration", id_of (work)), NULL, NULL, &reply, error);
	work->share.lifecycle = json_incref (json_object_get (reply, "LifecyclePolicies"));
	return code;
}

int
find_targets (struct work *work, json_t **ret, struct larder_error *error)
{
	return files_list (work, arena_printf (work->arena, "mount-targets?FileSystemId=%s", id_of (work)), "MountTargets", ret, error);
}

/* With the groups that each is behind. One that is being removed has none to tell. */
static int
find_reach (struct work *work, struct larder_error *error)
{
	json_t *target;
	size_t n;
	int code = find_targets (work, &work->share.targets, error);
	json_array_foreach (work->share.targets, n, target) {
		CLEANUP_JSON json_t *groups = NULL;
		if (code == 0 && strcmp (json_text (target, "LifeCycleState"), "available") == 0)
			code = files_ask (work, "GET", arena_printf (work->arena, "mount-targets/%s/security-groups", json_text (target, "MountTargetId")), NULL, "MountTargetNotFound", &groups, error);
		if (groups)
			json_object_set (target, "SecurityGroups", json_object_get (groups, "SecurityGroups"));
		code = code > 0 ? 0 : code;
	}
	return code;
}

int
find_points (struct work *work, struct larder_error *error)
{
	return files_list (work, arena_printf (work->arena, "access-points?FileSystemId=%s", id_of (work)), "AccessPoints", &work->share.points, error);
}

/* All that are meant for the folder of this one; NULL: no memory. */
static const char *
meant_like (const struct work *work, const json_t *point, size_t *ret_count)
{
	const char *list = "";
	const json_t *other;
	size_t n;
	*ret_count = 0;
	json_array_foreach (work->share.points, n, other)
		if (list && strcmp (point_root (other), point_root (point)) == 0 && point_is_meant (&work->share, other, &work->desired))
			list = arena_printf (work->arena, "%s%s%s", list, (*ret_count)++ ? ", " : "", json_text (other, "AccessPointId"));
	return list;
}

/* One that is otherwise was left by a change, and goes; of two that are as one is to be nothing tells which it is. */
static int
check_points (const struct work *work, struct larder_error *error)
{
	const json_t *point;
	size_t n, count;
	json_array_foreach (work->share.points, n, point) {
		const char *list = meant_like (work, point, &count);
		if (!list)
			return larder_fail_memory (error);
		if (count > 1)
			return larder_fail_next (error, LARDER_E_CONFLICT, "remove those that are not mounted", "folder '%s' of file system '%s' has more than one access point of ours: %s", point_root (point),
				work->share.token, list);
	}
	return 0;
}

static int
find_parts (struct work *work, struct larder_error *error)
{
	int code = find_lifecycle (work, error);
	if (code == 0)
		code = find_policy (work, error);
	if (code == 0)
		code = find_backup (work, error);
	if (code == 0)
		code = find_points (work, error);
	if (code == 0)
		code = check_points (work, error);
	return code == 0 ? find_reach (work, error) : code;
}

/* ---- the whole ---- */

/* A key may be given by its alias; the service tells its ARN. */
static int
find_key (struct work *work, struct larder_error *error)
{
	CLEANUP_JSON json_t *reply = NULL;
	const char *asked = lines_value (&work->desired, "kms-key");
	work->key = asked;
	if (!asked || (strncmp (asked, "arn:", 4) == 0 && strstr (asked, ":key/")))
		return 0;
	int code = key_ask (work, asked, &reply, error);
	const char *arn = json_text (json_object_get (reply, "KeyMetadata"), "Arn");
	if (code < 0 || !*arn)
		return code < 0 ? code : larder_fail (error, LARDER_E_INTEGRITY, "the reply tells of no key");
	json_object_set_new (work->share.names, asked, json_string (arn));
	work->key = arena_copy (work->arena, arn);
	return work->key ? 0 : larder_fail_memory (error);
}

static bool
wants_network (const struct lines *desired)
{
	for (size_t n = 0; n < desired->count; n++) {
		const char *path = desired->at[n].path;
		if (strcmp (path, "network") == 0 || strncmp (path, "target[", 7) == 0 || strncmp (path, "security-group.", 15) == 0)
			return true;
	}
	return false;
}

/* What was seen before a change. The lines of one have also the access point that the sections named before, since it stays: which they name now is of that look. */
static int
take_told (struct work *work, struct larder_error *error)
{
	const char *below, *root = NULL;
	lines_begin (&work->told, work->arena);
	int code = work->resource->observed ? lines_take (&work->told, work->resource->observed, error) : 0;
	for (size_t n = 0; !root && n < work->desired.count; n++)
		root = path_member_of (work->arena, work->desired.at[n].path, "access-point", &below);
	work->share.told = work->resource->observed ? &work->told : NULL;
	work->share.through = work->resource->observed ? lines_value (&work->told, "policy.through") : root;
	return code;
}

int
work_begin (struct work *work, void *self, struct larder_call *call, const struct larder_resource *resource, struct larder_error *error)
{
	*work = (struct work) { .control = self, .call = call, .arena = arena_new (), .resource = resource, .share = { .names = json_object (), .zones = json_object (), .token = resource->identity } };
	if (!work->arena || !work->share.names || !work->share.zones)
		return larder_fail_memory (error);
	lines_begin (&work->desired, work->arena);
	int code = resource->desired ? lines_take (&work->desired, resource->desired, error) : 0;
	if (code == 0)
		code = lines_sort (&work->desired, error);
	if (code == 0)
		code = take_told (work, error);
	if (code == 0)
		code = find_key (work, error);
	if (code == 0)
		code = network_look_up (work, error);
	if (code == 0)
		code = find_system (work, error);
	if (code == 0 && work->share.system)
		code = find_parts (work, error);
	work->reached = wants_network (&work->desired) || json_array_size (work->share.targets) > 0;
	if (code == 0 && (work->share.system ? work->reached : lines_find (&work->desired, "security-group.name") != NULL))
		code = network_groups (work, error);
	return code < 0 ? code : work->share.system != NULL;
}

void
work_end (struct work *work)
{
	struct share *share = &work->share;
	json_t *all[] = { share->system, share->lifecycle, share->policy, share->points, share->targets, share->groups, share->names, share->zones };
	for (size_t n = 0; n < sizeof all / sizeof *all; n++)
		json_decref (all[n]);
	arena_free (work->arena);
}

static uint32_t
state_of (const json_t *one)
{
	const char *state = json_text (one, "LifeCycleState");
	return strcmp (state, "available") == 0 ? LARDER_RESOURCE_READY : strcmp (state, "error") == 0 ? LARDER_RESOURCE_FAILED : LARDER_RESOURCE_PENDING;
}

/* One that failed makes it failed; else one under way makes it pending. */
uint32_t
work_state (const struct work *work, const char **ret_words)
{
	const struct { const json_t *list; const char *word, *id; } lists[] = { { work->share.points, "access point", "AccessPointId" }, { work->share.targets, "mount target", "MountTargetId" } };
	uint32_t state = state_of (work->share.system);
	const json_t *one;
	size_t n;
	*ret_words = json_text (work->share.system, "LifeCycleState");
	for (size_t l = 0; l < 2; l++)
		json_array_foreach (lists[l].list, n, one) {
			uint32_t its = state_of (one);
			if (its == state || (its != LARDER_RESOURCE_FAILED && state != LARDER_RESOURCE_READY))
				continue;
			state = its;
			*ret_words = arena_printf (work->arena, "%s %s %s", lists[l].word, json_text (one, lists[l].id), json_text (one, "LifeCycleState"));
		}
	return state;
}
