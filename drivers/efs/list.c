/* list.c: one page of a tree, in byte order of the keys. In memory are the names of one folder at each level. */
#include "efs.h"

#include <dirent.h>
#include <stdio.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arena.h"
#include "cleanup.h"
#include "error.h"
#include "file.h"

enum { PAGE = 1000, DONE = 1 };

struct walk {
	struct efs *efs;
	struct larder_call *call;
	const struct larder_list *request;
	larder_item_fn item;
	void *context;
	int top;                             /* the bucket */
	const char *after;                   /* keys up to this one were told */
	size_t told, most;
	char last[KEY_MOST + 2];
	bool more;
};

/* A name as it stands in keys: a folder's with its '/', which decides the order. */
struct names { struct larder_arena *arena; char **at; size_t count, room; };

static int
by_bytes (const void *a, const void *b)
{
	return strcmp (*(char *const *) a, *(char *const *) b);
}

static int
add_name (struct names *names, const char *name, bool folder)
{
	if (names->count == names->room) {
		size_t room = names->room ? 2 * names->room : 64;
		char **more = realloc (names->at, room * sizeof *more);
		if (!more)
			return -1;
		names->at = more;
		names->room = room;
	}
	char *text = arena_printf (names->arena, "%s%s", name, folder ? "/" : "");
	names->at[names->count++] = text;
	return text ? 0 : -1;
}

