/* facts.c: what core knows of a resource beside its desired lines, as lines that conditions of traps may ask for. */
#include "resource.h"

#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "kubernetes.h"
#include "text.h"

static bool
is (const char *a, const char *b)
{
	return a && strcmp (a, b) == 0;
}

static const struct config_section *
next (const struct larder_infra *infra, const char *kind, const struct config_section *after)
{
	return config_next (larder_configuration (infra->larder), kind, after);
}

static void
accepted (struct lines *facts, const char *const *names)
{
	for (; names && *names; names++)
		lines_add_in (facts, "accept", *names, "", "yes");
}

/* ---- a bucket, and who may read it ---- */

/* The [store] with a bucket of its own that the named one is, or is a view of; NULL. */
static const struct config_section *
place_of (const struct larder_infra *infra, const char *name)
{
	const struct config_section *at;
	const struct config *config = larder_configuration (infra->larder);
	if (!name || config_find (config, "store", name, &at, NULL) < 0)
		return NULL;
	const char *in = ((const struct schema_store *) config_struct (at))->in;
	return in && config_find (config, "store", in, &at, NULL) < 0 ? NULL : at;
}

static bool
is_placed_in (const struct larder_infra *infra, const char *name, const char *store)
{
	const struct config_section *at = place_of (infra, name);
	return at && is (config_name (at), store);
}

static void
of_views (const struct larder_infra *infra, const char *store, struct lines *facts)
{
	for (const struct config_section *at = NULL; (at = next (infra, "store", at));) {
		const struct schema_store *view = config_struct (at);
		if (!is (view->in, store))
			continue;
		lines_add_in (facts, "view", config_name (at), "", "yes");
		lines_add_in (facts, "view", config_name (at), ".class", store_class (infra->larder, at));
		accepted (facts, view->accept);
	}
}

/* Do objects of the store say themselves how long they may be kept? Then an edge need keep them no longer than its least. */
static bool
says_how_long (const struct larder_infra *infra, const char *store)
{
	for (const struct config_section *at = NULL; (at = next (infra, "store", at));) {
		const struct schema_store *one = config_struct (at);
		if (one->cache_control && is_placed_in (infra, config_name (at), store))
			return true;
	}
	for (const struct config_section *at = NULL; (at = next (infra, "pipeline", at));) {
		const struct schema_pipeline *one = config_struct (at);
		if (one->cache_control && is_placed_in (infra, one->store, store))
			return true;
	}
	return false;
}

/* How long an edge keeps an object that nobody pushes out: by the behavior that forgets first, and by the one that keeps longest. */
struct edge { int64_t least, most; bool unknown; };

static struct edge
edge_of (const struct larder_infra *infra, const struct schema_cdn *cdn, bool said)
{
	struct edge edge = { 0 };
	for (const char *const *name = cdn->behaviors; name && *name; name++) {
		const struct config_section *at;
		const struct schema_behavior *behavior = config_find (larder_configuration (infra->larder), "behavior", *name, &at, NULL) == 0 ? config_struct (at) : NULL;
		if (!behavior || behavior->cache_policy)
			return (struct edge) { .unknown = true };
		int64_t least = said ? behavior->min_ttl : behavior->default_ttl;
		edge.least = name == cdn->behaviors || least < edge.least ? least : edge.least;
		edge.most = behavior->max_ttl > edge.most ? behavior->max_ttl : edge.most;
	}
	return edge;
}

static void
of_cdns (const struct larder_infra *infra, const char *store, struct lines *facts)
{
	for (const struct config_section *at = NULL; (at = next (infra, "cdn", at));) {
		const struct schema_cdn *cdn = config_struct (at);
		if (is (cdn->failover, store))
			lines_add_in (facts, "spare-of", config_name (at), "", "yes");
		if (!is (cdn->store, store))
			continue;
		const struct edge edge = edge_of (infra, cdn, says_how_long (infra, store));
		lines_add_in (facts, "behind", config_name (at), "", "yes");
		lines_add_in (facts, "behind", config_name (at), ".keeps", edge.unknown || edge.most > 0 ? "yes" : NULL);
		lines_add_in (facts, "behind", config_name (at), ".days", text_days (facts->arena, edge.most));
		lines_add_in (facts, "behind", config_name (at), ".least-days", text_days (facts->arena, edge.least));
	}
}

