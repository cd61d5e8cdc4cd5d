/* cmd-infra.c: larder infra plan, apply, show, destroy. */
#include "infra-lines.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "error.h"
#include "file.h"
#include "text.h"

enum { PLAN_MOST = 64 << 20 };

struct infra { const char *output, *only, *environment; int64_t wait; bool adopt, strict, replace, destroy, detailed, all; };
#define AT(field) .at = offsetof (struct infra, field)
#define ONLY { .key = "only", .type = LARDER_STRING, AT (only), .argument = "KIND/NAME", .help = "one section, with what it needs, and the policy that lets it read: cdn/images; to destroy, that alone" }
#define ADOPT { .key = "adopt", .type = LARDER_BOOL, AT (adopt), .help = "settings that nobody declared go, instead of staying" }
#define STRICT { .key = "strict", .type = LARDER_BOOL, AT (strict), .help = "what a backend does not support is an error" }
#define REPLACE { .key = "replace", .type = LARDER_BOOL, AT (replace), .help = "what cannot be changed in place is removed with all it holds, and made anew" }
#define WAIT { .key = "wait", .type = LARDER_DURATION, AT (wait), .def = "45m", .argument = "TIME", .min = 0, .max = INT64_MAX, .help = "how long one resource may take at its service; then it is not ready, and the same command goes on" }
static const struct larder_option plan_options[] = {
	ONLY, ADOPT, STRICT, REPLACE,
	{ .key = "destroy", .type = LARDER_BOOL, AT (destroy), .help = "what infra destroy would do" },
	{ .key = "all", .type = LARDER_BOOL, AT (all), .help = "resources that stay as they are, too" },
	{ .key = "detailed-exitcode", .type = LARDER_BOOL, AT (detailed), .help = "10 when there are changes" },
	{ .key = "output", .letter = 'o', .type = LARDER_STRING, AT (output), .argument = "FILE", .help = "save the plan for infra apply" },
	{ 0 }
};
static const struct larder_option apply_options[] = { ONLY, ADOPT, STRICT, REPLACE, WAIT, { 0 } };
static const struct larder_option show_options[] = { ONLY, { 0 } };
static const struct larder_option destroy_options[] = {
	ONLY, WAIT,
	{ .key = "environment", .type = LARDER_STRING, AT (environment), .argument = "NAME", .help = "the environment that is to go, instead of being asked for it" },
	{ 0 }
};

#define CLEANUP_INFRA __attribute__ ((cleanup (infra_free_at)))
static void infra_free_at (struct larder_infra **at) { larder_infra_free (*at); }

static int
open_infra (struct cli *cli, const struct infra *flags, const char *saved, uint32_t more, struct larder_infra **ret, struct larder_error *error)
{
	const struct larder_infra_request request = {
		.size = sizeof request, .saved = saved, .only = flags->only, .wait = flags->wait ? flags->wait : -1,
		.flags = more | (flags->adopt ? LARDER_INFRA_ADOPT : 0) | (flags->strict ? LARDER_INFRA_STRICT : 0) | (flags->replace ? LARDER_INFRA_REPLACE : 0)
			| (flags->destroy ? LARDER_INFRA_DESTROY : 0),
	};
	int code = cli_open (cli, OPEN_CONFIGURED, error);
	return code < 0 ? code : larder_infra_open (cli->larder, &request, ret, error);
}

static bool
changes (const struct larder_infra_counts *counts)
{
	return counts->created + counts->updated + counts->replaced + counts->removed > 0;
}

/* Of several reasons none is the run's. */
static int
unseen (const struct infra_telling *telling, const struct larder_infra_counts *counts, struct larder_error *error)
{
	const char *what = counts->refused == counts->failed ? "would be refused" : counts->refused + counts->broken ? "cannot be what they are to be" : "cannot be looked at";
	return !telling->unseen ? 0 : larder_fail_next (error, telling->differ ? LARDER_E_UNAVAILABLE : telling->code, "the lines marked x tell why", "%llu of the resources %s",
		(unsigned long long) telling->unseen, what);
}

static int
tell_plan (struct cli *cli, const struct larder_infra *infra, struct infra_telling *telling, struct larder_infra_counts *ret, struct larder_error *error)
{
	int code = larder_infra_changes (infra, infra_line, telling, error);
	ret->size = sizeof *ret;
	larder_infra_count (infra, ret);
	if (code == 0)
		infra_counts (cli, ret, true);
	return code;
}

