/* export.c: larder_export: the sections it is about, the driver's share of the text, and all or nothing of it to the caller. */
#include "infra.h"

#define LARDER_API_VERSION LARDER_API_CURRENT
#include <larder/driver.h>

#include <string.h>

#include "error.h"

enum { TEXT_MOST = 1 << 20 };

/* ---- what the driver is told ---- */

struct desired { const struct larder_line *lines, *next; };

static int
next_line (void *context, struct larder_line *ret_line, struct larder_error *error)
{
	struct desired *desired = context;
	(void) error;
	if (!desired->next->path)
		return 0;
	larder_give (ret_line, desired->next++);
	return 1;
}

static void
rewind_lines (void *context)
{
	struct desired *desired = context;
	desired->next = desired->lines;
}

/* ---- what it writes ---- */

static int
add_bytes (void *context, const void *bytes, size_t count, struct larder_error *error)
{
	return buffer_add (context, bytes, count) < 0 ? larder_fail (error, LARDER_E_LIMIT, "the driver writes too much") : 0;
}

static int
ask (struct exporting *exporting, struct instance *instance, const struct larder_export *request, struct buffer *text, struct larder_error *error)
{
	const struct larder_driver *driver = instance->module->driver;
	const struct larder_sink sink = { .size = sizeof sink, .context = text, .write = add_bytes };
	struct larder_call call = larder_call_begin (exporting->larder, exporting->arena);
	if (!driver->export_resource)
		return 0;
	instance_enter (instance);
	int code = driver->export_resource (instance->self, &call, request, &sink, error);
	instance_leave (instance);
	return code;
}

int
export_share (struct exporting *exporting, const char *backend, const char *type, const char *section, const struct larder_line *lines,
              const char **ret, struct larder_error *error)
{
	struct desired desired = { lines, lines };
	struct larder_lines asked = { .size = sizeof asked, .context = &desired, .next = next_line, .rewind = rewind_lines };
	const struct larder_export request = {
		.size = sizeof request, .format = exporting->request->format, .type = type, .section = section, .identity = section, .desired = &asked,
	};
	CLEANUP_BUFFER struct buffer text;
	buffer_init (&text, TEXT_MOST);
	struct instance *instance = NULL;
	int code = backend_describe (exporting->larder, backend, exporting->arena, &instance, error);
	if (code == 0)
		code = ask (exporting, instance, &request, &text, error);
	instance_free (instance);
	if (code < 0)
		return code;
	*ret = arena_copy (exporting->arena, buffer_text (&text));
	return *ret ? 0 : larder_fail_memory (error);
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
	if (!request.format || strcmp (request.format, "kubernetes") != 0)
		return larder_fail_next (error, LARDER_E_INVALID, "there is kubernetes", "nothing is exported as '%s'", request.format ? request.format : "");
	int code = find_sections (&exporting, error);
	if (code == 0)
		code = export_kubernetes (&exporting, error);
	if (code == 0 && out.failed)
		code = larder_fail_memory (error);
	return code < 0 ? code : sink->write (sink->context, out.at, out.length, error);
}
