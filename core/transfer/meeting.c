/* meeting.c: sources of which two things would become one. Where their names allow it all of them are listed and sorted before
 * anything is written: in memory no more than a sort holds, however many there are. */
#include "sync-side.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "cleanup.h"
#include "error.h"
#include "store.h"
#include "text.h"

enum { SORT_MEMORY = 1 << 20 };

/* `last`: what it is called on the other side; "": what is below it comes right into the target. */
struct source { const char *last, *path, *store; };

/* What is found: of which source, and where in the name what it is called below that begins. */
struct origin { size_t source, below; };

struct meeting {
	struct transfer *transfer;
	struct source *sources;
	size_t at;                    /* the one that is listed */
	size_t prefix;                /* bytes of a key before what is below its source */
	struct sort *sort;
	struct larder_error why;      /* nothing more can be sorted */
};

static int
add (struct meeting *meeting, const char *below)
{
	char name[2 * SIDE_KEY_ROOM];
	const char *last = meeting->sources[meeting->at].last;
	int length = snprintf (name, sizeof name, "%s%s%s", last, *last && *below ? "/" : "", below);
	if (length < 0 || (size_t) length >= sizeof name)
		return 0;                             /* nothing can be called so, as is told when its turn comes */
	const struct origin origin = { meeting->at, (size_t) length - strlen (below) };
	return sort_add (meeting->sort, name, &origin, sizeof origin, &meeting->why);
}

/* ---- what there is ---- */

/* What cannot be listed is told when it is to be copied. */
static void
add_tree (struct meeting *meeting, const char *path)
{
	CLEANUP_FREE struct side *side = calloc (1, sizeof *side);
	if (!side)
		return;
	side->root = -1;
	side->untold = true;
	int code = side_begin_local (side, meeting->transfer, path, true, NULL);
	while (code >= 0 && !transfer_stopped (meeting->transfer) && (code = side_next (side, NULL)) == 1)
		if (side->at.kind == ENTRY_FILE)
			code = add (meeting, side->at.key);
	side_end (side);
}

static void
add_local (struct meeting *meeting, const char *path)
{
	struct stat facts;
	if (stat (path, &facts) < 0)
		return;
	if (S_ISDIR (facts.st_mode) && meeting->transfer->request->flags & LARDER_RECURSIVE)
		add_tree (meeting, path);
	else if (S_ISREG (facts.st_mode))
		(void) add (meeting, "");
}

/* Folders that are objects are in many trees, and none of them loses anything. */
static int
on_info (void *context, const struct larder_info *info)
{
	struct meeting *meeting = context;
	if (transfer_stopped (meeting->transfer))
		return 1;
	return info->length == 0 && text_ends (info->key, "/") ? 0 : add (meeting, info->key + meeting->prefix);
}

static void
add_stored (struct meeting *meeting, const struct source *source)
{
	struct transfer *transfer = meeting->transfer;
	struct larder_store *store = NULL;
	struct larder_info info = { .size = sizeof info };
	struct larder_listing listing = { .size = sizeof listing, .prefix = side_prefix (source->path, transfer->arena), .delimiter = "" };
	if (!listing.prefix || transfer_open_source (transfer, source->store, &store, NULL) < 0)
		return;
	if (*source->last && larder_stat (store, transfer->arena, source->path, NULL, &info, NULL) == 0)
		(void) add (meeting, "");
	meeting->prefix = strlen (listing.prefix);
	if (transfer->request->flags & LARDER_RECURSIVE)
		(void) larder_list (store, &listing, on_info, meeting, NULL);
}

static int
add_all (struct meeting *meeting, struct larder_error *error)
{
	for (; meeting->at < meeting->transfer->request->count && meeting->why.code == 0; meeting->at++) {
		const struct source *source = &meeting->sources[meeting->at];
		if (source->store)
			add_stored (meeting, source);
		else
			add_local (meeting, source->path);
	}
	if (meeting->why.code < 0 && error)
		*error = meeting->why;
	return meeting->why.code;
}

