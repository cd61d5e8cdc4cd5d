/* desired-store.c: [store] as a bucket with its settings, who may read it, and what is copied from it. */
#include "resource.h"

#include <string.h>

#include "clock.h"
#include "error.h"
#include "text.h"

/* "30d GLACIER_IR" */
static int
add_transition (struct resource *bucket, const char *rule, const struct config_section *at, const char *text, struct larder_error *error)
{
	const char *space = strchr (text, ' '), *class = space ? space + strspn (space, " ") : NULL;
	char *age = space ? arena_copy_bytes (bucket->wanted, text, (size_t) (space - text)) : NULL;
	char next[TEXT_DAYS_NEXT];
	int64_t ns = 0;
	if (age && text_duration (age, &ns) == 0 && !text_is_days (age))
		return larder_fail_next (error, LARDER_E_INVALID, arena_printf (bucket->wanted, "%s %s", text_days_next (age, next), class), "'%s' of transition in [lifecycle \"%s\"] of %s is not after whole days",
			text, config_name (at), config_where_key (at, "transition"));
	if (!class || !*class || !age || text_duration (age, &ns) < 0)
		return larder_fail_next (error, LARDER_E_INVALID, "write AGE CLASS, as in: 30d GLACIER_IR", "'%s' of transition in [lifecycle \"%s\"] of %s is no transition", text,
			config_name (at), config_where_key (at, "transition"));
	char *set = path_of_member (bucket->wanted, "rule", rule, ".transition");
	const char *days = ns == 0 ? "0" : text_days (bucket->wanted, ns);
	if (!set || !days)
		return larder_fail_memory (error);
	lines_add_in (&bucket->desired, set, class, ".days", days);
	return 0;
}

static int
check_tag (const struct config_section *at, const char *tag, struct larder_error *error)
{
	if (!tag || (*tag != '=' && strchr (tag, '=')))
		return 0;
	return larder_fail_next (error, LARDER_E_INVALID, "write NAME=VALUE", "'%s' of tag in [%s \"%s\"] of %s is no tag", tag, config_kind (at), config_name (at), config_where_key (at, "tag"));
}

#define OWN_RULE "abort-uploads"  /* of uploads that nobody ends, in each bucket */

/* A rule does something, and to objects that can be. What it says of uploads alone goes into a rule of theirs. */
static int
check_rule (const struct config_section *at, const struct schema_lifecycle *asked, bool acts, struct larder_error *error)
{
	int code = check_tag (at, asked->tag, error);
	if (code < 0 || acts || config_given (at, "abort-uploads"))
		return code;
	return larder_fail_next (error, LARDER_E_INVALID, "expire, expire-noncurrent, transition or abort-uploads", "[lifecycle \"%s\"] of %s says of nothing what becomes of it", config_name (at),
		config_where (at));
}

/* Of two with one name the lines would be one rule, which does what neither says. */
static int
check_name (const struct resource *bucket, const struct config_section *at, const char *id, struct larder_error *error)
{
	const char *member = path_of_member (bucket->wanted, "rule", id, "");
	bool own = strcmp (id, OWN_RULE) == 0;
	if (!member)
		return larder_fail_memory (error);
	if (!own && !lines_have_below (&bucket->desired, member, strlen (member)))
		return 0;
	return larder_fail_next (error, LARDER_E_INVALID, "id = another", "[lifecycle \"%s\"] of %s is the second rule of [store \"%s\"] called '%s'%s", config_name (at),
		config_given (at, "id") ? config_where_key (at, "id") : config_where (at), bucket->section, id, own ? ", as what uploads nobody ends go by is" : "");
}

static int
add_rule (const struct larder_infra *infra, struct resource *bucket, const struct config_section *at, struct larder_error *error)
{
	const struct schema_lifecycle *asked = config_struct (at);
	const char *id = asked->id ? asked->id : config_name (at);
	struct lines *lines = &bucket->desired;
	bool acts = asked->expire > 0 || asked->expire_noncurrent > 0 || (asked->transition && *asked->transition);
	int code = check_rule (at, asked, acts, error);
	(void) infra;
	if (code == 0 && acts)
		code = check_name (bucket, at, id, error);
	if (code < 0 || !acts)
		return code;
	lines_add_in (lines, "rule", id, ".status", "enabled");
	lines_add_in (lines, "rule", id, ".prefix", asked->prefix);
	lines_add_in (lines, "rule", id, ".tag", asked->tag);
	if (asked->larger_than)
		lines_add_in (lines, "rule", id, ".larger-than", arena_printf (bucket->wanted, "%llu", (unsigned long long) asked->larger_than));
	lines_add_in (lines, "rule", id, ".expire", text_days (bucket->wanted, asked->expire));
	lines_add_in (lines, "rule", id, ".expire-noncurrent", text_days (bucket->wanted, asked->expire_noncurrent));
	for (const char *const *one = asked->transition; code == 0 && one && *one; one++)
		code = add_transition (bucket, id, at, *one, error);
	return code;
}

