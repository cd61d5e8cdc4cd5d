/* reference.c: names of sections in values, and the templates of keys. */
#include "reference.h"

#include <stdio.h>
#include <string.h>

#include "error.h"
#include "schema.h"
#include "text.h"

enum { NAMES_MOST = 128 };

int
reference_fail (const struct config *config, const char *kind, const char *name, const struct config_entry *by, struct larder_error *error)
{
	const char *names[NAMES_MOST];
	size_t count = 0;
	for (const struct config_section *section = config->first; section && count < NAMES_MOST; section = section->next)
		if (strcmp (section->kind, kind) == 0)
			names[count++] = section->name;
	int code = by ? ini_fail (error, by->file, by->line, "'%s' names the %s '%s', which is not there", by->key, kind, name)
		: larder_fail (error, LARDER_E_NOTFOUND, "no %s '%s' in the configuration", kind, name);
	const char *nearest = text_nearest (name, names, count);
	char next[250];
	if (nearest)
		snprintf (next, sizeof next, "did you mean '%s'?", nearest);
	else if (count)
		snprintf (next, sizeof next, "there is: %.60s%s%.60s%s%.60s", names[0], count > 1 ? ", " : "", count > 1 ? names[1] : "",
		          count > 2 ? ", " : "", count > 2 ? names[2] : "");
	else
		snprintf (next, sizeof next, "add a section [%.60s \"%.100s\"]", kind, name);
	larder_explain (error, LARDER_DETAIL_NEXT, next);
	return code;
}

/* Named twice is a slip: of what, nobody knows. */
static int
check_twice (const struct config_entry *entry, size_t i, struct larder_error *error)
{
	for (size_t before = 0; before < i; before++)
		if (strcmp (entry->value.items[before], entry->value.items[i]) == 0)
			return ini_fail (error, entry->file, entry->line, "'%s' names '%s' twice", entry->key, entry->value.items[i]);
	return 0;
}

/* Each item once, and a section of the kind `names`, unless that is NULL. */
static int
check_items (const struct config *config, const struct config_section *section, const char *key, const char *names, struct problems *problems, struct larder_error *error)
{
	const struct config_entry *entry = config_entry_find (section, key);
	for (size_t i = 0; entry && i < entry->value.count; i++) {
		bool found = !names || config_section_find (config, names, entry->value.items[i]);
		int code = found ? check_twice (entry, i, error) : reference_fail (config, names, entry->value.items[i], entry, error);
		if (code < 0 && (code = problems_pass (problems, code, error)) < 0)
			return code;
	}
	return 0;
}

static int
check_names (const struct config *config, const struct config_section *section, struct problems *problems, struct larder_error *error)
{
	int code = 0;
	for (const struct schema_reference *reference = schema_references; code == 0 && reference->kind; reference++)
		if (strcmp (reference->kind, section->kind) == 0)
			code = check_items (config, section, reference->key, reference->names, problems, error);
	return code;
}

/* What services have: no section of ours, and one of each all the same. */
static int
check_lists (const struct config *config, const struct config_section *section, struct problems *problems, struct larder_error *error)
{
	static const struct { const char *kind, *key; } lists[] = {
		{ "backup", "copy-to" }, { "backup-rule", "copy-to" }, { "cdn", "aliases" }, { "filesystem", "nodes" }, { "filesystem", "subnets" },
	};
	int code = 0;
	for (size_t n = 0; code == 0 && n < sizeof lists / sizeof *lists; n++)
		if (strcmp (lists[n].kind, section->kind) == 0)
			code = check_items (config, section, lists[n].key, NULL, problems, error);
	return code;
}

/* A store is a place of its own, or a view of one that is. */
static int
check_store (const struct config *config, const struct config_section *section, struct larder_error *error)
{
	const struct schema_store *store = section->filled;
	if (!store->in && (!store->backend || !store->bucket))
		return ini_fail (error, section->file, section->line, "store '%s' needs 'backend' and 'bucket', or 'in'", section->name);
	if (store->in && (store->backend || store->bucket))
		return ini_fail (error, section->file, section->line, "store '%s' has 'in' beside 'backend' or 'bucket'", section->name);
	const struct config_section *of = store->in ? config_section_find (config, "store", store->in) : NULL;
	if (of && of->filled && ((const struct schema_store *) of->filled)->in)
		return ini_fail (error, section->file, section->line, "store '%s' is a view of '%s', which is itself a view", section->name, of->name);
	return 0;
}

