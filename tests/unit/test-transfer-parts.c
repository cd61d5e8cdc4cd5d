/* test-transfer-parts.c: plans of parts, the pool, and which of a file and a folder of one name goes in. */
#include "parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "clock.h"
#include "folder.h"
#include "unit.h"

/* ---- plans ---- */

/* c-T09: exactly the length, in at most 10,000 parts that a store takes, for every size there is. */
START_TEST (test_plan_covers)
{
	const uint64_t mib = UINT64_C (1) << 20, most = UINT64_C (10000) * 5120 * mib;
	uint64_t lengths[4000];
	size_t count = 0;
	for (uint64_t at = 0; at < most && count < 3900; at = at < 64 * mib ? at + 5 * mib - 1 : at + at / 61 + 1)
		lengths[count++] = at;
	lengths[count++] = most;
	lengths[count++] = most - 1;
	lengths[count++] = UINT64_C (80000) * mib;
	lengths[count++] = UINT64_C (80000) * mib + 1;
	for (size_t i = 0; i < count; i++) {
		struct plan plan;
		uint64_t sum = 0;
		ck_assert_int_eq (plan_parts (lengths[i], &plan, NULL), 0);
		ck_assert_uint_ge (plan.count, 1);
		ck_assert_uint_le (plan.count, 10000);
		ck_assert_uint_le (plan.part, 5120 * mib);
		ck_assert_uint_ge (plan.part, 5 * mib);
		uint32_t number = 1;         /* eight million parts: an assertion for each would take minutes under valgrind */
		for (; number <= plan.count && plan_offset (&plan, number) == sum; number++)
			sum += plan_length (&plan, number);
		ck_assert_uint_eq (number, plan.count + 1);
		ck_assert_uint_eq (sum, lengths[i]);
		ck_assert (lengths[i] == 0 || plan_length (&plan, plan.count) > 0);
	}
}
END_TEST

START_TEST (test_plan_ends)
{
	struct plan plan;
	struct larder_error error = LARDER_ERROR_INIT;
	ck_assert_int_eq (plan_parts (UINT64_C (10000) * (UINT64_C (5) << 30) + 1, &plan, &error), LARDER_E_LIMIT);
	ck_assert_ptr_nonnull (strstr (error.message, "48.8 TiB"));
}
END_TEST

/* c-T09: a stream's parts grow, none above 5 GiB or an eightieth of the stream and 8 MiB; 10,000 hold 50 TB, the first in memory. */
START_TEST (test_plan_stream)
{
	uint64_t sum = 0, before = 0, at_60_gib = 0;
	struct stream_plan plan;
	ck_assert_int_eq (plan_stream (0, &plan, NULL), 0);
	for (uint32_t number = 1; number <= 10000; number++) {
		uint64_t part = plan_stream_part (&plan, number);
		ck_assert_uint_ge (part, before);
		ck_assert_uint_le (part, (UINT64_C (8) << 20) + sum / 80);
		ck_assert_uint_le (part, UINT64_C (5) << 30);
		sum += before = part;
		if (!at_60_gib && sum >= UINT64_C (60) << 30)
			at_60_gib = number;
	}
	ck_assert_uint_le (at_60_gib, 2200);
	ck_assert_uint_eq (plan_stream_part (&plan, 1), UINT64_C (8) << 20);
	ck_assert_uint_ge (sum, UINT64_C (50000000000000));
}
END_TEST

/* How much so many parts hold, each within what a store takes. */
static uint64_t
held_by (const struct stream_plan *plan, uint32_t count)
{
	uint64_t sum = 0;
	for (uint32_t number = 1; number <= count; number++) {
		uint64_t part = plan_stream_part (plan, number);
		ck_assert (part >= UINT64_C (8) << 20 && part <= UINT64_C (5) << 30);
		sum += part;
	}
	return sum;
}

/* c-T09: with a hint a stream of any size an object may have fits, up to 48.8 TiB, in parts no larger than that needs; and a tenth of the
 * parts is for what comes on top, unless there is no more. */