/* ---- whether two are one ---- */

static const char *
address_of (const struct meeting *meeting, const struct origin *origin, const char *name)
{
	struct larder_arena *arena = meeting->transfer->arena;
	const char *from = meeting->transfer->request->from[origin->source], *below = name + origin->below;
	bool whole = meeting->sources[origin->source].store && text_ends (from, ":");
	return whole ? arena_printf (arena, "%s%s", from, below) : target_join (arena, from, below);
}

static int
fail (const struct meeting *meeting, const char *name, const struct origin *one, const struct origin *other, struct larder_error *error)
{
	const struct origin *first = one->source < other->source ? one : other, *second = first == one ? other : one;
	const char *from = address_of (meeting, first, name), *again = address_of (meeting, second, name);
	if (!from || !again)
		return larder_fail_memory (error);
	return larder_fail_next (error, LARDER_E_INVALID, "copy one of them alone, to a name of your choice", "'%s' and '%s' would both become '%s'", from, again, name);
}

static int
find_meeting (struct meeting *meeting, struct larder_error *error)
{
	CLEANUP_FREE char *before = calloc (1, 2 * SIDE_KEY_ROOM);
	struct origin origin, previous = { 0 };
	const char *name;
	const void *with;
	size_t count;
	int code = before ? 1 : larder_fail_memory (error);
	for (bool any = false; code == 1 && (code = sort_next (meeting->sort, &name, &with, &count, error)) == 1; any = true) {
		memcpy (&origin, with, sizeof origin);
		if (any && strcmp (before, name) == 0)
			return fail (meeting, name, &previous, &origin, error);
		memcpy (before, name, strlen (name) + 1);
		previous = origin;
	}
	return code;
}

static int
by_last (const void *a, const void *b)
{
	return strcmp (((const struct source *) a)->last, ((const struct source *) b)->last);
}

/* Of names that are all different nothing meets, but with what comes right into the target. */
static bool
may_meet (const struct meeting *meeting, struct source *sorted)
{
	size_t count = meeting->transfer->request->count;
	memcpy (sorted, meeting->sources, count * sizeof *sorted);
	qsort (sorted, count, sizeof *sorted, by_last);
	bool meet = !*sorted[0].last;
	for (size_t n = 1; n < count; n++)
		meet |= by_last (&sorted[n - 1], &sorted[n]) == 0;
	return meet;
}

/* '.' and '..' name no folder to keep. */
static void
read_source (struct meeting *meeting, const char *address, struct source *ret)
{
	struct larder_address from = { .size = sizeof from };
	int code = larder_address_parse (meeting->transfer->larder, meeting->transfer->arena, address, &from, NULL);
	*ret = (struct source) { .path = code == 0 ? from.path : "", .store = code == 0 ? from.store : NULL };
	ret->last = text_last (ret->path);
	if (!ret->store && (strcmp (ret->last, ".") == 0 || strcmp (ret->last, "..") == 0))
		ret->last = "";
}

/* Trees of one name become one tree; two files of one name would be one of them, and nobody knows which. */
int
meeting_check (struct transfer *transfer, struct larder_error *error)
{
	const struct larder_transfer *request = transfer->request;
	CLEANUP_SORT struct sort *sort = NULL;
	struct meeting meeting = { .transfer = transfer, .why = LARDER_ERROR_INIT };
	if (request->count < 2)
		return 0;
	meeting.sources = arena_alloc (transfer->arena, 2 * request->count * sizeof *meeting.sources);
	if (!meeting.sources)
		return larder_fail_memory (error);
	for (size_t n = 0; n < request->count; n++)
		read_source (&meeting, request->from[n], &meeting.sources[n]);
	if (!may_meet (&meeting, meeting.sources + request->count))
		return 0;
	sort = meeting.sort = sort_new (SORT_MEMORY);
	int code = sort ? add_all (&meeting, error) : larder_fail_memory (error);
	return code == 0 ? find_meeting (&meeting, error) : code;
}
