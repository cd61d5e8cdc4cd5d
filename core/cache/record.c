/* record.c: records of generations, as JSON. */
#include "record.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "arena.h"
#include "buffer.h"
#include "cleanup.h"
#include "clock.h"
#include "error.h"
#include "file.h"
#include "json.h"
#include "text.h"

#define RECORD_MOST ((size_t) 16 << 20)
enum { VERSION = 1 };

/* ---- writing ---- */

static void
put_file (struct json *json, const struct record_file *file)
{
	json_put_object (json);
	json_member_bytes (json, "path", file->path);
	json_member_uint (json, "length", file->length);
	json_put_name (json, "mtime");
	json_put_int (json, file->mtime);
	json_member (json, "etag", file->etag);
	if (file->checksum) {
		json_member_uint (json, "checksum_type", file->checksum_type);
		json_member (json, "checksum", file->checksum);
	}
	json_put_object_end (json);
}

void
record_write (const struct record *record, struct buffer *into)
{
	struct json json;
	json_begin (&json, into);
	json_put_object (&json);
	json_member (&json, "record", "larder-model");
	json_member_uint (&json, "version", VERSION);
	json_member_uint (&json, "generation", record->generation);
	json_member (&json, "path", record->path);
	json_member (&json, "key", record->key);
	json_member (&json, "data", record->data);
	json_member_bool (&json, "folder", record->folder);
	json_member_bool (&json, "adopted", record->adopted);
	json_put_name (&json, "filled");
	json_put_int (&json, record->filled);
	json_put_name (&json, "files");
	json_put_array (&json);
	for (size_t i = 0; i < record->count; i++)
		put_file (&json, &record->files[i]);
	json_put_array_end (&json);
	json_put_object_end (&json);
	buffer_add_char (into, '\n');
}

/* ---- reading ---- */

static const char *
text_of (struct larder_arena *arena, const json_t *object, const char *name)
{
	return arena_copy (arena, json_string_value (json_object_get (object, name)));
}

static int64_t
number_of (const json_t *object, const char *name)
{
	return json_integer_value (json_object_get (object, name));
}

/* Only names beneath its folder: a record says which files are looked at, linked and removed. */
static bool
is_beneath (const char *path)
{
	if (!path || !*path || *path == '/')
		return false;
	for (const char *at = path; ; at += strcspn (at, "/") + 1) {
		size_t length = strcspn (at, "/");
		if (length == 0 || (length == 1 && at[0] == '.') || (length == 2 && at[0] == '.' && at[1] == '.'))
			return false;
		if (!at[length])
			return true;
	}
}

static bool
read_file (struct larder_arena *arena, const json_t *object, struct record_file *ret)
{
	*ret = (struct record_file) {
		.path = text_of (arena, object, "path"), .etag = text_of (arena, object, "etag"), .checksum = text_of (arena, object, "checksum"),
		.checksum_type = (uint32_t) number_of (object, "checksum_type"), .length = (uint64_t) number_of (object, "length"), .mtime = number_of (object, "mtime"),
	};
	return is_beneath (ret->path);
}

static int
read_members (struct larder_arena *arena, const json_t *object, struct record *ret)
{
	const json_t *files = json_object_get (object, "files");
	const char *kind = json_string_value (json_object_get (object, "record"));
	if (!kind || strcmp (kind, "larder-model") != 0 || number_of (object, "version") != VERSION || !json_is_array (files))
		return -1;
	*ret = (struct record) {
		.generation = (uint64_t) number_of (object, "generation"), .path = text_of (arena, object, "path"), .key = text_of (arena, object, "key"),
		.data = text_of (arena, object, "data"), .folder = json_is_true (json_object_get (object, "folder")),
		.adopted = json_is_true (json_object_get (object, "adopted")), .filled = number_of (object, "filled"), .count = json_array_size (files),
	};
	ret->files = arena_alloc (arena, (ret->count + 1) * sizeof *ret->files);
	if (!ret->files || !is_beneath (ret->path) || !ret->key || (ret->data && (!is_beneath (ret->data) || strchr (ret->data, '/'))))
		return -1;
	for (size_t i = 0; i < ret->count; i++) {
		if (!read_file (arena, json_array_get (files, i), &ret->files[i]))
			return -1;
		ret->length += ret->files[i].length;
	}
	return 0;
}

