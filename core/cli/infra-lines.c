/* infra-lines.c: a resource and its lines, counts, and steps as they are taken. */
#include "infra-lines.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "line.h"
#include "clock.h"
#include "text.h"

#define WAITING_EVERY (30 * NS_PER_S)

/* ---- JSON ---- */

static const char *
word_of (uint32_t mark)
{
	switch (mark) {
	case LARDER_INFRA_CREATE: return "create";
	case LARDER_INFRA_UPDATE: return "update";
	case LARDER_INFRA_REPLACED: return "replace";
	case LARDER_INFRA_REMOVE: return "remove";
	case LARDER_INFRA_LACKING: return "unsupported";
	case LARDER_INFRA_UNMANAGED: return "unmanaged";
	case LARDER_INFRA_FAILED: return "failed";
	case LARDER_INFRA_LEFT: return "left";
	case LARDER_INFRA_WARNING: return "warning";
	case LARDER_INFRA_COST: return "cost";
	default: return "same";
	}
}

/* `event`: of a step, or NULL. */
static void
json_change (struct cli *cli, const char *type, const struct larder_infra_change *change, const char *step, const struct larder_infra_event *event)
{
	struct line line;
	json_line (cli, &line, type);
	json_member (&line.json, "change", word_of (change->mark));
	json_member (&line.json, "step", step);
	json_member (&line.json, "section", change->section);
	json_member (&line.json, "kind", change->kind);
	json_member (&line.json, "resource", change->type);
	json_member_bytes (&line.json, "identity", change->identity);
	json_member (&line.json, "path", change->path);
	json_member (&line.json, "was", change->was);
	json_member (&line.json, "will", change->will);
	json_member (&line.json, "from", change->from);
	json_member (&line.json, "why", change->why);
	json_member (&line.json, "next", change->next);
	json_member (&line.json, "accept", change->accept);
	if (event && event->step == LARDER_INFRA_WAITING) {
		json_member_uint (&line.json, "seconds", (uint64_t) (event->waited / NS_PER_S));
		json_member_uint (&line.json, "seconds_most", (uint64_t) (event->most / NS_PER_S));
	}
	json_member (&line.json, "provider", event && event->error && *event->error->provider ? event->error->provider : NULL);
	json_member (&line.json, "request", event && event->error && *event->error->request ? event->error->request : NULL);
	json_line_end (cli, &line);
}

/* ---- for people ---- */

static const char *
sign_of (uint32_t mark)
{
	switch (mark) {
	case LARDER_INFRA_CREATE: return "+";
	case LARDER_INFRA_UPDATE: return "~";
	case LARDER_INFRA_REPLACED: return "-/+";
	case LARDER_INFRA_REMOVE: return "-";
	case LARDER_INFRA_LACKING: return "!";
	case LARDER_INFRA_UNMANAGED: return "?";
	case LARDER_INFRA_FAILED: return "x";
	case LARDER_INFRA_LEFT: return "=";
	case LARDER_INFRA_WARNING: return "*";
	case LARDER_INFRA_COST: return "$";
	default: return " ";
	}
}

static void
out_value (struct cli *cli, const char *value, const char *from)
{
	if (value)
		out_name (cli, value);
	else if (from)
		out_printf (cli, "(what %.*s will tell)", (int) strcspn (from, "#"), from);
}

static void
out_whole (struct cli *cli, const struct larder_infra_change *whole)
{
	out_printf (cli, "%-3s %s ", sign_of (whole->mark), whole->type);
	out_name (cli, whole->identity);
	out_printf (cli, "  [%s \"%s\"]", whole->kind, whole->section);
	if (whole->why)
		out_printf (cli, ": %s", whole->why);
	if (whole->next)
		out_printf (cli, "\n      next: %s", whole->next);
	out_text (cli, "\n");
}

static void
out_change (struct cli *cli, const struct larder_infra_change *change)
{
	out_printf (cli, "      %-3s ", sign_of (change->mark));
	out_name (cli, change->path);
	if (change->mark == LARDER_INFRA_WARNING) {
		out_printf (cli, ": %s\n            way out: %s%s%s\n", change->why, change->next ? change->next : "", change->next && change->accept ? "; or " : "", change->accept ? change->accept : "");
		return;
	}
	if (change->was || change->will || change->from)
		out_text (cli, " = ");
	out_value (cli, change->was, NULL);
	if (change->was && (change->will || change->from))
		out_text (cli, " -> ");
	out_value (cli, change->will, change->from);
	if (change->mark == LARDER_INFRA_UNMANAGED)
		out_text (cli, "  (not declared: left alone)");
	else if (change->why)
		out_printf (cli, "  (%s)", change->why);
	out_text (cli, "\n");
}

/* A resource that stays as it is comes only before something that is told of it. */
int
infra_line (void *context, const struct larder_infra_change *change, struct larder_error *error)
{
	struct infra_telling *telling = context;
	struct cli *cli = telling->cli;
	(void) error;
	telling->differ = telling->differ || (telling->code && change->code && change->code != telling->code);
	telling->code = change->code ? change->code : telling->code;
	telling->unseen += !change->path && change->mark == LARDER_INFRA_FAILED;
	if (cli->globals.json) {
		json_change (cli, change->path ? "change" : "resource", change, NULL, NULL);
	} else if (!change->path) {
		telling->whole = *change;
		telling->held = !telling->all && change->mark == LARDER_INFRA_SAME && !change->why;
		if (!telling->held)
			out_whole (cli, change);
	} else {
		if (telling->held)
			out_whole (cli, &telling->whole);
		telling->held = false;
		out_change (cli, change);
	}
	return 0;
}