/* The names of a list that is written as one text, "images, other". Each must be a section of that kind. */
typedef int (*named_fn) (const struct larder_infra *infra, struct resource *resource, const struct config_section *at, struct larder_error *error);
static int
each_named (const struct larder_infra *infra, struct resource *resource, const char *kind, const char *names, named_fn each, struct larder_error *error)
{
	int code = 0;
	char *rest = arena_copy (resource->wanted, names), *name;
	if (!rest)
		return names ? larder_fail_memory (error) : 0;
	while (code == 0 && (name = strsep (&rest, ","))) {
		const struct config_section *at;
		name += strspn (name, " ");
		name[strcspn (name, " ")] = '\0';
		if (!*name)
			continue;
		code = config_find (larder_configuration (infra->larder), kind, name, &at, error);
		if (code == 0)
			code = each (infra, resource, at, error);
	}
	return code;
}

static int
least_abort (const struct larder_infra *infra, struct resource *bucket, const struct config_section *at, struct larder_error *error)
{
	const struct schema_lifecycle *asked = config_struct (at);
	(void) infra, (void) error;
	if (!config_given (at, "abort-uploads"))
		return 0;
	if (asked->abort_uploads > 0 && (bucket->abort_after <= 0 || asked->abort_uploads < bucket->abort_after))
		bucket->abort_after = asked->abort_uploads;
	else if (!bucket->abort_after)
		bucket->abort_after = -1;
	return 0;
}

static void
add_each (struct resource *resource, const char *set, const char *const *members)
{
	for (; members && *members; members++)
		lines_add_in (&resource->desired, set, *members, "", "yes");
}

static int
add_cors (const struct larder_infra *infra, struct resource *bucket, const struct config_section *at, struct larder_error *error)
{
	const struct schema_cors *asked = config_struct (at);
	const char *name = config_name (at);
	struct { const char *below; const char *const *members; } sets[] = {
		{ ".origin", asked->origins }, { ".method", asked->methods }, { ".header", asked->headers }, { ".expose", asked->expose },
	};
	(void) infra;
	if (!asked->origins || !*asked->origins || !asked->methods || !*asked->methods)
		return larder_fail_next (error, LARDER_E_INVALID, "origins = https://HOST, … or *, and methods", "[cors \"%s\"] of %s lets nobody ask for anything", name, config_where (at));
	for (size_t n = 0; n < sizeof sets / sizeof *sets; n++) {
		char *set = path_of_member (bucket->wanted, "cors", name, sets[n].below);
		if (!set)
			return larder_fail_memory (error);
		add_each (bucket, set, sets[n].members);
	}
	lines_add_in (&bucket->desired, "cors", name, ".max-age", text_seconds (bucket->wanted, asked->max_age));
	return 0;
}

/* "90d TIER", as the line of them all has it, by its name. */
static int
add_tier (struct larder_arena *arena, struct lines *tiers, const char *text)
{
	const char *space = strchr (text, ' '), *name = space ? space + strspn (space, " ") : "";
	char *age = space ? arena_copy_bytes (arena, text, (size_t) (space - text)) : NULL;
	int64_t ns;
	if (!age || !*name || text_duration (age, &ns) < 0 || ns <= 0 || !text_is_days (age) || lines_find (tiers, name))
		return -1;
	lines_add (tiers, name, arena_printf (arena, "%sd %s", text_days (arena, ns), name));
	return lines_sort (tiers, NULL);
}

