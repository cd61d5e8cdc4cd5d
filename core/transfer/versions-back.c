/* versions-back.c: each key as it was at a time. What was its latest version then is copied over it, and where there was none a
 * delete marker is put: versions are only added, so that a roll back can be rolled back. */
#include "versions.h"

#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "error.h"
#include "journal.h"

enum kind { UNCHANGED, ABSENT, REMOVE, COPY };

/* What is to become of one key; lives in the arena of the page. Copies are made by the pool's threads, page by page. */
struct decision {
	struct task task;
	struct decision *next;
	struct versions *versions;
	enum kind kind;
	const char *key, *version;       /* the version of then, to copy */
	const char *name;                /* of a copy, for people */
	uint64_t length;
	bool same_length;                /* as the latest has */
	int code;                        /* of a removal */
	struct larder_error error;
};

struct back {
	char key[1026];                  /* the one at hand */
	bool open;                       /* and it is not decided yet */
	bool deleted;                    /* its latest is a delete marker */
	uint64_t length;                 /* of its latest version */
	struct decision *first, **last;
};

static void run_copy (struct task *task);

static int
decide (struct versions *versions, enum kind kind, const struct larder_info *info)
{
	struct back *back = versions->state;
	struct decision *decision = arena_alloc (versions->page, sizeof *decision);
	const char *key = arena_copy (versions->page, back->key), *version = arena_copy (versions->page, info ? info->version : NULL);
	if (!decision || !key || (info && !version))
		return LARDER_E_LIMIT;
	*decision = (struct decision) {
		.task = { .run = run_copy }, .versions = versions, .kind = kind, .key = key, .version = version, .error = LARDER_ERROR_INIT,
	};
	decision->name = kind == COPY ? versions_name (versions, key) : NULL;
	decision->length = info ? info->length : 0;
	decision->same_length = info && !back->deleted && info->length == back->length;
	*back->last = decision;
	back->last = &decision->next;
	back->open = false;
	return 0;
}

/* No version of then: it was deleted, or not there yet. */
static int
decide_absent (struct versions *versions)
{
	const struct back *back = versions->state;
	return decide (versions, back->deleted ? ABSENT : REMOVE, NULL);
}

static int
one (struct versions *versions, const struct larder_info *info)
{
	struct back *back = versions->state;
	bool marker = info->flags & LARDER_INFO_DELETE_MARKER, latest = strcmp (back->key, info->key) != 0;
	if (latest) {
		int code = back->open ? decide_absent (versions) : 0;
		if (code < 0)
			return code;
		memcpy (back->key, info->key, strlen (info->key) + 1);   /* a listing has no longer ones */
		back->open = true;
		back->deleted = marker;
		back->length = info->length;
	}
	if (!back->open || info->mtime > versions->request->at)
		return 0;
	if (marker)
		return decide_absent (versions);
	return decide (versions, latest ? UNCHANGED : COPY, info);
}

/* ---- between pages ---- */

static bool
same_text (const char *a, const char *b)
{
	return a == b || (a && b && strcmp (a, b) == 0);
}

static const char *
value_of (const struct larder_pairs *pairs, const char *name)
{
	for (size_t i = 0; i < pairs->count; i++)
		if (strcmp (larder_pair_at (pairs, i)->name, name) == 0)
			return larder_pair_at (pairs, i)->value;
	return NULL;
}

static bool
same_pairs (const struct larder_pairs *a, const struct larder_pairs *b)
{
	bool same = a->count == b->count;
	for (size_t i = 0; same && i < a->count; i++) {
		const struct larder_pair *pair = larder_pair_at (a, i);
		same = same_text (pair->value, value_of (b, pair->name));
	}
	return same;
}

/* By checksum where both have one of the same kind, else by etag, which a copy in parts changes. */
static bool
same_bytes (const struct larder_info *a, const struct larder_info *b)
{
	if (a->length != b->length)
		return false;
	if (a->checksum && b->checksum && a->checksum_type == b->checksum_type && a->checksum_composite == b->checksum_composite)
		return strcmp (a->checksum, b->checksum) == 0;
	return a->etag && same_text (a->etag, b->etag);
}

/* Does the latest version have the bytes and attributes of that one already, as after an earlier roll back? */
static bool
is_back (const struct decision *decision, struct larder_arena *arena)
{
	struct larder_store *store = decision->versions->store;
	struct larder_info then = { .size = sizeof then }, now = { .size = sizeof now };
	return decision->same_length && larder_stat (store, arena, decision->key, decision->version, &then, NULL) == 0
		&& larder_stat (store, arena, decision->key, NULL, &now, NULL) == 0 && same_bytes (&then, &now)
		&& same_text (then.content_type, now.content_type) && same_text (then.content_encoding, now.content_encoding)
		&& same_text (then.cache_control, now.cache_control) && same_text (then.content_disposition, now.content_disposition)
		&& same_pairs (&then.metadata, &now.metadata);
}

