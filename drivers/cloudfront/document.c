/* document.c: the configuration of a distribution as it is to be, made of lines and of what is there. Pure. */
#include "wire.h"

#include <string.h>

#include "arena.h"
#include "buffer.h"
#include "error.h"

/* Whole, as an update wants it. */
#define NONE(name) "<" name "><Quantity>0</Quantity></" name ">"
static const char bare_config[] =
	"<DistributionConfig><CallerReference/>" NONE ("Aliases") "<DefaultRootObject/>" NONE ("Origins") NONE ("OriginGroups") "<DefaultCacheBehavior/>"
	NONE ("CacheBehaviors") NONE ("CustomErrorResponses") "<Comment/>"
	"<Logging><Enabled>false</Enabled><IncludeCookies>false</IncludeCookies><Bucket/><Prefix/></Logging><PriceClass>PriceClass_All</PriceClass><Enabled>true</Enabled>"
	"<ViewerCertificate><CloudFrontDefaultCertificate>true</CloudFrontDefaultCertificate></ViewerCertificate>"
	"<Restrictions><GeoRestriction><RestrictionType>none</RestrictionType><Quantity>0</Quantity></GeoRestriction></Restrictions>"
	"<WebACLId/><HttpVersion>http2</HttpVersion><IsIPV6Enabled>true</IsIPV6Enabled></DistributionConfig>";

/* ---- lines ---- */

bool
cf_differs (const struct lines *is, const struct lines *will, const char *path)
{
	const char *now = lines_value (is, path), *then = lines_value (will, path);
	return (now || then) && (!now || !then || strcmp (now, then) != 0);
}

bool
cf_access_differs (const struct lines *is, const struct lines *will, const char *origin)
{
	static const char *const all[] = { ".access", ".access-comment", ".access-otherwise" };
	bool differs = false;
	for (size_t n = 0; n < sizeof all / sizeof *all; n++) {
		const char *now = lines_in (is, "origin", origin, all[n]), *then = lines_in (will, "origin", origin, all[n]);
		differs = differs || !now != !then || (now && strcmp (now, then) != 0);
	}
	return differs;
}

/* Has `other` each line of SET[ that `one` has? */
static bool
holds (const struct lines *one, const struct lines *other, const char *set)
{
	size_t length = strlen (set);
	for (size_t n = 0; n < one->count; n++)
		if (strncmp (one->at[n].path, set, length) == 0 && one->at[n].path[length] == '[' && !lines_find (other, one->at[n].path))
			return false;
	return true;
}

bool
cf_set_differs (const struct lines *is, const struct lines *will, const char *set)
{
	return !holds (is, will, set) || !holds (will, is, set);
}

/* ---- lists ---- */

void
cf_set_quantity (struct aws_tree *tree, struct aws_node *at, const char *item)
{
	size_t count = 0;
	const struct aws_node *items = aws_node_child (at, "Items");
	for (const struct aws_node *one = items ? aws_node_child (items, item) : NULL; one; one = aws_node_again (one))
		count++;
	aws_node_set (tree, at, "Quantity", arena_printf (tree->arena, "%zu", count));
	if (count == 0)
		aws_node_drop_all (at, "Items");
}

void
cf_set_members (struct aws_tree *tree, struct aws_node *at, const char *item, const struct lines *will, const char *set)
{
	const char *rest, *member;
	aws_node_drop_all (at, "Items");
	struct aws_node *items = aws_node_add (tree, at, "Items", "");
	for (size_t n = 0; items && n < will->count; n++)
		if ((member = path_member_of (will->arena, will->at[n].path, set, &rest)))
			aws_node_add (tree, items, item, member);
	cf_set_quantity (tree, at, item);
}

struct aws_node *
cf_child_of (struct aws_tree *tree, struct aws_node *parent, const char *name)
{
	struct aws_node *child = aws_node_child (parent, name);
	return child ? child : aws_node_add (tree, parent, name, "");
}

/* ---- origins ---- */

static struct aws_node *
origin_of (const struct aws_node *items, const char *id)
{
	struct aws_node *one = aws_node_child (items, "Origin");
	while (one && strcmp (aws_node_text (one, "Id") ? aws_node_text (one, "Id") : "", id) != 0)
		one = aws_node_again (one);
	return one;
}

