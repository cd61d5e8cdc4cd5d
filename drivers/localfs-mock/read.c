/* read.c: looking at objects and reading them. Readers take no lock: they open the record, then the bytes it
 * names; if those vanished in between, the record has changed and is read again. */
#include "mock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cleanup.h"
#include "error.h"
#include "file.h"
#include "give.h"

#define PIECE ((size_t) 256 << 10)
#define TRIES 1000

/* ---- records ---- */

static int
damaged (const struct bucket *bucket, const char *path, struct larder_error *error)
{
	larder_fail (error, LARDER_E_INTEGRITY, "the record '%s' of bucket '%s' is damaged", path, bucket->name);
	larder_explain (error, LARDER_DETAIL_NEXT, "restore the file below " TRUTH "/meta from a copy, or write or remove the object");
	return LARDER_E_INTEGRITY;
}

int
record_load (const struct bucket *bucket, const char *path, struct larder_arena *arena, struct record *ret, struct larder_error *error)
{
	CLEANUP_FREE char *text = NULL;
	char meta[PATH_ROOM], key[KEY_MOST + 1];
	size_t length;
	meta_path (path, meta);
	int code = file_slurp_if_there (bucket->truth, meta, RECORD_MOST, &text, &length, error);
	if (code == 0)
		*ret = (struct record) { 0 };
	if (code <= 0)
		return code;
	struct record record;
	if (record_parse (text, length, arena, &record) < 0 || key_path_decode (path, key) < 0 || strcmp (key, record.key) != 0)
		return damaged (bucket, path, error);
	*ret = record;
	return 0;
}

int
record_look (const struct bucket *bucket, const char *path, struct larder_arena *arena, struct record *ret, struct larder_error *error)
{
	int code = record_load (bucket, path, arena, ret, error);
	return code < 0 ? code : lifecycle_apply (bucket, arena, ret, error);
}

struct version *
record_find (const struct record *record, const char *id)
{
	if (!id)
		return record->count > 0 && record->versions[0].data ? &record->versions[0] : NULL;
	for (size_t i = 0; i < record->count; i++)
		if (strcmp (record->versions[i].id, id) == 0)
			return &record->versions[i];
	return NULL;
}

bool
etag_matches (const struct version *version, const char *etag)
{
	size_t length = strlen (etag);
	if (length >= 2 && etag[0] == '"' && etag[length - 1] == '"')
		return strlen (version->etag) == length - 2 && memcmp (version->etag, etag + 1, length - 2) == 0;
	return strcmp (version->etag, etag) == 0;
}

/* ---- facts ---- */

void
info_fill (const struct bucket *bucket, const struct record *record, const struct version *version, struct larder_info *ret)
{
	const struct larder_attributes *attributes = &version->attributes;
	*ret = (struct larder_info) {
		.size = sizeof *ret, .key = record->key, .version = version->id, .mtime = version->mtime,
		.flags = (version == record->versions ? LARDER_INFO_LATEST : 0) | (version->data ? 0 : LARDER_INFO_DELETE_MARKER),
	};
	if (!version->data)
		return;
	ret->length = version->length;
	ret->restore_state = restore_state (version, bucket->now);
	ret->restore_expiry = ret->restore_state == LARDER_RESTORE_DONE ? version->restored_until : 0;
	ret->etag = version->etag;
	ret->checksum_type = LARDER_CHECKSUM_CRC64NVME;
	ret->checksum = version->checksum;
	ret->storage_class = attributes->storage_class ? attributes->storage_class : "STANDARD";
	ret->content_type = attributes->content_type ? attributes->content_type : "binary/octet-stream";
	ret->content_encoding = attributes->content_encoding;
	ret->cache_control = attributes->cache_control;
	ret->content_disposition = attributes->content_disposition;
	ret->encryption = attributes->encryption;
	ret->metadata = attributes->metadata;
}

static int
keep (struct larder_call *call, const char **text)
{
	const char *copy = give_text (call, *text);
	if (*text && !copy)
		return -1;
	*text = copy;
	return 0;
}

static int
keep_pairs (struct larder_call *call, struct larder_pairs *pairs)
{
	if (pairs->count == 0)
		return 0;
	struct larder_pair *at = larder_host->arena (call, pairs->count * sizeof *at);
	if (!at)
		return -1;
	for (size_t i = 0; i < pairs->count; i++) {
		at[i] = *larder_pair_at (pairs, i);
		if (keep (call, &at[i].name) < 0 || keep (call, &at[i].value) < 0)
			return -1;
	}
	*pairs = (struct larder_pairs) { at, pairs->count, sizeof *at };
	return 0;
}

int
info_give (struct larder_call *call, const struct larder_info *info, struct larder_info *ret, struct larder_error *error)
{
	if (!ret)
		return 0;
	struct larder_info kept = *info;
	const char **texts[] = { &kept.key, &kept.version, &kept.etag, &kept.storage_class, &kept.checksum, &kept.content_type,
	                         &kept.content_encoding, &kept.cache_control, &kept.content_disposition, &kept.encryption };
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		if (keep (call, texts[i]) < 0)
			return larder_fail_memory (error);
	if (keep_pairs (call, &kept.metadata) < 0)
		return larder_fail_memory (error);
	larder_give (ret, &kept);
	return 0;
}

/* ---- views ---- */

static int
absent (const struct bucket *bucket, const struct larder_object *object, struct larder_error *error)
{
	if (object->version)
		return larder_fail (error, LARDER_E_NOTFOUND, "no version '%s' of '%s' in bucket '%s'", object->version, object->key, bucket->name);
	return larder_fail (error, LARDER_E_NOTFOUND, "no object '%s' in bucket '%s'", object->key, bucket->name);
}

