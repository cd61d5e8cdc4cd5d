/* cmd-config.c: larder config show, check, explain. SECRET values arrive here as "(secret)" already. */
#include "line.h"

#include <stdio.h>
#include <string.h>

#include "error.h"

struct show { bool all; };
static const struct larder_option show_options[] = {
	{ .key = "all", .type = LARDER_BOOL, .at = offsetof (struct show, all), .help = "defaults too" },
	{ 0 }
};

static const char *const origins[] = { "default", "pipeline", "profile", "environment", "flag" };

static const char *
origin_name (const struct larder_setting *setting)
{
	return setting->origin < sizeof origins / sizeof *origins ? origins[setting->origin] : "other";
}

static void
full_key (struct buffer *into, const struct larder_setting *setting)
{
	buffer_add_text (into, setting->kind);
	if (setting->name && *setting->name)
		buffer_printf (into, ".%s", setting->name);
	buffer_printf (into, ".%s", setting->key);
}

static void
source_of (struct buffer *into, const struct larder_setting *setting)
{
	buffer_add_text (into, origin_name (setting));
	if (setting->file)
		buffer_printf (into, setting->line ? ", %s:%u" : ", %s", setting->file, (unsigned) setting->line);
}

static void
json_setting (struct cli *cli, const struct larder_setting *setting)
{
	struct line line;
	json_line (cli, &line, "setting");
	json_member (&line.json, "kind", setting->kind);
	json_member (&line.json, "name", setting->name);
	json_member (&line.json, "key", setting->key);
	json_member_bytes (&line.json, "value", setting->value);
	json_member (&line.json, "origin", origin_name (setting));
	json_member (&line.json, "file", setting->file);
	if (setting->line)
		json_member_uint (&line.json, "line", setting->line);
	json_member_bool (&line.json, "winner", setting->winner);
	json_member (&line.json, "help", setting->help);
	json_line_end (cli, &line);
}

struct showing { struct cli *cli; struct table table; const char *only; bool all; };

static bool
is_asked_for (const struct showing *showing, const char *key)
{
	size_t length = showing->only ? strlen (showing->only) : 0;
	return length == 0 || (strncmp (key, showing->only, length) == 0 && (key[length] == '.' || key[length] == '\0'));
}

static int
show_setting (void *context, const struct larder_setting *setting)
{
	struct showing *showing = context;
	CLEANUP_BUFFER struct buffer key, source;
	buffer_init (&key, 1 << 16);
	buffer_init (&source, 1 << 16);
	full_key (&key, setting);
	source_of (&source, setting);
	if (!is_asked_for (showing, buffer_text (&key)) || (setting->origin == LARDER_FROM_DEFAULT && !showing->all))
		return 0;
	item_done (showing->cli, 0);
	if (showing->cli->globals.json) {
		json_setting (showing->cli, setting);
		return 0;
	}
	table_cell (&showing->table, buffer_text (&key));
	table_cell (&showing->table, setting->value);
	table_cell (&showing->table, buffer_text (&source));
	return 0;
}

static int
show (struct cli *cli, const void *self, struct larder_error *error)
{
	const struct show *flags = self;
	struct showing showing = { .cli = cli, .only = cli->operands ? cli->operand[0] : NULL, .all = flags->all };
	int code = cli_open (cli, OPEN_CONFIGURED, error);
	if (code < 0)
		return code;
	table_begin (&showing.table, 3);
	code = larder_config_each (cli->larder, show_setting, &showing, error);
	table_end (cli, &showing.table);
	if (code == 0 && cli->summary.scanned == 0 && showing.only)
		return larder_fail_next (error, LARDER_E_NOTFOUND, "'larder config show --all' lists all of them",
			"no setting begins with '%s'", showing.only);
	return code;
}

