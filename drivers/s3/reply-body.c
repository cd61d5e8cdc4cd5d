/* reply-body.c: the small replies: what was removed, what was made, tags, versioning. */
#include "reply.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "error.h"

/* ---- removals ---- */

struct outcome {
	const char *key, *version, *marker, *code, *message;
	bool failed, is_marker, taken;
};

static int
begin_outcome (void *context, const char *path, struct larder_error *error)
{
	bool failed = strcmp (path, "Error") == 0;
	if (!failed && strcmp (path, "Deleted") != 0)
		return 0;
	struct outcome *outcome = s3_row_add (context);
	if (!outcome)
		return larder_fail_memory (error);
	outcome->failed = failed;
	return 0;
}

static int
on_outcome (void *context, const char *path, const char *text, struct larder_error *error)
{
	const struct s3_rows *outcomes = context;
	const char *slash = strchr (path, '/');
	if (!slash || !outcomes->count || (strncmp (path, "Deleted/", 8) != 0 && strncmp (path, "Error/", 6) != 0))
		return 0;
	struct outcome *outcome = s3_row_last (outcomes);
	const struct { const char *name, **at; } texts[] = {
		{ "Key", &outcome->key }, { "VersionId", &outcome->version }, { "DeleteMarkerVersionId", &outcome->marker },
		{ "Code", &outcome->code }, { "Message", &outcome->message },
	};
	if (strcmp (slash + 1, "DeleteMarker") == 0)
		return s3_yes_no ("DeleteMarker", text, &outcome->is_marker, error);
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		if (strcmp (slash + 1, texts[i].name) == 0)
			return *text ? s3_text (outcomes->arena, text, texts[i].at, error) : 0;
	return 0;
}

static bool
matches (const struct outcome *outcome, const struct larder_remove *item)
{
	if (!outcome->key || strcmp (outcome->key, item->key) != 0)
		return false;
	return !item->version || !outcome->version || strcmp (outcome->version, item->version) == 0;
}

/* Servers answer in the order of the request: the search goes on where it was. The same item asked for twice may be
 * answered once. */
static struct outcome *
find_outcome (const struct s3_rows *outcomes, const struct larder_remove *item, size_t *at)
{
	struct outcome *again = NULL;
	for (size_t i = 0; i < outcomes->count; i++) {
		struct outcome *outcome = s3_row_at (outcomes, (*at + i) % outcomes->count);
		if (!matches (outcome, item))
			continue;
		if (!outcome->taken) {
			*at = (*at + i + 1) % outcomes->count;
			outcome->taken = true;
			return outcome;
		}
		again = outcome;
	}
	return again;
}

/* The status that goes with a code, where only the code is said. */
static int
status_of (const char *code)
{
	static const struct { const char *code; int status; } known[] = {
		{ "AccessDenied", 403 }, { "NoSuchBucket", 404 }, { "PreconditionFailed", 412 }, { "InternalError", 500 },
		{ "ServiceUnavailable", 503 }, { "SlowDown", 503 }, { "NotImplemented", 501 }, { "OperationAborted", 409 },
	};
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (strcmp (known[i].code, code) == 0)
			return known[i].status;
	return 400;
}

static int
outcome_error (const struct outcome *outcome, const char *bucket, const struct larder_remove *item, struct larder_error *error)
{
	struct aws_fault fault = { .status = status_of (outcome->code) };
	char what[512];
	snprintf (fault.code, sizeof fault.code, "%s", outcome->code);
	snprintf (fault.message, sizeof fault.message, "%s", outcome->message ? outcome->message : "");
	snprintf (what, sizeof what, "cannot remove '%.300s' in bucket '%.80s'", item->key, bucket);
	return aws_fault_error (&fault, what, error);
}

static int
tell (const struct outcome *outcome, const char *bucket, const struct larder_remove *item, size_t index, larder_removed_fn removed, void *context)
{
	struct larder_error why = LARDER_ERROR_INIT;
	struct larder_info info = { .size = sizeof info, .key = item->key, .version = item->version };
	int code = 0;
	if (!outcome)
		code = larder_fail (&why, LARDER_E_UNAVAILABLE, "the server did not say what became of '%s' in bucket '%s'", item->key, bucket);
	else if (outcome->failed && !outcome->code)
		code = s3_odd (&why, "an error without a code, for '%s'", item->key);
	else if (outcome->failed && strcmp (outcome->code, "NoSuchKey") != 0 && strcmp (outcome->code, "NoSuchVersion") != 0)
		code = outcome_error (outcome, bucket, item, &why);
	if (code == 0 && outcome->is_marker) {
		info.flags = LARDER_INFO_DELETE_MARKER;
		info.version = outcome->marker ? outcome->marker : info.version;
	}
	return removed (context, index, code, code == 0 ? &info : NULL, code < 0 ? &why : NULL);
}

static const struct larder_remove *
item_at (const struct larder_remove *items, size_t stride, size_t i)
{
	return (const struct larder_remove *) (const void *) ((const char *) items + i * stride);
}

