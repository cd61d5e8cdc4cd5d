/* endpoint.c: which host and path a service has in a region, and where the bucket's name goes. Pure. */
#include "inner.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "arena.h"
#include "buffer.h"
#include "error.h"

struct partition {
	const char *prefix;          /* of its regions */
	const char *name;            /* in ARNs */
	const char *suffix, *dual;   /* of its hosts; dual NULL: none with IPv6 */
	const char *home;            /* region that services of the whole partition sign for; NULL: the region itself */
	bool s3_fips;
	bool dual_names;             /* services have their other names there */
};

/* The last one takes all other regions. */
static const struct partition partitions[] = {
	{ "cn-", "aws-cn", "amazonaws.com.cn", "api.amazonwebservices.com.cn", "cn-northwest-1", false, true },
	{ "us-gov-", "aws-us-gov", "amazonaws.com", "api.aws", "us-gov-west-1", true, true },
	{ "us-iso-", "aws-iso", "c2s.ic.gov", "api.aws.ic.gov", NULL, true, false },
	{ "us-isob-", "aws-iso-b", "sc2s.sgov.gov", "api.aws.scloud", NULL, true, false },
	{ "us-isof-", "aws-iso-f", "csp.hci.ic.gov", "api.aws.hci.ic.gov", NULL, true, false },
	{ "eu-isoe-", "aws-iso-e", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk", NULL, true, false },
	{ "eusc-", "aws-eusc", "amazonaws.eu", "api.amazonwebservices.eu", NULL, true, false },
	{ "", "aws", "amazonaws.com", "api.aws", "us-east-1", true, true },
};

/* Services whose hosts are not simply NAME.REGION. */
struct service {
	const char *name, *dual_name;
	bool global;                 /* one host for the partition */
	bool plain_gov_fips;         /* us-gov's ordinary hosts are the FIPS ones */
};

static const struct service services[] = {
	{ "elasticfilesystem", "efs", false, false },
	{ "cloudfront", "cloudfront", true, false },
	{ "iam", "iam", true, false },
	{ "ec2", "ec2", false, true },
	{ "rds", "rds", false, true },
	{ "sts", "sts", false, true },
	{ "portal.sso", "portal.sso", false, true },
	{ "oidc", "oidc", false, true },
};

static const struct partition *
partition_of (const char *region)
{
	const struct partition *at = partitions;
	while (strncmp (region, at->prefix, strlen (at->prefix)) != 0)
		at++;
	return at;
}

const char *
aws_partition (const char *region)
{
	return region ? partition_of (region)->name : "aws";
}

bool
aws_region_apart (const char *region)
{
	return region && *partition_of (region)->prefix;
}

static bool
is_label (const char *text, size_t length)
{
	if (length == 0 || length > 63 || !isalnum ((unsigned char) text[0]) || !isalnum ((unsigned char) text[length - 1]))
		return false;
	for (size_t i = 0; i < length; i++)
		if (!isalnum ((unsigned char) text[i]) && text[i] != '-')
			return false;
	return true;
}

/* ---- AWS's own hosts ---------------------------------------------------------------------------- */

static int
s3_host (const struct aws_endpoint_options *options, const char *region, struct larder_arena *arena, const char **ret,
         struct larder_error *error)
{
	const struct partition *partition = partition_of (region);
	if (options->fips && !partition->s3_fips) {
		larder_fail (error, LARDER_E_INVALID, "region '%s' has no FIPS endpoints for S3", region);
		larder_explain (error, LARDER_DETAIL_NEXT, "leave out fips, or name another region");
		return LARDER_E_INVALID;
	}
	bool global = strcmp (options->region, "aws-global") == 0 && !options->fips && !options->dual_stack;
	*ret = arena_printf (arena, "s3%s%s%s%s.%s", options->fips ? "-fips" : "", options->dual_stack ? ".dualstack" : "",
	                     global ? "" : ".", global ? "" : region, partition->suffix);
	return *ret ? 0 : larder_fail_memory (error);
}

static int
other_host (const struct aws_endpoint_options *options, const char **region, struct larder_arena *arena, const char **ret,
            struct larder_error *error)
{
	const struct partition *partition = partition_of (*region);
	const struct service plain = { options->service, options->service, false, false }, *service = &plain;
	for (size_t i = 0; i < sizeof services / sizeof *services; i++)
		if (strcmp (services[i].name, options->service) == 0)
			service = &services[i];
	const char *name = options->dual_stack && partition->dual_names ? service->dual_name : service->name;
	const char *suffix = options->dual_stack ? partition->dual : partition->suffix;
	bool gov = strcmp (partition->prefix, "us-gov-") == 0;
	const char *fips = options->fips && !(gov && service->plain_gov_fips && !options->dual_stack) ? "-fips" : "";
	if (service->global) {
		*region = partition->home ? partition->home : *region;
		bool first = *partition->prefix == '\0', china = strcmp (partition->prefix, "cn-") == 0;
		const char *middle = options->dual_stack ? (first ? "global." : "") : china ? "cn-northwest-1." : "";
		*ret = arena_printf (arena, "%s%s.%s%s", name, fips, middle, suffix);
	} else {
		*ret = arena_printf (arena, "%s%s.%s.%s", name, fips, *region, suffix);
	}
	return *ret ? 0 : larder_fail_memory (error);
}

/* ---- custom endpoints --------------------------------------------------------------------------- */

struct parts { const char *scheme, *host, *path; bool literal; };

static int
malformed (const char *endpoint, const char *why, struct larder_error *error)
{
	larder_fail (error, LARDER_E_INVALID, "endpoint '%s' %s", endpoint, why);
	larder_explain (error, LARDER_DETAIL_NEXT, "write it as http://HOST:PORT or https://HOST, a path may follow");
	return LARDER_E_INVALID;
}

static bool
is_ipv4 (const char *host, size_t length)
{
	unsigned dots = 0;
	for (size_t i = 0; i < length; i++) {
		if (host[i] == '.')
			dots++;
		else if (!isdigit ((unsigned char) host[i]))
			return false;
	}
	return dots == 3;
}

/* Length of the host at `at`, 0 when it is none. */
static size_t
host_length (const char *at, bool *ret_literal)
{
	if (*at == '[') {
		size_t inside = strspn (at + 1, "0123456789abcdefABCDEF:.");
		*ret_literal = true;
		return inside > 1 && at[inside + 1] == ']' ? inside + 2 : 0;
	}
	size_t length = strspn (at, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-._");
	*ret_literal = is_ipv4 (at, length);
	return length < 254 && at[0] != '.' && at[0] != '-' ? length : 0;
}

static int
parse (const char *endpoint, struct larder_arena *arena, struct parts *ret, struct larder_error *error)
{
	bool tls = strncmp (endpoint, "https://", 8) == 0;
	if (!tls && strncmp (endpoint, "http://", 7) != 0)
		return malformed (endpoint, "begins neither with http:// nor with https://", error);
	const char *host = endpoint + (tls ? 8 : 7);
	bool literal;
	size_t length = host_length (host, &literal);
	if (!length)
		return malformed (endpoint, "has no host", error);
	const char *rest = host + length;
	unsigned port = 0, usual = tls ? 443 : 80;
	if (*rest == ':') {
		size_t digits = strspn (++rest, "0123456789");
		for (size_t i = 0; i < digits && port <= 65535; i++)
			port = port * 10 + (unsigned) (rest[i] - '0');
		rest += digits;
		if (port == 0 || port > 65535)
			return malformed (endpoint, "has no port from 1 to 65535 after the colon", error);
	}
	for (const char *at = rest; *at; at++)
		if (*rest != '/' || *at <= ' ' || *at > '~' || strchr ("?#\"<>\\^`{|}", *at))
			return malformed (endpoint, "has something other than a path after the host", error);
	size_t path = strlen (rest);
	while (path > 0 && rest[path - 1] == '/')
		path--;
	ret->scheme = tls ? "https" : "http";
	ret->literal = literal;
	ret->path = arena_copy_bytes (arena, rest, path);
	ret->host = port && port != usual ? arena_printf (arena, "%.*s:%u", (int) length, host, port)
	                                  : arena_copy_bytes (arena, host, length);
	return ret->path && ret->host ? 0 : larder_fail_memory (error);
}

/* ---- buckets ------------------------------------------------------------------------------------ */

static int
check_bucket (const char *bucket, struct larder_error *error)
{
	const char *why = NULL;
	size_t length = strlen (bucket);
	if (length == 0)
		why = "is empty";
	else if (length > 255)
		why = "has more than 255 bytes";
	else if (strcmp (bucket, ".") == 0 || strcmp (bucket, "..") == 0 || strchr (bucket, '/'))
		why = "would be a path";
	for (const char *at = bucket; *at && !why; at++)
		if ((unsigned char) *at < 0x20 || *at == 0x7f)
			why = "has a control character";
	if (!why)
		return 0;
	larder_fail (error, LARDER_E_INVALID, "'%.64s' cannot be the name of a bucket: it %s", bucket, why);
	larder_explain (error, LARDER_DETAIL_NEXT, "names have 3 to 63 lower-case letters, digits, '-' and '.'");
	return LARDER_E_INVALID;
}

/* May the name stand in a host? With dots no certificate fits. */
static bool
fits_host (const char *bucket, bool tls)
{
	size_t length = strlen (bucket);
	if (length < 3 || length > 63 || is_ipv4 (bucket, length))
		return false;
	for (const char *at = bucket; ; ) {
		size_t label = strcspn (at, ".");
		if (!is_label (at, label))
			return false;
		for (size_t i = 0; i < label; i++)
			if (isupper ((unsigned char) at[i]))
				return false;
		if (!at[label])
			return true;
		if (tls)
			return false;
		at += label + 1;
	}
}

static int
place_bucket (const struct aws_endpoint_options *options, const char *bucket, bool literal, struct larder_arena *arena,
              struct aws_endpoint *endpoint, struct larder_error *error)
{
	int code = check_bucket (bucket, error);
	if (code)
		return code;
	bool tls = strcmp (endpoint->scheme, "https") == 0;
	bool wanted = options->addressing == AWS_ADDRESSING_HOST ||
	              (options->addressing == AWS_ADDRESSING_AUTO && !options->endpoint && !strchr (bucket, '.'));
	if (wanted && !literal && fits_host (bucket, tls)) {
		endpoint->host = arena_printf (arena, "%s.%s", bucket, endpoint->host);
	} else {
		CLEANUP_BUFFER struct buffer path;
		buffer_init (&path, 4096);
		buffer_add_text (&path, endpoint->path);
		buffer_add_char (&path, '/');
		aws_percent (&path, bucket, false);
		endpoint->path = path.failed ? NULL : arena_copy (arena, path.at);
	}
	return endpoint->host && endpoint->path ? 0 : larder_fail_memory (error);
}

/* ---- all together ------------------------------------------------------------------------------- */

static int
check_options (const struct aws_endpoint_options *options, struct larder_error *error)
{
	if (!options->region || !*options->region) {
		larder_fail (error, LARDER_E_INVALID, "no region for service '%s'", options->service);
		larder_explain (error, LARDER_DETAIL_NEXT, "set region in the [backend] section, or AWS_REGION");
		return LARDER_E_INVALID;
	}
	if (!is_label (options->region, strlen (options->region))) {
		larder_fail (error, LARDER_E_INVALID, "'%.64s' cannot be the name of a region", options->region);
		larder_explain (error, LARDER_DETAIL_NEXT, "names look like eu-central-1");
		return LARDER_E_INVALID;
	}
	if (options->endpoint && (options->dual_stack || options->fips)) {
		larder_fail (error, LARDER_E_INVALID, "%s has no meaning with an endpoint of your own", options->fips ? "fips" : "dual-stack");
		larder_explain (error, LARDER_DETAIL_NEXT, "leave out one of the two");
		return LARDER_E_INVALID;
	}
	return 0;
}

int
aws_endpoint_find (const struct aws_endpoint_options *options, const char *bucket, struct larder_arena *arena,
                   struct aws_endpoint *ret, struct larder_error *error)
{
	int code = check_options (options, error);
	if (code)
		return code;
	bool s3 = strcmp (options->service, "s3") == 0;
	const char *region = strcmp (options->region, "aws-global") == 0 ? "us-east-1" : options->region;
	struct aws_endpoint found = { .scheme = "https", .path = "", .service = options->service };
	struct parts parts = { 0 };
	if (options->endpoint) {
		code = parse (options->endpoint, arena, &parts, error);
		found.scheme = parts.scheme;
		found.host = parts.host;
		found.path = parts.path;
	} else if (s3) {
		code = s3_host (options, region, arena, &found.host, error);
	} else {
		code = other_host (options, &region, arena, &found.host, error);
	}
	if (code == 0 && bucket)
		code = place_bucket (options, bucket, parts.literal, arena, &found, error);
	if (code)
		return code;
	found.region = arena_copy (arena, region);
	if (!found.region)
		return larder_fail_memory (error);
	*ret = found;
	return 0;
}
