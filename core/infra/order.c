/* order.c: many resources at a time, each after those it needs, or before them on the way back. */
#include "resource.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "error.h"

enum { THREADS_MOST = 16 };

/* ---- a circle ---- */

static bool
reaches (const struct larder_infra *infra, size_t from, size_t to, unsigned char *seen, struct buffer *names)
{
	if (seen[from])
		return false;
	seen[from] = 1;
	const struct resource *one = &infra->at[from];
	for (size_t n = 0; n < one->need_count; n++)
		if (one->needs[n] == to || reaches (infra, one->needs[n], to, seen, names)) {
			buffer_printf (names, "%s%s '%s'", names->length ? " needs " : "", one->type, one->section);
			return true;
		}
	return false;
}

int
order_check (struct larder_infra *infra, struct larder_error *error)
{
	CLEANUP_BUFFER struct buffer names;
	buffer_init (&names, 400);
	for (size_t n = 0; n < infra->count; n++) {
		unsigned char *seen = calloc (infra->count, 1);
		if (!seen)
			return larder_fail_memory (error);
		bool circle = reaches (infra, n, n, seen, &names);
		free (seen);
		if (circle)
			return larder_fail_next (error, LARDER_E_INVALID, "take one of the references out", "sections refer to each other in a circle: %s", buffer_text (&names));
	}
	return 0;
}

/* ---- one run ---- */

enum node { NODE_WAITING, NODE_WORKING, NODE_OVER };

struct running {
	struct larder_infra *infra;
	const struct order *order;
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	struct { enum node state; size_t before; const struct resource *broken; } *nodes;  /* before: how many that come first are not over; one of them that failed */
	size_t left;
};

/* Calls back for each that comes directly after `index`. */
static void
each_after (struct running *running, size_t index, void (*each) (struct running *running, size_t after, const struct resource *failed), const struct resource *failed)
{
	const struct larder_infra *infra = running->infra;
	const struct resource *one = &infra->at[index];
	for (size_t n = 0; running->order->backwards && n < one->need_count; n++)
		each (running, one->needs[n], failed);
	for (size_t n = 0; !running->order->backwards && n < infra->count; n++)
		for (size_t k = 0; k < infra->at[n].need_count; k++)
			if (infra->at[n].needs[k] == index)
				each (running, n, failed);
}

static void
count_before (struct running *running, size_t after, const struct resource *failed)
{
	(void) failed;
	running->nodes[after].before++;
}

static void
one_less (struct running *running, size_t after, const struct resource *failed)
{
	running->nodes[after].before--;
	if (failed)
		running->nodes[after].broken = failed;
}

/* `failed`: what keeps from what comes after it: itself, or what it was skipped for. NULL: nothing. */
static void
over (struct running *running, size_t index, const struct resource *failed)
{
	running->nodes[index].state = NODE_OVER;
	running->left--;
	if (!running->order->apart)
		each_after (running, index, one_less, failed);
	pthread_cond_broadcast (&running->changed);
}

/* One that may begin, or SIZE_MAX. Those behind one that failed are told, and keep what is behind them. */
static size_t
pick (struct running *running)
{
	for (size_t n = 0; n < running->infra->count; n++) {
		if (running->nodes[n].state != NODE_WAITING || running->nodes[n].before > 0)
			continue;
		if (!running->nodes[n].broken)
			return n;
		running->order->skipped (running->order->context, &running->infra->at[n], running->nodes[n].broken);
		over (running, n, running->nodes[n].broken);
		n = SIZE_MAX;                    /* from the start: what is behind it may stand before it */
	}
	return SIZE_MAX;
}

static void *
work (void *context)
{
	struct running *running = context;
	pthread_mutex_lock (&running->mutex);
	while (running->left > 0) {
		size_t index = pick (running);
		if (index == SIZE_MAX) {
			if (running->left > 0)
				pthread_cond_wait (&running->changed, &running->mutex);
			continue;
		}
		running->nodes[index].state = NODE_WORKING;
		pthread_mutex_unlock (&running->mutex);
		int code = running->order->each (running->order->context, &running->infra->at[index]);
		pthread_mutex_lock (&running->mutex);
		over (running, index, code < 0 ? &running->infra->at[index] : NULL);
	}
	pthread_mutex_unlock (&running->mutex);
	return NULL;
}

/* The caller is one of the threads; they take no signals. */
static void
run (struct running *running, size_t most)
{
	pthread_t threads[THREADS_MOST];
	size_t count = 0;
	sigset_t all, before;
	sigfillset (&all);
	pthread_sigmask (SIG_SETMASK, &all, &before);
	while (count + 1 < most && count < THREADS_MOST && pthread_create (&threads[count], NULL, work, running) == 0)
		count++;
	pthread_sigmask (SIG_SETMASK, &before, NULL);
	work (running);
	while (count > 0)
		pthread_join (threads[--count], NULL);
}

int
order_run (struct larder_infra *infra, const struct order *order, struct larder_error *error)
{
	struct running running = { .infra = infra, .order = order, .left = infra->count, .nodes = calloc (infra->count + 1, sizeof *running.nodes) };
	if (!running.nodes)
		return larder_fail_memory (error);
	for (size_t n = 0; !order->apart && n < infra->count; n++)
		each_after (&running, n, count_before, NULL);
	pthread_mutex_init (&running.mutex, NULL);
	pthread_cond_init (&running.changed, NULL);
	run (&running, infra->count);
	pthread_cond_destroy (&running.changed);
	pthread_mutex_destroy (&running.mutex);
	free (running.nodes);
	return 0;
}
