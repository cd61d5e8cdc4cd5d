/* request-upload.c: requests of multipart uploads. */
#include "request.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "arena.h"
#include "buffer.h"
#include "cleanup.h"
#include "error.h"

#define PARTS_MOST 10000

/* Where a checksum of the whole is right, all parts carry one of the same kind; elsewhere none does. */
int
s3_request_upload_begin (struct aws_request *request, struct larder_arena *arena, const struct s3_server *server,
                         const struct larder_write *write, struct larder_error *error)
{
	int code = s3_begin_object (request, arena, "POST", write->bucket, write->key, error);
	if (code == 0)
		code = s3_add_attributes (request, server, &write->attributes, error);
	if (code < 0)
		return code;
	aws_request_query (request, "uploads", "");
	const struct s3_checksum_name *name = s3_checksum_name (s3_server_checksum (server));
	bool declared = s3_server_can (server, S3_CHECKSUM_MULTIPART) && (!write->copied || s3_server_can (server, S3_COPY_PART_CHECKSUM));
	if (name && declared) {
		aws_request_header (request, "x-amz-checksum-algorithm", name->word);
		aws_request_header (request, "x-amz-checksum-type", "FULL_OBJECT");
	}
	return aws_request_check (request, error);
}

static int
begin_part (struct aws_request *request, struct larder_arena *arena, const struct larder_upload *upload, uint32_t number,
            struct larder_error *error)
{
	if (number < 1 || number > PARTS_MOST)
		return larder_fail (error, LARDER_E_INVALID, "there is no part %u: parts are 1 to %d", (unsigned) number, PARTS_MOST);
	int code = s3_begin_upload (request, arena, "PUT", upload, error);
	if (code == 0)
		aws_request_query_uint (request, "partNumber", number);
	return code;
}

int
s3_request_upload_part (struct aws_request *request, struct larder_arena *arena, const struct s3_server *server,
                        const struct larder_upload *upload, uint32_t number, const struct s3_body *body, struct larder_error *error)
{
	int code = begin_part (request, arena, upload, number, error);
	if (code < 0)
		return code;
	if (s3_server_can (server, S3_CHECKSUM_MULTIPART))
		s3_add_checksum (request, server, body->checksum_type, body->checksum);
	return aws_request_check (request, error);
}

int
s3_request_upload_part_copy (struct aws_request *request, struct larder_arena *arena, const struct s3_server *server,
                             const struct larder_upload *upload, uint32_t number, const struct larder_read *from, struct larder_error *error)
{
	char range[64];
	bool whole = from->offset == 0 && from->length == LARDER_TO_END;
	if (!whole && (from->length == 0 || from->length > UINT64_MAX - from->offset))
		return larder_fail (error, LARDER_E_INVALID, "a part of '%s' has no end, or no bytes", from->object.key);
	int code = begin_part (request, arena, upload, number, error);
	if (code == 0)
		code = s3_add_copy_source (request, server, &from->object, from->if_match, error);
	if (code < 0)
		return code;
	snprintf (range, sizeof range, "bytes=%" PRIu64 "-%" PRIu64, from->offset, from->offset + from->length - 1);
	aws_request_header (request, "x-amz-copy-source-range", whole ? NULL : range);
	return aws_request_check (request, error);
}

/* ---- finish ---- */

static const struct larder_part *
part_at (const struct larder_finish *finish, size_t i)
{
	return (const struct larder_part *) (const void *) ((const char *) finish->parts + i * finish->stride);
}

