/* rest.c: what a distribution says beyond all that lines stand for, told by the names of its elements: what the service adds next year is told, too. Pure. */
#include "wire.h"

#include <string.h>

#include "arena.h"
#include "buffer.h"
#include "checksum.h"
#include "text.h"

enum { TEXT_MOST = 160, TEXT_BEGIN = 60, DOCUMENT_MOST = 1 << 20 };

/* TOLD: lines say it. OPENED: what is in it, one by one. USUAL: what it is where nobody said anything,
 * "3", or "Enabled=false" of what is in it; NULL: not there. All else is told, unless it says nothing. */
struct element { const char *path; enum { TOLD, OPENED, USUAL } is; const char *usual; };

static const struct element of_config[] = {
	{ "Aliases", TOLD, NULL }, { "CacheBehaviors", TOLD, NULL }, { "CallerReference", TOLD, NULL }, { "Comment", TOLD, NULL }, { "DefaultCacheBehavior", TOLD, NULL },
	{ "Enabled", TOLD, NULL }, { "HttpVersion", TOLD, NULL }, { "IsIPV6Enabled", TOLD, NULL }, { "OriginGroups", TOLD, NULL }, { "Origins", TOLD, NULL }, { "PriceClass", TOLD, NULL },
	{ "Restrictions", OPENED, NULL }, { "Restrictions/GeoRestriction", TOLD, NULL }, { "ViewerCertificate", TOLD, NULL }, { "WebACLId", TOLD, NULL },
	{ "ConnectionMode", USUAL, "direct" }, { "CustomErrorResponses", USUAL, "Quantity=0" }, { "DefaultRootObject", USUAL, "" },
	{ "Logging", USUAL, "Enabled=false IncludeCookies=false Bucket= Prefix=" }, { "Staging", USUAL, "false" },
	{ NULL, TOLD, NULL }
};
static const struct element of_origin[] = {
	{ "DomainName", TOLD, NULL }, { "Id", TOLD, NULL }, { "OriginAccessControlId", TOLD, NULL }, { "S3OriginConfig", OPENED, NULL }, { "S3OriginConfig/OriginAccessIdentity", TOLD, NULL },
	{ "ConnectionAttempts", USUAL, "3" }, { "ConnectionTimeout", USUAL, "10" }, { "CustomHeaders", USUAL, "Quantity=0" }, { "OriginPath", USUAL, "" },
	{ "OriginShield", USUAL, "Enabled=false" }, { "S3OriginConfig/OriginReadTimeout", USUAL, "30" },
	{ NULL, TOLD, NULL }
};
static const struct element of_behavior[] = {
	{ "AllowedMethods", TOLD, NULL }, { "CachePolicyId", TOLD, NULL }, { "Compress", TOLD, NULL }, { "DefaultTTL", TOLD, NULL }, { "ForwardedValues", OPENED, NULL },
	{ "ForwardedValues/Cookies", TOLD, NULL }, { "ForwardedValues/Headers", TOLD, NULL }, { "ForwardedValues/QueryString", TOLD, NULL },
	{ "ForwardedValues/QueryStringCacheKeys", TOLD, NULL }, { "MaxTTL", TOLD, NULL }, { "MinTTL", TOLD, NULL }, { "OriginRequestPolicyId", TOLD, NULL }, { "PathPattern", TOLD, NULL },
	{ "ResponseHeadersPolicyId", TOLD, NULL }, { "TargetOriginId", TOLD, NULL }, { "TrustedKeyGroups", TOLD, NULL }, { "TrustedSigners", TOLD, NULL }, { "ViewerProtocolPolicy", TOLD, NULL },
	{ "FieldLevelEncryptionId", USUAL, "" }, { "FunctionAssociations", USUAL, "Quantity=0" }, { "GrpcConfig", USUAL, "Enabled=false" },
	{ "LambdaFunctionAssociations", USUAL, "Quantity=0" }, { "SmoothStreaming", USUAL, "false" },
	{ NULL, TOLD, NULL }
};
static const struct element *const tables[] = { [CF_REST_OF_CONFIG] = of_config, [CF_REST_OF_ORIGIN] = of_origin, [CF_REST_OF_BEHAVIOR] = of_behavior };

/* ---- which ---- */

/* Nobody has to be told of what is off, empty, or none. */
static bool
says_nothing (const struct aws_node *node)
{
	static const char *const nothing[] = { "", "0", "false", "none" };
	bool says = !node->first;
	for (size_t n = 0; !node->first && n < sizeof nothing / sizeof *nothing; n++)
		says = says && strcmp (node->text, nothing[n]) != 0;
	for (const struct aws_node *one = node->first; one; one = one->next)
		says = says || !says_nothing (one);
	return !says;
}

struct walk {
	const struct element *table;
	void (*each) (void *context, struct aws_node *parent, struct aws_node *node, const char *path, const struct element *element);
	void *context;
	struct larder_arena *arena;
};

static const struct element *
element_of (const struct walk *walk, const char *path)
{
	const struct element *at = walk->table;
	while (at->path && strcmp (at->path, path) != 0)
		at++;
	return at->path ? at : NULL;
}

