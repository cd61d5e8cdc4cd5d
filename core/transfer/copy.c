/* copy.c: one item to its target, and, when moving, the source away once the copy is proven. */
#define LARDER_API_VERSION LARDER_API_CURRENT
#include "transfer.h"

#include <errno.h>
#include <fcntl.h>
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

#define AT_ONCE (64 << 10)      /* a file of that size is read into memory */

/* ---- a file into a store ---- */

/* A file that must not change on the way: looked at again before its last byte is handed over. */
struct watched {
	struct transfer *transfer;
	struct larder_source inner;
	struct file_source file;
	uint64_t read, told;
};

static int
fail_changed (const struct watched *watched, struct larder_error *error)
{
	return larder_fail_next (error, LARDER_E_INTEGRITY, "nothing was kept; try again once nobody writes to it",
		"source changed while being read: '%s'", watched->file.name);
}

static int64_t
watched_pread (void *context, void *into, size_t count, uint64_t offset, struct larder_error *error)
{
	struct watched *watched = context;
	uint64_t length = watched->inner.length;
	int64_t got = watched->inner.pread (watched->inner.context, into, count, offset, error);
	if (got < 0)
		return got;
	if (got == 0 && offset < length && count > 0)
		return fail_changed (watched, error);
	if (offset + (uint64_t) got >= length) {
		int code = file_source_check (&watched->file, error);
		if (code < 0)
			return code;
	}
	/* The first pass is for the checksum; progress is what was sent. */
	watched->read += (uint64_t) got;
	if (watched->read > length && watched->told + (uint64_t) got <= length) {
		watched->told += (uint64_t) got;
		count_progress (watched->transfer, (uint64_t) got);
	}
	return transfer_stopped (watched->transfer) ? larder_fail (error, LARDER_E_CANCELLED, "cancelled") : got;
}

static int
fail_proof (const struct item *item, struct larder_error *error)
{
	return larder_fail_next (error, LARDER_E_INTEGRITY, "compare the two with 'larder stat', remove the copy and move it again",
		"'%s' differs from its source; the source stays", item->to);
}

/* Size and checksum of what the store now has, against what the file has. */
static int
prove_put (struct transfer *transfer, const struct item *item, const struct larder_source *source, struct larder_error *error)
{
	struct larder_info info = { .size = sizeof info };
	uint64_t crc;
	char text[16];
	int code = larder_stat (transfer->store, item->arena, item->path, NULL, &info, error);
	if (code == 0)
		code = checksum_source (source, &crc, NULL, error);
	if (code < 0)
		return code;
	crc64nvme_text (crc, text);
	bool comparable = info.checksum && info.checksum_type == LARDER_CHECKSUM_CRC64NVME && !info.checksum_composite;
	if (info.length == source->length && (!comparable || strcmp (info.checksum, text) == 0))
		return 0;
	return fail_proof (item, error);
}

bool
put_goes_again (struct transfer *transfer, const struct item *item, const struct file_source *file, int code, const struct larder_error *error)
{
	if (code != LARDER_E_INTEGRITY || !error || !error->status || transfer_stopped (transfer) || (file && file_source_check (file, NULL) < 0))
		return false;
	count_again (transfer, item->from, item->to, error);
	return true;
}

static int
put_whole (struct transfer *transfer, struct item *item, const struct larder_put *put, struct watched *watched, struct larder_error *error)
{
	struct larder_source source = {
		.size = sizeof source, .context = watched, .length = watched->inner.length, .pread = watched_pread,
	};
	int code = larder_put (transfer->store, item->arena, put, &source, &item->stored, error);
	if (put_goes_again (transfer, item, &watched->file, code, error)) {
		watched->read = 0;
		code = larder_put (transfer->store, item->arena, put, &source, &item->stored, error);
	}
	if (code == LARDER_E_INTEGRITY)
		(void) file_source_check (&watched->file, error);     /* the better reason, where it is one */
	if (code == 0)
		count_progress (transfer, source.length - watched->told);
	return code;
}

/* Checksum, signature and request are of bytes that were read once; the file is looked at again behind them. */
static int
put_small (struct transfer *transfer, struct item *item, const struct larder_put *put, const struct watched *watched, struct larder_error *error)
{
	size_t length = (size_t) watched->inner.length;
	CLEANUP_FREE char *bytes = malloc (length ? length : 1);
	struct memory_source memory;
	struct larder_source source;
	if (!bytes)
		return larder_fail_memory (error);
	int64_t got = source_pread (&watched->inner, bytes, length, 0, error);
	int code = got < 0 ? (int) got : file_source_check (&watched->file, error);
	if (code == 0 && (size_t) got < length)
		code = fail_changed (watched, error);
	memory_source_begin (&memory, bytes, length, &source);
	if (code == 0)
		code = larder_put (transfer->store, item->arena, put, &source, &item->stored, error);
	if (put_goes_again (transfer, item, &watched->file, code, error))
		code = larder_put (transfer->store, item->arena, put, &source, &item->stored, error);
	if (code == 0)
		count_progress (transfer, length);
	return code;
}

