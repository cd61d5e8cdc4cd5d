/* objects.c: single objects of a store: what the store's section adds, what the driver must be able to do, and
 * what is compared afterwards. */
#include "handle.h"

#define LARDER_API_VERSION LARDER_API_CURRENT
#include <larder/driver.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "arena.h"
#include "checksum.h"
#include "cleanup.h"
#include "error.h"
#include "objects.h"
#include "text.h"

#define CAN(store, operation) store_can (store, offsetof (struct larder_driver, operation))

int
object_fail_unsupported (const struct larder_store *store, const char *what, struct larder_error *error)
{
	int code = larder_fail (error, LARDER_E_UNSUPPORTED, "driver '%s' of store '%s' cannot %s", store->instance->module->name, store_name (store), what);
	larder_explain (error, LARDER_DETAIL_NEXT, "`larder module info` lists what a driver can do");
	return code;
}

int
object_fail_read_only (const struct larder_store *store, struct larder_error *error)
{
	char next[200];
	snprintf (next, sizeof next, "leave --replica away; or write to '%.60s:' itself, where it is to take over for good", store->replica ? store->replica : "");
	if (store->replica)
		return larder_fail_next (error, LARDER_E_CONFLICT, next, "store '%s' is read from its replica '%s', and nothing is written there", store_name (store), store->replica);
	return larder_fail_next (error, LARDER_E_DENIED, "open it without LARDER_READ_ONLY", "store '%s' is opened read-only", store_name (store));
}

/* A key every store could hold: not empty, at most 1024 bytes. */
static int
check_key (const struct larder_store *store, const char *key, struct larder_error *error)
{
	size_t length = key ? strlen (key) : 0;
	if (!length)
		return larder_fail_next (error, LARDER_E_INVALID, "add the object's key behind the colon",
			"'%s' names no object", store_prefix (store));
	return length <= 1024 ? 0 : larder_fail_next (error, LARDER_E_INVALID, "choose a shorter key",
		"key has %zu bytes, a key has at most 1024", length);
}

int
store_writable (const struct larder_store *store, struct larder_error *error)
{
	return store->larder->settings.flags & LARDER_READ_ONLY ? object_fail_read_only (store, error) : 0;
}

static int
check_start (const struct larder_store *store, const char *key, struct larder_error *error)
{
	return larder_is_cancelled (store->larder) ? larder_fail_cancelled (error) : check_key (store, key, error);
}

int
larder_stat (struct larder_store *store, struct larder_arena *arena, const char *key, const char *version,
             struct larder_info *ret_info, struct larder_error *error)
{
	int code = check_start (store, key, error);
	if (code < 0)
		return code;
	struct larder_call call = larder_call_begin (store->larder, arena);
	struct larder_object object = { .size = sizeof object, .bucket = store->bucket, .key = key, .version = version };
	instance_enter (store->instance);
	code = store->driver->stat (store->instance->self, &call, &object, ret_info, error);
	instance_leave (store->instance);
	return code;
}

/* ---- writing ----------------------------------------------------------------------------------- */

static const char *
content_type_of (const char *key)
{
	static const struct { const char *extension, *type; } types[] = {
		{ "png", "image/png" }, { "webp", "image/webp" }, { "jpg", "image/jpeg" }, { "jpeg", "image/jpeg" }, { "gif", "image/gif" },
		{ "svg", "image/svg+xml" }, { "avif", "image/avif" }, { "bmp", "image/bmp" }, { "tif", "image/tiff" }, { "tiff", "image/tiff" },
		{ "txt", "text/plain; charset=utf-8" }, { "log", "text/plain; charset=utf-8" }, { "md", "text/markdown; charset=utf-8" },
		{ "html", "text/html; charset=utf-8" }, { "css", "text/css; charset=utf-8" }, { "csv", "text/csv; charset=utf-8" },
		{ "js", "text/javascript; charset=utf-8" }, { "json", "application/json" }, { "ndjson", "application/x-ndjson" }, { "xml", "application/xml" },
		{ "pdf", "application/pdf" }, { "zip", "application/zip" }, { "gz", "application/gzip" }, { "tar", "application/x-tar" },
		{ "mp4", "video/mp4" }, { "webm", "video/webm" }, { "mp3", "audio/mpeg" }, { "wav", "audio/wav" },
	};
	const char *slash = strrchr (key, '/'), *dot = strrchr (slash ? slash : key, '.');
	for (size_t i = 0; dot && i < sizeof types / sizeof *types; i++)
		if (strcasecmp (dot + 1, types[i].extension) == 0)
			return types[i].type;
	return "application/octet-stream";
}

