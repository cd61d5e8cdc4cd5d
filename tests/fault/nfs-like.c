/* nfs-like.c: a small file system in user space over a folder, with the manners of NFS: no files without a name, and calls that go wrong as
 * LARDER_BAD says (going-wrong.h) by the names of its operations: rename, link, unlink, open, opendir, read, readdir, fsync, fsyncdir, flush (the close of a
 * file). "locks:none" in LARDER_MANNERS: locks are given to everybody who asks; "modes:none": chmod is done, it says, and files have the mode 0644 for ever;
 * "modes:refused": they have it, and folders 0755, and chmod is refused. "names:kept": what was once asked of a name (that there is none, too) is
 * answered the same until the folder it is in is opened, or this mount itself changes something: close-to-open, by a client that never forgets.
 *
 *     nfs-like FOLDER MOUNT-POINT       stays until it is unmounted or killed; says "ready" */
#define FUSE_USE_VERSION 31
#include <fuse.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "going-wrong.h"

static int below;                /* the folder */

static const char *
rel (const char *path)
{
	return path[1] ? path + 1 : ".";
}

#define ANSWER(call) return (call) < 0 ? -errno : 0
/* Goes wrong before it is done. */
#define TURN(name) int how_ = going_wrong (name); if (how_ > 0) return -how_
/* It is done, and denied. */
#define DENIED(call, errnum) do { if ((call) < 0) return -errno; return how_ == LATE ? -(errnum) : 0; } while (0)

/* ---- names that are kept ---- */

enum { KEPT_MOST = 4096 };
static struct kept { char *path; int errnum; struct stat st; } kept[KEPT_MOST];
static size_t kept_count;
static bool keeps_names;

static struct kept *
kept_find (const char *path)
{
	for (size_t i = 0; i < kept_count; i++)
		if (strcmp (kept[i].path, path) == 0)
			return &kept[i];
	return NULL;
}

static bool
is_in (const char *path, const char *folder)
{
	size_t length = strcmp (folder, "/") == 0 ? 0 : strlen (folder);
	return strncmp (path, folder, length) == 0 && path[length] == '/' && !strchr (path + length + 1, '/');
}

/* Of one folder; NULL: all. */
static void
kept_forget (const char *folder)
{
	size_t left = 0;
	for (size_t i = 0; i < kept_count; i++)
		if (folder && !is_in (kept[i].path, folder))
			kept[left++] = kept[i];
		else
			free (kept[i].path);
	kept_count = left;
}

static void
kept_forget_one (const char *path)
{
	struct kept *one = kept_find (path);
	if (one) {
		free (one->path);
		*one = kept[--kept_count];
	}
}

