/* cmd-du.c: larder du: sums of what a listing tells, in memory for the levels shown. */
#include "line.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "cleanup.h"
#include "error.h"
#include "text.h"

enum { DEPTH_MOST = 64, CLASSES_MOST = 24 };

struct du { bool versions, classes; int64_t depth; };
static const struct larder_option options[] = {
	{ .key = "depth", .letter = 'd', .type = LARDER_INT, .at = offsetof (struct du, depth), .min = 0, .max = DEPTH_MOST, .argument = "N",
	  .help = "also each prefix, down to N levels below the address" },
	{ .key = "classes", .type = LARDER_BOOL, .at = offsetof (struct du, classes), .help = "also by storage class" },
	{ .key = "versions", .type = LARDER_BOOL, .at = offsetof (struct du, versions), .help = "count old versions and delete markers, too" },
	{ 0 }
};

struct sum { uint64_t objects, bytes, old, old_bytes, markers; };
struct class { char name[40]; struct sum sum; };

/* What is added up at one level: the address itself, or the prefix that the listing is in. */
struct level {
	size_t length;                   /* of its prefix */
	struct sum sum;
	struct class *classes;           /* CLASSES_MOST, or NULL */
	size_t count;
};

struct measuring {
	struct cli *cli;
	const struct du *du;
	const struct larder_address *address;
	const char *text;                /* as it was written */
	size_t below;                    /* length of the prefix that levels begin behind */
	char key[1026];                  /* the last one */
	size_t open;                     /* levels beside the address itself */
	struct level *levels;            /* du->depth + 1 */
};

static void
add (const struct du *du, struct sum *sum, const struct larder_info *info)
{
	if (info->flags & LARDER_INFO_DELETE_MARKER) {
		sum->markers++;
	} else if (!du->versions || info->flags & LARDER_INFO_LATEST) {
		sum->objects++;
		sum->bytes += info->length;
	} else {
		sum->old++;
		sum->old_bytes += info->length;
	}
}

/* Classes beyond all that there are share the last place. */
static struct sum *
class_of (struct level *level, const char *name)
{
	for (size_t i = 0; i < level->count; i++)
		if (strcmp (level->classes[i].name, name) == 0 || i == CLASSES_MOST - 1)
			return &level->classes[i].sum;
	struct class *class = &level->classes[level->count++];
	*class = (struct class) { .sum = { 0 } };
	memcpy (class->name, name, strnlen (name, sizeof class->name - 1));
	return &class->sum;
}

/* ---- telling ---- */

static void
json_sum (const struct measuring *measuring, struct json *json, const struct sum *sum)
{
	json_member_uint (json, "objects", sum->objects);
	json_member_uint (json, "bytes", sum->bytes);
	if (!measuring->du->versions)
		return;
	json_member_uint (json, "old_versions", sum->old);
	json_member_uint (json, "old_bytes", sum->old_bytes);
	json_member_uint (json, "delete_markers", sum->markers);
}

static void
json_usage (const struct measuring *measuring, const struct level *level, const char *name)
{
	struct line line;
	json_line (measuring->cli, &line, "usage");
	json_member_bytes (&line.json, "address", name);
	json_sum (measuring, &line.json, &level->sum);
	if (measuring->du->classes) {
		json_put_name (&line.json, "classes");
		json_put_object (&line.json);
		for (size_t i = 0; i < level->count; i++) {
			json_put_name (&line.json, level->classes[i].name);
			json_put_object (&line.json);
			json_sum (measuring, &line.json, &level->classes[i].sum);
			json_put_object_end (&line.json);
		}
		json_put_object_end (&line.json);
	}
	json_line_end (measuring->cli, &line);
}

static void
people_sum (const struct measuring *measuring, const struct sum *sum, const char *indent, const char *name)
{
	struct cli *cli = measuring->cli;
	char size[32];
	out_printf (cli, "%10s  %8" PRIu64 " %-7s  ", text_from_size (sum->bytes, size), sum->objects, sum->objects == 1 ? "object" : "objects");
	if (measuring->du->versions)
		out_printf (cli, "%10s  %8" PRIu64 " old  %8" PRIu64 " deleted  ", text_from_size (sum->old_bytes, size), sum->old, sum->markers);
	out_text (cli, indent);
	out_name (cli, name);
	out_text (cli, "\n");
}

static int
tell (const struct measuring *measuring, const struct level *level, struct larder_error *error)
{
	struct cli *cli = measuring->cli;
	const char *name = measuring->text;
	CLEANUP_FREE char *prefix = NULL;
	if (level != measuring->levels) {
		if (asprintf (&prefix, "%s:%.*s", measuring->address->store, (int) level->length, measuring->key) < 0)
			return prefix = NULL, larder_fail_memory (error);
		name = prefix;
	}
	if (cli->globals.json) {
		json_usage (measuring, level, name);
		return 0;
	}
	people_sum (measuring, &level->sum, "", name);
	for (size_t i = 0; measuring->du->classes && i < level->count; i++)
		people_sum (measuring, &level->classes[i].sum, "  ", level->classes[i].name);
	return 0;
}