START_TEST (test_plan_stream_expected)
{
	const uint64_t mib = UINT64_C (1) << 20, most = UINT64_C (10000) * 5120 * mib, steps[] = { 1, 8 * mib, 72000 * mib, 72000 * mib + 1, most / 2, most - 1, most };
	struct stream_plan plan;
	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
		uint64_t expected = steps[i], needed = expected / 9000 + mib;
		ck_assert_int_eq (plan_stream (expected, &plan, NULL), 0);
		ck_assert_uint_le (plan.steady, 10000);
		ck_assert_uint_ge (held_by (&plan, plan.steady), expected);
		ck_assert_uint_le (plan_stream_part (&plan, 1), needed > 8 * mib ? needed : 8 * mib);
		ck_assert_uint_eq (plan_stream_part (&plan, 1), plan_stream_part (&plan, plan.steady));
		if (expected <= most / 2)
			ck_assert_uint_ge (held_by (&plan, 10000), expected + (UINT64_C (1) << 40));
	}
	ck_assert_uint_eq (held_by (&plan, 10000), most);
	struct larder_error error = LARDER_ERROR_INIT;
	ck_assert_int_eq (plan_stream (most + 1, &plan, &error), LARDER_E_LIMIT);
	ck_assert_ptr_nonnull (strstr (error.message, "48.8 TiB"));
}
END_TEST

/* ---- the pool ---- */

struct mark { struct task task; struct pool *pool; atomic_int *done, *now, *most; atomic_uint *sum; uint32_t pieces; };

static void
enter (atomic_int *now, atomic_int *most)
{
	int count = atomic_fetch_add (now, 1) + 1, seen = atomic_load (most);
	while (count > seen && !atomic_compare_exchange_weak (most, &seen, count))
		;
}

#define STEPS 8
static atomic_int steps, steps_most;      /* pieces that are worked on, of all items */

struct counted { struct share share; atomic_uint next, *sum; uint32_t count; };

static bool
count_step (struct share *share)
{
	struct counted *counted = (struct counted *) (void *) share;
	enter (&steps, &steps_most);
	uint32_t number = atomic_fetch_add (&counted->next, 1);
	bool more = number < counted->count;
	if (more)
		atomic_fetch_add (counted->sum, number + 1);
	atomic_fetch_sub (&steps, 1);
	return more;
}

static void
run_mark (struct task *task)
{
	struct mark *mark = (struct mark *) (void *) task;
	enter (mark->now, mark->most);
	if (mark->pieces) {
		struct counted counted = { .share = { .step = count_step, .most = 4 }, .sum = mark->sum, .count = mark->pieces };
		pool_share (mark->pool, &counted.share);
	}
	atomic_fetch_add (mark->done, 1);
	pool_done (mark->pool, 1);
	atomic_fetch_sub (mark->now, 1);
	free (mark);
}

static void
run_pool (unsigned width, int items, uint32_t pieces, bool large)
{
	atomic_int done = 0, now = 0, most = 0;
	atomic_uint sum = 0;
	struct pool *pool = pool_new (width, width, STEPS);
	for (int i = 0; i < items; i++) {
		struct mark *mark = calloc (1, sizeof *mark);
		*mark = (struct mark) { { .run = run_mark, .large = large && i % 2 }, pool, &done, &now, &most, &sum, large && i % 2 ? pieces : 0 };
		pool_add (pool, &mark->task);
		if (i == items / 2) {
			pool_drain (pool);
			ck_assert_int_eq (atomic_load (&done), i + 1);
		}
	}
	pool_free (pool);
	ck_assert_int_eq (done, items);
	ck_assert_int_le (most, (int) width);
	ck_assert_int_le (steps_most, STEPS);
	ck_assert_uint_eq (sum, large ? (unsigned) (items / 2) * pieces * (pieces + 1) / 2 : 0);
}

/* Every item and every piece is done once, at any width; a drain means what it says. */
START_TEST (test_pool_does_all)
{
	static const unsigned widths[] = { 1, 2, 3, 8, 64, 1000 };
	for (size_t i = 0; i < sizeof widths / sizeof *widths; i++) {
		unsigned width = widths[i] > 256 ? 256 : widths[i];
		run_pool (width, 2000, 0, false);
		run_pool (width, 400, 50, true);
	}
}
END_TEST