/* ---- plan ---- */

static int
save (const struct larder_infra *infra, const char *path, struct larder_error *error)
{
	CLEANUP_BUFFER struct buffer text;
	buffer_init (&text, PLAN_MOST);
	const struct larder_sink sink = cli_sink (&text);
	int code = larder_infra_save (infra, &sink, error);
	return code < 0 ? code : cli_write_file (path, &text, 0600, error);
}

static int
run_plan (struct cli *cli, const void *self, struct larder_error *error)
{
	const struct infra *flags = self;
	CLEANUP_INFRA struct larder_infra *infra = NULL;
	struct larder_infra_counts counts;
	struct infra_telling telling = { .cli = cli, .all = flags->all };
	int code = open_infra (cli, flags, NULL, LARDER_INFRA_LEAN, &infra, error);
	if (code == 0)
		code = tell_plan (cli, infra, &telling, &counts, error);
	if (code == 0)
		code = unseen (&telling, &counts, error);
	if (code == 0 && flags->output)
		code = save (infra, flags->output, error);
	if (code == 0 && flags->detailed && (changes (&counts) || (counts.left && !flags->destroy)))
		cli->status_when_well = 10;
	return code;
}

const struct larder_cmd cmd_infra_plan = {
	.name = "infra plan", .summary = "show what would be set up, changed or removed", .operands = NULL,
	.examples = "larder infra plan --profile minio|what is missing, what differs, what MinIO does not have\n"
		"larder infra plan -o today.plan|and keep it for infra apply\n"
		"larder infra plan --detailed-exitcode|10 when there is something to do",
	.text = "Compares what the sections want with what the services tell; nothing is stored in between. + is made, ~ is changed, -/+ is removed and made anew, - goes, ! is not supported by the backend, "
		"? is there though nobody declared it and stays, = will be left as it is, x cannot be looked at or would be refused; $ is a price that begins or ends with the change, where [larder] prices names a table. Writes nothing.",
	.options = plan_options, .self_size = sizeof (struct infra), .least = 0, .most = 0, .run = run_plan,
};

/* ---- apply ---- */

struct doing { struct cli *cli; bool told; };    /* told: a failure, when it came */

static void
doing_event (void *context, const struct larder_infra_event *event)
{
	struct doing *doing = context;
	doing->told = doing->told || event->error;
	infra_event (doing->cli, event);
}

/* A program finds the run's failure in a line of its own; to people each was said once. */
static int
do_it (struct cli *cli, struct larder_infra *infra, struct larder_error *error)
{
	struct larder_infra_counts counts = { .size = sizeof counts };
	struct doing doing = { .cli = cli };
	int code = larder_infra_apply (infra, doing_event, &doing, &counts, error);
	infra_counts (cli, &counts, false);
	if (doing.told && !cli->globals.json)
		error->message[0] = '\0';
	return code;
}

/* The sections, or the plan that is named. */
static int
open_asked (struct cli *cli, const struct infra *flags, uint32_t more, struct larder_infra **ret, struct larder_error *error)
{
	CLEANUP_FREE char *saved = NULL;
	size_t length;
	int code = cli->operands ? file_slurp (AT_FDCWD, cli->operand[0], PLAN_MOST, &saved, &length, error) : 0;
	return code < 0 ? code : open_infra (cli, flags, saved, more | LARDER_INFRA_LEAN, ret, error);
}

static int
run_apply (struct cli *cli, const void *self, struct larder_error *error)
{
	CLEANUP_INFRA struct larder_infra *infra = NULL;
	struct larder_infra_counts counts;
	struct infra_telling telling = { .cli = cli };
	int code = open_asked (cli, self, 0, &infra, error);
	if (code == 0 && cli->globals.dry_run)
		code = tell_plan (cli, infra, &telling, &counts, error);
	return code < 0 ? code : cli->globals.dry_run ? unseen (&telling, &counts, error) : do_it (cli, infra, error);
}

const struct larder_cmd cmd_infra_apply = {
	.name = "infra apply", .summary = "set up what the sections want, or exactly a saved plan", .operands = "[FILE]",
	.examples = "larder infra apply --profile mock|all of it\n"
		"larder infra apply today.plan|that plan, unless the world has moved since\n"
		"larder infra apply --only store/images|one section, with what it needs",
	.text = "In the order of the references between sections, independent ones at a time. Each is read again after it was written. Ended in the midst, the same command goes on. "
		"What takes its time at a service (a file system, a distribution, a database) is awaited, with a line every 30 s, and past --wait is a failure, exit 8: run again, it goes on. "
		"A failure keeps from what needs it alone; the last line counts. A second run says that there are no changes, and writes nothing.",
	.options = apply_options, .self_size = sizeof (struct infra), .least = 0, .most = 1, .run = run_apply,
};

