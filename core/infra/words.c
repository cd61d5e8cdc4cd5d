/* words.c: values that only the service would refuse, half-way through an apply: held against the type of their path and the words that the driver's table
 * has for it, before anything is asked. */
#include "resource.h"

#define LARDER_API_VERSION LARDER_API_CURRENT
#include <larder/driver.h>

#include <regex.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "arena.h"
#include "error.h"
#include "text.h"

enum { WORDS_MOST = 64, NEXT_MOST = 400 };

bool
words_matter (const struct larder_infra *infra, const struct resource *one)
{
	return !one->aside && !(infra->flags & LARDER_INFRA_DESTROY);
}

/* ---- where it was written ---- */

/* Members of these sets are sections of their own; all else stands in the resource's. */
static const struct { const char *type, *path, *kind; } kinds[] = {
	{ "bucket", "rule[", "lifecycle" }, { "bucket", "cors[", "cors" }, { "replication", "role", "replication" }, { "replication", "rule[", "replication" }, { "cdn", "behavior[", "behavior" },
	{ "backup", "rule[", "backup-rule" },
};

/* Keys that are not called as the end of their path. */
static const struct { const char *path, *key; } keys[] = {
	{ "access-point[*]", "access-point" }, { "behavior[*].cached-method[*]", "cached-methods" }, { "behavior[*].method[*]", "methods" }, { "cors[*]", "id" },
	{ "cors[*].expose[*]", "expose" }, { "cors[*].header[*]", "headers" }, { "cors[*].method[*]", "methods" }, { "cors[*].origin[*]", "origins" }, { "log[*]", "logs" },
	{ "origin[*].access", "origin-access" }, { "rule[*]", "id" }, { "rule[*].copy[*]", "copy-to" }, { "rule[*].transition[*]", "transition" }, { "rule[*].transition[*].days", "transition" },
	{ "rule[*].within-seconds", "time-control" }, { "security-group.name", "security-group" }, { "selection[*]", "selection" }, { "tag[*]", "tags" },
};
static const struct { const char *type, *key; } identities[] = { { "backup", "plan" }, { "bucket", "bucket" }, { "database", "instance" }, { "filesystem", "token" } };

static const char *
key_of (const struct resource *one, const char *path)
{
	const char *dot = strrchr (path, '.');
	for (size_t n = 0; !one->driver && n < sizeof keys / sizeof *keys; n++)
		if (path_matches (keys[n].path, path))
			return keys[n].key;
	return one->driver || !dot ? path : dot + 1;
}

/* A line counts seconds or days, and is written as a time. */
static bool
is_time (const char *item, const char *word)
{
	int64_t ns, number, second = INT64_C (1000000000), day = 86400 * second;
	return text_int (word, &number) == 0 && text_duration (item, &ns) == 0 && (number == ns / second || number == (ns + day - 1) / day);
}

/* Does the key of that section hold the word, alone or with something beside it ("30d GLACIER_IR", "aws:kms KEY")? */
static bool
holds (const struct config_section *at, const char *key, const char *word)
{
	const char *item;
	size_t length = strlen (word);
	for (size_t n = 0; (item = config_item (at, key, n)); n++) {
		size_t all = strlen (item);
		if ((strncmp (item, word, length) == 0 && (all == length || item[length] == ' ')) || is_time (item, word))
			return true;
		if (all > length && item[all - length - 1] == ' ' && strcmp (item + all - length, word) == 0)
			return true;
	}
	return false;
}

/* The section where the value of a line was written: of those of a kind the first that holds it, for it is wrong wherever it stands. What has no id has the section's name for one. */
static const struct config_section *
section_of (const struct larder_infra *infra, const struct resource *one, const char *path, const char **key, const char *word)
{
	bool id = strcmp (*key, "id") == 0;
	for (size_t n = 0; !one->driver && n < sizeof kinds / sizeof *kinds; n++)
		for (const struct config_section *at = NULL; strcmp (kinds[n].type, one->type) == 0 && strncmp (path, kinds[n].path, strlen (kinds[n].path)) == 0
			&& (at = config_next (larder_configuration (infra->larder), kinds[n].kind, at));)
			if (holds (at, *key, word) || (id && strcmp (config_name (at), word) == 0))
				return at;
	if (id && !one->driver)
		*key = "rule";                   /* the only one of a [backup] */
	return one->at;
}

static int
refuse (const struct config_section *at, const char *key, const char *value, const char *next, struct larder_error *error, const char *what)
{
	return larder_fail_next (error, LARDER_E_INVALID, next, "'%.100s%s' of %s in [%s \"%s\"] of %s%s", value, strlen (value) > 100 ? "…" : "", key, config_kind (at), config_name (at),
		config_where_key (at, key), what);
}

/* ---- the words of a path ---- */

