/* sync.c: larder_sync: one tree made like another. */
#define LARDER_API_VERSION LARDER_API_CURRENT
#include "sync.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arena.h"
#include "cleanup.h"
#include "error.h"
#include "store.h"
#include <larder/driver.h>

static int
fail_overlap (const struct larder_sync *request, struct larder_error *error)
{
	return larder_fail_next (error, LARDER_E_INVALID, "give two that lie apart", "'%s' and '%s' lie in one another", request->from, request->to);
}

static bool
is_below (const char *path, const char *folder)
{
	size_t length = strlen (folder);
	return strncmp (path, folder, length) == 0 && (length == 1 || path[length] == '/' || path[length] == '\0');
}

/* One inside the other would never end, or remove what it copies from. */
static int
refuse_overlap (struct sync *sync, const char *from, const char *to, struct larder_error *error)
{
	struct transfer *transfer = &sync->transfer;
	if (sync->from.store && transfer->store) {
		const char *one = sync->from.prefix, *other = sync->to.prefix;
		size_t least = strlen (one) < strlen (other) ? strlen (one) : strlen (other);
		bool meet = strncmp (one, other, least) == 0 && same_object (transfer->store, transfer->arena, sync->from.store, "-", "-");
		return meet ? fail_overlap (sync->request, error) : 0;
	}
	if (sync->from.store || transfer->store)
		return 0;
	CLEANUP_FREE char *source = realpath (from, NULL), *target = target_whole_path (to);
	if (!source || !target)
		return larder_fail_errno (error, errno, "cannot tell where '%s' lies", source ? to : from);
	return is_below (target, source) || is_below (source, target) ? fail_overlap (sync->request, error) : 0;
}

int
sync_begin_sides (struct sync *sync, bool sources, struct larder_error *error)
{
	struct transfer *transfer = &sync->transfer;
	struct larder_address from = { .size = sizeof from };
	struct larder_store *store = NULL;
	int code = larder_address_parse (transfer->larder, transfer->arena, sync->request->from, &from, error);
	if (code == 0)
		code = target_begin (transfer, sync->request->to, error);
	sync->from.follow = sync->request->flags & LARDER_SYNC_FOLLOW_LINKS;
	if (code == 0 && from.store)
		code = transfer_open_source (transfer, from.store, &store, error);
	if (code == 0)
		code = store ? side_begin_store (&sync->from, transfer, store, from.path, error)
			: side_begin_local (&sync->from, transfer, from.path, true, error);
	if (code == 0)
		code = transfer->store ? side_begin_store (&sync->to, transfer, transfer->store, transfer->to, error)
			: side_begin_local (&sync->to, transfer, transfer->to, sources, error);
	return code == 0 && !sources ? refuse_overlap (sync, from.path, transfer->to, error) : code;
}

/* What lies in one of these is where its records say, and others' files are not looked for there: a sync would see neither, and --delete remove the records. */
static const struct kept { const char *mark, *what, *next; } kept[] = {
	{ ".larder/gen", "a model cache", "larder model pull PREFIX fills it, and larder model evict makes room" },
	{ ".larder/bucket", "a bucket that localfs-mock keeps", "sync to a store of that backend, or to a folder elsewhere" },
};

static const struct kept *
kept_at (const char *folder)
{
	char mark[4096];
	for (size_t n = 0; n < sizeof kept / sizeof *kept; n++)
		if ((size_t) snprintf (mark, sizeof mark, "%s/%s", folder, kept[n].mark) < sizeof mark && access (mark, F_OK) == 0)
			return &kept[n];
	return NULL;
}

static int
refuse_kept (const struct transfer *transfer, const struct larder_sync *request, struct larder_error *error)
{
	CLEANUP_FREE char *at = transfer->store ? NULL : target_whole_path (transfer->to);
	for (char *end = at ? at + strlen (at) : NULL; end; end = strrchr (at, '/')) {
		*end = '\0';
		const struct kept *found = kept_at (at);
		if (found)
			return larder_fail_next (error, LARDER_E_CONFLICT, found->next, "'%s' lies in %s", request->to, found->what);
	}
	return 0;
}