/* The class of the originals, for copies whose section names none arrive in that. */
static const char *
class_of_originals (const struct larder_infra *infra, const char *replication)
{
	for (const struct config_section *at = NULL; (at = next (infra, "store", at));)
		if (text_is_listed (((const struct schema_store *) config_struct (at))->replication, replication))
			return store_class (infra->larder, at);
	return NULL;
}

/* As what they arrive here. */
static void
of_arrivals (const struct larder_infra *infra, const char *store, struct lines *facts)
{
	for (const struct config_section *at = NULL; (at = next (infra, "replication", at));) {
		const struct schema_replication *copies = config_struct (at);
		if (is (copies->to, store))
			lines_add_in (facts, "copy", config_name (at), ".class", copies->storage_class ? copies->storage_class : class_of_originals (infra, config_name (at)));
	}
}

/* Is a copy there where another region's failure, or another machine's, would not take both? */
static bool
is_elsewhere (const struct larder_infra *infra, const struct schema_store *store, const struct schema_replication *copies)
{
	static const char *const places[] = { "region", "endpoint", "root", NULL };
	const struct config_section *at;
	const struct schema_store *target = config_find (larder_configuration (infra->larder), "store", copies->to, &at, NULL) == 0 ? config_struct (at) : NULL;
	return target && target->backend && store->backend && !backends_agree (infra, store->backend, target->backend, places);
}

/* Does one of its replications take elsewhere all that begins so? */
static bool
is_copied (const struct larder_infra *infra, const struct schema_store *store, const char *prefix)
{
	for (const struct config_section *at = NULL; (at = section_listed (infra, "replication", store->replication, at));) {
		const struct schema_replication *copies = config_struct (at);
		if (!copies->tag && (!copies->prefix || text_begins (prefix, copies->prefix)) && is_elsewhere (infra, store, copies))
			return true;
	}
	return false;
}

/* Of the models of a cache the first that stay here alone, in words: those that its job copies are all, else those whose keys begin as its own do. NULL: none. */
static const char *
left_here (const struct larder_infra *infra, const struct schema_store *store, const struct schema_cache *cache, struct larder_arena *arena)
{
	const char *head = arena_copy_bytes (arena, cache->key, strcspn (cache->key, "{")), *own[] = { head ? head : "", NULL };
	const char *const *prefix = cache->prefixes && *cache->prefixes ? cache->prefixes : own;
	while (*prefix && is_copied (infra, store, *prefix))
		prefix++;
	if (!*prefix)
		return NULL;
	return **prefix ? arena_printf (arena, "the models below '%s'", *prefix) : "all of the models";
}

static void
of_caches (const struct larder_infra *infra, const struct resource *bucket, struct lines *facts)
{
	for (const struct config_section *at = NULL; (at = next (infra, "cache", at));) {
		const struct schema_cache *cache = config_struct (at);
		if (!is_placed_in (infra, cache->source, bucket->section))
			continue;
		lines_add_in (facts, "source-of", config_name (at), "", "yes");
		lines_add_in (facts, "source-of", config_name (at), ".left-here", left_here (infra, config_struct (bucket->at), cache, facts->arena));
	}
}

static void
of_rules (const struct larder_infra *infra, const struct resource *bucket, struct lines *facts)
{
	const struct schema_store *store = config_struct (bucket->at);
	const struct resource *copying = resource_find (infra, bucket->kind, bucket->section, "replication");
	for (const struct config_section *at = NULL; (at = section_listed (infra, "lifecycle", store->lifecycle, at));)
		accepted (facts, ((const struct schema_lifecycle *) config_struct (at))->accept);
	for (const struct config_section *at = NULL; (at = section_listed (infra, "replication", store->replication, at));) {
		const struct schema_replication *copies = config_struct (at);
		lines_add_in (facts, "replicated", config_name (at), "", "yes");
		lines_add_in (facts, "replicated", config_name (at), ".lacking", copying && copying->cut ? "yes" : NULL);
		lines_add_in (facts, "replicated", config_name (at), ".class", copies->storage_class);
		lines_add_in (facts, "replicated", config_name (at), ".to", copies->to);
		lines_add_in (facts, "replicated", config_name (at), ".delete-markers", copies->delete_markers ? "yes" : NULL);
		lines_add_in (facts, "replicated", config_name (at), ".tag", copies->tag);
		accepted (facts, copies->accept);
	}
}

