/* cmd-stat.c: larder stat. */
#include "line.h"

#include <stdio.h>

#include "checksum.h"
#include "error.h"
#include "text.h"

struct stat_flags { const char *version; };
static const struct larder_option options[] = {
	{ .key = "version", .type = LARDER_STRING, .at = offsetof (struct stat_flags, version), .argument = "ID", .help = "this version, not the latest" },
	{ 0 }
};

static const char *
checksum_word (const struct larder_info *info)
{
	return info->checksum ? checksum_name (info->checksum_type) : NULL;
}

/* NULL: none that is there or under way. */
static const char *
restore_word (const struct larder_info *info)
{
	return info->restore_state == LARDER_RESTORE_DONE ? "done" : info->restore_state == LARDER_RESTORE_RUNNING ? "running" : NULL;
}

static void
json_facts (struct cli *cli, const struct larder_address *address, const struct larder_info *info, const char *url)
{
	struct line line;
	char time[32];
	json_line (cli, &line, "object");
	json_member (&line.json, "store", address->store);
	json_member_bytes (&line.json, "key", address->path);
	json_member_uint (&line.json, "size", info->length);
	json_member (&line.json, "time", text_from_time (info->mtime, time));
	json_member (&line.json, "etag", info->etag);
	json_member (&line.json, "version", info->version);
	json_member (&line.json, "class", info->storage_class);
	json_member (&line.json, "content_type", info->content_type);
	json_member (&line.json, "content_encoding", info->content_encoding);
	json_member (&line.json, "cache_control", info->cache_control);
	json_member (&line.json, "content_disposition", info->content_disposition);
	json_member (&line.json, "restore", restore_word (info));
	json_member (&line.json, "archive", info->archive);
	json_member (&line.json, "restored_until", info->restore_state == LARDER_RESTORE_DONE && info->restore_expiry ? text_from_time (info->restore_expiry, time) : NULL);
	json_member (&line.json, "encryption", info->encryption);
	json_member (&line.json, "replication", info->replication);
	json_member (&line.json, "checksum_type", checksum_word (info));
	json_member (&line.json, "checksum", info->checksum);
	json_member (&line.json, "url", url);
	json_put_name (&line.json, "metadata");
	json_put_object (&line.json);
	for (size_t i = 0; i < info->metadata.count; i++) {
		const struct larder_pair *pair = larder_pair_at (&info->metadata, i);
		json_member_bytes (&line.json, pair->name, pair->value);
	}
	json_put_object_end (&line.json);
	json_line_end (cli, &line);
}

static void
out_restore (struct cli *cli, const struct larder_info *info)
{
	char text[64], time[32];
	snprintf (text, sizeof text, "done, can be read%s%s", info->restore_expiry ? " until " : "", info->restore_expiry ? text_from_time (info->restore_expiry, time) : "");
	out_fact (cli, "restore", info->restore_state == LARDER_RESTORE_DONE ? text : restore_word (info));
}

static void
people_facts (struct cli *cli, const char *name, const struct larder_info *info, const char *url)
{
	char time[32], size[32], both[80];
	out_name (cli, name);
	out_text (cli, "\n");
	snprintf (both, sizeof both, "%s (%llu bytes)", text_from_size (info->length, size), (unsigned long long) info->length);
	out_fact (cli, "size", both);
	out_fact (cli, "time", text_from_time (info->mtime, time));
	out_fact (cli, "type", info->content_type);
	out_fact (cli, "encoding", info->content_encoding);
	out_fact (cli, "cache-control", info->cache_control);
	out_fact (cli, "disposition", info->content_disposition);
	out_fact (cli, "class", info->storage_class);
	out_fact (cli, "archive", info->archive);
	out_restore (cli, info);
	out_fact (cli, "encryption", info->encryption);
	out_fact (cli, "replication", info->replication);
	out_fact (cli, "etag", info->etag);
	out_fact (cli, "version", info->version);
	if (checksum_word (info)) {
		snprintf (both, sizeof both, "%s %s", checksum_word (info), info->checksum);
		out_fact (cli, "checksum", both);
	}
	out_fact (cli, "url", url);
	for (size_t i = 0; i < info->metadata.count; i++) {
		const struct larder_pair *pair = larder_pair_at (&info->metadata, i);
		out_text (cli, "  metadata         ");
		out_name (cli, pair->name);
		out_text (cli, " = ");
		out_name (cli, pair->value);
		out_text (cli, "\n");
	}
}

static int
stat_one (struct cli *cli, const void *self, const char *text, struct larder_error *error)
{
	const struct stat_flags *flags = self;
	struct larder_address address;
	CLEANUP_STORE struct larder_store *store = NULL;
	int code = cli_store (cli, text, &address, &store, error);
	if (code < 0)
		return code;
	struct larder_info info = { .size = sizeof info };
	code = larder_stat (store, cli->arena, address.path, flags->version, &info, error);
	if (code < 0)
		return code;
	const char *url = NULL;
	if (larder_url (store, cli->arena, address.path, &url, NULL) < 0)
		url = NULL;  /* a store without public addresses is no fault of this object */
	item_done (cli, info.length);
	if (cli->globals.json)
		json_facts (cli, &address, &info, url);
	else
		people_facts (cli, text, &info, url);
	return 0;
}

static int
run (struct cli *cli, const void *self, struct larder_error *error)
{
	return operands_each (cli, OPEN_CONFIGURED, stat_one, self, error);
}

const struct larder_cmd cmd_stat = {
	.name = "stat", .summary = "show what a store knows of an object", .operands = "ADDRESS…",
	.examples = "larder stat images:ann/2026/11/cat.png|size, type, metadata, checksum, address",
	.options = options, .self_size = sizeof (struct stat_flags), .least = 1, .most = -1, .replica = true, .run = run,
};
