/* remove.c: a file system taken down: mount targets, and asked again once those are gone access points, security group, and itself at last. It is
 * what all the rest is known by, so a run that was killed finds it and goes on. */
#include "control.h"

#include <string.h>

#include "arena.h"
#include "clock.h"
#include "error.h"

static int
remove_each (struct work *work, const json_t *list, const char *kind, const char *key, const char *gone, struct larder_error *error)
{
	const json_t *one;
	size_t n;
	int code = 0;
	json_array_foreach (list, n, one)
		if (code >= 0 && strcmp (json_text (one, "LifeCycleState"), "deleting") != 0)
			code = files_ask (work, "DELETE", arena_printf (work->arena, "%s/%s", kind, json_text (one, key)), NULL, gone, NULL, error);
	return code < 0 ? code : 0;
}

/* What a mount target used is free a little after it is gone. */
static int
remove_group (struct work *work, const json_t *group, struct larder_error *error)
{
	int64_t end = larder_host->boot () + 2 * 60 * NS_PER_S, pause = NS_PER_S / 5;
	for (;;) {
		int code = reach_remove_group (work, group, error);
		if (code != LARDER_E_CONFLICT || larder_host->boot () >= end)
			return code;
		code = work_rest (work, pause, error);
		if (code < 0)
			return code;
		pause = pause < 5 * NS_PER_S ? pause * 2 : pause;
	}
}

static int
remove_rest (struct work *work, struct larder_error *error)
{
	struct share *share = &work->share;
	const json_t *group;
	size_t n;
	int code = remove_each (work, share->points, "access-points", "AccessPointId", "AccessPointNotFound", error);
	json_array_foreach (share->groups, n, group)
		if (code == 0 && json_is_true (json_object_get (group, "ours")))
			code = remove_group (work, group, error);
	if (code == 0)
		code = files_ask (work, "DELETE", arena_printf (work->arena, "file-systems/%s", json_text (share->system, "FileSystemId")), NULL, "FileSystemNotFound", NULL, error);
	return code < 0 ? code : 0;
}

/* Before the first thing goes: without its mount targets, and not removed, it would serve nobody. */
static int
check_users (struct work *work, struct larder_error *error)
{
	const char *users;
	int code = network_users (work, &users, error);
	return code == 0 && users ? larder_fail_next (error, LARDER_E_CONFLICT, "take the group from those; then the same command goes on", "a security group of file system '%s' is in use by %s: nothing of it is removed",
		work->share.token, users) : code;
}

int
control_remove (void *self, struct larder_call *call, const struct larder_resource *resource, struct larder_error *error)
{
	struct work work;
	int code = work_begin (&work, self, call, resource, error);
	if (code > 0)
		code = work_may_write (&work, error);
	if (code == 0 && work.share.system)
		code = check_users (&work, error);
	if (code == 0 && work.share.system && strcmp (json_text (work.share.system, "LifeCycleState"), "deleting") != 0)
		code = json_array_size (work.share.targets) ? remove_each (&work, work.share.targets, "mount-targets", "MountTargetId", "MountTargetNotFound", error) : remove_rest (&work, error);
	work_end (&work);
	return code;
}