/* ---- show ---- */

static int
run_show (struct cli *cli, const void *self, struct larder_error *error)
{
	CLEANUP_INFRA struct larder_infra *infra = NULL;
	struct infra_telling telling = { .cli = cli, .all = true };
	const struct larder_infra_counts unlooked = { .failed = 1 };
	int code = open_infra (cli, self, NULL, 0, &infra, error);
	if (code == 0)
		code = larder_infra_observed (infra, infra_line, &telling, error);
	return code < 0 ? code : unseen (&telling, &unlooked, error);
}

const struct larder_cmd cmd_infra_show = {
	.name = "infra show", .summary = "show what is there, as the services tell it", .operands = NULL,
	.examples = "larder infra show --profile mock|every resource and its settings\nlarder infra show --only store/images --json|one, for a program",
	.text = "A resource marked - is not there, one marked ? is there and in no section, one marked x cannot be looked at: the exit status is that of its failure, and 8 where they differ. Writes nothing.",
	.options = show_options, .self_size = sizeof (struct infra), .least = 0, .most = 0, .run = run_show,
};

/* ---- destroy ---- */

/* A question that nobody sees would wait for ever. */
static bool
sees_questions (const struct cli *cli)
{
	return !cli->globals.quiet && isatty (STDIN_FILENO) && isatty (STDERR_FILENO);
}

/* Whoever destroys says what, by its name. */
static int
confirm (struct cli *cli, const char *given, struct larder_error *error)
{
	char typed[200] = "";
	const char *name;
	int code = cli_setting (cli, "larder.environment", &name, error);
	if (code < 0)
		return code;
	if (!*name)
		return larder_fail_next (error, LARDER_E_INVALID, "write environment = NAME into [larder] of the pipeline file or its profile, and destroy with --environment NAME",
			"no [larder] environment names what is to go: nothing was removed");
	if (!given && sees_questions (cli)) {
		say (cli, "all of this is to go, for ever. Type the name of the environment to go on");
		given = fgets (typed, sizeof typed, stdin);
		typed[strcspn (typed, "\n")] = '\0';
	}
	if (given && strcmp (given, name) == 0)
		return 0;
	return larder_fail_next (error, LARDER_E_CONFLICT, "--environment NAME, as [larder] environment says", given ? "'%s' is not the environment of this configuration: nothing was removed"
		: "the environment was not named%s: nothing was removed", given ? given : "");
}

static int
run_destroy (struct cli *cli, const void *self, struct larder_error *error)
{
	const struct infra *flags = self;
	CLEANUP_INFRA struct larder_infra *infra = NULL;
	struct larder_infra_counts counts;
	struct infra_telling telling = { .cli = cli };
	int code = open_asked (cli, flags, LARDER_INFRA_DESTROY, &infra, error);
	if (code == 0)
		code = tell_plan (cli, infra, &telling, &counts, error);
	if (code < 0 || cli->globals.dry_run || !(changes (&counts) || counts.left))
		return code < 0 ? code : unseen (&telling, &counts, error);
	out_flush (cli);
	cli->summary = (struct larder_summary) { .size = sizeof cli->summary };      /* nothing of it is done yet */
	code = confirm (cli, flags->environment, error);
	return code < 0 ? code : do_it (cli, infra, error);
}

const struct larder_cmd cmd_infra_destroy = {
	.name = "infra destroy", .summary = "remove what the sections stand for, or exactly a saved plan", .operands = "[FILE]",
	.examples = "larder infra destroy --profile mock --environment pingvas-studio|all of it\nlarder infra destroy -n|what would go\n"
		"larder infra destroy gone.plan|what infra plan --destroy -o gone.plan told, unless the world has moved since",
	.text = "Asks for the name of the environment. Leaves what is protected (protect = yes; a database without destroy = yes) and buckets that hold objects, with all that is set up for them: those are failures, and the rest goes. What takes its time is awaited, as by infra apply.",
	.options = destroy_options, .self_size = sizeof (struct infra), .least = 0, .most = 1, .run = run_destroy,
};
