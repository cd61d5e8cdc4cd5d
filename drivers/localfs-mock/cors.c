/* cors.c: whose scripts may read what a viewer gets. As at a CloudFront distribution: the bucket's [cors] answers, and it is asked only where the behavior of that path lets the origin through. */
#include "mock.h"

#include <fnmatch.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "arguments.h"
#include "cleanup.h"
#include "error.h"
#include "give.h"
#include "lines-file.h"
#include "text.h"

struct asking { int root; struct larder_arena *arena; const char *path; size_t bucket; bool through; };

/* Of the patterns that fit the first in their order, else the default. */
static const char *
behavior_of (const struct lines *lines, struct larder_arena *arena, const char *key)
{
	const char *best = "default", *field;
	long first = LONG_MAX;
	for (size_t n = 0; n < lines->count; n++) {
		const char *pattern = path_member_of (arena, lines->at[n].path, "behavior", &field);
		if (!pattern || strcmp (field, ".order") != 0 || fnmatch (*pattern == '/' ? pattern + 1 : pattern, key, FNM_NOESCAPE) != 0)
			continue;
		long order = strtol (lines->at[n].value, NULL, 10);
		if (order < first)
			first = order, best = pattern;
	}
	return best;
}

static int
look_at_cdn (void *context, const char *name, const struct lines *cdn, struct larder_error *error)
{
	struct asking *asking = context;
	(void) name, (void) error;
	if (!cdn_serves (cdn, asking->path, asking->bucket))
		return 0;
	const char *told = lines_in (cdn, "behavior", behavior_of (cdn, asking->arena, asking->path + asking->bucket + 1), ".cors");
	asking->through |= told && strcmp (told, "yes") == 0;
	return 0;
}

/* The first rule that names the origin and GET. */
static const char *
rule_for (const struct lines *lines, struct larder_arena *arena, const char *origin)
{
	const char *field;
	for (size_t n = 0; n < lines->count; n++) {
		const char *rule = path_member_of (arena, lines->at[n].path, "cors", &field), *get = rule ? lines_in (lines, "cors", rule, ".method[GET]") : NULL;
		const char *pattern = get && strncmp (field, ".origin[", 8) == 0 ? path_member (arena, field + 7) : NULL;
		if (pattern && text_fits_star (pattern, origin))
			return strcmp (pattern, "*") == 0 ? pattern : origin;
	}
	return NULL;
}

static int
answer (const struct asking *asking, struct larder_call *call, const char *origin, struct larder_pairs *ret, struct larder_error *error)
{
	char path[600];
	struct lines lines;
	lines_begin (&lines, asking->arena);
	snprintf (path, sizeof path, "%.*s/" SETTINGS, (int) asking->bucket, asking->path);
	int code = lines_file_read (asking->root, path, &lines, error);
	const char *told = code > 0 ? rule_for (&lines, asking->arena, origin) : NULL;
	if (code < 0 || !told)
		return code < 0 ? code : 0;
	struct larder_pair *pair = larder_host->arena (call, sizeof *pair);
	char *value = give_text (call, told);
	if (!pair || !value)
		return larder_fail_memory (error);
	*pair = (struct larder_pair) { "access-control-allow-origin", value };
	*ret = (struct larder_pairs) { pair, 1, sizeof *pair };
	return 0;
}

int
mock_cors (int root, struct larder_call *call, const char *path, const struct larder_pairs *headers, struct larder_pairs *ret, struct larder_error *error)
{
	const char *origin = pairs_value (headers, "origin");
	size_t bucket = strcspn (path, "/");
	if (!origin || !path[bucket])
		return 0;
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	struct asking asking = { root, arena, path, bucket, false };
	int code = arena ? lines_file_each (root, MOCK_CDNS, arena, look_at_cdn, &asking, error) : larder_fail_memory (error);
	return code < 0 || !asking.through ? code : answer (&asking, call, origin, ret, error);
}
