/* stores.c: [store] sections, views, and addresses. */
#include "handle.h"

#define LARDER_API_VERSION LARDER_API_CURRENT
#include <larder/driver.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "cleanup.h"
#include "error.h"
#include "text.h"

static int
need_config (const struct larder *larder, struct larder_error *error)
{
	return larder->config ? 0 : larder_fail_next (error, LARDER_E_INVALID, "open one with a configuration",
		"this handle has no configuration, so no stores");
}

/* The section that has backend and bucket: itself, or the store it is a view of. */
static int
find_place (const struct larder *larder, const struct config_section *section, const struct config_section **ret, struct larder_error *error)
{
	const struct schema_store *schema = config_struct (section);
	if (!schema->in) {
		*ret = section;
		return 0;
	}
	return config_find (larder->config, "store", schema->in, ret, error);
}

/* "s3://bucket/key": its parts; false: no URL. */
static bool
split_url (struct larder_arena *arena, const char *text, const char **ret_scheme, const char **ret_bucket, const char **ret_key)
{
	const char *mark = strstr (text, "://"), *bucket = mark ? mark + 3 : "";
	size_t length = strcspn (bucket, "/");
	if (!mark || mark == text)
		return false;
	*ret_scheme = arena_copy_bytes (arena, text, (size_t) (mark - text));
	*ret_bucket = arena_copy_bytes (arena, bucket, length);
	*ret_key = bucket[length] ? bucket + length + 1 : "";
	return true;
}

static int
name_store (struct larder_store *store, const char *name, const char *end, const char *bucket, struct larder_error *error)
{
	store->name = strdup (name);
	store->bucket = strdup (bucket ? bucket : "");
	if (!store->name || !store->bucket || asprintf (&store->prefix, "%s%s", name, end) < 0) {
		store->prefix = NULL;
		return larder_fail_memory (error);
	}
	return 0;
}

static bool
is_replica_read (const struct larder_store *store, const struct schema_store *place)
{
	bool has = place && place->replication && *place->replication;
	return store->larder->settings.flags & LARDER_REPLICA && (!store->itself || has);
}

/* A bucket that no section tells of. */
static int
find_bucket (struct larder_store *store, const char *name, struct larder_error *error)
{
	static const struct schema_store plain;
	if (is_replica_read (store, NULL))
		return larder_fail_next (error, LARDER_E_INVALID, "write STORE:KEY; larder store list names the stores", "'%s' is no [store], so that nobody knows its replica", name);
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	const char *scheme = NULL, *bucket = NULL, *key = NULL;
	if (!arena || !split_url (arena, name, &scheme, &bucket, &key) || !scheme || !bucket)
		return larder_fail_memory (error);
	store->schema = store->place = &plain;
	int code = backend_for_scheme (store->larder, scheme, &store->backend_name, error);
	return code < 0 ? code : name_store (store, name, "/", bucket, error);
}

/* A [store], or else a [filesystem]: its whole tree is a store, too. */
static int
find_named (const struct larder *larder, const char *name, const struct config_section **ret, struct larder_error *error)
{
	if (config_find (larder->config, "store", name, ret, NULL) == 0 || config_find (larder->config, "filesystem", name, ret, NULL) == 0)
		return 0;
	return config_find (larder->config, "store", name, ret, error);
}

static int
find_filesystem (struct larder_store *store, const char *name, const struct config_section *section, struct larder_error *error)
{
	static const struct schema_store plain;
	const struct schema_filesystem *filesystem = config_struct (section);
	if (is_replica_read (store, NULL))
		return larder_fail_next (error, LARDER_E_INVALID, "leave --replica away, and name the [filesystem] that is its replica", "[filesystem \"%s\"] of %s is no [store]: no replica of it can be read so", name,
			config_where (section));
	store->schema = store->place = &plain;
	store->backend_name = filesystem->backend;
	if (!filesystem->backend)
		return larder_fail_next (error, LARDER_E_INVALID, "give it: backend = NAME", "[filesystem \"%s\"] of %s has no backend", name, config_where (section));
	return name_store (store, name, ":", ".", error);
}

/* Once for each: a store is opened many times. */
static void
tell_replica (const struct larder_store *store, const struct config_section *place)
{
	struct larder *whole = larder_whole (store->larder);
	struct replica *more = calloc (1, sizeof *more), *told;
	const struct schema_store *of = config_struct (place);
	pthread_mutex_lock (&whole->mutex);
	for (told = whole->replicas; told && told->of != of; told = told->next)
		;
	if (!told && more) {
		*more = (struct replica) { whole->replicas, of };
		whole->replicas = more;
	}
	pthread_mutex_unlock (&whole->mutex);
	if (told)
		free (more);
	else
		module_host.log (LARDER_LOG_WARN, "store '%s' is read from its replica '%s'", config_name (place), store->replica);
}

