/* registry.c: one module folder and what was loaded from it. */
#include "loaded.h"

#define LARDER_API_VERSION LARDER_API_CURRENT
#include <larder/codec.h>
#include <larder/driver.h>

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "arena.h"
#include "cleanup.h"
#include "error.h"
#include "text.h"

struct registry {
	char *folder;
	pthread_mutex_t mutex;           /* of the list, and held while a module is loaded: once is enough */
	struct loaded *loaded;
};

int
registry_open (const char *folder, struct registry **ret, struct larder_error *error)
{
	struct registry *registry = calloc (1, sizeof *registry);
	if (!registry || !(registry->folder = strdup (folder))) {
		free (registry);
		return larder_fail_memory (error);
	}
	pthread_mutex_init (&registry->mutex, NULL);
	*ret = registry;
	return 0;
}

void
registry_close (struct registry *registry)
{
	if (!registry)
		return;
	for (struct loaded *loaded = registry->loaded, *next; loaded; loaded = next) {
		next = loaded->next;
		loaded_free (loaded);
	}
	pthread_mutex_destroy (&registry->mutex);
	free (registry->folder);
	free (registry);
}

const char *
registry_folder (const struct registry *registry)
{
	return registry->folder;
}

int
registry_load_file (struct registry *registry, const char *path, const struct module **ret, struct larder_error *error)
{
	pthread_mutex_lock (&registry->mutex);
	struct loaded *loaded = registry->loaded;
	while (loaded && strcmp (loaded->module.path, path) != 0)
		loaded = loaded->next;
	int code = loaded ? loaded->problem.code : 0;
	if (code < 0 && error)
		larder_give (error, &loaded->problem);
	if (!loaded) {
		code = loaded_open (path, &loaded, error);
		if (loaded) {
			loaded->next = registry->loaded;
			registry->loaded = loaded;
		}
	}
	pthread_mutex_unlock (&registry->mutex);
	if (code == 0)
		*ret = &loaded->module;
	return code;
}

int
registry_load (struct registry *registry, uint32_t kind, const char *name, const struct module **ret, struct larder_error *error)
{
	if (!*name || strspn (name, "abcdefghijklmnopqrstuvwxyz0123456789-") != strlen (name))
		return larder_fail (error, LARDER_E_INVALID, "'%s' is not a module name: small letters, digits and '-'", name);
	CLEANUP_FREE char *path = NULL;
	if (asprintf (&path, "%s/%s-%s.so", registry->folder, kind_word (kind), name) < 0)
		return larder_fail_memory (error);
	struct larder_error inner = LARDER_ERROR_INIT;
	int code = registry_load_file (registry, path, ret, &inner);
	if (code == LARDER_E_NOTFOUND) {
		code = larder_fail (error, code, "no %s '%s': there is no '%s-%s.so' in '%s'", kind_word (kind), name, kind_word (kind), name, registry->folder);
		larder_explain (error, LARDER_DETAIL_NEXT, "`larder module list` shows what is there; install it, or correct the name in the profile");
	} else if (code < 0 && error) {
		larder_give (error, &inner);
	}
	return code;
}

/* ---- the folder -------------------------------------------------------------------------------- */

static int
compare_names (const void *a, const void *b)
{
	return strcmp (*(char *const *) a, *(char *const *) b);
}

static bool
is_module_file (const char *name)
{
	size_t length = strlen (name);
	return length > 3 && strcmp (name + length - 3, ".so") == 0
		&& (strncmp (name, "driver-", 7) == 0 || strncmp (name, "codec-", 6) == 0 || strncmp (name, "lock-", 5) == 0);
}

enum { FILES_MOST = 512 };

static int
list_files (const struct registry *registry, struct larder_arena *arena, const char *files[FILES_MOST], size_t *ret_count, struct larder_error *error)
{
	DIR *folder = opendir (registry->folder);
	if (!folder)
		return larder_fail_errno (error, errno, "cannot open the module folder '%s'", registry->folder);
	size_t count = 0;
	for (struct dirent *entry; count < FILES_MOST && (entry = readdir (folder));)
		if (is_module_file (entry->d_name) && (files[count] = arena_printf (arena, "%s/%s", registry->folder, entry->d_name)))
			count++;
	closedir (folder);
	qsort (files, count, sizeof *files, compare_names);
	*ret_count = count;
	return 0;
}

int
registry_each (struct registry *registry, larder_module_fn each, void *context, struct larder_error *error)
{
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	const char *files[FILES_MOST];
	size_t count = 0;
	int code = arena ? list_files (registry, arena, files, &count, error) : larder_fail_memory (error);
	for (size_t i = 0; i < count && code == 0; i++) {
		const struct module *module;
		struct larder_error problem = LARDER_ERROR_INIT;
		struct larder_module_facts facts = { .size = sizeof facts, .path = files[i] };
		facts.problem_code = registry_load_file (registry, files[i], &module, &problem);
		if (facts.problem_code == 0)
			module_facts (module, arena, &facts);
		else
			facts.problem = problem.message;
		code = each (context, &facts);
	}
	return code;
}

