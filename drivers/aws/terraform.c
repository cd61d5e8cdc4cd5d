/* terraform.c: shares of a configuration for Terraform: resources with their imports, the provider of a backend. Pure. */
#define LARDER_API_VERSION LARDER_API_CURRENT
#include <larder/driver.h>

#include "terraform.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "error.h"
#include "inner.h"

#define HEAD "Written by larder export terraform: change larder.ini, then write it anew."
#define REFERENCE '\1'         /* begins a text that is an expression, which no value does */

/* ---- begin and end ---- */

/* A name that Terraform takes, made of one that a section has. */
static char *
label_of (struct larder_arena *arena, const char *name)
{
	char *label = arena_printf (arena, "%s%s", isalpha ((unsigned char) *name) ? "" : "_", name);
	for (char *at = label; at && *at; at++)
		if (!isalnum ((unsigned char) *at) && *at != '-' && *at != '_')
			*at = '_';
	return label;
}

static int
begin (struct aws_terraform *share, struct larder_arena *arena, const char *backend, const struct larder_export *request, struct larder_error *error)
{
	*share = (struct aws_terraform) { .root = json_pack ("{s:s}", "//", HEAD), .backend = label_of (arena, backend), .label = label_of (arena, request->section), .arena = arena };
	lines_begin (&share->desired, arena);
	lines_begin (&share->observed, arena);
	int code = share->root && share->backend && share->label ? lines_take (&share->desired, request->desired, error) : larder_fail_memory (error);
	return code == 0 && request->observed ? lines_take (&share->observed, request->observed, error) : code;
}

/* "${" and "%{" begin templates. */
static json_t *
escaped (const char *text)
{
	if (*text == REFERENCE)
		return json_sprintf ("${%s}", text + 1);
	char *into = malloc (2 * strlen (text) + 1), *end = into;
	for (const char *at = text; into && *at; at++) {
		if ((*at == '$' || *at == '%') && at[1] == '{')
			*end++ = *at;
		*end++ = *at;
	}
	json_t *ret = into ? json_stringn (into, (size_t) (end - into)) : NULL;
	free (into);
	return ret;
}

static json_t *
plain (json_t *value)
{
	const char *name;
	json_t *member, *ret;
	size_t n;
	if (json_is_string (value))
		return escaped (json_string_value (value));
	if (json_is_array (value)) {
		ret = json_array ();
		json_array_foreach (value, n, member)
			json_array_append_new (ret, plain (member));
		return ret;
	}
	if (!json_is_object (value))
		return json_incref (value);
	ret = json_object ();
	json_object_foreach (value, name, member)
		json_object_set_new (ret, name, plain (member));
	return ret;
}

