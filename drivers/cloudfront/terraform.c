/* terraform.c: a distribution, and as whom it reads its origins, in Terraform's words. Ids are of what is there. Pure. */
#include "wire.h"

#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "error.h"
#include "terraform.h"

static const char *
desired (const struct aws_terraform *share, const char *path)
{
	return lines_value (&share->desired, path);
}

/* What others set of a member, where one word says it. */
struct other { const char *below, *attribute; };

static void
put_others (const struct aws_terraform *share, json_t *body, const char *set, const char *member, const struct other *others)
{
	for (; others->below; others++) {
		const char *value = lines_in (&share->desired, set, member, others->below);
		aws_terraform_text (body, others->attribute, value && !strchr (value, ' ') ? value : NULL);
	}
}

/* ---- origins ---- */

/* One control or identity may read for several origins, and is one resource: that of the first of them. NULL: none reads. */
static const char *
first_read_by (const struct aws_terraform *share, const char *its)
{
	const char *id, *one = NULL;
	for (size_t at = 0; its && !one && (id = aws_terraform_member (&share->desired, &at, "origin"));) {
		const char *reads = lines_in (&share->desired, "origin", id, ".access") ? lines_in (&share->observed, "origin", id, ".access-id") : NULL;
		one = reads && strcmp (reads, its) == 0 ? id : NULL;
	}
	return one;
}

/* As whom it is read: a control or an identity, named in the origin. */
static void
put_access (struct aws_terraform *share, json_t *origin, const char *id)
{
	const char *kind = lines_in (&share->desired, "origin", id, ".access"), *comment = lines_in (&share->desired, "origin", id, ".access-comment");
	const char *its = lines_in (&share->observed, "origin", id, ".access-id"), *name = lines_in (&share->observed, "origin", id, ".access-name");
	const char *first = first_read_by (share, its);
	bool again = first && strcmp (first, id) != 0;
	if (!kind || !its)
		return;
	if (strncmp (kind, "oac", 3) == 0) {
		json_t *body = again ? NULL : json_pack ("{s:s, s:s, s:s, s:s, s:s}", "name", name ? name : "", "description", comment ? comment : "", "origin_access_control_origin_type", "s3",
			"signing_behavior", "always", "signing_protocol", "sigv4");
		json_object_set_new (origin, "origin_access_control_id", aws_terraform_ref (aws_terraform_add (share, "aws_cloudfront_origin_access_control", first, its, body), "id"));
	} else {
		const char *address = aws_terraform_add (share, "aws_cloudfront_origin_access_identity", first, its, again ? NULL : json_pack ("{s:s}", "comment", comment ? comment : ""));
		json_object_set_new (origin, "s3_origin_config", json_pack ("{s:o}", "origin_access_identity", aws_terraform_ref (address, "cloudfront_access_identity_path")));
	}
}

static json_t *
origins_of (struct aws_terraform *share)
{
	static const struct other others[] = { { ".other[OriginPath]", "origin_path" }, { NULL, NULL } };
	json_t *list = json_array ();
	const char *id;
	for (size_t at = 0; (id = aws_terraform_member (&share->desired, &at, "origin"));) {
		json_t *origin = json_pack ("{s:s}", "origin_id", id);
		aws_terraform_text (origin, "domain_name", lines_in (&share->desired, "origin", id, ".domain"));
		aws_terraform_number (origin, "connection_attempts", lines_in (&share->desired, "origin", id, ".other[ConnectionAttempts]"));
		aws_terraform_number (origin, "connection_timeout", lines_in (&share->desired, "origin", id, ".other[ConnectionTimeout]"));
		put_others (share, origin, "origin", id, others);
		put_access (share, origin, id);
		json_array_append_new (list, origin);
	}
	return list;
}

/* Each with the one that is asked where it fails; NULL: none. */
static json_t *
groups_of (const struct aws_terraform *share)
{
	json_t *list = NULL;
	size_t count;
	const char *id, *const *codes = cf_group_codes (&count);
	for (size_t at = 0; (id = aws_terraform_member (&share->desired, &at, "origin"));) {
		const char *second = lines_in (&share->desired, "origin", id, ".failover"), *name = second ? cf_group_name (id, share->arena) : NULL;
		json_t *on = name ? json_array () : NULL;
		for (size_t n = 0; on && n < count; n++)
			json_array_append_new (on, json_integer (strtol (codes[n], NULL, 10)));
		list = on && !list ? json_array () : list;
		if (on)
			json_array_append_new (list, json_pack ("{s:s, s:{s:o}, s:[{s:s}, {s:s}]}", "origin_id", name, "failover_criteria", "status_codes", on, "member", "origin_id", id, "origin_id", second));
	}
	return list;
}

