/* host.c: the table every module gets. The log target and the shared objects are the only state of the
 * process that larder has: modules are of the process, not of a handle. */
#include "call.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arena.h"
#include "clock.h"
#include "error.h"
#include "instance.h"
#include "pace.h"

/* One object of host->share. Those who wait for its lock count as users, so it stays. */
struct shared {
	struct shared *next;
	char *key;
	pid_t owner;                     /* a child has a copy, whose connections are its parent's: it makes its own */
	unsigned users;                  /* under the mutex of the process */
	pthread_mutex_t mutex;           /* of this key: held while create and destroy run, which may log and share other keys */
	bool ready;
	void *object;
	void (*destroy) (void *object);
};

static struct {
	pthread_mutex_t mutex;           /* of the list of shared objects */
	struct shared *shared;
	_Atomic int64_t store_offset;
	pthread_mutex_t log_mutex;       /* held while the log function runs, so that it can be taken away */
	void (*log) (void *context, int level, const char *text);
	void *log_context;
	int level;
} process = { .mutex = PTHREAD_MUTEX_INITIALIZER, .log_mutex = PTHREAD_MUTEX_INITIALIZER };

void
module_host_log_to (void (*log) (void *context, int level, const char *text), void *context, int level)
{
	pthread_mutex_lock (&process.log_mutex);
	process.log = log;
	process.log_context = context;
	process.level = level;
	pthread_mutex_unlock (&process.log_mutex);
}

void
module_host_log_stop (void *context)
{
	pthread_mutex_lock (&process.log_mutex);
	if (process.log_context == context)
		process.log = NULL;
	pthread_mutex_unlock (&process.log_mutex);
}

void
module_host_store_offset (int64_t offset)
{
	process.store_offset = offset;
}

static void *
host_alloc (size_t count)
{
	return calloc (1, count ? count : 1);
}

static void *
host_arena (struct larder_call *call, size_t count)
{
	return call && call->arena ? arena_alloc (call->arena, count) : NULL;
}

static void
host_log (int level, const char *format, ...)
{
	char text[1024];
	va_list arguments;
	va_start (arguments, format);
	vsnprintf (text, sizeof text, format, arguments);
	va_end (arguments);
	pthread_mutex_lock (&process.log_mutex);
	if (process.log && level <= process.level)
		process.log (process.log_context, level, text);
	pthread_mutex_unlock (&process.log_mutex);
}

static int
host_cancel_fd (struct larder_call *call)
{
	return call ? call->cancel_fd : -1;
}

static bool
host_cancelled (struct larder_call *call)
{
	return call && ((call->cancelled && *call->cancelled) || (call->all_cancelled && *call->all_cancelled) || (call->end && clock_boot () >= call->end) || (call->cpu_end && clock_cpu () > call->cpu_end));
}

static void
host_progress (struct larder_call *call, uint64_t bytes)
{
	if (call && call->progress)
		call->progress (call->progress_context, bytes);
}

static int64_t
host_store_now (void)
{
	return clock_wall () + process.store_offset;
}

static struct shared *
shared_new (const char *key)
{
	struct shared *shared = calloc (1, sizeof *shared);
	if (!shared || !(shared->key = strdup (key))) {
		free (shared);
		return NULL;
	}
	pthread_mutex_init (&shared->mutex, NULL);
	shared->owner = getpid ();
	return shared;
}

static struct shared **
shared_find (const char *key)
{
	struct shared **at = &process.shared;
	pid_t own = getpid ();
	while (*at && ((*at)->owner != own || strcmp ((*at)->key, key) != 0))
		at = &(*at)->next;
	return at;
}

/* Become a user of the entry of this key, which may be a new one; NULL: no memory. */
static struct shared *
shared_hold (const char *key)
{
	pthread_mutex_lock (&process.mutex);
	struct shared **at = shared_find (key);
	if (!*at)
		*at = shared_new (key);
	struct shared *shared = *at;
	if (shared)
		shared->users++;
	pthread_mutex_unlock (&process.mutex);
	return shared;
}

/* Be its user no longer; the last one takes it away. */
static void
shared_drop (struct shared *shared)
{
	pthread_mutex_lock (&process.mutex);
	bool last = --shared->users == 0;
	if (last)
		*shared_find (shared->key) = shared->next;
	pthread_mutex_unlock (&process.mutex);
	if (!last)
		return;
	pthread_mutex_destroy (&shared->mutex);
	free (shared->key);
	free (shared);
}

/* Take back one use unless it is the last; NULL: it was not, or there is no such key. */
static struct shared *
shared_if_last (const char *key)
{
	pthread_mutex_lock (&process.mutex);
	struct shared *shared = *shared_find (key);
	if (shared && shared->users > 1) {
		shared->users--;
		shared = NULL;
	}
	pthread_mutex_unlock (&process.mutex);
	return shared;
}

/* destroy runs under the lock of its key, as create does: who comes meanwhile waits, and makes the next one. Who came
 * before we had that lock is the last user now, not we. */
static void
host_unshare (const char *key)
{
	struct shared *shared = shared_if_last (key);
	if (!shared)
		return;
	pthread_mutex_lock (&shared->mutex);
	bool last = shared_if_last (key) != NULL;
	if (last && shared->ready) {
		shared->ready = false;
		if (shared->destroy)
			shared->destroy (shared->object);
	}
	pthread_mutex_unlock (&shared->mutex);
	if (last)
		shared_drop (shared);
}

static int
host_share (const char *key, int (*create) (void *, void **, struct larder_error *), void (*destroy) (void *), void *argument,
            void **ret_object, struct larder_error *error)
{
	struct shared *shared = shared_hold (key);
	if (!shared)
		return larder_fail_memory (error);
	pthread_mutex_lock (&shared->mutex);
	int code = shared->ready ? 0 : create (argument, &shared->object, error);
	if (code == 0 && !shared->ready) {
		shared->destroy = destroy;
		shared->ready = true;
	}
	void *object = shared->object;
	pthread_mutex_unlock (&shared->mutex);
	if (code < 0)
		host_unshare (key);
	else
		*ret_object = object;
	return code;
}

const struct larder_host module_host = {
	.size = sizeof (struct larder_host), .api = LARDER_API_CURRENT,
	.alloc = host_alloc, .free = free, .arena = host_arena,
	.vfail = error_set, .explain = error_explain, .log = host_log, .option = instance_option,
	.cancel_fd = host_cancel_fd, .cancelled = host_cancelled, .progress = host_progress,
	.wall = clock_wall, .boot = clock_boot, .store_now = host_store_now,
	.share = host_share, .unshare = host_unshare,
	.pace_request = pace_request, .pace_bytes = pace_bytes,
};
