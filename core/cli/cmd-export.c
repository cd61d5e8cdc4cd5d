/* cmd-export.c: larder export kubernetes. */
#include "line.h"

#include <string.h>

#include "cleanup.h"
#include "error.h"
#include "text.h"

struct export { const char *cache, *output; int64_t shards; bool reader; };
#define AT(field) .at = offsetof (struct export, field)
static const struct larder_option options[] = {
	{ .key = "cache", .type = LARDER_STRING, AT (cache), .argument = "NAME", .help = "[cache] section (default: the only one)" },
	{ .key = "shards", .type = LARDER_INT, AT (shards), .min = 1, .max = 1000, .argument = "N", .help = "an indexed job of N pods, each with a share of the models" },
	{ .key = "reader", .type = LARDER_BOOL, AT (reader), .help = "a pod besides, as an example: it loads MODEL, then reads it from the read-only volume" },
	{ .key = "output", .letter = 'o', .type = LARDER_STRING, AT (output), .argument = "FILE", .help = "write to a file, whole or not at all (default: standard output)" },
	{ 0 }
};

/* "sdxl/sdxl-base", or a name without a base. */
static int
take_model (const char *operand, struct larder_exporting *request, char **ret_base, struct larder_error *error)
{
	request->model = text_last (operand);
	if (request->model == operand)
		return 0;
	request->base = *ret_base = strndup (operand, (size_t) (request->model - operand - 1));
	return *ret_base ? 0 : larder_fail_memory (error);
}

static void
tell (struct cli *cli, const char *path, const struct buffer *text)
{
	if (cli->globals.json) {
		struct line line;
		json_line (cli, &line, "export");
		json_member (&line.json, "format", "kubernetes");
		json_member_bytes (&line.json, "path", path);
		json_member (&line.json, "text", path ? NULL : buffer_text (text));
		json_line_end (cli, &line);
	} else if (!path)
		out_bytes (cli, text->at, text->length);
}

static int
run (struct cli *cli, const void *self, struct larder_error *error)
{
	const struct export *flags = self;
	struct larder_exporting request = {
		.size = sizeof request, .format = "kubernetes", .flags = flags->reader ? LARDER_EXPORT_READER : 0, .shards = (uint32_t) flags->shards, .cache = flags->cache,
	};
	CLEANUP_FREE char *base = NULL;
	CLEANUP_BUFFER struct buffer text;
	buffer_init (&text, 4 << 20);
	const struct larder_sink sink = cli_sink (&text);
	if (cli->operands > 0 && !flags->reader)
		return fail_usage (cli, error, "MODEL is for --reader");
	int code = cli_open (cli, OPEN_CONFIGURED, error);
	if (code == 0 && cli->operands > 0)
		code = take_model (cli->operand[0], &request, &base, error);
	if (code == 0)
		code = larder_export (cli->larder, &request, &sink, error);
	if (code == 0 && flags->output)
		code = cli_write_file (flags->output, &text, 0644, error);
	if (code < 0)
		return code;
	item_done (cli, text.length);
	tell (cli, flags->output, &text);
	return 0;
}

const struct larder_cmd cmd_export_kubernetes = {
	.name = "export kubernetes", .summary = "write the volumes, claims and sync job of a cache as manifests", .operands = "[MODEL]",
	.examples = "larder export kubernetes --profile aws|two volumes, two claims, the job that fills the cache\n"
		"larder export kubernetes --profile aws --shards 4 -o model-sync.yaml|four pods share the work\n"
		"larder export kubernetes --profile aws --reader sdxl/sdxl-base|and a pod that loads a model, then reads it",
	.text = "From the [cache] section and the [filesystem] it is on. Asks no service, but for the ids of the file system and its access point where the profile does not say them. image and service-account have no default, and an image without a fixed tag or digest is refused. "
		"The pods take their configuration from config-map, a ConfigMap with the keys larder.ini and PROFILE.ini: kubectl create configmap NAME "
		"--from-file=etc/larder.ini --from-file=etc/profiles/PROFILE.ini. With a schedule the job is a CronJob.",
	.options = options, .self_size = sizeof (struct export), .least = 0, .most = 1, .run = run,
};
