/* upload.c: a large file into a store, in parts. Nothing is seen before the last step, and a failure before it gives the
 * upload up. */
#define LARDER_API_VERSION LARDER_API_CURRENT
#include "parts.h"

#include "arena.h"
#include "error.h"
#include "store.h"
#include <larder/driver.h>

struct uploading {
	struct pieces pieces;
	struct item *item;
	struct larder_upload upload;
	const struct larder_source *source;
	struct parts_list list;       /* under pieces.mutex */
};

/* A stretch of the file. The driver may read it twice; progress is what was read last. */
struct slice { const struct larder_source *whole; uint64_t offset, length; };

static int64_t
slice_pread (void *context, void *into, size_t count, uint64_t offset, struct larder_error *error)
{
	const struct slice *slice = context;
	if (offset >= slice->length)
		return 0;
	if (count > slice->length - offset)
		count = (size_t) (slice->length - offset);
	int64_t got = slice->whole->pread (slice->whole->context, into, count, slice->offset + offset, error);
	if (got == 0)
		return larder_fail_next (error, LARDER_E_INTEGRITY, "nothing was kept; try again once nobody writes to it",
			"source changed while being read: it has become shorter");
	return got;
}

bool
upload_in_parts (const struct transfer *transfer, uint64_t length)
{
	return transfer->store && length >= PARTS_FROM && store_has_parts (transfer->store);
}

static int
write_part (struct pieces *pieces, uint32_t number, struct larder_error *error)
{
	struct uploading *uploading = (struct uploading *) (void *) pieces;
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	struct slice slice = { uploading->source, plan_offset (&pieces->plan, number), plan_length (&pieces->plan, number) };
	struct larder_source source = { .size = sizeof source, .context = &slice, .length = slice.length, .pread = slice_pread };
	struct larder_part part = { .size = sizeof part };
	if (!arena)
		return larder_fail_memory (error);
	int code = store_parts_write (pieces->transfer->store, arena, &uploading->upload, number, &source, &part, error);
	if (code < 0)
		return code;
	pthread_mutex_lock (&pieces->mutex);
	code = parts_list_add (&uploading->list, &part, error);
	pthread_mutex_unlock (&pieces->mutex);
	if (code < 0)
		return code;
	count_progress (pieces->transfer, slice.length);
	pool_done (pieces->transfer->pool, slice.length);
	return 0;
}

static int
send (struct uploading *uploading, const struct larder_put *put, const struct file_source *file, struct larder_error *error)
{
	int code = pieces_do (&uploading->pieces, error);
	if ((code == 0 || code == LARDER_E_INTEGRITY) && file_source_check (file, error) < 0)
		return LARDER_E_INTEGRITY;      /* also where the store found it first, by a checksum that does not fit */
	if (code < 0)
		return code;
	return parts_list_finish (&uploading->list, uploading->pieces.transfer->store, uploading->item->arena, put, &uploading->upload,
	                          uploading->source->length, error);
}

/* What would be refused at the end is refused before an hour of sending; the end decides all the same. */
static int
check_absent (struct transfer *transfer, struct item *item, const struct larder_put *put, struct larder_error *error)
{
	struct larder_info there = { .size = sizeof there };
	if (!put->create_only || larder_stat (transfer->store, item->arena, put->key, NULL, &there, NULL) != 0)
		return 0;
	return larder_fail_next (error, LARDER_E_CONFLICT, "without --create-only it is replaced", "'%s' is there already", item->to);
}

int
upload_parts (struct transfer *transfer, struct item *item, const struct larder_put *put, const struct file_source *file,
              const struct larder_source *source, struct larder_error *error)
{
	struct uploading uploading = {
		.pieces = { .transfer = transfer, .one = write_part }, .item = item, .source = source, .list = { .arena = item->arena },
		.upload = { .size = sizeof uploading.upload },
	};
	int code = plan_parts (source->length, &uploading.pieces.plan, error);
	if (code < 0)
		return code;
	code = check_absent (transfer, item, put, error);
	if (code == 0)
		code = store_parts_begin (transfer->store, item->arena, put, &uploading.upload, error);
	if (code < 0)
		return code;
	code = send (&uploading, put, file, error);
	if (code < 0)
		store_parts_abort (transfer->store, &uploading.upload);
	parts_list_free (&uploading.list);
	return code;
}
