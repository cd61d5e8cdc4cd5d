/* groups.c: an origin and the one that is asked where it fails: groups, both ways. Ours has our name, and is of the origin in it; there are others. Pure. */
#include "wire.h"

#include <string.h>

#include "arena.h"
#include "buffer.h"
#include "error.h"

#define OURS "larder-failover-"

/* Of the service itself, when it has failed or has too much to do. Not 404, nor 403, which S3 answers for what is not there to who may not list: what was
 * removed is still among the copies, and would be served from there for ever. */
static const char *const codes[] = { "500", "502", "503", "504" };
enum { CODES = sizeof codes / sizeof *codes };

const char *
cf_group_name (const char *origin, struct larder_arena *arena)
{
	return arena_printf (arena, OURS "%s", origin);
}

const char *const *
cf_group_codes (size_t *ret_count)
{
	*ret_count = CODES;
	return codes;
}

static const char *
text_of (const struct aws_node *node, const char *path)
{
	const char *text = aws_node_text (node, path);
	return text ? text : "";
}

static struct aws_node *
items_of (const struct aws_node *node, const char *path, const char *item)
{
	const struct aws_node *items = aws_node_find (node, path);
	return items ? aws_node_child (items, item) : NULL;
}

static struct aws_node *
groups_of (const struct aws_node *config)
{
	return items_of (config, "OriginGroups/Items", "OriginGroup");
}

/* The origin that a group of ours is for; NULL: it is somebody else's. */
static const char *
origin_of (const struct aws_node *group)
{
	const char *id = text_of (group, "Id");
	return strncmp (id, OURS, strlen (OURS)) == 0 ? id + strlen (OURS) : NULL;
}

/* The other member. */
static const char *
second_of (const struct aws_node *group, const char *origin)
{
	const struct aws_node *one = items_of (group, "Members/Items", "OriginGroupMember");
	while (one && strcmp (text_of (one, "OriginId"), origin) == 0)
		one = aws_node_again (one);
	return one ? text_of (one, "OriginId") : NULL;
}

static struct aws_node *
group_called (const struct aws_node *config, const char *id)
{
	struct aws_node *one = groups_of (config);
	while (one && strcmp (text_of (one, "Id"), id) != 0)
		one = aws_node_again (one);
	return one;
}

/* ---- what a behavior asks ---- */

void
cf_target_tell (struct lines *lines, const struct aws_node *config, const struct aws_node *behavior, const char *name)
{
	const char *target = text_of (behavior, "TargetOriginId");
	const struct aws_node *group = group_called (config, target);
	const char *origin = group ? origin_of (group) : NULL;
	lines_add_in (lines, "behavior", name, ".origin", origin ? origin : target);
	lines_add_in (lines, "behavior", name, ".failover", origin ? second_of (group, origin) : NULL);
}

void
cf_target_change (struct aws_tree *tree, struct aws_node *behavior, const char *name, const struct lines *is, const struct lines *will)
{
	const char *path = path_of_member (tree->arena, "behavior", name, ".origin"), *other = path_of_member (tree->arena, "behavior", name, ".failover");
	const char *origin = path ? lines_value (will, path) : NULL;
	tree->failed |= !path || !other;
	if (tree->failed || !origin || (!cf_differs (is, will, path) && !cf_differs (is, will, other)))
		return;
	aws_node_set (tree, behavior, "TargetOriginId", lines_value (will, other) ? cf_group_name (origin, tree->arena) : origin);
}

/* ---- telling ---- */

static bool
is_one_of_ours (const char *code)
{
	bool is = false;
	for (size_t n = 0; n < CODES; n++)
		is = is || strcmp (codes[n], code) == 0;
	return is;
}

/* "on 404 500"; NULL: as it should be. */
static const char *
other_codes (const struct aws_node *group, struct larder_arena *arena)
{
	const char *text = "on";
	size_t count = 0;
	bool other = false;
	for (const struct aws_node *one = items_of (group, "FailoverCriteria/StatusCodes/Items", "StatusCode"); one && text; one = aws_node_again (one), count++) {
		other = other || !is_one_of_ours (one->text);
		text = arena_printf (arena, "%s %s", text, one->text);
	}
	return other || count != CODES ? text : NULL;
}

