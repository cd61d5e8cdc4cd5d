/* main.c: find the command, parse its flags, run it, end with the right status. */
#include "line.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "clock.h"
#include "error.h"

int
fail_usage (struct cli *cli, struct larder_error *error, const char *format, ...)
{
	va_list arguments;
	va_start (arguments, format);
	error_set (error, LARDER_E_USAGE, format, arguments);
	va_end (arguments);
	char next[160];
	snprintf (next, sizeof next, "larder %s%s--help", cli->cmd ? cli->cmd->name : "", cli->cmd ? " " : "");
	larder_explain (error, LARDER_DETAIL_NEXT, next);
	return LARDER_E_USAGE;
}

/* ---- finding the command ---- */

static const struct larder_option *
global_by_key (const char *key, size_t length)
{
	for (const struct larder_option *option = global_options; option->key; option++)
		if (strlen (option->key) == length && memcmp (option->key, key, length) == 0)
			return option;
	return NULL;
}

/* Does this flag, standing before the command, take the next argument? */
static bool
takes_next (const char *flag)
{
	const struct larder_option *option = NULL;
	if (strncmp (flag, "--", 2) == 0)
		option = strchr (flag, '=') ? NULL : global_by_key (flag + 2, strlen (flag + 2));
	else
		for (const struct larder_option *at = global_options; at->key; at++)
			if (at->letter && at->letter == flag[strlen (flag) - 1])
				option = at;
	return option && option->type != LARDER_BOOL;
}

/* Index of the next word that is no flag, from `at` on; argc if there is none. */
static int
next_word (int argc, char **argv, int at)
{
	for (; at < argc; at++) {
		if (strcmp (argv[at], "--") == 0)
			return argc;
		if (argv[at][0] != '-' || !argv[at][1])
			return at;
		if (takes_next (argv[at]))
			at++;
	}
	return argc;
}

static void
drop (int *argc, char **argv, int at)
{
	memmove (argv + at, argv + at + 1, (size_t) (*argc - at) * sizeof *argv);
	(*argc)--;
}

static int
fail_unknown (struct larder_error *error, const char *first, const char *second)
{
	char words[160], next[200];
	snprintf (words, sizeof words, "%s%s%s", first, second ? " " : "", second ? second : "");
	larder_fail (error, LARDER_E_USAGE, "no command '%s'", words);
	const char *nearest = command_nearest (words);
	if (!nearest)
		nearest = command_nearest (first);
	if (nearest)
		snprintf (next, sizeof next, "did you mean 'larder %s'? 'larder help' lists the commands", nearest);
	else
		snprintf (next, sizeof next, "'larder help' lists the commands");
	larder_explain (error, LARDER_DETAIL_NEXT, next);
	return LARDER_E_USAGE;
}

/* Sets cli->cmd and takes its words out of argv. A bare area with --help leaves cmd NULL and sets *ret_area. */
static int
find_command (struct cli *cli, int *argc, char **argv, const char **ret_area, struct larder_error *error)
{
	int at = next_word (*argc, argv, 1);
	if (at == *argc)
		return 0;
	const char *first = argv[at];
	cli->cmd = command_find (first, NULL);
	if (cli->cmd) {
		drop (argc, argv, at);
		return 0;
	}
	int next = next_word (*argc, argv, at + 1);
	const char *second = next < *argc ? argv[next] : NULL;
	cli->cmd = second ? command_find (first, second) : NULL;
	if (cli->cmd) {
		drop (argc, argv, next);
		drop (argc, argv, at);
		return 0;
	}
	CLEANUP_BUFFER struct buffer unused;
	buffer_init (&unused, 1 << 20);
	if (!second && help_area (&unused, first) == 0) {
		*ret_area = first;
		return 0;
	}
	return fail_unknown (error, first, second);
}

/* ---- parsing ---- */

/* The command's table behind the global one, for one block of memory that holds both structs. */
static struct larder_option *
whole_table (const struct larder_option *options)
{
	size_t globals = 0, own = 0;
	while (global_options[globals].key)
		globals++;
	while (options && options[own].key)
		own++;
	struct larder_option *table = calloc (globals + own + 1, sizeof *table);
	if (!table)
		return NULL;
	memcpy (table, global_options, globals * sizeof *table);
	for (size_t i = 0; i < own; i++) {
		table[globals + i] = options[i];
		table[globals + i].at += sizeof (struct globals);
	}
	return table;
}

