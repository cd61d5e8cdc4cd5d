/* config.c: pipeline and profile merged into sections, each filled by its schema. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arena.h"
#include "cleanup.h"
#include "error.h"
#include "file.h"
#include "find.h"
#include "merge.h"
#include "problems.h"
#include "reference.h"
#include "schema.h"
#include "text.h"
#include "values.h"

enum { FILE_MOST = 1 << 20 };

struct config_section *
config_section_find (const struct config *config, const char *kind, const char *name)
{
	const struct name *found = names_next (&config->names, kind, name, NULL);
	return found ? (struct config_section *) name_thing (found) : NULL;
}

struct config_entry *
config_entry_find (const struct config_section *section, const char *key)
{
	for (struct config_entry *entry = section->entries; entry; entry = entry->next)
		if (strcmp (entry->key, key) == 0)
			return entry->value.blank ? NULL : entry;
	return NULL;
}

static const char *
look_up (void *context, const char *name)
{
	(void) context;
	return secure_getenv (name);
}

static int
read_file (struct config *config, const char *path, struct problems *problems, struct ini_section **ret, struct larder_error *error)
{
	CLEANUP_CLOSE int fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return larder_fail_next (error, LARDER_E_INVALID, "check path and mode; --config FILE names the pipeline, and its profiles stand in profiles/ beside it",
			"cannot open '%s': %s", path, strerror (errno));   /* not NOTFOUND: that is an object's */
	CLEANUP_FREE char *text = malloc (FILE_MOST + 1);
	if (!text)
		return larder_fail_memory (error);
	int64_t got = file_read_all (fd, text, FILE_MOST + 1);
	if (got < 0)
		return larder_fail_errno (error, (int) -got, "cannot read '%s'", path);
	if (got > FILE_MOST)
		return larder_fail_next (error, LARDER_E_LIMIT, "is it a configuration file? One has kilobytes",
			"'%s' is larger than 1 MiB", path);
	return ini_read_all (config->arena, path, text, (size_t) got, look_up, NULL, problems, ret, error);
}

/* Every section of a known kind: named or not as its schema says. Unknown kinds get the nearest. */
static int
check_kind (const struct config_section *section, struct larder_error *error)
{
	static const char *const module_kinds[] = { "backend", "lock", "codec", "resource" };
	const struct schema *schema = schema_find (section->kind);
	bool module = false;
	for (size_t i = 0; i < 4; i++)
		module = module || strcmp (section->kind, module_kinds[i]) == 0;
	if (module && *section->name)
		return 0;
	if (schema && schema->named == (*section->name != '\0'))
		return 0;
	if (schema || module)
		return ini_fail (error, section->file, section->line, schema && !schema->named ? "section [%s] takes no name" : "section [%s] needs a name", section->kind);
	const char *words[32] = { "backend", "lock", "codec", "resource" };
	size_t count = 4;
	for (const struct schema *known = schemas; known->kind; known++)
		words[count++] = known->kind;
	int code = ini_fail (error, section->file, section->line, "unknown section kind '%s'", section->kind);
	const char *nearest = text_nearest (section->kind, words, count);
	char next[120];
	if (nearest) {
		snprintf (next, sizeof next, "did you mean [%s%s]?", nearest, *section->name ? " \"…\"" : "");
		larder_explain (error, LARDER_DETAIL_NEXT, next);
	}
	return code;
}

static int
set_entry (struct larder_values *values, const struct config_entry *entry, struct larder_error *error)
{
	char where[300];
	if (entry->line)
		snprintf (where, sizeof where, "%s:%u", entry->file, entry->line);
	else
		snprintf (where, sizeof where, "%s", entry->file);
	const struct larder_option *option = values_option (values, entry->key);
	int code = 0;
	if (option && entry->value.blank)
		return 0;
	if (option && option->type == LARDER_LIST && !entry->value.items && entry->value.text && !*entry->value.text) {   /* "key =": an empty list */
		code = values_set (values, entry->key, "", where, error);
	} else if (option && option->type == LARDER_LIST) {
		if (!entry->value.items)
			return ini_fail (error, entry->file, entry->line, "'%s' is not a list of items", entry->key);
		for (size_t i = 0; code == 0 && i < entry->value.count; i++)
			code = values_append (values, entry->key, entry->value.items[i], where, error);
	} else if (option && !entry->value.text) {
		return ini_fail (error, entry->file, entry->line, "'%s' is a list where one value is expected; quote the whole of it", entry->key);
	} else {
		code = values_set (values, entry->key, option ? entry->value.text : "", where, error);
	}
	if (code < 0 && entry->line) {
		larder_explain (error, LARDER_DETAIL_FILE, entry->file);
		if (error)
			error->line = entry->line;
	}
	return code;
}

