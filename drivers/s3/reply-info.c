/* reply-info.c: the headers of a reply: facts of an object. */
#include "reply.h"

#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "checksum-name.h"
#include "error.h"
#include "metadata.h"

static const char *
find (const struct larder_pairs *headers, const char *name)
{
	for (size_t i = 0; i < headers->count; i++)
		if (strcmp (larder_pair_at (headers, i)->name, name) == 0)
			return larder_pair_at (headers, i)->value;
	return NULL;
}

/* ---- lengths ---- */

/* The one header of that name; said twice, it must say the same. */
static int
find_number (const struct larder_pairs *headers, const char *name, bool *ret_there, uint64_t *ret, struct larder_error *error)
{
	*ret_there = false;
	for (size_t i = 0; i < headers->count; i++) {
		const struct larder_pair *header = larder_pair_at (headers, i);
		uint64_t value;
		if (strcmp (header->name, name) != 0)
			continue;
		int code = s3_number (name, header->value, &value, error);
		if (code < 0)
			return code;
		if (*ret_there && value != *ret)
			return s3_odd (error, "%s is said twice, and differs", name);
		*ret_there = true;
		*ret = value;
	}
	return 0;
}

struct span { uint64_t offset, count, length; };

/* "bytes 5-9/100" */
static int
read_content_range (struct larder_arena *arena, const char *text, struct span *ret, struct larder_error *error)
{
	char *copy = arena_copy (arena, text), *dash, *slash;
	uint64_t first, last, length;
	if (!copy)
		return larder_fail_memory (error);
	if (strncmp (copy, "bytes ", 6) != 0 || !(dash = strchr (copy, '-')) || !(slash = strchr (dash, '/')))
		return s3_odd (error, "content-range is '%s'", text);
	*dash = *slash = '\0';
	int code = s3_number ("content-range", copy + 6, &first, error);
	if (code == 0)
		code = s3_number ("content-range", dash + 1, &last, error);
	if (code == 0)
		code = s3_number ("content-range", slash + 1, &length, error);
	if (code == 0 && (first > last || last >= length))
		code = s3_odd (error, "content-range is '%s'", text);
	if (code == 0)
		*ret = (struct span) { first, last - first + 1, length };
	return code;
}

static int
read_span (int status, const struct larder_pairs *headers, struct larder_arena *arena, struct span *ret, struct larder_error *error)
{
	const char *range = find (headers, "content-range");
	uint64_t length = 0;
	bool there;
	int code = find_number (headers, "content-length", &there, &length, error);
	if (code < 0)
		return code;
	if (status == 206) {
		if (!range)
			return s3_odd (error, "a part of an object without content-range");
		code = read_content_range (arena, range, ret, error);
		if (code == 0 && there && length != ret->count)
			code = s3_odd (error, "content-length is %llu and content-range '%s'", (unsigned long long) length, range);
		return code;
	}
	if (!there)
		return s3_odd (error, "it does not say the length of the object");
	*ret = (struct span) { 0, length, length };
	return 0;
}

/* ---- texts ---- */

/* Some servers keep the encoding of a chunked upload as the object's. */
static int
read_encoding (const char *text, struct larder_arena *arena, const char **ret, struct larder_error *error)
{
	static const char chunked[] = "aws-chunked";
	if (strncmp (text, chunked, sizeof chunked - 1) == 0 && (!text[sizeof chunked - 1] || text[sizeof chunked - 1] == ',')) {
		text += sizeof chunked - 1;
		text += strspn (text, ", ");
	}
	return *text ? s3_text (arena, text, ret, error) : 0;
}

/* ongoing-request="false", expiry-date="Fri, 21 Dec 2012 00:00:00 GMT" */
static int
read_restore (const char *text, struct larder_arena *arena, struct larder_info *info, struct larder_error *error)
{
	static const char mark[] = "expiry-date=\"";
	if (strstr (text, "ongoing-request=\"true\"")) {
		info->restore_state = LARDER_RESTORE_RUNNING;
		return 0;
	}
	if (!strstr (text, "ongoing-request=\"false\""))
		return s3_odd (error, "x-amz-restore is '%s'", text);
	info->restore_state = LARDER_RESTORE_DONE;
	const char *date = strstr (text, mark), *end = date ? strchr (date + sizeof mark - 1, '"') : NULL;
	if (!date)
		return 0;
	if (!end)
		return s3_odd (error, "x-amz-restore is '%s'", text);
	date += sizeof mark - 1;
	const char *copy = arena_copy_bytes (arena, date, (size_t) (end - date));
	return copy ? s3_http_time ("x-amz-restore", copy, &info->restore_expiry, error) : larder_fail_memory (error);
}