/* One line for all of them, as the driver tells it, in the order of their names. Which there are is the driver's matter. */
static int
add_tiering (struct resource *bucket, const struct config_section *at, const char *const *asked, struct larder_error *error)
{
	const char *line = NULL;
	struct lines tiers;
	lines_begin (&tiers, bucket->wanted);
	if (asked && *asked && !asked[1] && strcmp (*asked, "none") == 0)
		return lines_add (&bucket->desired, "tiering", "none"), 0;
	for (; asked && *asked; asked++)
		if (add_tier (bucket->wanted, &tiers, *asked) < 0)
			return larder_fail_next (error, LARDER_E_INVALID, "write AGE TIER, …, in whole days, each tier once; or none",
				"'%s' of tiering in [store \"%s\"] of %s is no tier that can be had", *asked, config_name (at), config_where_key (at, "tiering"));
	for (size_t n = 0; n < tiers.count; n++)
		if (!(line = arena_printf (bucket->wanted, "%s%s%s", line ? line : "", line ? ", " : "", tiers.at[n].value)))
			return larder_fail_memory (error);
	lines_add (&bucket->desired, "tiering", line);
	return 0;
}

/* "aws:kms KEY": what, and with which key. */
static const char *
encryption_key (const char *text)
{
	size_t word = strcspn (text, " ");
	return text + word + strspn (text + word, " ");
}

static int
add_encryption (struct resource *bucket, const char *text, struct larder_error *error)
{
	size_t word = text ? strcspn (text, " ") : 0;
	if (!word)
		return 0;
	char *how = arena_copy_bytes (bucket->wanted, text, word);
	if (!how)
		return larder_fail_memory (error);
	lines_add (&bucket->desired, "encryption", how);
	lines_add (&bucket->desired, "encryption-key", encryption_key (text));
	return 0;
}

/* Parts of an upload that nobody ends are billed for ever: they go after the least age that a rule of the store says, or a week;
 * never where they say 0. In a rule of its own, for services take no such line beside a filter by size or tag. */
static int
add_abort (const struct larder_infra *infra, struct resource *bucket, const char *lifecycle, struct larder_error *error)
{
	bucket->abort_after = 0;
	int code = each_named (infra, bucket, "lifecycle", lifecycle, least_abort, error);
	const char *days = text_days (bucket->wanted, bucket->abort_after ? bucket->abort_after : 7 * NS_PER_DAY);
	if (code < 0 || !days)
		return lines_add (&bucket->refused, "rule[" OWN_RULE "]", "no"), code;
	lines_add_in (&bucket->desired, "rule", OWN_RULE, ".status", "enabled");
	lines_add_in (&bucket->desired, "rule", OWN_RULE, ".abort-uploads", days);
	return code;
}

/* It is one for all rules of a bucket, whichever says it. */
static int
add_least_size (const struct larder_infra *infra, struct resource *bucket, const struct config_section *at, struct larder_error *error)
{
	const char *asked = ((const struct schema_lifecycle *) config_struct (at))->least_size;
	struct lines *lines = &bucket->desired;
	(void) infra;
	for (size_t n = 0; asked && n < lines->count; n++)
		if (strcmp (lines->at[n].path, "least-size") == 0)
			return strcmp (lines->at[n].value, asked) == 0 ? 0 : larder_fail_next (error, LARDER_E_INVALID, "the same in each [lifecycle] of the store, or in one of them alone",
				"'%s' of least-size in [lifecycle \"%s\"] of %s is another than '%s', which [store \"%s\"] has of another of its rules", asked, config_name (at), config_where_key (at, "least-size"),
				lines->at[n].value, bucket->section);
	lines_add (lines, "least-size", asked);
	return 0;
}

/* Of a backend that says none, any region will do. */
static void
add_region (const struct larder_infra *infra, struct resource *bucket)
{
	const struct config_section *backend;
	const char *region = config_find (larder_configuration (infra->larder), "backend", bucket->backend, &backend, NULL) < 0 ? NULL : config_text (backend, "region");
	lines_add (&bucket->desired, "region", region && *region ? region : NULL);
}

static int
desire_bucket (const struct larder_infra *infra, struct resource *bucket, struct larder_error *error)
{
	const struct config_section *at = bucket->at;
	const struct schema_store *asked = config_struct (at);
	add_region (infra, bucket);
	if (config_given (at, "versioning"))
		lines_add (&bucket->desired, "versioning", yes_no (asked->versioning));
	lines_add (&bucket->desired, "public-access", asked->public_access);
	lines_add (&bucket->desired, "ownership", asked->ownership);
	int code = add_encryption (bucket, asked->encryption, error);
	if (code == 0)
		code = add_tiering (bucket, at, asked->tiering, error);
	if (code == 0)
		code = desired_tags (bucket, asked->tags, error);
	if (code == 0)
		code = each_named (infra, bucket, "lifecycle", asked->lifecycle, add_rule, error);
	if (code == 0)
		code = each_named (infra, bucket, "lifecycle", asked->lifecycle, add_least_size, error);
	if (code == 0)
		code = each_named (infra, bucket, "cors", asked->cors, add_cors, error);
	return code < 0 ? code : add_abort (infra, bucket, asked->lifecycle, error);
}

