/* send.c: the body of a request, from its source. */
#include "exchange.h"

#include <stdlib.h>

#include "error.h"

/* Up to `room` bytes at the place where we are; less is no end. */
static int64_t
take (struct exchange *exchange, void *into, size_t room)
{
	const struct larder_source *body = exchange->request->body;
	if (body->pread)
		return body->pread (body->context, into, room, exchange->given, exchange->error);
	return body->read (body->context, into, room, exchange->error);
}

/* Before its last bytes leave, a source must show that nothing follows: what the server got whole cannot be taken back. */
static int
check_end (struct exchange *exchange)
{
	char more;
	int64_t got = take (exchange, &more, 1);
	if (got > 0)
		return larder_fail (exchange->error, LARDER_E_INTEGRITY, "a source has more bytes than the %llu it was to have",
			(unsigned long long) exchange->length);
	return (int) got;
}

/* libcurl never asks an empty source. */
int
send_begin (struct exchange *exchange)
{
	const struct larder_source *body = exchange->request->body;
	int code = body && !body->pread ? body->rewind (body->context, exchange->error) : 0;
	return body && code == 0 && exchange->length == 0 ? check_end (exchange) : code;
}

static int64_t
fill (struct exchange *exchange, char *into, size_t room)
{
	uint64_t left = exchange->length - exchange->given;
	if (left == 0)
		return 0;
	int64_t may = exchange_bytes_turn (exchange, left < room ? left : room);
	int64_t got = may < 0 ? may : take (exchange, into, (size_t) may);
	if (got == 0)
		return larder_fail (exchange->error, LARDER_E_INTEGRITY, "a source ended after %llu of %llu bytes",
			(unsigned long long) exchange->given, (unsigned long long) exchange->length);
	if (got < 0)
		return got;
	exchange->given += (uint64_t) got;
	int code = exchange->given == exchange->length ? check_end (exchange) : 0;
	return code < 0 ? code : got;
}

/* A small body, before anything is sent. */
int
send_take_whole (struct exchange *exchange)
{
	struct connection *connection = exchange->connection;
	if (connection->small_room < exchange->length) {
		char *more = realloc (connection->small, exchange->length);
		if (!more)
			return larder_fail_memory (exchange->error);
		connection->small = more;
		connection->small_room = exchange->length;
	}
	int code = exchange_cancelled (exchange);
	while (code == 0 && exchange->given < exchange->length) {
		int64_t got = fill (exchange, connection->small + exchange->given, exchange->length - exchange->given);
		code = got < 0 ? (int) got : 0;
	}
	exchange->small = true;
	return code;
}

size_t
send_read (char *into, size_t size, size_t count, void *context)
{
	struct exchange *exchange = context;
	exchange->code = exchange_cancelled (exchange);
	int64_t got = exchange->code < 0 || !exchange->request->body ? 0 : fill (exchange, into, size * count);
	if (got < 0)
		exchange->code = (int) got;
	return exchange->code < 0 ? CURL_READFUNC_ABORT : (size_t) got;
}

int
send_seek (void *context, curl_off_t offset, int origin)
{
	struct exchange *exchange = context;
	const struct larder_source *body = exchange->request->body;
	if (offset != 0 || origin != SEEK_SET)
		return CURL_SEEKFUNC_FAIL;
	exchange->given_before = exchange->given;
	exchange->given = 0;
	if (body && !body->pread)
		exchange->code = body->rewind (body->context, exchange->error);
	return exchange->code < 0 ? CURL_SEEKFUNC_FAIL : CURL_SEEKFUNC_OK;
}
