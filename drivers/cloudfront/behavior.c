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

/* "*" is all of them. */
static bool
is_cors_header (const char *name)
{
	static const char *const headers[] = CF_CORS_HEADERS;
	if (strcmp (name, "*") == 0)
		return true;
	for (size_t n = 0; n < CF_CORS_HEADER_COUNT; n++)
		if (strcmp (headers[n], name) == 0)
			return true;
	return false;
}

/* The headers of CORS among those that are forwarded, or not. Others stay. */
static void
set_cors (struct aws_tree *tree, struct aws_node *forwarded, bool on)
{
	static const char *const headers[] = CF_CORS_HEADERS;
	struct aws_node *at = aws_node_child (forwarded, "Headers"), *items = at ? aws_node_child (at, "Items") : NULL;
	size_t count = 0;
	at = at ? at : aws_node_add (tree, forwarded, "Headers", "");
	items = items || !at ? items : aws_node_add (tree, at, "Items", "");
	if (!items)
		return;
	for (struct aws_node *one = items->first, *next; one; one = next) {
		next = one->next;
		if (is_cors_header (one->text))
			aws_node_drop (items, one);
	}
	for (size_t n = 0; on && n < CF_CORS_HEADER_COUNT; n++)
		aws_node_add (tree, items, "Name", headers[n]);
	for (const struct aws_node *one = items->first; one; one = one->next)
		count++;
	aws_node_set (tree, at, "Quantity", arena_printf (tree->arena, "%zu", count));
	if (count == 0)
		aws_node_drop_all (at, "Items");
}

/* What is forwarded and kept how long is either a policy's or our own matter. */
static void
change_forwarding (struct aws_tree *tree, struct aws_node *behavior, const char *name, const struct lines *is, const struct lines *will)
{
	static const char *const own[] = { "ForwardedValues", "MinTTL", "DefaultTTL", "MaxTTL" };
	const char *cors = path_of_member (tree->arena, "behavior", name, ".cors");
	struct aws_node *forwarded;
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
	forwarded = aws_node_child (behavior, "ForwardedValues");
	if (!cors || !forwarded) {
		tree->failed = true;
		return;
	}
	const char *forward = aws_node_text (forwarded, "Cookies/Forward");
	if (forward && strcmp (forward, "whitelist") != 0)
		aws_node_set (tree, forwarded, "Cookies/WhitelistedNames", NULL);
	if (cf_differs (is, will, cors) || !aws_node_child (forwarded, "Headers"))
		set_cors (tree, forwarded, lines_value (will, cors));
	if (!aws_node_child (forwarded, "QueryStringCacheKeys"))
		aws_node_set (tree, forwarded, "QueryStringCacheKeys/Quantity", "0");
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
	change_methods (tree, behavior, name, is, will);
	change_forwarding (tree, behavior, name, is, will);
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

/* What all behaviors have alike, also those of others: one that asks for no signature would be a way around. */
static void
change_alike (struct aws_tree *tree, struct aws_node *behavior, bool begun, const struct lines *is, const struct lines *will)
{
	const char *group = lines_value (will, "key-group"), *headers = lines_value (will, "response-headers");
	if ((begun || cf_differs (is, will, "key-group")) && (!group || strcmp (group, CF_OTHERWISE) != 0))
		set_key_group (tree, behavior, group);
	if ((begun || cf_differs (is, will, "response-headers")) && (!headers || strcmp (headers, CF_OTHERWISE) != 0))
		aws_node_set (tree, behavior, "ResponseHeadersPolicyId", headers);
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
