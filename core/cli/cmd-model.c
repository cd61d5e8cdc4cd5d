/* cmd-model.c: larder model load, ls, pin and unpin. */
#include "line.h"
#include "model.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "error.h"
#include "text.h"

/* ---- load ---- */

struct load { const char *cache, *base, *wait, *hold; bool revalidate; };
#define AT(field) .at = offsetof (struct load, field)
static const struct larder_option load_options[] = {
	BASE_OPTION (struct load, base),
	CACHE_OPTION (struct load, cache),
	{ .key = "wait", .type = LARDER_STRING, AT (wait), .argument = "TIME", .help = "how long to wait while somebody else fills it (default: wait of the section)" },
	{ .key = "hold", .type = LARDER_STRING, AT (hold), .argument = "TIME", .help = "how long it must not be evicted, as 12h or 3d (default: hold of the section)" },
	{ .key = "revalidate", .type = LARDER_BOOL, AT (revalidate), .help = "ask the source once whether it has another by now, and load that" },
	{ 0 }
};

/* Who fills it, and how far he is. */
static void
tell_waiting (struct cli *cli, const struct larder_event *event)
{
	struct line line;
	say (cli, "waiting for %s: it is filled by %s", event->from, event->reason);
	if (!cli->globals.json)
		return;
	json_line (cli, &line, "waiting");
	json_member_bytes (&line.json, "model", event->from);
	json_member_bytes (&line.json, "holder", event->to);
	if (event->total) {
		json_member_uint (&line.json, "bytes", event->bytes);
		json_member_uint (&line.json, "total", event->total);
		json_member_uint (&line.json, "seconds", (uint64_t) (event->spent / NS_PER_S));
	}
	json_line_end (cli, &line);
	out_flush (cli);
}

static int
load_event (void *context, const struct larder_event *event)
{
	struct cli *cli = context;
	if (strcmp (event->action, "progress") == 0)
		moved_event (cli, event);
	else if (strcmp (event->action, "waiting") == 0)
		tell_waiting (cli, event);
	else
		say (cli, "%s %s: %s", event->action, event->from, event->reason ? event->reason : "");
	return cli_stopped (cli) ? LARDER_E_CANCELLED : 0;
}

static const char *
word_of (uint32_t how)
{
	static const char *const words[] = { "hit", "waited", "filled", "adopted" };
	return how < sizeof words / sizeof *words ? words[how] : "hit";
}

static const char *
state_of (const struct larder_model *model)
{
	static const char *const states[] = { NULL, "unfinished", "aside", "damaged" };
	bool told = model->state > 0 && model->state < sizeof states / sizeof *states;
	return told ? states[model->state] : model->current ? "current" : "old";
}

static void
json_model (struct cli *cli, const struct larder_model *model, const char *how)
{
	struct line line;
	char time[32];
	json_line (cli, &line, "model");
	json_member (&line.json, "how", how);
	json_member_bytes (&line.json, "path", model->path);
	json_member_bytes (&line.json, "key", model->key);
	json_member_uint (&line.json, "length", model->length);
	json_member_uint (&line.json, "files", model->files);
	json_member_uint (&line.json, "generation", model->generation);
	json_member (&line.json, "etag", model->etag);
	json_member (&line.json, "checksum", model->checksum);
	json_member (&line.json, "filled", text_from_time (model->filled, time));
	json_member (&line.json, "used", text_from_time (model->used, time));
	json_member (&line.json, "held", text_from_time (model->held, time));
	json_member_bool (&line.json, "pinned", model->pinned);
	json_member_bool (&line.json, "current", model->current);
	json_member (&line.json, "state", state_of (model));
	json_member (&line.json, "warning", model->warning);
	json_line_end (cli, &line);
}

static int
load_one (struct cli *cli, const void *self, const char *name, struct larder_error *error)
{
	const struct load *flags = self;
	struct larder_model model = { .size = sizeof model };
	struct larder_model_load request = {
		.size = sizeof request, .flags = flags->revalidate ? LARDER_MODEL_REVALIDATE : 0, .wait = LARDER_NO_TIME,
		.model = { .size = sizeof request.model, .cache = flags->cache, .base = flags->base, .name = name },
	};
	if (flags->wait && (text_duration (flags->wait, &request.wait) < 0))
		return larder_fail_next (error, LARDER_E_USAGE, "--wait 600s, or 10m", "'%s' is no time", flags->wait);
	if (flags->hold && (text_duration (flags->hold, &request.hold) < 0))
		return larder_fail_next (error, LARDER_E_USAGE, "--hold 12h, or 3d", "'%s' is no time", flags->hold);
	cli->moved_before = cli->moved;
	cli->progress_on = true;
	int code = larder_model_load (cli->larder, cli->arena, &request, load_event, cli, &model, error);
	cli->progress_on = false;
	if (code < 0)
		return code;
	item_done (cli, model.how == LARDER_MODEL_FILLED ? model.length : 0);
	if (model.warning)
		say (cli, "warning: %s", model.warning);
	if (cli->globals.json) {
		json_model (cli, &model, word_of (model.how));
		return 0;
	}
	out_text (cli, model.path);
	out_text (cli, "\n");
	return 0;
}