#define TASKS "/proc/self/task"

/* A thread that could do nothing costs a stack: as many as may work at medium items are started for those, and no more. */
START_TEST (test_pool_starts_no_thread_in_vain)
{
	enum { MEDIUMS = 3 };
	atomic_int done = 0, now = 0, most = 0;
	atomic_uint sum = 0;
	unsigned before = folder_count (AT_FDCWD, TASKS);
	struct pool *pool = pool_new (64, MEDIUMS, STEPS);
	for (int i = 0; i < 2000; i++) {
		struct mark *mark = calloc (1, sizeof *mark);
		*mark = (struct mark) { { .run = run_mark, .medium = true }, pool, &done, &now, &most, &sum, 0 };
		pool_add (pool, &mark->task);
	}
	ck_assert_uint_le (folder_count (AT_FDCWD, TASKS), before + MEDIUMS);
	pool_free (pool);
	ck_assert_int_eq (done, 2000);
	ck_assert_int_le (most, MEDIUMS);
}
END_TEST

/* Twice as many threads while a third more was done than before, and only while the machine has much left. */
START_TEST (test_pool_pays)
{
	const int64_t second = INT64_C (1000000000);
	ck_assert (pool_pays (1000, 0, second, 0, 2));
	ck_assert (pool_pays (1400, 1000, second, second / 4, 2));
	ck_assert (!pool_pays (1300, 1000, second, second / 4, 2));
	ck_assert (!pool_pays (1400, 1000, second, second / 2, 2));
	ck_assert (pool_pays (1400, 1000, second, second / 2, 4));
	ck_assert (!pool_pays (1400, 1000, second, second, 4));
	ck_assert (!pool_pays (1400, 1000, second, second / 4, 1));
}
END_TEST

struct wait { struct task task; struct pool *pool; atomic_int *now, *most; };

static void
run_wait (struct task *task)
{
	struct wait *wait = (struct wait *) (void *) task;
	enter (wait->now, wait->most);
	usleep (2000);
	atomic_fetch_sub (wait->now, 1);
	pool_done (wait->pool, 0);
	free (wait);
}

static void
add_wait (struct pool *pool, atomic_int *now, atomic_int *most)
{
	struct wait *wait = calloc (1, sizeof *wait);
	*wait = (struct wait) { { .run = run_wait }, pool, now, most };
	pool_add (pool, &wait->task);
}

static int
most_at_once (unsigned width, bool slow)
{
	atomic_int now = 0, most = 0;
	struct pool *pool = pool_new (width, width, STEPS);
	if (slow)
		pool_slow_down (pool);
	for (int i = 0; i < (slow ? 40 : 600); i++)      /* a slow-down lasts a second */
		add_wait (pool, &now, &most);
	pool_free (pool);
	return most;
}

/* A server that only waits is asked by more and more at once; one that asked to slow down is not. */
START_TEST (test_pool_width)
{
	ck_assert_int_gt (most_at_once (64, false), 8);
	ck_assert_int_le (most_at_once (64, true), 4);
	ck_assert_int_eq (most_at_once (1, false), 1);
}
END_TEST

/* Threads that wait for work when their seats go let others have what comes. */
START_TEST (test_pool_shrinks_while_idle)
{
	atomic_int now = 0, most = 0;
	for (int turn = 0; turn < 20; turn++) {
		struct pool *pool = pool_new (64, 64, STEPS);
		for (int i = 0; i < 8; i++)
			add_wait (pool, &now, &most);
		pool_drain (pool);
		pool_slow_down (pool);
		for (int i = 0; i < 8; i++) {
			add_wait (pool, &now, &most);
			pool_drain (pool);
		}
		pool_free (pool);
	}
}
END_TEST

struct medium { struct task task; struct pool *pool; atomic_int *now, *most, *passed, *done; };

static void
run_medium (struct task *task)
{
	struct medium *medium = (struct medium *) (void *) task;
	if (task->medium) {
		enter (medium->now, medium->most);
		while (!atomic_load (medium->passed))
			usleep (200);
		atomic_fetch_sub (medium->now, 1);
	} else {
		atomic_store (medium->passed, 1);
	}
	atomic_fetch_add (medium->done, 1);
	pool_done (medium->pool, 1);
	free (medium);
}

