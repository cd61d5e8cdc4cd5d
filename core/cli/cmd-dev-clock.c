/* cmd-dev-clock.c: larder dev clock: the time of a backend that plays a service, and moving it. */
#include "line.h"

#include <string.h>

#include "clock.h"
#include "error.h"
#include "text.h"

struct showing { struct cli *cli; struct table table; };

static int
on_clock (void *context, const struct larder_clock *clock, struct larder_error *error)
{
	struct showing *showing = context;
	struct cli *cli = showing->cli;
	char time[32], ahead[32];
	(void) error;
	text_from_time (clock->now, time);
	item_done (cli, 0);
	if (cli->globals.json) {
		struct line line;
		json_line (cli, &line, "clock");
		json_member (&line.json, "backend", clock->backend);
		json_member (&line.json, "now", time);
		json_member_uint (&line.json, "ahead_seconds", (uint64_t) (clock->ahead / NS_PER_S));
		json_line_end (cli, &line);
		return 0;
	}
	table_cell (&showing->table, clock->backend);
	table_cell (&showing->table, time);
	table_cell (&showing->table, clock->ahead ? text_from_duration (clock->ahead, ahead) : "-");
	return 0;
}

/* "+5h", "reset"; 0: it is the name of something. */
static int
read_move (const char *text, struct larder_clock_move *into, struct larder_error *error)
{
	into->reset = strcmp (text, "reset") == 0;
	if (into->reset || *text != '+')
		return into->reset;
	if (text_duration (text + 1, &into->by) < 0 || into->by == 0)
		return larder_fail_next (error, LARDER_E_USAGE, "as +30m, +5h or +30d", "'%s' is no time to go on by", text);
	return 1;
}

static int
read_operands (struct cli *cli, struct larder_clock_move *request, struct larder_error *error)
{
	int count = cli->operands, moved = count ? read_move (cli->operand[count - 1], request, error) : 0;
	if (moved < 0)
		return moved;
	if (count - moved > 1)
		return fail_usage (cli, error, "'%s' is neither +TIME nor reset", cli->operand[1]);
	request->name = count - moved == 1 ? cli->operand[0] : NULL;
	return 0;
}

static int
run (struct cli *cli, const void *self, struct larder_error *error)
{
	static const char *const heads[] = { "BACKEND", "TIME", "AHEAD" };
	struct larder_clock_move request = { .size = sizeof request, .flags = cli->globals.dry_run ? LARDER_DRY_RUN : 0 };
	struct showing showing = { .cli = cli };
	(void) self;
	int code = read_operands (cli, &request, error);
	if (code == 0)
		code = cli_open (cli, OPEN_CONFIGURED, error);
	if (code < 0)
		return code;
	table_begin_heads (cli, &showing.table, heads, sizeof heads / sizeof *heads);
	code = larder_clock (cli->larder, &request, on_clock, &showing, error);
	table_end (cli, &showing.table);
	return code;
}

const struct larder_cmd cmd_dev_clock = {
	.name = "dev clock", .summary = "the clock of a backend that plays a service, and moving it", .operands = "[STORE|BACKEND] [+TIME|reset]",
	.examples = "larder dev clock|what time it is for each backend that has a clock\n"
		"larder dev clock +5h|what was asked of class GLACIER in the standard tier can be read now\n"
		"larder dev clock +31d|what a [lifecycle] moves or removes after 30 days is so\n"
		"larder dev clock backups +2d|of the backend of this store alone\n"
		"larder dev clock reset|as this machine's again",
	.text = "A backend of the driver localfs-mock takes for a restore as long as the service says that it takes at the most: 5 minutes (Expedited), 5 hours (Standard) or 12 hours (Bulk) from class GLACIER, "
		"12 or 48 hours from DEEP_ARCHIVE; and the copy is there until the midnight after its days. This moves the clock that it goes by, for every process that uses the folder: forwards, or back by "
		"a reset, which does not undo what was asked for meanwhile. The rules of a [lifecycle] that infra apply set up act by it, too: at the midnight after their days. The times of objects are this machine's, whatever that clock tells. Backends of other drivers have none.",
	.least = 0, .most = 2, .run = run,
};
