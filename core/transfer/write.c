/* write.c: into a file, through the one way to publish: private name, checksum, fsync, rename. */
#include "write.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "checksum.h"
#include "cleanup.h"
#include "clock.h"
#include "error.h"
#include "pace.h"
#include "store.h"

#define PIECE (256 << 10)
#define REPLACED_MOST 2         /* an object that is written all the time would be read for ever */
#define RESERVE_FROM (UINT64_C (1) << 20)

/* Told before a byte of it comes. While it is private nobody else writes to it, or the next run could not go on with it. */
static int
try_mode (const struct writing *writing, struct larder_error *error)
{
	mode_t mode = writing->transfer->mode;
	int fd = writing->draft.fd, failed = file_set_mode (fd, mode);
	if (failed < 0)
		return larder_fail_errno (error, -failed, "cannot set the mode of '%s' to %03o", writing->item->to, (unsigned) mode);
	if (failed == 0 && mode & 022 && fchmod (fd, mode & ~(mode_t) 022) < 0)
		return larder_fail_errno (error, errno, "cannot set the mode of '%s'", writing->item->to);
	return 0;
}

/* Folders are of all that will be in them: one that is not for everybody makes them so for the others, too, when it comes first. */
static int
make_way (const struct transfer *transfer, const char *path, mode_t mode, struct larder_error *error)
{
	mode_t masked = ~transfer->umask, reads = 0444 & masked;
	return (mode & reads) == reads ? 0 : file_make_parents (transfer->root, path, 0777 & masked, true, error);
}

int
writing_begin (struct writing *writing, mode_t mode, struct larder_error *error)
{
	struct transfer *transfer = writing->transfer;
	int code = target_check_local (writing->item->path, error);
	if (code == 0)
		code = target_root (transfer, error);
	if (code == 0)
		code = make_way (transfer, writing->item->path, mode, error);
	if (code == 0)
		code = file_draft_begin (&writing->draft, transfer->root, writing->item->path, mode & ~transfer->umask, true, error);
	if (code == LARDER_E_DENIED && error && error->errnum)       /* with its whole path */
		code = larder_fail_errno (error, error->errnum, "cannot write '%s'", writing->item->to);
	else if (code == 0 && transfer->mode)
		code = try_mode (writing, error);
	writing->begun = code == 0;
	return code;
}

int
writing_again (struct writing *writing, mode_t mode, const char *name, struct larder_error *error)
{
	struct transfer *transfer = writing->transfer;
	int code = target_root (transfer, error);
	if (code == 0)
		code = file_draft_again (&writing->draft, transfer->root, writing->item->path, name, mode & ~transfer->umask, true, error);
	writing->begun = code == 0;
	return code;
}

/* Room for all of it at once, where the file system can say: a full disk is better found before an hour of loading. */
int
writing_reserve (const struct writing *writing, uint64_t length, struct larder_error *error)
{
	if (length < RESERVE_FROM || fallocate (writing->draft.fd, 0, 0, (off_t) length) == 0 || (errno != ENOSPC && errno != EDQUOT && errno != EFBIG))
		return 0;
	return larder_fail_errno (error, errno, "cannot reserve room for '%s'", writing->item->to);
}