static void
tell_otherwise (struct lines *lines, const struct aws_node *group, const char *origin)
{
	const struct aws_node *first = items_of (group, "Members/Items", "OriginGroupMember");
	const char *on = other_codes (group, lines->arena), *selects = text_of (group, "SelectionCriteria"), *asks = first ? text_of (first, "OriginId") : origin;
	const char *text = on;
	if (strcmp (asks, origin) != 0)
		text = arena_printf (lines->arena, "%s%s%s first", text ? text : "", text ? ", " : "", asks);
	if (*selects && strcmp (selects, "default") != 0)
		text = arena_printf (lines->arena, "%s%s%s", text ? text : "", text ? ", " : "", selects);
	lines_add_in (lines, "origin", origin, ".failover-otherwise", text);
}

/* Our name alone does not do: what is for an origin that nobody asks for any more stays, as that does. NULL: not ours. */
static const char *
origin_asked_for (const struct aws_node *group, const struct lines *asked, struct larder_arena *arena)
{
	const char *origin = origin_of (group), *member = origin && asked ? path_of_member (arena, "origin", origin, "") : NULL;
	return !origin || !second_of (group, origin) || (asked && (!member || !lines_have_below (asked, member, strlen (member)))) ? NULL : origin;
}

/* Does anything but a group of ours ask this origin? */
static bool
is_asked_by_others (const struct aws_node *config, const char *origin, const struct lines *asked, struct larder_arena *arena)
{
	const struct aws_node *main = aws_node_child (config, "DefaultCacheBehavior");
	bool is = main && strcmp (text_of (main, "TargetOriginId"), origin) == 0;
	for (const struct aws_node *one = items_of (config, "CacheBehaviors/Items", "CacheBehavior"); one; one = aws_node_again (one))
		is = is || strcmp (text_of (one, "TargetOriginId"), origin) == 0;
	for (const struct aws_node *group = groups_of (config); group; group = aws_node_again (group))
		for (const struct aws_node *one = origin_asked_for (group, asked, arena) ? NULL : items_of (group, "Members/Items", "OriginGroupMember"); one; one = aws_node_again (one))
			is = is || strcmp (text_of (one, "OriginId"), origin) == 0;
	return is;
}

/* The second one is ours, and goes with the group: but not from under somebody else. */
static void
tell_second (struct lines *lines, const struct aws_node *config, const char *second, const struct lines *asked)
{
	if ((asked && lines_in (asked, "origin", second, ".spare")) || !is_asked_by_others (config, second, asked, lines->arena))
		lines_add_in (lines, "origin", second, ".spare", "yes");
}

static void
tell_others (struct lines *lines, const struct aws_node *group)
{
	const char *path = arena_printf (lines->arena, "OriginGroups/%s", text_of (group, "Id")), *text = cf_rest_text (group, lines->arena);
	lines->failed |= !path || !text;
	if (path && text)
		lines_add_in (lines, "other", path, "", text);
}

void
cf_groups_tell (struct lines *lines, const struct aws_node *config, const struct lines *asked)
{
	for (const struct aws_node *group = groups_of (config); group; group = aws_node_again (group)) {
		const char *origin = origin_asked_for (group, asked, lines->arena), *second = origin ? second_of (group, origin) : NULL;
		if (!second) {
			tell_others (lines, group);
			continue;
		}
		lines_add_in (lines, "origin", origin, ".failover", second);
		tell_otherwise (lines, group, origin);
		tell_second (lines, config, second, asked);
	}
}

/* ---- making ---- */

static void
add_member (struct aws_tree *tree, struct aws_node *items, const char *origin)
{
	struct aws_node *member = items ? aws_node_add (tree, items, "OriginGroupMember", "") : NULL;
	if (member)
		aws_node_add (tree, member, "OriginId", origin);
}

