/* behavior.c: the behaviors of a distribution as they are to be, made of lines and of what is there. Pure. */
#include "wire.h"

#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "buffer.h"


/* ---- one behavior ---- */

/* What an update asks for beside our lines. */
static void
begin_behavior (struct aws_tree *tree, const struct aws_node *config, struct aws_node *behavior)
{
	const char *origin = aws_node_text (config, "Origins/Items/Origin/Id");
	static const struct { const char *path, *text; } bare[] = {
		{ "TrustedSigners/Enabled", "false" }, { "TrustedSigners/Quantity", "0" }, { "TrustedKeyGroups/Enabled", "false" }, { "TrustedKeyGroups/Quantity", "0" },
		{ "ViewerProtocolPolicy", "redirect-to-https" }, { "SmoothStreaming", "false" }, { "Compress", "false" }, { "LambdaFunctionAssociations/Quantity", "0" },
		{ "FunctionAssociations/Quantity", "0" }, { "FieldLevelEncryptionId", "" },
	};
	for (size_t n = 0; n < sizeof bare / sizeof *bare; n++)
		aws_node_set (tree, behavior, bare[n].path, bare[n].text);
	aws_node_set (tree, behavior, "TargetOriginId", origin ? origin : "");
}

static void
change_methods (struct aws_tree *tree, struct aws_node *behavior, const char *name, const struct lines *is, const struct lines *will)
{
	const char *allowed = path_of_member (tree->arena, "behavior", name, ".method"), *cached = path_of_member (tree->arena, "behavior", name, ".cached-method");
	if (!allowed || !cached) {
		tree->failed = true;
		return;
	}
	if (!cf_set_differs (is, will, allowed) && !cf_set_differs (is, will, cached))
		return;
	struct aws_node *at = aws_node_child (behavior, "AllowedMethods"), *kept;
	at = at ? at : aws_node_add (tree, behavior, "AllowedMethods", "");
	kept = at ? aws_node_child (at, "CachedMethods") : NULL;
	kept = kept ? kept : aws_node_add (tree, at, "CachedMethods", "");
	if (!at || !kept)
		return;
	cf_set_members (tree, at, "Method", will, allowed);
	cf_set_members (tree, kept, "Method", will, cached);
}

/* Those of CORS, and others by their names. */
static void
change_headers (struct aws_tree *tree, struct aws_node *forwarded, const char *name, const struct lines *is, const struct lines *will)
{
	static const char *const headers[] = CF_CORS_HEADERS;
	const char *cors = path_of_member (tree->arena, "behavior", name, ".cors"), *set = path_of_member (tree->arena, "behavior", name, ".header");
	bool there = aws_node_child (forwarded, "Headers");
	struct aws_node *at = cf_child_of (tree, forwarded, "Headers");
	tree->failed |= !cors || !set;
	if (tree->failed || (there && !cf_differs (is, will, cors) && !cf_set_differs (is, will, set)))
		return;
	cf_set_members (tree, at, "Name", will, set);
	struct aws_node *items = lines_value (will, cors) ? cf_child_of (tree, at, "Items") : NULL;
	for (size_t n = 0; items && n < CF_CORS_HEADER_COUNT; n++)
		aws_node_add (tree, items, "Name", headers[n]);
	cf_set_quantity (tree, at, "Name");
}

static void
change_query_keys (struct aws_tree *tree, struct aws_node *forwarded, const char *name, const struct lines *is, const struct lines *will)
{
	const char *set = path_of_member (tree->arena, "behavior", name, ".query-key");
	bool there = aws_node_child (forwarded, "QueryStringCacheKeys");
	struct aws_node *at = cf_child_of (tree, forwarded, "QueryStringCacheKeys");
	tree->failed |= !set;
	if (!tree->failed && (!there || cf_set_differs (is, will, set)))
		cf_set_members (tree, at, "Name", will, set);
}

/* Names go with "whitelist" alone, and that with names. */
static void
change_cookies (struct aws_tree *tree, struct aws_node *forwarded, const char *name, const struct lines *is, const struct lines *will)
{
	const char *set = path_of_member (tree->arena, "behavior", name, ".cookie"), *forward = aws_node_text (forwarded, "Cookies/Forward");
	struct aws_node *cookies = cf_child_of (tree, forwarded, "Cookies");
	tree->failed |= !set;
	if (tree->failed || !forward)
		return;
	if (strcmp (forward, "whitelist") != 0)
		aws_node_drop_all (cookies, "WhitelistedNames");
	else if (cf_set_differs (is, will, set)) {
		struct aws_node *names = cf_child_of (tree, cookies, "WhitelistedNames");
		cf_set_members (tree, names, "Name", will, set);
		if (!aws_node_child (names, "Items")) {
			aws_node_drop_all (cookies, "WhitelistedNames");
			aws_node_set (tree, cookies, "Forward", "none");
		}
	}
}

