/* cmd-cp.c: larder cp. */
#include "cli.h"

static const struct larder_option options[] = {
	ATTRIBUTE_OPTIONS,
	{ .key = "version", .type = LARDER_STRING, ATTRIBUTE_AT (version), .argument = "ID", .help = "this version of the source, not the latest" },
	{ 0 }
};

static int
run (struct cli *cli, const void *self, struct larder_error *error)
{
	return copies_run (cli, self, 0, false, error);
}

const struct larder_cmd cmd_cp = {
	.name = "cp", .summary = "copy between stores and files", .operands = "SOURCE… DESTINATION",
	.examples = "larder cp images:a.png thumbnails:a.png|one object\n"
		"larder cp -r images:ann/ images:bea/|everything below a prefix\n"
		"larder cp images:a images:a --content-type image/webp|another type, without sending the bytes again\n"
		"larder cp --version ID images:a images:a|the version of before is the latest again",
	.text = "Between two stores of one backend the bytes do not pass through here. Attributes of the source stay, but for those given.",
	.options = options, .self_size = sizeof (struct attribute_flags), .least = 2, .most = -1, .done_word = "copied", .would_word = "would_copy", .replica = true, .run = run,
};
