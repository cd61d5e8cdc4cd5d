/* download.c: a large object into a file, in ranges. All of them are of one etag; the checksum of the whole, put together
 * from theirs, is compared with the store's before anybody sees the file. */
#define LARDER_API_VERSION LARDER_API_CURRENT
#include "parts.h"
#include "write.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "checksum.h"
#include "cleanup.h"
#include "error.h"
#include "store.h"
#include <larder/driver.h>

#define TOLD_EVERY (UINT64_C (1) << 20)

struct downloading {
	struct pieces pieces;
	struct writing *writing;
	struct larder_info info;      /* as it was at the beginning */
	uint64_t *sums;               /* CRC of each range, if the object has one of the whole */
};

/* One range on its way. */
struct range { struct downloading *downloading; uint64_t offset, left, told, sum; };

bool
download_in_ranges (const struct item *item)
{
	return item->info.length >= PARTS_FROM && item->info.etag && store_caps (item->store) & LARDER_CAP_RANGE;
}

static uint64_t
add_sum (uint32_t type, uint64_t sum, const void *bytes, size_t count)
{
	if (type == LARDER_CHECKSUM_CRC64NVME)
		return crc64nvme (sum, bytes, count);
	return type == LARDER_CHECKSUM_CRC32C ? crc32c ((uint32_t) sum, bytes, count) : 0;
}

/* At its place; a retried range overwrites nothing but itself. */
static int
write_at (int fd, const char *bytes, size_t count, uint64_t offset)
{
	while (count > 0) {
		ssize_t put = pwrite (fd, bytes, count, (off_t) offset);
		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return -errno;
		bytes += put;
		count -= (size_t) put;
		offset += (uint64_t) put;
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
	int failed = write_at (downloading->writing->draft.fd, bytes, count, range->offset);
	if (failed < 0)
		return larder_fail_errno (error, -failed, "cannot write '%s'", downloading->writing->item->to);
	range->sum = add_sum (downloading->info.checksum_type, range->sum, bytes, count);
	range->offset += count;
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
	struct range range = { .downloading = downloading, .offset = plan_offset (&pieces->plan, number), .left = length };
	const struct larder_sink sink = { .size = sizeof sink, .context = &range, .write = range_write };
	const struct larder_get get = {
		.size = sizeof get, .key = item->info.key, .version = pieces->transfer->request->version, .offset = range.offset, .length = length, .if_match = downloading->info.etag,
	};
	int code = larder_get (item->store, &get, &sink, error);
	if (code < 0)
		return code;
	if (range.left > 0)
		return larder_fail_next (error, LARDER_E_INTEGRITY, "nothing was kept; try again", "'%s' gave %llu of %llu bytes from byte %llu on",
			item->from, (unsigned long long) (length - range.left), (unsigned long long) length, (unsigned long long) get.offset);
	downloading->sums[number - 1] = range.sum;
	pool_done (pieces->transfer->pool, length);
	return 0;
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

int
download_ranges (struct writing *writing, struct larder_error *error)
{
	struct item *item = writing->item;
	struct downloading downloading = {
		.pieces = { .transfer = writing->transfer, .one = fetch_range }, .writing = writing, .info = { .size = sizeof downloading.info },
	};
	int code = larder_stat (item->store, item->arena, item->info.key, writing->transfer->request->version, &downloading.info, error);
	if (code == 0 && !downloading.info.etag)
		code = larder_fail (error, LARDER_E_INTEGRITY, "'%s' has no etag any more", item->from);
	if (code == 0)
		code = plan_parts (downloading.info.length, &downloading.pieces.plan, error);
	if (code < 0)
		return code;
	CLEANUP_FREE uint64_t *sums = calloc (downloading.pieces.plan.count, sizeof *sums);
	downloading.sums = sums;
	writing->mtime = downloading.info.mtime;
	code = sums ? writing_begin (writing, 0666, error) : larder_fail_memory (error);
	if (code == 0)
		code = writing_reserve (writing, downloading.info.length, error);
	if (code == 0)
		code = pieces_do (&downloading.pieces, error);
	if (code == 0)
		code = compare (&downloading, error);
	return code < 0 ? code : writing_publish (writing, error);
}
