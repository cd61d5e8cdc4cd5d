/* cmd-backup-drill.c: larder backup drill: can what was kept be restored, and is it what was kept? */
#include "line.h"
#include "restoring.h"

#include <stdlib.h>

#include "clock.h"
#include "text.h"

struct backup_drill { int64_t sample, days; const char *source, *restored, *role, *to, *report, *most; uint32_t tier; bool keep, newer, wait; };
#define AT(field) .at = offsetof (struct backup_drill, field)
static const struct larder_option options[] = {
	{ .key = "sample", .type = LARDER_INT, AT (sample), .def = "0", .min = 0, .max = 1000000, .argument = "N", .help = "so many keys at the most, others each time; 0: every key" },
	{ .key = "source", .type = LARDER_STRING, AT (source), .argument = "ADDRESS", .help = "the tree that was kept, to compare with byte for byte" },
	{ .key = "restored", .type = LARDER_STRING, AT (restored), .argument = "FOLDER", .help = "of a file system: what a restore made, or where that is mounted" },
	{ .key = "role", .type = LARDER_STRING, AT (role), .argument = "NAME", .help = "of a file system: as whom it is restored, where the role that backs up may not" },
	{ .key = "newer", .type = LARDER_BOOL, AT (newer), .help = "let pass what its source changed since it was kept" },
	{ .key = "to", .type = LARDER_STRING, AT (to), .argument = "FOLDER", .help = "folder in which it makes one of its own to restore into (default: in the state folder); of a file system where its root is mounted" },
	{ .key = "keep", .type = LARDER_BOOL, AT (keep), .help = "leave there what was restored" },
	{ .key = "report", .type = LARDER_STRING, AT (report), .argument = "FOLDER", .help = "folder that gets the report (default: reports in the state folder)" },
	RESTORE_OPTIONS (struct backup_drill, tier, days, most),
	{ .key = "wait", .type = LARDER_BOOL, AT (wait), .help = "until all that is archived can be read" },
	{ 0 }
};

static void
drilled_line (struct cli *cli, const struct larder_drilled *drilled)
{
	char time[32];
	struct line line;
	json_line (cli, &line, "drill");
	json_member_bytes (&line.json, "what", drilled->what);
	json_member (&line.json, "point", drilled->point);
	if (drilled->source)
		json_member_bytes (&line.json, "source", drilled->source);
	const struct { const char *name; int64_t at; } times[] = { { "begun", drilled->begun }, { "ended", drilled->ended }, { "newest", drilled->newest } };
	for (size_t n = 0; n < sizeof times / sizeof *times; n++)
		json_member (&line.json, times[n].name, text_from_time (times[n].at, time));
	const struct { const char *name; uint64_t value; } counts[] = {
		{ drilled->rpo < 0 ? "newest_ahead_seconds" : "rpo_seconds", (uint64_t) (llabs (drilled->rpo) / NS_PER_S) },
		{ drilled->rto < 0 ? "clock_set_back_seconds" : "rto_seconds", (uint64_t) (llabs (drilled->rto) / NS_PER_S) }, { "keys", drilled->listed }, { "restored", drilled->taken },
		{ "bytes", drilled->bytes }, { "manifests", drilled->manifests }, { "compared_with_manifest", drilled->with_manifest },
		{ "not_in_manifest", drilled->not_in_manifest }, { "compared_with_source", drilled->with_source }, { "source_gone", drilled->source_gone }, { "source_newer", drilled->source_newer },
		{ "differs", drilled->differs }, { "missing", drilled->missing }, { "extra", drilled->extra }, { "failed", drilled->failed },
	};
	for (size_t n = 0; n < sizeof counts / sizeof *counts; n++)
		json_member_uint (&line.json, counts[n].name, counts[n].value);
	if (drilled->report)
		json_member_bytes (&line.json, "report", drilled->report);
	if (drilled->scratch)
		json_member_bytes (&line.json, "scratch", drilled->scratch);
	json_line_end (cli, &line);
}