int
record_parse (struct larder_arena *arena, const char *text, struct record *ret)
{
	json_t *object = json_loads (text, JSON_REJECT_DUPLICATES, NULL);
	int code = object ? read_members (arena, object, ret) : -1;
	json_decref (object);
	return code;
}

char *
record_path (struct larder_arena *arena, const char *home, uint64_t generation)
{
	return arena_printf (arena, "%s/%" PRIu64, home, generation);
}

/* Of its last load. */
static int64_t
time_of (int root, const char *path, int64_t otherwise)
{
	struct stat facts;
	bool there = fstatat (root, path, &facts, AT_SYMLINK_NOFOLLOW) == 0;
	return there ? facts.st_mtim.tv_sec * NS_PER_S + facts.st_mtim.tv_nsec : otherwise;
}

int
record_read (int root, const char *home, uint64_t generation, struct larder_arena *arena, struct record *ret, struct larder_error *error)
{
	CLEANUP_FREE char *text = NULL;
	const char *path = record_path (arena, home, generation);
	size_t length = 0;
	if (!path)
		return larder_fail_memory (error);
	int code = generation ? file_slurp (root, path, RECORD_MOST, &text, &length, error) : LARDER_E_NOTFOUND;
	if (code < 0)
		return code == LARDER_E_NOTFOUND ? 0 : code;
	if (record_parse (arena, text, ret) < 0 || ret->generation != generation)
		return larder_fail_next (error, LARDER_E_INTEGRITY, "larder model verify --repair fills the model anew", "'%s' is no record of a model", path);
	ret->used = time_of (root, path, ret->filled);
	return 1;
}

/* ---- damaged ones ---- */

struct salvage { int root; const char *home; struct larder_arena *arena; struct record *ret; };

static int
take_folder (void *context, const char *name, struct larder_error *error)
{
	const struct salvage *salvage = context;
	struct record *ret = salvage->ret;
	char *end = NULL;
	bool its = *name >= '1' && *name <= '9' && strtoull (name, &end, 10) == ret->generation && *end == '-';
	if (!its || ret->data)
		return 0;
	const char *path = arena_printf (salvage->arena, "%s/%s", salvage->home, name);
	ret->data = arena_copy (salvage->arena, name);
	if (!path || !ret->data)
		return larder_fail_memory (error);
	ret->length = file_tree_size (salvage->root, path);
	return 0;
}

int
record_look (int root, const char *home, uint64_t generation, struct larder_arena *arena, struct record *ret, struct larder_error *error)
{
	struct salvage salvage = { root, home, arena, ret };
	int code = record_read (root, home, generation, arena, ret, error);
	if (code != LARDER_E_INTEGRITY)
		return code;
	*ret = (struct record) { .generation = generation, .damaged = true };
	const char *path = record_path (arena, home, generation);
	if (!path)
		return larder_fail_memory (error);
	ret->used = ret->filled = time_of (root, path, 0);
	code = file_each_name (root, home, take_folder, &salvage, error);
	return code < 0 ? code : 1;
}

/* ---- which there are ---- */

static uint64_t
number_named (const char *name)
{
	char *end = NULL;
	errno = 0;
	unsigned long long number = *name >= '1' && *name <= '9' ? strtoull (name, &end, 10) : 0;
	return end && !*end && errno == 0 ? number : 0;
}

struct numbers { int (*each) (void *context, uint64_t generation, struct larder_error *error); void *context; };

static int
take_number (void *context, const char *name, struct larder_error *error)
{
	const struct numbers *numbers = context;
	uint64_t number = number_named (name);
	return number ? numbers->each (numbers->context, number, error) : 0;
}

int
record_each (int root, const char *home, int (*each) (void *context, uint64_t generation, struct larder_error *error), void *context, struct larder_error *error)
{
	struct numbers numbers = { each, context };
	return file_each_name (root, home, take_number, &numbers, error);
}

static int
keep_highest (void *context, uint64_t generation, struct larder_error *error)
{
	uint64_t *highest = context;
	(void) error;
	if (generation > *highest)
		*highest = generation;
	return 0;
}

int
record_newest (int root, const char *home, uint64_t *ret, struct larder_error *error)
{
	uint64_t newest = 0;
	int code = record_each (root, home, keep_highest, &newest, error);
	if (code == 0)
		*ret = newest;
	return code;
}
