/* cmd-verify.c: larder verify. */
#include "cli.h"

#include "error.h"

struct verify { bool download, size_only, manifest; struct select_flags select; };
#define AT(field) .at = offsetof (struct verify, field)
static const struct larder_option options[] = {
	{ .key = "download", .type = LARDER_BOOL, AT (download), .help = "read every byte of both sides, whatever checksums say" },
	{ .key = "size-only", .type = LARDER_BOOL, AT (size_only), .help = "compare names and sizes alone, as the listings have them" },
	{ .key = "manifest", .type = LARDER_BOOL, AT (manifest), .help = "compare a store with what runs of sync and archive put say they wrote there" },
	SELECT_OPTIONS (struct verify, select),
	{ 0 }
};

static int
fail_operands (bool manifest, struct larder_error *error)
{
	return manifest ? larder_fail_next (error, LARDER_E_USAGE, "larder verify --manifest STORE[:PREFIX]", "one address too many: the store's manifests tell what it is compared with")
		: larder_fail_next (error, LARDER_E_USAGE, "larder verify ONE OTHER, or larder verify --manifest STORE[:PREFIX]", "compared with what?");
}

static int
run (struct cli *cli, const void *self, struct larder_error *error)
{
	const struct verify *flags = self;
	struct larder_summary sum = { .size = sizeof sum };
	struct larder_sync request = {
		.size = sizeof request, .from = cli->operand[0], .to = cli->operands > 1 ? cli->operand[1] : NULL,
		.flags = (flags->manifest ? LARDER_VERIFY_MANIFEST : 0) | (flags->download ? LARDER_VERIFY_DOWNLOAD : 0) | (flags->size_only ? LARDER_SYNC_SIZE_ONLY : 0),
	};
	int code = flags->manifest == (cli->operands > 1) ? fail_operands (flags->manifest, error) : select_keys (&flags->select, &request, error);
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
	.name = "verify", .summary = "compare two trees, files or objects, byte for byte", .operands = "ONE OTHER | --manifest STORE[:PREFIX]",
	.examples = "larder verify photos images:ann/|does the store have what the folder has?\n"
		"larder verify images:ann/ backup:ann/|by the checksums of both services: nothing is fetched\n"
		"larder verify --download model.safetensors models:flux/model.safetensors|every byte of both is read\n"
		"larder verify --manifest images|does the store have what its syncs wrote?",
	.text = "Of two objects the services' own checksums decide, where both tell one of the whole and of one kind: one request an object, and no byte is fetched. "
		"Where only one tells it, the other side is read; where none does, both are. An etag is never taken for a checksum. What is alike is counted, and told "
		"with --verbose or --json. What is not alike is told as differs, missing (on one side alone) or failed (it could not be compared), and all three count as "
		"failed; the summary tells how many differ and are missing. The exit status is 6 when anything differs or is on one side alone, 9 when all that failed is archived and would have to be read. "
		"With --manifest each key of the store is compared with what the manifests in [larder] manifests say of it last: size, version and checksum as the store tells them, so that what is "
		"archived is compared as well, and nothing is read but by --download or where no checksum was told. What was written by anything else since differs, with both times; what no manifest tells of is "
		"skipped, and told as 'not in a manifest'. With --replica it is the replica that is compared with what was written to the store. A manifest that was cut or changed ends it with 6.",
	.options = options, .self_size = sizeof (struct verify), .least = 1, .most = 2, .done_word = "same", .would_word = "same", .verdict = true, .replica = true, .run = run,
};