/* Items whose buffers count are done so many at a time, whatever the width; a small one that comes behind them is not held up, and no thread
 * that loses its seat leaves one undone. */
START_TEST (test_pool_mediums)
{
	atomic_int now = 0, most = 0, passed = 0, done = 0;
	struct pool *pool = pool_new (64, 3, STEPS);
	for (int i = 0; i < 400; i++) {
		struct medium *medium = calloc (1, sizeof *medium);
		*medium = (struct medium) { { .run = run_medium, .medium = i != 12 }, pool, &now, &most, &passed, &done };
		pool_add (pool, &medium->task);
		if (i > 100 && i % 50 == 0)
			pool_slow_down (pool);
	}
	pool_free (pool);
	ck_assert_int_eq (done, 400);
	ck_assert_int_eq (most, 3);
}
END_TEST

struct late { struct task task; struct pool *pool; int tries; atomic_int *done; };

static void
run_late (struct task *task)
{
	struct late *late = (struct late *) (void *) task;
	if (late->tries-- > 0 && pool_add_behind (late->pool, task))
		return;
	atomic_fetch_add (late->done, 1);
	free (late);
}

/* What goes behind is done in the end, also in a pool of one. */
START_TEST (test_pool_behind)
{
	for (unsigned width = 1; width < 20; width += 6) {
		atomic_int done = 0;
		struct pool *pool = pool_new (width, width, STEPS);
		for (int i = 0; i < 300; i++) {
			struct late *late = calloc (1, sizeof *late);
			*late = (struct late) { { .run = run_late }, pool, i % 4, &done };
			pool_add (pool, &late->task);
		}
		pool_drain (pool);
		ck_assert_int_eq (done, 300);
		pool_free (pool);
	}
}
END_TEST

/* ---- a file and a folder of one name ---- */

/* c-T07: against a plain look at all keys before. */
START_TEST (test_shadow)
{
	static const char *const keys[] = {
		"a", "a!", "a!!", "a!/x", "a.txt", "a/", "a/b", "a/b/c", "a0", "b/", "b/c", "b/c/d", "b/cc", "c-", "c/d", "c0", "c0/x", "c0/y/z", "d",
	};
	enum { COUNT = sizeof keys / sizeof *keys };
	struct shadow *top = NULL;
	for (size_t i = 0; i < COUNT; i++) {
		bool shadowed = false;
		for (size_t j = 0; j < i; j++) {
			size_t length = strlen (keys[j]);
			shadowed |= keys[j][length - 1] != '/' && strncmp (keys[i], keys[j], length) == 0 && keys[i][length] == '/';
		}
		ck_assert_msg ((shadow_check (&top, keys[i], NULL) < 0) == shadowed, "%s", keys[i]);
	}
	shadow_clear (&top);
	ck_assert_ptr_null (top);
}
END_TEST

int
main (void)
{
	const struct unit_case cases[] = {
		{ "test-transfer-parts-plan-covers", test_plan_covers, 0 },
		{ "test-transfer-parts-plan-ends", test_plan_ends, 0 },
		{ "test-transfer-parts-pool-pays", test_pool_pays, 0 },
		{ "test-transfer-parts-plan-stream", test_plan_stream, 0 },
		{ "test-transfer-parts-plan-stream-expected", test_plan_stream_expected, 0 },
		{ "test-transfer-pool-does-all", test_pool_does_all, 0 },
		{ "test-transfer-pool-starts-no-thread-in-vain", test_pool_starts_no_thread_in_vain, 0 },
		{ "test-transfer-pool-width", test_pool_width, 0 },
		{ "test-transfer-pool-shrinks-while-idle", test_pool_shrinks_while_idle, 0 },
		{ "test-transfer-pool-behind", test_pool_behind, 0 },
		{ "test-transfer-pool-mediums", test_pool_mediums, 0 },
		{ "test-transfer-shadow", test_shadow, 0 },
	};
	return unit_run ("transfer-parts", cases, COUNT_OF (cases));
}
