/* publish.c: private files to a generation that everybody sees. The record is the commit: it is linked under its number, which one
 * publisher alone can do. The link that workers open is switched behind it, and whoever finds it not switched does that. */
#include "cache.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "buffer.h"
#include "cleanup.h"
#include "clock.h"
#include "error.h"
#include "file.h"
#include "random.h"
#include "text.h"

enum { TURNS = 1000 };            /* in each somebody else comes further */

static void
random_name (char ret[17])
{
	unsigned char random[8];
	random_bytes (random, sizeof random);
	text_hex (random, sizeof random, ret);
}

int
folder_make (const struct cache *cache, const char *path, struct larder_error *error)
{
	char inside[1200];
	if ((size_t) snprintf (inside, sizeof inside, "%s/x", path) >= sizeof inside)
		return larder_fail_errno (error, ENAMETOOLONG, "cannot make the folder '%s'", path);
	int code = file_make_parents (cache->root, inside, cache->dir_mode, true, error);
	return code < 0 && error && (error->errnum == EACCES || error->errnum == EPERM) ? cache_fail (cache, error->errnum, "write to", path, error) : code;
}

/* Also the names in it are on the disk. */
static int
sync_folder (const struct cache *cache, const char *path, struct larder_error *error)
{
	CLEANUP_CLOSE int fd = *path ? file_open_beneath (cache->root, path, O_RDONLY | O_DIRECTORY, 0) : openat (cache->root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return cache_fail (cache, *path ? -fd : errno, "open", path, error);
	return fsync (fd) < 0 ? cache_fail (cache, errno, "make durable", path, error) : 0;
}

static int
sync_parent (const struct cache *cache, struct larder_arena *arena, const char *path, struct larder_error *error)
{
	const char *slash = strrchr (path, '/'), *parent = arena_copy_bytes (arena, path, slash ? (size_t) (slash - path) : 0);
	return parent ? sync_folder (cache, parent, error) : larder_fail_memory (error);
}

/* ---- the files ---- */

/* Modes as the section says, and on the disk with them. */
static int
settle_file (const struct cache *cache, const char *path, struct larder_error *error)
{
	struct stat facts;
	CLEANUP_CLOSE int fd = file_open_beneath (cache->root, path, O_RDONLY | O_NOFOLLOW, 0);
	if (fd < 0)
		return cache_fail (cache, -fd, "open", path, error);
	if (fstat (fd, &facts) < 0)
		return cache_fail (cache, errno, "look at", path, error);
	if ((facts.st_mode & 0777) == cache->file_mode)
		return 0;
	if (fchmod (fd, cache->file_mode) < 0 && (cache->file_mode & ~facts.st_mode & 0444))     /* one that can be read well enough may stay */
		return cache_fail (cache, errno, "set the mode of", path, error);
	return fsync (fd) < 0 ? cache_fail (cache, errno, "make durable", path, error) : 0;
}

/* A second name for the same bytes; where the file system has no such thing, its only one. Done already, by a call whose answer was lost, is
 * done. */
static int
link_file (const struct cache *cache, const char *from, const char *to, struct larder_error *error)
{
	struct stat a, b;
	if (linkat (cache->root, from, cache->root, to, 0) == 0)
		return 0;
	int errnum = errno;
	if ((errnum == EPERM || errnum == EOPNOTSUPP || errnum == EMLINK || errnum == ENOSYS) && renameat (cache->root, from, cache->root, to) == 0)
		return 0;
	bool done = fstatat (cache->root, to, &b, AT_SYMLINK_NOFOLLOW) == 0
		&& (fstatat (cache->root, from, &a, AT_SYMLINK_NOFOLLOW) < 0 || (a.st_dev == b.st_dev && a.st_ino == b.st_ino));
	return done ? 0 : cache_fail (cache, errnum, "link", to, error);
}

static int
place_file (const struct cache *cache, struct larder_arena *arena, const struct place *place, const struct record *record, const struct record_file *file,
            const char *from, struct larder_error *error)
{
	const char *source = place->folder ? arena_printf (arena, "%s/%s", from, file->path) : from;
	const char *to = arena_printf (arena, "%s/%s/%s", place->home, record->data, file->path);
	if (!source || !to)
		return larder_fail_memory (error);
	int code = file_make_parents (cache->root, to, cache->dir_mode, true, error);
	if (code == 0)
		code = link_file (cache, source, to, error);
	if (code == 0)
		code = settle_file (cache, to, error);
	return code == 0 ? sync_parent (cache, arena, to, error) : code;
}

void
publish_remove (const struct cache *cache, const struct place *place, const struct record *record)
{
	char path[1400];
	if (!record->data)
		return;
	snprintf (path, sizeof path, "%s/%s", place->home, record->data);
	file_remove_tree (cache->root, path);
}

/* ---- the record ---- */

/* Under a number that is taken by ourselves, by a link whose answer was lost: it is ours. 1, 0, or why nobody can tell. */
static int
is_ours (const struct cache *cache, struct larder_arena *arena, const struct place *place, const struct record *record)
{
	struct record there;
	int code = record_read (cache->root, place->home, record->generation, arena, &there, NULL);
	if (code <= 0)
		return code;
	return there.data && record->data ? strcmp (there.data, record->data) == 0 : there.data == record->data && there.filled == record->filled;
}

static int
commit (const struct cache *cache, struct larder_arena *arena, const struct place *place, const struct record *record, struct larder_error *error)
{
	CLEANUP_BUFFER struct buffer text;
	buffer_init (&text, (size_t) 16 << 20);
	record_write (record, &text);
	const char *path = record_path (arena, place->home, record->generation);
	if (text.failed || !path)
		return larder_fail_memory (error);
	int code = file_publish (cache->root, path, text.at, text.length, 0644, FILE_CREATE, true, error);
	return code < 0 && is_ours (cache, arena, place, record) == 1 ? 0 : code;
}

/* A number is free again when what it stood for was evicted: one who slept before his commit comes in below newer generations then. Nobody is
 * led there; it is the same to him as a number that is taken. What he had linked may be gone, and then nothing is to name it. */
static int
fall_behind (const struct cache *cache, struct larder_arena *arena, const struct place *place, const struct record *record, struct larder_error *error)
{
	const char *path = record_path (arena, place->home, record->generation);
	if (path && !present_whole (cache, arena, place, record))
		(void) file_unlink_beneath (cache->root, path);
	return larder_fail_next (error, LARDER_E_CONFLICT, "try again", "'%s' was published by somebody else meanwhile", place->path);
}

int
publish (struct cache *cache, struct larder_arena *arena, const struct place *place, const char *from, uint64_t after, struct record *record,
         struct larder_error *error)
{
	char random[17];
	struct record settled;
	random_name (random);
	record->generation = after + 1;
	record->filled = record->used = clock_wall ();
	record->data = arena_printf (arena, "%" PRIu64 "-%s", record->generation, random);
	const char *data = record->data ? arena_printf (arena, "%s/%s", place->home, record->data) : NULL;
	int code = data ? folder_make (cache, data, error) : larder_fail_memory (error);
	if (code == 0)
		code = lease_folder (cache, place, error);
	for (size_t i = 0; code == 0 && i < record->count; i++)
		code = place_file (cache, arena, place, record, &record->files[i], from, error);
	if (code == 0)
		code = commit (cache, arena, place, record, error);
	if (code < 0) {
		if (is_ours (cache, arena, place, record) == 0)  /* certainly: else readers may be led there */
			publish_remove (cache, place, record);
		return code;
	}
	settled.generation = 0;
	code = present_settle (cache, arena, place, &settled, error);
	return code < 0 ? code : settled.generation > record->generation ? fall_behind (cache, arena, place, record, error) : 0;
}

int
publish_gone (struct cache *cache, struct larder_arena *arena, const struct place *place, uint64_t after, struct larder_error *error)
{
	const struct record gone = { .generation = after + 1, .path = place->path, .key = place->key, .folder = place->folder, .filled = clock_wall () };
	return commit (cache, arena, place, &gone, error);
}

/* ---- the link ---- */

/* What is there and is no link stays whole for whoever has it open: under another name. A file that was taken over has one in its generation. */
static int
move_aside (const struct cache *cache, struct larder_arena *arena, const struct place *place, const char *target, struct larder_error *error)
{
	char random[17];
	struct stat facts, taken;
	const char *path = place->path;
	while (strncmp (target, "../", 3) == 0)
		target += 3;
	if (fstatat (cache->root, path, &facts, AT_SYMLINK_NOFOLLOW) < 0 || S_ISLNK (facts.st_mode))
		return 0;
	if (fstatat (cache->root, target, &taken, AT_SYMLINK_NOFOLLOW) == 0 && taken.st_dev == facts.st_dev && taken.st_ino == facts.st_ino)
		return 0;
	random_name (random);
	const char *aside = arena_printf (arena, "%s/" ASIDE "%s", place->home, random);
	if (!aside)
		return larder_fail_memory (error);
	bool folder = S_ISDIR (facts.st_mode);
	int failed = folder ? renameat (cache->root, path, cache->root, aside) : linkat (cache->root, path, cache->root, aside, 0);
	int errnum = failed < 0 ? errno : 0;             /* it may be done, and denied */
	return errnum && errnum != ENOENT && fstatat (cache->root, aside, &facts, AT_SYMLINK_NOFOLLOW) < 0 ? cache_fail (cache, errnum, "move aside", path, error) : 0;
}

/* Under one private name, so that a publisher that is killed leaves nothing that grows: whoever finds it there puts his own in its place. */
static int
make_link (const struct cache *cache, const char *private_link, const char *target, struct larder_error *error)
{
	while (symlinkat (target, cache->root, private_link) < 0) {
		if (errno != EEXIST || (unlinkat (cache->root, private_link, 0) < 0 && errno != ENOENT))
			return cache_fail (cache, errno, "write to", private_link, error);
	}
	return 0;
}

/* 1: it has to be made anew, for somebody who came later took it away and did not put his own there yet. A rename may also say that it failed
 * although it was done, by ourselves or with a newer link by somebody else: what is there decides. */
static int
switch_link (const struct cache *cache, struct larder_arena *arena, const struct place *place, uint64_t generation, const char *private_link, struct larder_error *error)
{
	if (renameat (cache->root, private_link, cache->root, place->path) == 0)
		return 0;
	int errnum = errno;
	if (present_generation (cache, arena, place) >= generation)
		return 0;
	if (errnum == ENOENT)
		return 1;
	(void) unlinkat (cache->root, private_link, 0);
	return cache_fail (cache, errnum, "switch the link", place->path, error);
}

int
publish_link (const struct cache *cache, struct larder_arena *arena, const struct place *place, uint64_t generation, const char *target, struct larder_error *error)
{
	const char *private_link = arena_printf (arena, "%s/next", place->home);
	int code = private_link ? file_make_parents (cache->root, place->path, cache->dir_mode, true, error) : larder_fail_memory (error);
	if (code == 0)
		code = move_aside (cache, arena, place, target, error);
	int again = code == 0;
	for (int turn = 0; again == 1 && code == 0; turn++) {
		code = make_link (cache, private_link, target, error);
		if (code == 0)
			again = switch_link (cache, arena, place, generation, private_link, error);
		if (again == 1 && turn == TURNS)
			return cache_fail (cache, ENOENT, "switch the link", place->path, error);
	}
	code = again < 0 ? again : code;
	return code == 0 ? sync_parent (cache, arena, place->path, error) : code;
}
