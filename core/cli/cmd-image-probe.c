/* cmd-image-probe.c: larder image probe. */
#include "line.h"

#include <inttypes.h>
#include <stdio.h>

#include "error.h"
#include "text.h"

static void
json_facts (struct cli *cli, const char *file, const struct larder_probed *probed)
{
	struct line line;
	json_line (cli, &line, "probe");
	json_member_bytes (&line.json, "file", file);
	json_member (&line.json, "format", probed->format);
	json_member (&line.json, "content_type", probed->content_type);
	json_member_uint (&line.json, "width", probed->width);
	json_member_uint (&line.json, "height", probed->height);
	json_member_uint (&line.json, "depth", probed->depth);
	json_member (&line.json, "colour", probed->colour);
	json_member (&line.json, "profile", probed->profile);
	json_member_bool (&line.json, "alpha", probed->alpha);
	json_member_bool (&line.json, "interlaced", probed->interlaced);
	json_member_uint (&line.json, "orientation", probed->orientation);
	json_member_uint (&line.json, "frames", probed->frames);
	json_member_bool (&line.json, "rows", probed->rows);
	json_member_bool (&line.json, "trailing", probed->trailing);
	json_member_uint (&line.json, "memory", probed->memory);
	json_member_uint (&line.json, "thumbnail_width", probed->thumbnail_width);
	json_member_uint (&line.json, "thumbnail_height", probed->thumbnail_height);
	json_member (&line.json, "note", probed->note);
	json_member (&line.json, "would", probed->would);
	json_line_end (cli, &line);
}

static void
people_facts (struct cli *cli, const char *file, const struct larder_probed *probed)
{
	char text[200], size[32];
	out_name (cli, file);
	out_text (cli, "\n");
	out_fact (cli, "format", probed->format);
	snprintf (text, sizeof text, "%" PRIu32 " x %" PRIu32, probed->width, probed->height);
	out_fact (cli, "size", text);
	snprintf (text, sizeof text, "%s, %" PRIu32 " bits a sample%s%s", probed->colour ? probed->colour : "unknown", probed->depth,
	          probed->alpha ? ", alpha" : "", probed->interlaced ? ", interlaced" : "");
	out_fact (cli, "colour", text);
	out_fact (cli, "profile", probed->profile);
	snprintf (text, sizeof text, "%" PRIu32, probed->orientation);
	out_fact (cli, "orientation", probed->orientation > 1 ? text : NULL);
	snprintf (text, sizeof text, "%" PRIu32, probed->frames);
	out_fact (cli, "frames", probed->frames > 1 ? text : NULL);
	snprintf (text, sizeof text, "%s, %s", text_from_size (probed->memory, size), probed->rows ? "row by row" : "the whole picture at once");
	out_fact (cli, "decoding needs", text);
	snprintf (text, sizeof text, "%" PRIu32 " x %" PRIu32, probed->thumbnail_width, probed->thumbnail_height);
	out_fact (cli, "thumbnail", probed->thumbnail_width ? text : NULL);
	out_fact (cli, "note", probed->note);
	out_fact (cli, "ingest", probed->would);
}

static int
probe_one (struct cli *cli, const void *self, const char *file, struct larder_error *error)
{
	(void) self;
	struct larder_probed probed = { .size = sizeof probed };
	int code = larder_probe (cli->larder, cli->arena, file, &probed, error);
	if (code < 0)
		return code;
	item_done (cli, 0);
	if (cli->globals.json)
		json_facts (cli, file, &probed);
	else
		people_facts (cli, file, &probed);
	return 0;
}

static int
run (struct cli *cli, const void *self, struct larder_error *error)
{
	return operands_each (cli, OPEN_CONFIGURED, probe_one, self, error);
}

const struct larder_cmd cmd_image_probe = {
	.name = "image probe", .summary = "show what a picture is, and what ingest would do with it", .operands = "FILE…",
	.examples = "larder image probe cat.png|format, size, colour, what ingest would do", .least = 1, .most = -1, .replica = true, .run = run,
};