struct parsed { struct larder_option *table; char *self; struct larder_values *values; };

static void
parsed_free (struct parsed *parsed)
{
	larder_values_free (parsed->values);
	free (parsed->table);
	free (parsed->self);
}

static int
parse_flags (struct cli *cli, struct parsed *parsed, int *argc, char **argv, struct larder_error *error)
{
	parsed->table = whole_table (cli->cmd ? cli->cmd->options : NULL);
	parsed->self = calloc (1, sizeof (struct globals) + (cli->cmd ? cli->cmd->self_size : 0));
	if (!parsed->table || !parsed->self)
		return larder_fail_memory (error);
	int code = larder_options_parse (parsed->table, sizeof *parsed->table, parsed->self, argc, argv, &parsed->values, error);
	if (code < 0) {
		char next[160];
		snprintf (next, sizeof next, "larder %s%s--help", cli->cmd ? cli->cmd->name : "", cli->cmd ? " " : "");
		if (!error->next[0])
			larder_explain (error, LARDER_DETAIL_NEXT, next);
		return code;
	}
	memcpy (&cli->globals, parsed->self, sizeof cli->globals);
	cli->values = parsed->values;
	cli->operands = *argc - 1;
	cli->operand = argv + 1;
	return 0;
}

static int
check_operands (struct cli *cli, struct larder_error *error)
{
	const struct larder_cmd *cmd = cli->cmd;
	if (cli->operands < cmd->least)
		return fail_usage (cli, error, "'larder %s' needs %s", cmd->name, cmd->operands);
	if (cmd->most >= 0 && cli->operands > cmd->most)
		return fail_usage (cli, error, "'larder %s' does not know what to do with '%s'", cmd->name, cli->operand[cmd->most]);
	return 0;
}

/* ---- running ---- */

static bool
asked_before (int argc, char **argv, const char *flag, const char *letter)
{
	for (int i = 1; i < argc && strcmp (argv[i], "--") != 0; i++)
		if (strcmp (argv[i], flag) == 0 || (letter && strcmp (argv[i], letter) == 0))
			return true;
	return false;
}

static int
show_help (struct cli *cli, const char *area)
{
	CLEANUP_BUFFER struct buffer text;
	buffer_init (&text, 4 << 20);
	if (cli->cmd)
		help_command (&text, cli->cmd);
	else if (!area || help_area (&text, area) < 0)
		help_all (&text);
	if (cli->globals.json) {
		struct line line;
		json_line (cli, &line, "help");
		json_member (&line.json, "text", buffer_text (&text));
		json_line_end (cli, &line);
	} else {
		out_text (cli, buffer_text (&text));
	}
	return 0;
}

static int
run (struct cli *cli, int argc, char **argv, struct larder_error *error)
{
	const char *area = NULL;
	cli->globals.json = asked_before (argc, argv, "--json", NULL);
	bool help = asked_before (argc, argv, "--help", "-h");
	if (asked_before (argc, argv, "--version", NULL) && next_word (argc, argv, 1) == argc) {
		cli->cmd = command_find ("version", NULL);
		return cli->cmd->run (cli, NULL, error);
	}
	int code = find_command (cli, &argc, argv, &area, error);
	if (code < 0)
		return code;
	if (help)
		return show_help (cli, area);
	if (area) {
		char next[160];
		snprintf (next, sizeof next, "larder %s --help", area);
		larder_fail (error, LARDER_E_USAGE, "'larder %s' needs a second word", area);
		larder_explain (error, LARDER_DETAIL_NEXT, next);
		return LARDER_E_USAGE;
	}
	CLEANUP (parsed_free) struct parsed parsed = { 0 };
	code = parse_flags (cli, &parsed, &argc, argv, error);
	if (code < 0)
		return code;
	if (!cli->cmd) {
		help_short (cli);
		return 0;
	}
	code = check_operands (cli, error);
	if (code == 0 && cli->globals.replica && !cli->cmd->replica)
		code = fail_usage (cli, error, "--replica is for commands that read objects, as get, cat, ls, stat, verify and sync");
	if (code == 0)
		code = cli->cmd->run (cli, parsed.self + sizeof (struct globals), error);
	code = larder_late (cli->larder, code, error);
	kinds_rest (cli);
	cli_close (cli);
	cli->values = NULL;
	return code;
}