static int
add_bucket (struct larder_infra *infra, const struct config_section *at, const struct schema_store *asked, struct larder_error *error)
{
	struct resource *bucket = resource_add (infra, at, "bucket", asked->bucket, asked->backend);
	if (!bucket)
		return larder_fail_memory (error);
	bucket->protect = asked->protect;
	bucket->bare = true;
	return resource_desired_by (infra, bucket, desire_bucket, error);
}

int
desired_stores (struct larder_infra *infra, struct larder_error *error)
{
	int code = 0;
	for (const struct config_section *at = NULL; code == 0 && (at = config_next (larder_configuration (infra->larder), "store", at));) {
		const struct schema_store *asked = config_struct (at);
		if (asked->bucket && asked->backend)
			code = add_bucket (infra, at, asked, error);
	}
	return code;
}

/* ---- who may read, decided by what serves it ---- */

/* The next [cdn] that is set up here and reads the store. */
static const struct config_section *
next_reader (const struct larder_infra *infra, const char *store, const struct config_section *at)
{
	while ((at = config_next (larder_configuration (infra->larder), "cdn", at))) {
		const struct schema_cdn *cdn = config_struct (at);
		if (cdn->backend && ((cdn->store && strcmp (cdn->store, store) == 0) || (cdn->failover && strcmp (cdn->failover, store) == 0)))
			break;
	}
	return at;
}

/* What a store, or the one it is a view of, is said to be served by must serve that. */
static int
check_reader (const struct larder_infra *infra, const struct config_section *store, struct larder_error *error)
{
	const struct schema_store *asked = config_struct (store);
	const char *place = asked->in ? asked->in : config_name (store);
	for (const struct config_section *at = NULL; asked->cdn && (at = config_next (larder_configuration (infra->larder), "cdn", at));) {
		const struct schema_cdn *cdn = config_struct (at);
		if (text_is_listed (asked->cdn, config_name (at)) && cdn->store && strcmp (cdn->store, place) != 0)
			return larder_fail_next (error, LARDER_E_INVALID, "a [cdn] of its own, or take one of them out", "[store \"%s\"] of %s is to be served by [cdn \"%s\"] of %s, which serves '%s'",
				config_name (store), config_where_key (store, "cdn"), config_name (at), config_where_key (at, "store"), cdn->store);
	}
	return 0;
}

static int
desire_access (const struct larder_infra *infra, struct resource *access, struct larder_error *error)
{
	const struct schema_store *asked = config_struct (access->at);
	lines_add_or_refuse (access, "tls-only", asked->tls_only ? "yes" : NULL, config_given (access->at, "tls-only"));
	for (const struct config_section *at = NULL; (at = next_reader (infra, access->section, at));) {
		char *path = path_of_member (access->wanted, "reader", config_name (at), ""), *lists = path_of_member (access->wanted, "lister", config_name (at), "");
		char *from = arena_printf (access->wanted, "cdn/%s#principal", config_name (at));
		if (!path || !from || !lists)
			return larder_fail_memory (error);
		lines_add_from (&access->desired, path, from);
		if (((const struct schema_cdn *) config_struct (at))->list)
			lines_add_from (&access->desired, lists, from);
	}
	return 0;
}

static int
add_access (struct larder_infra *infra, const struct config_section *at, const struct schema_store *asked, struct larder_error *error)
{
	struct resource *access = resource_add (infra, at, "access", asked->bucket, asked->backend);
	if (!access)
		return larder_fail_memory (error);
	access->protect = asked->protect;
	access->watched = !config_given (at, "tls-only") && !next_reader (infra, config_name (at), NULL);
	int code = resource_desired_by (infra, access, desire_access, error);
	for (const struct config_section *reader = NULL; code == 0 && (reader = next_reader (infra, access->section, reader));)
		code = resource_needs (infra, access, resource_find (infra, "cdn", config_name (reader), NULL), error);
	return code < 0 ? code : resource_needs (infra, access, resource_find (infra, "store", config_name (at), "bucket"), error);
}

