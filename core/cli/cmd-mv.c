/* cmd-mv.c: larder mv. */
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
		.flags = LARDER_MOVE | (flags->recursive ? LARDER_RECURSIVE : 0) | (flags->create_only ? LARDER_CREATE_ONLY : 0)
			| (cli->globals.dry_run ? LARDER_DRY_RUN : 0),
	};
	int code = attributes_from_flags (flags, &request.attributes, &pairs, error);
	if (code == 0)
		code = cli_open (cli, OPEN_CONFIGURED, error);
	return code < 0 ? code : transfer_run (cli, &request, error);
}

const struct larder_cmd cmd_mv = {
	.name = "mv", .summary = "move between stores and files", .operands = "SOURCE… DESTINATION",
	.examples = "larder mv images:a.png images:old/a.png|one object\nlarder mv -r images:ann/ images:bea/|everything below a prefix",
	.text = "The source is removed after size and checksum of the copy were compared. Moving a thing onto itself is refused.",
	.options = options, .self_size = sizeof (struct attribute_flags), .least = 2, .most = -1, .done_word = "moved", .would_word = "would_move", .run = run,
};
