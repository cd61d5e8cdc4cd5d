/* diff.c: two sorted lists, and what lies between them: one merge. */
#include "resource.h"

#define LARDER_API_VERSION LARDER_API_CURRENT
#include <larder/driver.h>

#include <string.h>

#include "error.h"

const struct larder_path_rule *
resource_rule (const struct resource *resource, const char *path)
{
	const char *at = (const char *) resource->means->paths;
	for (; at && ((const struct larder_path_rule *) (const void *) at)->path; at += resource->means->path_stride)
		if (path_matches (((const struct larder_path_rule *) (const void *) at)->path, path))
			return (const struct larder_path_rule *) (const void *) at;
	return NULL;
}

static int
add (struct resource *resource, struct change change, struct larder_error *error)
{
	struct changes *changes = &resource->changes;
	struct change *at = arena_more (resource->seen, changes->at, changes->count, &changes->room, sizeof *at);
	const char *path = arena_copy (resource->seen, change.path), *will = arena_copy (resource->seen, change.will);     /* the desired lines may be let go */
	if (!at || !path || (change.will && !will))
		return larder_fail_memory (error);
	change.path = path, change.will = will;
	changes->at = at;
	at[changes->count++] = change;
	return 0;
}

/* ---- what the backend lacks ---- */

/* `*ret`: NULL, or why the line is not for this backend, as long as the desired lines are there. INVALID where it is for none. */
static int
lacking (const struct larder_infra *infra, const struct resource *resource, const struct line *line, const char **ret, struct larder_error *error)
{
	struct larder_error why = LARDER_ERROR_INIT;
	const struct larder_line asked = { .size = sizeof asked, .path = line->path, .value = line->value };
	const struct larder_resource request = resource_request (resource);
	const struct resource *teller = line->from ? resource_told_by (infra, line->from) : NULL;
	int code = 0;
	*ret = NULL;
	if (line->from && (!teller || teller->cut))
		*ret = arena_printf (resource->wanted, "%.*s is not there to tell it", (int) strcspn (line->from, "#"), line->from);
	else if (!resource_rule (resource, line->path))
		*ret = arena_printf (resource->wanted, "not supported by %s", resource->instance->module->driver->name);
	else if (resource->means->supports && (code = resource->means->supports (resource->instance->self, &request, &asked, &why)) < 0)
		*ret = arena_copy (resource->wanted, why.message);
	return code == LARDER_E_INVALID && words_matter (infra, resource) ? words_refuse (infra, resource, line, &why, error) : 0;
}

/* Is this line of the resource as a whole, or in one member with the other? */
static bool
concerns (const char *one, const char *other)
{
	size_t length = path_member_length (one);
	return !length || (length == path_member_length (other) && strncmp (one, other, length) == 0);
}

static bool
has_flag (const struct resource *resource, const char *path, unsigned flag)
{
	const struct larder_path_rule *rule = resource_rule (resource, path);
	return rule && rule->flags & flag;
}

static bool
narrows (const struct resource *resource, const char *path)
{
	return has_flag (resource, path, LARDER_PATH_NARROWS);
}

/* What is left of a line's member without the lines that have a reason in `why`: would more be done, or nothing, or is it none? */
static const char *
left_over (const struct resource *resource, const struct line *line, const char *const *why)
{
	const struct lines *desired = &resource->desired;
	bool lost = false, does = false;
	for (size_t n = 0; n < desired->count; n++) {
		const char *path = desired->at[n].path;
		if (why[n] && has_flag (resource, path, LARDER_PATH_NARROWS | LARDER_PATH_REQUIRED) && concerns (path, line->path))
			return arena_printf (resource->wanted, "without %s it would be %s", path_member_length (path) ? path + path_member_length (path) + 1 : path, narrows (resource, path) ? "another" : "none");
		if (!path_member_length (path) || !concerns (path, line->path))
			continue;
		lost = lost || why[n];
		does = does || (!why[n] && !narrows (resource, path));
	}
	return lost && !does && narrows (resource, line->path) ? "nothing is left of what it is for" : NULL;
}

int
resource_lacks (struct resource *resource, const char *path, const char *value, const char *why, struct larder_error *error)
{
	struct change *at = arena_more (resource->arena, resource->lacks.at, resource->lacks.count, &resource->lacks.room, sizeof *at);
	struct change lack = { .mark = LARDER_INFRA_LACKING, .path = arena_copy (resource->arena, path), .will = value ? arena_copy (resource->arena, value) : NULL, .why = arena_copy (resource->arena, why) };
	if (!at || !lack.path || !lack.why || (value && !lack.will))
		return larder_fail_memory (error);
	resource->lacks.at = at;
	at[resource->lacks.count++] = lack;
	return 0;
}

