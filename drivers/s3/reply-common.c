/* reply-common.c: reading a body element by element, and the values in it. */
#include "reply.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "checksum-name.h"
#include "cleanup.h"
#include "error.h"
#include "text.h"

int
s3_odd (struct larder_error *error, const char *format, ...)
{
	char what[400];
	va_list arguments;
	va_start (arguments, format);
	vsnprintf (what, sizeof what, format, arguments);
	va_end (arguments);
	larder_fail (error, LARDER_E_INTEGRITY, "the server's reply makes no sense: %s", what);
	larder_explain (error, LARDER_DETAIL_NEXT, "check that the endpoint is an S3 server, and what stands between it and here");
	return LARDER_E_INTEGRITY;
}

int
s3_untrue (struct larder_error *error, const char *format, ...)
{
	char what[400];
	va_list arguments;
	va_start (arguments, format);
	vsnprintf (what, sizeof what, format, arguments);
	va_end (arguments);
	larder_fail (error, LARDER_E_UNAVAILABLE, "the listing cannot be trusted: %s", what);
	larder_explain (error, LARDER_DETAIL_NEXT, "nothing was done with it; try again, and report it to whoever runs that service");
	return LARDER_E_UNAVAILABLE;
}

/* ---- bodies ---- */

struct walk {
	const char *roots;        /* "A" or "A|B" */
	size_t root_length;       /* of the one that came */
	const struct s3_reader *reader;
};

static bool
is_one_of (const char *roots, const char *root)
{
	size_t first = strcspn (roots, "|"), length = strlen (root);
	return (length == first && strncmp (roots, root, first) == 0) || (roots[first] && strcmp (roots + first + 1, root) == 0);
}

static int
on_begin (void *context, const char *path, struct larder_error *error)
{
	struct walk *walk = context;
	if (!walk->root_length) {
		walk->root_length = strlen (path);
		return is_one_of (walk->roots, path) ? 0
			: s3_odd (error, "it is '%s' and not '%.*s'", path, (int) strcspn (walk->roots, "|"), walk->roots);
	}
	return walk->reader->begin ? walk->reader->begin (walk->reader->context, path + walk->root_length + 1, error) : 0;
}

static int
on_end (void *context, const char *path, const char *text, struct larder_error *error)
{
	const struct walk *walk = context;
	return walk->reader->end (walk->reader->context, path + walk->root_length + (path[walk->root_length] == '/'), text, error);
}

int
s3_reply_read (const char *body, size_t length, const char *root, const struct s3_reader *reader, struct larder_error *error)
{
	struct walk walk = { root, 0, reader };
	return aws_xml_read (body, length, on_begin, on_end, &walk, error);
}

void *
s3_row_add (struct s3_rows *rows)
{
	if (rows->count == rows->room) {
		size_t room = rows->room ? 2 * rows->room : 32;
		void *grown = arena_alloc (rows->arena, room * rows->each);
		if (!grown)
			return NULL;
		if (rows->count)
			memcpy (grown, rows->at, rows->count * rows->each);
		rows->at = grown;
		rows->room = room;
	}
	rows->count++;
	return s3_row_last (rows);        /* the arena gave zeroes */
}

/* ---- values ---- */

int
s3_text (struct larder_arena *arena, const char *text, const char **ret, struct larder_error *error)
{
	const char *copy = arena_copy (arena, text);
	return copy ? (*ret = copy, 0) : larder_fail_memory (error);
}

int
s3_etag (struct larder_arena *arena, const char *text, const char **ret, struct larder_error *error)
{
	size_t length = strlen (text);
	bool quoted = length >= 2 && text[0] == '"' && text[length - 1] == '"';
	const char *copy = arena_copy_bytes (arena, text + quoted, length - 2 * quoted);
	return copy ? (*ret = *copy ? copy : NULL, 0) : larder_fail_memory (error);
}

int
s3_number (const char *name, const char *text, uint64_t *ret, struct larder_error *error)
{
	uint64_t value = 0;
	const char *at = text;
	for (; *at >= '0' && *at <= '9'; at++) {
		unsigned digit = (unsigned) (*at - '0');
		if (value > (UINT64_MAX - digit) / 10)
			return s3_odd (error, "%s is '%s'", name, text);
		value = value * 10 + digit;
	}
	if (at == text || *at)
		return s3_odd (error, "%s is '%s'", name, text);
	*ret = value;
	return 0;
}

int
s3_yes_no (const char *name, const char *text, bool *ret, struct larder_error *error)
{
	if (strcmp (text, "true") == 0)
		return *ret = true, 0;
	if (strcmp (text, "false") == 0)
		return *ret = false, 0;
	return s3_odd (error, "%s is '%s'", name, text);
}

int
s3_time (const char *name, const char *text, int64_t *ret, struct larder_error *error)
{
	return text_time (text, ret) == 0 ? 0 : s3_odd (error, "%s is '%s'", name, text);
}

int
s3_http_time (const char *name, const char *text, int64_t *ret, struct larder_error *error)
{
	return text_time_http (text, ret) == 0 ? 0 : s3_odd (error, "%s is '%s'", name, text);
}

/* ---- checksums ---- */

static size_t
rank (uint32_t type)
{
	size_t i = 0;
	for (; s3_checksum_at (i) && s3_checksum_at (i)->type != type; i++)
		;
	return i;
}

bool
s3_checksum_element (const char *name, const char *text, struct larder_arena *arena, uint32_t *type, const char **checksum)
{
	for (size_t i = 0; s3_checksum_at (i); i++)
		if (strcmp (name, s3_checksum_at (i)->element) == 0) {
			if (*text && i < rank (*type)) {
				*type = s3_checksum_at (i)->type;
				*checksum = arena_copy (arena, text);
			}
			return true;
		}
	return false;
}

bool
s3_is_composite (const char *checksum, const char *kind)
{
	return (kind && strcmp (kind, "COMPOSITE") == 0) || (checksum && strchr (checksum, '-'));
}
