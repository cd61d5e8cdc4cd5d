/* desired-own.c: [resource]: a type of a module that core has no words for. Its keys are the paths of the module's own table. */
#include "resource.h"

#define LARDER_API_VERSION LARDER_API_CURRENT
#include <larder/driver.h>

#include <stdio.h>
#include <string.h>

#include "error.h"
#include "text.h"

enum { NAMES_MOST = 64 };
static const char *const own_keys[] = { "type", "backend", "identity", "protect", "accept" };

static int
refuse (const struct config_section *at, const char *key, const char *next, struct larder_error *error, const char *what)
{
	return larder_fail_next (error, LARDER_E_INVALID, next, "'%s' in [resource \"%s\"] of %s %s", key, config_name (at), config_where_key (at, key), what);
}

/* The names of a module's table, whose entries begin with them and end with NULL. */
static size_t
names_of (const void *table, size_t stride, const char *ret[NAMES_MOST])
{
	size_t count = 0;
	const char *at = table;
	for (; at && count < NAMES_MOST && *(const char *const *) (const void *) at; at += stride)
		ret[count++] = *(const char *const *) (const void *) at;
	return count;
}

static int
refuse_unknown (const struct config_section *at, const char *key, const char *word, const void *table, size_t stride, struct larder_error *error, const char *what)
{
	const char *words[NAMES_MOST] = { NULL };
	size_t count = names_of (table, stride, words);
	char next[250];
	text_suggest (next, sizeof next, word, words, count);
	return refuse (at, key, count ? next : "the driver has none", error, what);
}

/* ---- who has it ---- */

/* DRIVER.TYPE. Of a driver that is not installed nothing is known: 0 and NULL. */
static int
type_of (const struct larder_infra *infra, const struct config_section *at, const char **ret_driver, const char **ret_name, const struct larder_resource_type **ret, size_t *ret_stride,
         struct larder_error *error)
{
	const char *text = config_text (at, "type"), *dot = text ? strchr (text, '.') : NULL;
	const struct module *module;
	if (!dot || dot == text || !dot[1])
		return refuse (at, "type", "type = DRIVER.TYPE", error, text ? "is not DRIVER.TYPE" : "is missing");
	*ret = NULL;
	*ret_name = dot + 1;
	if (!(*ret_driver = arena_copy_bytes (infra->arena, text, (size_t) (dot - text))))
		return larder_fail_memory (error);
	if (registry_load (larder_registry (infra->larder), LARDER_KIND_DRIVER, *ret_driver, &module, NULL) < 0)
		return 0;
	*ret = resource_type_of (module->driver, dot + 1);
	*ret_stride = module->driver->resource_stride;
	return *ret ? 0 : refuse_unknown (at, "type", dot + 1, module->driver->resources, module->driver->resource_stride, error, "is no type of that driver");
}

/* The one that is named, or the only one that has this driver. `ret` NULL: this profile has none. */
static int
backend_of (const struct larder_infra *infra, const struct config_section *at, const char *driver, const char **ret, struct larder_error *error)
{
	const struct config *config = larder_configuration (infra->larder);
	const struct config_section *named;
	*ret = config_text (at, "backend");
	if (*ret)
		return config_find (config, "backend", *ret, &named, error);
	for (const struct config_section *one = NULL; (one = config_next (config, "backend", one));) {
		const char *name = config_text (one, "driver");
		if (!name || strcmp (name, driver) != 0)
			continue;
		if (*ret)
			return refuse (at, "type", "backend = NAME says which", error, "is of a driver that several [backend] sections have");
		*ret = config_name (one);
	}
	return 0;
}

/* ---- what is to be ---- */

/* Yes and no as lines have them, however they were written. */
static const char *
as_line (const struct larder_path_rule *rule, const char *text)
{
	bool truth;
	return rule->type == LARDER_BOOL && text_bool (text, &truth) == 0 ? yes_no (truth) : text;
}

static int
add_line (struct resource *one, const char *key, struct larder_error *error)
{
	const char *value = config_text (one->at, key);
	for (size_t n = 0; n < sizeof own_keys / sizeof *own_keys; n++)
		if (strcmp (key, own_keys[n]) == 0)
			return 0;
	const struct larder_path_rule *rule = resource_rule (one, key);
	if (!rule)
		return refuse_unknown (one->at, key, key, one->means->paths, one->means->path_stride, error, "is no path of that type");
	if (!value)
		return refuse (one->at, key, "a line for each member: PATH[MEMBER] = yes", error, "is a list where one value is expected");
	if (rule->flags & LARDER_PATH_COMPUTED)
		return refuse (one->at, key, "take it out", error, "is told by the service, and not asked for");
	value = as_line (rule, value);
	int code = words_check_value (one, key, value, one->at, key, error);
	if (code == 0)
		lines_add (&one->desired, key, value);
	return code;
}

static int
add_own (struct larder_infra *infra, const struct config_section *at, struct larder_error *error)
{
	const struct larder_resource_type *type;
	const char *driver = NULL, *name = NULL, *backend = NULL, *identity = config_text (at, "identity"), *protect = config_text (at, "protect");
	bool protected = false;
	size_t stride = 0;
	int code = type_of (infra, at, &driver, &name, &type, &stride, error);
	if (code == 0)
		code = backend_of (infra, at, driver, &backend, error);
	if (code == 0 && protect && text_bool (protect, &protected) < 0)
		code = refuse (at, "protect", "yes or no", error, "is neither yes nor no");
	if (code < 0)
		return code;
	struct resource *one = resource_add (infra, at, name, identity ? identity : config_name (at), backend ? backend : "");
	if (!one)
		return larder_fail_memory (error);
	one->protect = protected;
	one->bare = true;
	one->driver = driver;
	one->means = type;
	one->means_stride = stride;
	for (const char *key = NULL; type && code == 0 && (key = config_next_key (at, key));)
		code = add_line (one, key, error);
	return code;
}

int
desired_own (struct larder_infra *infra, struct larder_error *error)
{
	int code = 0;
	for (const struct config_section *at = NULL; code == 0 && (at = config_next (larder_configuration (infra->larder), "resource", at));)
		code = add_own (infra, at, error);
	return code;
}
