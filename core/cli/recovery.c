/* recovery.c: what a long action of a service tells, for people and as JSON. */
#include "recovery.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "arguments.h"
#include "clock.h"
#include "error.h"
#include "text.h"

static const char *const steps[] = {
	[LARDER_RECOVERY_PLANNED] = "planned", [LARDER_RECOVERY_STARTED] = "started", [LARDER_RECOVERY_RUNNING] = "running", [LARDER_RECOVERY_DONE] = "done",
};

/* "left" is a list, all else a value. */
static void
json_results (struct json *json, const struct larder_recovery_event *event)
{
	for (size_t n = 0; n < event->results.count; n++) {
		const struct larder_pair *pair = larder_pair_at (&event->results, n);
		if (strcmp (pair->name, "left") != 0)
			json_member (json, pair->name, pair->value);
	}
	json_put_name (json, "left");
	json_put_array (json);
	for (size_t n = 0; n < event->results.count; n++) {
		const struct larder_pair *pair = larder_pair_at (&event->results, n);
		if (strcmp (pair->name, "left") == 0)
			json_put_text (json, pair->value);
	}
	json_put_array_end (json);
}

static void
json_event (struct cli *cli, const struct larder_recovery_event *event)
{
	struct line line;
	json_line (cli, &line, "action");
	json_member (&line.json, "step", steps[event->step]);
	json_member (&line.json, "action", event->action);
	json_member (&line.json, event->kind, event->section);
	json_member (&line.json, "from", event->from);
	json_member (&line.json, "to", event->to);
	json_member (&line.json, "token", event->token);
	json_member (&line.json, "message", event->message);
	if (event->percent >= 0)
		json_member_uint (&line.json, "percent", (uint64_t) event->percent);
	if (event->step == LARDER_RECOVERY_RUNNING)
		json_member_uint (&line.json, "seconds", (uint64_t) (event->waited / NS_PER_S));
	if (event->step == LARDER_RECOVERY_DONE)
		json_results (&line.json, event);
	json_line_end (cli, &line);
	out_flush_soon (cli);
}

static void
tell_running (struct cli *cli, const struct larder_recovery_event *event)
{
	enum { EVERY = 30 };
	char text[640], waited[32], percent[24] = "";
	if (event->percent >= 0)
		snprintf (percent, sizeof percent, ", %" PRId32 "%%", event->percent);
	snprintf (text, sizeof text, "[%s \"%s\"]: %s of %s%s%s%s%s%s, for %s", event->kind, event->section, event->action, event->from, event->to ? " to " : "", event->to ? event->to : "",
		event->message ? ": " : "", event->message ? event->message : "", percent, text_from_duration (event->waited, waited));
	talk_waiting (cli, text, event->waited / (EVERY * NS_PER_S) > (event->before < 0 ? 0 : event->before) / (EVERY * NS_PER_S));
}

/* What a service calls things is its own, and may be anything. */
static void
out_named (struct cli *cli, const char *words, const char *before, const char *name)
{
	out_text (cli, words);
	if (name) {
		out_text (cli, before);
		out_name (cli, name);
	}
}

static void
tell_done (struct cli *cli, const struct larder_recovery_event *event)
{
	const char *address = pairs_value (&event->results, "endpoint"), *port = pairs_value (&event->results, "port");
	address = address ? address : pairs_value (&event->results, "resource");
	address = address ? address : pairs_value (&event->results, "point");
	out_named (cli, event->action, " of ", event->from);
	out_named (cli, "", " to ", event->to);
	out_named (cli, ": done", ", ", address);
	out_named (cli, "", ":", port);
	out_text (cli, "\n");
	for (size_t n = 0; n < event->results.count; n++) {
		const struct larder_pair *pair = larder_pair_at (&event->results, n);
		if (strcmp (pair->name, "left") == 0) {
			out_named (cli, "", "  not carried over: ", pair->value);
			out_text (cli, "\n");
		}
	}
}

uint32_t
recovery_flags (const struct cli *cli, bool wait)
{
	return (wait ? LARDER_RECOVERY_WAIT : 0u) | (cli->globals.dry_run ? LARDER_DRY_RUN : 0u);
}

int
recovery_event (void *context, const struct larder_recovery_event *event, struct larder_error *error)
{
	struct cli *cli = context;
	if (event->step == LARDER_RECOVERY_DONE)
		item_done (cli, 0);
	if (cli->globals.json)
		json_event (cli, event);
	else if (event->step == LARDER_RECOVERY_RUNNING)
		tell_running (cli, event);
	else if (event->step == LARDER_RECOVERY_DONE)
		tell_done (cli, event);
	else
		say (cli, "[%s \"%s\"]: %s of %s%s%s %s", event->kind, event->section, event->action, event->from, event->to ? " to " : "", event->to ? event->to : "",
			event->step == LARDER_RECOVERY_PLANNED ? "can be done" : "is begun");
	return cli_stopped (cli) ? larder_fail (error, LARDER_E_CANCELLED, "cancelled") : 0;
}