static int
check_request (const struct larder_sync *request, struct larder_error *error)
{
	if (request->shards && request->shard >= request->shards)
		return larder_fail_next (error, LARDER_E_INVALID, "shards count from 0", "there is no shard %u of %u", (unsigned) request->shard, (unsigned) request->shards);
	uint32_t how = request->flags & (LARDER_SYNC_CHECKSUM | LARDER_SYNC_SIZE_ONLY | LARDER_SYNC_EXACT_TIMES);
	if (how & (how - 1))
		return larder_fail_next (error, LARDER_E_INVALID, "choose one of them", "the checksum, the size alone and exact times cannot all decide");
	if (request->plan && request->flags & LARDER_SYNC_FOLLOW_LINKS)
		return larder_fail_next (error, LARDER_E_INVALID, "run it without a plan", "links that are followed are no part of a plan");
	if (request->plan && request->storage_class)
		return larder_fail_next (error, LARDER_E_INVALID, "run it without a plan", "a class is no part of a plan");
	return request->mode & ~0777u ? larder_fail_next (error, LARDER_E_INVALID, "three octal digits: 755", "%o is no mode", (unsigned) request->mode) : 0;
}

static int
check_keeps (const struct sync *sync, struct larder_error *error)
{
	const struct larder_store *to = sync->transfer.store;
	if (!to || store_caps (to) & LARDER_CAP_METADATA)
		return 0;
	return larder_fail_next (error, LARDER_E_UNSUPPORTED, "leave --exact-times out", "store '%s' keeps no metadata, so no exact times", store_name (to));
}

/* The words of the request that decided, for whoever reads the plan. */
static const char *
flags_of (const struct larder_sync *request, struct larder_arena *arena)
{
	uint32_t flags = request->flags;
	return arena_printf (arena, "%s%s%s%s%zu includes, %zu excludes, shard %u of %u", flags & LARDER_SYNC_DELETE ? "delete, " : "",
		flags & LARDER_SYNC_EMPTY_SOURCE ? "allow-empty-source, " : "", flags & LARDER_SYNC_SIZE_ONLY ? "size-only, " : "",
		flags & LARDER_SYNC_CHECKSUM ? "checksum, " : flags & LARDER_SYNC_EXACT_TIMES ? "exact-times, " : "", request->include_count, request->exclude_count, (unsigned) request->shard,
		(unsigned) (request->shards ? request->shards : 1));
}

static int
begin_plan (struct sync *sync, struct larder_error *error)
{
	struct transfer *transfer = &sync->transfer;
	const struct larder_sync *request = sync->request;
	struct plan_head head = {
		.profile = larder_profile (transfer->larder), .from = request->from, .to = request->to, .flags = flags_of (request, transfer->arena),
		.keep_times = transfer->keep_times,
	};
	if (request->mode)
		return larder_fail_next (error, LARDER_E_INVALID, "plan and apply without it, then give the mode with 'larder sync --mode'", "a mode is no part of a plan");
	int code = plan_address (sync->from.store, sync->from.store ? sync->from.prefix : sync->from.name, transfer->arena, &head.from_address, error);
	if (code == 0)
		code = plan_address (transfer->store, transfer->to, transfer->arena, &head.to_address, error);
	return code == 0 ? plan_new (&transfer->plan, request->plan, &head, error) : code;
}

/* All of it, or none. */
static int
end_plan (struct sync *sync, int code, struct larder_error *error)
{
	struct transfer *transfer = &sync->transfer;
	if (transfer->plan && code == 0 && !transfer_stopped (transfer))
		code = plan_publish (transfer->plan, &transfer->sum, error);
	plan_free (transfer->plan);
	return code;
}