/* For the manifest: what the answer to a write did not tell a look does, and where the storage keeps none at all it is taken of what went there. */
static void
learn_checksum (struct transfer *transfer, struct item *item, const struct larder_source *source)
{
	struct larder_info *stored = &item->stored, info = { .size = sizeof info };
	char text[16];
	uint64_t crc;
	if (!transfer->manifest || stored->checksum)
		return;
	if (store_caps (transfer->store) & LARDER_CAP_CHECKSUM) {
		if (larder_stat (transfer->store, item->arena, item->path, NULL, &info, NULL) == 0
		    && (!stored->etag || (info.etag && strcmp (info.etag, stored->etag) == 0)))
			*stored = info;
	} else if (source && checksum_source (source, &crc, NULL, NULL) == 0) {
		crc64nvme_text (crc, text);
		stored->checksum_type = LARDER_CHECKSUM_CRC64NVME;
		stored->checksum = arena_copy (item->arena, text);
	}
}

static int
put_opened (struct transfer *transfer, struct item *item, const struct larder_put *put, struct watched *watched, struct larder_error *error)
{
	const struct larder_source *source = &watched->inner;
	int code = upload_in_parts (transfer, source->length) ? upload_parts (transfer, item, put, &watched->file, source, error)
		: source->length <= AT_ONCE ? put_small (transfer, item, put, watched, error) : put_whole (transfer, item, put, watched, error);
	if (code == 0 && (transfer->request->flags & LARDER_MOVE))
		code = prove_put (transfer, item, source, error);
	if (code == 0)
		learn_checksum (transfer, item, source);
	return code;
}

static int
put_file (struct transfer *transfer, struct item *item, struct larder_error *error)
{
	const struct larder_transfer *request = transfer->request;
	struct watched watched = { .transfer = transfer };
	struct larder_put put = {
		.size = sizeof put, .key = item->path, .attributes = request->attributes,
		.create_only = request->flags & LARDER_CREATE_ONLY || expect_create_only (item), .if_match = expect_if_match (item),
	};
	if (item->stream >= 0 && store_has_parts (transfer->store)) {
		int code = stream_put (transfer, item, &put, error);
		if (code == 0)
			learn_checksum (transfer, item, NULL);
		return code;
	}
	int code = item_open (item, error);
	if (code == 0 && transfer->keep_times)
		code = exact_keep (item, &put.attributes, error);
	if (code == 0)
		code = file_source_begin (&watched.file, item->fd, item->from, &watched.inner, error);
	return code == 0 ? put_opened (transfer, item, &put, &watched, error) : code;
}

/* ---- from store to store ---- */

/* Two backends can be one place: the same folder by two names, the same bucket by two accounts. The drivers' own
 * addresses tell; they are canonical. */
bool
same_object (struct larder_store *store, struct larder_arena *arena, struct larder_store *from, const char *key, const char *to)
{
	const char *a = NULL, *b = NULL;
	if (!from || !store)
		return false;
	if (store_instance (from) == store_instance (store) && strcmp (store_bucket (from), store_bucket (store)) == 0)
		return strcmp (key, to) == 0;
	return store_url (from, arena, key, &a, NULL) == 0 && store_url (store, arena, to, &b, NULL) == 0 && strcmp (a, b) == 0;
}

static bool
changes_attributes (const struct larder_attributes *attributes)
{
	return attributes->content_type || attributes->content_encoding || attributes->cache_control || attributes->content_disposition
		|| attributes->storage_class || attributes->encryption || attributes->metadata_given;
}

/* A second look, at what the stores say themselves: where no address told, a copy that renewed its own source does. */
static bool
is_one_version (const struct larder_info *from, const struct larder_info *to)
{
	return from->version && to->version && strcmp (from->version, "null") != 0 && strcmp (from->version, to->version) == 0
		&& from->etag && to->etag && strcmp (from->etag, to->etag) == 0;
}

static int
prove_copy (struct transfer *transfer, struct item *item, const struct larder_info *before, struct larder_error *error)
{
	struct larder_info from = { .size = sizeof from }, to = { .size = sizeof to };
	int code = larder_stat (item->store, item->arena, item->info.key, NULL, &from, error);
	if (code == 0)
		code = larder_stat (transfer->store, item->arena, item->path, NULL, &to, error);
	if (code < 0)
		return code;
	bool comparable = from.checksum && to.checksum && from.checksum_type == to.checksum_type
		&& from.checksum_composite == to.checksum_composite;
	if (from.length != to.length || (comparable && strcmp (from.checksum, to.checksum) != 0))
		return fail_proof (item, error);
	if (is_one_version (&from, &to))
		return larder_fail_next (error, LARDER_E_CONFLICT, "nothing was lost; give another destination",
			"'%s' and '%s' are the same object; it stays", item->from, item->to);
	if (from.mtime != before->mtime)
		return larder_fail_next (error, LARDER_E_CONFLICT, "the copy has the older bytes; move it again once nobody writes to it",
			"'%s' changed while it was copied; it stays", item->from);
	item->info.etag = from.etag;
	return 0;
}

