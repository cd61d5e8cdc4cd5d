/* reply.c: a reply as it comes: its status and headers, the receiver's turn, its body. */
#include "exchange.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "arena.h"
#include "error.h"

static int
too_much (const struct exchange *exchange)
{
	return larder_fail (exchange->error, LARDER_E_LIMIT, "headers of the reply of '%s' are over %d bytes or %d lines",
		exchange->place.host, HTTP_HEADER_BYTES_MOST, HTTP_HEADERS_MOST);
}

static int
malformed (const struct exchange *exchange)
{
	exchange->reply->lasting = true;
	return larder_fail (exchange->error, LARDER_E_UNAVAILABLE, "'%s' sent a malformed header", exchange->place.host);
}

/* "HTTP/1.1 200 OK": headers of a provisional reply before it are forgotten. */
static int
begin (struct exchange *exchange, const char *line, size_t length)
{
	bool known = length >= 12 && strncasecmp (line, "HTTP/1.", 7) == 0 && line[8] == ' ';
	exchange->reply->headers.count = 0;
	exchange->reply->status = known ? (int) strtol (line + 9, NULL, 10) : 0;
	return exchange->reply->status < 100 ? malformed (exchange) : 0;
}

static struct larder_pair *
next_pair (struct exchange *exchange)
{
	struct larder_pairs *headers = &exchange->reply->headers;
	if (headers->count == exchange->pairs_room) {
		size_t room = exchange->pairs_room ? exchange->pairs_room * 2 : 32;
		struct larder_pair *more = arena_alloc (exchange->arena, room * sizeof *more);
		if (!more)
			return NULL;
		if (headers->count)
			memcpy (more, exchange->pairs, headers->count * sizeof *more);
		exchange->pairs = more;
		exchange->pairs_room = room;
		*headers = (struct larder_pairs) { .at = more, .count = headers->count, .stride = sizeof *more };
	}
	return &exchange->pairs[headers->count];
}

static int
add (struct exchange *exchange, const char *line, size_t length)
{
	const char *colon = memchr (line, ':', length), *end = line + length;
	if (!colon || colon == line || *line == ' ' || *line == '\t')
		return malformed (exchange);
	if (exchange->reply->headers.count == HTTP_HEADERS_MOST)
		return too_much (exchange);
	const char *value = colon + 1;
	while (value < end && (*value == ' ' || *value == '\t'))
		value++;
	while (end > value && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	struct larder_pair *pair = next_pair (exchange);
	char *name = pair ? arena_copy_bytes (exchange->arena, line, (size_t) (colon - line)) : NULL;
	char *text = name ? arena_copy_bytes (exchange->arena, value, (size_t) (end - value)) : NULL;
	if (!text)
		return larder_fail_memory (exchange->error);
	for (char *at = name; *at; at++)
		if (*at >= 'A' && *at <= 'Z')
			*at = (char) (*at - 'A' + 'a');
	*pair = (struct larder_pair) { name, text };
	exchange->reply->headers.count++;
	return 0;
}

static int
end_of_headers (struct exchange *exchange)
{
	if (exchange->reply->status < 200)
		return 0;
	exchange->head = true;
	exchange->reply->tls = trust_version (exchange->connection->easy);
	const struct http_receiver *receiver = exchange->receiver;
	return receiver && receiver->head ? receiver->head (receiver->context, exchange->reply, exchange->error) : 0;
}

static int
take_line (struct exchange *exchange, const char *line, size_t length)
{
	exchange->header_bytes += length;
	if (exchange->header_bytes > HTTP_HEADER_BYTES_MOST)
		return too_much (exchange);
	while (length > 0 && (line[length - 1] == '\n' || line[length - 1] == '\r'))
		length--;
	if (exchange->head)
		return 0;        /* trailers: told nobody */
	if (length == 0)
		return end_of_headers (exchange);
	if (length > 5 && strncasecmp (line, "HTTP/", 5) == 0)
		return begin (exchange, line, length);
	return add (exchange, line, length);
}

size_t
reply_header (char *line, size_t size, size_t count, void *context)
{
	struct exchange *exchange = context;
	exchange->code = take_line (exchange, line, size * count);
	return exchange->code != 0 ? 0 : size * count;
}

size_t
reply_body (char *bytes, size_t size, size_t count, void *context)
{
	struct exchange *exchange = context;
	const struct http_receiver *receiver = exchange->receiver;
	exchange->reply->received += size * count;
	exchange->code = exchange_cancelled (exchange);
	for (size_t done = 0; exchange->code == 0 && done < size * count;) {
		int64_t may = exchange_bytes_turn (exchange, size * count - done);
		exchange->code = may < 0 ? (int) may : 0;
		if (exchange->code == 0 && receiver && receiver->body)
			exchange->code = receiver->body (receiver->context, bytes + done, (size_t) may, exchange->error);
		done += may < 0 ? 0 : (size_t) may;
	}
	return exchange->code != 0 ? 0 : size * count;
}