static int
bytes_fault (const struct bucket *bucket, const char *key, const char *what, struct larder_error *error)
{
	larder_fail (error, LARDER_E_INTEGRITY, "the bytes of '%s' in bucket '%s' %s", key, bucket->name, what);
	larder_explain (error, LARDER_DETAIL_NEXT, "restore the file below " TRUTH "/data from a copy, or write or remove the object");
	return LARDER_E_INTEGRITY;
}

/* The bytes, to be read or only to be looked at; 1 if they are not there. */
static int
open_bytes (const struct bucket *bucket, int flags, struct view *view, struct larder_error *error)
{
	char path[PATH_ROOM];
	struct stat st;
	data_path (view->path, view->version->data, path);
	view->fd = file_open_beneath (bucket->truth, path, flags, 0);
	if (view->fd == -ENOENT)
		return 1;
	if (view->fd < 0)
		return larder_fail_errno (error, -view->fd, "cannot read '%s' in bucket '%s'", view->record.key, bucket->name);
	if (fstat (view->fd, &st) < 0 || (uint64_t) st.st_size != view->version->length)
		return bytes_fault (bucket, view->record.key, "have another length on disk than was written", error);
	return 0;
}

int
view_open (const struct bucket *bucket, const struct larder_object *object, bool read, struct view *ret, struct larder_error *error)
{
	*ret = (struct view) { .fd = -1, .arena = arena_new () };
	if (!ret->arena)
		return larder_fail_memory (error);
	int code = bucket_key (bucket, object->key, ret->path, error);
	char missed[ID_ROOM] = "";
	for (int try = 0; code == 0 && try < TRIES; try++) {
		arena_clear (ret->arena);
		code = record_look (bucket, ret->path, ret->arena, &ret->record, error);
		if (code < 0)
			return code;
		ret->version = record_find (&ret->record, object->version);
		if (!ret->version || !ret->version->data)
			return absent (bucket, object, error);
		code = read ? restore_check (bucket, object->key, ret->version, error) : 0;
		if (code < 0)
			return code;
		code = open_bytes (bucket, read ? O_RDONLY : O_PATH, ret, error);
		if (code <= 0)
			return code;
		if (strcmp (missed, ret->version->data) == 0)
			return bytes_fault (bucket, object->key, "are missing", error);
		snprintf (missed, sizeof missed, "%s", ret->version->data);
		code = mock_cancelled (bucket->call, error);
	}
	return code < 0 ? code : larder_fail (error, LARDER_E_UNAVAILABLE, "'%s' in bucket '%s' keeps changing", object->key, bucket->name);
}

void
view_close (struct view *view)
{
	cleanup_close_at (&view->fd);
	arena_free (view->arena);
	*view = (struct view) VIEW_NONE;
}

/* ---- operations ---- */

int
mock_stat (void *self, struct larder_call *call, const struct larder_object *object, struct larder_info *ret_info,
           struct larder_error *error)
{
	CLEANUP_BUCKET struct bucket bucket = BUCKET_NONE;
	CLEANUP_VIEW struct view view = VIEW_NONE;
	struct larder_info info;
	int code = bucket_open (self, call, object->bucket, false, &bucket, error);
	if (code == 0)
		code = view_open (&bucket, object, false, &view, error);
	if (code < 0)
		return code;
	change_repair (&bucket, object->key);
	info_fill (&bucket, &view.record, view.version, &info);
	return info_give (call, &info, ret_info, error);
}

static int
deliver (struct larder_call *call, const struct view *view, uint64_t offset, uint64_t length, const struct larder_sink *sink,
         struct larder_error *error)
{
	CLEANUP_FREE char *piece = malloc (PIECE);
	if (!piece)
		return larder_fail_memory (error);
	while (length > 0) {
		int code = mock_cancelled (call, error);
		if (code < 0)
			return code;
		int64_t may = larder_host->pace_bytes (call, length < PIECE ? length : PIECE, error);
		if (may < 0)
			return (int) may;
		size_t want = (size_t) may;
		int64_t got = file_pread_all (view->fd, piece, want, offset);
		if (got < 0)
			return larder_fail_errno (error, (int) -got, "cannot read '%s'", view->record.key);
		if ((size_t) got < want)
			return larder_fail (error, LARDER_E_INTEGRITY, "'%s' was cut while being read", view->record.key);
		code = sink->write (sink->context, piece, want, error);
		if (code < 0)
			return code;
		larder_host->progress (call, want);
		offset += want;
		length -= want;
	}
	return 0;
}

int
mock_read (void *self, struct larder_call *call, const struct larder_read *request, const struct larder_sink *sink,
           struct larder_error *error)
{
	CLEANUP_BUCKET struct bucket bucket = BUCKET_NONE;
	CLEANUP_VIEW struct view view = VIEW_NONE;
	struct larder_info info;
	int code = bucket_open (self, call, request->object.bucket, false, &bucket, error);
	if (code == 0)
		code = view_open (&bucket, &request->object, true, &view, error);
	if (code < 0)
		return code;
	if (request->if_match && !etag_matches (view.version, request->if_match))
		return larder_fail (error, LARDER_E_CONFLICT, "'%s' in bucket '%s' has changed", request->object.key, bucket.name);
	uint64_t length = view.version->length;
	if (request->offset > length && length > 0)
		return larder_fail (error, LARDER_E_INVALID, "'%s' in bucket '%s' ends before byte %llu", request->object.key, bucket.name,
		                    (unsigned long long) request->offset);
	uint64_t left = request->offset < length ? length - request->offset : 0;
	info_fill (&bucket, &view.record, view.version, &info);
	code = sink->begin ? sink->begin (sink->context, &info, error) : 0;
	if (code < 0)
		return code;
	return deliver (call, &view, request->offset, request->length < left ? request->length : left, sink, error);
}
