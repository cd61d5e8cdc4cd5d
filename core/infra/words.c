/* words.c: values that only the service would refuse, half-way through an apply: held against the type of their path and the words that the driver's table
 * has for it, before anything is asked. */
#include "resource.h"

#define LARDER_API_VERSION LARDER_API_CURRENT
#include <larder/driver.h>

#include <stddef.h>
#include <stdio.h>
#include <string.h>

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
	{ "behavior[*].cached-method[*]", "cached-methods" }, { "behavior[*].method[*]", "methods" }, { "cors[*].method[*]", "methods" }, { "log[*]", "logs" },
	{ "origin[*].access", "origin-access" }, { "rule[*].transition[*].days", "transition" }, { "rule[*].within-seconds", "time-control" },
};

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

/* The section where the value of a line was written: of those of a kind the first that holds it, for it is wrong wherever it stands. */
static const struct config_section *
section_of (const struct larder_infra *infra, const struct resource *one, const char *path, const char *key, const char *word)
{
	for (size_t n = 0; !one->driver && n < sizeof kinds / sizeof *kinds; n++)
		for (const struct config_section *at = NULL; strcmp (kinds[n].type, one->type) == 0 && strncmp (path, kinds[n].path, strlen (kinds[n].path)) == 0
			&& (at = config_next (larder_configuration (infra->larder), kinds[n].kind, at));)
			if (holds (at, key, word))
				return at;
	return one->at;
}

static int
refuse (const struct config_section *at, const char *key, const char *value, const char *next, struct larder_error *error, const char *what)
{
	return larder_fail_next (error, LARDER_E_INVALID, next, "'%s' of %s in [%s \"%s\"] of %s%s", value, key, config_kind (at), config_name (at), config_where_key (at, key), what);
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

/* The row of the table for that path, and what it is about: the value, or a member. An older module's type ends before its words. */
static const struct larder_words *
row_of (const struct resource *one, const char *path, const char *value, const char **ret_word)
{
	const char *row = one->means_stride < offsetof (struct larder_resource_type, words_stride) + sizeof one->means->words_stride ? NULL : (const char *) one->means->words;
	for (; row && ((const struct larder_words *) (const void *) row)->path; row += one->means->words_stride) {
		const struct larder_words *words = (const struct larder_words *) (const void *) row;
		bool member = words->path[strlen (words->path) - 1] == ']';
		size_t length = 0;
		const char *open = member ? member_of (words->path, path, &length) : NULL;
		if (member ? !open : !path_matches (words->path, path))
			continue;
		*ret_word = member ? path_member (one->arena, open) : value;
		return *ret_word ? words : NULL;
	}
	return NULL;
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

/* The row that the line does not keep to, and its word that is none; NULL: it does. */
static const struct larder_words *
slip_of (const struct resource *one, const char *path, const char *value, const char **ret_word)
{
	const struct larder_words *words = row_of (one, path, value, ret_word);
	return words && !is_among (*ret_word, words->words) ? words : NULL;
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
refuse_slip (const struct resource *one, const char *path, const char *value, const char *word, const struct larder_words *words, const struct config_section *at, const char *key,
             struct larder_error *error)
{
	const struct larder_path_rule *rule = resource_rule (one, path);
	const char *all[WORDS_MOST], *written = config_text (at, key);
	char next[NEXT_MOST], *rest = arena_copy (one->arena, words->words);
	bool number = word == value && rule->type == LARDER_INT;
	size_t count = 0;
	if (!rest)
		return larder_fail_memory (error);
	while (count < WORDS_MOST && rest)
		all[count++] = shown (one->arena, strsep (&rest, "|"));
	text_suggest (next, sizeof next, number ? NULL : word, all, count);
	size_t length = strlen (next);
	if (number && length < sizeof next)
		snprintf (next + length, sizeof next - length, ": %s", rule->help);
	return refuse (at, key, number && written ? written : word, next, error, " is no value of it");
}

int
words_check_value (const struct resource *one, const char *path, const char *value, const struct config_section *at, const char *key, struct larder_error *error)
{
	const struct larder_path_rule *rule = resource_rule (one, path);
	const char *word = value;
	bool truth;
	int64_t number;
	if (rule->type == LARDER_BOOL && text_bool (value, &truth) < 0)
		return refuse (at, key, value, "yes or no", error, " is neither yes nor no");
	if (rule->type == LARDER_INT && text_int (value, &number) < 0)
		return refuse (at, key, value, rule->help, error, " is no number");
	const struct larder_words *words = slip_of (one, path, value, &word);
	return words ? refuse_slip (one, path, value, word, words, at, key, error) : 0;
}

/* ---- of a resource ---- */

int
words_check (const struct larder_infra *infra, const struct resource *one, struct larder_error *error)
{
	for (size_t n = 0; words_matter (infra, one) && n < one->desired.count; n++) {
		const struct line *line = &one->desired.at[n];
		const char *word = line->value, *key = key_of (one, line->path);
		const struct larder_words *words = line->from ? NULL : slip_of (one, line->path, line->value, &word);
		if (words)
			return refuse_slip (one, line->path, line->value, word, words, section_of (infra, one, line->path, key, word), key, error);
	}
	return 0;
}

int
words_refuse (const struct larder_infra *infra, const struct resource *one, const struct line *line, const struct larder_error *why, struct larder_error *error)
{
	const char *key = key_of (one, line->path), *value = line->value ? line->value : "";
	return refuse (section_of (infra, one, line->path, key, value), key, value, why->next, error, arena_printf (one->arena, ": %s", why->message));
}
