/* test-module-share.c: host->share: one object for each key in the process, whoever asks and however many at once;
 * made once, gone after its last user, never two of them. */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LARDER_API_VERSION 0
#include <larder/types.h>
#include "call.h"
#include "error.h"
#include "unit.h"

enum { THREADS = 16, ROUNDS = 400 };

/* What create and destroy of one key have done. */
struct record {
	atomic_int created, destroyed, alive, most, failures_left, tries;
	pthread_barrier_t barrier;
	pthread_t next;
	atomic_int held, failed, wrong;
};

struct object { struct record *record; atomic_bool gone; };

static int
create (void *argument, void **ret_object, struct larder_error *error)
{
	struct record *record = argument;
	record->tries++;
	sched_yield ();
	if (atomic_fetch_sub (&record->failures_left, 1) > 0)
		return larder_fail (error, LARDER_E_UNAVAILABLE, "not now");
	struct object *object = calloc (1, sizeof *object);
	object->record = record;
	record->created++;
	int alive = ++record->alive, most = record->most;
	while (alive > most && !atomic_compare_exchange_weak (&record->most, &most, alive))
		;
	*ret_object = object;
	return 0;
}

static void
destroy (void *at)
{
	struct object *object = at;
	struct record *record = object->record;
	object->gone = true;
	for (int i = 0; i < 20; i++)
		sched_yield ();
	record->destroyed++;
	record->alive--;
	free (object);
}

static int
share (const char *key, struct record *record, struct object **ret, struct larder_error *error)
{
	void *object = NULL;
	int code = module_host.share (key, create, destroy, record, &object, error);
	*ret = object;
	return code;
}

static void
run (struct record *record, void *(*work) (void *record))
{
	pthread_t threads[THREADS];
	pthread_barrier_init (&record->barrier, NULL, THREADS);
	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq (pthread_create (&threads[i], NULL, work, record), 0);
	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq (pthread_join (threads[i], NULL), 0);
	pthread_barrier_destroy (&record->barrier);
}

/* All hold it at once, then all let go. */
static void *
hold_together (void *at)
{
	struct record *record = at;
	struct object *object;
	pthread_barrier_wait (&record->barrier);
	int code = share ("together", record, &object, NULL);
	record->wrong += code != 0;
	pthread_barrier_wait (&record->barrier);
	record->wrong += record->created != 1 || record->destroyed != 0 || object->gone;
	pthread_barrier_wait (&record->barrier);
	module_host.unshare ("together");
	return NULL;
}

START_TEST (together)
{
	struct record record = { 0 };
	run (&record, hold_together);
	ck_assert_int_eq (record.wrong, 0);
	ck_assert_int_eq (record.created, 1);
	ck_assert_int_eq (record.destroyed, 1);
	run (&record, hold_together);   /* a later user finds nothing, and makes its own */
	ck_assert_int_eq (record.destroyed, 2);
}
END_TEST

/* Users come and go. */
static void *
come_and_go (void *at)
{
	struct record *record = at;
	pthread_barrier_wait (&record->barrier);
	for (int i = 0; i < ROUNDS; i++) {
		struct object *object;
		record->wrong += share ("churn", record, &object, NULL) != 0;
		sched_yield ();
		record->wrong += object->gone;
		module_host.unshare ("churn");
	}
	return NULL;
}

START_TEST (churn)
{
	struct record record = { 0 };
	run (&record, come_and_go);
	ck_assert_int_eq (record.wrong, 0);
	ck_assert_int_eq (record.most, 1);
	ck_assert_int_eq (record.alive, 0);
	ck_assert_int_eq (record.created, record.destroyed);
}
END_TEST

static void *
come_next (void *at)
{
	struct record *record = at;
	struct object *object;
	record->wrong += share ("next", record, &object, NULL) != 0;
	return NULL;
}

/* Begins the next user, and gives it time to come too early. */
static void
destroy_slowly (void *at)
{
	struct object *object = at;
	struct record *record = object->record;
	record->wrong += pthread_create (&record->next, NULL, come_next, record) != 0;
	for (int i = 0; i < 50 && record->created == 1; i++)
		nanosleep (&(struct timespec) { 0, 1000000 }, NULL);
	record->wrong += record->created != 1;
	destroy (object);
}

