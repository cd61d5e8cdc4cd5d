/* from-local.c: the files a path names. Links are not followed below it, a FIFO never blocks, and what is no
 * regular file is skipped with its reason. */
#include "sync.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arena.h"
#include "cleanup.h"
#include "error.h"
#include "text.h"

static void
take_file (const struct side *side, const char *from, const char *last)
{
	struct item *item = item_new (side->transfer, from);
	struct larder_error error = LARDER_ERROR_INIT;
	if (!item)
		return;
	if (sync_fill (item, side)) {
		item_add (item, last, side->at.key);
	} else {
		count_failed (side->transfer, from, NULL, &error, larder_fail_memory (&error), false);
		item_free (item);
	}
}

/* What a walk gives below `path`; `last` is the folder's name on the other side. */
static int
take_entry (const struct side *side, const char *path, const char *last, struct larder_error *error)
{
	if (side->at.kind == ENTRY_FOLDER)
		return 0;
	const char *from = target_join (side->transfer->arena, path, side->at.key);
	if (!from)
		return larder_fail_memory (error);
	if (side->at.kind == ENTRY_FILE)
		take_file (side, from, last);
	else
		count_skipped (side->transfer, from, kind_of_file (side->at.mode));
	return 0;
}

static int
walk (struct side *side, const char *path, const char *last, struct larder_error *error)
{
	struct transfer *transfer = side->transfer;
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	struct larder_arena *outer = transfer->arena;
	int code = arena ? 0 : larder_fail_memory (error);
	while (code == 0 && !transfer_stopped (transfer) && (code = side_next (side, error)) == 1) {
		transfer->arena = arena;
		code = take_entry (side, path, last, error);
		transfer->arena = outer;
		arena_clear (arena);
	}
	pool_drain (transfer->pool);          /* they are found below the side's root */
	return code;
}

static int
walk_tree (struct transfer *transfer, const char *path, const char *last, struct larder_error *error)
{
	struct side *side = calloc (1, sizeof *side);
	if (!side)
		return larder_fail_memory (error);
	side->root = -1;
	int code = side_begin_local (side, transfer, path, true, error);
	if (code == 0)
		code = walk (side, path, last, error);
	side_end (side);
	free (side);
	return code;
}

/* A local target below the source would be walked into. */
static int
refuse_inside (struct transfer *transfer, const char *path, struct larder_error *error)
{
	if (transfer->store)
		return 0;
	CLEANUP_FREE char *from = realpath (path, NULL);
	int code = target_root (transfer, error);
	if (code < 0)
		return code;
	CLEANUP_FREE char *to = realpath (transfer->folder, NULL);
	size_t length = from ? strlen (from) : 0;
	if (!from || !to || strncmp (to, from, length) != 0 || (to[length] != '/' && to[length] != '\0'))
		return 0;
	return larder_fail_next (error, LARDER_E_INVALID, "give a destination outside of it",
		"'%s' lies inside its own source '%s'", transfer->request->to, path);
}

static int
take_tree (struct transfer *transfer, const char *path, struct larder_error *error)
{
	if (!(transfer->request->flags & LARDER_RECURSIVE)) {
		int code = larder_fail (error, LARDER_E_INVALID, "'%s' is a folder", path);
		larder_explain (error, LARDER_DETAIL_NEXT, "for everything below it: --recursive");
		return code;
	}
	int code = (transfer->request->flags & LARDER_DRY_RUN) ? 0 : refuse_inside (transfer, path, error);
	if (code < 0)
		return code;
	const char *last = text_last (path);
	/* '.' and '..' name no folder to keep. */
	if (strcmp (last, ".") == 0 || strcmp (last, "..") == 0)
		last = "";
	code = walk_tree (transfer, path, last, error);
	if (code < 0)
		return code;
	if ((transfer->request->flags & (LARDER_MOVE | LARDER_DRY_RUN)) == LARDER_MOVE && !transfer->stop)
		(void) rmdir (path);  /* goes when it is empty; what stayed was told */
	return 0;
}

int
from_local (struct transfer *transfer, const char *path, struct larder_error *error)
{
	struct stat facts;
	if (stat (path, &facts) < 0)
		return larder_fail_errno (error, errno, "cannot read '%s'", path);
	if (S_ISDIR (facts.st_mode))
		return take_tree (transfer, path, error);
	if (!S_ISREG (facts.st_mode)) {
		int code = larder_fail (error, LARDER_E_INVALID, "'%s' is %s", path, kind_of_file (facts.st_mode));
		larder_explain (error, LARDER_DETAIL_NEXT, "a stream goes in by standard input: larder put - STORE:KEY");
		return code;
	}
	struct item *item = item_new (transfer, path);
	if (!item)
		return 0;
	item->facts = facts;
	item_add (item, text_last (path), "");
	return 0;
}

int
from_stream (struct transfer *transfer, int fd, struct larder_error *error)
{
	/* Alone, it becomes the key as written, also one that ends in '/'. */
	bool whole = transfer->store && transfer->request->count == 1 && *transfer->to;
	if (transfer->into && !whole)
		return larder_fail_next (error, LARDER_E_INVALID, "name the object or file: larder put - STORE:KEY",
			"standard input has no name: '%s' must be a whole one", transfer->request->to);
	struct item *item = item_new (transfer, "-");
	if (!item)
		return 0;
	item->spooled = true;
	item->stream = fd;
	item_add (item, "", "");
	return 0;
}
