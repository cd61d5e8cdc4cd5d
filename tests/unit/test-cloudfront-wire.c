/* test-cloudfront-wire.c: what the driver of CloudFront asks, and what it makes of the replies: goldens of the pure code. */
#include "wire.h"

#include <string.h>

#include "arena.h"
#include "buffer.h"
#include "unit.h"

#define NAMESPACE " xmlns=\"http://cloudfront.amazonaws.com/doc/2020-05-31/\""

static struct lines
lines_of (struct larder_arena *arena, const char *const *pairs)
{
	struct lines lines;
	lines_begin (&lines, arena);
	for (; *pairs; pairs += 2)
		lines_add (&lines, pairs[0], pairs[1]);
	ck_assert_int_eq (lines_sort (&lines, NULL), 0);
	return lines;
}
#define LINES(...) lines_of (arena, (const char *const[]) { __VA_ARGS__, NULL })

static const char *
header_of (const struct aws_request *request, const char *name)
{
	for (size_t n = 0; n < request->header_count; n++)
		if (strcmp (request->headers[n].name, name) == 0)
			return request->headers[n].value;
	return "";
}

START_TEST (requests)
{
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	CLEANUP_BUFFER struct buffer body;
	struct aws_request request;
	const char *text;
	cf_request (&request, arena, "GET", "tagging", NULL);
	aws_request_query (&request, "Resource", "arn:aws:cloudfront::1:distribution/E1");
	ck_assert_int_eq (aws_request_check (&request, NULL), 0);
	ck_assert_str_eq (request.path, "/2020-05-31/tagging");
	ck_assert_int_eq (aws_query_text (&request, &text, NULL), 0);
	ck_assert_str_eq (text, "Resource=arn%3Aaws%3Acloudfront%3A%3A1%3Adistribution%2FE1");
	buffer_init (&body, 100);
	buffer_add_text (&body, "<a/>");
	cf_request (&request, arena, "PUT", "distribution/E1/config", "E2TAG");
	cf_request_body (&request, &body);
	ck_assert_int_eq (aws_request_check (&request, NULL), 0);
	ck_assert_uint_eq (request.body_length, 4);
	ck_assert_str_eq (header_of (&request, "if-match"), "E2TAG");
	ck_assert_str_eq (header_of (&request, "content-type"), "application/xml");
	ck_assert_str_eq (cf_name ("test/cdn/images", arena), "test-cdn-images-6901bb98f235d976");
}
END_TEST

static void
is_document (const struct buffer *body, const char *wanted)
{
	ck_assert_str_eq (buffer_text (body), wanted);
}

START_TEST (accesses)
{
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	CLEANUP_BUFFER struct buffer oac, oai;
	buffer_init (&oac, 1000);
	buffer_init (&oai, 1000);
	ck_assert_int_eq (cf_document_access (arena, "oac", "n", "a & b", &oac, NULL), 0);
	is_document (&oac, "<OriginAccessControlConfig" NAMESPACE "><Name>n</Name>"
		"<Description>a &amp; b</Description><SigningProtocol>sigv4</SigningProtocol><SigningBehavior>always</SigningBehavior>"
		"<OriginAccessControlOriginType>s3</OriginAccessControlOriginType></OriginAccessControlConfig>");
	ck_assert_int_eq (cf_document_access (arena, "oai", "n", NULL, &oai, NULL), 0);
	is_document (&oai, "<CloudFrontOriginAccessIdentityConfig" NAMESPACE "><CallerReference>n</CallerReference><Comment></Comment></CloudFrontOriginAccessIdentityConfig>");
}
END_TEST

/* One that does not let anybody read as it should is told otherwise. */
START_TEST (access_replies)
{
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	static const struct { const char *signs, *type, *otherwise; } cases[] = { { "always", "s3", "" }, { "never", "s3", "signing never" }, { "always", "lambda", "for lambda" } };
	const char *body = arena_printf (arena, "<OriginAccessControl" NAMESPACE "><Id>C1</Id><OriginAccessControlConfig><Name>n</Name><Description>d</Description>"
		"<SigningProtocol>sigv4</SigningProtocol><SigningBehavior>%s</SigningBehavior><OriginAccessControlOriginType>%s</OriginAccessControlOriginType>"
		"</OriginAccessControlConfig></OriginAccessControl>", cases[_i].signs, cases[_i].type);
	struct cf_access access = { .id = NULL };
	ck_assert_int_eq (cf_access_read (body, strlen (body), "oac", arena, &access, NULL), 0);
	ck_assert_str_eq (access.id, "C1");
	ck_assert_str_eq (access.name, "n");
	ck_assert_str_eq (access.comment, "d");
	ck_assert_str_eq (access.otherwise ? access.otherwise : "", cases[_i].otherwise);
	ck_assert_int_eq (cf_access_read (body, strlen (body), "oai", arena, &access, NULL), LARDER_E_INTEGRITY);
	ck_assert_int_eq (cf_access_read ("<OriginAccessControl/>", 22, "oac", arena, &access, NULL), LARDER_E_INTEGRITY);
}
END_TEST