int
recovery_time (const char *flag, const char *text, int64_t *ret, struct larder_error *error)
{
	if (!strchr (text, 'T') || text_time (text, ret) < 0)
		return larder_fail_next (error, LARDER_E_USAGE, "as in 2026-11-29T10:00:00Z", "--%s '%s' is no time", flag, text);
	if (*ret > clock_wall ())
		return larder_fail_next (error, LARDER_E_USAGE, "a time that is past; of this machine's clock it is not", "--%s '%s' is to come yet", flag, text);
	return 0;
}

/* ---- what is kept ---- */

struct kept_showing { struct cli *cli; struct table table; bool jobs, all; };

static const char *const states[] = { "unknown", [LARDER_ACTION_RUNNING] = "running", [LARDER_ACTION_DONE] = "done", [LARDER_ACTION_FAILED] = "failed" };

static void
kept_begin (struct kept_showing *showing)
{
	static const char *const points[] = { "BEGUN", "SIZE", "STATUS", "EXPIRES", "OF", "ID" }, *const jobs[] = { "BEGUN", "STATUS", "OF", "JOB", "WHY" };
	if (showing->jobs)
		table_begin_heads (showing->cli, &showing->table, jobs, sizeof jobs / sizeof *jobs);
	else
		table_begin_heads (showing->cli, &showing->table, points, sizeof points / sizeof *points);
	showing->table.right[1] = !showing->jobs;
}

static void
json_time (struct json *json, const char *name, int64_t time)
{
	char text[32];
	json_member (json, name, time ? text_from_time (time, text) : NULL);
}

static void
json_kept (struct cli *cli, bool job, const char *section, const struct larder_backup *one)
{
	struct line line;
	json_line (cli, &line, job ? "job" : "backup");
	json_member (&line.json, "section", section);
	json_member (&line.json, job ? "job" : "id", one->id);
	json_member (&line.json, "resource", one->resource);
	json_member (&line.json, "kind", one->kind);
	json_member (&line.json, "place", one->place);
	json_member (&line.json, "state", states[one->state <= LARDER_ACTION_FAILED ? one->state : 0]);
	json_member (&line.json, "status", one->status);
	json_member (&line.json, "message", one->message);
	json_time (&line.json, "begun", one->begun);
	json_time (&line.json, "ended", one->ended);
	json_time (&line.json, "expires", one->expires);
	if (one->bytes != UINT64_MAX)
		json_member_uint (&line.json, "bytes", one->bytes);
	if (one->percent >= 0)
		json_member_uint (&line.json, "percent", (uint64_t) one->percent);
	json_line_end (cli, &line);
}

static const char *
status_text (const struct larder_backup *one, char text[64])
{
	if (one->state == LARDER_ACTION_RUNNING && one->percent >= 0)
		snprintf (text, 64, "%.50s, %d%%", one->status, (int) one->percent);
	else
		snprintf (text, 64, "%.60s", one->status);
	return text;
}

static void
kept_row (struct kept_showing *showing, const struct larder_backup *one)
{
	char text[64];
	table_cell (&showing->table, one->begun ? text_from_time (one->begun, text) : "-");
	if (!showing->jobs)
		table_cell (&showing->table, one->bytes != UINT64_MAX ? text_from_size (one->bytes, text) : "-");
	table_cell (&showing->table, status_text (one, text));
	if (!showing->jobs)
		table_cell (&showing->table, one->expires ? text_from_time (one->expires, text) : "-");
	table_cell (&showing->table, one->resource);
	table_cell (&showing->table, one->id);
	if (showing->jobs)
		table_cell (&showing->table, one->message ? one->message : "-");
}

static int
kept_show (void *context, const char *section, const struct larder_backup *one, struct larder_error *error)
{
	struct kept_showing *showing = context;
	if (showing->jobs && !showing->all && one->state == LARDER_ACTION_DONE)
		return 0;
	item_done (showing->cli, 0);
	if (showing->cli->globals.json)
		json_kept (showing->cli, showing->jobs, section, one);
	else
		kept_row (showing, one);
	return cli_stopped (showing->cli) ? larder_fail (error, LARDER_E_CANCELLED, "cancelled") : 0;
}

int
kept_list (struct cli *cli, const struct larder_kept *request, bool all, struct larder_error *error)
{
	struct kept_showing showing = { .cli = cli, .jobs = request->flags & LARDER_KEPT_JOBS, .all = all };
	int code = cli_open (cli, OPEN_CONFIGURED, error);
	if (code < 0)
		return code;
	kept_begin (&showing);
	code = larder_kept (cli->larder, request, kept_show, &showing, error);
	table_end (cli, &showing.table);
	return code;
}
