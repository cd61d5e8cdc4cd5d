/* test-aws-endpoint.c: hosts and paths; cases by botocore's resolver; the published ones of plain buckets where
 * LARDER_VECTORS names them.
 *
 * Of the published s3 cases those of plain buckets concern us: the others are left out for one of the reasons below, and of each
 * reason it is known how many. Of the other services all. */
#include "aws.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "unit.h"

static const char *
text_of (const json_t *params, const char *name)
{
	return json_string_value (json_object_get (params, name));
}

static bool
is_true (const json_t *params, const char *name)
{
	return json_is_true (json_object_get (params, name));
}

static bool
has_suffix (const char *text, const char *suffix)
{
	size_t a = strlen (text), b = strlen (suffix);
	return a >= b && strcmp (text + a - b, suffix) == 0;
}

/* Why a case is none of a plain bucket, and how many of the published ones there are. The first that holds counts. */
static const struct { const char *reason; unsigned published; } left_out[] = {
	{ "a bucket named by an ARN: access points, Outposts, object lambda", 94 }, { "an Express or Outposts bucket, or an access point's alias", 123 },
	{ "a host of S3 Express or of object lambda itself", 14 }, { "acceleration", 21 }, { "Snow", 4 },
	{ "the old global endpoint of us-east-1, which we never use", 4 },
};

enum { OURS = -1 };

static int
why_left_out (const json_t *params)
{
	static const char *const special[] = { "--x-s3", "--xa-s3", "--op-s3", "-s3alias" };
	const char *bucket = text_of (params, "Bucket"), *region = text_of (params, "Region");
	if (bucket && strncmp (bucket, "arn:", 4) == 0)
		return 0;
	for (size_t i = 0; bucket && i < COUNT_OF (special); i++)
		if (has_suffix (bucket, special[i]))
			return 1;
	if (is_true (params, "UseS3ExpressControlEndpoint") || is_true (params, "DisableS3ExpressSessionAuth") || is_true (params, "UseObjectLambdaEndpoint"))
		return 2;
	if (is_true (params, "Accelerate"))
		return 3;
	if (region && strcmp (region, "snow") == 0)
		return 4;
	bool plain = !is_true (params, "UseFIPS") && !is_true (params, "UseDualStack") && !text_of (params, "Endpoint");
	return is_true (params, "UseGlobalEndpoint") && region && strcmp (region, "us-east-1") == 0 && plain ? 5 : OURS;
}

/* The SDKs put the bucket in the host wherever it fits, so for their cases we ask for that. */
static struct aws_endpoint_options
options_of (const char *service, const json_t *params)
{
	return (struct aws_endpoint_options) {
		.service = service, .region = text_of (params, "Region"), .endpoint = text_of (params, "Endpoint"),
		.addressing = is_true (params, "ForcePathStyle") ? AWS_ADDRESSING_PATH : AWS_ADDRESSING_HOST,
		.dual_stack = is_true (params, "UseDualStack"), .fips = is_true (params, "UseFIPS"),
	};
}

static bool
agrees (const char *service, const json_t *one, struct larder_arena *arena)
{
	const json_t *params = json_object_get (one, "params"), *expect = json_object_get (one, "expect");
	struct aws_endpoint_options options = options_of (service, params);
	if (!options.region && options.endpoint)
		options.region = "us-east-1";        /* as aws_client_open does */
	struct aws_endpoint endpoint;
	struct larder_error error = LARDER_ERROR_INIT;
	int code = aws_endpoint_find (&options, text_of (params, "Bucket"), arena, &endpoint, &error);
	const char *refused = text_of (expect, "error");
	if (refused)
		return code < 0 && error.next[0];
	const json_t *theirs = json_object_get (expect, "endpoint"), *schemes = json_object_get (json_object_get (theirs, "properties"), "authSchemes");
	const char *region = text_of (json_array_get (schemes, 0), "signingRegion");
	if (code < 0)
		return false;
	const char *url = arena_printf (arena, "%s://%s%s", endpoint.scheme, endpoint.host, endpoint.path);
	return strcmp (url, text_of (theirs, "url")) == 0 && (!region || strcmp (region, endpoint.region) == 0);
}

