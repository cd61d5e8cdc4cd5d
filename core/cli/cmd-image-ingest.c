/* cmd-image-ingest.c: larder image ingest. */
#include "ingest.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arena.h"
#include "cdn.h"
#include "cleanup.h"
#include "clock.h"
#include "error.h"
#include "text.h"

static const struct larder_option options[] = {
	{ .key = "user", .type = LARDER_STRING, .at = offsetof (struct ingest, user), .argument = "NAME", .help = "whose picture it is: {user} of the key" },
	{ .key = "job", .type = LARDER_STRING, .at = offsetof (struct ingest, job), .argument = "NAME", .help = "the job that made it: {job} of the key (default: the file's name)" },
	{ .key = "format", .type = LARDER_STRING, .at = offsetof (struct ingest, format), .argument = "NAME", .help = "png, webp, …, whatever it came as (default: as the pipeline says)" },
	{ .key = "at", .type = LARDER_STRING, .at = offsetof (struct ingest, at), .argument = "TIME", .help = "the job's time, for {year} and {month} (default: now)" },
	{ .key = "value", .type = LARDER_LIST, .at = offsetof (struct ingest, values), .argument = "NAME=VALUE", .help = "a placeholder that the pipeline declares in 'values'; may be repeated" },
	{ .key = "pipeline", .type = LARDER_STRING, .at = offsetof (struct ingest, pipeline), .argument = "NAME", .help = "the [pipeline] section (default: image)" },
	{ .key = "batch", .type = LARDER_PATH, .at = offsetof (struct ingest, batch), .argument = "FILE", .help = "lines of JSON, each with file, user, job; - is standard input" },
	{ .key = "recursive", .letter = 'r', .type = LARDER_BOOL, .at = offsetof (struct ingest, recursive), .help = "the pictures below folders" },
	{ .key = "overwrite", .type = LARDER_BOOL, .at = offsetof (struct ingest, overwrite), .help = "replace another picture of the same job" },
	{ .key = "invalidate", .type = LARDER_BOOL, .at = offsetof (struct ingest, invalidate), .help = "the edges of the store's [cdn] forget what is replaced" },
	{ 0 }
};

/* The file's last component without its extension. */
static char *
stem_of (const char *file)
{
	const char *slash = strrchr (file, '/'), *name = slash ? slash + 1 : file, *dot = strrchr (name, '.');
	return strndup (name, dot && dot != name ? (size_t) (dot - name) : strlen (name));
}

static int
next_file (struct intake *intake, struct picture *picture, struct larder_ingest *ret, struct larder_error *error)
{
	if (intake->taken == intake->count)
		return 0;
	const char *file = intake->files[intake->taken++];
	picture->name = strdup (strcmp (file, "-") == 0 ? "standard input" : file);
	if (!picture->name)
		return larder_fail_memory (error);
	ret->file = file;
	ret->name = picture->name;
	return 1;
}

static int
fill_request (struct intake *intake, struct picture *picture, struct larder_ingest *ret, struct larder_error *error)
{
	const struct ingest *flags = intake->flags;
	*ret = (struct larder_ingest) {
		.size = sizeof *ret, .pipeline = flags->pipeline, .user = flags->user, .job = flags->job, .format = flags->format,
		.values = intake->values, .at = intake->at, .overwrite = flags->overwrite, .dry_run = intake->cli->globals.dry_run,
	};
	int code = intake->lines_fd >= 0 ? intake_line (intake, picture, ret, error) : next_file (intake, picture, ret, error);
	if (code < 0)
		ret->file = NULL;  /* refused before any file was looked at */
	if (code == 1 && !ret->job) {
		ret->job = picture->job = stem_of (ret->file);
		if (!ret->job)
			return larder_fail_memory (error);
	}
	return code;
}

