/* cmd-rm.c: larder rm. */
#include "cli.h"

#include "error.h"

struct rm { bool recursive; };
static const struct larder_option options[] = {
	{ .key = "recursive", .letter = 'r', .type = LARDER_BOOL, .at = offsetof (struct rm, recursive), .help = "prefixes with all below them" },
	{ 0 }
};

static int
run (struct cli *cli, const void *self, struct larder_error *error)
{
	const struct rm *rm = self;
	int code = cli_open (cli, OPEN_CONFIGURED, error);
	struct larder_address address;
	for (int i = 0; code == 0 && i < cli->operands; i++)
		code = cli_store_address (cli, cli->operand[i], &address, error);
	if (code < 0)
		return code;
	struct larder_summary sum = { .size = sizeof sum };
	uint32_t flags = (rm->recursive ? LARDER_RECURSIVE : 0) | (cli->globals.dry_run ? LARDER_DRY_RUN : 0);
	code = larder_transfer_remove (cli->larder, (const char *const *) cli->operand, (size_t) cli->operands, flags, transfer_event,
	                               cli, &sum, error);
	return transfer_finish (cli, code, &sum, error);
}

const struct larder_cmd cmd_rm = {
	.name = "rm", .summary = "remove objects", .operands = "ADDRESS…",
	.examples = "larder rm images:raw/cat.png|one object\nlarder rm -r -n images:raw|what would go: the object raw, and all below raw/",
	.text = "A path ends at a separator: logs never takes logs.json along. In a versioned store the old versions stay.",
	.options = options, .self_size = sizeof (struct rm), .least = 1, .most = -1, .done_word = "removed", .would_word = "would_remove", .run = run,
};
