/* cmd-database-restore.c: larder database restore: a database as it was at a time, as a new one beside it. */
#include "recovery.h"

#include "error.h"

struct restore_flags { const char *at, *to; bool latest, wait; };
#define AT(field) .at = offsetof (struct restore_flags, field)
static const struct larder_option options[] = {
	{ .key = "at", .type = LARDER_STRING, AT (at), .argument = "TIME", .help = "as it was at that time: 2026-11-29T10:00:00Z" },
	{ .key = "latest", .type = LARDER_BOOL, AT (latest), .help = "as late as the service can" },
	{ .key = "to", .type = LARDER_STRING, AT (to), .flags = LARDER_REQUIRED, .argument = "NAME", .help = "what the new database is called" },
	{ .key = "wait", .type = LARDER_BOOL, AT (wait), .help = "until it is there and as its source is" },
	{ 0 }
};

static int
run (struct cli *cli, const void *self, struct larder_error *error)
{
	const struct restore_flags *flags = self;
	struct larder_database_restore request = {
		.size = sizeof request, .name = cli->operand[0], .to = flags->to, .flags = recovery_flags (cli, flags->wait),
	};
	if (!flags->at == !flags->latest)
		return fail_usage (cli, error, "say to when: --at TIME, or --latest");
	int code = flags->at ? recovery_time ("at", flags->at, &request.at, error) : 0;
	if (code == 0)
		code = cli_open (cli, OPEN_CONFIGURED, error);
	return code < 0 ? code : larder_database_restore (cli->larder, &request, recovery_event, cli, error);
}

const struct larder_cmd cmd_database_restore = {
	.name = "database restore", .summary = "a database as it was at a time, as a new one beside it", .operands = "NAME",
	.examples = "larder database restore postgresql --at 2026-11-29T10:00:00Z --to pingvas-studio-1000 --wait|as it was then; in the end its endpoint\n"
		"larder database restore postgresql --latest --to pingvas-studio-new|begun; run again it goes on\n"
		"larder database restore -n postgresql --latest --to pingvas-studio-new|whether it could be done",
	.text = "NAME is that of its [database]. The service makes a new database with defaults of its own; so how the source is reached, protected and kept (groups, class, retention, log exports and more) is "
		"named in the restore, or set once it is there, and only then it is done. What could not be carried over is listed. The source is not touched. The same command is the same restore, and goes on with "
		"it after anything, until its end with exit status 9 where it does not --wait. A name that is taken is refused (5), and a time that the service does not have (2), with those that it has. With -n nothing is begun, and of one that was begun it is told how far it is.",
	.options = options, .self_size = sizeof (struct restore_flags), .least = 1, .most = 1, .done_word = "restored", .would_word = "would_restore", .run = run,
};
