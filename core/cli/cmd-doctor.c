/* cmd-doctor.c: larder doctor: what each backend's driver finds out about its service, credentials and buckets. */
#include "line.h"

#include <stdio.h>
#include <string.h>

#include "error.h"

struct doctor { const char *backend; bool identity; };
static const struct larder_option options[] = {
	{ .key = "identity", .type = LARDER_BOOL, .at = offsetof (struct doctor, identity),
	  .help = "only who we are, and each place where credentials were looked for; no bucket is touched" },
	{ .key = "backend", .type = LARDER_STRING, .at = offsetof (struct doctor, backend), .argument = "NAME",
	  .help = "this [backend] alone; else each that a store uses" },
	{ 0 }
};

struct visit { struct cli *cli; char place[200]; };

static void
json_checked (struct cli *cli, const struct larder_checked *checked)
{
	static const char *const verdicts[] = { "pass", "warn", "fail", "note" };
	struct line line;
	json_line (cli, &line, "finding");
	json_member (&line.json, "backend", checked->backend);
	json_member (&line.json, "store", checked->store);
	json_member (&line.json, "verdict", checked->verdict < 4 ? verdicts[checked->verdict] : "note");
	json_member (&line.json, "what", checked->what);
	json_member (&line.json, "detail", checked->detail);
	json_member (&line.json, "next", checked->next);
	json_line_end (cli, &line);
}

/* One heading a backend or store, its findings below. */
static void
show (struct visit *visit, const struct larder_checked *checked)
{
	static const char *const marks[] = { "ok", "warning", "FAILED", "-" };
	struct cli *cli = visit->cli;
	char place[200];
	snprintf (place, sizeof place, checked->store ? "store %.180s" : "backend %.180s", checked->store ? checked->store : checked->backend);
	if (strcmp (place, visit->place) != 0) {
		out_name (cli, place);
		out_text (cli, "\n");
	}
	memcpy (visit->place, place, sizeof place);
	out_printf (cli, "  %-8s ", checked->verdict < 4 ? marks[checked->verdict] : "-");
	out_name (cli, checked->what);
	out_printf (cli, "%*s ", (int) (strlen (checked->what) < 16 ? 16 - strlen (checked->what) : 0), "");
	out_name (cli, checked->detail);
	out_text (cli, "\n");
	if (checked->next && checked->verdict != LARDER_FAIL) {
		out_text (cli, "           next: ");
		out_name (cli, checked->next);
		out_text (cli, "\n");
	}
}

/* Failures are told on stderr, with their next step, and decide the exit status. */
static void
fail (struct visit *visit, const struct larder_checked *checked)
{
	struct larder_error one = LARDER_ERROR_INIT;
	if (!checked->error) {
		larder_fail (&one, 0, "%s: %s", checked->what, checked->detail);
		larder_explain (&one, LARDER_DETAIL_NEXT, checked->next);
	}
	out_flush (visit->cli);
	item_failed (visit->cli, checked->store ? checked->store : checked->backend, checked->error ? checked->error : &one,
	             checked->error ? checked->error->code : LARDER_E_UNAVAILABLE, false);
}

static int
on_checked (void *context, const struct larder_checked *checked)
{
	struct visit *visit = context;
	if (visit->cli->globals.json)
		json_checked (visit->cli, checked);
	else if (!checked->error)
		show (visit, checked);
	if (checked->verdict == LARDER_FAIL)
		fail (visit, checked);
	return cli_stopped (visit->cli) ? LARDER_E_CANCELLED : 0;
}

static int
run (struct cli *cli, const void *self, struct larder_error *error)
{
	const struct doctor *doctor = self;
	struct visit visit = { .cli = cli };
	int code = cli_open (cli, OPEN_CONFIGURED, error);
	return code < 0 ? code : larder_check (cli->larder, doctor->backend, !doctor->identity, on_checked, &visit, error);
}

const struct larder_cmd cmd_doctor = {
	.name = "doctor", .summary = "ask each backend whether it works, and who we are to it",
	.examples = "larder --profile aws doctor --identity|each source of credentials, in order, what it gave or why it gave nothing\n"
	            "larder --profile minio doctor --backend objects|one backend, and the buckets of its stores",
	.text = "Services are asked themselves. Of credentials no secret is shown, and of an access key id its last four letters. Without "
	        "--identity a scratch object is written into each store's bucket and removed.",
	.options = options, .self_size = sizeof (struct doctor), .run = run,
};
