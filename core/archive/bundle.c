/* bundle.c: files go into the tar one by one, as they are then: what changes while it is read is not in it. */
#include "bundle.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "clock.h"
#include "error.h"
#include "file.h"
#include "json.h"
#include "tar.h"
#include "transfer.h"

enum { HEAD_MOST = 32 << 10, INDEX_MOST = 64 << 20 };

void
bundle_begin (struct bundle *bundle)
{
	*bundle = (struct bundle) { .fd = -1 };
	bundle->last = &bundle->first;
	sha256_begin (&bundle->sum);
	buffer_init (&bundle->index, INDEX_MOST);
}

void
bundle_end (struct bundle *bundle)
{
	if (bundle->fd >= 0)
		close (bundle->fd);
	buffer_free (&bundle->index);
}

/* ---- bytes ---- */

static int
append (struct bundle *bundle, const void *bytes, size_t count, struct larder_error *error)
{
	int status = file_pwrite_all (bundle->fd, bytes, count, bundle->length);
	if (status < 0)
		return larder_fail_errno (error, -status, "cannot write the bundle, which is made in a file of TMPDIR");
	sha256_add (&bundle->sum, bytes, count);
	bundle->length += count;
	return 0;
}

static int
append_zeros (struct bundle *bundle, size_t count, struct larder_error *error)
{
	static const char zeros[TAR_END];
	return append (bundle, zeros, count, error);
}

struct filling { struct bundle *bundle; struct sha256 sum; };

static int
append_piece (void *context, const void *bytes, size_t count, struct larder_error *error)
{
	struct filling *filling = context;
	sha256_add (&filling->sum, bytes, count);
	return append (filling->bundle, bytes, count, error);
}

/* ---- a member ---- */

static void
add_line (struct bundle *bundle, const char *name, uint64_t offset, const struct item *item, const char *sum)
{
	char time[EXACT_ROOM], mode[8];
	struct json json;
	json_begin (&json, &bundle->index);
	json_put_object (&json);
	json_member_bytes (&json, "path", name);
	json_member_uint (&json, "offset", offset);
	json_member_uint (&json, "length", (uint64_t) item->facts.st_size);
	exact_text (item->facts.st_mtim.tv_sec * NS_PER_S + item->facts.st_mtim.tv_nsec, time);
	json_member (&json, "mtime", time);
	snprintf (mode, sizeof mode, "%04o", (unsigned) item->facts.st_mode & 07777);
	json_member (&json, "mode", mode);
	json_member (&json, "sha256", sum);
	json_put_object_end (&json);
	buffer_add_char (&bundle->index, '\n');
}

static int
add_member (struct bundle *bundle, struct item *item, const char *name, struct larder_error *error)
{
	CLEANUP_BUFFER struct buffer head;
	struct file_source file;
	struct larder_source source;
	struct filling filling = { .bundle = bundle };
	char sum[65];
	uint64_t length = (uint64_t) item->facts.st_size;
	buffer_init (&head, HEAD_MOST);
	tar_add_head (&head, name, item->facts.st_mode, length, item->facts.st_mtim.tv_sec);
	int code = head.failed ? larder_fail_memory (error) : append (bundle, head.at, head.length, error);
	uint64_t offset = bundle->length;
	sha256_begin (&filling.sum);
	if (code == 0)
		code = file_source_begin (&file, item->fd, item->from, &source, error);
	if (code == 0)
		code = source_each (&source, append_piece, &filling, error);
	if (code == 0)
		code = file_source_check (&file, error);
	if (code == 0)
		code = append_zeros (bundle, tar_padding (length), error);
	if (code < 0)
		return code;
	sha256_end_hex (&filling.sum, sum);
	add_line (bundle, name, offset, item, sum);
	return bundle->index.failed ? larder_fail_memory (error) : 0;
}

int
bundle_add (struct bundle *bundle, struct item *item, const char *name, struct larder_error *error)
{
	if (bundle->fd < 0 && (bundle->fd = file_temporary (error)) < 0)
		return bundle->fd;
	const struct sha256 sum = bundle->sum;
	const uint64_t length = bundle->length;
	const size_t line = bundle->index.length;
	int code = add_member (bundle, item, name, error);
	if (code == 0) {
		bundle->count++;
		return 0;
	}
	bundle->sum = sum;
	bundle->length = length;
	buffer_cut (&bundle->index, line);
	return code;
}

/* ---- the whole ---- */

int
bundle_close (struct bundle *bundle, char ret_name[BUNDLE_NAME_ROOM], char ret_sum[65], struct larder_error *error)
{
	int code = append_zeros (bundle, TAR_END, error);
	if (code == 0 && ftruncate (bundle->fd, (off_t) bundle->length) < 0)     /* of what was not taken after all more may lie there */
		code = larder_fail_errno (error, errno, "cannot cut the bundle in TMPDIR");
	sha256_end_hex (&bundle->sum, ret_sum);
	snprintf (ret_name, BUNDLE_NAME_ROOM, "bundle-%.32s.tar", ret_sum);
	return code;
}

int
bundle_index (const struct bundle *bundle, const char *name, const char *sum, struct buffer *into, struct larder_error *error)
{
	struct json json;
	json_begin (&json, into);
	json_put_object (&json);
	json_member_uint (&json, "larder-bundle", 1);
	json_member (&json, "name", name);
	json_member_uint (&json, "members", bundle->count);
	json_member_uint (&json, "length", bundle->length);
	json_member (&json, "sha256", sum);
	json_put_object_end (&json);
	buffer_add_char (into, '\n');
	buffer_add (into, buffer_text (&bundle->index), bundle->index.length);
	return into->failed ? larder_fail_memory (error) : 0;
}
