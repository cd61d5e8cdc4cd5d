/* tree.c: a folder with all below it, once more. */
#include "kept.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "error.h"
#include "file.h"

struct copying { int from, to; uint64_t bytes; const struct stat *target; };

static int
copy_bytes (int from, int to, uint64_t *bytes, struct larder_error *error)
{
	char piece[65536];
	for (;;) {
		int64_t got = file_pread_all (from, piece, sizeof piece, *bytes);
		int status = got < 0 ? (int) got : file_pwrite_all (to, piece, (size_t) got, *bytes);
		if (status < 0)
			return larder_fail_errno (error, -status, "cannot copy a file");
		*bytes += (uint64_t) got;
		if (got < (int64_t) sizeof piece)
			return 0;
	}
}

/* Mode and times, once nothing else is written to it. */
static int
set_facts (int fd, const char *name, const struct stat *st, struct larder_error *error)
{
	const struct timespec times[2] = { st->st_atim, st->st_mtim };
	int status = file_try_mode (fd, st->st_mode & 07777);
	if (status == 0 && futimens (fd, times) < 0)
		status = -errno;
	return status < 0 ? larder_fail_errno (error, -status, "cannot set mode and time of '%s'", name) : 0;
}

static int
copy_file (struct copying *copying, const char *name, const struct stat *st, struct larder_error *error)
{
	uint64_t bytes = 0;
	CLEANUP_CLOSE int from = openat (copying->from, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	CLEANUP_CLOSE int to = from < 0 ? -1 : openat (copying->to, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (to < 0)
		return larder_fail_errno (error, errno, "cannot copy '%s'", name);
	int code = copy_bytes (from, to, &bytes, error);
	copying->bytes += bytes;
	return code < 0 ? code : set_facts (to, name, st, error);
}

static int
copy_link (const struct copying *copying, const char *name, struct larder_error *error)
{
	char target[4096];
	ssize_t length = readlinkat (copying->from, name, target, sizeof target - 1);
	if (length < 0)
		return larder_fail_errno (error, errno, "cannot read the link '%s'", name);
	target[length] = '\0';
	return symlinkat (target, copying->to, name) == 0 ? 0 : larder_fail_errno (error, errno, "cannot copy the link '%s'", name);
}

static int copy_one (void *context, const char *name, struct larder_error *error);

static int
copy_folder (struct copying *copying, const char *name, const struct stat *st, struct larder_error *error)
{
	if (mkdirat (copying->to, name, 0700) < 0)
		return larder_fail_errno (error, errno, "cannot make the folder '%s'", name);
	CLEANUP_CLOSE int from = openat (copying->from, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	CLEANUP_CLOSE int to = openat (copying->to, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct copying below = { from, to, 0, copying->target };
	if (from < 0 || to < 0)
		return larder_fail_errno (error, errno, "cannot open the folder '%s'", name);
	int code = file_each_name (from, ".", copy_one, &below, error);
	copying->bytes += below.bytes;
	return code < 0 ? code : set_facts (to, name, st, error);
}

/* What a mock keeps is not kept once more, and what is made here is not copied into itself. */
static bool
is_ours (const struct copying *copying, const char *name, const struct stat *st)
{
	return strcmp (name, KEPT_NAME) == 0 || (st->st_dev == copying->target->st_dev && st->st_ino == copying->target->st_ino);
}

/* Sockets and the like are nobody's data. */
static int
copy_one (void *context, const char *name, struct larder_error *error)
{
	struct copying *copying = context;
	struct stat st;
	if (fstatat (copying->from, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return larder_fail_errno (error, errno, "cannot look at '%s'", name);
	if (S_ISREG (st.st_mode))
		return copy_file (copying, name, &st, error);
	if (S_ISLNK (st.st_mode))
		return copy_link (copying, name, error);
	return S_ISDIR (st.st_mode) && !is_ours (copying, name, &st) ? copy_folder (copying, name, &st, error) : 0;
}

int
tree_copy (int from, int root, const char *to, uint64_t *ret_bytes, struct larder_error *error)
{
	char inside[700];
	snprintf (inside, sizeof inside, "%s/.", to);
	int code = file_make_parents (root, inside, 0755, false, error);
	if (code < 0)
		return code;
	CLEANUP_CLOSE int folder = file_open_beneath (root, to, O_RDONLY | O_DIRECTORY, 0);
	struct stat target;
	struct copying copying = { from, folder, 0, &target };
	if (folder < 0 || fstat (folder, &target) < 0)
		return larder_fail_errno (error, folder < 0 ? -folder : errno, "cannot open the folder '%s'", to);
	code = file_each_name (from, ".", copy_one, &copying, error);
	*ret_bytes = copying.bytes;
	return code;
}