static void
of_store (const struct larder_infra *infra, const struct resource *bucket, struct lines *facts)
{
	const struct schema_store *store = config_struct (bucket->at);
	lines_add (facts, "class", store_class (infra->larder, bucket->at));
	lines_add (facts, "replica", store->replica ? "yes" : NULL);
	accepted (facts, store->accept);
	of_views (infra, bucket->section, facts);
	of_cdns (infra, bucket->section, facts);
	of_arrivals (infra, bucket->section, facts);
	of_caches (infra, bucket, facts);
	of_rules (infra, bucket, facts);
	if (is (bucket->type, "bucket"))
		facts_of_old_versions (infra, store, facts);
}

/* Do both sides keep versions? */
static void
of_targets (const struct larder_infra *infra, const struct schema_store *store, struct lines *facts)
{
	lines_add (facts, "source-versioning", store->versioning ? "yes" : NULL);
	for (const struct config_section *at = NULL, *to; (at = section_listed (infra, "replication", store->replication, at));) {
		const struct schema_replication *copies = config_struct (at);
		const char *id = copies->id ? copies->id : config_name (at);
		if (config_find (larder_configuration (infra->larder), "store", copies->to, &to, NULL) < 0)
			continue;
		const struct schema_store *target = config_struct (to);
		lines_add_in (facts, "rule", id, ".target-versioning", target->versioning ? "yes" : NULL);
	}
}

/* ---- what serves ---- */

static void
of_pipelines (const struct larder_infra *infra, const char *store, struct lines *facts)
{
	for (const struct config_section *at = NULL; (at = next (infra, "pipeline", at));) {
		const struct schema_pipeline *pipeline = config_struct (at);
		if (is_placed_in (infra, pipeline->store, store) && pipeline->metadata && *pipeline->metadata)
			lines_add (facts, "origin.metadata", "yes");
	}
}

/* Does one of the replications of a store copy to this one? */
static bool
is_copied_to (const struct larder_infra *infra, const struct schema_store *store, const char *target)
{
	bool copied = false;
	for (const struct config_section *at = NULL; (at = section_listed (infra, "replication", store->replication, at));)
		copied = copied || is (((const struct schema_replication *) config_struct (at))->to, target);
	return copied;
}

static void
of_cdn (const struct larder_infra *infra, const struct resource *cdn, struct lines *facts)
{
	const struct schema_cdn *asked = config_struct (cdn->at);
	const struct config_section *at;
	accepted (facts, asked->accept);
	if (!asked->store || config_find (larder_configuration (infra->larder), "store", asked->store, &at, NULL) < 0)
		return;
	const struct schema_store *store = config_struct (at);
	lines_add (facts, "origin.may-list", asked->list ? "yes" : NULL);
	lines_add (facts, "origin.cors", store->cors);
	lines_add (facts, "origin.encryption", store->encryption);
	lines_add (facts, "origin.replicated", store->replication);
	lines_add (facts, "origin.copied-there", asked->failover && is_copied_to (infra, store, asked->failover) ? "yes" : NULL);
	of_pipelines (infra, asked->store, facts);
}

/* ---- shared files, backups ---- */

