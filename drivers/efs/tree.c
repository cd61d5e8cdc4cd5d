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

int
tree_open (const struct efs *efs, const char *bucket, bool make, struct larder_error *error)
{
	if (strcmp (bucket, ".") != 0 && (!*bucket || strchr (bucket, '/') || strcmp (bucket, "..") == 0 || tree_is_private (bucket)))
		return larder_fail_next (error, LARDER_E_INVALID, "the name of one folder below the root, or '.' for the root itself", "'%.200s' is no bucket here", bucket);
	char inside[NAME_MOST + 3];
	bool fits = (size_t) snprintf (inside, sizeof inside, "%s/x", bucket) < sizeof inside;
	int code = make && fits && strcmp (bucket, ".") != 0 ? file_make_parents (efs->fd, inside, efs->dir_mode, true, error) : 0;
	if (code < 0)
		return code;
	int fd = file_open_beneath (efs->fd, bucket, O_RDONLY | O_DIRECTORY, 0);
	if (fd == -ENOENT)
		return larder_fail_next (error, LARDER_E_NOTFOUND, "the first write makes it; or correct 'bucket' of the store", "no folder '%s' in '%s'", bucket, efs->root);
	return fd < 0 ? tree_fail (efs, efs->fd, -fd, "open the folder", bucket, error) : fd;
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

static const char *
copy (struct larder_call *call, const char *text)
{
	size_t length = strlen (text) + 1;
	char *into = larder_host->arena (call, length);
	return into ? memcpy (into, text, length) : NULL;
}

int
tree_info (struct larder_call *call, const char *key, const struct stat *facts, struct larder_info *ret, struct larder_error *error)
{
	char etag[ETAG_ROOM];
	tree_etag (facts, etag);
	const struct larder_info info = {
		.size = sizeof info, .flags = LARDER_INFO_LATEST, .length = (uint64_t) facts->st_size, .mtime = facts->st_mtim.tv_sec * NS_PER_S + facts->st_mtim.tv_nsec,
		.key = copy (call, key), .etag = copy (call, etag),
	};
	if (!info.key || !info.etag)
		return larder_fail_memory (error);
	larder_give (ret, &info);
	return 0;
}
