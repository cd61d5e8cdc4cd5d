/* paths.c: as few paths as say what is to be forgotten. */
#include "paths.h"

#include <stdlib.h>
#include <string.h>

#include "error.h"

int
cdn_paths_add (struct cdn_paths *paths, const char *key, size_t length, bool below, struct larder_error *error)
{
	struct cdn_path *more = arena_more (paths->arena, paths->at, paths->count, &paths->room, sizeof *more);
	const char *copy = more ? arena_copy_bytes (paths->arena, key, length) : NULL;
	if (more)
		paths->at = more;
	if (!copy)
		return larder_fail_memory (error);
	paths->at[paths->count++] = (struct cdn_path) { copy, below };
	return 0;
}

size_t
cdn_paths_below (const struct cdn_paths *paths)
{
	size_t count = 0;
	for (size_t n = 0; n < paths->count; n++)
		count += paths->at[n].below;
	return count;
}

/* ---- each once ---- */

/* What takes others along comes before them. */
static int
in_order (const void *left, const void *right)
{
	const struct cdn_path *one = left, *other = right;
	int order = strcmp (one->key, other->key);
	return order ? order : (int) other->below - (int) one->below;
}

static bool
takes_along (const struct cdn_path *path, const struct cdn_path *other)
{
	return path->below ? strncmp (path->key, other->key, strlen (path->key)) == 0 : strcmp (path->key, other->key) == 0 && !other->below;
}

static void
each_once (struct cdn_paths *paths)
{
	size_t kept = 0;
	if (paths->count)
		qsort (paths->at, paths->count, sizeof *paths->at, in_order);
	for (size_t n = 0; n < paths->count; n++)
		if (!kept || !takes_along (&paths->at[kept - 1], &paths->at[n]))
			paths->at[kept++] = paths->at[n];
	paths->count = kept;
}

/* ---- folders ---- */

/* Who has more than is free goes on where a wildcard spares so many, though what is left would be free by itself: that is so once a month. */
enum { SPARES_MUCH = 20 };

/* Up to its last separator, that one too. */
struct folder { const char *key; size_t length; };

static int
by_folder (const void *left, const void *right)
{
	const struct folder *one = left, *other = right;
	size_t both = one->length < other->length ? one->length : other->length;
	int order = memcmp (one->key, other->key, both);
	return order ? order : (one->length > other->length) - (one->length < other->length);
}

static size_t
folders_of (const struct cdn_paths *paths, struct folder *ret)
{
	size_t count = 0;
	for (size_t n = 0; n < paths->count; n++) {
		const char *slash = strrchr (paths->at[n].key, '/');
		if (!paths->at[n].below)
			ret[count++] = (struct folder) { paths->at[n].key, slash ? (size_t) (slash + 1 - paths->at[n].key) : 0 };
	}
	if (count)
		qsort (ret, count, sizeof *ret, by_folder);
	return count;
}

/* How many are in it; fewer than two: there is none that would spare a path. */
static size_t
fullest (const struct folder *folders, size_t count, struct folder *ret)
{
	size_t most = 0;
	for (size_t n = 0, first = 0; n < count; n++) {
		if (by_folder (&folders[first], &folders[n]) != 0)
			first = n;
		if (n + 1 - first > most)
			most = n + 1 - first, *ret = folders[n];
	}
	return most;
}

int
cdn_paths_least (struct cdn_paths *paths, size_t most, size_t most_below, struct larder_error *error)
{
	each_once (paths);
	if (paths->count <= most)
		return 0;
	struct folder *folders = arena_alloc (paths->arena, paths->count * sizeof *folders), best = { 0 };
	if (!folders)
		return larder_fail_memory (error);
	for (size_t below = cdn_paths_below (paths); below < most_below; below++) {
		if (fullest (folders, folders_of (paths, folders), &best) < (paths->count > most ? 2 : SPARES_MUCH))
			return 0;
		int code = cdn_paths_add (paths, best.key, best.length, true, error);
		if (code < 0)
			return code;
		each_once (paths);
	}
	return 0;
}
