/* versions-undelete.c: the delete markers on top of a key go, and its last version is the latest again. Whoever reads meanwhile
 * finds nothing until the last of them went; markers are named one by one, so what others write or delete meanwhile stays. */
#include "versions.h"

#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "error.h"

enum { MARKERS_MOST = 1000 };

enum kind { LIVE, GONE, DELETED };

/* What is to become of one key; lives in the arena of the page. */
struct decision {
	struct decision *next;
	enum kind kind;
	const char *key, *version;       /* the version that comes back */
	uint64_t length;
	struct store_version *markers;
	size_t count, told;
	bool more;                       /* markers beyond these: the key is looked at once more */
	int code;                        /* first failure */
	struct larder_error error;
};

struct undelete {
	char key[1026];                  /* the one at hand */
	bool open;                       /* and it is not decided yet */
	struct larder_arena *held;       /* ids of its markers */
	const char *ids[MARKERS_MOST];
	size_t markers;
	struct decision *first, **last;
	bool rest;                       /* looking at one key once more */
	bool again;                      /* and it has yet more */
};

static int
decide (struct versions *versions, enum kind kind, const struct larder_info *info)
{
	struct undelete *undelete = versions->state;
	size_t count = kind != DELETED ? 0 : undelete->markers < MARKERS_MOST ? undelete->markers : MARKERS_MOST;
	struct decision *decision = arena_alloc (versions->page, sizeof *decision);
	struct store_version *markers = arena_alloc (versions->page, (count + 1) * sizeof *markers);
	const char *key = arena_copy (versions->page, undelete->key), *version = arena_copy (versions->page, info ? info->version : NULL);
	if (!decision || !markers || !key)
		return LARDER_E_LIMIT;
	for (size_t i = 0; i < count; i++) {
		markers[i] = (struct store_version) { key, arena_copy (versions->page, undelete->ids[i]) };
		if (!markers[i].version)
			return LARDER_E_LIMIT;
	}
	*decision = (struct decision) {
		.kind = kind, .key = key, .version = version, .length = info ? info->length : 0, .markers = markers, .count = count,
		.more = kind == DELETED && undelete->markers > count, .error = LARDER_ERROR_INIT,
	};
	*undelete->last = decision;
	undelete->last = &decision->next;
	undelete->open = false;
	return 0;
}

static int
one (struct versions *versions, const struct larder_info *info)
{
	struct undelete *undelete = versions->state;
	if (strcmp (undelete->key, info->key) != 0) {
		int code = undelete->open ? decide (versions, GONE, NULL) : 0;
		if (code < 0)
			return code;
		memcpy (undelete->key, info->key, strlen (info->key) + 1);   /* a listing has no longer ones */
		undelete->open = true;
		undelete->markers = 0;
		arena_clear (undelete->held);
	}
	if (!undelete->open)
		return 0;
	if (!(info->flags & LARDER_INFO_DELETE_MARKER))
		return decide (versions, undelete->markers ? DELETED : LIVE, info);
	if (undelete->markers < MARKERS_MOST) {
		undelete->ids[undelete->markers] = arena_copy (undelete->held, info->version);
		if (!undelete->ids[undelete->markers])
			return LARDER_E_LIMIT;
	}
	undelete->markers++;
	return 0;
}

/* ---- between pages ---- */

struct removal { struct decision **owners; };

static int
on_removed (void *context, size_t index, int code, const struct larder_error *error)
{
	struct decision *decision = ((struct removal *) context)->owners[index];
	decision->told++;
	if (code < 0 && decision->code == 0) {
		decision->code = code;
		if (error)
			larder_give (&decision->error, error);
	}
	return 0;
}

static int
remove_markers (struct versions *versions, struct larder_error *error)
{
	struct undelete *undelete = versions->state;
	size_t count = 0, at = 0;
	for (struct decision *decision = undelete->first; decision; decision = decision->next)
		count += decision->count;
	if (count == 0 || versions->request->flags & LARDER_DRY_RUN)
		return 0;
	struct store_version *all = arena_alloc (versions->page, count * sizeof *all);
	struct removal removal = { arena_alloc (versions->page, count * sizeof *removal.owners) };
	if (!all || !removal.owners)
		return larder_fail_memory (error);
	for (struct decision *decision = undelete->first; decision; decision = decision->next)
		for (size_t i = 0; i < decision->count; i++, at++) {
			all[at] = decision->markers[i];
			removal.owners[at] = decision;
		}
	return store_remove_versions (versions->store, all, count, on_removed, &removal, error);
}

