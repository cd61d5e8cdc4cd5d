/* cmd-ls.c: larder ls. */
#include "line.h"

#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "cleanup.h"
#include "error.h"
#include "text.h"

struct ls { bool recursive, versions; };
static const struct larder_option options[] = {
	{ .key = "recursive", .letter = 'r', .type = LARDER_BOOL, .at = offsetof (struct ls, recursive), .help = "everything below, not one level" },
	{ .key = "versions", .type = LARDER_BOOL, .at = offsetof (struct ls, versions), .help = "every version and delete marker" },
	{ 0 }
};

struct listing { struct cli *cli; const struct ls *ls; const struct larder_address *address; const char *only; };

static void
json_object_line (const struct listing *listing, const struct larder_info *info)
{
	struct line line;
	char time[32];
	json_line (listing->cli, &line, info->flags & LARDER_INFO_PREFIX ? "prefix" : "object");
	json_member (&line.json, "store", listing->address->store);
	json_member_bytes (&line.json, "key", info->key);
	if (!(info->flags & LARDER_INFO_PREFIX)) {
		json_member_uint (&line.json, "size", info->length);
		json_member (&line.json, "time", text_from_time (info->mtime, time));
		json_member (&line.json, "etag", info->etag);
		json_member (&line.json, "class", info->storage_class);
	}
	if (listing->ls->versions) {
		json_member (&line.json, "version", info->version);
		json_member_bool (&line.json, "latest", info->flags & LARDER_INFO_LATEST);
		json_member_bool (&line.json, "delete_marker", info->flags & LARDER_INFO_DELETE_MARKER);
	}
	json_line_end (listing->cli, &line);
}

static void
right_column (struct cli *cli, size_t width, const char *text)
{
	size_t length = strlen (text);
	out_pad (cli, length < width ? width - length : 0);
	out_bytes (cli, text, length);
	out_pad (cli, 2);
}

static void
people_line (const struct listing *listing, const struct larder_info *info)
{
	struct cli *cli = listing->cli;
	char size[32], time[32];
	bool prefix = info->flags & LARDER_INFO_PREFIX;
	right_column (cli, 10, prefix ? "-" : info->flags & LARDER_INFO_DELETE_MARKER ? "deleted" : text_from_size (info->length, size));
	right_column (cli, 20, prefix ? "" : text_from_time (info->mtime, time));
	if (listing->ls->versions && !(info->flags & LARDER_INFO_PREFIX))
		out_printf (cli, "%-24s%s", info->version ? info->version : "null", info->flags & LARDER_INFO_LATEST ? " * " : "   ");
	out_name (cli, info->key);
	out_text (cli, "\n");
}

static int
on_info (void *context, const struct larder_info *info)
{
	const struct listing *listing = context;
	if (listing->only && strcmp (info->key, listing->only) != 0)
		return 1;
	item_done (listing->cli, info->length);
	if (listing->cli->globals.json)
		json_object_line (listing, info);
	else
		people_line (listing, info);
	return cli_stopped (listing->cli) ? LARDER_E_CANCELLED : 0;
}

static int
list (struct listing *listing, struct larder_store *store, const char *prefix, struct larder_error *error)
{
	struct larder_listing request = {
		.size = sizeof request, .prefix = prefix, .delimiter = listing->ls->recursive || listing->only ? "" : "/",
		.versions = listing->ls->versions,
	};
	int code = larder_list (store, &request, on_info, listing, error);
	return code > 0 ? 0 : code;
}

/* The object of that very name, if there is one: with versions from a listing, else by asking. */
static int
list_named (struct listing *listing, struct larder_store *store, struct larder_error *error)
{
	const char *path = listing->address->path;
	if (listing->ls->versions) {
		struct listing only = *listing;
		only.only = path;
		return list (&only, store, path, error);
	}
	struct larder_info info = { .size = sizeof info };
	struct larder_error none = LARDER_ERROR_INIT;
	int code = larder_stat (store, listing->cli->arena, path, NULL, &info, &none);
	if (code == 0)
		return on_info (listing, &info);
	if (code == LARDER_E_NOTFOUND)
		return 0;
	if (error)
		*error = none;
	return code;
}

/* A path ends at a separator: the object of that name, and what is below name/. */
static int
list_address (struct cli *cli, const struct ls *ls, const char *text, struct larder_error *error)
{
	struct larder_address address;
	CLEANUP_STORE struct larder_store *store = NULL;
	int code = cli_store (cli, text, &address, &store, error);
	if (code < 0)
		return code;
	struct listing listing = { cli, ls, &address, NULL };
	uint64_t before = cli->summary.scanned;
	size_t length = strlen (address.path);
	if (length == 0)
		return list (&listing, store, "", error);
	const char *prefix = address.path;
	if (prefix[length - 1] != '/') {
		code = list_named (&listing, store, error);
		prefix = arena_printf (cli->arena, "%s/", address.path);
		if (!prefix)
			return larder_fail_memory (error);
	}
	if (code == 0)
		code = list (&listing, store, prefix, error);
	if (code < 0 || cli->summary.scanned > before)
		return code;
	return larder_fail_next (error, LARDER_E_NOTFOUND, "list the folder above it, or the store: larder ls STORE:",
		"nothing at '%s'", text);
}

static int
run (struct cli *cli, const void *self, struct larder_error *error)
{
	int code = cli_open (cli, OPEN_CONFIGURED, error);
	if (code < 0)
		return code;
	if (cli->operands == 1)
		return list_address (cli, self, cli->operand[0], error);
	for (int i = 0; i < cli->operands; i++) {
		struct larder_error one = LARDER_ERROR_INIT;
		code = list_address (cli, self, cli->operand[i], &one);
		if (code == LARDER_E_CANCELLED)
			return code;
		if (code < 0)
			item_failed (cli, cli->operand[i], &one, code, false);
	}
	return 0;
}

const struct larder_cmd cmd_ls = {
	.name = "ls", .summary = "list objects", .operands = "ADDRESS…",
	.examples = "larder ls images:|the first level of a store\nlarder ls -r --json images:ann/2026/|everything below a prefix, as JSON",
	.text = "Size, time and key of each object, in byte order of the keys; a common prefix has a dash for its size.",
	.options = options, .self_size = sizeof (struct ls), .least = 1, .most = -1, .replica = true, .run = run,
};
