/* saved.c: a plan as text, JSON by the line: what is desired of each resource, and a digest of what was observed of it. */
#include "resource.h"

#define LARDER_API_VERSION LARDER_API_CURRENT
#include <larder/driver.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "buffer.h"
#include "checksum.h"
#include "cleanup.h"
#include "error.h"
#include "json.h"
#include "text.h"

#define SAVED_FORMAT "larder-infra"
enum { SAVED_VERSION = 6, SAVED_MOST = 64 << 20 };

/* ---- digests ---- */

/* What a service counts up by itself is not the world that moves. */
static bool
counts_in (const struct resource *resource, const struct line *line)
{
	const struct larder_path_rule *rule = resource_rule (resource, line->path);
	return !rule || !(rule->flags & LARDER_PATH_COMPUTED);
}

void
resource_digest (struct resource *one)
{
	struct sha256 sha;
	sha256_begin (&sha);
	sha256_add_text (&sha, one->type);
	sha256_add_text (&sha, one->identity);
	sha256_add_text (&sha, one->state == LARDER_RESOURCE_ABSENT ? "absent" : "there");
	for (size_t n = 0; n < one->observed.count; n++)
		if (counts_in (one, &one->observed.at[n])) {
			sha256_add_text (&sha, one->observed.at[n].path);
			sha256_add_text (&sha, one->observed.at[n].value);
		}
	sha256_end (&sha, one->digest);
}

/* `ret` or, of what could not be looked at, NULL. */
static const char *
seen (const struct resource *one, char ret[65])
{
	if (one->aside || one->cut || one->code < 0)
		return NULL;
	text_hex (one->digest, sizeof one->digest, ret);
	return ret;
}

/* Where it lies: all that its [backend] says, but for secrets, which are told anew. */
static void
place (const struct larder_infra *infra, const struct resource *one, char ret[65])
{
	struct sha256 sha;
	const struct config_section *at;
	sha256_begin (&sha);
	if (one->backend && config_find (larder_configuration (infra->larder), "backend", one->backend, &at, NULL) == 0)
		for (const char *key = NULL; (key = config_next_key (at, key));) {
			bool secret = backend_is_secret (infra->larder, at, key);
			sha256_add_text (&sha, key);
			for (size_t n = 0; !secret && config_item (at, key, n); n++)
				sha256_add_text (&sha, config_item (at, key, n));
		}
	sha256_end_hex (&sha, ret);
}

/* ---- writing ---- */

static void
begin_line (struct json *json, struct buffer *out, const char *type)
{
	json_begin (json, out);
	json_put_object (json);
	json_member (json, "type", type);
}

static void
end_line (struct json *json, struct buffer *out)
{
	json_put_object_end (json);
	buffer_add_char (out, '\n');
}

static void
put_line (struct buffer *out, const struct line *line)
{
	struct json json;
	begin_line (&json, out, "line");
	json_member (&json, "path", line->path);
	json_member (&json, line->from ? "from" : "value", line->from ? line->from : line->value);
	json_member (&json, "set", line->set);
	end_line (&json, out);
}

/* Of what is told as not supported; the doing tells it again. */
static void
put_lacking (struct buffer *out, const struct change *line)
{
	struct json json;
	begin_line (&json, out, "lacking");
	json_member (&json, "path", line->path);
	json_member (&json, "value", line->will);
	json_member (&json, "why", line->why);
	end_line (&json, out);
}

static void
put_refused (struct buffer *out, const struct line *line)
{
	struct json json;
	begin_line (&json, out, "refused");
	json_member (&json, "path", line->path);
	end_line (&json, out);
}

static int
put_resource (struct buffer *out, const struct larder_infra *infra, struct resource *one, struct larder_error *error)
{
	struct json json;
	char where[65], observed[65];
	int code = resource_desire (infra, one, error);
	if (code < 0)
		return code;
	place (infra, one, where);
	begin_line (&json, out, "resource");
	json_member (&json, "kind", one->kind);
	json_member (&json, "section", one->section);
	json_member (&json, "resource", one->type);
	json_member (&json, "identity", one->identity);
	json_member (&json, "place", where);
	json_member (&json, "observed", seen (one, observed));
	json_member_bool (&json, "protect", one->protect);
	json_member_bool (&json, "empty", one->empty);
	if (resource_is_held (infra, one) > 0)
		json_member_bool (&json, "holds", true);
	json_member (&json, "lacking", one->cut ? one->why_cut : NULL);
	end_line (&json, out);
	for (size_t n = 0; n < one->desired.count; n++)
		put_line (out, &one->desired.at[n]);
	for (size_t n = 0; n < one->lacks.count; n++)
		put_lacking (out, &one->lacks.at[n]);
	for (size_t n = 0; n < one->refused.count; n++)
		put_refused (out, &one->refused.at[n]);
	resource_let_go (one);
	return 0;
}

