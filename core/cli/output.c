/* output.c: standard output: data for people in aligned columns, or lines of JSON. */
#include "line.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "text.h"

#define FLUSH_AT (64 << 10)
#define FLUSH_EVERY (NS_PER_S / 20)
#define PIPE_STEP 4096   /* a pipe that polls writable takes this much without blocking */

/* Wait until stdout takes bytes or a signal ends the run: a reader that stopped must not hold an interrupt up. */
static bool
may_write (struct cli *cli)
{
	if (!cli->out_pollable || cli->stop_fd < 0)
		return true;
	struct pollfd polled[2] = { { STDOUT_FILENO, POLLOUT, 0 }, { cli->stop_fd, POLLIN, 0 } };
	while (poll (polled, 2, -1) < 0)
		if (errno != EINTR)
			return true;
	return polled[0].revents != 0;
}

static void
write_out (struct cli *cli, const char *at, size_t left)
{
	while (left > 0 && !cli->out_broken) {
		if (!may_write (cli)) {
			cli->out_broken = true;
			return;
		}
		size_t step = cli->out_pollable && left > PIPE_STEP ? PIPE_STEP : left;
		ssize_t wrote = write (STDOUT_FILENO, at, step);
		if (wrote < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (wrote < 0) {
			cli->out_broken = true;
			cli->out_errno = errno;
			if (cli->larder)
				larder_cancel (cli->larder);
			return;
		}
		at += wrote;
		left -= (size_t) wrote;
	}
}

void
out_flush (struct cli *cli)
{
	write_out (cli, buffer_text (&cli->out), cli->out.length);
	buffer_clear (&cli->out);
}

void
out_flush_soon (struct cli *cli)
{
	int64_t now = clock_boot ();
	if (cli->out.length && now - cli->out_flushed >= FLUSH_EVERY) {
		cli->out_flushed = now;
		out_flush (cli);
	}
}

void
out_bytes (struct cli *cli, const void *bytes, size_t count)
{
	if (cli->out.length + count > FLUSH_AT)
		out_flush (cli);
	if (count > FLUSH_AT)
		write_out (cli, bytes, count);
	else
		buffer_add (&cli->out, bytes, count);
}

void
out_text (struct cli *cli, const char *text)
{
	out_bytes (cli, text, strlen (text));
}

void
out_printf (struct cli *cli, const char *format, ...)
{
	char *text = NULL;
	va_list arguments;
	va_start (arguments, format);
	int length = vasprintf (&text, format, arguments);
	va_end (arguments);
	if (length >= 0)
		out_bytes (cli, text, (size_t) length);
	free (length >= 0 ? text : NULL);
}

void
out_pad (struct cli *cli, size_t count)
{
	static const char blanks[] = "                ";
	for (size_t step; count > 0; count -= step) {
		step = count < sizeof blanks - 1 ? count : sizeof blanks - 1;
		out_bytes (cli, blanks, step);
	}
}

void
out_name (struct cli *cli, const char *name)
{
	if (cli->out.length + 4 * strlen (name) > FLUSH_AT)
		out_flush (cli);
	text_escape (&cli->out, name);
}

/* ---- lines of JSON ---- */

static void
line_begin (struct line *line, const char *type)
{
	buffer_init (&line->text, 16 << 20);
	json_begin (&line->json, &line->text);
	json_put_object (&line->json);
	json_member (&line->json, "type", type);
}

static void
line_end (struct cli *cli, struct line *line)
{
	json_put_object_end (&line->json);
	buffer_add_char (&line->text, '\n');
	out_text (cli, buffer_text (&line->text));
	buffer_free (&line->text);
}

void
json_line (struct cli *cli, struct line *line, const char *type)
{
	if (!cli->json_begun) {
		cli->json_begun = true;
		line_begin (line, "version");
		json_member (&line->json, "schema", SCHEMA_VERSION);
		json_member (&line->json, "larder", larder_version ());
		line_end (cli, line);
	}
	line_begin (line, type);
}

void
json_line_end (struct cli *cli, struct line *line)
{
	line_end (cli, line);
}

void
json_summary (struct cli *cli, int exit_status)
{
	const struct larder_summary *sum = &cli->summary;
	struct line line;
	json_line (cli, &line, "summary");
	json_member_uint (&line.json, "scanned", sum->scanned);
	json_member_uint (&line.json, "done", sum->done);
	bool dry = cli->globals.dry_run, both_ways = cli->cmd && cli->cmd->both_ways;
	if (cli->cmd && cli->cmd->done_word)
		json_member_uint (&line.json, dry ? cli->cmd->would_word : cli->cmd->done_word, sum->done - (both_ways ? cli->removed : 0));
	if (both_ways)
		json_member_uint (&line.json, dry ? "would_remove" : "removed", cli->removed);
	json_member_uint (&line.json, "skipped", sum->skipped);
	json_member_uint (&line.json, "refused", sum->refused);
	if (cli->cmd && cli->cmd->verdict) {
		json_member_uint (&line.json, "differs", cli->differ);
		json_member_uint (&line.json, "missing", cli->missing);
	}
	json_member_uint (&line.json, "failed", sum->failed);
	json_member_uint (&line.json, "bytes", sum->bytes);
	json_member_uint (&line.json, "again", sum->again);
	json_put_name (&line.json, "exit");
	json_put_int (&line.json, exit_status);
	json_line_end (cli, &line);
}

/* ---- columns ---- */

void
table_begin (struct table *table, size_t columns)
{
	*table = (struct table) { .columns = columns };
	buffer_init (&table->cells, 64 << 20);
}

void
table_begin_heads (struct cli *cli, struct table *table, const char *const *heads, size_t columns)
{
	table_begin (table, columns);
	for (size_t i = 0; i < columns && !cli->globals.json; i++)
		table_cell (table, heads[i]);
}

void
table_cell (struct table *table, const char *text)
{
	text_escape (&table->cells, text ? text : "");
	buffer_add (&table->cells, "", 1);
	table->count++;
}

/* Characters, not bytes: names may be any UTF-8. */
static size_t
width_of (const char *text)
{
	size_t width = 0;
	for (; *text; text++)
		width += ((unsigned char) *text & 0xc0) != 0x80;
	return width;
}

void
table_end (struct cli *cli, struct table *table)
{
	size_t widths[8] = { 0 }, i = 0;
	const char *end = table->cells.at + table->cells.length;
	for (const char *at = table->cells.at; at && at < end; at += strlen (at) + 1, i++)
		if (width_of (at) > widths[i % table->columns])
			widths[i % table->columns] = width_of (at);
	i = 0;
	for (const char *at = table->cells.at; at && at < end; at += strlen (at) + 1, i++) {
		size_t column = i % table->columns, pad = widths[column] - width_of (at);
		bool last = column + 1 == table->columns;
		if (table->right[column])
			out_pad (cli, pad);
		out_text (cli, at);
		if (!table->right[column] && !last)
			out_pad (cli, pad);
		out_text (cli, last ? "\n" : "  ");
	}
	buffer_free (&table->cells);
}

void
out_fact (struct cli *cli, const char *name, const char *value)
{
	if (!value || !*value)
		return;
	out_printf (cli, "  %-16s ", name);
	out_name (cli, value);
	out_text (cli, "\n");
}