static int
run_load (struct cli *cli, const void *self, struct larder_error *error)
{
	return operands_each (cli, OPEN_CONFIGURED, load_one, self, error);
}

const struct larder_cmd cmd_model_load = {
	.name = "model load", .summary = "print the path of a model once it is whole in the cache", .operands = "NAME…",
	.examples = "larder model load sdxl-base --base sdxl|the path of sdxl/sdxl-base.safetensors, filled from the source if need be\n"
		"larder model load sdxl-base --base sdxl --revalidate|the newest that the source has",
	.text = "What is there already costs no request. Else one of all workers on all machines that ask for it fills it, and the others wait: the path comes when every byte was "
		"compared with the source's checksum and is durable. A worker that dies is followed by another, which goes on where it ended. Where the lock's service does not answer, the "
		"work is done without it. Who waits is told who fills it and how far he is, with --json in lines of type waiting (holder, bytes, total, seconds). Exit status 5: the wait is over, 4: the cache cannot be written to here.",
	.options = load_options, .self_size = sizeof (struct load), .least = 1, .most = -1, .replica = true, .run = run_load,
};

/* ---- ls ---- */

struct ls { const char *cache; bool old; };
static const struct larder_option ls_options[] = {
	CACHE_OPTION (struct ls, cache),
	{ .key = "old", .type = LARDER_BOOL, .at = offsetof (struct ls, old), .help = "also what newer ones have replaced: generations, and files that stood in their way" },
	{ 0 }
};

struct listing { struct cli *cli; const struct ls *flags; struct table table; };

static int
on_model (void *context, const struct larder_model *model)
{
	struct listing *listing = context;
	struct cli *cli = listing->cli;
	char size[32], used[32], generation[24];
	if (!model->current && model->state != LARDER_MODEL_UNFINISHED && model->state != LARDER_MODEL_DAMAGED && !listing->flags->old)
		return 0;
	item_done (cli, model->length);
	if (cli->globals.json) {
		json_model (cli, model, NULL);
		return cli_stopped (cli) ? LARDER_E_CANCELLED : 0;
	}
	snprintf (generation, sizeof generation, "%" PRIu64, model->generation);
	const char *const cells[] = {
		text_from_size (model->length, size), text_from_time (model->used, used), generation, model->pinned ? "pinned" : model->current && !model->state ? "-" : state_of (model), model->path,
	};
	for (size_t i = 0; i < sizeof cells / sizeof *cells; i++)
		table_cell (&listing->table, cells[i]);
	return cli_stopped (cli) ? LARDER_E_CANCELLED : 0;
}

static int
run_ls (struct cli *cli, const void *self, struct larder_error *error)
{
	static const char *const heads[] = { "SIZE", "USED", "GENERATION", "STATE", "PATH" };
	struct listing listing = { .cli = cli, .flags = self };
	int code = cli_open (cli, OPEN_CONFIGURED, error);
	if (code < 0)
		return code;
	table_begin_heads (cli, &listing.table, heads, sizeof heads / sizeof *heads);
	code = larder_model_each (cli->larder, listing.flags->cache, on_model, &listing, error);
	table_end (cli, &listing.table);
	return code;
}

const struct larder_cmd cmd_model_ls = {
	.name = "model ls", .summary = "list the models that are whole in the cache, and what is being loaded",
	.examples = "larder model ls|size, last use, generation, and whether it is pinned, not finished or damaged", .options = ls_options, .self_size = sizeof (struct ls), .run = run_ls,
};

/* ---- pin, unpin ---- */

struct pin { const char *cache, *base; };
static const struct larder_option pin_options[] = { BASE_OPTION (struct pin, base), CACHE_OPTION (struct pin, cache), { 0 } };

static int
pin_one (struct cli *cli, const void *self, const char *name, struct larder_error *error)
{
	const struct pin *flags = self;
	const struct larder_model_name model = { .size = sizeof model, .cache = flags->cache, .base = flags->base, .name = name };
	int code = larder_model_pin (cli->larder, &model, strcmp (cli->cmd->name, "model pin") == 0, error);
	if (code == 0)
		item_done (cli, 0);
	return code;
}

static int
run_pin (struct cli *cli, const void *self, struct larder_error *error)
{
	return operands_each (cli, OPEN_CONFIGURED, pin_one, self, error);
}

const struct larder_cmd cmd_model_pin = {
	.name = "model pin", .summary = "keep models from eviction", .operands = "NAME…", .examples = "larder model pin sdxl-base --base sdxl|it stays, whatever is short of room",
	.options = pin_options, .self_size = sizeof (struct pin), .least = 1, .most = -1, .run = run_pin,
};

const struct larder_cmd cmd_model_unpin = {
	.name = "model unpin", .summary = "let models be evicted again", .operands = "NAME…", .examples = "larder model unpin sdxl-base --base sdxl|it may go when room is needed",
	.options = pin_options, .self_size = sizeof (struct pin), .least = 1, .most = -1, .run = run_pin,
};
