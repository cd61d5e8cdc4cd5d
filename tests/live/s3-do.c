/* s3-do.c: a driver on its own, led by a script: s3-do MODULE [OPTION=VALUE…], one operation a line of JSON on stdin,
 * {"do": "write", "key": "k", "text": "bytes", …}, one line of JSON with its outcome on stdout: code, message, next, facts. */
#include "driver/suite.h"

#include <jansson.h>
#include <stdlib.h>

#include "checksum.h"
#include "cleanup.h"
#include "clock.h"
#include "json.h"
#include "text.h"

struct desk {
	struct suite suite;
	struct larder_call call;
	struct larder_error error;
	json_t *in;
	struct json out;
	struct buffer bytes;            /* that come or go */
	uint64_t taken;                 /* bytes asked of the source */
};

void
not_here (struct suite *suite, const char *why)
{
	(void) suite;
	(void) why;
}

/* ---- what a line says ---- */

static const char *text (const struct desk *d, const char *name) { return json_string_value (json_object_get (d->in, name)); }
static bool flag (const struct desk *d, const char *name) { return json_is_true (json_object_get (d->in, name)); }

static uint64_t
number (const struct desk *d, const char *name, uint64_t otherwise)
{
	const json_t *value = json_object_get (d->in, name);
	return value ? (uint64_t) json_integer_value (value) : otherwise;
}

static const char *bucket (const struct desk *d) { return text (d, "bucket") ? text (d, "bucket") : d->suite.bucket; }

static struct larder_pairs
pairs (struct desk *d, const char *name)
{
	json_t *given = json_object_get (d->in, name), *value;
	struct larder_pair *at = fake_host.arena (&d->call, (json_object_size (given) + 1) * sizeof *at);
	const char *key;
	size_t count = 0;
	json_object_foreach (given, key, value)
		at[count++] = (struct larder_pair) { key, json_string_value (value) };
	return (struct larder_pairs) { at, count, sizeof *at };
}

static struct larder_attributes
attributes (struct desk *d)
{
	return (struct larder_attributes) {
		.size = sizeof (struct larder_attributes), .content_type = text (d, "content_type"), .content_encoding = text (d, "content_encoding"),
		.cache_control = text (d, "cache_control"), .content_disposition = text (d, "content_disposition"), .storage_class = text (d, "class"),
		.encryption = text (d, "encryption"), .metadata_given = json_object_get (d->in, "metadata") != NULL, .metadata = pairs (d, "metadata"),
	};
}

static struct larder_condition
condition (const struct desk *d)
{
	return (struct larder_condition) { sizeof (struct larder_condition), flag (d, "create_only"), text (d, "if_match") };
}

static struct larder_object
object (const struct desk *d)
{
	return (struct larder_object) { sizeof (struct larder_object), bucket (d), text (d, "key"), text (d, "version") };
}

static struct larder_upload
upload (const struct desk *d)
{
	return (struct larder_upload) { .size = sizeof (struct larder_upload), .bucket = bucket (d), .key = text (d, "key"), .id = text (d, "id") };
}

static struct larder_write
writing (struct desk *d)
{
	return (struct larder_write) {
		.size = sizeof (struct larder_write), .bucket = bucket (d), .key = text (d, "key"), .attributes = attributes (d), .condition = condition (d),
		.checksum_type = text (d, "crc64nvme") ? LARDER_CHECKSUM_CRC64NVME : LARDER_CHECKSUM_NONE, .checksum = text (d, "crc64nvme"),
	};
}

static int64_t
take (void *context, void *into, size_t count, uint64_t offset, struct larder_error *error)
{
	struct desk *d = context;
	(void) error;
	d->taken += count;
	if (offset >= d->bytes.length)
		return 0;
	if (count > d->bytes.length - offset)
		count = d->bytes.length - offset;
	memcpy (into, d->bytes.at + offset, count);
	return (int64_t) count;
}

