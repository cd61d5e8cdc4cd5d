/* terraform.c: a bucket, who may read it and what is copied from it in Terraform's words: a resource for each setting. Pure. */
#include "setting.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "buffer.h"
#include "error.h"
#include "terraform.h"
#include "tiering.h"

static const char *
switched (bool on)
{
	return on ? "Enabled" : "Disabled";
}

static bool
is (const struct lines *lines, const char *id, const char *below, const char *value)
{
	const char *there = lines_in (lines, "rule", id, below);
	return there && strcmp (there, value) == 0;
}

/* ---- the plain settings ---- */

static json_t *
versioning (const struct lines *lines)
{
	const char *value = lines_value (lines, "versioning");
	return value ? json_pack ("{s:{s:s}}", "versioning_configuration", "status", strcmp (value, "yes") == 0 ? "Enabled" : "Suspended") : NULL;
}

static json_t *
encryption (const struct lines *lines)
{
	const char *how = lines_value (lines, "encryption");
	json_t *inner = how ? json_pack ("{s:s}", "sse_algorithm", how) : NULL;
	if (!inner)
		return NULL;
	aws_terraform_text (inner, "kms_master_key_id", lines_value (lines, "encryption-key"));
	return json_pack ("{s:{s:o, s:o*}}", "rule", "apply_server_side_encryption_by_default", inner, "bucket_key_enabled", lines_find (lines, "bucket-key") ? json_true () : NULL);
}

static json_t *
public_access (const struct lines *lines)
{
	static const struct { const char *attribute, *word; } flags[] = {
		{ "block_public_acls", "block-acls" }, { "ignore_public_acls", "ignore-acls" }, { "block_public_policy", "block-policy" }, { "restrict_public_buckets", "restrict-buckets" },
	};
	const char *value = lines_value (lines, "public-access");
	json_t *body = value ? json_object () : NULL;
	for (size_t n = 0; body && n < sizeof flags / sizeof *flags; n++)
		json_object_set_new (body, flags[n].attribute, json_boolean (strncmp (value, "blocked", 7) == 0 && !strstr (value, flags[n].word)));
	return body;
}

static json_t *
ownership (const struct lines *lines)
{
	const char *value = lines_value (lines, "ownership");
	return value ? json_pack ("{s:{s:s}}", "rule", "object_ownership", value) : NULL;
}

/* ---- lists of rules ---- */

/* "NAME=VALUE&NAME=VALUE" as an object. */
static json_t *
tags_of (const char *text)
{
	json_t *tags = json_object ();
	for (const char *at = text; at && *at;) {
		size_t length = strcspn (at, "&"), name = strcspn (at, "=");
		name = name < length ? name : length;
		json_object_setn_new (tags, at, name, json_stringn (at + name + (name < length), length - name - (name < length)));
		at += length + (at[length] == '&');
	}
	return tags;
}

/* One condition alone, or several joined. */
static json_t *
filter_of (const struct lines *lines, const char *id)
{
	const char *prefix = lines_in (lines, "rule", id, ".prefix"), *tag = lines_in (lines, "rule", id, ".tag"), *size = lines_in (lines, "rule", id, ".larger-than");
	json_t *filter = json_object (), *tags = tag ? tags_of (tag) : NULL;
	bool several = !!prefix + !!size + json_object_size (tags) > 1;
	aws_terraform_text (filter, "prefix", prefix || tag || size ? prefix : "");
	aws_terraform_number (filter, "object_size_greater_than", size);
	if (tags && several)
		json_object_set (filter, "tags", tags);
	else if (tags)
		json_object_set_new (filter, "tag", json_pack ("{s:s, s:O}", "key", json_object_iter_key (json_object_iter (tags)), "value", json_object_iter_value (json_object_iter (tags))));
	json_decref (tags);
	return several ? json_pack ("{s:o}", "and", filter) : filter;
}

static json_t *
transitions_of (const struct lines *lines, const char *id)
{
	const char *set = path_of_member (lines->arena, "rule", id, ".transition"), *class;
	json_t *list = json_array ();
	for (size_t at = 0; set && (class = aws_terraform_member (lines, &at, set));) {
		json_t *one = json_pack ("{s:s}", "storage_class", class);
		aws_terraform_number (one, "days", lines_in (lines, set, class, ".days"));
		json_array_append_new (list, one);
	}
	return list;
}