static int
next_picture (void *context, struct larder_ingest *ret, struct larder_error *error)
{
	struct intake *intake = context;
	if (cli_stopped (intake->cli))
		return larder_fail (error, LARDER_E_CANCELLED, "interrupted");
	struct picture *picture = calloc (1, sizeof *picture);
	if (!picture)
		return larder_fail_memory (error);
	struct larder_ingest request;
	int code = fill_request (intake, picture, &request, error);
	bool item = code == 1 || (code < 0 && request.name);
	if (item) {
		pthread_mutex_lock (&intake->lock);
		picture->next = intake->under_way;
		intake->under_way = picture;
		pthread_mutex_unlock (&intake->lock);
		larder_give (ret, &request);
	} else {
		picture_free (picture);
	}
	return code;
}

/* Forget the request that this name belongs to. */
static void
forget (struct intake *intake, const char *name)
{
	struct picture *done = NULL;
	pthread_mutex_lock (&intake->lock);
	for (struct picture **at = &intake->under_way; *at && !done; at = &(*at)->next)
		if ((*at)->name == name) {
			done = *at;
			*at = done->next;
			break;
		}
	pthread_mutex_unlock (&intake->lock);
	picture_free (done);
}

static const char *const actions[] = { "stored", "already", "replaced", "would-store" };
static const char *const words[] = { "stored", "already stored", "replaced", "would store" };

/* What was not looked at is left out: of a picture that is there already, nothing was decoded. */
static void
json_known (struct json *json, const char *name, uint64_t value)
{
	if (value > 0)
		json_member_uint (json, name, value);
}

static void
json_picture (struct cli *cli, const struct larder_ingest *item, const struct larder_ingested *result, uint32_t stored)
{
	struct line line;
	json_line (cli, &line, "picture");
	json_member (&line.json, "action", actions[stored]);
	json_member_bytes (&line.json, "file", item->name);
	json_member (&line.json, "user", item->user);
	json_member (&line.json, "job", item->job);
	json_member (&line.json, "bucket", result->bucket);
	json_member_bytes (&line.json, "key", result->key);
	json_member_uint (&line.json, "bytes", result->length);
	json_known (&line.json, "width", result->width);
	json_known (&line.json, "height", result->height);
	json_member (&line.json, "content_type", result->content_type);
	json_member (&line.json, "url", result->url);
	if (result->thumbnail_key) {
		json_member (&line.json, "thumbnail_bucket", result->thumbnail_bucket);
		json_member_bytes (&line.json, "thumbnail_key", result->thumbnail_key);
		json_known (&line.json, "thumbnail_bytes", result->thumbnail_length);
		json_known (&line.json, "thumbnail_width", result->thumbnail_width);
		json_known (&line.json, "thumbnail_height", result->thumbnail_height);
		json_member (&line.json, "thumbnail_url", result->thumbnail_url);
	}
	json_member (&line.json, "note", result->note);
	json_put_name (&line.json, "ms");
	json_put_real (&line.json, (double) result->elapsed / 1e6);
	json_line_end (cli, &line);
}

static void
people_picture (struct cli *cli, const struct larder_ingested *result, uint32_t stored)
{
	char size[32], time[32];
	out_printf (cli, "%-14s  %10s  %10s  ", words[stored], text_from_size (result->length, size), text_from_duration (result->elapsed, time));
	out_name (cli, result->key ? result->key : "");
	if (result->url) {
		out_text (cli, "  ");
		out_name (cli, result->url);
	}
	out_text (cli, "\n");
	if (!result->thumbnail_key)
		return;
	out_printf (cli, "%-14s  %10s  %10s  ", "  thumbnail", text_from_size (result->thumbnail_length, size), "");
	out_name (cli, result->thumbnail_key);
	if (result->thumbnail_url) {
		out_text (cli, "  ");
		out_name (cli, result->thumbnail_url);
	}
	out_text (cli, "\n");
}

static const char *
pipeline_of (const char *name)
{
	return name ? name : "image";
}

