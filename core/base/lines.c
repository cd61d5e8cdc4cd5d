/* lines.c: sorted lines, their paths, and how a module reads them. */
#include "lines.h"

#define LARDER_API_VERSION LARDER_API_CURRENT
#include <larder/driver.h>

#include <stdlib.h>
#include <string.h>

#include "error.h"

void
lines_begin (struct lines *lines, struct larder_arena *arena)
{
	*lines = (struct lines) { .arena = arena };
}

static void
add (struct lines *lines, char *path, const char *value, const char *from, const char *set)
{
	struct line line = { path, arena_copy (lines->arena, value), arena_copy (lines->arena, from), arena_copy (lines->arena, set) };
	struct line *at = arena_more (lines->arena, lines->at, lines->count, &lines->room, sizeof *at);
	if (!at || !path || (value && !line.value) || (from && !line.from) || (set && !line.set)) {
		lines->failed = true;
		return;
	}
	lines->at = at;
	lines->at[lines->count++] = line;
}

void
lines_add (struct lines *lines, const char *path, const char *value)
{
	if (value && *value)
		add (lines, arena_copy (lines->arena, path), value, NULL, NULL);
}

void
lines_add_in (struct lines *lines, const char *set, const char *member, const char *below, const char *value)
{
	if (value && *value)
		add (lines, path_of_member (lines->arena, set, member, below), value, NULL, NULL);
}

void
lines_add_from (struct lines *lines, const char *path, const char *from)
{
	add (lines, arena_copy (lines->arena, path), NULL, from, NULL);
}

void
lines_add_member_from (struct lines *lines, const char *set, const char *name, const char *from)
{
	add (lines, path_of_member (lines->arena, set, name, ""), NULL, from, set);
}

char *
path_of_member (struct larder_arena *arena, const char *set, const char *member, const char *below)
{
	char *path = arena_alloc (arena, strlen (set) + 3 * strlen (member) + strlen (below) + 3), *to = path;
	if (!path)
		return NULL;
	to = stpcpy (stpcpy (to, set), "[");
	for (; *member; member++)
		to = *member == ']' ? stpcpy (to, "%5D") : *member == '%' ? stpcpy (to, "%25") : (*to = *member, to + 1);
	stpcpy (stpcpy (to, "]"), below);
	return path;
}

char *
path_member (struct larder_arena *arena, const char *bracket)
{
	size_t length = strcspn (bracket, "]");
	char *name = arena_copy_bytes (arena, bracket + 1, length ? length - 1 : 0), *to = name;
	for (const char *at = name; at && *at; to++) {
		bool close = strncmp (at, "%5D", 3) == 0, percent = strncmp (at, "%25", 3) == 0;
		*to = close ? ']' : percent ? '%' : *at;
		at += close || percent ? 3 : 1;
	}
	if (to)
		*to = '\0';
	return name;
}

const char *
path_member_of (struct larder_arena *arena, const char *path, const char *set, const char **ret_below)
{
	size_t length = strlen (set);
	if (strncmp (path, set, length) != 0 || path[length] != '[')
		return NULL;
	*ret_below = path + length + path_member_length (path + length);
	return path_member (arena, path + length);
}

static int
by_path (const void *a, const void *b)
{
	return strcmp (((const struct line *) a)->path, ((const struct line *) b)->path);
}

static bool
same (const char *a, const char *b)
{
	return a == b || (a && b && strcmp (a, b) == 0);
}

int
lines_sort (struct lines *lines, struct larder_error *error)
{
	size_t kept = 0;
	if (lines->failed)
		return larder_fail_memory (error);
	if (lines->count)
		qsort (lines->at, lines->count, sizeof *lines->at, by_path);
	for (size_t n = 0; n < lines->count; n++) {
		const struct line *last = kept ? &lines->at[kept - 1] : NULL, *next = &lines->at[n];
		if (!last || strcmp (last->path, next->path) != 0)
			lines->at[kept++] = *next;
		else if (!same (last->value, next->value) || !same (last->from, next->from))
			return larder_fail (error, LARDER_E_INVALID, "'%s' is to be both '%s' and '%s'", next->path, last->value ? last->value : last->from,
				next->value ? next->value : next->from);
	}
	lines->count = kept;
	return 0;
}

