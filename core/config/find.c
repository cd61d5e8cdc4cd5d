/* find.c: where the pipeline file and its profile are. */
#include "find.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "error.h"
#include "text.h"

static const char *
from_home (struct larder_arena *arena)
{
	const char *config = secure_getenv ("XDG_CONFIG_HOME"), *home = secure_getenv ("HOME");
	if (config && *config)
		return arena_printf (arena, "%s/larder/larder.ini", config);
	return home && *home ? arena_printf (arena, "%s/.config/larder/larder.ini", home) : NULL;
}

int
find_pipeline (struct larder_arena *arena, const char *given, const char **ret, struct larder_error *error)
{
	const char *path = given ? given : secure_getenv ("LARDER_CONFIG");
	if (path && *path) {
		*ret = path;
		return 0;
	}
	const char *places[] = { "larder.ini", "etc/larder.ini", from_home (arena), "/etc/larder/larder.ini" };
	for (size_t i = 0; i < sizeof places / sizeof *places; i++)
		if (places[i] && access (places[i], R_OK) == 0) {
			*ret = places[i];
			return 0;
		}
	int code = larder_fail (error, LARDER_E_INVALID, "no pipeline file: neither --config nor LARDER_CONFIG is given, and none of "
		"./larder.ini, ./etc/larder.ini, ~/.config/larder/larder.ini, /etc/larder/larder.ini is there");
	larder_explain (error, LARDER_DETAIL_NEXT, "give one: --config FILE; '" LARDER_ETC_FOLDER "' has one to begin with");
	return code;
}

enum { PROFILES_MOST = 32 };

static int
by_name (const void *a, const void *b)
{
	return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/* Names of the profiles in that folder, in order. */
static size_t
list_profiles (struct larder_arena *arena, const char *folder, const char *names[PROFILES_MOST])
{
	size_t count = 0;
	DIR *listing = opendir (folder);
	for (struct dirent *entry; listing && count < PROFILES_MOST && (entry = readdir (listing));) {
		size_t length = strlen (entry->d_name);
		if (length > 4 && strcmp (entry->d_name + length - 4, ".ini") == 0)
			names[count++] = arena_copy_bytes (arena, entry->d_name, length - 4);
	}
	if (listing)
		closedir (listing);
	qsort (names, count, sizeof *names, by_name);
	return count;
}

static int
fail_profile (struct larder_arena *arena, const char *folder, const char *name, struct larder_error *error)
{
	const char *names[PROFILES_MOST];
	size_t count = list_profiles (arena, folder, names);
	int code = name ? larder_fail (error, LARDER_E_INVALID, "no profile '%s' in '%s'", name, folder)
		: larder_fail (error, LARDER_E_INVALID, "no profile is given, and there is no default one");
	const char *nearest = name ? text_nearest (name, names, count) : NULL;
	char next[250] = "give one: --profile ";
	size_t length = strlen (next);
	if (nearest)
		snprintf (next, sizeof next, "did you mean '%s'?", nearest);
	else if (count == 0)
		snprintf (next, sizeof next, "profiles stand as NAME.ini in a folder profiles/ beside the pipeline file: there is none; larder.ini(5) shows one");
	else
		for (size_t i = 0; i < count && length < sizeof next - 1; i++)
			length += (size_t) snprintf (next + length, sizeof next - length, "%s%s", i ? ", " : "", names[i]);
	larder_explain (error, LARDER_DETAIL_NEXT, next);
	return code;
}

int
find_profile (struct larder_arena *arena, const char *pipeline, const char *given, const char **ret_name, const char **ret_path,
              struct larder_error *error)
{
	const char *name = given ? given : secure_getenv ("LARDER_PROFILE"), *slash = strrchr (pipeline, '/');
	const char *folder = slash ? arena_printf (arena, "%.*s/profiles", (int) (slash - pipeline), pipeline) : "profiles";
	if (!name || !*name)
		return fail_profile (arena, folder, NULL, error);
	if (strspn (name, "abcdefghijklmnopqrstuvwxyz0123456789-") != strlen (name))
		return larder_fail_next (error, LARDER_E_INVALID, "a profile is a NAME.ini in profiles/ beside the pipeline; give NAME alone",
			"profile name '%s' is not of small letters, digits and '-'", name);
	const char *path = folder ? arena_printf (arena, "%s/%s.ini", folder, name) : NULL;
	if (!path)
		return larder_fail_memory (error);
	if (access (path, F_OK) < 0)
		return fail_profile (arena, folder, name, error);
	*ret_name = name;
	*ret_path = path;
	return 0;
}
