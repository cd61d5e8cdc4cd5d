/* same.c: are the bytes on both sides the same? By the checksums that the stores tell, without a byte of theirs; where one of
 * them tells none, or none of the other's kind, by reading. */
#define LARDER_API_VERSION LARDER_API_CURRENT
#include "transfer.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "checksum.h"
#include "cleanup.h"
#include "error.h"
#include "store.h"
#include <larder/driver.h>

/* One of the two: an object, or an open file. */
struct bytes {
	struct transfer *transfer;
	struct larder_store *store;   /* NULL: a file */
	int fd;
	const char *name;             /* for people */
	struct larder_info info;      /* of a file its length */
};

struct summing { struct transfer *transfer; uint32_t type; uint64_t crc; };

static int
add (void *context, const void *bytes, size_t count, struct larder_error *error)
{
	struct summing *summing = context;
	summing->crc = checksum_add (summing->type, summing->crc, bytes, count);
	count_aside (summing->transfer, count);
	return transfer_stopped (summing->transfer) ? larder_fail (error, LARDER_E_CANCELLED, "cancelled") : 0;
}

static int
read_all (const struct bytes *bytes, struct summing *summing, struct larder_error *error)
{
	if (bytes->store) {
		const struct larder_sink sink = { .size = sizeof sink, .context = summing, .write = add };
		const struct larder_get get = {
			.size = sizeof get, .key = bytes->info.key, .version = bytes->info.version, .length = UINT64_MAX, .if_match = bytes->info.etag,
		};
		return larder_get (bytes->store, &get, &sink, error);
	}
	struct file_source file;
	struct larder_source source;
	int code = file_source_begin (&file, bytes->fd, bytes->name, &source, error);
	if (code == 0)
		code = source_each (&source, add, summing, error);
	return code == 0 ? file_source_check (&file, error) : code;
}

/* A checksum of the whole that can be taken of the other side, too. */
static bool
tells (const struct bytes *bytes)
{
	const struct larder_info *info = &bytes->info;
	return info->checksum && !info->checksum_composite && checksum_is_ours (info->checksum_type);
}

static int
sum_of (const struct bytes *bytes, uint32_t type, bool read, char ret[32], struct larder_error *error)
{
	struct summing summing = { bytes->transfer, type, 0 };
	if (!read && tells (bytes) && bytes->info.checksum_type == type)
		return snprintf (ret, 32, "%s", bytes->info.checksum), 0;
	int code = read_all (bytes, &summing, error);
	checksum_text (type, summing.crc, ret);
	return code;
}

int
object_sum (struct transfer *transfer, struct larder_store *store, const struct larder_info *info, uint32_t type, char ret[32], struct larder_error *error)
{
	const struct bytes bytes = { .transfer = transfer, .store = store, .fd = -1, .name = info->key, .info = *info };
	return sum_of (&bytes, type, true, ret, error);
}

/* Do the two stores say all? Checksums of parts are of one kind only where the parts were, which they tell by being equal. An
 * etag is never one: it may be of parts, or of what an encryption made. */
bool
same_as_told (const struct larder_info *a, const struct larder_info *b, bool *ret_same)
{
	if (!a->checksum || !b->checksum || a->checksum_type != b->checksum_type || a->checksum_composite != b->checksum_composite)
		return false;
	*ret_same = strcmp (a->checksum, b->checksum) == 0;
	return *ret_same || !a->checksum_composite;
}

static int
compare (const struct bytes *here, const struct bytes *there, bool *ret_same, struct larder_error *error)
{
	char one[32], other[32];
	bool read = here->transfer->request->flags & LARDER_VERIFY_DOWNLOAD;
	*ret_same = false;
	if (here->info.length != there->info.length || (!read && same_as_told (&here->info, &there->info, ret_same)))
		return 0;
	uint32_t type = read ? LARDER_CHECKSUM_CRC64NVME : tells (here) ? here->info.checksum_type : tells (there) ? there->info.checksum_type : LARDER_CHECKSUM_CRC64NVME;
	int code = sum_of (here, type, read, one, error);
	if (code == 0)
		code = sum_of (there, type, read, other, error);
	*ret_same = code == 0 && strcmp (one, other) == 0;
	return code;
}

static int
look_at_object (struct bytes *bytes, struct larder_arena *arena, struct larder_store *store, const char *key, const char *version, struct larder_error *error)
{
	bytes->store = store;
	bytes->info = (struct larder_info) { .size = sizeof bytes->info };
	int code = larder_stat (store, arena, key, version, &bytes->info, error);
	bytes->info.key = key;
	bytes->info.version = version;
	return code;
}

static int
look_at_file (struct bytes *bytes, struct larder_error *error)
{
	struct file_source file;
	struct larder_source source;
	int code = file_source_begin (&file, bytes->fd, bytes->name, &source, error);
	bytes->info = (struct larder_info) { .size = sizeof bytes->info, .length = code == 0 ? source.length : 0 };
	return code;
}

/* `fd` is opened for a file: the caller's to close. */
static int
look_there (const struct item *item, struct bytes *there, int *fd, struct larder_error *error)
{
	struct transfer *transfer = item->transfer;
	if (transfer->store)
		return look_at_object (there, item->arena, transfer->store, item->path, NULL, error);
	int code = target_root (transfer, error);
	if (code < 0)
		return code;
	*fd = there->fd = file_open_beneath (transfer->root, item->path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
	return *fd < 0 ? larder_fail_errno (error, -*fd, "cannot read '%s'", item->to) : look_at_file (there, error);
}

int
item_same (struct item *item, bool *ret_same, struct larder_error *error)
{
	struct bytes here = { .transfer = item->transfer, .fd = -1, .name = item->from }, there = { .transfer = item->transfer, .fd = -1, .name = item->to };
	CLEANUP_CLOSE int fd = -1;
	int code = item->store ? look_at_object (&here, item->arena, item->store, item->info.key, item->transfer->request->version, error) : item_open (item, error);
	if (code == 0 && !item->store) {
		here.fd = item->fd;
		code = look_at_file (&here, error);
	}
	if (code == 0)
		code = look_there (item, &there, &fd, error);
	item->class_there = code == 0 ? there.info.storage_class : NULL;
	return code == 0 ? compare (&here, &there, ret_same, error) : code;
}
