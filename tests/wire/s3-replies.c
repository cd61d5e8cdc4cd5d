/* s3-replies.c: reads replies of S3 servers, lines of JSON on stdin, and prints what the driver understands of each.
 *
 *     s3-replies            one line of JSON a reply
 *     s3-replies cut        every reply cut at every byte: prints those that are taken for whole ones
 *     s3-replies mutate N   N changes of each at random: nothing is asked but that we live
 *     s3-replies pieces     every reply fed to the XML reader in two pieces, divided at every byte: prints those that read otherwise */
#define LARDER_API_VERSION 0
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "arena.h"
#include "buffer.h"
#include "cleanup.h"
#include "error.h"
#include "json.h"
#include "inner.h"
#include "wire.h"

struct reading {
	json_t *reply, *ask;
	const char *operation, *body;
	size_t length;
	struct larder_arena *arena;
	struct larder_error error;
	struct json *json;
};

static const char *
text (json_t *object, const char *name)
{
	return json_string_value (json_object_get (object, name));
}

/* ---- printing ---- */

static void
put_time (struct json *json, const char *name, int64_t time)
{
	if (!time)
		return;
	json_put_name (json, name);
	json_put_int (json, time);
}

static void
put_pairs (struct json *json, const char *name, const struct larder_pairs *pairs)
{
	json_put_name (json, name);
	json_put_array (json);
	for (size_t i = 0; i < pairs->count; i++) {
		json_put_array (json);
		json_put_text (json, larder_pair_at (pairs, i)->name);
		json_put_text (json, larder_pair_at (pairs, i)->value);
		json_put_array_end (json);
	}
	json_put_array_end (json);
}

static void
put_info (struct json *json, const struct larder_info *info)
{
	json_member_bytes (json, "key", info->key);
	json_member (json, "version", info->version);
	json_member (json, "etag", info->etag);
	json_member_uint (json, "length", info->length);
	if (info->flags)
		json_member_uint (json, "flags", info->flags);
	put_time (json, "mtime", info->mtime);
	json_member (json, "class", info->storage_class);
	if (info->restore_state)
		json_member_uint (json, "restore", info->restore_state);
	put_time (json, "restore_expiry", info->restore_expiry);
	if (info->checksum_type)
		json_member_uint (json, "checksum_type", info->checksum_type);
	json_member (json, "checksum", info->checksum);
	if (info->checksum_composite)
		json_member_bool (json, "composite", true);
	json_member (json, "content_type", info->content_type);
	json_member (json, "content_encoding", info->content_encoding);
	json_member (json, "cache_control", info->cache_control);
	json_member (json, "content_disposition", info->content_disposition);
	json_member (json, "replication", info->replication);
	json_member (json, "archive", info->archive);
	json_member (json, "encryption", info->encryption);
	if (info->metadata.count)
		put_pairs (json, "metadata", &info->metadata);
}

static int
on_item (void *context, const struct larder_info *info, struct larder_error *error)
{
	struct reading *reading = context;
	(void) error;
	json_put_object (reading->json);
	put_info (reading->json, info);
	json_put_object_end (reading->json);
	return 0;
}

static int
on_upload (void *context, const struct larder_upload *upload, struct larder_error *error)
{
	struct json *json = ((struct reading *) context)->json;
	(void) error;
	json_put_object (json);
	json_member_bytes (json, "key", upload->key);
	json_member (json, "id", upload->id);
	put_time (json, "started", upload->started);
	json_put_object_end (json);
	return 0;
}

static int
on_part (void *context, const struct larder_part *part, struct larder_error *error)
{
	struct json *json = ((struct reading *) context)->json;
	(void) error;
	json_put_object (json);
	json_member_uint (json, "number", part->number);
	json_member_uint (json, "length", part->length);
	json_member (json, "etag", part->etag);
	json_member (json, "checksum", part->checksum);
	json_put_object_end (json);
	return 0;
}

