/* merge.c: how a later source wins over an earlier one. */
#include "merge.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "schema.h"

static int
add_to_kind (struct config *config, struct config_section *section)
{
	const struct name *found = names_next (&config->kinds, section->kind, "", NULL);
	struct config_kind *kind = found ? (struct config_kind *) name_thing (found) : arena_alloc (config->arena, sizeof *kind);
	if (!kind || (!found && names_add (&config->kinds, section->kind, "", (uintptr_t) kind) < 0))
		return -1;
	if (!found)
		kind->last = &kind->first;
	*kind->last = section;
	kind->last = &section->next_of_kind;
	return 0;
}

/* Words and file are the configuration's own, or static. */
static struct config_section *
section_get (struct config *config, const char *kind, const char *name, const char *file, unsigned line)
{
	struct config_section *section = config_section_find (config, kind, name);
	if (section)
		return section;
	section = arena_alloc (config->arena, sizeof *section);
	if (!section)
		return NULL;
	*section = (struct config_section) { .kind = kind, .name = name, .file = file, .line = line, .where = arena_printf (config->arena, "%s:%u", file, line) };
	if (!section->where || names_add (&config->names, kind, name, (uintptr_t) section) < 0 || add_to_kind (config, section) < 0)
		return NULL;
	*config->last = section;
	config->last = &section->next;
	return section;
}

/* The new value stands where the old one stood, and remembers it; a blank one only stands below it. */
static int
set_entry (struct config *config, struct config_section *section, const struct config_entry *given, struct larder_error *error)
{
	struct config_entry *entry = arena_alloc (config->arena, sizeof *entry), **at = &section->entries;
	if (!entry)
		return larder_fail_memory (error);
	*entry = *given;
	while (*at && strcmp ((*at)->key, entry->key) != 0)
		at = &(*at)->next;
	if (*at && entry->value.blank) {
		entry->overridden = (*at)->overridden;
		(*at)->overridden = entry;
		return 0;
	}
	if (*at) {
		entry->overridden = *at;
		entry->next = (*at)->next;
	}
	*at = entry;
	return 0;
}

int
merge_sections (struct config *config, const struct ini_section *sections, const char *file, uint32_t origin, struct larder_error *error)
{
	for (; sections; sections = sections->next) {
		struct config_section *section = section_get (config, sections->kind, sections->name, file, sections->line);
		if (!section)
			return larder_fail_memory (error);
		section->damaged = section->damaged || sections->damaged;
		for (const struct ini_entry *entry = sections->entries; entry; entry = entry->next) {
			struct config_entry given = { entry->key, entry->value, file, entry->line, origin, NULL, NULL, NULL };
			int code = set_entry (config, section, &given, error);
			if (code < 0)
				return code;
		}
	}
	return 0;
}

static int
set_text (struct config *config, struct config_section *section, const char *key, const char *text, const char *from, uint32_t origin,
          struct larder_error *error)
{
	const char **items = arena_alloc (config->arena, 2 * sizeof *items);
	char *copy = arena_copy (config->arena, text);
	if (!items || !copy)
		return larder_fail_memory (error);
	items[0] = copy;
	struct config_entry given = { arena_copy (config->arena, key), { copy, items, 1, false, false, NULL }, arena_copy (config->arena, from), 0, origin, NULL, NULL, NULL };
	return set_entry (config, section, &given, error);
}

static void
variable_of (const char *key, char ret[80])
{
	size_t length = (size_t) snprintf (ret, 80, "LARDER_%s", key);
	for (size_t i = 7; i < length && i < 79; i++)
		ret[i] = ret[i] == '-' ? '_' : (char) toupper ((unsigned char) ret[i]);
}

int
merge_larder_keys (struct config *config, const struct larder_pairs *flags, struct larder_error *error)
{
	struct config_section *section = section_get (config, "larder", "", config->path, 1);
	if (!section)
		return larder_fail_memory (error);
	int code = 0;
	for (const struct larder_option *option = schema_find ("larder")->options; option->key && code == 0; option++) {
		char variable[80];
		variable_of (option->key, variable);
		const char *text = secure_getenv (variable);
		if (text)
			code = set_text (config, section, option->key, text, variable, LARDER_FROM_ENVIRONMENT, error);
	}
	for (size_t i = 0; i < flags->count && code == 0; i++) {
		const struct larder_pair *pair = larder_pair_at (flags, i);
		char flag[80];
		snprintf (flag, sizeof flag, "--%s", pair->name);
		code = set_text (config, section, pair->name, pair->value, flag, LARDER_FROM_FLAG, error);
	}
	return code;
}
