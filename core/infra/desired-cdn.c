/* desired-cdn.c: [cdn] and its [behavior] sections. */
#include "resource.h"

#include <string.h>

#include "error.h"

static int
add_set (struct resource *cdn, const char *behavior, const char *below, const char *const *members, struct larder_error *error)
{
	char *set = path_of_member (cdn->arena, "behavior", behavior, below);
	for (; set && members && *members; members++)
		lines_add_in (&cdn->desired, set, *members, "", "yes");
	return set ? 0 : larder_fail_memory (error);
}

/* What is forwarded and kept how long: policies say it, or the section. */
static void
add_forwarding (struct resource *cdn, const char *name, const struct schema_behavior *asked)
{
	struct lines *lines = &cdn->desired;
	lines_add_in (lines, "behavior", name, ".cache-policy", asked->cache_policy);
	lines_add_in (lines, "behavior", name, ".origin-request-policy", asked->origin_request_policy);
	if (asked->cache_policy)
		return;
	lines_add_in (lines, "behavior", name, ".min-ttl", text_seconds (cdn->arena, asked->min_ttl));
	lines_add_in (lines, "behavior", name, ".default-ttl", text_seconds (cdn->arena, asked->default_ttl));
	lines_add_in (lines, "behavior", name, ".max-ttl", text_seconds (cdn->arena, asked->max_ttl));
	lines_add_in (lines, "behavior", name, ".query", yes_no (asked->query));
	lines_add_in (lines, "behavior", name, ".cookies", yes_no (asked->cookies));
	lines_add_in (lines, "behavior", name, ".cors", asked->cors ? "yes" : NULL);
}

/* What is asked, by its id, and who tells the id of what is asked where that fails, or NULL. */
struct asked_of { const char *origin, *failover; };

/* A write is the first one's matter: another bucket that takes it would have what the first one never gets. */
static bool
only_reads (const char *const *methods)
{
	while (methods && *methods && (strcmp (*methods, "GET") == 0 || strcmp (*methods, "HEAD") == 0 || strcmp (*methods, "OPTIONS") == 0))
		methods++;
	return !methods || !*methods;
}

static int
add_asked_of (struct resource *cdn, const char *name, const struct schema_behavior *asked, const struct asked_of *of, struct larder_error *error)
{
	lines_add_in (&cdn->desired, "behavior", name, ".origin", of->origin);
	if (!of->failover || !only_reads (asked->methods))
		return 0;
	char *path = path_of_member (cdn->arena, "behavior", name, ".failover");
	if (!path)
		return larder_fail_memory (error);
	lines_add_from (&cdn->desired, path, of->failover);
	return 0;
}

/* The one without a pattern is the default, and has no place in the order. */
static int
add_behavior (struct resource *cdn, const struct config_section *at, const struct asked_of *of, unsigned *order, struct larder_error *error)
{
	const struct schema_behavior *asked = config_struct (at);
	const char *name = asked->path ? asked->path : "default";
	struct lines *lines = &cdn->desired;
	if (asked->path)
		lines_add_in (lines, "behavior", name, ".order", arena_printf (cdn->arena, "%u", ++*order));
	lines_add_in (lines, "behavior", name, ".viewer", asked->viewer);
	lines_add_in (lines, "behavior", name, ".compress", yes_no (asked->compress));
	add_forwarding (cdn, name, asked);
	int code = add_asked_of (cdn, name, asked, of, error);
	if (code == 0)
		code = add_set (cdn, name, ".method", asked->methods, error);
	return code < 0 ? code : add_set (cdn, name, ".cached-method", asked->cached_methods, error);
}