/* The dearer to read the later, and behind DEEP_ARCHIVE those that lifecycles lead nowhere. */
static const char *const classes[] = {
	"STANDARD", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER_IR", "GLACIER", "DEEP_ARCHIVE", "REDUCED_REDUNDANCY",
	"EXPRESS_ONEZONE", "OUTPOSTS", "SNOW", "FSX_OPENZFS"
};
enum { CLASSES = sizeof classes / sizeof *classes, CLASSES_DEEP = 7 };

static size_t
class_at (const char *storage_class)
{
	size_t at = 0;
	while (at < CLASSES && strcmp (storage_class, classes[at]) != 0)
		at++;
	return at;
}

bool
store_class_is_deeper (const char *class, const char *than)
{
	size_t at = class_at (class);
	return at < CLASSES_DEEP && at > class_at (than);
}

int
store_check_class (const char *storage_class, struct larder_error *error)
{
	if (!storage_class || class_at (storage_class) < CLASSES)
		return 0;
	int code = larder_fail (error, LARDER_E_INVALID, "unknown storage class '%s'", storage_class);
	const char *nearest = text_nearest (storage_class, classes, CLASSES);
	char next[120];
	snprintf (next, sizeof next, nearest ? "did you mean '%s'?" : "for example %s", nearest ? nearest : "STANDARD");
	larder_explain (error, LARDER_DETAIL_NEXT, next);
	return code;
}

const char *
store_wished_class (const struct larder_store *store, const char *class)
{
	if (!class || store->instance->caps & LARDER_CAP_CLASSES)
		return class;
	if (!__atomic_exchange_n (&larder_whole (store->larder)->class_told, true, __ATOMIC_RELAXED))
		module_host.log (LARDER_LOG_WARN, "store '%s': class %s is not applied, its backend '%s' has no storage classes", store_name (store), class,
		                 store->backend_name);
	return NULL;
}

/* What the store's section says, where the caller said nothing. */
static int
fill_attributes (const struct larder_store *store, const char *key, struct larder_attributes *attributes, struct larder_error *error)
{
	attributes->size = sizeof *attributes;
	if (!attributes->content_type)
		attributes->content_type = content_type_of (key);
	if (!attributes->cache_control)
		attributes->cache_control = store->schema->cache_control;
	int code = store_check_class (store->schema->storage_class, error);
	if (!attributes->storage_class)
		attributes->storage_class = store_wished_class (store, store->schema->storage_class);
	return code < 0 ? code : store_check_class (attributes->storage_class, error);
}

static int
check_condition (const struct larder_store *store, bool create_only, const char *if_match, struct larder_error *error)
{
	if (create_only && !(store->instance->caps & LARDER_CAP_CREATE_ONLY))
		return object_fail_unsupported (store, "write only what is not there yet", error);
	if (if_match && !(store->instance->caps & LARDER_CAP_IF_MATCH))
		return object_fail_unsupported (store, "write only over what it expects", error);
	return 0;
}

/* Without a look at whether the handle was cancelled. */
static int
complete_write (const struct larder_store *store, const struct larder_put *request, struct larder_write *ret, struct larder_error *error)
{
	*ret = (struct larder_write) {
		.size = sizeof *ret, .bucket = store->bucket, .key = request->key, .attributes = request->attributes,
		.condition = { sizeof ret->condition, request->create_only, request->if_match },
	};
	int code = check_key (store, request->key, error);
	if (code == 0)
		code = store_writable (store, error);
	if (code == 0)
		code = check_condition (store, request->create_only, request->if_match, error);
	return code == 0 ? fill_attributes (store, request->key, &ret->attributes, error) : code;
}

