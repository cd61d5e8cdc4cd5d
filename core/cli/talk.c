/* talk.c: standard error: errors with their next step, progress, what the library says. */
#include "line.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "text.h"

#define PACE_OVER (10 * NS_PER_S)
#define ETA_MOST 1e9             /* s: whoever stands still has no end */

static bool
colour_wanted (const struct cli *cli)
{
	const char *no = secure_getenv ("NO_COLOR"), *term = secure_getenv ("TERM");
	if (cli->globals.color != WHEN_AUTO)
		return cli->globals.color == WHEN_ALWAYS;
	return cli->talk_terminal && !(no && *no) && !(term && strcmp (term, "dumb") == 0);
}

void
talk_clear_bar (struct cli *cli)
{
	if (cli->bar_drawn)
		fputs ("\r\033[K", stderr);
	cli->bar_drawn = false;
}

static void
put_line (struct cli *cli, const struct buffer *text)
{
	pthread_mutex_lock (&cli->talk);
	talk_clear_bar (cli);
	fputs (buffer_text (text), stderr);
	fflush (stderr);
	pthread_mutex_unlock (&cli->talk);
}

void
say (struct cli *cli, const char *format, ...)
{
	if (cli->globals.quiet)
		return;
	CLEANUP_BUFFER struct buffer text, line;
	buffer_init (&text, 1 << 20);
	buffer_init (&line, 1 << 20);
	char *words = NULL;
	va_list arguments;
	va_start (arguments, format);
	int length = vasprintf (&words, format, arguments);
	va_end (arguments);
	if (length < 0)
		return;
	buffer_add_text (&line, "larder: ");
	text_escape (&line, words);
	buffer_add_char (&line, '\n');
	free (words);
	put_line (cli, &line);
}

/* "  403 AccessDenied, request 7F3A…" */
static void
add_provider (struct buffer *into, const struct larder_error *error)
{
	if (!error->status && !error->provider[0] && !error->request[0])
		return;
	buffer_add_text (into, "  ");
	if (error->status)
		buffer_printf (into, "%d%s", error->status, error->provider[0] ? " " : "");
	text_escape (into, error->provider);
	if (error->request[0]) {
		buffer_add_text (into, ", request ");
		text_escape (into, error->request);
	}
	buffer_add_char (into, '\n');
}

/* What whoever worded the error left open; modules of others may. */
static const char *
next_step (const struct larder_error *error)
{
	if (error->next[0])
		return error->next;
	switch (error->code) {
	case LARDER_E_NOTFOUND: return "check the name; 'larder ls' and 'larder store list' show what is there";
	case LARDER_E_DENIED: return "check the credentials of this profile, and what they may do";
	case LARDER_E_CONFLICT: return "look at what is there ('larder stat'), then try again";
	case LARDER_E_INTEGRITY: return "read it again; if it stays so, restore an earlier version or send it again";
	case LARDER_E_NOSPACE: return "free space or raise the quota, then run it again";
	case LARDER_E_UNAVAILABLE: return "try again later; --verbose tells more";
	case LARDER_E_NOTREADY: return "wait until it is ready, then try again";
	case LARDER_E_UNSUPPORTED: return "`larder module info` lists what a module can do";
	case LARDER_E_LIMIT: return "raise the limit in the configuration, or give less";
	case LARDER_E_CANCELLED: return "run it again; what was reported as done stays done";
	default: return "'larder help' and larder.ini(5) describe commands and configuration";
	}
}

static void
json_error (struct cli *cli, const struct larder_error *error, const char *what)
{
	struct line line;
	json_line (cli, &line, "error");
	json_member (&line.json, "code", larder_code_name (error->code));
	json_put_name (&line.json, "exit");
	json_put_int (&line.json, larder_exit_code (error->code));
	if (what)
		json_member_bytes (&line.json, "key", what);
	json_member (&line.json, "message", error->message);
	json_member (&line.json, "next", next_step (error));
	json_member (&line.json, "provider", error->provider[0] ? error->provider : NULL);
	json_member (&line.json, "request", error->request[0] ? error->request : NULL);
	if (error->status)
		json_member_uint (&line.json, "status", (uint64_t) error->status);
	json_member (&line.json, "file", error->file[0] ? error->file : NULL);
	if (error->line)
		json_member_uint (&line.json, "line", error->line);
	json_line_end (cli, &line);
	out_flush (cli);
}

void
talk_people (struct cli *cli, const struct larder_error *error, const char *what)
{
	CLEANUP_BUFFER struct buffer text;
	buffer_init (&text, 64 << 10);
	bool colour = colour_wanted (cli);
	buffer_add_text (&text, colour ? "\033[31mlarder:\033[0m " : "larder: ");
	if (what && *what && !strstr (error->message, what)) {
		text_escape (&text, what);
		buffer_add_text (&text, ": ");
	}
	text_escape (&text, error->message[0] ? error->message : larder_code_name (error->code));
	buffer_add_char (&text, '\n');
	if (error->file[0]) {
		buffer_add_text (&text, "  ");
		text_escape (&text, error->file);
		if (error->line)
			buffer_printf (&text, ":%" PRIu32, error->line);
		buffer_add_char (&text, '\n');
	}
	add_provider (&text, error);
	buffer_add_text (&text, "  next: ");
	text_escape (&text, next_step (error));
	buffer_add_char (&text, '\n');
	put_line (cli, &text);
}