/* ---- adding up ---- */

/* Where the levels of a key end: behind its slashes. Nothing of a key that is the address itself. */
static size_t
levels_of (const struct measuring *measuring, const char *key, size_t ends[DEPTH_MOST])
{
	size_t count = 0;
	if (strlen (key) < measuring->below)
		return 0;
	for (const char *at = key + measuring->below; count < (size_t) measuring->du->depth && (at = strchr (at, '/')); at++)
		ends[count++] = (size_t) (at + 1 - key);
	return count;
}

static int
close_levels (struct measuring *measuring, size_t left)
{
	int code = 0;
	for (; measuring->open > left && code == 0; measuring->open--)
		code = tell (measuring, &measuring->levels[measuring->open], NULL);
	return code;
}

static int
on_info (void *context, const struct larder_info *info)
{
	struct measuring *measuring = context;
	size_t ends[DEPTH_MOST], count = levels_of (measuring, info->key, ends), same = 0;
	while (same < count && same < measuring->open && measuring->levels[same + 1].length == ends[same]
	       && strncmp (measuring->key, info->key, ends[same]) == 0)
		same++;
	int code = close_levels (measuring, same);
	if (code < 0)
		return code;
	memcpy (measuring->key, info->key, strlen (info->key) + 1);       /* a listing has no longer ones */
	for (; measuring->open < count; measuring->open++) {
		struct level *level = &measuring->levels[measuring->open + 1];
		*level = (struct level) { .length = ends[measuring->open], .classes = level->classes };
	}
	for (size_t i = 0; i <= measuring->open; i++) {
		struct level *level = &measuring->levels[i];
		add (measuring->du, &level->sum, info);
		if (level->classes && !(info->flags & LARDER_INFO_DELETE_MARKER))
			add (measuring->du, class_of (level, info->storage_class ? info->storage_class : "-"), info);
	}
	return cli_stopped (measuring->cli) ? LARDER_E_CANCELLED : 0;
}

static int
levels_new (struct measuring *measuring, struct larder_error *error)
{
	const struct du *du = measuring->du;
	size_t count = (size_t) du->depth + 1;
	measuring->levels = calloc (count, sizeof *measuring->levels);
	struct class *classes = measuring->levels && du->classes ? arena_alloc (measuring->cli->arena, count * CLASSES_MOST * sizeof *classes) : NULL;
	if (!measuring->levels || (du->classes && !classes))
		return larder_fail_memory (error);
	for (size_t i = 0; classes && i < count; i++)
		measuring->levels[i].classes = classes + i * CLASSES_MOST;
	return 0;
}

static int
measure (struct measuring *measuring, struct larder_store *store, struct larder_error *error)
{
	struct cli *cli = measuring->cli;
	const char *path = measuring->address->path;
	size_t length = strlen (path);
	measuring->below = length + (length > 0 && path[length - 1] != '/');
	const struct below below = { .path = path, .recursive = true, .versions = measuring->du->versions };
	int code = levels_new (measuring, error);
	if (code == 0)
		code = below_each (cli, store, &below, on_info, measuring, error);
	if (code == 0)
		code = close_levels (measuring, 0);
	if (code < 0)
		return code;
	const struct sum *sum = &measuring->levels->sum;
	uint64_t all = sum->objects + sum->old + sum->markers;
	if (all == 0 && length > 0)
		return larder_fail_next (error, LARDER_E_NOTFOUND, "'larder ls' lists what is there", "nothing at '%s'", measuring->text);
	cli->summary.scanned += all;
	cli->summary.done += all;
	cli->summary.bytes += sum->bytes + sum->old_bytes;
	return tell (measuring, measuring->levels, error);
}

static int
du_one (struct cli *cli, const void *self, const char *text, struct larder_error *error)
{
	struct larder_address address;
	CLEANUP_STORE struct larder_store *store = NULL;
	struct measuring measuring = { .cli = cli, .du = self, .address = &address, .text = text };
	int code = cli_store (cli, text, &address, &store, error);
	if (code == 0)
		code = measure (&measuring, store, error);
	free (measuring.levels);
	return code;
}

static int
run (struct cli *cli, const void *self, struct larder_error *error)
{
	return operands_each (cli, OPEN_CONFIGURED, du_one, self, error);
}

const struct larder_cmd cmd_du = {
	.name = "du", .summary = "add up what is below an address", .operands = "ADDRESS…",
	.examples = "larder du images: thumbnails:|bytes and objects of two stores\n"
		"larder du -d 1 --classes images:|of each user, by storage class\n"
		"larder du --versions uploads:ann/|with what was replaced or deleted, and is still there",
	.text = "Bytes and number of objects; with --versions those of old versions, and how many delete markers. A prefix comes before what it "
		"is in, the address last.",
	.options = options, .self_size = sizeof (struct du), .least = 1, .most = -1, .replica = true, .run = run,
};
