/* draft.c: the one way to publish a file: private name, fsync, checked close, rename or link, fsync of the folder. */
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "checksum.h"
#include "cleanup.h"
#include "error.h"
#include "random.h"
#include "text.h"

void
file_private_name (char ret[64])
{
	unsigned char random[12];
	char hex[2 * sizeof random + 1];
	random_bytes (random, sizeof random);
	text_hex (random, sizeof random, hex);
	snprintf (ret, 64, ".tmp-%s", hex);
}

/* Is that file under this name? A call that failed may have been done all the same: on NFS its first answer may be lost, and the second one
 * denies it. */
static bool
is_under (const struct stat *own, int folder, const char *name)
{
	struct stat there;
	return fstatat (folder, name, &there, AT_SYMLINK_NOFOLLOW) == 0 && there.st_dev == own->st_dev && there.st_ino == own->st_ino;
}

/* Gives a file without a name one; 0 or negative errno. */
static int
link_nameless (const struct file_draft *draft, const char *name)
{
	char path[40];
	struct stat own;
	snprintf (path, sizeof path, "/proc/self/fd/%d", draft->fd);
	if (linkat (AT_FDCWD, path, draft->folder, name, AT_SYMLINK_FOLLOW) == 0)
		return 0;
	int errnum = errno;
	return fstat (draft->fd, &own) == 0 && is_under (&own, draft->folder, name) ? 0 : -errnum;
}

/* The one private name of that kind for files of that name: what a killed process left under it, the next takes away. */
static void
name_of_kind (const char *kind, const char *last, char ret[64])
{
	snprintf (ret, 64, ".tmp-%s-%016" PRIx64, kind, crc64nvme (0, last, strlen (last)));
}

/* Who holds the lock of a file under that name is at work on it, and one that nobody holds was left by a process that died: it goes. Waits for the lock
 * unless `how` says not to. false: it is somebody else's, or none of ours. */
