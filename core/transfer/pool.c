/* pool.c: see pool.h. One mutex; it is never held while an item or a piece is worked on. */
#include "pool.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>

#include "clock.h"

enum { MOST = 256, FIRST = 8, QUEUED_A_THREAD = 2, LARGE_MOST = 8, QUEUED_LARGE = 256, BEHIND_MOST = 4096, STACK = 256 << 10 };
#define ITEM_WORTH (UINT64_C (128) << 10)        /* a request costs about as much as so many bytes */
#define WINDOW_LEAST (NS_PER_S / 100)
#define SLOW_FOR NS_PER_S

struct pool {
	pthread_mutex_t mutex;
	pthread_cond_t work, wider, room, still;   /* something to do; more may work; the queue has room; an item or a piece has ended */
	struct task *first, **last;
	unsigned large, medium, mediums_most; /* of them are running */
	struct task *behind;                 /* once more when the others are done */
	unsigned behind_count;
	struct share *shares;
	unsigned steps, steps_most;          /* pieces that are worked on: their buffers are the large ones */
	unsigned queued, queued_large, queued_medium, running, idle, started, seated, width, most;
	bool closing;
	/* how the width is found */
	uint64_t worth, before;              /* done in this window; a second's worth in the one before */
	unsigned ended;
	int64_t since, cpu, slow_until;      /* when the window began, and what the process had used by then */
	unsigned cores;
	pthread_t threads[];
};

struct pool *
pool_new (unsigned most, unsigned mediums, unsigned pieces)
{
	most = most < 1 ? 1 : most > MOST ? MOST : most;
	struct pool *pool = calloc (1, sizeof *pool + most * sizeof *pool->threads);
	if (!pool)
		return NULL;
	pthread_mutex_init (&pool->mutex, NULL);
	pthread_cond_init (&pool->work, NULL);
	pthread_cond_init (&pool->wider, NULL);
	pthread_cond_init (&pool->room, NULL);
	pthread_cond_init (&pool->still, NULL);
	pool->last = &pool->first;
	pool->most = most;
	pool->mediums_most = mediums > 0 ? mediums : 1;
	pool->steps_most = pieces > 0 ? pieces : 1;
	pool->width = most < FIRST ? most : FIRST;
	pool->since = clock_boot ();
	pool->cpu = clock_cpu_all ();
	cpu_set_t set;
	pool->cores = sched_getaffinity (0, sizeof set, &set) == 0 ? (unsigned) CPU_COUNT (&set) : 1;
	return pool;
}

/* ---- the width --------------------------------------------------------------------------------- */

/* Twice as many while that paid: a third more was done in the same time. Where requests wait for the network, it is twice as
 * much; where this process keeps a quarter of the machine busy already (a server beside it takes its share), more threads
 * would only cost memory and switching. */
bool
pool_pays (uint64_t rate, uint64_t before, int64_t took, int64_t cpu, unsigned cores)
{
	return rate > before + before / 3 && cpu < took * (int64_t) cores / 4;
}

static void
judge (struct pool *pool)
{
	int64_t now = clock_boot (), took = now - pool->since;
	if (pool->ended < 2 * pool->width || took < WINDOW_LEAST)
		return;
	uint64_t rate = (uint64_t) ((double) pool->worth * (double) NS_PER_S / (double) took);
	int64_t cpu = clock_cpu_all ();
	if (now >= pool->slow_until && pool->width < pool->most && pool_pays (rate, pool->before, took, cpu - pool->cpu, pool->cores)) {
		pool->width = 2 * pool->width < pool->most ? 2 * pool->width : pool->most;
		pool->before = rate;
		pthread_cond_broadcast (&pool->wider);
	}
	pool->ended = 0;
	pool->worth = 0;
	pool->since = now;
	pool->cpu = cpu;
}

void
pool_done (struct pool *pool, uint64_t bytes)
{
	pthread_mutex_lock (&pool->mutex);
	pool->worth += bytes + ITEM_WORTH;
	pool->ended++;
	judge (pool);
	pthread_mutex_unlock (&pool->mutex);
}

