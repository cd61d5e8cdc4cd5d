/* edges.c: what a command replaced or removed, for edges to forget: --invalidate. */
#include "cdn.h"

#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "error.h"

enum { KEYS_MOST = 10000 };            /* kept, so that memory does not grow with their number: of more, all below the operands */

static int
invalidate (struct cli *cli, const char *const *addresses, size_t count, uint32_t flags, larder_cdn_fn event, struct larder_error *error)
{
	const struct larder_cdn_invalidate request = { .size = sizeof request, .addresses = addresses, .count = count, .flags = flags };
	return count ? larder_cdn_invalidate (cli->larder, &request, event, cli, error) : 0;
}

int
edges_begin (struct cli *cli, const char *const *addresses, size_t count, struct larder_error *error)
{
	struct edges *edges = &cli->edges;
	edges->below = arena_alloc (cli->arena, count * sizeof *edges->below);
	if (!edges->below)
		return larder_fail_memory (error);
	for (; edges->below_count < count; edges->below_count++) {
		char *below = edges->below[edges->below_count] = arena_printf (cli->arena, "%s*", addresses[edges->below_count]);
		if (!below)
			return larder_fail_memory (error);
	}
	return invalidate (cli, (const char *const *) edges->below, count, LARDER_CDN_PLAN | LARDER_CDN_ABOUT, NULL, error);
}

static void
forget (struct edges *edges)
{
	for (size_t n = 0; n < edges->count; n++)
		free (edges->keys[n]);
	free (edges->keys);
	edges->keys = NULL;
	edges->count = 0;
}

void
edges_add (struct cli *cli, const char *address)
{
	struct edges *edges = &cli->edges;
	if (!edges->below || edges->all)
		return;
	if (!edges->keys)
		edges->keys = calloc (KEYS_MOST, sizeof *edges->keys);
	char *copy = address && edges->keys && edges->count < KEYS_MOST ? strdup (address) : NULL;
	if (copy)
		edges->keys[edges->count++] = copy;
	else
		edges->all = true;
}

/* The store of the pipeline's pictures, or "thumbnail-store". */
static void
add_of_pipeline (struct cli *cli, const char *pipeline, const char *which, const char *key)
{
	const char *store;
	if (key && cdn_store_of (cli, pipeline, which, &store, NULL) == 0)
		edges_add (cli, arena_printf (cli->arena, "%s:%s", store, key));
}

void
edges_add_picture (struct cli *cli, const char *pipeline, const struct larder_ingested *result)
{
	if (!cli->edges.below)
		return;
	add_of_pipeline (cli, pipeline, "store", result->key);
	add_of_pipeline (cli, pipeline, "thumbnail-store", result->thumbnail_key);
}

int
edges_end (struct cli *cli, int code, struct larder_error *error)
{
	struct edges *edges = &cli->edges;
	uint32_t flags = LARDER_CDN_ABOUT | (cli->globals.dry_run ? LARDER_CDN_PLAN : 0u);
	int told = edges->all ? invalidate (cli, (const char *const *) edges->below, edges->below_count, flags, cdn_event, code < 0 ? NULL : error)
		: invalidate (cli, (const char *const *) edges->keys, edges->count, flags, cdn_event, code < 0 ? NULL : error);
	if (told < 0)                   /* the same command finds nothing to do by then, and tells nobody */
		say (cli, "edges may go on serving what was changed: larder cdn invalidate has them forget it");
	forget (edges);
	return code < 0 ? code : told;
}
