/* read.c: facts of an object, and its bytes. */
#include "s3.h"

#include <string.h>

#include "error.h"

int
s3_stat (void *self, struct larder_call *call, const struct larder_object *object, struct larder_info *ret_info, struct larder_error *error)
{
	struct s3 *s3 = self;
	struct larder_info info = { .size = sizeof info };
	CLEANUP_EXCHANGE struct s3_exchange exchange = { 0 };
	int code = s3_exchange_begin (&exchange, error);
	if (code == 0)
		code = s3_head (s3, call, &exchange, object, &info, error);
	return code == 0 ? s3_give_info (call, &info, ret_info, error) : code;
}

/* ---- reading ---- */

struct reading {
	struct s3_exchange *exchange;
	const struct larder_read *request;
	const struct larder_sink *sink;
	uint64_t expected, got;
};

/* A server may answer a range with anything: what came is compared with what was asked for. */
static int
check_range (const struct reading *reading, int status, const struct larder_info *info, uint64_t offset, uint64_t count, struct larder_error *error)
{
	const struct larder_read *request = reading->request;
	bool ranged = request->offset > 0 || request->length != LARDER_TO_END;
	uint64_t left = info->length > request->offset ? info->length - request->offset : 0;
	uint64_t want = request->length < left ? request->length : left;
	if (status == (ranged ? 206 : 200) && offset == request->offset && count == want)
		return 0;
	return larder_fail (error, LARDER_E_INTEGRITY, "%s: bytes %llu + %llu were asked for, status %d with bytes %llu + %llu of %llu came",
	                    reading->exchange->what, (unsigned long long) request->offset, (unsigned long long) want, status,
	                    (unsigned long long) offset, (unsigned long long) count, (unsigned long long) info->length);
}

static int
reading_head (void *context, const struct http_reply *reply, struct larder_error *error)
{
	struct reading *reading = context;
	struct larder_info info = { .size = sizeof info };
	uint64_t offset, count;
	int code = s3_reply_info (reply->status, &reply->headers, reading->exchange->arena, &info, &offset, &count, error);
	if (code == 0)
		code = check_range (reading, reply->status, &info, offset, count, error);
	if (code < 0)
		return code;
	info.key = reading->request->object.key;
	reading->expected = count;
	return reading->sink->begin ? reading->sink->begin (reading->sink->context, &info, error) : 0;
}

static int
reading_body (void *context, const void *bytes, size_t count, struct larder_error *error)
{
	struct reading *reading = context;
	if (count > reading->expected - reading->got)
		return larder_fail (error, LARDER_E_INTEGRITY, "%s: more than the %llu bytes announced came", reading->exchange->what,
		                    (unsigned long long) reading->expected);
	int code = reading->sink->write (reading->sink->context, bytes, count, error);
	if (code == 0)
		reading->got += count;
	return code;
}

/* No byte is there to be read: 416 at the end of an object, or no byte was asked for. */
static int
read_nothing (struct s3 *s3, struct larder_call *call, struct reading *reading, struct larder_error *error)
{
	const struct larder_read *request = reading->request;
	struct larder_info info = { .size = sizeof info };
	int code = s3_head (s3, call, reading->exchange, &request->object, &info, error);
	if (code < 0)
		return code;
	code = s3_check_etag (request->object.key, request->if_match, &info, error);
	if (code < 0)
		return code;
	if (request->offset > info.length)
		return larder_fail (error, LARDER_E_INVALID, "'%s' has %llu bytes, byte %llu was asked for", request->object.key,
		                    (unsigned long long) info.length, (unsigned long long) request->offset);
	return reading->sink->begin ? reading->sink->begin (reading->sink->context, &info, error) : 0;
}

/* Why, where that is known: the network's own words are there already. */
static int
broke_off (const struct reading *reading, int code, struct larder_error *error)
{
	if (code == 0)
		code = larder_fail (error, LARDER_E_RETRY, "%s: the reply broke off after %llu of %llu bytes", reading->exchange->what,
		                    (unsigned long long) reading->got, (unsigned long long) reading->expected);
	if (error)
		error->offset = reading->got;
	return code;
}

int
s3_read (void *self, struct larder_call *call, const struct larder_read *request, const struct larder_sink *sink, struct larder_error *error)
{
	struct s3 *s3 = self;
	CLEANUP_EXCHANGE struct s3_exchange exchange = { 0 };
	int code = s3_exchange_begin (&exchange, error);
	if (code < 0)
		return code;
	struct reading reading = { .exchange = &exchange, .request = request, .sink = sink };
	if (request->length == 0)
		return read_nothing (s3, call, &reading, error);
	const struct http_receiver receiver = { &reading, reading_head, reading_body };
	code = s3_exchange_object (s3, &exchange, "read", request->object.bucket, request->object.key, error);
	if (code == 0)
		code = s3_request_get (&exchange.request, exchange.arena, s3->server, request, error);
	exchange.receiver = &receiver;
	if (code == 0)
		code = s3_exchange_send (s3, call, &exchange, error);
	exchange.receiver = NULL;
	if (code == 0 && exchange.reply.status == 416)
		return read_nothing (s3, call, &reading, error);
	if (code == 0 && !s3_exchange_is_ok (&exchange))
		return s3_exchange_fault (s3, &exchange, error);
	return code == LARDER_E_RETRY || (code == 0 && reading.got < reading.expected) ? broke_off (&reading, code, error) : code;
}
