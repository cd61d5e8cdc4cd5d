/* place.c: private files, and giving them their place.
 *
 * A private file lies in TRUTH/tmp and is held by flock while its process lives: one that can be locked and
 * is not brand-new is left over from a crash, and is swept. Placing is rename plus fsync of the folder. */
#include "mock.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "cleanup.h"
#include "error.h"
#include "file.h"
#include "random.h"

#define TEMP_AGE 60             /* s; younger ones may be about to be locked */
#define TRIES 1000              /* against others that trim the folders we just made */

void
id_new (int64_t now, const char *after, char ret[ID_ROOM])
{
	uint32_t chance;
	random_bytes (&chance, sizeof chance);
	uint64_t time = now < 0 ? 0 : (uint64_t) now, last = 0;
	if (after && strcmp (after, "null") != 0) {
		char head[17];
		snprintf (head, sizeof head, "%s", after);
		last = strtoull (head, NULL, 16);
	}
	if (time <= last)
		time = last + 1;
	snprintf (ret, ID_ROOM, "%016" PRIx64 "%08" PRIx32, time, chance);
}

void
meta_path (const char *path, char ret[PATH_ROOM])
{
	snprintf (ret, PATH_ROOM, "meta/%s", path);
}

void
data_path (const char *path, const char *data, char ret[PATH_ROOM])
{
	snprintf (ret, PATH_ROOM, "data/%s%%@%s", path, data);
}

int
temp_open (const struct bucket *bucket, struct temp *ret, struct larder_error *error)
{
	char id[ID_ROOM];
	*ret = (struct temp) { .fd = -1, .truth = bucket->truth };
	id_new (larder_host->wall (), NULL, id);
	snprintf (ret->name, sizeof ret->name, "tmp/%s", id);
	for (int try = 0; try < 2; try++) {
		ret->fd = file_open_beneath (bucket->truth, ret->name, O_RDWR | O_CREAT | O_EXCL, 0444);
		if (ret->fd != -ENOENT || file_make_parents (bucket->truth, ret->name, 0755, false, NULL) < 0)
			break;
	}
	if (ret->fd < 0) {
		int errnum = -ret->fd;
		*ret = (struct temp) TEMP_NONE;
		return larder_fail_errno (error, errnum, "cannot create a file in bucket '%s'", bucket->name);
	}
	(void) flock (ret->fd, LOCK_EX | LOCK_NB);
	return 0;
}

int
temp_settle (const struct bucket *bucket, struct temp *temp, struct larder_error *error)
{
	if (bucket->mock->fsync && fsync (temp->fd) < 0)
		return larder_fail_errno (error, errno, "cannot make a file in bucket '%s' durable", bucket->name);
	return 0;
}

/* The folder of `path`, made if need be; others may trim it before we hold it. */
static int
folder_of (const struct bucket *bucket, const char *path, const char **ret_last, struct larder_error *error)
{
	char folder[PATH_ROOM];
	const char *slash = strrchr (path, '/');
	snprintf (folder, sizeof folder, "%.*s", (int) (slash - path), path);
	*ret_last = slash + 1;
	for (int try = 0; try < TRIES; try++) {
		struct larder_error why = LARDER_ERROR_INIT;
		int code = file_make_parents (bucket->truth, path, 0755, bucket->mock->fsync, &why);
		int fd = code < 0 ? -1 : file_open_beneath (bucket->truth, folder, O_RDONLY | O_DIRECTORY, 0);
		if (fd >= 0)
			return fd;
		if (code == 0 && fd != -ENOENT)
			code = larder_fail_errno (&why, -fd, "cannot open folder '%s' of bucket '%s'", folder, bucket->name);
		if (code < 0 && code != LARDER_E_NOTFOUND) {
			if (error)
				larder_give (error, &why);
			return code;
		}
	}
	return larder_fail (error, LARDER_E_UNAVAILABLE, "folder '%s' of bucket '%s' keeps vanishing", folder, bucket->name);
}

int
temp_place (const struct bucket *bucket, struct temp *temp, const char *path, struct larder_error *error)
{
	for (int try = 0; try < TRIES; try++) {
		const char *last;
		CLEANUP_CLOSE int folder = folder_of (bucket, path, &last, error);
		if (folder < 0)
			return folder;
		if (renameat (bucket->truth, temp->name, folder, last) < 0) {
			if (errno == ENOENT)
				continue;
			return larder_fail_errno (error, errno, "cannot place '%s' in bucket '%s'", path, bucket->name);
		}
		temp->name[0] = '\0';
		if (bucket->mock->fsync && fsync (folder) < 0)
			return larder_fail_errno (error, errno, "cannot make '%s' in bucket '%s' durable", path, bucket->name);
		return 0;
	}
	return larder_fail (error, LARDER_E_UNAVAILABLE, "the place of '%s' in bucket '%s' keeps vanishing", path, bucket->name);
}

void
temp_abort (struct temp *temp)
{
	if (temp->name[0])
		(void) file_unlink_beneath (temp->truth, temp->name);
	cleanup_close_at (&temp->fd);
	*temp = (struct temp) TEMP_NONE;
}

static void
sweep_one (int folder, const char *name)
{
	struct stat st;
	CLEANUP_CLOSE int fd = openat (folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 || fstat (fd, &st) < 0 || !S_ISREG (st.st_mode))
		return;
	int64_t age = larder_host->wall () / 1000000000 - st.st_mtim.tv_sec;
	if (age > TEMP_AGE && flock (fd, LOCK_EX | LOCK_NB) == 0)
		(void) unlinkat (folder, name, 0);
}