static void
of_mounts (const struct larder_infra *infra, const char *share, struct lines *facts)
{
	for (const struct config_section *at = NULL; (at = next (infra, "cache", at));) {
		const struct schema_cache *cache = config_struct (at);
		const char *name = config_name (at);
		if (!is (cache->store, share))
			continue;
		lines_add_in (facts, "cache", name, "", "yes");
		lines_add_in (facts, "cache", name, ".lease", text_seconds (facts->arena, cache->lease));
		lines_add_in (facts, "cache", name, ".claim", cache->claim);
		lines_add_in (facts, "cache", name, ".claim-rw", cache->claim_rw);
		lines_add_in (facts, "cache", name, ".volume-path", cache->volume_path);
		lines_add_in (facts, "cache", name, ".job", cache->job);
		lines_add_in (facts, "cache", name, ".service-account", cache->service_account);
		lines_add_in (facts, "cache", name, ".image", cache->image);
		lines_add_in (facts, "cache", name, ".image-moves", cache->image && !image_is_pinned (cache->image) ? "yes" : NULL);
		lines_add_in (facts, "cache", name, ".file-executable", strtol (cache->file_mode, NULL, 8) & 0111 ? "yes" : NULL);
		accepted (facts, cache->accept);
	}
}

/* What it is expected to hold, as written and in GiB, rounded up; and a rate that is paid for, in KiB a second. */
static void
of_size (const struct schema_filesystem *asked, struct lines *facts)
{
	static const char word[] = "provisioned ";
	uint64_t size, rate;
	if (asked->expected_size && text_size (asked->expected_size, &size) == 0 && size > 0) {
		lines_add (facts, "size", asked->expected_size);
		lines_add (facts, "size.gib", arena_printf (facts->arena, "%llu", (unsigned long long) ((size >> 30) + (size % (1 << 30) != 0))));
	}
	if (asked->throughput && strncmp (asked->throughput, word, strlen (word)) == 0 && text_rate (asked->throughput + strlen (word), &rate) == 0)
		lines_add (facts, "provisioned", arena_printf (facts->arena, "%llu", (unsigned long long) (rate >> 10)));
}

static void
of_share (const struct larder_infra *infra, const struct resource *share, struct lines *facts)
{
	const struct schema_filesystem *asked = config_struct (share->at);
	size_t targets = 0;
	while (asked->subnets && asked->subnets[targets])
		targets++;
	lines_add (facts, "targets", arena_printf (facts->arena, "%zu", targets));
	of_size (asked, facts);
	accepted (facts, asked->accept);
	of_mounts (infra, share->section, facts);
}

/* A cache holds what its bucket has: with old versions there is nothing left that a backup alone would have. */
static void
of_selected (const struct larder_infra *infra, const char *share, struct lines *facts)
{
	for (const struct config_section *at = NULL, *source; (at = next (infra, "cache", at));) {
		const struct schema_cache *cache = config_struct (at);
		if (!cache->store || !section_is_named (share, "filesystem", cache->store) || !(source = place_of (infra, cache->source)))
			continue;
		lines_add_in (facts, "selected", cache->store, ".cache-of", config_name (source));
		lines_add_in (facts, "selected", cache->store, ".versions", ((const struct schema_store *) config_struct (source))->versioning ? "yes" : NULL);
		return;
	}
}

/* The rules of a plan one by one, and the section that each is of; NULL: no more. */
static const struct schema_backup_rule *
rule_of (const struct larder_infra *infra, const struct config_section *backup, size_t n, const struct config_section **ret_at)
{
	const struct schema_backup *asked = config_struct (backup);
	*ret_at = backup;
	if (!asked->rules || !*asked->rules)
		return n == 0 ? &asked->own : NULL;
	for (size_t k = 0; k < n; k++)
		if (!asked->rules[k])
			return NULL;
	return asked->rules[n] && config_find (larder_configuration (infra->larder), "backup-rule", asked->rules[n], ret_at, NULL) == 0 ? config_struct (*ret_at) : NULL;
}

/* An address has parts, of which one is the region, and the last is the vault's own name; a name alone is here. */
static bool
is_vault_elsewhere (const char *vault, const char *region)
{
	const char *part = strchr (vault, ':'), *end;
	for (; part && region && (end = strchr (part + 1, ':')); part = end)
		if (strlen (region) == (size_t) (end - part - 1) && strncmp (part + 1, region, strlen (region)) == 0)
			return false;
	return strchr (vault, ':');
}

