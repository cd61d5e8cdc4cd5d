/* cmd-cat.c: larder cat. */
#include "cli.h"

#include <inttypes.h>
#include <stdio.h>

#include "error.h"

struct cat { const char *version; };
static const struct larder_option options[] = {
	{ .key = "version", .type = LARDER_STRING, .at = offsetof (struct cat, version), .argument = "ID", .help = "this version, not the latest" },
	{ 0 }
};

struct pouring { struct cli *cli; uint64_t written; };

static int
pour (void *context, const void *bytes, size_t count, struct larder_error *error)
{
	struct pouring *pouring = context;
	out_bytes (pouring->cli, bytes, count);
	pouring->written += count;
	return cli_stopped (pouring->cli) ? larder_fail (error, LARDER_E_CANCELLED, "nobody reads any more") : 0;
}

static int
cat_one (struct cli *cli, const void *self, const char *text, struct larder_error *error)
{
	const struct cat *cat = self;
	struct larder_address address;
	CLEANUP_STORE struct larder_store *store = NULL;
	int code = cli_store (cli, text, &address, &store, error);
	if (code < 0)
		return code;
	struct pouring pouring = { cli, 0 };
	struct larder_sink sink = { .size = sizeof sink, .context = &pouring, .write = pour };
	struct larder_get request = { .size = sizeof request, .key = address.path, .version = cat->version, .length = UINT64_MAX };
	code = larder_get (store, &request, &sink, error);
	if (code == 0)
		item_done (cli, pouring.written);
	else if (pouring.written > 0 && code != LARDER_E_CANCELLED) {
		/* Bytes that went out cannot be taken back: say where they end. */
		char next[96];
		snprintf (next, sizeof next, "the output stops at byte %" PRIu64 "; throw it away", pouring.written);
		larder_explain (error, LARDER_DETAIL_NEXT, next);
	}
	return code;
}

static int
run (struct cli *cli, const void *self, struct larder_error *error)
{
	if (cli->globals.json)
		return larder_fail_next (error, LARDER_E_USAGE, "leave out --json; 'larder get --json' writes a file and tells about it",
			"'larder cat' writes the object's bytes, which are not JSON");
	return operands_each (cli, OPEN_CONFIGURED, cat_one, self, error);
}

const struct larder_cmd cmd_cat = {
	.name = "cat", .summary = "write objects to standard output", .operands = "ADDRESS…",
	.examples = "larder cat images:ann/2026/11/cat.png > cat.png|the bytes of an object",
	.text = "--json is refused: the bytes are the output. When a read breaks off, the error says how many bytes of it went out.",
	.options = options, .self_size = sizeof (struct cat), .least = 1, .most = -1, .replica = true, .run = run,
};