int
writing_publish (struct writing *writing, struct larder_error *error)
{
	bool dated = writing->item->dated;
	int64_t mtime = dated ? writing->item->mtime : writing->mtime, part = (mtime % NS_PER_S + NS_PER_S) % NS_PER_S;
	struct timespec times[2] = { { .tv_nsec = UTIME_NOW }, { (mtime - part) / NS_PER_S, part } };
	if ((dated || mtime > 0) && futimens (writing->draft.fd, times) < 0)
		return larder_fail_errno (error, errno, "cannot set the time of '%s'", writing->item->to);
	struct transfer *transfer = writing->transfer;
	bool folds = spelling_folds (writing->draft.folder);
	if (folds)                           /* one at a time: of two spellings the second finds the first */
		pthread_mutex_lock (&transfer->names);
	int code = target_check_there (writing->draft.folder, writing->draft.last, writing->item->to, error);
	if (code == 0 && folds)
		code = spelling_check (writing->draft.folder, writing->draft.last, writing->item->to, error);
	if (code == 0)
		code = expect_file (writing->item, writing->draft.folder, writing->draft.last, error);
	if (code == 0) {
		bool create = transfer->request->flags & LARDER_CREATE_ONLY || (writing->item->expected && !writing->item->expected->to.there);
		code = file_draft_publish (&writing->draft, create ? FILE_CREATE : FILE_REPLACE, error);
	}
	if (folds)
		pthread_mutex_unlock (&transfer->names);
	return code;
}

/* The end of it, whatever came before. */
static int
writing_end (struct writing *writing, uint64_t length, int code, struct larder_error *error)
{
	const struct file_draft *draft = &writing->draft;
	if (code == LARDER_E_NOSPACE)
		file_explain_room (draft->fd >= 0 ? draft->fd : draft->folder >= 0 ? draft->folder : writing->transfer->root, length, error);
	file_draft_abort (&writing->draft);
	return code;
}

/* ---- from a store ---- */

static int
sink_begin (void *context, const struct larder_info *info, struct larder_error *error)
{
	struct writing *writing = context;
	writing->announced = info->length;
	writing->mtime = info->mtime;
	int code = writing_begin (writing, 0666, error);
	return code == 0 ? writing_reserve (writing, info->length, error) : code;
}

static int
sink_write (void *context, const void *bytes, size_t count, struct larder_error *error)
{
	struct writing *writing = context;
	int code = file_draft_write (&writing->draft, bytes, count, error);
	if (code < 0)
		return code;
	writing->written += count;
	count_progress (writing->transfer, count);
	return transfer_stopped (writing->transfer) ? larder_fail (error, LARDER_E_CANCELLED, "cancelled") : 0;
}

static int
fetch (struct writing *writing, struct larder_error *error)
{
	struct item *item = writing->item;
	struct larder_sink sink = { .size = sizeof sink, .context = writing, .begin = sink_begin, .write = sink_write };
	struct larder_get request = {
		.size = sizeof request, .key = item->info.key, .version = writing->transfer->request->version, .length = UINT64_MAX, .if_match = item->info.etag,
	};
	int code = larder_get (item->store, &request, &sink, error);
	if (code < 0)
		return code;
	if (!writing->begun || writing->written != writing->announced)
		return larder_fail_next (error, LARDER_E_INTEGRITY, "nothing was kept; try again", "'%s' gave %llu of %llu bytes", item->from,
		                    (unsigned long long) writing->written, (unsigned long long) writing->announced);
	return writing_publish (writing, error);
}

static int
write_once (struct transfer *transfer, struct item *item, struct larder_error *error)
{
	struct writing writing = { .transfer = transfer, .item = item, .draft = FILE_DRAFT_NONE };
	int code = download_in_ranges (item) ? download_ranges (&writing, error) : fetch (&writing, error);
	return writing_end (&writing, item->info.length, code, error);
}

/* Is there another object under that key by now? Then it is this one that is to be had. What was named, or planned, stays what it was. */
static bool
was_replaced (struct transfer *transfer, struct item *item)
{
	struct larder_info now = { .size = sizeof now };
	struct larder_error none = LARDER_ERROR_INIT;
	if (transfer->request->version || item->expected || larder_stat (item->store, item->arena, item->info.key, NULL, &now, &none) < 0)
		return false;
	if (!now.etag || !item->info.etag || strcmp (now.etag, item->info.etag) == 0 || !item_of_object (item, item->store, &now))
		return false;
	item->looked = true;
	return true;
}

/* What came damaged is fetched once more, from the beginning: a checksum of the whole does not tell which range was wrong. What was
 * replaced while it was read begins anew as well, a few times: never a mixture of two. */