static bool
clear_name (const struct file_draft *draft, const char *name, int how)
{
	struct stat here, there;
	CLEANUP_CLOSE int fd = openat (draft->folder, name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);    /* NFS locks no other */
	if (fd < 0 && errno == EACCES)
		fd = openat (draft->folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT;
	bool waits = !(how & LOCK_NB);                   /* for nobody else's */
	if (fstat (fd, &here) < 0 || !S_ISREG (here.st_mode) || (waits && here.st_uid != geteuid ()) || flock (fd, LOCK_EX | how) < 0)
		return false;
	if (fstatat (draft->folder, name, &there, AT_SYMLINK_NOFOLLOW) < 0 || there.st_ino != here.st_ino || there.st_dev != here.st_dev)
		return true;
	return unlinkat (draft->folder, name, 0) == 0;
}

static int
clear_one (void *context, const char *name, struct larder_error *error)
{
	(void) error;
	if (strncmp (name, ".tmp-", 5) == 0)
		(void) clear_name (context, name, LOCK_NB);
	return 0;
}

void
file_draft_clear (int root, const char *folder)
{
	struct file_draft there = { .folder = file_open_beneath (root, folder, O_RDONLY | O_DIRECTORY, 0), .fd = -1 };
	if (there.folder < 0)
		return;
	(void) file_each_name (there.folder, ".", clear_one, &there, NULL);
	close (there.folder);
}

/* Ours as long as it is open; not, when somebody who looked for what was left took it away. Where nobody can lock, nobody does. */
static bool
hold (const struct file_draft *draft, int how)
{
	struct stat own;
	if (flock (draft->fd, LOCK_EX | how) < 0)
		return errno != EWOULDBLOCK && errno != EINTR;
	return fstat (draft->fd, &own) == 0 && is_under (&own, draft->folder, draft->name);
}

static int
create (struct file_draft *draft)
{
	draft->fd = openat (draft->folder, draft->name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	return draft->fd;
}

/* Under a name that the next writer of this file finds again, so that nothing gathers; another while that one is at work. */
static void
create_named (struct file_draft *draft)
{
	name_of_kind ("of", draft->last, draft->name);
	if (create (draft) < 0 && errno == EEXIST && clear_name (draft, draft->name, LOCK_NB))
		(void) create (draft);
	if (draft->fd >= 0 && hold (draft, 0))            /* who has its lock meanwhile only looks: waited for, so that the name is not left to nobody */
		return;
	if (draft->fd >= 0)
		close (draft->fd);
	file_private_name (draft->name);
	(void) create (draft);
}

/* Without a name where the file system can (NFS cannot): then nothing is left of it, however its process ends. */
static int
open_private (struct file_draft *draft, mode_t mode, struct larder_error *error)
{
	draft->fd = openat (draft->folder, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (draft->fd >= 0 && access ("/proc/self/fd", F_OK) < 0) {      /* it could not be named later */
		close (draft->fd);
		draft->fd = -1;
	}
	if (draft->fd < 0)
		create_named (draft);
	if (draft->fd < 0)
		return larder_fail_errno (error, errno, "cannot create a file for '%s'", draft->last);
	int failed = file_try_mode (draft->fd, mode);
	return failed ? larder_fail_errno (error, -failed, "cannot set the mode of '%s'", draft->last) : 0;
}

int
file_draft_name (struct file_draft *draft, const char *name, struct larder_error *error)
{
	int failed = draft->name[0] ? -EEXIST : link_nameless (draft, name);
	if (failed < 0)
		return larder_fail_errno (error, -failed, "cannot name the file of '%s'", draft->last);
	snprintf (draft->name, sizeof draft->name, "%s", name);
	return 0;
}

void
file_explain_room (int fd, uint64_t need, struct larder_error *error)
{
	struct statvfs disk;
	struct stat half;
	char text[100];
	if (!error || error->errnum != ENOSPC || fstatvfs (fd, &disk) < 0 || fstat (fd, &half) < 0)
		return;
	unsigned long long room = (unsigned long long) disk.f_bavail * disk.f_frsize + (S_ISREG (half.st_mode) ? (unsigned long long) half.st_blocks * 512 : 0);
	if (disk.f_files > 0 && disk.f_favail == 0 && !S_ISREG (half.st_mode))
		snprintf (text, sizeof text, " (no room for one more file: no inode is free)");
	else
		snprintf (text, sizeof text, " (%llu bytes are needed, %llu are free)", (unsigned long long) need, room);
	error_add (error, text);
}

/* The folder that the file will appear in, made where it is missing. */
static int
open_folder (struct file_draft *draft, int root, const char *path, mode_t mode, struct larder_error *error)
{
	const char *slash = strrchr (path, '/'), *last = slash ? slash + 1 : path;
	if (*last == '\0' || strlen (last) >= sizeof draft->last || strcmp (last, ".") == 0 || strcmp (last, "..") == 0)
		return larder_fail_next (error, LARDER_E_INVALID, "name a file, not a folder", "'%s' is not a name a file can have", path);
	snprintf (draft->last, sizeof draft->last, "%s", last);
	mode_t folders = mode | ((mode & 0444) >> 2) | 0300;
	int code = file_make_parents (root, path, folders, draft->durable, error);
	if (code < 0)
		return code;
	CLEANUP_FREE char *folder = strdup (path);
	if (!folder)
		return larder_fail_memory (error);
	folder[slash ? slash - path : 0] = '\0';
	draft->folder = slash ? file_open_beneath (root, folder, O_RDONLY | O_DIRECTORY, 0) : openat (root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (draft->folder >= 0)
		return 0;
	int errnum = slash ? -draft->folder : errno;
	draft->folder = -1;
	return larder_fail_errno (error, errnum, "cannot open the folder of '%s'", path);
}

int
file_draft_begin (struct file_draft *draft, int root, const char *path, mode_t mode, bool durable, struct larder_error *error)
{
	*draft = (struct file_draft) { .folder = -1, .fd = -1, .durable = durable };
	int code = open_folder (draft, root, path, mode, error);
	if (code == 0)
		code = open_private (draft, mode, error);
	if (code < 0)
		file_draft_abort (draft);
	return code;
}

/* Nobody else can have put it there or written to it since. */
static bool
is_own_draft (int fd)
{
	struct stat facts;
	return fstat (fd, &facts) == 0 && S_ISREG (facts.st_mode) && facts.st_uid == geteuid () && facts.st_nlink == 1 && !(facts.st_mode & 022);
}

int
file_draft_again (struct file_draft *draft, int root, const char *path, const char *name, mode_t mode, bool durable, struct larder_error *error)
{
	*draft = (struct file_draft) { .folder = -1, .fd = -1, .durable = durable };
	if (strncmp (name, ".tmp-", 5) != 0 || strchr (name, '/') || strlen (name) >= sizeof draft->name)
		return larder_fail (error, LARDER_E_INVALID, "'%s' is no name of a private file", name);
	int code = open_folder (draft, root, path, mode, error);
	if (code < 0)
		return code;
	draft->fd = openat (draft->folder, name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	snprintf (draft->name, sizeof draft->name, "%s", name);
	if (draft->fd >= 0 && is_own_draft (draft->fd) && hold (draft, LOCK_NB))
		return 0;
	draft->name[0] = '\0';                   /* not ours to remove */
	file_draft_abort (draft);
	return larder_fail (error, LARDER_E_NOTFOUND, "the private file '%s' is gone", name);
}

void
file_draft_discard (int root, const char *path, const char *name)
{
	struct file_draft draft;
	if (file_draft_again (&draft, root, path, name, 0600, false, NULL) == 0)
		file_draft_abort (&draft);
}

void
file_draft_keep (struct file_draft *draft)
{
	draft->name[0] = '\0';
	file_draft_abort (draft);
}

int
file_draft_write (struct file_draft *draft, const void *bytes, size_t count, struct larder_error *error)
{
	int status = file_write_all (draft->fd, bytes, count);
	return status < 0 ? larder_fail_errno (error, -status, "cannot write '%s'", draft->last) : 0;
}

void
file_draft_abort (struct file_draft *draft)
{
	if (draft->fd >= 0)
		close (draft->fd);
	if (draft->folder >= 0 && draft->name[0])
		unlinkat (draft->folder, draft->name, 0);
	if (draft->folder >= 0)
		close (draft->folder);
	*draft = (struct file_draft) FILE_DRAFT_NONE;
}

/* Bytes safe on the medium. A failed fsync is final: the kernel may have dropped the pages. */
static int
settle (const struct file_draft *draft, struct larder_error *error)
{
	return draft->durable && fsync (draft->fd) < 0 ? larder_fail_errno (error, errno, "cannot make '%s' durable", draft->last) : 0;
}

static int
close_checked (struct file_draft *draft, struct larder_error *error)
{
	int status = close (draft->fd);
	draft->fd = -1;
	return status < 0 && errno != EINTR ? larder_fail_errno (error, errno, "cannot close '%s'", draft->last) : 0;
}

static int
fail_there (const struct file_draft *draft, int errnum, struct larder_error *error)
{
	if (errnum == EEXIST)
		return larder_fail_next (error, LARDER_E_CONFLICT, "leave out --create-only to replace it, or choose another name",
			"'%s' exists already", draft->last);
	return larder_fail_errno (error, errnum, "cannot publish '%s'", draft->last);
}

/* 0: it has a private name to be renamed from. A file that is there can be replaced by nothing else. */
static int
name_nameless (struct file_draft *draft, struct larder_error *error)
{
	char name[64];
	int failed = flock (draft->fd, LOCK_EX) < 0 ? -errno : -EEXIST;
	name_of_kind ("over", draft->last, name);
	while (failed == -EEXIST && (failed = link_nameless (draft, name)) == -EEXIST && clear_name (draft, name, 0)) { }
	if (failed == 0) {
		snprintf (draft->name, sizeof draft->name, "%s", name);
		return 0;
	}
	file_private_name (name);
	return file_draft_name (draft, name, error);
}

/* 1: under its name. 0: its name is taken, and it now has a private one. */
static int
show_nameless (struct file_draft *draft, enum file_publish_how how, struct larder_error *error)
{
	int failed = link_nameless (draft, draft->last);
	if (failed == 0)
		return 1;
	return how == FILE_REPLACE && failed == -EEXIST ? name_nameless (draft, error) : fail_there (draft, -failed, error);
}

/* The private name is gone, or somebody else's by now, and under the last one is this file, or one that somebody else put over it meanwhile: of that size and time. */
static bool
was_renamed (const struct file_draft *draft, const struct stat *own)
{
	struct stat there;
	return !is_under (own, draft->folder, draft->name)
		&& fstatat (draft->folder, draft->last, &there, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG (there.st_mode) && there.st_size == own->st_size
		&& there.st_mtim.tv_sec == own->st_mtim.tv_sec && there.st_mtim.tv_nsec == own->st_mtim.tv_nsec;
}

static int
show_named (struct file_draft *draft, const struct stat *own, enum file_publish_how how, struct larder_error *error)
{
	bool replace = how == FILE_REPLACE;
	int failed = replace ? renameat (draft->folder, draft->name, draft->folder, draft->last) : linkat (draft->folder, draft->name, draft->folder, draft->last, 0);
	int errnum = errno;
	bool done = failed == 0 || is_under (own, draft->folder, draft->last) || (replace && errnum == ENOENT && was_renamed (draft, own));
	if (!done && !is_under (own, draft->folder, draft->name))
		draft->name[0] = '\0';           /* not ours to remove */
	if (!done)
		return replace ? larder_fail_errno (error, errnum, "cannot publish '%s'", draft->last) : fail_there (draft, errnum, error);
	if (replace)
		draft->name[0] = '\0';
	if (draft->name[0] && (unlinkat (draft->folder, draft->name, 0) == 0 || errno == ENOENT))
		draft->name[0] = '\0';
	return 0;
}

/* One that had a name is closed before it is renamed: some file systems tell only then that bytes were lost, and have no files without a name. */
static int
show (struct file_draft *draft, enum file_publish_how how, struct larder_error *error)
{
	bool named = draft->name[0];
	struct stat own;
	if (fstat (draft->fd, &own) < 0)
		return larder_fail_errno (error, errno, "cannot look at the file of '%s'", draft->last);
	CLEANUP_CLOSE int held = named ? fcntl (draft->fd, F_DUPFD_CLOEXEC, 0) : -1;      /* its lock, until it has its name */
	(void) held;
	int shown = named ? 0 : show_nameless (draft, how, error);
	int code = shown < 0 ? shown : named ? close_checked (draft, error) : 0;
	if (code == 0 && shown == 0)
		code = show_named (draft, &own, how, error);
	if (code == 0 && !named)
		code = close_checked (draft, error);
	if (code == 0 && draft->durable && fsync (draft->folder) < 0)
		code = larder_fail_errno (error, errno, "cannot make the name '%s' durable", draft->last);
	return code;
}

int
file_draft_publish (struct file_draft *draft, enum file_publish_how how, struct larder_error *error)
{
	int code = settle (draft, error);
	if (code == 0)
		code = show (draft, how, error);
	file_draft_abort (draft);
	return code;
}

int
file_publish (int root, const char *path, const void *bytes, size_t count, mode_t mode, enum file_publish_how how,
              bool durable, struct larder_error *error)
{
	CLEANUP_DRAFT struct file_draft draft = FILE_DRAFT_NONE;
	int code = file_draft_begin (&draft, root, path, mode, durable, error);
	if (code == 0)
		code = file_draft_write (&draft, bytes, count, error);
	return code < 0 ? code : file_draft_publish (&draft, how, error);
}
