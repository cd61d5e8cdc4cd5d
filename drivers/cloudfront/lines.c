/* lines.c: a distribution as lines. Pure. */
#include "wire.h"

#include <stdio.h>
#include <string.h>

#include "arena.h"
#include "error.h"

const struct cf_field cf_fields[] = {
	{ "comment", "Comment", CF_TEXT, false }, { "enabled", "Enabled", CF_BOOL, true }, { "http-version", "HttpVersion", CF_TEXT, true },
	{ "ipv6", "IsIPV6Enabled", CF_BOOL, true }, { "price-class", "PriceClass", CF_TEXT, true }, { "web-acl", "WebACLId", CF_TEXT, false },
	{ 0 }
};

const struct cf_field cf_behavior_fields[] = {
	{ ".cache-policy", "CachePolicyId", CF_TEXT, false }, { ".compress", "Compress", CF_BOOL, true },
	{ ".cookies", "ForwardedValues/Cookies/Forward", CF_ALL, false }, { ".default-ttl", "DefaultTTL", CF_TEXT, false }, { ".max-ttl", "MaxTTL", CF_TEXT, false },
	{ ".min-ttl", "MinTTL", CF_TEXT, false }, { ".origin-request-policy", "OriginRequestPolicyId", CF_TEXT, false },
	{ ".query", "ForwardedValues/QueryString", CF_BOOL, false }, { ".viewer", "ViewerProtocolPolicy", CF_TEXT, true },
	{ 0 }
};

const char *
cf_shown (enum cf_kind kind, const char *text)
{
	if (!text || kind == CF_TEXT)
		return text;
	const char *yes = kind == CF_ALL ? "all" : "true", *no = kind == CF_ALL ? "none" : "false";
	return strcmp (text, yes) == 0 ? "yes" : strcmp (text, no) == 0 ? "no" : text;
}

const char *
cf_written (enum cf_kind kind, const char *value)
{
	if (!value || kind == CF_TEXT)
		return value;
	const char *yes = kind == CF_ALL ? "all" : "true", *no = kind == CF_ALL ? "none" : "false";
	return strcmp (value, "yes") == 0 ? yes : strcmp (value, "no") == 0 ? no : value;
}

static const char *
text_of (const struct aws_node *node, const char *path)
{
	const char *text = aws_node_text (node, path);
	return text ? text : "";
}

/* SET[text] = yes of each of the items. */
static void
add_members (struct lines *lines, const struct aws_node *list, const char *items, const char *set)
{
	const struct aws_node *all = list ? aws_node_child (list, "Items") : NULL;
	for (const struct aws_node *one = all ? aws_node_child (all, items) : NULL; one; one = aws_node_again (one))
		lines_add_in (lines, set, one->text, "", "yes");
}

/* ---- behaviors ---- */

static bool
forwards (const struct aws_node *behavior, const char *header)
{
	const struct aws_node *items = aws_node_find (behavior, "ForwardedValues/Headers/Items");
	for (const struct aws_node *one = items ? aws_node_child (items, "Name") : NULL; one; one = aws_node_again (one))
		if (strcmp (one->text, header) == 0 || strcmp (one->text, "*") == 0)
			return true;
	return false;
}

static bool
forwards_cors (const struct aws_node *behavior)
{
	static const char *const headers[] = CF_CORS_HEADERS;
	bool all = true;
	for (size_t n = 0; n < CF_CORS_HEADER_COUNT; n++)
		all = all && forwards (behavior, headers[n]);
	return all;
}

bool
cf_is_cors_header (const char *name)
{
	static const char *const headers[] = CF_CORS_HEADERS;
	bool is = false;
	for (size_t n = 0; n < CF_CORS_HEADER_COUNT; n++)
		is = is || strcmp (headers[n], name) == 0;
	return is;
}

/* Those of CORS are one line where all three of them are there. */
static void
tell_headers (struct lines *lines, const struct aws_node *behavior, const char *name)
{
	const struct aws_node *items = aws_node_find (behavior, "ForwardedValues/Headers/Items");
	const char *set = path_of_member (lines->arena, "behavior", name, ".header");
	bool cors = forwards_cors (behavior);
	lines->failed |= !set;
	lines_add_in (lines, "behavior", name, ".cors", cors ? "yes" : NULL);
	for (const struct aws_node *one = set && items ? aws_node_child (items, "Name") : NULL; one; one = aws_node_again (one))
		if (!cors || !cf_is_cors_header (one->text))
			lines_add_in (lines, set, one->text, "", "yes");
}

