/* tree.c: XML as a tree. */
#include "tree.h"

#include <string.h>

#include "arena.h"
#include "buffer.h"
#include "error.h"
#include "reply.h"
#include "request.h"

#define DEPTH_MOST 16

/* ---- reading ---- */

struct growing { struct s3_tree *tree; struct s3_node *open[DEPTH_MOST]; unsigned depth; };

static int
on_begin (void *context, const char *path, struct larder_error *error)
{
	struct growing *growing = context;
	const char *slash = strrchr (path, '/');
	if (growing->depth + 1 == DEPTH_MOST)
		return s3_odd (error, "'%s' is nested too deep", path);
	struct s3_node *node = s3_node_add (growing->tree, growing->open[growing->depth], slash ? slash + 1 : path, "");
	if (!node)
		return larder_fail_memory (error);
	growing->open[++growing->depth] = node;
	return 0;
}

static int
on_end (void *context, const char *path, const char *text, struct larder_error *error)
{
	struct growing *growing = context;
	struct s3_node *node = growing->open[growing->depth];
	if (!*path)
		return 0;
	growing->depth--;
	if (node->first)
		return 0;
	node->text = arena_copy (growing->tree->arena, text);
	return node->text ? 0 : larder_fail_memory (error);
}

int
s3_tree_read (struct s3_tree *tree, const char *body, size_t length, const char *root, struct s3_node **ret, struct larder_error *error)
{
	struct s3_node *node = arena_alloc (tree->arena, sizeof *node);
	if (!node)
		return larder_fail_memory (error);
	*node = (struct s3_node) { .name = root, .text = "" };
	*ret = node;
	struct growing growing = { .tree = tree, .open = { node } };
	const struct s3_reader reader = { on_begin, on_end, &growing };
	return length ? s3_reply_read (body, length, root, &reader, error) : 0;
}

/* ---- writing ---- */

static void
write_node (const struct s3_node *node, const char *more, struct buffer *into)
{
	buffer_printf (into, "<%s%s>", node->name, more);
	if (!node->first)
		aws_xml_escape (into, node->text);
	for (const struct s3_node *child = node->first; child; child = child->next)
		write_node (child, "", into);
	buffer_printf (into, "</%s>", node->name);
}

int
s3_tree_write (const struct s3_tree *tree, const struct s3_node *root, struct buffer *into, struct larder_error *error)
{
	write_node (root, " xmlns=\"" S3_NAMESPACE "\"", into);
	return tree->failed || into->failed ? larder_fail_memory (error) : 0;
}

/* ---- in between ---- */

static struct s3_node *
named (struct s3_node *from, const char *name, size_t length)
{
	for (; from; from = from->next)
		if (strlen (from->name) == length && strncmp (from->name, name, length) == 0)
			break;
	return from;
}

struct s3_node *
s3_node_child (const struct s3_node *node, const char *name)
{
	return named (node->first, name, strlen (name));
}

struct s3_node *
s3_node_again (const struct s3_node *child)
{
	return named (child->next, child->name, strlen (child->name));
}

struct s3_node *
s3_node_find (const struct s3_node *node, const char *path)
{
	size_t length = strcspn (path, "/");
	struct s3_node *child = named (node->first, path, length);
	return child && path[length] ? s3_node_find (child, path + length + 1) : child;
}

const char *
s3_node_text (const struct s3_node *node, const char *path)
{
	const struct s3_node *found = s3_node_find (node, path);
	return found ? found->text : NULL;
}

struct s3_node *
s3_node_add (struct s3_tree *tree, struct s3_node *parent, const char *name, const char *text)
{
	struct s3_node *node = parent ? arena_alloc (tree->arena, sizeof *node) : NULL, **last = parent ? &parent->first : NULL;
	const char *copy = node ? arena_copy (tree->arena, name) : NULL, *words = copy ? arena_copy (tree->arena, text) : NULL;
	if (!words) {
		tree->failed = true;
		return NULL;
	}
	*node = (struct s3_node) { .name = copy, .text = words };
	while (*last)
		last = &(*last)->next;
	return *last = node;
}

void
s3_node_drop (struct s3_node *parent, const struct s3_node *child)
{
	struct s3_node **at = &parent->first;
	while (*at && *at != child)
		at = &(*at)->next;
	if (*at)
		*at = child->next;
}

void
s3_node_drop_all (struct s3_node *parent, const char *name)
{
	for (const struct s3_node *child; (child = s3_node_child (parent, name));)
		s3_node_drop (parent, child);
}

void
s3_node_set (struct s3_tree *tree, struct s3_node *node, const char *path, const char *text)
{
	size_t length = strcspn (path, "/");
	struct s3_node *child = named (node->first, path, length);
	if (!child && !text)
		return;
	if (!child) {
		const char *name = arena_copy_bytes (tree->arena, path, length);
		child = name ? s3_node_add (tree, node, name, "") : NULL;
	}
	if (!child)
		tree->failed = true;
	else if (path[length])
		s3_node_set (tree, child, path + length + 1, text);
	else if (text)
		child->text = arena_copy (tree->arena, text), child->first = NULL, tree->failed |= !child->text;
	if (child && !text && (!path[length] || !child->first))
		s3_node_drop (node, child);
}
