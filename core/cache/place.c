/* place.c: names of a model: its path below the root, its key in the source, its lock, its home. */
#include "cache.h"

#include <string.h>

#include "buffer.h"
#include "error.h"
#include "text.h"
#include "transfer.h"

enum { COMPONENT_MOST = 240 };

/* One component of a path and of a key: no way out, nothing that a terminal would act upon. */
static int
check_name (const char *what, const char *value, struct larder_error *error)
{
	bool bad = !*value || strcmp (value, ".") == 0 || strcmp (value, "..") == 0 || strchr (value, '/') || strncmp (value, ".larder", 7) == 0;
	for (const char *at = value; *at; at++)
		bad |= (unsigned char) *at < 0x20 || *at == 0x7f;
	return bad ? larder_fail_next (error, LARDER_E_INVALID, "a name is one part of a path: no '/', no control characters, not '.' or '..'",
		"'%s' is not a %s a model can have", value, what) : 0;
}

/* Is `text` from here on "{base}" or "{name}"? Its length, and what stands for it. */
static size_t
placeholder (const char *text, const struct larder_model_name *model, const char **ret_value)
{
	if (strncmp (text, "{base}", 6) == 0) {
		*ret_value = model->base;
		return 6;
	}
	*ret_value = model->name;
	return strncmp (text, "{name}", 6) == 0 ? 6 : 0;
}

static int
expand (const struct cache *cache, struct larder_arena *arena, const char *key, const char *template, const struct larder_model_name *model, const char **ret,
        struct larder_error *error)
{
	CLEANUP_BUFFER struct buffer text;
	buffer_init (&text, 4096);
	while (*template) {
		const char *value = NULL;
		size_t length = placeholder (template, model, &value);
		if (length && !value)
			return larder_fail_next (error, LARDER_E_INVALID, "give it: --base BASE", "%s of [cache \"%s\"] needs a base model", key, cache->name);
		if (*template == '{' && !length)
			return larder_fail_next (error, LARDER_E_INVALID, "there are {base} and {name}", "%s of [cache \"%s\"] has an unknown placeholder: '%s'", key, cache->name, template);
		if (length)
			buffer_add_text (&text, value);
		else
			buffer_add_char (&text, *template);
		template += length ? length : 1;
	}
	*ret = text.failed ? NULL : arena_copy (arena, buffer_text (&text));
	return *ret ? 0 : larder_fail (error, LARDER_E_LIMIT, "the path of '%s' is too long", model->name);
}

/* Its path as one component; NULL: too long. */
static const char *
component_of (struct larder_arena *arena, const char *path)
{
	CLEANUP_BUFFER struct buffer text;
	buffer_init (&text, COMPONENT_MOST);
	for (; *path; path++) {
		if (*path == '/' || *path == '%')
			buffer_add_text (&text, *path == '/' ? "%2F" : "%25");
		else
			buffer_add_char (&text, *path);
	}
	return text.failed ? NULL : arena_copy (arena, buffer_text (&text));
}

static int
complete (struct larder_arena *arena, struct place *place, struct larder_error *error)
{
	size_t length = strlen (place->key);
	place->folder = length > 0 && place->key[length - 1] == '/';
	const char *component = component_of (arena, place->path);
	if (!component)
		return larder_fail_next (error, LARDER_E_LIMIT, "shorten it", "'%s' is too long for a model's path: %d bytes at the most", place->path, COMPONENT_MOST);
	place->home = arena_printf (arena, GENERATIONS "/%s", component);
	return place->home ? 0 : larder_fail_memory (error);
}

const char *
place_data (struct larder_arena *arena, const struct place *place, const char *data)
{
	return arena_printf (arena, "%s/%s%s%s", place->home, data, place->folder ? "" : "/", place->folder ? "" : text_last (place->path));
}

/* A folder is named without its last '/': that is a link. */
static const char *
without_slash (struct larder_arena *arena, const char *path)
{
	size_t length = strlen (path);
	while (length > 0 && path[length - 1] == '/')
		length--;
	return arena_copy_bytes (arena, path, length);
}

