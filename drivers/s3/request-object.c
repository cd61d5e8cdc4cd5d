/* request-object.c: requests about one object, and about many at once. */
#include "request.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "buffer.h"
#include "cleanup.h"
#include "error.h"

int
s3_request_head (struct aws_request *request, struct larder_arena *arena, const struct s3_server *server, const struct larder_object *object,
                 struct larder_error *error)
{
	int code = s3_begin_version (request, arena, server, "HEAD", object, error);
	if (code < 0)
		return code;
	aws_request_header (request, "x-amz-checksum-mode", s3_server_can (server, S3_CHECKSUM_MODE) ? "ENABLED" : NULL);
	return aws_request_check (request, error);
}

/* The checksum of a range would be that of a part, if the range happens to be one: it is asked for with the whole only. */
int
s3_request_get (struct aws_request *request, struct larder_arena *arena, const struct s3_server *server, const struct larder_read *read,
                struct larder_error *error)
{
	char range[64];
	if (read->length == 0)
		return larder_fail (error, LARDER_E_INVALID, "a read of no bytes is not a request");
	int code = s3_begin_version (request, arena, server, "GET", &read->object, error);
	if (code < 0)
		return code;
	bool to_end = read->length > UINT64_MAX - read->offset || read->length == LARDER_TO_END;
	if (to_end)
		snprintf (range, sizeof range, "bytes=%" PRIu64 "-", read->offset);
	else
		snprintf (range, sizeof range, "bytes=%" PRIu64 "-%" PRIu64, read->offset, read->offset + read->length - 1);
	bool whole = to_end && read->offset == 0;
	aws_request_header (request, "range", whole ? NULL : range);
	aws_request_header (request, "x-amz-checksum-mode", whole && s3_server_can (server, S3_CHECKSUM_MODE) ? "ENABLED" : NULL);
	s3_header_etag (request, "if-match", read->if_match);
	return aws_request_check (request, error);
}

int
s3_request_put (struct aws_request *request, struct larder_arena *arena, const struct s3_server *server, const struct larder_write *write,
                const struct s3_body *body, struct larder_error *error)
{
	int code = s3_begin_object (request, arena, "PUT", write->bucket, write->key, error);
	if (code == 0)
		code = s3_add_attributes (request, server, &write->attributes, error);
	if (code == 0)
		code = s3_add_condition (request, server, &write->condition, S3_PUT_CREATE_ONLY, S3_PUT_IF_MATCH, error);
	if (code < 0)
		return code;
	s3_add_checksum (request, server, body->checksum_type, body->checksum);
	return aws_request_check (request, error);
}

int
s3_request_copy (struct aws_request *request, struct larder_arena *arena, const struct s3_server *server, const struct larder_copy *copy,
                 struct larder_error *error)
{
	const struct larder_attributes *set = &copy->attributes;
	bool replace = set->metadata_given || set->metadata.count || set->content_type || set->content_encoding || set->cache_control
		|| set->content_disposition;
	int code = s3_begin_object (request, arena, "PUT", copy->bucket, copy->key, error);
	if (code == 0)
		code = s3_add_copy_source (request, server, &copy->from, copy->if_match, error);
	if (code == 0)
		code = s3_add_attributes (request, server, set, error);
	if (code == 0)
		code = s3_add_condition (request, server, &copy->condition, S3_COPY_CONDITION, S3_COPY_CONDITION, error);
	if (code < 0)
		return code;
	aws_request_header (request, "x-amz-metadata-directive", replace ? "REPLACE" : "COPY");
	return aws_request_check (request, error);
}

int
s3_request_delete (struct aws_request *request, struct larder_arena *arena, const struct s3_server *server, const char *bucket,
                   const struct larder_remove *item, struct larder_error *error)
{
	const struct larder_object object = { .size = sizeof object, .bucket = bucket, .key = item->key, .version = item->version };
	int code = s3_begin_version (request, arena, server, "DELETE", &object, error);
	if (item->if_match && code == 0)
		code = s3_server_need (server, S3_DELETE_IF_MATCH, NULL, error);
	if (code < 0)
		return code;
	s3_header_etag (request, "if-match", item->if_match);
	return aws_request_check (request, error);
}

/* ---- many at once ---- */

static int
add_item (struct buffer *body, const struct s3_server *server, const struct larder_remove *item, struct larder_error *error)
{
	if (!item->key || !*item->key || (item->version && !*item->version))
		return larder_fail (error, LARDER_E_INVALID, "a key or version to remove is empty");
	if (item->if_match)
		return larder_fail (error, LARDER_E_INVALID, "'%s' is to be removed under a condition: that goes alone", item->key);
	if (!s3_key_fits_xml (item->key) || (item->version && !s3_key_fits_xml (item->version)))
		return larder_fail (error, LARDER_E_INVALID, "'%s' has bytes that XML cannot carry: it is removed alone", item->key);
	int code = item->version ? s3_server_need (server, S3_VERSIONS, NULL, error) : 0;
	if (code < 0)
		return code;
	buffer_add_text (body, "<Object>");
	s3_element (body, "Key", item->key);
	if (item->version)
		s3_element (body, "VersionId", item->version);
	buffer_add_text (body, "</Object>");
	return 0;
}

