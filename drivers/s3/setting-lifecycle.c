/* setting-lifecycle.c: rules of how long objects stay. One rule[ID] is one Rule with a Filter. */
#include "setting.h"

#include <string.h>

#include "arena.h"
#include "buffer.h"
#include "error.h"

static const struct { const char *below, *element; } ages[] = {
	{ ".abort-uploads", "AbortIncompleteMultipartUpload/DaysAfterInitiation" }, { ".expire", "Expiration/Days" },
	{ ".expire-noncurrent", "NoncurrentVersionExpiration/NoncurrentDays" },
};

/* Where the conditions stand: Filter, what And joins, or the rule itself, as of old. */
static const struct aws_node *
conditions_of (const struct aws_node *rule)
{
	const struct aws_node *filter = aws_node_child (rule, "Filter"), *both = filter ? aws_node_child (filter, "And") : NULL;
	return both ? both : filter ? filter : rule;
}

/* All its tags: "NAME=VALUE", joined by '&'. */
static const char *
tags_of (const struct aws_node *at, struct larder_arena *arena)
{
	const char *text = NULL;
	for (const struct aws_node *tag = aws_node_child (at, "Tag"); tag; tag = aws_node_again (tag)) {
		const char *key = aws_node_text (tag, "Key"), *value = aws_node_text (tag, "Value");
		text = arena_printf (arena, "%s%s%s=%s", text ? text : "", text ? "&" : "", key ? key : "", value ? value : "");
	}
	return text;
}

void
s3_filter_tell (const struct aws_node *rule, const char *id, struct lines *lines)
{
	const struct aws_node *at = conditions_of (rule);
	lines_add_in (lines, "rule", id, ".prefix", aws_node_text (at, "Prefix"));
	lines_add_in (lines, "rule", id, ".tag", tags_of (at, lines->arena));
}

static void
tell_rule (const struct aws_node *rule, const char *id, struct lines *lines)
{
	const char *status = aws_node_text (rule, "Status");
	lines_add_in (lines, "rule", id, ".status", status && strcmp (status, "Enabled") == 0 ? "enabled" : "disabled");
	lines_add_in (lines, "rule", id, ".larger-than", aws_node_text (conditions_of (rule), "ObjectSizeGreaterThan"));
	s3_filter_tell (rule, id, lines);
	for (size_t i = 0; i < sizeof ages / sizeof *ages; i++)
		lines_add_in (lines, "rule", id, ages[i].below, aws_node_text (rule, ages[i].element));
	char *set = path_of_member (lines->arena, "rule", id, ".transition");
	for (const struct aws_node *move = aws_node_child (rule, "Transition"); set && move; move = aws_node_again (move)) {
		const char *class = aws_node_text (move, "StorageClass"), *days = aws_node_text (move, "Days");
		if (class && days)
			lines_add_in (lines, set, class, ".days", days);
	}
	lines->failed |= !set;
}

/* ---- writing ---- */

static const char *
wanted (const struct lines *desired, const char *id, const char *below)
{
	return lines_in (desired, "rule", id, below);
}

static void
add_tag (struct aws_tree *tree, struct aws_node *to, const char *text)
{
	const char *equal = strchr (text, '=');
	struct aws_node *tag = aws_node_add (tree, to, "Tag", "");
	if (!tag)
		return;
	aws_node_add (tree, tag, "Key", equal ? arena_copy_bytes (tree->arena, text, (size_t) (equal - text)) : text);
	aws_node_add (tree, tag, "Value", equal ? equal + 1 : "");
}

static bool
is_condition (const struct aws_node *node)
{
	static const char *const names[] = { "Prefix", "Tag", "ObjectSizeGreaterThan", "ObjectSizeLessThan" };
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp (node->name, names[i]) == 0)
			return true;
	return false;
}

/* Conditions that no line tells, from the rule as it was. */
static void
keep_conditions (struct aws_node *from, bool keep_tags, struct aws_node *to)
{
	for (struct aws_node *child = from->first, *next; child; child = next) {
		bool told = strcmp (child->name, "Prefix") == 0 || strcmp (child->name, "ObjectSizeGreaterThan") == 0 || (strcmp (child->name, "Tag") == 0 && !keep_tags);
		next = child->next;
		if (!is_condition (child))
			continue;
		aws_node_drop (from, child);
		if (told)
			continue;
		child->next = to->first;
		to->first = child;
	}
}

