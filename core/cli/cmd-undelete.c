/* cmd-undelete.c: larder undelete. */
#include "cli.h"

#include "error.h"
#include "text.h"

struct undelete { bool recursive; const char *at; };
static const struct larder_option options[] = {
	{ .key = "recursive", .letter = 'r', .type = LARDER_BOOL, .at = offsetof (struct undelete, recursive), .help = "prefixes with all below them" },
	{ .key = "at", .type = LARDER_STRING, .at = offsetof (struct undelete, at), .argument = "TIME", .help = "roll back: each object as it was at TIME" },
	{ 0 }
};

static int
run (struct cli *cli, const void *self, struct larder_error *error)
{
	const struct undelete *undelete = self;
	struct larder_versions request = {
		.size = sizeof request, .addresses = (const char *const *) cli->operand, .count = (size_t) cli->operands, .at = LARDER_NO_TIME,
		.flags = (undelete->recursive ? LARDER_RECURSIVE : 0) | (cli->globals.dry_run ? LARDER_DRY_RUN : 0),
	};
	struct larder_summary sum = { .size = sizeof sum };
	struct larder_address address;
	if (undelete->at && text_time (undelete->at, &request.at) < 0)
		return larder_fail_next (error, LARDER_E_USAGE, "write it like 2026-11-27 or 2026-11-27T09:30:00Z; 'larder versions' shows such times",
			"'%s' is not a time", undelete->at);
	int code = cli_open (cli, OPEN_CONFIGURED, error);
	for (int i = 0; code == 0 && i < cli->operands; i++)
		code = cli_store_address (cli, cli->operand[i], &address, error);
	if (code < 0)
		return code;
	code = larder_undelete (cli->larder, &request, transfer_event, cli, &sum, error);
	return transfer_finish (cli, code, &sum, error);
}

const struct larder_cmd cmd_undelete = {
	.name = "undelete", .summary = "bring deleted objects back, or a prefix as it was at a time", .operands = "ADDRESS…",
	.examples = "larder undelete images:ann/cat.png|the last version is the latest again\n"
		"larder undelete -r -n images:ann/|what would come back below a prefix\n"
		"larder undelete -r --at 2026-11-26T18:00:00Z images:ann/|all of it as it was then",
	.text = "The delete markers on top of an object are taken away; its last version is there again, with bytes and attributes. "
		"What was not deleted is skipped. The store must keep versions.\n\n"
		"With --at, what was latest at that time, by the clock of the storage, is copied over each object within the storage, and an object "
		"that was not there then is deleted, behind a delete marker, and counted as removed. Versions are only added: a roll back can be rolled back. "
		"One version of one object: larder cp --version ID images:k images:k.",
	.options = options, .self_size = sizeof (struct undelete), .least = 1, .most = -1, .done_word = "restored", .would_word = "would_restore", .both_ways = true, .run = run,
};
