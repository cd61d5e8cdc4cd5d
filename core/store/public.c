/* public.c: configuration and modules for applications: thin, over the rooms below. */
#include "handle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "error.h"

static int
need_config (const struct larder *larder, struct larder_error *error)
{
	return larder->config ? 0 : larder_fail_next (error, LARDER_E_INVALID, "open one with a configuration",
		"this handle has no configuration");
}

int
larder_config_each (struct larder *larder, larder_setting_fn setting, void *context, struct larder_error *error)
{
	const struct config_modules modules = { larder, backend_is_secret, backend_options };
	int code = need_config (larder, error);
	return code < 0 ? code : config_each (larder->config, &modules, setting, context, error);
}

int
larder_config_explain (struct larder *larder, const char *key, larder_setting_fn setting, void *context, struct larder_error *error)
{
	const struct config_modules modules = { larder, backend_is_secret, backend_options };
	int code = need_config (larder, error);
	return code < 0 ? code : config_explain (larder->config, key, &modules, setting, context, error);
}

static int
report (larder_finding_cb finding, void *context, const struct config_section *section, const struct larder_error *error)
{
	char name[200];
	snprintf (name, sizeof name, "%s.%s", config_kind (section), config_name (section));
	struct larder_finding found = {
		.size = sizeof found, .code = error->code, .section = name, .text = error->message, .next = *error->next ? error->next : NULL,
		.file = *error->file ? error->file : NULL, .line = error->line,
	};
	return finding (context, &found);
}

/* The first section, of the kind or (NULL) of any, whose `key` is `name`. */
static const struct config_section *
find_user (const struct larder *larder, const char *kind, const char *key, const char *name)
{
	for (const struct config_section *section = NULL; (section = config_next (larder->config, kind, section));) {
		const char *named = config_text (section, key);
		if (named && strcmp (named, name) == 0)
			return section;
	}
	return NULL;
}

/* A module that no store needs may come later: said, with who waits for it, and no failure. */
static int
note_absent (const struct larder *larder, larder_finding_cb finding, void *context, const struct config_section *section)
{
	bool lock = strcmp (config_kind (section), "lock") == 0;
	const struct config_section *user = find_user (larder, NULL, lock ? "lock" : "backend", config_name (section));
	char name[200], text[400], file[300];
	snprintf (name, sizeof name, "%s.%s", config_kind (section), config_name (section));
	snprintf (text, sizeof text, "%s '%s' is not installed; needed by %s '%s'", lock ? "lock" : "driver", config_text (section, "driver"),
	          user ? config_kind (user) : config_kind (section), user ? config_name (user) : config_name (section));
	snprintf (file, sizeof file, "%s", config_where (section));
	char *colon = strrchr (file, ':');
	struct larder_finding found = { .size = sizeof found, .section = name, .text = text, .file = file, .line = colon ? (uint32_t) strtoul (colon + 1, NULL, 10) : 0 };
	if (colon)
		*colon = '\0';
	return finding (context, &found);
}

/* What a store uses is opened; of the others the module and its options are looked at. */
static int
check_modules (struct larder *larder, const char *kind, larder_finding_cb finding, void *context)
{
	int code = 0;
	for (const struct config_section *section = NULL; code == 0 && (section = config_next (larder->config, kind, section));) {
		struct larder_error error = LARDER_ERROR_INIT;
		struct instance *instance;
		bool used = strcmp (kind, "backend") == 0 && find_user (larder, "store", "backend", config_name (section));
		int found = used ? backend_open (larder, config_name (section), &instance, &error) : backend_try (larder, section, &error);
		if (found == LARDER_E_NOTFOUND && !used)
			code = note_absent (larder, finding, context, section);
		else if (found < 0)
			code = report (finding, context, section, &error);
	}
	return code;
}

