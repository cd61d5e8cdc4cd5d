/* sync-side.c: a store's listing page by page, and a local tree walked in the same order. In memory: two pages, or the names
 * of one folder at each level. */
#include "sync-side.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
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
side_key (struct side *side, const char *folder, const char *name, const char *end, struct larder_error *error)
{
	int length = snprintf (side->keys[side->turn], SIDE_KEY_ROOM, "%s%s%s", folder, name, end);
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
		return side_key (side, "", key, "", error);
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

struct name { const char *text; uint64_t length; int64_t mtime; mode_t mode; int errnum; };

/* A folder whose names are being given; `path` ends in '/', but for the root's "". */
struct level { struct level *up; struct larder_arena *arena; const char *path; struct name *names; size_t count, room, next; dev_t device; ino_t inode; };

static void
pop (struct side *side)
{
	struct level *level = side->level;
	side->level = level->up;
	free (level->names);
	arena_free (level->arena);
	free (level);
}

/* As whole keys sort: what follows the name of a folder is a '/'. */
static int
by_key (const void *a, const void *b)
{
	const struct name *one = a, *other = b;
	const unsigned char *at = (const unsigned char *) one->text, *to = (const unsigned char *) other->text;
	while (*at && *at == *to) {
		at++;
		to++;
	}
	unsigned here = *at ? *at : S_ISDIR (one->mode) ? '/' : 0, there = *to ? *to : S_ISDIR (other->mode) ? '/' : 0;
	return here < there ? -1 : here > there;
}

/* What a link leads to: 0 and its facts, or an errno, ELOOP for a folder that is being walked. */
static int
look_behind (const struct side *side, const char *text, struct stat *facts)
{
	const char *path = arena_printf (side->level->arena, "%s%s", side->level->path, text);
	struct stat behind;
	if (!path)
		return ENOMEM;
	CLEANUP_CLOSE int fd = file_open_within (side->root, path, O_PATH);
	if (fd < 0 || fstat (fd, &behind) < 0)
		return fd < 0 ? -fd : errno;
	for (const struct level *level = side->level; level; level = level->up)
		if (level->device == behind.st_dev && level->inode == behind.st_ino)
			return ELOOP;
	*facts = behind;
	return 0;
}

/* 0 or -errno. Who vanished meanwhile was never there. */
static int
take_name (struct side *side, int folder, const char *text)
{
	struct level *level = side->level;
	struct stat facts;
	if (strcmp (text, ".") == 0 || strcmp (text, "..") == 0)
		return 0;
	if (fstatat (folder, text, &facts, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (level->count == level->room) {
		size_t room = level->room ? 2 * level->room : 64;
		struct name *more = realloc (level->names, room * sizeof *more);
		if (!more)
			return -ENOMEM;
		level->names = more;
		level->room = room;
	}
	int errnum = side->follow && S_ISLNK (facts.st_mode) ? look_behind (side, text, &facts) : 0;
	struct name *name = &level->names[level->count];
	*name = (struct name) {
		.text = arena_copy (level->arena, text), .length = (uint64_t) facts.st_size, .mode = facts.st_mode, .errnum = errnum,
		.mtime = facts.st_mtim.tv_sec * NS_PER_S + facts.st_mtim.tv_nsec,
	};
	level->count += name->text != NULL;
	return name->text ? 0 : -ENOMEM;
}

static int
read_names (struct side *side, int fd)
{
	struct level *level = side->level;
	struct stat facts;
	DIR *dir = fdopendir (fd);
	if (!dir) {
		int errnum = errno;
		close (fd);
		return -errnum;
	}
	int failed = fstat (fd, &facts) < 0 ? -errno : 0;
	level->device = facts.st_dev;
	level->inode = facts.st_ino;
	while (failed == 0) {
		errno = 0;
		const struct dirent *entry = readdir (dir);
		failed = entry ? take_name (side, dirfd (dir), entry->d_name) : -errno;
		if (!entry)
			break;
	}
	closedir (dir);
	if (failed == 0 && level->count > 1)
		qsort (level->names, level->count, sizeof *level->names, by_key);
	return failed;
}

/* 0 or -errno. */
static int
push (struct side *side, const char *path)
{
	struct level *level = calloc (1, sizeof *level);
	if (!level)
		return -ENOMEM;
	level->arena = arena_new ();
	level->path = level->arena ? arena_copy (level->arena, path) : NULL;
	level->up = side->level;
	side->level = level;
	const char *folder = *path ? path : ".";
	const int flags = O_RDONLY | O_DIRECTORY;
	int fd = !level->path ? -ENOMEM : side->follow ? file_open_within (side->root, folder, flags) : file_open_beneath (side->root, folder, flags, 0);
	int failed = fd < 0 ? fd : read_names (side, fd);
	if (failed < 0)
		pop (side);
	return failed;
}

/* Into a folder. Of a source that cannot be read what is known goes on; the doubt keeps everything on the other side. */
static int
descend (struct side *side, const char *path, struct larder_error *error)
{
	struct larder_error one = LARDER_ERROR_INIT;
	int failed = push (side, path);
	if (failed == 0)
		return 0;
	const char *whole = target_join (side->transfer->arena, side->name, path);
	if (!whole)
		return larder_fail_memory (error);
	if (!side->source)
		return larder_fail_errno (error, -failed, "cannot read the folder '%s'", whole);
	side->doubt = true;
	count_failed (side->transfer, whole, NULL, &one, larder_fail_errno (&one, -failed, "cannot read the folder '%s'", whole), false);
	return 0;
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
	while (side->level && side->level->next == side->level->count)
		pop (side);
	if (!side->level)
		return 0;
	const struct name *name = &side->level->names[side->level->next++];
	side->descend = S_ISDIR (name->mode);
	side->at = (struct entry) {
		.kind = side->descend ? ENTRY_FOLDER : S_ISREG (name->mode) ? ENTRY_FILE : ENTRY_OTHER,
		.length = name->length, .mtime = name->mtime, .mode = name->mode, .errnum = name->errnum,
	};
	return side_key (side, side->level->path, name->text, side->descend ? "/" : "", error);
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
	int failed = push (side, "");
	return failed < 0 ? larder_fail_errno (error, -failed, "cannot read the folder '%s'", path) : 0;
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