static void
compare (const char *folder, const char *file, const char *service, unsigned least, unsigned without[COUNT_OF (left_out)])
{
	char path[4096];
	snprintf (path, sizeof path, "%s/endpoints/%s.json", folder, file);
	json_t *root = json_load_file (path, 0, NULL);
	ck_assert_msg (root != NULL, "%s cannot be read", path);
	const json_t *cases = json_object_get (root, "testCases");
	unsigned count = 0, wrong = 0;
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	for (size_t i = 0; i < json_array_size (cases); i++) {
		const json_t *one = json_array_get (cases, i);
		int why = why_left_out (json_object_get (one, "params"));
		if (why != OURS) {
			without[why]++;
			continue;
		}
		count++;
		if (!agrees (service, one, arena)) {
			char *text = json_dumps (one, JSON_COMPACT);
			fprintf (stderr, "%s\n", text);
			free (text);
			wrong++;
		}
	}
	json_decref (root);
	ck_assert_msg (count >= least, "only %u cases", count);
	ck_assert_uint_eq (wrong, 0);
}

static void
published (const char *file, const char *service, unsigned least)
{
	unsigned without[COUNT_OF (left_out)] = { 0 };
	compare (getenv ("LARDER_VECTORS"), file, service, least, without);
	for (size_t i = 0; i < COUNT_OF (left_out); i++)
		ck_assert_msg (without[i] == (strcmp (service, "s3") == 0 ? left_out[i].published : 0), "%s: %u left out: %s", service, without[i], left_out[i].reason);
}

/* Ours: tests/wire/make-endpoints.py, by botocore's resolver. */
START_TEST (resolved)
{
	static const struct { const char *service; unsigned least; } files[] = {
		{ "s3", 400 }, { "sts", 68 }, { "portal.sso", 68 }, { "oidc", 68 }, { "elasticfilesystem", 68 }, { "cloudfront", 68 }, { "backup", 68 }, { "rds", 68 },
		{ "ec2", 68 }, { "kms", 68 },
	};
	char folder[4000];
	unsigned without[COUNT_OF (left_out)] = { 0 };
	snprintf (folder, sizeof folder, "%s/tests/wire", getenv ("TOP_SRCDIR"));
	compare (folder, files[_i].service, files[_i].service, files[_i].least, without);
	for (size_t i = 0; i < COUNT_OF (left_out); i++)
		ck_assert_uint_eq (without[i], 0);
}
END_TEST

START_TEST (published_s3) { published ("s3", "s3", 130); } END_TEST
START_TEST (published_cloudfront) { published ("cloudfront", "cloudfront", 26); } END_TEST
START_TEST (published_efs) { published ("efs", "elasticfilesystem", 26); } END_TEST
START_TEST (published_backup) { published ("backup", "backup", 44); } END_TEST
START_TEST (published_rds) { published ("rds", "rds", 50); } END_TEST

/* Where ours differs from the SDKs': path style for endpoints of one's own and for names with dots. */
START_TEST (addressing)
{
	static const struct { const char *endpoint, *bucket; uint32_t how; const char *url; } cases[] = {
		{ NULL, "photos", AWS_ADDRESSING_AUTO, "https://photos.s3.eu-central-1.amazonaws.com" },
		{ NULL, "my.photos", AWS_ADDRESSING_AUTO, "https://s3.eu-central-1.amazonaws.com/my.photos" },
		{ NULL, "photos", AWS_ADDRESSING_PATH, "https://s3.eu-central-1.amazonaws.com/photos" },
		{ NULL, "192.168.0.1", AWS_ADDRESSING_HOST, "https://s3.eu-central-1.amazonaws.com/192.168.0.1" },
		{ "http://127.0.0.1:9000", "photos", AWS_ADDRESSING_AUTO, "http://127.0.0.1:9000/photos" },
		{ "http://127.0.0.1:9000", "photos", AWS_ADDRESSING_HOST, "http://127.0.0.1:9000/photos" },
		{ "http://store.example:9000", "photos", AWS_ADDRESSING_AUTO, "http://store.example:9000/photos" },
		{ "http://store.example:9000", "photos", AWS_ADDRESSING_HOST, "http://photos.store.example:9000" },
		{ "http://store.example", "my.photos", AWS_ADDRESSING_HOST, "http://my.photos.store.example" },
		{ "https://store.example/base/", "photos", AWS_ADDRESSING_AUTO, "https://store.example/base/photos" },
		{ "https://store.example:443", "photos", AWS_ADDRESSING_AUTO, "https://store.example/photos" },
		{ "https://store.example:80", "photos", AWS_ADDRESSING_AUTO, "https://store.example:80/photos" },
		{ "http://[::1]:9000", "photos", AWS_ADDRESSING_HOST, "http://[::1]:9000/photos" },
		{ "http://localhost:9000", "a b", AWS_ADDRESSING_AUTO, "http://localhost:9000/a%20b" },
	};
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	for (size_t i = 0; i < COUNT_OF (cases); i++) {
		const struct aws_endpoint_options options = { .service = "s3", .region = "eu-central-1", .endpoint = cases[i].endpoint,
		                                              .addressing = cases[i].how };
		struct aws_endpoint found;
		ck_assert_int_eq (aws_endpoint_find (&options, cases[i].bucket, arena, &found, NULL), 0);
		ck_assert_str_eq (arena_printf (arena, "%s://%s%s", found.scheme, found.host, found.path), cases[i].url);
	}
}
END_TEST

