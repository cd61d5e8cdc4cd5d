/* backend.c: sections of modules: [backend], the driver's module and its one instance a section; [codec], options of a codec. */
#include "handle.h"

#define LARDER_API_VERSION LARDER_API_CURRENT
#include <larder/driver.h>
#include <larder/lock.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "buffer.h"
#include "cleanup.h"
#include "error.h"
#include "values.h"

/* Keys of a [backend] that core itself reads. */
static const char *const core_keys[] = { "driver", "server", "required", NULL };
/* And of a [lock]. */
static const char *const lock_keys[] = { "driver", "required", "store", NULL };

static bool
is_lock (const struct config_section *section)
{
	return strcmp (config_kind (section), "lock") == 0;
}

/* `name`: NULL for the one that the section names. */
static int
load_module (struct larder *larder, const struct config_section *section, const char *name, const struct module **ret, struct larder_error *error)
{
	name = name ? name : config_text (section, "driver");
	struct larder_error inner = LARDER_ERROR_INIT;
	int code = registry_load (larder->registry, is_lock (section) ? LARDER_KIND_LOCK : LARDER_KIND_DRIVER, name ? name : "", ret, &inner);
	if (code < 0) {
		larder_fail (error, code, "[%s \"%s\"] of %s: %s", config_kind (section), config_name (section), config_where (section), inner.message);
		larder_explain (error, LARDER_DETAIL_NEXT, inner.next);
	}
	return code;
}

/* A secret that ends where a comment begins has perhaps lost its end: said aloud, without the value. */
static void
warn_of_comments (const struct larder *larder, const struct config_section *section, const struct larder_option *options)
{
	for (const struct larder_option *option = options; larder->settings.log && option && option->key; option++) {
		char text[400];
		if (option->type != LARDER_SECRET || !config_comment_cut (section, option->key))
			continue;
		snprintf (text, sizeof text, "%s: a comment was cut off the secret '%s'; quote the value if it belongs to it",
		          config_where_key (section, option->key), option->key);
		larder->settings.log (larder->settings.log_context, LARDER_LOG_WARN, text);
	}
}

/* An instance of the module with the section's options, not opened yet. `skip`: keys that are core's. */
static int
fill_instance (struct larder *larder, const struct config_section *section, const struct module *module, const char *const *skip,
               struct instance **ret, struct larder_error *error)
{
	static const struct larder_option none[] = { { 0 } };
	struct larder_values *filled = NULL;
	struct instance *instance;
	int code = instance_new (module, &instance, error);
	if (code < 0)
		return code;
	code = config_fill (section, module->options ? module->options : none, sizeof *none, instance->self, skip, &filled, error);
	if (code < 0) {
		instance_free (instance);
		return code;
	}
	warn_of_comments (larder, section, module->options);
	values_free (instance->values);
	instance->values = filled;
	*ret = instance;
	return 0;
}

int
backend_make (struct larder *larder, const struct config_section *section, struct instance **ret, struct larder_error *error)
{
	static const char *const no_store[] = { "driver", "required", NULL };
	const struct module *module;
	int code = load_module (larder, section, NULL, &module, error);
	if (code < 0)
		return code;
	if (module->lock && module->lock->needs_store && !config_text (section, "store"))
		return larder_fail_next (error, LARDER_E_INVALID, "name the one that keeps its leases: store = NAME", "[lock \"%s\"] of %s needs a store",
		                         config_name (section), config_where (section));
	const char *const *skip = !module->lock ? core_keys : module->lock->needs_store ? lock_keys : no_store;
	return fill_instance (larder, section, module, skip, ret, error);
}

static const struct larder_option *
option_of (const struct larder_option *options, const char *key)
{
	for (; options && options->key; options++)
		if (strcmp (options->key, key) == 0)
			return options;
	return NULL;
}

/* The control module takes the keys that it knows; those of the section are the driver's, and looked at there. */
static int
control_make (struct larder *larder, const struct config_section *section, const char *control, struct larder_arena *arena, struct instance **ret, struct larder_error *error)
{
	const struct module *driver, *module;
	int code = load_module (larder, section, NULL, &driver, error);
	if (code == 0)
		code = load_module (larder, section, control, &module, error);
	if (code < 0)
		return code;
	size_t count = 0;
	for (const struct larder_option *option = driver->options; option && option->key; option++)
		count++;
	const char **skip = arena_alloc (arena, (count + sizeof core_keys / sizeof *core_keys) * sizeof *skip);
	if (!skip)
		return larder_fail_memory (error);
	count = 0;
	for (const char *const *key = core_keys; *key; key++)
		skip[count++] = *key;
	for (const struct larder_option *option = driver->options; option && option->key; option++)
		if (!option_of (module->options, option->key))
			skip[count++] = option->key;
	return fill_instance (larder, section, module, skip, ret, error);
}

