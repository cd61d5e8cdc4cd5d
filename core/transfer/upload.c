/* upload.c: a large file into a store, in parts. Nothing is seen before the last step. A failure before it gives the upload up;
 * a cancel or a lost network leaves it and its journal, and the next run asks the store what it has and sends the rest. */
#define LARDER_API_VERSION LARDER_API_CURRENT
#include "parts.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "checksum.h"
#include "cleanup.h"
#include "error.h"
#include "journal.h"
#include "store.h"
#include <larder/driver.h>

struct uploading {
	struct pieces pieces;
	struct item *item;
	const struct larder_put *put;
	const struct file_source *file;
	const struct larder_source *source;
	struct larder_upload upload;
	struct parts_list list;       /* under pieces.mutex */
	struct journal journal;
	struct journal_what what;
	bool *done;
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
	int code = store_parts_write (pieces->transfer->store, arena, &uploading->upload, number, &source, &part, error);
	if (put_goes_again (pieces->transfer, uploading->item, uploading->file, code, error))
		code = store_parts_write (pieces->transfer->store, arena, &uploading->upload, number, &source, &part, error);
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
send (struct uploading *uploading, struct larder_error *error)
{
	int code = pieces_do (&uploading->pieces, error);
	if ((code == 0 || code == LARDER_E_INTEGRITY) && file_source_check (uploading->file, error) < 0)
		return LARDER_E_INTEGRITY;      /* also where the store found it first, by a checksum that does not fit */
	if (code < 0)
		return code;
	return parts_list_finish (&uploading->list, uploading->pieces.transfer->store, uploading->item->arena, uploading->put, &uploading->upload,
	                          uploading->source->length, error);
}

/* ---- going on ---------------------------------------------------------------------------------- */

static void
add_text (uint64_t *crc, const char *text)
{
	*crc = crc64nvme (*crc, text ? text : "", text ? strlen (text) + 1 : 0);
	*crc = crc64nvme (*crc, "", 1);
}

/* What the file is and what the object is to be: an upload of anything else is not gone on with. */
static const char *
pin_of (const struct uploading *uploading)
{
	const struct stat *file = &uploading->file->at_start;
	const struct larder_attributes *attributes = &uploading->put->attributes;
	uint64_t crc = 0;
	add_text (&crc, attributes->content_type);
	add_text (&crc, attributes->content_encoding);
	add_text (&crc, attributes->cache_control);
	add_text (&crc, attributes->content_disposition);
	add_text (&crc, attributes->storage_class);
	add_text (&crc, attributes->encryption);
	for (size_t i = 0; i < attributes->metadata.count; i++) {
		add_text (&crc, larder_pair_at (&attributes->metadata, i)->name);
		add_text (&crc, larder_pair_at (&attributes->metadata, i)->value);
	}
	return arena_printf (uploading->item->arena, "%lld %lld.%09ld %lld.%09ld %llu:%llu %016" PRIx64, (long long) file->st_size,
	                     (long long) file->st_mtim.tv_sec, file->st_mtim.tv_nsec, (long long) file->st_ctim.tv_sec, file->st_ctim.tv_nsec,
	                     (unsigned long long) file->st_dev, (unsigned long long) file->st_ino, crc);
}

/* A part that the store tells of is taken when its length is right and its checksum, where there is one, that of the file. */
static int
take_part (void *context, const struct larder_part *part, struct larder_error *error)
{
	struct uploading *uploading = context;
	const struct plan *plan = &uploading->pieces.plan;
	struct slice slice;
	uint64_t theirs, ours;
	if (part->number < 1 || part->number > plan->count || part->length != plan_length (plan, part->number) || !part->etag)
		return 0;
	if (part->checksum && part->checksum_type == LARDER_CHECKSUM_CRC64NVME && crc64nvme_parse (part->checksum, &theirs)) {
		const struct larder_source source = slice_begin (&slice, uploading, part->number);
		int code = checksum_source (&source, &ours, NULL, error);
		if (code < 0 || ours != theirs)
			return code;
	}
	uploading->done[part->number - 1] = true;
	return parts_list_add (&uploading->list, part, error);
}

/* 1: the upload of the run before goes on. 0: there is none, or it is of something else and is given up. */
static int
take_up (struct uploading *uploading, const char *pin, struct larder_error *error)
{
	struct larder_store *store = uploading->pieces.transfer->store;
	const struct journal *journal = &uploading->journal;
	if (!journal->id)
		return 0;
	uploading->upload = (struct larder_upload) {
		.size = sizeof uploading->upload, .bucket = store_bucket (store), .key = uploading->put->key, .id = arena_copy (uploading->item->arena, journal->id),
	};
	if (!uploading->upload.id)
		return larder_fail_memory (error);
	bool same = strcmp (journal->pin, pin) == 0 && journal->part == uploading->pieces.plan.part;
	int code = same ? store_parts_list (store, &uploading->upload, take_part, uploading, error) : LARDER_E_UNSUPPORTED;
	if (code == 0)
		return 1;
	if (code != LARDER_E_NOTFOUND && code != LARDER_E_UNSUPPORTED)
		return code;
	if (code == LARDER_E_UNSUPPORTED)
		store_parts_abort (store, &uploading->upload);
	uploading->list.count = 0;
	memset (uploading->done, 0, uploading->pieces.plan.count * sizeof *uploading->done);
	return 0;
}

static int
begin (struct uploading *uploading, struct larder_error *error)
{
	struct transfer *transfer = uploading->pieces.transfer;
	const char *pin = pin_of (uploading);
	if (!pin || journal_what_of (transfer, "upload", uploading->item, uploading->put->key, uploading->file->name, &uploading->what) < 0)
		return larder_fail_memory (error);
	journal_open (&uploading->journal, transfer->state, &uploading->what);
	int code = take_up (uploading, pin, error);
	if (code != 0)
		return code < 0 ? code : 0;
	code = store_parts_begin (transfer->store, uploading->item->arena, uploading->put, false, &uploading->upload, error);
	return code < 0 ? code : journal_begin (&uploading->journal, &uploading->what, uploading->upload.id, pin, uploading->pieces.plan.part, error);
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

static void
end (struct uploading *uploading, int code, struct larder_error *error)
{
	if (code < 0 && !journal_keeps (&uploading->journal, code) && uploading->upload.id)
		store_parts_abort (uploading->pieces.transfer->store, &uploading->upload);
	journal_end (&uploading->journal, code, error);
	parts_list_free (&uploading->list);
}

int
upload_parts (struct transfer *transfer, struct item *item, const struct larder_put *put, const struct file_source *file,
              const struct larder_source *source, struct larder_error *error)
{
	struct uploading uploading = {
		.pieces = { .transfer = transfer, .one = write_part }, .item = item, .put = put, .file = file, .source = source,
		.list = { .arena = item->arena }, .upload = { .size = sizeof uploading.upload }, .journal = JOURNAL_NONE,
	};
	int code = plan_parts (source->length, &uploading.pieces.plan, error);
	if (code == 0)
		code = check_absent (transfer, item, put, error);
	if (code < 0)
		return code;
	uploading.done = arena_alloc (item->arena, uploading.pieces.plan.count * sizeof *uploading.done);
	uploading.pieces.done = uploading.done;
	code = uploading.done ? begin (&uploading, error) : larder_fail_memory (error);
	if (code == 0)
		code = send (&uploading, error);
	end (&uploading, code, error);
	return code;
}