START_TEST (tags)
{
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	CLEANUP_BUFFER struct buffer set, gone, none;
	struct lines is = LINES ("comment", "x", "tag[a]", "1", "tag[b]", "2", "tag[c]", "3"), will = LINES ("comment", "y", "tag[a]", "1", "tag[b]", "<2>", "tag[d]", "4");
	buffer_init (&set, 1000);
	buffer_init (&gone, 1000);
	buffer_init (&none, 1000);
	ck_assert_int_eq (cf_tags_set (&is, &will, arena, &set, NULL), 2);
	is_document (&set, "<Tags" NAMESPACE "><Items><Tag><Key>b</Key><Value>&lt;2&gt;</Value></Tag><Tag><Key>d</Key><Value>4</Value></Tag></Items></Tags>");
	ck_assert_int_eq (cf_tags_gone (&is, &will, arena, &gone, NULL), 1);
	is_document (&gone, "<TagKeys" NAMESPACE "><Items><Key>c</Key></Items></TagKeys>");
	ck_assert_int_eq (cf_tags_set (&is, &is, arena, &none, NULL), 0);
	ck_assert_int_eq (cf_tags_gone (&is, &is, arena, &none, NULL), 0);
}
END_TEST

/* ---- a distribution ---- */

static const char *const desired[] = {
	"alias[a.example.com]", "yes", "behavior[/x/*].order", "1", "behavior[/x/*].origin", "o", "behavior[/x/*].cache-policy", "p-1", "behavior[default].cached-method[GET]", "yes",
	"behavior[default].cookies", "no", "behavior[default].default-ttl", "60", "behavior[default].method[GET]", "yes", "behavior[default].min-ttl", "6",
	"behavior[default].origin", "o", "behavior[default].query", "yes", "behavior[default].viewer", "https-only", "comment", "a & b", "enabled", "yes", "geo", "whitelist JP KR",
	"origin[o].access", "oac", "origin[o].domain", "b.s3.eu-west-1.amazonaws.com", "tag[Name]", "n", NULL
};

/* As it is made of `desired`, with its tags. */
static void
make (struct larder_arena *arena, struct aws_tree *tree, struct aws_node **config, struct lines *will)
{
	const struct cf_access access = { .origin = "o", .kind = "oac", .id = "C1" };
	struct lines none;
	lines_begin (&none, arena);
	*tree = (struct aws_tree) { .arena = arena };
	*will = lines_of (arena, desired);
	ck_assert_int_eq (cf_config_begin (tree, "r-1", config, NULL), 0);
	ck_assert_int_eq (cf_config_change (tree, *config, &none, will, &access, NULL), 0);
}

