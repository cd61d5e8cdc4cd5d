/* cmd-get.c: larder get. */
#include "cli.h"

#include <string.h>

#include "error.h"

struct get { bool recursive, create_only; const char *version; };
static const struct larder_option options[] = {
	{ .key = "recursive", .letter = 'r', .type = LARDER_BOOL, .at = offsetof (struct get, recursive), .help = "prefixes with all below them" },
	{ .key = "create-only", .type = LARDER_BOOL, .at = offsetof (struct get, create_only), .help = "fail where a file is there already" },
	{ .key = "version", .type = LARDER_STRING, .at = offsetof (struct get, version), .argument = "ID", .help = "this version, not the latest" },
	{ 0 }
};

static int
run (struct cli *cli, const void *self, struct larder_error *error)
{
	const struct get *get = self;
	int count = cli->operands;
	const char *to = "./";
	int code = cli_open (cli, OPEN_CONFIGURED, error);
	if (code < 0)
		return code;
	struct larder_address address = { .size = sizeof address };
	if (count > 1) {
		to = cli->operand[--count];
		code = larder_address_parse (cli->larder, cli->arena, to, &address, error);
		if (code == 0 && address.store)
			code = larder_fail_next (error, LARDER_E_USAGE, "'larder cp' copies between stores", "'%s' is in a store, not a file", to);
	}
	for (int i = 0; code == 0 && i < count; i++)
		code = cli_store_address (cli, cli->operand[i], &address, error);
	if (code == 0 && strcmp (to, "-") == 0)
		code = larder_fail_next (error, LARDER_E_USAGE, "'larder cat' writes to standard output", "'larder get' writes files, not to standard output");
	if (code < 0)
		return code;
	struct larder_transfer request = {
		.size = sizeof request, .from = (const char *const *) cli->operand, .count = (size_t) count, .to = to,
		.flags = (get->recursive ? LARDER_RECURSIVE : 0) | (get->create_only ? LARDER_CREATE_ONLY : 0)
			| (cli->globals.dry_run ? LARDER_DRY_RUN : 0),
		.attributes = { .size = sizeof request.attributes }, .version = get->version,
	};
	return transfer_run (cli, &request, error);
}

const struct larder_cmd cmd_get = {
	.name = "get", .summary = "fetch objects into files", .operands = "ADDRESS… [PATH]",
	.examples = "larder get images:ann/2026/11/cat.png|into this folder, under its name\n"
		"larder get -r images:ann/ photos/|everything below a prefix",
	.text = "A file appears whole or not at all, after its checksum was compared, with the object's time. A key that no file below PATH "
		"can carry (.., an empty part, a part over 255 bytes, below another file) is refused and counted.",
	.options = options, .self_size = sizeof (struct get), .least = 1, .most = -1, .done_word = "copied", .would_word = "would_copy", .replica = true, .run = run,
};
