/* items.c: counting what happened to each item, and telling it. */
#include "cdn.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "error.h"
#include "text.h"

void
item_done (struct cli *cli, uint64_t bytes)
{
	cli->summary.scanned++;
	cli->summary.done++;
	cli->summary.bytes += bytes;
	__atomic_add_fetch (&cli->items, 1, __ATOMIC_RELAXED);
}

void
item_failed (struct cli *cli, const char *what, const struct larder_error *error, int code, bool refused)
{
	cli->summary.scanned++;
	if (refused)
		cli->summary.refused++;
	else
		cli->summary.failed++;
	if (!cli->first_failure)
		cli->first_failure = code;
	if (cli->first_failure != code)
		cli->failures_differ = true;
	talk_item_error (cli, error, what);
}

int
items_exit (const struct cli *cli)
{
	const struct larder_summary *sum = &cli->summary;
	if (sum->failed + sum->refused == 0)
		return 0;
	bool verdict = cli->cmd && cli->cmd->verdict;
	if ((sum->done + sum->skipped > 0 && !verdict) || cli->failures_differ || !cli->first_failure)
		return 1;
	return larder_exit_code (cli->first_failure);
}

static void
json_event (struct cli *cli, const struct larder_event *event)
{
	struct line line;
	json_line (cli, &line, "object");
	json_member (&line.json, "action", event->action);
	if (event->from)
		json_member_bytes (&line.json, "src", event->from);
	if (event->to)
		json_member_bytes (&line.json, "dst", event->to);
	json_member (&line.json, "version", event->version);
	json_member (&line.json, "reason", event->reason);
	json_member_uint (&line.json, "bytes", event->bytes);
	json_line_end (cli, &line);
	out_flush_soon (cli);
}

static void
people_event (struct cli *cli, const struct larder_event *event)
{
	char size[32];
	if (strcmp (event->action, "skipped") == 0 || event->reason) {
		say (cli, "%s %s: %s", event->action, event->from, event->reason ? event->reason : "by rule");
		return;
	}
	bool known = strcmp (event->action, "same") == 0;      /* nobody reads a million lines that say so */
	if (cli->globals.quiet || (known && !cli->globals.verbose))
		return;
	out_printf (cli, "%s ", event->action);
	out_name (cli, event->from ? event->from : "");
	if (event->to) {
		out_text (cli, " -> ");
		out_name (cli, event->to);
	}
	if (event->version) {
		out_text (cli, "  version ");
		out_name (cli, event->version);
	}
	if (!strstr (event->action, "remove"))
		out_printf (cli, "  %s", text_from_size (event->bytes, size));
	out_text (cli, "\n");
	out_flush_soon (cli);
}

void
moved_event (struct cli *cli, const struct larder_event *event)
{
	__atomic_store_n (&cli->total, event->total ? cli->moved_before + event->total : 0, __ATOMIC_RELAXED);
	__atomic_store_n (&cli->growing, event->growing, __ATOMIC_RELAXED);
	__atomic_add_fetch (&cli->moved, event->bytes, __ATOMIC_RELAXED);
}

/* What is about to be changed: no item of its own. */
static bool
is_before (struct cli *cli, const struct larder_event *event)
{
	bool creates = strcmp (event->action, "creates") == 0;
	if (creates)
		edges_created (cli);
	else if (strcmp (event->action, "replaces") == 0 || strcmp (event->action, "removes") == 0)
		edges_add (cli, event->to ? event->to : event->from);
	else
		return false;
	return true;
}

