/* index.c: see index.h. */
#define LARDER_API_VERSION LARDER_API_CURRENT
#include "index.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <jansson.h>

#include "arena.h"
#include "buffer.h"
#include "bundle.h"
#include "cleanup.h"
#include "error.h"
#include "json-text.h"
#include "store.h"
#include "text.h"
#include "transfer.h"

enum { LINE_MOST = (64 << 10) + 1, HEX_MOST = 32 };       /* with its newline */

struct reading {
	const struct larder_store *store;
	const char *bundle;
	uint64_t length, line_number, members, seen, end;     /* end: of the member before */
	member_fn each;
	void *context;
	struct larder_arena *arena;      /* of one line */
	struct buffer line;
};

bool
index_is_bundle (const char *key)
{
	const char *name = text_last (key);
	return strncmp (name, "bundle-", 7) == 0 && strspn (name + 7, "0123456789abcdef") == HEX_MOST && strcmp (name + 7 + HEX_MOST, ".tar") == 0;
}

static int
damaged (const struct reading *reading, const char *why, struct larder_error *error)
{
	return larder_fail_next (error, LARDER_E_INTEGRITY, "without --to the bundle is restored as it is; 'larder get' fetches it then, and any tar unpacks it",
		"the index '%s%s" BUNDLE_INDEX "' is damaged: line %" PRIu64 " %s", store_prefix (reading->store), reading->bundle, reading->line_number, why);
}

/* ---- a line ---- */

static bool
number_of (const json_t *line, const char *name, uint64_t *ret)
{
	const json_t *value = json_object_get (line, name);
	if (!json_is_integer (value) || json_integer_value (value) < 0)
		return false;
	*ret = (uint64_t) json_integer_value (value);
	return true;
}

static int
take_first (struct reading *reading, const json_t *line, struct larder_error *error)
{
	uint64_t form, length;
	const char *name = json_string_value (json_object_get (line, "name"));
	if (!number_of (line, "larder-bundle", &form) || form != 1 || !name || !number_of (line, "members", &reading->members) || !number_of (line, "length", &length))
		return damaged (reading, "tells of no bundle", error);
	if (strcmp (name, text_last (reading->bundle)) != 0)
		return damaged (reading, "is of another bundle", error);
	return length == reading->length ? 0 : damaged (reading, "says another length than the bundle has", error);
}

static bool
mode_of (const json_t *line, mode_t *ret)
{
	const char *text = json_string_value (json_object_get (line, "mode"));
	if (!text || !*text || strlen (text) > 5 || strspn (text, "01234567") != strlen (text))
		return false;
	*ret = (mode_t) strtoul (text, NULL, 8) & 07777;
	return true;
}

static const char *
wrong_with (const struct reading *reading, const json_t *line, struct member *member)
{
	const char *time = json_string_value (json_object_get (line, "mtime"));
	if (!member->path)
		return "names no member";
	if (!number_of (line, "offset", &member->offset) || !number_of (line, "length", &member->length))
		return "does not say where its member is";
	if (member->offset < reading->end)
		return "has a member that begins in the one before it";
	if (member->offset > reading->length || member->length > reading->length - member->offset)
		return "has a member that lies beyond the end of the bundle";
	if (!member->sha256 || strlen (member->sha256) != 64 || strspn (member->sha256, "0123456789abcdef") != 64)
		return "has no checksum";
	return time && exact_parse (time, &member->mtime) && mode_of (line, &member->mode) ? NULL : "has no time, or no mode";
}

static int
take_member (struct reading *reading, const json_t *line, struct larder_error *error)
{
	struct member member = { .path = json_text (reading->arena, line, "path"), .sha256 = json_string_value (json_object_get (line, "sha256")) };
	const char *wrong = wrong_with (reading, line, &member);
	if (wrong)
		return damaged (reading, wrong, error);
	reading->end = member.offset + member.length;
	reading->seen++;
	return reading->each (reading->context, &member, error);
}

static int
take_line (void *context, struct larder_error *error)
{
	struct reading *reading = context;
	reading->line_number++;
	arena_clear (reading->arena);
	if (reading->line.failed)
		return damaged (reading, "is too long", error);
	json_t *line = json_loadb (reading->line.at, reading->line.length, JSON_REJECT_DUPLICATES, NULL);
	int code = !json_is_object (line) ? damaged (reading, "is no JSON object", error) : reading->line_number == 1 ? take_first (reading, line, error) : take_member (reading, line, error);
	json_decref (line);
	return code;
}

/* ---- as it comes ---- */

static int
take_bytes (void *context, const void *bytes, size_t count, struct larder_error *error)
{
	struct reading *reading = context;
	return buffer_each_line (&reading->line, bytes, count, take_line, reading, error);
}

int
index_each (struct larder_store *store, const char *bundle, uint64_t length, member_fn each, void *context, struct larder_error *error)
{
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	CLEANUP_FREE char *key = NULL;
	struct reading reading = { .store = store, .bundle = bundle, .length = length, .each = each, .context = context, .arena = arena };
	const struct larder_sink sink = { .size = sizeof sink, .context = &reading, .write = take_bytes };
	if (!arena || asprintf (&key, "%s" BUNDLE_INDEX, bundle) < 0)
		return larder_fail_memory (error);
	const struct larder_get request = { .size = sizeof request, .key = key, .length = UINT64_MAX };
	buffer_init (&reading.line, LINE_MOST);
	int code = larder_get (store, &request, &sink, error);
	if (code == 0 && (reading.line.length > 0 || reading.line_number == 0 || reading.seen != reading.members))
		code = damaged (&reading, "is not the last that it should have", error);
	buffer_free (&reading.line);
	return code;
}