static int
run (struct sync *sync, struct larder_error *error)
{
	struct transfer *transfer = &sync->transfer;
	int code = check_request (sync->request, error);
	if (code == 0)
		code = sync_list_begin (sync, error);
	if (code == 0)
		code = sync_begin_sides (sync, false, error);
	if (code == 0 && !sync->inside_cache)
		code = refuse_kept (transfer, sync->request, error);
	if (code == 0)
		code = sync_list_read (sync, error);
	if (code == 0 && transfer->store)
		sync->copy->attributes.storage_class = store_wished_class (transfer->store, sync->request->storage_class);
	if (code == 0 && sync->request->mode && transfer->store)
		code = larder_fail_next (error, LARDER_E_INVALID, "leave it out", "a mode is for files: '%s' is a store", sync->request->to);
	if (code == 0 && transfer->keep_times)
		code = check_keeps (sync, error);
	if (code == 0 && sync->request->plan)
		code = begin_plan (sync, error);
	if (code == 0 && transfer->store && (sync->request->flags & LARDER_SYNC_DELETE))
		transfer->room_most = WAITING_MOST;
	if (code == 0 && transfer->mode)
		code = sync_modes (sync, true, error);
	if (code == 0)
		code = sync_merge (sync, error);
	count_found_all (transfer);
	pool_drain (transfer->pool);
	transfer->room_most = 0;
	if (code == 0 && !transfer_stopped (transfer))
		code = sync_remove (sync, error);
	sync_add_later (sync);
	pool_drain (transfer->pool);
	if (code == 0 && transfer->mode && !transfer_stopped (transfer))
		code = sync_modes (sync, false, error);
	return code;
}

void
sync_end (struct sync *sync)
{
	side_end (&sync->from);
	side_end (&sync->to);
	shadow_clear (&sync->transfer.shadow);
	shadow_clear (&sync->covered);
	shadow_clear (&sync->leaving);
	if (sync->leftover)
		(void) fclose (sync->leftover);
}

static int
on_event (void *context, const struct larder_event *event)
{
	struct sync *sync = context;
	if (event->error && event->from)
		sync_list_add (sync, event->from);
	return sync->event ? sync->event (sync->context, event) : 0;
}

static int
sync_trees (struct larder *larder, const struct larder_sync *request, const char *state, bool inside_cache, larder_event_fn event, void *context,
            struct larder_summary *ret_summary, struct larder_error *error)
{
	struct larder_sync whole = { .size = sizeof whole };
	larder_give (&whole, request);
	struct larder_transfer copy = {
		.size = sizeof copy, .flags = whole.plan ? LARDER_DRY_RUN : whole.flags & LARDER_DRY_RUN, .from = &whole.from, .count = 1, .to = whole.to,
		.attributes = { .size = sizeof copy.attributes },
	};
	struct sync *sync = calloc (1, sizeof *sync);
	if (!sync)
		return larder_fail_memory (error);
	sync->request = &whole;
	sync->copy = &copy;
	sync->judge = sync_judge;
	sync->alone = sync_leftover;
	sync->from.root = sync->to.root = -1;
	sync->failed = (struct file_draft) FILE_DRAFT_NONE;
	sync->event = event;
	sync->context = context;
	int code = transfer_begin (&sync->transfer, larder, &copy, on_event, sync, error);
	sync->inside_cache = inside_cache;
	if (code == 0) {
		sync->transfer.state = state;
		sync->transfer.leaves = inside_cache ? NULL : "sync";
		sync->transfer.mode = whole.mode;
		sync->transfer.keep_times = whole.flags & LARDER_SYNC_EXACT_TIMES;
		sync->transfer.unfinished = !(copy.flags & LARDER_DRY_RUN) && settle_has (&sync->transfer);
		code = sync_list_end (sync, end_plan (sync, run (sync, error), error), error);
		sync_end (sync);
		code = transfer_end (&sync->transfer, code, ret_summary, error);
	}
	free (sync);
	return code;
}

int
sync_with_state (struct larder *larder, const struct larder_sync *request, const char *state, larder_event_fn event, void *context,
                 struct larder_summary *ret_summary, struct larder_error *error)
{
	return sync_trees (larder, request, state, true, event, context, ret_summary, error);
}

int
larder_sync (struct larder *larder, const struct larder_sync *request, larder_event_fn event, void *context, struct larder_summary *ret_summary,
             struct larder_error *error)
{
	return sync_trees (larder, request, larder_state (larder), false, event, context, ret_summary, error);
}
