/* show.c: what is in force, where it comes from, and what it overrode. */
#include <stdio.h>
#include <string.h>

#include "error.h"
#include "merge.h"
#include "reference.h"
#include "schema.h"
#include "values.h"

struct show {
	const struct config_modules *modules;
	larder_setting_fn setting;
	void *context;
};

/* The table of a section's keys, the schema's or the module's; never NULL. */
static const struct larder_option *
options_of (const struct config_modules *modules, const struct config_section *section)
{
	static const struct larder_option none[] = { { 0 } };
	const struct schema *schema = schema_find (section->kind);
	const struct larder_option *options = schema ? schema->options : modules && modules->options ? modules->options (modules->context, section) : NULL;
	return options ? options : none;
}

static const struct larder_option *
option_of (const struct config_modules *modules, const struct config_section *section, const char *key)
{
	for (const struct larder_option *option = options_of (modules, section); option->key; option++)
		if (strcmp (option->key, key) == 0)
			return option;
	return NULL;
}

static bool
is_secret (const struct config_modules *modules, const struct config_section *section, const char *key)
{
	return modules && modules->is_secret && modules->is_secret (modules->context, section, key);
}

static int
report (const struct show *show, const struct config_section *section, const struct config_entry *entry, bool winner)
{
	bool secret = is_secret (show->modules, section, entry->key);
	const struct larder_option *option = option_of (show->modules, section, entry->key);
	char joined[4096] = "";
	size_t length = 0;
	for (size_t i = 0; !entry->value.text && i < entry->value.count && length < sizeof joined; i++)
		length += (size_t) snprintf (joined + length, sizeof joined - length, "%s\"%s\"", i ? ", " : "", entry->value.items[i]);
	struct larder_setting setting = {
		.size = sizeof setting, .kind = section->kind, .name = section->name, .key = entry->key,
		.value = secret ? "(secret)" : entry->value.text ? entry->value.text : joined, .help = option ? option->help : NULL,
		.file = entry->file, .line = entry->line, .origin = entry->origin, .winner = winner,
	};
	return show->setting (show->context, &setting);
}

static int
report_default (const struct show *show, const struct config_section *section, const struct larder_option *option)
{
	struct larder_setting setting = {
		.size = sizeof setting, .kind = section->kind, .name = section->name, .key = option->key,
		.value = option->def ? option->def : "", .help = option->help, .origin = LARDER_FROM_DEFAULT, .winner = true,
	};
	return show->setting (show->context, &setting);
}

static int
each_of (const struct show *show, const struct config_section *section)
{
	int code = 0;
	for (const struct config_entry *entry = section->entries; code == 0 && entry; entry = entry->next)
		code = entry->value.blank ? 0 : report (show, section, entry, true);
	for (const struct larder_option *option = options_of (show->modules, section); code == 0 && option->key; option++)
		if (!(option->flags & LARDER_HIDDEN_OPTION) && !config_entry_find (section, option->key))
			code = report_default (show, section, option);
	return code;
}

int
config_each (const struct config *config, const struct config_modules *modules, larder_setting_fn setting, void *context, struct larder_error *error)
{
	(void) error;
	struct show show = { modules, setting, context };
	int code = 0;
	for (const struct config_section *section = config->first; code == 0 && section; section = section->next)
		code = each_of (&show, section);
	return code;
}

/* A section where a key of it is wanted. */
static int
fail_section (const char *kind, const char *name, struct larder_error *error)
{
	char next[250];
	snprintf (next, sizeof next, "add a key of it; 'larder config show --all %.60s.%.120s' lists them", kind, name);
	return larder_fail_next (error, LARDER_E_INVALID, next, "'%s.%s' is a section, not KIND.NAME.KEY", kind, name);
}

/* "store.images.bucket", "larder.environment"; a name may hold dots, a key does not. */
static int
split (const struct config *config, const char *key, const struct config_section **ret, const char **ret_key, struct larder_error *error)
{
	const char *dot = strchr (key, '.'), *last = strrchr (key, '.');
	char kind[64], name[160] = "";
	if (!dot || dot - key >= (long) sizeof kind || (last > dot && last - dot - 1 >= (long) sizeof name)) {
		int code = larder_fail (error, LARDER_E_INVALID, "'%s' is not KIND.NAME.KEY", key);
		larder_explain (error, LARDER_DETAIL_NEXT, "for example store.images.bucket, or larder.environment");
		return code;
	}
	snprintf (kind, sizeof kind, "%.*s", (int) (dot - key), key);
	if (last > dot)
		snprintf (name, sizeof name, "%.*s", (int) (last - dot - 1), dot + 1);
	*ret = config_section_find (config, kind, name);
	*ret_key = last + 1;
	if (!*ret && !*name && config_section_find (config, kind, last + 1))
		return fail_section (kind, last + 1, error);
	return *ret ? 0 : reference_fail (config, kind, name, NULL, error);
}

static int
fail_key (const struct config_section *section, const struct larder_option *options, const char *key, struct larder_error *error)
{
	const char *nearest = values_nearest (options, sizeof *options, key);
	char next[200];
	if (nearest)
		snprintf (next, sizeof next, "did you mean '%s'?", nearest);
	else
		snprintf (next, sizeof next, "'larder config show --all %s%s%.80s' lists its keys", section->kind, *section->name ? "." : "", section->name);
	return larder_fail_next (error, LARDER_E_NOTFOUND, next, "[%s%s%s%s] has no key '%s'", section->kind, *section->name ? " \"" : "", section->name,
		*section->name ? "\"" : "", key);
}

int
config_explain (const struct config *config, const char *key, const struct config_modules *modules, larder_setting_fn setting, void *context,
                struct larder_error *error)
{
	struct show show = { modules, setting, context };
	const struct config_section *section = NULL;
	const char *word = "";
	int code = split (config, key, &section, &word, error);
	if (code < 0)
		return code;
	const struct config_entry *entry = config_entry_find (section, word);
	const struct larder_option *option = option_of (modules, section, word);
	if (!entry && !option)
		return fail_key (section, options_of (modules, section), word, error);
	bool winner = true;
	for (; entry; entry = entry->overridden, winner = false)
		if ((code = report (&show, section, entry, winner)))
			return code;
	return winner ? report_default (&show, section, option) : 0;
}
