/* cmd-cp.c: larder cp. */
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
	struct larder_transfer request = {
		.size = sizeof request, .from = (const char *const *) cli->operand, .count = (size_t) cli->operands - 1,
		.to = cli->operand[cli->operands - 1],
		.flags = (flags->recursive ? LARDER_RECURSIVE : 0) | (flags->create_only ? LARDER_CREATE_ONLY : 0)
			| (cli->globals.dry_run ? LARDER_DRY_RUN : 0),
	};
	int code = attributes_from_flags (flags, &request.attributes, &pairs, error);
	if (code == 0)
		code = cli_open (cli, OPEN_CONFIGURED, error);
	return code < 0 ? code : transfer_run (cli, &request, error);
}

const struct larder_cmd cmd_cp = {
	.name = "cp", .summary = "copy between stores and files", .operands = "SOURCE… DESTINATION",
	.examples = "larder cp images:a.png thumbnails:a.png|one object\nlarder cp -r images:ann/ images:bea/|everything below a prefix\nlarder cp images:a images:a --content-type image/webp|another type, without sending the bytes again",
	.text = "Between two stores of one backend the bytes do not pass through here. Attributes of the source stay, but for those given.",
	.options = options, .self_size = sizeof (struct attribute_flags), .least = 2, .most = -1, .done_word = "copied", .would_word = "would_copy", .run = run,
};