static void
put_head (struct buffer *out, const struct larder_infra *infra)
{
	struct json json;
	begin_line (&json, out, "plan");
	json_member (&json, "format", SAVED_FORMAT);
	json_member_uint (&json, "version", SAVED_VERSION);
	json_member (&json, "profile", config_profile (larder_configuration (infra->larder)));
	json_member_uint (&json, "flags", infra->flags & ~(uint32_t) LARDER_INFRA_LEAN);
	end_line (&json, out);
}

int
larder_infra_save (const struct larder_infra *infra, const struct larder_sink *sink, struct larder_error *error)
{
	CLEANUP_BUFFER struct buffer out;
	char whole[65];
	buffer_init (&out, SAVED_MOST);
	put_head (&out, infra);
	int code = 0;
	for (size_t n = 0; code == 0 && n < infra->count; n++)
		if (!infra->at[n].aside)
			code = put_resource (&out, infra, &infra->at[n], error);
	if (code < 0)
		return code;
	sha256_hex (buffer_text (&out), out.length, whole);
	buffer_printf (&out, "{\"type\":\"end\",\"sha256\":\"%s\"}\n", whole);
	return out.failed ? larder_fail_memory (error) : sink->write (sink->context, out.at, out.length, error);
}

/* ---- reading ---- */

static int
damaged (const char *what, struct larder_error *error)
{
	return larder_fail_next (error, LARDER_E_INTEGRITY, "nothing was begun; plan again: larder infra plan -o FILE", "the saved plan %s", what);
}

/* The last line tells of all before it. */
static int
check_end (const char *text, struct larder_error *error)
{
	const char *end = strstr (text, "{\"type\":\"end\",\"sha256\":\"");
	char whole[65];
	if (!end)
		return damaged ("has no end: it was cut short, or is none", error);
	sha256_hex (text, (size_t) (end - text), whole);
	return strncmp (end + strlen ("{\"type\":\"end\",\"sha256\":\""), whole, 64) == 0 ? 0 : damaged ("was changed after it was written", error);
}

static const char *
member (const json_t *line, const char *name)
{
	const char *text = json_string_value (json_object_get (line, name));
	return text ? text : "";
}

static int
read_head (struct larder_infra *infra, const json_t *line, struct larder_error *error)
{
	const char *profile = config_profile (larder_configuration (infra->larder)), *then = member (line, "profile");
	if (strcmp (member (line, "format"), SAVED_FORMAT) != 0 || json_integer_value (json_object_get (line, "version")) != SAVED_VERSION)
		return damaged ("is of another kind or version", error);
	if (strcmp (profile ? profile : "", then) != 0)
		return larder_fail_next (error, LARDER_E_CONFLICT, "apply it with --profile as it was made, or plan again", "the plan is of profile '%s', and this is '%s'", then, profile ? profile : "");
	uint32_t flags = (uint32_t) json_integer_value (json_object_get (line, "flags"));
	if ((flags ^ infra->flags) & LARDER_INFRA_DESTROY)
		return larder_fail_next (error, LARDER_E_CONFLICT, flags & LARDER_INFRA_DESTROY ? "larder infra destroy FILE, which asks for the environment" : "larder infra apply FILE",
			"the plan is one to %s", flags & LARDER_INFRA_DESTROY ? "destroy" : "apply");
	infra->flags |= flags;
	infra->saved = true;
	for (size_t n = 0; n < infra->count; n++)
		infra->at[n].aside = true;
	return 0;
}

static int
read_resource (struct larder_infra *infra, const json_t *line, struct resource **ret, struct larder_error *error)
{
	struct resource *one = resource_find (infra, member (line, "kind"), member (line, "section"), member (line, "resource"));
	char where[65];
	if (!one || strcmp (one->identity, member (line, "identity")) != 0)
		return larder_fail_next (error, LARDER_E_CONFLICT, "plan again", "the plan has %s '%s', and the configuration has not", member (line, "resource"), member (line, "identity"));
	place (infra, one, where);
	if (strcmp (where, member (line, "place")) != 0)
		return larder_fail_next (error, LARDER_E_CONFLICT, "plan again", "[backend \"%s\"] of %s '%s' says something else than when this was planned: it may be another place", one->backend ? one->backend : "",
			one->type, one->identity);
	if (one->protect != json_is_true (json_object_get (line, "protect")))        /* it told what would be left */
		return larder_fail_next (error, LARDER_E_CONFLICT, "plan again", "%s '%s' %s", one->type, one->identity, one->protect ? "is protected by now" : "was protected when this was planned, and is no more");
	one->aside = one->watched = false;
	one->sifted = true;
	one->empty = json_is_true (json_object_get (line, "empty"));
	one->seen_then = arena_copy (one->arena, member (line, "observed"));
	one->held_then = json_is_true (json_object_get (line, "holds"));
	one->desire = NULL;                      /* those of the plan, and none of the section */
	one->desires = true;
	lines_begin (&one->desired, one->wanted);
	lines_begin (&one->refused, one->wanted);
	*ret = one;
	if (!one->seen_then)
		return larder_fail_memory (error);
	return *member (line, "lacking") && !one->cut ? resource_cut (one, member (line, "lacking"), error) : 0;
}