int
s3_request_delete_many (struct aws_request *request, struct larder_arena *arena, const struct s3_server *server, const char *bucket,
                        const struct larder_remove *items, size_t count, size_t stride, struct larder_error *error)
{
	CLEANUP_BUFFER struct buffer body;
	buffer_init (&body, S3_BODY_MOST * 2);
	if (server->state[S3_DELETE_MANY] != S3_IGNORED) {
		int code = s3_server_need (server, S3_DELETE_MANY, NULL, error);
		if (code < 0)
			return code;
	}
	if (count == 0 || count > server->delete_most)
		return larder_fail (error, LARDER_E_INVALID, "%zu keys cannot go into one request: 1 to %u can", count, (unsigned) server->delete_most);
	int code = s3_begin_bucket (request, arena, "POST", bucket, error);
	buffer_add_text (&body, "<Delete xmlns=\"" S3_NAMESPACE "\">");
	for (size_t i = 0; i < count && code == 0; i++)
		code = add_item (&body, server, (const struct larder_remove *) (const void *) ((const char *) items + i * stride), error);
	if (code < 0)
		return code;
	buffer_add_text (&body, "</Delete>");
	aws_request_query (request, "delete", "");
	return s3_set_body (request, server, &body, error);
}

/* ---- tags, restores ---- */

int
s3_request_tags_get (struct aws_request *request, struct larder_arena *arena, const struct s3_server *server,
                     const struct larder_object *object, struct larder_error *error)
{
	int code = s3_server_need (server, S3_TAGGING, NULL, error);
	if (code == 0)
		code = s3_begin_version (request, arena, server, "GET", object, error);
	if (code < 0)
		return code;
	aws_request_query (request, "tagging", "");
	return aws_request_check (request, error);
}

#define TAGS_MOST 10

static int
add_tag (struct buffer *body, const struct larder_pair *tag, struct larder_error *error)
{
	if (!*tag->name || !s3_key_fits_xml (tag->name) || !s3_key_fits_xml (tag->value))
		return larder_fail (error, LARDER_E_INVALID, "'%s=%s' cannot be a tag: %s", tag->name, tag->value,
		                    *tag->name ? "it has control characters" : "its name is empty");
	buffer_add_text (body, "<Tag>");
	s3_element (body, "Key", tag->name);
	s3_element (body, "Value", tag->value);
	buffer_add_text (body, "</Tag>");
	return 0;
}

/* Only where the row says yes: a server that knows no tags would overwrite the object with this body. */
int
s3_request_tags_set (struct aws_request *request, struct larder_arena *arena, const struct s3_server *server,
                     const struct larder_object *object, const struct larder_pairs *tags, struct larder_error *error)
{
	CLEANUP_BUFFER struct buffer body;
	buffer_init (&body, S3_BODY_MOST);
	if (tags->count > TAGS_MOST)
		return larder_fail (error, LARDER_E_LIMIT, "'%s' cannot have %zu tags: the most is %d", object->key, tags->count, TAGS_MOST);
	int code = s3_server_need (server, S3_TAGGING, NULL, error);
	if (code == 0)
		code = s3_begin_version (request, arena, server, "PUT", object, error);
	buffer_add_text (&body, "<Tagging xmlns=\"" S3_NAMESPACE "\"><TagSet>");
	for (size_t i = 0; i < tags->count && code == 0; i++)
		code = add_tag (&body, larder_pair_at (tags, i), error);
	if (code < 0)
		return code;
	buffer_add_text (&body, "</TagSet></Tagging>");
	aws_request_query (request, "tagging", "");
	return s3_set_body (request, server, &body, error);
}

int
s3_request_restore (struct aws_request *request, struct larder_arena *arena, const struct s3_server *server,
                    const struct larder_restore *restore, struct larder_error *error)
{
	CLEANUP_BUFFER struct buffer body;
	buffer_init (&body, S3_BODY_MOST);
	int code = s3_server_need (server, S3_RESTORE, NULL, error);
	if (code == 0)
		code = s3_begin_version (request, arena, server, "POST", &restore->object, error);
	if (code < 0)
		return code;
	buffer_add_text (&body, "<RestoreRequest xmlns=\"" S3_NAMESPACE "\">");
	if (restore->days)
		buffer_printf (&body, "<Days>%u</Days>", (unsigned) restore->days);
	if (restore->tier) {
		buffer_add_text (&body, "<GlacierJobParameters>");
		s3_element (&body, "Tier", restore->tier);
		buffer_add_text (&body, "</GlacierJobParameters>");
	}
	buffer_add_text (&body, "</RestoreRequest>");
	aws_request_query (request, "restore", "");
	return s3_set_body (request, server, &body, error);
}
