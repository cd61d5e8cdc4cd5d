/* reading.c: an object's bytes, resumed after a break, compared with what the store says of them. */
#include "handle.h"

#define LARDER_API_VERSION LARDER_API_CURRENT
#include <larder/driver.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "arena.h"
#include "buffer.h"
#include "checksum.h"
#include "cleanup.h"
#include "error.h"
#include "file.h"
#include "objects.h"
#include "text.h"

enum { RESUMES_MOST = 5 };

/* Between the driver's sink and the caller's: counts, checks, and hides that a read was resumed. */
struct reading {
	const struct larder_sink *sink;
	struct larder_arena *arena;
	const char *key;
	bool begun, whole;
	uint64_t expected, got;          /* bytes of this request */
	uint32_t checksum_type;
	const char *checksum, *etag;
	uint64_t crc64;
	uint32_t crc32c;
};

static int
reading_begin (void *context, const struct larder_info *info, struct larder_error *error)
{
	struct reading *reading = context;
	if (reading->begun) {
		if (reading->etag && info->etag && strcmp (reading->etag, info->etag) != 0)
			return larder_fail_next (error, LARDER_E_CONFLICT, "nothing was kept; read it again",
				"object '%s' was replaced while being read", reading->key);
		return 0;
	}
	reading->begun = true;
	reading->expected = info->length;
	reading->etag = arena_copy (reading->arena, info->etag);
	if (!info->checksum_composite) {
		reading->checksum_type = info->checksum_type;
		reading->checksum = arena_copy (reading->arena, info->checksum);
	}
	return reading->sink->begin ? reading->sink->begin (reading->sink->context, info, error) : 0;
}

static int
reading_write (void *context, const void *bytes, size_t count, struct larder_error *error)
{
	struct reading *reading = context;
	if (!reading->begun)
		return larder_fail_next (error, LARDER_E_INTEGRITY, "the driver is at fault: `larder module check` its file, and report it",
			"driver gave bytes of '%s' before saying what they are", reading->key);
	reading->got += count;
	if (reading->whole && reading->checksum_type == LARDER_CHECKSUM_CRC64NVME)
		reading->crc64 = crc64nvme (reading->crc64, bytes, count);
	else if (reading->whole && reading->checksum_type == LARDER_CHECKSUM_CRC32C)
		reading->crc32c = crc32c (reading->crc32c, bytes, count);
	return reading->sink->write (reading->sink->context, bytes, count, error);
}

static int
check_whole (const struct reading *reading, struct larder_error *error)
{
	char text[16] = "";
	if (!reading->whole)
		return 0;
	if (reading->got != reading->expected)
		return larder_fail_next (error, LARDER_E_INTEGRITY, "read it again; if it stays so, restore an earlier version or upload it again",
			"object '%s' has %llu bytes, %llu came", reading->key,
		                    (unsigned long long) reading->expected, (unsigned long long) reading->got);
	if (reading->checksum_type == LARDER_CHECKSUM_CRC64NVME) {
		crc64nvme_text (reading->crc64, text);
	} else if (reading->checksum_type == LARDER_CHECKSUM_CRC32C) {
		crc32c_text (reading->crc32c, text);
	}
	if (*text && reading->checksum && strcmp (text, reading->checksum) != 0)
		return larder_fail_next (error, LARDER_E_INTEGRITY, "read it again; if it stays so, restore an earlier version or upload it again",
			"object '%s' is damaged: its checksum is %s, its bytes have %s", reading->key,
		                    reading->checksum, text);
	return 0;
}

static int
read_range (struct larder_store *store, struct reading *reading, const struct larder_get *request, const struct larder_sink *inner,
            struct larder_error *error)
{
	struct larder_call call = larder_call_begin (store->larder, reading->arena);
	struct larder_read read = {
		.size = sizeof read, .object = { sizeof read.object, store->bucket, request->key, request->version },
		.offset = request->offset + reading->got,
		.length = request->length == LARDER_TO_END ? LARDER_TO_END : request->length - reading->got,
		.if_match = reading->begun ? reading->etag : request->if_match,
	};
	instance_enter (store->instance);
	int code = store->driver->read (store->instance->self, &call, &read, inner, error);
	instance_leave (store->instance);
	return code;
}

