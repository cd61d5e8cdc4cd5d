/* request.c: what EFS (REST with JSON bodies), EC2 (its query protocol) and KMS (JSON 1.1) are asked. Pure. */
#include "wire.h"

#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "body.h"
#include "buffer.h"
#include "error.h"
#include "text.h"

const char *
json_text (const json_t *object, const char *name)
{
	const char *text = json_string_value (json_object_get (object, name));
	return text ? text : "";
}

bool
tags_are_ours (const json_t *tags, const char *key, const char *value, const char *token)
{
	const json_t *tag;
	size_t n;
	json_array_foreach (tags, n, tag)
		if (strcmp (json_text (tag, key), TAG) == 0)
			return strcmp (json_text (tag, value), token) == 0;
	return false;
}

const char *
efs_encoded (struct larder_arena *arena, const char *text)
{
	CLEANUP_BUFFER struct buffer into;
	buffer_init (&into, 8192);
	text_percent (&into, text);
	return into.failed ? NULL : arena_copy (arena, buffer_text (&into));
}

void
efs_request (struct aws_request *request, struct larder_arena *arena, const char *method, const char *path, json_t *body)
{
	const char *query = strchr (path, '?');
	char *plain = query ? arena_copy_bytes (arena, path, (size_t) (query - path)) : arena_copy (arena, path);
	const char *key = plain ? arena_printf (arena, "2015-02-01/%s", plain) : NULL;
	aws_request_begin (request, arena, method, NULL, key ? key : "");
	request->failed = request->failed || !key;
	while (query) {
		const char *name = query + 1, *value = strchr (name, '=');
		query = strchr (name, '&');
		char *left = value ? arena_copy_bytes (arena, name, (size_t) (value - name)) : NULL;
		char *right = value ? arena_copy_bytes (arena, value + 1, query ? (size_t) (query - value - 1) : strlen (value + 1)) : NULL;
		if (!left || !right || !text_from_percent (right))
			request->failed = true;
		else
			aws_request_query (request, left, right);
	}
	if (body)
		aws_request_json (request, "application/json", body);
}

void
ec2_request (struct aws_request *request, struct larder_arena *arena, const char *action, const struct larder_pair *pairs, size_t count)
{
	struct aws_form form;
	aws_form_begin (&form, request, arena, action, "2016-11-15");
	for (size_t n = 0; n < count; n++)
		aws_form_add (&form, pairs[n].name, pairs[n].value);
	aws_form_end (&form);
}

void
kms_describe (struct aws_request *request, struct larder_arena *arena, const char *key)
{
	aws_request_target (request, arena, "TrentService.DescribeKey", json_pack ("{s:s}", "KeyId", key));
}

/* ---- a file system ---- */

int
efs_throughput (json_t *into, const char *asked, struct larder_error *error)
{
	static const char word[] = "provisioned ";
	uint64_t rate = 0;
	bool plain = strcmp (asked, "bursting") == 0 || strcmp (asked, "elastic") == 0;
	if (!plain && (strncmp (asked, word, sizeof word - 1) != 0 || text_rate (asked + sizeof word - 1, &rate) < 0 || rate == 0))
		return larder_fail_next (error, LARDER_E_INVALID, "bursting, elastic, or provisioned 100MiB/s", "'%s' is no throughput", asked);
	json_object_set_new (into, "ThroughputMode", json_string (plain ? asked : "provisioned"));
	if (!plain)
		json_object_set_new (into, "ProvisionedThroughputInMibps", json_real ((double) rate / (1 << 20)));
	return 0;
}

static void
set_text (json_t *into, const char *name, const char *value)
{
	if (value)
		json_object_set_new (into, name, json_string (value));
}

static json_t *
tags_of (const struct lines *desired)
{
	json_t *tags = json_array ();
	const char *below, *name;
	for (size_t n = 0; n < desired->count; n++)
		if ((name = path_member_of (desired->arena, desired->at[n].path, "tag", &below)))
			json_array_append_new (tags, json_pack ("{s:s, s:s}", "Key", name, "Value", desired->at[n].value));
	return tags;
}

json_t *
efs_creation (const char *token, const struct lines *desired, const char *key, struct larder_error *error)
{
	const char *encrypted = lines_value (desired, "encrypted"), *throughput = lines_value (desired, "throughput");
	json_t *body = json_pack ("{s:s, s:b, s:o}", "CreationToken", token, "Encrypted", encrypted && strcmp (encrypted, "yes") == 0, "Tags", tags_of (desired));
	if (!body) {
		larder_fail_memory (error);
		return NULL;
	}
	set_text (body, "KmsKeyId", key);
	set_text (body, "PerformanceMode", lines_value (desired, "performance"));
	if (throughput && efs_throughput (body, throughput, error) < 0) {
		json_decref (body);
		return NULL;
	}
	return body;
}

/* ---- its lifecycle ---- */

static int
add_days (json_t *into, const char *transition, const char *days, struct larder_error *error)
{
	static const char *const known[] = { "1", "7", "14", "30", "60", "90", "180", "270", "365" };
	for (size_t n = 0; days && n < sizeof known / sizeof *known; n++)
		if (strcmp (days, known[n]) == 0) {
			json_array_append_new (into, json_pack ("{s:o}", transition, json_sprintf ("AFTER_%s_DAY%s", days, n ? "S" : "")));
			return 0;
		}
	return days ? larder_fail_next (error, LARDER_E_INVALID, "1, 7, 14, 30, 60, 90, 180, 270 or 365 days", "files of EFS do not move after %s days", days) : 0;
}

int
efs_lifecycle (const struct lines *desired, json_t **ret, struct larder_error *error)
{
	json_t *policies = json_array ();
	if (!policies)
		return larder_fail_memory (error);
	int code = add_days (policies, "TransitionToIA", lines_value (desired, "lifecycle.to-ia"), error);
	if (code == 0)
		code = add_days (policies, "TransitionToArchive", lines_value (desired, "lifecycle.to-archive"), error);
	if (code < 0) {
		json_decref (policies);
		return code;
	}
	if (lines_value (desired, "lifecycle.back-on-access"))
		json_array_append_new (policies, json_pack ("{s:s}", "TransitionToPrimaryStorageClass", "AFTER_1_ACCESS"));
	*ret = policies;
	return 0;
}
