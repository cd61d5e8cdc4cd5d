/* cmd-mv.c: larder mv. */
#include "cli.h"

static int
run (struct cli *cli, const void *self, struct larder_error *error)
{
	return copies_run (cli, self, LARDER_MOVE, false, error);
}

const struct larder_cmd cmd_mv = {
	.name = "mv", .summary = "move between stores and files", .operands = "SOURCE… DESTINATION",
	.examples = "larder mv images:a.png images:old/a.png|one object\nlarder mv -r images:ann/ images:bea/|everything below a prefix",
	.text = "The source is removed after size and checksum of the copy were compared. Moving a thing onto itself is refused.",
	.options = attribute_options, .self_size = sizeof (struct attribute_flags), .least = 2, .most = -1, .done_word = "moved", .would_word = "would_move", .run = run,
};
