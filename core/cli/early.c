/* early.c: what a command removes before it was paid for long enough. */
#include "line.h"

#include <inttypes.h>

#include "clock.h"
#include "text.h"

void
early_begin (struct cli *cli)
{
	struct larder_error why = LARDER_ERROR_INIT;
	if (larder_early_begin (cli->larder, &cli->early, &why) < 0)      /* a price that nobody can read keeps nothing from going */
		say (cli, "what goes before it was paid for long enough is not told: %s", why.message);
}

static void
tell_early (void *context, const struct larder_early_cost *cost)
{
	struct cli *cli = context;
	char size[32];
	if (cli->globals.json) {
		struct line line;
		json_line (cli, &line, "early-removal");
		json_member (&line.json, "store", cost->store);
		json_member (&line.json, "class", cost->storage_class);
		json_member_uint (&line.json, "objects", cost->objects);
		json_member_uint (&line.json, "bytes", cost->bytes);
		json_member (&line.json, "sum", cost->sum);
		json_member (&line.json, "currency", cost->currency);
		json_member_uint (&line.json, "least_days", (uint64_t) (cost->least / NS_PER_DAY));
		json_member_uint (&line.json, "days_left", (uint64_t) ((cost->longest + NS_PER_DAY - 1) / NS_PER_DAY));
		json_line_end (cli, &line);
		return;
	}
	say (cli, "%s: %" PRIu64 " of class %s, %s, %s before the %" PRIi64 " days for which %s paid: %s %s%s for up to %" PRIi64 " days more (what a lifecycle moved there later: longer)", cost->store, cost->objects, cost->storage_class,
		text_from_size (cost->bytes, size), cli->globals.dry_run ? "would go" : "went", cost->least / NS_PER_DAY, cost->objects == 1 ? "it is" : "they are", cost->sum ? cost->sum : "?", cost->currency,
		cli->globals.dry_run ? " would still be paid" : " are still paid", (cost->longest + NS_PER_DAY - 1) / NS_PER_DAY);
}

void
early_end (struct cli *cli)
{
	if (cli->early)
		larder_early_each (cli->early, tell_early, cli);
	larder_early_free (cli->early);
	cli->early = NULL;
}