/* What stands in the brackets behind the set; only until it is told anew. */
static const char *
member_name (struct larder_arena *arena, const char *path, const char *set)
{
	size_t length = strlen (path), before = strlen (set) + 1;
	const char *name = length > before + 1 ? arena_copy_bytes (arena, path + before, length - before - 1) : NULL;
	return name ? name : "";
}

static void
read_line (struct resource *one, const json_t *line)
{
	const char *from = json_string_value (json_object_get (line, "from")), *set = json_string_value (json_object_get (line, "set"));
	if (from && set)
		lines_add_member_from (&one->desired, set, member_name (one->arena, member (line, "path"), set), from);
	else if (from)
		lines_add_from (&one->desired, member (line, "path"), from);
	else
		lines_add (&one->desired, member (line, "path"), member (line, "value"));
}

static int
take (struct larder_infra *infra, const json_t *line, struct resource **one, struct larder_error *error)
{
	const char *type = member (line, "type");
	if (strcmp (type, "plan") == 0)
		return read_head (infra, line, error);
	if (strcmp (type, "resource") == 0)
		return read_resource (infra, line, one, error);
	if (strcmp (type, "line") == 0 && *one)
		read_line (*one, line);
	if (strcmp (type, "refused") == 0 && *one)
		lines_add (&(*one)->refused, member (line, "path"), "no");
	if (strcmp (type, "lacking") == 0 && *one)
		return resource_lacks (*one, member (line, "path"), json_string_value (json_object_get (line, "value")), member (line, "why"), error);
	return 0;
}

int
saved_read (struct larder_infra *infra, const char *text, struct larder_error *error)
{
	struct resource *one = NULL;
	int code = check_end (text, error);
	CLEANUP_FREE char *copy = code == 0 ? strdup (text) : NULL;
	char *rest = copy, *line;
	if (code == 0 && !copy)
		return larder_fail_memory (error);
	while (code == 0 && (line = strsep (&rest, "\n"))) {
		json_t *parsed = *line ? json_loads (line, JSON_REJECT_DUPLICATES, NULL) : NULL;
		code = parsed ? take (infra, parsed, &one, error) : *line ? damaged ("has a line that is no JSON", error) : 0;
		json_decref (parsed);
	}
	for (size_t n = 0; code == 0 && n < infra->count; n++)
		code = infra->at[n].refused.failed ? larder_fail_memory (error) : lines_sort (&infra->at[n].desired, error);
	return code == 0 && !infra->saved ? damaged ("has no head", error) : code;
}

/* What was told as left since its bucket held objects would go, now that it holds none. */
static int
check_held (const struct larder_infra *infra, struct larder_error *error)
{
	for (size_t n = 0; n < infra->count; n++) {
		const struct resource *one = &infra->at[n];
		if (one->held_then && resource_is_held (infra, one) == 0)
			return larder_fail_next (error, LARDER_E_CONFLICT, "plan again", "%s '%s' was to be left, as its bucket held objects when this was planned, and it holds none any more",
				one->type, one->identity);
	}
	return 0;
}

static bool
has_moved (const struct resource *one)
{
	char digest[65];
	const char *now = seen (one, digest);
	return !one->aside && strcmp (now ? now : "", one->seen_then) != 0;
}

int
saved_check (const struct larder_infra *infra, struct larder_error *error)
{
	const struct resource *first = NULL;
	size_t moved = 0;
	for (size_t n = 0; n < infra->count; n++)
		if (has_moved (&infra->at[n])) {
			first = first ? first : &infra->at[n];
			moved++;
		}
	if (!first)
		return check_held (infra, error);
	char more[48] = "";
	if (moved > 1)
		snprintf (more, sizeof more, " (and %zu other%s)", moved - 1, moved == 2 ? "" : "s");
	return larder_fail_next (error, LARDER_E_CONFLICT, "look at what changed, and plan again: larder infra plan", "%s '%s' of [%s \"%s\"] is not any more as it was when this was planned%s: nothing was begun",
		first->type, first->identity, first->kind, first->section, more);
}
