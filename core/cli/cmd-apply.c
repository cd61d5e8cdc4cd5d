/* cmd-apply.c: larder apply. */
#include "cli.h"

static int
run (struct cli *cli, const void *self, struct larder_error *error)
{
	(void) self;
	struct larder_summary sum = { .size = sizeof sum };
	int code = cli_open (cli, OPEN_CONFIGURED, error);
	if (code < 0)
		return code;
	cli->progress_on = true;
	code = larder_apply (cli->larder, cli->operand[0], cli->globals.dry_run ? LARDER_DRY_RUN : 0, transfer_event, cli, &sum, error);
	cli->progress_on = false;
	return transfer_finish (cli, code, &sum, error);
}

const struct larder_cmd cmd_apply = {
	.name = "apply", .summary = "do what a plan of sync says, and nothing else", .operands = "FILE",
	.examples = "larder sync --plan today.plan --delete photos images:ann/|plan, and look at it\n"
		"larder apply -n today.plan|is all of it still as it was?\n"
		"larder apply today.plan|copies, then removals; given again it does what is left",
	.text = "The plan is read whole and compared with its checksum before anything begins, and refused under another profile, for another bucket or "
		"folder. Before each operation both sides must be as they were when the plan was made: the etag, or size and time; a name that was free must be free. "
		"What is done already, the destination having the very bytes of the source or a name that was to go being gone, is skipped: so after a break the same command goes on. "
		"Anything else has drifted: the run stops there with exit status 5: what was under way beside it ends, nothing further is begun, no removal follows a copy that failed, and what was done has been told and counted. "
		MANIFEST_TEXT,
	.least = 1, .most = 1, .done_word = "copied", .would_word = "would_copy", .both_ways = true, .run = run,
};
