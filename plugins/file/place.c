/* place.c: the folder, and the file of a lock in it, held by a lock of the kernel for the time of one operation. */
#include "lock-file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "clock.h"
#include "error.h"
#include "file.h"

enum { AGAIN_MOST = 10 };
#define PATIENCE (3 * NS_PER_S)   /* an update takes milliseconds */

/* ---- the folder -------------------------------------------------------------------------------- */

static int
parse_mode (struct locks *locks, struct larder_error *error)
{
	char *end;
	unsigned long mode = strtoul (locks->mode_text, &end, 8);
	if (*end || end == locks->mode_text || mode > 0777 || (mode & 0600) != 0600)
		return larder_fail_next (error, LARDER_E_INVALID, "write it in octal, as 660 or 666", "'mode' of a lock's file cannot be '%s'", locks->mode_text);
	locks->mode = (unsigned) mode;
	return 0;
}

/* Folders down to the root, as the umask wants them; the root itself as `mode` wants it. 0 or an errno. */
static int
make_folders (const struct locks *locks)
{
	char path[PATH_MAX];
	if (snprintf (path, sizeof path, "%s", locks->root) >= (int) sizeof path)
		return ENAMETOOLONG;
	for (char *slash = path; *slash && (slash = strchr (slash + 1, '/'));) {
		*slash = '\0';
		if (mkdir (path, 0777) < 0 && errno != EEXIST && access (path, F_OK) < 0)
			return errno;
		*slash = '/';
	}
	if (mkdir (path, 0777) < 0)
		return errno == EEXIST ? 0 : errno;
	/* Who may write a file of it must be able to make one. */
	mode_t mode = (mode_t) locks->mode;
	return locks->mode_text && chmod (path, mode | (mode & 0444) >> 2) < 0 ? errno : 0;
}

int
place_open (struct locks *locks, struct larder_error *error)
{
	struct stat st;
	int code = locks->mode_text ? parse_mode (locks, error) : 0;
	if (code < 0)
		return code;
	locks->folder = open (locks->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int errnum = locks->folder < 0 && errno == ENOENT ? make_folders (locks) : 0;
	if (locks->folder < 0 && errnum == 0)
		locks->folder = open (locks->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (locks->folder < 0 || fstat (locks->folder, &st) < 0)
		return larder_fail_errno (error, errnum ? errnum : errno, "cannot open the folder '%s' of the locks", locks->root);
	if (!locks->mode_text)
		locks->mode = st.st_mode & 0666;
	return 0;
}

/* ---- the file ---------------------------------------------------------------------------------- */

void
lock_file_close (struct lock_file *file)
{
	if (file->fd >= 0)
		(void) close (file->fd);
	file->fd = -1;
}

/* Whose it is, for who may not use it. */
static int
fail_open (const struct locks *locks, const char *path, int errnum, struct larder_error *error)
{
	struct stat st;
	int code = larder_fail_errno (error, errnum, "cannot open '%s/%s'", locks->root, path);
	char next[200];
	if (code != LARDER_E_DENIED || (fstatat (locks->folder, path, &st, 0) < 0 && fstat (locks->folder, &st) < 0))
		return code;
	snprintf (next, sizeof next, "it belongs to user %u and group %u with mode %03o; 'mode' of the [lock] says with whom its files are shared",
	          (unsigned) st.st_uid, (unsigned) st.st_gid, (unsigned) st.st_mode & 07777);
	larder_explain (error, LARDER_DETAIL_NEXT, next);
	return code;
}

static int
open_file (const struct locks *locks, const char *path, const char *name, bool look, struct larder_error *error)
{
	int flags = (look ? O_RDONLY : O_RDWR) | O_NONBLOCK;
	int fd = file_open_beneath (locks->folder, path, flags, 0);
	if (fd == -ENOENT && look)
		return lease_fail_free (name, error);
	if (fd == -ENOENT) {
		struct larder_error inner = LARDER_ERROR_INIT;
		int code = slots_first (locks, path, name, &inner);
		if (code < 0)
			return inner.errnum ? fail_open (locks, path, inner.errnum, error) : larder_fail (error, code, "lock '%s': %s", name, inner.message);
		fd = file_open_beneath (locks->folder, path, flags, 0);
	}
	return fd < 0 ? fail_open (locks, path, -fd, error) : fd;
}

/* Looks again after a moment which grows, and which a cancel ends. */
static int
wait_turn (struct larder_call *call, const char *name, int64_t since, unsigned turn, struct larder_error *error)
{
	if (larder_host->cancelled (call))
		return lease_fail_cancelled (name, error);
	if (larder_host->boot () - since > PATIENCE)
		return larder_fail_next (error, LARDER_E_UNAVAILABLE, "a process that was stopped in the middle of an update is in the way: let it go on, or end it",
			"the file of lock '%s' is in use", name);
	struct pollfd cancel = { .fd = larder_host->cancel_fd (call), .events = POLLIN };
	(void) poll (&cancel, 1, turn < 5 ? 1 << turn : 32);
	return 0;
}

/* Of the open file description, so threads keep each other out, too. */
static int
hold (struct larder_call *call, const char *name, int fd, bool look, struct larder_error *error)
{
	int64_t since = larder_host->boot ();
	for (unsigned turn = 0;; turn++) {
		struct flock whole = { .l_type = look ? F_RDLCK : F_WRLCK, .l_whence = SEEK_SET };
		if (fcntl (fd, F_OFD_SETLK, &whole) == 0)
			return 0;
		if (errno == ENOLCK || errno == EINVAL || errno == ENOSYS || errno == EOPNOTSUPP)
			return larder_fail_next (error, LARDER_E_UNSUPPORTED, "mount it with locks, or use another lock provider",
				"the disk of lock '%s' has no locks: %s", name, strerror (errno));
		if (errno != EAGAIN && errno != EACCES && errno != EINTR)
			return larder_fail_errno (error, errno, "cannot lock the file of lock '%s'", name);
		int code = wait_turn (call, name, since, turn, error);
		if (code < 0)
			return code;
	}
}

int
place_take (const struct locks *locks, struct larder_call *call, const char *name, bool look, struct lock_file *ret, struct larder_error *error)
{
	char path[LEASE_NAME_ROOM];
	struct stat st;
	lease_name (name, path);
	ret->name = name;
	for (unsigned again = 0; again < AGAIN_MOST; again++) {
		ret->fd = open_file (locks, path, name, look, error);
		if (ret->fd < 0)
			return ret->fd;
		int code = hold (call, name, ret->fd, look, error);
		if (code < 0)
			return code;
		/* A file that somebody removed meanwhile keeps nobody out. */
		if (fstat (ret->fd, &st) == 0 && st.st_nlink > 0)
			return slots_read (locks, call, ret, error);
		lock_file_close (ret);
	}
	return larder_fail (error, LARDER_E_UNAVAILABLE, "the file of lock '%s' is removed again and again", name);
}
