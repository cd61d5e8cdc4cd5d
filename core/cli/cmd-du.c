/* cmd-du.c: larder du. */
#include "line.h"

#include <inttypes.h>
#include <string.h>

#include "arena.h"
#include "error.h"
#include "text.h"

struct du { bool versions; };
static const struct larder_option options[] = {
	{ .key = "versions", .type = LARDER_BOOL, .at = offsetof (struct du, versions), .help = "count every version" },
	{ 0 }
};

struct sum { struct cli *cli; const char *only; uint64_t objects, bytes; };

static int
on_info (void *context, const struct larder_info *info)
{
	struct sum *sum = context;
	if (sum->only && strcmp (info->key, sum->only) != 0)
		return 1;
	if (!(info->flags & LARDER_INFO_DELETE_MARKER)) {
		sum->objects++;
		sum->bytes += info->length;
	}
	return cli_stopped (sum->cli) ? LARDER_E_CANCELLED : 0;
}

static int
add_up (struct sum *sum, struct larder_store *store, const struct du *du, const char *prefix, struct larder_error *error)
{
	struct larder_listing request = { .size = sizeof request, .prefix = prefix, .delimiter = "", .versions = du->versions };
	int code = larder_list (store, &request, on_info, sum, error);
	return code > 0 ? 0 : code;
}

/* A path ends at a separator: the object of that name, and what is below name/. */
static int
measure (struct sum *sum, struct larder_store *store, const struct du *du, const char *path, struct larder_error *error)
{
	size_t length = strlen (path);
	if (length == 0 || path[length - 1] == '/')
		return add_up (sum, store, du, path, error);
	const char *below = arena_printf (sum->cli->arena, "%s/", path);
	if (!below)
		return larder_fail_memory (error);
	sum->only = path;
	int code = add_up (sum, store, du, path, error);
	sum->only = NULL;
	return code < 0 ? code : add_up (sum, store, du, below, error);
}

static int
du_one (struct cli *cli, const void *self, const char *text, struct larder_error *error)
{
	struct larder_address address;
	CLEANUP_STORE struct larder_store *store = NULL;
	struct sum sum = { .cli = cli };
	const struct du *du = self;
	int code = cli_store (cli, text, &address, &store, error);
	if (code == 0)
		code = measure (&sum, store, du, address.path, error);
	if (code < 0)
		return code;
	if (sum.objects == 0 && *address.path)
		return larder_fail_next (error, LARDER_E_NOTFOUND, "'larder ls' lists what is there", "nothing at '%s'", text);
	cli->summary.scanned += sum.objects;
	cli->summary.done += sum.objects;
	cli->summary.bytes += sum.bytes;
	if (cli->globals.json) {
		struct line line;
		json_line (cli, &line, "usage");
		json_member_bytes (&line.json, "address", text);
		json_member_uint (&line.json, "objects", sum.objects);
		json_member_uint (&line.json, "bytes", sum.bytes);
		json_line_end (cli, &line);
		return 0;
	}
	char size[32];
	out_printf (cli, "%10s  %8" PRIu64 " %-7s  ", text_from_size (sum.bytes, size), sum.objects, sum.objects == 1 ? "object" : "objects");
	out_name (cli, text);
	out_text (cli, "\n");
	return 0;
}

static int
run (struct cli *cli, const void *self, struct larder_error *error)
{
	return operands_each (cli, OPEN_CONFIGURED, du_one, self, error);
}

const struct larder_cmd cmd_du = {
	.name = "du", .summary = "add up what is below an address", .operands = "ADDRESS…",
	.examples = "larder du images: thumbnails:|bytes and objects of two stores",
	.options = options, .self_size = sizeof (struct du), .least = 1, .most = -1, .run = run,
};
