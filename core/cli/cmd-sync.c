/* cmd-sync.c: larder sync. */
#include "cli.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"

struct sync {
	bool remove, empty_source, size_only, checksum;
	const char *most, *mode, *shard;
	const char *const *include, *const *exclude;
};
#define AT(field) .at = offsetof (struct sync, field)
static const struct larder_option options[] = {
	{ .key = "delete", .type = LARDER_BOOL, AT (remove), .help = "at the end, remove from the destination what the source does not have" },
	{ .key = "delete-most", .type = LARDER_STRING, AT (most), .argument = "N|N%", .help = "remove nothing when more would go (default: the larger of 1000 and 50%)" },
	{ .key = "allow-empty-source", .type = LARDER_BOOL, AT (empty_source), .help = "with --delete: an empty source empties the destination" },
	{ .key = "size-only", .type = LARDER_BOOL, AT (size_only), .help = "one size is one content, whatever the times" },
	{ .key = "checksum", .type = LARDER_BOOL, AT (checksum), .help = "compare the bytes, not the times: reads files, asks for or reads each object" },
	{ .key = "include", .type = LARDER_LIST, AT (include), .argument = "GLOB", .help = "only keys like this; may be repeated" },
	{ .key = "exclude", .type = LARDER_LIST, AT (exclude), .argument = "GLOB", .help = "no keys like this, on either side; may be repeated" },
	{ .key = "mode", .type = LARDER_STRING, AT (mode), .argument = "MODE", .help = "mode of all files and folders of a local destination, as 755" },
	{ .key = "shard", .type = LARDER_STRING, AT (shard), .argument = "I/N", .help = "the I-th of N shards of the keys, from 0; /N: as JOB_COMPLETION_INDEX says" },
	{ 0 }
};

static size_t
count_of (const char *const *list)
{
	size_t count = 0;
	while (list && list[count])
		count++;
	return count;
}

/* Digits up to `end`. */
static bool
read_number (const char *text, int base, const char *end, uint64_t most, uint64_t *ret)
{
	char *stop;
	if (*text < '0' || *text > '9')
		return false;
	*ret = strtoull (text, &stop, base);
	return strcmp (stop, end) == 0 && *ret <= most;
}

static int
read_most (const char *text, struct larder_sync *request, struct larder_error *error)
{
	uint64_t number;
	if (!text)
		return 0;
	if (read_number (text, 10, "%", 100, &number) && number > 0)
		request->delete_most_percent = (uint32_t) number;
	else if (read_number (text, 10, "", UINT64_MAX - 1, &number) && number > 0)
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
	if (!read_number (text, 8, "", 0777, &number) || number == 0)
		return larder_fail_next (error, LARDER_E_USAGE, "three octal digits: --mode 755", "'%s' is no mode", text);
	request->mode = (uint32_t) number;
	return 0;
}

static int
read_shard (const char *text, struct larder_sync *request, struct larder_error *error)
{
	const char *slash = text ? strchr (text, '/') : NULL, *index = text;
	uint64_t shard, shards;
	if (!text)
		return 0;
	if (slash == text)
		index = secure_getenv ("JOB_COMPLETION_INDEX");
	if (!index)
		return larder_fail_next (error, LARDER_E_USAGE, "run it as an Indexed Job, or write --shard I/N", "JOB_COMPLETION_INDEX is not set");
	if (!slash || !read_number (slash + 1, 10, "", UINT32_MAX, &shards) || !read_number (index, 10, slash == text ? "" : slash, UINT32_MAX, &shard)
	    || shard >= shards)
		return larder_fail_next (error, LARDER_E_USAGE, "--shard 0/4 to --shard 3/4", "'%s' of '%s' is no shard", index, text);
	request->shard = (uint32_t) shard;
	request->shards = (uint32_t) shards;
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
			| (cli->globals.dry_run ? LARDER_DRY_RUN : 0),
		.include = flags->include, .include_count = count_of (flags->include),
		.exclude = flags->exclude, .exclude_count = count_of (flags->exclude),
	};
	int code = read_most (flags->most, &request, error);
	if (code == 0)
		code = read_mode (flags->mode, &request, error);
	if (code == 0)
		code = read_shard (flags->shard, &request, error);
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
		"larder sync models:flux/ /efs/flux --mode 755 --exclude '*.tmp'|with modes, and without some",
	.text = "Both are listed in one order and compared by what the listings hold: size and time, between stores the checksum or etag. A file goes "
		"up when it is newer than its object; a download takes over the object's time, so that another time is a change. What is unchanged "
		"counts as skipped. A GLOB is compared with the whole key below the two trees, and its * also stands for '/'. With --delete nothing is removed unless "
		"both sides were listed whole.",
	.options = options, .self_size = sizeof (struct sync), .least = 2, .most = 2, .run = run,
};