void
pool_slow_down (struct pool *pool)
{
	pthread_mutex_lock (&pool->mutex);
	int64_t now = clock_boot ();
	if (now >= pool->slow_until) {          /* one answer for all that were under way together */
		pool->width = pool->width > 1 ? pool->width / 2 : 1;
		pool->before = 0;
		pool->slow_until = now + SLOW_FOR;
		pthread_cond_broadcast (&pool->work);   /* those that have lost their seat must not take the next call */
	}
	pthread_mutex_unlock (&pool->mutex);
}

/* The large ones come on top: small ones find their threads whatever those do. */
static unsigned
seats (const struct pool *pool)
{
	unsigned wanted = pool->width + pool->large;
	return wanted < pool->most ? wanted : pool->most;
}

/* ---- the threads ------------------------------------------------------------------------------- */

static void *work (void *pool);

/* Up to `wanted` more, as far as the width lets; idle until they look for work, so that nobody starts another in their stead. Signals are for
 * the caller's own threads. */
static void
start (struct pool *pool, unsigned wanted)
{
	sigset_t all, before;
	pthread_attr_t small;
	if (wanted == 0 || pool->started >= seats (pool) || pool->most == 1)
		return;
	sigfillset (&all);
	pthread_attr_init (&small);
	pthread_attr_setstacksize (&small, STACK);
	pthread_sigmask (SIG_SETMASK, &all, &before);
	while (wanted-- > 0 && pool->started < seats (pool) && pthread_create (&pool->threads[pool->started], &small, work, pool) == 0) {
		pool->started++;
		pool->idle++;
	}
	pthread_sigmask (SIG_SETMASK, &before, NULL);
	pthread_attr_destroy (&small);
}

static struct share *
share_open (const struct pool *pool)
{
	struct share *share = pool->steps < pool->steps_most ? pool->shares : NULL;
	while (share && (share->over || share->working >= share->most))
		share = share->next;
	return share;
}

/* The first that may run now; where it hangs, or NULL. */
static struct task **
task_ready (struct pool *pool)
{
	struct task **at = &pool->first;
	unsigned most = pool->most > LARGE_MOST ? LARGE_MOST : pool->most > 1 ? pool->most - 1 : 1;
	bool large = pool->large < most, medium = pool->medium < pool->mediums_most;
	while (*at && (((*at)->large && !large) || ((*at)->medium && !medium)))
		at = &(*at)->next;
	return *at ? at : NULL;
}

/* Of those in the queue. */
static unsigned
medium_held_back (const struct pool *pool)
{
	unsigned may = pool->mediums_most - pool->medium;
	return pool->queued_medium > may ? pool->queued_medium - may : 0;
}

/* Half empty: whoever adds is woken for a handful of items, not for each. */
static bool
has_much_room (const struct pool *pool)
{
	return pool->queued - pool->queued_large <= QUEUED_A_THREAD * pool->width / 2;
}

static void
do_task (struct pool *pool, struct task **at)
{
	struct task *task = *at;
	bool large = task->large, medium = task->medium;
	*at = task->next;
	if (pool->last == &task->next)
		pool->last = at;
	pool->queued--;
	pool->running++;
	pool->large += large;
	pool->medium += medium;
	pool->queued_large -= large;
	pool->queued_medium -= medium;
	if (large) {                             /* it leaves its seat to whoever is next */
		pthread_cond_signal (&pool->wider);
		start (pool, pool->first ? 1 : 0);
	}
	if (large || has_much_room (pool))
		pthread_cond_signal (&pool->room);
	pthread_mutex_unlock (&pool->mutex);
	task->run (task);
	pthread_mutex_lock (&pool->mutex);
	pool->running--;
	pool->large -= large;
	pool->medium -= medium;
	if (large)
		pthread_cond_broadcast (&pool->work);
	else if (medium && pool->idle > 0)       /* this thread may have lost its seat */
		pthread_cond_signal (&pool->work);
	pthread_cond_broadcast (&pool->still);
}

static void
do_step (struct pool *pool, struct share *share)
{
	share->working++;
	pool->steps++;
	pthread_mutex_unlock (&pool->mutex);
	bool more = share->step (share);
	pthread_mutex_lock (&pool->mutex);
	share->over |= !more;
	share->working--;
	pool->steps--;
	pthread_cond_broadcast (&pool->still);
}

