/* cmd-doctor.c: larder doctor: what each backend's driver finds out about its service, credentials and buckets. */
#include "line.h"

#include <stdio.h>
#include <string.h>

#include "error.h"

struct doctor { const char *probe, *mount; bool identity; };
static const struct larder_option options[] = {
	{ .key = "identity", .type = LARDER_BOOL, .at = offsetof (struct doctor, identity),
	  .help = "only who we are, and each place where credentials were looked for; no bucket is touched" },
	{ .key = "probe", .type = LARDER_STRING, .at = offsetof (struct doctor, probe), .argument = "STORE",
	  .help = "try on a scratch prefix of this store what its server can do, and print a [backend] section that fits" },
	{ .key = "mount", .type = LARDER_PATH, .at = offsetof (struct doctor, mount), .argument = "PATH",
	  .help = "try with two processes whether a model cache can be kept in this folder, and look at how it is mounted" },
	{ 0 }
};

struct visit { struct cli *cli; char place[200]; unsigned told; };

/* One heading a backend or store, its findings below. */
static void
show (struct visit *visit, const struct larder_checked *checked)
{
	struct cli *cli = visit->cli;
	char place[200];
	snprintf (place, sizeof place, checked->store ? "store %.180s" : "backend %.180s", checked->store ? checked->store : checked->backend);
	if (strcmp (place, visit->place) != 0) {
		out_name (cli, place);
		out_text (cli, "\n");
	}
	memcpy (visit->place, place, sizeof place);
	out_checked (cli, checked);
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

/* ---- probe: what is printed is an INI file, the findings are its comments ---- */

static int
on_tried (void *context, const struct larder_checked *checked)
{
	static const char *const marks[] = { "ok", "differs", "FAILED", "-" };
	struct visit *visit = context;
	struct cli *cli = visit->cli;
	if (cli->globals.json) {
		json_checked (cli, checked);
	} else {
		if (!visit->told++)
			out_printf (cli, "# what the server of store '%s' does; [backend \"%s\"] as it is configured now is compared with that\n", checked->store,
			            checked->backend);
		out_printf (cli, "# %-8s ", checked->verdict < 4 ? marks[checked->verdict] : "-");
		out_name (cli, checked->what);
		out_printf (cli, "%*s ", (int) (strlen (checked->what) < 24 ? 24 - strlen (checked->what) : 0), "");
		out_name (cli, checked->detail);
		out_text (cli, "\n");
	}
	if (checked->verdict == LARDER_FAIL)
		fail (visit, checked);
	return 0;
}

static int
on_advised (void *context, const struct larder_advice *advice)
{
	struct visit *visit = context;
	struct cli *cli = visit->cli;
	if (cli->globals.json) {
		struct line line;
		json_line (cli, &line, "advice");
		json_member (&line.json, "backend", advice->backend);
		json_member (&line.json, "key", advice->key);
		json_member (&line.json, "value", advice->value);
		json_line_end (cli, &line);
		return 0;
	}
	if (!*visit->place)
		out_printf (cli, "[backend \"%s\"]\ndriver = %s\n", advice->backend, advice->driver);
	snprintf (visit->place, sizeof visit->place, "%.190s", advice->backend);
	out_printf (cli, "%s = %s\n", advice->key, advice->value);
	return 0;
}

static int
run (struct cli *cli, const void *self, struct larder_error *error)
{
	const struct doctor *doctor = self;
	struct visit visit = { .cli = cli };
	int code = cli_open (cli, doctor->mount ? OPEN_MODULES_ONLY : OPEN_CONFIGURED, error);
	if (code == 0 && doctor->mount && (doctor->probe || doctor->identity || cli->globals.backend))
		return larder_fail_next (error, LARDER_E_USAGE, "give one of them", "--mount looks at a folder, and goes with neither --probe, --identity nor --backend");
	if (code == 0 && doctor->mount)
		return larder_check_mount (doctor->mount, on_checked, &visit, error);
	if (code == 0 && doctor->probe && (doctor->identity || cli->globals.backend))
		return larder_fail_next (error, LARDER_E_USAGE, "give one of them", "--probe asks one store, and goes with neither --identity nor --backend");
	if (code == 0 && doctor->probe && cli->globals.dry_run)
		return larder_fail_next (error, LARDER_E_USAGE, "leave out --dry-run: what a probe makes it removes", "a probe finds out by trying, it has no dry run");
	if (code == 0 && doctor->probe)
		return larder_probe_store (cli->larder, doctor->probe, on_tried, on_advised, &visit, error);
	return code < 0 ? code : larder_check (cli->larder, cli->globals.backend, !doctor->identity, on_checked, &visit, error);
}

const struct larder_cmd cmd_doctor = {
	.name = "doctor", .summary = "ask each backend whether it works, and who we are to it",
	.examples = "larder --profile aws doctor --identity|each source of credentials, in order, what it gave or why it gave nothing\n"
	            "larder --profile minio doctor --backend objects|one backend, and the buckets of its stores\n"
	            "larder doctor --mount /models|do locks, rename and fsync behave on this mount\n"
	            "larder --profile new doctor --probe images >section.ini|what this server can do, as a section to review",
	.text = "Services are asked themselves. Of credentials no secret is shown, and of an access key id its last four letters. Without "
	        "--identity a scratch object is written into each store's bucket and removed.\n"
	        "--probe tries each optional part of the server's protocol on objects of its own below .larder-probe/ in the store's bucket and "
	        "removes them, also when it is interrupted; nothing else in the bucket is changed, nor the bucket itself. What it prints is an INI "
	        "file: the findings as comments, then a [backend] section with the kind of server that is nearest and, as features, what "
	        "this one does otherwise. Nothing is configured by that: review it, and take the keys over into the section of the profile.",
	.options = options, .self_size = sizeof (struct doctor), .run = run,
};
