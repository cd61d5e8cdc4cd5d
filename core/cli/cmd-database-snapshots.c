/* cmd-database-snapshots.c: larder database snapshots, copy. */
#include "recovery.h"

static int
run_snapshots (struct cli *cli, const void *self, struct larder_error *error)
{
	const struct larder_kept request = { .size = sizeof request, .kind = "database", .name = cli->operands ? cli->operand[0] : NULL };
	(void) self;
	return kept_list (cli, &request, true, error);
}

struct copy_flags { bool wait; const char *to, *region, *key; };
#define AT(field) .at = offsetof (struct copy_flags, field)
static const struct larder_option options[] = {
	{ .key = "to", .type = LARDER_STRING, AT (to), .flags = LARDER_REQUIRED, .argument = "NAME", .help = "what the copy is called" },
	{ .key = "region", .type = LARDER_STRING, AT (region), .argument = "REGION", .help = "where it is to be, as the service calls it" },
	{ .key = "key", .type = LARDER_STRING, AT (key), .argument = "KEY", .help = "by which key, where that is another than the snapshot's: one of that region" },
	{ .key = "wait", .type = LARDER_BOOL, AT (wait), .help = "until it is there" },
	{ 0 }
};

static int
run_copy (struct cli *cli, const void *self, struct larder_error *error)
{
	const struct copy_flags *flags = self;
	const struct larder_snapshot_copy request = {
		.size = sizeof request, .name = cli->operand[0], .point = cli->operand[1], .to = flags->to, .region = flags->region, .key = flags->key,
		.flags = recovery_flags (cli, flags->wait),
	};
	int code = cli_open (cli, OPEN_CONFIGURED, error);
	return code < 0 ? code : larder_snapshot_copy (cli->larder, &request, recovery_event, cli, error);
}

const struct larder_cmd cmd_database_snapshots = {
	.name = "database snapshots", .summary = "what snapshots of a database there are", .operands = "[NAME]",
	.examples = "larder database snapshots|of each [database], the newest first\nlarder database snapshots --json postgresql|of one",
	.text = "Those that the service makes by itself and those that somebody made. BEGUN is the time that they show, of a copy, too.",
	.options = NULL, .self_size = 0, .least = 0, .most = 1, .run = run_snapshots,
};

const struct larder_cmd cmd_database_copy = {
	.name = "database copy", .summary = "a copy of a snapshot, which stays", .operands = "NAME ID",
	.examples = "larder database copy postgresql rds:pingvas-studio-2026-11-29-03-07 --to before-the-move --wait|of one that would go after its retention\n"
		"larder database copy postgresql before-the-move --to before-the-move --region eu-west-1|in another region",
	.text = "ID is as 'larder database snapshots' tells it. What a service makes by itself goes after its retention, and with the database; a copy stays, and costs, until somebody removes it. The same command is "
		"the same copy, and goes on with it after anything, until its end with exit status 9 where it does not --wait. A name that is taken is refused (5).",
	.options = options, .self_size = sizeof (struct copy_flags), .least = 2, .most = 2, .done_word = "copied", .would_word = "would_copy", .run = run_copy,
};
