/* from-local.c: the files a path names. Links are not followed below it, a FIFO never blocks, and what is no
 * regular file is skipped with its reason. */
#include "transfer.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arena.h"
#include "cleanup.h"
#include "error.h"

struct walk { struct transfer *transfer; int root; const char *top, *last; };

static const char *
last_of (const char *path)
{
	const char *slash = strrchr (path, '/');
	return slash ? slash + 1 : path;
}

/* One open regular file; owns nothing. */
static void
take (struct transfer *transfer, struct item *item, const char *last, const char *rel)
{
	struct larder_error error = LARDER_ERROR_INIT;
	int code = target_name (transfer, last, rel, item, &error);
	if (code < 0)
		count_failed (transfer, item->from, NULL, &error, code, false);
	else
		copy_item (transfer, item);
}

static void
fail_one (struct transfer *transfer, const char *from, int errnum)
{
	struct larder_error error = LARDER_ERROR_INIT;
	int code = larder_fail_errno (&error, errnum, "cannot read '%s'", from);
	count_failed (transfer, from, NULL, &error, code, false);
}

static void
walk_file (const struct walk *walk, const char *from, const char *rel)
{
	CLEANUP_CLOSE int fd = file_open_beneath (walk->root, rel, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
	struct item item = { .from = from, .fd = fd, .beneath = walk->root, .below = rel };
	if (fd < 0)
		fail_one (walk->transfer, from, -fd);
	else if (fstat (fd, &item.facts) < 0)
		fail_one (walk->transfer, from, errno);
	else if (!S_ISREG (item.facts.st_mode))
		count_skipped (walk->transfer, from, kind_of_file (item.facts.st_mode));
	else
		take (walk->transfer, &item, walk->last, rel);
}

static int
by_bytes (const void *a, const void *b)
{
	return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/* Names of a folder in byte order, in the arena; -errno. */
static int
read_names (int folder, struct larder_arena *arena, const char ***ret, size_t *ret_count)
{
	int copy = fcntl (folder, F_DUPFD_CLOEXEC, 0);
	DIR *dir = copy >= 0 ? fdopendir (copy) : NULL;
	if (!dir)
		return -errno;
	CLEANUP_FREE const char **names = NULL;
	size_t count = 0, room = 0;
	errno = 0;
	for (struct dirent *entry; (entry = readdir (dir));) {
		if (strcmp (entry->d_name, ".") == 0 || strcmp (entry->d_name, "..") == 0)
			continue;
		if (count == room) {
			room = room ? 2 * room : 64;
			const char **more = realloc (names, room * sizeof *names);
			if (!more)
				break;
			names = more;
		}
		names[count] = arena_copy (arena, entry->d_name);
		if (!names[count++])
			break;
	}
	int errnum = errno;
	closedir (dir);
	if (errnum)
		return -errnum;
	if (count > 1)
		qsort (names, count, sizeof *names, by_bytes);
	*ret = TAKE (names);
	*ret_count = count;
	return 0;
}

static void walk_folder (const struct walk *walk, const char *rel);

static void
walk_entry (const struct walk *walk, int folder, const char *rel, const char *name)
{
	struct transfer *transfer = walk->transfer;
	struct stat facts;
	const char *path = target_join (transfer->arena, rel, name);
	const char *from = path ? target_join (transfer->arena, walk->top, path) : NULL;
	if (!from)
		fail_one (transfer, name, ENOMEM);
	else if (fstatat (folder, name, &facts, AT_SYMLINK_NOFOLLOW) < 0)
		fail_one (transfer, from, errno);
	else if (S_ISDIR (facts.st_mode))
		walk_folder (walk, path);
	else if (S_ISREG (facts.st_mode))
		walk_file (walk, from, path);
	else
		count_skipped (transfer, from, kind_of_file (facts.st_mode));
}

/* Memory of a folder is given back when it is done. */
static void
walk_folder (const struct walk *walk, const char *rel)
{
	struct transfer *transfer = walk->transfer;
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	CLEANUP_FREE const char **names = NULL;
	size_t count = 0;
	CLEANUP_CLOSE int folder = file_open_beneath (walk->root, *rel ? rel : ".", O_RDONLY | O_DIRECTORY, 0);
	int failed = folder < 0 ? folder : arena ? read_names (folder, arena, &names, &count) : -ENOMEM;
	if (failed < 0) {
		fail_one (transfer, arena ? target_join (arena, walk->top, rel) : rel, -failed);
		return;
	}
	struct larder_arena *outer = transfer->arena;
	transfer->arena = arena;
	for (size_t i = 0; i < count && !transfer_stopped (transfer); i++)
		walk_entry (walk, folder, rel, names[i]);
	transfer->arena = outer;
}

/* A local target below the source would be walked into. */
static int
refuse_inside (struct transfer *transfer, const char *path, struct larder_error *error)
{
	if (transfer->store)
		return 0;
	CLEANUP_FREE char *from = realpath (path, NULL);
	int code = target_root (transfer, error);
	if (code < 0)
		return code;
	CLEANUP_FREE char *to = realpath (transfer->folder, NULL);
	size_t length = from ? strlen (from) : 0;
	if (!from || !to || strncmp (to, from, length) != 0 || (to[length] != '/' && to[length] != '\0'))
		return 0;
	return larder_fail_next (error, LARDER_E_INVALID, "give a destination outside of it",
		"'%s' lies inside its own source '%s'", transfer->request->to, path);
}

static int
take_tree (struct transfer *transfer, const char *path, struct larder_error *error)
{
	if (!(transfer->request->flags & LARDER_RECURSIVE)) {
		int code = larder_fail (error, LARDER_E_INVALID, "'%s' is a folder", path);
		larder_explain (error, LARDER_DETAIL_NEXT, "for everything below it: --recursive");
		return code;
	}
	int code = (transfer->request->flags & LARDER_DRY_RUN) ? 0 : refuse_inside (transfer, path, error);
	if (code < 0)
		return code;
	CLEANUP_CLOSE int root = open (path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return larder_fail_errno (error, errno, "cannot read '%s'", path);
	const char *last = last_of (path);
	/* '.' and '..' name no folder to keep. */
	if (strcmp (last, ".") == 0 || strcmp (last, "..") == 0)
		last = "";
	struct walk walk = { transfer, root, path, last };
	walk_folder (&walk, "");
	if ((transfer->request->flags & (LARDER_MOVE | LARDER_DRY_RUN)) == LARDER_MOVE && !transfer->stop)
		(void) rmdir (path);  /* goes when it is empty; what stayed was told */
	return 0;
}

int
from_local (struct transfer *transfer, const char *path, struct larder_error *error)
{
	CLEANUP_CLOSE int fd = open (path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct item item = { .from = path, .fd = fd, .beneath = -1 };
	if (fd < 0)
		return larder_fail_errno (error, errno, "cannot read '%s'", path);
	if (fstat (fd, &item.facts) < 0)
		return larder_fail_errno (error, errno, "cannot look at '%s'", path);
	if (S_ISDIR (item.facts.st_mode))
		return take_tree (transfer, path, error);
	if (!S_ISREG (item.facts.st_mode)) {
		int code = larder_fail (error, LARDER_E_INVALID, "'%s' is %s", path, kind_of_file (item.facts.st_mode));
		larder_explain (error, LARDER_DETAIL_NEXT, "a stream goes in by standard input: larder put - STORE:KEY");
		return code;
	}
	take (transfer, &item, last_of (path), "");
	return 0;
}

int
from_stream (struct transfer *transfer, int fd, struct larder_error *error)
{
	/* Alone, it becomes the key as written, also one that ends in '/'. */
	bool whole = transfer->store && transfer->request->count == 1 && *transfer->to;
	if (transfer->into && !whole)
		return larder_fail_next (error, LARDER_E_INVALID, "name the object or file: larder put - STORE:KEY",
			"standard input has no name: '%s' must be a whole one", transfer->request->to);
	CLEANUP_CLOSE int copy = -1;
	if (transfer->request->flags & LARDER_DRY_RUN) {
		struct item would = { .from = "-", .fd = -1, .beneath = -1, .spooled = true };
		int code = target_name (transfer, "", "", &would, error);
		if (code == 0)
			count_done (transfer, &would, 0);
		return code;
	}
	int code = spool (transfer, fd, &copy, error);
	if (code < 0)
		return code;
	struct item item = { .from = "-", .fd = copy, .beneath = -1, .spooled = true };
	if (fstat (copy, &item.facts) < 0)
		return larder_fail_errno (error, errno, "cannot look at the copy of standard input");
	take (transfer, &item, "", "");
	return 0;
}