static json_t *
lifecycle_rule (const struct lines *lines, const char *id)
{
	static const struct { const char *below, *block, *attribute; } ages[] = {
		{ ".abort-uploads", "abort_incomplete_multipart_upload", "days_after_initiation" }, { ".expire", "expiration", "days" },
		{ ".expire-noncurrent", "noncurrent_version_expiration", "noncurrent_days" },
	};
	json_t *rule = json_pack ("{s:s, s:s, s:o}", "id", id, "status", switched (is (lines, id, ".status", "enabled")), "filter", filter_of (lines, id));
	for (size_t n = 0; n < sizeof ages / sizeof *ages; n++) {
		const char *days = lines_in (lines, "rule", id, ages[n].below);
		if (days)
			json_object_set_new (rule, ages[n].block, json_pack ("{s:I}", ages[n].attribute, (json_int_t) strtoll (days, NULL, 10)));
	}
	json_t *moves = transitions_of (lines, id);
	if (json_array_size (moves))
		json_object_set (rule, "transition", moves);
	json_decref (moves);
	return rule;
}

static json_t *
cors_rule (const struct lines *lines, const char *id)
{
	static const struct { const char *below, *attribute; } sets[] = {
		{ ".expose", "expose_headers" }, { ".header", "allowed_headers" }, { ".method", "allowed_methods" }, { ".origin", "allowed_origins" },
	};
	json_t *rule = *id == '#' ? json_object () : json_pack ("{s:s}", "id", id);      /* by its place: it has none */
	for (size_t n = 0; n < sizeof sets / sizeof *sets; n++) {
		const char *set = path_of_member (lines->arena, "cors", id, sets[n].below);
		json_t *members = set ? aws_terraform_members (lines, set) : NULL;
		if (members)
			json_object_set_new (rule, sets[n].attribute, members);
	}
	aws_terraform_number (rule, "max_age_seconds", lines_in (lines, "cors", id, ".max-age"));
	return rule;
}

/* {ATTRIBUTE: [a rule each]}; NULL: none. */
static json_t *
rules_of (const struct lines *lines, const char *set, const char *attribute, json_t *(*rule) (const struct lines *, const char *))
{
	json_t *list = json_array (), *body;
	const char *id;
	for (size_t at = 0; (id = aws_terraform_member (lines, &at, set));)
		json_array_append_new (list, rule (lines, id));
	body = json_array_size (list) ? json_pack ("{s:O}", attribute, list) : NULL;
	json_decref (list);
	return body;
}

static json_t *
lifecycle (const struct lines *lines)
{
	json_t *body = rules_of (lines, "rule", "rule", lifecycle_rule);
	if (body)
		aws_terraform_text (body, "transition_default_minimum_object_size", lines_value (lines, "least-size"));
	return body;
}

static json_t *
cors (const struct lines *lines)
{
	return rules_of (lines, "cors", "cors_rule", cors_rule);
}

/* ---- the bucket ---- */

static void
put_tiering (struct aws_terraform *share, const struct s3_place *place, const char *address)
{
	const char *line = lines_value (&share->desired, "tiering"), *days;
	json_t *list = json_array ();
	for (const char *const *tier = tiering_tiers; line && *tier; tier++) {
		json_t *one = (days = tiering_days (share->arena, line, *tier)) ? json_pack ("{s:s}", "access_tier", *tier) : NULL;
		if (one)
			aws_terraform_number (one, "days", days);
		if (one)
			json_array_append_new (list, one);
	}
	json_t *body = json_array_size (list) ? json_pack ("{s:s, s:o, s:O}", "name", S3_TIERING_ID, "bucket", aws_terraform_ref (address, "id"), "tiering", list) : NULL;
	json_decref (list);
	aws_terraform_add (share, "aws_s3_bucket_intelligent_tiering_configuration", NULL, arena_printf (share->arena, "%s:%s", place->bucket, S3_TIERING_ID), body);
}

static void
put_bucket (struct aws_terraform *share, const struct s3_place *place)
{
	static const struct { const char *type; json_t *(*body) (const struct lines *); } settings[] = {
		{ "aws_s3_bucket_ownership_controls", ownership }, { "aws_s3_bucket_public_access_block", public_access },
		{ "aws_s3_bucket_server_side_encryption_configuration", encryption }, { "aws_s3_bucket_versioning", versioning },
		{ "aws_s3_bucket_lifecycle_configuration", lifecycle }, { "aws_s3_bucket_cors_configuration", cors },
	};
	json_t *bucket = json_pack ("{s:s, s:o*}", "bucket", place->bucket, "tags", aws_terraform_tags (&share->desired, NULL, NULL));
	aws_terraform_ignore (bucket, "force_destroy");
	const char *address = aws_terraform_add (share, "aws_s3_bucket", NULL, place->bucket, bucket);
	for (size_t n = 0; n < sizeof settings / sizeof *settings; n++) {
		json_t *body = settings[n].body (&share->desired);
		if (body)
			json_object_set_new (body, "bucket", aws_terraform_ref (address, "id"));
		aws_terraform_add (share, settings[n].type, NULL, place->bucket, body);
	}
	put_tiering (share, place, address);
}

