/* write.c: a file, whole or not at all: private, synced, then under its name. Never anybody else's: owner and group stay as the mount makes them. */
#include "efs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "checksum.h"
#include "cleanup.h"
#include "clock.h"
#include "error.h"
#include "file.h"

enum { TURNS = 10 };

/* Others cannot be computed here: not to be taken for compared. */
static bool
can_compare (const struct larder_write *request)
{
	return !request->checksum || request->checksum_type == LARDER_CHECKSUM_NONE || checksum_is_ours (request->checksum_type);
}

static int
check_request (const struct efs *efs, const struct larder_write *request, struct larder_error *error)
{
	if (efs->read_only)
		return larder_fail_read_only (error, efs->name);
	if (request->condition.if_match)
		return larder_fail (error, LARDER_E_UNSUPPORTED, "a file system decides no If-Match: '%.300s' was not written", request->key);
	if (!can_compare (request))
		return larder_fail (error, LARDER_E_UNSUPPORTED, "'%.300s' was given a checksum of a kind that files are not compared by", request->key);
	return tree_check_key (request->key, error);
}

struct taking { struct larder_call *call; struct file_draft *draft; uint32_t type; uint64_t sum; };

static int
take_piece (void *context, const void *bytes, size_t count, struct larder_error *error)
{
	struct taking *taking = context;
	taking->sum = checksum_add (taking->type, taking->sum, bytes, count);
	for (size_t done = 0; done < count;) {
		int code = tree_cancelled (taking->call, error);
		int64_t may = code < 0 ? code : larder_host->pace_bytes (taking->call, count - done, error);
		if (may < 0)
			return (int) may;
		code = file_draft_write (taking->draft, (const char *) bytes + done, (size_t) may, error);
		if (code < 0)
			return code;
		done += (size_t) may;
	}
	return 0;
}

/* What the caller says of the bytes must be true of those that were written. */
static int
take (struct larder_call *call, const struct larder_write *request, const struct larder_source *source, struct file_draft *draft, struct larder_error *error)
{
	struct taking taking = { call, draft, request->checksum_type, 0 };
	char text[16];
	int code = source_each (source, take_piece, &taking, error);
	if (code < 0 || !request->checksum || request->checksum_type == LARDER_CHECKSUM_NONE)
		return code;
	checksum_text (taking.type, taking.sum, text);
	return strcmp (text, request->checksum) == 0 ? 0
		: larder_fail (error, LARDER_E_INTEGRITY, "the bytes of '%.300s' have checksum %s, not %s", request->key, text, request->checksum);
}

/* By the clock that objects' times come from: the kernel's own time of a file is that of its last tick, before an object that was made just before it,
 * and a copy must not be older than what it is a copy of. */
static int
stamp (const struct file_draft *draft, const char *key, struct larder_error *error)
{
	int64_t now = larder_host->store_now ();
	const struct timespec times[2] = { { .tv_nsec = UTIME_NOW }, { now / NS_PER_S, now % NS_PER_S } };
	return futimens (draft->fd, times) < 0 ? larder_fail_errno (error, errno, "cannot set the time of '%.300s'", key) : 0;
}