const char *
registry_nearest (const struct registry *registry, uint32_t kind, const char *name, struct larder_arena *arena)
{
	const char *files[FILES_MOST], *word = kind_word (kind);
	size_t count = 0, kept = 0, length = strlen (word);
	if (list_files (registry, arena, files, &count, NULL) < 0)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		const char *file = text_last (files[i]);
		if (strncmp (file, word, length) == 0 && file[length] == '-' && (files[kept] = arena_copy_bytes (arena, file + length + 1, strlen (file) - length - strlen ("-.so"))))
			kept++;
	}
	const char *nearest = text_nearest (name, files, kept);
	return nearest && 3 * text_distance (name, nearest) <= strlen (name) ? nearest : NULL;
}

/* ---- codecs ------------------------------------------------------------------------------------ */

/* Every usable codec of the folder, in order of name, until `take` says stop. Of those that are refused the first one's problem
 * is given: who finds no codec wants to know what would have been one. */
static int
each_codec (struct registry *registry, bool (*take) (void *context, const struct module *module), void *context,
            struct larder_error *ret_refused, struct larder_error *error)
{
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	const char *files[FILES_MOST];
	size_t count = 0;
	int code = arena ? list_files (registry, arena, files, &count, error) : larder_fail_memory (error);
	for (size_t i = 0; i < count && code == 0; i++) {
		const struct module *module;
		const char *slash = strrchr (files[i], '/');
		if (strncmp (slash + 1, "codec-", 6) != 0)
			continue;
		if (registry_load_file (registry, files[i], &module, ret_refused->code == 0 ? ret_refused : NULL) == 0 && take (context, module))
			break;
	}
	return code;
}

/* No codec was found: the next step, or, where one was refused, what is wrong with it. */
static void
explain_missing (const struct larder_error *refused, const char *next, struct larder_error *error)
{
	if (refused->code < 0) {
		error_add (error, "; ");
		error_add (error, refused->message);
		next = *refused->next ? refused->next : "`larder module list` says what is wrong with each";
	}
	larder_explain (error, LARDER_DETAIL_NEXT, next);
}

struct bidding { const void *head; size_t count; uint32_t best; const struct module *module; };

static bool
take_bid (void *context, const struct module *module)
{
	struct bidding *bidding = context;
	uint32_t bid = module->codec->bid (bidding->head, bidding->count);
	if (bid > bidding->best) {
		bidding->best = bid;
		bidding->module = module;
	}
	return false;
}

/* What bytes that no codec claims look like, for the message. */
static const char *
looks_like (const void *head, size_t count)
{
	static const struct { const char *magic; size_t length; const char *name; } known[] = {
		{ "\x89PNG\r\n\x1a\n", 8, "a PNG" }, { "RIFF", 4, "a RIFF file (WebP?)" }, { "\xff\xd8\xff", 3, "a JPEG" }, { "GIF8", 4, "a GIF" },
		{ "BM", 2, "a BMP" }, { "II*\0", 4, "a TIFF" }, { "MM\0*", 4, "a TIFF" }, { "%PDF", 4, "a PDF" }, { "<svg", 4, "an SVG" },
		{ "<?xml", 5, "XML" }, { "<!DOCTYPE", 9, "HTML" }, { "<html", 5, "HTML" }, { "PK\3\4", 4, "a ZIP archive" },
	};
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (count >= known[i].length && memcmp (head, known[i].magic, known[i].length) == 0)
			return known[i].name;
	return count ? "no picture format known here" : "empty";
}

int
registry_codec_for (struct registry *registry, const void *head, size_t count, const struct module **ret, struct larder_error *error)
{
	struct bidding bidding = { head, count, 0, NULL };
	struct larder_error refused = LARDER_ERROR_INIT;
	int code = each_codec (registry, take_bid, &bidding, &refused, error);
	if (code < 0)
		return code;
	if (!bidding.module) {
		code = larder_fail (error, count ? LARDER_E_UNSUPPORTED : LARDER_E_INVALID, "no codec reads it: it looks like %s", looks_like (head, count));
		explain_missing (&refused, "convert it to PNG, WebP or JPEG; `larder module list` shows the codecs that are there", error);
		return code;
	}
	*ret = bidding.module;
	return 0;
}

struct naming { const char *format; const struct module *module; };

static bool
has_word (const char *words, const char *word)
{
	size_t length = strlen (word);
	for (; words && *words; words += strcspn (words, " "), words += strspn (words, " "))
		if (strcspn (words, " ") == length && strncasecmp (words, word, length) == 0)
			return true;
	return false;
}

static bool
take_named (void *context, const struct module *module)
{
	struct naming *naming = context;
	if (strcasecmp (module->name, naming->format) == 0 || has_word (module->codec->aliases, naming->format))
		naming->module = module;
	return naming->module != NULL;
}

int
registry_codec_named (struct registry *registry, const char *format, const struct module **ret, struct larder_error *error)
{
	struct naming naming = { format, NULL };
	struct larder_error refused = LARDER_ERROR_INIT;
	int code = each_codec (registry, take_named, &naming, &refused, error);
	if (code < 0)
		return code;
	if (!naming.module) {
		code = larder_fail (error, LARDER_E_UNSUPPORTED, "no codec '%s' in '%s'", format, registry->folder);
		explain_missing (&refused, "`larder module list` shows the codecs that are there", error);
		return code;
	}
	*ret = naming.module;
	return 0;
}

bool
module_claims (const struct module *module, const char *scheme)
{
	return module->driver && has_word (module->driver->schemes, scheme);
}