/* The first line whose path is not before this one. */
static size_t
lower (const struct lines *lines, const char *path)
{
	size_t low = 0, high = lines->count;
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (strcmp (lines->at[middle].path, path) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct line *
lines_find (const struct lines *lines, const char *path)
{
	size_t at = lower (lines, path);
	return at < lines->count && strcmp (lines->at[at].path, path) == 0 ? &lines->at[at] : NULL;
}

const char *
lines_value (const struct lines *lines, const char *path)
{
	const struct line *line = lines_find (lines, path);
	return line ? line->value : NULL;
}

int
lines_tell (const struct lines *lines, int (*line) (void *context, const struct larder_line *line, struct larder_error *error), void *context,
            struct larder_error *error)
{
	int code = 0;
	for (size_t n = 0; code == 0 && n < lines->count; n++) {
		const struct larder_line told = { sizeof told, lines->at[n].path, lines->at[n].value };
		code = line (context, &told, error);
	}
	return code;
}

const char *
lines_in (const struct lines *lines, const char *set, const char *member, const char *below)
{
	const char *path = path_of_member (lines->arena, set, member, below);
	return path ? lines_value (lines, path) : NULL;
}

int
lines_take (struct lines *lines, struct larder_lines *from, struct larder_error *error)
{
	struct larder_line line = { .size = sizeof line };
	int code;
	while ((code = from->next (from->context, &line, error)) > 0)
		lines_add (lines, line.path, line.value);
	return code < 0 ? code : lines_sort (lines, error);
}

bool
lines_have_below (const struct lines *lines, const char *path, size_t length)
{
	for (size_t n = 0; n < lines->count; n++)
		if (strncmp (lines->at[n].path, path, length) == 0)
			return true;
	return false;
}

bool
path_matches_member (const char *pattern, size_t length, const char *path, const char *member, size_t member_length)
{
	const char *end = pattern + length;
	while (pattern < end && *path) {
		bool set = end - pattern >= 3 && *pattern == '[' && (pattern[1] == '*' || pattern[1] == '@') && pattern[2] == ']' && *path == '[';
		const char *close = set ? strchr (path, ']') : NULL;
		if (set && (!close || (pattern[1] == '@' && member && ((size_t) (close - path - 1) != member_length || memcmp (path + 1, member, member_length) != 0))))
			return false;
		if (!set && *pattern != *path)
			return false;
		pattern += set ? 3 : 1;
		path = set ? close + 1 : path + 1;
	}
	return pattern == end && *path == '\0';
}

bool
path_matches (const char *pattern, const char *path)
{
	return path_matches_member (pattern, strlen (pattern), path, NULL, 0);
}

size_t
path_member_length (const char *path)
{
	const char *end = strchr (path, ']');
	return end ? (size_t) (end - path) + 1 : 0;
}

static int
next_line (void *context, struct larder_line *ret_line, struct larder_error *error)
{
	struct lines_feed *feed = context;
	(void) error;
	while (feed->next < feed->lines->count && !feed->lines->at[feed->next].value)
		feed->next++;
	if (feed->next >= feed->lines->count)
		return 0;
	const struct line *line = &feed->lines->at[feed->next++];
	const struct larder_line told = { .size = sizeof told, .path = line->path, .value = line->value };
	larder_give (ret_line, &told);
	return 1;
}

static void
rewind_lines (void *context)
{
	((struct lines_feed *) context)->next = 0;
}

void
lines_feed (struct lines_feed *feed, const struct lines *lines, struct larder_lines *ret)
{
	*feed = (struct lines_feed) { .lines = lines };
	*ret = (struct larder_lines) { .size = sizeof *ret, .context = feed, .next = next_line, .rewind = rewind_lines };
}