/* ---- counts ---- */

static void
add_count (struct buffer *into, uint64_t count, const char *words)
{
	if (count)
		buffer_printf (into, "%s%" PRIu64 " %s", into->length ? ", " : "", count, words);
}

static void
json_counts (struct cli *cli, const struct larder_infra_counts *counts)
{
	struct line line;
	json_line (cli, &line, "counts");
	json_member_uint (&line.json, "created", counts->created);
	json_member_uint (&line.json, "updated", counts->updated);
	json_member_uint (&line.json, "replaced", counts->replaced);
	json_member_uint (&line.json, "removed", counts->removed);
	json_member_uint (&line.json, "same", counts->same);
	json_member_uint (&line.json, "unsupported", counts->lacking);
	json_member_uint (&line.json, "unmanaged", counts->unmanaged);
	json_member_uint (&line.json, "failed", counts->failed);
	json_member_uint (&line.json, "skipped", counts->skipped);
	json_member_uint (&line.json, "warnings", counts->warnings);
	json_member_uint (&line.json, "missing", counts->missing);
	json_member_uint (&line.json, "left", counts->left);
	json_member_uint (&line.json, "refused", counts->refused);
	json_member_uint (&line.json, "broken", counts->broken);
	json_line_end (cli, &line);
}

/* Of the last line: resources that the backends support. */
static void
sum_up (struct cli *cli, const struct larder_infra_counts *counts)
{
	struct larder_summary *sum = &cli->summary;
	sum->done = counts->created + counts->updated + counts->replaced + counts->removed;
	sum->skipped = counts->same + counts->skipped + counts->missing + counts->left;
	sum->failed = counts->failed;
	sum->scanned = sum->done + sum->skipped + sum->failed;
}

void
infra_counts (struct cli *cli, const struct larder_infra_counts *counts, bool planned)
{
	CLEANUP_BUFFER struct buffer text;
	buffer_init (&text, 1000);
	sum_up (cli, counts);
	if (cli->globals.json) {
		json_counts (cli, counts);
		return;
	}
	add_count (&text, counts->created, planned ? "to create" : "created");
	add_count (&text, counts->updated, planned ? "to change" : "changed");
	add_count (&text, counts->replaced, planned ? "to replace" : "replaced");
	add_count (&text, counts->removed, planned ? "to remove" : "removed");
	if (!text.length && !(counts->left + counts->failed + counts->skipped))
		buffer_add_text (&text, "no changes");
	add_count (&text, counts->left, planned ? "that will be left" : "left");
	add_count (&text, counts->same, "as they are");
	add_count (&text, counts->missing, "not there");
	add_count (&text, counts->lacking, "not supported here");
	add_count (&text, counts->unmanaged, "not declared");
	add_count (&text, counts->refused, "that the service would refuse");
	add_count (&text, counts->broken, "that failed at the service");
	add_count (&text, counts->failed - counts->refused - counts->broken, planned ? "that cannot be looked at" : "failed");
	add_count (&text, counts->skipped, "skipped");
	add_count (&text, counts->warnings, counts->warnings == 1 ? "warning" : "warnings");
	out_printf (cli, "%s\n", buffer_text (&text));
}

/* ---- steps ---- */

static const char *
done_word (uint32_t mark)
{
	return mark == LARDER_INFRA_CREATE ? "created" : mark == LARDER_INFRA_REMOVE ? "removed" : mark == LARDER_INFRA_REPLACED ? "replaced" : "changed";
}

/* Now, and whenever another half minute has gone by. */
static bool
is_due (const struct larder_infra_event *event)
{
	return event->before >= 0 && event->waited / WAITING_EVERY > event->before / WAITING_EVERY;
}

static void
waiting (struct cli *cli, const struct larder_infra_event *event)
{
	const struct larder_infra_change *change = &event->change;
	char waited[32], most[32], text[600];
	text_from_duration (event->waited, waited);
	text_from_duration (event->most, most);
	snprintf (text, sizeof text, "waiting for %s '%s': %s, for %s of %s", change->type, change->identity, change->why, waited, most);
	talk_waiting (cli, text, is_due (event));
}

void
infra_event (void *context, const struct larder_infra_event *event)
{
	static const char *const words[] = { "", "begun", "waiting", "done", "failed", "skipped", "unsupported" };
	struct cli *cli = context;
	const char *word = event->step < sizeof words / sizeof *words ? words[event->step] : "";
	char what[400];
	if (cli->globals.json) {
		struct larder_infra_change change = event->change;
		if (event->error)
			change.why = event->error->message, change.next = event->error->next[0] ? event->error->next : NULL;
		if (event->step != LARDER_INFRA_WAITING || event->before < 0 || is_due (event))
			json_change (cli, "step", &change, word, event);
		out_flush_soon (cli);
	} else if (event->error) {
		snprintf (what, sizeof what, "[%s \"%s\"]", event->change.kind, event->change.section);
		talk_error (cli, event->error, what);
	} else if (event->step == LARDER_INFRA_WAITING) {
		waiting (cli, event);
	} else if (event->step == LARDER_INFRA_LACKED) {
		say (cli, "! %s '%s': %s", event->change.type, event->change.identity, event->change.why);
	} else if (event->step == LARDER_INFRA_DONE || event->step == LARDER_INFRA_SKIPPED || cli->globals.verbose) {
		say (cli, "%s %s '%s'%s%s", event->step == LARDER_INFRA_DONE ? done_word (event->change.mark) : word, event->change.type, event->change.identity, event->change.why ? ": " : "", event->change.why ? event->change.why : "");
	}
}
