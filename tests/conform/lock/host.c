/* host.c: the host that the suite offers to a lock provider. */
#include "suite.h"
#include "../turns.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "error.h"
#include "instance.h"

struct block { struct block *next; size_t count; _Alignas (16) unsigned char at[]; };

static _Atomic size_t live;
static atomic_bool store_asked;
static _Atomic int64_t jump;

static void *
host_alloc (size_t count)
{
	struct block *block = calloc (1, sizeof *block + count);
	if (!block)
		return NULL;
	block->count = count;
	live += count;
	return block->at;
}

static void
host_free (void *memory)
{
	if (!memory)
		return;
	struct block *block = (struct block *) (void *) ((char *) memory - offsetof (struct block, at));
	live -= block->count;
	free (block);
}

static void *
host_arena (struct larder_call *call, size_t count)
{
	struct block *block = calloc (1, sizeof *block + count + 1);
	if (!block)
		return NULL;
	block->count = count;
	block->next = call->blocks;
	call->blocks = block;
	return block->at;
}

char *
call_copy (struct larder_call *call, const char *text)
{
	size_t room = strlen (text) + 1;
	char *copy = host_arena (call, room);
	return copy ? memcpy (copy, text, room) : NULL;
}

void
call_begin (struct larder_call *call, bool cancelled)
{
	*call = (struct larder_call) { .cancelled = cancelled, .cancel_fd = cancelled ? eventfd (1, EFD_CLOEXEC) : -1 };
}

void
call_end (struct larder_call *call)
{
	for (struct block *next, *block = call->blocks; block; block = next) {
		next = block->next;
		memset (block->at, 0xa5, block->count);
		free (block);
	}
	if (call->cancel_fd >= 0)
		close (call->cancel_fd);
}

static void
host_log (int level, const char *format, ...)
{
	(void) level;
	(void) format;
}

static int host_cancel_fd (struct larder_call *call) { return call->cancel_fd; }
static bool host_cancelled (struct larder_call *call) { return call->cancelled; }
static void host_progress (struct larder_call *call, uint64_t bytes) { (void) call, (void) bytes; }
static int64_t host_wall (void) { return clock_wall () + jump; }

static int64_t
host_store_now (void)
{
	store_asked = true;
	return clock_wall ();
}

/* An object for each user: two instances share as little as two machines do. */
struct shared { struct shared *next; char *key; void *object; void (*destroy) (void *object); };
static struct { pthread_mutex_t mutex; struct shared *first; } shares = { .mutex = PTHREAD_MUTEX_INITIALIZER };

static int
host_share (const char *key, int (*create) (void *argument, void **ret_object, struct larder_error *error),
            void (*destroy) (void *object), void *argument, void **ret_object, struct larder_error *error)
{
	struct shared *shared = calloc (1, sizeof *shared);
	if (!shared || !(shared->key = strdup (key))) {
		free (shared);
		return larder_fail (error, LARDER_E_LIMIT, "out of memory");
	}
	int code = create (argument, &shared->object, error);
	if (code < 0) {
		free (shared->key);
		free (shared);
		return code;
	}
	shared->destroy = destroy;
	*ret_object = shared->object;
	pthread_mutex_lock (&shares.mutex);
	shared->next = shares.first;
	shares.first = shared;
	pthread_mutex_unlock (&shares.mutex);
	return 0;
}

static void
host_unshare (const char *key)
{
	pthread_mutex_lock (&shares.mutex);
	struct shared **at = &shares.first;
	while (*at && strcmp ((*at)->key, key) != 0)
		at = &(*at)->next;
	struct shared *shared = *at;
	if (shared)
		*at = shared->next;
	pthread_mutex_unlock (&shares.mutex);
	if (!shared)
		return;
	if (shared->destroy)
		shared->destroy (shared->object);
	free (shared->key);
	free (shared);
}

const struct larder_host suite_host = {
	.size = sizeof suite_host, .api = LARDER_API_CURRENT, .alloc = host_alloc, .free = host_free, .arena = host_arena,
	.vfail = error_set, .explain = error_explain, .log = host_log, .option = instance_option, .cancel_fd = host_cancel_fd,
	.cancelled = host_cancelled, .progress = host_progress, .wall = host_wall, .boot = clock_boot, .store_now = host_store_now,
	.share = host_share, .unshare = host_unshare, .pace_request = host_pace_request, .pace_bytes = host_pace_bytes,
};

size_t host_live (void) { return live; }
bool host_store_asked (void) { return store_asked; }
void host_wall_jump (int64_t ns) { jump += ns; }
