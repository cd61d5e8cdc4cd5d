/* tree.c: keys as names of files below the root, and what is told of a file. */
#include "efs.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "error.h"
#include "file.h"
#include "give.h"

enum { NAME_MOST = 255 };

int
tree_cancelled (struct larder_call *call, struct larder_error *error)
{
	return larder_host->cancelled (call) ? larder_fail (error, LARDER_E_CANCELLED, "cancelled") : 0;
}

bool
tree_is_link (int folder, const char *key)
{
	struct stat facts;
	return fstatat (folder, key, &facts, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK (facts.st_mode);
}

bool
tree_is_private (const char *name)
{
	return strcmp (name, ".larder") == 0 || strncmp (name, ".tmp-", 5) == 0;
}

int
tree_check_key (const char *key, struct larder_error *error)
{
	const char *why = strlen (key) > KEY_MOST ? "is longer than 1024 bytes" : NULL;
	for (const char *at = key; !why;) {
		char part[NAME_MOST + 1];
		size_t length = strcspn (at, "/");
		if (length == 0)
			why = "has an empty part";
		else if (length > NAME_MOST)
			why = "has a part longer than 255 bytes";
		else if (snprintf (part, sizeof part, "%.*s", (int) length, at) > 0 && (strcmp (part, ".") == 0 || strcmp (part, "..") == 0))
			why = "has a part that means another folder";
		else if (tree_is_private (part))
			why = "has a part that is kept for larder's own files";
		at += length;
		if (!*at++)
			break;
	}
	return why ? larder_fail_next (error, LARDER_E_INVALID, "give the object another key", "no file can be called '%.200s': the key %s", key, why) : 0;
}

/* One that is there is asked for too where it may be made, as who made it may have died before its name was durable. */
static int
open_root (const struct efs *efs, bool make, struct larder_error *error)
{
	struct larder_error why = LARDER_ERROR_INIT;
	bool there = access (efs->root, F_OK) == 0;
	int code = make ? file_make_folders (efs->root, efs->dir_mode, &why) : 0;
	int fd = code < 0 ? -1 : open (efs->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0 && !there)
		(void) fchmod (fd, efs->dir_mode);           /* one that was there is as its owner wants it */
	if (fd >= 0)
		return fd;
	code = larder_fail_errno (error, code < 0 ? why.errnum : errno, "cannot open the root '%s' of backend '%s'", efs->root, efs->name);
	if (code == LARDER_E_NOTFOUND)
		larder_explain (error, LARDER_DETAIL_NEXT, "mount the file system there, or make the folder");
	return code;
}

int
tree_root (struct efs *efs, bool make, struct larder_error *error)
{
	int kept = atomic_load (&efs->fd), fd = kept >= 0 ? kept : open_root (efs, make, error);
	if (kept < 0 && fd >= 0 && !atomic_compare_exchange_strong (&efs->fd, &kept, fd)) {
		close (fd);                          /* somebody else was first */
		fd = kept;
	}
	return fd;
}

int
tree_open (struct efs *efs, const char *bucket, bool make, struct larder_error *error)
{
	if (strcmp (bucket, ".") != 0 && (!*bucket || strchr (bucket, '/') || strcmp (bucket, "..") == 0 || tree_is_private (bucket)))
		return larder_fail_next (error, LARDER_E_INVALID, "the name of one folder below the root, or '.' for the root itself", "'%.200s' is no bucket here", bucket);
	char inside[NAME_MOST + 3];
	bool fits = (size_t) snprintf (inside, sizeof inside, "%s/x", bucket) < sizeof inside;
	int root = tree_root (efs, !efs->read_only, error);
	int code = root < 0 ? root : make && fits && strcmp (bucket, ".") != 0 ? file_make_parents (root, inside, efs->dir_mode, true, error) : 0;
	if (code < 0)
		return code;
	int fd = file_open_beneath (root, bucket, O_RDONLY | O_DIRECTORY, 0);
	if (fd == -ENOENT)
		return larder_fail_next (error, LARDER_E_NOTFOUND, "the first write makes it; or correct 'bucket' of the store", "no folder '%s' in '%s'", bucket, efs->root);
	return fd < 0 ? tree_fail (efs, root, -fd, "open the folder", bucket, error) : fd;
}

int
tree_fail (const struct efs *efs, int folder, int errnum, const char *what, const char *key, struct larder_error *error)
{
	int code = larder_fail_errno (error, errnum, "cannot %s '%.300s' below '%s'", what, key, efs->root);
	file_explain_owner (folder, key, error);
	return code;
}

/* Not of the bytes: one that tells whether it is the same file, unchanged. */
void
tree_etag (const struct stat *facts, char ret[ETAG_ROOM])
{
	snprintf (ret, ETAG_ROOM, "%" PRIx64 "-%" PRIx64 "-%" PRIx64, (uint64_t) facts->st_size, (uint64_t) (facts->st_mtim.tv_sec * NS_PER_S + facts->st_mtim.tv_nsec),
	          (uint64_t) facts->st_ino);
}

int
tree_info (struct larder_call *call, const char *key, const struct stat *facts, struct larder_info *ret, struct larder_error *error)
{
	char etag[ETAG_ROOM];
	tree_etag (facts, etag);
	const struct larder_info info = {
		.size = sizeof info, .flags = LARDER_INFO_LATEST, .length = (uint64_t) facts->st_size, .mtime = facts->st_mtim.tv_sec * NS_PER_S + facts->st_mtim.tv_nsec,
		.key = give_text (call, key), .etag = give_text (call, etag),
	};
	if (!info.key || !info.etag)
		return larder_fail_memory (error);
	larder_give (ret, &info);
	return 0;
}