/* A thread beyond the width rests until it grows again, or until the pool closes: then all help to empty it. */
static void *
work (void *context)
{
	struct pool *pool = context;
	pthread_mutex_lock (&pool->mutex);
	unsigned seat = pool->seated++;
	pool->idle--;
	while (!pool->closing || pool->first) {
		struct task **ready = task_ready (pool);
		struct share *share = share_open (pool);
		if (seat >= seats (pool) && !pool->closing) {
			pthread_cond_wait (&pool->wider, &pool->mutex);
		} else if (ready) {
			do_task (pool, ready);
		} else if (share) {
			do_step (pool, share);
		} else {
			pool->idle++;
			pthread_cond_wait (&pool->work, &pool->mutex);
			pool->idle--;
		}
	}
	pthread_mutex_unlock (&pool->mutex);
	return NULL;
}

/* ---- for the one who adds ---------------------------------------------------------------------- */

/* Large ones have a queue of their own length: they take long, and what comes behind them shall be found meanwhile. */
static bool
is_full (const struct pool *pool)
{
	return pool->queued - pool->queued_large >= QUEUED_A_THREAD * pool->width || pool->queued_large >= QUEUED_LARGE;
}

void
pool_add (struct pool *pool, struct task *task)
{
	pthread_mutex_lock (&pool->mutex);
	while (pool->started > 0 && is_full (pool))
		pthread_cond_wait (&pool->room, &pool->mutex);
	task->next = NULL;
	*pool->last = task;
	pool->last = &task->next;
	pool->queued++;
	pool->queued_large += task->large;
	pool->queued_medium += task->medium;
	if (pool->queued - medium_held_back (pool) > pool->idle)
		start (pool, 1);
	pthread_cond_signal (&pool->work);
	if (pool->started == 0)                  /* a pool of one, or a system without threads to give */
		do_task (pool, &pool->first);
	pthread_mutex_unlock (&pool->mutex);
}

bool
pool_add_behind (struct pool *pool, struct task *task)
{
	pthread_mutex_lock (&pool->mutex);
	bool room = pool->behind_count < BEHIND_MOST;
	if (room) {
		task->next = pool->behind;
		pool->behind = task;
		pool->behind_count++;
	}
	pthread_mutex_unlock (&pool->mutex);
	return room;
}

static struct task *
take_behind (struct pool *pool)
{
	pthread_mutex_lock (&pool->mutex);
	while (pool->queued > 0 || pool->running > 0)
		pthread_cond_wait (&pool->still, &pool->mutex);
	struct task *task = pool->behind;
	pool->behind = NULL;
	pool->behind_count = 0;
	pthread_mutex_unlock (&pool->mutex);
	return task;
}

void
pool_drain (struct pool *pool)
{
	for (struct task *task; (task = take_behind (pool));)
		for (struct task *next; task; task = next) {
			next = task->next;
			pool_add (pool, task);
		}
}

void
pool_free (struct pool *pool)
{
	if (!pool)
		return;
	pool_drain (pool);
	pthread_mutex_lock (&pool->mutex);
	pool->closing = true;
	pthread_cond_broadcast (&pool->work);
	pthread_cond_broadcast (&pool->wider);
	pthread_mutex_unlock (&pool->mutex);
	for (unsigned i = 0; i < pool->started; i++)
		pthread_join (pool->threads[i], NULL);
	pthread_cond_destroy (&pool->still);
	pthread_cond_destroy (&pool->room);
	pthread_cond_destroy (&pool->wider);
	pthread_cond_destroy (&pool->work);
	pthread_mutex_destroy (&pool->mutex);
	free (pool);
}

/* ---- for an item that wants help --------------------------------------------------------------- */

static void
unlink_share (struct pool *pool, const struct share *share)
{
	struct share **at = &pool->shares;
	while (*at != share)
		at = &(*at)->next;
	*at = share->next;
}

void
pool_share (struct pool *pool, struct share *share)
{
	pthread_mutex_lock (&pool->mutex);
	share->next = pool->shares;
	pool->shares = share;
	start (pool, share->most > 1 + pool->idle ? share->most - 1 - pool->idle : 0);
	pthread_cond_broadcast (&pool->work);
	while (!share->over) {
		if (share->working < share->most && pool->steps < pool->steps_most)
			do_step (pool, share);
		else
			pthread_cond_wait (&pool->still, &pool->mutex);
	}
	while (share->working > 0)
		pthread_cond_wait (&pool->still, &pool->mutex);
	unlink_share (pool, share);
	pthread_mutex_unlock (&pool->mutex);
}
