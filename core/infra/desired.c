/* desired.c: from sections of the pipeline to resources: what all kinds share. */
#include "resource.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "error.h"

static void
begin_desired (struct resource *one)
{
	arena_clear (one->wanted);
	lines_begin (&one->desired, one->wanted);
	lines_begin (&one->refused, one->wanted);
}

struct resource *
resource_add (struct larder_infra *infra, const struct config_section *at, const char *type, const char *identity, const char *backend)
{
	size_t room = infra->room ? infra->room + infra->room / 2 : 16;
	if (infra->count == infra->room) {
		struct resource *all = reallocarray (infra->at, room, sizeof *all);
		if (!all)
			return NULL;
		infra->at = all;
		infra->room = room;
	}
	struct resource *ret = &infra->at[infra->count];
	*ret = (struct resource) { .kind = config_kind (at), .section = config_name (at), .type = type, .identity = identity, .backend = backend, .at = at };
	ret->arena = arena_new ();
	ret->seen = arena_new ();
	ret->wanted = arena_new ();
	infra->count++;                          /* counted before it is whole: infra_free frees it */
	if (!ret->arena || !ret->seen || !ret->wanted || names_add (&infra->sections, ret->kind, ret->section, infra->count - 1) < 0)
		return NULL;
	ret->desires = true;
	begin_desired (ret);
	lines_begin (&ret->offered, ret->arena);
	lines_begin (&ret->observed, ret->seen);
	return ret;
}

struct resource *
resource_find (const struct larder_infra *infra, const char *kind, const char *section, const char *type)
{
	for (const struct name *name = NULL; (name = names_next (&infra->sections, kind, section, name));) {
		struct resource *one = &infra->at[name_thing (name)];
		if (!type || strcmp (one->type, type) == 0)
			return one;
	}
	return NULL;
}

const struct config_section *
section_listed (const struct larder_infra *infra, const char *kind, const char *names, const struct config_section *after)
{
	const struct config_section *at;
	char name[CONFIG_NAME_MOST];
	bool begun = !after;
	for (const char *rest = names; rest && *rest;) {
		rest += strspn (rest, ", ");
		size_t length = strcspn (rest, ", ");
		snprintf (name, sizeof name, "%.*s", (int) length, rest);
		rest += length;
		if (begun && length && config_find (larder_configuration (infra->larder), kind, name, &at, NULL) == 0)
			return at;
		begun = begun || strcmp (name, config_name (after)) == 0;
	}
	return NULL;
}

int
resource_needs (struct larder_infra *infra, struct resource *resource, const struct resource *other, struct larder_error *error)
{
	if (!other || other == resource)
		return 0;
	size_t *needs = arena_more (infra->arena, resource->needs, resource->need_count, &resource->need_room, sizeof *needs);
	if (!needs)
		return larder_fail_memory (error);
	resource->needs = needs;
	needs[resource->need_count++] = (size_t) (other - infra->at);
	return 0;
}

int
desired_tags (struct resource *resource, const char *const *tags, struct larder_error *error)
{
	for (; tags && *tags; tags++) {
		const char *equals = strchr (*tags, '=');
		if (!equals || equals == *tags || !equals[1])
			return larder_fail_next (error, LARDER_E_INVALID, "write NAME=VALUE, neither of them empty", "'%s' of tags in [%s \"%s\"] of %s is no tag", *tags, resource->kind,
				resource->section, config_where_key (resource->at, "tags"));
		char *name = arena_copy_bytes (resource->wanted, *tags, (size_t) (equals - *tags));
		if (!name)
			return larder_fail_memory (error);
		lines_add_in (&resource->desired, "tag", name, "", equals + 1);
	}
	return 0;
}

void
lines_add_or_refuse (struct resource *resource, const char *path, const char *value, bool given)
{
	lines_add (&resource->desired, path, value);
	if (!value && given)
		lines_add (&resource->refused, path, "no");
}

const char *
text_days (struct larder_arena *arena, int64_t ns)
{
	return ns > 0 ? arena_printf (arena, "%lld", (long long) ((ns + NS_PER_DAY - 1) / NS_PER_DAY)) : NULL;
}

const char *
text_seconds (struct larder_arena *arena, int64_t ns)
{
	return ns >= 0 ? arena_printf (arena, "%lld", (long long) (ns / INT64_C (1000000000))) : NULL;
}

bool
same_text (const char *one, const char *other)
{
	return strcmp (one ? one : "", other ? other : "") == 0;
}

bool
backends_agree (const struct larder_infra *infra, const char *one, const char *other, const char *const *keys)
{
	const struct config_section *a, *b;
	const struct config *config = larder_configuration (infra->larder);
	if (strcmp (one, other) == 0)
		return true;
	if (config_find (config, "backend", one, &a, NULL) < 0 || config_find (config, "backend", other, &b, NULL) < 0)
		return false;
	for (; *keys; keys++)
		if (!same_text (config_text (a, *keys), config_text (b, *keys)))
			return false;
	return true;
}