static int
read_metadata (const struct larder_pairs *headers, struct larder_arena *arena, struct larder_info *info, struct larder_error *error)
{
	size_t count = 0;
	struct larder_pair *pairs = headers->count ? arena_alloc (arena, headers->count * sizeof *pairs) : NULL;
	if (headers->count && !pairs)
		return larder_fail_memory (error);
	for (size_t i = 0; i < headers->count; i++) {
		const struct larder_pair *header = larder_pair_at (headers, i);
		if (strncmp (header->name, S3_METADATA_PREFIX, sizeof S3_METADATA_PREFIX - 1) != 0)
			continue;
		pairs[count].name = arena_copy (arena, header->name + sizeof S3_METADATA_PREFIX - 1);
		pairs[count].value = s3_metadata_decode (arena, header->value);
		if (!pairs[count].name || !pairs[count].value)
			return larder_fail_memory (error);
		count++;
	}
	info->metadata = (struct larder_pairs) { pairs, count, sizeof *pairs };
	return 0;
}

static int
read_checksum (const struct larder_pairs *headers, struct larder_arena *arena, struct larder_info *info, struct larder_error *error)
{
	const struct s3_checksum_name *name;
	for (size_t i = 0; (name = s3_checksum_at (i)); i++) {
		const char *value = find (headers, name->header);
		if (!value || !*value)
			continue;
		info->checksum_type = name->type;
		info->checksum_composite = s3_is_composite (value, find (headers, "x-amz-checksum-type"));
		return s3_text (arena, value, &info->checksum, error);
	}
	return 0;
}

static int
read_texts (const struct larder_pairs *headers, struct larder_arena *arena, struct larder_info *info, struct larder_error *error)
{
	const struct { const char *name; const char **at; } texts[] = {
		{ "content-type", &info->content_type }, { "cache-control", &info->cache_control },
		{ "content-disposition", &info->content_disposition }, { "x-amz-storage-class", &info->storage_class },
		{ "x-amz-replication-status", &info->replication }, { "x-amz-archive-status", &info->archive },
	};
	int code = 0;
	for (size_t i = 0; i < sizeof texts / sizeof *texts && code == 0; i++) {
		const char *value = find (headers, texts[i].name);
		if (value && *value)
			code = s3_text (arena, value, texts[i].at, error);
	}
	return code;
}

/* ---- whole ---- */

int
s3_reply_stored (const struct larder_pairs *headers, struct larder_arena *arena, struct larder_info *ret, struct larder_error *error)
{
	struct larder_info info = { .size = sizeof info };
	const char *etag = find (headers, "etag"), *version = find (headers, "x-amz-version-id");
	const char *encryption = find (headers, "x-amz-server-side-encryption"), *marker = find (headers, "x-amz-delete-marker");
	int code = etag ? s3_etag (arena, etag, &info.etag, error) : 0;
	if (version && *version && code == 0)
		code = s3_text (arena, version, &info.version, error);
	if (encryption && *encryption && code == 0)
		code = s3_text (arena, encryption, &info.encryption, error);
	if (code == 0)
		code = read_checksum (headers, arena, &info, error);
	if (code < 0)
		return code;
	if (marker && strcmp (marker, "true") == 0)
		info.flags |= LARDER_INFO_DELETE_MARKER;
	larder_give (ret, &info);
	return 0;
}

int
s3_reply_info (int status, const struct larder_pairs *headers, struct larder_arena *arena, struct larder_info *ret, uint64_t *ret_offset,
               uint64_t *ret_count, struct larder_error *error)
{
	struct larder_info info = { .size = sizeof info };
	struct span span = { 0, 0, 0 };
	const char *modified = find (headers, "last-modified"), *encoding = find (headers, "content-encoding"), *restore = find (headers, "x-amz-restore");
	const char *type = find (headers, "content-type");
	if (!find (headers, "etag") && type && strncmp (type, "text/html", 9) == 0)
		return s3_odd (error, "it is a web page");
	int code = s3_reply_stored (headers, arena, &info, error);
	info.storage_class = "STANDARD";                  /* another is told by a header; listings tell this one too */
	if (code == 0)
		code = read_span (status, headers, arena, &span, error);
	if (code == 0)
		code = read_texts (headers, arena, &info, error);
	if (encoding && code == 0)
		code = read_encoding (encoding, arena, &info.content_encoding, error);
	if (modified && code == 0)
		code = s3_http_time ("last-modified", modified, &info.mtime, error);
	if (restore && code == 0)
		code = read_restore (restore, arena, &info, error);
	if (code == 0)
		code = read_metadata (headers, arena, &info, error);
	if (code == 0 && !info.etag)         /* what stands between may answer 200 with the error as its body */
		code = s3_odd (error, "it has no etag, as every object has");
	if (code < 0)
		return code;
	info.length = span.length;
	if (span.count != span.length) {      /* it would be of the part, not of the object */
		info.checksum_type = LARDER_CHECKSUM_NONE;
		info.checksum_composite = false;
		info.checksum = NULL;
	}
	larder_give (ret, &info);
	if (ret_offset)
		*ret_offset = span.offset;
	if (ret_count)
		*ret_count = span.count;
	return 0;
}
