/* cmd-replication-check.c: larder replication check: is on the replica what is to be there? */
#include "replication.h"

#include "error.h"

struct check { int64_t sample; bool all, versions; };
static const struct larder_option options[] = {
	SAMPLE_OPTIONS (struct check, sample, all),
	{ .key = "versions", .type = LARDER_BOOL, .at = offsetof (struct check, versions), .help = "how many versions both have of each key, by the listings, instead of its bytes" },
	{ 0 }
};

/* Of the two sides it is known which is right. */
static int
on_event (void *context, const struct larder_event *event)
{
	struct cli *cli = context;
	struct larder_event told = *event;
	struct larder_error error = LARDER_ERROR_INIT;
	char next[sizeof error.next];
	if (event->error && event->error->code == LARDER_E_INTEGRITY) {
		error = *event->error;
		snprintf (next, sizeof next, "'larder replication repair %s' copies what is missing or differs", cli->operand[0]);
		larder_explain (&error, LARDER_DETAIL_NEXT, next);
		told.error = &error;
	}
	return transfer_event (cli, &told);
}

static int
run (struct cli *cli, const void *self, struct larder_error *error)
{
	const struct check *flags = self;
	const struct copying_run run = { .trees = larder_verify, .flags = LARDER_VERIFY_SOURCE, .sample = flags->all ? 0 : (uint64_t) flags->sample, .event = on_event };
	if (flags->versions && (flags->all || flags->sample != SAMPLE_DEFAULT))
		return fail_usage (cli, error, "'--versions' is of every key: '%s' does not go with it", flags->all ? "--all" : "--sample");
	return flags->versions ? versions_check (cli, error) : copying_run (cli, &run, error);
}

const struct larder_cmd cmd_replication_check = {
	.name = "replication check", .summary = "has the replica what it is to have?", .operands = "STORE",
	.examples = "larder replication check images|a thousand keys, others each time, by the checksums of both services\n"
		"larder replication check --all images|every key; nothing is read where both tell a checksum\n"
		"larder replication check --versions images|which keys the replica lacks, or lacks older versions of\n"
		"larder replication check --sample 50000 images --json|and each key that differs or is missing as a line",
	.text = "Compares the store with the replica of each of its [replication] sections, as 'larder verify' does: only keys with the section's prefix take part. Where it names a "
		"tag, those do that the service tells a replication status of: how many have none is said. What the replica has besides is nobody's matter: a deletion is not copied unless "
		"'delete-markers = yes'. Both are listed whole, for a sample the store twice. It is the latest version of each that is compared. With --versions it is how many both have of every key, what only tells of a deletion apart (where the section names a tag, of every key that the replica has): "
		"a service copies none that is older than its rule, and 'replication repair' the latest alone. The exit status is 6 when any key differs, is missing or has fewer versions, 9 when all that failed is archived and would have to be read.",
	.options = options, .self_size = sizeof (struct check), .least = 1, .most = 1, .done_word = "same", .would_word = "same", .verdict = true, .run = run,
};
