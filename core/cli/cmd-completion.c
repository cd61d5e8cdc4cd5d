/* cmd-completion.c: larder completion, for bash, zsh and fish, from the tables. */
#include "line.h"

#include <string.h>

static void
add_flag (void *context, const struct larder_option *option)
{
	struct buffer *into = context;
	buffer_printf (into, " --%s", option->key);
	if (option->letter)
		buffer_printf (into, " -%c", option->letter);
}

static bool
is_new_word (size_t i)
{
	size_t length = strcspn (commands[i]->name, " ");
	for (size_t k = 0; k < i; k++)
		if (strncmp (commands[k]->name, commands[i]->name, length) == 0 && strchr (" ", commands[k]->name[length]))
			return false;
	return true;
}

static void
first_words (struct buffer *into)
{
	for (size_t i = 0; commands[i]; i++)
		if (is_new_word (i)) {
			buffer_add_char (into, ' ');
			buffer_add (into, commands[i]->name, strcspn (commands[i]->name, " "));
		}
}

/* case lines "image) words=' ingest probe';;" */
static void
second_words (struct buffer *into)
{
	for (size_t i = 0; commands[i]; i++) {
		size_t length = strcspn (commands[i]->name, " ");
		if (!commands[i]->name[length] || !is_new_word (i))
			continue;
		buffer_add_text (into, "\t");
		buffer_add (into, commands[i]->name, length);
		buffer_add_text (into, ") words='");
		for (size_t k = i; commands[k]; k++)
			if (strncmp (commands[k]->name, commands[i]->name, length + 1) == 0)
				buffer_printf (into, " %s", commands[k]->name + length + 1);
		buffer_add_text (into, "';;\n");
	}
}

static void
flag_words (struct buffer *into)
{
	for (size_t i = 0; commands[i]; i++) {
		buffer_printf (into, "\t'%s') flags='", commands[i]->name);
		options_each (commands[i]->options, add_flag, into);
		buffer_add_text (into, "';;\n");
	}
}

/* One function for bash; zsh runs it through bashcompinit. */
static void
bash (struct buffer *into)
{
	buffer_add_text (into, "_larder () {\n"
		"\tlocal word=${COMP_WORDS[COMP_CWORD]} first= second= words= flags= i\n"
		"\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
		"\t\tcase ${COMP_WORDS[i]} in\n"
		"\t\t-*) ;;\n"
		"\t\t*) if [ -z \"$first\" ]; then first=${COMP_WORDS[i]}; elif [ -z \"$second\" ]; then second=${COMP_WORDS[i]}; fi;;\n"
		"\t\tesac\n\tdone\n\tcase $first in\n\t'') words='");
	first_words (into);
	buffer_add_text (into, "';;\n");
	second_words (into);
	buffer_add_text (into, "\tesac\n\tcase \"$first${words:+${second:+ $second}}\" in\n");
	flag_words (into);
	buffer_add_text (into, "\tesac\n\tif [ -n \"$second\" ]; then words=; fi\n\tcase $word in\n\t-*) COMPREPLY=($(compgen -W \"$flags");
	options_each (global_options, add_flag, into);
	buffer_add_text (into, "\" -- \"$word\"));;\n"
		"\t*) if [ -n \"$words\" ]; then COMPREPLY=($(compgen -W \"$words\" -- \"$word\")); else COMPREPLY=($(compgen -f -- \"$word\")); fi;;\n"
		"\tesac\n}\ncomplete -o filenames -F _larder larder\n");
}

static void
fish_text (struct buffer *into, const char *text)
{
	buffer_add_char (into, '\'');
	for (; *text; text++) {
		if (*text == '\'' || *text == '\\')
			buffer_add_char (into, '\\');
		buffer_add_char (into, *text);
	}
	buffer_add_char (into, '\'');
}

struct fish_line { struct buffer *into; const char *condition; };

static void
fish_flag (void *context, const struct larder_option *option)
{
	const struct fish_line *line = context;
	buffer_printf (line->into, "complete -c larder%s -l %s", line->condition, option->key);
	if (option->letter)
		buffer_printf (line->into, " -s %c", option->letter);
	if (option->type == LARDER_ENUM) {
		buffer_add_text (line->into, " -x -a '");
		for (const char *at = option->values; *at; at++)
			buffer_add_char (line->into, *at == '|' ? ' ' : *at);
		buffer_add_char (line->into, '\'');
	} else if (option->type != LARDER_BOOL) {
		buffer_add_text (line->into, " -r");
	}
	buffer_add_text (line->into, " -d ");
	fish_text (line->into, option->help);
	buffer_add_char (line->into, '\n');
}

static void
fish (struct buffer *into)
{
	struct fish_line line = { into, "" };
	options_each (global_options, fish_flag, &line);
	for (size_t i = 0; commands[i]; i++) {
		CLEANUP_BUFFER struct buffer condition;
		buffer_init (&condition, 4096);
		const char *name = commands[i]->name, *space = strchr (name, ' ');
		int length = (int) strcspn (name, " ");
		if (is_new_word (i)) {
			buffer_printf (into, "complete -c larder -n __fish_use_subcommand -f -a %.*s -d ", length, name);
			fish_text (into, space ? name : commands[i]->summary);
			buffer_add_char (into, '\n');
		}
		buffer_printf (&condition, " -n '__fish_seen_subcommand_from %.*s", length, name);
		if (space) {
			buffer_printf (into, "complete -c larder%s' -f -a %s -d ", buffer_text (&condition), space + 1);
			fish_text (into, commands[i]->summary);
			buffer_add_char (into, '\n');
			buffer_printf (&condition, "; and __fish_seen_subcommand_from %s", space + 1);
		}
		buffer_add_char (&condition, '\'');
		line.condition = buffer_text (&condition);
		options_each (commands[i]->options, fish_flag, &line);
	}
}

static int
run (struct cli *cli, const void *self, struct larder_error *error)
{
	(void) self;
	const char *shell = cli->operand[0];
	CLEANUP_BUFFER struct buffer text;
	buffer_init (&text, 4 << 20);
	if (strcmp (shell, "bash") == 0)
		bash (&text);
	else if (strcmp (shell, "zsh") == 0) {
		buffer_add_text (&text, "#compdef larder\nautoload -U +X bashcompinit && bashcompinit\n");
		bash (&text);
	} else if (strcmp (shell, "fish") == 0)
		fish (&text);
	else
		return fail_usage (cli, error, "no completion for '%s': there are bash, zsh and fish", shell);
	if (cli->globals.json) {
		struct line line;
		json_line (cli, &line, "completion");
		json_member (&line.json, "shell", shell);
		json_member (&line.json, "text", buffer_text (&text));
		json_line_end (cli, &line);
	} else {
		out_text (cli, buffer_text (&text));
	}
	return 0;
}

const struct larder_cmd cmd_completion = {
	.name = "completion", .summary = "print a completion script", .operands = "bash|zsh|fish",
	.examples = "source <(larder completion bash)|for this shell", .least = 1, .most = 1, .run = run,
};