int
place_of (const struct cache *cache, struct larder_arena *arena, const struct larder_model_name *model, struct place *ret, struct larder_error *error)
{
	if (!model->name)
		return larder_fail_next (error, LARDER_E_INVALID, "name the model", "a model without a name");
	int code = check_name ("name", model->name, error);
	if (code == 0 && model->base)
		code = check_name ("base", model->base, error);
	if (code == 0)
		code = expand (cache, arena, "pattern", cache->section->pattern, model, &ret->path, error);
	if (code == 0)
		code = expand (cache, arena, "key", cache->section->key, model, &ret->key, error);
	if (code == 0)
		code = expand (cache, arena, "lock-name", cache->section->lock_name, model, &ret->lock, error);
	if (code == 0 && !(ret->path = without_slash (arena, ret->path)))
		code = larder_fail_memory (error);
	return code == 0 ? complete (arena, ret, error) : code;
}

/* ---- the other way: which model is a key of? ---- */

/* Reads `key` by the template up to its end, or for a prefix as far as that goes. */
static bool
match (struct larder_arena *arena, const char *template, const char *key, struct larder_model_name *ret)
{
	while (*template) {
		const char *unused = NULL;
		size_t length = placeholder (template, ret, &unused);
		if (!length) {
			if (*template++ != *key++)
				return false;
			continue;
		}
		const char **into = template[1] == 'b' ? &ret->base : &ret->name, *rest = template + length;
		const char *end = *rest == '/' || !*rest ? key + strcspn (key, "/") : NULL;
		size_t tail = strlen (rest), left = strlen (key);
		if (!end && !strchr (rest, '{') && left > tail)      /* "{name}.safetensors": up to what stands behind it */
			end = key + left - tail;
		if (!end || end == key)
			return false;
		const char *value = arena_copy_bytes (arena, key, (size_t) (end - key));
		if (!value || strchr (value, '/') || (*into && strcmp (*into, value) != 0))
			return false;
		*into = value;
		template = rest;
		key = end;
	}
	return !*key || template[-1] == '/';
}

int
place_of_key (const struct cache *cache, struct larder_arena *arena, const char *key, struct place *ret, struct larder_error *error)
{
	struct larder_model_name model = { .size = sizeof model };
	if (match (arena, cache->section->key, key, &model) && model.name)
		return place_of (cache, arena, &model, ret, error);
	*ret = (struct place) { .path = key, .key = key };
	int code = target_check_local (key, error);
	if (code == 0 && strncmp (key, ".larder", 7) == 0)
		code = larder_fail_next (error, LARDER_E_INVALID, "give the object another key", "'%s' would lie among the cache's own files", key);
	if (code < 0)
		return code;
	model = (struct larder_model_name) { .size = sizeof model, .base = key, .name = key };
	code = expand (cache, arena, "lock-name", cache->section->lock_name, &model, &ret->lock, error);
	return code == 0 ? complete (arena, ret, error) : code;
}

/* The other way of component_of. */
static const char *
path_of_component (struct larder_arena *arena, const char *component)
{
	CLEANUP_BUFFER struct buffer text;
	buffer_init (&text, COMPONENT_MOST);
	for (; *component; component++) {
		bool slash = strncmp (component, "%2F", 3) == 0, percent = strncmp (component, "%25", 3) == 0;
		buffer_add_char (&text, slash ? '/' : *component);
		component += slash || percent ? 2 : 0;
	}
	return text.failed ? NULL : arena_copy (arena, buffer_text (&text));
}

int
place_of_home (const struct cache *cache, struct larder_arena *arena, const char *home, struct place *ret, struct larder_error *error)
{
	struct larder_model_name model = { .size = sizeof model };
	const char *path = path_of_component (arena, text_last (home)), *pattern = without_slash (arena, cache->section->pattern);
	if (!path || !pattern)
		return larder_fail_memory (error);
	int code = match (arena, pattern, path, &model) && model.name ? place_of (cache, arena, &model, ret, error) : place_of_key (cache, arena, path, ret, error);
	return code == 0 && strcmp (ret->home, home) != 0 ? larder_fail (error, LARDER_E_NOTFOUND, "'%s' is the home of no model", home) : code;
}

int
place_of_record (const struct cache *cache, struct larder_arena *arena, const struct record *record, struct place *ret, struct larder_error *error)
{
	int code = place_of_key (cache, arena, record->key, ret, error);
	if (code < 0)
		return code;
	ret->path = record->path;
	ret->key = record->key;
	return complete (arena, ret, error);
}
