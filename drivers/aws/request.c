/* request.c: filling a request. Pure. */
#include "inner.h"

#include <stdio.h>
#include <string.h>

#include "arena.h"
#include "buffer.h"
#include "error.h"

#define PATH_MOST 16384          /* a key of 1024 bytes, encoded, five times over */
#define QUERY_MOST (256 << 10)

void
aws_percent (struct buffer *into, const char *text, bool keep_slash)
{
	static const char digits[] = "0123456789ABCDEF";
	for (const unsigned char *at = (const unsigned char *) text; *at; at++) {
		unsigned char c = *at;
		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		    c == '-' || c == '_' || c == '.' || c == '~' || (c == '/' && keep_slash)) {
			buffer_add_char (into, (char) c);
		} else {
			const char hex[] = { '%', digits[c >> 4], digits[c & 15] };
			buffer_add (into, hex, sizeof hex);
		}
	}
}

static const char *
path_of (struct larder_arena *arena, const char *key)
{
	CLEANUP_BUFFER struct buffer path;
	buffer_init (&path, PATH_MOST);
	buffer_add_char (&path, '/');
	aws_percent (&path, key, true);
	return path.failed ? NULL : arena_copy (arena, path.at);
}

void
aws_request_begin (struct aws_request *request, struct larder_arena *arena, const char *method, const char *bucket,
                   const char *key)
{
	*request = (struct aws_request) { .arena = arena, .method = method };
	request->bucket = arena_copy (arena, bucket);
	request->path = key ? path_of (arena, key) : "/";
	request->failed = !request->path || (bucket && !request->bucket);
}

/* One more pair, by doubling; both texts copied. */
static void
add_pair (struct aws_request *request, struct larder_pair **list, size_t *count, size_t *room, const char *name, const char *value)
{
	if (*count == *room) {
		size_t more = *room ? 2 * *room : 16;
		struct larder_pair *grown = arena_alloc (request->arena, more * sizeof *grown);
		if (!grown) {
			request->failed = true;
			return;
		}
		if (*count)
			memcpy (grown, *list, *count * sizeof *grown);
		*list = grown;
		*room = more;
	}
	struct larder_pair pair = { arena_copy (request->arena, name), arena_copy (request->arena, value) };
	if (pair.name && pair.value)
		(*list)[(*count)++] = pair;
	else
		request->failed = true;
}

void
aws_request_query (struct aws_request *request, const char *name, const char *value)
{
	if (value && !request->failed)
		add_pair (request, &request->query, &request->query_count, &request->query_room, name, value);
}

void
aws_request_query_uint (struct aws_request *request, const char *name, uint64_t value)
{
	char text[24];
	snprintf (text, sizeof text, "%llu", (unsigned long long) value);
	aws_request_query (request, name, text);
}

void
aws_request_header (struct aws_request *request, const char *name, const char *value)
{
	if (value && !request->failed)
		add_pair (request, &request->headers, &request->header_count, &request->header_room, name, value);
}

const char *
aws_request_header_find (const struct aws_request *request, const char *name)
{
	for (size_t i = 0; i < request->header_count; i++)
		if (strcmp (request->headers[i].name, name) == 0)
			return request->headers[i].value;
	return NULL;
}

/* A line end in a value would be a second header. */
static bool
is_value (const char *value)
{
	for (const unsigned char *at = (const unsigned char *) value; *at; at++)
		if ((*at < 0x20 && *at != '\t') || *at == 0x7f)
			return false;
	return true;
}

static bool
is_name (const char *name)
{
	size_t length = strspn (name, "abcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-.^_`|~");
	return length > 0 && !name[length];
}

int
aws_request_check (const struct aws_request *request, struct larder_error *error)
{
	if (request->failed) {
		larder_fail (error, LARDER_E_LIMIT, "a request does not fit: its texts are too long, or out of memory");
		larder_explain (error, LARDER_DETAIL_NEXT, "keys have at most 1024 bytes, metadata at most 2 KiB");
		return LARDER_E_LIMIT;
	}
	for (size_t i = 0; i < request->header_count; i++) {
		const struct larder_pair *header = &request->headers[i];
		if (!is_name (header->name)) {
			larder_fail (error, LARDER_E_INVALID, "'%s' cannot be the name of a header", header->name);
			larder_explain (error, LARDER_DETAIL_NEXT, "names of metadata have letters, digits, '-', '_' and '.'");
			return LARDER_E_INVALID;
		}
		if (!is_value (header->value)) {
			larder_fail (error, LARDER_E_INVALID, "the value of header '%s' has a control character", header->name);
			larder_explain (error, LARDER_DETAIL_NEXT, "take line ends and control characters out of metadata and attributes");
			return LARDER_E_INVALID;
		}
	}
	return 0;
}

int
aws_query_text (const struct aws_request *request, const char **ret, struct larder_error *error)
{
	CLEANUP_BUFFER struct buffer text;
	buffer_init (&text, QUERY_MOST);
	for (size_t i = 0; i < request->query_count; i++) {
		if (i)
			buffer_add_char (&text, '&');
		aws_percent (&text, request->query[i].name, false);
		buffer_add_char (&text, '=');
		aws_percent (&text, request->query[i].value, false);
	}
	const char *copy = text.failed ? NULL : arena_copy (request->arena, buffer_text (&text));
	if (!copy)
		return larder_fail (error, LARDER_E_LIMIT, "the query of a request is longer than %d bytes", QUERY_MOST);
	*ret = copy;
	return 0;
}