static void
tell_behavior (struct lines *lines, const struct aws_node *config, struct aws_node *behavior, const char *name, unsigned place)
{
	static const struct { const char *below, *element, *item; } sets[] = {
		{ ".method", "AllowedMethods", "Method" }, { ".cached-method", "AllowedMethods/CachedMethods", "Method" },
		{ ".cookie", "ForwardedValues/Cookies/WhitelistedNames", "Name" }, { ".query-key", "ForwardedValues/QueryStringCacheKeys", "Name" },
	};
	for (const struct cf_field *field = cf_behavior_fields; field->path; field++)
		lines_add_in (lines, "behavior", name, field->path, cf_shown (field->kind, aws_node_text (behavior, field->element)));
	for (size_t n = 0; n < sizeof sets / sizeof *sets; n++) {
		char *set = path_of_member (lines->arena, "behavior", name, sets[n].below);
		lines->failed |= !set;
		if (set)
			add_members (lines, aws_node_find (behavior, sets[n].element), sets[n].item, set);
	}
	if (place)
		lines_add_in (lines, "behavior", name, ".order", arena_printf (lines->arena, "%u", place));
	cf_target_tell (lines, config, behavior, name);
	tell_headers (lines, behavior, name);
	cf_rest_tell (CF_REST_OF_BEHAVIOR, behavior, path_of_member (lines->arena, "behavior", name, ".other"), lines);
}

/* Whose signatures it asks for, "kg-1", "signers self"; "" for nobody's. */
static const char *
key_group_of (const struct aws_node *behavior, struct larder_arena *arena)
{
	static const struct { const char *element, *item, *begin; } all[] = { { "TrustedSigners", "AwsAccountNumber", "signers" }, { "TrustedKeyGroups", "KeyGroup", "" } };
	const char *text = "";
	for (size_t n = 0; text && n < sizeof all / sizeof *all; n++) {
		const struct aws_node *at = aws_node_child (behavior, all[n].element), *items = at ? aws_node_child (at, "Items") : NULL;
		if (!at || strcmp (text_of (at, "Enabled"), "true") != 0)
			continue;
		text = *all[n].begin ? all[n].begin : text;
		for (const struct aws_node *one = items ? aws_node_child (items, all[n].item) : NULL; one && text; one = aws_node_again (one))
			text = arena_printf (arena, "%s%s%s", text, *text ? " " : "", one->text);
	}
	return text;
}

static const char *
response_headers_of (const struct aws_node *behavior, struct larder_arena *arena)
{
	(void) arena;
	return text_of (behavior, "ResponseHeadersPolicyId");
}

static struct aws_node *
behaviors_of (const struct aws_node *config)
{
	const struct aws_node *items = aws_node_find (config, "CacheBehaviors/Items");
	return items ? aws_node_child (items, "CacheBehavior") : NULL;
}

struct alike { const char *path, *below; const char *(*of) (const struct aws_node *behavior, struct larder_arena *arena); };

/* What all behaviors say alike, or that they do not. */
static void
tell_alike (struct lines *lines, const struct aws_node *config, const struct alike *alike)
{
	const struct aws_node *main = aws_node_child (config, "DefaultCacheBehavior");
	const char *value = main ? alike->of (main, lines->arena) : "";
	for (const struct aws_node *one = behaviors_of (config); one && value; one = aws_node_again (one)) {
		const char *other = alike->of (one, lines->arena);
		value = !other ? NULL : strcmp (value, other) == 0 ? value : CF_OTHERWISE;
	}
	lines->failed |= !value;
	lines_add (lines, alike->path, value);
}

/* Asked for of none, it is what that one says. */
static void
tell_each (struct lines *lines, const struct aws_node *config, const struct alike *alike)
{
	const struct aws_node *main = aws_node_child (config, "DefaultCacheBehavior");
	lines_add_in (lines, "behavior", "default", alike->below, main ? alike->of (main, lines->arena) : NULL);
	for (const struct aws_node *one = behaviors_of (config); one; one = aws_node_again (one))
		lines_add_in (lines, "behavior", text_of (one, "PathPattern"), alike->below, alike->of (one, lines->arena));
}