static struct aws_node *
begin_origin (struct aws_tree *tree, struct aws_node *items, const char *id)
{
	struct aws_node *origin = aws_node_add (tree, items, "Origin", "");
	aws_node_add (tree, origin, "Id", id);
	aws_node_add (tree, origin, "DomainName", "");
	aws_node_add (tree, origin, "OriginPath", "");
	struct aws_node *headers = aws_node_add (tree, origin, "CustomHeaders", ""), *s3 = aws_node_add (tree, origin, "S3OriginConfig", "");
	aws_node_add (tree, headers, "Quantity", "0");
	aws_node_add (tree, s3, "OriginAccessIdentity", "");
	return origin;
}

static void
set_access (struct aws_tree *tree, struct aws_node *origin, const struct cf_access *access)
{
	bool oac = access && strcmp (access->kind, "oac") == 0, oai = access && !oac;
	aws_node_drop_all (origin, "CustomOriginConfig");
	aws_node_drop_all (origin, "VpcOriginConfig");
	aws_node_set (tree, origin, "S3OriginConfig/OriginAccessIdentity", oai ? arena_printf (tree->arena, CF_IDENTITY_PATH "%s", access->id) : "");
	aws_node_set (tree, origin, "OriginAccessControlId", oac ? access->id : "");
}

/* A name that is no host of S3 is of a store elsewhere. */
static int
set_domain (struct aws_tree *tree, struct aws_node *origin, const char *id, const char *domain, struct larder_error *error)
{
	if (strpbrk (domain, "/:") || !strstr (domain, ".s3"))
		return larder_fail_next (error, LARDER_E_INVALID, "serve a store whose backend is S3 itself", "CloudFront cannot reach origin '%s' at '%s'", id, domain);
	aws_node_set (tree, origin, "DomainName", domain);
	return 0;
}

static int
change_origin (struct aws_tree *tree, struct aws_node *items, const char *id, const struct lines *is, const struct lines *will, const struct cf_access *access,
               struct larder_error *error)
{
	struct aws_node *origin = origin_of (items, id);
	const char *domain = lines_in (will, "origin", id, ".domain"), *where = path_of_member (tree->arena, "origin", id, ".domain");
	bool begun = !origin;
	if (begun)
		origin = begin_origin (tree, items, id);
	if (!origin || !where)
		return larder_fail_memory (error);
	cf_rest_take (CF_REST_OF_ORIGIN, tree, origin, path_of_member (tree->arena, "origin", id, ".other"), is, will);
	if (begun || cf_access_differs (is, will, id))
		set_access (tree, origin, lines_in (will, "origin", id, ".access") ? cf_access_for (access, id) : NULL);
	return domain && (begun || cf_differs (is, will, where)) ? set_domain (tree, origin, id, domain, error) : 0;
}

/* Those that lines told, and tell no more. */
static void
drop_origins (struct aws_tree *tree, struct aws_node *items, const struct lines *will)
{
	for (struct aws_node *one = aws_node_child (items, "Origin"), *next; one; one = next) {
		const char *id = aws_node_text (one, "Id"), *member = path_of_member (tree->arena, "origin", id ? id : "", "");
		next = aws_node_again (one);
		if (member && !lines_have_below (will, member, strlen (member)))
			aws_node_drop (items, one);
	}
}

static int
change_origins (struct aws_tree *tree, struct aws_node *config, const struct lines *is, const struct lines *will, const struct cf_access *access,
                struct larder_error *error)
{
	struct aws_node *at = cf_child_of (tree, config, "Origins"), *items = at ? cf_child_of (tree, at, "Items") : NULL;
	const char *rest, *id, *last = "";
	int code = items ? 0 : larder_fail_memory (error);
	for (size_t n = 0; code == 0 && n < will->count; n++) {
		id = path_member_of (will->arena, will->at[n].path, "origin", &rest);
		if (id && strcmp (id, last) != 0)
			code = change_origin (tree, items, last = id, is, will, access, error);
	}
	if (code == 0)
		drop_origins (tree, items, will);
	if (code == 0)
		cf_set_quantity (tree, at, "Origin");
	return code;
}

/* ---- single values ---- */

static void
change_fields (struct aws_tree *tree, struct aws_node *config, const struct lines *is, const struct lines *will)
{
	for (const struct cf_field *field = cf_fields; field->path; field++) {
		const char *value = cf_written (field->kind, lines_value (will, field->path));
		if (cf_differs (is, will, field->path) && (value || !field->stays))
			aws_node_set (tree, config, field->element, value ? value : "");
	}
}

