/* cmd-transfer.c: larder transfer ls, resume and gc. */
#include "line.h"

#include "clock.h"
#include "text.h"

/* ---- ls ---- */

struct listing { struct cli *cli; struct table table; };

static int
on_pending (void *context, const struct larder_pending *pending)
{
	struct listing *listing = context;
	const char *state = pending->running ? "running" : pending->problem ? pending->problem : pending->no_resume ? pending->no_resume : "can go on";
	char time[32];
	text_from_time (pending->begun, time);
	item_done (listing->cli, 0);
	if (listing->cli->globals.json) {
		struct line line;
		json_line (listing->cli, &line, "transfer");
		json_member (&line.json, "kind", pending->kind);
		json_member_bytes (&line.json, "src", pending->from);
		json_member_bytes (&line.json, "dst", pending->to);
		json_member (&line.json, "begun", time);
		json_member_bool (&line.json, "running", pending->running);
		json_member (&line.json, "problem", pending->problem);
		json_member (&line.json, "no_resume", pending->no_resume);
		json_line_end (listing->cli, &line);
		return 0;
	}
	const char *const cells[] = { pending->kind, time, pending->from, pending->to, state };
	for (size_t i = 0; i < sizeof cells / sizeof *cells; i++)
		table_cell (&listing->table, cells[i]);
	return 0;
}

static int
run_ls (struct cli *cli, const void *self, struct larder_error *error)
{
	(void) self;
	static const char *const heads[] = { "KIND", "BEGUN", "FROM", "TO", "STATE" };
	struct listing listing = { .cli = cli };
	int code = cli_open (cli, OPEN_CONFIGURED, error);
	if (code < 0)
		return code;
	table_begin_heads (cli, &listing.table, heads, sizeof heads / sizeof *heads);
	code = larder_transfers_each (cli->larder, on_pending, &listing, error);
	table_end (cli, &listing.table);
	return code;
}

const struct larder_cmd cmd_transfer_ls = {
	.name = "transfer ls", .summary = "list transfers that broke off",
	.examples = "larder transfer ls|what can go on, and what is running",
	.text = "Large transfers that were killed, cancelled or cut off left a journal in the state folder: between files and stores, from store to store, and "
		"from standard input. The last cannot be gone on with, but given up.", .run = run_ls,
};

/* ---- resume ---- */

static int
run_resume (struct cli *cli, const void *self, struct larder_error *error)
{
	(void) self;
	struct larder_summary sum = { .size = sizeof sum };
	int code = cli_open (cli, OPEN_CONFIGURED, error);
	if (code < 0)
		return code;
	cli->progress_on = true;
	code = larder_transfers_resume (cli->larder, cli->globals.dry_run ? LARDER_DRY_RUN : 0, transfer_event, cli, &sum, error);
	cli->progress_on = false;
	return transfer_finish (cli, code, &sum, error);
}

const struct larder_cmd cmd_transfer_resume = {
	.name = "transfer resume", .summary = "go on with transfers that broke off",
	.examples = "larder transfer resume|all that 'larder transfer ls' lists",
	.text = "Each goes on as its own command would, with its attributes; only what is missing is sent or fetched. The command itself, given again, "
		"does the same for its own.",
	.done_word = "copied", .would_word = "would_copy", .run = run_resume,
};

/* ---- gc ---- */

struct collect { int64_t older_than; const char *pipeline; };
static const struct larder_option collect_options[] = {
	{ .key = "older-than", .type = LARDER_DURATION, .at = offsetof (struct collect, older_than), .def = "7d", .argument = "AGE", .min = 0, .max = INT64_MAX, .help = "only those begun so long ago, as 12h or 30d; a number alone is seconds" },
	{ .key = "pipeline", .type = LARDER_STRING, .at = offsetof (struct collect, pipeline), .argument = "NAME",
	  .help = "also thumbnails of this [pipeline] whose image never came" },
	{ 0 }
};

/* One summary for both. */
static int
gc_images (struct cli *cli, const struct collect *collect, uint32_t flags, int before, struct larder_summary *sum, struct larder_error *error)
{
	struct larder_summary more = { .size = sizeof more };
	int code = larder_images_gc (cli->larder, collect->pipeline, collect->older_than, flags, transfer_event, cli, &more, before == 0 ? error : NULL);
	return summary_add (sum, &more, before, code);
}

static int
run_gc (struct cli *cli, const void *self, struct larder_error *error)
{
	const struct collect *collect = self;
	struct larder_summary sum = { .size = sizeof sum };
	int code = cli_open (cli, OPEN_CONFIGURED, error);
	if (code < 0)
		return code;
	uint32_t flags = cli->globals.dry_run ? LARDER_DRY_RUN : 0;
	code = larder_transfers_gc (cli->larder, collect->older_than, flags, transfer_event, cli, &sum, error);
	if (collect->pipeline && !sum.ended)
		code = gc_images (cli, collect, flags, code, &sum, error);
	return transfer_finish (cli, code, &sum, error);
}

const struct larder_cmd cmd_transfer_gc = {
	.name = "transfer gc", .summary = "give up transfers that broke off, and ingests",
	.examples = "larder transfer gc|those begun more than a week ago\nlarder transfer gc --older-than 0s -n|what all of them would be\n"
		"larder transfer gc --pipeline image -n|and thumbnails whose image never came",
	.text = "Open uploads are aborted and private files removed: those that the journals of this state folder tell of, and no others. "
		"Where a store was asked for an upload and its answer was lost, those of the very key go that began just then, an hour ago or more, and have no part. "
		"With --pipeline what its ingests began and nobody finished goes too: thumbnails that name an image which is not there, older than "
		"--older-than and than the pipeline's grace time, from whichever machine. For that the store of the thumbnails is listed, and each object in it "
		"that is so old is asked for its metadata, a request an object: once a day or week is enough. Where the store looks at no condition of a removal and keeps no "
		"versions, each is a failure: a live claim cannot be told from a dead one there.",
	.options = collect_options, .self_size = sizeof (struct collect), .done_word = "removed", .would_word = "would_remove", .run = run_gc,
};