/* More than one goes into And; none is an empty prefix: all objects. */
void
s3_filter_build (struct aws_tree *tree, struct aws_node *rule, const char *id, const struct lines *desired)
{
	struct aws_node *all = arena_alloc (tree->arena, sizeof *all), *was = (struct aws_node *) conditions_of (rule);
	const char *prefix = wanted (desired, id, ".prefix"), *tag = wanted (desired, id, ".tag"), *size = wanted (desired, id, ".larger-than");
	const char *tags = tags_of (was, tree->arena);
	bool same_tags = tag && tags && strcmp (tag, tags) == 0;
	if (!all) {
		tree->failed = true;
		return;
	}
	*all = (struct aws_node) { .name = "And", .text = "" };
	keep_conditions (was, same_tags, all);
	if (prefix)
		aws_node_add (tree, all, "Prefix", prefix);
	if (tag && !same_tags)
		add_tag (tree, all, tag);
	if (size)
		aws_node_add (tree, all, "ObjectSizeGreaterThan", size);
	aws_node_drop_all (rule, "Filter");
	struct aws_node *filter = aws_node_add (tree, rule, "Filter", "");
	if (filter && !all->first)
		aws_node_add (tree, filter, "Prefix", "");
	else if (filter)
		filter->first = all->first->next ? all : all->first;
}

static void
build_transitions (struct aws_tree *tree, struct aws_node *rule, const char *id, const struct lines *desired)
{
	const char *begins = path_of_member (tree->arena, "rule", id, ".transition["), *set = path_of_member (tree->arena, "rule", id, ".transition");
	for (struct aws_node *move = aws_node_child (rule, "Transition"), *next; move; move = next) {
		next = aws_node_again (move);
		if (aws_node_text (move, "Days"))
			aws_node_drop (rule, move);
	}
	if (!begins || !set) {
		tree->failed = true;
		return;
	}
	for (size_t n = 0; n < desired->count; n++) {
		if (strncmp (desired->at[n].path, begins, strlen (begins)) != 0)
			continue;
		struct aws_node *move = aws_node_add (tree, rule, "Transition", "");
		if (!move)
			return;
		aws_node_add (tree, move, "Days", desired->at[n].value);
		aws_node_add (tree, move, "StorageClass", path_member (tree->arena, desired->at[n].path + strlen (set)));
	}
}

static void
build_rule (struct aws_tree *tree, struct aws_node *rule, const char *id, const struct lines *desired, const struct s3_place *place)
{
	const char *status = wanted (desired, id, ".status");
	(void) place;
	aws_node_set (tree, rule, "Status", status && strcmp (status, "enabled") == 0 ? "Enabled" : "Disabled");
	s3_filter_build (tree, rule, id, desired);
	for (size_t i = 0; i < sizeof ages / sizeof *ages; i++)
		aws_node_set (tree, rule, ages[i].element, wanted (desired, id, ages[i].below));
	build_transitions (tree, rule, id, desired);
}

#define SIZE "ObjectSizeGreaterThan"
static const char *const told[] = {
	"ID", "Status", S3_FILTER_TOLD, SIZE, "Filter/" SIZE, "Filter/And/" SIZE, "AbortIncompleteMultipartUpload/DaysAfterInitiation", "Expiration/Days",
	"NoncurrentVersionExpiration/NoncurrentDays", NULL
};

/* A transition by age has a line; and without the flag it is as with "false". */
static bool
tells (const struct aws_node *rule, const struct aws_node *parent, const struct aws_node *node, const char *path)
{
	(void) rule;
	if (strcmp (path, "Expiration/ExpiredObjectDeleteMarker") == 0)
		return strcmp (node->text, "false") == 0;
	return (strcmp (path, "Transition/Days") == 0 || strcmp (path, "Transition/StorageClass") == 0) && aws_node_text (parent, "Days") && aws_node_text (parent, "StorageClass");
}

static const struct s3_rules kind = { "LifecycleConfiguration", "Rule", "rule", told, tells, tell_rule, build_rule };

int
s3_lifecycle_read (const struct s3_place *place, const char *body, size_t length, struct lines *lines, struct larder_error *error)
{
	(void) place;
	return s3_rules_read (&kind, body, length, lines, error);
}

int
s3_lifecycle_write (const struct s3_place *place, const struct lines *desired, const char *body, size_t length, struct buffer *into, struct larder_error *error)
{
	return s3_rules_write (&kind, place, desired, body, length, into, error);
}
