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

enum node { NODE_WAITING, NODE_WORKING, NODE_DONE, NODE_BROKEN };

struct running {
	struct larder_infra *infra;
	const struct order *order;
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	unsigned char *nodes;            /* enum node */
	size_t left;
};

static bool
needs (const struct resource *resource, size_t other)
{
	for (size_t n = 0; n < resource->need_count; n++)
		if (resource->needs[n] == other)
			return true;
	return false;
}

/* Which other one keeps it waiting, or has broken what it needs; SIZE_MAX: none. */
static size_t
held_by (const struct running *running, size_t index, enum node state)
{
	const struct larder_infra *infra = running->infra;
	for (size_t n = 0; !running->order->apart && n < infra->count; n++) {
		bool before = running->order->backwards ? needs (&infra->at[n], index) : needs (&infra->at[index], n);
		if (before && (running->nodes[n] == state || (state == NODE_WAITING && running->nodes[n] == NODE_WORKING)))
			return n;
	}
	return SIZE_MAX;
}

/* One that may begin, or SIZE_MAX. Those behind a broken one are told and broken, too. */
static size_t
pick (struct running *running)
{
	for (size_t n = 0; n < running->infra->count; n++) {
		if (running->nodes[n] != NODE_WAITING)
			continue;
		size_t because = held_by (running, n, NODE_BROKEN);
		if (because != SIZE_MAX) {
			running->nodes[n] = NODE_BROKEN;
			running->left--;
			running->order->skipped (running->order->context, &running->infra->at[n], &running->infra->at[because]);
			pthread_cond_broadcast (&running->changed);
		} else if (held_by (running, n, NODE_WAITING) == SIZE_MAX)
			return n;
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
		running->nodes[index] = NODE_WORKING;
		pthread_mutex_unlock (&running->mutex);
		int code = running->order->each (running->order->context, &running->infra->at[index]);
		pthread_mutex_lock (&running->mutex);
		running->nodes[index] = code < 0 ? NODE_BROKEN : NODE_DONE;
		running->left--;
		pthread_cond_broadcast (&running->changed);
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
	struct running running = { .infra = infra, .order = order, .left = infra->count, .nodes = calloc (infra->count + 1, 1) };
	if (!running.nodes)
		return larder_fail_memory (error);
	pthread_mutex_init (&running.mutex, NULL);
	pthread_cond_init (&running.changed, NULL);
	run (&running, infra->count);
	pthread_cond_destroy (&running.changed);
	pthread_mutex_destroy (&running.mutex);
	free (running.nodes);
	return 0;
}
