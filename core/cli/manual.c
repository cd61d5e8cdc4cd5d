/* manual.c: larder(1) from the same tables as the help. */
#include "cli.h"

#include <string.h>

/* Text for roff: backslashes and hyphens escaped, lines that begin with a dot or quote protected. */
static void
add_roff (struct buffer *into, const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		bool first = into->length == 0 || into->at[into->length - 1] == '\n';
		if (first && (text[i] == '.' || text[i] == '\''))
			buffer_add_text (into, "\\&");
		if (text[i] == '\\')
			buffer_add_text (into, "\\e");
		else if (text[i] == '-')
			buffer_add_text (into, "\\-");
		else if (strncmp (text + i, "…", strlen ("…")) == 0) {
			buffer_add_text (into, "...");
			i += strlen ("…") - 1;
		} else
			buffer_add_char (into, text[i]);
	}
}

static void
add_text (struct buffer *into, const char *text)
{
	add_roff (into, text, strlen (text));
}

/* Paragraphs, separated by empty lines. */
static void
add_paragraphs (struct buffer *into, const char *text)
{
	for (const char *at = text; *at;) {
		const char *end = strstr (at, "\n\n");
		size_t length = end ? (size_t) (end - at) : strlen (at);
		buffer_add_text (into, ".PP\n");
		add_roff (into, at, length);
		buffer_add_char (into, '\n');
		at += length;
		at += strspn (at, "\n");
	}
}

static void
add_option (void *context, const struct larder_option *option)
{
	struct buffer *into = context;
	const char *argument = option_argument (option);
	buffer_add_text (into, ".TP\n");
	if (option->letter)
		buffer_printf (into, "\\fB\\-%c\\fR, ", option->letter);
	buffer_add_text (into, "\\fB\\-\\-");
	add_text (into, option->key);
	buffer_add_text (into, "\\fR");
	if (argument) {
		buffer_add_text (into, " \\fI");
		add_text (into, argument);
		buffer_add_text (into, "\\fR");
	}
	buffer_add_char (into, '\n');
	add_text (into, option->help);
	if (option->def && option->type != LARDER_BOOL) {
		buffer_add_text (into, " [");
		add_text (into, option->def);
		buffer_add_char (into, ']');
	}
	buffer_add_char (into, '\n');
}

static void
add_examples (struct buffer *into, const char *examples)
{
	for (const char *at = examples; at && *at; at += strcspn (at, "\n"), at += *at == '\n') {
		size_t length = strcspn (at, "\n"), bar = example_bar (at, length);
		buffer_add_text (into, ".TP\n\\fB");
		add_roff (into, at, bar);
		buffer_add_text (into, "\\fR\n");
		if (bar < length)
			add_roff (into, at + bar + 1, length - bar - 1);
		buffer_add_char (into, '\n');
	}
}

static void
add_command (struct buffer *into, const struct larder_cmd *cmd)
{
	buffer_add_text (into, ".SS larder ");
	add_text (into, cmd->name);
	if (cmd->options)
		buffer_add_text (into, " [OPTION...]");
	if (cmd->operands) {
		buffer_add_char (into, ' ');
		add_text (into, cmd->operands);
	}
	buffer_add_char (into, '\n');
	add_text (into, cmd->summary);
	buffer_add_text (into, ".\n");
	if (cmd->text)
		add_paragraphs (into, cmd->text);
	options_each (cmd->options, add_option, into);
	add_examples (into, cmd->examples);
}

