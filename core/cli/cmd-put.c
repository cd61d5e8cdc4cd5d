/* cmd-put.c: larder put. */
#include "cli.h"

#include <stdlib.h>

#include "cleanup.h"
#include "error.h"

static const struct larder_option options[] = {
	ATTRIBUTE_OPTIONS (attribute_flags),
	{ 0 }
};

static int
run (struct cli *cli, const void *self, struct larder_error *error)
{
	const struct attribute_flags *flags = self;
	CLEANUP_FREE struct larder_pair *pairs = NULL;
	struct larder_address to;
	struct larder_transfer request = {
		.size = sizeof request, .from = (const char *const *) cli->operand, .count = (size_t) cli->operands - 1,
		.to = cli->operand[cli->operands - 1],
		.flags = (flags->recursive ? LARDER_RECURSIVE : 0) | (flags->create_only ? LARDER_CREATE_ONLY : 0)
			| (cli->globals.dry_run ? LARDER_DRY_RUN : 0),
	};
	int code = attributes_from_flags (flags, &request.attributes, &pairs, error);
	if (code == 0)
		code = cli_open (cli, OPEN_CONFIGURED, error);
	if (code == 0)
		code = cli_store_address (cli, request.to, &to, error);
	return code < 0 ? code : transfer_run (cli, &request, error);
}

const struct larder_cmd cmd_put = {
	.name = "put", .summary = "store files", .operands = "FILE… ADDRESS",
	.examples = "larder put cat.png images:raw/|a file, under its name\n"
		"larder put -r photos images:raw/|a folder with all below it\n"
		"date | larder put - images:raw/now.txt|standard input",
	.text = "An address that ends in / keeps the last part of each name; any other is the whole key. Links are not followed and "
		"what is no regular file is skipped, each with its reason.",
	.options = options, .self_size = sizeof (struct attribute_flags), .least = 2, .most = -1, .done_word = "copied", .would_word = "would_copy", .run = run,
};