static void
tell (struct cli *cli, const struct larder_drilled *drilled)
{
	char size[32], time[32];
	if (drilled->rpo < 0)
		say (cli, "%s: how old the newest is nobody can tell: it is of a time %s ahead of this machine's clock, so the clocks differ; set this one (timedatectl), or the one that kept it (larder dev clock reset, where that was moved)", drilled->what,
			text_from_duration (-drilled->rpo, time));
	if (cli->globals.json) {
		drilled_line (cli, drilled);
		return;
	}
	if (drilled->text)
		out_text (cli, drilled->text);
	else
		out_printf (cli, "%llu of %llu would be restored, about %s\n", (unsigned long long) drilled->taken, (unsigned long long) drilled->listed, text_from_size (drilled->bytes, size));
	if (drilled->report) {
		out_text (cli, "report ");
		out_name (cli, drilled->report);
		out_text (cli, ".txt, .json, .html\n");
	}
	if (drilled->scratch) {
		out_text (cli, "kept ");
		out_name (cli, drilled->scratch);
		out_text (cli, "\n");
	}
}

static int
run (struct cli *cli, const void *self, struct larder_error *error)
{
	const struct backup_drill *flags = self;
	struct larder_summary sum = { .size = sizeof sum };
	struct larder_drilled drilled = { .size = sizeof drilled };
	const struct larder_drill request = {
		.size = sizeof request, .what = cli->operand[0], .sample = (uint64_t) flags->sample, .source = flags->source, .scratch = flags->to, .report = flags->report, .restored = flags->restored, .role = flags->role, .tier = restore_tier (flags->tier),
		.days = (uint32_t) flags->days, .most = flags->most,
		.flags = (flags->keep ? LARDER_DRILL_KEEP : 0) | (flags->newer ? LARDER_DRILL_NEWER : 0) | (flags->wait ? LARDER_ARCHIVE_WAIT : 0) | (cli->globals.dry_run ? LARDER_DRY_RUN : 0),
	};
	int code = cli_open (cli, OPEN_CONFIGURED, error);
	if (code < 0)
		return code;
	cli->progress_on = true;
	code = larder_backup_drill (cli->larder, cli->arena, &request, restore_estimate, transfer_event, cli, &drilled, &sum, error);
	cli->progress_on = false;
	if (code == 0)
		tell (cli, &drilled);
	return transfer_finish (cli, code, &sum, error);
}

const struct larder_cmd cmd_backup_drill = {
	.name = "backup drill", .summary = "restore what was kept, and compare it", .operands = "STORE|FILESYSTEM",
	.examples = "larder backup drill --source data backups:data/|every key restored, and compared byte for byte with what was kept\n"
		"larder backup drill --sample 100 --report drills backups|a hundred keys, others each time; the report into drills/\n"
		"larder backup drill --wait model-cache|the newest backup of a file system, restored into a folder of its own there\n"
		"larder backup drill --restored /mnt/back model-cache|the folder that a restore made there, compared with the file system\n"
		"larder backup drill -n backups|how much it would restore, and what that would cost",
	.text = "Restores every key below the address, or a sample in which each has the same chance, into a folder of its own, proves each by the checksum that its store has and by the manifests of the store, where [larder] keeps any, and with --source compares it byte for byte with the tree that was kept: "
		"what differs, is missing there or, without --sample, was never kept is told; what the source has no more is counted. It measures how old the newest is that could be restored (RPO), and how long it took until all was restored and compared (RTO), or by how much clocks differ where that shows, and writes a report "
		"as text, JSON and HTML. What is archived is restored as 'larder archive restore' does, with the price told first: until it can be read the exit status is 9, and the same command goes on, with the same keys. So it does after a kill; with other keys "
		"asked for it begins anew. The folder is removed at the end. Of a [filesystem] the newest that its [backup] keeps is restored into it, where a service makes a folder NAME-restore_TIME, seen in its [backend]'s root or --to; or that folder is named. It is compared with the files, both ways: of two such folders one is to be named, what lies beside is told and left alone, and an empty one is a failure. The exit status is 6 when anything differs, is missing or extra.",
	.options = options, .self_size = sizeof (struct backup_drill), .least = 1, .most = 1, .done_word = "proven", .would_word = "would_prove", .verdict = true, .run = run,
};