/* "text", or "fill": so many random bytes of a "seed"; "claim" says another length. */
static struct larder_source
source (struct desk *d)
{
	size_t count = (size_t) number (d, "fill", 0);
	if (count) {
		CLEANUP_FREE char *random = malloc (count);
		fill_random (random, count, number (d, "seed", 1));
		buffer_add (&d->bytes, random, count);
	} else if (text (d, "text")) {
		buffer_add_text (&d->bytes, text (d, "text"));
	}
	return (struct larder_source) { .size = sizeof (struct larder_source), .context = d, .length = number (d, "claim", d->bytes.length), .pread = take };
}

/* ---- what is told ---- */

static void
tell_pairs (struct desk *d, const char *name, const struct larder_pairs *given)
{
	json_put_name (&d->out, name);
	json_put_object (&d->out);
	for (size_t i = 0; i < given->count; i++)
		json_member (&d->out, larder_pair_at (given, i)->name, larder_pair_at (given, i)->value);
	json_put_object_end (&d->out);
}

static void
tell_info (struct desk *d, const struct larder_info *info)
{
	json_member (&d->out, "key", info->key);
	json_member (&d->out, "version", info->version);
	json_member (&d->out, "etag", info->etag);
	json_member (&d->out, "class", info->storage_class);
	json_member (&d->out, "checksum", info->checksum);
	json_member (&d->out, "content_type", info->content_type);
	json_member (&d->out, "content_encoding", info->content_encoding);
	json_member (&d->out, "cache_control", info->cache_control);
	json_member (&d->out, "content_disposition", info->content_disposition);
	json_member (&d->out, "encryption", info->encryption);
	json_member_uint (&d->out, "length", info->length);
	json_member_uint (&d->out, "checksum_type", info->checksum_type);
	json_member_uint (&d->out, "restore", info->restore_state);
	json_member_uint (&d->out, "until", (uint64_t) (info->restore_expiry / NS_PER_S));
	json_member_bool (&d->out, "composite", info->checksum_composite);
	json_member_bool (&d->out, "latest", info->flags & LARDER_INFO_LATEST);
	json_member_bool (&d->out, "marker", info->flags & LARDER_INFO_DELETE_MARKER);
	json_member_bool (&d->out, "prefix", info->flags & LARDER_INFO_PREFIX);
	tell_pairs (d, "metadata", &info->metadata);
}

static void
tell_error (struct desk *d, int code, const struct larder_error *error)
{
	json_put_name (&d->out, "code");
	json_put_int (&d->out, code);
	if (code == 0 || !error)
		return;
	json_member (&d->out, "message", error->message);
	json_member (&d->out, "next", error->next);
	json_member (&d->out, "provider", error->provider);
	json_member_uint (&d->out, "status", (uint64_t) error->status);
}

static int
told (struct desk *d, int code, const struct larder_info *info)
{
	if (code == 0)
		tell_info (d, info);
	return code;
}

static int
tell_item (void *context, const struct larder_info *info, struct larder_error *error)
{
	struct desk *d = context;
	(void) error;
	json_put_object (&d->out);
	tell_info (d, info);
	json_put_object_end (&d->out);
	return 0;
}

static void
tell_page (struct desk *d, int code, const struct larder_page *page)
{
	json_put_array_end (&d->out);
	if (code == 0) {
		json_member_bool (&d->out, "complete", page->complete);
		json_member (&d->out, "token", page->complete ? NULL : page->token);
	}
}

/* ---- objects ---- */

static int
do_stat (struct desk *d)
{
	struct larder_info info = { .size = sizeof info };
	const struct larder_object one = object (d);
	return told (d, d->suite.driver->stat (d->suite.self, &d->call, &one, &info, &d->error), &info);
}

static int
begin_bytes (void *context, const struct larder_info *info, struct larder_error *error)
{
	(void) error;
	tell_info (context, info);
	return 0;
}

static int
keep_bytes (void *context, const void *bytes, size_t count, struct larder_error *error)
{
	struct desk *d = context;
	(void) error;
	return buffer_add (&d->bytes, bytes, count) < 0 ? LARDER_E_LIMIT : 0;
}