int
codec_open (struct larder *larder, const struct module *module, struct instance **ret, struct larder_error *error)
{
	static const char *const no_keys[] = { NULL };
	const struct config_section *section = NULL;
	while (larder->config && (section = config_next (larder->config, "codec", section)))
		if (strcmp (config_name (section), module->name) == 0)
			return fill_instance (larder, section, module, no_keys, ret, error);
	return instance_new (module, ret, error);
}

int
backend_try (struct larder *larder, const struct config_section *section, struct larder_error *error)
{
	struct instance *instance;
	int code = backend_make (larder, section, &instance, error);
	if (code == 0)
		instance_free (instance);
	return code;
}

/* Buckets of the stores on this backend, or of those that ask for versions; NULL when memory runs out. */
static const char *const *
buckets_of (const struct larder *larder, const char *backend, bool versioned, struct larder_arena *arena)
{
	size_t stores = 0, count = 0;
	const struct config_section *section = NULL;
	while ((section = config_next (larder->config, "store", section)))
		stores++;
	const char **buckets = arena_alloc (arena, (stores + 1) * sizeof *buckets);
	while (buckets && (section = config_next (larder->config, "store", section))) {
		const struct schema_store *store = config_struct (section);
		if ((store->versioning || !versioned) && store->bucket && store->backend && strcmp (store->backend, backend) == 0)
			buckets[count++] = store->bucket;
	}
	return buckets;
}

/* `control`: NULL for the driver that the section names. */
static int
open_instance (struct larder *larder, const struct config_section *section, const char *control, bool describe, struct larder_arena *arena, struct instance **ret,
               struct larder_error *error)
{
	struct instance *instance;
	struct larder_open request = {
		.size = sizeof request, .name = config_name (section), .server = config_text (section, "server"),
		.read_only = larder->settings.flags & LARDER_READ_ONLY, .versioned = buckets_of (larder, config_name (section), true, arena),
		.buckets = buckets_of (larder, config_name (section), false, arena), .describe = describe,
	};
	if (!request.versioned || !request.buckets)
		return larder_fail_memory (error);
	int code = control ? control_make (larder, section, control, arena, &instance, error) : backend_make (larder, section, &instance, error);
	if (code < 0)
		return code;
	struct larder_call call = larder_call_begin (larder, arena);
	code = instance_open (instance, &call, &request, error);
	if (code < 0) {
		instance_free (instance);
		return code;
	}
	*ret = instance;
	return 0;
}

/* The backend's first use. */
static int
add_backend (struct larder *larder, const struct config_section *section, const char *control, struct backend **ret, struct larder_error *error)
{
	struct backend *backend = calloc (1, sizeof *backend);
	struct larder_arena *arena = arena_new ();
	struct instance *instance = NULL;
	int code = backend && arena ? open_instance (larder, section, control, false, arena, &instance, error) : larder_fail_memory (error);
	if (code < 0) {
		arena_free (arena);
		free (backend);
		return code;
	}
	*backend = (struct backend) { larder->backends, config_name (section), control != NULL, instance, arena };
	*ret = larder->backends = backend;
	return 0;
}

int
backend_control_open (struct larder *larder, const char *name, const char *control, struct instance **ret, struct larder_error *error)
{
	const struct config_section *section;
	int code = config_find (larder->config, "backend", name, &section, error);
	if (code < 0)
		return code;
	larder = larder_whole (larder);
	pthread_mutex_lock (&larder->mutex);
	struct backend *backend = larder->backends;
	while (backend && (backend->control != (control != NULL) || strcmp (backend->name, name) != 0))
		backend = backend->next;
	if (!backend)
		code = add_backend (larder, section, control, &backend, error);
	pthread_mutex_unlock (&larder->mutex);
	if (code == 0)
		*ret = backend->instance;
	return code;
}

int
backend_open (struct larder *larder, const char *name, struct instance **ret, struct larder_error *error)
{
	return backend_control_open (larder, name, NULL, ret, error);
}