static int
on_removed (void *context, size_t index, int code, const struct larder_info *info, const struct larder_error *why)
{
	struct json *json = ((struct reading *) context)->json;
	json_put_object (json);
	json_member_uint (json, "index", index);
	if (code) {
		json_put_name (json, "code");
		json_put_int (json, code);
		json_member (json, "message", why->message);
		json_member (json, "provider", why->provider);
	} else {
		json_member (json, "version", info->version);
		json_member_bool (json, "marker", info->flags & LARDER_INFO_DELETE_MARKER);
	}
	json_put_object_end (json);
	return 0;
}

static void
put_page (struct json *json, const struct larder_page *page)
{
	json_member_bool (json, "complete", page->complete);
	json_member (json, "token", page->token);
}

/* ---- reading ---- */

static struct larder_list
list_of (const struct reading *reading)
{
	const char *bucket = text (reading->ask, "bucket");
	return (struct larder_list) {
		.size = sizeof (struct larder_list), .bucket = bucket ? bucket : "bucket", .prefix = text (reading->ask, "prefix"),
		.delimiter = text (reading->ask, "delimiter"), .start_after = text (reading->ask, "start_after"), .token = text (reading->ask, "token"),
		.versions = strcmp (reading->operation, "ListObjectVersions") == 0
	};
}

static struct larder_pairs
headers_of (const struct reading *reading)
{
	json_t *headers = json_object_get (reading->reply, "headers");
	size_t count = json_array_size (headers);
	struct larder_pair *pairs = arena_alloc (reading->arena, (count + 1) * sizeof *pairs);
	for (size_t i = 0; i < count; i++) {
		json_t *pair = json_array_get (headers, i);
		pairs[i] = (struct larder_pair) { json_string_value (json_array_get (pair, 0)), json_string_value (json_array_get (pair, 1)) };
	}
	return (struct larder_pairs) { pairs, count, sizeof *pairs };
}

static int
read_headers (struct reading *reading)
{
	struct larder_pairs headers = headers_of (reading);
	struct larder_info info = { .size = sizeof info };
	uint64_t offset = 0, count = 0;
	bool facts = strcmp (reading->operation, "HeadObject") == 0 || strcmp (reading->operation, "GetObject") == 0;
	int code = facts ? s3_reply_info ((int) json_integer_value (json_object_get (reading->reply, "status")), &headers, reading->arena, &info,
	                                  &offset, &count, &reading->error)
		: s3_reply_stored (&headers, reading->arena, &info, &reading->error);
	if (code < 0)
		return code;
	put_info (reading->json, &info);
	if (facts) {
		json_member_uint (reading->json, "offset", offset);
		json_member_uint (reading->json, "count", count);
	}
	return 0;
}

/* The row of the server that it was recorded from; others list as AWS does. */
static const struct s3_server *
server_of (const struct reading *reading)
{
	const struct s3_server *server = NULL;
	const char *name = text (reading->reply, "server");
	if (!name || s3_server_find (name, false, &server, NULL) < 0)
		s3_server_find ("aws", false, &server, NULL);
	return server;
}

static int
read_list (struct reading *reading)
{
	struct larder_list list = list_of (reading);
	struct larder_page page = { .size = sizeof page };
	bool uploads = strcmp (reading->operation, "ListMultipartUploads") == 0;
	json_put_name (reading->json, "items");
	json_put_array (reading->json);
	int code = uploads ? s3_reply_uploads (reading->body, reading->length, &list, reading->arena, on_upload, reading, &page, &reading->error)
		: s3_reply_list (reading->body, reading->length, server_of (reading), &list, reading->arena, on_item, reading, &page, &reading->error);
	json_put_array_end (reading->json);
	if (code == 0)
		put_page (reading->json, &page);
	return code;
}

static int
read_parts (struct reading *reading)
{
	uint32_t next = 0;
	json_put_name (reading->json, "items");
	json_put_array (reading->json);
	int code = s3_reply_parts (reading->body, reading->length, reading->arena, on_part, reading, &next, &reading->error);
	json_put_array_end (reading->json);
	if (code == 0)
		json_member_uint (reading->json, "next", next);
	return code;
}