static bool
is_skipped (const char *key, const char *const *skip)
{
	for (; skip && *skip; skip++)
		if (strcmp (key, *skip) == 0)
			return true;
	return strncmp (key, "x-", 2) == 0;
}

static int
fill (const struct config_section *section, const struct larder_option *options, size_t stride, void *self, const char *const *skip,
      struct problems *problems, struct larder_values **ret_values, struct larder_error *error)
{
	bool damaged = section->damaged;
	struct larder_values *values = values_new (options, stride, self);
	if (!values)
		return larder_fail_memory (error);
	int code = 0;
	for (const struct config_entry *entry = section->entries; entry && code == 0; entry = entry->next)
		if (!is_skipped (entry->key, skip)) {
			code = set_entry (values, entry, error);
			damaged = damaged || code < 0;
			code = problems_pass (problems, code, error);
		}
	if (code == 0 && !damaged && (code = values_finish (values, section->where, error)) < 0) {
		larder_explain (error, LARDER_DETAIL_FILE, section->file);
		if (error)
			error->line = section->line;
		code = problems_pass (problems, code, error);
	}
	if (code < 0) {
		values_free (values);
		return code;
	}
	*ret_values = values;
	return 0;
}

int
config_fill (const struct config_section *section, const struct larder_option *options, size_t stride, void *self,
             const char *const *skip, struct larder_values **ret_values, struct larder_error *error)
{
	return fill (section, options, stride, self, skip, NULL, ret_values, error);
}

static int
fill_section (struct config *config, struct config_section *section, struct problems *problems, struct larder_error *error)
{
	int code = check_kind (section, error);
	const struct schema *schema = schema_find (section->kind);
	unsigned before = problems->count;
	if (code < 0) {
		section->damaged = true;
		return problems_pass (problems, code, error);
	}
	if (!schema)
		return 0;
	section->filled = arena_alloc (config->arena, schema->self_size);
	if (!section->filled)
		return larder_fail_memory (error);
	code = fill (section, schema->options, sizeof *schema->options, section->filled, NULL, problems, &section->values, error);
	section->damaged = section->damaged || problems->count > before;
	return code;
}

static int
load (struct config *config, const struct config_request *request, struct problems *problems, struct larder_error *error)
{
	struct ini_section *pipeline = NULL, *profile = NULL;
	int code = find_pipeline (config->arena, request->config, &config->path, error);
	if (code == 0)
		code = read_file (config, config->path, problems, &pipeline, error);
	if (code == 0)
		code = find_profile (config->arena, config->path, request->profile, &config->profile, &config->profile_path, error);
	if (code == 0)
		code = read_file (config, config->profile_path, problems, &profile, error);
	config->path = arena_copy (config->arena, config->path ? config->path : "");
	config->profile = arena_copy (config->arena, config->profile ? config->profile : "");
	if (code == 0)
		code = merge_sections (config, pipeline, config->path, LARDER_FROM_PIPELINE, error);
	if (code == 0)
		code = merge_sections (config, profile, config->profile_path, LARDER_FROM_PROFILE, error);
	if (code == 0)
		code = merge_larder_keys (config, &request->flags, error);
	for (struct config_section *section = config->first; section && code == 0; section = section->next)
		code = fill_section (config, section, problems, error);
	return code < 0 ? code : reference_check (config, problems, error);
}

