/* manifest-read.c: every manifest of a store read once, against its own checksum, and their lines sorted by key. */
#include "manifest.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "buffer.h"
#include "checksum.h"
#include "cleanup.h"
#include "error.h"
#include "json-text.h"
#include "sort.h"
#include "store.h"
#include "text.h"
#include "transfer.h"

enum { SORT_MEMORY = 2 << 20, TEXTS = 4, TEXT_MOST = 1024 };

/* What goes with a key through the sort; the texts come behind it. */
struct facts {
	int64_t time;
	uint64_t order, length;       /* of two lines of one time the later one read wins */
	uint32_t checksum_type;
	bool checksum_composite, removed;
};

/* A record that was taken from the sort. */
struct held { struct buffer bytes; struct facts facts; bool any; };

struct manifests {
	struct manifest_place place;
	const char *below;
	struct sort *sort;
	struct held best, ahead;
	uint64_t count, lines;
	struct buffer record;         /* being kept */
};

/* One manifest being read. */
struct reading {
	struct manifests *manifests;
	struct larder_arena *arena;   /* of one line */
	const char *address, *name;
	struct buffer line;
	struct sha256 sha;
	uint64_t number, objects, bytes;
	bool ended;
};

static int
fail_line (const struct reading *reading, const char *what, struct larder_error *error)
{
	return larder_fail_next (error, LARDER_E_INTEGRITY, "nothing was compared; bring back what it was ('larder versions' lists what there is of it), or remove it: "
		"what it alone tells of is then 'not in a manifest'", "the manifest '%s' %s (line %" PRIu64 ")", reading->address, what, reading->number);
}

/* ---- one line ---- */

static bool
fits (const char *text)
{
	return !text || strlen (text) <= TEXT_MOST;
}

static bool
read_checksum (struct larder_arena *arena, const json_t *line, struct manifest_line *ret)
{
	const json_t *checksum = json_object_get (line, "checksum");
	if (!checksum)
		return true;
	ret->checksum_type = checksum_named (json_string_value (json_object_get (checksum, "algorithm")));
	ret->checksum_composite = json_is_true (json_object_get (checksum, "composite"));
	ret->checksum = ret->checksum_type ? json_text (arena, checksum, "value") : NULL;
	return ret->checksum && *ret->checksum;
}

static bool
read_object (struct larder_arena *arena, const json_t *line, struct manifest_line *ret)
{
	const json_t *size = json_object_get (line, "size");
	const char *time = json_string_value (json_object_get (line, "time"));
	*ret = (struct manifest_line) {
		.key = json_text (arena, line, "key"), .version = json_text (arena, line, "version"), .etag = json_text (arena, line, "etag"),
		.removed = json_is_true (json_object_get (line, "removed")), .length = (uint64_t) json_integer_value (size),
	};
	if (!ret->key || !manifest_takes_key (ret->key) || !time || text_time (time, &ret->time) < 0 || !read_checksum (arena, line, ret))
		return false;
	return (ret->removed || (json_is_integer (size) && json_integer_value (size) >= 0)) && fits (ret->version) && fits (ret->etag) && fits (ret->checksum);
}

static int
keep (struct manifests *manifests, const struct manifest_line *line, struct larder_error *error)
{
	const struct facts facts = {
		.time = line->time, .order = manifests->lines++, .length = line->length, .checksum_type = line->checksum_type,
		.checksum_composite = line->checksum_composite, .removed = line->removed,
	};
	const char *const texts[TEXTS] = { line->version, line->etag, line->checksum, line->manifest };
	if (strncmp (line->key, manifests->below, strlen (manifests->below)) != 0)
		return 0;
	buffer_clear (&manifests->record);
	buffer_add (&manifests->record, &facts, sizeof facts);
	for (size_t i = 0; i < TEXTS; i++)
		buffer_add (&manifests->record, texts[i] ? texts[i] : "", texts[i] ? strlen (texts[i]) + 1 : 1);
	if (manifests->record.failed)
		return larder_fail_memory (error);
	return sort_add (manifests->sort, line->key, manifests->record.at, manifests->record.length, error);
}

static int
take_head (const struct reading *reading, const json_t *line, struct larder_error *error)
{
	json_int_t version = json_integer_value (json_object_get (line, "larder-manifest"));
	const char *store = json_string_value (json_object_get (line, "store"));
	if (version > MANIFEST_VERSION)
		return larder_fail_next (error, LARDER_E_INVALID, "compare with the larder that wrote it, or a newer one", "the manifest '%s' is of version %lld, this larder reads %d",
			reading->address, (long long) version, MANIFEST_VERSION);
	if (version < 1 || !store)
		return fail_line (reading, "has no head", error);
	return strcmp (store, reading->manifests->place.of) == 0 ? 0 : fail_line (reading, "is of another store", error);
}

