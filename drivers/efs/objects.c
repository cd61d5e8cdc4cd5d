/* objects.c: files looked at, read and removed. Links are followed as long as they stay below the root: a model cache has such. */
#include "efs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "error.h"
#include "file.h"

#define PIECE ((size_t) 256 << 10)

static int
fail_gone (const struct larder_object *object, struct larder_error *error)
{
	return larder_fail_next (error, LARDER_E_NOTFOUND, "check the name; 'larder ls' shows what is there", "no file '%.300s' in '%s'", object->key, object->bucket);
}

static int
open_file (int folder, const char *key)
{
	int fd = file_open_within (folder, key, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	return fd == -ENOSYS ? file_open_beneath (folder, key, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0) : fd;
}

/* What is told of it, with what is kept beside it. */
static int
tell (struct efs *efs, struct larder_call *call, const struct larder_object *object, const struct stat *facts, struct larder_info *ret, struct larder_error *error)
{
	int code = tree_info (call, object->key, facts, ret, error);
	CLEANUP_CLOSE int folder = code == 0 && efs->metadata ? tree_open (efs, object->bucket, false, error) : -1;
	return code < 0 || folder < 0 ? code : meta_read (efs, call, folder, object->key, ret, error);
}

/* A descriptor, or a code. */
static int
find (struct efs *efs, struct larder_call *call, const struct larder_object *object, struct stat *facts, struct larder_error *error)
{
	int code = larder_host->pace_request (call, error);
	if (code == 0)
		code = tree_check_key (object->key, error);
	if (code == 0 && object->version && strcmp (object->version, "null") != 0)
		return larder_fail (error, LARDER_E_NOTFOUND, "no version '%s' of '%.300s': files have none", object->version, object->key);
	if (code < 0)
		return code;
	CLEANUP_CLOSE int folder = tree_open (efs, object->bucket, false, error);
	if (folder < 0)
		return folder;
	int fd = open_file (folder, object->key);
	if (fd == -ENOENT || fd == -ENOTDIR || fd == -EXDEV || fd == -ELOOP)
		return fail_gone (object, error);
	if (fd < 0)
		return tree_fail (efs, folder, -fd, "open", object->key, error);
	if (fstat (fd, facts) == 0 && S_ISREG (facts->st_mode))
		return fd;
	close (fd);
	return fail_gone (object, error);
}

int
efs_stat (void *self, struct larder_call *call, const struct larder_object *object, struct larder_info *ret_info, struct larder_error *error)
{
	struct stat facts;
	struct larder_info info = { .size = sizeof info };
	CLEANUP_CLOSE int fd = find (self, call, object, &facts, error);
	int code = fd < 0 ? fd : tell (self, call, object, &facts, &info, error);
	if (code == 0)
		larder_give (ret_info, &info);
	return code;
}

/* ---- reading ---- */

static int
give (struct larder_call *call, int fd, const struct larder_read *request, const struct stat *facts, const struct larder_sink *sink, struct larder_error *error)
{
	uint64_t length = (uint64_t) facts->st_size, left = length - request->offset, at = request->offset;
	CLEANUP_FREE char *piece = malloc (PIECE);
	struct stat now;
	if (!piece)
		return larder_fail_memory (error);
	for (left = request->length < left ? request->length : left; left > 0;) {
		int code = tree_cancelled (call, error);
		int64_t may = code < 0 ? code : larder_host->pace_bytes (call, left < PIECE ? left : PIECE, error);
		if (may < 0)
			return (int) may;
		int64_t got = file_pread_all (fd, piece, (size_t) may, at);
		if (got < 0)
			return larder_fail_errno (error, (int) -got, "cannot read '%.300s'", request->object.key);
		if (got == 0)
			code = larder_fail (error, LARDER_E_INTEGRITY, "'%.300s' became shorter while it was read", request->object.key);
		if (code == 0)
			code = sink->write (sink->context, piece, (size_t) got, error);
		if (code < 0)
			return code;
		at += (uint64_t) got;
		left -= (uint64_t) got;
	}
	if (fstat (fd, &now) == 0 && now.st_size == facts->st_size && now.st_mtim.tv_sec == facts->st_mtim.tv_sec && now.st_mtim.tv_nsec == facts->st_mtim.tv_nsec)
		return 0;
	return larder_fail (error, LARDER_E_INTEGRITY, "'%.300s' was changed while it was read", request->object.key);
}

int
efs_read (void *self, struct larder_call *call, const struct larder_read *request, const struct larder_sink *sink, struct larder_error *error)
{
	struct stat facts;
	char etag[ETAG_ROOM];
	struct larder_info info = { .size = sizeof info };
	CLEANUP_CLOSE int fd = find (self, call, &request->object, &facts, error);
	if (fd < 0)
		return fd;
	tree_etag (&facts, etag);
	if (request->if_match && strcmp (request->if_match, etag) != 0)
		return larder_fail_next (error, LARDER_E_CONFLICT, "read it again", "'%.300s' was replaced: its etag is %s, not %s", request->object.key, etag, request->if_match);
	if (request->offset > (uint64_t) facts.st_size || (request->offset == (uint64_t) facts.st_size && facts.st_size > 0 && request->offset > 0 && request->length == 0))
		return larder_fail (error, LARDER_E_INVALID, "'%.300s' has %llu bytes, byte %llu was asked for", request->object.key, (unsigned long long) facts.st_size,
			(unsigned long long) request->offset);
	int code = tell (self, call, &request->object, &facts, &info, error);
	if (code == 0 && sink->begin)
		code = sink->begin (sink->context, &info, error);
	return code == 0 ? give (call, fd, request, &facts, sink, error) : code;
}

/* ---- removing ---- */

static int
remove_one (const struct efs *efs, int folder, const struct larder_remove *item, struct larder_error *error)
{
	struct stat facts;
	int code = efs->read_only ? larder_fail_read_only (error, efs->name) : tree_check_key (item->key, error);
	if (code == 0 && item->if_match)
		return larder_fail (error, LARDER_E_UNSUPPORTED, "a file system does not look at a condition when it removes '%.300s'", item->key);
	if (code < 0 || (item->version && strcmp (item->version, "null") != 0))
		return code;
	if (fstatat (folder, item->key, &facts, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR (facts.st_mode))
		return 0;                        /* a folder is no object */
	if (tree_is_link (folder, item->key))
		return larder_fail_next (error, LARDER_E_CONFLICT, "larder model evict removes a model", "'%.300s' is a link, as a model cache has them", item->key);
	bool there = efs->metadata && fstatat (folder, item->key, &facts, AT_SYMLINK_NOFOLLOW) == 0;
	int failed = file_unlink_beneath (folder, item->key);
	if (failed == 0)
		file_trim_parents (folder, item->key);
	if (failed == 0 && there)
		meta_remove (efs, folder, item->key, &facts);
	return failed == 0 || failed == -ENOENT || failed == -ENOTDIR ? 0 : tree_fail (efs, folder, -failed, "remove", item->key, error);
}

int
efs_remove (void *self, struct larder_call *call, const char *bucket, const struct larder_remove *items, size_t count, size_t stride, larder_removed_fn removed, void *context,
            struct larder_error *error)
{
	int turn = larder_host->pace_request (call, error);
	CLEANUP_CLOSE int folder = turn < 0 ? turn : tree_open (self, bucket, false, error);
	if (folder < 0)
		return folder;
	for (size_t i = 0; i < count; i++) {
		struct larder_remove item = { .size = sizeof item };
		struct larder_error why = LARDER_ERROR_INIT;
		const struct larder_info info = { .size = sizeof info };
		larder_give (&item, (const char *) items + i * stride);
		int code = tree_cancelled (call, error);
		if (code < 0)
			return code;
		code = remove_one (self, folder, &item, &why);
		code = removed (context, i, code, &info, code < 0 ? &why : NULL);
		if (code != 0)
			return code;
	}
	return 0;
}
