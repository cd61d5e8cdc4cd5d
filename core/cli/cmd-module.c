/* cmd-module.c: larder module list, info, new. No instance is opened. */
#include "line.h"

#include <inttypes.h>
#include <stdio.h>

#include "error.h"

struct listing { struct cli *cli; struct table table; };

static void
json_options (struct json *json, const struct larder_option *options)
{
	json_put_name (json, "options");
	json_put_array (json);
	for (; options && options->key; options++) {
		json_put_object (json);
		json_member (json, "key", options->key);
		json_member (json, "help", options->help);
		json_member (json, "default", options->def);
		json_member (json, "values", options->values);
		json_member_bool (json, "required", options->flags & LARDER_REQUIRED);
		json_member_bool (json, "secret", options->type == LARDER_SECRET);
		json_put_object_end (json);
	}
	json_put_array_end (json);
}

static void
json_module (struct cli *cli, const struct larder_module_facts *facts, bool whole)
{
	struct line line;
	json_line (cli, &line, "module");
	json_member (&line.json, "kind", facts->kind);
	json_member (&line.json, "name", facts->name);
	json_member (&line.json, "version", facts->version);
	json_member (&line.json, "summary", facts->summary);
	json_member_bytes (&line.json, "path", facts->path);
	json_member_uint (&line.json, "api", facts->api);
	json_member_bool (&line.json, "usable", !facts->problem);
	json_member (&line.json, "problem", facts->problem);
	if (facts->problem)
		json_member (&line.json, "code", larder_code_name (facts->problem_code));
	if (whole) {
		json_options (&line.json, facts->options);
		json_put_name (&line.json, "facts");
		json_put_object (&line.json);
		for (size_t i = 0; i < facts->facts.count; i++)
			json_member (&line.json, larder_pair_at (&facts->facts, i)->name, larder_pair_at (&facts->facts, i)->value);
		json_put_object_end (&line.json);
	}
	json_line_end (cli, &line);
}

static int
list_module (void *context, const struct larder_module_facts *facts)
{
	struct listing *listing = context;
	item_done (listing->cli, 0);
	if (listing->cli->globals.json) {
		json_module (listing->cli, facts, false);
		return 0;
	}
	table_cell (&listing->table, facts->kind ? facts->kind : "?");
	table_cell (&listing->table, facts->name ? facts->name : facts->path);
	table_cell (&listing->table, facts->version ? facts->version : "");
	table_cell (&listing->table, facts->problem ? facts->problem : facts->summary);
	return 0;
}

static int
list (struct cli *cli, const void *self, struct larder_error *error)
{
	(void) self;
	struct listing listing = { .cli = cli };
	int code = cli_open (cli, OPEN_MODULES_ONLY, error);
	if (code < 0)
		return code;
	table_begin (&listing.table, 4);
	code = larder_module_each (cli->larder, list_module, &listing, error);
	table_end (cli, &listing.table);
	return code;
}

static void
tell_option (struct cli *cli, const struct larder_option *option)
{
	const char *argument = option_argument (option);
	char text[400];
	snprintf (text, sizeof text, "%s = %s", option->key, argument ? argument : "yes|no");
	out_printf (cli, "    %-34s %s", text, option->help ? option->help : "");
	if (option->def)
		out_printf (cli, " [%s]", option->def);
	out_text (cli, option->flags & LARDER_REQUIRED ? " (required)\n" : option->type == LARDER_SECRET ? " (secret)\n" : "\n");
}

static int
tell_module (void *context, const struct larder_module_facts *facts)
{
	struct cli *cli = context;
	item_done (cli, 0);
	if (cli->globals.json) {
		json_module (cli, facts, true);
		return 0;
	}
	char text[32];
	out_name (cli, facts->name ? facts->name : facts->path);
	out_text (cli, "\n");
	out_fact (cli, "kind", facts->kind);
	out_fact (cli, "version", facts->version);
	out_fact (cli, "summary", facts->summary);
	out_fact (cli, "file", facts->path);
	snprintf (text, sizeof text, "%" PRIu32, facts->api);
	out_fact (cli, "contract", facts->problem ? NULL : text);
	out_fact (cli, "problem", facts->problem);
	for (size_t i = 0; i < facts->facts.count; i++)
		out_fact (cli, larder_pair_at (&facts->facts, i)->name, larder_pair_at (&facts->facts, i)->value);
	if (facts->options && facts->options->key)
		out_text (cli, "  options\n");
	for (const struct larder_option *option = facts->options; option && option->key; option++)
		if (option_is_shown (option))
			tell_option (cli, option);
	return 0;
}

static int
info_one (struct cli *cli, const void *self, const char *name, struct larder_error *error)
{
	(void) self;
	return larder_module_info (cli->larder, name, tell_module, cli, error);
}

static int
info (struct cli *cli, const void *self, struct larder_error *error)
{
	return operands_each (cli, OPEN_MODULES_ONLY, info_one, self, error);
}

struct new { uint32_t kind; const char *into; };
static const struct larder_option new_options[] = {
	{ .key = "kind", .type = LARDER_ENUM, .at = offsetof (struct new, kind), .values = "driver|codec|lock", .def = "driver", .help = "what it will be" },
	{ .key = "into", .type = LARDER_PATH, .at = offsetof (struct new, into), .def = ".", .argument = "DIR", .help = "where its folder goes" },
	{ 0 }
};

static int
new_module (struct cli *cli, const void *self, struct larder_error *error)
{
	static const char *const kinds[] = { "driver", "codec", "lock" };
	const struct new *flags = self;
	const char *kind = kinds[flags->kind], *name = cli->operand[0];
	if (!cli->globals.dry_run) {
		int code = larder_module_new (kind, name, flags->into, error);
		if (code < 0)
			return code;
	}
	item_done (cli, 0);
	if (cli->globals.json) {
		struct line line;
		json_line (cli, &line, "module");
		json_member (&line.json, "action", cli->globals.dry_run ? "would-create" : "created");
		json_member (&line.json, "kind", kind);
		json_member (&line.json, "name", name);
		json_member_bytes (&line.json, "into", flags->into);
		json_line_end (cli, &line);
	} else {
		out_printf (cli, "%s %s/%s, the skeleton of a %s\n", cli->globals.dry_run ? "would write" : "wrote", flags->into, name, kind);
		out_printf (cli, "  next: make -C %s/%s && larder module check %s/%s/%s-%s.so\n", flags->into, name, flags->into, name, kind, name);
	}
	return 0;
}

const struct larder_cmd cmd_module_list = {
	.name = "module list", .summary = "list the modules of the module folder",
	.examples = "larder module list|drivers, codecs and lock providers, and why one is not usable", .run = list,
};
const struct larder_cmd cmd_module_info = {
	.name = "module info", .summary = "print every fact of a module", .operands = "NAME|FILE…",
	.examples = "larder module info png|a module of the folder\nlarder module info ./driver-mine.so|a file",
	.least = 1, .most = -1, .run = info,
};
const struct larder_cmd cmd_module_new = {
	.name = "module new", .summary = "write the skeleton of a module", .operands = "NAME",
	.examples = "larder module new mine|a driver\nlarder module new --kind codec mine|a codec",
	.options = new_options, .self_size = sizeof (struct new), .least = 1, .most = 1, .run = new_module,
};
