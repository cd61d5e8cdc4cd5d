/* null-request.c: one request as it comes: its head in pieces, its body thrown away, or summed up. */
#include "null.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "checksum.h"

static int
hex (char letter)
{
	return letter >= '0' && letter <= '9' ? letter - '0' : (letter | 32) >= 'a' && (letter | 32) <= 'f' ? (letter | 32) - 'a' + 10 : -1;
}

static void
decode (const char *from, size_t length, char *into, size_t room)
{
	size_t used = 0;
	for (size_t i = 0; i < length && used + 1 < room; i++) {
		bool coded = from[i] == '%' && i + 2 < length && hex (from[i + 1]) >= 0 && hex (from[i + 2]) >= 0;
		into[used++] = coded ? (char) (hex (from[i + 1]) * 16 + hex (from[i + 2])) : from[i] == '+' ? ' ' : from[i];
		i += coded ? 2 : 0;
	}
	into[used] = '\0';
}

const char *
request_header (const struct request *request, const char *name)
{
	for (size_t i = 0; i < request->header_count; i++)
		if (strcasecmp (request->headers[i].name, name) == 0)
			return request->headers[i].value;
	return NULL;
}

/* The value of `name` in the query, or NULL; "" where it has none. */
static const char *
find (const struct request *request, const char *name, size_t *ret_length)
{
	size_t length = strlen (name);
	for (const char *at = request->query; *at; at += strcspn (at, "&"), at += *at == '&') {
		size_t whole = strcspn (at, "&");
		if (strncmp (at, name, length) != 0 || (length < whole && at[length] != '='))
			continue;
		*ret_length = length < whole ? whole - length - 1 : 0;
		return at + length + (length < whole);
	}
	return NULL;
}

bool
request_asks (const struct request *request, const char *name)
{
	size_t length;
	return find (request, name, &length) != NULL;
}

bool
request_value (const struct request *request, const char *name, char *into, size_t room)
{
	size_t length;
	const char *value = find (request, name, &length);
	*into = '\0';
	if (value)
		decode (value, length, into, room);
	return value && *into;
}

static void
parse_headers (struct request *request, char *at)
{
	while (*at && request->header_count < HEADERS_MOST) {
		char *end = strstr (at, "\r\n"), *colon = strchr (at, ':');
		if (!end || !colon || colon > end)
			return;
		*end = *colon = '\0';
		request->headers[request->header_count++] = (struct header) { at, colon + 1 + strspn (colon + 1, " ") };
		at = end + 2;
	}
}

bool
request_parse (struct request *request, char *head)
{
	char *line = strstr (head, "\r\n"), *path = strchr (head, ' '), *end = path ? strchr (path + 1, ' ') : NULL;
	request->header_count = 0;
	request->length = 0;
	request->summed = false;
	request->tail[0] = '\0';
	if (!line || !end || end > line || path[1] != '/')
		return false;
	*path = *end = '\0';
	path += 2;
	char *query = strchr (path, '?');
	if (query)
		*query = '\0';
	request->method = head;
	request->query = query ? query + 1 : "";
	size_t bucket = strcspn (path, "/");
	decode (path, bucket, request->bucket, sizeof request->bucket);
	decode (path + bucket + (path[bucket] == '/'), strlen (path + bucket) - (path[bucket] == '/'), request->key, sizeof request->key);
	parse_headers (request, line + 2);
	return true;
}

/* ---- the body ---- */

static bool
sum (struct line *line, struct request *request, uint64_t count)
{
	char bytes[LINE_ROOM];
	request->crc64 = 0;
	for (request->summed = true; count > 0;) {
		int got = line_read (line, bytes, count < sizeof bytes ? (size_t) count : sizeof bytes);
		if (got <= 0)
			return false;
		request->crc64 = crc64nvme (request->crc64, bytes, (size_t) got);
		count -= (uint64_t) got;
	}
	return true;
}

/* Skips all but the tail. */
static bool
skip_to_tail (struct line *line, struct request *request, uint64_t count)
{
	size_t tail = count < TAIL_ROOM ? (size_t) count : TAIL_ROOM, have = 0;
	if (!line_skip (line, count - tail))
		return false;
	while (have < tail) {
		int got = line_read (line, request->tail + have, tail - have);
		if (got <= 0)
			return false;
		have += (size_t) got;
	}
	request->tail[tail] = '\0';
	return true;
}

static bool
take_chunks (struct line *line, struct request *request)
{
	char text[256];
	for (;;) {
		if (!line_text (line, text, sizeof text))
			return false;
		uint64_t count = strtoull (text, NULL, 16);
		request->length += count;
		if (count == 0)
			break;
		/* the last piece has the aws-chunked trailer */
		if (!(count <= TAIL_ROOM ? skip_to_tail (line, request, count) : line_skip (line, count)) || !line_text (line, text, sizeof text))
			return false;
	}
	while (line_text (line, text, sizeof text))
		if (!*text)
			return true;
	return false;
}

static bool
keep (struct line *line, char *into, uint64_t count)
{
	for (uint64_t have = 0; have < count;) {
		int got = line_read (line, into + have, count - have);
		if (got <= 0)
			return false;
		have += (uint64_t) got;
	}
	into[count] = '\0';
	return true;
}

/* A short body that the answer needs is kept: `into`, else "". */
bool
request_take_body (struct server *server, struct line *line, struct request *request, char *into, size_t room)
{
	const char *length = request_header (request, "content-length"), *expect = request_header (request, "expect");
	const char *encoding = request_header (request, "transfer-encoding"), *coding = request_header (request, "x-amz-content-sha256");
	bool framed = coding && strncmp (coding, "STREAMING-", 10) == 0;
	into[0] = '\0';
	if (expect && !line_send (line, "HTTP/1.1 100 Continue\r\n\r\n", 25, false))
		return false;
	if (encoding)
		return take_chunks (line, request);
	request->length = length ? strtoull (length, NULL, 10) : 0;
	if (strcmp (request->method, "POST") == 0 && request->length < room)
		return keep (line, into, request->length);
	if (framed)
		return skip_to_tail (line, request, request->length);
	return server->options.check ? sum (line, request, request->length) : line_skip (line, request->length);
}
