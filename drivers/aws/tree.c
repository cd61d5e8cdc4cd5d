/* tree.c: XML as a tree. Pure. */
#include "tree.h"

#include <string.h>

#include "arena.h"
#include "aws.h"
#include "error.h"

#define DEPTH_MOST 16

/* ---- reading ---- */

struct growing { struct aws_tree *tree; const char *root; struct aws_node *open[DEPTH_MOST]; unsigned depth; };

static int
odd (struct larder_error *error, const char *what, const char *path)
{
	return larder_fail_next (error, LARDER_E_INTEGRITY, "look whether something else than the service answers at that endpoint", "the reply cannot be understood: '%s' %s", path, what);
}

static int
on_begin (void *context, const char *path, struct larder_error *error)
{
	struct growing *growing = context;
	const char *slash = strrchr (path, '/');
	if (!slash)
		return strcmp (path, growing->root) == 0 ? 0 : odd (error, "is another document", path);
	if (growing->depth + 1 == DEPTH_MOST)
		return odd (error, "is nested too deep", path);
	struct aws_node *node = aws_node_add (growing->tree, growing->open[growing->depth], slash + 1, "");
	if (!node)
		return larder_fail_memory (error);
	growing->open[++growing->depth] = node;
	return 0;
}

static int
on_end (void *context, const char *path, const char *text, struct larder_error *error)
{
	struct growing *growing = context;
	struct aws_node *node = growing->open[growing->depth];
	if (strchr (path, '/'))
		growing->depth--;
	if (node->first)
		return 0;
	node->text = arena_copy (growing->tree->arena, text);
	return node->text ? 0 : larder_fail_memory (error);
}

int
aws_tree_read (struct aws_tree *tree, const char *body, size_t length, const char *root, struct aws_node **ret, struct larder_error *error)
{
	struct aws_node *node = arena_alloc (tree->arena, sizeof *node);
	if (!node)
		return larder_fail_memory (error);
	*node = (struct aws_node) { .name = root, .text = "" };
	*ret = node;
	struct growing growing = { .tree = tree, .root = root, .open = { node } };
	return length ? aws_xml_read (body, length, on_begin, on_end, &growing, error) : 0;
}

/* ---- writing ---- */

static void
write_node (const struct aws_node *node, const char *more, struct buffer *into)
{
	buffer_printf (into, "<%s%s>", node->name, more);
	if (!node->first)
		aws_xml_escape (into, node->text);
	for (const struct aws_node *child = node->first; child; child = child->next)
		write_node (child, "", into);
	buffer_printf (into, "</%s>", node->name);
}

int
aws_tree_write (const struct aws_tree *tree, const struct aws_node *root, const char *namespace, struct buffer *into, struct larder_error *error)
{
	const char *more = arena_printf (tree->arena, " xmlns=\"%s\"", namespace);
	if (!more)
		return larder_fail_memory (error);
	write_node (root, more, into);
	return tree->failed || into->failed ? larder_fail_memory (error) : 0;
}

/* ---- in between ---- */

static struct aws_node *
named (struct aws_node *from, const char *name, size_t length)
{
	for (; from; from = from->next)
		if (strlen (from->name) == length && strncmp (from->name, name, length) == 0)
			break;
	return from;
}

struct aws_node *
aws_node_child (const struct aws_node *node, const char *name)
{
	return named (node->first, name, strlen (name));
}

struct aws_node *
aws_node_again (const struct aws_node *child)
{
	return named (child->next, child->name, strlen (child->name));
}

struct aws_node *
aws_node_find (const struct aws_node *node, const char *path)
{
	size_t length = strcspn (path, "/");
	struct aws_node *child = named (node->first, path, length);
	return child && path[length] ? aws_node_find (child, path + length + 1) : child;
}

const char *
aws_node_text (const struct aws_node *node, const char *path)
{
	const struct aws_node *found = aws_node_find (node, path);
	return found ? found->text : NULL;
}

struct aws_node *
aws_node_add (struct aws_tree *tree, struct aws_node *parent, const char *name, const char *text)
{
	struct aws_node *node = parent ? arena_alloc (tree->arena, sizeof *node) : NULL, **last = parent ? &parent->first : NULL;
	const char *copy = node ? arena_copy (tree->arena, name) : NULL, *words = copy ? arena_copy (tree->arena, text) : NULL;
	if (!words) {
		tree->failed = true;
		return NULL;
	}
	*node = (struct aws_node) { .name = copy, .text = words };
	while (*last)
		last = &(*last)->next;
	return *last = node;
}

void
aws_node_drop (struct aws_node *parent, const struct aws_node *child)
{
	struct aws_node **at = &parent->first;
	while (*at && *at != child)
		at = &(*at)->next;
	if (*at)
		*at = child->next;
}

void
aws_node_drop_all (struct aws_node *parent, const char *name)
{
	for (const struct aws_node *child; (child = aws_node_child (parent, name));)
		aws_node_drop (parent, child);
}

void
aws_node_set (struct aws_tree *tree, struct aws_node *node, const char *path, const char *text)
{
	size_t length = strcspn (path, "/");
	struct aws_node *child = named (node->first, path, length);
	if (!child && !text)
		return;
	if (!child) {
		const char *name = arena_copy_bytes (tree->arena, path, length);
		child = name ? aws_node_add (tree, node, name, "") : NULL;
	}
	if (!child)
		tree->failed = true;
	else if (path[length])
		aws_node_set (tree, child, path + length + 1, text);
	else if (text)
		child->text = arena_copy (tree->arena, text), child->first = NULL, tree->failed |= !child->text;
	if (child && !text && (!path[length] || !child->first))
		aws_node_drop (node, child);
}
