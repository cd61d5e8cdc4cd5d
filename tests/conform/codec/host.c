/* host.c: a host that counts memory and offers only what a codec may use. */
#include "suite.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "arena.h"
#include "error.h"

static _Atomic size_t live, peak;
static atomic_bool forbidden;
static _Thread_local struct larder_call call;

static void *
host_alloc (size_t count)
{
	max_align_t *memory = calloc (1, count + sizeof (max_align_t));
	if (memory == NULL)
		return NULL;
	memcpy (memory, &count, sizeof count);
	size_t now = atomic_fetch_add (&live, count) + count, most = peak;
	while (now > most && !atomic_compare_exchange_weak (&peak, &most, now))
		;
	return memory + 1;
}

static void
host_free (void *memory)
{
	if (memory == NULL)
		return;
	max_align_t *start = (max_align_t *) memory - 1;
	size_t count;
	memcpy (&count, start, sizeof count);
	atomic_fetch_sub (&live, count);
	free (start);
}

static void *
host_arena (struct larder_call *of, size_t count)
{
	return arena_alloc (of->arena, count);
}

static int
host_vfail (struct larder_error *error, int code, const char *format, va_list arguments)
{
	if (error != NULL) {
		size_t size = error->size;
		memset (error, 0, sizeof *error);
		error->size = size;
		error->code = code;
		(void) vsnprintf (error->message, sizeof error->message, format, arguments);
	}
	return code;
}

static void
host_log (int level, const char *format, ...)
{
	(void) level, (void) format;
}

static bool
host_cancelled (struct larder_call *of)
{
	return of->cancelled;
}

/* What follows is not for codecs. */

static const char *
host_option (const void *self, const char *key)
{
	(void) self, (void) key;
	forbidden = true;
	return NULL;
}

static int
host_cancel_fd (struct larder_call *of)
{
	(void) of;
	forbidden = true;
	return -1;
}

static void
host_progress (struct larder_call *of, uint64_t bytes)
{
	(void) of, (void) bytes;
	forbidden = true;
}

static int64_t
host_clock (void)
{
	forbidden = true;
	return 0;
}

static int
host_share (const char *key, int (*create) (void *argument, void **ret_object, struct larder_error *error),
            void (*destroy) (void *object), void *argument, void **ret_object, struct larder_error *error)
{
	(void) key, (void) create, (void) destroy, (void) argument, (void) ret_object;
	forbidden = true;
	return larder_fail (error, LARDER_E_UNSUPPORTED, "a codec shares nothing");
}

static void
host_unshare (const char *key)
{
	(void) key;
	forbidden = true;
}

static int
host_pace_request (struct larder_call *of, struct larder_error *error)
{
	(void) of, (void) error;
	forbidden = true;
	return 0;
}

static int64_t
host_pace_bytes (struct larder_call *of, uint64_t count, struct larder_error *error)
{
	(void) of, (void) error;
	forbidden = true;
	return (int64_t) count;
}

const struct larder_host suite_host = {
	.size = sizeof suite_host, .api = LARDER_API_CURRENT,
	.alloc = host_alloc, .free = host_free, .arena = host_arena, .vfail = host_vfail, .explain = larder_explain,
	.log = host_log, .option = host_option, .cancel_fd = host_cancel_fd, .cancelled = host_cancelled,
	.progress = host_progress, .wall = host_clock, .boot = host_clock, .store_now = host_clock,
	.share = host_share, .unshare = host_unshare, .pace_request = host_pace_request, .pace_bytes = host_pace_bytes,
};

struct suite_count
suite_count (void)
{
	return (struct suite_count) { .live = live, .peak = peak, .forbidden = forbidden };
}

void
suite_count_reset (void)
{
	peak = (size_t) live;
}

struct larder_call *
suite_call (void)
{
	if (call.arena == NULL)
		call.arena = arena_new ();
	call.cancelled = false;
	return &call;
}

struct larder_call *
suite_call_cancelled (void)
{
	(void) suite_call ();
	call.cancelled = true;
	return &call;
}

void
suite_call_done (void)
{
	arena_free (call.arena);
	call.arena = NULL;
}
