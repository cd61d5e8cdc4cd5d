/* paths.c: what an invalidation names, as the service matches it. Pure. */
#include "wire.h"

#include <string.h>

#include "arena.h"
#include "buffer.h"
#include "error.h"
#include "text.h"

enum { PATHS_MOST = 3000, WILDCARDS_MOST = 15, PATH_MOST = 8 << 10 };

int
cf_path (const struct larder_pair *asked, struct buffer *into, struct larder_error *error)
{
	const char *kind = asked->name, *key = asked->value;
	bool below = strcmp (kind, "below") == 0;
	size_t sure = strcspn (key, CF_UNMATCHED);
	if (!below && strcmp (kind, "path") != 0)
		return larder_fail (error, LARDER_E_UNSUPPORTED, "an invalidation has no '%s'", kind);
	if (key[sure])
		return larder_fail (error, LARDER_E_INVALID, "the edges match no name with '%c': '%s'", key[sure], key);
	buffer_add_char (into, '/');
	text_percent (into, key);
	buffer_add_text (into, below ? "*" : "");
	return into->failed ? larder_fail_memory (error) : 0;
}

/* ---- a lot ---- */

/* 1: taken; 0: it is full. */
static int
take (const struct larder_pair *asked, struct aws_tree *tree, struct aws_node *items, unsigned *wildcards, struct larder_error *error)
{
	CLEANUP_BUFFER struct buffer path;
	buffer_init (&path, PATH_MOST);
	int code = cf_path (asked, &path, error);
	if (code < 0)
		return code;
	*wildcards += path.at[path.length - 1] == '*';
	if (*wildcards > WILDCARDS_MOST)
		return 0;
	aws_node_add (tree, items, "Path", arena_copy (tree->arena, path.at));
	return 1;
}

int
cf_document_invalidation (struct larder_arena *arena, const struct larder_action *action, size_t *ret_taken, struct buffer *into, struct larder_error *error)
{
	struct aws_tree tree = { .arena = arena };
	struct aws_node root = { .name = "InvalidationBatch", .text = "" }, *paths = aws_node_add (&tree, &root, "Paths", "");
	struct aws_node *quantity = aws_node_add (&tree, paths, "Quantity", ""), *items = aws_node_add (&tree, paths, "Items", "");
	unsigned wildcards = 0;
	size_t taken = 0;
	int code = 1;
	while (code > 0 && taken < PATHS_MOST && taken < action->arguments.count) {
		code = take (larder_pair_at (&action->arguments, taken), &tree, items, &wildcards, error);
		taken += code > 0;
	}
	if (code < 0)
		return code;
	quantity->text = arena_printf (arena, "%zu", taken);
	aws_node_add (&tree, &root, "CallerReference", action->client_token);
	*ret_taken = taken;
	return cf_document (&tree, &root, into, error);
}

int
cf_invalidation_read (const char *body, size_t length, struct larder_arena *arena, struct cf_invalidation *ret, struct larder_error *error)
{
	struct aws_tree tree = { .arena = arena };
	struct aws_node *root;
	int code = aws_tree_read (&tree, body, length, "Invalidation", &root, error);
	if (code < 0)
		return code;
	*ret = (struct cf_invalidation) { aws_node_text (root, "Id"), aws_node_text (root, "Status") };
	return ret->id && ret->status ? 0 : larder_fail (error, LARDER_E_INTEGRITY, "the reply tells of no invalidation");
}