/* Of two of the same pattern the service would have one alone. */
static int
check_pattern (const struct resource *cdn, const struct config_section *at, struct larder_error *error)
{
	const char *path = ((const struct schema_behavior *) config_struct (at))->path;
	char *origin = path_of_member (cdn->arena, "behavior", path ? path : "default", ".origin");
	for (size_t n = 0; origin && n < cdn->desired.count; n++)
		if (strcmp (cdn->desired.at[n].path, origin) == 0)
			return larder_fail_next (error, LARDER_E_INVALID, path ? "another path, or without that behavior" : "path = PATTERN in all but one of them",
				"[behavior \"%s\"] of %s is the second %s%s%s of [cdn \"%s\"]", config_name (at), config_where_key (at, "path"), path ? "for '" : "without a path", path ? path : "",
				path ? "'" : "", cdn->section);
	return origin ? 0 : larder_fail_memory (error);
}

static int
add_behaviors (const struct larder_infra *infra, struct resource *cdn, const struct schema_cdn *asked, const struct asked_of *of, struct larder_error *error)
{
	unsigned order = 0;
	int code = 0;
	for (const char *const *names = asked->behaviors; code == 0 && names && *names; names++) {
		const struct config_section *at;
		code = config_find (larder_configuration (infra->larder), "behavior", *names, &at, error);
		if (code == 0)
			code = check_pattern (cdn, at, error);
		if (code == 0)
			code = add_behavior (cdn, at, of, &order, error);
	}
	return code;
}

static int
add_origin (struct larder_infra *infra, struct resource *cdn, const struct schema_cdn *asked, const struct resource *bucket, const char *id, struct larder_error *error)
{
	char *domain = path_of_member (cdn->arena, "origin", id, ".domain"), *from = arena_printf (cdn->arena, "store/%s#domain", bucket->section);
	if (!domain || !from)
		return larder_fail_memory (error);
	cdn->must = cdn->must ? cdn->must : domain;
	lines_add_in (&cdn->desired, "origin", id, ".bucket", bucket->identity);
	lines_add_from (&cdn->desired, domain, from);
	lines_add_from (&cdn->offered, path_of_member (cdn->arena, "origin", id, ".url"), arena_printf (cdn->arena, "store/%s#url", bucket->section));
	lines_add_in (&cdn->desired, "origin", id, ".access", asked->origin_access);
	lines_add_in (&cdn->desired, "origin", id, ".access-comment", asked->origin_access_comment);
	return resource_needs (infra, cdn, bucket, error);
}

/* The copies are in another bucket, which is an origin of its own name. */
static int
check_failover (const struct resource *cdn, const struct schema_cdn *asked, const struct resource *bucket, const char *origin, struct larder_error *error)
{
	const char *where = config_where_key (cdn->at, "failover");
	if (strcmp (asked->failover, asked->store) == 0)
		return larder_fail_next (error, LARDER_E_INVALID, "failover = NAME of another [store], which holds the copies", "[cdn \"%s\"] of %s fails over to '%s', which is the store that it serves",
			cdn->section, where, asked->failover);
	if (!bucket)
		return larder_fail_next (error, LARDER_E_INVALID, "failover = NAME of a [store] with a bucket of its own", "[cdn \"%s\"] of %s fails over to '%s', which has no bucket",
			cdn->section, where, asked->failover);
	if (strcmp (bucket->identity, origin) == 0)
		return larder_fail_next (error, LARDER_E_INVALID, "another origin-id", "origin-id of [cdn \"%s\"] of %s is '%s', the bucket that it fails over to", cdn->section,
			config_where_key (cdn->at, "origin-id"), origin);
	return 0;
}

/* The second one is called as its bucket is, which that one tells: where there is none, nothing is left of this. */
static int
add_failover (struct larder_infra *infra, struct resource *cdn, const struct schema_cdn *asked, struct asked_of *of, struct larder_error *error)
{
	const struct resource *bucket = resource_find (infra, "store", asked->failover, "bucket");
	int code = check_failover (cdn, asked, bucket, of->origin, error);
	if (code < 0)
		return code;
	char *path = path_of_member (cdn->arena, "origin", of->origin, ".failover");
	of->failover = arena_printf (cdn->arena, "store/%s#id", bucket->section);
	if (!path || !of->failover)
		return larder_fail_memory (error);
	lines_add_from (&cdn->desired, path, of->failover);
	lines_add_in (&cdn->desired, "origin", bucket->identity, ".spare", "yes");
	return add_origin (infra, cdn, asked, bucket, bucket->identity, error);
}