/* ---- behaviors ---- */

static const char *
target_of (const struct aws_terraform *share, const char *name)
{
	const char *origin = lines_in (&share->desired, "behavior", name, ".origin");
	return origin && lines_in (&share->desired, "behavior", name, ".failover") ? cf_group_name (origin, share->arena) : origin;
}

/* NULL: no member. */
static json_t *
members_of (const struct aws_terraform *share, const char *name, const char *below)
{
	const char *set = path_of_member (share->arena, "behavior", name, below);
	return set ? aws_terraform_members (&share->desired, set) : NULL;
}

static json_t *
headers_of (const struct aws_terraform *share, const char *name)
{
	static const char *const headers[] = CF_CORS_HEADERS;
	json_t *list = members_of (share, name, ".header");
	if (!lines_in (&share->desired, "behavior", name, ".cors"))
		return list;
	list = list ? list : json_array ();
	for (size_t n = 0; n < CF_CORS_HEADER_COUNT; n++)
		json_array_append_new (list, json_string (headers[n]));
	return list;
}

static json_t *
forwarded_of (const struct aws_terraform *share, const char *name)
{
	const char *query = lines_in (&share->desired, "behavior", name, ".query"), *forward = lines_in (&share->desired, "behavior", name, ".cookies");
	json_t *cookies = json_pack ("{s:s, s:o*}", "forward", forward ? cf_written (CF_ALL, forward) : "none", "whitelisted_names", members_of (share, name, ".cookie"));
	return json_pack ("{s:b, s:o, s:o*, s:o*}", "query_string", query && strcmp (query, "yes") == 0, "cookies", cookies, "headers", headers_of (share, name), "query_string_cache_keys",
		members_of (share, name, ".query-key"));
}

/* A policy says what is forwarded and kept how long, or the behavior does. */
static void
add_forwarding (const struct aws_terraform *share, json_t *behavior, const char *name)
{
	static const struct { const char *below, *attribute; } times[] = { { ".min-ttl", "min_ttl" }, { ".default-ttl", "default_ttl" }, { ".max-ttl", "max_ttl" } };
	const char *policy = lines_in (&share->desired, "behavior", name, ".cache-policy");
	aws_terraform_text (behavior, "cache_policy_id", policy);
	aws_terraform_text (behavior, "origin_request_policy_id", lines_in (&share->desired, "behavior", name, ".origin-request-policy"));
	if (policy)
		return;
	for (size_t n = 0; n < sizeof times / sizeof *times; n++)
		aws_terraform_number (behavior, times[n].attribute, lines_in (&share->desired, "behavior", name, times[n].below));
	json_object_set_new (behavior, "forwarded_values", forwarded_of (share, name));
}

static json_t *
behavior_of (const struct aws_terraform *share, const char *name)
{
	static const struct { const char *below, *attribute; } sets[] = { { ".method", "allowed_methods" }, { ".cached-method", "cached_methods" } };
	json_t *behavior = json_object ();
	static const struct other others[] = {
		{ ".other[FieldLevelEncryptionId]", "field_level_encryption_id" }, { ".other[RealtimeLogConfigArn]", "realtime_log_config_arn" }, { ".response-headers", "response_headers_policy_id" },
		{ NULL, NULL }
	};
	const char *group = desired (share, "key-group"), *headers = desired (share, "response-headers"), *own = lines_in (&share->desired, "behavior", name, ".key-group");
	group = group || !own || strchr (own, ' ') ? group : own;
	put_others (share, behavior, "behavior", name, others);
	aws_terraform_text (behavior, "target_origin_id", target_of (share, name));
	aws_terraform_text (behavior, "viewer_protocol_policy", lines_in (&share->desired, "behavior", name, ".viewer"));
	aws_terraform_bool (behavior, "compress", lines_in (&share->desired, "behavior", name, ".compress"));
	for (size_t n = 0; n < sizeof sets / sizeof *sets; n++) {
		json_t *methods = members_of (share, name, sets[n].below);
		if (methods)
			json_object_set_new (behavior, sets[n].attribute, methods);
	}
	add_forwarding (share, behavior, name);
	if (group && strcmp (group, CF_OTHERWISE) != 0)
		json_object_set_new (behavior, "trusted_key_groups", json_pack ("[s]", group));
	if (headers && strcmp (headers, CF_OTHERWISE) != 0)
		aws_terraform_text (behavior, "response_headers_policy_id", headers);
	return behavior;
}