/* A hole or a short part would be a whole object to the server. */
static int
check_parts (const struct larder_finish *finish, struct larder_error *error)
{
	uint64_t total = 0;
	if (finish->count == 0 || finish->count > PARTS_MOST)
		return larder_fail (error, LARDER_E_INVALID, "'%s' cannot be finished from %zu parts: 1 to %d can", finish->upload.key, finish->count, PARTS_MOST);
	for (size_t i = 0; i < finish->count; i++) {
		const struct larder_part *part = part_at (finish, i);
		if (part->number != i + 1)
			return larder_fail (error, LARDER_E_INTEGRITY, "'%s' cannot be finished: part %zu is missing", finish->upload.key, i + 1);
		if (!part->etag || !*part->etag)
			return larder_fail (error, LARDER_E_INTEGRITY, "'%s' cannot be finished: part %zu has no etag", finish->upload.key, i + 1);
		total += part->length;
	}
	if (total != finish->length)
		return larder_fail (error, LARDER_E_INTEGRITY, "'%s' cannot be finished: its parts have %" PRIu64 " bytes, the whole has %" PRIu64,
		                    finish->upload.key, total, finish->length);
	return 0;
}

static void
add_part (struct buffer *body, const struct s3_server *server, const struct larder_part *part)
{
	CLEANUP_BUFFER struct buffer etag;
	buffer_init (&etag, 4096);
	buffer_printf (&etag, "\"%s\"", part->etag);
	body->failed |= etag.failed;
	buffer_add_text (body, "<Part>");
	s3_element (body, "ETag", buffer_text (&etag));
	if (part->checksum && s3_server_can (server, S3_CHECKSUM_MULTIPART) && s3_keeps_checksum (server, part->checksum_type))
		s3_element (body, s3_checksum_name (part->checksum_type)->element, part->checksum);
	buffer_printf (body, "<PartNumber>%u</PartNumber></Part>", (unsigned) part->number);
}

/* Was the upload begun with a checksum? Then each of its parts has one. */
static bool
is_summed (const struct s3_server *server, const struct larder_finish *finish)
{
	return s3_server_can (server, S3_CHECKSUM_MULTIPART) && part_at (finish, 0)->checksum;
}

static void
add_whole (struct aws_request *request, const struct s3_server *server, const struct larder_finish *finish)
{
	if (s3_server_can (server, S3_MP_OBJECT_SIZE)) {
		char size[24];
		snprintf (size, sizeof size, "%" PRIu64, finish->length);
		aws_request_header (request, "x-amz-mp-object-size", size);
	}
	if (!is_summed (server, finish))
		return;
	aws_request_header (request, "x-amz-checksum-type", "FULL_OBJECT");
	if (finish->checksum && s3_keeps_checksum (server, finish->checksum_type))
		aws_request_header (request, s3_checksum_name (finish->checksum_type)->header, finish->checksum);
}

/* The checksum headers of this request are of the object: the body has none of its own. */
int
s3_request_upload_complete (struct aws_request *request, struct larder_arena *arena, const struct s3_server *server,
                            const struct larder_finish *finish, struct larder_error *error)
{
	CLEANUP_BUFFER struct buffer body;
	buffer_init (&body, S3_BODY_MOST);
	int code = check_parts (finish, error);
	if (code == 0)
		code = s3_begin_upload (request, arena, "POST", &finish->upload, error);
	if (code == 0)
		code = s3_add_condition (request, server, &finish->condition, S3_COMPLETE_CREATE_ONLY, S3_COMPLETE_IF_MATCH, error);
	if (code < 0)
		return code;
	add_whole (request, server, finish);
	buffer_add_text (&body, "<CompleteMultipartUpload xmlns=\"" S3_NAMESPACE "\">");
	for (size_t i = 0; i < finish->count; i++)
		add_part (&body, server, part_at (finish, i));
	buffer_add_text (&body, "</CompleteMultipartUpload>");
	return s3_set_body (request, NULL, &body, error);
}

int
s3_request_upload_abort (struct aws_request *request, struct larder_arena *arena, const struct larder_upload *upload, struct larder_error *error)
{
	int code = s3_begin_upload (request, arena, "DELETE", upload, error);
	return code == 0 ? aws_request_check (request, error) : code;
}

int
s3_request_upload_parts (struct aws_request *request, struct larder_arena *arena, const struct larder_upload *upload, uint32_t after,
                         struct larder_error *error)
{
	int code = s3_begin_upload (request, arena, "GET", upload, error);
	if (code < 0)
		return code;
	if (after)
		aws_request_query_uint (request, "part-number-marker", after);
	return aws_request_check (request, error);
}
