/* plan-write.c: the operations of a sync as lines of JSON, published whole. */
#include "plan.h"
#include "sync-side.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arena.h"
#include "buffer.h"
#include "checksum.h"
#include "cleanup.h"
#include "clock.h"
#include "error.h"
#include "json.h"
#include "store.h"
#include "text.h"

enum { FLUSH_FROM = 64 << 10 };

struct plan {
	struct file_draft draft;
	const char *path;
	struct buffer lines;
	struct sha256 sha;
	uint64_t copies, removals, bytes;
	size_t begun;                 /* of the line that is being written */
	int code;                     /* sticks */
	struct larder_error error;
};

/* ---- addresses ---- */

static const char *
encoded (struct larder_arena *arena, const char *before, const char *path)
{
	CLEANUP_BUFFER struct buffer text;
	buffer_init (&text, PLAN_LINE_MOST);
	buffer_add_text (&text, before);
	text_percent (&text, path);
	return text.failed ? NULL : arena_copy (arena, buffer_text (&text));
}

int
plan_address (struct larder_store *store, const char *key, struct larder_arena *arena, const char **ret, struct larder_error *error)
{
	if (!store) {
		CLEANUP_FREE char *whole = target_whole_path (key);
		*ret = whole ? encoded (arena, "", whole) : NULL;
		return *ret ? 0 : larder_fail_errno (error, errno, "cannot tell where '%s' lies", key);
	}
	const char *prefix = side_prefix (key, arena), *below = prefix ? arena_printf (arena, "%s-", prefix) : NULL;     /* a prefix may be no key */
	if (!below)
		return larder_fail_memory (error);
	if (store_url (store, arena, below, ret, NULL) < 0)
		*ret = encoded (arena, arena_printf (arena, "%s%s/", store_prefix (store), store_bucket (store)), below);
	return *ret ? 0 : larder_fail_memory (error);
}

/* ---- lines ---- */

static void
fail (struct plan *plan, int code)
{
	if (plan->code == 0)
		plan->code = code;
}

static void
flush (struct plan *plan)
{
	if (plan->code == 0 && plan->lines.failed)
		fail (plan, larder_fail_memory (&plan->error));
	if (plan->code == 0)
		fail (plan, file_draft_write (&plan->draft, plan->lines.at, plan->lines.length, &plan->error));
	buffer_clear (&plan->lines);
}

static void
line_begin (struct plan *plan, struct json *json)
{
	plan->begun = plan->lines.length;
	json_begin (json, &plan->lines);
	json_put_object (json);
}

static void
line_end (struct plan *plan, struct json *json)
{
	json_put_object_end (json);
	buffer_add_char (&plan->lines, '\n');
	if (!plan->lines.failed)
		sha256_add (&plan->sha, plan->lines.at + plan->begun, plan->lines.length - plan->begun);
	if (plan->lines.failed || plan->lines.length >= FLUSH_FROM)
		flush (plan);
}

static void
put_seen (struct json *json, const char *name, const struct seen *seen)
{
	char time[32];
	json_put_name (json, name);
	if (!seen->there) {
		json_put_text (json, NULL);
		return;
	}
	json_put_object (json);
	json_member_uint (json, "length", seen->length);
	json_member (json, "mtime", text_from_time_exact (seen->mtime, time));
	json_member (json, "etag", seen->etag);
	json_put_object_end (json);
}

static void
add (struct plan *plan, const struct plan_step *step)
{
	struct json json;
	line_begin (plan, &json);
	json_member (&json, "do", step->removal ? "remove" : "copy");
	json_member_bytes (&json, "key", step->key);
	if (!step->removal)
		put_seen (&json, "from", &step->expected.from);
	put_seen (&json, "to", &step->expected.to);
	line_end (plan, &json);
}

/* The key below the two sides: what follows the target's own prefix. */
static const char *
key_of (const struct item *item)
{
	if (!item->transfer->store)
		return item->path;
	const char *rest = item->path + strlen (item->transfer->to);
	return *item->transfer->to && *rest == '/' && item->transfer->to[strlen (item->transfer->to) - 1] != '/' ? rest + 1 : rest;
}

void
plan_copy (struct plan *plan, const struct item *item)
{
	add (plan, &(struct plan_step) { .key = key_of (item), .expected = *item->expected });
	plan->copies++;
	plan->bytes += item->expected->from.length;
}

void
plan_remove (struct plan *plan, const char *key, const struct seen *seen)
{
	add (plan, &(struct plan_step) { .removal = true, .key = key, .expected.to = *seen });
	plan->removals++;
}

/* ---- beginning and end ---- */

static int
open_draft (struct plan *plan, const char *path, struct larder_error *error)
{
	if (strcmp (path, "-") == 0)
		return larder_fail_next (error, LARDER_E_INVALID, "name a file", "a plan is read twice, so it cannot go to standard output");
	return target_draft (&plan->draft, path, true, error);
}

static void
put_head (struct plan *plan, const struct plan_head *head)
{
	struct json json;
	char time[32];
	line_begin (plan, &json);
	json_member (&json, "plan", PLAN_FORMAT);
	json_member_uint (&json, "version", PLAN_VERSION);
	json_member (&json, "made", text_from_time (clock_wall (), time));
	json_member (&json, "profile", head->profile);
	json_member_bytes (&json, "from", head->from);
	json_member_bytes (&json, "to", head->to);
	json_member (&json, "from_address", head->from_address);
	json_member (&json, "to_address", head->to_address);
	json_member_bool (&json, "keep_times", head->keep_times);
	json_member (&json, "flags", head->flags);
	line_end (plan, &json);
}

int
plan_new (struct plan **ret, const char *path, const struct plan_head *head, struct larder_error *error)
{
	struct plan *plan = calloc (1, sizeof *plan);
	if (!plan)
		return larder_fail_memory (error);
	*plan = (struct plan) { .draft = FILE_DRAFT_NONE, .path = path, .error = LARDER_ERROR_INIT };
	buffer_init (&plan->lines, FLUSH_FROM + PLAN_LINE_MOST);
	sha256_begin (&plan->sha);
	int code = open_draft (plan, path, error);
	if (code < 0) {
		plan_free (plan);
		return code;
	}
	put_head (plan, head);
	*ret = plan;
	return 0;
}

int
plan_publish (struct plan *plan, const struct larder_summary *sum, struct larder_error *error)
{
	char hex[65];
	struct json json;
	struct sha256 whole = plan->sha;
	sha256_end_hex (&whole, hex);
	line_begin (plan, &json);
	json_member_uint (&json, "copies", plan->copies);
	json_member_uint (&json, "removals", plan->removals);
	json_member_uint (&json, "bytes", plan->bytes);
	json_member_uint (&json, "skipped", sum->skipped);
	json_member_uint (&json, "refused", sum->refused);
	json_member_uint (&json, "failed", sum->failed);
	json_member (&json, "sha256", hex);
	line_end (plan, &json);
	flush (plan);
	if (plan->code < 0) {
		if (error)
			larder_give (error, &plan->error);
		return plan->code;
	}
	return file_draft_publish (&plan->draft, FILE_REPLACE, error);
}

void
plan_free (struct plan *plan)
{
	if (!plan)
		return;
	file_draft_abort (&plan->draft);
	buffer_free (&plan->lines);
	free (plan);
}
