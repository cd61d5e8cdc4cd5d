/* sync-same.c: are the bytes on both sides the same? By the checksums that both sides know, else by reading. */
#include "sync.h"

#include <fcntl.h>
#include <unistd.h>

#include "checksum.h"
#include "cleanup.h"
#include "error.h"
#include "store.h"

struct summing { struct transfer *transfer; uint64_t crc; };

static int
add (void *context, const void *bytes, size_t count, struct larder_error *error)
{
	struct summing *summing = context;
	summing->crc = crc64nvme (summing->crc, bytes, count);
	return transfer_stopped (summing->transfer) ? larder_fail (error, LARDER_E_CANCELLED, "cancelled") : 0;
}

static int
sum_of_object (const struct item *item, struct larder_store *store, const char *key, uint64_t *ret, struct larder_error *error)
{
	struct larder_info info = { .size = sizeof info };
	int code = larder_stat (store, item->arena, key, NULL, &info, error);
	if (code < 0)
		return code;
	if (info.checksum_type == LARDER_CHECKSUM_CRC64NVME && !info.checksum_composite && info.checksum && crc64nvme_parse (info.checksum, ret))
		return 0;
	struct summing summing = { .transfer = item->transfer };
	const struct larder_sink sink = { .size = sizeof sink, .context = &summing, .write = add };
	const struct larder_get get = { .size = sizeof get, .key = key, .length = UINT64_MAX, .if_match = info.etag };
	code = larder_get (store, &get, &sink, error);
	*ret = summing.crc;
	return code;
}

static int
sum_of_file (const struct item *item, int fd, const char *name, uint64_t *ret, struct larder_error *error)
{
	struct summing summing = { .transfer = item->transfer };
	struct file_source file;
	struct larder_source source;
	int code = file_source_begin (&file, fd, name, &source, error);
	if (code == 0)
		code = source_each (&source, add, &summing, error);
	*ret = summing.crc;
	return code;
}

static int
sum_there (const struct item *item, uint64_t *ret, struct larder_error *error)
{
	struct transfer *transfer = item->transfer;
	if (transfer->store)
		return sum_of_object (item, transfer->store, item->path, ret, error);
	int code = target_root (transfer, error);
	if (code < 0)
		return code;
	CLEANUP_CLOSE int fd = file_open_beneath (transfer->root, item->path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
	return fd < 0 ? larder_fail_errno (error, -fd, "cannot read '%s'", item->to) : sum_of_file (item, fd, item->to, ret, error);
}

int
sync_same (struct item *item, bool *ret_same, struct larder_error *error)
{
	uint64_t here, there;
	int code = item->store ? 0 : item_open (item, error);
	if (code == 0)
		code = item->store ? sum_of_object (item, item->store, item->info.key, &here, error) : sum_of_file (item, item->fd, item->from, &here, error);
	if (code == 0)
		code = sum_there (item, &there, error);
	if (code == 0)
		*ret_same = here == there;
	return code;
}