static long
order_of (const struct aws_terraform *share, const char *name)
{
	const char *order = lines_in (&share->desired, "behavior", name, ".order");
	return order ? strtol (order, NULL, 10) : 0;
}

/* Those with a pattern, in their order. */
static json_t *
ordered_of (const struct aws_terraform *share)
{
	json_t *list = json_array (), *orders = json_array ();
	const char *name;
	for (size_t at = 0; (name = aws_terraform_member (&share->desired, &at, "behavior"));) {
		if (strcmp (name, "default") == 0)
			continue;
		long order = order_of (share, name);
		size_t place = 0;
		while (place < json_array_size (orders) && json_integer_value (json_array_get (orders, place)) <= order)
			place++;
		json_t *behavior = behavior_of (share, name);
		json_object_set_new (behavior, "path_pattern", json_string (name));
		json_array_insert_new (list, place, behavior);
		json_array_insert_new (orders, place, json_integer (order));
	}
	json_decref (orders);
	return list;
}

/* ---- the whole ---- */

static json_t *
certificate_of (const struct aws_terraform *share)
{
	const char *asked = desired (share, "certificate"), *least = desired (share, "tls"), *found = asked ? lines_in (&share->observed, "named", asked, "") : NULL;
	const char *certificate = found ? found : asked;
	if (!certificate)
		return json_pack ("{s:b}", "cloudfront_default_certificate", 1);
	return json_pack ("{s:s, s:s, s:s}", strncmp (certificate, "arn:", 4) == 0 ? "acm_certificate_arn" : "iam_certificate_id", certificate, "ssl_support_method", "sni-only",
		"minimum_protocol_version", least ? least : "TLSv1.2_2021");
}

/* "whitelist KR JP" */
static json_t *
geo_of (const struct aws_terraform *share)
{
	const char *text = desired (share, "geo"), *at = text ? text : "none";
	size_t length = strcspn (at, " ");
	json_t *places = json_array (), *geo = json_pack ("{s:s%, s:o}", "restriction_type", at, length, "locations", places);
	for (at += length; *(at += strspn (at, " ")); at += length) {
		length = strcspn (at, " ");
		json_array_append_new (places, json_stringn (at, length));
	}
	return json_pack ("{s:o}", "geo_restriction", geo);
}

static int
fill (struct aws_terraform *share, const struct larder_export *request, const void *context, struct larder_error *error)
{
	(void) context, (void) error;
	json_t *body = json_pack ("{s:o, s:o*, s:o, s:o, s:o, s:o, s:o*}", "origin", origins_of (share), "origin_group", groups_of (share), "default_cache_behavior", behavior_of (share, "default"), "restrictions", geo_of (share),
		"viewer_certificate", certificate_of (share), "tags", aws_terraform_tags (&share->desired, CF_TAG, request->identity), "aliases", aws_terraform_members (&share->desired, "alias"));
	json_t *ordered = ordered_of (share);
	const struct { const char *path, *attribute; } texts[] = {
		{ "comment", "comment" }, { "price-class", "price_class" }, { "http-version", "http_version" }, { "web-acl", "web_acl_id" }, { "other[DefaultRootObject]", "default_root_object" },
	};
	for (size_t n = 0; n < sizeof texts / sizeof *texts; n++)
		aws_terraform_text (body, texts[n].attribute, desired (share, texts[n].path));
	aws_terraform_bool (body, "enabled", desired (share, "enabled"));
	aws_terraform_bool (body, "is_ipv6_enabled", desired (share, "ipv6"));
	if (json_array_size (ordered))
		json_object_set (body, "ordered_cache_behavior", ordered);
	json_decref (ordered);
	aws_terraform_add (share, "aws_cloudfront_distribution", NULL, lines_value (&share->observed, "id"), body);
	return 0;
}

int
cf_terraform (const char *backend, const struct larder_export *request, const struct larder_sink *sink, struct larder_error *error)
{
	return aws_terraform_write (backend, request, fill, NULL, sink, error);
}
