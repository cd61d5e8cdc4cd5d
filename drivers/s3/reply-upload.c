/* reply-upload.c: replies of multipart uploads: ids, parts, open uploads. */
#include "reply.h"

#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "error.h"
#include "marker.h"

/* ---- id ---- */

struct id { struct larder_arena *arena; const char *text; };

static int
on_id (void *context, const char *path, const char *text, struct larder_error *error)
{
	struct id *id = context;
	return strcmp (path, "UploadId") == 0 && *text ? s3_text (id->arena, text, &id->text, error) : 0;
}

int
s3_reply_upload_id (const char *body, size_t length, struct larder_arena *arena, const char **ret, struct larder_error *error)
{
	struct id id = { arena, NULL };
	const struct s3_reader reader = { NULL, on_id, &id };
	int code = s3_reply_read (body, length, "InitiateMultipartUploadResult", &reader, error);
	if (code == 0 && !id.text)
		code = s3_odd (error, "a new upload has no id");
	if (code == 0)
		*ret = id.text;
	return code;
}

/* ---- parts ---- */

struct parts {
	struct s3_rows rows;
	bool has_end, truncated;
	uint64_t next;
};

static int
begin_part (void *context, const char *path, struct larder_error *error)
{
	struct parts *parts = context;
	if (strcmp (path, "Part") != 0)
		return 0;
	struct larder_part *part = s3_row_add (&parts->rows);
	if (!part)
		return larder_fail_memory (error);
	part->size = sizeof *part;
	return 0;
}

static int
read_part (struct parts *parts, const char *name, const char *text, struct larder_error *error)
{
	struct larder_part *part = s3_row_last (&parts->rows);
	uint64_t number;
	if (strcmp (name, "PartNumber") == 0) {
		int code = s3_number (name, text, &number, error);
		if (code == 0 && (number < 1 || number > 10000))
			code = s3_odd (error, "PartNumber is '%s'", text);
		if (code == 0)
			part->number = (uint32_t) number;
		return code;
	}
	if (strcmp (name, "Size") == 0)
		return s3_number (name, text, &part->length, error);
	if (strcmp (name, "ETag") == 0)
		return s3_etag (parts->rows.arena, text, &part->etag, error);
	s3_checksum_element (name, text, parts->rows.arena, &part->checksum_type, &part->checksum);
	return 0;
}

static int
on_parts (void *context, const char *path, const char *text, struct larder_error *error)
{
	struct parts *parts = context;
	if (strncmp (path, "Part/", 5) == 0)
		return read_part (parts, path + 5, text, error);
	if (strcmp (path, "NextPartNumberMarker") == 0 && *text)
		return s3_number (path, text, &parts->next, error);
	if (strcmp (path, "IsTruncated") != 0)
		return 0;
	parts->has_end = true;
	return s3_yes_no (path, text, &parts->truncated, error);
}

static int
judge_parts (const struct parts *parts, struct larder_error *error)
{
	const struct larder_part *at = parts->rows.at;
	uint32_t last = 0;
	for (size_t i = 0; i < parts->rows.count; i++) {
		if (at[i].number <= last)
			return s3_odd (error, "part %u follows part %u", (unsigned) at[i].number, (unsigned) last);
		if (!at[i].etag)
			return s3_odd (error, "part %u has no etag", (unsigned) at[i].number);
		last = at[i].number;
	}
	if (!parts->has_end)
		return s3_odd (error, "it does not say whether more parts follow");
	if (parts->truncated && (parts->next < last || parts->next == 0 || parts->next > 10000))
		return s3_odd (error, "more parts follow, but it does not say where");
	return 0;
}

int
s3_reply_parts (const char *body, size_t length, struct larder_arena *arena, larder_part_fn part, void *context, uint32_t *ret_next,
                struct larder_error *error)
{
	struct parts parts = { .rows = { .arena = arena, .each = sizeof (struct larder_part) } };
	const struct s3_reader reader = { begin_part, on_parts, &parts };
	int code = s3_reply_read (body, length, "ListPartsResult|ListPartsResponse", &reader, error);
	if (code == 0)
		code = judge_parts (&parts, error);
	for (size_t i = 0; i < parts.rows.count && code == 0; i++)
		code = part (context, s3_row_at (&parts.rows, i), error);
	if (code == 0)
		*ret_next = parts.truncated ? (uint32_t) parts.next : 0;
	return code;
}

/* ---- open uploads ---- */

struct uploads {
	struct s3_rows rows;
	const struct larder_list *list;
	bool has_end, truncated, url;
	const char *key, *id;     /* markers */
};