/* Does a copy of what the rule keeps go to another region than that of the backups, which their backend says? */
static bool
is_copied_away (const struct larder_infra *infra, const struct config_section *backup, const struct schema_backup_rule *rule)
{
	const struct config_section *at;
	const char *name = ((const struct schema_backup *) config_struct (backup))->backend;
	const char *region = config_find (larder_configuration (infra->larder), "backend", name, &at, NULL) == 0 ? config_text (at, "region") : NULL;
	for (const char *const *to = rule->copy_to; to && *to; to++)
		if (is_vault_elsewhere (*to, region))
			return true;
	return false;
}

static void
of_backup_rules (const struct larder_infra *infra, const struct resource *backup, struct lines *facts)
{
	const struct config_section *at;
	const struct schema_backup_rule *rule;
	for (size_t n = 0; (rule = rule_of (infra, backup->at, n, &at)); n++) {
		if (rule->copy_to && *rule->copy_to) {
			lines_add_in (facts, "rule", backup_rule_id (at), ".copy-delete-after", text_days (facts->arena, rule->copy_delete_after));
			lines_add_in (facts, "rule", backup_rule_id (at), ".copy-cold-after", text_days (facts->arena, rule->copy_cold_after));
		}
		lines_add_in (facts, "rule", backup_rule_id (at), ".only-here", is_copied_away (infra, backup->at, rule) ? NULL : backup_rule_id (at));
		if (at != backup->at)
			accepted (facts, rule->accept);
	}
}

static void
of_backup (const struct larder_infra *infra, const struct resource *backup, struct lines *facts)
{
	const struct schema_backup *asked = config_struct (backup->at);
	accepted (facts, asked->accept);
	for (const char *const *name = asked->resources; name && *name; name++)
		of_selected (infra, *name, facts);
	for (const struct config_section *at = NULL; (at = next (infra, "filesystem", at));)
		if (text_is_listed (((const struct schema_filesystem *) config_struct (at))->backup, backup->section))
			of_selected (infra, config_name (at), facts);
	of_backup_rules (infra, backup, facts);
}

/* Does some rule of that plan? */
static bool
copies_away (const struct larder_infra *infra, const struct config_section *backup)
{
	const struct config_section *at;
	const struct schema_backup_rule *rule;
	for (size_t n = 0; (rule = rule_of (infra, backup, n, &at)); n++)
		if (is_copied_away (infra, backup, rule))
			return true;
	return false;
}

static void
of_database (const struct larder_infra *infra, const struct resource *database, struct lines *facts)
{
	accepted (facts, ((const struct schema_database *) config_struct (database->at))->accept);
	for (const struct config_section *at = NULL; (at = next (infra, "backup", at));)
		for (const char *const *name = ((const struct schema_backup *) config_struct (at))->resources; name && *name; name++)
			if (section_is_named (*name, "database", database->section) && copies_away (infra, at))
				lines_add (facts, "copied-away", "yes");
}

static void
of_own (const struct resource *resource, struct lines *facts)
{
	const char *name;
	lines_add (facts, "by-lines", "yes");
	for (size_t n = 0; (name = config_item (resource->at, "accept", n)); n++)
		lines_add_in (facts, "accept", name, "", "yes");
}

int
facts_read (const struct larder_infra *infra, const struct resource *resource, struct lines *ret, struct larder_error *error)
{
	lines_begin (ret, resource->wanted);
	if (resource->driver)
		of_own (resource, ret);
	else if (is (resource->type, "bucket") || is (resource->type, "access"))
		of_store (infra, resource, ret);
	else if (is (resource->type, "replication")) {
		of_store (infra, resource, ret);
		of_targets (infra, config_struct (resource->at), ret);
		facts_of_copies (infra, config_struct (resource->at), ret);
	} else if (is (resource->type, "cdn"))
		of_cdn (infra, resource, ret);
	else if (is (resource->type, "filesystem"))
		of_share (infra, resource, ret);
	else if (is (resource->type, "backup"))
		of_backup (infra, resource, ret);
	else if (is (resource->type, "database"))
		of_database (infra, resource, ret);
	return lines_sort (ret, error);
}