/* The row ends in a member: is that of this path such a one, at whatever depth? Then its bracket, and the length up to its end. */
static const char *
member_of (const char *pattern, const char *path, size_t *ret_length)
{
	char whole[600];
	for (const char *end = path; (end = strchr (end, ']')) && (size_t) (end - path) < sizeof whole - 1; end++) {
		*ret_length = (size_t) (end + 1 - path);
		snprintf (whole, sizeof whole, "%.*s", (int) *ret_length, path);
		if (path_matches (pattern, whole))
			return path + (strrchr (whole, '[') - whole);
	}
	return NULL;
}

/* The n-th row. An older module's type ends before its words. */
static const struct larder_words *
row_at (const struct resource *one, size_t n)
{
	if (one->means_stride < offsetof (struct larder_resource_type, words_stride) + sizeof one->means->words_stride || !one->means->words)
		return NULL;
	const struct larder_words *row = (const struct larder_words *) (const void *) ((const char *) one->means->words + n * one->means->words_stride);
	return row->path ? row : NULL;
}

/* What the row is about in that line, as long as its path goes: the value, or a member. NULL: it is about another. */
static const char *
subject_of (struct larder_arena *arena, const char *pattern, const char *path, const char *value, const char **about)
{
	char plain[200];
	size_t length = strlen (pattern);
	*about = path;
	if (strncmp (pattern, path, strcspn (pattern, "[")) != 0 || text_ends (pattern, "[]"))
		return NULL;
	snprintf (plain, sizeof plain, "%.*s", (int) length - text_ends (pattern, "]="), pattern);
	if (!text_ends (pattern, "]"))
		return path_matches (plain, path) ? value : NULL;
	const char *open = member_of (pattern, path, &length);
	*about = open ? arena_copy_bytes (arena, path, length) : NULL;
	return *about ? path_member (arena, open) : NULL;
}

/* One alternative: the word itself, or with a '*' how it begins, and then something must follow. */
static bool
is_meant (const char *word, const char *alternative, size_t length)
{
	if (length && alternative[length - 1] == '*')
		return strncmp (word, alternative, length - 1) == 0 && strlen (word) >= length;
	return strncmp (word, alternative, length) == 0 && !word[length];
}

static bool
is_among (const char *word, const char *words)
{
	for (size_t length;; words += length + 1) {
		length = strcspn (words, "|");
		if (is_meant (word, words, length))
			return true;
		if (!words[length])
			return false;
	}
}

/* A table of before there were patterns tells none. */
static bool
has_shapes (const struct resource *one)
{
	return one->means->words_stride >= offsetof (struct larder_words, say) + sizeof (char *);
}

static bool
has_pattern (const char *pattern, const char *word)
{
	regex_t compiled;
	bool wanted = *pattern != '!';
	if (regcomp (&compiled, pattern + !wanted, REG_EXTENDED | REG_NOSUB) != 0)
		return true;
	bool found = regexec (&compiled, word, 0, NULL, 0) == 0;
	regfree (&compiled);
	return found == wanted;
}

static size_t
characters_of (const char *text)
{
	size_t count = 0;
	for (; *text; text++)
		count += ((unsigned char) *text & 0xc0) != 0x80;
	return count;
}

/* Where a line does not keep to a row: its word that is none, and the path of what that is. The texts live in its arena, which is of one line: most have none. */
struct slip { struct larder_arena *arena; const struct larder_words *row; const char *word, *about; };

static bool
keeps (const struct resource *one, const struct larder_words *row, const char *word)
{
	if (row->words && !is_among (word, row->words))
		return false;
	return !has_shapes (one) || ((!row->pattern || has_pattern (row->pattern, word)) && (!row->most || characters_of (word) <= row->most));
}

static bool
has_slip (const struct resource *one, const char *path, const char *value, struct slip *ret)
{
	for (size_t n = 0; (ret->row = row_at (one, n)); n++)
		if ((ret->word = subject_of (ret->arena, ret->row->path, path, value, &ret->about)) && !keeps (one, ret->row, ret->word))
			return true;
	return false;
}

/* As people read it: how it begins, and then more. */
static const char *
shown (struct larder_arena *arena, const char *alternative)
{
	size_t length = strlen (alternative);
	const char *text = length && alternative[length - 1] == '*' ? arena_printf (arena, "%.*s…", (int) length - 1, alternative) : alternative;
	return text ? text : alternative;
}

/* Numbers are near to none: all are told, and what they count. What is written with its unit is told so. */
static int
refuse_word (const struct resource *one, const char *path, const struct slip *slip, bool whole, const struct config_section *at, const char *key, struct larder_error *error)
{
	const struct larder_path_rule *rule = resource_rule (one, path);
	const char *all[WORDS_MOST], *written = config_text (at, key);
	char next[NEXT_MOST], *rest = arena_copy (one->arena, slip->row->words);
	bool number = whole && rule->type == LARDER_INT;
	size_t count = 0;
	if (!rest)
		return larder_fail_memory (error);
	while (count < WORDS_MOST && rest)
		all[count++] = shown (one->arena, strsep (&rest, "|"));
	text_suggest (next, sizeof next, number ? NULL : slip->word, all, count);
	size_t length = strlen (next);
	if (number && length < sizeof next)
		snprintf (next + length, sizeof next - length, ": %s", rule->help);
	return refuse (at, key, number && written ? written : slip->word, next, error, " is no value of it");
}

