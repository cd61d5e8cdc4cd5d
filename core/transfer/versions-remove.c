/* versions-remove.c: versions and delete markers removed for good. The latest of a key goes after its others, so that no old
 * version comes to light meanwhile, nor when the run ends halfway. The last item of a page is kept for the next one: the
 * storage goes on from there. */
#include "versions.h"

#define LARDER_API_VERSION LARDER_API_CURRENT
#include <larder/driver.h>

#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "cleanup.h"
#include "error.h"

struct row {
	const char *key, *version;
	uint64_t length;
	const char *storage_class;
	int64_t written;
	size_t top;                      /* row of the latest of its key */
	bool kept;                       /* for the next page */
	bool wanted;
	int code;                        /* of the latest: why another of its key could not go */
};

struct removing {
	const char *version;             /* this one alone, or NULL for all */
	struct row *rows;
	size_t count, room;
	struct larder_arena *texts, *next;  /* of the rows; of those kept for the next page */
};

static bool
grow (struct removing *removing)
{
	if (removing->count < removing->room)
		return true;
	size_t room = removing->room ? 2 * removing->room : 256;
	struct row *rows = realloc (removing->rows, room * sizeof *rows);
	if (!rows)
		return false;
	removing->rows = rows;
	removing->room = room;
	return true;
}

static int
begin (struct versions *versions, struct larder_error *error)
{
	struct removing *removing = versions->state;
	(void) error;
	removing->count = 0;
	arena_clear (removing->texts);
	return 0;
}

static int
one (struct versions *versions, const struct larder_info *info)
{
	struct removing *removing = versions->state;
	bool named = removing->version && strcmp (info->version ? info->version : "null", removing->version) == 0;
	if (removing->version && !named)
		return 0;
	if (!grow (removing))
		return LARDER_E_LIMIT;
	size_t at = removing->count;
	bool same = at > 0 && strcmp (removing->rows[at - 1].key, info->key) == 0;
	struct row *row = &removing->rows[at];
	*row = (struct row) {
		.key = same ? removing->rows[at - 1].key : arena_copy (removing->texts, info->key), .version = arena_copy (removing->texts, info->version),
		.length = info->length, .storage_class = arena_copy (removing->texts, info->storage_class), .written = info->mtime, .top = same ? removing->rows[at - 1].top : at,
	};
	if (!row->key || !row->version)
		return LARDER_E_LIMIT;
	removing->count++;
	return named ? 1 : 0;            /* found: nothing more to look for */
}

/* ---- between pages ---- */

struct batch { struct versions *versions; struct row **rows; };

static int
on_removed (void *context, size_t index, int code, const struct larder_error *error)
{
	const struct batch *batch = context;
	struct versions *versions = batch->versions;
	struct removing *removing = versions->state;
	const struct row *row = batch->rows[index];
	if (code == 0) {
		count_event (&versions->transfer, &(struct larder_event) {
			.size = sizeof (struct larder_event), .action = versions->request->flags & LARDER_DRY_RUN ? "would-remove" : "removed", .from = versions_name (versions, row->key),
			.version = row->version, .storage_class = row->storage_class, .length = row->length, .written = row->written,
		});
		return 0;
	}
	removing->rows[row->top].code = code;    /* the latest of this key stays: what is below it must not come to light */
	versions_failed (versions, versions_name (versions, row->key), row->version, code, error);
	return 0;
}

/* Those that are wanted, at once. */
static int
remove_wanted (struct versions *versions, struct larder_error *error)
{
	struct removing *removing = versions->state;
	struct store_version *all = arena_alloc (versions->page, (removing->count + 1) * sizeof *all);
	struct batch batch = { versions, arena_alloc (versions->page, (removing->count + 1) * sizeof *batch.rows) };
	size_t count = 0;
	if (!all || !batch.rows)
		return larder_fail_memory (error);
	for (size_t i = 0; i < removing->count; i++) {
		struct row *row = &removing->rows[i];
		if (!row->wanted)
			continue;
		batch.rows[count] = row;
		if (row->top == i)           /* no edge serves an older one */
			count_before (&versions->transfer, "removes", versions_name (versions, row->key), NULL);
		all[count++] = (struct store_version) { row->key, row->version };
	}
	if (versions->request->flags & LARDER_DRY_RUN) {
		for (size_t i = 0; i < count; i++)
			on_removed (&batch, i, 0, NULL);
		return 0;
	}
	return store_remove_versions (versions->store, all, count, on_removed, &batch, error);
}

