/* batch.c: many pictures, as many at a time as asked for; each thread takes the next when it is done with one. */
#include "job.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <signal.h>
#include <unistd.h>

#include "error.h"

enum { JOBS_MOST = 256 };

struct run {
	struct larder *larder;
	const struct larder_batch *batch;
	uint64_t memory;
	struct ledger ledger;
	pthread_mutex_t reading;         /* around the caller's next, which may wait for its input: results must not wait with it */
	pthread_mutex_t mutex;           /* of everything below, and around the caller's done; taken after `reading` */
	bool ended;
	int code, failures;              /* first code that ends the batch; number of different codes of items */
	int item_code;
	struct larder_error *error;
	struct larder_summary summary;
};

static bool
has_ended (struct run *run)
{
	pthread_mutex_lock (&run->mutex);
	bool ended = run->ended;
	pthread_mutex_unlock (&run->mutex);
	return ended;
}

/* What next gave: 1 to work on it, 0 to ask again, else the batch ends. An item that cannot be read is counted and reported at once. */
static int
judge (struct run *run, struct larder_ingest *item, int code, const struct larder_error *problem)
{
	pthread_mutex_lock (&run->mutex);
	bool again = false;
	if (code == 1)
		run->summary.scanned++;
	if (code < 0 && item->name && code != LARDER_E_CANCELLED) {
		run->summary.scanned++;
		run->summary.refused++;
		run->failures += run->item_code != code;
		run->item_code = code;
		code = run->batch->done (run->batch->context, item, code, NULL, problem);
		again = code == 0;
	}
	if (code != 1 && !again) {
		run->ended = true;
		run->code = run->code ? run->code : code;
		if (code < 0 && run->error && problem->code)
			larder_give (run->error, problem);
	}
	pthread_mutex_unlock (&run->mutex);
	return code == 1 ? 1 : again ? 0 : -1;
}

/* true with an item, false at the end. */
static bool
take_next (struct run *run, struct larder_ingest *item)
{
	int verdict = 0;
	pthread_mutex_lock (&run->reading);
	while (verdict == 0 && !has_ended (run)) {
		struct larder_error problem = LARDER_ERROR_INIT;
		*item = (struct larder_ingest) { .size = sizeof *item, .at = LARDER_NO_TIME };
		int code = larder_is_cancelled (run->larder) ? larder_fail_cancelled (&problem) : run->batch->next (run->batch->context, item, &problem);
		verdict = judge (run, item, code, &problem);
	}
	pthread_mutex_unlock (&run->reading);
	return verdict == 1;
}

static void
finish_item (struct run *run, const struct larder_ingest *item, int code, const struct larder_ingested *result, const struct larder_error *problem)
{
	pthread_mutex_lock (&run->mutex);
	if (code == 0 && result->stored == LARDER_STORED_ALREADY)
		run->summary.skipped++;
	else if (code == 0)
		run->summary.done++;
	else
		run->summary.failed++;
	if (code == 0 && result->stored != LARDER_STORED_ALREADY)
		run->summary.bytes += result->length + result->thumbnail_length;
	if (code < 0) {
		run->failures += run->item_code != code;
		run->item_code = code;
	}
	int stop = run->batch->done (run->batch->context, item, code, code == 0 ? result : NULL, code < 0 ? problem : NULL);
	if (stop) {
		run->ended = true;
		run->code = run->code ? run->code : stop;
	}
	pthread_mutex_unlock (&run->mutex);
}

static void *
work (void *context)
{
	struct run *run = context;
	struct larder_arena *arena = arena_new ();
	struct larder_ingest item;
	while (arena && take_next (run, &item)) {
		struct larder_error problem = LARDER_ERROR_INIT;
		struct larder_ingested result = { .size = sizeof result };
		int code = ingest_within (run->larder, &run->ledger, arena, &item, run->memory, &result, &problem);
		finish_item (run, &item, code, &result, &problem);
		arena_clear (arena);
	}
	arena_free (arena);
	return NULL;
}

static uint32_t
jobs_of (struct larder *larder, uint32_t asked)
{
	const struct schema_larder *schema = larder_settings_of (larder);
	long jobs = asked ? (long) asked : schema && schema->jobs ? (long) schema->jobs : sysconf (_SC_NPROCESSORS_ONLN);
	return jobs < 1 ? 1 : jobs > JOBS_MOST ? JOBS_MOST : (uint32_t) jobs;
}

/* Our threads block all signals: they are for the caller's own. */
static uint32_t
start (struct run *run, pthread_t *threads, uint32_t count)
{
	sigset_t all, before;
	uint32_t started = 0;
	sigfillset (&all);
	pthread_sigmask (SIG_SETMASK, &all, &before);
	while (started < count && pthread_create (&threads[started], NULL, work, run) == 0)
		started++;
	pthread_sigmask (SIG_SETMASK, &before, NULL);
	return started;
}

int
larder_ingest_batch (struct larder *larder, const struct larder_batch *request, struct larder_summary *ret_summary, struct larder_error *error)
{
	pthread_t threads[JOBS_MOST];
	struct larder_batch batch = { .size = sizeof batch };
	larder_give (&batch, request);
	uint32_t jobs = jobs_of (larder, batch.jobs);
	struct run run = { .larder = larder, .batch = &batch, .memory = larder_memory_of (larder) / jobs, .error = error };
	run.summary.size = sizeof run.summary;
	ledger_begin (&run.ledger, larder);
	run.ledger.replaces = batch.replaces, run.ledger.context = batch.context;
	pthread_mutex_init (&run.reading, NULL);
	pthread_mutex_init (&run.mutex, NULL);
	uint32_t started = jobs > 1 ? start (&run, threads, jobs - 1) : 0;
	work (&run);   /* the caller's thread works too, so a system without threads to give is only slower */
	for (uint32_t i = 0; i < started; i++)
		pthread_join (threads[i], NULL);
	pthread_mutex_destroy (&run.mutex);
	pthread_mutex_destroy (&run.reading);
	run.summary.code = run.failures == 1 ? run.item_code : 0;
	larder_give (ret_summary, &run.summary);
	return ledger_end (&run.ledger, run.code, error);
}