static int
put (json_t *root, const struct larder_sink *sink, struct larder_error *error)
{
	char *text = root ? json_dumps (root, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
	int code = text ? sink->write (sink->context, text, strlen (text), error) : larder_fail_memory (error);
	free (text);
	json_decref (root);
	return code;
}

int
aws_terraform_write (const char *backend, const struct larder_export *request, aws_terraform_fn fill, const void *context, const struct larder_sink *sink, struct larder_error *error)
{
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	struct aws_terraform share = { .root = NULL };
	int code = arena ? begin (&share, arena, backend, request, error) : larder_fail_memory (error);
	if (code == 0)
		code = fill (&share, request, context, error);
	if (code == 0)
		code = share.failed || share.desired.failed ? larder_fail_memory (error) : put (plain (share.root), sink, error);
	json_decref (share.root);
	return code;
}

/* ---- the provider ---- */

int
aws_terraform_provider (const char *backend, const struct aws_settings *settings, const char *region, const char *const *services, const struct larder_sink *sink,
                        struct larder_error *error)
{
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	const char *alias = arena ? label_of (arena, backend) : NULL;
	json_t *provider = alias ? json_pack ("{s:s, s:s}", "alias", alias, "region", region ? region : "") : NULL, *endpoints = json_object ();
	if (provider && settings->profile)
		json_object_set_new (provider, "profile", json_string (settings->profile));
	for (; settings->endpoint && *services; services++)
		json_object_set_new (endpoints, *services, json_string (settings->endpoint));
	if (provider && settings->endpoint)              /* what answers there is not all of AWS */
		json_object_update_new (provider, json_pack ("{s:[O], s:b, s:b, s:b, s:b}", "endpoints", endpoints, "s3_use_path_style", settings->addressing != AWS_ADDRESSING_HOST,
			"skip_credentials_validation", 1, "skip_metadata_api_check", 1, "skip_requesting_account_id", 1));
	json_decref (endpoints);
	json_t *root = json_pack ("{s:s, s:{s:[o]}, s:{s:{s:{s:s, s:s}}}}", "//", HEAD, "provider", "aws", provider,
		"terraform", "required_providers", "aws", "source", "hashicorp/aws", "version", "~> 5.100");
	json_t *all = root ? plain (root) : NULL;
	json_decref (root);
	return put (all, sink, error);
}

int
aws_terraform_export (const struct aws_terraform_export *of, const struct larder_export *request, const struct larder_sink *sink, struct larder_error *error)
{
	if (strcmp (request->format, AWS_TERRAFORM) != 0)
		return larder_fail (error, LARDER_E_UNSUPPORTED, "driver '%s' writes nothing as '%s'", of->driver, request->format);
	return request->type ? of->share (of->backend, request, sink, error) : aws_terraform_provider (of->backend, of->settings, of->region, of->services, sink, error);
}

/* ---- resources ---- */

const char *
aws_terraform_address (struct aws_terraform *share, const char *type, const char *more)
{
	const char *tail = more ? label_of (share->arena, more) : "";
	const char *address = tail ? arena_printf (share->arena, "%s.%s%s%s", type, share->label, *tail && *tail != '_' ? "_" : "", tail) : NULL;
	share->failed = share->failed || !address;
	return address ? address : "";
}

static json_t *
inner (json_t *object, const char *name)
{
	json_t *there = json_object_get (object, name);
	if (there)
		return there;
	json_object_set_new (object, name, json_object ());
	return json_object_get (object, name);
}

const char *
aws_terraform_add (struct aws_terraform *share, const char *type, const char *more, const char *id, json_t *body)
{
	const char *address = aws_terraform_address (share, type, more), *dot = strchr (address, '.');
	if (!body || !dot || !id) {
		share->failed = share->failed || (body && !id);
		json_decref (body);
		return address;
	}
	json_object_set_new (body, "provider", json_sprintf ("aws.%s", share->backend));
	json_t *resources = inner (inner (share->root, "resource"), type), *imports = json_object_get (share->root, "import");
	if (!imports)
		json_object_set_new (share->root, "import", imports = json_array ());
	if (json_object_set_new (resources, dot + 1, body) < 0 || json_array_append_new (imports, json_pack ("{s:s, s:s}", "id", id, "to", address)) < 0)
		share->failed = true;
	return address;
}

json_t *
aws_terraform_ref (const char *address, const char *attribute)
{
	return json_sprintf ("%c%s.%s", REFERENCE, address, attribute);
}

void
aws_terraform_ignore (json_t *body, const char *attribute)
{
	json_t *life = inner (body, "lifecycle"), *list = json_object_get (life, "ignore_changes");
	if (!list)
		json_object_set_new (life, "ignore_changes", list = json_array ());
	json_array_append_new (list, json_string (attribute));
}

void
aws_terraform_text (json_t *body, const char *attribute, const char *value)
{
	if (value)
		json_object_set_new (body, attribute, json_string (value));
}

void
aws_terraform_number (json_t *body, const char *attribute, const char *value)
{
	if (value)
		json_object_set_new (body, attribute, json_integer (strtoll (value, NULL, 10)));
}

void
aws_terraform_bool (json_t *body, const char *attribute, const char *value)
{
	if (value)
		json_object_set_new (body, attribute, json_boolean (strcmp (value, "yes") == 0));
}

/* ---- sets of lines ---- */

/* Lines of one member stand together. */
const char *
aws_terraform_member (const struct lines *lines, size_t *at, const char *set)
{
	const char *rest, *before = *at ? path_member_of (lines->arena, lines->at[*at - 1].path, set, &rest) : NULL;
	while (*at < lines->count) {
		const char *member = path_member_of (lines->arena, lines->at[(*at)++].path, set, &rest);
		if (member && (!before || strcmp (member, before) != 0))
			return member;
	}
	return NULL;
}

json_t *
aws_terraform_members (const struct lines *lines, const char *set)
{
	json_t *list = json_array ();
	const char *member;
	for (size_t at = 0; (member = aws_terraform_member (lines, &at, set));)
		json_array_append_new (list, json_string (member));
	if (json_array_size (list))
		return list;
	json_decref (list);
	return NULL;
}

json_t *
aws_terraform_tags (const struct lines *lines, const char *name, const char *value)
{
	json_t *tags = name ? json_pack ("{s:s}", name, value) : json_object ();
	const char *member;
	for (size_t at = 0; (member = aws_terraform_member (lines, &at, "tag"));)
		json_object_set_new (tags, member, json_string (lines_in (lines, "tag", member, "")));
	if (json_object_size (tags))
		return tags;
	json_decref (tags);
	return NULL;
}

/* ---- roles ---- */

const char *
aws_terraform_role (struct aws_terraform *share, const struct aws_made_role *role)
{
	json_t *body = json_pack ("{s:s, s:s, s:{s:s}}", "name", role->name, "assume_role_policy", aws_role_trust (role, share->arena), "tags", AWS_ROLE_TAG, role->id);
	const char *address = aws_terraform_add (share, "aws_iam_role", NULL, role->name, body);
	json_t *rights = json_pack ("{s:s, s:o, s:s}", "name", AWS_ROLE_POLICY, "role", aws_terraform_ref (address, "name"), "policy", role->rights);
	aws_terraform_add (share, "aws_iam_role_policy", NULL, arena_printf (share->arena, "%s:%s", role->name, AWS_ROLE_POLICY), rights);
	return address;
}