/* Calls back for each that is to be told. */
static void
look (const struct walk *walk, struct aws_node *parent, const char *above)
{
	for (struct aws_node *one = parent->first, *next; one; one = next) {
		next = one->next;
		const char *path = *above ? arena_printf (walk->arena, "%s/%s", above, one->name) : one->name;
		const struct element *element = path ? element_of (walk, path) : NULL;
		if (element && element->is == OPENED)
			look (walk, one, path);
		else if (!path || (element && element->is == TOLD))
			continue;
		else if (!says_nothing (one) && (one->first || !element || !element->usual || strcmp (element->usual, one->text) != 0))
			walk->each (walk->context, parent, one, path, element);
	}
}

static void
look_at (enum cf_rest rest, struct aws_node *node, struct larder_arena *arena, void (*each) (void *, struct aws_node *, struct aws_node *, const char *, const struct element *), void *context)
{
	const struct walk walk = { tables[rest], each, context, arena };
	look (&walk, node, "");
}

/* ---- as a text ---- */

static void
digest_of (const struct aws_node *node, struct larder_arena *arena, char ret[65])
{
	CLEANUP_BUFFER struct buffer whole;
	struct aws_tree tree = { .arena = arena };
	buffer_init (&whole, DOCUMENT_MOST);
	(void) aws_tree_write (&tree, node, "", &whole, NULL);
	sha256_hex (buffer_text (&whole), whole.length, ret);
}

struct text { struct buffer *into; const char *between; struct larder_arena *arena; bool odd; };     /* odd: it could be read in two ways */

static void
describe_leaf (struct text *text, const struct aws_node *leaf)
{
	char digest[65];
	bool secret = strcmp (leaf->name, "HeaderValue") == 0;       /* what the origin is told may be one */
	if (strcmp (leaf->name, "Quantity") == 0 || !*leaf->text || strcmp (leaf->text, "false") == 0)
		return;
	if (secret)
		digest_of (leaf, text->arena, digest);
	buffer_printf (text->into, secret ? "%s%s %.16s" : "%s%s %s", text->into->length ? text->between : "", leaf->name, secret ? digest : leaf->text);
	text->odd = text->odd || strpbrk (leaf->text, ",;");
	text->between = ", ";
}

/* "ErrorCode 403, ResponsePagePath /e.html; ErrorCode 404" */
static void
describe (struct text *text, const struct aws_node *node)
{
	for (const struct aws_node *one = node->first; one; one = one->next) {
		if (!one->first) {
			describe_leaf (text, one);
			continue;
		}
		describe (text, one);
		if (strcmp (node->name, "Items") == 0)
			text->between = "; ";
	}
}

const char *
cf_rest_text (const struct aws_node *node, struct larder_arena *arena)
{
	CLEANUP_BUFFER struct buffer all;
	char digest[65];
	struct text text = { .into = &all, .between = ", ", .arena = arena };
	buffer_init (&all, DOCUMENT_MOST);
	if (!node->first)
		return node->text;
	describe (&text, node);
	size_t length = all.length;
	if (length <= TEXT_MOST && !text.odd)
		return arena_copy (arena, buffer_text (&all));
	for (length = length < TEXT_BEGIN ? length : TEXT_BEGIN; length && (buffer_text (&all)[length] & 0xc0) == 0x80; length--)
		;
	digest_of (node, arena, digest);
	return arena_printf (arena, "%.*s... %.16s", (int) length, buffer_text (&all), digest);
}

/* ---- telling ---- */

struct telling { struct lines *lines; const char *set; };

static void
tell (void *context, struct aws_node *parent, struct aws_node *node, const char *path, const struct element *element)
{
	struct telling *telling = context;
	const char *text = cf_rest_text (node, telling->lines->arena);
	(void) parent, (void) element;
	telling->lines->failed |= !text;
	lines_add_in (telling->lines, telling->set, path, "", text);
}

void
cf_rest_tell (enum cf_rest rest, struct aws_node *node, const char *set, struct lines *lines)
{
	struct telling telling = { lines, set };
	lines->failed |= !set;
	if (set)
		look_at (rest, node, lines->arena, tell, &telling);
}

/* ---- taking away ---- */

struct taking { struct aws_tree *tree; const char *set; const struct lines *is, *will; };

/* "Enabled=false Bucket=" below the node. */
static void
put_usual (struct aws_tree *tree, struct aws_node *node, const char *usual)
{
	node->first = NULL;
	for (size_t length; *usual; usual += length + (usual[length] == ' ')) {
		length = strcspn (usual, " ");
		size_t name = strcspn (usual, "=");
		const char *child = arena_copy_bytes (tree->arena, usual, name), *text = arena_copy_bytes (tree->arena, usual + name + 1, length - name - 1);
		tree->failed |= !child || !text;
		if (child && text)
			aws_node_add (tree, node, child, text);
	}
}

static void
take_away (void *context, struct aws_node *parent, struct aws_node *node, const char *path, const struct element *element)
{
	const struct taking *taking = context;
	const char *line = path_of_member (taking->tree->arena, taking->set, path, "");
	taking->tree->failed |= !line;
	if (!line || !lines_find (taking->is, line) || lines_find (taking->will, line))
		return;
	if (!element || !element->usual)
		aws_node_drop (parent, node);
	else if (strchr (element->usual, '='))
		put_usual (taking->tree, node, element->usual);
	else
		node->text = element->usual;
}

void
cf_rest_take (enum cf_rest rest, struct aws_tree *tree, struct aws_node *node, const char *set, const struct lines *is, const struct lines *will)
{
	struct taking taking = { tree, set, is, will };
	tree->failed |= !set;
	if (set)
		look_at (rest, node, tree->arena, take_away, &taking);
}
