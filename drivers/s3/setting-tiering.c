/* setting-tiering.c: tiers of archives within class INTELLIGENT_TIERING. A bucket may have many such configurations, each with an id: one is ours,
 * and those of others are neither looked at nor touched. Ours is one line: "90d ARCHIVE_ACCESS, 180d DEEP_ARCHIVE_ACCESS", or "none". */
#include "setting.h"

#include <string.h>

#include "arena.h"
#include "buffer.h"
#include "error.h"
#include "request.h"

#define ROOT "IntelligentTieringConfiguration"

/* In the order of the line. */
const char *const s3_tiers[] = { "ARCHIVE_ACCESS", "DEEP_ARCHIVE_ACCESS", NULL };

const char *
s3_tier_days (struct larder_arena *arena, const char *line, const char *tier)
{
	for (const char *at = line; *at;) {
		size_t length = strcspn (at, ","), digits = strspn (at, "0123456789"), name = digits + strlen ("d ");
		if (digits && length == name + strlen (tier) && strncmp (at + digits, "d ", 2) == 0 && strncmp (at + name, tier, strlen (tier)) == 0)
			return arena_copy_bytes (arena, at, digits);
		at += length;
		at += strspn (at, ", ");
	}
	return NULL;
}

static const char *
with_tier (struct larder_arena *arena, const char *line, const char *days, const char *tier)
{
	return arena_printf (arena, "%s%s%sd %s", line ? line : "", line ? ", " : "", days, tier);
}

/* ---- reading ---- */

static const char *
days_of (const struct aws_node *root, const char *tier)
{
	for (const struct aws_node *one = aws_node_child (root, "Tiering"); one; one = aws_node_again (one)) {
		const char *name = aws_node_text (one, "AccessTier");
		if (name && strcmp (name, tier) == 0)
			return aws_node_text (one, "Days");
	}
	return NULL;
}

static const char *
line_of (const struct aws_node *root, struct larder_arena *arena)
{
	const char *status = aws_node_text (root, "Status"), *line = NULL, *days;
	const struct aws_node *filter = aws_node_child (root, "Filter");
	for (const char *const *tier = s3_tiers; status && strcmp (status, "Enabled") == 0 && *tier; tier++)
		if ((days = days_of (root, *tier)))
			line = with_tier (arena, line, days, *tier);
	return line && filter && filter->first ? arena_printf (arena, "%s of some objects", line) : line ? line : "none";
}

/* One that is switched off does nothing: that is none. */
int
s3_tiering_read (const struct s3_place *place, const char *body, size_t length, struct lines *lines, struct larder_error *error)
{
	struct aws_tree tree = { .arena = lines->arena };
	struct aws_node *root;
	(void) place;
	int code = aws_tree_read (&tree, body, length, ROOT, &root, error);
	if (code == 0)
		lines_add (lines, "tiering", line_of (root, lines->arena));
	return code;
}

/* ---- writing ---- */

int
s3_tiering_supports (const char *line, struct larder_error *error)
{
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	const char *again = NULL, *days;
	if (!arena)
		return larder_fail_memory (error);
	for (const char *const *tier = s3_tiers; line && *tier; tier++)
		if ((days = s3_tier_days (arena, line, *tier)))
			again = with_tier (arena, again, days, *tier);
	if (line && (strcmp (line, "none") == 0 || (again && strcmp (line, again) == 0)))
		return 0;
	return larder_fail_next (error, LARDER_E_UNSUPPORTED, "write tiering = 90d ARCHIVE_ACCESS, 180d DEEP_ARCHIVE_ACCESS, or one of them, or none", "tiering = %s is not known here", line ? line : "");
}

static void
build (struct aws_tree *tree, struct aws_node *root, const char *line)
{
	const char *days;
	root->first = NULL;
	aws_node_add (tree, root, "Id", S3_TIERING_ID);
	aws_node_add (tree, root, "Status", "Enabled");
	for (const char *const *tier = s3_tiers; *tier; tier++) {
		struct aws_node *one = (days = s3_tier_days (tree->arena, line, *tier)) ? aws_node_add (tree, root, "Tiering", "") : NULL;
		if (one && aws_node_add (tree, one, "Days", days))
			aws_node_add (tree, one, "AccessTier", *tier);
	}
}

/* It is switched off and not removed: where a server does not know the sub-resource, its DELETE is one of the bucket. */
int
s3_tiering_write (const struct s3_place *place, const struct lines *desired, const char *body, size_t length, struct buffer *into, struct larder_error *error)
{
	const char *line = lines_value (desired, "tiering");
	struct aws_tree tree = { .arena = desired->arena };
	struct aws_node *root;
	(void) place;
	int code = aws_tree_read (&tree, body, length, ROOT, &root, error);
	bool none = line && strcmp (line, "none") == 0;
	if (code < 0 || !line || (none && !root->first))
		return code;
	if (none)
		aws_node_set (&tree, root, "Status", "Disabled");
	else
		build (&tree, root, line);
	return aws_tree_write (&tree, root, S3_NAMESPACE, into, error);
}
