/* cmd-verify.c: larder verify. */
#include "cli.h"

struct verify { bool download, size_only; struct select_flags select; };
#define AT(field) .at = offsetof (struct verify, field)
static const struct larder_option options[] = {
	{ .key = "download", .type = LARDER_BOOL, AT (download), .help = "read every byte of both sides, whatever checksums say" },
	{ .key = "size-only", .type = LARDER_BOOL, AT (size_only), .help = "compare names and sizes alone, as the listings have them" },
	SELECT_OPTIONS (struct verify, select),
	{ 0 }
};

static int
run (struct cli *cli, const void *self, struct larder_error *error)
{
	const struct verify *flags = self;
	struct larder_summary sum = { .size = sizeof sum };
	struct larder_sync request = {
		.size = sizeof request, .from = cli->operand[0], .to = cli->operand[1],
		.flags = (flags->download ? LARDER_VERIFY_DOWNLOAD : 0) | (flags->size_only ? LARDER_SYNC_SIZE_ONLY : 0),
	};
	int code = select_keys (&flags->select, &request, error);
	if (code == 0)
		code = cli_open (cli, OPEN_CONFIGURED, error);
	if (code < 0)
		return code;
	cli->progress_on = true;
	code = larder_verify (cli->larder, &request, transfer_event, cli, &sum, error);
	cli->progress_on = false;
	return transfer_finish (cli, code, &sum, error);
}

const struct larder_cmd cmd_verify = {
	.name = "verify", .summary = "compare two trees, files or objects, byte for byte", .operands = "ONE OTHER",
	.examples = "larder verify photos images:ann/|does the store have what the folder has?\n"
		"larder verify images:ann/ backup:ann/|by the checksums of both services: nothing is fetched\n"
		"larder verify --download model.safetensors models:flux/model.safetensors|every byte of both is read",
	.text = "Of two objects the services' own checksums decide, where both tell one of the whole and of one kind: one request an object, and no byte is fetched. "
		"Where only one tells it, the other side is read; where none does, both are. An etag is never taken for a checksum. What is alike is counted, and told "
		"with --verbose or --json. What is not alike is told as differs, missing (on one side alone) or failed (it could not be compared), and all three count as "
		"failed; the summary tells how many differ and are missing. The exit status is 6 when anything differs or is on one side alone, 9 when all that failed is archived and would have to be read.",
	.options = options, .self_size = sizeof (struct verify), .least = 2, .most = 2, .done_word = "same", .would_word = "same", .verdict = true, .run = run,
};
