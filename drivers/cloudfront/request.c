/* request.c: what CloudFront is asked: REST with XML bodies. Pure. */
#include "wire.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "arena.h"
#include "buffer.h"
#include "checksum.h"
#include "error.h"

#define VERSION "2020-05-31"
#define NAMESPACE "http://cloudfront.amazonaws.com/doc/" VERSION "/"

void
cf_request (struct aws_request *request, struct larder_arena *arena, const char *method, const char *path, const char *etag)
{
	const char *key = path ? arena_printf (arena, VERSION "/%s", path) : NULL;
	aws_request_begin (request, arena, method, NULL, key);
	aws_request_header (request, "if-match", etag);
	request->failed = request->failed || !key;
}

void
cf_request_body (struct aws_request *request, const struct buffer *body)
{
	request->body = body->failed ? NULL : arena_copy_bytes (request->arena, body->at, body->length);
	request->body_length = body->length;
	request->failed = request->failed || !request->body;
	aws_request_header (request, "content-type", "application/xml");
}

const char *
cf_name (const char *identity, struct larder_arena *arena)
{
	char hex[65], plain[48];
	size_t length = 0;
	for (const char *at = identity; *at && length < sizeof plain - 1; at++)
		plain[length++] = isalnum ((unsigned char) *at) ? *at : '-';
	plain[length] = '\0';
	sha256_hex (identity, strlen (identity), hex);
	return arena_printf (arena, "%s-%.16s", plain, hex);
}

/* ---- documents ---- */

int
cf_document (const struct aws_tree *tree, const struct aws_node *config, struct buffer *into, struct larder_error *error)
{
	return aws_tree_write (tree, config, NAMESPACE, into, error);
}

static void
add_tag (struct aws_tree *tree, struct aws_node *items, const char *key, const char *value)
{
	struct aws_node *tag = aws_node_add (tree, items, "Tag", "");
	aws_node_add (tree, tag, "Key", key);
	aws_node_add (tree, tag, "Value", value);
}

/* Key of the tag that a line tells; NULL: another line. */
static const char *
tag_of (const struct lines *lines, size_t n)
{
	const char *rest, *key = path_member_of (lines->arena, lines->at[n].path, "tag", &rest);
	return key && !*rest ? key : NULL;
}

int
cf_document_tagged (const struct aws_tree *tree, const struct aws_node *config, const char *identity, const struct lines *desired, struct buffer *into,
                    struct larder_error *error)
{
	struct aws_tree outer = *tree;
	struct aws_node root = { .name = "DistributionConfigWithTags", .text = "" }, inner = *config, *tags, *items;
	tags = aws_node_add (&outer, &root, "Tags", "");
	items = aws_node_add (&outer, tags, "Items", "");
	add_tag (&outer, items, CF_TAG, identity);
	for (size_t n = 0; n < desired->count; n++) {
		const char *key = tag_of (desired, n);
		if (key)
			add_tag (&outer, items, key, desired->at[n].value);
	}
	inner.next = tags;
	root.first = &inner;
	return cf_document (&outer, &root, into, error);
}

int
cf_document_access (struct larder_arena *arena, const char *kind, const char *name, const char *comment, struct buffer *into, struct larder_error *error)
{
	struct aws_tree tree = { .arena = arena };
	bool oac = strcmp (kind, "oac") == 0;
	struct aws_node root = { .name = oac ? "OriginAccessControlConfig" : "CloudFrontOriginAccessIdentityConfig", .text = "" };
	aws_node_add (&tree, &root, oac ? "Name" : "CallerReference", name);
	aws_node_add (&tree, &root, oac ? "Description" : "Comment", comment ? comment : "");
	if (oac) {
		aws_node_add (&tree, &root, "SigningProtocol", "sigv4");
		aws_node_add (&tree, &root, "SigningBehavior", "always");
		aws_node_add (&tree, &root, "OriginAccessControlOriginType", "s3");
	}
	return cf_document (&tree, &root, into, error);
}

int
cf_tags_set (const struct lines *is, const struct lines *will, struct larder_arena *arena, struct buffer *into, struct larder_error *error)
{
	struct aws_tree tree = { .arena = arena };
	struct aws_node root = { .name = "Tags", .text = "" }, *items = aws_node_add (&tree, &root, "Items", "");
	int count = 0;
	for (size_t n = 0; n < will->count; n++) {
		const char *key = tag_of (will, n);
		if (key && cf_differs (is, will, will->at[n].path)) {
			add_tag (&tree, items, key, will->at[n].value);
			count++;
		}
	}
	int code = count ? cf_document (&tree, &root, into, error) : 0;
	return code < 0 ? code : count;
}

int
cf_tags_gone (const struct lines *is, const struct lines *will, struct larder_arena *arena, struct buffer *into, struct larder_error *error)
{
	struct aws_tree tree = { .arena = arena };
	struct aws_node root = { .name = "TagKeys", .text = "" }, *items = aws_node_add (&tree, &root, "Items", "");
	int count = 0;
	for (size_t n = 0; n < is->count; n++) {
		const char *key = tag_of (is, n);
		if (key && !lines_find (will, is->at[n].path)) {
			aws_node_add (&tree, items, "Key", key);
			count++;
		}
	}
	int code = count ? cf_document (&tree, &root, into, error) : 0;
	return code < 0 ? code : count;
}
