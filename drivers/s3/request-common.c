/* request-common.c: what several requests carry: object, version, attributes, conditions, source of a copy, checksums. */
#include "request.h"

#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "buffer.h"
#include "checksum.h"
#include "cleanup.h"
#include "error.h"
#include "metadata.h"
#include "text.h"

static int
need_text (const char *text, const char *what, struct larder_error *error)
{
	return text && *text ? 0 : larder_fail (error, LARDER_E_INVALID, "a request without %s would mean something else", what);
}

int
s3_begin_bucket (struct aws_request *request, struct larder_arena *arena, const char *method, const char *bucket, struct larder_error *error)
{
	int code = need_text (bucket, "a bucket", error);
	if (code == 0)
		aws_request_begin (request, arena, method, bucket, NULL);
	return code;
}

int
s3_begin_object (struct aws_request *request, struct larder_arena *arena, const char *method, const char *bucket, const char *key,
                 struct larder_error *error)
{
	int code = need_text (bucket, "a bucket", error);
	if (code == 0)
		code = need_text (key, "a key", error);
	if (code == 0)
		aws_request_begin (request, arena, method, bucket, key);
	return code;
}

int
s3_begin_version (struct aws_request *request, struct larder_arena *arena, const struct s3_server *server, const char *method,
                  const struct larder_object *object, struct larder_error *error)
{
	int code = s3_begin_object (request, arena, method, object->bucket, object->key, error);
	if (code < 0 || !object->version)
		return code;
	code = need_text (object->version, "its version", error);
	if (code == 0)
		code = s3_server_need (server, S3_VERSIONS, NULL, error);
	if (code == 0)
		aws_request_query (request, "versionId", object->version);
	return code;
}

int
s3_begin_upload (struct aws_request *request, struct larder_arena *arena, const char *method, const struct larder_upload *upload,
                 struct larder_error *error)
{
	int code = need_text (upload->id, "an upload's id", error);
	if (code == 0)
		code = s3_begin_object (request, arena, method, upload->bucket, upload->key, error);
	if (code == 0)
		aws_request_query (request, "uploadId", upload->id);
	return code;
}

void
s3_header_etag (struct aws_request *request, const char *name, const char *etag)
{
	if (!etag)
		return;
	bool bare = strcmp (etag, "*") != 0 && *etag != '"' && strncmp (etag, "W/", 2) != 0;
	const char *value = bare ? arena_printf (request->arena, "\"%s\"", etag) : etag;
	request->failed |= !value;
	aws_request_header (request, name, value);
}

/* ---- attributes ---- */

/* A header is ASCII, and loses blanks at its ends. */
static int
add_header (struct aws_request *request, const char *name, const char *value, struct larder_error *error)
{
	if (!value)
		return 0;
	size_t length = strlen (value);
	for (size_t i = 0; i < length; i++)
		if ((unsigned char) value[i] > 0x7f) {
			larder_fail (error, LARDER_E_INVALID, "%s cannot be '%s': byte %zu is not ASCII", name, value, i + 1);
			larder_explain (error, LARDER_DETAIL_NEXT, "write names of files in content-disposition as filename*=UTF-8''…");
			return LARDER_E_INVALID;
		}
	if (length && (value[0] == ' ' || value[length - 1] == ' '))
		return larder_fail (error, LARDER_E_INVALID, "%s cannot be '%s': blanks at its ends would be lost", name, value);
	aws_request_header (request, name, value);
	return 0;
}

static int
add_class (struct aws_request *request, const struct s3_server *server, const char *storage_class, struct larder_error *error)
{
	if (!storage_class || (strcmp (storage_class, "STANDARD") == 0 && !s3_server_can (server, S3_CLASSES)))
		return 0;
	int code = s3_server_need (server, S3_CLASSES, storage_class, error);
	return code == 0 ? add_header (request, "x-amz-storage-class", storage_class, error) : code;
}

static int
add_encryption (struct aws_request *request, const struct s3_server *server, const char *encryption, struct larder_error *error)
{
	if (!encryption)
		return 0;
	bool kms = strncmp (encryption, "aws:kms", 7) == 0;
	int code = s3_server_need (server, kms ? S3_ENCRYPTION_KMS : S3_ENCRYPTION, encryption, error);
	return code == 0 ? add_header (request, "x-amz-server-side-encryption", encryption, error) : code;
}

static int
add_metadata (struct aws_request *request, const struct s3_server *server, const struct larder_pairs *metadata, struct larder_error *error)
{
	int code = s3_server_metadata (server, metadata, error);
	for (size_t i = 0; i < metadata->count && code == 0; i++) {
		const struct larder_pair *pair = larder_pair_at (metadata, i);
		const char *name = arena_printf (request->arena, S3_METADATA_PREFIX "%s", pair->name);
		const char *value = s3_metadata_encode (request->arena, pair->value);
		if (!name || !value)
			return larder_fail_memory (error);
		aws_request_header (request, name, value);
	}
	return code;
}