int
write_file_from_store (struct transfer *transfer, struct item *item, struct larder_error *error)
{
	bool damaged = false;
	for (unsigned replaced = 0;;) {
		int code = write_once (transfer, item, error);
		bool again = (code == LARDER_E_INTEGRITY && !damaged) || (code == LARDER_E_CONFLICT && replaced < REPLACED_MOST && was_replaced (transfer, item));
		if (!again || transfer_stopped (transfer))
			return code;
		damaged |= code == LARDER_E_INTEGRITY;
		replaced += code == LARDER_E_CONFLICT;
		count_again (transfer, item->from, item->to, error);
	}
}

/* ---- from a file ---- */

static int
copy_pieces (struct writing *writing, const struct larder_source *source, uint64_t *ret_crc, struct larder_error *error)
{
	CLEANUP_FREE char *piece = malloc (PIECE);
	uint64_t crc = 0;
	if (!piece)
		return larder_fail_memory (error);
	struct larder_call call = larder_call_begin (writing->transfer->larder, NULL);
	while (writing->written < source->length) {
		int64_t may = pace_bytes (&call, PIECE, error);
		int64_t got = may < 0 ? may : source_pread (source, piece, (size_t) may, writing->written, error);
		if (got < 0)
			return (int) got;
		if (got == 0)
			return larder_fail_next (error, LARDER_E_INTEGRITY, "nothing was kept; try again once nobody writes to it",
				"source changed while being read: '%s'", writing->item->from);
		crc = crc64nvme (crc, piece, (size_t) got);
		int code = sink_write (writing, piece, (size_t) got, error);
		if (code < 0)
			return code;
	}
	*ret_crc = crc;
	return 0;
}

/* Read back what was written. */
static int
prove (const struct writing *writing, uint64_t crc, struct larder_error *error)
{
	struct file_source file;
	struct larder_source source;
	uint64_t copied;
	int code = file_source_begin (&file, writing->draft.fd, writing->item->to, &source, error);
	if (code == 0)
		code = checksum_source (&source, &copied, NULL, error);
	if (code < 0 || copied == crc)
		return code;
	return larder_fail_next (error, LARDER_E_INTEGRITY, "the source stays and nothing was kept; check that disk and try again",
		"the copy '%s' differs from its source", writing->item->to);
}

static int
copy_file (struct writing *writing, struct larder_error *error)
{
	struct item *item = writing->item;
	struct file_source file;
	struct larder_source source;
	struct stat there;
	uint64_t crc = 0;
	int code = file_source_begin (&file, item->fd, item->from, &source, error);
	if (code == 0)
		code = writing_begin (writing, item->spooled ? 0666 : item->facts.st_mode & 0777, error);
	if (code < 0)
		return code;
	if (fstatat (writing->draft.folder, writing->draft.last, &there, 0) == 0 && there.st_dev == item->facts.st_dev
	    && there.st_ino == item->facts.st_ino)
		return larder_fail_next (error, LARDER_E_CONFLICT, "give another destination",
			"'%s' and '%s' are the same file", item->from, item->to);
	item->dated = !item->spooled;
	item->mtime = item->facts.st_mtim.tv_sec * NS_PER_S + item->facts.st_mtim.tv_nsec;
	code = copy_pieces (writing, &source, &crc, error);
	if (code == 0)
		code = file_source_check (&file, error);
	if (code == 0 && (writing->transfer->request->flags & LARDER_MOVE))
		code = prove (writing, crc, error);
	return code < 0 ? code : writing_publish (writing, error);
}

int
write_file_from_file (struct transfer *transfer, struct item *item, struct larder_error *error)
{
	struct writing writing = { .transfer = transfer, .item = item, .draft = FILE_DRAFT_NONE };
	int code = copy_file (&writing, error);
	return writing_end (&writing, (uint64_t) item->facts.st_size, code, error);
}
