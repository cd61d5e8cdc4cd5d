/* sync-side.c: a store's listing page by page, and a local tree walked in the same order. In memory: two pages, or of the names of
 * one folder at each level as many as a small sort holds. */
#include "sync-side.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arena.h"
#include "cleanup.h"
#include "clock.h"
#include "error.h"
#include "store.h"

int
side_key (struct side *side, const char *folder, const char *name, struct larder_error *error)
{
	int length = snprintf (side->keys[side->turn], SIDE_KEY_ROOM, "%s%s", folder, name);
	if (length < 0 || length >= SIDE_KEY_ROOM)
		return larder_fail (error, LARDER_E_LIMIT, "a path below '%s' is longer than one may be", side->name);
	side->at.key = side->keys[side->turn];
	return 1;
}

int
side_next (struct side *side, struct larder_error *error)
{
	side->turn ^= 1;
	int code = side->fetch (side, error);
	if (code <= 0)
		return code;
	if (side->any && strcmp (side->keys[side->turn ^ 1], side->at.key) >= 0)
		return larder_fail_next (error, LARDER_E_UNAVAILABLE, "nothing was removed; try again, and report it to whoever runs that service",
			"listing of '%s' is out of order: '%s' came after '%s'", side->name, side->at.key, side->keys[side->turn ^ 1]);
	side->any = true;
	return 1;
}

/* ---- a store ---- */

static int
read_page (struct side *side, struct larder_error *error)
{
	/* The key before lives in the other arena. */
	const char *after = side->page.count ? side->page.at[side->page.count - 1].key : NULL;
	struct larder_arena *turn = side->arenas[0];
	side->arenas[0] = side->arenas[1];
	side->arenas[1] = turn;
	arena_clear (side->arenas[0]);
	side->page.arena = side->arenas[0];
	side->next = 0;
	return page_read (side->store, side->prefix, after, &side->page, error);
}

static int
fetch_object (struct side *side, struct larder_error *error)
{
	for (;;) {
		while (side->next == side->page.count) {
			if (side->page.last)
				return 0;
			int code = read_page (side, error);
			if (code < 0)
				return code;
		}
		const struct larder_info *info = &side->page.at[side->next++];
		size_t length = strlen (side->prefix);
		if (strncmp (info->key, side->prefix, length) != 0)
			return larder_fail_next (error, LARDER_E_UNAVAILABLE, "nothing was removed; report it to whoever runs that service",
				"listing of '%s' names '%s', which is not below it", side->name, info->key);
		const char *key = info->key + length;
		if (*key == '\0')                     /* the folder itself */
			continue;
		bool folder = key[strlen (key) - 1] == '/' && info->length == 0;
		side->at = (struct entry) { .kind = folder ? ENTRY_FOLDER : ENTRY_FILE, .length = info->length, .mtime = info->mtime, .info = info };
		return side_key (side, "", key, error);
	}
}

const char *
side_prefix (const char *path, struct larder_arena *arena)
{
	size_t length = strlen (path);
	return length == 0 || path[length - 1] == '/' ? path : arena_printf (arena, "%s/", path);
}

int
side_begin_store (struct side *side, struct transfer *transfer, struct larder_store *store, const char *path, struct larder_error *error)
{
	side->transfer = transfer;
	side->fetch = fetch_object;
	side->store = store;
	side->prefix = side_prefix (path, transfer->arena);
	side->name = side->prefix ? arena_printf (transfer->arena, "%s%s", store_prefix (store), side->prefix) : NULL;
	side->arenas[0] = arena_new ();
	side->arenas[1] = arena_new ();
	return side->name && side->arenas[0] && side->arenas[1] ? 0 : larder_fail_memory (error);
}

/* ---- a local tree ---- */

enum { NAMES_MEMORY = 512 << 10 };

/* What goes with a name. */
struct facts { uint64_t length; int64_t mtime; mode_t mode; int errnum; };

/* A folder whose names are being given, those of folders with their '/', so that they come as whole keys do; `path` ends in '/', but for
 * the root's "". */
struct level { struct level *up; struct sort *names; dev_t device; ino_t inode; char path[]; };

static void
pop (struct side *side)
{
	struct level *level = side->level;
	side->level = level->up;
	sort_free (level->names);
	free (level);
}

static int
fail_folder (const struct side *side, const char *path, int errnum, struct larder_error *error)
{
	const char *whole = target_join (side->transfer->arena, side->name, path);
	return whole ? larder_fail_errno (error, errnum, "cannot read the folder '%s'", whole) : larder_fail_memory (error);
}

/* What a link leads to: 0 and its facts, or an errno, ELOOP for a folder that is being walked. */
static int
look_behind (const struct side *side, const char *text, struct stat *facts)
{
	char path[SIDE_KEY_ROOM];
	struct stat behind;
	if ((size_t) snprintf (path, sizeof path, "%s%s", side->level->path, text) >= sizeof path)
		return ENAMETOOLONG;
	CLEANUP_CLOSE int fd = file_open_within (side->root, path, O_PATH);
	if (fd < 0 || fstat (fd, &behind) < 0)
		return fd < 0 ? -fd : errno;
	for (const struct level *level = side->level; level; level = level->up)
		if (level->device == behind.st_dev && level->inode == behind.st_ino)
			return ELOOP;
	*facts = behind;
	return 0;
}

