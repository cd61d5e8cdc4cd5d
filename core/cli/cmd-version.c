/* cmd-version.c: larder version. Opens nothing, so it costs nothing. */
#include "line.h"

static int
run (struct cli *cli, const void *self, struct larder_error *error)
{
	(void) self;
	(void) error;
	if (cli->globals.json) {
		struct line line;
		json_line (cli, &line, "about");
		json_member (&line.json, "larder", larder_version ());
		json_member_uint (&line.json, "api", LARDER_API_CURRENT);
		json_line_end (cli, &line);
	} else {
		out_printf (cli, "larder %s (module contract %d)\n", larder_version (), LARDER_API_CURRENT);
	}
	return 0;
}

const struct larder_cmd cmd_version = {
	.name = "version", .summary = "print the version",
	.examples = "larder version|the tool's version and the module contract's", .run = run,
};
