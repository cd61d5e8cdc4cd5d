/* lifecycle.c: what the rules of a bucket's lifecycle have made of its objects, as the mock's clock goes on. Nothing is written when that time has come: whoever looks finds a key as it is by then,
 * and whoever changes it for something else writes that down, with the bytes that are gone. */
#include "mock.h"

#include "clock.h"
#include "error.h"
#include "lines-file.h"
#include "text.h"
#include "walk.h"

#define LEAST (UINT64_C (128) << 10)    /* what is smaller changes no class, unless the rule names a size of its own */

enum { DAYS_MOST = 36500 };

/* Objects go down alone. */
static const char *const classes[] = { "STANDARD", "STANDARD_IA", "INTELLIGENT_TIERING", "ONEZONE_IA", "GLACIER_IR", "GLACIER", "DEEP_ARCHIVE" };
enum { CLASSES = sizeof classes / sizeof *classes, ARCHIVES = 5 };

/* Days, and bytes; -1: not said. */
struct rule {
	const char *prefix, *tag;
	int64_t larger, expire, expire_noncurrent, abort, moves[CLASSES];
	bool small_archived;                    /* what is smaller goes to an archive as well */
	struct rule *next;
};

/* ---- rules ---- */

static int64_t
number_of (const struct lines *settings, const char *id, const char *below, int64_t most)
{
	const char *text = below ? lines_in (settings, "rule", id, below) : NULL;
	int64_t number;
	return text && text_int (text, &number) == 0 && number >= 0 && number <= most ? number : -1;
}

static void
add_rule (struct bucket *bucket, const struct lines *settings, const char *id)
{
	const char *status = id ? lines_in (settings, "rule", id, ".status") : NULL, *least = lines_value (settings, "least-size");
	struct rule *rule = status && strcmp (status, "enabled") == 0 ? arena_alloc (settings->arena, sizeof *rule) : NULL;
	if (!rule)
		return;
	*rule = (struct rule) {
		.prefix = lines_in (settings, "rule", id, ".prefix"), .tag = lines_in (settings, "rule", id, ".tag"), .larger = number_of (settings, id, ".larger-than", INT64_MAX),
		.expire = number_of (settings, id, ".expire", DAYS_MOST), .expire_noncurrent = number_of (settings, id, ".expire-noncurrent", DAYS_MOST),
		.abort = number_of (settings, id, ".abort-uploads", DAYS_MOST), .small_archived = least && strcmp (least, "varies_by_storage_class") == 0, .next = bucket->rules,
	};
	for (size_t n = 0; n < CLASSES; n++)
		rule->moves[n] = number_of (settings, id, arena_printf (settings->arena, ".transition[%s].days", classes[n]), DAYS_MOST);
	bucket->rules = rule;
}

/* Settings that are damaged do nothing: infra plan tells of those. */
void
lifecycle_read (struct bucket *bucket)
{
	struct lines settings;
	struct larder_arena *arena = bucket->settings = arena_new ();
	if (!arena)
		return;
	lines_begin (&settings, arena);
	if (lines_file_read (bucket->top, SETTINGS, &settings, NULL) <= 0)
		return;
	for (size_t n = 0; n < settings.count; n++)
		if (path_matches ("rule[*].status", settings.at[n].path))
			add_rule (bucket, &settings, path_member (arena, strchr (settings.at[n].path, '[')));
}

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

/* A delete marker has neither tags nor a size. */
static bool
is_for (const struct rule *rule, const char *key, const struct version *version)
{
	return (!rule->prefix || text_begins (key, rule->prefix)) && (!rule->tag || has_tag (version, rule->tag)) && (rule->larger < 0 || version->length > (uint64_t) rule->larger);
}

/* `days` after it was there, by the mock's clock: for ever without them. */
static int64_t
due (const struct version *version, int64_t days)
{
	return days < 0 ? INT64_MAX : midnight_after (version->mtime + version->ahead, days);
}

/* ---- objects ---- */