int
object_write (const struct larder_store *store, const struct larder_put *request, struct larder_write *ret, struct larder_error *error)
{
	return larder_is_cancelled (store->larder) ? larder_fail_cancelled (error) : complete_write (store, request, ret, error);
}

static int
write_object (struct larder_store *store, struct larder_call *call, const struct larder_put *request, const struct larder_source *source,
              struct larder_info *ret_info, struct larder_error *error)
{
	struct larder_write write;
	int code = complete_write (store, request, &write, error);
	char checksum[16];
	uint64_t crc;
	if (code == 0 && (store->instance->caps & LARDER_CAP_CHECKSUM) && (code = checksum_source (source, &crc, NULL, error)) == 0) {
		crc64nvme_text (crc, checksum);
		write.checksum_type = LARDER_CHECKSUM_CRC64NVME;
		write.checksum = checksum;
		if (source->rewind)
			code = source->rewind (source->context, error);
	}
	if (code < 0)
		return code;
	instance_enter (store->instance);
	code = store->driver->write (store->instance->self, call, &write, source, ret_info, error);
	instance_leave (store->instance);
	return code;
}

int
larder_put (struct larder_store *store, struct larder_arena *arena, const struct larder_put *request,
            const struct larder_source *source, struct larder_info *ret_info, struct larder_error *error)
{
	struct larder_call call = larder_call_begin (store->larder, arena);
	return larder_is_cancelled (store->larder) ? larder_fail_cancelled (error) : write_object (store, &call, request, source, ret_info, error);
}

int
store_put_last (struct larder_store *store, struct larder_arena *arena, const struct larder_put *request, const struct larder_source *source,
                struct larder_info *ret_info, struct larder_error *error)
{
	struct larder_error why = LARDER_ERROR_INIT;
	CLEANUP_CLOSE int timer = -1;
	struct larder_call call;
	int code = larder_put (store, arena, request, source, ret_info, &why);
	if (code < 0 && larder_is_cancelled (store->larder)) {
		code = larder_call_last (store->larder, arena, &timer, &call, error);
		return code < 0 ? code : write_object (store, &call, request, source, ret_info, error);
	}
	if (code < 0 && error)
		larder_give (error, &why);
	return code;
}

bool
store_copies_within (const struct larder_store *from, const struct larder_store *to, bool create_only)
{
	bool undecided = create_only && !(to->instance->caps & LARDER_CAP_COPY_CREATE_ONLY);
	return from->instance == to->instance && CAN (to, copy) && !undecided;
}

int
store_copy_tags (struct larder_store *from, const char *key, const char *version, struct larder_store *to, const char *to_key, struct larder_arena *arena,
                 struct larder_error *error)
{
	const struct larder_object source = { sizeof source, from->bucket, key, version }, target = { sizeof target, to->bucket, to_key, NULL };
	struct larder_call call = larder_call_begin (to->larder, arena);
	struct larder_pairs tags = { NULL, 0, sizeof (struct larder_pair) };
	if (!CAN (from, tags_get) || !CAN (to, tags_set))
		return 0;
	instance_enter (from->instance);
	int code = from->driver->tags_get (from->instance->self, &call, &source, &tags, error);
	instance_leave (from->instance);
	if (code == LARDER_E_UNSUPPORTED || (code == 0 && tags.count == 0))
		return 0;
	instance_enter (to->instance);
	if (code == 0)
		code = to->driver->tags_set (to->instance->self, &call, &target, &tags, error);
	instance_leave (to->instance);
	return code;
}

int
larder_copy_object (struct larder_store *from, struct larder_store *to, struct larder_arena *arena,
                    const struct larder_copy_object *request, struct larder_info *ret_info, struct larder_error *error)
{
	return store_copy (from, to, arena, request, NULL, ret_info, error);
}

