/* setting-tiering.c: tiers of archives within class INTELLIGENT_TIERING. A bucket may have many such configurations, each with an id: one is ours,
 * and those of others are neither looked at nor touched. Ours is one line: "90d ARCHIVE_ACCESS, 180d DEEP_ARCHIVE_ACCESS", or "none". */
#include "setting.h"

#include <string.h>

#include "arena.h"
#include "buffer.h"
#include "error.h"
#include "request.h"
#include "tiering.h"

#define ROOT "IntelligentTieringConfiguration"

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
	for (const char *const *tier = tiering_tiers; status && strcmp (status, "Enabled") == 0 && *tier; tier++)
		if ((days = days_of (root, *tier)))
			line = tiering_with (arena, line, days, *tier);
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

static void
build (struct aws_tree *tree, struct aws_node *root, const char *line)
{
	const char *days;
	root->first = NULL;
	aws_node_add (tree, root, "Id", S3_TIERING_ID);
	aws_node_add (tree, root, "Status", "Enabled");
	for (const char *const *tier = tiering_tiers; *tier; tier++) {
		struct aws_node *one = (days = tiering_days (tree->arena, line, *tier)) ? aws_node_add (tree, root, "Tiering", "") : NULL;
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