/* CLASSES: another, which no rule takes on. */
static size_t
depth_of (const struct version *version)
{
	const char *class = version->attributes.storage_class ? version->attributes.storage_class : classes[0];
	size_t n = 0;
	while (n < CLASSES && strcmp (classes[n], class) != 0)
		n++;
	return n;
}

static void
move (const struct rule *rule, struct version *version, int64_t now)
{
	for (size_t n = depth_of (version) + 1; n < CLASSES; n++)
		if (now >= due (version, rule->moves[n]) && (rule->larger >= 0 || version->length >= LEAST || (rule->small_archived && n >= ARCHIVES)))
			version->attributes.storage_class = classes[n];
}

/* When the newest version expires. */
static int64_t
expiry_of (const struct bucket *bucket, const struct record *record)
{
	int64_t first = INT64_MAX;
	for (const struct rule *rule = bucket->rules; rule; rule = rule->next)
		if (rule->expire > 0 && is_for (rule, record->key, record->versions) && due (record->versions, rule->expire) < first)
			first = due (record->versions, rule->expire);
	return first;
}

/* Behind a delete marker where versions are kept: the same at each look, as of when it was due. */
static int
expire (const struct bucket *bucket, int64_t at, struct larder_arena *arena, struct record *record)
{
	const char *id = bucket->versioning ? arena_printf (arena, "%s0", record->versions->data) : "null";
	if (!bucket->versioning)
		record_drop_null (record);
	if (!bucket->versioning && record->count == 0)
		return 0;
	struct version *marker = id ? record_push (record, arena) : NULL;
	if (!marker)
		return -1;
	marker->id = id, marker->mtime = at;
	return 0;
}

/* It counts from when a newer one came. */
static bool
is_over (const struct bucket *bucket, const struct record *record, size_t n)
{
	for (const struct rule *rule = bucket->rules; rule; rule = rule->next)
		if (rule->expire_noncurrent > 0 && is_for (rule, record->key, &record->versions[n]) && bucket->now >= due (&record->versions[n - 1], rule->expire_noncurrent))
			return true;
	return false;
}

int
lifecycle_apply (const struct bucket *bucket, struct larder_arena *arena, struct record *record, struct larder_error *error)
{
	struct version *newest = bucket->rules && record->count ? record->versions : NULL;
	if (!newest)
		return 0;
	int64_t expiry = newest->data ? expiry_of (bucket, record) : INT64_MAX;
	for (const struct rule *rule = newest->data ? bucket->rules : NULL; rule; rule = rule->next)
		if (is_for (rule, record->key, newest))
			move (rule, newest, expiry <= bucket->now ? expiry - 1 : bucket->now);
	if (expiry <= bucket->now && expire (bucket, expiry, arena, record) < 0)
		return larder_fail_memory (error);
	for (size_t n = record->count; n-- > 1;)
		if (is_over (bucket, record, n))
			record_drop (record, n);
	if (record->count == 1 && !record->versions->data && expiry_of (bucket, record) <= bucket->now)
		record->count = 0;      /* a marker that hides nothing any more */
	return 0;
}

bool
lifecycle_gave_up (const struct bucket *bucket, const struct record *upload)
{
	for (const struct rule *rule = bucket->rules; rule; rule = rule->next)
		if (rule->abort > 0 && (!rule->prefix || text_begins (upload->key, rule->prefix)) && bucket->now >= due (upload->versions, rule->abort))
			return true;
	return false;
}

/* ---- written down ---- */

static int
settle_key (struct bucket *bucket, const char *key, struct larder_error *error)
{
	CLEANUP_CHANGE struct change change = CHANGE_NONE;
	int code = change_begin (bucket, key, false, &change, error);
	return code < 0 || change.record.count == change.before.count ? code : change_commit (&change, NULL, error);
}

int
lifecycle_settle (struct bucket *bucket, struct larder_error *error)
{
	CLEANUP_WALK struct walk walk = { .bucket = bucket, .prefix = "", .batch = 1000 };
	if (!bucket->rules)
		return 0;
	int code = walk_begin (&walk, error);
	while (code == 0 && (code = walk_next (&walk, error)) == 1)
		code = settle_key (bucket, walk.key, error);
	return code;
}
