/* cmd-rm.c: larder rm. */
#include "cdn.h"

#include "error.h"

struct rm { bool recursive, all_versions, invalidate; const char *version; };
static const struct larder_option options[] = {
	{ .key = "recursive", .letter = 'r', .type = LARDER_BOOL, .at = offsetof (struct rm, recursive), .help = "prefixes with all below them" },
	{ .key = "all-versions", .type = LARDER_BOOL, .at = offsetof (struct rm, all_versions), .help = "every version and delete marker, for good; of a whole store its open uploads, too" },
	{ .key = "version", .type = LARDER_STRING, .at = offsetof (struct rm, version), .argument = "ID", .help = "this version alone, for good" },
	{ .key = "invalidate", .type = LARDER_BOOL, .at = offsetof (struct rm, invalidate), .help = "the edges of the store's [cdn] forget what is removed" },
	{ 0 }
};

static int
check_flags (struct cli *cli, const struct rm *rm, struct larder_error *error)
{
	if (rm->version && (rm->recursive || rm->all_versions || cli->operands > 1))
		return larder_fail_next (error, LARDER_E_USAGE, "larder rm --version ID STORE:KEY; every version: --all-versions",
			"--version goes with one object");
	return 0;
}

static int
run (struct cli *cli, const void *self, struct larder_error *error)
{
	const struct rm *rm = self;
	int code = check_flags (cli, rm, error);
	if (code == 0)
		code = cli_open (cli, OPEN_CONFIGURED, error);
	struct larder_address address;
	for (int i = 0; code == 0 && i < cli->operands; i++)
		code = cli_store_address (cli, cli->operand[i], &address, error);
	const char *const *addresses = (const char *const *) cli->operand;
	if (code == 0 && rm->invalidate)
		code = edges_begin (cli, addresses, (size_t) cli->operands, error);
	if (code < 0)
		return code;
	early_begin (cli);
	struct larder_summary sum = { .size = sizeof sum };
	uint32_t flags = (rm->recursive ? LARDER_RECURSIVE : 0) | (cli->globals.dry_run ? LARDER_DRY_RUN : 0) | (rm->invalidate ? LARDER_TELL_BEFORE : 0);
	const struct larder_versions request = {
		.size = sizeof request, .flags = flags, .addresses = addresses, .count = (size_t) cli->operands, .at = LARDER_NO_TIME, .version = rm->version,
	};
	code = rm->version || rm->all_versions
		? larder_remove_versions (cli->larder, &request, transfer_event, cli, &sum, error)
		: larder_transfer_remove (cli->larder, addresses, (size_t) cli->operands, flags, transfer_event, cli, &sum, error);
	early_end (cli);
	return edges_end (cli, transfer_finish (cli, code, &sum, error), error);
}

const struct larder_cmd cmd_rm = {
	.name = "rm", .summary = "remove objects", .operands = "ADDRESS…",
	.examples = "larder rm images:raw/cat.png|one object\nlarder rm -r -n images:raw|what would go: the object raw, and all below raw/\n"
		"larder rm -r --all-versions images:raw/|for good: what was deleted or replaced before, too",
	.text = "A path ends at a separator: logs never takes logs.json along. In a versioned store the old versions stay, and 'larder undelete' "
		"brings an object back, but for --all-versions and --version. What goes before the time for which its class is paid at the least is summed up at the end, by the table of [larder] prices; -n tells it before. "
		"Its days are counted from when each was written: what a [lifecycle] moved into its class later is paid for longer than is told.",
	.options = options, .self_size = sizeof (struct rm), .least = 1, .most = -1, .done_word = "removed", .would_word = "would_remove", .run = run,
};