/* Where the first of its rules copies it to. A view's is that of the store that has the bucket. */
static int
find_replica (struct larder_store *store, const struct config_section *place, const struct config_section **ret, struct larder_error *error)
{
	const struct larder *larder = store->larder;
	const struct config_section *rule = NULL, *to = NULL;
	const char *names = ((const struct schema_store *) config_struct (place))->replication, *name = config_name (place);
	char one[256], next[256];
	snprintf (one, sizeof one, "%.*s", names ? (int) strcspn (names, ", ") : 0, names ? names : "");
	snprintf (next, sizeof next, "write replication = NAME in [store \"%.60s\"], and a section [replication \"NAME\"] with to = STORE; or name a store that has one", name);
	if (!*one)
		return larder_fail_next (error, LARDER_E_INVALID, next, "[store \"%s\"] of %s has no replication: no replica of it can be read", name, config_where (place));
	int code = config_find (larder->config, "replication", one, &rule, error);
	if (code == 0)
		code = config_find (larder->config, "store", ((const struct schema_replication *) config_struct (rule))->to, &to, error);
	if (code == 0)
		code = find_place (larder, to, ret, error);
	if (code < 0)
		return code;
	store->replica = config_name (to), store->primary = name;
	tell_replica (store, place);
	return 0;
}

static int
find_store (struct larder_store *store, const char *name, struct larder_error *error)
{
	const struct config_section *section = NULL, *place = NULL;
	const struct larder *larder = store->larder;
	int code = need_config (larder, error);
	if (code == 0)
		code = find_named (larder, name, &section, error);
	if (code == 0 && strcmp (config_kind (section), "filesystem") == 0)
		return find_filesystem (store, name, section, error);
	if (code == 0)
		code = find_place (larder, section, &place, error);
	if (code == 0 && is_replica_read (store, config_struct (place)))
		code = find_replica (store, place, &place, error);
	else if (code == 0 && larder->settings.flags & LARDER_REPLICA)
		module_host.log (LARDER_LOG_WARN, "store '%s' has no replica, and is read itself", name);
	if (code < 0)
		return code;
	store->schema = config_struct (section);
	store->place = config_struct (place);
	store->backend_name = store->place->backend;
	return name_store (store, name, ":", store->place->bucket, error);
}

static int
open_store (struct larder *larder, const char *name, bool itself, struct larder_store **ret, struct larder_error *error)
{
	struct larder_store *store = calloc (1, sizeof *store);
	if (!store)
		return larder_fail_memory (error);
	store->larder = larder;
	store->itself = itself;
	int code = strstr (name, "://") ? find_bucket (store, name, error) : find_store (store, name, error);
	if (code == 0)
		code = backend_open (larder, store->backend_name, &store->instance, error);
	if (code == 0 && !store->instance->module->driver->list)
		code = larder_fail_next (error, LARDER_E_UNSUPPORTED, "backend = NAME of one that does; larder module list tells what drivers are for",
			"the driver %s of backend '%s' keeps no objects", store->instance->module->driver->name, store->backend_name);
	if (code < 0) {
		larder_store_close (store);
		return code;
	}
	store->driver = store->instance->module->driver;
	*ret = store;
	return 0;
}

int
larder_store_open (struct larder *larder, const char *name, struct larder_store **ret, struct larder_error *error)
{
	return open_store (larder, name, false, ret, error);
}

int
store_open_or_itself (struct larder *larder, const char *name, struct larder_store **ret, struct larder_error *error)
{
	return open_store (larder, name, true, ret, error);
}

void
larder_store_close (struct larder_store *store)
{
	if (!store)
		return;
	free (store->name);
	free (store->prefix);
	free (store->bucket);
	free (store);
}

struct larder *store_larder (const struct larder_store *store) { return store->larder; }
const char *store_name (const struct larder_store *store) { return store->name; }
const char *store_prefix (const struct larder_store *store) { return store->prefix; }
const char *store_bucket (const struct larder_store *store) { return store->bucket; }
const char *store_replica (const struct larder_store *store) { return store->replica; }
const struct schema_store *store_section (const struct larder_store *store) { return store->schema; }
uint64_t store_caps (const struct larder_store *store) { return store->instance->caps; }
struct instance *store_instance (const struct larder_store *store) { return store->instance; }

const char *
store_place (const struct larder_store *store, struct larder_arena *arena)
{
	const struct config *config = store->larder->config;
	if (store->primary)
		return arena_copy (arena, store->primary);
	for (const struct config_section *at = NULL; config && (at = config_next (config, "store", at));) {
		const struct schema_store *schema = config_struct (at);
		if (!schema->in && schema->backend && schema->bucket && strcmp (schema->backend, store->backend_name) == 0 && strcmp (schema->bucket, store->bucket) == 0)
			return arena_copy (arena, config_name (at));
	}
	const char *mark = strstr (store->name, "://");
	return mark ? arena_printf (arena, "%.*s:%s", (int) (mark - store->name), store->name, mark + 3) : arena_copy (arena, store->name);
}