static int
explain_setting (void *context, const struct larder_setting *setting)
{
	struct cli *cli = context;
	CLEANUP_BUFFER struct buffer key, source;
	buffer_init (&key, 1 << 16);
	buffer_init (&source, 1 << 16);
	full_key (&key, setting);
	source_of (&source, setting);
	item_done (cli, 0);
	if (cli->globals.json) {
		json_setting (cli, setting);
		return 0;
	}
	if (setting->winner) {
		out_name (cli, buffer_text (&key));
		out_text (cli, " = ");
		out_name (cli, setting->value ? setting->value : "");
		out_text (cli, "\n");
		out_fact (cli, "from", buffer_text (&source));
		out_fact (cli, "means", setting->help);
	} else {
		buffer_clear (&key);
		buffer_printf (&key, "%s (%s)", setting->value ? setting->value : "", buffer_text (&source));
		out_fact (cli, "overrode", buffer_text (&key));
	}
	return 0;
}

static int
explain (struct cli *cli, const void *self, struct larder_error *error)
{
	(void) self;
	int code = cli_open (cli, OPEN_CONFIGURED, error);
	for (int i = 0; code == 0 && i < cli->operands; i++)
		code = larder_config_explain (cli->larder, cli->operand[i], explain_setting, cli, error);
	return code;
}

static int
on_finding (void *context, const struct larder_finding *finding)
{
	struct cli *cli = context;
	if (finding->code < 0) {
		struct larder_error one = LARDER_ERROR_INIT;
		larder_fail (&one, finding->code, "%s", finding->text);
		larder_explain (&one, LARDER_DETAIL_NEXT, finding->next);
		larder_explain (&one, LARDER_DETAIL_FILE, finding->file);
		one.line = finding->line;
		item_failed (cli, finding->section, &one, finding->code, false);
		return 0;
	}
	/* Not counted: a note beside a failure does not make it half a success. */
	if (cli->globals.json) {
		struct line line;
		json_line (cli, &line, "note");
		json_member (&line.json, "section", finding->section);
		json_member (&line.json, "text", finding->text);
		json_member (&line.json, "next", finding->next);
		json_member (&line.json, "file", finding->file);
		if (finding->line)
			json_member_uint (&line.json, "line", finding->line);
		json_line_end (cli, &line);
		return 0;
	}
	out_text (cli, "note: ");
	out_name (cli, finding->section ? finding->section : "");
	out_text (cli, finding->section ? ": " : "");
	out_name (cli, finding->text ? finding->text : "");
	out_text (cli, "\n");
	out_fact (cli, "next", finding->next);
	return 0;
}

static int
check (struct cli *cli, const void *self, struct larder_error *error)
{
	(void) self;
	cli->problem = on_finding;
	int code = cli_open (cli, OPEN_CONFIGURED, error);
	if (code == 0)
		code = larder_config_check (cli->larder, on_finding, cli, error);
	if (code == 0 && cli->summary.failed == 0)
		code = larder_infra_traps (cli->larder, on_finding, cli, error);
	if (code == 0 && cli->summary.failed == 0 && !cli->globals.json)
		out_printf (cli, "%s with profile %s is in order\n", larder_config_path (cli->larder), larder_profile (cli->larder));
	/* What was found is told already, and decides the status. */
	return cli->summary.failed > 0 && code != LARDER_E_CANCELLED ? 0 : code;
}

const struct larder_cmd cmd_config_show = {
	.name = "config show", .summary = "print the settings in force and where each comes from", .operands = "[SECTION]",
	.examples = "larder --profile mock config show|all settings that were made\nlarder --profile mock config show store.images|one section",
	.options = show_options, .self_size = sizeof (struct show), .most = 1, .run = show,
};
const struct larder_cmd cmd_config_check = {
	.name = "config check", .summary = "check the configuration and the modules it names",
	.examples = "larder --profile aws config check|before anything is done with it",
	.text = "Every problem is told, with file and line. Modules and backends are looked at once the files are in order.", .run = check,
};
const struct larder_cmd cmd_config_explain = {
	.name = "config explain", .summary = "print one setting, its source and what it overrode", .operands = "KEY…",
	.examples = "larder --profile mock config explain store.images.bucket|where the bucket's name comes from", .least = 1, .most = -1,
	.run = explain,
};
