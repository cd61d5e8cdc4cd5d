/* mount.c: does a mount keep what the cache relies on? Found out by two processes on scratch files, which are removed again. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include <larder/larder.h>

#include "cleanup.h"
#include "error.h"
#include "file.h"
#include "mounted.h"
#include "random.h"
#include "text.h"

enum { RENAMES = 200 };

struct visit {
	const char *path;
	int folder;                      /* the scratch folder */
	larder_checked_fn checked;
	void *context;
	int code;                        /* of the caller's function */
};

static void
tell (struct visit *visit, uint32_t verdict, const char *what, const char *detail, const char *next)
{
	const struct larder_checked checked = { .size = sizeof checked, .backend = "mount", .verdict = verdict, .what = what, .detail = detail, .next = next };
	if (!visit->code)
		visit->code = visit->checked (visit->context, &checked);
}

static void
judge (struct visit *visit, bool good, const char *what, const char *fine, const char *broken, const char *next)
{
	tell (visit, good ? LARDER_PASS : LARDER_FAIL, what, good ? fine : broken, good ? NULL : next);
}

/* ---- the other process: system calls alone, for this one may have threads ---- */

typedef int (*other_fn) (int folder);

/* What it returned, 0 to 255, or -1. */
static int
in_other (int folder, other_fn other)
{
	int status = 0;
	pid_t pid = fork ();
	if (pid == 0)
		_exit (other (folder));
	while (pid > 0 && waitpid (pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return pid > 0 && WIFEXITED (status) ? WEXITSTATUS (status) : -1;
}

enum { GOT_IT = 0, REFUSED = 1, OTHERWISE = 2 };

static int
lock_range (int fd, int type)
{
	struct flock lock = { .l_type = (short) type, .l_whence = SEEK_SET };
	if (fcntl (fd, F_OFD_SETLK, &lock) == 0)
		return GOT_IT;
	return errno == EAGAIN || errno == EACCES ? REFUSED : OTHERWISE;
}

static int
other_range (int folder)
{
	int fd = openat (folder, "lock", O_RDWR | O_CLOEXEC);
	return fd < 0 ? OTHERWISE : lock_range (fd, F_WRLCK);
}

static int
other_whole (int folder)
{
	int fd = openat (folder, "lock", O_RDWR | O_CLOEXEC);
	return fd < 0 ? OTHERWISE : flock (fd, LOCK_EX | LOCK_NB) == 0 ? GOT_IT : errno == EWOULDBLOCK ? REFUSED : OTHERWISE;
}

static int
other_link (int folder)
{
	return linkat (folder, "one", folder, "taken", 0) == 0 ? GOT_IT : errno == EEXIST ? REFUSED : OTHERWISE;
}

static int
other_sees (int folder)
{
	char text[4];
	int fd = openat (folder, "written", O_RDONLY | O_CLOEXEC);
	return fd >= 0 && read (fd, text, sizeof text) == 3 && memcmp (text, "new", 3) == 0 ? GOT_IT : OTHERWISE;
}

/* A client that asks for the name first and opens then what it was told may come too late: asked once more, as for any stale file. */
static int
open_name (int folder)
{
	int fd = openat (folder, "name", O_RDONLY | O_CLOEXEC);
	return fd < 0 && (errno == ESTALE || errno == ENOENT) ? openat (folder, "name", O_RDONLY | O_CLOEXEC) : fd;
}

/* Until there is a file "over": the name is always there, and is one of two whole files. */
static int
other_reads (int folder)
{
	char text[8];
	while (faccessat (folder, "over", F_OK, 0) < 0) {
		int fd = open_name (folder);
		ssize_t got = fd < 0 ? -1 : read (fd, text, sizeof text);
		if (got != 4 || (memcmp (text, "1111", 4) != 0 && memcmp (text, "2222", 4) != 0))
			return REFUSED;
		close (fd);
	}
	return GOT_IT;
}

/* ---- what is tried ---- */

static int
make (int folder, const char *name, const char *text)
{
	CLEANUP_CLOSE int fd = openat (folder, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	return fd < 0 ? -1 : file_write_all (fd, text, strlen (text));
}

static void
try_locks (struct visit *visit)
{
	static const char next[] = "mount without nolock; where locks cannot be had, use a lock provider of another kind, and one process a host";
	(void) make (visit->folder, "lock", "x");
	CLEANUP_CLOSE int fd = openat (visit->folder, "lock", O_RDWR | O_CLOEXEC);
	bool held = fd >= 0 && lock_range (fd, F_WRLCK) == GOT_IT, kept = held && in_other (visit->folder, other_range) == REFUSED;
	bool freed = kept && lock_range (fd, F_UNLCK) == GOT_IT && in_other (visit->folder, other_range) == GOT_IT;
	judge (visit, held && kept && freed, "range locks", "one process at a time, free again when it ends", !held ? "none can be had" : !kept ? "two processes hold one" : "not free again", next);
	held = fd >= 0 && flock (fd, LOCK_EX | LOCK_NB) == 0;
	kept = held && in_other (visit->folder, other_whole) == REFUSED;
	freed = kept && flock (fd, LOCK_UN) == 0 && in_other (visit->folder, other_whole) == GOT_IT;
	judge (visit, held && kept && freed, "file locks", "one process at a time, free again when it ends", !held ? "none can be had" : !kept ? "two processes hold one" : "not free again", next);
}

static void
try_link (struct visit *visit)
{
	bool made = make (visit->folder, "one", "x") == 0 && linkat (visit->folder, "one", visit->folder, "taken", 0) == 0;
	judge (visit, made && in_other (visit->folder, other_link) == REFUSED, "link", "of two that take a name one gets it",
	       made ? "a name that is taken is taken again" : "no second name for a file", "keep the cache on a POSIX file system: EFS, NFS, ext4, xfs");
	bool link = symlinkat ("one", visit->folder, "symbolic") == 0;
	judge (visit, link, "symbolic link", "can be made", "cannot be made", "keep the cache on a POSIX file system: EFS, NFS, ext4, xfs");
}

/* The reader is a second process, the renamer this one. */
static void
try_rename (struct visit *visit)
{
	int status = 0, failed = make (visit->folder, "name", "1111");
	pid_t pid = failed < 0 ? -1 : fork ();
	if (pid == 0)
		_exit (other_reads (visit->folder));
	for (int i = 0; failed == 0 && i < RENAMES; i++) {
		failed = make (visit->folder, "next", i % 2 ? "1111" : "2222");
		if (failed == 0)
			failed = renameat (visit->folder, "next", visit->folder, "name");
	}
	(void) make (visit->folder, "over", "");
	while (pid > 0 && waitpid (pid, &status, 0) < 0 && errno == EINTR) { }
	bool whole = pid > 0 && WIFEXITED (status) && WEXITSTATUS (status) == GOT_IT;
	judge (visit, failed == 0 && whole, "rename", "a reader finds the old or the new file, at any instant", failed ? "fails" : "a reader found neither the old nor the new file",
	       "keep the cache on a file system with atomic rename");
}

static void
try_fsync (struct visit *visit)
{
	CLEANUP_CLOSE int fd = openat (visit->folder, "written", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	bool written = fd >= 0 && file_write_all (fd, "new", 3) == 0 && fsync (fd) == 0, folder = fsync (visit->folder) == 0;
	judge (visit, written && folder, "fsync", "of files and of folders", written ? "of a folder fails" : "of a file fails", "nothing is durable there: look at the disk and its mount");
	judge (visit, written && in_other (visit->folder, other_sees) == GOT_IT, "written, then read", "the other process reads what was written", "the other process does not read what was written",
	       "look at the mount's options");
}

static void
try_mode (struct visit *visit)
{
	struct stat facts;
	bool kept = fchmodat (visit->folder, "written", 0640, 0) == 0 && fstatat (visit->folder, "written", &facts, 0) == 0 && (facts.st_mode & 0777) == 0640;
	tell (visit, kept ? LARDER_PASS : LARDER_NOTE, "modes", kept ? "are kept" : "are not kept: files have those that the mount gives them", NULL);
}

/* ---- how it is mounted ---- */

static bool
find_mount (int folder, struct mounted *ret)
{
	struct stat facts;
	char device[32];
	CLEANUP_FREE char *line = NULL;
	size_t room = 0;
	bool found = false;
	if (fstat (folder, &facts) < 0)
		return false;
	snprintf (device, sizeof device, "%u:%u", major (facts.st_dev), minor (facts.st_dev));
	FILE *file = fopen ("/proc/self/mountinfo", "re");
	while (file && !found && getline (&line, &room, file) > 0)
		found = mounted_line (line, device, ret);
	if (file)
		(void) fclose (file);
	return found;
}

static void
look_at_options (struct visit *visit, const struct mounted *mounted)
{
	char lacking[sizeof MOUNTED_WANTED], text[300];
	bool good = mounted_lacks (mounted, lacking) == 0;
	snprintf (text, sizeof text, "%s, without %s", mounted->type, lacking);
	tell (visit, good ? LARDER_PASS : LARDER_WARN, "mount options", good ? "as recommended" : text, good ? NULL : "mount it with -o " MOUNTED_WANTED);
}

static void
look_at_mount (struct visit *visit)
{
	struct mounted mounted;
	if (!find_mount (visit->folder, &mounted))
		tell (visit, LARDER_NOTE, "mount options", "not to be found in /proc/self/mountinfo", NULL);
	else if (strncmp (mounted.type, "nfs", 3) == 0)
		look_at_options (visit, &mounted);
	else
		tell (visit, LARDER_NOTE, "mount options", mounted.type, NULL);
}

/* ---- the visit ---- */

static void
try_all (struct visit *visit)
{
	look_at_mount (visit);
	try_locks (visit);
	try_link (visit);
	try_rename (visit);
	try_fsync (visit);
	try_mode (visit);
}

int
larder_check_mount (const char *path, larder_checked_fn checked, void *context, struct larder_error *error)
{
	unsigned char random[6];
	char hex[13], name[40];
	struct visit visit = { .path = path, .folder = -1, .checked = checked, .context = context };
	CLEANUP_CLOSE int root = open (path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return larder_fail_errno (error, errno, "cannot open the folder '%s'", path);
	random_bytes (random, sizeof random);
	text_hex (random, sizeof random, hex);
	snprintf (name, sizeof name, ".larder-check-%s", hex);
	if (mkdirat (root, name, 0700) < 0)
		return larder_fail_errno (error, errno, "cannot write to '%s'", path);
	CLEANUP_CLOSE int folder = openat (root, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	visit.folder = folder;
	if (folder >= 0)
		try_all (&visit);
	file_remove_tree (root, name);
	return folder < 0 ? larder_fail_errno (error, errno, "cannot open '%s/%s'", path, name) : visit.code;
}