/* What is forwarded and kept how long is either a policy's or our own matter. */
static void
change_forwarding (struct aws_tree *tree, struct aws_node *behavior, const char *name, const struct lines *is, const struct lines *will)
{
	static const char *const own[] = { "ForwardedValues", "MinTTL", "DefaultTTL", "MaxTTL" };
	if (lines_in (will, "behavior", name, ".cache-policy")) {
		for (size_t n = 0; n < sizeof own / sizeof *own; n++)
			aws_node_drop_all (behavior, own[n]);
		return;
	}
	if (!aws_node_text (behavior, "ForwardedValues/QueryString"))
		aws_node_set (tree, behavior, "ForwardedValues/QueryString", "false");
	if (!aws_node_text (behavior, "ForwardedValues/Cookies/Forward"))
		aws_node_set (tree, behavior, "ForwardedValues/Cookies/Forward", "none");
	if (!aws_node_text (behavior, "MinTTL"))
		aws_node_set (tree, behavior, "MinTTL", "0");
	struct aws_node *forwarded = cf_child_of (tree, behavior, "ForwardedValues");
	if (!forwarded)
		return;
	change_cookies (tree, forwarded, name, is, will);
	change_headers (tree, forwarded, name, is, will);
	change_query_keys (tree, forwarded, name, is, will);
}

static void
change_fields (struct aws_tree *tree, struct aws_node *behavior, const char *name, const struct lines *is, const struct lines *will)
{
	for (const struct cf_field *field = cf_behavior_fields; field->path; field++) {
		const char *path = path_of_member (tree->arena, "behavior", name, field->path), *value = path ? cf_written (field->kind, lines_value (will, path)) : NULL;
		if (path && cf_differs (is, will, path) && (value || !field->stays))
			aws_node_set (tree, behavior, field->element, value);
		tree->failed |= !path;
	}
}

static void
change_behavior (struct aws_tree *tree, struct aws_node *behavior, const char *name, const struct lines *is, const struct lines *will)
{
	change_fields (tree, behavior, name, is, will);
	cf_target_change (tree, behavior, name, is, will);
	change_methods (tree, behavior, name, is, will);
	change_forwarding (tree, behavior, name, is, will);
	cf_rest_take (CF_REST_OF_BEHAVIOR, tree, behavior, path_of_member (tree->arena, "behavior", name, ".other"), is, will);
}

/* ---- their order ---- */

static struct aws_node *
behavior_of (const struct aws_node *items, const char *pattern)
{
	struct aws_node *one = aws_node_child (items, "CacheBehavior");
	while (one && strcmp (aws_node_text (one, "PathPattern") ? aws_node_text (one, "PathPattern") : "", pattern) != 0)
		one = aws_node_again (one);
	return one;
}

/* The place that lines give to one that is not in it; 0: it may be anywhere. */
static size_t
wanted_place (struct aws_tree *tree, const struct aws_node *behavior, const struct lines *is, const struct lines *will)
{
	const char *pattern = aws_node_text (behavior, "PathPattern"), *path = path_of_member (tree->arena, "behavior", pattern ? pattern : "", ".order");
	const char *place = path && cf_differs (is, will, path) ? lines_value (will, path) : NULL;
	return place ? strtoul (place, NULL, 10) : 0;
}

/* Takes the first that wants this place out of the list, or else the first that wants none. */
static struct aws_node *
take_for (struct aws_tree *tree, struct aws_node *items, size_t place, const struct lines *is, const struct lines *will)
{
	struct aws_node *any = NULL, *one;
	for (one = items->first; one; one = one->next) {
		size_t wanted = wanted_place (tree, one, is, will);
		if (wanted == place)
			break;
		if (!any && wanted == 0)
			any = one;
	}
	one = one ? one : any ? any : items->first;
	aws_node_drop (items, one);
	one->next = NULL;
	return one;
}

/* Who is to be moved goes where it belongs; the others, which may be somebody else's, fill the rest as they follow each other. */
static void
arrange (struct aws_tree *tree, struct aws_node *items, const struct lines *is, const struct lines *will)
{
	struct aws_node *first = NULL, **last = &first;
	for (size_t place = 1; items->first; place++) {
		*last = take_for (tree, items, place, is, will);
		last = &(*last)->next;
	}
	items->first = first;
}

/* ---- all of them ---- */

static void
drop_behaviors (struct aws_tree *tree, struct aws_node *items, const struct lines *will)
{
	for (struct aws_node *one = items->first, *next; one; one = next) {
		const char *pattern = aws_node_text (one, "PathPattern"), *member = path_of_member (tree->arena, "behavior", pattern ? pattern : "", "");
		next = one->next;
		if (member && !lines_have_below (will, member, strlen (member)))
			aws_node_drop (items, one);
	}
}