/* Which scripts may read what it serves says its bucket; who sets up the edge itself may have to know. */
static int
offer_cors (const struct larder_infra *infra, struct resource *cdn, struct resource *bucket, struct larder_error *error)
{
	int code = resource_desire (infra, bucket, error);
	for (size_t n = 0; n < bucket->desired.count; n++)
		if (strncmp (bucket->desired.at[n].path, "cors[", 5) == 0)
			lines_add (&cdn->offered, bucket->desired.at[n].path, bucket->desired.at[n].value);
	resource_let_go (bucket);
	return code;
}

static int
add_origins (struct larder_infra *infra, struct resource *cdn, const struct schema_cdn *asked, struct asked_of *ret, struct larder_error *error)
{
	struct resource *bucket = asked->store ? resource_find (infra, "store", asked->store, "bucket") : NULL;
	if (!bucket)
		return larder_fail_next (error, LARDER_E_INVALID, "store = NAME of a [store] with a bucket of its own", "[cdn \"%s\"] of %s serves no bucket", cdn->section,
			config_where_key (cdn->at, "store"));
	*ret = (struct asked_of) { .origin = asked->origin_id ? asked->origin_id : bucket->section };
	int code = offer_cors (infra, cdn, bucket, error);
	if (code == 0)
		code = add_origin (infra, cdn, asked, bucket, ret->origin, error);
	return code < 0 || !asked->failover ? code : add_failover (infra, cdn, asked, ret, error);
}

static int
add_cdn (struct larder_infra *infra, const struct config_section *at, struct larder_error *error)
{
	const struct schema_cdn *asked = config_struct (at);
	char *identity = cdn_identity (infra->larder, infra->arena, config_name (at));
	struct resource *cdn = identity ? resource_add (infra, at, "cdn", identity, asked->backend) : NULL;
	if (!cdn)
		return larder_fail_memory (error);
	cdn->protect = asked->protect;
	struct { const char *path, *value; } lines[] = {
		{ "comment", asked->comment }, { "price-class", asked->price_class }, { "certificate", asked->certificate },
		{ "tls", asked->certificate || config_given (at, "tls") ? asked->tls : NULL }, { "geo", asked->geo }, { "web-acl", asked->web_acl }, { "key-group", asked->key_group },
		{ "http-version", asked->http_version }, { "response-headers", asked->response_headers },
		{ "ipv6", yes_no (asked->ipv6) }, { "enabled", yes_no (asked->enabled) },
	};
	for (size_t n = 0; n < sizeof lines / sizeof *lines; n++)
		lines_add (&cdn->desired, lines[n].path, lines[n].value);
	for (const char *const *alias = asked->aliases; alias && *alias; alias++)
		lines_add_in (&cdn->desired, "alias", *alias, "", "yes");
	lines_add (&cdn->offered, "domain", asked->domain);
	struct asked_of of = { NULL, NULL };
	int code = desired_tags (cdn, asked->tags, error);
	if (code == 0)
		code = add_origins (infra, cdn, asked, &of, error);
	return code < 0 ? code : add_behaviors (infra, cdn, asked, &of, error);
}

int
desired_cdns (struct larder_infra *infra, struct larder_error *error)
{
	int code = 0;
	for (const struct config_section *at = NULL; code == 0 && (at = config_next (larder_configuration (infra->larder), "cdn", at));)
		if (((const struct schema_cdn *) config_struct (at))->backend)
			code = add_cdn (infra, at, error);
	return code;
}
