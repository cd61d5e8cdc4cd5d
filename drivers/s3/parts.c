/* parts.c: one object written in pieces. */
#include "s3.h"

#include <stdio.h>
#include <string.h>

#include "arena.h"
#include "checksum.h"
#include "error.h"

int
s3_parts_begin (void *self, struct larder_call *call, const struct larder_write *request, struct larder_upload *ret_upload,
                struct larder_error *error)
{
	struct s3 *s3 = self;
	const char *id = NULL;
	bool failed = false;
	CLEANUP_EXCHANGE struct s3_exchange exchange = { 0 };
	int code = s3_exchange_begin (&exchange, error);
	if (code == 0)
		code = s3_check_writable (s3, error);
	if (code == 0)
		code = s3_server_key (s3->server, request->key, error);
	if (code == 0)
		code = s3_exchange_what (&exchange, "begin an upload of", request->bucket, request->key, error);
	if (code == 0)
		code = s3_request_upload_begin (&exchange.request, exchange.arena, s3->server, request, error);
	if (code == 0)
		code = s3_guard (s3, call, request->bucket, request->key, error);
	exchange.writes = true;
	if (code == 0)
		code = s3_exchange_do (s3, call, &exchange, error);
	if (code == 0)
		code = s3_reply_upload_id (exchange.reply.body, exchange.reply.length, exchange.arena, &id, error);
	if (code < 0) {
		larder_give (ret_upload, &(struct larder_upload) { .size = sizeof *ret_upload, .uncertain = exchange.reply.uncertain || exchange.reply.status / 100 == 2 });
		return code;
	}
	code = s3_check_encrypted (request->key, &request->attributes, aws_reply_header (&exchange.reply, "x-amz-server-side-encryption"), error);
	if (code < 0) {
		const struct larder_upload clear = { .size = sizeof clear, .bucket = request->bucket, .key = request->key, .id = id };
		(void) s3_parts_abort (self, call, &clear, NULL);
		return code;
	}
	const struct larder_upload upload = {
		.size = sizeof upload, .bucket = s3_give_text (call, request->bucket, &failed), .key = s3_give_text (call, request->key, &failed),
		.id = s3_give_text (call, id, &failed), .uncertain = exchange.reply.uncertain,
	};
	if (failed)
		return larder_fail_memory (error);
	larder_give (ret_upload, &upload);
	return 0;
}

/* ---- one part ---- */

static int
give_part (struct larder_call *call, const struct larder_part *part, struct larder_part *ret, struct larder_error *error)
{
	struct larder_part copy = *part;
	bool failed = false;
	copy.size = sizeof copy;
	copy.etag = s3_give_text (call, part->etag, &failed);
	copy.checksum = s3_give_text (call, part->checksum, &failed);
	if (failed)
		return larder_fail_memory (error);
	larder_give (ret, &copy);
	return 0;
}

static int
part_what (struct s3_exchange *exchange, const struct larder_upload *upload, uint32_t number, struct larder_error *error)
{
	char verb[40];
	snprintf (verb, sizeof verb, "write part %u of", number);
	return s3_exchange_what (exchange, verb, upload->bucket, upload->key, error);
}

static int
prepare_part (struct s3 *s3, struct larder_call *call, const struct larder_upload *upload, uint32_t number, const struct larder_source *source,
              struct s3_exchange *exchange, struct s3_digest *digest, struct larder_error *error)
{
	int code = s3_check_writable (s3, error);
	if (code == 0 && (number < 1 || number > 10000))
		code = larder_fail (error, LARDER_E_INVALID, "part number %u is not between 1 and 10000", number);
	if (code == 0 && source->length > S3_PUT_MOST)
		code = larder_fail (error, LARDER_E_LIMIT, "part %u has %llu bytes, a part has at most 5 GiB", number, (unsigned long long) source->length);
	if (code == 0)
		code = part_what (exchange, upload, number, error);
	if (code == 0)
		code = s3_digest (s3, call, source, LARDER_CHECKSUM_NONE, NULL, digest, error);
	if (code == 0 && !s3_server_can (s3->server, S3_CHECKSUM_MULTIPART))
		digest->body = (struct s3_body) { LARDER_CHECKSUM_NONE, NULL };
	return code == 0 ? s3_request_upload_part (&exchange->request, exchange->arena, s3->server, upload, number, &digest->body, error) : code;
}