static void
tell_behaviors (struct lines *lines, const struct aws_node *config, const struct lines *asked)
{
	static const struct alike both[] = { { "key-group", ".key-group", key_group_of }, { "response-headers", ".response-headers", response_headers_of } };
	struct aws_node *main = aws_node_child (config, "DefaultCacheBehavior");
	unsigned place = 0;
	if (main)
		tell_behavior (lines, config, main, "default", 0);
	for (struct aws_node *one = behaviors_of (config); one; one = aws_node_again (one))
		tell_behavior (lines, config, one, text_of (one, "PathPattern"), ++place);
	for (size_t n = 0; n < sizeof both / sizeof *both; n++)
		(!asked || lines_find (asked, both[n].path) ? tell_alike : tell_each) (lines, config, &both[n]);
}

/* ---- origins ---- */

bool
cf_access_of (const struct aws_node *origin, const char **ret_kind, const char **ret_id)
{
	const char *oac = text_of (origin, "OriginAccessControlId"), *oai = text_of (origin, "S3OriginConfig/OriginAccessIdentity");
	*ret_kind = *oac ? "oac" : "oai";
	*ret_id = *oac ? oac : strncmp (oai, CF_IDENTITY_PATH, strlen (CF_IDENTITY_PATH)) == 0 ? oai + strlen (CF_IDENTITY_PATH) : oai;
	return **ret_id && !aws_node_child (origin, "CustomOriginConfig") && !aws_node_child (origin, "VpcOriginConfig");
}

/* BUCKET.s3.REGION.amazonaws.com, BUCKET.s3-REGION.…; NULL. */
static const char *
bucket_of (const char *domain, struct larder_arena *arena)
{
	const char *end = NULL;
	for (const char *at = domain; (at = strstr (at, ".s3")); at++)
		if (at[3] == '.' || at[3] == '-')
			end = at;
	return end ? arena_copy_bytes (arena, domain, (size_t) (end - domain)) : NULL;
}

const struct cf_access *
cf_access_for (const struct cf_access *access, const char *origin)
{
	while (access && strcmp (access->origin, origin) != 0)
		access = access->next;
	return access;
}

/* In the words of a policy of the bucket. */
static const char *
principal_of (const struct cf_state *state, const struct cf_access *access, struct larder_arena *arena)
{
	const char *partition = strncmp (state->arn, "arn:", 4) == 0 ? state->arn + 4 : "aws:";
	if (strcmp (access->kind, "oac") == 0)
		return arena_printf (arena, "cloudfront %s", state->arn);
	return arena_printf (arena, "arn:%.*s:iam::cloudfront:user/CloudFront Origin Access Identity %s", (int) strcspn (partition, ":"), partition, access->id);
}

static void
tell_origin (struct lines *lines, const struct cf_state *state, struct aws_node *origin, bool reads)
{
	const char *id = text_of (origin, "Id"), *domain = text_of (origin, "DomainName");
	const struct cf_access *access = cf_access_for (state->access, id);
	lines_add_in (lines, "origin", id, ".domain", domain);
	lines_add_in (lines, "origin", id, ".bucket", bucket_of (domain, lines->arena));
	cf_rest_tell (CF_REST_OF_ORIGIN, origin, path_of_member (lines->arena, "origin", id, ".other"), lines);
	if (!access)
		return;
	lines_add_in (lines, "origin", id, ".access", access->kind);
	lines_add_in (lines, "origin", id, ".access-comment", access->comment);
	lines_add_in (lines, "origin", id, ".access-id", access->id);
	lines_add_in (lines, "origin", id, ".access-name", access->name);
	lines_add_in (lines, "origin", id, ".access-otherwise", access->otherwise);
	if (reads)
		lines_add (lines, "principal", principal_of (state, access, lines->arena));
}

/* The first that is asked for: others may stand in front of it. */
static const struct aws_node *
origin_that_reads (const struct aws_node *items, const struct lines *asked, struct larder_arena *arena)
{
	for (const struct aws_node *one = items ? aws_node_child (items, "Origin") : NULL; one; one = aws_node_again (one)) {
		const char *member = path_of_member (arena, "origin", text_of (one, "Id"), "");
		if (!asked || (member && lines_have_below (asked, member, strlen (member))))
			return one;
	}
	return NULL;
}

static void
tell_origins (struct lines *lines, const struct cf_state *state, const struct lines *asked)
{
	const struct aws_node *items = aws_node_find (state->config, "Origins/Items"), *reads = origin_that_reads (items, asked, lines->arena);
	for (struct aws_node *one = items ? aws_node_child (items, "Origin") : NULL; one; one = aws_node_again (one))
		tell_origin (lines, state, one, one == reads);
}