static void
tell_picture (struct intake *intake, const struct larder_ingest *item, const struct larder_ingested *result)
{
	struct cli *cli = intake->cli;
	uint32_t stored = result->stored < sizeof words / sizeof *words ? result->stored : 0;
	if (stored == LARDER_STORED_ALREADY) {
		intake->already++;
		cli->summary.scanned++;
		cli->summary.skipped++;
		__atomic_add_fetch (&cli->items, 1, __ATOMIC_RELAXED);
	} else {
		item_done (cli, result->length);
	}
	__atomic_add_fetch (&cli->moved, result->length, __ATOMIC_RELAXED);
	if (cli->globals.json)
		json_picture (cli, item, result, stored);
	else {
		pthread_mutex_lock (&cli->talk);
		talk_clear_bar (cli);
		pthread_mutex_unlock (&cli->talk);
		people_picture (cli, result, stored);
		if (result->note)
			say (cli, "%s: %s", item->name, result->note);
	}
	out_flush (cli);
}

static void
picture_replaces (void *context, const char *address)
{
	struct intake *intake = context;
	edges_add (intake->cli, address);
}

static int
picture_done (void *context, const struct larder_ingest *item, int code, const struct larder_ingested *result,
              const struct larder_error *error)
{
	struct intake *intake = context;
	if (code == 0)
		tell_picture (intake, item, result);
	else if (code != LARDER_E_CANCELLED)
		item_failed (intake->cli, item->name, error, code, !item->file);
	forget (intake, item->name);
	return cli_stopped (intake->cli) ? LARDER_E_CANCELLED : 0;
}

/* Files, or lines? Where nothing is named, lines come from a standard input that is no terminal. */
static int
choose_input (struct intake *intake, struct larder_error *error)
{
	struct cli *cli = intake->cli;
	const struct ingest *flags = intake->flags;
	const char *batch = flags->batch;
	if (cli->operands == 0 && !batch && !isatty (STDIN_FILENO))
		batch = "-";
	if (cli->operands > 0 && batch)
		return fail_usage (cli, error, "'--batch' and files do not go together");
	if (batch) {
		intake->lines_fd = strcmp (batch, "-") == 0 ? STDIN_FILENO : open (batch, O_RDONLY | O_CLOEXEC);
		return intake->lines_fd >= 0 ? 0 : larder_fail_errno (error, errno, "cannot read '%s'", batch);
	}
	if (cli->operands == 0)
		return fail_usage (cli, error, "'larder image ingest' needs files, or lines of JSON on standard input");
	if (flags->job && (cli->operands > 1 || flags->recursive))
		return fail_usage (cli, error, "'--job' names one picture, and there may be several: each gets its file's name");
	for (int i = 0; i < cli->operands; i++)
		if (strcmp (cli->operand[i], "-") == 0 && !flags->job)
			return fail_usage (cli, error, "a picture from standard input has no name: '--job' is needed");
	return 0;
}

static void
intake_free (struct intake *intake)
{
	if (intake->lines_fd > STDERR_FILENO)
		close (intake->lines_fd);
	for (size_t i = 0; i < intake->count; i++)
		free (intake->files[i]);
	free (intake->files);
	free (intake->text);
	while (intake->under_way) {
		struct picture *next = intake->under_way->next;
		picture_free (intake->under_way);
		intake->under_way = next;
	}
}

static void
tell_total (const struct intake *intake)
{
	struct cli *cli = intake->cli;
	const struct larder_summary *sum = &cli->summary;
	uint64_t skipped = sum->skipped - intake->already;
	char size[32], more[40] = "";
	double spent = (double) (clock_boot () - cli->began) / 1e9;
	if (skipped > 0)
		snprintf (more, sizeof more, "%" PRIu64 " skipped, ", skipped);
	say (cli, "%" PRIu64 " %singested, %" PRIu64 " already there, %s%" PRIu64 " failed, %s, %.1f images/s", sum->done,
	     cli->globals.dry_run ? "would be " : "", intake->already, more, sum->failed + sum->refused, text_from_size (sum->bytes, size),
	     spent > 0 ? (double) (sum->scanned - skipped) / spent : 0.0);
}

