/* drill-fetch.c: the keys of a drill into its scratch: as a sync of just these, and what turns out to be archived by a job of the archive. */
#include "drill.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "bundle.h"
#include "error.h"
#include "index.h"
#include "store.h"
#include "text.h"

#define ASKED "asked"      /* addresses of what is archived, percent-encoded */

/* A file without a name, with a line for each key that `add` adds to it, for somebody else to read. */
static int
list_keys (struct drilling *all, drill_key_fn add, char ret_path[40], struct larder_error *error)
{
	all->list = file_temporary (error);
	snprintf (ret_path, 40, "/proc/self/fd/%d", all->list);
	return all->list < 0 ? all->list : drill_each_key (all, add, error);
}

static void
drop_list (struct drilling *all)
{
	if (all->list >= 0)
		close (all->list);
	all->list = -1;
}

/* ---- the job of the archive ---- */

static int
on_estimate (void *context, const struct larder_archive_estimate *estimate)
{
	struct drilling *all = context;
	return all->estimate && !all->estimated ? all->estimate (all->context, estimate) : 0;
}

static int
on_job (void *context, const struct larder_archive_job *job, struct larder_error *error)
{
	struct drilling *all = context;
	(void) job, (void) error;
	all->job_told = true;
	return 0;
}

static int
on_restoring (void *context, const struct larder_event *event)
{
	struct drilling *all = context;
	const char *key = drill_key_of (all, event->from);
	if (event->error && event->error->code < 0 && key) {
		all->of_member = drill_is_in_store (all, key, NULL) == 0;
		return drill_found (all, event->error->code == LARDER_E_INTEGRITY ? FOUND_DIFFERS : FOUND_FAILED, key, event->error);
	}
	return all->event ? all->event (all->context, event) : 0;
}

/* What failed was told; what ended it before its time did not come to telling how far it is. */
static int
restore (struct drilling *all, uint32_t flags, const char *list, struct larder_error *error)
{
	struct larder_summary sum = { .size = sizeof sum };
	bool dry = flags & LARDER_DRY_RUN;
	const struct larder_archive_restore request = {
		.size = sizeof request, .flags = flags | LARDER_ARCHIVE_EXACT, .list = list, .tier = all->asked.tier, .days = all->asked.days, .most = all->asked.most,
		.to = dry ? NULL : all->tree_path,
	};
	all->job_told = false, all->of_job = !dry;
	int code = larder_archive_restore (all->larder, &request, on_estimate, on_job, on_restoring, all, &sum, error);
	all->of_job = false;
	return all->job_told && code != LARDER_E_NOTREADY ? 0 : code;
}

/* ---- before it begins ---- */

static int
add_address (struct drilling *all, const char *key, struct larder_error *error)
{
	return drill_list (all->list, all->place, key, error);
}

static int
estimate_restores (struct drilling *all, struct larder_error *error)
{
	char path[40];
	int code = list_keys (all, add_address, path, error);
	if (code == 0)
		code = restore (all, LARDER_DRY_RUN, path, error);
	all->estimated = true;
	drop_list (all);
	return code;
}

static int
check_room (struct drilling *all, struct larder_error *error)
{
	struct statvfs disk;
	char need[32], room[32], next[160];
	if (fstatvfs (all->tree, &disk) < 0)
		return 0;
	uint64_t left = (uint64_t) disk.f_bavail * disk.f_frsize;
	if (left >= all->head.bytes)
		return 0;
	snprintf (next, sizeof next, "--to a folder with %s free, or --sample fewer", text_from_size (all->head.bytes, need));
	return larder_fail_next (error, LARDER_E_NOSPACE, next, "the drill of '%s' needs %s in '%s', where %s are free: nothing was fetched", all->asked.what, need, all->head.scratch,
		text_from_size (left, room));
}

int
drill_estimate (struct drilling *all, struct larder_error *error)
{
	int code = all->head.archived ? estimate_restores (all, error) : 0;
	if (code < 0 || all->asked.flags & LARDER_DRY_RUN)
		return code;
	code = drill_begin (all, error);
	if (code == 0 && (code = check_room (all, error)) < 0)
		drill_end (all);
	return code;
}

