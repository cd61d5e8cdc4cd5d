/* cmd-archive-restore.c: larder archive restore, status. */
#include "line.h"
#include "restoring.h"

#include <inttypes.h>
#include <stdio.h>

#include "clock.h"
#include "error.h"
#include "text.h"

struct archive_restore { bool below, wait; const char *list, *most, *to, *version; uint32_t tier; int64_t days; };
#define AT(field) .at = offsetof (struct archive_restore, field)
static const struct larder_option options[] = {
	{ .key = "prefix", .type = LARDER_BOOL, AT (below), .help = "all keys that begin so" },
	{ .key = "from", .type = LARDER_STRING, AT (list), .argument = "FILE", .help = "addresses, one a line" },
	RESTORE_OPTIONS (struct archive_restore, tier, days, most),
	{ .key = "to", .type = LARDER_STRING, AT (to), .argument = "FOLDER", .help = "fetch each into it, under its key, once it can be read; of a bundle the files that are in it" },
	{ .key = "version", .type = LARDER_STRING, AT (version), .argument = "ID", .help = "this version of the one object, not the latest" },
	{ .key = "wait", .type = LARDER_BOOL, AT (wait), .help = "until all can be read" },
	{ 0 }
};

int
restore_estimate (void *context, const struct larder_archive_estimate *estimate)
{
	static const char *const no_table = "no price table says what it costs: [larder] prices = NAME is that of prices/NAME.ini beside the pipeline file";
	struct cli *cli = context;
	char size[32], within[32];
	if (cli->globals.json) {
		struct line line;
		json_line (cli, &line, "estimate");
		json_member (&line.json, "class", estimate->storage_class);
		json_member (&line.json, "tier", estimate->tier);
		json_member_uint (&line.json, "objects", estimate->objects);
		json_member_uint (&line.json, "bytes", estimate->bytes);
		json_member (&line.json, "price", estimate->price);
		json_member (&line.json, "currency", estimate->currency);
		json_member_bool (&line.json, "chosen", estimate->chosen);
		json_member (&line.json, "next", estimate->chosen && !estimate->currency ? no_table : NULL);
		if (estimate->within)
			json_member_uint (&line.json, "within_seconds", (uint64_t) (estimate->within / NS_PER_S));
		if (estimate->paid)
			json_member_uint (&line.json, "paid_objects", estimate->paid);
		json_member (&line.json, "spent", estimate->spent);
		json_line_end (cli, &line);
		return 0;
	}
	out_printf (cli, "%c %" PRIu64 " object%s of %s in %s, %s", estimate->chosen ? '*' : ' ', estimate->objects, estimate->objects == 1 ? "" : "s", text_from_size (estimate->bytes, size), estimate->storage_class, estimate->tier);
	if (estimate->price)
		out_printf (cli, ": about %s %s", estimate->price, estimate->currency);
	if (estimate->within)
		out_printf (cli, ", within %s", text_from_duration (estimate->within, within));
	if (estimate->paid)
		out_printf (cli, ", after %" PRIu64 " asked for before", estimate->paid);
	if (estimate->spent)
		out_printf (cli, " for about %s", estimate->spent);
	out_printf (cli, "\n");
	if (estimate->chosen && !estimate->currency)
		out_printf (cli, "  %s\n", no_table);
	return 0;
}

static int
on_job (void *context, const struct larder_archive_job *job, struct larder_error *error)
{
	struct cli *cli = context;
	char begun[32], size[32];
	(void) error;
	text_from_time (job->begun, begun);
	if (cli->globals.json) {
		struct line line;
		json_line (cli, &line, "job");
		json_member (&line.json, "job", job->id);
		json_member (&line.json, "begun", begun);
		json_member (&line.json, "store", job->store);
		json_member (&line.json, "tier", job->tier);
		json_member (&line.json, "to", job->to);
		const struct { const char *name; uint64_t value; } counts[] = {
			{ "days", job->days }, { "objects", job->objects }, { "bytes", job->bytes }, { "wanted", job->wanted }, { "asked", job->asked }, { "ready", job->ready }, { "fetched", job->fetched },
			{ "failed", job->failed },
		};
		for (size_t n = 0; n < sizeof counts / sizeof *counts; n++)
			json_member_uint (&line.json, counts[n].name, counts[n].value);
		json_line_end (cli, &line);
		return 0;
	}
	out_printf (cli, "restore %s of %s: %" PRIu64 " object%s, %s, %s, for %" PRIu32 " days, begun %s\n", job->id, job->store, job->objects, job->objects == 1 ? "" : "s",
		text_from_size (job->bytes, size), job->tier, job->days, begun);
	out_printf (cli, "  %" PRIu64 " to be asked for, %" PRIu64 " on their way, %" PRIu64 " can be read, %" PRIu64 " fetched, %" PRIu64 " failed\n", job->wanted, job->asked, job->ready, job->fetched, job->failed);
	return 0;
}

