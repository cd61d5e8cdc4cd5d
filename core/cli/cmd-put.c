/* cmd-put.c: larder put. */
#include "cli.h"

static const struct larder_option options[] = {
	ATTRIBUTE_OPTIONS,
	{ .key = "expected-size", .type = LARDER_SIZE, ATTRIBUTE_AT (expected_size), .help = "about so much comes by standard input: beyond 45TiB parts must be made for it (at most 48.8TiB)" },
	{ .key = "invalidate", .type = LARDER_BOOL, ATTRIBUTE_AT (invalidate), .help = "the edges of the store's [cdn] forget what is replaced, for which each key is looked at" },
	{ 0 }
};

static int
run (struct cli *cli, const void *self, struct larder_error *error)
{
	return copies_run (cli, self, 0, true, error);
}

const struct larder_cmd cmd_put = {
	.name = "put", .summary = "store files", .operands = "FILE… ADDRESS",
	.examples = "larder put cat.png images:raw/|a file, under its name\n"
		"larder put -r photos images:raw/|a folder with all below it\n"
		"date | larder put - images:raw/now.txt|standard input\n"
		"larder put --invalidate cat.png images:raw/cat.png|and the next viewer gets this one\n"
		"dump | larder put --expected-size 46TiB - backups:dump|in parts that hold as much",
	.text = "An address that ends in / keeps the last part of each name; any other is the whole key. Links are not followed and "
		"what is no regular file is skipped, each with its reason.",
	.options = options, .self_size = sizeof (struct attribute_flags), .least = 2, .most = -1, .done_word = "copied", .would_word = "would_copy", .run = run,
};
