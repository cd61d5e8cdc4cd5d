/* plan-read.c: a plan read twice: first all of it against its checksum, then operation by operation. */
#include "plan.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arena.h"
#include "checksum.h"
#include "cleanup.h"
#include "error.h"
#include "json-text.h"
#include "text.h"

struct plan_reader {
	FILE *file;
	const char *path;
	struct file_source source;    /* as the file was when its checksum was taken */
	struct larder_arena *arena;   /* of the line that was read last */
	uint64_t number;              /* of that line */
	char line[PLAN_LINE_MOST + 2];
};

static int
fail_line (const struct plan_reader *reader, const char *what, struct larder_error *error)
{
	return larder_fail_next (error, LARDER_E_INTEGRITY, "nothing of it was begun; plan again with 'larder sync --plan'", "the plan '%s' %s (line %llu)",
		reader->path, what, (unsigned long long) reader->number);
}

/* 1, 0 at the end, or a code. */
static int
read_line (struct plan_reader *reader, struct larder_error *error)
{
	reader->number++;
	if (!fgets (reader->line, sizeof reader->line, reader->file))
		return ferror (reader->file) ? larder_fail_errno (error, errno, "cannot read '%s'", reader->path) : 0;
	return strchr (reader->line, '\n') ? 1 : fail_line (reader, "was cut short", error);
}

/* ---- one line ---- */

static bool
read_seen (struct larder_arena *arena, const json_t *side, struct seen *ret)
{
	const json_t *length = json_object_get (side, "length"), *time = json_object_get (side, "mtime");
	*ret = (struct seen) { .there = json_is_object (side) };
	if (json_is_null (side))
		return true;
	ret->length = (uint64_t) json_integer_value (length);
	ret->etag = json_text (arena, side, "etag");
	return ret->there && json_is_integer (length) && json_is_string (time) && text_time (json_string_value (time), &ret->mtime) == 0;
}

static bool
read_step (struct larder_arena *arena, const json_t *line, struct plan_step *ret)
{
	const char *what = json_string_value (json_object_get (line, "do"));
	*ret = (struct plan_step) { .key = json_text (arena, line, "key"), .removal = what && strcmp (what, "remove") == 0 };
	if (!what || (!ret->removal && strcmp (what, "copy") != 0) || !ret->key || !*ret->key)
		return false;
	if (!read_seen (arena, json_object_get (line, "to"), &ret->expected.to))
		return false;
	return ret->removal ? ret->expected.to.there : read_seen (arena, json_object_get (line, "from"), &ret->expected.from) && ret->expected.from.there;
}

static int
read_head (const struct plan_reader *reader, struct larder_arena *arena, const json_t *line, struct plan_head *ret, struct larder_error *error)
{
	const char *format = json_string_value (json_object_get (line, "plan"));
	if (!format || strcmp (format, PLAN_FORMAT) != 0)
		return larder_fail_next (error, LARDER_E_INVALID, "'larder sync --plan FILE' writes one", "'%s' is no plan", reader->path);
	if (json_integer_value (json_object_get (line, "version")) != PLAN_VERSION)
		return larder_fail_next (error, LARDER_E_INVALID, "apply it with the larder that wrote it, or plan again", "the plan '%s' is of version %lld, this larder reads %d",
			reader->path, (long long) json_integer_value (json_object_get (line, "version")), PLAN_VERSION);
	*ret = (struct plan_head) {
		.profile = json_text (arena, line, "profile"), .from = json_text (arena, line, "from"), .to = json_text (arena, line, "to"),
		.from_address = json_text (arena, line, "from_address"), .to_address = json_text (arena, line, "to_address"), .flags = json_text (arena, line, "flags"),
		.keep_times = json_is_true (json_object_get (line, "keep_times")),
	};
	return ret->profile && ret->from && ret->to && ret->from_address && ret->to_address ? 0 : fail_line (reader, "was changed", error);
}

/* ---- all of it ---- */

struct counted { uint64_t copies, removals; struct sha256 sha; };

