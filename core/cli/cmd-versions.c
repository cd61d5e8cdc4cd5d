/* cmd-versions.c: larder versions. */
#include "line.h"

#include <string.h>

#include "arena.h"
#include "error.h"
#include "text.h"

struct versions { bool recursive; };
static const struct larder_option options[] = {
	{ .key = "recursive", .letter = 'r', .type = LARDER_BOOL, .at = offsetof (struct versions, recursive), .help = "prefixes with all below them" },
	{ 0 }
};

struct showing { struct cli *cli; const struct larder_address *address; uint64_t count; };

static const char *
state_of (const struct larder_info *info)
{
	if (info->flags & LARDER_INFO_DELETE_MARKER)
		return info->flags & LARDER_INFO_LATEST ? "latest, deleted" : "deleted";
	return info->flags & LARDER_INFO_LATEST ? "latest" : "old";
}

static void
json_version (const struct showing *showing, const struct larder_info *info, const char *time)
{
	struct line line;
	bool marker = info->flags & LARDER_INFO_DELETE_MARKER;
	json_line (showing->cli, &line, "object_version");
	json_member (&line.json, "store", showing->address->store);
	json_member_bytes (&line.json, "key", info->key);
	json_member (&line.json, "version", info->version);
	json_member (&line.json, "state", marker ? "delete_marker" : info->flags & LARDER_INFO_LATEST ? "latest" : "old");
	json_member_bool (&line.json, "latest", info->flags & LARDER_INFO_LATEST);
	json_member_bool (&line.json, "delete_marker", marker);
	if (!marker)
		json_member_uint (&line.json, "size", info->length);
	json_member (&line.json, "time", time);
	json_member (&line.json, "etag", info->etag);
	json_member (&line.json, "class", info->storage_class);
	json_line_end (showing->cli, &line);
}

static int
on_info (void *context, const struct larder_info *info)
{
	struct showing *showing = context;
	struct cli *cli = showing->cli;
	char time[32], size[32];
	bool marker = info->flags & LARDER_INFO_DELETE_MARKER;
	showing->count++;
	item_done (cli, info->length);
	text_from_time_exact (info->mtime, time);
	if (cli->globals.json) {
		json_version (showing, info, time);
	} else {
		out_printf (cli, "%10s  %-24s  %-15s  %-12s  %-36s  ", marker ? "-" : text_from_size (info->length, size), time, state_of (info),
		            marker || !info->storage_class ? "-" : info->storage_class, info->version ? info->version : "null");
		out_name (cli, info->key);
		out_text (cli, "\n");
	}
	return cli_stopped (cli) ? LARDER_E_CANCELLED : 0;
}

static int
show (struct cli *cli, const void *self, const char *text, struct larder_error *error)
{
	const struct versions *versions = self;
	struct larder_address address;
	CLEANUP_STORE struct larder_store *store = NULL;
	int code = cli_store (cli, text, &address, &store, error);
	if (code < 0)
		return code;
	if (!versions->recursive && !*address.path)
		return larder_fail_next (error, LARDER_E_INVALID, "name one object, or --recursive for everything in it", "'%s' is a whole store", text);
	struct showing showing = { cli, &address, 0 };
	const struct below below = { .path = address.path, .recursive = versions->recursive, .versions = true };
	code = below_each (cli, store, &below, on_info, &showing, error);
	if (code < 0 || showing.count > 0)
		return code;
	return larder_fail_next (error, LARDER_E_NOTFOUND, versions->recursive ? "'larder ls' lists what is there" : "for everything below it: --recursive",
		"no version at '%s'", text);
}

static int
run (struct cli *cli, const void *self, struct larder_error *error)
{
	return operands_each (cli, OPEN_CONFIGURED, show, self, error);
}

const struct larder_cmd cmd_versions = {
	.name = "versions", .summary = "list the versions of objects", .operands = "ADDRESS…",
	.examples = "larder versions images:ann/cat.png|every version of one object, newest first\n"
		"larder versions -r --json images:ann/|of everything below a prefix, as JSON",
	.text = "Size, time, state, class, version and key: latest is what a read gives, old is what came before, deleted is a delete marker. "
		"cat, get, stat, cp and rm take a version by --version; undelete takes a time by --at.",
	.options = options, .self_size = sizeof (struct versions), .least = 1, .most = -1, .replica = true, .run = run,
};