static int
copy_large_or_small (const struct decision *decision, struct larder_arena *arena, struct larder_error *error)
{
	struct larder_store *store = decision->versions->store;
	const struct larder_transfer request = { .size = sizeof request, .version = decision->version };
	const struct larder_copy_object copy = {
		.size = sizeof copy, .key = decision->key, .version = decision->version, .to = decision->key,
		.attributes = { .size = sizeof copy.attributes },
	};
	struct larder_info info = { .size = sizeof info };
	struct journal_what what = { .kind = "copy", .from = decision->name, .to = decision->name, .request = &request };
	what.address = what.path = journal_address (store, arena, decision->key);
	return what.address ? copy_stored (&decision->versions->transfer, store, store, arena, &copy, &what, decision->length, &info, error)
		: larder_fail_memory (error);
}

static void
copy_back (const struct decision *decision, struct larder_arena *arena)
{
	struct versions *versions = decision->versions;
	struct transfer *transfer = &versions->transfer;
	struct larder_error error = LARDER_ERROR_INIT;
	if (is_back (decision, arena)) {
		count_skipped (transfer, decision->name, "has the bytes and attributes of then");
		return;
	}
	bool dry = versions->request->flags & LARDER_DRY_RUN;
	int code = dry ? 0 : copy_large_or_small (decision, arena, &error);
	if (code < 0)
		versions_failed (versions, decision->name, decision->version, code, &error);
	else
		count_event (transfer, &(struct larder_event) {
			.size = sizeof (struct larder_event), .action = dry ? "would-restore" : "restored", .from = decision->name, .bytes = decision->length,
			.version = decision->version,
		});
}

static void
run_copy (struct task *task)
{
	const struct decision *decision = (const struct decision *) (void *) task;
	struct transfer *transfer = &decision->versions->transfer;
	struct larder_error error = LARDER_ERROR_INIT;
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	if (!arena)
		count_failed (transfer, decision->name, NULL, &error, larder_fail_memory (&error), false);
	else if (!transfer_stopped (transfer))
		copy_back (decision, arena);
	pool_done (transfer->pool, decision->length);
}

static int
on_removed (void *context, size_t index, int code, const struct larder_error *error)
{
	struct decision *decision = ((struct decision **) context)[index];
	decision->code = code;
	if (code < 0 && error)
		larder_give (&decision->error, error);
	return 0;
}

/* Delete markers, all of the page at once. */
static int
put_markers (struct versions *versions, struct larder_error *error)
{
	const struct back *back = versions->state;
	size_t count = 0, at = 0;
	for (const struct decision *decision = back->first; decision; decision = decision->next)
		count += decision->kind == REMOVE;
	if (count == 0 || versions->request->flags & LARDER_DRY_RUN)
		return 0;
	struct store_version *all = arena_alloc (versions->page, count * sizeof *all);
	struct decision **owners = arena_alloc (versions->page, count * sizeof *owners);
	if (!all || !owners)
		return larder_fail_memory (error);
	for (struct decision *decision = back->first; decision; decision = decision->next)
		if (decision->kind == REMOVE) {
			decision->code = LARDER_E_CANCELLED;     /* until it is told */
			owners[at] = decision;
			all[at++].key = decision->key;
		}
	return store_remove_versions (versions->store, all, count, on_removed, owners, error);
}

static void
tell (struct versions *versions, struct decision *decision)
{
	if (decision->kind == UNCHANGED)
		versions_skipped (versions, decision->key, "has not changed since");
	else if (decision->kind == ABSENT)
		versions_skipped (versions, decision->key, "was not there then, and is not now");
	else if (decision->kind == COPY)
		pool_add (versions->transfer.pool, &decision->task);
	else if (decision->code == 0)
		versions_done (versions, "removed", "would-remove", decision->key, NULL, 0);
	else if (decision->code != LARDER_E_CANCELLED)
		versions_failed (versions, versions_name (versions, decision->key), NULL, decision->code, &decision->error);
}

static int
act (struct versions *versions, bool last, struct larder_error *error)
{
	struct back *back = versions->state;
	if (last && back->open && decide_absent (versions) < 0)
		return larder_fail_memory (error);
	int code = put_markers (versions, error);
	for (struct decision *decision = back->first; code == 0 && decision && !transfer_stopped (&versions->transfer); decision = decision->next)
		tell (versions, decision);
	pool_drain (versions->transfer.pool);
	back->first = NULL;
	back->last = &back->first;
	if (last) {
		back->key[0] = '\0';
		back->open = false;
	}
	return code;
}

static int
begin (struct versions *versions, struct larder_error *error)
{
	struct back *back = versions->state;
	struct transfer *transfer = &versions->transfer;
	*back = (struct back) { .last = &back->first };
	if (!transfer->pool)
		transfer->pool = transfer_pool (transfer->larder, transfer->request->flags);
	if (!transfer->pool)
		return larder_fail_memory (error);
	return versions_need (versions, true, error);
}

int
versions_back (struct larder *larder, const struct larder_versions *request, larder_event_fn event, void *context,
               struct larder_summary *ret_summary, struct larder_error *error)
{
	static const struct versions_way way = { begin, one, act, NULL };
	struct back back = { .last = &back.first };
	return versions_run (larder, request, &way, &back, event, context, ret_summary, error);
}