static int
take_end (struct reading *reading, const json_t *line, struct larder_error *error)
{
	char hex[65];
	struct sha256 whole = reading->sha;
	sha256_end_hex (&whole, hex);
	const char *sum = json_string_value (json_object_get (line, "sha256"));
	reading->ended = true;
	if (sum && strcmp (sum, hex) == 0 && (uint64_t) json_integer_value (json_object_get (line, "count")) == reading->objects
	    && (uint64_t) json_integer_value (json_object_get (line, "bytes")) == reading->bytes)
		return 0;
	return fail_line (reading, "was changed", error);
}

static int
take_object (struct reading *reading, const json_t *parsed, struct larder_error *error)
{
	struct manifest_line line;
	if (!read_object (reading->arena, parsed, &line))
		return fail_line (reading, "has a line that no run wrote", error);
	line.manifest = reading->name;
	reading->objects++;
	reading->bytes += line.length;
	return keep (reading->manifests, &line, error);
}

static int
take_line (void *context, struct larder_error *error)
{
	struct reading *reading = context;
	reading->number++;
	arena_clear (reading->arena);
	if (reading->line.failed)
		return fail_line (reading, "has a line that is too long", error);
	if (reading->ended)
		return fail_line (reading, "goes on behind its end", error);
	json_t *line = json_loadb (reading->line.at, reading->line.length, JSON_REJECT_DUPLICATES, NULL);
	int code;
	if (!json_is_object (line))
		code = fail_line (reading, "has a line that is no JSON", error);
	else if (reading->number == 1)
		code = take_head (reading, line, error);
	else if (json_object_get (line, "sha256"))
		code = take_end (reading, line, error);
	else
		code = take_object (reading, line, error);
	json_decref (line);
	sha256_add (&reading->sha, reading->line.at, reading->line.length);
	return code;
}

/* ---- one manifest ---- */

static int
on_bytes (void *context, const void *bytes, size_t count, struct larder_error *error)
{
	struct reading *reading = context;
	return buffer_each_line (&reading->line, bytes, count, take_line, reading, error);
}

static int
read_bytes (struct reading *reading, const struct larder_info *info, struct larder_error *error)
{
	const struct larder_sink sink = { .size = sizeof sink, .context = reading, .write = on_bytes };
	const struct larder_get get = { .size = sizeof get, .key = info->key, .length = UINT64_MAX, .if_match = info->etag };
	int code = larder_get (reading->manifests->place.store, &get, &sink, error);
	if (code == 0 && !reading->ended) {
		reading->number++;
		code = fail_line (reading, "was cut short", error);
	}
	return code;
}

static int
read_one (struct manifests *manifests, const struct larder_info *info, struct larder_error *error)
{
	CLEANUP_ARENA struct larder_arena *arena = arena_new (), *texts = arena_new ();
	const char *address = texts ? arena_printf (texts, "%s%s", store_prefix (manifests->place.store), info->key) : NULL;
	if (!arena || !address)
		return larder_fail_memory (error);
	struct reading reading = { .manifests = manifests, .arena = arena, .address = address, .name = text_last (info->key) };
	buffer_init (&reading.line, MANIFEST_LINE_MOST);
	sha256_begin (&reading.sha);
	int code = read_bytes (&reading, info, error);
	buffer_free (&reading.line);
	manifests->count++;
	return code;
}

/* Not what lies deeper, which is of a store with a slash in its name. */
static bool
is_manifest (const struct manifests *manifests, const struct larder_info *info)
{
	return !strchr (info->key + strlen (manifests->place.prefix), '/') && text_ends (info->key, ".ndjson");
}

/* A page of names, then their bytes: a driver may hold a lock while it lists. */
static int
read_page (struct manifests *manifests, struct page *page, const char **after, struct larder_error *error)
{
	int code = page_read (manifests->place.store, manifests->place.prefix, *after, page, error);
	for (size_t i = 0; code == 0 && i < page->count; i++)
		if (is_manifest (manifests, &page->at[i]))
			code = read_one (manifests, &page->at[i], error);
	if (code == 0 && page->count)
		*after = page->at[page->count - 1].key;
	return code;
}

static int
read_all (struct manifests *manifests, struct larder_error *error)
{
	char last[PAGE_KEY_ROOM] = "";
	const char *after = NULL;
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	CLEANUP_PAGE struct page page = { .arena = arena };
	int code = arena ? 0 : larder_fail_memory (error);
	while (code == 0 && !page.last) {
		code = read_page (manifests, &page, &after, error);
		if (code == 0 && after && after != last) {
			memcpy (last, after, strlen (after) + 1);
			after = last;
		}
		arena_clear (arena);
	}
	return code;
}

