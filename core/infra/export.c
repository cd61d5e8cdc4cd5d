/* export.c: larder_export: the sections it is about, a driver's share of the text, and all or nothing of it to the caller. */
#include "infra.h"

#define LARDER_API_VERSION LARDER_API_CURRENT
#include <larder/driver.h>

#include <string.h>

#include "error.h"
#include "lines.h"

enum { TEXT_MOST = 64 << 20 };

/* ---- what a driver writes ---- */

static int
add_bytes (void *context, const void *bytes, size_t count, struct larder_error *error)
{
	return buffer_add (context, bytes, count) < 0 ? larder_fail (error, LARDER_E_LIMIT, "the driver writes too much") : 0;
}

struct larder_sink
driver_sink (struct buffer *text)
{
	return (struct larder_sink) { .size = sizeof (struct larder_sink), .context = text, .write = add_bytes };
}

int
export_ask (struct exporting *exporting, struct instance *instance, const struct larder_export *asked, const char **ret, struct larder_error *error)
{
	const struct larder_driver *driver = instance->module->driver;
	struct larder_export request = *asked;
	CLEANUP_BUFFER struct buffer text;
	const struct larder_sink sink = driver_sink (&text);
	struct larder_call call = larder_call_begin (exporting->larder, exporting->arena);
	request.format = exporting->request->format;
	buffer_init (&text, TEXT_MOST);
	if (!driver->export_resource)
		return larder_fail (error, LARDER_E_UNSUPPORTED, "the driver %s writes nothing as '%s'", driver->name, request.format);
	instance_enter (instance);
	int code = driver->export_resource (instance->self, &call, &request, &sink, error);
	instance_leave (instance);
	if (code < 0)
		return code;
	*ret = arena_copy (exporting->arena, buffer_text (&text));
	return *ret ? 0 : larder_fail_memory (error);
}

int
export_share (struct exporting *exporting, const char *backend, const char *type, const char *section, const struct lines *desired, const struct lines *observed,
              const char **ret, struct larder_error *error)
{
	struct lines_feed desired_feed, observed_feed;
	struct larder_lines wanted, there;
	lines_feed (&desired_feed, desired, &wanted);
	if (observed)
		lines_feed (&observed_feed, observed, &there);
	const struct larder_export request = {
		.size = sizeof request, .type = type, .section = section, .identity = section, .desired = &wanted, .observed = observed ? &there : NULL,
	};
	struct instance *instance = NULL;
	int code = backend_describe (exporting->larder, backend, exporting->arena, &instance, error);
	if (code == 0)
		code = export_ask (exporting, instance, &request, ret, error);
	instance_free (instance);
	return code;
}

/* ---- the sections ---- */

static int
find_sections (struct exporting *exporting, struct larder_error *error)
{
	const struct config *config = larder_configuration (exporting->larder);
	const char *name = exporting->request->cache;
	if (!config)
		return larder_fail_next (error, LARDER_E_INVALID, "open one with a configuration", "this handle has no configuration, so no cache");
	const struct config_section *only = config_next (config, "cache", NULL);
	if (!name && (!only || config_next (config, "cache", only)))
		return larder_fail_next (error, LARDER_E_INVALID, only ? "name it: --cache NAME" : "add a [cache] section; etc/larder.ini has one",
			"'%s' has %s [cache] section", config_path (config), only ? "more than one" : "no");
	int code = config_find (config, "cache", name ? name : config_name (only), &exporting->cache_at, error);
	if (code < 0)
		return code;
	exporting->cache = config_struct (exporting->cache_at);
	if (!exporting->cache->store)
		return larder_fail_next (error, LARDER_E_INVALID, "store = NAME of a [filesystem] section", "[cache \"%s\"] of %s has no 'store', so no volume",
			config_name (exporting->cache_at), config_where (exporting->cache_at));
	code = config_find (config, "filesystem", exporting->cache->store, &exporting->filesystem_at, error);
	if (code == 0)
		exporting->filesystem = config_struct (exporting->filesystem_at);
	return code;
}

int
larder_export (struct larder *larder, const struct larder_exporting *asked, const struct larder_sink *sink, struct larder_error *error)
{
	struct larder_exporting request = { .size = sizeof request };
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	CLEANUP_BUFFER struct buffer out;
	larder_give (&request, asked);
	buffer_init (&out, TEXT_MOST);
	struct exporting exporting = { .larder = larder, .request = &request, .arena = arena, .out = &out };
	if (!arena)
		return larder_fail_memory (error);
	if (!request.format)
		return larder_fail (error, LARDER_E_INVALID, "no format is named");
	bool manifests = strcmp (request.format, "kubernetes") == 0;
	int code = manifests ? find_sections (&exporting, error) : export_configuration (&exporting, error);
	if (code == 0 && manifests)
		code = export_kubernetes (&exporting, error);
	if (code == 0 && out.failed)
		code = larder_fail_memory (error);
	return code < 0 ? code : sink->write (sink->context, out.at, out.length, error);
}
