/* cmd-archive-put.c: larder archive put. */
#include "cli.h"

#include <inttypes.h>

#include "arena.h"
#include "cleanup.h"
#include "clock.h"
#include "error.h"
#include "line.h"
#include "text.h"

struct archive_put { const char *storage_class; bool pack; uint64_t small, bundle; };
#define AT(field) .at = offsetof (struct archive_put, field)
static const struct larder_option options[] = {
	{ .key = "class", .type = LARDER_STRING, AT (storage_class), .argument = "CLASS", .help = "GLACIER_IR, GLACIER or DEEP_ARCHIVE; else as the store's section or its backend says" },
	{ .key = "pack", .type = LARDER_BOOL, AT (pack), .help = "small files together, in bundles that tar can read" },
	{ .key = "pack-below", .type = LARDER_SIZE, AT (small), .min = 1, .max = 1 << 30, .help = "which files are small; 8MiB unless told, and no more than a bundle" },
	{ .key = "bundle-size", .type = LARDER_SIZE, AT (bundle), .def = "128MiB", .min = 1 << 20, .max = 1 << 30, .help = "a bundle is closed once it holds so much" },
	{ 0 }
};

static void
tell_json (struct cli *cli, const struct larder_archived *archived)
{
	struct line line;
	json_line (cli, &line, "archived");
	json_member (&line.json, "class", archived->storage_class);
	json_member_uint (&line.json, "objects", archived->objects);
	json_member_uint (&line.json, "bytes", archived->bytes);
	json_member_uint (&line.json, "bundles", archived->bundles);
	json_member_uint (&line.json, "members", archived->members);
	json_member (&line.json, "month", archived->month);
	json_member (&line.json, "currency", archived->currency);
	if (archived->billed)
		json_member_uint (&line.json, "billed", archived->billed);
	if (archived->least)
		json_member_uint (&line.json, "least_days", (uint64_t) (archived->least / NS_PER_DAY));
	if (archived->instead_objects)
		json_member_uint (&line.json, "instead_objects", archived->instead_objects);
	json_member (&line.json, "instead_month", archived->instead);
	json_member (&line.json, "warning", archived->warning);
	json_line_end (cli, &line);
}

/* What packing saves, or would. */
static void
tell_instead (struct cli *cli, const struct larder_archived *archived)
{
	if (!archived->instead_objects)
		return;
	out_printf (cli, archived->members ? "  without --pack it is %" PRIu64 " object%s" : "  with --pack it is about %" PRIu64 " object%s", archived->instead_objects, archived->instead_objects == 1 ? "" : "s");
	if (archived->instead)
		out_printf (cli, " for %s %s a month", archived->instead, archived->currency);
	out_printf (cli, "\n");
}

static void
tell_unknown (struct cli *cli, const struct larder_archived *archived)
{
	if (archived->month)
		return;
	if (!archived->currency)
		out_printf (cli, "  what it costs nobody says: [larder] prices = NAME, a table as prices/aws-ap-northeast-2.ini\n");
	else if (archived->storage_class)        /* of what is paid for each object some is at the price of STANDARD */
		out_printf (cli, "  what it costs nobody says: the table of [larder] prices has no [price \"storage %s\"]\n", archived->billed ? "STANDARD" : archived->storage_class);
	else
		out_printf (cli, "  what it costs nobody says: no class is named, and the backend's own is not known here; --class, or class in its section\n");
}

static void
tell (struct cli *cli, const struct larder_archived *archived)
{
	char size[32];
	if (cli->globals.json) {
		tell_json (cli, archived);
		return;
	}
	out_printf (cli, "%" PRIu64 " object%s of %s", archived->objects, archived->objects == 1 ? "" : "s", text_from_size (archived->bytes, size));
	if (archived->members)
		out_printf (cli, " (%" PRIu64 " file%s in %" PRIu64 " bundle%s)", archived->members, archived->members == 1 ? "" : "s", archived->bundles, archived->bundles == 1 ? "" : "s");
	if (archived->storage_class)
		out_printf (cli, ", as %s", archived->storage_class);
	if (archived->month)
		out_printf (cli, ": %s %s a month%s", archived->month, archived->currency, cli->globals.dry_run ? ", about" : "");
	if (archived->least)
		out_printf (cli, ", for %" PRIi64 " days at least", archived->least / NS_PER_DAY);
	if (archived->billed > archived->bytes)
		out_printf (cli, ", paid for as %s", text_from_size (archived->billed, size));
	out_printf (cli, "\n");
	tell_instead (cli, archived);
	tell_unknown (cli, archived);
	if (archived->warning)
		out_printf (cli, "  but %s\n", archived->warning);
}

static int
run (struct cli *cli, const void *self, struct larder_error *error)
{
	const struct archive_put *flags = self;
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	struct larder_summary sum = { .size = sizeof sum };
	struct larder_archived archived = { .size = sizeof archived };
	const struct larder_archive request = {
		.size = sizeof request, .flags = LARDER_RECURSIVE | (flags->pack ? LARDER_ARCHIVE_PACK : 0) | (cli->globals.dry_run ? LARDER_DRY_RUN : 0),
		.from = (const char *const *) cli->operand, .count = (size_t) cli->operands - 1, .to = cli->operand[cli->operands - 1], .storage_class = flags->storage_class,
		.small = flags->small, .bundle = flags->bundle,
	};
	int code = arena ? cli_open (cli, OPEN_CONFIGURED, error) : larder_fail_memory (error);
	if (code < 0)
		return code;
	cli->progress_on = true;
	code = larder_archive_put (cli->larder, arena, &request, transfer_event, cli, &archived, &sum, error);
	cli->progress_on = false;
	if (archived.objects)
		tell (cli, &archived);
	return transfer_finish (cli, code, &sum, error);
}

const struct larder_cmd cmd_archive_put = {
	.name = "archive put", .summary = "put files away where keeping them is cheap", .operands = "PATH… STORE:PREFIX",
	.examples = "larder archive put --pack logs backups:2025/|a folder, its small files together in bundles\n"
		"larder archive put --class DEEP_ARCHIVE dump.sql backups:db|one file, as db/dump.sql\n"
		"larder archive put -n --pack logs backups:2025/|what it would come to",
	.text = "Folders go with all below them. Each object of such a class is paid for with some 40 KB besides its own bytes, so small files cost less together: with --pack those below "
		"--pack-below become members of bundles, tars of some --bundle-size with an index beside each that can be read at once. A bundle's name says which bytes it holds: the same files again "
		"make the same bundle, which is there. What is there with the same bytes is skipped, since what is written twice is paid for twice. At the end comes what it costs a month, by the table of [larder] "
		"prices, for how long at the least, and what packing saves or would save. " MANIFEST_TEXT,
	.options = options, .self_size = sizeof (struct archive_put), .least = 2, .most = -1, .done_word = "archived", .would_word = "would_archive", .run = run,
};