static int
do_read (struct desk *d)
{
	const struct larder_sink sink = { .size = sizeof sink, .context = d, .begin = begin_bytes, .write = keep_bytes };
	const struct larder_read request = {
		.size = sizeof request, .object = object (d), .offset = number (d, "offset", 0), .length = number (d, "length", LARDER_TO_END),
		.if_match = text (d, "if_match"),
	};
	int code = d->suite.driver->read (d->suite.self, &d->call, &request, &sink, &d->error);
	char sum[16];
	crc64nvme_text (crc64nvme (0, d->bytes.at, d->bytes.length), sum);
	json_member (&d->out, "crc64nvme", sum);
	json_member_uint (&d->out, "got", d->bytes.length);
	if (d->bytes.length <= 4096)
		json_member (&d->out, "text", buffer_text (&d->bytes));
	return code;
}

static int
do_write (struct desk *d)
{
	struct larder_info info = { .size = sizeof info };
	const struct larder_write request = writing (d);
	const struct larder_source from = source (d);
	int code = d->suite.driver->write (d->suite.self, &d->call, &request, &from, &info, &d->error);
	json_member_uint (&d->out, "taken", d->taken);
	return told (d, code, &info);
}

static int
do_copy (struct desk *d)
{
	struct larder_info info = { .size = sizeof info };
	struct larder_copy request = {
		.size = sizeof request, .from = object (d), .bucket = bucket (d), .key = text (d, "to"), .if_match = text (d, "source_if_match"),
		.attributes = attributes (d), .condition = condition (d),
	};
	return told (d, d->suite.driver->copy (d->suite.self, &d->call, &request, &info, &d->error), &info);
}

static int
tell_removed (void *context, size_t index, int code, const struct larder_info *info, const struct larder_error *error)
{
	struct desk *d = context;
	json_put_object (&d->out);
	json_member_uint (&d->out, "index", index);
	tell_error (d, code, error);
	json_member (&d->out, "version", info ? info->version : NULL);
	json_put_object_end (&d->out);
	return 0;
}

/* "items": objects with key, version, if_match. */
static int
do_remove (struct desk *d)
{
	json_t *list = json_object_get (d->in, "items"), *value;
	struct larder_remove *items = fake_host.arena (&d->call, (json_array_size (list) + 1) * sizeof *items);
	size_t i;
	json_array_foreach (list, i, value)
		items[i] = (struct larder_remove) {
			sizeof *items, json_string_value (json_object_get (value, "key")), json_string_value (json_object_get (value, "version")),
			json_string_value (json_object_get (value, "if_match")),
		};
	json_put_name (&d->out, "items");
	json_put_array (&d->out);
	int code = d->suite.driver->remove (d->suite.self, &d->call, bucket (d), items, json_array_size (list), sizeof *items, tell_removed, d, &d->error);
	json_put_array_end (&d->out);
	return code;
}

static struct larder_list
listing (const struct desk *d)
{
	return (struct larder_list) {
		.size = sizeof (struct larder_list), .bucket = bucket (d), .prefix = text (d, "prefix") ? text (d, "prefix") : "",
		.delimiter = text (d, "delimiter") ? text (d, "delimiter") : "", .start_after = text (d, "after"), .token = text (d, "token"),
		.most = (uint32_t) number (d, "most", 0), .versions = flag (d, "versions"),
	};
}

static int
do_list (struct desk *d)
{
	struct larder_page page = { .size = sizeof page };
	const struct larder_list request = listing (d);
	json_put_name (&d->out, "items");
	json_put_array (&d->out);
	int code = d->suite.driver->list (d->suite.self, &d->call, &request, tell_item, d, &page, &d->error);
	tell_page (d, code, &page);
	return code;
}

/* ---- parts ---- */

static int
do_begin (struct desk *d)
{
	struct larder_upload made = { .size = sizeof made };
	const struct larder_write request = writing (d);
	int code = d->suite.driver->parts_begin (d->suite.self, &d->call, &request, &made, &d->error);
	json_member (&d->out, "id", made.id);
	return code;
}

static void
tell_part (struct desk *d, const struct larder_part *part)
{
	json_member_uint (&d->out, "number", part->number);
	json_member_uint (&d->out, "length", part->length);
	json_member (&d->out, "etag", part->etag);
	json_member (&d->out, "checksum", part->checksum);
	json_member_uint (&d->out, "checksum_type", part->checksum_type);
}