int
desired_access (struct larder_infra *infra, struct larder_error *error)
{
	int code = 0;
	for (const struct config_section *at = NULL; code == 0 && (at = config_next (larder_configuration (infra->larder), "store", at));) {
		const struct schema_store *asked = config_struct (at);
		code = check_reader (infra, at, error);
		if (code == 0 && asked->bucket && asked->backend)
			code = add_access (infra, at, asked, error);
	}
	return code;
}

/* ---- what is copied elsewhere ---- */

/* Copies go to another bucket, which a view has not. */
static int
check_target (const struct larder_infra *infra, const struct resource *copies, const struct config_section *at, struct larder_error *error)
{
	const char *to = ((const struct schema_replication *) config_struct (at))->to;
	if (strcmp (to, copies->section) == 0)
		return larder_fail_next (error, LARDER_E_INVALID, "to = NAME of another [store]", "[replication \"%s\"] of %s copies [store \"%s\"] to itself", config_name (at),
			config_where_key (at, "to"), copies->section);
	if (!resource_find (infra, "store", to, "bucket"))
		return larder_fail_next (error, LARDER_E_INVALID, "to = NAME of a [store] with a bucket of its own", "[replication \"%s\"] of %s copies to '%s', which has no bucket", config_name (at),
			config_where_key (at, "to"), to);
	return 0;
}

/* Two rules to one bucket that are as urgent: the service refuses all of them. */
static int
check_priority (const struct larder_infra *infra, const struct resource *copies, const struct config_section *at, struct larder_error *error)
{
	const struct schema_replication *asked = config_struct (at);
	const char *all = ((const struct schema_store *) config_struct (copies->at))->replication;
	for (const struct config_section *other = NULL; (other = config_next (larder_configuration (infra->larder), "replication", other)) && other != at;) {
		const struct schema_replication *before = config_struct (other);
		if (text_is_listed (all, config_name (other)) && strcmp (before->to, asked->to) == 0 && before->priority == asked->priority)
			return larder_fail_next (error, LARDER_E_INVALID, "priority = another number in one of them: the higher one decides",
				"[replication \"%s\"] of %s has priority %lld, as [replication \"%s\"] of %s has, and both copy [store \"%s\"] to '%s'", config_name (at), config_where_key (at, "priority"),
				(long long) asked->priority, config_name (other), config_where_key (other, "priority"), copies->section, asked->to);
	}
	return 0;
}

static int
add_replication (const struct larder_infra *infra, struct resource *copies, const struct config_section *at, struct larder_error *error)
{
	const struct schema_replication *asked = config_struct (at);
	const char *id = asked->id ? asked->id : config_name (at);
	int code = check_target (infra, copies, at, error);
	if (code == 0)
		code = check_priority (infra, copies, at, error);
	if (code == 0)
		code = check_tag (at, asked->tag, error);
	if (code < 0)
		return code;
	struct lines *lines = &copies->desired;
	char *path = path_of_member (copies->wanted, "rule", id, ".to"), *from = arena_printf (copies->wanted, "store/%s#id", asked->to);
	if (!path || !from)
		return larder_fail_memory (error);
	lines_add (lines, "role", asked->role ? asked->role : "auto");
	lines_add_from (lines, path, from);
	lines_add_in (lines, "rule", id, ".status", "enabled");
	lines_add_in (lines, "rule", id, ".prefix", asked->prefix);
	lines_add_in (lines, "rule", id, ".tag", asked->tag);
	lines_add_in (lines, "rule", id, ".class", asked->storage_class);
	lines_add_in (lines, "rule", id, ".priority", arena_printf (copies->wanted, "%lld", (long long) asked->priority));
	lines_add_in (lines, "rule", id, ".delete-markers", yes_no (asked->delete_markers));
	if (asked->time_control > 0)
		lines_add_in (lines, "rule", id, ".within-seconds", text_seconds (copies->wanted, asked->time_control));
	return 0;
}

/* NULL: it has none of its own. */
static const char *
key_of (const struct config_section *store)
{
	const char *text = ((const struct schema_store *) config_struct (store))->encryption, *key = encryption_key (text ? text : "");
	return *key ? key : NULL;
}

/* What has a key is copied where the rule says so, under a key of the other side; who copies it must use both. */
static int
add_keys (struct resource *copies, const char *rule, const struct resource *target, struct larder_error *error)
{
	const char *own = key_of (copies->at), *theirs = target ? key_of (target->at) : NULL;
	if (own && target && !theirs)
		return larder_fail_next (error, LARDER_E_INVALID, "encryption = HOW KEY in its [store], a key of its own region",
			"[store \"%s\"] of %s has a key, and [store \"%s\"], where its copies go, has none", copies->section, config_where_key (copies->at, "encryption"), target->section);
	lines_add (&copies->desired, "source-key", own);
	lines_add (&copies->desired, arena_printf (copies->wanted, "%s.encrypted", rule), own ? "yes" : NULL);
	lines_add (&copies->desired, arena_printf (copies->wanted, "%s.key", rule), theirs);
	return 0;
}

