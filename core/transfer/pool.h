/* pool.h: the threads of one run. Whoever finds items adds them; large ones are shared out in steps.
 *
 * The number at work grows while more threads get more done, and halves when the service asks to slow down. A pool of one has
 * no threads: the adder does each item itself, in order. Threads block all signals, and no item waits for another. */
#ifndef LARDER_TRANSFER_POOL_H
#define LARDER_TRANSFER_POOL_H

#include <stdbool.h>
#include <stdint.h>

/* One item. `run` owns it. */
struct task {
	struct task *next;
	void (*run) (struct task *task);
	bool large;                   /* shared out, with large buffers: a few at a time, the small ones pass them */
	bool medium;                  /* with buffers that count where there are many: no more at a time than those fit, the small ones pass them */
};

/* One large item whose owner wants help. `step` does the next piece and is called by many threads at once; false: no more
 * pieces to begin. */
struct share {
	struct share *next;
	bool (*step) (struct share *share);
	unsigned working, most;       /* threads inside step; at most so many */
	bool over;
};

struct pool;

/* most: threads at the most, 1 for none; mediums: of them at medium items; pieces: of large items, worked on at once. NULL: no memory. */
struct pool *pool_new (unsigned most, unsigned mediums, unsigned pieces);
/* Waits for all items; NULL allowed. */
void pool_free (struct pool *pool);
/* Waits while too many are queued: memory does not grow with the number of items. */
void pool_add (struct pool *pool, struct task *task);
/* From inside an item, which ends with it: to be run once more when the others are done. False when too many wait already. */
bool pool_add_behind (struct pool *pool, struct task *task);
/* Until every item added so far is done, those behind too. */
void pool_drain (struct pool *pool);
/* Called inside an item: returns when no piece is left and nobody works on one. Idle threads help, items first. */
void pool_share (struct pool *pool, struct share *share);
/* So much was done: what the width is judged by. */
void pool_done (struct pool *pool, uint64_t bytes);
/* Do twice as many threads pay? Of a window of `took` ns in which the process had `cpu` ns of `cores`; rates of this one and of the
 * one before the last change. Pure. */
bool pool_pays (uint64_t rate, uint64_t before, int64_t took, int64_t cpu, unsigned cores);
/* The service asked for less. */
void pool_slow_down (struct pool *pool);

#endif
