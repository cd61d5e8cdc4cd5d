/* cmd-backup.c: larder backup ls, start, status. */
#include "recovery.h"

#include "error.h"

static int
run_ls (struct cli *cli, const void *self, struct larder_error *error)
{
	const struct larder_kept request = { .size = sizeof request, .kind = "backup", .name = cli->operands ? cli->operand[0] : NULL };
	(void) self;
	return kept_list (cli, &request, true, error);
}

struct status_flags { bool all; };
static const struct larder_option status_options[] = {
	{ .key = "all", .type = LARDER_BOOL, .at = offsetof (struct status_flags, all), .help = "those that went well, too" },
	{ 0 }
};

/* Whoever asks for one wants to see it, however it went. */
static int
run_status (struct cli *cli, const void *self, struct larder_error *error)
{
	const struct status_flags *flags = self;
	const struct larder_kept request = { .size = sizeof request, .kind = "backup", .flags = LARDER_KEPT_JOBS, .id = cli->operands ? cli->operand[0] : NULL };
	return kept_list (cli, &request, flags->all || request.id, error);
}

struct start_flags { bool wait; const char *rule; };
static const struct larder_option start_options[] = {
	{ .key = "wait", .type = LARDER_BOOL, .at = offsetof (struct start_flags, wait), .help = "until it can be restored" },
	{ .key = "rule", .type = LARDER_STRING, .at = offsetof (struct start_flags, rule), .argument = "NAME", .help = "of a plan with several, which one says where and for how long it is kept" },
	{ 0 }
};

static int
run_start (struct cli *cli, const void *self, struct larder_error *error)
{
	const struct start_flags *flags = self;
	const struct larder_backup_start request = {
		.size = sizeof request, .name = cli->operand[0], .resource = cli->operands > 1 ? cli->operand[1] : NULL, .rule = flags->rule,
		.flags = recovery_flags (cli, flags->wait),
	};
	int code = cli_open (cli, OPEN_CONFIGURED, error);
	return code < 0 ? code : larder_backup_start (cli->larder, &request, recovery_event, cli, error);
}

struct restore_flags { bool wait; const char *to, *role, *mark; };
static const struct larder_option restore_options[] = {
	{ .key = "to", .type = LARDER_STRING, .at = offsetof (struct restore_flags, to), .argument = "ADDRESS", .help = "what takes it, by the service's own address, in a folder of its own there; else a new one is made" },
	{ .key = "role", .type = LARDER_STRING, .at = offsetof (struct restore_flags, role), .argument = "NAME", .help = "as whom, where the role that backs up may not restore: by the service's own address" },
	{ .key = "mark", .type = LARDER_STRING, .at = offsetof (struct restore_flags, mark), .argument = "TEXT", .help = "another restore of the same: each mark is one" },
	{ .key = "wait", .type = LARDER_BOOL, .at = offsetof (struct restore_flags, wait), .help = "until it is there" },
	{ 0 }
};

static int
run_restore (struct cli *cli, const void *self, struct larder_error *error)
{
	const struct restore_flags *flags = self;
	const struct larder_backup_restore request = {
		.size = sizeof request, .name = cli->operand[0], .point = cli->operand[1], .to = flags->to, .role = flags->role, .mark = flags->mark,
		.flags = recovery_flags (cli, flags->wait),
	};
	int code = cli_open (cli, OPEN_CONFIGURED, error);
	return code < 0 ? code : larder_backup_restore (cli->larder, &request, recovery_event, cli, error);
}

const struct larder_cmd cmd_backup_ls = {
	.name = "backup ls", .summary = "what the vaults of a [backup] hold", .operands = "[NAME]",
	.examples = "larder backup ls|of each [backup], the newest first: from when, how large, until when, of what\nlarder backup ls --json models|of one",
	.text = "A vault may hold what others keep there: it is told, too. What is told of as being made cannot be restored yet; what EXPIRES goes by itself then.",
	.options = NULL, .self_size = 0, .least = 0, .most = 1, .run = run_ls,
};

const struct larder_cmd cmd_backup_start = {
	.name = "backup start", .summary = "one backup more than the plan makes by itself", .operands = "NAME [RESOURCE]",
	.examples = "larder backup start models|of all that [backup \"models\"] backs up, begun\nlarder backup start --wait models model-cache|of that section, until it can be restored",
	.text = "It goes into the plan's vault, for as long as its rule says and by its role. RESOURCE is a section that the [backup] backs up, or the service's own address of what it selects. "
		"One that was asked for so and is under way is that one: after a failure the same command is harmless.",
	.options = start_options, .self_size = sizeof (struct start_flags), .least = 1, .most = 2, .done_word = "kept", .would_word = "would_keep", .run = run_start,
};

const struct larder_cmd cmd_backup_restore = {
	.name = "backup restore", .summary = "what a [backup] keeps, back into something new or what is there", .operands = "NAME ID",
	.examples = "larder backup restore models ID --wait|into a new file system; in the end its address\n"
		"larder backup restore models ID --to ADDRESS|into a folder of its own of one that is there",
	.text = "ID is as 'larder backup ls' tells it. AWS Backup puts the files into a folder aws-backup-restore_TIME, in a new file system, too. It is done as the role that backs up, which that of `role = auto` may; "
		"--role names another, for one of your own that may not: AWSBackupServiceRolePolicyForRestores has what it takes. The same command is the same restore, and goes on with it after anything, until its end with exit status 9 "
		"where it does not --wait.",
	.options = restore_options, .self_size = sizeof (struct restore_flags), .least = 2, .most = 2, .done_word = "restored", .would_word = "would_restore", .run = run_restore,
};

const struct larder_cmd cmd_backup_status = {
	.name = "backup status", .summary = "backups that are under way, and those that failed", .operands = "[JOB]",
	.examples = "larder backup status|of each [backup], with the reason\nlarder backup status --all|those that went well, too\nlarder backup status 0123-4567|of one job, however it went",
	.text = "As far back as the service knows: AWS Backup tells of jobs for some weeks.",
	.options = status_options, .self_size = sizeof (struct status_flags), .least = 0, .most = 1, .run = run_status,
};
