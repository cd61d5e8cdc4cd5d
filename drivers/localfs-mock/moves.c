/* moves.c: what the rules of a bucket's lifecycle move to another class, as the mock's clock goes on. Nothing is written when that time has come: whoever looks finds the newest version in the
 * class that it is in by then, and whoever changes the key for something else writes it down. */
#include "mock.h"

#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "lines-file.h"
#include "text.h"

#define LEAST (UINT64_C (128) << 10)    /* what is smaller stays, unless the rule names a size of its own */

enum { DAYS_MOST = 36500 };
struct move { const char *class, *prefix, *tag, *larger; int64_t days; struct move *next; };

/* Objects go down alone. */
static const char *const classes[] = { "STANDARD", "STANDARD_IA", "INTELLIGENT_TIERING", "ONEZONE_IA", "GLACIER_IR", "GLACIER", "DEEP_ARCHIVE" };
#define CLASSES (sizeof classes / sizeof *classes)

/* CLASSES: another, which no rule takes on. */
static size_t
depth_of (const char *class)
{
	size_t n = 0;
	while (class && n < CLASSES && strcmp (classes[n], class) != 0)
		n++;
	return n;
}

/* ---- rules ---- */

static const char *
of_rule (const struct lines *settings, const char *id, const char *below)
{
	return lines_in (settings, "rule", id, below);
}

static void
add_move (struct bucket *bucket, const struct lines *settings, const struct line *line)
{
	const char *below, *id = path_member_of (settings->arena, line->path, "rule", &below);
	const char *status = id ? of_rule (settings, id, ".status") : NULL;
	int64_t days;
	bool acts = status && strcmp (status, "enabled") == 0 && text_int (line->value, &days) == 0 && days >= 0 && days <= DAYS_MOST;
	struct move *move = acts ? arena_alloc (settings->arena, sizeof *move) : NULL;
	if (!move)
		return;
	*move = (struct move) {
		.class = path_member (settings->arena, strchr (below, '[')), .prefix = of_rule (settings, id, ".prefix"), .tag = of_rule (settings, id, ".tag"), .larger = of_rule (settings, id, ".larger-than"),
		.days = days, .next = bucket->moves,
	};
	bucket->moves = move;
}

/* Settings that are damaged move nothing: infra plan tells of those. */
void
moves_read (struct bucket *bucket)
{
	struct lines settings;
	struct larder_arena *arena = bucket->settings = arena_new ();
	if (!arena)
		return;
	lines_begin (&settings, arena);
	if (lines_file_read (bucket->top, SETTINGS, &settings, NULL) <= 0)
		return;
	for (size_t n = 0; n < settings.count; n++)
		if (path_matches ("rule[*].transition[*].days", settings.at[n].path))
			add_move (bucket, &settings, &settings.at[n]);
}

/* ---- objects ---- */

static bool
has_tag (const struct version *version, const char *tag)
{
	size_t name = strcspn (tag, "=");
	for (size_t n = 0; n < version->tags.count; n++) {
		const struct larder_pair *pair = larder_pair_at (&version->tags, n);
		if (strlen (pair->name) == name && strncmp (pair->name, tag, name) == 0 && strcmp (pair->value, tag + name + (tag[name] == '=')) == 0)
			return true;
	}
	return false;
}

static bool
takes (const struct move *move, const char *key, const struct version *version, int64_t now)
{
	bool large = move->larger ? version->length > strtoull (move->larger, NULL, 10) : version->length >= LEAST;
	return large && (!move->prefix || text_begins (key, move->prefix)) && (!move->tag || has_tag (version, move->tag)) && now >= midnight_after (version->mtime, move->days);
}

void
moves_make (const struct bucket *bucket, const struct record *record)
{
	struct version *version = record->count && record->versions[0].data ? &record->versions[0] : NULL;
	for (const struct move *move = version ? bucket->moves : NULL; move; move = move->next) {
		size_t is = depth_of (version->attributes.storage_class ? version->attributes.storage_class : classes[0]), to = depth_of (move->class);
		if (to < CLASSES && is < to && takes (move, record->key, version, bucket->now))
			version->attributes.storage_class = classes[to];
	}
}
