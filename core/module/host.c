/* host.c: the table every module gets. The log target and the shared objects are the only state of the
 * process that larder has: modules are of the process, not of a handle. */
#include "call.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "clock.h"
#include "error.h"
#include "instance.h"

/* One object of host->share. */
struct shared {
	struct shared *next;
	char *key;
	void *object;
	void (*destroy) (void *object);
	unsigned users;
};

static struct {
	pthread_mutex_t mutex;
	void (*log) (void *context, int level, const char *text);
	void *log_context;
	int level;
	struct shared *shared;
	_Atomic int64_t store_offset;
} process = { .mutex = PTHREAD_MUTEX_INITIALIZER };

void
module_host_log_to (void (*log) (void *context, int level, const char *text), void *context, int level)
{
	pthread_mutex_lock (&process.mutex);
	process.log = log;
	process.log_context = context;
	process.level = level;
	pthread_mutex_unlock (&process.mutex);
}

void
module_host_log_stop (void *context)
{
	pthread_mutex_lock (&process.mutex);
	if (process.log_context == context)
		process.log = NULL;
	pthread_mutex_unlock (&process.mutex);
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
	pthread_mutex_lock (&process.mutex);
	if (process.log && level <= process.level)
		process.log (process.log_context, level, text);
	pthread_mutex_unlock (&process.mutex);
}

static int
host_cancel_fd (struct larder_call *call)
{
	return call ? call->cancel_fd : -1;
}

static bool
host_cancelled (struct larder_call *call)
{
	return call && call->cancelled && *call->cancelled;
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

static struct shared **
shared_find (const char *key)
{
	struct shared **at = &process.shared;
	while (*at && strcmp ((*at)->key, key) != 0)
		at = &(*at)->next;
	return at;
}

static int
share_new (const char *key, int (*create) (void *, void **, struct larder_error *), void (*destroy) (void *), void *argument,
           struct shared **ret, struct larder_error *error)
{
	struct shared *shared = calloc (1, sizeof *shared);
	if (!shared || !(shared->key = strdup (key))) {
		free (shared);
		return larder_fail_memory (error);
	}
	int code = create (argument, &shared->object, error);
	if (code < 0) {
		free (shared->key);
		free (shared);
		return code;
	}
	shared->destroy = destroy;
	*ret = shared;
	return 0;
}

static int
host_share (const char *key, int (*create) (void *, void **, struct larder_error *), void (*destroy) (void *), void *argument,
            void **ret_object, struct larder_error *error)
{
	pthread_mutex_lock (&process.mutex);
	struct shared **at = shared_find (key);
	int code = *at ? 0 : share_new (key, create, destroy, argument, at, error);
	if (code == 0) {
		(*at)->users++;
		*ret_object = (*at)->object;
	}
	pthread_mutex_unlock (&process.mutex);
	return code;
}

static void
host_unshare (const char *key)
{
	pthread_mutex_lock (&process.mutex);
	struct shared **at = shared_find (key), *shared = *at;
	if (shared && --shared->users == 0)
		*at = shared->next;
	else
		shared = NULL;
	pthread_mutex_unlock (&process.mutex);
	if (!shared)
		return;
	if (shared->destroy)
		shared->destroy (shared->object);
	free (shared->key);
	free (shared);
}

const struct larder_host module_host = {
	.size = sizeof (struct larder_host), .api = LARDER_API_CURRENT,
	.alloc = host_alloc, .free = free, .arena = host_arena,
	.vfail = error_set, .explain = error_explain, .log = host_log, .option = instance_option,
	.cancel_fd = host_cancel_fd, .cancelled = host_cancelled, .progress = host_progress,
	.wall = clock_wall, .boot = clock_boot, .store_now = host_store_now,
	.share = host_share, .unshare = host_unshare,
};