/* Everything is written, or it is known that nobody reads. */
static void
finish_output (struct cli *cli, int *status)
{
	if (cli->globals.json)
		json_summary (cli, *status);
	out_flush (cli);
	if (cli->out_broken && cli->out_errno == EPIPE) {
		signal (SIGPIPE, SIG_DFL);
		raise (SIGPIPE);
	}
	if (cli->out_broken && cli->out_errno && !cli->signal_seen) {
		struct larder_error error = LARDER_ERROR_INIT;
		int code = larder_fail_errno (&error, cli->out_errno, "cannot write standard output");
		cli->globals.json = false;
		talk_error (cli, &error, NULL);
		/* The run was cancelled because of it. */
		if (*status == 0 || *status == larder_exit_code (LARDER_E_CANCELLED))
			*status = larder_exit_code (code);
	}
	buffer_free (&cli->out);
}

static int
status_of (struct cli *cli, int code, struct larder_error *error)
{
	if (cli->signal_seen && (code == LARDER_E_CANCELLED || code == 0)) {
		if (code == 0 && items_exit (cli) == 0 && cli->summary.scanned)
			return 0;
		say (cli, "stopped by SIG%s; run it again: what is done stays done, and large transfers go on where they were", sigabbrev_np (cli->signal_seen));
		return 128 + cli->signal_seen;
	}
	if (code < 0) {
		if (error->message[0] && !(cli->out_broken && code == LARDER_E_CANCELLED))
			talk_error (cli, error, NULL);
		return larder_exit_code (code);
	}
	int status = items_exit (cli);
	return status ? status : cli->status_when_well;
}

/* A descriptor closed at the start would become the first file that is opened. What is written to such goes nowhere;
 * reading from such an input fails, for it is not an empty one. */
static void
hold_standard (void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl (fd, F_GETFD) < 0 && open ("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDWR) < 0)
			_exit (larder_exit_code (LARDER_E_UNAVAILABLE));
}

/* Debian's libcurl brings GnuTLS, for a protocol that nobody here speaks. What it sets up when it is loaded costs 0.8 MiB and half a millisecond; a
 * module that does use it says so by gnutls_global_init. */
static void
spare_gnutls (void)
{
	(void) setenv ("GNUTLS_NO_IMPLICIT_INIT", "1", 0);
}

/* What was freed goes back to the system: not a heap for each thread, and of each heap's end no more than is soon wanted again. A process that is
 * not ours has its own rules, so this is no matter of the library. */
static void
spare_heaps (void)
{
	(void) mallopt (M_ARENA_MAX, 4);
	(void) mallopt (M_TRIM_THRESHOLD, 64 << 10);
}

int
main (int argc, char **argv)
{
	hold_standard ();
	spare_gnutls ();
	spare_heaps ();
	struct stat out;
	struct cli cli = {
		.summary = { .size = sizeof cli.summary }, .talk = PTHREAD_MUTEX_INITIALIZER,
		.stop_fd = -1, .wake_fd = -1, .began = clock_boot (),
		.talk_terminal = isatty (STDERR_FILENO) != 0,
	};
	cli.out_pollable = fstat (STDOUT_FILENO, &out) == 0 && !S_ISREG (out.st_mode);
	buffer_init (&cli.out, 1 << 20);
	signal (SIGPIPE, SIG_IGN);
	struct larder_error error = LARDER_ERROR_INIT;
	int code = run (&cli, argc, argv, &error);
	cli_close (&cli);
	(void) malloc_trim (0);             /* or the end, where each library reads pages of its own once more, is where memory peaks */
	int status = status_of (&cli, code, &error);
	finish_output (&cli, &status);
	return status;
}
