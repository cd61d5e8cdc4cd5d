/* remains.c: what is left of uploads that have ended.
 *
 * The record of an upload is the first to go: a process that dies before the parts have gone too, or that has placed a part meanwhile,
 * leaves a folder without a record; so does one that dies before it has placed the record. Whoever begins an upload in the bucket
 * takes those away, and whoever gives one up, its own. */
#include "mock.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "file.h"

bool
upload_is_id (const char *id)
{
	return id && strlen (id) == 24 && strspn (id, "0123456789abcdef") == 24;
}

int
piece_parse (const char *name, struct piece *ret)
{
	int end = -1;
	if (sscanf (name, "%5" SCNu32 ".%" SCNu64 ".%32[0-9a-f].%16" SCNx64 ".%24[0-9a-f]%n", &ret->number, &ret->length, ret->etag, &ret->crc, ret->id,
	            &end) != 5 || end < 0 || name[end])
		return -1;
	return 0;
}

void
remains_remove (const struct bucket *bucket, const char *folder)
{
	int fd = file_open_beneath (bucket->truth, folder, O_RDONLY | O_DIRECTORY, 0);
	DIR *entries = fd < 0 ? NULL : fdopendir (fd);
	struct piece piece;
	if (!entries) {
		cleanup_close_at (&fd);
		return;
	}
	/* Each name is read before the record is looked for: a part of an upload that has begun meanwhile stays. */
	for (const struct dirent *entry; (entry = readdir (entries)) && faccessat (fd, "upload", F_OK, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT;)
		if (piece_parse (entry->d_name, &piece) == 0)
			(void) unlinkat (fd, entry->d_name, 0);
	closedir (entries);
	file_trim_parents (bucket->truth, folder);
}

/* What the bucket's rules have given up. */
static void
give_up (const struct bucket *bucket, const char *id)
{
	CLEANUP_ARENA struct larder_arena *arena = bucket->rules ? arena_new () : NULL;
	struct record record;
	char path[64];
	if (!arena || upload_read (bucket, id, arena, &record, NULL) <= 0 || !lifecycle_gave_up (bucket, &record))
		return;
	snprintf (path, sizeof path, "uploads/%.24s/upload", id);
	(void) file_unlink_beneath (bucket->truth, path);
}

void
remains_sweep (const struct bucket *bucket)
{
	int fd = file_open_beneath (bucket->truth, "uploads", O_RDONLY | O_DIRECTORY, 0);
	DIR *folder = fd < 0 ? NULL : fdopendir (fd);
	char path[64];
	if (!folder) {
		cleanup_close_at (&fd);
		return;
	}
	for (const struct dirent *entry; (entry = readdir (folder));)
		if (upload_is_id (entry->d_name)) {
			give_up (bucket, entry->d_name);
			snprintf (path, sizeof path, "uploads/%.24s/", entry->d_name);
			remains_remove (bucket, path);
		}
	closedir (folder);
}