static void
set_key_group (struct aws_tree *tree, struct aws_node *behavior, const char *group)
{
	aws_node_set (tree, behavior, "TrustedSigners", NULL);
	aws_node_set (tree, behavior, "TrustedSigners/Enabled", "false");
	aws_node_set (tree, behavior, "TrustedSigners/Quantity", "0");
	aws_node_set (tree, behavior, "TrustedKeyGroups", NULL);
	aws_node_set (tree, behavior, "TrustedKeyGroups/Enabled", group ? "true" : "false");
	aws_node_set (tree, behavior, "TrustedKeyGroups/Quantity", group ? "1" : "0");
	aws_node_set (tree, behavior, "TrustedKeyGroups/Items/KeyGroup", group);
}

/* Is it to be written, of a behavior? What all are to have is, also in those of others: one that asks for no signature would be a way around. What one
 * of somebody else's has, and nobody asked for, is not. */
static bool
is_another (struct aws_tree *tree, const char *name, bool begun, const char *path, const char *below, const struct lines *is, const struct lines *will)
{
	const char *all = lines_value (will, path), *its = path_of_member (tree->arena, "behavior", name, below);
	tree->failed |= !its;
	if (!its || (all && strcmp (all, CF_OTHERWISE) == 0))
		return false;
	return begun || (all ? cf_differs (is, will, path) : lines_find (is, its) && !lines_find (will, its));
}

static void
change_alike (struct aws_tree *tree, struct aws_node *behavior, bool begun, const struct lines *is, const struct lines *will)
{
	const char *pattern = aws_node_text (behavior, "PathPattern"), *name = pattern ? pattern : "default";
	if (is_another (tree, name, begun, "key-group", ".key-group", is, will))
		set_key_group (tree, behavior, lines_value (will, "key-group"));
	if (is_another (tree, name, begun, "response-headers", ".response-headers", is, will))
		aws_node_set (tree, behavior, "ResponseHeadersPolicyId", lines_value (will, "response-headers"));
}

static struct aws_node *
begin_pattern (struct aws_tree *tree, const struct aws_node *config, struct aws_node *items, const char *pattern)
{
	struct aws_node *behavior = aws_node_add (tree, items, "CacheBehavior", "");
	if (!behavior || !aws_node_add (tree, behavior, "PathPattern", pattern))
		return NULL;
	begin_behavior (tree, config, behavior);
	return behavior;
}

/* Is a line of it another, or on one side alone? */
static bool
differs_in (struct aws_tree *tree, const char *name, const struct lines *is, const struct lines *will)
{
	const char *member = path_of_member (tree->arena, "behavior", name, "");
	const struct lines *const both[] = { is, will };
	bool differs = false;
	tree->failed |= !member;
	for (size_t side = 0; member && side < 2; side++)
		for (size_t n = 0; n < both[side]->count; n++)
			if (strncmp (both[side]->at[n].path, member, strlen (member)) == 0)
				differs = differs || cf_differs (is, will, both[side]->at[n].path);
	return differs;
}

/* Each member of behavior[ in turn. */
static void
change_each (struct aws_tree *tree, struct aws_node *config, struct aws_node *items, const struct lines *is, const struct lines *will)
{
	const char *rest, *name, *last = NULL;
	for (size_t n = 0; n < will->count; n++) {
		name = path_member_of (will->arena, will->at[n].path, "behavior", &rest);
		if (!name || (last && strcmp (name, last) == 0))
			continue;
		last = name;
		struct aws_node *main = aws_node_child (config, "DefaultCacheBehavior"), *one = strcmp (name, "default") == 0 ? main : behavior_of (items, name);
		bool begun = !one || !one->first;
		if (one && begun)
			begin_behavior (tree, config, one);
		one = one ? one : begin_pattern (tree, config, items, name);
		if (!one) {
			tree->failed = true;
			return;
		}
		if (begun || differs_in (tree, name, is, will))
			change_behavior (tree, one, name, is, will);
		if (begun)
			change_alike (tree, one, true, is, will);
	}
}

void
cf_behaviors_change (struct aws_tree *tree, struct aws_node *config, const struct lines *is, const struct lines *will)
{
	struct aws_node *at = aws_node_child (config, "CacheBehaviors"), *items, *main = aws_node_child (config, "DefaultCacheBehavior");
	size_t count = 0;
	at = at ? at : aws_node_add (tree, config, "CacheBehaviors", "");
	items = at ? aws_node_child (at, "Items") : NULL;
	items = items ? items : aws_node_add (tree, at, "Items", "");
	if (!items)
		return;
	drop_behaviors (tree, items, will);
	change_each (tree, config, items, is, will);
	arrange (tree, items, is, will);
	for (struct aws_node *one = items->first; one; one = one->next, count++)
		change_alike (tree, one, false, is, will);
	if (main && !main->first) {
		begin_behavior (tree, config, main);
		change_behavior (tree, main, "default", is, will);
		change_alike (tree, main, true, is, will);
	} else if (main)
		change_alike (tree, main, false, is, will);
	aws_node_set (tree, at, "Quantity", arena_printf (tree->arena, "%zu", count));
	if (count == 0)
		aws_node_drop_all (at, "Items");
}
