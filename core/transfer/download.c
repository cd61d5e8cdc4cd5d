/* download.c: a large object into a file, in ranges. All of them are of one etag; the checksum of the whole, put together
 * from theirs, is compared with the store's before anybody sees the file. A cancel or a lost network leaves the private file and
 * its journal, and the next run fetches what is missing. */
#define LARDER_API_VERSION LARDER_API_CURRENT
#include "parts.h"
#include "write.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arena.h"
#include "checksum.h"
#include "cleanup.h"
#include "error.h"
#include "journal.h"
#include "store.h"
#include <larder/driver.h>

#define PIECE (UINT64_C (256) << 10)
#define TOLD_EVERY (UINT64_C (1) << 20)
#define GATHER (48 << 10)       /* more than the 16 KiB that come at once, for a file takes fewer and larger writes in less time; eight of them count in 16 MiB */

struct downloading {
	struct pieces pieces;
	struct writing *writing;
	struct larder_info info;      /* as it was at the beginning */
	uint64_t *sums;               /* CRC of each range, of the kind that the object has, else CRC64NVME */
	bool *done;
	struct journal journal;       /* under pieces.mutex */
	struct journal_what what;
};

/* One range on its way. */
struct range {
	struct downloading *downloading;
	uint64_t offset, left, told, sum;
	char *gathered;               /* GATHER bytes, of which `waiting` lie before `offset` and are not written yet */
	size_t waiting;
};

bool
download_in_ranges (const struct item *item)
{
	return item->info.length >= PARTS_FROM && item->info.etag && store_caps (item->store) & LARDER_CAP_RANGE;
}

/* At its place: a retried range overwrites nothing but itself. */
static int
write_gathered (struct range *range, struct larder_error *error)
{
	const struct writing *writing = range->downloading->writing;
	int failed = file_pwrite_all (writing->draft.fd, range->gathered, range->waiting, range->offset - range->waiting);
	range->waiting = 0;
	return failed < 0 ? larder_fail_errno (error, -failed, "cannot write '%s'", writing->item->to) : 0;
}

static int
gather (struct range *range, const char *bytes, size_t count, struct larder_error *error)
{
	for (size_t step; count > 0; bytes += step, count -= step) {
		step = count < GATHER - range->waiting ? count : GATHER - range->waiting;
		memcpy (range->gathered + range->waiting, bytes, step);
		range->waiting += step;
		range->offset += step;
		int code = range->waiting == GATHER ? write_gathered (range, error) : 0;
		if (code < 0)
			return code;
	}
	return 0;
}

static int
range_write (void *context, const void *bytes, size_t count, struct larder_error *error)
{
	struct range *range = context;
	struct downloading *downloading = range->downloading;
	struct transfer *transfer = downloading->pieces.transfer;
	if (count > range->left)
		return larder_fail_next (error, LARDER_E_INTEGRITY, "nothing was kept; try again",
			"'%s' gave more bytes than were asked for", downloading->writing->item->from);
	int code = gather (range, bytes, count, error);
	if (code < 0)
		return code;
	range->sum = checksum_add (downloading->info.checksum_type, range->sum, bytes, count);
	range->left -= count;
	range->told += count;
	if (range->told >= TOLD_EVERY || range->left == 0) {
		count_progress (transfer, range->told);
		range->told = 0;
	}
	return transfer_stopped (transfer) ? larder_fail (error, LARDER_E_CANCELLED, "cancelled") : 0;
}

