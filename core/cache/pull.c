/* pull.c: larder_model_pull: everything below some prefixes into the cache, a page of the listing at a time, several models at once. */
#include "cache.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>

#include "error.h"
#include "text.h"
#include "sync.h"

enum { AT_ONCE = 4 };

/* One model of the page. */
struct wanted { struct place place; const char *etag; uint64_t length; };   /* of many files the etag of the first */

struct pulling {
	struct transfer transfer;        /* counts and tells */
	struct cache *cache;
	const struct larder_model_pull *request;
	struct larder_arena *page;
	struct wanted *at;
	size_t count, room;
	atomic_size_t next;
	const char *last;                /* path of a model of many files, of which the listing is */
	bool at_last;                    /* no prefix comes behind it */
	struct larder_arena *kept;
};

/* ---- a page ---- */

static int
add (struct pulling *pulling, const struct place *place, const struct larder_info *info)
{
	struct wanted *at = arena_more (pulling->page, pulling->at, pulling->count, &pulling->room, sizeof *at);
	if (!at)
		return LARDER_E_LIMIT;
	pulling->at = at;
	pulling->at[pulling->count++] = (struct wanted) { *place, arena_copy (pulling->page, info->etag), info->length };
	count_known (&pulling->transfer, info->length);
	return 0;
}

/* Another file of the model that came last, unless that was on the page before and is done. */
static void
more_of_it (struct pulling *pulling, uint64_t length)
{
	if (pulling->count == 0)
		return;
	pulling->at[pulling->count - 1].length += length;
	count_known (&pulling->transfer, length);
}

static int
on_key (void *context, const struct larder_info *info)
{
	struct pulling *pulling = context;
	struct larder_error why = LARDER_ERROR_INIT;
	struct place place;
	size_t length = strlen (info->key);
	if (length == 0 || info->key[length - 1] == '/')
		return 0;
	const char *key = arena_copy (pulling->page, info->key);
	int code = key ? place_of_key (pulling->cache, pulling->page, key, &place, &why) : LARDER_E_LIMIT;
	if (code < 0) {
		count_failed (&pulling->transfer, info->key, NULL, &why, code, true);
		return 0;
	}
	const struct larder_sync shard = { .size = sizeof shard, .shard = pulling->request->shard, .shards = pulling->request->shards };
	if (!sync_takes (&shard, place.path))
		return 0;
	if (pulling->last && strcmp (pulling->last, place.path) == 0) {
		more_of_it (pulling, info->length);
		return 0;
	}
	if (place.folder) {
		arena_clear (pulling->kept);
		pulling->last = arena_copy (pulling->kept, place.path);
	}
	return add (pulling, &place, info);
}

/* ---- one model ---- */

struct one { struct transfer *transfer; uint64_t moved; };

/* Told once for all of them; what each moves is progress. */
static int
on_event (void *context, const struct larder_event *event)
{
	struct one *one = context;
	if (strcmp (event->action, "progress") == 0) {
		one->moved += event->bytes;
		count_progress (one->transfer, event->bytes);
	}
	return transfer_stopped (one->transfer);
}

static bool
is_there (const struct pulling *pulling, struct larder_arena *arena, const struct wanted *wanted)
{
	struct record record;
	if (wanted->place.folder || !present_fast (pulling->cache, arena, &wanted->place, &record))
		return false;
	const char *etag = record.files[0].etag;
	return record.length == wanted->length && etag && wanted->etag && strcmp (etag, wanted->etag) == 0;
}

static void
pull_one (struct pulling *pulling, const struct wanted *wanted)
{
	static const char *const words[] = { "skipped", "skipped", "copied", "adopted" };
	const struct larder_model_load request = { .size = sizeof request, .flags = LARDER_MODEL_REVALIDATE, .wait = LARDER_NO_TIME };
	struct larder_error why = LARDER_ERROR_INIT;
	struct larder_model model = { .size = sizeof model };
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	struct one one = { .transfer = &pulling->transfer };
	bool there = arena && is_there (pulling, arena, wanted), dry = pulling->request->flags & LARDER_MODEL_DRY_RUN;
	int code = !arena ? larder_fail_memory (&why) : there || dry ? 0 : load_place (pulling->cache, arena, &wanted->place, &request, 0, on_event, &one, &model, &why);
	count_spared (&pulling->transfer, wanted->length > one.moved ? wanted->length - one.moved : 0);
	if (code < 0)
		count_failed (&pulling->transfer, wanted->place.path, NULL, &why, code, false);
	else if (there || (!dry && model.how <= LARDER_MODEL_WAITED))
		count_unchanged (&pulling->transfer);
	else
		count_event (&pulling->transfer, &(struct larder_event) { .size = sizeof (struct larder_event), .action = dry ? "would-copy" : words[model.how & 3],
			.from = wanted->place.key, .to = wanted->place.path, .bytes = dry ? wanted->length : model.length });
}