static int
kept_getattr (const char *path, struct stat *st)
{
	struct kept *one = kept_find (path);
	if (!one && kept_count < KEPT_MOST && strcmp (path, "/") != 0) {
		one = &kept[kept_count++];
		*one = (struct kept) { .path = strdup (path) };
		one->errnum = fstatat (below, rel (path), &one->st, AT_SYMLINK_NOFOLLOW) < 0 ? errno : 0;
	}
	if (!one)
		return fstatat (below, rel (path), st, AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 0;
	*st = one->st;
	return -one->errnum;
}

/* ---- operations ---- */

static int
op_getattr (const char *path, struct stat *st, struct fuse_file_info *info)
{
	if (keeps_names && !info)
		return kept_getattr (path, st);
	ANSWER (info ? fstat ((int) info->fh, st) : fstatat (below, rel (path), st, AT_SYMLINK_NOFOLLOW));
}

static int
op_readlink (const char *path, char *into, size_t room)
{
	ssize_t got = readlinkat (below, rel (path), into, room - 1);
	if (got >= 0)
		into[got] = '\0';
	ANSWER (got);
}

/* Every operation that changes something begins here. */
#define CHANGES() kept_forget (NULL)

static int op_mkdir (const char *path, mode_t mode) { CHANGES (); ANSWER (mkdirat (below, rel (path), mode)); }
static int op_mkdir_refused (const char *path, mode_t mode) { (void) mode; return op_mkdir (path, 0755); }
static int op_rmdir (const char *path) { CHANGES (); ANSWER (unlinkat (below, rel (path), AT_REMOVEDIR)); }
static int op_symlink (const char *target, const char *path) { CHANGES (); ANSWER (symlinkat (target, below, rel (path))); }
static int op_unlink (const char *path) { CHANGES (); TURN ("unlink"); DENIED (unlinkat (below, rel (path), 0), ENOENT); }
static int op_link (const char *from, const char *to) { CHANGES (); TURN ("link"); DENIED (linkat (below, rel (from), below, rel (to), 0), EEXIST); }

static int
op_rename (const char *from, const char *to, unsigned flags)
{
	CHANGES ();
	TURN ("rename");
	if (flags)
		return -EINVAL;
	DENIED (renameat (below, rel (from), below, rel (to)), ENOENT);
}

static int op_chmod_none (const char *path, mode_t mode, struct fuse_file_info *info) { (void) path; (void) mode; (void) info; return 0; }
static int op_chmod_refused (const char *path, mode_t mode, struct fuse_file_info *info) { (void) path; (void) mode; (void) info; return -EPERM; }
static int op_chmod (const char *path, mode_t mode, struct fuse_file_info *info) { (void) info; CHANGES (); ANSWER (fchmodat (below, rel (path), mode, 0)); }
static int op_chown (const char *path, uid_t user, gid_t group, struct fuse_file_info *info) { (void) path; (void) user; (void) group; (void) info; return -EPERM; }

static int
op_truncate (const char *path, off_t length, struct fuse_file_info *info)
{
	CHANGES ();
	int fd = info ? (int) info->fh : openat (below, rel (path), O_WRONLY | O_CLOEXEC), failed = fd < 0 || ftruncate (fd, length) < 0 ? -errno : 0;
	if (!info && fd >= 0)
		close (fd);
	return failed;
}

static int
op_utimens (const char *path, const struct timespec times[2], struct fuse_file_info *info)
{
	CHANGES ();
	ANSWER (info ? futimens ((int) info->fh, times) : utimensat (below, rel (path), times, AT_SYMLINK_NOFOLLOW));
}

static int
op_open (const char *path, struct fuse_file_info *info)
{
	TURN ("open");
	kept_forget_one (path);
	int fd = openat (below, rel (path), (info->flags & ~O_NOFOLLOW) | O_CLOEXEC);
	info->fh = (uint64_t) fd;
	ANSWER (fd);
}

static int
op_create (const char *path, mode_t mode, struct fuse_file_info *info)
{
	CHANGES ();
	int fd = openat (below, rel (path), info->flags | O_CREAT | O_CLOEXEC, mode);
	info->fh = (uint64_t) fd;
	ANSWER (fd);
}

static int op_create_none (const char *path, mode_t mode, struct fuse_file_info *info) { (void) mode; return op_create (path, 0644, info); }

static int
op_read (const char *path, char *into, size_t count, off_t at, struct fuse_file_info *info)
{
	(void) path;
	TURN ("read");
	ssize_t got = pread ((int) info->fh, into, count, at);
	return got < 0 ? -errno : (int) got;
}

static int
op_write (const char *path, const char *from, size_t count, off_t at, struct fuse_file_info *info)
{
	(void) path;
	CHANGES ();
	ssize_t got = pwrite ((int) info->fh, from, count, at);
	return got < 0 ? -errno : (int) got;
}

static int op_flush (const char *path, struct fuse_file_info *info) { (void) path; (void) info; TURN ("flush"); return 0; }
static int op_fsync (const char *path, int data, struct fuse_file_info *info) { (void) path; (void) data; TURN ("fsync"); ANSWER (fsync ((int) info->fh)); }
static int op_fsyncdir (const char *path, int data, struct fuse_file_info *info) { (void) path; (void) data; (void) info; TURN ("fsyncdir"); return 0; }
static int op_opendir (const char *path, struct fuse_file_info *info) { (void) info; TURN ("opendir"); kept_forget (path); return 0; }
static int op_release (const char *path, struct fuse_file_info *info) { (void) path; ANSWER (close ((int) info->fh)); }
static int op_statfs (const char *path, struct statvfs *st) { (void) path; ANSWER (fstatvfs (below, st)); }

static int
op_readdir (const char *path, void *into, fuse_fill_dir_t fill, off_t at, struct fuse_file_info *info, enum fuse_readdir_flags flags)
{
	(void) at, (void) info, (void) flags;
	TURN ("readdir");
	int fd = openat (below, rel (path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *folder = fd < 0 ? NULL : fdopendir (fd);
	if (!folder)
		return -errno;
	for (const struct dirent *entry; (entry = readdir (folder));)
		(void) fill (into, entry->d_name, NULL, 0, 0);
	closedir (folder);
	return 0;
}

/* Locks that keep nobody out. */
static int op_lock (const char *path, struct fuse_file_info *info, int command, struct flock *lock) { (void) path; (void) info; if (command == F_GETLK) lock->l_type = F_UNLCK; return 0; }
static int op_flock (const char *path, struct fuse_file_info *info, int how) { (void) path; (void) info; (void) how; return 0; }

static void *
op_init (struct fuse_conn_info *connection, struct fuse_config *config)
{
	(void) connection;
	config->use_ino = 1;             /* two names of a file are one */
	config->entry_timeout = config->attr_timeout = config->negative_timeout = 0;
	config->hard_remove = 1;
	puts ("ready");
	fflush (stdout);
	return NULL;
}

int
main (int count, char **words)
{
	struct fuse_operations operations = {
		.init = op_init, .getattr = op_getattr, .readlink = op_readlink, .mkdir = op_mkdir, .rmdir = op_rmdir, .symlink = op_symlink, .unlink = op_unlink, .link = op_link,
		.rename = op_rename, .chmod = op_chmod, .chown = op_chown, .truncate = op_truncate, .utimens = op_utimens, .open = op_open, .create = op_create, .read = op_read,
		.write = op_write, .flush = op_flush, .fsync = op_fsync, .fsyncdir = op_fsyncdir, .release = op_release, .statfs = op_statfs, .opendir = op_opendir, .readdir = op_readdir,
	};
	const char *manners = getenv ("LARDER_MANNERS");
	if (count != 3 || (below = open (words[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
		return 2;
	if (manners && strstr (manners, "locks:none")) {
		operations.lock = op_lock;
		operations.flock = op_flock;
	}
	if (manners && strstr (manners, "modes:none")) {
		operations.chmod = op_chmod_none;
		operations.create = op_create_none;
	}
	if (manners && strstr (manners, "modes:refused")) {
		operations.chmod = op_chmod_refused;
		operations.create = op_create_none;
		operations.mkdir = op_mkdir_refused;
	}
	keeps_names = manners && strstr (manners, "names:kept");
	umask (0);
	char name[] = "nfs-like", foreground[] = "-f";
	char single[] = "-s";            /* what is kept has no lock */
	char *arguments[] = { name, foreground, words[2], keeps_names ? single : NULL, NULL };
	return fuse_main (keeps_names ? 4 : 3, arguments, &operations, NULL);
}