static int
refuse_shape (const struct slip *slip, const struct config_section *at, const char *key, struct larder_error *error)
{
	char what[80];
	size_t length = characters_of (slip->word);
	if (slip->row->most && length > slip->row->most)
		snprintf (what, sizeof what, " has %zu characters, and may have %zu", length, slip->row->most);
	return refuse (at, key, slip->word, slip->row->say, error, slip->row->most && length > slip->row->most ? what : " is no value of it");
}

static int
refuse_slip (const struct resource *one, const char *path, const char *value, const struct slip *slip, const struct config_section *at, const char *key, struct larder_error *error)
{
	if (slip->row->words && !is_among (slip->word, slip->row->words))
		return refuse_word (one, path, slip, slip->word == value, at, key, error);
	return refuse_shape (slip, at, key, error);
}

int
words_check_value (const struct resource *one, const char *path, const char *value, const struct config_section *at, const char *key, struct larder_error *error)
{
	const struct larder_path_rule *rule = resource_rule (one, path);
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	struct slip slip = { .arena = arena };
	bool truth;
	int64_t number;
	if (!arena)
		return larder_fail_memory (error);
	if (rule->type == LARDER_BOOL && text_bool (value, &truth) < 0)
		return refuse (at, key, value, "yes or no", error, " is neither yes nor no");
	if (rule->type == LARDER_INT && text_int (value, &number) < 0)
		return refuse (at, key, value, rule->help, error, " is no number");
	return has_slip (one, path, value, &slip) ? refuse_slip (one, path, value, &slip, at, key, error) : 0;
}

/* ---- of a resource ---- */

/* Lines are in the order of their paths: members of one set stand together. */
static size_t
members_of (const struct resource *one, const char *pattern)
{
	size_t count = 0, open = strlen (pattern) - 1, length, before = 0;
	const char *last = "";
	for (size_t n = 0; n < one->desired.count; n++) {
		const char *path = one->desired.at[n].path;
		length = strncmp (path, pattern, open) == 0 ? path_member_length (path) : 0;
		count += length && (length != before || strncmp (path, last, length) != 0);
		before = length, last = path;
	}
	return count;
}

static int
check_counts (const struct resource *one, struct larder_error *error)
{
	const struct larder_words *row;
	for (size_t n = 0; has_shapes (one) && (row = row_at (one, n)); n++) {
		size_t count = text_ends (row->path, "[]") ? members_of (one, row->path) : 0;
		const char *key = count > row->most ? key_of (one, arena_printf (one->arena, "%.*s[*]", (int) strcspn (row->path, "["), row->path)) : NULL;
		if (count > row->most)
			return larder_fail_next (error, LARDER_E_INVALID, row->say, "[%s \"%s\"] of %s has %zu %s, and may have %zu", one->kind, one->section, config_where_key (one->at, key), count, key, row->most);
	}
	return 0;
}

int
words_check (const struct larder_infra *infra, const struct resource *one, struct larder_error *error)
{
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	struct slip slip = { .arena = arena };
	if (!arena || !words_matter (infra, one))
		return arena ? 0 : larder_fail_memory (error);
	for (size_t n = 0; n < one->desired.count; n++) {
		const struct line *line = &one->desired.at[n];
		arena_clear (arena);
		if (line->from || !has_slip (one, line->path, line->value, &slip))
			continue;
		const char *key = key_of (one, slip.about);
		const struct config_section *at = section_of (infra, one, line->path, &key, slip.word);
		return refuse_slip (one, line->path, line->value, &slip, at, key, error);
	}
	return check_counts (one, error);
}

int
words_check_identity (const struct larder_infra *infra, const struct resource *one, struct larder_error *error)
{
	const struct larder_resource request = resource_request (one);
	const char *key = one->driver ? "identity" : "id";
	struct slip slip = { .word = one->identity };
	struct larder_error why = LARDER_ERROR_INIT;
	if (one->cut || !one->means || !words_matter (infra, one))
		return 0;
	for (size_t n = 0; !one->driver && n < sizeof identities / sizeof *identities; n++)
		if (strcmp (identities[n].type, one->type) == 0)
			key = identities[n].key;
	for (size_t n = 0; (slip.row = row_at (one, n)); n++)
		if (!*slip.row->path && !keeps (one, slip.row, slip.word))
			return refuse_slip (one, "", "", &slip, one->at, key, error);
	if (!one->means->supports || one->means->supports (one->instance->self, &request, NULL, &why) != LARDER_E_INVALID)
		return 0;
	return refuse (one->at, key, one->identity, why.next, error, arena_printf (one->arena, ": %s", why.message));
}

int
words_refuse (const struct larder_infra *infra, const struct resource *one, const struct line *line, const struct larder_error *why, struct larder_error *error)
{
	const char *key = key_of (one, line->path), *value = line->value ? line->value : "";
	const struct config_section *at = section_of (infra, one, line->path, &key, value);
	return refuse (at, key, value, why->next, error, arena_printf (one->arena, ": %s", why->message));
}