/* Does the last line tell of those before it? */
static bool
is_end_of (const json_t *line, const struct counted *counted)
{
	char hex[65];
	struct sha256 whole = counted->sha;
	sha256_end_hex (&whole, hex);
	const char *sum = json_string_value (json_object_get (line, "sha256"));
	return sum && strcmp (sum, hex) == 0 && (uint64_t) json_integer_value (json_object_get (line, "copies")) == counted->copies
		&& (uint64_t) json_integer_value (json_object_get (line, "removals")) == counted->removals;
}

/* 1: it was the last line. */
static int
check_line (struct plan_reader *reader, struct larder_arena *arena, struct plan_head *head, struct counted *counted, struct larder_error *error)
{
	struct plan_step step;
	json_t *line = json_loads (reader->line, JSON_REJECT_DUPLICATES, NULL);
	int code;
	if (reader->number == 1)
		code = read_head (reader, arena, line, head, error);
	else if (json_object_get (line, "sha256"))
		code = is_end_of (line, counted) ? 1 : fail_line (reader, "was changed", error);
	else
		code = read_step (reader->arena, line, &step) ? 0 : fail_line (reader, "was changed", error);
	if (code == 0 && reader->number > 1) {
		counted->copies += !step.removal;
		counted->removals += step.removal;
	}
	sha256_add (&counted->sha, reader->line, strlen (reader->line));
	json_decref (line);
	arena_clear (reader->arena);
	return code;
}

static int
check_all (struct plan_reader *reader, struct larder_arena *arena, struct plan_head *head, struct larder_error *error)
{
	struct counted counted = { .copies = 0 };
	sha256_begin (&counted.sha);
	for (;;) {
		int code = read_line (reader, error);
		if (code == 0)
			return fail_line (reader, "was cut short", error);
		if (code == 1)
			code = check_line (reader, arena, head, &counted, error);
		if (code < 0)
			return code;
		if (code == 1)
			break;
	}
	int more = read_line (reader, error);
	return more == 1 ? fail_line (reader, "goes on behind its end", error) : more;
}

static int
open_file (struct plan_reader *reader, struct larder_error *error)
{
	struct larder_source unused;
	int fd = open (reader->path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return larder_fail_errno (error, errno, "cannot read the plan '%s'", reader->path);
	reader->file = fdopen (fd, "r");
	if (!reader->file) {
		close (fd);
		return larder_fail_memory (error);
	}
	return file_source_begin (&reader->source, fd, reader->path, &unused, error);
}

/* To the first operation. */
static int
begin_again (struct plan_reader *reader, struct larder_error *error)
{
	reader->number = 0;
	if (fseeko (reader->file, 0, SEEK_SET) < 0)
		return larder_fail_next (error, LARDER_E_INVALID, "give a file", "a plan is read twice, and '%s' can be read once", reader->path);
	int code = read_line (reader, error);
	return code < 0 ? code : 0;
}

int
plan_open (struct plan_reader **ret, const char *path, struct larder_arena *arena, struct plan_head *ret_head, struct larder_error *error)
{
	struct plan_reader *reader = calloc (1, sizeof *reader);
	if (!reader || !(reader->arena = arena_new ())) {
		free (reader);
		return larder_fail_memory (error);
	}
	reader->path = path;
	int code = open_file (reader, error);
	if (code == 0)
		code = check_all (reader, arena, ret_head, error);
	if (code == 0)
		code = begin_again (reader, error);
	if (code < 0)
		plan_close (reader);
	else
		*ret = reader;
	return code;
}

int
plan_next (struct plan_reader *reader, struct plan_step *ret, struct larder_error *error)
{
	int code = file_source_check (&reader->source, error);
	if (code == 0)
		code = read_line (reader, error);
	if (code <= 0)
		return code;
	arena_clear (reader->arena);
	json_t *line = json_loads (reader->line, JSON_REJECT_DUPLICATES, NULL);
	bool end = json_object_get (line, "sha256"), good = end || read_step (reader->arena, line, ret);
	json_decref (line);
	return end ? 0 : good ? 1 : fail_line (reader, "was changed", error);
}

void
plan_close (struct plan_reader *reader)
{
	if (!reader)
		return;
	if (reader->file)
		(void) fclose (reader->file);
	arena_free (reader->arena);
	free (reader);
}