START_TEST (created)
{
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	CLEANUP_BUFFER struct buffer body;
	struct aws_tree tree;
	struct aws_node *config;
	struct lines will;
	buffer_init (&body, 100000);
	make (arena, &tree, &config, &will);
	ck_assert_int_eq (cf_document_tagged (&tree, config, "i", &will, &body, NULL), 0);
	is_document (&body, "<DistributionConfigWithTags" NAMESPACE "><DistributionConfig>"
		"<CallerReference>r-1</CallerReference><Aliases><Quantity>1</Quantity><Items><CNAME>a.example.com</CNAME></Items></Aliases>"
		"<DefaultRootObject></DefaultRootObject><Origins><Quantity>1</Quantity><Items><Origin><Id>o</Id>"
		"<DomainName>b.s3.eu-west-1.amazonaws.com</DomainName><OriginPath></OriginPath><CustomHeaders><Quantity>0</Quantity>"
		"</CustomHeaders><S3OriginConfig><OriginAccessIdentity></OriginAccessIdentity></S3OriginConfig>"
		"<OriginAccessControlId>C1</OriginAccessControlId></Origin></Items></Origins><OriginGroups><Quantity>0</Quantity></OriginGroups>"
		"<DefaultCacheBehavior><ViewerProtocolPolicy>https-only</ViewerProtocolPolicy><SmoothStreaming>false</SmoothStreaming>"
		"<Compress>false</Compress><LambdaFunctionAssociations><Quantity>0</Quantity></LambdaFunctionAssociations><FunctionAssociations>"
		"<Quantity>0</Quantity></FunctionAssociations><FieldLevelEncryptionId></FieldLevelEncryptionId><TargetOriginId>o</TargetOriginId>"
		"<ForwardedValues><Cookies><Forward>none</Forward></Cookies><QueryString>true</QueryString><Headers><Quantity>0</Quantity>"
		"</Headers><QueryStringCacheKeys><Quantity>0</Quantity></QueryStringCacheKeys></ForwardedValues><DefaultTTL>60</DefaultTTL>"
		"<MinTTL>6</MinTTL><AllowedMethods><CachedMethods><Items><Method>GET</Method></Items><Quantity>1</Quantity></CachedMethods><Items>"
		"<Method>GET</Method></Items><Quantity>1</Quantity></AllowedMethods><TrustedSigners><Enabled>false</Enabled><Quantity>0</Quantity>"
		"</TrustedSigners><TrustedKeyGroups><Enabled>false</Enabled><Quantity>0</Quantity></TrustedKeyGroups></DefaultCacheBehavior>"
		"<CacheBehaviors><Quantity>1</Quantity><Items><CacheBehavior><PathPattern>/x/*</PathPattern>"
		"<ViewerProtocolPolicy>redirect-to-https</ViewerProtocolPolicy><SmoothStreaming>false</SmoothStreaming><Compress>false</Compress>"
		"<LambdaFunctionAssociations><Quantity>0</Quantity></LambdaFunctionAssociations><FunctionAssociations><Quantity>0</Quantity>"
		"</FunctionAssociations><FieldLevelEncryptionId></FieldLevelEncryptionId><TargetOriginId>o</TargetOriginId>"
		"<CachePolicyId>p-1</CachePolicyId><TrustedSigners><Enabled>false</Enabled><Quantity>0</Quantity></TrustedSigners>"
		"<TrustedKeyGroups><Enabled>false</Enabled><Quantity>0</Quantity></TrustedKeyGroups></CacheBehavior></Items></CacheBehaviors>"
		"<CustomErrorResponses><Quantity>0</Quantity></CustomErrorResponses><Comment>a &amp; b</Comment><Logging><Enabled>false</Enabled>"
		"<IncludeCookies>false</IncludeCookies><Bucket></Bucket><Prefix></Prefix></Logging><PriceClass>PriceClass_All</PriceClass>"
		"<Enabled>true</Enabled><ViewerCertificate><CloudFrontDefaultCertificate>true</CloudFrontDefaultCertificate></ViewerCertificate>"
		"<Restrictions><GeoRestriction><RestrictionType>whitelist</RestrictionType><Items><Location>JP</Location><Location>KR</Location>"
		"</Items><Quantity>2</Quantity></GeoRestriction></Restrictions><WebACLId></WebACLId><HttpVersion>http2</HttpVersion>"
		"<IsIPV6Enabled>true</IsIPV6Enabled></DistributionConfig><Tags><Items><Tag><Key>larder:id</Key><Value>i</Value></Tag><Tag>"
		"<Key>Name</Key><Value>n</Value></Tag></Items></Tags></DistributionConfigWithTags>");
}
END_TEST

/* The lines that made it are those that it tells, with what the service told besides. */
START_TEST (told_as_it_was_made)
{
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	struct cf_access access = { .origin = "o", .kind = "oac", .id = "C1", .name = "n", .comment = "" };
	struct cf_state state = { .id = "E1", .arn = "arn:aws:cloudfront::1:distribution/E1", .domain = "d", .access = &access };
	struct lines will, told;
	make (arena, &state.tree, &state.config, &will);
	lines_begin (&told, arena);
	cf_tell (&state, &will, &told);
	ck_assert_int_eq (lines_sort (&told, NULL), 0);
	for (size_t n = 0; n < will.count; n++)
		if (strncmp (will.at[n].path, "tag[", 4) != 0) {
			const char *value = lines_value (&told, will.at[n].path);
			ck_assert_msg (value && strcmp (value, will.at[n].value) == 0, "%s is %s", will.at[n].path, value ? value : "not told");
		}
	ck_assert_str_eq (lines_value (&told, "principal"), "cloudfront arn:aws:cloudfront::1:distribution/E1");
	ck_assert_str_eq (lines_value (&told, "origin[o].bucket"), "b");
}
END_TEST