/* Takes them from the desired lines, once, so that no driver ever sees them. */
static int
take_lacking (struct larder_infra *infra, struct resource *resource, struct larder_error *error)
{
	size_t kept = 0;
	int code = 0;
	struct lines *desired = &resource->desired;
	const char **why = desired->count ? arena_alloc (resource->wanted, 2 * desired->count * sizeof *why) : NULL, **all = why ? why + desired->count : NULL;
	if (desired->count && !why)
		return larder_fail_memory (error);
	for (size_t n = 0; code == 0 && n < desired->count; n++)
		code = lacking (infra, resource, &desired->at[n], &why[n], error);
	if (code < 0)
		return code;
	for (size_t n = 0; n < desired->count; n++)
		all[n] = why[n] ? why[n] : left_over (resource, &desired->at[n], why);
	for (size_t n = 0; code == 0 && n < desired->count; n++)
		if (all[n])
			code = resource_lacks (resource, desired->at[n].path, desired->at[n].value, all[n], error);
		else
			desired->at[kept++] = desired->at[n];
	if (code < 0)
		return code;
	resource->empty = resource->watched || (desired->count + resource->refused.count > 0 && kept == 0 && !resource->bare);        /* then there is nothing left to make */
	desired->count = kept;
	for (size_t n = 0; resource->must && n < kept; n++)
		if (path_matches (resource->must, desired->at[n].path))
			return 0;
	if (resource->must) {
		resource->cut = true;
		resource->why_cut = "nothing of what it is for is there";
	}
	return 0;
}

/* ---- the merge ---- */

static bool
is_refused (const struct resource *resource, const char *path)
{
	size_t member = path_member_length (path);
	for (size_t n = 0; n < resource->refused.count; n++) {
		const char *one = resource->refused.at[n].path;
		size_t length = strlen (one);
		if (strncmp (one, path, length) == 0 && (!path[length] || path[length] == '[' || length == member))        /* itself, of its set, in its member */
			return true;
	}
	return false;
}

bool
resource_has_within (const struct resource *resource, const struct larder_path_rule *rule, const char *path)
{
	size_t member = path_member_length (path);
	return rule->flags & LARDER_PATH_OURS || is_refused (resource, path) || (member && !(rule->flags & LARDER_PATH_DOCUMENT) && lines_have_below (&resource->desired, path, member));
}

/* Told by what could not be looked at: nobody knows whether it changes, and apply leaves what needs that one alone. */
static bool
is_hidden (const struct larder_infra *infra, const struct line *wanted)
{
	const struct resource *other = wanted->from && !wanted->value ? resource_told_by (infra, wanted->from) : NULL;
	return other && other->code < 0;
}

/* One of a set of which a member's name is so hidden: it may be that one. */
static bool
is_of_hidden (const struct larder_infra *infra, const struct resource *resource, const char *path)
{
	for (size_t n = 0; n < resource->desired.count; n++) {
		const struct line *line = &resource->desired.at[n];
		size_t length = line->set ? strlen (line->set) : 0;
		if (length && strncmp (path, line->set, length) == 0 && path[length] == '[' && is_hidden (infra, line))
			return true;
	}
	return false;
}

static bool
member_goes (const struct resource *resource, const char *path)
{
	size_t member = path_member_length (path);
	if (!member || lines_have_below (&resource->desired, path, member))
		return false;
	for (size_t n = 0; n < resource->observed.count; n++) {
		const char *one = resource->observed.at[n].path;
		if (path_member_length (one) == member && strncmp (one, path, member) == 0 && has_flag (resource, one, LARDER_PATH_OURS))
			return true;
	}
	return false;
}

/* Is the member asked to say in another way what this line says? */
static bool
is_said_else (const struct resource *resource, const struct larder_path_rule *rule, const char *path)
{
	size_t member = path_member_length (path);
	for (size_t n = 0; rule->flags & LARDER_PATH_INSTEAD && n < resource->desired.count; n++) {
		const char *one = resource->desired.at[n].path;
		if (path_member_length (one) == member && strncmp (one, path, member) == 0 && has_flag (resource, one, LARDER_PATH_INSTEAD) && !has_flag (resource, one, LARDER_PATH_OPTIONAL))
			return true;
	}
	return false;
}

bool
resource_goes (const struct resource *resource, const struct larder_path_rule *rule, const char *path)
{
	return !(rule->flags & LARDER_PATH_COMPUTED) && (member_goes (resource, path) || is_said_else (resource, rule, path));
}

/* There, and not asked for. */
static int
surplus (const struct larder_infra *infra, struct resource *resource, const struct line *there, struct larder_error *error)
{
	const struct larder_path_rule *rule = resource_rule (resource, there->path);
	bool goes = rule && resource_goes (resource, rule, there->path);
	if (!rule || (!goes && rule->flags & (LARDER_PATH_COMPUTED | LARDER_PATH_OPTIONAL)) || is_of_hidden (infra, resource, there->path))
		return 0;
	bool ours = goes || resource_has_within (resource, rule, there->path);
	struct change change = { .mark = ours || infra->flags & LARDER_INFRA_ADOPT ? LARDER_INFRA_REMOVE : LARDER_INFRA_UNMANAGED, .path = there->path, .was = there->value };
	return add (resource, change, error);
}