/* Who vanished meanwhile was never there. */
static int
take_name (struct side *side, int folder, const char *text, struct larder_error *error)
{
	char name[NAME_MAX + 2];
	struct stat stat;
	if (strcmp (text, ".") == 0 || strcmp (text, "..") == 0)
		return 0;
	if (fstatat (folder, text, &stat, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : fail_folder (side, side->level->path, errno, error);
	int errnum = side->follow && S_ISLNK (stat.st_mode) ? look_behind (side, text, &stat) : 0;
	const struct facts facts = {
		.length = (uint64_t) stat.st_size, .mode = stat.st_mode, .errnum = errnum, .mtime = stat.st_mtim.tv_sec * NS_PER_S + stat.st_mtim.tv_nsec,
	};
	snprintf (name, sizeof name, "%s%s", text, S_ISDIR (stat.st_mode) ? "/" : "");
	return sort_add (side->level->names, name, &facts, sizeof facts, error);
}

static int
read_names (struct side *side, DIR *folder, struct larder_error *error)
{
	struct level *level = side->level;
	struct stat facts;
	if (fstat (dirfd (folder), &facts) < 0)
		return fail_folder (side, level->path, errno, error);
	level->device = facts.st_dev;
	level->inode = facts.st_ino;
	for (;;) {
		errno = 0;
		const struct dirent *entry = readdir (folder);
		if (!entry)
			return errno ? fail_folder (side, level->path, errno, error) : 0;
		int code = take_name (side, dirfd (folder), entry->d_name, error);
		if (code < 0)
			return code;
	}
}

static int
open_folder (const struct side *side, const char *path, DIR **ret, struct larder_error *error)
{
	const char *folder = *path ? path : ".";
	const int flags = O_RDONLY | O_DIRECTORY;
	int fd = side->follow ? file_open_within (side->root, folder, flags) : file_open_beneath (side->root, folder, flags, 0);
	if (fd < 0)
		return fail_folder (side, path, -fd, error);
	*ret = fdopendir (fd);
	if (*ret)
		return 0;
	int code = fail_folder (side, path, errno, error);
	close (fd);
	return code;
}

static int
push (struct side *side, const char *path, struct larder_error *error)
{
	DIR *folder;
	int code = open_folder (side, path, &folder, error);
	if (code < 0)
		return code;
	size_t length = strlen (path);
	struct level *level = calloc (1, sizeof *level + length + 1);
	if (level) {
		memcpy (level->path, path, length);
		level->names = sort_new (NAMES_MEMORY);
		level->up = side->level;
		side->level = level;
	}
	code = level && level->names ? read_names (side, folder, error) : larder_fail_memory (error);
	closedir (folder);
	if (code < 0 && level)
		pop (side);
	return code;
}

/* Into a folder. Of a source that cannot be read what is known goes on; the doubt keeps everything on the other side. */
static int
descend (struct side *side, const char *path, struct larder_error *error)
{
	struct larder_error one = LARDER_ERROR_INIT;
	int code = push (side, path, side->source ? &one : error);
	if (code == 0 || !side->source)
		return code;
	const char *whole = target_join (side->transfer->arena, side->name, path);
	if (!whole)
		return larder_fail_memory (error);
	side->doubt = true;
	if (!side->untold)
		count_failed (side->transfer, whole, NULL, &one, code, false);
	return 0;
}

/* The entry that a name stands for. */
static int
give_name (struct side *side, const char *name, const void *with, struct larder_error *error)
{
	struct facts facts;
	memcpy (&facts, with, sizeof facts);
	side->descend = S_ISDIR (facts.mode);
	side->at = (struct entry) {
		.kind = side->descend ? ENTRY_FOLDER : S_ISREG (facts.mode) ? ENTRY_FILE : ENTRY_OTHER,
		.length = facts.length, .mtime = facts.mtime, .mode = facts.mode, .errnum = facts.errnum,
	};
	return side_key (side, side->level->path, name, error);
}

static int
fetch_name (struct side *side, struct larder_error *error)
{
	if (side->descend) {
		int code = descend (side, side->keys[side->turn ^ 1], error);
		if (code < 0)
			return code;
	}
	side->descend = false;
	for (; side->level; pop (side)) {
		const char *name;
		const void *with;
		size_t count;
		int code = sort_next (side->level->names, &name, &with, &count, error);
		if (code != 0)
			return code < 0 ? code : give_name (side, name, with, error);
	}
	return 0;
}

int
side_begin_local (struct side *side, struct transfer *transfer, const char *path, bool source, struct larder_error *error)
{
	side->transfer = transfer;
	side->fetch = fetch_name;
	side->name = path;
	side->source = source;
	side->root = open (path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (side->root < 0 && errno == ENOENT && !source)
		return 0;
	if (side->root < 0 && errno == ENOTDIR)
		return larder_fail_next (error, LARDER_E_INVALID, "a single file goes with put, get or cp", "'%s' is no folder", path);
	if (side->root < 0)
		return larder_fail_errno (error, errno, "cannot read the folder '%s'", path);
	return push (side, "", error);
}

void
side_end (struct side *side)
{
	while (side->level)
		pop (side);
	if (side->root >= 0)
		close (side->root);
	arena_free (side->arenas[0]);
	arena_free (side->arenas[1]);
	page_end (&side->page);
	sort_free (side->only);
}
