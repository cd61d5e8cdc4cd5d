/* cmd-model-keep.c: larder model pull, evict and verify. */
#include "cli.h"
#include "model.h"

#include <stdlib.h>

#include "cleanup.h"
#include "error.h"
#include "text.h"

/* ---- pull ---- */

struct pull { const char *cache, *shard; };
static const struct larder_option pull_options[] = {
	CACHE_OPTION (struct pull, cache),
	{ .key = "shard", .type = LARDER_STRING, .at = offsetof (struct pull, shard), .argument = "I/N", .help = "the I-th of N shards of the models, from 0; /N: as JOB_COMPLETION_INDEX says" },
	{ 0 }
};

static int
run_pull (struct cli *cli, const void *self, struct larder_error *error)
{
	const struct pull *flags = self;
	struct larder_summary sum = { .size = sizeof sum };
	struct larder_sync selected = { .size = sizeof selected };
	const struct select_flags shard = { .shard = flags->shard };
	int code = select_keys (&shard, &selected, error);
	if (code == 0)
		code = cli_open (cli, OPEN_CONFIGURED, error);
	if (code < 0)
		return code;
	const struct larder_model_pull request = {
		.size = sizeof request, .flags = cli->globals.dry_run ? LARDER_MODEL_DRY_RUN : 0, .cache = flags->cache, .prefixes = (const char *const *) cli->operand,
		.count = (size_t) cli->operands, .shard = selected.shard, .shards = selected.shards,
	};
	cli->progress_on = true;
	code = larder_model_pull (cli->larder, &request, transfer_event, cli, &sum, error);
	cli->progress_on = false;
	return transfer_finish (cli, code, &sum, error);
}

const struct larder_cmd cmd_model_pull = {
	.name = "model pull", .summary = "fill the cache with all models below prefixes of the source", .operands = "[PREFIX…]",
	.examples = "larder model pull|what 'prefixes' of the [cache] names\nlarder model pull sdxl/ flux/|these\n"
		"larder model pull --shard /4|one of four pods of an indexed Job",
	.text = "What is in the cache as the source has it is skipped, what was there before as a plain file of that size is adopted without a byte. Each model is published whole. Nothing is "
		"removed. The same command again goes on where one was ended.",
	.options = pull_options, .self_size = sizeof (struct pull), .least = 0, .most = -1, .done_word = "filled", .would_word = "would_fill", .replica = true, .run = run_pull,
};

/* ---- evict ---- */

struct evict { const char *cache, *base, *bytes; bool old; };
static const struct larder_option evict_options[] = {
	BASE_OPTION (struct evict, base),
	CACHE_OPTION (struct evict, cache),
	{ .key = "bytes", .type = LARDER_STRING, .at = offsetof (struct evict, bytes), .argument = "SIZE", .help = "free at least so much, those used least lately first" },
	{ .key = "old", .type = LARDER_BOOL, .at = offsetof (struct evict, old), .help = "only generations that newer ones have replaced" },
	{ 0 }
};

static int
run_evict (struct cli *cli, const void *self, struct larder_error *error)
{
	const struct evict *flags = self;
	struct larder_summary sum = { .size = sizeof sum };
	struct larder_model_evict request = {
		.size = sizeof request, .cache = flags->cache, .stride = sizeof (struct larder_model_name), .count = (size_t) cli->operands,
		.flags = (cli->globals.dry_run ? LARDER_MODEL_DRY_RUN : 0) | (flags->old ? LARDER_MODEL_OLD : 0),
	};
	if (flags->bytes && text_size (flags->bytes, &request.bytes) < 0)
		return larder_fail_next (error, LARDER_E_USAGE, "--bytes 20GB", "'%s' is no size", flags->bytes);
	if (!cli->operands && !flags->bytes && !flags->old)
		return fail_usage (cli, error, "name models, or give --bytes or --old");
	CLEANUP_FREE struct larder_model_name *models = calloc (request.count + 1, sizeof *models);
	if (!models)
		return larder_fail_memory (error);
	for (size_t i = 0; i < request.count; i++)
		models[i] = (struct larder_model_name) { .size = sizeof *models, .cache = flags->cache, .base = flags->base, .name = cli->operand[i] };
	request.models = models;
	int code = cli_open (cli, OPEN_CONFIGURED, error);
	if (code == 0)
		code = larder_model_evict (cli->larder, &request, transfer_event, cli, &sum, error);
	return transfer_finish (cli, code, &sum, error);
}

const struct larder_cmd cmd_model_evict = {
	.name = "model evict", .summary = "remove models from the cache", .operands = "[NAME…]",
	.examples = "larder model evict sdxl-base --base sdxl|this one\nlarder model evict --bytes 50GB|those used least lately, until so much is free\n"
		"larder model evict --old|what newer generations have replaced",
	.text = "Whole models go, never one that is pinned, or that a load holds: for 'hold' of the section, or as long as its --hold said. The source keeps them: the next load fills them again.",
	.options = evict_options, .self_size = sizeof (struct evict), .least = 0, .most = -1, .done_word = "removed", .would_word = "would_remove", .run = run_evict,
};

/* ---- verify ---- */

struct check { const char *cache, *base; bool repair; };
static const struct larder_option check_options[] = {
	BASE_OPTION (struct check, base),
	CACHE_OPTION (struct check, cache),
	{ .key = "repair", .type = LARDER_BOOL, .at = offsetof (struct check, repair), .help = "fill again what is damaged" },
	{ 0 }
};

static int
run_check (struct cli *cli, const void *self, struct larder_error *error)
{
	const struct check *flags = self;
	struct larder_summary sum = { .size = sizeof sum };
	const struct larder_model_name model = {
		.size = sizeof model, .cache = flags->cache, .base = flags->base, .name = cli->operands ? cli->operand[0] : NULL,
	};
	int code = cli_open (cli, OPEN_CONFIGURED, error);
	if (code < 0)
		return code;
	cli->progress_on = true;
	code = larder_model_verify (cli->larder, &model, (flags->repair ? LARDER_MODEL_REPAIR : 0) | (cli->globals.dry_run ? LARDER_MODEL_DRY_RUN : 0), transfer_event, cli, &sum, error);
	cli->progress_on = false;
	return transfer_finish (cli, code, &sum, error);
}

const struct larder_cmd cmd_model_verify = {
	.name = "model verify", .summary = "read models in the cache again and compare them with their source", .operands = "[NAME]",
	.examples = "larder model verify|all of them\nlarder model verify sdxl-base --base sdxl --repair|this one, and filled again if it is damaged",
	.text = "By the checksum that the source told when a model was filled; the source is asked only about what differs, or where it told none. The exit status is 6 when anything is damaged: "
		"the file is named, and the byte from which it differs.",
	.options = check_options, .self_size = sizeof (struct check), .least = 0, .most = 1, .done_word = "same", .would_word = "same", .verdict = true, .replica = true, .run = run_check,
};
