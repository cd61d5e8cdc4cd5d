/* upload.c: a large file into a store, in parts. Nothing is seen before the last step. A failure before it gives the upload up;
 * a cancel or a lost network leaves it and its journal, and the next run asks the store what it has and sends the rest. */
#define LARDER_API_VERSION LARDER_API_CURRENT
#include "open-upload.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "checksum.h"
#include "cleanup.h"
#include "error.h"
#include "store.h"

struct uploading {
	struct pieces pieces;
	struct open_upload open;      /* its list under pieces.mutex */
	struct item *item;
	const struct file_source *file;
	const struct larder_source *source;
};

/* A stretch of the file. */
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

static struct larder_source
slice_begin (struct slice *slice, const struct uploading *uploading, uint32_t number)
{
	const struct plan *plan = &uploading->pieces.plan;
	*slice = (struct slice) { uploading->source, plan_offset (plan, number), plan_length (plan, number) };
	return (struct larder_source) { .size = sizeof (struct larder_source), .context = slice, .length = slice->length, .pread = slice_pread };
}

bool
upload_in_parts (const struct transfer *transfer, uint64_t length)
{
	return transfer->store && length >= PARTS_FROM && store_has_parts (transfer->store);
}

/* ---- parts ------------------------------------------------------------------------------------- */

static int
write_part (struct pieces *pieces, uint32_t number, struct larder_error *error)
{
	struct uploading *uploading = (struct uploading *) (void *) pieces;
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	struct slice slice;
	const struct larder_source source = slice_begin (&slice, uploading, number);
	struct larder_part part = { .size = sizeof part };
	if (!arena)
		return larder_fail_memory (error);
	int code = store_parts_write (pieces->transfer->store, arena, &uploading->open.upload, number, &source, &part, error);
	if (put_goes_again (pieces->transfer, uploading->item, uploading->file, code, error))
		code = store_parts_write (pieces->transfer->store, arena, &uploading->open.upload, number, &source, &part, error);
	if (code < 0)
		return code;
	pthread_mutex_lock (&pieces->mutex);
	code = parts_list_add (&uploading->open.list, &part, error);
	pthread_mutex_unlock (&pieces->mutex);
	if (code < 0)
		return code;
	count_progress (pieces->transfer, slice.length);
	pool_done (pieces->transfer->pool, slice.length);
	return 0;
}

static int
send (struct uploading *uploading, struct larder_error *error)
{
	int code = pieces_do (&uploading->pieces, error);
	if ((code == 0 || code == LARDER_E_INTEGRITY) && file_source_check (uploading->file, error) < 0)
		return LARDER_E_INTEGRITY;      /* also where the store found it first, by a checksum that does not fit */
	if (code < 0)
		return code;
	return parts_list_finish (&uploading->open.list, uploading->pieces.transfer->store, uploading->item->arena, uploading->open.put, &uploading->open.upload,
	                          uploading->source->length, &uploading->item->stored, error);
}

/* ---- going on ---------------------------------------------------------------------------------- */

/* What the file is and what the object is to be: an upload of anything else is not gone on with. */
static const char *
pin_of (const struct uploading *uploading)
{
	const struct stat *file = &uploading->file->at_start;
	return arena_printf (uploading->item->arena, "%lld %lld.%09ld %lld.%09ld %llu:%llu %016" PRIx64, (long long) file->st_size,
	                     (long long) file->st_mtim.tv_sec, file->st_mtim.tv_nsec, (long long) file->st_ctim.tv_sec, file->st_ctim.tv_nsec,
	                     (unsigned long long) file->st_dev, (unsigned long long) file->st_ino,
	                     open_upload_attributes (&uploading->open.put->attributes));
}

/* Where the store tells its checksum, that must be the file's. */
static int
is_ours (struct open_upload *open, const struct larder_part *part, struct larder_error *error)
{
	const struct uploading *uploading = open->owner;
	struct slice slice;
	uint64_t theirs, ours;
	if (!part->checksum || part->checksum_type != LARDER_CHECKSUM_CRC64NVME || !crc64nvme_parse (part->checksum, &theirs))
		return 1;
	const struct larder_source source = slice_begin (&slice, uploading, part->number);
	int code = checksum_source (&source, &ours, NULL, error);
	return code < 0 ? code : ours == theirs;
}

static int
begin (struct uploading *uploading, struct larder_error *error)
{
	struct transfer *transfer = uploading->pieces.transfer;
	const char *pin = pin_of (uploading);
	if (!pin || journal_what_of (transfer, "upload", uploading->item, uploading->open.put->key, uploading->file->name, &uploading->open.what) < 0)
		return larder_fail_memory (error);
	return open_upload_begin (&uploading->open, transfer->state, false, pin, error);
}

/* A server may have damaged an upload when the run before left it: MinIO, whose client leaves while it finishes, forgets the parts and
 * that there is a checksum. What was taken up and does not fit, while the file is what it was, is given up, and the whole is sent anew. */
static int
send_all (struct uploading *uploading, struct larder_error *error)
{
	struct larder_error why = LARDER_ERROR_INIT;
	int code = send (uploading, &why);
	if (code == LARDER_E_INTEGRITY && uploading->open.taken_up && file_source_check (uploading->file, NULL) == 0) {
		const char *pin = pin_of (uploading);
		uploading->pieces.begun = 0;
		uploading->pieces.code = 0;
		code = pin ? open_upload_anew (&uploading->open, false, pin, error) : larder_fail_memory (error);
		return code == 0 ? send (uploading, error) : code;
	}
	if (code < 0 && error)
		larder_give (error, &why);
	return code;
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
		.pieces = { .transfer = transfer, .one = write_part }, .item = item, .file = file, .source = source,
		.open = {
			.store = transfer->store, .put = put, .is_ours = is_ours, .list = { .arena = item->arena }, .journal = JOURNAL_NONE,
			.upload = { .size = sizeof uploading.open.upload },
		},
	};
	int code = plan_parts (source->length, &uploading.pieces.plan, error);
	if (code == 0)
		code = check_absent (transfer, item, put, error);
	if (code < 0)
		return code;
	uploading.open.plan = &uploading.pieces.plan;
	uploading.open.owner = &uploading;
	uploading.open.done = arena_alloc (item->arena, uploading.pieces.plan.count * sizeof *uploading.open.done);
	uploading.pieces.done = uploading.open.done;
	code = uploading.open.done ? begin (&uploading, error) : larder_fail_memory (error);
	if (code == 0)
		code = send_all (&uploading, error);
	open_upload_end (&uploading.open, code, error);
	return code;
}
