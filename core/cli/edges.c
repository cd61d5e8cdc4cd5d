/* edges.c: what a command replaces or removes, for edges to forget: --invalidate. */
#include "cdn.h"

#include <inttypes.h>

#include "error.h"

int
edges_begin (struct cli *cli, const char *const *addresses, size_t count, struct larder_error *error)
{
	cli->edges.addresses = addresses, cli->edges.count = count;
	return larder_owed_begin (cli->larder, addresses, count, cli->globals.dry_run ? LARDER_CDN_PLAN : 0, &cli->edges.owed, error);
}

void
edges_add (struct cli *cli, const char *address)
{
	if (cli->edges.owed)
		larder_owed_add (cli->edges.owed, address);
}

void
edges_created (struct cli *cli)
{
	cli->edges.created++;
}

/* Without a folder for state nothing is kept: then all that the command could have changed. */
static void
tell_lost (struct cli *cli, const char *why)
{
	const struct edges *edges = &cli->edges;
	if (larder_owed_is_kept (edges->owed)) {
		say (cli, "edges may go on serving what was changed%s%s: put that right, then 'larder cdn invalidate --owed' has them forget it, and so has the next --invalidate", *why ? ": " : "", why);
		return;
	}
	say (cli, "edges may go on serving what was changed%s%s: these have them forget it, once that is put right", *why ? ": " : "", why);
	for (size_t n = 0; n < edges->count; n++)
		say (cli, "larder cdn invalidate '%s*'", edges->addresses[n]);
}

int
edges_end (struct cli *cli, int code, struct larder_error *error)
{
	struct edges *edges = &cli->edges;
	struct larder_error why = LARDER_ERROR_INIT;
	if (!edges->owed)
		return code;
	if (edges->created)
		say (cli, "%" PRIu64 " new, of which edges are not told; of a key that was removed before without --invalidate they may hold something: larder cdn invalidate STORE:KEY", edges->created);
	int told = larder_owed_end (edges->owed, cdn_event, cli, &why);
	if (told < 0)
		tell_lost (cli, code < 0 ? why.message : "");
	larder_owed_free (edges->owed);
	edges->owed = NULL;
	if (code == 0 && told < 0 && error)
		larder_give (error, &why);
	return code < 0 ? code : told;
}
