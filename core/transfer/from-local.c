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
#include "text.h"

struct walk { struct transfer *transfer; int root; const char *top, *last; };

static void
fail_one (struct transfer *transfer, const char *from, int errnum)
{
	struct larder_error error = LARDER_ERROR_INIT;
	int code = larder_fail_errno (&error, errnum, "cannot read '%s'", from);
	count_failed (transfer, from, NULL, &error, code, false);
}

static void
take_file (const struct walk *walk, const struct stat *facts, const char *from, const char *rel)
{
	struct item *item = item_new (walk->transfer, from);
	if (!item)
		return;
	item->facts = *facts;
	item->beneath = walk->root;
	item->below = arena_copy (item->arena, rel);
	if (item->below) {
		item_add (item, walk->last, rel);
	} else {
		fail_one (walk->transfer, from, ENOMEM);
		item_free (item);
	}
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
		take_file (walk, &facts, from, path);
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
	const char *last = text_last (path);
	/* '.' and '..' name no folder to keep. */
	if (strcmp (last, ".") == 0 || strcmp (last, "..") == 0)
		last = "";
	struct walk walk = { transfer, root, path, last };
	walk_folder (&walk, "");
	pool_drain (transfer->pool);          /* they are found below `root` */
	if ((transfer->request->flags & (LARDER_MOVE | LARDER_DRY_RUN)) == LARDER_MOVE && !transfer->stop)
		(void) rmdir (path);  /* goes when it is empty; what stayed was told */
	return 0;
}

int
from_local (struct transfer *transfer, const char *path, struct larder_error *error)
{
	struct stat facts;
	if (stat (path, &facts) < 0)
		return larder_fail_errno (error, errno, "cannot read '%s'", path);
	if (S_ISDIR (facts.st_mode))
		return take_tree (transfer, path, error);
	if (!S_ISREG (facts.st_mode)) {
		int code = larder_fail (error, LARDER_E_INVALID, "'%s' is %s", path, kind_of_file (facts.st_mode));
		larder_explain (error, LARDER_DETAIL_NEXT, "a stream goes in by standard input: larder put - STORE:KEY");
		return code;
	}
	struct item *item = item_new (transfer, path);
	if (!item)
		return 0;
	item->facts = facts;
	item_add (item, text_last (path), "");
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
	struct item *item = item_new (transfer, "-");
	if (!item)
		return 0;
	item->spooled = true;
	item->stream = fd;
	item_add (item, "", "");
	return 0;
}