static int
need_target (struct larder_infra *infra, struct resource *copies, struct larder_error *error)
{
	int code = 0;
	for (size_t n = 0, count = copies->desired.count; code == 0 && n < count; n++) {
		const char *from = copies->desired.at[n].from, *end = from ? strchr (from, '#') : NULL, *path = copies->desired.at[n].path;
		char *name = end ? arena_copy_bytes (copies->wanted, from + strlen ("store/"), (size_t) (end - from) - strlen ("store/")) : NULL;
		char *rule = name ? arena_copy_bytes (copies->wanted, path, strlen (path) - strlen (".to")) : NULL;
		const struct resource *target = name ? resource_find (infra, "store", name, "bucket") : NULL;
		if (end && !rule)
			return larder_fail_memory (error);
		if (name)
			code = resource_needs (infra, copies, target, error);
		if (name && code == 0)
			code = add_keys (copies, rule, target, error);
	}
	return code;
}

/* Copies that lie where the original lies are none when that region fails. */
static int
check_region (const struct larder_infra *infra, const struct config_section *at, struct larder_error *error)
{
	const struct schema_replication *asked = config_struct (at);
	const struct config *config = larder_configuration (infra->larder);
	const struct config_section *store, *backend;
	if (!asked->region || !*asked->region || config_find (config, "store", asked->to, &store, NULL) < 0)
		return 0;
	const char *name = ((const struct schema_store *) config_struct (store))->backend, *lies;
	if (!name || config_find (config, "backend", name, &backend, NULL) < 0)
		return 0;
	lies = config_text (backend, "region");
	if (lies && strcmp (lies, asked->region) == 0)
		return 0;
	if (lies && *lies)
		return larder_fail_next (error, LARDER_E_INVALID, "correct one of them, or let the copies go to a [store] of another [backend]",
			"[replication \"%s\"] of %s is to copy into region '%s', and [store \"%s\"] lies in '%s': region of [backend \"%s\"], %s", config_name (at),
			config_where_key (at, "region"), asked->region, asked->to, lies, name, config_where_key (backend, "region"));
	return !backend_option (infra->larder, backend, "region") ? 0 : larder_fail_next (error, LARDER_E_INVALID, "region = … there",
		"[replication \"%s\"] of %s is to copy into region '%s', and [backend \"%s\"] of %s, which holds the copies, says none", config_name (at), config_where_key (at, "region"),
		asked->region, name, config_where (backend));
}

static int
check_regions (const struct larder_infra *infra, const char *replications, struct larder_error *error)
{
	int code = 0;
	for (const struct config_section *at = NULL; code == 0 && (at = section_listed (infra, "replication", replications, at));)
		code = check_region (infra, at, error);
	return code;
}

/* Settings of one bucket are written one after another: after who may read it. */
static int
add_copies (struct larder_infra *infra, const struct config_section *at, const struct schema_store *asked, struct larder_error *error)
{
	struct resource *copies = resource_add (infra, at, "replication", asked->bucket, asked->backend);
	if (!copies)
		return larder_fail_memory (error);
	copies->protect = asked->protect;
	copies->watched = !asked->replication || !*asked->replication;
	copies->must = copies->watched ? NULL : "rule[*].to";
	int code = each_named (infra, copies, "replication", asked->replication, add_replication, error);
	if (code == 0)
		code = check_regions (infra, asked->replication, error);
	if (code == 0)
		code = need_target (infra, copies, error);
	if (code == 0)
		code = resource_needs (infra, copies, resource_find (infra, "store", config_name (at), "bucket"), error);
	return code < 0 ? code : resource_needs (infra, copies, resource_find (infra, "store", config_name (at), "access"), error);
}

int
desired_replications (struct larder_infra *infra, struct larder_error *error)
{
	int code = 0;
	for (const struct config_section *at = NULL; code == 0 && (at = config_next (larder_configuration (infra->larder), "store", at));) {
		const struct schema_store *asked = config_struct (at);
		if (asked->bucket && asked->backend)
			code = add_copies (infra, at, asked, error);
	}
	return code;
}
