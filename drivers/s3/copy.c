/* copy.c: copies inside the service: bytes never pass through us. */
#include "s3.h"

#include <string.h>

#include "error.h"

/* What is not given keeps the source's value, which the server does only when nothing is given: so all is said. */
static struct larder_attributes
merged (const struct larder_attributes *asked, const struct larder_info *source)
{
	struct larder_attributes all = *asked;
	all.size = sizeof all;
#define KEEP(field) if (!all.field) all.field = source->field
	KEEP (content_type);
	KEEP (content_encoding);
	KEEP (cache_control);
	KEEP (content_disposition);
	KEEP (storage_class);
#undef KEEP
	if (!all.metadata_given)
		all.metadata = source->metadata;
	all.metadata_given = true;
	return all;
}

static int
check_source (const struct s3 *s3, const struct larder_copy *request, const struct larder_info *source, struct larder_error *error)
{
	int code = s3_check_etag (request->from.key, request->if_match, source, error);
	if (code < 0 || source->length <= s3->copy_most)
		return code;
	code = larder_fail (error, LARDER_E_LIMIT, "'%.200s' has %llu bytes, one copy takes %llu", request->from.key,
	                        (unsigned long long) source->length, (unsigned long long) s3->copy_most);
	larder_explain (error, LARDER_DETAIL_NEXT, "copy it in parts");
	return code;
}

static int
send_copy (struct s3 *s3, struct larder_call *call, struct s3_exchange *exchange, const struct larder_copy *request, struct larder_info *ret,
           struct larder_error *error)
{
	int code = s3_exchange_what (exchange, "copy to", request->bucket, request->key, error);
	if (code == 0)
		code = s3_request_copy (&exchange->request, exchange->arena, s3->server, request, error);
	exchange->body_may_fail = exchange->writes = true;
	if (code == 0)
		code = s3_exchange_do (s3, call, exchange, error);
	if (code == 0)
		code = s3_reply_result (exchange->reply.body, exchange->reply.length, "CopyObjectResult", exchange->arena, ret, error);
	return code;
}

int
s3_copy (void *self, struct larder_call *call, const struct larder_copy *request, struct larder_info *ret_info, struct larder_error *error)
{
	struct s3 *s3 = self;
	struct larder_info source = { .size = sizeof source }, info = { .size = sizeof info };
	CLEANUP_EXCHANGE struct s3_exchange exchange = { 0 };
	int code = s3_exchange_begin (&exchange, error);
	if (code == 0)
		code = s3_check_writable (s3, error);
	if (code == 0)
		code = s3_server_key (s3->server, request->key, error);
	if (code == 0)
		code = s3_head (s3, call, &exchange, &request->from, &source, error);
	if (code == 0)
		code = check_source (s3, request, &source, error);
	if (code == 0)
		code = s3_guard (s3, call, request->bucket, request->key, error);
	if (code < 0)
		return code;
	struct larder_copy all = *request;
	all.attributes = merged (&request->attributes, &source);
	if (s3_server_can (s3->server, S3_COPY_IF_MATCH))
		all.if_match = source.etag;               /* the object that was looked at, and no other */
	else
		all.if_match = NULL;
	code = send_copy (s3, call, &exchange, &all, &info, error);
	if (code < 0)
		return code;
	code = s3_check_encrypted (request->key, &request->attributes, aws_reply_header (&exchange.reply, "x-amz-server-side-encryption"), error);
	if (code < 0)
		return code;
	info.key = request->key;
	info.length = source.length;
	info.version = aws_reply_header (&exchange.reply, "x-amz-version-id");
	info.flags |= LARDER_INFO_LATEST;
	return s3_give_info (call, &info, ret_info, error);
}

int
s3_class_set (void *self, struct larder_call *call, const struct larder_object *object, const char *storage_class, struct larder_error *error)
{
	struct larder_info info = { .size = sizeof info };
	const struct larder_copy request = {
		.size = sizeof request, .from = *object, .bucket = object->bucket, .key = object->key,
		.attributes = { .size = sizeof request.attributes, .storage_class = storage_class },
		.condition = { .size = sizeof request.condition },
	};
	return s3_copy (self, call, &request, &info, error);
}