/* ---- who may read it ---- */

static int
put_access (struct aws_terraform *share, const struct s3_place *place, struct larder_error *error)
{
	CLEANUP_BUFFER struct buffer text;
	buffer_init (&text, 1 << 18);
	int code = s3_policy_write (place, &share->desired, "", 0, &text, error);
	if (code < 0 || text.length == 0)
		return code;
	json_t *body = json_pack ("{s:o, s:s}", "bucket", aws_terraform_ref (aws_terraform_address (share, "aws_s3_bucket", NULL), "id"), "policy", buffer_text (&text));
	aws_terraform_add (share, "aws_s3_bucket_policy", NULL, place->bucket, body);
	return 0;
}

/* ---- what is copied from it ---- */

static json_t *
replication_rule (const struct s3_place *place, const struct lines *lines, const char *id)
{
	const char *to = lines_in (lines, "rule", id, ".to"), *priority = lines_in (lines, "rule", id, ".priority"), *seconds = lines_in (lines, "rule", id, ".within-seconds");
	const char *key = lines_in (lines, "rule", id, ".key");
	json_t *target = json_pack ("{s:s+++}", "bucket", "arn:", place->partition, ":s3:::", to ? to : "");
	aws_terraform_text (target, "storage_class", lines_in (lines, "rule", id, ".class"));
	if (key)
		json_object_set_new (target, "encryption_configuration", json_pack ("{s:s}", "replica_kms_key_id", key));
	if (seconds) {
		json_int_t minutes = strtoll (seconds, NULL, 10) / 60;
		json_object_set_new (target, "replication_time", json_pack ("{s:s, s:{s:I}}", "status", "Enabled", "time", "minutes", minutes));
		json_object_set_new (target, "metrics", json_pack ("{s:s, s:{s:I}}", "status", "Enabled", "event_threshold", "minutes", minutes));
	}
	json_t *rule = json_pack ("{s:s, s:s, s:o, s:{s:s}, s:o}", "id", id, "status", switched (is (lines, id, ".status", "enabled")), "filter", filter_of (lines, id),
		"delete_marker_replication", "status", switched (is (lines, id, ".delete-markers", "yes")), "destination", target);
	aws_terraform_number (rule, "priority", priority ? priority : "0");
	if (is (lines, id, ".encrypted", "yes"))
		json_object_set_new (rule, "source_selection_criteria", json_pack ("{s:{s:s}}", "sse_kms_encrypted_objects", "status", "Enabled"));
	return rule;
}

/* The role as it is given, or ours. */
static int
role_of (struct aws_terraform *share, const struct s3_place *place, json_t **ret, struct larder_error *error)
{
	struct aws_made_role role = { .id = place->bucket, .service = S3_ROLE_SERVICE };
	const char *given = lines_value (&share->desired, "role");
	int code = 0;
	if (!given || strcmp (given, "auto") != 0)
		*ret = json_string (given ? given : "");
	else {
		code = aws_role_name (S3_ROLE_KIND, place->bucket, share->arena, &role.name, error);
		if (code == 0)
			code = s3_replication_rights (place, lines_value (&share->desired, "source-key"), &share->desired, &role.rights, error);
		*ret = code == 0 ? aws_terraform_ref (aws_terraform_role (share, &role), "arn") : NULL;
	}
	return code;
}

static int
put_replication (struct aws_terraform *share, const struct s3_place *place, struct larder_error *error)
{
	json_t *role, *rules = json_array ();
	const char *id;
	int code = role_of (share, place, &role, error);
	for (size_t at = 0; code == 0 && (id = aws_terraform_member (&share->desired, &at, "rule"));)
		json_array_append_new (rules, replication_rule (place, &share->desired, id));
	if (code == 0 && json_array_size (rules)) {
		json_t *body = json_pack ("{s:o, s:o, s:O}", "bucket", aws_terraform_ref (aws_terraform_address (share, "aws_s3_bucket", NULL), "id"), "role", role, "rule", rules);
		aws_terraform_add (share, "aws_s3_bucket_replication_configuration", NULL, place->bucket, body);
	} else if (code == 0)
		json_decref (role);
	json_decref (rules);
	return code;
}

static int
fill (struct aws_terraform *share, const struct larder_export *request, const void *context, struct larder_error *error)
{
	const struct s3_place *place = context;
	if (strcmp (request->type, "bucket") != 0)
		return strcmp (request->type, "access") == 0 ? put_access (share, place, error) : put_replication (share, place, error);
	put_bucket (share, place);
	return 0;
}

int
s3_terraform (const struct s3_place *place, const char *backend, const struct larder_export *request, const struct larder_sink *sink, struct larder_error *error)
{
	return aws_terraform_write (backend, request, fill, place, sink, error);
}