static int undelete_rest (struct versions *versions, const char *key, struct larder_error *error);

static int
tell (struct versions *versions, const struct decision *decision, struct larder_error *error)
{
	struct undelete *undelete = versions->state;
	bool dry = versions->request->flags & LARDER_DRY_RUN;
	if (decision->kind == LIVE && !undelete->rest)
		versions_skipped (versions, decision->key, "live: nothing to undelete");
	else if (decision->kind == GONE && versions->request->flags & LARDER_RECURSIVE)
		versions_skipped (versions, decision->key, "deleted, and no version of it is left");
	else if (decision->kind == GONE)
		return larder_fail_next (error, LARDER_E_NOTFOUND, "look into backups and replicas", "'%s' was deleted, and no version of it is left",
			versions_name (versions, decision->key));
	else if (decision->code < 0)
		versions_failed (versions, versions_name (versions, decision->key), decision->version, decision->code, &decision->error);
	else if (!dry && decision->told < decision->count)
		return 0;                        /* the removal broke off; that is told as a whole */
	else if (decision->more && undelete->rest)
		undelete->again = true;
	else if (decision->more && !dry)
		return undelete_rest (versions, decision->key, error);
	else
		versions_done (versions, "restored", "would-restore", decision->key, decision->version, decision->length);
	return 0;
}

static int
act (struct versions *versions, bool last, struct larder_error *error)
{
	struct undelete *undelete = versions->state;
	int code = last && undelete->open && decide (versions, GONE, NULL) < 0 ? larder_fail_memory (error) : 0;
	if (code < 0)
		return code;
	code = remove_markers (versions, error);
	for (const struct decision *decision = undelete->first; decision && !versions->transfer.stop; decision = decision->next) {
		int told = tell (versions, decision, code < 0 ? NULL : error);
		if (code == 0)
			code = told;
	}
	undelete->first = NULL;
	undelete->last = &undelete->first;
	if (last)
		undelete->key[0] = '\0';
	return code;
}

static int
begin (struct versions *versions, struct larder_error *error)
{
	struct undelete *undelete = versions->state;
	undelete->key[0] = '\0';
	undelete->open = false;
	undelete->first = NULL;
	undelete->last = &undelete->first;
	return versions_need (versions, false, error);
}

static const struct versions_way way = { begin, one, act, NULL };

static struct undelete *
undelete_new (void)
{
	struct undelete *undelete = calloc (1, sizeof *undelete);
	if (!undelete)
		return NULL;
	undelete->last = &undelete->first;
	undelete->held = arena_new ();
	if (undelete->held)
		return undelete;
	free (undelete);
	return NULL;
}

static void
undelete_free (struct undelete *undelete)
{
	if (undelete)
		arena_free (undelete->held);
	free (undelete);
}

/* More markers than one turn takes: the key once more, until none is on top. */
static int
undelete_rest (struct versions *versions, const char *key, struct larder_error *error)
{
	const struct versions outer = { .page = versions->page, .state = versions->state, .only = versions->only };
	CLEANUP_ARENA struct larder_arena *page = arena_new ();
	struct undelete *inner = undelete_new ();
	int code = inner && page ? 0 : larder_fail_memory (error);
	versions->page = page;
	versions->state = inner;
	if (code == 0)
		inner->rest = inner->again = true;
	while (code == 0 && inner->again && !transfer_stopped (&versions->transfer)) {
		inner->again = false;
		code = versions_walk (versions, key, key, error);
	}
	versions->page = outer.page;
	versions->state = outer.state;
	versions->only = outer.only;
	undelete_free (inner);
	return code;
}

int
larder_undelete (struct larder *larder, const struct larder_versions *asked, larder_event_fn event, void *context,
                 struct larder_summary *ret_summary, struct larder_error *error)
{
	struct larder_versions request = { .size = sizeof request, .at = LARDER_NO_TIME };
	larder_give (&request, asked);
	if (request.at != LARDER_NO_TIME)
		return versions_back (larder, &request, event, context, ret_summary, error);
	struct undelete *undelete = undelete_new ();
	if (!undelete)
		return larder_fail_memory (error);
	int code = versions_run (larder, &request, &way, undelete, event, context, ret_summary, error);
	undelete_free (undelete);
	return code;
}