/* What we have no line for goes back as it came, in its place. */
START_TEST (changed)
{
#define REST "<Aliases><Quantity>0</Quantity></Aliases><Origins><Quantity>1</Quantity><Items><Origin><Id>o</Id><DomainName>b.s3.amazonaws.com</DomainName><Odd>2</Odd></Origin>" \
	"</Items></Origins><DefaultCacheBehavior><TargetOriginId>o</TargetOriginId></DefaultCacheBehavior><CacheBehaviors><Quantity>0</Quantity></CacheBehaviors>" \
	"<ViewerCertificate><Odd>3</Odd></ViewerCertificate><Restrictions><GeoRestriction><Odd>4</Odd></GeoRestriction></Restrictions></DistributionConfig>"
	static const char given[] = "<DistributionConfig><Unknown><A>1</A></Unknown><Comment>x</Comment>" REST;
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	CLEANUP_BUFFER struct buffer body;
	struct aws_tree tree = { .arena = arena };
	struct aws_node *config;
	struct lines is = LINES ("comment", "x", "origin[o].domain", "b.s3.amazonaws.com"), will = LINES ("comment", "y", "origin[o].domain", "b.s3.amazonaws.com");
	buffer_init (&body, 100000);
	ck_assert_int_eq (aws_tree_read (&tree, given, strlen (given), "DistributionConfig", &config, NULL), 0);
	ck_assert_int_eq (cf_config_change (&tree, config, &is, &will, NULL, NULL), 0);
	ck_assert_int_eq (cf_document (&tree, config, &body, NULL), 0);
	is_document (&body, "<DistributionConfig" NAMESPACE "><Unknown><A>1</A></Unknown><Comment>y</Comment>" REST);
}
END_TEST

START_TEST (off)
{
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	struct aws_tree tree;
	struct aws_node *config;
	struct lines will;
	make (arena, &tree, &config, &will);
	ck_assert (!cf_config_is_off (config));
	aws_node_set (&tree, config, "Enabled", "false");
	ck_assert (!cf_config_is_off (config));          /* as somebody its origin is read yet */
	cf_config_off (&tree, config);
	ck_assert (cf_config_is_off (config));
	aws_node_set (&tree, config, "Enabled", "true");
	ck_assert (!cf_config_is_off (config));
}
END_TEST

/* c-E07: by the service's own rule, a wildcard at the end alone; what it does not match reliably is in none. */
START_TEST (paths)
{
	static const struct { const char *kind, *key, *path; } rows[] = {
		{ "path", "ann/2026/11/cat.png", "/ann/2026/11/cat.png" }, { "path", "a b%.png", "/a%20b%25.png" }, { "path", "\xed\x95\x9c.png", "/%ED%95%9C.png" },
		{ "path", "a\"<>#{}|\\^[]`.png", "/a%22%3C%3E%23%7B%7D%7C%5C%5E%5B%5D%60.png" }, { "below", "ann/", "/ann/*" }, { "below", "", "/*" },
		{ "path", "ann/~x.png", NULL }, { "path", "image(1).png", NULL }, { "path", "a*b", NULL }, { "path", "a?b", NULL }, { "path", "+", NULL }, { "below", "a&b/", NULL },
	};
	for (size_t n = 0; n < COUNT_OF (rows); n++) {
		CLEANUP_BUFFER struct buffer path;
		buffer_init (&path, 1000);
		ck_assert_int_eq (cf_path (&(struct larder_pair) { rows[n].kind, rows[n].key }, &path, NULL), rows[n].path ? 0 : LARDER_E_INVALID);
		ck_assert_str_eq (buffer_text (&path), rows[n].path ? rows[n].path : "");
	}
}
END_TEST

