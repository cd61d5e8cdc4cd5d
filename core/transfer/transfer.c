/* transfer.c: larder_transfer: from each source to the one target. */
#include "transfer.h"

#include <string.h>
#include <unistd.h>

#include "arena.h"
#include "error.h"
#include "store.h"

/* So many threads when nobody says how many; of them at objects beyond 64 KiB, so that all together keep within 16 MiB; and at pieces of large ones. */
enum { THREADS_MOST = 128, MEDIUM_MOST = 9, PIECES_MOST = 8 };

/* What a thread costs with its connection and all that it allocates, for a small object and for one beyond 64 KiB; and what a piece of a large object has
 * in buffers. Measured: doc/dev/performance.md. */
#define SMALL_COSTS (UINT64_C (112) << 10)
#define MEDIUM_COSTS (UINT64_C (144) << 10)
#define PIECE_BUFFERS (UINT64_C (512) << 10)

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
check_expected (const struct larder_transfer *request, struct larder_error *error)
{
	bool stream = request->expected == 0;
	for (size_t i = 0; i < request->count; i++)
		stream |= strcmp (request->from[i], "-") == 0;
	return stream ? 0 : larder_fail_next (error, LARDER_E_INVALID, "leave it away: the length of files and objects is known",
		"an expected size is for standard input, '-'");
}

int
transfer_sources (struct transfer *transfer, struct larder_error *error)
{
	const struct larder_transfer *request = transfer->request;
	int code = versions_check_request (request, error);
	if (code == 0)
		code = check_expected (request, error);
	if (code == 0)
		code = target_begin (transfer, request->to, error);
	if (code == 0)
		code = meeting_check (transfer, error);
	for (size_t i = 0; code == 0 && i < request->count && !transfer_stopped (transfer); i++) {
		struct larder_error one = LARDER_ERROR_INIT;
		int failed = take_source (transfer, request->from[i], &one);
		if (failed < 0)
			count_failed (transfer, request->from[i], NULL, &one, failed, false);
	}
	count_found_all (transfer);
	return code;
}

/* What of `memory` there is for so many at once. */
static unsigned
fitting (uint64_t memory, uint64_t each, unsigned most)
{
	uint64_t count = memory / each;
	return count < 1 ? 1 : count < most ? (unsigned) count : most;
}

/* A look without a change is taken in order. */
struct pool *
transfer_pool (const struct larder *larder, uint32_t flags)
{
	const struct schema_larder *settings = larder_settings_of (larder);
	uint64_t memory = larder_memory_of (larder) / 2;
	unsigned jobs = settings && settings->jobs > 0 ? (unsigned) settings->jobs : 0, wanted = flags & LARDER_DRY_RUN ? 1 : jobs ? jobs : THREADS_MOST;
	return pool_new (fitting (memory, SMALL_COSTS, wanted), fitting (memory, MEDIUM_COSTS, jobs ? jobs : MEDIUM_MOST), fitting (memory, PIECE_BUFFERS, PIECES_MOST));
}

static void
close_sources (struct transfer *transfer)
{
	for (; transfer->opened; transfer->opened = transfer->opened->next)
		larder_store_close (transfer->opened->store);
}

int
transfer_open_source (struct transfer *transfer, const char *name, struct larder_store **ret, struct larder_error *error)
{
	struct opened *opened = arena_alloc (transfer->arena, sizeof *opened);
	int code = opened ? larder_store_open (transfer->larder, name, ret, error) : larder_fail_memory (error);
	if (code < 0)
		return code;
	*opened = (struct opened) { transfer->opened, *ret };
	transfer->opened = opened;
	return 0;
}

int
transfer_begin (struct transfer *transfer, struct larder *larder, const struct larder_transfer *request, larder_event_fn event, void *context,
                struct larder_error *error)
{
	*transfer = (struct transfer) {
		.larder = larder, .request = request, .state = larder_state (larder), .event = event, .context = context, .arena = arena_new (), .root = -1,
		.sum = { .size = sizeof transfer->sum }, .mutex = PTHREAD_MUTEX_INITIALIZER, .names = PTHREAD_MUTEX_INITIALIZER,
		.pool = transfer_pool (larder, request->flags),
	};
	if (transfer->arena && transfer->pool)
		return 0;
	pool_free (transfer->pool);
	arena_free (transfer->arena);
	return larder_fail_memory (error);
}

/* Of what was written, whatever the run ended with. */
static void
leave_manifest (struct transfer *transfer)
{
	struct larder_error error = LARDER_ERROR_INIT;
	struct manifest *manifest = transfer->manifest;
	int code = manifest && !(transfer->request->flags & LARDER_DRY_RUN) ? manifest_end (manifest, &error) : 0;
	if (code < 0)
		count_last (transfer, manifest_address (manifest), &error, code);
	manifest_free (manifest);
}

int
transfer_end (struct transfer *transfer, int code, struct larder_summary *ret_summary, struct larder_error *error)
{
	pool_free (transfer->pool);
	leave_manifest (transfer);
	close_sources (transfer);
	target_end (transfer);
	code = count_end (transfer, code, ret_summary, error);
	arena_free (transfer->arena);
	return code;
}

int
transfer_with_state (struct larder *larder, const struct larder_transfer *request, const char *state, larder_event_fn event, void *context,
                     struct larder_summary *ret_summary, struct larder_error *error)
{
	struct larder_transfer whole = { .size = sizeof whole };
	struct transfer transfer;
	larder_give (&whole, request);
	int code = transfer_begin (&transfer, larder, &whole, event, context, error);
	transfer.state = state;
	return code < 0 ? code : transfer_end (&transfer, transfer_sources (&transfer, error), ret_summary, error);
}

int
larder_transfer (struct larder *larder, const struct larder_transfer *request, larder_event_fn event, void *context,
                 struct larder_summary *ret_summary, struct larder_error *error)
{
	return transfer_with_state (larder, request, larder_state (larder), event, context, ret_summary, error);
}