int
manifests_open (struct larder_store *store, const char *prefix, struct manifests **ret, struct larder_error *error)
{
	struct manifests *manifests = calloc (1, sizeof *manifests);
	if (!manifests)
		return larder_fail_memory (error);
	buffer_init (&manifests->record, SORT_RECORD_MOST);
	buffer_init (&manifests->best.bytes, 2 * SORT_RECORD_MOST);
	buffer_init (&manifests->ahead.bytes, 2 * SORT_RECORD_MOST);
	manifests->sort = sort_new (SORT_MEMORY);
	int code = manifests->sort ? manifest_place_begin (&manifests->place, store_larder (store), store, error) : larder_fail_memory (error);
	manifests->below = code == 0 ? arena_copy (manifests->place.arena, prefix) : "";
	if (code == 0)
		code = manifests->below ? read_all (manifests, error) : larder_fail_memory (error);
	if (code < 0) {
		manifests_close (manifests);
		return code;
	}
	*ret = manifests;
	return 0;
}

const struct manifest_place *
manifests_place (const struct manifests *manifests)
{
	return &manifests->place;
}

uint64_t
manifests_count (const struct manifests *manifests)
{
	return manifests->count;
}

void
manifests_close (struct manifests *manifests)
{
	if (!manifests)
		return;
	sort_free (manifests->sort);
	buffer_free (&manifests->record);
	buffer_free (&manifests->best.bytes);
	buffer_free (&manifests->ahead.bytes);
	manifest_place_end (&manifests->place);
	free (manifests);
}

/* ---- the newest line of each key ---- */

/* What the sort gives lives until its next record. */
static int
advance (struct manifests *manifests, struct held *held, struct larder_error *error)
{
	const char *key;
	const void *with;
	size_t count;
	int code = sort_next (manifests->sort, &key, &with, &count, error);
	held->any = code == 1;
	if (code != 1)
		return code;
	memcpy (&held->facts, with, sizeof held->facts);
	buffer_clear (&held->bytes);
	buffer_add (&held->bytes, key, strlen (key) + 1);
	buffer_add (&held->bytes, (const char *) with + sizeof held->facts, count - sizeof held->facts);
	return held->bytes.failed ? larder_fail_memory (error) : 1;
}

static void
swap (struct manifests *manifests)
{
	struct held best = manifests->best;
	manifests->best = manifests->ahead;
	manifests->ahead = best;
}

static bool
is_newer (const struct facts *one, const struct facts *other)
{
	return one->time != other->time ? one->time > other->time : one->order > other->order;
}

/* 1: `best` is the newest line of the next key, and `ahead` the first of the one behind it. */
static int
next_key (struct manifests *manifests, struct larder_error *error)
{
	struct held *best = &manifests->best, *ahead = &manifests->ahead;
	swap (manifests);
	int code = best->any ? 1 : advance (manifests, best, error);
	if (code != 1)
		return code;
	while ((code = advance (manifests, ahead, error)) == 1 && strcmp (ahead->bytes.at, best->bytes.at) == 0)
		if (is_newer (&ahead->facts, &best->facts))
			swap (manifests);
	return code < 0 ? code : 1;
}

static struct manifest_line
line_of (const struct held *held)
{
	const struct facts *facts = &held->facts;
	const char *texts[TEXTS + 1] = { held->bytes.at };
	for (size_t i = 1; i <= TEXTS; i++)
		texts[i] = texts[i - 1] + strlen (texts[i - 1]) + 1;
	return (struct manifest_line) {
		.key = texts[0], .version = *texts[1] ? texts[1] : NULL, .etag = *texts[2] ? texts[2] : NULL, .checksum = *texts[3] ? texts[3] : NULL,
		.manifest = texts[4], .checksum_type = facts->checksum_type, .checksum_composite = facts->checksum_composite, .removed = facts->removed,
		.length = facts->length, .time = facts->time,
	};
}

int
manifests_next (struct manifests *manifests, struct manifest_line *ret, struct larder_error *error)
{
	int code;
	while ((code = next_key (manifests, error)) == 1 && manifests->best.facts.removed)
		continue;
	if (code == 1)
		*ret = line_of (&manifests->best);
	return code;
}

/* ---- a line and what is there ---- */

struct larder_info
manifest_info (const struct manifest_line *line)
{
	return (struct larder_info) {
		.size = sizeof (struct larder_info), .key = line->key, .version = line->version, .etag = line->etag, .length = line->length, .mtime = line->time, .checksum = line->checksum,
		.checksum_type = line->checksum_type, .checksum_composite = line->checksum_composite,
	};
}

bool
manifest_has_version (const struct larder_info *info)
{
	return info->version && strcmp (info->version, "null") != 0;
}

bool
manifest_is_told (const char *one, const char *other)
{
	return one && other && strcmp (one, other) == 0;
}