static int
copy_object (struct transfer *transfer, struct item *item, struct larder_error *error)
{
	const struct larder_transfer *request = transfer->request;
	bool move = request->flags & LARDER_MOVE;
	bool changes = changes_attributes (&request->attributes) || request->version;    /* an old version over its object restores it */
	if (same_object (transfer->store, item->arena, item->store, item->info.key, item->path) && (move || !changes))
		return larder_fail_next (error, LARDER_E_CONFLICT, "give another destination; with cp, attributes as --content-type renew an object in place",
			"'%s' and '%s' are the same object", item->from, item->to);
	struct larder_copy_object copy = {
		.size = sizeof copy, .key = item->info.key, .version = request->version, .to = item->path, .attributes = request->attributes,
		.create_only = request->flags & LARDER_CREATE_ONLY || expect_create_only (item), .if_match = item->expected ? item->info.etag : NULL,
	};
	struct larder_info before = { .size = sizeof before };
	struct journal_what what;
	if (request->flags & LARDER_DRY_RUN)
		return 0;
	if (journal_what_copy (transfer, item, &what) < 0)
		return larder_fail_memory (error);
	int code = move ? larder_stat (item->store, item->arena, item->info.key, NULL, &before, error) : 0;
	if (code == 0)
		code = copy_stored (transfer, item->store, transfer->store, item->arena, &copy, &what, item->info.length, &item->stored, error);
	if (code == 0)
		learn_checksum (transfer, item, NULL);
	if (code == 0 && move)
		code = prove_copy (transfer, item, &before, error);
	return code;
}

/* ---- either ---- */

/* The source goes only as what was copied: same etag, same file. */
static int
remove_source (struct item *item, struct larder_error *error)
{
	if (item->store) {
		bool conditional = store_caps (item->store) & LARDER_CAP_REMOVE_IF_MATCH;
		return store_remove_if (item->store, item->info.key, conditional ? item->info.etag : NULL, error);
	}
	if (item->spooled)
		return 0;
	struct stat now;
	int at = item->beneath >= 0 ? item->beneath : AT_FDCWD;
	const char *name = item->beneath >= 0 ? item->below : item->from;
	if (fstatat (at, name, &now, 0) < 0 || now.st_dev != item->facts.st_dev || now.st_ino != item->facts.st_ino)
		return larder_fail_next (error, LARDER_E_INTEGRITY, "compare the two, then remove it by hand or move it again",
			"'%s' is another file now; it stays", item->from);
	int failed = item->beneath >= 0 ? file_unlink_beneath (item->beneath, item->below) : unlink (item->from) < 0 ? -errno : 0;
	if (failed)
		return larder_fail_errno (error, -failed, "copied, but cannot remove '%s'", item->from);
	if (item->beneath >= 0)
		file_trim_parents (item->beneath, item->below);
	return 0;
}

/* A key that ends in '/' stands for a folder. */
static int
make_folder (struct transfer *transfer, struct item *item, struct larder_error *error)
{
	if (item->info.length > 0)
		return larder_fail_next (error, LARDER_E_INVALID, "copy it alone, to a name of your choice",
			"'%s' ends in '/' and has bytes: no file can be called that", item->from);
	size_t length = strlen (item->path);
	const char *bare = arena_copy_bytes (item->arena, item->path, length - 1);
	if (!bare)
		return larder_fail_memory (error);
	int code = length > 1 ? target_check_local (bare, error) : 0;
	if (code < 0 || (transfer->request->flags & LARDER_DRY_RUN))
		return code;
	code = target_root (transfer, error);
	return code < 0 || length <= 1 ? code : file_make_parents (transfer->root, item->path, 0777 & ~transfer->umask, true, error);
}

static int
copy_one (struct transfer *transfer, struct item *item, struct larder_error *error)
{
	bool dry = transfer->request->flags & LARDER_DRY_RUN;
	if (item->removal)
		return dry ? 0 : expect_remove (item, error);
	if (transfer->store && item->store)
		return copy_object (transfer, item, error);
	if (transfer->store)
		return dry ? 0 : put_file (transfer, item, error);
	size_t length = strlen (item->path);
	if (item->store && length > 0 && item->path[length - 1] == '/')
		return make_folder (transfer, item, error);
	int code = target_check_local (item->path, error);
	if (code == 0)
		code = target_check_there (AT_FDCWD, item->to, item->to, error);  /* early; what counts is the look before the rename */
	if (code < 0 || dry)
		return code;
	if (item->store)
		return write_file_from_store (transfer, item, error);
	code = item_open (item, error);
	return code < 0 ? code : write_file_from_file (transfer, item, error);
}

bool
copy_is_refusal (const struct transfer *transfer, const struct item *item, int code)
{
	return code == LARDER_E_CONFLICT ? false : !transfer->store && item->store && code == LARDER_E_INVALID;
}

int
copy_item (struct transfer *transfer, struct item *item, struct larder_error *error)
{
	bool move = (transfer->request->flags & (LARDER_MOVE | LARDER_DRY_RUN)) == LARDER_MOVE;
	int code = copy_one (transfer, item, error);
	return code == 0 && move ? remove_source (item, error) : code;
}