int
s3_parts_write (void *self, struct larder_call *call, const struct larder_upload *upload, uint32_t number,
                const struct larder_source *source, struct larder_part *ret_part, struct larder_error *error)
{
	struct s3 *s3 = self;
	struct s3_digest digest;
	struct larder_info info = { .size = sizeof info };
	CLEANUP_EXCHANGE struct s3_exchange exchange = { 0 };
	int code = s3_exchange_begin (&exchange, error);
	if (code == 0)
		code = prepare_part (s3, call, upload, number, source, &exchange, &digest, error);
	exchange.body = source;
	exchange.payload_hash = code == 0 ? digest.payload_hash : NULL;
	if (code == 0)
		code = s3_exchange_do (s3, call, &exchange, error);
	if (code == 0)
		code = s3_exchange_stored (s3, &exchange, &info, error);
	if (code == 0)
		code = s3_check_stored (upload->key, digest.body.checksum_type, digest.body.checksum, &info, error);
	if (code < 0)
		return code;
	const struct larder_part part = {
		.number = number, .length = source->length, .etag = info.etag, .checksum_type = digest.body.checksum_type, .checksum = digest.body.checksum,
	};
	return give_part (call, &part, ret_part, error);
}

int
s3_parts_copy (void *self, struct larder_call *call, const struct larder_upload *upload, uint32_t number, const struct larder_read *from,
               struct larder_part *ret_part, struct larder_error *error)
{
	struct s3 *s3 = self;
	struct larder_info source = { .size = sizeof source }, info = { .size = sizeof info };
	CLEANUP_EXCHANGE struct s3_exchange exchange = { 0 };
	int code = s3_exchange_begin (&exchange, error);
	if (code == 0)
		code = s3_check_writable (s3, error);
	if (code == 0)
		code = s3_head (s3, call, &exchange, &from->object, &source, error);
	if (code == 0)
		code = s3_check_etag (from->object.key, from->if_match, &source, error);
	if (code == 0 && from->offset >= source.length && source.length > 0)
		code = larder_fail (error, LARDER_E_INVALID, "'%.200s' has %llu bytes, byte %llu was asked for", from->object.key,
		                    (unsigned long long) source.length, (unsigned long long) from->offset);
	if (code < 0)
		return code;
	struct larder_read exact = *from;                 /* the whole range is named: some servers take one past the end */
	if (exact.length > source.length - exact.offset)
		exact.length = source.length - exact.offset;
	exact.if_match = s3_server_can (s3->server, S3_COPY_IF_MATCH) ? source.etag : NULL;
	code = part_what (&exchange, upload, number, error);
	if (code == 0)
		code = s3_request_upload_part_copy (&exchange.request, exchange.arena, s3->server, upload, number, &exact, error);
	exchange.body_may_fail = true;
	if (code == 0)
		code = s3_exchange_do (s3, call, &exchange, error);
	if (code == 0)
		code = s3_reply_result (exchange.reply.body, exchange.reply.length, "CopyPartResult", exchange.arena, &info, error);
	if (code < 0)
		return code;
	const struct larder_part part = {
		.number = number, .length = exact.length, .etag = info.etag, .checksum_type = info.checksum_type, .checksum = info.checksum,
	};
	return give_part (call, &part, ret_part, error);
}

/* ---- finish and abort ---- */

static int
send_finish (struct s3 *s3, struct larder_call *call, struct s3_exchange *exchange, const struct larder_finish *request, struct larder_error *error)
{
	int code = s3_exchange_what (exchange, "finish the upload of", request->upload.bucket, request->upload.key, error);
	if (code == 0)
		code = s3_request_upload_complete (&exchange->request, exchange->arena, s3->server, request, error);
	exchange->body_may_fail = true;
	return code == 0 ? s3_exchange_send (s3, call, exchange, error) : code;
}