int
store_copy (struct larder_store *from, struct larder_store *to, struct larder_arena *arena, const struct larder_copy_object *request,
            const struct store_watch *watch, struct larder_info *ret_info, struct larder_error *error)
{
	int code = check_start (from, request->key, error);
	if (code == 0)
		code = check_key (to, request->to, error);
	if (code == 0)
		code = store_writable (to, error);
	if (code == 0)
		code = check_condition (to, request->create_only, NULL, error);
	if (code == 0)
		code = store_check_class (request->attributes.storage_class, error);
	if (code < 0)
		return code;
	if (!store_copies_within (from, to, request->create_only))
		return object_copy_through (from, to, arena, request, watch, ret_info, error);
	struct larder_copy copy = {
		.size = sizeof copy, .from = { sizeof copy.from, from->bucket, request->key, request->version }, .bucket = to->bucket, .key = request->to,
		.if_match = request->if_match, .attributes = request->attributes, .condition = { sizeof copy.condition, request->create_only, NULL },
	};
	copy.attributes.size = sizeof copy.attributes;
	if (!copy.attributes.storage_class)
		copy.attributes.storage_class = store_wished_class (to, to->schema->storage_class);
	struct larder_call call = larder_call_begin (to->larder, arena);
	instance_enter (to->instance);
	code = to->driver->copy (to->instance->self, &call, &copy, ret_info, error);
	instance_leave (to->instance);
	return store_read_failed (from, request->key, code, error);
}

/* ---- removing ---------------------------------------------------------------------------------- */

struct removal {
	const char *const *keys;
	larder_removed_cb removed;
	void *context;
	int failed;                      /* first code of a failed item */
	struct larder_error *error;
};

static int
on_removed (void *context, size_t index, int code, const struct larder_info *info, const struct larder_error *error)
{
	struct removal *removal = context;
	(void) info;
	if (code < 0 && !removal->failed) {
		removal->failed = code;
		if (removal->error && error)
			larder_give (removal->error, error);
	}
	return removal->removed ? removal->removed (removal->context, removal->keys[index], code, error) : 0;
}

static int
remove_items (struct larder_store *store, const struct larder_remove *items, size_t count, struct removal *removal, struct larder_error *error)
{
	struct larder_arena *arena = arena_new ();
	if (!arena)
		return larder_fail_memory (error);
	struct larder_call call = larder_call_begin (store->larder, arena);
	instance_enter (store->instance);
	int code = store->driver->remove (store->instance->self, &call, store->bucket, items, count, sizeof *items, on_removed, removal, error);
	instance_leave (store->instance);
	arena_free (arena);
	return code ? code : removal->failed;
}

int
larder_remove (struct larder_store *store, const char *const *keys, size_t count, larder_removed_cb removed, void *context,
               struct larder_error *error)
{
	int code = store_writable (store, error);
	struct larder_remove *items = code == 0 ? calloc (count ? count : 1, sizeof *items) : NULL;
	if (!items)
		return code < 0 ? code : larder_fail_memory (error);
	for (size_t i = 0; i < count && code == 0; i++) {
		code = check_start (store, keys[i], error);
		items[i] = (struct larder_remove) { .size = sizeof *items, .key = keys[i] };
	}
	struct removal removal = { keys, removed, context, 0, error };
	if (code == 0 && count)
		code = remove_items (store, items, count, &removal, error);
	free (items);
	return code;
}

static int
remove_item (struct larder_store *store, const struct larder_remove *item, struct larder_error *error)
{
	int code = check_start (store, item->key, error);
	if (code == 0)
		code = store_writable (store, error);
	if (code == 0 && item->if_match && !(store->instance->caps & LARDER_CAP_REMOVE_IF_MATCH))
		code = object_fail_unsupported (store, "remove only what it expects", error);
	struct removal removal = { &item->key, NULL, NULL, 0, error };
	return code < 0 ? code : remove_items (store, item, 1, &removal, error);
}

int
store_remove_if (struct larder_store *store, const char *key, const char *if_match, struct larder_error *error)
{
	const struct larder_remove item = { .size = sizeof item, .key = key, .if_match = if_match };
	return remove_item (store, &item, error);
}