/* Whoever asked for all problems was told the last one too. */
static int
load_telling (struct config *config, const struct config_request *request, struct larder_error *error)
{
	struct problems problems = { .tell = request->problem, .context = request->problem_context };
	struct larder_error one = LARDER_ERROR_INIT;
	int code = load (config, request, &problems, &one);
	if (code < 0 && code != LARDER_E_LIMIT)
		code = problems_pass (&problems, code, &one);
	if (problems.count > 0)
		return larder_fail_next (error, problems.first, "correct each of them", "%u %s in the configuration", problems.count,
			problems.count == 1 ? "problem" : "problems");
	if (code < 0 && error)
		larder_give (error, &one);
	return code;
}

int
config_load (const struct config_request *request, struct config **ret, struct larder_error *error)
{
	struct config *config = calloc (1, sizeof *config);
	if (!config || !(config->arena = arena_new ())) {
		free (config);
		return larder_fail_memory (error);
	}
	config->last = &config->first;
	names_begin (&config->names, config->arena);
	names_begin (&config->kinds, config->arena);
	int code = load_telling (config, request, error);
	if (code < 0) {
		config_free (config);
		return code;
	}
	*ret = config;
	return 0;
}

void
config_free (struct config *config)
{
	if (!config)
		return;
	for (struct config_section *section = config->first; section; section = section->next) {
		values_free (section->values);
		for (struct config_entry *entry = section->entries; entry; entry = entry->next)
			free (entry->where);             /* of those in force alone: nobody asks for others */
	}
	arena_free (config->arena);
	free (config);
}

const char *config_path (const struct config *config) { return config->path; }
const char *config_profile (const struct config *config) { return config->profile; }
const char *config_profile_path (const struct config *config) { return config->profile_path; }
const char *config_kind (const struct config_section *section) { return section->kind; }
const char *config_name (const struct config_section *section) { return section->name; }
const char *config_where (const struct config_section *section) { return section->where; }
const void *config_struct (const struct config_section *section) { return section->filled; }

const struct config_section *
config_next (const struct config *config, const char *kind, const struct config_section *after)
{
	if (!kind || after)
		return !kind ? after ? after->next : config->first : after->next_of_kind;
	const struct name *found = names_next (&config->kinds, kind, "", NULL);
	return found ? ((const struct config_kind *) name_thing (found))->first : NULL;
}

int
config_find (const struct config *config, const char *kind, const char *name, const struct config_section **ret,
             struct larder_error *error)
{
	const struct config_section *found = config_section_find (config, kind, name);
	if (!found)
		return reference_fail (config, kind, name, NULL, error);
	*ret = found;
	return 0;
}

const char *
config_text (const struct config_section *section, const char *key)
{
	const struct config_entry *entry = config_entry_find (section, key);
	return entry ? entry->value.text : NULL;
}

const char *
config_unset (const struct config_section *section, const char *key)
{
	const struct config_entry *entry = config_entry_find (section, key);
	return entry ? entry->value.unset : NULL;
}

const char *
config_next_key (const struct config_section *section, const char *after)
{
	const struct config_entry *entry = after ? config_entry_find (section, after)->next : section->entries;
	while (entry && entry->value.blank)
		entry = entry->next;
	return entry ? entry->key : NULL;
}

const char *
config_item (const struct config_section *section, const char *key, size_t n)
{
	const struct config_entry *entry = config_entry_find (section, key);
	return entry && n < entry->value.count ? entry->value.items[n] : NULL;
}

bool
config_comment_cut (const struct config_section *section, const char *key)
{
	const struct config_entry *entry = config_entry_find (section, key);
	return entry && entry->value.cut;
}

/* Kept with the entry from the first time on, whichever thread asks. NULL: no memory. */
static const char *
where_of (struct config_entry *entry)
{
	char *text = atomic_load (&entry->where), *none = NULL;
	if (text || !entry->line)
		return text ? text : entry->file;
	if (asprintf (&text, "%s:%u", entry->file, entry->line) < 0)
		return NULL;
	if (atomic_compare_exchange_strong (&entry->where, &none, text))
		return text;
	free (text);
	return none;
}

const char *
config_where_key (const struct config_section *section, const char *key)
{
	struct config_entry *entry = config_entry_find (section, key);
	const char *where = entry ? where_of (entry) : NULL;
	return where ? where : section->where;
}

bool
config_given (const struct config_section *section, const char *key)
{
	return config_entry_find (section, key) != NULL;
}
