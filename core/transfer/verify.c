/* verify.c: larder_verify: two trees, or a file or object and another, compared and left as they are. */
#include "sync.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "arena.h"
#include "error.h"
#include "store.h"
#include "text.h"

int
verify_differs (const char *one, const char *other, const char *how, struct larder_error *error)
{
	return larder_fail_next (error, LARDER_E_INTEGRITY, "find out which is right; then copy it over the other, or 'larder sync' the one tree to the other",
		"'%s' and '%s' are not the same: %s", one, other, how);
}

static void
tell_same (struct transfer *transfer, const char *one, const char *other, uint64_t bytes)
{
	count_event (transfer, &(struct larder_event) { .size = sizeof (struct larder_event), .action = "same", .from = one, .to = other, .bytes = bytes });
}

void
verify_same (const struct item *item)
{
	tell_same (item->transfer, item->from, item->to, item->store ? item->info.length : (uint64_t) item->facts.st_size);
}

/* ---- trees ------------------------------------------------------------------------------------- */

static void
tell_differs (struct transfer *transfer, const char *one, const char *other, const char *how)
{
	struct larder_error why = LARDER_ERROR_INIT;
	count_unlike (transfer, "differs", one, other, &why, verify_differs (one, other, how, &why));
}

static void
tell_missing (struct transfer *transfer, const char *name, const struct side *where)
{
	struct larder_error why = LARDER_ERROR_INIT;
	int code = larder_fail_next (&why, LARDER_E_INTEGRITY, "copy it, or remove it, when you know which tree is right", "'%s' has nothing of its name in '%s'", name, where->name);
	count_unlike (transfer, "missing", name, NULL, &why, code);
}

/* By the threads; what a listing tells was compared before. */
static void
compare_bytes (struct sync *sync, const char *from)
{
	struct item *item = item_new (&sync->transfer, from);
	struct larder_error error = LARDER_ERROR_INIT;
	if (!item)
		return;
	item->same = item_same;
	item->verify = true;
	if (sync_fill (item, &sync->from)) {
		item_add (item, "", sync->from.at.key);
		return;
	}
	count_failed (&sync->transfer, from, NULL, &error, larder_fail_memory (&error), false);
	item_free (item);
}

/* Of both sides there is something of this name. */
static void
judge_both (struct sync *sync, const char *one, const char *other)
{
	struct transfer *transfer = &sync->transfer;
	const struct entry *from = &sync->from.at, *to = &sync->to.at;
	if (to->kind == ENTRY_OTHER)
		tell_differs (transfer, one, other, "one of them is no file");
	else if (from->length != to->length)
		tell_differs (transfer, one, other, "they are not of one length");
	else if (from->kind == ENTRY_FOLDER || sync->request->flags & LARDER_SYNC_SIZE_ONLY)
		tell_same (transfer, one, other, from->length);
	else
		compare_bytes (sync, one);
}

static int
judge (struct sync *sync, const struct entry *to, struct larder_arena *arena, struct larder_error *error)
{
	struct transfer *transfer = &sync->transfer;
	const struct entry *from = &sync->from.at;
	const char *one = sync_address (&sync->from, arena), *other = to ? sync_address (&sync->to, arena) : "";
	if (!one || !other)
		return larder_fail_memory (error);
	if (from->kind == ENTRY_OTHER)
		count_skipped (transfer, one, kind_of_file (from->mode));
	else if (!sync_is_item (from) || sync_is_private (&sync->from))
		return 0;
	else if (to)
		judge_both (sync, one, other);
	else
		tell_missing (transfer, one, &sync->to);
	return 0;
}

static int
judge_alone (struct sync *sync, struct larder_error *error)
{
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	const char *name = arena ? sync_address (&sync->to, arena) : NULL;
	if (!name)
		return larder_fail_memory (error);
	if (sync->to.at.kind == ENTRY_OTHER)
		count_skipped (&sync->transfer, name, kind_of_file (sync->to.at.mode));
	else if (sync_is_item (&sync->to.at) && !sync_is_private (&sync->to) && !(sync->request->flags & LARDER_VERIFY_SOURCE))
		tell_missing (&sync->transfer, name, &sync->from);
	return 0;
}

static int
verify_trees (struct sync *sync, struct larder_error *error)
{
	struct transfer *transfer = &sync->transfer;
	int code = sync_begin_sides (sync, true, error);
	if (code == 0)
		code = sync_list_read (sync, error);
	if (code == 0)
		code = sync_merge (sync, error);
	pool_drain (transfer->pool);
	if (code == 0 && sync->seen == 0 && sync->there == 0 && !transfer_stopped (transfer))
		return larder_fail_next (error, LARDER_E_NOTFOUND, "'larder ls' lists what is there", "nothing below '%s', nor below '%s'",
			sync->request->from, sync->request->to);
	return code;
}