static int
fetch_range (struct pieces *pieces, uint32_t number, struct larder_error *error)
{
	struct downloading *downloading = (struct downloading *) (void *) pieces;
	const struct item *item = downloading->writing->item;
	uint64_t length = plan_length (&pieces->plan, number);
	CLEANUP_FREE char *gathered = malloc (GATHER);
	if (!gathered)
		return larder_fail_memory (error);
	struct range range = { .downloading = downloading, .offset = plan_offset (&pieces->plan, number), .left = length, .gathered = gathered };
	const struct larder_sink sink = { .size = sizeof sink, .context = &range, .write = range_write };
	const struct larder_get get = {
		.size = sizeof get, .key = item->info.key, .version = pieces->transfer->request->version, .offset = range.offset, .length = length, .if_match = downloading->info.etag,
	};
	int code = larder_get (item->store, &get, &sink, error);
	if (code == 0)
		code = write_gathered (&range, error);
	if (code < 0)
		return code;
	if (range.left > 0)
		return larder_fail_next (error, LARDER_E_INTEGRITY, "nothing was kept; try again", "'%s' gave %llu of %llu bytes from byte %llu on",
			item->from, (unsigned long long) (length - range.left), (unsigned long long) length, (unsigned long long) get.offset);
	pthread_mutex_lock (&pieces->mutex);
	downloading->sums[number - 1] = range.sum;
	code = journal_add (&downloading->journal, number, range.sum, error);
	pthread_mutex_unlock (&pieces->mutex);
	pool_done (pieces->transfer->pool, length);
	return code;
}

/* The checksum of the whole, where the store has one. */
static int
compare (const struct downloading *downloading, struct larder_error *error)
{
	const struct plan *plan = &downloading->pieces.plan;
	const struct larder_info *info = &downloading->info;
	char text[16] = "";
	uint64_t sum = 0;
	for (uint32_t i = 0; i < plan->count; i++) {
		uint64_t length = plan_length (plan, i + 1);
		if (info->checksum_type == LARDER_CHECKSUM_CRC64NVME)
			sum = crc64nvme_combine (sum, downloading->sums[i], length);
		else if (info->checksum_type == LARDER_CHECKSUM_CRC32C)
			sum = crc32c_combine ((uint32_t) sum, (uint32_t) downloading->sums[i], length);
	}
	if (info->checksum_type == LARDER_CHECKSUM_CRC64NVME)
		crc64nvme_text (sum, text);
	else if (info->checksum_type == LARDER_CHECKSUM_CRC32C)
		crc32c_text ((uint32_t) sum, text);
	if (!*text || !info->checksum || info->checksum_composite || strcmp (text, info->checksum) == 0)
		return 0;
	return larder_fail_next (error, LARDER_E_INTEGRITY, "read it again; if it stays so, restore an earlier version or upload it again",
		"object '%s' is damaged: its checksum is %s, its bytes have %s", downloading->writing->item->from, info->checksum, text);
}

/* ---- going on ---------------------------------------------------------------------------------- */

/* Is what the file has of a range what was written? The record may have outlived the bytes. */
static bool
is_there (const struct downloading *downloading, uint32_t number, uint64_t sum, char *piece)
{
	uint64_t offset = plan_offset (&downloading->pieces.plan, number), left = plan_length (&downloading->pieces.plan, number), found = 0;
	while (left > 0) {
		int64_t got = file_pread_all (downloading->writing->draft.fd, piece, left < PIECE ? left : PIECE, offset);
		if (got <= 0)
			return false;
		found = checksum_add (downloading->info.checksum_type, found, piece, (size_t) got);
		offset += (uint64_t) got;
		left -= (uint64_t) got;
	}
	return found == sum;
}

static int
take_ranges (struct downloading *downloading, struct larder_error *error)
{
	CLEANUP_FREE char *piece = malloc (PIECE);
	if (!piece)
		return larder_fail_memory (error);
	for (uint32_t number = 1; number <= downloading->pieces.plan.count; number++) {
		uint64_t *sum = &downloading->sums[number - 1];
		downloading->done[number - 1] = journal_has (&downloading->journal, number, sum) && is_there (downloading, number, *sum, piece);
		if (transfer_stopped (downloading->pieces.transfer))
			return larder_fail (error, LARDER_E_CANCELLED, "cancelled");
	}
	return 0;
}

