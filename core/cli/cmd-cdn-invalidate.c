/* cmd-cdn-invalidate.c: larder cdn invalidate: edges forget what they hold. */
#include "cdn.h"

#include <inttypes.h>
#include <string.h>

#include "arena.h"
#include "error.h"

struct invalidate_flags { bool wait, thumbnail, owed; const char *pipeline; };
#define AT(field) .at = offsetof (struct invalidate_flags, field)
static const struct larder_option options[] = {
	{ .key = "wait", .type = LARDER_BOOL, AT (wait), .help = "until all edges have done it, half an hour at the most" },
	{ .key = "thumbnail", .letter = 't', .type = LARDER_BOOL, AT (thumbnail), .help = "the thumbnails of the pictures at KEY, too" },
	{ .key = "owed", .type = LARDER_BOOL, AT (owed), .help = "what put, rm and ingest with --invalidate changed and could not tell them: they were killed, or refused" },
	{ .key = "pipeline", .type = LARDER_STRING, AT (pipeline), .def = "image", .argument = "NAME", .help = "the [pipeline] that KEY is of" },
	{ 0 }
};

static int
add_address (struct cli *cli, const struct cdn_object *object, const char **into, struct larder_error *error)
{
	const char *store, *key;
	int code = cdn_address (cli, object, &store, &key, error);
	if (code < 0)
		return code;
	*into = arena_printf (cli->arena, "%s:%s", store, key);
	return *into ? 0 : larder_fail_memory (error);
}

/* A wildcard names no picture: its thumbnails are where the pipeline's template says, and are named by one of their own. */
static int
add_operand (struct cli *cli, const struct invalidate_flags *flags, const char *text, struct larder_cdn_invalidate *request, const char **addresses, struct larder_error *error)
{
	size_t length = strlen (text);
	if (flags->thumbnail && length && text[length - 1] == '*')
		return larder_fail_next (error, LARDER_E_USAGE, "name the keys of the thumbnails, as in 'thumbnails:ann/*'", "'%s' names no picture, so --thumbnail knows no thumbnail", text);
	int code = add_address (cli, &(struct cdn_object) { flags->pipeline, text, false }, &addresses[request->count++], error);
	if (code == 0 && flags->thumbnail)
		code = add_address (cli, &(struct cdn_object) { flags->pipeline, text, true }, &addresses[request->count++], error);
	return code;
}

struct telling { struct cli *cli; bool any; };

static int
owed_event (void *context, const struct larder_cdn_event *event, struct larder_error *error)
{
	struct telling *telling = context;
	telling->any = true;
	return cdn_event (telling->cli, event, error);
}

static int
run_owed (struct cli *cli, uint32_t flags, struct larder_error *error)
{
	struct larder_owed *owed = NULL;
	struct telling telling = { .cli = cli };
	if (cli->operands)
		return fail_usage (cli, error, "'--owed' tells what earlier commands left: it goes without KEY");
	int code = larder_owed_begin (cli->larder, NULL, 0, flags, &owed, error);
	if (code == 0)
		code = larder_owed_end (owed, owed_event, &telling, error);
	larder_owed_free (owed);
	if (code == 0 && !telling.any)
		say (cli, "no run of this pipeline file and profile left anything to tell");
	return code;
}

static int
run (struct cli *cli, const void *self, struct larder_error *error)
{
	const struct invalidate_flags *flags = self;
	struct larder_cdn_invalidate request = { .size = sizeof request, .flags = (flags->wait ? LARDER_CDN_WAIT : 0u) | (cli->globals.dry_run ? LARDER_CDN_PLAN : 0u) };
	int code = cli_open (cli, OPEN_CONFIGURED, error);
	if (code == 0 && flags->owed)
		return run_owed (cli, request.flags, error);
	if (code == 0 && !cli->operands)
		return fail_usage (cli, error, "'larder cdn invalidate' needs KEY…, or --owed");
	const char **addresses = code == 0 ? arena_alloc (cli->arena, 2 * (size_t) cli->operands * sizeof *addresses) : NULL;
	if (code == 0 && !addresses)
		return larder_fail_memory (error);
	for (int n = 0; code == 0 && n < cli->operands; n++)
		code = add_operand (cli, flags, cli->operand[n], &request, addresses, error);
	request.addresses = addresses;
	return code < 0 ? code : larder_cdn_invalidate (cli->larder, &request, cdn_event, cli, error);
}

const struct larder_cmd cmd_cdn_invalidate = {
	.name = "cdn invalidate", .summary = "have edges forget what they hold of objects", .operands = "[KEY…]",
	.examples = "larder cdn invalidate -t --wait ann/2026/11/cat.png|a picture that was replaced and its thumbnail; until all edges have done it\n"
		"larder cdn invalidate -n 'images:ann/*'|how many paths it would be, and what they would cost\n"
		"larder cdn invalidate 'images:ann/*'|all that begins so: one path, whatever there is\n"
		"larder cdn invalidate --owed|what a put --invalidate that was killed did not come to tell",
	.text = "KEY is of the store of the pipeline, STORE:KEY of another; with * at its end all that begins so. Each path counts, a wildcard too; where there are more than 1,000 those of the "
		"fullest folders become wildcards, each folder of 20 and more, 15 at the most. What the edges serve afterwards tells 'cdn check'. A key that names its content, as in key = {job}-{hash8}.{ext}, is never invalidated: "
		"what is replaced has another key.",
	.options = options, .self_size = sizeof (struct invalidate_flags), .least = 0, .most = -1, .run = run,
};