/* Options of codecs, by the codecs' own tables; one that is not installed may come later. */
static int
check_codec_sections (struct larder *larder, larder_finding_cb finding, void *context)
{
	int code = 0;
	for (const struct config_section *section = NULL; code == 0 && (section = config_next (larder->config, "codec", section));) {
		struct larder_error error = LARDER_ERROR_INIT;
		const struct module *module;
		struct instance *instance = NULL;
		int found = registry_load (larder->registry, LARDER_KIND_CODEC, config_name (section), &module, &error);
		if (found == 0)
			found = codec_open (larder, module, &instance, &error);
		instance_free (instance);
		error.code = found == LARDER_E_NOTFOUND ? 0 : error.code;
		if (found < 0)
			code = report (finding, context, section, &error);
	}
	return code;
}

static int
check_codecs (struct larder *larder, larder_finding_cb finding, void *context)
{
	int code = 0;
	for (const struct config_section *section = NULL; code == 0 && (section = config_next (larder->config, "pipeline", section));) {
		const struct schema_pipeline *pipeline = config_struct (section);
		const char *named[] = { pipeline->encode, pipeline->thumbnail_store ? pipeline->thumbnail_encode : NULL };
		for (size_t i = 0; i < 2 && code == 0; i++) {
			char format[64];
			const struct module *module;
			struct larder_error error = LARDER_ERROR_INIT;
			snprintf (format, sizeof format, "%.*s", named[i] ? (int) strcspn (named[i], " ") : 0, named[i] ? named[i] : "");
			if (*format && registry_codec_named (larder->registry, format, &module, &error) < 0)
				code = report (finding, context, section, &error);
		}
	}
	return code;
}

int
larder_config_check (struct larder *larder, larder_finding_cb finding, void *context, struct larder_error *error)
{
	int code = need_config (larder, error);
	if (code == 0)
		code = check_modules (larder, "backend", finding, context);
	if (code == 0)
		code = check_modules (larder, "lock", finding, context);
	if (code == 0)
		code = check_codec_sections (larder, finding, context);
	return code ? code : check_codecs (larder, finding, context);
}

int
larder_module_each (struct larder *larder, larder_module_fn module, void *context, struct larder_error *error)
{
	return registry_each (larder->registry, module, context, error);
}

/* "png" may be of any kind; "driver-png" says which; a path is a path. */
static int
load_named (struct larder *larder, const char *name, const struct module **ret, struct larder_error *error)
{
	static const char *const kinds[] = { "driver", "codec", "lock" };
	size_t length = strlen (name);
	if (strchr (name, '/') || (length > 3 && strcmp (name + length - 3, ".so") == 0))
		return registry_load_file (larder->registry, name, ret, error);
	for (uint32_t kind = LARDER_KIND_DRIVER; kind <= LARDER_KIND_LOCK; kind++) {
		size_t word = strlen (kinds[kind - 1]);
		if (strncmp (name, kinds[kind - 1], word) == 0 && name[word] == '-')
			return registry_load (larder->registry, kind, name + word + 1, ret, error);
	}
	int code = LARDER_E_NOTFOUND;
	for (uint32_t kind = LARDER_KIND_DRIVER; kind <= LARDER_KIND_LOCK && code == LARDER_E_NOTFOUND; kind++)
		code = registry_load (larder->registry, kind, name, ret, error);
	if (code != LARDER_E_NOTFOUND)
		return code;
	code = larder_fail (error, code, "no module '%s' in '%s'", name, registry_folder (larder->registry));
	larder_explain (error, LARDER_DETAIL_NEXT, "`larder module list` shows what is there");
	return code;
}

int
larder_module_info (struct larder *larder, const char *name, larder_module_fn each, void *context, struct larder_error *error)
{
	const struct module *module;
	int code = load_named (larder, name, &module, error);
	if (code < 0)
		return code;
	struct larder_arena *arena = arena_new ();
	if (!arena)
		return larder_fail_memory (error);
	struct larder_module_facts facts = { .size = sizeof facts };
	module_facts (module, arena, &facts);
	code = each (context, &facts);
	arena_free (arena);
	return code;
}

int
larder_module_new (const char *kind, const char *name, const char *into, struct larder_error *error)
{
	return module_new (kind, name, into, error);
}