static int
take_in (struct intake *intake, struct larder_error *error)
{
	struct cli *cli = intake->cli;
	struct larder_batch batch = {
		.size = sizeof batch, .jobs = (uint32_t) cli->globals.jobs, .context = intake, .next = next_picture, .done = picture_done, .replaces = picture_replaces,
	};
	struct larder_summary unused = { .size = sizeof unused };
	cli->progress_on = true;
	int code = larder_ingest_batch (cli->larder, &batch, &unused, error);
	cli->progress_on = false;
	tell_total (intake);
	if (code == 0 || code == LARDER_E_CANCELLED || cli->summary.failed + cli->summary.refused == 0)
		return code;
	/* Pictures that failed are told already; what failed for all of them, as their manifest, is one more. */
	item_failed (cli, pipeline_of (intake->flags->pipeline), error, code, false);
	return 0;
}

/* Its pictures, and its thumbnails where it makes some. */
static int
begin_edges (struct cli *cli, const char *pipeline, struct larder_error *error)
{
	static const char *const stores[] = { "store", "thumbnail-store" };
	const char **all = arena_alloc (cli->arena, sizeof stores), *store;
	size_t count = 0;
	if (!all)
		return larder_fail_memory (error);
	for (size_t n = 0; n < sizeof stores / sizeof *stores; n++) {
		int code = cdn_store_of (cli, pipeline, stores[n], &store, n == 0 ? error : NULL);
		if (code < 0 && n == 0)
			return code;
		if (code == 0 && !(all[count++] = arena_printf (cli->arena, "%s:", store)))
			return larder_fail_memory (error);
	}
	return edges_begin (cli, all, count, error);
}

static int
run (struct cli *cli, const void *self, struct larder_error *error)
{
	const struct ingest *flags = self;
	CLEANUP_FREE struct larder_pair *pairs = NULL;
	CLEANUP (intake_free) struct intake intake = { .cli = cli, .flags = flags, .at = LARDER_NO_TIME, .lines_fd = -1, .lock = PTHREAD_MUTEX_INITIALIZER };
	int code;
	intake.values = pairs_from_list (flags->values, &pairs, error, &code);
	if (code < 0)
		return code;
	if (flags->at && text_time (flags->at, &intake.at) < 0)
		return fail_usage (cli, error, "'%s' is not a time, as 2026-11-25 or 2026-11-25T08:00:00Z", flags->at);
	code = choose_input (&intake, error);
	if (code == 0)
		code = cli_open (cli, OPEN_CONFIGURED, error);
	if (code == 0)
		code = intake_files (&intake, error);
	if (code == 0 && flags->invalidate)
		code = begin_edges (cli, pipeline_of (flags->pipeline), error);
	return code < 0 ? code : edges_end (cli, take_in (&intake, error), error);
}

const struct larder_cmd cmd_image_ingest = {
	.name = "image ingest", .summary = "take pictures in: key, metadata, thumbnail", .operands = "[FILE…]",
	.examples = "larder image ingest cat.png --user ann --job 4711|one picture\n"
		"larder image ingest *.png --user ann|several; each file's name is its job\n"
		"larder image ingest - --user ann --job 4711 < cat.png|from standard input\n"
		"larder image ingest --batch jobs.ndjson|lines like {\"file\": \"cat.png\", \"user\": \"ann\", \"job\": \"4711\"}",
	.text = "Prints key, thumbnail key, size, time and address of each. A picture that is there already says so. One bad picture costs "
		"that picture: the others go in, and the status is 1.\n\n"
		"Without FILE, lines of JSON are read from standard input. Each may have file, user, job, format, pipeline, at, overwrite "
		"and values (an object: the placeholders that the pipeline declares); what it leaves out comes from the options.\n\n"
		"With manifest = yes in the [pipeline] each run leaves a manifest of what it wrote where [larder] manifests says, for 'larder verify --manifest'. One that cannot be put there fails the run, "
		"though the pictures are there, and the next run puts it.",
	.options = options, .self_size = sizeof (struct ingest), .least = 0, .most = -1, .done_word = "ingested", .would_word = "would_ingest", .run = run,
};
