/* setting-beyond.c: what a rule has that no other line tells, as lines of their own: rule[ID].other[ELEMENT/ELEMENT] = text. What somebody puts into a rule
 * of ours is seen, and mended. Pure. */
#include "setting.h"

#include <string.h>

#include "arena.h"

/* A text in a rule: "Filter/And/Tag#2/Key" as it is named, "Filter/And/Tag/Key" as it is known. */
struct leaf { struct aws_node *parent, *node; const char *name, *path; };

struct walk {
	const struct s3_rules *kind;
	const struct aws_node *rule;
	struct larder_arena *arena;
	void (*each) (const struct walk *walk, const struct leaf *leaf);
	const char *id;
	struct lines *lines;
};

/* The second of one name is NAME#2. */
static const char *
numbered (const struct walk *walk, const struct leaf *leaf)
{
	unsigned number = 1;
	for (const struct aws_node *before = leaf->parent->first; before != leaf->node; before = before->next)
		number += strcmp (before->name, leaf->node->name) == 0;
	return number == 1 ? leaf->node->name : arena_printf (walk->arena, "%s#%u", leaf->node->name, number);
}

static const char *
joined (struct larder_arena *arena, const char *path, const char *name)
{
	return name ? arena_printf (arena, "%s%s%s", path, *path ? "/" : "", name) : NULL;
}

static bool
is_told (const struct walk *walk, const struct leaf *leaf)
{
	for (const char *const *path = walk->kind->told; *path; path++)
		if (strcmp (*path, leaf->path) == 0)
			return true;
	return walk->kind->tells && walk->kind->tells (walk->rule, leaf->parent, leaf->node, leaf->path);
}

/* What is switched off says no more than what is not there. */
static bool
is_off (const struct aws_node *node)
{
	const char *status = aws_node_text (node, "Status");
	return status && strcmp (status, "Disabled") == 0;
}

/* Calls back for each text that nothing tells; what has nothing in it any more goes, too. false: no memory. */
static bool
walk_below (const struct walk *walk, struct aws_node *parent, const char *name, const char *path)
{
	bool whole = true;
	for (struct aws_node *node = parent->first; whole && node; node = node->next) {
		struct leaf leaf = { .parent = parent, .node = node };
		leaf.name = joined (walk->arena, name, numbered (walk, &leaf));
		leaf.path = joined (walk->arena, path, node->name);
		if (!leaf.name || !leaf.path)
			return false;
		bool inner = node->first;
		if (inner)
			whole = is_off (node) || walk_below (walk, node, leaf.name, leaf.path);
		else if (*node->text && !is_told (walk, &leaf))
			walk->each (walk, &leaf);
		if (inner && !node->first)
			aws_node_drop (parent, node);
	}
	return whole;
}

static void
tell_leaf (const struct walk *walk, const struct leaf *leaf)
{
	const char *below = path_of_member (walk->arena, ".other", leaf->name, "");
	if (below)
		lines_add_in (walk->lines, walk->kind->set, walk->id, below, leaf->node->text);
	walk->lines->failed |= !below;
}

void
s3_beyond_tell (const struct s3_rules *kind, const struct aws_node *rule, const char *id, struct lines *lines)
{
	const struct walk walk = { kind, rule, lines->arena, tell_leaf, id, lines };
	lines->failed |= !walk_below (&walk, (struct aws_node *) rule, "", "");
}

static void
drop_leaf (const struct walk *walk, const struct leaf *leaf)
{
	(void) walk;
	aws_node_drop (leaf->parent, leaf->node);
}

static bool
has_text (const struct aws_node *node)
{
	bool any = !node->first && *node->text;
	for (const struct aws_node *child = node->first; !any && child; child = child->next)
		any = has_text (child);
	return any;
}

static void
drop_hollow (struct aws_node *parent)
{
	for (struct aws_node *node = parent->first; node; node = node->next)
		if (node->first && !has_text (node))
			aws_node_drop (parent, node);
		else
			drop_hollow (node);
}

void
s3_beyond_drop (const struct s3_rules *kind, struct aws_tree *tree, struct aws_node *rule)
{
	const struct walk walk = { .kind = kind, .rule = rule, .arena = tree->arena, .each = drop_leaf };
	tree->failed |= !walk_below (&walk, rule, "", "");
	drop_hollow (rule);
}