/* A lot is 3,000 paths, or what comes before the sixteenth wildcard. */
START_TEST (invalidation)
{
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	CLEANUP_BUFFER struct buffer body;
	static struct larder_pair pairs[3001];
	size_t taken;
	for (size_t n = 0; n < COUNT_OF (pairs); n++)
		pairs[n] = (struct larder_pair) { "path", "a" };
	struct larder_action action = { .size = sizeof action, .kind = "invalidate", .arguments = { pairs, 2, sizeof *pairs }, .client_token = "c" };
	buffer_init (&body, 1 << 20);
	ck_assert_int_eq (cf_document_invalidation (arena, &action, &taken, &body, NULL), 0);
	is_document (&body, "<InvalidationBatch" NAMESPACE "><Paths><Quantity>2</Quantity><Items><Path>/a</Path><Path>/a</Path></Items></Paths><CallerReference>c</CallerReference></InvalidationBatch>");
	action.arguments.count = COUNT_OF (pairs);
	buffer_clear (&body);
	ck_assert_int_eq (cf_document_invalidation (arena, &action, &taken, &body, NULL), 0);
	ck_assert_uint_eq (taken, 3000);
	for (size_t n = 5; n < 40; n++)
		pairs[n].name = "below";
	buffer_clear (&body);
	ck_assert_int_eq (cf_document_invalidation (arena, &action, &taken, &body, NULL), 0);
	ck_assert_uint_eq (taken, 20);
}
END_TEST

/* Keys that edges hold signatures against: as the service tells them, none of them, and what is no such reply. */
START_TEST (trusted)
{
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	static const char group[] = "<KeyGroup" NAMESPACE "><Id>G</Id><LastModifiedTime>t</LastModifiedTime><KeyGroupConfig><Name>n</Name><Items><PublicKey>K1</PublicKey><PublicKey>K2</PublicKey></Items></KeyGroupConfig></KeyGroup>";
	static const char empty[] = "<KeyGroup><Id>G</Id><KeyGroupConfig><Name>n</Name><Items/></KeyGroupConfig></KeyGroup>", bare[] = "<KeyGroup><Id>G</Id></KeyGroup>";
	static const char key[] = "<PublicKey" NAMESPACE "><Id>K1</Id><PublicKeyConfig><Name>n</Name><EncodedKey>-----BEGIN PUBLIC KEY-----\nAA==\n-----END PUBLIC KEY-----\n</EncodedKey></PublicKeyConfig></PublicKey>";
	static const char none[] = "<PublicKey><Id>K1</Id><PublicKeyConfig><Name>n</Name></PublicKeyConfig></PublicKey>";
	const struct aws_node *first = NULL;
	const char *pem = NULL;
	ck_assert_int_eq (cf_key_group_read (group, sizeof group - 1, arena, &first, NULL), 0);
	ck_assert_str_eq (first->text, "K1");
	ck_assert_str_eq (aws_node_again (first)->text, "K2");
	ck_assert_ptr_null (aws_node_again (aws_node_again (first)));
	ck_assert_int_eq (cf_key_group_read (empty, sizeof empty - 1, arena, &first, NULL), 0);
	ck_assert_ptr_null (first);
	ck_assert_int_eq (cf_key_group_read (bare, sizeof bare - 1, arena, &first, NULL), LARDER_E_INTEGRITY);
	ck_assert_int_eq (cf_key_group_read (key, sizeof key - 1, arena, &first, NULL), LARDER_E_INTEGRITY);
	ck_assert_int_eq (cf_public_key_read (key, sizeof key - 1, arena, &pem, NULL), 0);
	ck_assert_str_eq (pem, "-----BEGIN PUBLIC KEY-----\nAA==\n-----END PUBLIC KEY-----\n");
	ck_assert_int_eq (cf_public_key_read (none, sizeof none - 1, arena, &pem, NULL), LARDER_E_INTEGRITY);
	ck_assert_int_eq (cf_public_key_read (group, sizeof group - 1, arena, &pem, NULL), LARDER_E_INTEGRITY);
}
END_TEST

int
main (void)
{
	const struct unit_case cases[] = {
		{ "test-cloudfront-wire-requests", requests, 0 },
		{ "test-cloudfront-wire-accesses", accesses, 0 },
		{ "test-cloudfront-wire-access-replies", access_replies, 3 },
		{ "test-cloudfront-wire-tags", tags, 0 },
		{ "test-cloudfront-wire-created", created, 0 },
		{ "test-cloudfront-wire-told", told_as_it_was_made, 0 },
		{ "test-cloudfront-wire-changed", changed, 0 },
		{ "test-cloudfront-wire-off", off, 0 },
		{ "test-cloudfront-wire-paths", paths, 0 },
		{ "test-cloudfront-wire-invalidation", invalidation, 0 },
		{ "test-cloudfront-wire-trusted", trusted, 0 },
	};
	return unit_run ("test-cloudfront-wire", cases, COUNT_OF (cases));
}
