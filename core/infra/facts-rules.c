/* facts-rules.c: rules of a lifecycle that leave something behind: old versions of what expires, copies of what is archived. */
#include "resource.h"

#include <string.h>

#include "error.h"
#include "text.h"

/* What a rule is for: keys that begin so, with all of these tags, above a size. */
struct reach { const char *prefix, *tags[2]; uint64_t larger; };

static struct reach
reach_of (const struct schema_lifecycle *rule)
{
	return (struct reach) { .prefix = rule->prefix ? rule->prefix : "", .tags = { rule->tag }, .larger = rule->larger_than };
}

static bool
has_tag (const struct reach *reach, const char *tag)
{
	for (size_t n = 0; n < 2; n++)
		if (reach->tags[n] && strcmp (reach->tags[n], tag) == 0)
			return true;
	return !tag;
}

/* Is it for all of that? */
static bool
covers (const struct schema_lifecycle *rule, const struct reach *part)
{
	return text_begins (part->prefix, rule->prefix ? rule->prefix : "") && (!rule->tag || has_tag (part, rule->tag)) && rule->larger_than <= part->larger;
}

/* The next [lifecycle] of a store. */
static const struct schema_lifecycle *
next_rule (const struct larder_infra *infra, const struct schema_store *store, const struct config_section **at)
{
	*at = section_listed (infra, "lifecycle", store->lifecycle, *at);
	return *at ? config_struct (*at) : NULL;
}

/* ---- old versions ---- */

/* When all old versions of that have gone, by the rule that is first; 0: no rule takes all of them. */
static int64_t
old_versions_go (const struct larder_infra *infra, const struct schema_store *store, const struct reach *part)
{
	const struct schema_lifecycle *rule;
	int64_t first = 0;
	for (const struct config_section *at = NULL; (rule = next_rule (infra, store, &at));)
		if (rule->expire_noncurrent > 0 && covers (rule, part) && (!first || rule->expire_noncurrent < first))
			first = rule->expire_noncurrent;
	return first;
}

/* Of the copies, too: a rule there is for what is copied. */
static void
of_copied_versions (const struct larder_infra *infra, const struct schema_store *store, struct lines *facts)
{
	for (const struct config_section *at = NULL, *to; (at = section_listed (infra, "replication", store->replication, at));) {
		const struct schema_replication *copies = config_struct (at);
		const struct reach part = { .prefix = copies->prefix ? copies->prefix : "", .tags = { copies->tag } };
		if (config_find (larder_configuration (infra->larder), "store", copies->to, &to, NULL) == 0)
			lines_add_in (facts, "replicated", config_name (at), ".old-versions", text_days (facts->arena, old_versions_go (infra, config_struct (to), &part)));
	}
}

void
facts_of_old_versions (const struct larder_infra *infra, const struct schema_store *store, struct lines *facts)
{
	const struct schema_lifecycle *rule;
	const struct reach all = { .prefix = "" };
	lines_add (facts, "old-versions", text_days (facts->arena, old_versions_go (infra, store, &all)));
	of_copied_versions (infra, store, facts);
	for (const struct config_section *at = NULL; (rule = next_rule (infra, store, &at));) {
		const struct reach part = reach_of (rule);
		if (rule->expire > 0 && !old_versions_go (infra, store, &part))
			lines_add_in (facts, "rule", rule->id ? rule->id : config_name (at), ".old-stay", "yes");
	}
}

/* ---- copies ---- */

/* "30d GLACIER_IR": the class; NULL: no transition, which others refuse. */
static const char *
class_of (struct larder_arena *arena, const char *text, int64_t *ret_age)
{
	const char *space = strchr (text, ' ');
	char *age = space ? arena_copy_bytes (arena, text, (size_t) (space - text)) : NULL;
	return age && text_duration (age, ret_age) == 0 ? space + strspn (space, " ") : NULL;
}

/* The class that a rule ends in, and from which age on; NULL: none. */
static const char *
last_class (struct larder_arena *arena, const struct schema_lifecycle *rule, int64_t *ret_age)
{
	const char *last = NULL;
	for (const char *const *one = rule->transition; one && *one; one++) {
		int64_t age;
		const char *class = class_of (arena, *one, &age);
		if (class && (!last || age > *ret_age))
			last = class, *ret_age = age;
	}
	return last;
}

/* Do copies of that end there as well, and as early? */
static bool
copies_follow (const struct larder_infra *infra, struct larder_arena *arena, const struct schema_store *target, const struct reach *part, const char *class, int64_t age)
{
	const struct schema_lifecycle *rule;
	for (const struct config_section *at = NULL; (rule = next_rule (infra, target, &at));)
		for (const char *const *one = covers (rule, part) ? rule->transition : NULL; one && *one; one++) {
			int64_t then;
			const char *to = class_of (arena, *one, &then);
			if (to && strcmp (to, class) == 0 && then <= age)
				return true;
		}
	return false;
}

/* The class that originals end in and copies do not; NULL. */
static const char *
left_behind (const struct larder_infra *infra, struct larder_arena *arena, const struct schema_store *store, const struct schema_replication *copies, const struct schema_store *target)
{
	const struct schema_lifecycle *rule;
	const char *prefix = copies->prefix ? copies->prefix : "";
	for (const struct config_section *at = NULL; (rule = next_rule (infra, store, &at));) {
		int64_t age = 0;
		const char *class = last_class (arena, rule, &age);
		struct reach part = reach_of (rule);
		bool copied = text_begins (part.prefix, prefix) || text_begins (prefix, part.prefix);
		part.prefix = strlen (prefix) > strlen (part.prefix) ? prefix : part.prefix;
		part.tags[1] = copies->tag;
		if (class && copied && (!copies->storage_class || strcmp (copies->storage_class, class) != 0) && !copies_follow (infra, arena, target, &part, class, age))
			return class;
	}
	return NULL;
}

void
facts_of_copies (const struct larder_infra *infra, const struct schema_store *store, struct lines *facts)
{
	for (const struct config_section *at = NULL, *to; (at = section_listed (infra, "replication", store->replication, at));) {
		const struct schema_replication *copies = config_struct (at);
		if (config_find (larder_configuration (infra->larder), "store", copies->to, &to, NULL) == 0)
			lines_add_in (facts, "rule", copies->id ? copies->id : config_name (at), ".left-behind", left_behind (infra, facts->arena, store, copies, config_struct (to)));
	}
}
