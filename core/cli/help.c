/* help.c: help from the tables. A command's help starts with its examples. */
#include "line.h"

#include <stdio.h>
#include <string.h>

#define COLUMN 30

const char *
option_argument (const struct larder_option *option)
{
	if (option->argument)
		return option->argument;
	switch (option->type) {
	case LARDER_BOOL: return NULL;
	case LARDER_ENUM: return option->values;
	case LARDER_INT: return "N";
	case LARDER_SIZE: return "SIZE";
	case LARDER_RATE: return "RATE";
	case LARDER_DURATION: return "TIME";
	case LARDER_PATH: return "PATH";
	default: return "TEXT";
	}
}

bool
option_is_shown (const struct larder_option *option)
{
	return !(option->flags & LARDER_HIDDEN_OPTION);
}

void
options_each (const struct larder_option *options, option_fn each, void *context)
{
	for (; options && options->key; options++)
		if (option_is_shown (options))
			each (context, options);
}

static size_t
characters (const char *text)
{
	size_t count = 0;
	for (; *text; text++)
		count += ((unsigned char) *text & 0xc0) != 0x80;
	return count;
}

static void
add_option (void *context, const struct larder_option *option)
{
	struct buffer *into = context;
	char left[128];
	const char *argument = option_argument (option);
	char letter[8] = "    ";
	if (option->letter)
		snprintf (letter, sizeof letter, "-%c, ", option->letter);
	snprintf (left, sizeof left, "  %s--%s%s%s", letter, option->key, argument ? " " : "", argument ? argument : "");
	buffer_add_text (into, left);
	if (characters (left) >= COLUMN)
		buffer_printf (into, "\n%*s", COLUMN, "");
	else
		buffer_printf (into, "%*s", (int) (COLUMN - characters (left)), "");
	buffer_add_text (into, option->help);
	if (option->def && option->type != LARDER_BOOL)
		buffer_printf (into, " [%s]", option->def);
	buffer_add_char (into, '\n');
}

size_t
example_bar (const char *line, size_t length)
{
	for (size_t at = length; at > 0; at--)
		if (line[at - 1] == '|')
			return at - 1;
	return length;
}

/* Lines "command|what it does" as two columns. */
static void
add_examples (struct buffer *into, const char *examples)
{
	for (const char *at = examples; at && *at; at += strcspn (at, "\n"), at += *at == '\n') {
		size_t length = strcspn (at, "\n"), bar = example_bar (at, length);
		buffer_add_text (into, "  ");
		buffer_add (into, at, bar);
		if (bar < length) {
			buffer_printf (into, "\n      ");
			buffer_add (into, at + bar + 1, length - bar - 1);
		}
		buffer_add_char (into, '\n');
	}
}

void
help_command (struct buffer *into, const struct larder_cmd *cmd)
{
	buffer_add_text (into, "Examples:\n");
	add_examples (into, cmd->examples);
	buffer_printf (into, "\nlarder %s: %s\n\nUsage: larder %s%s%s%s\n", cmd->name, cmd->summary, cmd->name,
	               cmd->options ? " [OPTION…]" : "", cmd->operands ? " " : "", cmd->operands ? cmd->operands : "");
	if (cmd->text)
		buffer_printf (into, "\n%s\n", cmd->text);
	if (cmd->options) {
		buffer_add_text (into, "\nOptions:\n");
		options_each (cmd->options, add_option, into);
	}
	buffer_add_text (into, "\nOptions of every command:\n");
	options_each (global_options, add_option, into);
}

static void
add_command (struct buffer *into, const struct larder_cmd *cmd)
{
	buffer_printf (into, "  %-19s %s\n", cmd->name, cmd->summary);
}

int
help_area (struct buffer *into, const char *area)
{
	size_t length = strlen (area), found = 0;
	for (size_t i = 0; commands[i]; i++)
		if (strncmp (commands[i]->name, area, length) == 0 && commands[i]->name[length] == ' ') {
			if (found++ == 0)
				buffer_add_text (into, "Examples:\n");
			add_examples (into, commands[i]->examples);
		}
	if (found == 0)
		return -1;
	buffer_add_text (into, "\nCommands:\n");
	for (size_t i = 0; commands[i]; i++)
		if (strncmp (commands[i]->name, area, length) == 0 && commands[i]->name[length] == ' ')
			add_command (into, commands[i]);
	return 0;
}

void
help_all (struct buffer *into)
{
	buffer_add_text (into, "Examples:\n"
		"  larder --profile mock image ingest cat.png --user ann\n      take a picture in, with its thumbnail\n"
		"  larder --profile mock ls -r images:\n      what is in the store\n\n"
		"larder: stores for pictures and models, through modules\n\nUsage: larder [OPTION…] COMMAND [OPTION…] [OPERAND…]\n\nCommands:\n");
	for (size_t i = 0; commands[i]; i++)
		add_command (into, commands[i]);
	buffer_add_text (into, "\nOptions of every command, before or after its name:\n");
	options_each (global_options, add_option, into);
	buffer_add_text (into, "\n'larder help COMMAND' tells more; the manual is larder(1).\n");
}

void
help_short (struct cli *cli)
{
	if (cli->globals.json) {
		struct line line;
		json_line (cli, &line, "help");
		json_member (&line.json, "text", "larder help");
		json_line_end (cli, &line);
		return;
	}
	out_text (cli,
		"larder: stores for pictures and models, through modules\n"
		"\n"
		"  larder --profile mock image ingest cat.png --user ann   take a picture in\n"
		"  larder --profile mock ls -r images:                     see what is there\n"
		"\n"
		"data      ls stat cat put get cp mv rm sync du versions undelete\n"
		"pictures  image ingest, image probe\n"
		"set-up    config show|check|explain, store list, module list|info|check|new, doctor\n"
		"\n"
		"'larder help' lists everything, 'larder COMMAND --help' starts with examples.\n");
}