static const char head[] =
	".\\\" Made by 'larder help --man' from the tables of the commands; do not edit.\n"
	".TH LARDER 1 \"\" larder\n"
	".SH NAME\nlarder \\- stores for pictures and models, through modules\n"
	".SH SYNOPSIS\n\\fBlarder\\fR [\\fIOPTION\\fR...] \\fICOMMAND\\fR [\\fIOPTION\\fR...] [\\fIOPERAND\\fR...]\n"
	".SH DESCRIPTION\n"
	"larder takes pictures in, and moves objects between stores and files. Which stores there are, a pipeline file says "
	"(see larder.ini(5)); where they are, a profile beside it. There is no default profile.\n"
	".PP\nData goes to standard output, talk to standard error.\n"
	".SH ADDRESSES\n"
	"\\fISTORE\\fR:\\fIKEY\\fR names an object, by a store of the pipeline. A name without colon, and one that begins with / or ./, "
	"is a local file; \\- is standard input or output. A path ends at a separator: images:logs means the object logs and "
	"what is below logs/, never logs.json. s3://\\fIBUCKET\\fR/\\fIKEY\\fR names an object of a bucket that no store tells of: on the one "
	"[backend] whose driver claims s3://, or the one that \\-\\-backend names; what a store would say of it (class, cache, encryption) is left to the service.\n";

static const char tail[] =
	".SH OUTPUT OF \\-\\-json\n"
	"One JSON value a line. The first has type version, the last type summary, also after a failure and after SIGTERM; in it "
	"scanned is the sum of done, skipped, refused and failed, done that of copied and removed where a command does both, and again counts the objects and parts that went once more because their bytes "
	"had been damaged on the way. Keys that are not UTF\\-8 also appear as NAME_b64.\n"
	".SH EXIT STATUS\n"
	".TP\n0\nall done\n"
	".TP\n1\nsome of several items failed, or for different reasons\n"
	".TP\n2\nusage, configuration, not supported, over a limit\n"
	".TP\n3\nnot found\n"
	".TP\n4\ncredentials or permission\n"
	".TP\n5\nconflict: exists already, lock held, refused by a guard\n"
	".TP\n6\nintegrity: checksum, damaged picture, source changed\n"
	".TP\n7\nno space, or quota\n"
	".TP\n8\nnetwork or service, after retries\n"
	".TP\n9\nnot ready: archived and not restored, or in progress\n"
	".TP\n10\nthe plan has changes\n"
	".TP\n130, 143\ninterrupted, terminated\n"
	".PP\nWhere one item was asked for, or all failed for one reason, it is that reason's status.\n"
	".SH ENVIRONMENT\n"
	".TP\nLARDER_CONFIG, LARDER_PROFILE, LARDER_MODULE_DIR\nas the options \\-\\-config, \\-\\-profile, \\-\\-module\\-dir\n"
	".TP\nNO_COLOR\nno colour, when set and not empty\n"
	".SH SIGNALS\n"
	"SIGINT and SIGTERM end what runs, leave nothing half written, and print the summary; a second one ends the process at once.\n"
	".SH SEE ALSO\nlarder.ini(5), larder\\-driver(3), larder\\-codec(3)\n";

/* Lines of text no longer than 79 bytes, broken at spaces; macros stay whole. */
static void
fold (struct buffer *into, const char *text)
{
	for (const char *line = text; *line;) {
		size_t length = strcspn (line, "\n"), at = 79;
		if (*line != '.' && length > at) {
			while (at > 0 && (line[at] != ' ' || line[at + 1] == '.' || line[at + 1] == '\''))
				at--;
			length = at > 0 ? at : length;
		}
		buffer_add (into, line, length);
		buffer_add_char (into, '\n');
		line += length + (line[length] != '\0');
	}
}

void
manual (struct buffer *into)
{
	CLEANUP_BUFFER struct buffer text;
	buffer_init (&text, 4 << 20);
	buffer_add_text (&text, head);
	buffer_add_text (&text, ".SH OPTIONS\nThey stand before or after the command.\n");
	options_each (global_options, add_option, &text);
	buffer_add_text (&text, ".SH COMMANDS\n");
	for (size_t i = 0; commands[i]; i++)
		add_command (&text, commands[i]);
	buffer_add_text (&text, tail);
	fold (into, buffer_text (&text));
}
