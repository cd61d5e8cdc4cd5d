/* cmd-replication-repair.c: larder replication repair: what the service has not copied. */
#include "replication.h"

static int
run (struct cli *cli, const void *self, struct larder_error *error)
{
	const struct copying_run run = {
		.trees = larder_sync, .flags = LARDER_SYNC_CHECKSUM | (cli->globals.dry_run ? LARDER_DRY_RUN : 0), .event = transfer_event, .classed = true,
	};
	(void) self;
	return copying_run (cli, &run, error);
}

const struct larder_cmd cmd_replication_repair = {
	.name = "replication repair", .summary = "copy to the replica what is missing or differs", .operands = "STORE",
	.examples = "larder replication repair -n images|what would be copied\n"
		"larder replication repair images|what the rule failed at, and what is older than the rule",
	.text = "Compares as 'larder replication check --all' does and copies, in the class of the [replication], within the service where both stores are of one [backend], else through this "
		"machine. Nothing is removed from the replica. Whoever runs it must be allowed to read the store and to write to the replica. A service goes on telling the old status of what it failed at, so afterwards 'larder replication check' "
		"tells how it stands. A backend that copies nothing by itself is kept up by this command alone, run again and again.",
	.least = 1, .most = 1, .done_word = "copied", .would_word = "would_copy", .run = run,
};
