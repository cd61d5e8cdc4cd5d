/* list.c: one page of a tree, in byte order of the keys. In memory are the least names of one folder at each level: when they are used up
 * and it had more, it is read again. */
#include "efs.h"

#include <dirent.h>
#include <stdio.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "error.h"
#include "file.h"

enum { PAGE = 1000, BATCH = PAGE + 1, DONE = 1 };

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

/* The least names of a folder above the one before, as they stand in keys: a folder's with its '/', which decides the order. */
struct names {
	const char *prefix;
	char **at;                           /* room for 2 * BATCH */
	size_t count;
	bool more;                           /* than BATCH: of the first so many, which are sorted, none is above those left out */
	char last[NAME_MAX + 2];
};

static int
by_bytes (const void *a, const void *b)
{
	return strcmp (*(char *const *) a, *(char *const *) b);
}

static void
keep_least (struct names *names)
{
	if (names->count)
		qsort (names->at, names->count, sizeof *names->at, by_bytes);
	for (; names->count > BATCH; names->more = true)
		free (names->at[--names->count]);
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

/* Of a name that is too long there is no key. */
static bool
may_be_told (const struct walk *walk, const char *prefix, const char *name)
{
	char key[2 * KEY_MOST];
	const char *wanted = walk->request->prefix;
	size_t length = (size_t) snprintf (key, sizeof key, "%s%s", prefix, name);
	if (length > KEY_MOST)
		return false;
	if (key[length - 1] == '/')
		return is_wanted (walk, key);
	return strncmp (key, wanted, strlen (wanted)) == 0 && (!walk->after || strcmp (key, walk->after) > 0);
}

static int
add_name (const struct walk *walk, struct names *names, const char *name, bool folder)
{
	char text[NAME_MAX + 2];
	snprintf (text, sizeof text, "%s%s", name, folder ? "/" : "");
	if (strcmp (text, names->last) <= 0 || (names->more && strcmp (text, names->at[BATCH - 1]) > 0) || !may_be_told (walk, names->prefix, text))
		return 0;
	char *kept = strdup (text);
	if (!kept)
		return -1;
	names->at[names->count++] = kept;
	if (names->count == (size_t) 2 * BATCH)
		keep_least (names);
	return 0;
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
read_entries (const struct walk *walk, DIR *folder, struct names *names)
{
	for (;;) {
		errno = 0;
		const struct dirent *entry = readdir (folder);
		if (!entry)
			return -errno;
		if (strcmp (entry->d_name, ".") == 0 || strcmp (entry->d_name, "..") == 0 || tree_is_private (entry->d_name))
			continue;
		int kind = kind_of (dirfd (folder), entry);
		if (kind < 0 || (kind > 0 && add_name (walk, names, entry->d_name, kind == DT_DIR) < 0))
			return kind < 0 ? kind : -ENOMEM;
	}
}

static int
read_names (const struct walk *walk, int fd, struct names *names)
{
	DIR *folder = fdopendir (fd);
	int failed = folder ? read_entries (walk, folder, names) : -errno;
	if (folder)
		(void) closedir (folder);
	else
		close (fd);
	keep_least (names);
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
	int code = tell_group (walk, key, error);
	if (code == 1 && walk->more)
		return DONE;
	return code == 0 ? tell_file (walk, key, error) : code == 1 ? 0 : code;
}

static int walk_folder (struct walk *walk, const char *prefix, struct larder_error *error);

static int
visit (struct walk *walk, const char *prefix, const char *name, struct larder_error *error)
{
	char key[2 * KEY_MOST];
	const char *wanted = walk->request->prefix;
	size_t length = (size_t) snprintf (key, sizeof key, "%s%s", prefix, name);
	if (key[length - 1] != '/')
		return visit_file (walk, key, error);
	if (strcmp (walk->request->delimiter, "/") != 0 || length <= strlen (wanted))
		return walk_folder (walk, key, error);
	return !walk->after || strcmp (key, walk->after) > 0 ? tell_prefix (walk, key, error) : 0;
}

/* The next batch. A folder that is not there has none. */
static int
read_batch (const struct walk *walk, struct names *names, struct larder_error *error)
{
	char folder[KEY_MOST + 2];
	size_t length = (size_t) snprintf (folder, sizeof folder, "%s", *names->prefix ? names->prefix : "./");
	folder[length - 1] = '\0';
	int code = tree_cancelled (walk->call, error);
	if (code < 0)
		return code;
	names->more = false;
	int fd = file_open_beneath (walk->top, folder, O_RDONLY | O_DIRECTORY, 0);
	int failed = fd == -ENOENT ? 0 : fd < 0 ? fd : read_names (walk, fd, names);
	return failed < 0 ? tree_fail (walk->efs, walk->top, -failed, "list", folder, error) : 0;
}

static void
names_clear (struct names *names)
{
	if (names->count)
		snprintf (names->last, sizeof names->last, "%s", names->at[names->count - 1]);
	while (names->count)
		free (names->at[--names->count]);
}

static int
walk_folder (struct walk *walk, const char *prefix, struct larder_error *error)
{
	struct names names = { .prefix = prefix, .at = malloc (2 * BATCH * sizeof *names.at) };
	int code = names.at ? 0 : larder_fail_memory (error);
	do {
		code = code == 0 ? read_batch (walk, &names, error) : code;
		for (size_t i = 0; code == 0 && i < names.count; i++)
			code = visit (walk, prefix, names.at[i], error);
		names_clear (&names);
	} while (code == 0 && names.more);
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
	int turn = larder_host->pace_request (call, error);
	struct walk walk = {
		.efs = self, .call = call, .request = request, .item = item, .context = context, .most = request->most ? request->most : PAGE,
		.after = later (request->start_after, request->token), .top = turn < 0 ? turn : tree_open (self, request->bucket, false, error),
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