/* As the service writes them, in the order of the option's words. */
const char *
restore_tier (uint32_t tier)
{
	static const char *const tiers[] = { "Bulk", "Standard", "Expedited" };
	return tiers[tier];
}

static int
run (struct cli *cli, const void *self, struct larder_error *error)
{
	const struct archive_restore *flags = self;
	struct larder_summary sum = { .size = sizeof sum };
	const struct larder_archive_restore request = {
		.size = sizeof request, .flags = (flags->below ? LARDER_RECURSIVE : 0) | (flags->wait ? LARDER_ARCHIVE_WAIT : 0) | (cli->globals.dry_run ? LARDER_DRY_RUN : 0),
		.addresses = (const char *const *) cli->operand, .count = (size_t) cli->operands, .list = flags->list, .tier = restore_tier (flags->tier), .days = (uint32_t) flags->days,
		.most = flags->most, .to = flags->to, .version = flags->version,
	};
	if (cli->operands == 0 && !flags->list)
		return fail_usage (cli, error, "name what is to be restored: STORE:KEY, or --from FILE");
	int code = cli_open (cli, OPEN_CONFIGURED, error);
	if (code < 0)
		return code;
	cli->progress_on = true;
	code = larder_archive_restore (cli->larder, &request, restore_estimate, on_job, transfer_event, cli, &sum, error);
	cli->progress_on = false;
	return transfer_finish (cli, code, &sum, error);
}

static int
run_status (struct cli *cli, const void *self, struct larder_error *error)
{
	(void) self;
	int code = cli_open (cli, OPEN_CONFIGURED, error);
	return code < 0 ? code : larder_archive_status (cli->larder, cli->operands ? cli->operand[0] : NULL, on_job, cli, error);
}

const struct larder_cmd cmd_archive_restore = {
	.name = "archive restore", .summary = "make archived objects readable for a while", .operands = "[ADDRESS…]",
	.examples = "larder archive restore backups:db/dump.sql|within hours it can be read, for a week\n"
		"larder archive restore --prefix --tier bulk --to out backups:2025/|all of it, fetched into out/ as it comes; run again it goes on\n"
		"larder archive restore --to out backups:2025/notes/a.txt|one file, out of the newest bundle that has it\n"
		"larder archive restore -n --prefix backups:2025/|what it would cost, and how long it would take",
	.text = "Before anything is asked for it tells what that costs, by the table of [larder] prices, and how long it takes, by each tier that a class has, with a star before the one that is asked for; of INTELLIGENT_TIERING it counts all objects, as a listing does not tell which are archived. A tier that one of the classes does not have is refused, before anything is asked for. Then each object that is archived, not restored and not on its way is asked for. A run that goes on and has something to ask for, as copies ended or the run before did, tells what that costs anew, besides what was spent, and asks for nothing above --max-cost. "
		"The job is kept in the state folder: the same command, run again after anything, goes on with it, and is at its end when all can be read, or with --to was fetched; until then the exit status is 9. "
		"What is overwritten meanwhile is told, and not fetched; a copy whose days are over is asked for again. "
		"A bundle of small files, which 'archive put --pack' made, comes as its files with --to, each proven by its checksum; one that is damaged fails by its name, and the others are there. The name of one file is enough: "
		"it is found by the indexes beside the bundles, its bundle alone is asked for, and its bytes alone are fetched. With --wait it looks again at what is on its way, as rarely as the tier is slow: expedited every minute and then every five, standard from 15 minutes (3 hours, of what it has just asked for) up to an hour, bulk from 30 minutes (5 hours) up to two hours; each time it says when the next look is. 'larder archive status' tells of it at any time.",
	.options = options, .self_size = sizeof (struct archive_restore), .least = 0, .most = -1, .done_word = "restored", .would_word = "would_restore", .run = run,
};

const struct larder_cmd cmd_archive_status = {
	.name = "archive status", .summary = "how far restores are", .operands = "[JOB]",
	.examples = "larder archive status|all of them, as they were at the last look\nlarder archive status 0123456789abcdef|of one, with a look at each of its objects",
	.text = "Writes nothing, and asks for nothing.",
	.options = NULL, .self_size = 0, .least = 0, .most = 1, .run = run_status,
};
