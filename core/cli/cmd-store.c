/* cmd-store.c: larder store list. */
#include "line.h"

struct listing { struct cli *cli; struct table table; };

static int
on_store (void *context, const struct larder_store_facts *facts)
{
	struct listing *listing = context;
	item_done (listing->cli, 0);
	if (listing->cli->globals.json) {
		struct line line;
		json_line (listing->cli, &line, "store");
		json_member (&line.json, "name", facts->name);
		json_member (&line.json, "driver", facts->driver);
		json_member (&line.json, "backend", facts->backend);
		json_member (&line.json, "bucket", facts->bucket);
		json_member (&line.json, "view_of", facts->view_of);
		json_member (&line.json, "purpose", facts->purpose);
		json_member (&line.json, "class", facts->storage_class);
		json_member (&line.json, "protection", facts->protection);
		json_member (&line.json, "expected", facts->expected);
		json_line_end (listing->cli, &line);
		return 0;
	}
	const char *const cells[] = {
		facts->name, facts->driver, facts->bucket, facts->storage_class, facts->expected, facts->protection, facts->purpose,
	};
	for (size_t i = 0; i < sizeof cells / sizeof *cells; i++)
		table_cell (&listing->table, cells[i]);
	return 0;
}

static int
run (struct cli *cli, const void *self, struct larder_error *error)
{
	(void) self;
	static const char *const heads[] = { "STORE", "DRIVER", "BUCKET", "CLASS", "EXPECTED", "PROTECTION", "PURPOSE" };
	struct listing listing = { .cli = cli };
	int code = cli_open (cli, OPEN_CONFIGURED, error);
	if (code < 0)
		return code;
	table_begin_heads (cli, &listing.table, heads, sizeof heads / sizeof *heads);
	code = larder_store_each (cli->larder, on_store, &listing, error);
	table_end (cli, &listing.table);
	return code;
}

const struct larder_cmd cmd_store_list = {
	.name = "store list", .summary = "list the stores of the pipeline",
	.examples = "larder --profile mock store list|names for addresses, and where they are", .run = run,
};