static void *
work (void *context)
{
	struct pulling *pulling = context;
	size_t i;
	while (!transfer_stopped (&pulling->transfer) && (i = atomic_fetch_add (&pulling->next, 1)) < pulling->count)
		pull_one (pulling, &pulling->at[i]);
	return NULL;
}

/* All of the page are done before the listing goes on: a driver may be called one at a time. */
static int
page_done (void *context, bool last, struct larder_error *error)
{
	struct pulling *pulling = context;
	pthread_t threads[AT_ONCE];
	unsigned running = 0;
	sigset_t all, before;
	(void) error;
	if (last && pulling->at_last)
		count_found_all (&pulling->transfer);
	atomic_store (&pulling->next, 0);
	sigfillset (&all);
	pthread_sigmask (SIG_BLOCK, &all, &before);
	while (running + 1 < AT_ONCE && running + 1 < pulling->count && pthread_create (&threads[running], NULL, work, pulling) == 0)
		running++;
	pthread_sigmask (SIG_SETMASK, &before, NULL);
	work (pulling);
	while (running > 0)
		pthread_join (threads[--running], NULL);
	arena_clear (pulling->page);
	pulling->at = NULL;
	pulling->count = pulling->room = 0;
	return transfer_stopped (&pulling->transfer);
}

static int
pull_prefix (struct pulling *pulling, const char *prefix, struct larder_error *error)
{
	const struct larder_listing listing = { .size = sizeof listing, .prefix = prefix, .delimiter = "" };
	uint64_t before = pulling->transfer.sum.scanned;
	int code = store_list (pulling->cache->source, &listing, on_key, page_done, pulling, error);
	if (code == 0 && pulling->transfer.sum.scanned == before && !pulling->request->shards)
		count_skipped (&pulling->transfer, prefix, "the source has nothing below it");
	return code;
}

static int
pull (struct pulling *pulling, struct larder_error *error)
{
	const struct larder_model_pull *request = pulling->request;
	const char *const *prefixes = request->count ? request->prefixes : pulling->cache->section->prefixes;
	int code = cache_source (pulling->cache, error);
	if (code == 0 && !prefixes)
		return larder_fail_next (error, LARDER_E_INVALID, "name one, or give the section its 'prefixes'", "no prefix to pull");
	if (request->shards && request->shard >= request->shards)
		return larder_fail_next (error, LARDER_E_INVALID, "shards count from 0", "there is no shard %u of %u", (unsigned) request->shard, (unsigned) request->shards);
	size_t count = request->count;
	for (; !request->count && prefixes[count];)
		count++;
	for (size_t i = 0; code == 0 && i < count; i++) {
		pulling->at_last = i + 1 == count;
		code = pull_prefix (pulling, prefixes[i], error);
	}
	return code == transfer_stopped (&pulling->transfer) ? 0 : code;
}

int
larder_model_pull (struct larder *larder, const struct larder_model_pull *asked, larder_event_fn event, void *context, struct larder_summary *ret_summary,
                   struct larder_error *error)
{
	struct larder_model_pull request = { .size = sizeof request };
	CLEANUP_CACHE struct cache cache = CACHE_NONE;
	CLEANUP_ARENA struct larder_arena *page = arena_new (), *kept = arena_new ();
	larder_give (&request, asked);
	const struct larder_transfer none = { .size = sizeof none, .flags = request.flags & LARDER_MODEL_DRY_RUN ? LARDER_DRY_RUN : 0 };
	struct pulling pulling = { .cache = &cache, .request = &request, .page = page, .kept = kept };
	int code = page && kept ? cache_open (&cache, larder, request.cache, error) : larder_fail_memory (error);
	if (code == 0)
		code = transfer_begin (&pulling.transfer, larder, &none, event, context, error);
	return code < 0 ? code : transfer_end (&pulling.transfer, pull (&pulling, error), ret_summary, error);
}