/* "from": the key that the bytes are copied from. */
static int
do_part (struct desk *d)
{
	const struct larder_read copied = { .size = sizeof copied, .object = { sizeof copied.object, bucket (d), text (d, "from"), NULL }, .length = LARDER_TO_END };
	struct larder_part part = { .size = sizeof part };
	const struct larder_upload to = upload (d);
	const struct larder_source from = source (d);
	uint32_t nth = (uint32_t) number (d, "number", 1);
	int code = copied.object.key ? d->suite.driver->parts_copy (d->suite.self, &d->call, &to, nth, &copied, &part, &d->error)
		: d->suite.driver->parts_write (d->suite.self, &d->call, &to, nth, &from, &part, &d->error);
	json_member_uint (&d->out, "taken", d->taken);
	if (code == 0)
		tell_part (d, &part);
	return code;
}

static struct larder_part
part_of (const json_t *value)
{
	return (struct larder_part) {
		.size = sizeof (struct larder_part), .number = (uint32_t) json_integer_value (json_object_get (value, "number")),
		.length = (uint64_t) json_integer_value (json_object_get (value, "length")), .etag = json_string_value (json_object_get (value, "etag")),
		.checksum_type = (uint32_t) json_integer_value (json_object_get (value, "checksum_type")),
		.checksum = json_string_value (json_object_get (value, "checksum")),
	};
}

static int
do_finish (struct desk *d)
{
	json_t *list = json_object_get (d->in, "parts"), *value;
	struct larder_part *parts = fake_host.arena (&d->call, (json_array_size (list) + 1) * sizeof *parts);
	struct larder_info info = { .size = sizeof info };
	size_t i;
	json_array_foreach (list, i, value)
		parts[i] = part_of (value);
	const struct larder_finish request = {
		.size = sizeof request, .upload = upload (d), .parts = parts, .count = json_array_size (list), .stride = sizeof *parts,
		.length = number (d, "length", 0), .condition = condition (d), .checksum = text (d, "crc64nvme"),
		.checksum_type = text (d, "crc64nvme") ? LARDER_CHECKSUM_CRC64NVME : LARDER_CHECKSUM_NONE,
	};
	return told (d, d->suite.driver->parts_finish (d->suite.self, &d->call, &request, &info, &d->error), &info);
}

static int
do_abort (struct desk *d)
{
	const struct larder_upload one = upload (d);
	return d->suite.driver->parts_abort (d->suite.self, &d->call, &one, &d->error);
}

static int
tell_upload (void *context, const struct larder_upload *one, struct larder_error *error)
{
	struct desk *d = context;
	(void) error;
	json_put_object (&d->out);
	json_member (&d->out, "key", one->key);
	json_member (&d->out, "id", one->id);
	json_put_object_end (&d->out);
	return 0;
}

static int
do_uploads (struct desk *d)
{
	struct larder_page page = { .size = sizeof page };
	const struct larder_list request = listing (d);
	json_put_name (&d->out, "items");
	json_put_array (&d->out);
	int code = d->suite.driver->uploads_list (d->suite.self, &d->call, &request, tell_upload, d, &page, &d->error);
	tell_page (d, code, &page);
	return code;
}

/* ---- more ---- */

static int
do_tags (struct desk *d)
{
	struct larder_pairs found = { 0 };
	const struct larder_object one = object (d);
	int code = d->suite.driver->tags_get (d->suite.self, &d->call, &one, &found, &d->error);
	tell_pairs (d, "tags", &found);
	return code;
}

static int
do_tags_set (struct desk *d)
{
	const struct larder_pairs tags = pairs (d, "tags");
	const struct larder_object one = object (d);
	return d->suite.driver->tags_set (d->suite.self, &d->call, &one, &tags, &d->error);
}

static int
do_class (struct desk *d)
{
	const struct larder_object one = object (d);
	return d->suite.driver->class_set (d->suite.self, &d->call, &one, text (d, "class"), &d->error);
}

