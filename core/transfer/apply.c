/* apply.c: larder_apply: the operations of a plan, in its order, each as long as both sides are as they were planned upon. */
#include "sync-side.h"
#include "plan.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arena.h"
#include "error.h"
#include "store.h"

struct apply {
	struct transfer transfer;
	struct plan_reader *reader;
	struct plan_head head;
	/* the source */
	struct larder_store *store;   /* NULL: local */
	const char *path;             /* prefix that ends in '/', or the folder */
	int root;
};

/* ---- the places ---- */

static int
fail_elsewhere (const char *what, const char *planned, const char *here, struct larder_error *error)
{
	return larder_fail_next (error, LARDER_E_INVALID, "use the profile and the folder that it was made in, or plan again", "the plan was made for %s '%s', and here it is '%s'",
		what, planned, here);
}

static int
check_address (struct apply *apply, struct larder_store *store, const char *key, const char *what, const char *planned, struct larder_error *error)
{
	const char *here;
	int code = plan_address (store, key, apply->transfer.arena, &here, error);
	if (code < 0)
		return code;
	return strcmp (here, planned) == 0 ? 0 : fail_elsewhere (what, planned, here, error);
}

static int
open_source (struct apply *apply, struct larder_error *error)
{
	struct transfer *transfer = &apply->transfer;
	struct larder_address from = { .size = sizeof from };
	int code = larder_address_parse (transfer->larder, transfer->arena, apply->head.from, &from, error);
	if (code < 0)
		return code;
	apply->path = from.store ? side_prefix (from.path, transfer->arena) : from.path;
	if (!apply->path)
		return larder_fail_memory (error);
	if (from.store)
		return transfer_open_source (transfer, from.store, &apply->store, error);
	apply->root = open (from.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return apply->root < 0 ? larder_fail_errno (error, errno, "cannot read the folder '%s'", from.path) : 0;
}

static int
open_places (struct apply *apply, struct larder_error *error)
{
	struct transfer *transfer = &apply->transfer;
	const struct plan_head *head = &apply->head;
	const char *profile = larder_profile (transfer->larder);
	if (strcmp (profile, head->profile) != 0)
		return fail_elsewhere ("the profile", head->profile, profile, error);
	int code = open_source (apply, error);
	if (code == 0)
		code = check_address (apply, apply->store, apply->path, "the source", head->from_address, error);
	if (code == 0)
		code = target_begin (transfer, head->to, error);
	return code == 0 ? check_address (apply, transfer->store, transfer->to, "the destination", head->to_address, error) : code;
}

/* ---- the operations ---- */

static bool
fill (struct apply *apply, struct item *item, const struct plan_step *step)
{
	const struct seen *from = &step->expected.from;
	item->same = expect_both;
	item->removal = step->removal;
	if (!item_expect (item, &step->expected))
		return false;
	if (step->removal)
		return true;
	if (!apply->store) {
		item->facts = (struct stat) { .st_size = (off_t) from->length, .st_mode = S_IFREG };
		item->beneath = apply->root;
		item->below = arena_copy (item->arena, step->key);
		return item->below;
	}
	struct larder_info info = { .size = sizeof info, .length = from->length, .mtime = from->mtime, .etag = from->etag };
	info.key = arena_printf (item->arena, "%s%s", apply->path, step->key);
	return info.key && item_of_object (item, apply->store, &info);
}

/* A removal is told by the name of what goes. */
static const char *
address_of (const struct apply *apply, const struct plan_step *step, struct larder_arena *arena)
{
	const struct transfer *transfer = &apply->transfer;
	const struct larder_store *store = step->removal ? transfer->store : apply->store;
	const char *path = target_join (arena, step->removal ? transfer->to : apply->path, step->key);
	return store && path ? arena_printf (arena, "%s%s", store_prefix (store), path) : path;
}

static void
begin (struct apply *apply, const struct plan_step *step, struct larder_arena *arena)
{
	struct transfer *transfer = &apply->transfer;
	struct larder_error error = LARDER_ERROR_INIT;
	const char *name = address_of (apply, step, arena);
	struct item *item = item_new (transfer, name ? name : step->key);
	arena_clear (arena);
	if (!item)
		return;
	if (fill (apply, item, step)) {
		item_add (item, "", step->key);
		return;
	}
	count_failed (transfer, item->from, NULL, &error, larder_fail_memory (&error), false);
	item_free (item);
}

/* What goes comes after the copies, and what waits for it after that: a change of kind waits for all before. */
static int
run (struct apply *apply, struct larder_error *error)
{
	struct transfer *transfer = &apply->transfer;
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	struct plan_step step;
	bool removal = false;
	int code = arena ? open_places (apply, error) : larder_fail_memory (error);
	while (code == 0 && !transfer_stopped (transfer) && (code = plan_next (apply->reader, &step, error)) == 1) {
		if (step.removal != removal)
			pool_drain (transfer->pool);
		removal = step.removal;
		code = 0;
		if (!transfer_stopped (transfer))
			begin (apply, &step, arena);
	}
	pool_drain (transfer->pool);
	items_add_waiting (transfer);
	pool_drain (transfer->pool);
	return code;
}

int
larder_apply (struct larder *larder, const char *plan, uint32_t flags, larder_event_fn event, void *context, struct larder_summary *ret_summary,
              struct larder_error *error)
{
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	struct apply *apply = calloc (1, sizeof *apply);
	int code = arena && apply ? plan_open (&apply->reader, plan, arena, &apply->head, error) : larder_fail_memory (error);
	if (code < 0) {
		free (apply);
		return code;
	}
	const struct larder_transfer request = {
		.size = sizeof request, .flags = flags & LARDER_DRY_RUN, .from = &apply->head.from, .count = 1, .to = apply->head.to,
		.attributes = { .size = sizeof request.attributes },
	};
	apply->root = -1;
	code = transfer_begin (&apply->transfer, larder, &request, event, context, error);
	if (code == 0) {
		apply->transfer.strict = true;
		apply->transfer.leaves = "apply";
		apply->transfer.room_most = WAITING_MOST;
		apply->transfer.keep_times = apply->head.keep_times;
		code = transfer_end (&apply->transfer, run (apply, error), ret_summary, error);
	}
	if (apply->root >= 0)
		close (apply->root);
	plan_close (apply->reader);
	free (apply);
	return code;
}