static int
remove_old (struct versions *versions, struct larder_error *error)
{
	struct removing *removing = versions->state;
	for (size_t i = 0; i < removing->count; i++)
		removing->rows[i].wanted = removing->rows[i].top != i && !removing->rows[i].kept;
	return remove_wanted (versions, error);
}

static int
remove_latest (struct versions *versions, struct larder_error *error)
{
	struct removing *removing = versions->state;
	for (size_t i = 0; i < removing->count; i++) {
		struct row *row = &removing->rows[i];
		row->wanted = row->top == i && !row->kept && row->code == 0;
		if (row->top == i && !row->kept && row->code < 0)
			versions_skipped (versions, row->key, "an older version could not be removed, and would come to light");
	}
	return remove_wanted (versions, error);
}

/* The last row and the latest of its key open the next page. */
static int
keep_rest (struct removing *removing, struct larder_error *error)
{
	size_t count = 0;
	arena_clear (removing->next);
	for (size_t i = 0; i < removing->count; i++) {
		struct row row = removing->rows[i];
		if (!row.kept)
			continue;
		row.key = arena_copy (removing->next, row.key);
		row.version = arena_copy (removing->next, row.version);
		row.storage_class = arena_copy (removing->next, row.storage_class);
		if (!row.key || !row.version)
			return larder_fail_memory (error);
		row.kept = false;
		row.top = 0;
		removing->rows[count++] = row;
	}
	removing->count = count;
	struct larder_arena *turn = removing->texts;
	removing->texts = removing->next;
	removing->next = turn;
	return 0;
}

static int
fail_no_version (const struct versions *versions, const struct removing *removing, struct larder_error *error)
{
	return larder_fail_next (error, LARDER_E_NOTFOUND, "'larder versions' lists those it has", "'%s' has no version '%s'", versions->address,
		removing->version);
}

static int
act (struct versions *versions, bool last, struct larder_error *error)
{
	struct removing *removing = versions->state;
	if (last && removing->version && removing->count == 0 && versions->seen > 0)
		return fail_no_version (versions, removing, error);
	if (!last && removing->count > 0) {
		struct row *end = &removing->rows[removing->count - 1];
		end->kept = removing->rows[end->top].kept = true;
	}
	int code = remove_old (versions, error);
	if (code == 0 && !transfer_stopped (&versions->transfer))
		code = remove_latest (versions, error);
	if (code == 0)
		code = keep_rest (removing, error);
	return code;
}

/* ---- uploads ---- */

/* The others go all the same. */
static void
fail_upload (struct versions *versions, const struct larder_upload *upload, int code, const struct larder_error *why)
{
	versions->seen++;
	versions_failed (versions, versions_name (versions, upload->key), NULL, code, why);
}

static int
on_upload (void *context, const struct larder_upload *upload, struct larder_error *error)
{
	struct versions *versions = context;
	struct larder_error why = LARDER_ERROR_INIT;
	int code = versions->request->flags & LARDER_DRY_RUN ? 0 : store_parts_abort (versions->store, upload, &why);
	(void) error;
	if (code == 0)
		versions_upload (versions, upload->key);
	else
		fail_upload (versions, upload, code, &why);
	arena_clear (versions->page);
	return transfer_stopped (&versions->transfer);
}

/* Of a whole store nothing is left: parts take space, too, and would go untold with their bucket. */
static int
remove_uploads (struct versions *versions, struct larder_error *error)
{
	struct larder_error why = LARDER_ERROR_INIT;
	int code = store_uploads_all (versions->store, on_upload, versions, &why);
	if (code == LARDER_E_UNSUPPORTED || versions->transfer.stop)         /* what cannot be listed is not known */
		return 0;
	if (code < 0 && error)
		larder_give (error, &why);
	return code;
}

int
larder_remove_versions (struct larder *larder, const struct larder_versions *asked, larder_event_fn event, void *context,
                        struct larder_summary *ret_summary, struct larder_error *error)
{
	static const struct versions_way way = { begin, one, act, remove_uploads };
	struct larder_versions request = { .size = sizeof request, .at = LARDER_NO_TIME };
	larder_give (&request, asked);
	if (request.version && (request.count != 1 || request.flags & LARDER_RECURSIVE))
		return larder_fail_next (error, LARDER_E_INVALID, "name the one object that it is a version of", "a version is of one object");
	CLEANUP_ARENA struct larder_arena *texts = arena_new (), *next = arena_new ();
	struct removing removing = { .version = request.version, .texts = texts, .next = next };
	if (!texts || !next)
		return larder_fail_memory (error);
	int code = versions_run (larder, &request, &way, &removing, event, context, ret_summary, error);
	free (removing.rows);
	return code;
}