static void
change_certificate (struct aws_tree *tree, struct aws_node *config, const struct lines *is, const struct lines *will)
{
	const char *certificate = lines_value (will, "certificate"), *least = lines_value (will, "tls");
	struct aws_node *at = cf_child_of (tree, config, "ViewerCertificate");
	if (!at || (!cf_differs (is, will, "certificate") && (!certificate || !least || !cf_differs (is, will, "tls"))))
		return;
	at->first = NULL;
	if (!certificate)
		aws_node_add (tree, at, "CloudFrontDefaultCertificate", "true");
	else {
		aws_node_add (tree, at, strncmp (certificate, "arn:", 4) == 0 ? "ACMCertificateArn" : "IAMCertificateId", certificate);
		aws_node_add (tree, at, "SSLSupportMethod", "sni-only");
		aws_node_add (tree, at, "MinimumProtocolVersion", least ? least : "TLSv1.2_2021");
	}
}

static void
change_geo (struct aws_tree *tree, struct aws_node *config, const struct lines *is, const struct lines *will)
{
	const char *text = lines_value (will, "geo");
	struct aws_node *outer = cf_child_of (tree, config, "Restrictions"), *at = outer ? cf_child_of (tree, outer, "GeoRestriction") : NULL;
	if (!at || !text || !cf_differs (is, will, "geo"))
		return;
	size_t length = strcspn (text, " ");
	at->first = NULL;
	aws_node_add (tree, at, "RestrictionType", arena_copy_bytes (tree->arena, text, length));
	struct aws_node *items = aws_node_add (tree, at, "Items", "");
	for (text += length; items && *(text += strspn (text, " ")); text += length) {
		length = strcspn (text, " ");
		aws_node_add (tree, items, "Location", arena_copy_bytes (tree->arena, text, length));
	}
	cf_set_quantity (tree, at, "Location");
}

static void
change_aliases (struct aws_tree *tree, struct aws_node *config, const struct lines *is, const struct lines *will)
{
	struct aws_node *at = cf_child_of (tree, config, "Aliases");
	if (at && cf_set_differs (is, will, "alias"))
		cf_set_members (tree, at, "CNAME", will, "alias");
}

/* ---- the whole ---- */

int
cf_config_begin (struct aws_tree *tree, const char *reference, struct aws_node **ret, struct larder_error *error)
{
	int code = aws_tree_read (tree, bare_config, sizeof bare_config - 1, "DistributionConfig", ret, error);
	if (code == 0)
		aws_node_set (tree, *ret, "CallerReference", reference);
	return code;
}

int
cf_config_change (struct aws_tree *tree, struct aws_node *config, const struct lines *is, const struct lines *will, const struct cf_access *access,
                  struct larder_error *error)
{
	change_fields (tree, config, is, will);
	change_aliases (tree, config, is, will);
	change_certificate (tree, config, is, will);
	change_geo (tree, config, is, will);
	cf_rest_take (CF_REST_OF_CONFIG, tree, config, "other", is, will);
	int code = change_origins (tree, config, is, will, access, error);
	if (code < 0)
		return code;
	cf_groups_change (tree, config, is, will);
	cf_behaviors_change (tree, config, is, will);
	return tree->failed ? larder_fail_memory (error) : cf_targets_check (config, error);
}

void
cf_config_off (struct aws_tree *tree, struct aws_node *config)
{
	const struct aws_node *items = aws_node_find (config, "Origins/Items");
	const char *kind, *id;
	aws_node_set (tree, config, "Enabled", "false");
	for (struct aws_node *one = items ? aws_node_child (items, "Origin") : NULL; one; one = aws_node_again (one))
		if (cf_access_of (one, &kind, &id))
			set_access (tree, one, NULL);
}

bool
cf_config_is_off (const struct aws_node *config)
{
	const struct aws_node *items = aws_node_find (config, "Origins/Items");
	const char *kind, *id, *enabled = aws_node_text (config, "Enabled");
	bool off = enabled && strcmp (enabled, "false") == 0;
	for (const struct aws_node *one = items ? aws_node_child (items, "Origin") : NULL; one; one = aws_node_again (one))
		off = off && !cf_access_of (one, &kind, &id);
	return off;
}