/* Placeholders closed, not empty, of small letters and digits; {job} among them: a key without it would be everybody's. */
static int
check_template (const struct config_section *section, const char *key, const char *text, bool needs_job, struct larder_error *error)
{
	const struct config_entry *entry = config_entry_find (section, key);
	const char *file = entry ? entry->file : section->file;
	unsigned line = entry ? entry->line : section->line;
	for (const char *at = text; *at; at++) {
		if (*at == '}')
			return ini_fail (error, file, line, "'%s': '}' without '{'", key);
		if (*at != '{')
			continue;
		size_t length = strspn (at + 1, "abcdefghijklmnopqrstuvwxyz_0123456789");
		if (!length || at[1 + length] != '}')
			return ini_fail (error, file, line, "'%s': placeholder is not {word} at '%s'", key, at);
		at += 1 + length;
	}
	if (needs_job && !strstr (text, "{job}"))
		return ini_fail (error, file, line, "'%s' has no {job}: two jobs would share a key", key);
	if (*text == '/')
		return ini_fail (error, file, line, "'%s' begins with '/'", key);
	return 0;
}

/* Does {word}, closing brace included, stand in the template before `end`? */
static bool
stands_before (const char *template, const char *end, const char *word, size_t length)
{
	for (const char *at = template; at + length <= end; at++)
		if (memcmp (at, word, length) == 0)
			return true;
	return false;
}

/* {user}-{job}: "a-b-c" is of user a and of user a-b. Only what a '/' ends is certain, since no value holds one; a value
 * that stands further ahead already is known. Years, extensions and hashes hold no separator, and may come second. NULL: certain. */
static const char *
find_ambiguous (const char *key)
{
	static const char narrow[] = "{year}{month}{day}{ext}{hash8}";
	for (const char *first = strchr (key, '{'), *second; first && (second = strchr (first + 1, '{')); first = second) {
		size_t length = strcspn (first, "}") + 1, other = strcspn (second, "}") + 1;
		bool is_free = !stands_before (narrow, narrow + sizeof narrow - 1, second, other);
		if (is_free && !memchr (first + length, '/', (size_t) (second - first) - length) && !stands_before (key, first, first, length)
		    && !stands_before (key, first, second, other))
			return first;
	}
	return NULL;
}

/* A store, and a prefix of its own in it. */
static int
check_manifests (const struct config *config, const struct config_section *section, struct problems *problems, struct larder_error *error)
{
	const struct config_entry *entry = config_entry_find (section, "manifests");
	const char *where = strcmp (section->kind, "larder") == 0 && entry ? ((const struct schema_larder *) section->filled)->manifests : NULL;
	const char *colon = where ? strchr (where, ':') : NULL;
	char name[200];
	if (!where || !*where)
		return 0;
	snprintf (name, sizeof name, "%.*s", colon ? (int) (colon - where) : 0, where);
	int code = 0;
	if (!colon || !colon[1 + strspn (colon + 1, "/")]) {
		code = ini_fail (error, entry->file, entry->line, "'manifests' is STORE:PREFIX, not '%s'", where);
		larder_explain (error, LARDER_DETAIL_NEXT, "give them a prefix of their own, as in manifests = backups:manifests");
	} else if (!config_section_find (config, "store", name))
		code = reference_fail (config, "store", name, entry, error);
	return problems_pass (problems, code, error);
}

/* Read backwards, a key must give one answer: a separator stands between any two placeholders, and all that the
 * thumbnail's key wants is in it. */