/* Bytes a second, of the last ten to twenty seconds: what went before, perhaps waiting, says nothing of what comes. */
static double
pace (struct cli *cli, uint64_t moved, int64_t now)
{
	if (!cli->older.at)
		cli->older.at = cli->newer.at = cli->began;
	if (now - cli->newer.at >= PACE_OVER) {
		cli->older = cli->newer;
		cli->newer.at = now;
		cli->newer.moved = moved;
	}
	return now > cli->older.at ? (double) (moved - cli->older.moved) * NS_PER_S / (double) (now - cli->older.at) : 0;
}

/* " of 60.0 MiB" and ", ETA 3.0 s", or nothing where nobody knows how much there is. */
static void
tell_rest (struct cli *cli, uint64_t moved, int64_t now, char ret_of[64], char ret_eta[64])
{
	uint64_t total = __atomic_load_n (&cli->total, __ATOMIC_RELAXED);
	const char *more = __atomic_load_n (&cli->growing, __ATOMIC_RELAXED) ? " or more" : "";
	double rate = pace (cli, moved, now);
	char text[32];
	*ret_of = *ret_eta = '\0';
	if (total <= moved)
		return;
	snprintf (ret_of, 64, " of %s%s", text_from_size (total, text), more);
	if (rate > 0 && (double) (total - moved) / rate < ETA_MOST)
		snprintf (ret_eta, 64, ", ETA %s%s", text_from_duration ((int64_t) ((double) (total - moved) / rate * NS_PER_S), text), more);
}

void
talk_error (struct cli *cli, const struct larder_error *error, const char *what)
{
	if (cli->globals.json)
		json_error (cli, error, what);
	talk_people (cli, error, what);
}

void
talk_item_error (struct cli *cli, const struct larder_error *error, const char *what)
{
	if (cli->globals.json)
		json_error (cli, error, what);
	if (kind_is_told (cli, error))
		talk_people (cli, error, what);
}

void
talk_progress (struct cli *cli, bool live, int64_t now)
{
	uint64_t moved = __atomic_load_n (&cli->moved, __ATOMIC_RELAXED), items = __atomic_load_n (&cli->items, __ATOMIC_RELAXED);
	int64_t spent = now - cli->began;
	char size[32], rate[32], time[32], of[64], eta[64];
	text_from_size (moved, size);
	text_from_size (spent > 0 ? (uint64_t) ((double) moved / ((double) spent / NS_PER_S)) : 0, rate);
	text_from_duration (spent, time);
	tell_rest (cli, moved, now, of, eta);
	pthread_mutex_lock (&cli->talk);
	fprintf (stderr, "%s%" PRIu64 " done, %s%s, %s/s, %s%s%s", live ? "\r" : "larder: ", items, size, of, rate, time, eta, live ? "\033[K" : "\n");
	cli->bar_drawn = live;
	fflush (stderr);
	pthread_mutex_unlock (&cli->talk);
}

bool
talk_shows_progress (const struct cli *cli)
{
	uint32_t when = cli->globals.progress;
	return when == WHEN_ALWAYS || (when == WHEN_AUTO && !cli->globals.quiet);
}

void
talk_waiting (struct cli *cli, const char *text, bool due)
{
	CLEANUP_BUFFER struct buffer line;
	buffer_init (&line, 64 << 10);
	if (!talk_shows_progress (cli) || !(due || cli->talk_terminal))
		return;
	buffer_add_text (&line, "larder: ");
	text_escape (&line, text);
	if (!cli->talk_terminal) {
		buffer_add_char (&line, '\n');
		put_line (cli, &line);
		return;
	}
	pthread_mutex_lock (&cli->talk);
	fprintf (stderr, "\r%s\033[K", buffer_text (&line));
	cli->bar_drawn = true;
	fflush (stderr);
	pthread_mutex_unlock (&cli->talk);
}

void
talk_waiting_on (struct cli *cli, const char *text)
{
	int64_t now = clock_boot ();
	bool due = now - (cli->waited_at ? cli->waited_at : cli->began) >= 30 * NS_PER_S;
	cli->waited_at = due ? now : cli->waited_at;
	talk_waiting (cli, text, due);
}

void
talk_log (void *context, int level, const char *text)
{
	struct cli *cli = context;
	if (level > LARDER_LOG_WARN && !cli->globals.verbose)
		return;
	say (cli, "%s%s", level == LARDER_LOG_ERROR ? "error: " : level == LARDER_LOG_WARN ? "warning: " : "", text);
}
