/* look.c: many objects of a store, listed and asked for their facts by some threads, in memory for a sample or a batch of keys. */
#include "replication.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "cleanup.h"
#include "error.h"
#include "sample.h"

enum { BATCH = 256, THREADS = 16, THREADS_MOST = 64 };

const char *const replication_words[REPLICATION_WORDS] = { "COMPLETED", "PENDING", "FAILED", "REPLICA", "none", "OTHER" };

const char *
replication_word (const char *told)
{
	if (!told || !*told)
		return "none";
	if (strcmp (told, "COMPLETE") == 0)      /* S3 writes it both ways */
		return "COMPLETED";
	for (size_t n = 0; n < REPLICATION_WORDS; n++)
		if (strcmp (told, replication_words[n]) == 0)
			return replication_words[n];
	return "OTHER";
}

struct batch { struct larder_store *store; struct looked at[BATCH]; size_t count; atomic_size_t next; };
struct looks {
	struct cli *cli;
	const struct looking *looking;
	struct batch batch;
	struct sample sample;
	uint64_t listed;
	struct larder_error *error;
};

/* ---- a batch ---- */

static void *
work (void *context)
{
	struct batch *batch = context;
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	for (size_t n; (n = atomic_fetch_add (&batch->next, 1)) < batch->count;) {
		struct looked *one = &batch->at[n];
		struct larder_info info = { .size = sizeof info };
		one->error = (struct larder_error) LARDER_ERROR_INIT;
		one->code = arena ? larder_stat (batch->store, arena, one->key, NULL, &info, &one->error) : larder_fail_memory (&one->error);
		one->replication = one->code == 0 ? replication_word (info.replication) : NULL;
		one->mtime = info.mtime;
		if (arena)
			arena_clear (arena);
	}
	return NULL;
}

static void
ask (struct looks *looks)
{
	struct batch *batch = &looks->batch;
	pthread_t threads[THREADS_MOST];
	int64_t jobs = looks->cli->globals.jobs > 0 ? looks->cli->globals.jobs : THREADS;
	size_t most = jobs > THREADS_MOST ? THREADS_MOST : (size_t) jobs, begun = 0;
	atomic_store (&batch->next, 0);
	while (begun + 1 < most && begun + 1 < batch->count && pthread_create (&threads[begun], NULL, work, batch) == 0)
		begun++;
	work (batch);
	while (begun > 0)
		pthread_join (threads[--begun], NULL);
}

static void
drop (struct batch *batch)
{
	for (size_t n = 0; n < batch->count; n++)
		free (batch->at[n].key);
	batch->count = 0;
}

static int
end_batch (struct looks *looks)
{
	struct batch *batch = &looks->batch;
	int code = 0;
	if (!looks->looking->unasked)
		ask (looks);
	for (size_t n = 0; code == 0 && n < batch->count; n++)
		if (batch->at[n].code != LARDER_E_NOTFOUND)
			code = looks->looking->looked (looks->looking->context, &batch->at[n], looks->error);
	drop (batch);
	return code == 0 && cli_stopped (looks->cli) ? larder_fail (looks->error, LARDER_E_CANCELLED, "cancelled") : code;
}

/* Takes over the key. */
static int
add (struct looks *looks, char *key)
{
	struct batch *batch = &looks->batch;
	if (!key)
		return larder_fail_memory (looks->error);
	batch->at[batch->count++] = (struct looked) { .key = key };
	return batch->count == BATCH ? end_batch (looks) : 0;
}

/* ---- the listing ---- */

static int
on_info (void *context, const struct larder_info *info)
{
	struct looks *looks = context;
	looks->listed++;
	if (cli_stopped (looks->cli))
		return LARDER_E_CANCELLED;
	if (looks->sample.at)
		return sample_offer (&looks->sample, info->key) < 0 ? larder_fail_memory (looks->error) : 0;
	return add (looks, strdup (info->key));
}

static int
add_kept (struct looks *looks)
{
	int code = 0;
	sample_sort (&looks->sample);
	for (uint64_t n = 0; code == 0 && n < looks->sample.count; n++)
		code = add (looks, TAKE (looks->sample.at[n]));
	return code;
}

static int
run (struct looks *looks, struct larder_error *error)
{
	const struct looking *looking = looks->looking;
	const struct larder_listing listing = { .size = sizeof listing, .prefix = looking->prefix, .delimiter = "" };
	if (looking->sample && sample_begin (&looks->sample, looking->sample) < 0)
		return larder_fail_memory (error);
	int code = larder_store_open (looks->cli->larder, looking->store, &looks->batch.store, error);
	if (code == 0)
		code = larder_list (looks->batch.store, &listing, on_info, looks, error);
	if (code == 0 && looks->sample.at)
		code = add_kept (looks);
	return code == 0 ? end_batch (looks) : code;
}

int
look_each (struct cli *cli, const struct looking *looking, uint64_t *ret_listed, struct larder_error *error)
{
	CLEANUP_FREE struct looks *looks = calloc (1, sizeof *looks);
	if (!looks)
		return larder_fail_memory (error);
	looks->cli = cli;
	looks->looking = looking;
	looks->error = error;
	int code = run (looks, error);
	*ret_listed = looks->listed;
	drop (&looks->batch);
	sample_free (&looks->sample);
	larder_store_close (looks->batch.store);
	return code;
}
