/* host.c: the host that the suite offers to a driver. */
#include "suite.h"
#include "../turns.h"

#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "clock.h"
#include "error.h"

/* ---- memory ---- */

struct block { struct block *next; size_t count; _Alignas (16) unsigned char at[]; };

static void *
host_alloc (size_t count)
{
	return calloc (1, count ? count : 1);
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

void
call_begin (struct larder_call *call)
{
	*call = (struct larder_call) { .cancel_fd = -1 };
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
	*call = (struct larder_call) { .cancel_fd = -1 };
}

/* ---- talk ---- */

static int
host_vfail (struct larder_error *error, int code, const char *format, va_list arguments)
{
	if (error) {
		size_t size = error->size;
		*error = (struct larder_error) { .size = size, .code = code };
		vsnprintf (error->message, sizeof error->message, format, arguments);
	}
	return code;
}

static void
host_explain (struct larder_error *error, int detail, const char *text)
{
	if (!error)
		return;
	char *to = detail == LARDER_DETAIL_NEXT ? error->next : detail == LARDER_DETAIL_PROVIDER ? error->provider
	           : detail == LARDER_DETAIL_REQUEST ? error->request : error->file;
	size_t room = detail == LARDER_DETAIL_PROVIDER ? sizeof error->provider : detail == LARDER_DETAIL_REQUEST ? sizeof error->request : 256;
	snprintf (to, room, "%s", text);
}

static void
host_log (int level, const char *format, ...)
{
	(void) level;
	(void) format;
}

static int host_cancel_fd (struct larder_call *call) { return call->cancel_fd; }
static bool host_cancelled (struct larder_call *call) { return __atomic_load_n (&call->cancelled, __ATOMIC_ACQUIRE); }
static void host_progress (struct larder_call *call, uint64_t bytes) { (void) call; (void) bytes; }

/* One object for each key, as core keeps them; create may share others. */
enum { SHARED_MOST = 16 };
static struct shared { char key[256]; void *object; void (*destroy) (void *object); unsigned users; } shared[SHARED_MOST];
static pthread_mutex_t shared_mutex = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;

static struct shared *
shared_find (const char *key)
{
	struct shared *spare = NULL;
	for (size_t i = 0; i < SHARED_MOST; i++) {
		if (shared[i].users && strcmp (shared[i].key, key) == 0)
			return &shared[i];
		if (!shared[i].users)
			spare = &shared[i];
	}
	return spare;
}

static int
host_share (const char *key, int (*create) (void *argument, void **ret_object, struct larder_error *error),
            void (*destroy) (void *object), void *argument, void **ret_object, struct larder_error *error)
{
	int code = 0;
	pthread_mutex_lock (&shared_mutex);
	struct shared *found = strlen (key) < sizeof shared->key ? shared_find (key) : NULL;
	if (!found)
		code = larder_fail (error, LARDER_E_LIMIT, "no room to share '%.100s'", key);
	else if (found->users++ == 0) {
		snprintf (found->key, sizeof found->key, "%s", key);
		found->destroy = destroy;
		code = create (argument, &found->object, error);
	}
	if (code == 0)
		*ret_object = found->object;
	else if (found)
		found->users--;
	pthread_mutex_unlock (&shared_mutex);
	return code;
}

static void
host_unshare (const char *key)
{
	pthread_mutex_lock (&shared_mutex);
	struct shared *found = shared_find (key);
	if (found && found->users && --found->users == 0 && found->destroy)
		found->destroy (found->object);
	pthread_mutex_unlock (&shared_mutex);
}

const struct larder_host fake_host = {
	.size = sizeof fake_host, .api = LARDER_API_CURRENT, .alloc = host_alloc, .free = free, .arena = host_arena,
	.vfail = host_vfail, .explain = host_explain, .log = host_log, .option = instance_option, .cancel_fd = host_cancel_fd,
	.cancelled = host_cancelled, .progress = host_progress, .wall = clock_wall, .boot = clock_boot, .store_now = clock_wall,
	.share = host_share, .unshare = host_unshare, .pace_request = host_pace_request, .pace_bytes = host_pace_bytes,
};