/* The answer to the first try was lost, the upload is gone, and what stands there is not what was sent. */
static int
fail_taken (const struct larder_finish *request, struct larder_error *error)
{
	larder_fail (error, LARDER_E_CONFLICT, "the answer to finishing '%.200s' was lost, and another object is there now, or none", request->upload.key);
	larder_explain (error, LARDER_DETAIL_NEXT, "look at it and at its versions, then decide whether to write again");
	return LARDER_E_CONFLICT;
}

/* Any whole reply is 0; 1: it was finished already, by an earlier try of ours. */
static int
finish_once (struct s3 *s3, struct larder_call *call, struct s3_exchange *exchange, const struct larder_finish *request, struct larder_info *ret_info,
             struct larder_error *error)
{
	int code = send_finish (s3, call, exchange, request, error);
	if (code < 0 || !exchange->reply.uncertain || (exchange->reply.status != 404 && exchange->reply.status != 412))
		return code;
	struct s3_exchange look = *exchange;
	code = s3_settle_finish (s3, call, &look, request, ret_info, error);
	return code == 0 && exchange->reply.status == 404 ? fail_taken (request, error) : code;
}

/* The same over a delete marker, where the server took that for an object. */
static int
finish_over_marker (struct s3 *s3, struct larder_call *call, struct s3_exchange *exchange, const struct larder_finish *request,
                    struct larder_info *ret_info, struct larder_error *error)
{
	struct larder_finish over = *request;
	const char *etag = NULL;
	int code = s3_revive_etag (s3, call, request->upload.bucket, request->upload.key, exchange->arena, &etag, error);
	over.condition = (struct larder_condition) { .size = sizeof over.condition, .if_match = etag };
	return code < 0 || !etag ? code : finish_once (s3, call, exchange, &over, ret_info, error);
}

/* The checksum of the whole, from those of its parts, where the caller knows it not: it goes into a signed header, which the list of
 * parts does not. */
static void
combine (struct larder_finish *finish, char ret[16])
{
	uint64_t whole = 0, one;
	for (size_t i = 0; i < finish->count; i++) {
		const struct larder_part *part = (const void *) ((const char *) finish->parts + i * finish->stride);
		if (finish->checksum || part->checksum_type != LARDER_CHECKSUM_CRC64NVME || !part->checksum || !crc64nvme_parse (part->checksum, &one))
			return;
		whole = i ? crc64nvme_combine (whole, one, part->length) : one;
	}
	crc64nvme_text (whole, ret);
	finish->checksum_type = LARDER_CHECKSUM_CRC64NVME;
	finish->checksum = ret;
}

/* Where the server was told neither checksum nor size of the whole that it looks at: a part that was lost from the list on the way
 * would be missing. Whoever may not look, or finds another's object by now, learns nothing. */
static int
check_whole (struct s3 *s3, struct larder_call *call, const struct larder_finish *finish, const struct larder_info *stored, struct larder_error *error)
{
	CLEANUP_EXCHANGE struct s3_exchange exchange = { 0 };
	struct larder_info there = { .size = sizeof there };
	const struct larder_object object = {
		.size = sizeof object, .bucket = finish->upload.bucket, .key = finish->upload.key,
		.version = s3_server_can (s3->server, S3_VERSIONS) && stored->version && strcmp (stored->version, "null") != 0 ? stored->version : NULL,
	};
	if (s3_server_can (s3->server, S3_MP_OBJECT_SIZE) || (finish->checksum && s3_server_can (s3->server, S3_CHECKSUM_MULTIPART)))
		return 0;
	int code = s3_exchange_begin (&exchange, error);
	if (code == 0)
		code = s3_head (s3, call, &exchange, &object, &there, error);
	if (code < 0)
		return code == LARDER_E_DENIED || code == LARDER_E_NOTFOUND ? 0 : code;
	if (there.length == finish->length || !there.etag || !stored->etag || strcmp (there.etag, stored->etag) != 0)
		return 0;
	larder_fail (error, LARDER_E_INTEGRITY, "'%.200s' was made of %llu bytes, not of %llu: a part was lost from the list on the way", object.key,
	             (unsigned long long) there.length, (unsigned long long) finish->length);
	larder_explain (error, LARDER_DETAIL_NEXT, "remove it and write it again, by TLS: something on the way changes requests");
	return LARDER_E_INTEGRITY;
}