int
transfer_event (void *context, const struct larder_event *event)
{
	struct cli *cli = context;
	if (strcmp (event->action, "progress") == 0) {
		moved_event (cli, event);
		out_flush_soon (cli);
		return cli_stopped (cli) ? LARDER_E_CANCELLED : 0;
	}
	if (is_before (cli, event))
		return cli_stopped (cli) ? LARDER_E_CANCELLED : 0;
	if (event->error && event->error->code < 0) {
		cli->differ += strcmp (event->action, "differs") == 0;
		cli->missing += strcmp (event->action, "missing") == 0;
		if (cli->globals.json)
			json_event (cli, event);
		talk_item_error (cli, event->error, event->from);
	} else {
		__atomic_add_fetch (&cli->items, 1, __ATOMIC_RELAXED);
		bool removed = strstr (event->action, "remove") != NULL;
		cli->removed += removed;
		if (cli->early && (removed || strcmp (event->action, "moved") == 0 || strcmp (event->action, "would-move") == 0))
			larder_early_add (cli->early, event);
		if (cli->globals.json)
			json_event (cli, event);
		else
			people_event (cli, event);
		if (strcmp (event->action, "waiting") == 0)       /* for hours, it may be */
			out_flush (cli);
	}
	return cli_stopped (cli) ? LARDER_E_CANCELLED : 0;
}

/* "3 restored, 1 removed" */
static void
tell_done (const struct cli *cli, uint64_t done, char *ret, size_t room)
{
	const char *would = cli->globals.dry_run ? "would be " : "", *word = cli->cmd->done_word ? cli->cmd->done_word : "done";
	if (cli->cmd->both_ways)
		snprintf (ret, room, "%" PRIu64 " %s%s, %" PRIu64 " %sremoved", done - cli->removed, would, word, cli->removed, would);
	else
		snprintf (ret, room, "%" PRIu64 " %s%s", done, would, word);
}

int
summary_add (struct larder_summary *sum, const struct larder_summary *more, int before, int code)
{
	bool first = sum->failed + sum->refused == 0;
	sum->scanned += more->scanned;
	sum->done += more->done;
	sum->skipped += more->skipped;
	sum->again += more->again;
	sum->refused += more->refused;
	sum->failed += more->failed;
	sum->bytes += more->bytes;
	sum->code = first ? more->code : more->failed + more->refused == 0 || sum->code == more->code ? sum->code : 0;
	sum->ended = more->ended;
	return before ? before : code;
}

int
transfer_finish (struct cli *cli, int code, const struct larder_summary *sum, struct larder_error *error)
{
	cli->summary = *sum;
	cli->first_failure = sum->code;
	char size[32], time[32], done[128], unlike[96] = "";
	out_flush (cli);
	kinds_rest (cli);
	if (sum->scanned > 1 || (cli->cmd && cli->cmd->verdict && sum->scanned == 1)) {
		tell_done (cli, sum->done, done, sizeof done);
		if (cli->differ + cli->missing > 0)
			snprintf (unlike, sizeof unlike, " (%" PRIu64 " differ, %" PRIu64 " missing)", cli->differ, cli->missing);
		say (cli, "%s, %" PRIu64 " skipped, %" PRIu64 " refused, %" PRIu64 " failed%s, %s in %s", done, sum->skipped, sum->refused, sum->failed, unlike,
		     text_from_size (sum->bytes, size), text_from_duration (clock_boot () - cli->began, time));
	}
	if (sum->ended || sum->failed + sum->refused == 0)
		return code;
	if (error)
		error->message[0] = '\0';
	return 0;
}

int
transfer_run (struct cli *cli, const struct larder_transfer *request, struct larder_error *error)
{
	struct larder_summary sum = { .size = sizeof sum };
	cli->progress_on = true;
	int code = larder_transfer (cli->larder, request, transfer_event, cli, &sum, error);
	cli->progress_on = false;
	return transfer_finish (cli, code, &sum, error);
}

int
operands_each (struct cli *cli, enum open_how how, operand_fn each, const void *self, struct larder_error *error)
{
	int code = cli_open (cli, how, error);
	for (int i = 0; code == 0 && i < cli->operands; i++) {
		struct larder_error one = LARDER_ERROR_INIT;
		int failed = each (cli, self, cli->operand[i], &one);
		if (failed == LARDER_E_CANCELLED)
			return failed;
		if (failed < 0)
			item_failed (cli, cli->operand[i], &one, failed, false);
	}
	return code;
}
