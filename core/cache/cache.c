/* cache.c: a [cache] section opened: its folder, its modes, its source. */
#include "cache.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "config.h"
#include "error.h"
#include "file.h"
#include "transfer.h"

static int
find_section (struct cache *cache, const char *name, struct larder_error *error)
{
	const struct config *config = larder_configuration (cache->larder);
	const struct config_section *section = NULL;
	if (!config)
		return larder_fail_next (error, LARDER_E_INVALID, "open one with a configuration", "this handle has no configuration, so no cache");
	if (name) {
		int code = config_find (config, "cache", name, &section, error);
		if (code < 0)
			return code;
	} else if (!(section = config_next (config, "cache", NULL))) {
		return larder_fail_next (error, LARDER_E_INVALID, "add a [cache] section; etc/larder.ini has one", "'%s' has no [cache] section", config_path (config));
	} else if (config_next (config, "cache", section)) {
		return larder_fail_next (error, LARDER_E_INVALID, "name it: --cache NAME", "there is more than one [cache] section");
	}
	cache->section = config_struct (section);
	cache->name = config_name (section);
	return 0;
}

static int
read_mode (const struct cache *cache, const char *key, const char *text, mode_t *ret, struct larder_error *error)
{
	unsigned mode = 0;
	char more;
	if (strlen (text) != strspn (text, "01234567") || sscanf (text, "%o%c", &mode, &more) != 1 || mode > 0777 || !(mode & 0400))
		return larder_fail_next (error, LARDER_E_INVALID, "three octal digits: 755", "'%s' is no mode for %s of [cache \"%s\"]", text, key, cache->name);
	*ret = mode;
	return 0;
}

int
cache_root (struct cache *cache, struct larder_error *error)
{
	if (cache->root >= 0)
		return 0;
	cache->root = open (cache->section->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (cache->root >= 0 || errno == ENOENT)
		return 0;
	return larder_fail_errno (error, errno, "cannot open the cache's folder '%s'", cache->section->root);
}

int
cache_open (struct cache *cache, struct larder *larder, const char *name, struct larder_error *error)
{
	*cache = (struct cache) CACHE_NONE;
	cache->larder = larder;
	int code = find_section (cache, name, error);
	if (code == 0 && (!cache->section->root || !cache->section->source))
		code = larder_fail_next (error, LARDER_E_INVALID, "larder.ini(5) has its keys", "[cache \"%s\"] needs a root and a source", cache->name);
	if (code == 0)
		code = read_mode (cache, "dir-mode", cache->section->dir_mode, &cache->dir_mode, error);
	if (code == 0)
		code = read_mode (cache, "file-mode", cache->section->file_mode, &cache->file_mode, error);
	return code == 0 ? cache_root (cache, error) : code;
}

void
cache_close (struct cache *cache)
{
	if (cache->root >= 0)
		close (cache->root);
	larder_store_close (cache->source);
	*cache = (struct cache) CACHE_NONE;
}

static int
make_root (struct cache *cache, struct larder_error *error)
{
	if (cache->root >= 0)
		return 0;
	int code = file_make_folders (cache->section->root, cache->dir_mode, error);
	if (code == 0)
		code = cache_root (cache, error);
	if (code == 0 && cache->root < 0)
		code = larder_fail_errno (error, ENOENT, "cannot open the cache's folder '%s'", cache->section->root);
	if (code == 0)
		(void) fchmod (cache->root, cache->dir_mode);    /* somebody else's is as he wants it */
	return code;
}

int
cache_source (struct cache *cache, struct larder_error *error)
{
	int code = make_root (cache, error);
	return code == 0 && !cache->source ? larder_store_open (cache->larder, cache->section->source, &cache->source, error) : code;
}

int
cache_writable (struct cache *cache, const struct place *place, struct larder_error *error)
{
	if (cache->root < 0 || faccessat (cache->root, ".", W_OK, AT_EACCESS) == 0 || errno != EROFS)
		return 0;
	char next[200];
	snprintf (next, sizeof next, "mount it for writing where models are filled%s%s%s", cache->section->claim_rw ? ": claim '" : "",
	          cache->section->claim_rw ? cache->section->claim_rw : "", cache->section->claim_rw ? "', as in the init container of larder export kubernetes" : "");
	return larder_fail_next (error, LARDER_E_DENIED, next, "the cache '%s' is read-only here, and '%s' is not in it", cache->section->root, place->path);
}

int64_t
cache_now (const struct cache *cache)
{
	struct stat facts;
	int fd = file_open_beneath (cache->root, ".larder/clock", O_RDONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK, cache->file_mode);
	int code = fd >= 0 && futimens (fd, NULL) == 0 ? fstat (fd, &facts) : -1;
	mode_t mode = cache->file_mode | (cache->dir_mode & 0022);       /* who may write in the folders may ask */
	if (code == 0 && (facts.st_mode & 0777) != mode)
		(void) fchmod (fd, mode);
	if (fd >= 0)
		close (fd);
	return code == 0 ? facts.st_mtim.tv_sec * NS_PER_S + facts.st_mtim.tv_nsec : clock_wall ();
}

int
cache_fail (const struct cache *cache, int errnum, const char *what, const char *path, struct larder_error *error)
{
	int code = larder_fail_errno (error, errnum, "cannot %s '%s/%s'", what, cache->section->root, path);
	file_explain_owner (cache->root, path, error);
	return code;
}

const char *
cache_path (const struct cache *cache, struct larder_arena *arena, const char *path)
{
	size_t length = strlen (cache->section->root);
	while (length > 1 && cache->section->root[length - 1] == '/')
		length--;
	return arena_printf (arena, "%.*s/%s", (int) length, cache->section->root, path);
}