int
s3_parts_finish (void *self, struct larder_call *call, const struct larder_finish *request, struct larder_info *ret_info,
                 struct larder_error *error)
{
	struct s3 *s3 = self;
	struct larder_finish whole = *request;
	char sum[16];
	struct larder_info info = { .size = sizeof info };
	CLEANUP_EXCHANGE struct s3_exchange exchange = { 0 };
	combine (&whole, sum);
	int code = s3_exchange_begin (&exchange, error);
	if (code == 0)
		code = s3_check_writable (s3, error);
	if (code == 0)
		code = finish_once (s3, call, &exchange, &whole, &info, error);
	if (code == 0 && s3_revive_wanted (s3, &exchange, &request->condition))
		code = finish_over_marker (s3, call, &exchange, &whole, &info, error);
	if (code != 0)
		return code < 0 ? code : s3_give_info (call, &info, ret_info, error);
	if (!s3_exchange_is_ok (&exchange))
		return s3_exchange_fault (s3, &exchange, error);
	code = s3_reply_result (exchange.reply.body, exchange.reply.length, "CompleteMultipartUploadResult", exchange.arena, &info, error);
	if (code < 0)
		return code;
	info.key = request->upload.key;
	info.length = request->length;
	info.version = aws_reply_header (&exchange.reply, "x-amz-version-id");
	info.flags |= LARDER_INFO_LATEST;
	code = s3_check_stored (request->upload.key, whole.checksum_type, whole.checksum, &info, error);
	if (code == 0)
		code = check_whole (s3, call, &whole, &info, error);
	return code < 0 ? code : s3_give_info (call, &info, ret_info, error);
}

static int
nothing_listed (void *context, const struct larder_part *part, struct larder_error *error)
{
	(void) context;
	(void) part;
	(void) error;
	return 0;
}

int
s3_parts_abort (void *self, struct larder_call *call, const struct larder_upload *upload, struct larder_error *error)
{
	struct s3 *s3 = self;
	CLEANUP_EXCHANGE struct s3_exchange exchange = { 0 };
	int code = s3_exchange_begin (&exchange, error);
	if (code == 0)
		code = s3_check_writable (s3, error);
	if (code == 0)
		code = s3_server_can (s3->server, S3_ABORT_TOLD) ? 0 : s3_parts_list (self, call, upload, nothing_listed, NULL, error);
	if (code == 0)
		code = s3_exchange_object (s3, &exchange, "abort the upload of", upload->bucket, upload->key, error);
	if (code == 0)
		code = s3_request_upload_abort (&exchange.request, exchange.arena, upload, error);
	if (code == 0)
		code = s3_exchange_send (s3, call, &exchange, error);
	if (code < 0 || s3_exchange_is_ok (&exchange) || (exchange.reply.status == 404 && exchange.reply.uncertain))
		return code;
	return s3_exchange_fault (s3, &exchange, error);
}

int
s3_parts_list (void *self, struct larder_call *call, const struct larder_upload *upload, larder_part_fn part, void *context,
               struct larder_error *error)
{
	struct s3 *s3 = self;
	uint32_t after = 0;
	int code;
	do {
		uint32_t next = 0;
		CLEANUP_EXCHANGE struct s3_exchange exchange = { 0 };
		code = s3_exchange_begin (&exchange, error);
		if (code == 0)
			code = s3_exchange_object (s3, &exchange, "list the parts of", upload->bucket, upload->key, error);
		if (code == 0)
			code = s3_request_upload_parts (&exchange.request, exchange.arena, upload, after, error);
		if (code == 0)
			code = s3_exchange_do (s3, call, &exchange, error);
		if (code == 0)
			code = s3_reply_parts (exchange.reply.body, exchange.reply.length, exchange.arena, part, context, &next, error);
		if (code == 0 && next && next <= after)
			code = larder_fail (error, LARDER_E_INTEGRITY, "the list of parts of '%.200s' does not go on after part %u", upload->key, after);
		after = next;
	} while (code == 0 && after);
	return code;
}
