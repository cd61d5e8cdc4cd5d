/* cmd-dev-serve.c: larder dev up, down, status: the edge of a CDN on this machine. */
#include "line.h"

#include <string.h>

#include "error.h"

struct telling { struct cli *cli; struct table table; };

static int
on_served (void *context, const struct larder_served *served, struct larder_error *error)
{
	struct telling *telling = context;
	struct cli *cli = telling->cli;
	(void) error;
	item_done (cli, 0);
	if (cli->globals.json) {
		struct line line;
		json_line (cli, &line, "edge");
		json_member (&line.json, "cdn", served->cdn);
		json_member (&line.json, "backend", served->backend);
		json_member (&line.json, "address", served->address);
		json_member (&line.json, "state", served->state);
		json_member (&line.json, "done", served->done);
		json_member (&line.json, "ca_file", served->ca_file);
		json_member_uint (&line.json, "pid", (uint64_t) served->pid);
		json_line_end (cli, &line);
		return 0;
	}
	table_cell (&telling->table, served->cdn);
	table_cell (&telling->table, served->state);
	table_cell (&telling->table, *served->done ? served->done : "-");
	table_cell (&telling->table, served->address ? served->address : "-");
	table_cell (&telling->table, served->ca_file ? served->ca_file : "-");
	return 0;
}

static int
serve (struct cli *cli, uint32_t what, struct larder_error *error)
{
	static const char *const heads[] = { "CDN", "STATE", "DONE", "ADDRESS", "AUTHORITY" };
	const struct larder_serve request = { .size = sizeof request, .what = what, .flags = cli->globals.dry_run ? LARDER_DRY_RUN : 0 };
	struct telling telling = { .cli = cli };
	int code = cli_open (cli, OPEN_CONFIGURED, error);
	if (code < 0)
		return code;
	table_begin_heads (cli, &telling.table, heads, sizeof heads / sizeof *heads);
	code = larder_serve (cli->larder, &request, on_served, &telling, error);
	table_end (cli, &telling.table);
	return code;
}

static int
run_up (struct cli *cli, const void *self, struct larder_error *error)
{
	(void) self;
	return serve (cli, LARDER_SERVE_UP, error);
}

static int
run_down (struct cli *cli, const void *self, struct larder_error *error)
{
	(void) self;
	return serve (cli, LARDER_SERVE_DOWN, error);
}

static int
run_status (struct cli *cli, const void *self, struct larder_error *error)
{
	(void) self;
	return serve (cli, LARDER_SERVE_LOOK, error);
}

#define ABOUT "The settings are those of the [cdn] and its [behavior] sections, which stand for a distribution elsewhere: patterns in their order, methods, times in the cache, what comes in clear, compression; and the [cors] of the store. "

const struct larder_cmd cmd_dev_up = {
	.name = "dev up", .summary = "start what stands in for the CDN on this machine", .operands = "",
	.examples = "larder --profile minio dev up|nginx in front of the MinIO on this machine\n"
		"larder --profile minio cdn check ann/2026/01/1.png|does it serve what the store has?\n"
		"curl --cacert larder-demo/cdn/authority/authority.pem https://127.0.0.1:8443/ann/2026/01/1.png|as a viewer",
	.text = "For a profile whose [cdn] has a backend with driver = nginx. The store that it serves is set up as `larder infra apply --only store/NAME` does, which lets nginx read its bucket and nobody else; the configuration "
		"of nginx is written, and it is started, or reads it anew if something changed. " ABOUT "It answers over TLS at domain of the [cdn], with a certificate for which the authority vouches whose file is told: "
		"made once, its key never leaves the folder. What a section says needs a signature is refused.",
	.least = 0, .most = 0, .run = run_up,
};
const struct larder_cmd cmd_dev_down = {
	.name = "dev down", .summary = "stop it", .operands = "",
	.examples = "larder --profile minio dev down|the nginx that dev up started ends; its files stay",
	.text = "The nginx that `larder dev up` started for this profile, and no other process: one that has its number by now is left alone. Its folder stays, with what is in the cache; `larder infra destroy --only cdn/NAME` removes it.",
	.least = 0, .most = 0, .run = run_down,
};
const struct larder_cmd cmd_dev_status = {
	.name = "dev status", .summary = "whether it runs, and where", .operands = "",
	.examples = "larder --profile minio dev status|up, down, or stale: it runs by older settings",
	.text = "Each [cdn] that is served from this machine: whether nginx runs, by the settings as they are below its root, at which address, and the file of the authority that vouches for it.",
	.least = 0, .most = 0, .run = run_status,
};