bool
store_can (const struct larder_store *store, size_t op_offset)
{
	void (*function) (void);
	memcpy (&function, (const char *) (const void *) store->driver + op_offset, sizeof function);
	return function != NULL;
}

const char *
store_class (struct larder *larder, const struct config_section *store)
{
	const struct schema_store *asked = config_struct (store);
	const struct config_section *place, *backend;
	if (asked->storage_class)
		return asked->storage_class;
	const char *name = find_place (larder, store, &place, NULL) < 0 ? NULL : ((const struct schema_store *) config_struct (place))->backend;
	if (!name || config_find (larder->config, "backend", name, &backend, NULL) < 0)
		return NULL;
	const struct larder_option *option = backend_option (larder, backend, "class");
	const char *given = option ? config_text (backend, "class") : NULL;
	return option && (!given || !*given) ? option->def : given;
}

/* "versioned, AES256, public blocked", of the place. */
static const char *
protection (struct larder_arena *arena, const struct schema_store *place)
{
	const char *text = arena_printf (arena, "%s%s%s%s%s", place->versioning ? ", versioned" : "", place->encryption ? ", " : "",
		place->encryption ? place->encryption : "", place->public_access ? ", public " : "", place->public_access ? place->public_access : "");
	return text && *text ? text + 2 : NULL;
}

int
larder_store_each (struct larder *larder, larder_store_fn each, void *context, struct larder_error *error)
{
	int code = need_config (larder, error);
	struct larder_arena *arena = arena_new ();
	if (code == 0 && !arena)
		code = larder_fail_memory (error);
	for (const struct config_section *section = NULL; code == 0 && (section = config_next (larder->config, "store", section));) {
		const struct config_section *place = section;
		const struct schema_store *schema = config_struct (section);
		const struct config_section *backend = NULL;
		code = find_place (larder, section, &place, error);
		if (code < 0)
			break;
		const struct schema_store *at = config_struct (place);
		code = config_find (larder->config, "backend", at->backend, &backend, error);
		struct larder_store_facts facts = {
			.size = sizeof facts, .name = config_name (section), .driver = backend ? config_text (backend, "driver") : NULL, .backend = at->backend,
			.bucket = at->bucket, .purpose = schema->purpose, .view_of = schema->in, .storage_class = schema->storage_class,
			.protection = protection (arena, at), .expected = schema->expected_size ? schema->expected_size : schema->expected_rate,
		};
		if (code == 0)
			code = each (context, &facts);
	}
	arena_free (arena);
	return code;
}

/* The store of such an address is named "s3://bucket". */
static int
parse_url (struct larder *larder, struct larder_arena *arena, const char *text, struct larder_address *ret, struct larder_error *error)
{
	struct larder_address address = { .size = sizeof address };
	const char *scheme = NULL, *bucket = NULL, *backend;
	if (!split_url (arena, text, &scheme, &bucket, &address.path) || !scheme || !bucket)
		return larder_fail_memory (error);
	if (!*bucket)
		return larder_fail_next (error, LARDER_E_INVALID, "write SCHEME://BUCKET/KEY, or STORE:KEY", "'%s' names no bucket", text);
	int code = backend_for_scheme (larder, scheme, &backend, error);
	if (code < 0)
		return code;
	address.store = arena_printf (arena, "%s://%s", scheme, bucket);
	address.path = arena_copy (arena, address.path);
	if (!address.store || !address.path)
		return larder_fail_memory (error);
	larder_give (ret, &address);
	return 0;
}

/* Local: "-", paths that begin with '/' or '.', and names without a colon (or with a '/' before it). */
int
larder_address_parse (struct larder *larder, struct larder_arena *arena, const char *text, struct larder_address *ret,
                      struct larder_error *error)
{
	const char *colon = strchr (text, ':'), *slash = strchr (text, '/');
	struct larder_address address = { .size = sizeof address, .path = arena_copy (arena, text) };
	if (!*text)
		return larder_fail_next (error, LARDER_E_INVALID, "write STORE:KEY, or a path", "address is empty");
	if (colon && text[0] != '.' && text[0] != '/' && (!slash || colon < slash)) {
		const struct config_section *section;
		address.store = arena_copy_bytes (arena, text, (size_t) (colon - text));
		address.path = arena_copy (arena, colon + 1);
		const char *name = address.store ? address.store : "";
		int code = need_config (larder, error);
		/* A store of that name comes first: its keys may begin with slashes. */
		if (code == 0 && strncmp (colon, "://", 3) == 0 && find_named (larder, name, &section, NULL) < 0)
			return parse_url (larder, arena, text, ret, error);
		if (code == 0)
			code = find_named (larder, name, &section, error);
		if (code == LARDER_E_NOTFOUND) {   /* a word of the command line, not an object */
			code = LARDER_E_INVALID;
			if (error)
				error->code = code;
		}
		if (code < 0)
			return code;
	}
	if (!address.path)
		return larder_fail_memory (error);
	larder_give (ret, &address);
	return 0;
}