int
cf_access_read (const char *body, size_t length, const char *kind, struct larder_arena *arena, struct cf_access *ret, struct larder_error *error)
{
	struct aws_tree tree = { .arena = arena };
	struct aws_node *root;
	bool oac = strcmp (kind, "oac") == 0;
	int code = aws_tree_read (&tree, body, length, oac ? "OriginAccessControl" : "CloudFrontOriginAccessIdentity", &root, error);
	const struct aws_node *config = code < 0 ? NULL : aws_node_child (root, oac ? "OriginAccessControlConfig" : "CloudFrontOriginAccessIdentityConfig");
	if (code < 0)
		return code;
	if (!config)
		return larder_fail (error, LARDER_E_INTEGRITY, "the reply tells of no %s", oac ? "origin access control" : "origin access identity");
	const char *signs = text_of (config, "SigningBehavior"), *type = text_of (config, "OriginAccessControlOriginType");
	ret->kind = kind;
	ret->id = text_of (root, "Id");
	ret->name = text_of (config, oac ? "Name" : "CallerReference");
	ret->comment = text_of (config, oac ? "Description" : "Comment");
	ret->otherwise = !oac ? NULL : strcmp (signs, "always") != 0 ? arena_printf (arena, "signing %s", signs) : strcmp (type, "s3") != 0 ? arena_printf (arena, "for %s", type) : NULL;
	return 0;
}

/* ---- the whole ---- */

static void
tell_certificate (struct lines *lines, const struct cf_state *state)
{
	const struct aws_node *at = aws_node_child (state->config, "ViewerCertificate");
	const char *acm = at ? text_of (at, "ACMCertificateArn") : "", *certificate = at && !*acm ? text_of (at, "IAMCertificateId") : acm;
	lines_add_in (lines, "named", state->asked, "", state->certificate);
	if (!*certificate)
		return;
	const char *least = text_of (at, "MinimumProtocolVersion"), *how = text_of (at, "SSLSupportMethod");
	lines_add (lines, "certificate", state->certificate && strcmp (certificate, state->certificate) == 0 ? state->asked : certificate);
	lines_add (lines, "tls", *how && strcmp (how, "sni-only") != 0 ? arena_printf (lines->arena, "%s, %s", least, how) : least);
}

/* "none", or "whitelist KR JP". */
static void
tell_geo (struct lines *lines, const struct aws_node *config)
{
	const struct aws_node *at = aws_node_find (config, "Restrictions/GeoRestriction"), *items = at ? aws_node_child (at, "Items") : NULL;
	const char *text = at ? text_of (at, "RestrictionType") : NULL;
	for (const struct aws_node *one = items ? aws_node_child (items, "Location") : NULL; one && text; one = aws_node_again (one))
		text = arena_printf (lines->arena, "%s %s", text, one->text);
	lines_add (lines, "geo", text);
}

const char *
cf_tag (const struct aws_node *tags, const char *key)
{
	for (const struct aws_node *tag = tags ? aws_node_child (tags, "Tag") : NULL; tag; tag = aws_node_again (tag))
		if (strcmp (text_of (tag, "Key"), key) == 0)
			return text_of (tag, "Value");
	return NULL;
}

void
cf_tell (const struct cf_state *state, const struct lines *asked, struct lines *lines)
{
	lines_add (lines, "id", state->id);
	lines_add (lines, "domain", state->domain);
	for (const struct cf_field *field = cf_fields; field->path; field++)
		lines_add (lines, field->path, cf_shown (field->kind, aws_node_text (state->config, field->element)));
	add_members (lines, aws_node_child (state->config, "Aliases"), "CNAME", "alias");
	tell_behaviors (lines, state->config, asked);
	tell_certificate (lines, state);
	tell_geo (lines, state->config);
	tell_origins (lines, state, asked);
	cf_groups_tell (lines, state->config, asked);
	cf_rest_tell (CF_REST_OF_CONFIG, state->config, "other", lines);
	for (const struct aws_node *tag = state->tags ? aws_node_child (state->tags, "Tag") : NULL; tag; tag = aws_node_again (tag)) {
		const char *key = text_of (tag, "Key");
		if (strcmp (key, CF_TAG) != 0 && strncmp (key, "aws:", 4) != 0)
			lines_add_in (lines, "tag", key, "", text_of (tag, "Value"));
	}
}