int
s3_add_attributes (struct aws_request *request, const struct s3_server *server, const struct larder_attributes *attributes,
                   struct larder_error *error)
{
	int code = add_header (request, "content-type", attributes->content_type, error);
	if (code == 0)
		code = add_header (request, "content-encoding", attributes->content_encoding, error);
	if (code == 0)
		code = add_header (request, "cache-control", attributes->cache_control, error);
	if (code == 0)
		code = add_header (request, "content-disposition", attributes->content_disposition, error);
	if (code == 0)
		code = add_class (request, server, attributes->storage_class, error);
	if (code == 0)
		code = add_encryption (request, server, attributes->encryption, error);
	return code == 0 ? add_metadata (request, server, &attributes->metadata, error) : code;
}

/* ---- conditions and copies ---- */

int
s3_add_condition (struct aws_request *request, const struct s3_server *server, const struct larder_condition *condition,
                  enum s3_feature create_only, enum s3_feature if_match, struct larder_error *error)
{
	int code = 0;
	if (condition->create_only && condition->if_match)
		return larder_fail (error, LARDER_E_INVALID, "a write cannot ask for no object and for object '%s' at once", condition->if_match);
	if (condition->create_only)
		code = s3_server_need (server, create_only, NULL, error);
	if (condition->if_match && code == 0)
		code = s3_server_need (server, if_match, NULL, error);
	if (code < 0)
		return code;
	aws_request_header (request, "if-none-match", condition->create_only ? "*" : NULL);
	s3_header_etag (request, "if-match", condition->if_match);
	return 0;
}

int
s3_add_copy_source (struct aws_request *request, const struct s3_server *server, const struct larder_object *from, const char *if_match,
                    struct larder_error *error)
{
	int code = need_text (from->bucket, "the bucket of its source", error);
	if (code == 0)
		code = need_text (from->key, "the key of its source", error);
	if (from->version && code == 0)
		code = need_text (from->version, "the version of its source", error);
	if (from->version && code == 0)
		code = s3_server_need (server, S3_VERSIONS, NULL, error);
	if (if_match && code == 0)
		code = s3_server_need (server, S3_COPY_IF_MATCH, NULL, error);
	if (code < 0)
		return code;
	CLEANUP_BUFFER struct buffer source;
	buffer_init (&source, 16384);
	buffer_printf (&source, "%s/", from->bucket);
	text_percent (&source, from->key);
	if (from->version) {
		buffer_add_text (&source, "?versionId=");
		text_percent (&source, from->version);
	}
	request->failed |= source.failed;
	aws_request_header (request, "x-amz-copy-source", buffer_text (&source));
	s3_header_etag (request, "x-amz-copy-source-if-match", if_match);
	return 0;
}

/* ---- checksums and bodies ---- */

bool
s3_keeps_checksum (const struct s3_server *server, uint32_t type)
{
	return s3_checksum_name (type) && s3_server_can (server, type == LARDER_CHECKSUM_CRC64NVME ? S3_CHECKSUM_CRC64NVME : S3_CHECKSUM_CRC32C);
}

void
s3_add_checksum (struct aws_request *request, const struct s3_server *server, uint32_t type, const char *checksum)
{
	if (!checksum || !s3_keeps_checksum (server, type))
		return;
	const struct s3_checksum_name *name = s3_checksum_name (type);
	aws_request_header (request, name->header, checksum);
	if (s3_server_can (server, S3_SDK_CHECKSUM_ALGORITHM))
		aws_request_header (request, "x-amz-sdk-checksum-algorithm", name->word);
}

int
s3_set_body (struct aws_request *request, const struct s3_server *server, const struct buffer *body, struct larder_error *error)
{
	char text[16];
	request->body = body->failed ? NULL : arena_copy_bytes (request->arena, body->at, body->length);
	if (!request->body)
		return larder_fail (error, LARDER_E_LIMIT, "a request is over %d MiB, or there is no memory", S3_BODY_MOST >> 20);
	request->body_length = body->length;
	uint32_t type = server ? s3_server_checksum (server) : LARDER_CHECKSUM_NONE;
	if (type == LARDER_CHECKSUM_CRC64NVME)
		crc64nvme_text (crc64nvme (0, body->at, body->length), text);
	if (type == LARDER_CHECKSUM_CRC32C)
		crc32c_text (crc32c (0, body->at, body->length), text);
	if (type != LARDER_CHECKSUM_NONE)
		s3_add_checksum (request, server, type, text);
	return aws_request_check (request, error);
}

void
s3_element (struct buffer *into, const char *name, const char *text)
{
	buffer_printf (into, "<%s>", name);
	aws_xml_escape (into, text);
	buffer_printf (into, "</%s>", name);
}