/* Files, folders and links; 0: another kind, or gone meanwhile; or a negative errno. */
static int
kind_of (int folder, const struct dirent *entry)
{
	struct stat facts;
	if (entry->d_type == DT_REG || entry->d_type == DT_DIR)
		return entry->d_type;
	if (fstatat (folder, entry->d_name, &facts, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : -errno;
	return S_ISREG (facts.st_mode) ? DT_REG : S_ISDIR (facts.st_mode) ? DT_DIR : S_ISLNK (facts.st_mode) ? DT_LNK : 0;
}

/* 0 or a negative errno: a folder that was not read to its end is none. */
static int
read_entries (DIR *folder, struct names *names)
{
	for (;;) {
		errno = 0;
		const struct dirent *entry = readdir (folder);
		if (!entry)
			return -errno;
		if (strcmp (entry->d_name, ".") == 0 || strcmp (entry->d_name, "..") == 0 || tree_is_private (entry->d_name))
			continue;
		int kind = kind_of (dirfd (folder), entry);
		if (kind < 0 || (kind > 0 && add_name (names, entry->d_name, kind == DT_DIR) < 0))
			return kind < 0 ? kind : -ENOMEM;
	}
}

static int
read_names (int fd, struct names *names)
{
	DIR *folder = fdopendir (fd);
	int failed = folder ? read_entries (folder, names) : -errno;
	if (folder)
		(void) closedir (folder);
	else
		close (fd);
	if (names->count)
		qsort (names->at, names->count, sizeof *names->at, by_bytes);
	return failed;
}

/* Full: the page ends before this one. */
static int
tell (struct walk *walk, const char *key, const struct larder_info *info, struct larder_error *error)
{
	if (walk->told == walk->most) {
		walk->more = true;
		return DONE;
	}
	walk->told++;
	snprintf (walk->last, sizeof walk->last, "%.*s", KEY_MOST, key);
	return walk->item (walk->context, info, error);
}

static int
tell_prefix (struct walk *walk, const char *key, struct larder_error *error)
{
	const struct larder_info info = { .size = sizeof info, .flags = LARDER_INFO_PREFIX, .key = key };
	return tell (walk, key, &info, error);
}

/* Of a link what it leads to, if that is a file below the root. 1; 0: none, or gone meanwhile; or a negative errno. */
static int
look_at (const struct walk *walk, const char *key, struct stat *ret)
{
	if (fstatat (walk->top, key, ret, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT || errno == ENOTDIR ? 0 : -errno;
	if (!S_ISLNK (ret->st_mode))
		return S_ISREG (ret->st_mode);
	CLEANUP_CLOSE int fd = file_open_within (walk->top, key, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	return fd >= 0 && fstat (fd, ret) == 0 && S_ISREG (ret->st_mode);
}

static int
tell_file (struct walk *walk, const char *key, struct larder_error *error)
{
	struct larder_info info = { .size = sizeof info };
	struct stat facts;
	int there = look_at (walk, key, &facts);
	if (there < 0)
		return tree_fail (walk->efs, walk->top, -there, "look at", key, error);
	if (there == 0 || walk->told == walk->most)
		return there == 0 ? 0 : tell (walk, key, NULL, error);
	int code = tree_info (walk->call, key, &facts, &info, error);
	return code < 0 ? code : tell (walk, key, &info, error);
}

/* Keys that share what stands up to a delimiter other than '/': told once. 1: it was; 0: the key stands for itself; or a code. */
static int
tell_group (struct walk *walk, const char *key, struct larder_error *error)
{
	const char *delimiter = walk->request->delimiter, *at = strcmp (delimiter, "/") == 0 || !*delimiter ? NULL : strstr (key + strlen (walk->request->prefix), delimiter);
	char group[KEY_MOST + 2];
	if (!at)
		return 0;
	snprintf (group, sizeof group, "%.*s", (int) (at - key + (ptrdiff_t) strlen (delimiter)), key);
	if ((walk->told && strcmp (walk->last, group) == 0) || (walk->after && strcmp (group, walk->after) <= 0))
		return 1;
	int code = tell_prefix (walk, group, error);
	return code == 0 ? 1 : code;
}

static int
visit_file (struct walk *walk, const char *key, struct larder_error *error)
{
	const char *wanted = walk->request->prefix;
	if (strncmp (key, wanted, strlen (wanted)) != 0 || (walk->after && strcmp (key, walk->after) <= 0))
		return 0;
	int code = tell_group (walk, key, error);
	if (code == 1 && walk->more)
		return DONE;
	return code == 0 ? tell_file (walk, key, error) : code == 1 ? 0 : code;
}

/* Is anything below this prefix behind what was told, and within what is asked for? */
static bool
is_wanted (const struct walk *walk, const char *prefix)
{
	const char *wanted = walk->request->prefix;
	size_t length = strlen (prefix), most = strlen (wanted);
	if (strncmp (prefix, wanted, length < most ? length : most) != 0)
		return false;
	return !walk->after || strncmp (walk->after, prefix, length) == 0 || strcmp (prefix, walk->after) > 0;
}

static int walk_folder (struct walk *walk, const char *prefix, struct larder_error *error);

static int
visit (struct walk *walk, const char *prefix, const char *name, struct larder_error *error)
{
	char key[2 * KEY_MOST];
	const char *wanted = walk->request->prefix;
	size_t length = (size_t) snprintf (key, sizeof key, "%s%s", prefix, name);
	if (length > KEY_MOST)
		return 0;                        /* no key can name it */
	if (key[length - 1] != '/')
		return visit_file (walk, key, error);
	if (!is_wanted (walk, key))
		return 0;
	if (strcmp (walk->request->delimiter, "/") != 0 || length <= strlen (wanted))
		return walk_folder (walk, key, error);
	return !walk->after || strcmp (key, walk->after) > 0 ? tell_prefix (walk, key, error) : 0;
}

static int
walk_folder (struct walk *walk, const char *prefix, struct larder_error *error)
{
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	struct names names = { .arena = arena };
	char folder[KEY_MOST + 2];
	size_t length = (size_t) snprintf (folder, sizeof folder, "%s", *prefix ? prefix : "./");
	folder[length - 1] = '\0';
	int code = tree_cancelled (walk->call, error);
	int fd = code < 0 || !arena ? -ENOMEM : file_open_beneath (walk->top, folder, O_RDONLY | O_DIRECTORY, 0);
	if (fd == -ENOENT)
		return 0;
	if (fd < 0)
		return code < 0 ? code : tree_fail (walk->efs, walk->top, -fd, "list", folder, error);
	int failed = read_names (fd, &names);
	if (failed < 0)
		code = tree_fail (walk->efs, walk->top, -failed, "list", folder, error);
	for (size_t i = 0; code == 0 && i < names.count; i++)
		code = visit (walk, prefix, names.at[i], error);
	free (names.at);
	return code;
}

static const char *
later (const char *a, const char *b)
{
	return !a || (b && strcmp (b, a) > 0) ? b : a;
}

int
efs_list (void *self, struct larder_call *call, const struct larder_list *request, larder_item_fn item, void *context, struct larder_page *ret_page, struct larder_error *error)
{
	struct larder_page page = { .size = sizeof page };
	struct walk walk = {
		.efs = self, .call = call, .request = request, .item = item, .context = context, .most = request->most ? request->most : PAGE,
		.after = later (request->start_after, request->token), .top = tree_open (self, request->bucket, false, error),
	};
	if (walk.top < 0)
		return walk.top;
	CLEANUP_CLOSE int top = walk.top;
	(void) top;
	int code = walk_folder (&walk, "", error);
	if (code < 0 || (code != 0 && code != DONE))
		return code;
	page.complete = !walk.more;
	if (walk.more) {
		char *token = larder_host->arena (call, sizeof walk.last);
		if (!token)
			return larder_fail_memory (error);
		memcpy (token, walk.last, sizeof walk.last);
		page.token = token;
	}
	larder_give (ret_page, &page);
	return 0;
}