int
store_read_failed (const struct larder_store *store, const char *key, int code, struct larder_error *error)
{
	char next[sizeof error->next];
	int length = snprintf (next, sizeof next, "larder archive restore '%s%s'", store_prefix (store), key);
	if (code != LARDER_E_NOTREADY)
		return code;
	error_add (error, "; it is archived, not restored");
	larder_explain (error, LARDER_DETAIL_NEXT, length < (int) sizeof next ? next : "larder archive restore STORE:KEY");
	return code;
}

/* A line that breaks off behind the last byte has lost nothing. */
static bool
is_all_here (const struct reading *reading, const struct larder_get *request)
{
	return reading->begun && (reading->got == request->length || request->offset + reading->got >= reading->expected);
}

/* With the words of the last time. */
static int
fail_broken (const struct reading *reading, struct larder_error *error)
{
	char last[300] = "";
	if (error && error->code == LARDER_E_RETRY)
		snprintf (last, sizeof last, "%.*s", (int) sizeof last - 1, error->message);
	return larder_fail_next (error, LARDER_E_UNAVAILABLE, "try again later; the network or the service breaks off",
	                         "object '%s' broke off %d times; %llu bytes came%s%s", reading->key, RESUMES_MOST,
	                         (unsigned long long) reading->got, *last ? "; at last: " : "", last);
}

int
larder_get (struct larder_store *store, const struct larder_get *request, const struct larder_sink *sink, struct larder_error *error)
{
	size_t length = request->key ? strlen (request->key) : 0;
	if (!length || length > 1024)
		return larder_fail_next (error, LARDER_E_INVALID, "add the object's key behind the colon",
			"'%s%s' names no object", store_prefix (store), length ? "…" : "");
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	if (!arena)
		return larder_fail_memory (error);
	struct reading reading = { .sink = sink, .arena = arena, .key = request->key, .whole = request->offset == 0 && request->length == LARDER_TO_END };
	struct larder_sink inner = { .size = sizeof inner, .context = &reading, .begin = reading_begin, .write = reading_write };
	int code = LARDER_E_RETRY;
	for (int turn = 0; turn < RESUMES_MOST && code == LARDER_E_RETRY; turn++) {
		code = larder_is_cancelled (store->larder) ? larder_fail_cancelled (error) : read_range (store, &reading, request, &inner, error);
		if (code == LARDER_E_RETRY && is_all_here (&reading, request))
			code = 0;
	}
	if (code == LARDER_E_RETRY)
		code = fail_broken (&reading, error);
	return code == 0 ? check_whole (&reading, error) : store_read_failed (store, request->key, code, error);
}

/* A folder or the one above it, to whoever asks for an address: also where the dots are encoded. */
static bool
has_dots (const char *key)
{
	for (const char *at = key;; at++) {
		size_t length = strcspn (at, "/");
		if ((length == 1 || length == 2) && strspn (at, ".") >= length)
			return true;
		at += length;
		if (!*at)
			return false;
	}
}

int
object_cdn_url (struct larder_arena *arena, const char *domain, const char *key, const char **ret_url, struct larder_error *error)
{
	CLEANUP_BUFFER struct buffer url;
	buffer_init (&url, 8192);
	if (has_dots (key))
		return larder_fail_next (error, LARDER_E_INVALID, "another key: larder mv", "'%s' has no address: who asks for one takes '.' and '..' in it for folders", key);
	buffer_printf (&url, "https://%s/", domain);
	text_percent (&url, key);
	const char *text = url.failed ? NULL : arena_copy (arena, url.at);
	if (!text)
		return larder_fail_memory (error);
	*ret_url = text;
	return 0;
}

/* ---- a copy through this process ---------------------------------------------------------------- */

struct spool { int fd; struct larder_arena *arena; const struct store_watch *watch; struct larder_info info; };