static int
read_deleted (struct reading *reading)
{
	json_t *asked = json_object_get (reading->ask, "items");
	size_t count = json_array_size (asked);
	struct larder_remove *items = arena_alloc (reading->arena, (count + 1) * sizeof *items);
	for (size_t i = 0; i < count; i++) {
		json_t *item = json_array_get (asked, i);
		items[i] = (struct larder_remove) { .size = sizeof *items, .key = text (item, "key"), .version = text (item, "version") };
	}
	json_put_name (reading->json, "items");
	json_put_array (reading->json);
	int code = s3_reply_deleted (reading->body, reading->length, "bucket", items, count, sizeof *items, on_removed, reading, reading->arena, &reading->error);
	json_put_array_end (reading->json);
	return code;
}

static int
read_made (struct reading *reading, const char *root)
{
	struct larder_info info = { .size = sizeof info };
	int code = s3_reply_result (reading->body, reading->length, root, reading->arena, &info, &reading->error);
	if (code == 0)
		put_info (reading->json, &info);
	return code;
}

static int
read_tags (struct reading *reading)
{
	struct larder_pairs tags = { 0 };
	int code = s3_reply_tags (reading->body, reading->length, reading->arena, &tags, &reading->error);
	if (code == 0)
		put_pairs (reading->json, "tags", &tags);
	return code;
}

static int
read_word (struct reading *reading)
{
	const char *word = NULL;
	bool id = strcmp (reading->operation, "CreateMultipartUpload") == 0;
	int code = id ? s3_reply_upload_id (reading->body, reading->length, reading->arena, &word, &reading->error)
		: s3_reply_versioning (reading->body, reading->length, reading->arena, &word, &reading->error);
	if (code == 0)
		json_member (reading->json, id ? "id" : "status", word);
	return code;
}

static const char *
root_of (const char *operation)
{
	static const struct { const char *operation, *root; } roots[] = {
		{ "CopyObject", "CopyObjectResult" }, { "UploadPartCopy", "CopyPartResult" }, { "CompleteMultipartUpload", "CompleteMultipartUploadResult" },
	};
	for (size_t i = 0; i < sizeof roots / sizeof *roots; i++)
		if (strcmp (roots[i].operation, operation) == 0)
			return roots[i].root;
	return NULL;
}

static bool
has_body (const char *operation)
{
	return strcmp (operation, "HeadObject") != 0 && strcmp (operation, "GetObject") != 0 && strcmp (operation, "PutObject") != 0
		&& strcmp (operation, "UploadPart") != 0 && strcmp (operation, "DeleteObject") != 0;
}

static int
read_one (struct reading *reading)
{
	const char *operation = reading->operation, *root = root_of (operation);
	reading->error = (struct larder_error) LARDER_ERROR_INIT;
	if (!has_body (operation))
		return read_headers (reading);
	if (root)
		return read_made (reading, root);
	if (strcmp (operation, "ListParts") == 0)
		return read_parts (reading);
	if (strcmp (operation, "DeleteObjects") == 0)
		return read_deleted (reading);
	if (strcmp (operation, "GetObjectTagging") == 0)
		return read_tags (reading);
	return strncmp (operation, "List", 4) == 0 ? read_list (reading) : read_word (reading);
}

/* Read once, what came out into `line`; the code. */
static int
try_one (struct reading *reading, struct buffer *line)
{
	struct json json;
	buffer_clear (line);
	arena_clear (reading->arena);
	json_begin (&json, line);
	reading->json = &json;
	json_put_object (&json);
	int code = read_one (reading);
	json_put_object_end (&json);
	return code;
}

/* ---- what is done with each ---- */

static void
print_one (struct reading *reading, struct buffer *line)
{
	int code = try_one (reading, line);
	if (code < 0) {
		struct json json;
		buffer_clear (line);
		json_begin (&json, line);
		json_put_object (&json);
		json_put_name (&json, "code");
		json_put_int (&json, code);
		json_member (&json, "message", reading->error.message);
		json_put_object_end (&json);
	}
	puts (buffer_text (line));
}