/* The journal first: whatever has a name is known by it. */
static int
begin_journal (struct downloading *downloading, const char *pin, struct larder_error *error)
{
	struct file_draft *draft = &downloading->writing->draft;
	char name[64];
	if (downloading->journal.fd < 0 && !downloading->journal.beside)
		larder_tell_no_journal (downloading->pieces.transfer->larder);
	if (downloading->journal.fd < 0)
		return 0;
	file_private_name (name);
	int code = journal_begin (&downloading->journal, &downloading->what, draft->name[0] ? draft->name : name, pin, downloading->pieces.plan.part, error);
	return code < 0 || draft->name[0] ? code : file_draft_name (draft, name, error);
}

/* The private file of the run before, if it is of the same bytes; else a new one, and that one goes. */
static int
begin (struct downloading *downloading, const char *pin, struct larder_error *error)
{
	struct writing *writing = downloading->writing;
	struct journal *journal = &downloading->journal;
	bool same = journal->id && strcmp (journal->pin, pin) == 0 && journal->part == downloading->pieces.plan.part;
	if (journal->id && writing_again (writing, 0666, journal->id, NULL) == 0) {
		if (same)
			return take_ranges (downloading, error);
		file_draft_abort (&writing->draft);
	}
	int code = writing_begin (writing, 0666, error);
	if (code == 0)
		code = writing_reserve (writing, downloading->info.length, error);
	return code < 0 ? code : begin_journal (downloading, pin, error);
}

static int
look (struct downloading *downloading, const char **ret_pin, struct larder_error *error)
{
	struct item *item = downloading->writing->item;
	struct larder_info *info = &downloading->info;
	int code = 0;
	if (item->looked)
		*info = item->info;
	else
		code = larder_stat (item->store, item->arena, item->info.key, downloading->pieces.transfer->request->version, info, error);
	if (code == 0 && !info->etag)
		code = larder_fail (error, LARDER_E_INTEGRITY, "'%s' has no etag any more", item->from);
	if (code == 0)
		code = plan_parts (info->length, &downloading->pieces.plan, error);
	if (code < 0)
		return code;
	*ret_pin = arena_printf (item->arena, "%llu %s %s", (unsigned long long) info->length, info->etag, info->version ? info->version : "");
	downloading->sums = arena_alloc (item->arena, downloading->pieces.plan.count * sizeof *downloading->sums);
	downloading->done = arena_alloc (item->arena, downloading->pieces.plan.count * sizeof *downloading->done);
	downloading->pieces.done = downloading->done;
	code = journal_what_of (downloading->pieces.transfer, "download", item, item->info.key, item->to, &downloading->what);
	return code == 0 && *ret_pin && downloading->sums && downloading->done ? 0 : larder_fail_memory (error);
}

static void
end (struct downloading *downloading, int code, struct larder_error *error)
{
	struct file_draft *draft = &downloading->writing->draft;
	if (draft->fd < 0)
		journal_remove (&downloading->journal);
	else if (journal_keeps (&downloading->journal, code))
		file_draft_keep (draft);
	journal_end (&downloading->journal, code, error);
}

int
download_ranges (struct writing *writing, struct larder_error *error)
{
	struct downloading downloading = {
		.pieces = { .transfer = writing->transfer, .one = fetch_range }, .writing = writing, .info = { .size = sizeof downloading.info },
		.journal = JOURNAL_NONE,
	};
	const char *pin = NULL;
	int code = look (&downloading, &pin, error);
	if (code < 0)
		return code;
	writing->mtime = downloading.info.mtime;
	journal_open (&downloading.journal, writing->transfer->state, &downloading.what);
	code = begin (&downloading, pin, error);
	if (code == 0)
		code = pieces_do (&downloading.pieces, error);
	if (code == 0)
		code = compare (&downloading, error);
	if (code == 0)
		code = writing_publish (writing, error);
	end (&downloading, code, error);
	return code;
}