static int
spool_begin (void *context, const struct larder_info *info, struct larder_error *error)
{
	struct spool *spool = context;
	struct larder_pair *pairs = arena_alloc (spool->arena, (info->metadata.count + 1) * sizeof *pairs);
	if (!pairs)
		return larder_fail_memory (error);
	spool->info = *info;
	spool->info.content_type = arena_copy (spool->arena, info->content_type);
	spool->info.content_encoding = arena_copy (spool->arena, info->content_encoding);
	spool->info.cache_control = arena_copy (spool->arena, info->cache_control);
	spool->info.content_disposition = arena_copy (spool->arena, info->content_disposition);
	spool->info.storage_class = arena_copy (spool->arena, info->storage_class);
	for (size_t i = 0; i < info->metadata.count; i++) {
		const struct larder_pair *pair = larder_pair_at (&info->metadata, i);
		pairs[i] = (struct larder_pair) { arena_copy (spool->arena, pair->name), arena_copy (spool->arena, pair->value) };
	}
	spool->info.metadata = (struct larder_pairs) { pairs, info->metadata.count, sizeof *pairs };
	return 0;
}

static int
spool_write (void *context, const void *bytes, size_t count, struct larder_error *error)
{
	struct spool *spool = context;
	int status = file_write_all (spool->fd, bytes, count);
	if (status < 0)
		return larder_fail_errno (error, -status, "cannot write the temporary copy");
	return spool->watch ? spool->watch->moved (spool->watch->context, count, error) : 0;
}

struct larder_attributes
store_copy_attributes (const struct larder_store *from, const struct larder_store *to, const struct larder_attributes *asked, const struct larder_info *source)
{
	struct larder_attributes attributes = *asked;
	attributes.size = sizeof attributes;
#define KEEP(field) if (!attributes.field) attributes.field = source->field
	KEEP (content_type);
	KEEP (content_encoding);
	KEEP (cache_control);
	KEEP (content_disposition);
	if (!attributes.storage_class && from->driver == to->driver && !to->schema->storage_class && to->instance->caps & LARDER_CAP_CLASSES)
		attributes.storage_class = source->storage_class;
	if (!attributes.metadata_given)
		attributes.metadata = source->metadata;
	return attributes;
}

/* The way out. A store that keeps a checksum is told it first, from a pass of its own. */
struct outward { struct larder_source inner; const struct store_watch *watch; uint64_t read, from; };

static int64_t
outward_pread (void *context, void *into, size_t count, uint64_t offset, struct larder_error *error)
{
	struct outward *outward = context;
	int64_t got = outward->inner.pread (outward->inner.context, into, count, offset, error);
	if (got <= 0)
		return got;
	outward->read += (uint64_t) got;
	if (outward->read <= outward->from || outward->read - outward->from > outward->inner.length)
		return got;
	int code = outward->watch->moved (outward->watch->context, (size_t) got, error);
	return code < 0 ? code : got;
}

int
object_copy_through (struct larder_store *from, struct larder_store *to, struct larder_arena *arena, const struct larder_copy_object *request,
                     const struct store_watch *watch, struct larder_info *ret_info, struct larder_error *error)
{
	CLEANUP_CLOSE int fd = file_temporary (error);
	if (fd < 0)
		return fd;
	struct spool spool = { .fd = fd, .arena = arena, .watch = watch };
	struct larder_sink sink = { .size = sizeof sink, .context = &spool, .begin = spool_begin, .write = spool_write };
	struct larder_get get = { .size = sizeof get, .key = request->key, .version = request->version, .length = LARDER_TO_END, .if_match = request->if_match };
	int code = larder_get (from, &get, &sink, error);
	struct file_source file;
	struct larder_source source;
	if (code == 0)
		code = file_source_begin (&file, fd, request->key, &source, error);
	if (code < 0)
		return code;
	struct larder_put put = {
		.size = sizeof put, .key = request->to, .attributes = store_copy_attributes (from, to, &request->attributes, &spool.info), .create_only = request->create_only,
	};
	struct outward outward = { .inner = source, .watch = watch, .from = to->instance->caps & LARDER_CAP_CHECKSUM ? source.length : 0 };
	const struct larder_source watched = { .size = sizeof watched, .context = &outward, .length = source.length, .pread = outward_pread };
	return larder_put (to, arena, &put, watch ? &watched : &source, ret_info, error);
}
