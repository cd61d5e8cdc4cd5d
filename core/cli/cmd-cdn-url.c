/* cmd-cdn-url.c: larder cdn url: where pictures and their thumbnails are seen. */
#include "cdn.h"

struct url_flags { bool thumbnail; const char *pipeline; };
static const struct larder_option options[] = {
	{ .key = "thumbnail", .letter = 't', .type = LARDER_BOOL, .at = offsetof (struct url_flags, thumbnail), .help = "of the thumbnail of the picture at KEY" },
	{ .key = "pipeline", .type = LARDER_STRING, .at = offsetof (struct url_flags, pipeline), .def = "image", .argument = "NAME", .help = "the [pipeline] that KEY is of" },
	{ 0 }
};

static int
tell (struct cli *cli, const char *key, const char *url)
{
	struct line line;
	item_done (cli, 0);
	if (!cli->globals.json) {
		out_printf (cli, "%s\n", url);
		return 0;
	}
	json_line (cli, &line, "url");
	json_member_bytes (&line.json, "key", key);
	json_member (&line.json, "url", url);
	json_line_end (cli, &line);
	return 0;
}

static int
url_one (struct cli *cli, const void *self, const char *text, struct larder_error *error)
{
	const struct url_flags *flags = self;
	const char *key, *url;
	CLEANUP_STORE struct larder_store *store = NULL;
	int code = cdn_object (cli, &(struct cdn_object) { flags->pipeline, text, flags->thumbnail }, &store, &key, error);
	if (code == 0)
		code = larder_url (store, cli->arena, key, &url, error);
	return code == 0 ? tell (cli, key, url) : code;
}

static int
run (struct cli *cli, const void *self, struct larder_error *error)
{
	return operands_each (cli, OPEN_CONFIGURED, url_one, self, error);
}

const struct larder_cmd cmd_cdn_url = {
	.name = "cdn url", .summary = "print where an object is seen", .operands = "KEY…",
	.examples = "larder cdn url ann/2026/11/cat.png|address of a picture of the pipeline\n"
		"larder cdn url --thumbnail ann/2026/11/cat.png|of its thumbnail\n"
		"larder cdn url uploads:ann/face.jpg|of an object of any store that has a CDN or addresses of its own",
	.text = "Asks nobody, and does not look whether it is there. KEY is of the store of the pipeline, STORE:KEY of another. The key of a thumbnail comes from the pipeline's "
		"templates: the first is read backwards, the second forwards.",
	.options = options, .self_size = sizeof (struct url_flags), .least = 1, .most = -1, .run = run,
};