static void
fill_group (struct aws_tree *tree, struct aws_node *group, const char *origin, const char *second)
{
	group->first = NULL;
	aws_node_add (tree, group, "Id", cf_group_name (origin, tree->arena));
	aws_node_set (tree, group, "FailoverCriteria/StatusCodes/Quantity", arena_printf (tree->arena, "%d", CODES));
	aws_node_set (tree, group, "FailoverCriteria/StatusCodes/Items", "");
	struct aws_node *items = aws_node_find (group, "FailoverCriteria/StatusCodes/Items");
	for (size_t n = 0; items && n < CODES; n++)
		aws_node_add (tree, items, "StatusCode", codes[n]);
	aws_node_set (tree, group, "Members/Quantity", "2");
	aws_node_set (tree, group, "Members/Items", "");
	items = aws_node_find (group, "Members/Items");
	add_member (tree, items, origin);
	add_member (tree, items, second);
}

static bool
group_differs (struct larder_arena *arena, const char *origin, const struct lines *is, const struct lines *will)
{
	const char *path = path_of_member (arena, "origin", origin, ".failover"), *otherwise = path_of_member (arena, "origin", origin, ".failover-otherwise");
	return !path || !otherwise || cf_differs (is, will, path) || cf_differs (is, will, otherwise);
}

/* Those that lines told, and tell no more. */
static void
drop_groups (struct aws_tree *tree, struct aws_node *items, const struct lines *will)
{
	for (struct aws_node *one = aws_node_child (items, "OriginGroup"), *next; one; one = next) {
		const char *origin = origin_of (one), *whole = arena_printf (tree->arena, "OriginGroups/%s", text_of (one, "Id"));
		next = aws_node_again (one);
		tree->failed |= !whole;
		if (whole && !lines_in (will, "other", whole, "") && !(origin && lines_in (will, "origin", origin, ".failover")))
			aws_node_drop (items, one);
	}
}

static void
set_group (struct aws_tree *tree, struct aws_node *config, const char *origin, const char *second)
{
	struct aws_node *at = cf_child_of (tree, config, "OriginGroups"), *items = at ? cf_child_of (tree, at, "Items") : NULL;
	const char *name = cf_group_name (origin, tree->arena);
	struct aws_node *group = items && name ? group_called (config, name) : NULL;
	tree->failed |= !items || !name;
	if (!group && !tree->failed)
		group = aws_node_add (tree, items, "OriginGroup", "");
	if (group)
		fill_group (tree, group, origin, second);
}

void
cf_groups_change (struct aws_tree *tree, struct aws_node *config, const struct lines *is, const struct lines *will)
{
	struct aws_node *at = aws_node_child (config, "OriginGroups"), *items = at ? aws_node_child (at, "Items") : NULL;
	if (items)
		drop_groups (tree, items, will);
	for (size_t n = 0; n < will->count; n++) {
		const char *below, *origin = path_member_of (will->arena, will->at[n].path, "origin", &below);
		if (origin && strcmp (below, ".failover") == 0 && group_differs (tree->arena, origin, is, will))
			set_group (tree, config, origin, will->at[n].value);
	}
	if ((at = aws_node_child (config, "OriginGroups")))
		cf_set_quantity (tree, at, "OriginGroup");
}

/* ---- what asks what is to go ---- */

static bool
is_there (const struct aws_node *config, const char *target)
{
	bool is = group_called (config, target);
	for (const struct aws_node *one = items_of (config, "Origins/Items", "Origin"); one; one = aws_node_again (one))
		is = is || strcmp (text_of (one, "Id"), target) == 0;
	return is;
}

static int
check_target (const struct aws_node *config, const struct aws_node *behavior, const char *name, struct larder_error *error)
{
	const char *target = text_of (behavior, "TargetOriginId");
	if (is_there (config, target))
		return 0;
	return larder_fail_next (error, LARDER_E_CONFLICT, "let it ask an origin that stays; or --adopt, which removes a behavior that no section asks for",
		"the behavior '%s' asks '%s', which would not be there", name, target);
}

int
cf_targets_check (const struct aws_node *config, struct larder_error *error)
{
	const struct aws_node *main = aws_node_child (config, "DefaultCacheBehavior");
	int code = main && main->first ? check_target (config, main, "default", error) : 0;
	for (const struct aws_node *one = items_of (config, "CacheBehaviors/Items", "CacheBehavior"); code == 0 && one; one = aws_node_again (one))
		code = check_target (config, one, text_of (one, "PathPattern"), error);
	return code;
}