/* A list that was changed on its way shows in the answer. */
static int
judge_unasked (const struct outcome *outcome, const struct larder_remove *items, size_t count, size_t stride, struct larder_error *error)
{
	if (outcome->taken || outcome->failed)
		return 0;
	for (size_t i = 0; i < count; i++)
		if (matches (outcome, item_at (items, stride, i)))
			return 0;
	return s3_odd (error, "it removed '%s', which nobody asked for", outcome->key ? outcome->key : "");
}

int
s3_reply_deleted (const char *body, size_t length, const char *bucket, const struct larder_remove *items, size_t count, size_t stride,
                  larder_removed_fn removed, void *context, struct larder_arena *arena, struct larder_error *error)
{
	struct s3_rows outcomes = { .arena = arena, .each = sizeof (struct outcome) };
	const struct s3_reader reader = { begin_outcome, on_outcome, &outcomes };
	size_t at = 0;
	int code = s3_reply_read (body, length, "DeleteResult", &reader, error);
	for (size_t i = 0; i < count && code == 0; i++) {
		const struct larder_remove *item = item_at (items, stride, i);
		code = tell (find_outcome (&outcomes, item, &at), bucket, item, i, removed, context);
	}
	for (size_t i = 0; i < outcomes.count && code == 0; i++)
		code = judge_unasked (s3_row_at (&outcomes, i), items, count, stride, error);
	return code;
}

/* ---- what was made ---- */

struct made {
	struct larder_arena *arena;
	struct larder_info info;
	const char *kind;
};

static int
on_made (void *context, const char *path, const char *text, struct larder_error *error)
{
	struct made *made = context;
	if (strcmp (path, "ETag") == 0)
		return s3_etag (made->arena, text, &made->info.etag, error);
	if (strcmp (path, "LastModified") == 0)
		return s3_time (path, text, &made->info.mtime, error);
	if (strcmp (path, "ChecksumType") == 0)
		return s3_text (made->arena, text, &made->kind, error);
	s3_checksum_element (path, text, made->arena, &made->info.checksum_type, &made->info.checksum);
	return 0;
}

int
s3_reply_result (const char *body, size_t length, const char *root, struct larder_arena *arena, struct larder_info *ret,
                 struct larder_error *error)
{
	struct made made = { .arena = arena, .info = { .size = sizeof made.info } };
	const struct s3_reader reader = { NULL, on_made, &made };
	int code = s3_reply_read (body, length, root, &reader, error);
	if (code == 0 && !made.info.etag)
		code = s3_odd (error, "'%s' has no ETag", root);
	if (code < 0)
		return code;
	made.info.checksum_composite = s3_is_composite (made.info.checksum, made.kind);
	larder_give (ret, &made.info);
	return 0;
}

/* ---- tags ---- */

static int
begin_tag (void *context, const char *path, struct larder_error *error)
{
	if (strcmp (path, "TagSet/Tag") != 0)
		return 0;
	struct larder_pair *tag = s3_row_add (context);
	if (!tag)
		return larder_fail_memory (error);
	tag->value = "";
	return 0;
}

static int
on_tag (void *context, const char *path, const char *text, struct larder_error *error)
{
	const struct s3_rows *tags = context;
	struct larder_pair *tag = tags->count ? s3_row_last (tags) : NULL;
	if (strcmp (path, "TagSet/Tag/Key") == 0)
		return s3_text (tags->arena, text, &tag->name, error);
	if (strcmp (path, "TagSet/Tag/Value") == 0)
		return s3_text (tags->arena, text, &tag->value, error);
	return strcmp (path, "TagSet/Tag") != 0 || tag->name ? 0 : s3_odd (error, "a tag has no name");
}

int
s3_reply_tags (const char *body, size_t length, struct larder_arena *arena, struct larder_pairs *ret, struct larder_error *error)
{
	struct s3_rows tags = { .arena = arena, .each = sizeof (struct larder_pair) };
	const struct s3_reader reader = { begin_tag, on_tag, &tags };
	int code = s3_reply_read (body, length, "Tagging", &reader, error);
	if (code == 0)
		*ret = (struct larder_pairs) { tags.at, tags.count, tags.each };
	return code;
}

/* ---- versioning ---- */

static int
on_versioning (void *context, const char *path, const char *text, struct larder_error *error)
{
	const char **status = context;
	if (strcmp (path, "Status") != 0 || !*text)
		return 0;
	*status = strcmp (text, "Enabled") == 0 ? "Enabled" : "Suspended";
	return strcmp (text, *status) == 0 ? 0 : s3_odd (error, "Status is '%s'", text);
}

int
s3_reply_versioning (const char *body, size_t length, struct larder_arena *arena, const char **ret, struct larder_error *error)
{
	const char *status = "";
	const struct s3_reader reader = { NULL, on_versioning, &status };
	(void) arena;
	int code = s3_reply_read (body, length, S3_VERSIONING_ROOTS, &reader, error);
	if (code == 0)
		*ret = status;
	return code;
}