static void
refused (const char *endpoint, const char *region, const char *bucket)
{
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	const struct aws_endpoint_options options = { .service = "s3", .region = region, .endpoint = endpoint };
	struct aws_endpoint found = { .scheme = "untouched" };
	struct larder_error error = LARDER_ERROR_INIT;
	ck_assert_msg (aws_endpoint_find (&options, bucket, arena, &found, &error) == LARDER_E_INVALID, "'%s' '%s' '%s' was taken",
	               endpoint ? endpoint : "-", region ? region : "-", bucket ? bucket : "-");
	ck_assert_msg (error.message[0] && error.next[0], "no words for '%s'", endpoint ? endpoint : "-");
	ck_assert_str_eq (found.scheme, "untouched");
}

START_TEST (partitions)
{
	static const char *const apart[] = { "cn-north-1", "us-gov-west-1", "us-iso-east-1", "us-isob-east-1", "us-isof-south-1", "eu-isoe-west-1", "eusc-de-east-1" };
	static const char *const ours[] = { NULL, "", "us-east-1", "eu-central-1", "ap-northeast-1" };
	for (size_t n = 0; n < COUNT_OF (apart); n++)
		ck_assert (aws_region_apart (apart[n]));
	for (size_t n = 0; n < COUNT_OF (ours); n++)
		ck_assert (!aws_region_apart (ours[n]));
}
END_TEST

START_TEST (malformed_endpoints)
{
	static const char *const endpoints[] = {
		"", "127.0.0.1:9000", "ftp://host", "http://", "http:///path", "http://user:secret@host", "http://host:0", "http://host:65536",
		"http://host:99999999999", "http://host:", "http://host:80x", "http://host?x=1", "http://host/#a", "http://host/a b", "http://ho st",
		"http://[::1", "http://[]", "http://.host", "HTTP://host", "http://host\r\nx: y", "http://host/\x7f", "http://h\xc3\xb6st",
	};
	for (size_t i = 0; i < COUNT_OF (endpoints); i++)
		refused (endpoints[i], "us-east-1", "photos");
}
END_TEST

START_TEST (bad_names)
{
	static const char *const buckets[] = { "", ".", "..", "a/b", "../x", "a\nb", "a\x7f" };
	static const char *const regions[] = { NULL, "", "a b", "-a", "a-", "eu_central", "a.b", "evil.example/", "x@y" };
	char many[300];
	memset (many, 'a', sizeof many - 1);
	many[sizeof many - 1] = '\0';
	refused (NULL, "us-east-1", many);
	for (size_t i = 0; i < COUNT_OF (buckets); i++) {
		refused (NULL, "us-east-1", buckets[i]);
		refused ("http://127.0.0.1", "us-east-1", buckets[i]);
	}
	for (size_t i = 0; i < COUNT_OF (regions); i++)
		refused (NULL, regions[i], "photos");
}
END_TEST

int
main (void)
{
	const struct unit_case cases[] = {
		{ "test-aws-endpoint-addressing", addressing, 0 }, { "test-aws-endpoint-partitions", partitions, 0 }, { "test-aws-endpoint-malformed", malformed_endpoints, 0 },
		{ "test-aws-endpoint-bad-names", bad_names, 0 }, { "test-aws-endpoint-resolved", resolved, 10 }, { "test-aws-endpoint-published-s3", published_s3, 0 },
		{ "test-aws-endpoint-published-cloudfront", published_cloudfront, 0 }, { "test-aws-endpoint-published-efs", published_efs, 0 },
		{ "test-aws-endpoint-published-backup", published_backup, 0 }, { "test-aws-endpoint-published-rds", published_rds, 0 },
	};
	const char *vectors = getenv ("LARDER_VECTORS");
	bool all = vectors && *vectors;
	if (!all)
		puts ("# LARDER_VECTORS is not set: the published endpoints are not looked at");
	return unit_run ("aws-endpoint", cases, all ? COUNT_OF (cases) : 4);
}