/* A folder in the way of a file, or a file in the way of a folder: which of the two goes in is not ours to decide. */
static int
check_place (int folder, const char *key, struct larder_error *error)
{
	struct stat facts;
	char up[KEY_MOST + 1];
	if (tree_is_link (folder, key))
		return larder_fail_next (error, LARDER_E_CONFLICT, "larder model pull fills a cache", "'%.300s' is a link, as a model cache has them", key);
	if (fstatat (folder, key, &facts, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR (facts.st_mode))
		return larder_fail_next (error, LARDER_E_CONFLICT, "remove what is below it, or choose another key", "'%.300s' is a folder already", key);
	snprintf (up, sizeof up, "%s", key);
	for (char *slash = strrchr (up, '/'); slash; slash = strrchr (up, '/')) {
		*slash = '\0';
		if (fstatat (folder, up, &facts, AT_SYMLINK_NOFOLLOW) == 0 && !S_ISDIR (facts.st_mode))
			return larder_fail_next (error, LARDER_E_CONFLICT, "remove it, or choose another key", "'%.300s' is a file already, '%.300s' would lie below it", up, key);
	}
	return 0;
}

static int
publish (const struct efs *efs, int folder, const struct larder_write *request, struct file_draft *draft, struct larder_error *error)
{
	struct larder_error why = LARDER_ERROR_INIT;
	int code = file_draft_publish (draft, request->condition.create_only ? FILE_CREATE : FILE_REPLACE, &why);
	if (code == LARDER_E_CONFLICT)
		return larder_fail_next (error, code, "leave out --create-only to replace it, or choose another key", "'%.300s' is there already", request->key);
	if (code < 0 && (why.errnum == EACCES || why.errnum == EPERM))
		return tree_fail (efs, folder, why.errnum, "write", request->key, error);
	if (code < 0 && error)
		larder_give (error, &why);
	return code;
}

/* A folder may be taken away between the two, by somebody who removed the last file in it. */
static int
begin (const struct efs *efs, int folder, const char *key, struct file_draft *draft, struct larder_error *why)
{
	int code = LARDER_E_NOTFOUND;
	for (int turn = 0; turn < TURNS && code == LARDER_E_NOTFOUND; turn++) {
		code = file_make_parents (folder, key, efs->dir_mode, true, why);
		if (code == 0)
			code = file_draft_begin (draft, folder, key, efs->file_mode, true, why);
	}
	return code;
}

int
efs_write (void *self, struct larder_call *call, const struct larder_write *request, const struct larder_source *source, struct larder_info *ret_info, struct larder_error *error)
{
	struct efs *efs = self;
	struct larder_error why = LARDER_ERROR_INIT;
	CLEANUP_DRAFT struct file_draft draft = FILE_DRAFT_NONE;
	struct stat facts, before;
	char etag[ETAG_ROOM];
	int code = larder_host->pace_request (call, error);
	if (code == 0)
		code = check_request (efs, request, error);
	if (code < 0)
		return code;
	CLEANUP_CLOSE int folder = tree_open (efs, request->bucket, true, error);
	if (folder < 0)
		return folder;
	code = check_place (folder, request->key, error);
	if (code == 0)
		code = begin (efs, folder, request->key, &draft, &why);
	if (code < 0 && why.code)
		return why.errnum ? tree_fail (efs, folder, why.errnum, "write", request->key, error) : larder_fail (error, code, "%s", why.message);
	if (code == 0)
		code = take (call, request, source, &draft, error);
	if (code == LARDER_E_NOSPACE)
		file_explain_room (draft.fd, source->length, error);
	if (code == 0)
		code = stamp (&draft, request->key, error);
	bool replaces = code == 0 && efs->metadata && fstatat (folder, request->key, &before, AT_SYMLINK_NOFOLLOW) == 0;
	if (code == 0 && fstat (draft.fd, &facts) < 0)
		code = tree_fail (efs, folder, errno, "look at", request->key, error);
	if (code == 0) {
		tree_etag (&facts, etag);
		code = meta_write (efs, folder, request->key, etag, &request->attributes, error);
	}
	if (code == 0 && (code = publish (efs, folder, request, &draft, error)) < 0)
		meta_remove (efs, folder, request->key, &facts);
	if (code == 0 && replaces)
		meta_remove (efs, folder, request->key, &before);
	if (code == 0 && fstatat (folder, request->key, &facts, AT_SYMLINK_NOFOLLOW) < 0)
		code = tree_fail (efs, folder, errno, "look at", request->key, error);
	struct larder_info info = { .size = sizeof info };
	if (code == 0)
		code = tree_info (call, request->key, &facts, &info, error);
	if (code == 0)
		code = meta_read (efs, call, folder, request->key, &info, error);
	if (code == 0)
		larder_give (ret_info, &info);
	return code;
}
