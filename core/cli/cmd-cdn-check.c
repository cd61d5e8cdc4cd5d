/* cmd-cdn-check.c: larder cdn check: do the edges serve what the store has? */
#include "cdn.h"

#include <stdio.h>
#include <string.h>

struct check_flags { bool wait, thumbnail; const char *origin, *pipeline; };
#define AT(field) .at = offsetof (struct check_flags, field)
static const struct larder_option options[] = {
	{ .key = "wait", .type = LARDER_BOOL, AT (wait), .help = "until they do, half an hour at the most; where no terminal shows it, a line every 30 s tells so" },
	{ .key = "origin", .type = LARDER_STRING, AT (origin), .argument = "ORIGIN", .help = "and whether scripts of pages from there may read it: https://pingvas.studio" },
	{ .key = "thumbnail", .letter = 't', .type = LARDER_BOOL, AT (thumbnail), .help = "of the thumbnail of the picture at KEY" },
	{ .key = "pipeline", .type = LARDER_STRING, AT (pipeline), .def = "image", .argument = "NAME", .help = "the [pipeline] that KEY is of" },
	{ 0 }
};

/* The last line of JSON tells the verdict of the whole; what failed is told as the item's error, too. */
static int
on_finding (void *context, const struct larder_checked *checked)
{
	struct cli *cli = context;
	char text[200];
	if (strcmp (checked->what, "waiting") == 0) {
		snprintf (text, sizeof text, "[cdn \"%s\"]: %s", checked->backend, checked->detail);
		talk_waiting_on (cli, text);
	} else if (cli->globals.json) {
		json_checked (cli, checked);
	} else {
		out_checked (cli, checked);
	}
	return cli_stopped (cli) ? -1 : 0;
}

static int
check_one (struct cli *cli, const void *self, const char *text, struct larder_error *error)
{
	const struct check_flags *flags = self;
	struct larder_cdn_check request = { .size = sizeof request, .origin = flags->origin, .flags = flags->wait ? LARDER_CDN_WAIT : 0u };
	CLEANUP_STORE struct larder_store *store = NULL;
	int code = cdn_object (cli, &(struct cdn_object) { flags->pipeline, text, flags->thumbnail }, &store, &request.key, error);
	if (code == 0 && !cli->globals.json) {
		out_name (cli, request.key);
		out_text (cli, "\n");
	}
	if (code == 0)
		code = larder_cdn_check (store, &request, on_finding, cli, error);
	out_flush (cli);
	if (code == 0)
		item_done (cli, 0);
	return code;
}

static int
run (struct cli *cli, const void *self, struct larder_error *error)
{
	return operands_each (cli, OPEN_CONFIGURED, check_one, self, error);
}

const struct larder_cmd cmd_cdn_check = {
	.name = "cdn check", .summary = "do the edges serve what the store has?", .operands = "KEY…",
	.examples = "larder cdn check ann/2026/11/cat.png|the bytes, from which cache, for how long, by which TLS, and where plain HTTP leads\n"
		"larder cdn check --wait -t ann/2026/11/cat.png|the thumbnail, until it is the store's\n"
		"larder cdn check --origin https://pingvas.studio ann/2026/11/cat.png|and whether that page's scripts may read it",
	.text = "Asks as a viewer does, by an address that is signed where the [cdn] has a key group, and compares the bytes with the store's. A private key that is none of that group's ends it, with the one that it is of, as the service tells; so is told a clock of this machine that is more than a minute off. Exit 6 while an edge serves others, or any of what the store has no more.",
	.options = options, .self_size = sizeof (struct check_flags), .least = 1, .most = -1, .verdict = true, .run = run,
};