/* The next object is not begun before the last one is gone: it may hold what there is one of. */
START_TEST (succession)
{
	struct record record = { 0 };
	void *object;
	ck_assert_int_eq (module_host.share ("next", create, destroy_slowly, &record, &object, NULL), 0);
	module_host.unshare ("next");
	ck_assert_int_eq (pthread_join (record.next, NULL), 0);
	ck_assert_int_eq (record.wrong, 0);
	ck_assert_int_eq (record.created, 2);
	ck_assert_int_eq (record.most, 1);
	module_host.unshare ("next");
	ck_assert_int_eq (record.destroyed, 2);
}
END_TEST

static void *
hold_or_fail (void *at)
{
	struct record *record = at;
	struct object *object;
	struct larder_error error = LARDER_ERROR_INIT;
	pthread_barrier_wait (&record->barrier);
	int code = share ("failing", record, &object, &error);
	record->held += code == 0;
	record->failed += code == LARDER_E_UNAVAILABLE;
	record->wrong += code != 0 && (object || strcmp (error.message, "not now") != 0);
	pthread_barrier_wait (&record->barrier);
	record->wrong += record->destroyed != 0;
	pthread_barrier_wait (&record->barrier);
	if (code == 0)
		module_host.unshare ("failing");
	return NULL;
}

/* The first five fail, each with its own error; the sixth makes it, for all who come after. */
START_TEST (failing)
{
	struct record record = { .failures_left = 5 };
	run (&record, hold_or_fail);
	ck_assert_int_eq (record.wrong, 0);
	ck_assert_int_eq (record.failed, 5);
	ck_assert_int_eq (record.held, THREADS - 5);
	ck_assert_int_eq (record.tries, 6);
	ck_assert_int_eq (record.created, 1);
	ck_assert_int_eq (record.destroyed, 1);
}
END_TEST

static int
create_outer (void *argument, void **ret_object, struct larder_error *error)
{
	struct object *inner;
	int code = share ("inner", argument, &inner, error);
	*ret_object = inner;
	return code;
}

static void
destroy_outer (void *object)
{
	(void) object;
	module_host.unshare ("inner");
}

/* create and destroy of one key may use another key. */
START_TEST (nested)
{
	struct record record = { 0 };
	void *object = NULL;
	ck_assert_int_eq (module_host.share ("outer", create_outer, destroy_outer, &record, &object, NULL), 0);
	ck_assert_int_eq (record.alive, 1);
	module_host.unshare ("outer");
	ck_assert_int_eq (record.alive, 0);
}
END_TEST

START_TEST (keys_apart)
{
	struct record one = { 0 }, two = { 0 };
	struct object *first, *second, *again;
	ck_assert_int_eq (share ("one", &one, &first, NULL), 0);
	ck_assert_int_eq (share ("two", &two, &second, NULL), 0);
	ck_assert_int_eq (share ("one", &two, &again, NULL), 0);
	ck_assert_ptr_ne (first, second);
	ck_assert_ptr_eq (first, again);
	module_host.unshare ("one");
	ck_assert_int_eq (one.destroyed, 0);
	module_host.unshare ("one");
	ck_assert_int_eq (one.destroyed, 1);
	module_host.unshare ("never shared");
	module_host.unshare ("two");
	ck_assert_int_eq (two.destroyed, 1);
}
END_TEST

/* A child shares nothing with its parent: not what was open when it began, and what it closes stays open there. */
START_TEST (forked)
{
	struct record record = { 0 };
	struct object *parents, *own;
	ck_assert_int_eq (share ("forked", &record, &parents, NULL), 0);
	pid_t child = fork ();
	if (child == 0) {
		bool good = share ("forked", &record, &own, NULL) == 0 && own != parents && record.created == 2;
		module_host.unshare ("forked");
		_exit (good && own != parents && record.destroyed == 1 && !parents->gone ? 0 : 1);
	}
	int status;
	ck_assert_int_eq (waitpid (child, &status, 0), child);
	ck_assert_int_eq (status, 0);
	module_host.unshare ("forked");
	ck_assert_int_eq (record.destroyed, 1);
}
END_TEST

int
main (void)
{
	const struct unit_case cases[] = {
		{ "test-module-share-together", together, 0 },
		{ "test-module-share-churn", churn, 0 },
		{ "test-module-share-succession", succession, 0 },
		{ "test-module-share-failing", failing, 0 },
		{ "test-module-share-nested", nested, 0 },
		{ "test-module-share-keys-apart", keys_apart, 0 },
		{ "test-module-share-forked", forked, 0 },
	};
	return unit_run ("module-share", cases, COUNT_OF (cases));
}
