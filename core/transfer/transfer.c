/* transfer.c: larder_transfer: from each source to the one target. */
#include "transfer.h"

#include <string.h>
#include <unistd.h>

#include "arena.h"
#include "error.h"
#include "store.h"

enum { THREADS_MOST = 128 };

static int
take_source (struct transfer *transfer, const char *address, struct larder_error *error)
{
	struct larder_address from = { .size = sizeof from };
	int code = larder_address_parse (transfer->larder, transfer->arena, address, &from, error);
	if (code < 0)
		return code;
	if (from.store)
		return from_store (transfer, address, &from, error);
	if (transfer->request->version)
		return larder_fail_next (error, LARDER_E_INVALID, "name the object STORE:KEY", "'%s' is not in a store: it has no versions", address);
	if (strcmp (from.path, "-") == 0)
		return from_stream (transfer, STDIN_FILENO, error);
	return from_local (transfer, from.path, error);
}

static int
run (struct transfer *transfer, struct larder_error *error)
{
	const struct larder_transfer *request = transfer->request;
	int code = versions_check_request (request, error);
	if (code == 0)
		code = target_begin (transfer, request->to, error);
	if (code == 0)
		code = target_check_sources (transfer, error);
	for (size_t i = 0; code == 0 && i < request->count && !transfer_stopped (transfer); i++) {
		struct larder_error one = LARDER_ERROR_INIT;
		int failed = take_source (transfer, request->from[i], &one);
		if (failed < 0)
			count_failed (transfer, request->from[i], NULL, &one, failed, false);
	}
	return code;
}

/* A look without a change is taken in order. */
unsigned
transfer_threads (const struct larder *larder, uint32_t flags)
{
	const struct schema_larder *settings = larder_settings_of (larder);
	if (flags & LARDER_DRY_RUN)
		return 1;
	return settings && settings->jobs > 0 ? (unsigned) settings->jobs : THREADS_MOST;
}

static void
close_sources (struct transfer *transfer)
{
	for (; transfer->opened; transfer->opened = transfer->opened->next)
		larder_store_close (transfer->opened->store);
}

int
larder_transfer (struct larder *larder, const struct larder_transfer *request, larder_event_fn event, void *context,
                 struct larder_summary *ret_summary, struct larder_error *error)
{
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	struct larder_transfer whole = { .size = sizeof whole };
	larder_give (&whole, request);
	struct transfer transfer = {
		.larder = larder, .request = &whole, .event = event, .context = context, .arena = arena, .root = -1,
		.sum = { .size = sizeof transfer.sum }, .mutex = PTHREAD_MUTEX_INITIALIZER, .pool = pool_new (transfer_threads (larder, whole.flags)),
	};
	if (!arena || !transfer.pool) {
		pool_free (transfer.pool);
		return larder_fail_memory (error);
	}
	pace_begin (&transfer.pace, larder);
	int code = run (&transfer, error);
	pool_free (transfer.pool);
	close_sources (&transfer);
	target_end (&transfer);
	return count_end (&transfer, code, ret_summary, error);
}
