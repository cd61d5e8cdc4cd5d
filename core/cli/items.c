/* items.c: counting what happened to each item, and telling it. */
#include "line.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "cleanup.h"
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
	talk_error (cli, error, what);
}

int
items_exit (const struct cli *cli)
{
	const struct larder_summary *sum = &cli->summary;
	if (sum->failed + sum->refused == 0)
		return 0;
	if (sum->done + sum->skipped > 0 || cli->failures_differ || !cli->first_failure)
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
	json_member (&line.json, "reason", event->reason);
	json_member_uint (&line.json, "bytes", event->bytes);
	json_line_end (cli, &line);
	out_flush (cli);
}

static void
people_event (struct cli *cli, const struct larder_event *event)
{
	char size[32];
	if (strcmp (event->action, "skipped") == 0) {
		say (cli, "skipped %s: %s", event->from, event->reason ? event->reason : "by rule");
		return;
	}
	if (cli->globals.quiet)
		return;
	out_printf (cli, "%s ", event->action);
	out_name (cli, event->from ? event->from : "");
	if (event->to) {
		out_text (cli, " -> ");
		out_name (cli, event->to);
	}
	if (!strstr (event->action, "removed") && !strstr (event->action, "remove"))
		out_printf (cli, "  %s", text_from_size (event->bytes, size));
	out_text (cli, "\n");
	out_flush (cli);
}

int
transfer_event (void *context, const struct larder_event *event)
{
	struct cli *cli = context;
	if (strcmp (event->action, "progress") == 0) {
		__atomic_add_fetch (&cli->moved, event->bytes, __ATOMIC_RELAXED);
		return cli_stopped (cli) ? LARDER_E_CANCELLED : 0;
	}
	if (event->error && event->error->code < 0) {
		if (cli->globals.json)
			json_event (cli, event);
		talk_error (cli, event->error, event->from);
	} else {
		__atomic_add_fetch (&cli->items, 1, __ATOMIC_RELAXED);
		if (cli->globals.json)
			json_event (cli, event);
		else
			people_event (cli, event);
	}
	return cli_stopped (cli) ? LARDER_E_CANCELLED : 0;
}

int
transfer_finish (struct cli *cli, int code, const struct larder_summary *sum, struct larder_error *error)
{
	cli->summary = *sum;
	cli->first_failure = sum->code;
	char size[32], time[32];
	if (sum->scanned > 1)
		say (cli, "%" PRIu64 " %s%s, %" PRIu64 " skipped, %" PRIu64 " refused, %" PRIu64 " failed, %s in %s", sum->done,
		     cli->globals.dry_run ? "would be " : "", cli->cmd->done_word ? cli->cmd->done_word : "done", sum->skipped, sum->refused, sum->failed,
		     text_from_size (sum->bytes, size), text_from_duration (clock_boot () - cli->began, time));
	if (code == LARDER_E_CANCELLED || code == LARDER_E_NOSPACE || sum->failed + sum->refused == 0)
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

struct larder_pairs
pairs_from_list (const char *const *list, struct larder_pair **ret_pairs, struct larder_error *error, int *ret_code)
{
	size_t count = 0;
	*ret_code = 0;
	while (list && list[count])
		count++;
	/* The pairs, then the texts they point to, in one piece. */
	size_t room = count * sizeof (struct larder_pair);
	for (size_t i = 0; i < count; i++)
		room += strlen (list[i]) + 1;
	struct larder_pair *pairs = malloc (room ? room : 1);
	if (!pairs) {
		*ret_code = larder_fail_memory (error);
		return (struct larder_pairs) { 0 };
	}
	char *text = (char *) (pairs + count);
	for (size_t i = 0; i < count; i++) {
		size_t length = strlen (list[i]) + 1;
		memcpy (text, list[i], length);
		char *equals = strchr (text, '=');
		if (!equals || equals == text) {
			*ret_code = larder_fail_next (error, LARDER_E_INVALID, "write --metadata NAME=VALUE", "'%s' is not NAME=VALUE", list[i]);
			free (pairs);
			return (struct larder_pairs) { 0 };
		}
		*equals = '\0';
		pairs[i] = (struct larder_pair) { text, equals + 1 };
		text += length;
	}
	*ret_pairs = pairs;
	return (struct larder_pairs) { pairs, count, sizeof *pairs };
}

int
attributes_from_flags (const struct attribute_flags *flags, struct larder_attributes *ret, struct larder_pair **ret_pairs,
                       struct larder_error *error)
{
	int code;
	struct larder_pairs metadata = pairs_from_list (flags->metadata, ret_pairs, error, &code);
	if (code < 0)
		return code;
	*ret = (struct larder_attributes) {
		.size = sizeof *ret, .content_type = flags->content_type, .content_encoding = flags->content_encoding,
		.cache_control = flags->cache_control, .content_disposition = flags->content_disposition,
		.storage_class = flags->storage_class, .metadata_given = flags->metadata != NULL, .metadata = metadata,
	};
	return 0;
}