static int
begin_upload (void *context, const char *path, struct larder_error *error)
{
	struct uploads *uploads = context;
	if (strcmp (path, "Upload") != 0)
		return 0;
	struct larder_upload *upload = s3_row_add (&uploads->rows);
	if (!upload)
		return larder_fail_memory (error);
	upload->size = sizeof *upload;
	upload->bucket = uploads->list->bucket;
	return 0;
}

static int
read_upload (struct uploads *uploads, const char *name, const char *text, struct larder_error *error)
{
	struct larder_upload *upload = s3_row_last (&uploads->rows);
	if (strcmp (name, "Key") == 0)
		return s3_text (uploads->rows.arena, text, &upload->key, error);
	if (strcmp (name, "UploadId") == 0)
		return s3_text (uploads->rows.arena, text, &upload->id, error);
	return strcmp (name, "Initiated") == 0 ? s3_time (name, text, &upload->started, error) : 0;
}

static int
on_uploads (void *context, const char *path, const char *text, struct larder_error *error)
{
	struct uploads *uploads = context;
	if (strncmp (path, "Upload/", 7) == 0)
		return read_upload (uploads, path + 7, text, error);
	if (strcmp (path, "IsTruncated") == 0) {
		uploads->has_end = true;
		return s3_yes_no (path, text, &uploads->truncated, error);
	}
	if (strcmp (path, "EncodingType") == 0) {
		uploads->url = strcmp (text, "url") == 0;
		return uploads->url || !*text ? 0 : s3_odd (error, "EncodingType is '%s'", text);
	}
	if (strcmp (path, "NextKeyMarker") == 0 && *text)
		return s3_text (uploads->rows.arena, text, &uploads->key, error);
	return strcmp (path, "NextUploadIdMarker") == 0 && *text ? s3_text (uploads->rows.arena, text, &uploads->id, error) : 0;
}

static int
decode (const struct uploads *uploads, const char **name, struct larder_error *error)
{
	if (!uploads->url || !*name)
		return 0;
	const char *plain = s3_url_decode (uploads->rows.arena, *name);
	return plain ? (*name = plain, 0) : s3_odd (error, "'%s' is not URL-encoded", *name);
}

static int
judge_uploads (struct uploads *uploads, struct larder_page *page, struct larder_error *error)
{
	struct larder_upload *at = uploads->rows.at;
	const char *prefix = uploads->list->prefix ? uploads->list->prefix : "";
	for (size_t i = 0; i < uploads->rows.count; i++) {
		int code = decode (uploads, &at[i].key, error);
		if (code < 0)
			return code;
		if (!at[i].key || !*at[i].key || !at[i].id || !*at[i].id)
			return s3_odd (error, "an open upload has no key, or no id");
		if (strncmp (at[i].key, prefix, strlen (prefix)) != 0)
			return s3_odd (error, "it lists '%s', which does not begin with '%s'", at[i].key, prefix);
	}
	if (!uploads->has_end)
		return s3_odd (error, "it does not say whether more uploads follow");
	page->complete = !uploads->truncated;
	if (page->complete)
		return 0;
	int code = decode (uploads, &uploads->key, error);
	if (code < 0)
		return code;
	if (!uploads->key)
		return s3_odd (error, "more uploads follow, but it does not say where");
	page->token = s3_token_join (uploads->rows.arena, &(struct s3_token) { NULL, uploads->key, uploads->id });
	if (!page->token)
		return larder_fail_memory (error);
	if (uploads->list->token && strcmp (uploads->list->token, page->token) == 0)
		return s3_odd (error, "the listing would go on where it was: it has no end");
	return 0;
}

int
s3_reply_uploads (const char *body, size_t length, const struct larder_list *list, struct larder_arena *arena, larder_upload_fn upload,
                  void *context, struct larder_page *ret, struct larder_error *error)
{
	struct uploads uploads = { .rows = { .arena = arena, .each = sizeof (struct larder_upload) }, .list = list };
	struct larder_page page = { .size = sizeof page };
	const struct s3_reader reader = { begin_upload, on_uploads, &uploads };
	int code = s3_reply_read (body, length, "ListMultipartUploadsResult", &reader, error);
	if (code == 0)
		code = judge_uploads (&uploads, &page, error);
	for (size_t i = 0; i < uploads.rows.count && code == 0; i++)
		code = upload (context, s3_row_at (&uploads.rows, i), error);
	if (code == 0)
		larder_give (ret, &page);
	return code;
}
