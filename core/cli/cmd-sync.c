/* cmd-sync.c: larder sync. */
#include "cli.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"

struct sync {
	bool remove, empty_source, size_only, checksum, exact_times;
	uint32_t links;               /* skip, follow */
	const char *most, *mode, *plan, *failed_to, *only;
	struct select_flags select;
};
#define AT(field) .at = offsetof (struct sync, field)
static const struct larder_option options[] = {
	{ .key = "delete", .type = LARDER_BOOL, AT (remove), .help = "at the end, remove from the destination what the source does not have" },
	{ .key = "delete-most", .type = LARDER_STRING, AT (most), .argument = "N|N%", .help = "remove nothing when more would go (default: 1000, and 50% of what is there or 10)" },
	{ .key = "allow-empty-source", .type = LARDER_BOOL, AT (empty_source), .help = "with --delete: an empty source empties the destination" },
	{ .key = "size-only", .type = LARDER_BOOL, AT (size_only), .help = "one size is one content, whatever the times" },
	{ .key = "checksum", .type = LARDER_BOOL, AT (checksum), .help = "compare the bytes, not the times: reads files, asks for or reads each object" },
	{ .key = "exact-times", .type = LARDER_BOOL, AT (exact_times), .help = "compare times to the nanosecond, as uploads with it keep them: asks each object of one size" },
	{ .key = "mode", .type = LARDER_STRING, AT (mode), .argument = "MODE", .help = "mode of all files and folders of a local destination, as 755" },
	SELECT_OPTIONS (struct sync, select),
	{ .key = "links", .type = LARDER_ENUM, AT (links), .values = "skip|follow", .def = "skip", .help = "links of a local source: left out and told, or what they lead to within it" },
	{ .key = "failed-to", .type = LARDER_STRING, AT (failed_to), .argument = "FILE", .help = "write the key of each that failed or was refused, one a line" },
	{ .key = "from", .type = LARDER_STRING, AT (only), .argument = "FILE", .help = "only the keys in such a file" },
	{ .key = "plan", .type = LARDER_PATH, AT (plan), .argument = "FILE", .help = "do nothing, and write each operation with what it takes for granted, for 'larder apply'" },
	{ 0 }
};

static int
read_most (const char *text, struct larder_sync *request, struct larder_error *error)
{
	uint64_t number;
	if (!text)
		return 0;
	if (number_from_text (text, 10, "%", 100, &number) && number > 0)
		request->delete_most_percent = (uint32_t) number;
	else if (number_from_text (text, 10, "", UINT64_MAX - 1, &number) && number > 0)
		request->delete_most = number;
	else
		return larder_fail_next (error, LARDER_E_USAGE, "--delete-most 5000, or --delete-most 80%", "'%s' is no number from 1", text);
	return 0;
}

static int
read_mode (const char *text, struct larder_sync *request, struct larder_error *error)
{
	uint64_t number;
	if (!text)
		return 0;
	if (!number_from_text (text, 8, "", 0777, &number) || number == 0)
		return larder_fail_next (error, LARDER_E_USAGE, "three octal digits: --mode 755", "'%s' is no mode", text);
	request->mode = (uint32_t) number;
	return 0;
}

static int
run (struct cli *cli, const void *self, struct larder_error *error)
{
	const struct sync *flags = self;
	struct larder_summary sum = { .size = sizeof sum };
	struct larder_sync request = {
		.size = sizeof request, .from = cli->operand[0], .to = cli->operand[1],
		.flags = (flags->remove ? LARDER_SYNC_DELETE : 0) | (flags->empty_source ? LARDER_SYNC_EMPTY_SOURCE : 0)
			| (flags->size_only ? LARDER_SYNC_SIZE_ONLY : 0) | (flags->checksum ? LARDER_SYNC_CHECKSUM : 0)
			| (flags->exact_times ? LARDER_SYNC_EXACT_TIMES : 0) | (flags->links ? LARDER_SYNC_FOLLOW_LINKS : 0)
			| (cli->globals.dry_run ? LARDER_DRY_RUN : 0),
		.failed_to = flags->failed_to, .only = flags->only,
		.plan = flags->plan,
	};
	if (flags->plan)
		cli->globals.dry_run = true;
	int code = read_most (flags->most, &request, error);
	if (code == 0)
		code = read_mode (flags->mode, &request, error);
	if (code == 0)
		code = select_keys (&flags->select, &request, error);
	if (code == 0)
		code = cli_open (cli, OPEN_CONFIGURED, error);
	if (code < 0)
		return code;
	cli->progress_on = true;
	code = larder_sync (cli->larder, &request, transfer_event, cli, &sum, error);
	cli->progress_on = false;
	return transfer_finish (cli, code, &sum, error);
}

const struct larder_cmd cmd_sync = {
	.name = "sync", .summary = "make one tree like another", .operands = "SOURCE DESTINATION",
	.examples = "larder sync photos images:ann/|what is new or changed goes up\n"
		"larder sync -n --delete images:ann/ photos|what would be copied and removed\n"
		"larder sync models:flux/ /efs/flux --mode 755 --exclude '*.tmp'|with modes, and without some\n"
		"larder sync photos images:ann/ --failed-to left.txt|what does not go is named in left.txt\n"
		"larder sync photos images:ann/ --from left.txt|only that, once more\n"
		"larder sync --plan today.plan --delete photos images:ann/|to be looked at, then done by 'larder apply today.plan'",
	.text = "Both are listed in one order and compared by what the listings hold: size and time, between stores the checksum or etag. A file goes "
		"up when it is newer than its object; a download takes over the object's time, so that another time is a change. What is unchanged "
		"counts as skipped. A GLOB is compared with the whole key below the two trees, and its * also stands for '/'. With --delete nothing is removed unless "
		"both sides were listed whole, nor when more would go than may: without --delete-most 1000 keys at most, and half of what the destination has, "
		"but 10 always may. A list of --failed-to has one key below the two trees a line, percent-encoded; it is written when the run ends, and "
		"is empty when nothing failed. The list of a run that ended before its time is refused by --from: run all of it again. "
		"With --exact-times an upload keeps the time of its file in the object's metadata, as mtime, seconds and nanoseconds like rclone, and what comes down gets it back; "
		"what has one size and another time, or an object none, is copied. "
		"With --plan nothing is done: the file, one operation a line, is written when both were listed and every guard of --delete held, and else not at all. "
		MANIFEST_TEXT,
	.options = options, .self_size = sizeof (struct sync), .least = 2, .most = 2, .done_word = "copied", .would_word = "would_copy", .both_ways = true, .replica = true, .run = run,
};