static int
both (const struct larder_infra *infra, struct resource *resource, const struct line *wanted, const struct line *there, struct larder_error *error)
{
	if (wanted->value ? strcmp (wanted->value, there->value) == 0 : is_hidden (infra, wanted))
		return 0;
	struct change change = { .mark = LARDER_INFRA_UPDATE, .path = wanted->path, .was = there->value, .will = wanted->value, .from = wanted->from };
	if (has_flag (resource, wanted->path, LARDER_PATH_SWAPS))
		change.why = "a new one is made, then put in place of the old one, which goes last";
	if (has_flag (resource, wanted->path, LARDER_PATH_IMMUTABLE))
		change.mark = LARDER_INFRA_REPLACED, change.why = "cannot be changed in place";
	return add (resource, change, error);
}

/* What the service does not tell of cannot be compared: only what it can echo is. */
static int
missing (const struct larder_infra *infra, struct resource *resource, const struct line *wanted, struct larder_error *error)
{
	const struct larder_path_rule *rule = resource_rule (resource, wanted->path);
	if ((rule && rule->flags & LARDER_PATH_COMPUTED) || is_hidden (infra, wanted))
		return 0;
	struct change change = { .mark = LARDER_INFRA_CREATE, .path = wanted->path, .will = wanted->value, .from = wanted->from };
	if (has_flag (resource, wanted->path, LARDER_PATH_IMMUTABLE))
		change.mark = LARDER_INFRA_REPLACED, change.why = "cannot be changed in place";
	return add (resource, change, error);
}

static int
merge (const struct larder_infra *infra, struct resource *resource, struct larder_error *error)
{
	const struct lines *desired = &resource->desired, *observed = &resource->observed;
	size_t d = 0, o = 0;
	int code = 0;
	while (code == 0 && (d < desired->count || o < observed->count)) {
		int order = d == desired->count ? 1 : o == observed->count ? -1 : strcmp (desired->at[d].path, observed->at[o].path);
		if (order == 0)
			code = both (infra, resource, &desired->at[d++], &observed->at[o++], error);
		else if (order < 0)
			code = missing (infra, resource, &desired->at[d++], error);
		else
			code = surplus (infra, resource, &observed->at[o++], error);
	}
	return code;
}

/* ---- the whole ---- */

static uint32_t
mark_of (const struct resource *resource)
{
	uint32_t mark = LARDER_INFRA_SAME;
	for (size_t n = 0; n < resource->changes.count; n++) {
		uint32_t one = resource->changes.at[n].mark;
		if (one == LARDER_INFRA_REPLACED)
			return one;
		if (one == LARDER_INFRA_CREATE || one == LARDER_INFRA_UPDATE || one == LARDER_INFRA_REMOVE)
			mark = LARDER_INFRA_UPDATE;
	}
	return mark;
}

/* As apply does it. */
static void
tell_replaced (const struct larder_infra *infra, struct resource *resource)
{
	resource->left = resource->protect || !(infra->flags & LARDER_INFRA_REPLACE);
	resource->why_left = resource->protect ? "protected: it will be left as it is" : resource->left ? "left as it is without --replace" : "removed with what it holds, and made anew";
}

static int
compare_absent (struct resource *resource)
{
	resource->mark = resource->empty ? LARDER_INFRA_SAME : resource->means->create ? LARDER_INFRA_CREATE : LARDER_INFRA_LACKING;
	if (resource->mark == LARDER_INFRA_LACKING)
		resource->why_cut = "it is not there, and to make one is its owner's matter";
	return 0;
}

static bool
holds_ours (const struct resource *resource)
{
	for (size_t n = 0; n < resource->observed.count; n++)
		if (has_flag (resource, resource->observed.at[n].path, LARDER_PATH_OURS))
			return true;
	return false;
}

static int
compare_gone (struct resource *resource)
{
	bool there = resource->watched ? holds_ours (resource) : resource->state != LARDER_RESOURCE_ABSENT;
	resource->mark = there ? LARDER_INFRA_REMOVE : LARDER_INFRA_SAME;
	return 0;
}

int
resource_sift (struct larder_infra *infra, struct resource *resource, struct larder_error *error)
{
	if (resource->sifted)
		return 0;
	int code = resource_desire (infra, resource, error);
	if (code == 0)
		code = take_lacking (infra, resource, error);
	resource->sifted = true;
	if (resource->cut)
		resource->mark = LARDER_INFRA_LACKING;
	return code < 0 || resource->cut ? code : words_check (infra, resource, error);
}

int
resource_compare (struct larder_infra *infra, struct resource *resource, struct larder_error *error)
{
	resource->changes = (struct changes) { 0 };
	int code = resource_sift (infra, resource, error);
	if (code == 0)
		code = resource_desire (infra, resource, error);
	if (code < 0 || resource->cut)
		return code;
	if (infra->flags & LARDER_INFRA_DESTROY)
		return compare_gone (resource);
	if (resource->state == LARDER_RESOURCE_ABSENT && !resource->watched)          /* of what is watched the lines of others are told, too */
		return compare_absent (resource);
	code = merge (infra, resource, error);
	resource->mark = mark_of (resource);
	if (resource->mark == LARDER_INFRA_REPLACED)
		tell_replaced (infra, resource);
	return code;
}