void
temp_sweep (const struct bucket *bucket)
{
	int fd = file_open_beneath (bucket->truth, "tmp", O_RDONLY | O_DIRECTORY, 0);
	DIR *folder = fd < 0 ? NULL : fdopendir (fd);
	if (!folder) {
		cleanup_close_at (&fd);
		return;
	}
	for (const struct dirent *entry; (entry = readdir (folder));)
		if (entry->d_name[0] != '.')
			sweep_one (fd, entry->d_name);
	closedir (folder);
}

/* ---- the readable file ---- */

static bool
is_data (const struct bucket *bucket, const char *path, const char *data, const struct stat *shown)
{
	char from[PATH_ROOM];
	struct stat st;
	data_path (path, data, from);
	CLEANUP_CLOSE int fd = file_open_beneath (bucket->truth, from, O_PATH, 0);
	return fd >= 0 && fstat (fd, &st) == 0 && st.st_dev == shown->st_dev && st.st_ino == shown->st_ino;
}

void
data_names (const struct bucket *bucket, const char *path, uint64_t inode, struct buffer *into)
{
	char below[PATH_ROOM];
	data_path (path, "", below);
	char *last = strrchr (below, '/');
	*last++ = '\0';
	int fd = file_open_beneath (bucket->truth, below, O_RDONLY | O_DIRECTORY, 0);
	DIR *folder = fd < 0 ? NULL : fdopendir (fd);
	if (!folder) {
		cleanup_close_at (&fd);
		return;
	}
	for (const struct dirent *entry; (entry = readdir (folder));)
		if ((inode == 0 || entry->d_ino == inode) && strncmp (entry->d_name, last, strlen (last)) == 0)
			buffer_printf (into, "%s\n", entry->d_name + strlen (last));
	closedir (folder);
}

static bool
names_it (const struct bucket *bucket, const char *path, const char *names, const struct stat *shown)
{
	for (const char *newline; names && (newline = strchr (names, '\n')) && strncmp (names, "end\n", 4) != 0; names = newline + 1) {
		char data[ID_ROOM];
		snprintf (data, sizeof data, "%.*s", (int) (newline - names), names);
		if (is_data (bucket, path, data, shown))
			return true;
	}
	return false;
}

/* Is the file in the readable one's place a link to bytes of this key? Anything else is somebody's own. */
static bool
is_ours (const struct bucket *bucket, const char *path, const struct record *record, const char *note, const struct stat *shown)
{
	if (!S_ISREG (shown->st_mode))
		return false;
	if (names_it (bucket, path, note, shown))
		return true;
	for (size_t i = 0; i < record->count; i++)
		if (record->versions[i].data && is_data (bucket, path, record->versions[i].data, shown))
			return true;
	CLEANUP_BUFFER struct buffer strays;    /* that no record names: what a damaged one or a power cut left */
	buffer_init (&strays, 65536);
	data_names (bucket, path, shown->st_ino, &strays);
	return strays.length > 0 && names_it (bucket, path, strays.at, shown);
}

/* A file that turns up in a free place meanwhile stays: link, unlike rename, replaces nothing. */
static bool
link_once (const struct bucket *bucket, const char *path, const char *data, bool replace)
{
	const char *slash = strrchr (path, '/');
	char folder[PATH_ROOM], self[64], temp[ID_ROOM + 8], id[ID_ROOM];
	snprintf (folder, sizeof folder, "%.*s", slash ? (int) (slash - path) : 1, slash ? path : ".");
	(void) file_make_parents (bucket->top, path, 0755, false, NULL);
	CLEANUP_CLOSE int at = file_open_beneath (bucket->top, folder, O_RDONLY | O_DIRECTORY, 0);
	CLEANUP_CLOSE int from = file_open_beneath (bucket->truth, data, O_PATH, 0);
	snprintf (self, sizeof self, "/proc/self/fd/%d", from);
	if (at < 0 || from < 0)
		return false;
	if (!replace)
		return linkat (AT_FDCWD, self, at, slash ? slash + 1 : path, AT_SYMLINK_FOLLOW) == 0 || errno == EEXIST;
	id_new (larder_host->wall (), NULL, id);
	snprintf (temp, sizeof temp, "tmp/%s", id);
	if (linkat (AT_FDCWD, self, bucket->truth, temp, AT_SYMLINK_FOLLOW) < 0)
		return false;
	bool placed = renameat (bucket->truth, temp, at, slash ? slash + 1 : path) == 0;
	(void) file_unlink_beneath (bucket->truth, temp);
	return placed;
}

static void
readable_remove (const struct bucket *bucket, const char *path)
{
	(void) file_unlink_beneath (bucket->top, path);
	file_trim_parents (bucket->top, path);
}

void
readable_set (const struct bucket *bucket, const char *path, const struct record *record, const char *note)
{
	const struct version *current = record_find (record, NULL);
	struct stat shown;
	CLEANUP_CLOSE int fd = file_open_beneath (bucket->top, path, O_PATH, 0);
	bool vacant = fd == -ENOENT;
	if (!vacant && (fd < 0 || fstat (fd, &shown) < 0 || !is_ours (bucket, path, record, note, &shown))) {
		larder_host->log (LARDER_LOG_DEBUG, "'%s' in bucket '%s': a file that is not the object's is in the readable one's place and stays", path,
		                  bucket->name);
		return;
	}
	if (!current) {
		if (!vacant)
			readable_remove (bucket, path);
		return;
	}
	if (!vacant && is_data (bucket, path, current->data, &shown))
		return;
	char from[PATH_ROOM];
	bool placed = false;
	data_path (path, current->data, from);
	for (int try = 0; try < 10 && !placed; try++)
		placed = link_once (bucket, path, from, !vacant);
	if (!placed && !vacant)           /* none is better than an old one: the next look brings it back */
		readable_remove (bucket, path);
}
