/* write.c: an object written in one request. */
#include "s3.h"

#include <string.h>

#include "error.h"

static int
check_size (const struct larder_write *request, const struct larder_source *source, struct larder_error *error)
{
	if (source->length <= S3_PUT_MOST)
		return 0;
	int code = larder_fail (error, LARDER_E_LIMIT, "'%.200s' has %llu bytes, one request takes 5 GiB", request->key,
	                        (unsigned long long) source->length);
	larder_explain (error, LARDER_DETAIL_NEXT, "write it in parts");
	return code;
}

static int
prepare (struct s3 *s3, struct larder_call *call, const struct larder_write *request, const struct larder_source *source,
         struct s3_exchange *exchange, struct s3_digest *digest, struct larder_error *error)
{
	int code = s3_check_writable (s3, error);
	if (code == 0)
		code = check_size (request, source, error);
	if (code == 0)
		code = s3_exchange_what (exchange, "write", request->bucket, request->key, error);
	if (code == 0)
		code = s3_server_key (s3->server, request->key, error);
	if (code == 0)
		code = s3_digest (s3, call, source, request->checksum_type, request->checksum, digest, error);
	if (code == 0)
		code = s3_request_put (&exchange->request, exchange->arena, s3->server, request, &digest->body, error);
	return code == 0 ? s3_guard (s3, call, request->bucket, request->key, error) : code;
}

/* The condition failed, perhaps because of our own earlier try. */
static bool
may_be_ours (const struct s3_exchange *exchange, const struct larder_write *request)
{
	return exchange->reply.uncertain && exchange->reply.status == 412 && (request->condition.create_only || request->condition.if_match);
}

/* A try whose reply was lost: was it carried out? The bytes are not sent a second time, and no second version is made. */
struct lost {
	struct s3 *s3;
	struct larder_call *call;
	const struct s3_exchange *exchange;
	const struct larder_write *request;
	const struct larder_source *source;
	const struct s3_digest *digest;
	struct larder_info *ret_info;
};

static bool
was_done (void *context)
{
	const struct lost *lost = context;
	struct s3_exchange look = *lost->exchange;                /* the arena is shared */
	struct larder_error none = LARDER_ERROR_INIT;
	return s3_settle_write (lost->s3, lost->call, &look, lost->request, lost->source, lost->digest, lost->ret_info, &none) == 1;
}

/* Any whole reply is 0; 1: it was refused because of our own earlier try, or that was found done, and *ret_info are the facts of what it stored. */
static int
send_write (struct s3 *s3, struct larder_call *call, struct s3_exchange *exchange, const struct larder_write *request,
            const struct larder_source *source, const struct s3_digest *digest, struct larder_info *ret_info, struct larder_error *error)
{
	exchange->body = source;
	exchange->payload_hash = digest->payload_hash;
	exchange->writes = true;
	struct lost lost = { s3, call, exchange, request, source, digest, ret_info };
	exchange->done = was_done;
	exchange->done_context = &lost;
	int code = s3_exchange_send (s3, call, exchange, error);
	exchange->done = NULL;
	if (code == 0 && exchange->reply.found_done)
		return 1;
	if (code < 0 || !may_be_ours (exchange, request))
		return code;
	struct s3_exchange look = *exchange;                      /* the arena is shared, the refusal is kept */
	return s3_settle_write (s3, call, &look, request, source, digest, ret_info, error);
}

/* The same over a delete marker, where the server took that for an object. */
static int
send_over_marker (struct s3 *s3, struct larder_call *call, struct s3_exchange *exchange, const struct larder_write *request,
                  const struct larder_source *source, const struct s3_digest *digest, struct larder_info *ret_info, struct larder_error *error)
{
	struct larder_write over = *request;
	const char *etag = NULL;
	int code = s3_revive_etag (s3, call, request->bucket, request->key, exchange->arena, &etag, error);
	if (code < 0 || !etag)
		return code;
	over.condition = (struct larder_condition) { .size = sizeof over.condition, .if_match = etag };
	code = s3_request_put (&exchange->request, exchange->arena, s3->server, &over, &digest->body, error);
	return code == 0 ? send_write (s3, call, exchange, &over, source, digest, ret_info, error) : code;
}

int
s3_write (void *self, struct larder_call *call, const struct larder_write *request, const struct larder_source *source,
          struct larder_info *ret_info, struct larder_error *error)
{
	struct s3 *s3 = self;
	struct s3_digest digest;
	struct larder_info info = { .size = sizeof info };
	CLEANUP_EXCHANGE struct s3_exchange exchange = { 0 };
	int code = s3_exchange_begin (&exchange, error);
	if (code == 0)
		code = prepare (s3, call, request, source, &exchange, &digest, error);
	if (code < 0)
		return code;
	code = send_write (s3, call, &exchange, request, source, &digest, &info, error);
	if (code == 0 && s3_revive_wanted (s3, &exchange, &request->condition))
		code = send_over_marker (s3, call, &exchange, request, source, &digest, &info, error);
	if (code != 0)
		return code < 0 ? code : s3_give_info (call, &info, ret_info, error);
	if (!s3_exchange_is_ok (&exchange))
		return s3_exchange_fault (s3, &exchange, error);
	code = s3_exchange_stored (s3, &exchange, &info, error);
	if (code == 0)
		code = s3_check_stored (request->key, digest.body.checksum_type, digest.body.checksum, &info, error);
	if (code == 0)
		code = s3_check_encrypted (request->key, &request->attributes, info.encryption, error);
	if (code < 0)
		return code;
	info.key = request->key;
	info.length = source->length;
	info.flags |= LARDER_INFO_LATEST;
	return s3_give_info (call, &info, ret_info, error);
}