/* Are two [backend] sections one service, of one account as far as they say? A name is then one thing, by whichever it is asked for. */
static bool
is_one_place (const struct larder_infra *infra, const char *one, const char *other)
{
	static const char *const keys[] = { "driver", "server", "endpoint", "region", "root", "access-key", "profile", "credentials", "file-system", NULL };
	return backends_agree (infra, one, other, keys);
}

static const char *
way_to_be_two (const struct resource *one)
{
	static const struct { const char *kind, *next; } ways[] = {
		{ "store", "give each its own bucket, or let one be a view: in = STORE" }, { "filesystem", "give each its own: token = TOKEN" },
		{ "database", "keep one of them: an instance is protected in one way" }, { "backup", "give each its own: plan = NAME; or one plan several rules: rules = NAME, …" },
	};
	for (size_t n = 0; n < sizeof ways / sizeof *ways; n++)
		if (strcmp (ways[n].kind, one->kind) == 0)
			return ways[n].next;
	return "keep one of them, or give each its own identity";
}

/* Two sections must not stand for one thing: each apply would undo the other's. */
static int
check_twins (const struct larder_infra *infra, struct larder_error *error)
{
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	struct names names;
	names_begin (&names, arena);
	for (size_t n = 0; arena && n < infra->count; n++) {
		const struct resource *other = &infra->at[n];
		for (const struct name *name = NULL; (name = names_next (&names, other->type, other->identity, name));) {
			const struct resource *one = &infra->at[name_thing (name)];
			if (is_one_place (infra, one->backend, other->backend))
				return larder_fail_next (error, LARDER_E_INVALID, way_to_be_two (other), "%s '%s' is what both [%s \"%s\"] of %s and [%s \"%s\"] of %s stand for",
					one->type, one->identity, one->kind, one->section, config_where (one->at), other->kind, other->section, config_where (other->at));
		}
		if (names_add (&names, other->type, other->identity, n) < 0)
			return larder_fail_memory (error);
	}
	return arena ? 0 : larder_fail_memory (error);
}

/* Two of its sections may say one line, each its own. */
static int
sort_desired (struct resource *one, struct larder_error *error)
{
	struct larder_error why = LARDER_ERROR_INIT;
	int code = one->refused.failed ? larder_fail_memory (&why) : lines_sort (&one->desired, &why);
	if (code == LARDER_E_INVALID)
		return larder_fail_next (error, code, "say it once, or the same each time", "[%s \"%s\"] of %s, with the sections that it names: %s", one->kind, one->section, config_where (one->at), why.message);
	if (code < 0 && error)
		larder_give (error, &why);
	return code;
}

/* What the backend lacks was taken out when it was sifted. */
static void
take_out_lacking (struct resource *one)
{
	size_t kept = 0;
	for (size_t n = 0; n < one->desired.count; n++) {
		bool lacks = false;
		for (size_t k = 0; k < one->lacks.count; k++)
			lacks = lacks || strcmp (one->lacks.at[k].path, one->desired.at[n].path) == 0;
		if (!lacks)
			one->desired.at[kept++] = one->desired.at[n];
	}
	one->desired.count = kept;
}

/* Once now, for what may be wrong in the section. */
int
resource_desired_by (const struct larder_infra *infra, struct resource *one, resource_desire_fn desire, struct larder_error *error)
{
	one->desire = desire;
	one->desires = false;
	int code = resource_desire (infra, one, error);
	resource_let_go (one);
	return code;
}

int
resource_desire (const struct larder_infra *infra, struct resource *one, struct larder_error *error)
{
	if (one->desires)
		return 0;
	begin_desired (one);
	int code = one->desire (infra, one, error);
	if (code == 0)
		code = sort_desired (one, error);
	if (code == 0 && one->sifted)
		take_out_lacking (one);
	one->desires = code == 0;
	return code;
}

void
resource_let_go (struct resource *one)
{
	if (!one->desire || one->asks)           /* what others tell it is filled in once */
		return;
	one->desires = false;
	begin_desired (one);
}

int
desired_read (struct larder_infra *infra, struct larder_error *error)
{
	static int (*const steps[]) (struct larder_infra *, struct larder_error *) = {
		desired_stores, desired_cdns, desired_access, desired_replications, desired_filesystems, desired_databases, desired_backups, desired_own,
	};
	int code = 0;
	for (size_t n = 0; code == 0 && n < sizeof steps / sizeof *steps; n++)
		code = steps[n] (infra, error);
	for (size_t n = 0; code == 0 && n < infra->count; n++)
		code = sort_desired (&infra->at[n], error);
	return code < 0 ? code : check_twins (infra, error);
}