static int
check_inverse (const struct config_section *section, const char *key, const char *thumbnail_key, struct larder_error *error)
{
	const struct config_entry *entry = config_entry_find (section, "key");
	const char *file = entry ? entry->file : section->file;
	unsigned line = entry ? entry->line : section->line;
	if (strstr (key, "}{"))
		return ini_fail (error, file, line, "'key' has two placeholders side by side: a thumbnail's key cannot be told from it");
	const char *ambiguous = find_ambiguous (key);
	if (ambiguous) {
		const char *end = strchr (strchr (ambiguous + 1, '{'), '}') + 1;
		int code = ini_fail (error, file, line, "'key' has '%.*s': where one value ends cannot be told, nor the thumbnail's key", (int) (end - ambiguous), ambiguous);
		larder_explain (error, LARDER_DETAIL_NEXT, "put a '/' between the two");
		return code;
	}
	for (const char *at = thumbnail_key; (at = strchr (at, '{')); at++) {
		char word[80];
		snprintf (word, sizeof word, "%.*s", (int) strcspn (at, "}") + 1, at);
		if (!strstr (key, word))
			return ini_fail (error, file, line, "'thumbnail-key' wants %s, which 'key' does not hold", word);
	}
	return 0;
}

static int
check_keys (const struct config_section *section, const struct schema_pipeline *pipeline, struct larder_error *error)
{
	int code = check_template (section, "key", pipeline->key, true, error);
	if (code == 0 && pipeline->thumbnail_store)
		code = check_template (section, "thumbnail-key", pipeline->thumbnail_key, true, error);
	if (code == 0 && pipeline->thumbnail_store)
		code = check_inverse (section, pipeline->key, pipeline->thumbnail_key, error);
	return code;
}

/* Asked for, and nowhere to go. */
static int
check_manifest (const struct config *config, const struct config_section *section, struct larder_error *error)
{
	const struct config_entry *entry = config_entry_find (section, "manifest");
	const struct config_section *larder = config_section_find (config, "larder", "");
	const struct schema_larder *settings = larder ? larder->filled : NULL;
	if (!entry || !((const struct schema_pipeline *) section->filled)->manifest || (settings && settings->manifests && *settings->manifests))
		return 0;
	int code = ini_fail (error, entry->file, entry->line, "'manifest' wants a place for manifests, and there is none");
	larder_explain (error, LARDER_DETAIL_NEXT, "name one: [larder] manifests = STORE:PREFIX");
	return code;
}

static int
check_pipeline (const struct config *config, struct config_section *section, struct problems *problems, struct larder_error *error)
{
	const struct schema_pipeline *pipeline = section->filled;
	int code = check_keys (section, pipeline, error);
	if (code == 0)
		code = check_manifest (config, section, error);
	for (const char *const *item = pipeline->metadata; code == 0 && item && *item; item++)
		code = check_template (section, "metadata", *item, false, error);
	section->damaged = code < 0;
	return problems_pass (problems, code, error);
}

static int
check_driver (const struct config_section *section, struct larder_error *error)
{
	bool needs = strcmp (section->kind, "backend") == 0 || strcmp (section->kind, "lock") == 0;
	if (!needs || config_entry_find (section, "driver"))
		return 0;
	return ini_fail (error, section->file, section->line, "[%s \"%s\"] has no 'driver'", section->kind, section->name);
}

static int
check_whole (const struct config *config, struct config_section *section, struct problems *problems, struct larder_error *error)
{
	int code = problems_pass (problems, check_driver (section, error), error);
	if (code == 0 && strcmp (section->kind, "store") == 0)
		code = problems_pass (problems, check_store (config, section, error), error);
	if (code == 0 && strcmp (section->kind, "pipeline") == 0)
		code = check_pipeline (config, section, problems, error);
	/* Templates are closed by then. */
	return code < 0 || section->damaged ? code : check_values (section, problems, error);
}

int
reference_check (const struct config *config, struct problems *problems, struct larder_error *error)
{
	for (struct config_section *section = config->first; section; section = section->next) {
		int code = problems && problems->header_lost ? 0 : check_names (config, section, problems, error);
		if (code == 0)
			code = check_lists (config, section, problems, error);
		if (code == 0 && !section->damaged)
			code = check_manifests (config, section, problems, error);
		if (code == 0 && !section->damaged)
			code = check_whole (config, section, problems, error);
		if (code < 0)
			return code;
	}
	return 0;
}
