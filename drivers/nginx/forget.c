/* forget.c: what the cache holds of some keys is gone. Each of its files has the key that it is of in its head. */
#include "nginx.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "arena.h"
#include "cleanup.h"
#include "error.h"
#include "file.h"
#include "site-text.h"

enum { HEAD_MOST = 16 << 10 };
#define MARK "\nKEY: "

struct forgetting {
	int root;
	const char *folder;              /* that is being walked */
	const char *path;                /* of the origin: before each key */
	const struct larder_action *action;
	unsigned depth;
};

/* What stands in the file behind KEY, up to `length`: does one of the arguments mean it? */
static bool
is_meant (const struct forgetting *all, const char *key, size_t length)
{
	size_t path = strlen (all->path);
	if (length < path + 1 || memcmp (key, all->path, path) != 0 || key[path] != '/')
		return false;
	key += path + 1, length -= path + 1;
	for (size_t n = 0; n < all->action->arguments.count; n++) {
		const struct larder_pair *pair = larder_pair_at (&all->action->arguments, n);
		size_t wanted = strlen (pair->value);
		bool below = strcmp (pair->name, "below") == 0;
		if ((below ? length >= wanted : length == wanted) && memcmp (key, pair->value, wanted) == 0)
			return true;
	}
	return false;
}

static int
look_at_file (const struct forgetting *all, const char *path, struct larder_error *error)
{
	char head[HEAD_MOST];
	CLEANUP_CLOSE int fd = file_open_beneath (all->root, path, O_RDONLY, 0);
	int64_t got = fd < 0 ? 0 : file_pread_all (fd, head, sizeof head, 0);        /* gone meanwhile is as good */
	char *mark = got > 0 ? memmem (head, (size_t) got, MARK, sizeof MARK - 1) : NULL;
	char *key = mark ? mark + sizeof MARK - 1 : NULL, *end = key ? memmem (key, (size_t) (head + got - key), "\nHTTP/", 6) : NULL;
	if (!end || !is_meant (all, key, (size_t) (end - key)))
		return 0;
	int code = file_unlink_beneath (all->root, path);
	return code < 0 && code != -ENOENT ? larder_fail_errno (error, -code, "cannot take '%s' from the cache", path) : 0;
}

/* Two levels of folders, and files in them. */
static int
look (void *context, const char *name, struct larder_error *error)
{
	const struct forgetting *all = context;
	char path[256];
	struct forgetting below = *all;
	snprintf (path, sizeof path, "%s/%s", all->folder, name);
	below.folder = path;
	below.depth++;
	return all->depth == 2 ? look_at_file (all, path, error) : file_each_name (all->root, path, look, &below, error);
}

int
ng_forget (struct nginx *nginx, struct larder_call *call, const struct larder_action *action, struct larder_error *error)
{
	char id[NG_ID_ROOM], folder[64];
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	struct lines lines;
	struct ng_origin origin;
	(void) call;
	if (!arena)
		return larder_fail_memory (error);
	lines_begin (&lines, arena);
	CLEANUP_CLOSE int root = ng_root (nginx, false, error);
	ng_site_id (action->target, id);
	int code = ng_site_lines (root, id, &lines, error);
	if (code == 0)
		return larder_fail_next (error, LARDER_E_NOTFOUND, "larder infra apply makes it", "there is no cdn '%s' below '%s'", action->target, nginx->path);
	if (code < 0)
		return code;
	const char *url = ng_origin_url (&lines);
	if (!url || !ng_origin_of (arena, url, &origin))
		return larder_fail_next (error, LARDER_E_INVALID, "larder infra apply", "cdn '%s' does not say what it serves", action->target);
	snprintf (folder, sizeof folder, "sites/%s/cache", id);
	struct forgetting all = { root, folder, origin.path, action, 0 };
	return file_each_name (root, folder, look, &all, error);
}