static int
do_restore (struct desk *d)
{
	const struct larder_restore request = { .size = sizeof request, .object = object (d), .days = (uint32_t) number (d, "days", 1), .tier = text (d, "tier") };
	return d->suite.driver->restore (d->suite.self, &d->call, &request, &d->error);
}

/* "later": seconds from now at which it is signed. */
static int
do_url (struct desk *d)
{
	const char *url = NULL;
	int64_t later = (int64_t) json_integer_value (json_object_get (d->in, "later"));
	const struct larder_url request = {
		.size = sizeof request, .object = object (d), .kind = LARDER_URL_SIGNED, .method = text (d, "method"),
		.expires_in = (int64_t) number (d, "expires", 60) * 1000000000, .now = fake_host.wall () + later * 1000000000,
	};
	int code = d->suite.driver->url (d->suite.self, &d->call, &request, &url, &d->error);
	json_member (&d->out, "url", url);
	return code;
}

/* "kind", "arguments"; and what is told of it at once. */
static int
do_action (struct desk *d)
{
	const struct larder_action action = { .size = sizeof action, .kind = text (d, "kind"), .arguments = pairs (d, "arguments") };
	struct larder_progress progress = { .size = sizeof progress };
	const char *token = NULL;
	int code = d->suite.driver->action_start (d->suite.self, &d->call, &action, &token, &d->error);
	if (code == 0)
		code = d->suite.driver->action_poll (d->suite.self, &d->call, action.kind, token, &progress, &d->error);
	tell_pairs (d, "results", &progress.results);
	return code;
}

static int
do_caps (struct desk *d)
{
	json_member_uint (&d->out, "caps", d->suite.caps);
	return 0;
}

/* ---- lines ---- */

static const struct { const char *name; int (*run) (struct desk *d); } verbs[] = {
	{ "stat", do_stat }, { "read", do_read }, { "write", do_write }, { "copy", do_copy }, { "remove", do_remove }, { "list", do_list },
	{ "begin", do_begin }, { "part", do_part }, { "finish", do_finish }, { "abort", do_abort }, { "uploads", do_uploads }, { "tags", do_tags },
	{ "tags_set", do_tags_set }, { "class", do_class }, { "restore", do_restore }, { "url", do_url }, { "action", do_action },
	{ "caps", do_caps },
};

static int
run_verb (struct desk *d)
{
	const char *wanted = text (d, "do");
	for (size_t i = 0; wanted && i < sizeof verbs / sizeof *verbs; i++)
		if (strcmp (verbs[i].name, wanted) == 0)
			return verbs[i].run (d);
	return fprintf (stderr, "s3-do: no such operation: '%s'\n", wanted ? wanted : ""), exit (2), 0;
}

static void
run_line (struct desk *d)
{
	CLEANUP_BUFFER struct buffer line;
	buffer_init (&line, (size_t) 16 << 20);
	d->error = (struct larder_error) LARDER_ERROR_INIT;
	d->taken = 0;
	buffer_clear (&d->bytes);
	call_begin (&d->call);
	json_begin (&d->out, &line);
	json_put_object (&d->out);
	int code = run_verb (d);
	tell_error (d, code, &d->error);
	json_put_object_end (&d->out);
	puts (buffer_text (&line));
	fflush (stdout);
	call_end (&d->call);
}

int
main (int count, char **words)
{
	struct desk desk = { .suite = { .bucket = getenv ("LARDER_TEST_BUCKET"), .read_only = getenv ("LARDER_TEST_READ_ONLY"), .serial = PTHREAD_MUTEX_INITIALIZER } };
	CLEANUP_FREE char *input = NULL;
	size_t room = 0;
	if (count < 2 || suite_load (&desk.suite, words[1], words + 2, count - 2) < 0)
		return 2;
	buffer_init (&desk.bytes, (size_t) 256 << 20);
	while (getline (&input, &room, stdin) > 0) {
		desk.in = json_loads (input, 0, NULL);
		if (!desk.in)
			return 2;
		run_line (&desk);
		json_decref (desk.in);
	}
	buffer_free (&desk.bytes);
	suite_unload (&desk.suite);
	return 0;
}