int
store_remove_seen (struct larder_store *store, const char *key, const struct larder_info *seen, struct larder_error *error)
{
	bool exact = seen->version && strcmp (seen->version, "null") != 0;
	bool conditional = (store->instance->caps & LARDER_CAP_REMOVE_IF_MATCH) || !exact;
	const struct larder_remove item = {
		.size = sizeof item, .key = key, .if_match = conditional ? seen->etag : NULL, .version = conditional ? NULL : seen->version,
	};
	return remove_item (store, &item, error);
}

const struct larder_retrieval *
store_retrieval (const struct larder_store *store, size_t n)
{
	const char *row = (const char *) store->driver->retrievals;
	for (; row && ((const struct larder_retrieval *) (const void *) row)->storage_class; row += store->driver->retrieval_stride)
		if (n-- == 0)
			return (const struct larder_retrieval *) (const void *) row;
	return NULL;
}

int
store_restore (struct larder_store *store, const char *key, const char *version, const char *tier, uint32_t days, struct larder_error *error)
{
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	const struct larder_restore request = { .size = sizeof request, .object = { sizeof request.object, store->bucket, key, version }, .days = days, .tier = tier };
	int code = arena ? check_key (store, key, error) : larder_fail_memory (error);
	if (code < 0)
		return code;
	if (!store_can (store, offsetof (struct larder_driver, restore)))
		return larder_fail (error, LARDER_E_UNSUPPORTED, "the driver %s archives nothing: all of '%s' can be read", store->driver->name, store->name);
	struct larder_call call = larder_call_begin (store->larder, arena);
	instance_enter (store->instance);
	code = store->driver->restore (store->instance->self, &call, &request, error);
	instance_leave (store->instance);
	return code;
}

int
store_url (struct larder_store *store, struct larder_arena *arena, const char *key, const char **ret_url, struct larder_error *error)
{
	int code = check_key (store, key, error);
	if (code < 0)
		return code;
	if (!CAN (store, url))
		return object_fail_unsupported (store, "give an address to an object", error);
	struct larder_call call = larder_call_begin (store->larder, arena);
	struct larder_url request = {
		.size = sizeof request, .object = { sizeof request.object, store->bucket, key, NULL }, .kind = LARDER_URL_PUBLIC, .method = "GET",
	};
	instance_enter (store->instance);
	code = store->driver->url (store->instance->self, &call, &request, ret_url, error);
	instance_leave (store->instance);
	return code;
}

const struct config_section *
store_cdn (const struct larder_store *store)
{
	const struct config_section *cdn = NULL;
	const char *name = store->schema->cdn ? store->schema->cdn : store->place->cdn;
	return name && config_find (store->larder->config, "cdn", name, &cdn, NULL) == 0 ? cdn : NULL;
}

char *
cdn_identity (const struct larder *larder, struct larder_arena *arena, const char *name)
{
	const struct schema_larder *settings = larder_settings_of (larder);
	return arena_printf (arena, "%s/cdn/%s", settings && settings->environment ? settings->environment : "default", name);
}

/* Where the profile is as it came its domain is an example's: who follows such an address finds nothing, or somebody else. */
static const char *
cdn_domain (struct larder *larder, const struct config_section *cdn)
{
	const char *domain = config_text (cdn, "domain"), *unset = domain ? config_unset (cdn, "domain") : NULL;
	if (unset && !__atomic_exchange_n (&larder_whole (larder)->domain_told, true, __ATOMIC_RELAXED))
		module_host.log (LARDER_LOG_WARN, "%s is not set, so addresses are of '%s', the default of %s; larder infra show tells the domain of [cdn \"%s\"]", unset, domain,
			config_where_key (cdn, "domain"), config_name (cdn));
	return domain;
}

int
larder_url (struct larder_store *store, struct larder_arena *arena, const char *key, const char **ret_url, struct larder_error *error)
{
	int code = check_key (store, key, error);
	if (code < 0)
		return code;
	const struct config_section *cdn = store_cdn (store);
	const char *domain = cdn ? cdn_domain (store->larder, cdn) : NULL;
	if (domain)
		return object_cdn_url (arena, domain, key, ret_url, error);
	return store_url (store, arena, key, ret_url, error);
}