int
backend_control_describe (struct larder *larder, const char *name, const char *control, struct larder_arena *arena, struct instance **ret, struct larder_error *error)
{
	const struct config_section *section;
	int code = config_find (larder->config, "backend", name, &section, error);
	return code < 0 ? code : open_instance (larder, section, control, true, arena, ret, error);
}

int
backend_describe (struct larder *larder, const char *name, struct larder_arena *arena, struct instance **ret, struct larder_error *error)
{
	return backend_control_describe (larder, name, NULL, arena, ret, error);
}

/* ---- by URL ------------------------------------------------------------------------------------ */

static bool
claims (struct larder *larder, const struct config_section *section, const char *scheme)
{
	const struct module *module;
	return load_module (larder, section, NULL, &module, NULL) == 0 && module_claims (module, scheme);
}

static int
named_backend (struct larder *larder, const char *name, const char *scheme, const char **ret, struct larder_error *error)
{
	const struct config_section *section;
	int code = config_find (larder->config, "backend", name, &section, error);
	if (code < 0)                            /* a word of the command line */
		return code == LARDER_E_NOTFOUND && error ? error->code = LARDER_E_INVALID : code;
	if (!claims (larder, section, scheme))
		return larder_fail_next (error, LARDER_E_INVALID, "name one whose driver is; 'larder module list' tells what drivers are for",
			"backend '%s' is not for %s:// addresses", name, scheme);
	*ret = config_name (section);
	return 0;
}

int
backend_for_scheme (struct larder *larder, const char *scheme, const char **ret_name, struct larder_error *error)
{
	CLEANUP_BUFFER struct buffer names;
	unsigned count = 0;
	buffer_init (&names, 1 << 16);
	if (larder->settings.backend)
		return named_backend (larder, larder->settings.backend, scheme, ret_name, error);
	for (const struct config_section *section = NULL; (section = config_next (larder->config, "backend", section));) {
		if (!claims (larder, section, scheme))
			continue;
		*ret_name = config_name (section);
		buffer_printf (&names, "%s%s", count++ ? ", " : "", config_name (section));
	}
	if (count == 1)
		return 0;
	if (count == 0)
		return larder_fail_next (error, LARDER_E_INVALID, "choose a profile that has one, or write STORE:KEY; 'larder store list' names the stores",
			"no [backend] of this profile is for %s:// addresses", scheme);
	return larder_fail_next (error, LARDER_E_INVALID, "name one: --backend NAME", "several backends are for %s:// addresses: %s", scheme, buffer_text (&names));
}

/* The module that a section is for: NULL for sections of the pipeline, and when it is not installed. */
static const struct module *
module_of (struct larder *larder, const struct config_section *section, bool *ret_modules)
{
	bool codec = strcmp (config_kind (section), "codec") == 0, lock = is_lock (section);
	const struct module *module = NULL;
	*ret_modules = codec || lock || strcmp (config_kind (section), "backend") == 0;
	const char *name = codec ? config_name (section) : config_text (section, "driver");
	if (!*ret_modules || !name)
		return NULL;
	uint32_t kind = codec ? LARDER_KIND_CODEC : lock ? LARDER_KIND_LOCK : LARDER_KIND_DRIVER;
	return registry_load (larder->registry, kind, name, &module, NULL) < 0 ? NULL : module;
}

const struct larder_option *
backend_options (void *context, const struct config_section *section)
{
	bool modules;
	const struct module *module = module_of (context, section, &modules);
	return module ? module->options : NULL;
}

const struct larder_option *
backend_option (struct larder *larder, const struct config_section *section, const char *key)
{
	return option_of (backend_options (larder, section), key);
}

/* A key of a module's section is secret when its module says so, and also when there is no module to ask. */
bool
backend_is_secret (void *context, const struct config_section *section, const char *key)
{
	bool modules;
	const struct module *module = module_of (context, section, &modules);
	if (!modules)
		return false;
	for (const char *const *known = is_lock (section) ? lock_keys : core_keys; *known; known++)
		if (strcmp (key, *known) == 0)
			return false;
	if (!module)
		return strstr (key, "secret") || strstr (key, "password") || strstr (key, "token") || strstr (key, "key");
	const struct larder_option *option = option_of (module->options, key);
	return !option || option->type == LARDER_SECRET;   /* none of this module's: perhaps a misspelt secret */
}