/* ---- one file or object ------------------------------------------------------------------------- */

enum single { SINGLE, TREE };

/* What an address names: an object of that very name, a file, or else a tree. */
static int
look (struct transfer *transfer, const char *text, struct larder_address *ret, struct larder_store **ret_store, struct larder_info *info,
      struct larder_error *error)
{
	struct stat facts;
	int code = larder_address_parse (transfer->larder, transfer->arena, text, ret, error);
	if (code < 0)
		return code;
	if (!ret->store)
		return stat (ret->path, &facts) == 0 && S_ISREG (facts.st_mode) ? SINGLE : TREE;
	code = transfer_open_source (transfer, ret->store, ret_store, error);
	size_t length = strlen (ret->path);
	if (code < 0 || length == 0 || ret->path[length - 1] == '/')
		return code < 0 ? code : TREE;
	struct larder_error none = LARDER_ERROR_INIT;
	code = larder_stat (*ret_store, transfer->arena, ret->path, NULL, info, &none);
	if (code < 0 && code != LARDER_E_NOTFOUND && error)
		*error = none;
	return code == 0 ? SINGLE : code == LARDER_E_NOTFOUND ? TREE : code;
}

static int
verify_one (struct transfer *transfer, const struct larder_address *from, struct larder_store *store, const struct larder_info *info, const char *to,
            struct larder_error *error)
{
	struct item *item = item_new (transfer, transfer->request->from[0]);
	int code = item ? target_begin (transfer, to, error) : larder_fail_memory (error);
	if (code == 0 && store && !item_of_object (item, store, info))
		code = larder_fail_memory (error);
	if (code < 0) {
		item_free (item);
		return code;
	}
	item->same = item_same;
	item->verify = true;
	item_add (item, text_last (from->path), "");
	pool_drain (transfer->pool);
	return 0;
}

static int
run (struct sync *sync, struct larder_error *error)
{
	struct transfer *transfer = &sync->transfer;
	struct larder_address from = { .size = sizeof from }, to = { .size = sizeof to };
	struct larder_store *store = NULL, *other = NULL;
	struct larder_info info = { .size = sizeof info }, unused = { .size = sizeof unused };
	int one = look (transfer, sync->request->from, &from, &store, &info, error);
	int two = one < 0 ? one : look (transfer, sync->request->to, &to, &other, &unused, error);
	if (two < 0)
		return two;
	if (one == SINGLE && two == SINGLE)
		return verify_one (transfer, &from, store, &info, sync->request->to, error);
	if (one == TREE && two == TREE)
		return verify_trees (sync, error);
	return larder_fail_next (error, LARDER_E_NOTFOUND, "name two files or objects, or two trees; a tree's address ends in '/'", "'%s' is there, '%s' is no file or object",
		one == SINGLE ? sync->request->from : sync->request->to, one == SINGLE ? sync->request->to : sync->request->from);
}

int
larder_verify (struct larder *larder, const struct larder_sync *request, larder_event_fn event, void *context, struct larder_summary *ret_summary,
               struct larder_error *error)
{
	struct larder_sync whole = { .size = sizeof whole };
	larder_give (&whole, request);
	if (whole.flags & LARDER_VERIFY_MANIFEST)
		return verify_manifest (larder, &whole, event, context, ret_summary, error);
	whole.flags = (whole.flags & (LARDER_SYNC_SIZE_ONLY | LARDER_VERIFY_DOWNLOAD | LARDER_VERIFY_SOURCE)) | LARDER_SYNC_EMPTY_SOURCE;
	struct larder_transfer looks = {
		.size = sizeof looks, .flags = whole.flags & LARDER_VERIFY_DOWNLOAD, .from = &whole.from, .count = 1, .to = whole.to,
		.attributes = { .size = sizeof looks.attributes },
	};
	struct sync *sync = calloc (1, sizeof *sync);
	if (!sync)
		return larder_fail_memory (error);
	sync->request = &whole;
	sync->judge = judge;
	sync->alone = judge_alone;
	sync->from.root = sync->to.root = -1;
	int code = transfer_begin (&sync->transfer, larder, &looks, event, context, error);
	if (code == 0) {
		code = run (sync, error);
		sync_end (sync);
		code = transfer_end (&sync->transfer, code, ret_summary, error);
	}
	free (sync);
	return code;
}