/* ---- fetching ---- */

const char *
drill_key_of (const struct drilling *all, const char *address)
{
	size_t length = strlen (all->place);
	return address && strncmp (address, all->place, length) == 0 ? address + length : NULL;
}

/* At first of what cannot be had it is told later, when it is tried again; but what is archived goes to the job. */
static int
on_fetching (void *context, const struct larder_event *event)
{
	struct drilling *all = context;
	const char *key = drill_key_of (all, event->from);
	if (!event->error || event->error->code >= 0 || !key)
		return all->event ? all->event (all->context, event) : 0;
	if (all->asking.fd < 0)
		return drill_found (all, event->error->code == LARDER_E_INTEGRITY ? FOUND_DIFFERS : FOUND_FAILED, key, event->error);
	if (event->error->code != LARDER_E_NOTREADY)
		return 0;
	all->archived++;
	all->code = drill_list (all->asking.fd, all->place, key, &all->why);
	return all->code;
}

int
drill_is_packed (const struct drilling *all, const char *key, struct larder_error *error)
{
	if (!index_is_bundle (key))
		return 0;
	const char *index = arena_printf (all->each, "%s" BUNDLE_INDEX, key);
	return index ? drill_is_in_store (all, index, error) : larder_fail_memory (error);
}

/* Bundles are the job's from the beginning, archived or not: it knows how they come. One that is gone is no job's: it would end there. */
static int
add_lacking (struct drilling *all, const char *key, struct larder_error *error)
{
	int packed = drill_is_packed (all, key, error);
	if (packed == 1 && all->asking.fd >= 0) {
		int there = drill_is_in_store (all, key, error);
		if (there != 1)
			return there;
		all->archived++;
		return drill_list (all->asking.fd, all->place, key, error);
	}
	if (packed || drill_is_there (all->tree, key))
		return packed < 0 ? packed : 0;
	all->lacking++;
	return drill_list (all->list, "", key, error);
}

static int
sync_lacking (struct drilling *all, struct larder_error *error)
{
	char path[40];
	struct larder_summary sum = { .size = sizeof sum };
	all->lacking = 0;
	int code = list_keys (all, add_lacking, path, error);
	const struct larder_sync request = { .size = sizeof request, .from = all->place, .to = all->tree_path, .only = path };
	if (code == 0 && all->lacking > 0)
		code = larder_sync (all->larder, &request, on_fetching, all, &sum, error);
	drop_list (all);
	if (all->code < 0 && error)
		*error = all->why;
	return all->code < 0 ? all->code : sum.failed + sum.refused > 0 && !sum.ended ? 0 : code;
}

/* Once: what is archived is known from then on. */
static int
sync_first (struct drilling *all, struct larder_error *error)
{
	int code = file_draft_begin (&all->asking, all->folder, ASKED, 0600, true, error);
	if (code == 0)
		code = sync_lacking (all, error);
	if (code == 0 && all->archived > 0)
		code = file_draft_publish (&all->asking, FILE_REPLACE, error);
	file_draft_abort (&all->asking);
	all->asking = (struct file_draft) FILE_DRAFT_NONE;
	return code;
}

int
drill_fetch (struct drilling *all, struct larder_error *error)
{
	const char *path = arena_printf (all->arena, "%s/drills/%s/" ASKED, larder_state (all->larder), all->id);
	int code = path ? drill_found_before (all, error) : larder_fail_memory (error);
	if (code == 0 && access (path, F_OK) < 0)
		code = sync_first (all, error);
	if (code == 0 && access (path, F_OK) == 0)
		code = restore (all, all->asked.flags & LARDER_ARCHIVE_WAIT, path, error);
	if (code == 0)
		code = sync_lacking (all, error);
	if (all->found >= 0)
		close (all->found);
	all->found = -1;
	return code;
}
