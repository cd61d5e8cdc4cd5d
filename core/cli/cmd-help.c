/* cmd-help.c: larder help. */
#include "line.h"

struct help { bool man; };
static const struct larder_option options[] = {
	{ .key = "man", .type = LARDER_BOOL, .at = offsetof (struct help, man), .help = "the whole manual, larder(1), as roff" },
	{ 0 }
};

static int
fill (struct cli *cli, const struct help *help, struct buffer *into, struct larder_error *error)
{
	if (help->man)
		manual (into);
	else if (cli->operands == 0)
		help_all (into);
	else {
		const char *first = cli->operand[0], *second = cli->operands > 1 ? cli->operand[1] : NULL;
		const struct larder_cmd *cmd = command_find (first, second);
		if (cmd)
			help_command (into, cmd);
		else if (second || help_area (into, first) < 0)
			return fail_usage (cli, error, "no command '%s%s%s'", first, second ? " " : "", second ? second : "");
	}
	return 0;
}

static int
run (struct cli *cli, const void *self, struct larder_error *error)
{
	CLEANUP_BUFFER struct buffer text;
	buffer_init (&text, 4 << 20);
	int code = fill (cli, self, &text, error);
	if (code < 0)
		return code;
	if (cli->globals.json) {
		struct line line;
		json_line (cli, &line, "help");
		json_member (&line.json, "text", buffer_text (&text));
		json_line_end (cli, &line);
	} else {
		out_text (cli, buffer_text (&text));
	}
	return 0;
}

const struct larder_cmd cmd_help = {
	.name = "help", .summary = "help on the tool or on one command", .operands = "[COMMAND]",
	.examples = "larder help image ingest|help on one command\nlarder help --man > larder.1|the manual page",
	.options = options, .self_size = sizeof (struct help), .most = 2, .run = run,
};