/* Blanks at the end may go; nothing else. */
static void
cut_one (struct reading *reading, struct buffer *line)
{
	size_t length = reading->length;
	while (length && strchr (" \t\r\n", reading->body[length - 1]))
		length--;
	for (size_t count = 0; has_body (reading->operation) && count < length; count++) {
		reading->length = count;
		if (try_one (reading, line) >= 0)
			printf ("%s, %s: its first %zu bytes\n", text (reading->reply, "server"), text (reading->reply, "case"), count);
	}
}

static unsigned seed = 1;

static unsigned
chance (size_t below)
{
	seed = seed * 1103515245 + 12345;
	return (unsigned) ((seed >> 8) % below);
}

static void
mutate_one (struct reading *reading, struct buffer *line, unsigned rounds)
{
	static const char *const bits[] = { "", "<", ">", "</Key>", "<Key>", "&#0;", "&lt;", "%", "%00", "\xff", "\x01", "18446744073709551616", "-1", "true", "\"", "<IsTruncated>true</IsTruncated>" };
	const char *body = reading->body;
	size_t length = reading->length;
	for (unsigned round = 0; has_body (reading->operation) && length && round < rounds; round++) {
		CLEANUP_BUFFER struct buffer changed;
		size_t at = chance (length), skip = chance (2) ? chance (40) : 0;
		const char *bit = bits[chance (sizeof bits / sizeof *bits)];
		buffer_init (&changed, 1 << 22);
		buffer_add (&changed, body, at);
		buffer_add_text (&changed, bit);
		if (at + skip < length)
			buffer_add (&changed, body + at + skip, length - at - skip);
		reading->body = buffer_text (&changed);
		reading->length = changed.length;
		try_one (reading, line);
	}
}

/* ---- pieces ---- */

static int
note (void *context, const char *path, const char *value, struct larder_error *error)
{
	(void) error;
	return buffer_printf (context, "%s=%s\n", path, value) < 0 ? LARDER_E_LIMIT : 0;
}

static int
feed (const struct reading *reading, size_t at, struct buffer *into)
{
	struct aws_xml *xml = aws_xml_new (NULL, note, into);
	buffer_clear (into);
	int code = aws_xml_feed (xml, reading->body, at, NULL);
	if (code == 0)
		code = aws_xml_feed (xml, reading->body + at, reading->length - at, NULL);
	if (code == 0)
		code = aws_xml_end (xml, NULL);
	aws_xml_free (xml);
	return code;
}

static void
divide_one (struct reading *reading, struct buffer *line)
{
	CLEANUP_BUFFER struct buffer other;
	buffer_init (&other, 1 << 22);
	int code = feed (reading, 0, line);
	for (size_t at = 1; has_body (reading->operation) && at < reading->length; at++)
		if (feed (reading, at, &other) != code || (code == 0 && strcmp (buffer_text (line), buffer_text (&other)) != 0))
			printf ("%s, %s: divided at %zu\n", text (reading->reply, "server"), text (reading->reply, "case"), at);
}

int
main (int argc, char **argv)
{
	CLEANUP_BUFFER struct buffer line;
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	CLEANUP_FREE char *input = NULL;
	size_t room = 0;
	const char *mode = argc > 1 ? argv[1] : "";
	buffer_init (&line, 1 << 22);
	while (getline (&input, &room, stdin) > 0) {
		json_t *reply = json_loads (input, 0, NULL);
		if (!reply)
			return 2;
		struct reading reading = { .reply = reply, .ask = json_object_get (reply, "ask"), .operation = text (reply, "operation"),
		                           .body = text (reply, "body"), .arena = arena };
		reading.body = reading.body ? reading.body : "";
		reading.length = strlen (reading.body);
		if (strcmp (mode, "cut") == 0)
			cut_one (&reading, &line);
		else if (strcmp (mode, "mutate") == 0)
			mutate_one (&reading, &line, argc > 2 ? (unsigned) strtoul (argv[2], NULL, 10) : 1);
		else if (strcmp (mode, "pieces") == 0)
			divide_one (&reading, &line);
		else
			print_one (&reading, &line);
		json_decref (reply);
	}
	return 0;
}
