/* file.c: opening, making and removing files below a held folder. */
#include "file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "checksum.h"
#include "cleanup.h"
#include "error.h"

#define PATH_MOST 4096

/* Refused everywhere: absolute paths, and steps up, whatever the kernel would make of them. */
static int
check_beneath (const char *path)
{
	if (*path == '/' || *path == '\0')
		return -EXDEV;
	if (strlen (path) >= PATH_MOST)
		return -ENAMETOOLONG;
	for (const char *at = path; at; at = strchr (at, '/'), at += at != NULL)
		if (strcmp (at, "..") == 0 || strncmp (at, "../", 3) == 0)
			return -EXDEV;
	return 0;
}

/* openat that follows no link, and says so: O_DIRECTORY turns ELOOP into ENOTDIR. */
static int
open_name (int at, const char *name, int flags, mode_t mode)
{
	int fd = openat (at, name, flags | O_NOFOLLOW | O_CLOEXEC, mode);
	if (fd >= 0)
		return fd;
	int errnum = errno;
	struct stat st;
	if (errnum == ENOTDIR && fstatat (at, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK (st.st_mode))
		return -ELOOP;
	return -errnum;
}

/* The last component. A closing slash is taken off, as the kernel would follow a link before it. */
static int
open_last (int at, const char *path, int flags, mode_t mode)
{
	char name[256];
	size_t length = strcspn (path, "/");
	if (length >= sizeof name)
		return -ENAMETOOLONG;
	memcpy (name, path, length);
	name[length] = '\0';
	return open_name (at, name, flags | (path[length] ? O_DIRECTORY : 0), mode);
}

/* Where the kernel has no openat2: one component at a time, none of them a link. */
int
file_open_walking (int root, const char *path, int flags, mode_t mode)
{
	int status = check_beneath (path);
	if (status < 0)
		return status;
	CLEANUP_CLOSE int held = -1;
	int at = root;
	for (const char *slash; (slash = strchr (path, '/')) && slash[strspn (slash, "/")]; path = slash + strspn (slash, "/")) {
		char name[256];
		size_t length = (size_t) (slash - path);
		if (length >= sizeof name)
			return -ENAMETOOLONG;
		memcpy (name, path, length);
		name[length] = '\0';
		int next = open_name (at, name, O_PATH | O_DIRECTORY, 0);
		if (next < 0)
			return next;
		if (held >= 0)
			close (held);
		at = held = next;
	}
	return open_last (at, path, flags, mode);
}

static int
open_resolving (int root, const char *path, int flags, mode_t mode, uint64_t resolve)
{
	int status = check_beneath (path);
	if (status < 0)
		return status;
	struct open_how how = {
		.flags = (uint64_t) (flags | O_CLOEXEC),
		.mode = flags & O_CREAT ? mode : 0,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | resolve,
	};
	for (int again = 0, stale = 0;; again++) {
		long fd = syscall (SYS_openat2, root, path, &how, sizeof how);
		if (fd >= 0)
			return (int) fd;
		if (errno == EPERM)             /* a seccomp filter that does not know the call */
			return -ENOSYS;
		if (errno == ESTALE && stale++ < 2)     /* NFS: what the name led to has gone meanwhile; it is looked up anew */
			continue;
		if (errno != EINTR && (errno != EAGAIN || again > 100))   /* EAGAIN also where another process holds a lease */
			return -errno;
	}
}

int
file_open_beneath (int root, const char *path, int flags, mode_t mode)
{
	int fd = open_resolving (root, path, flags, mode, RESOLVE_NO_SYMLINKS);
	return fd == -ENOSYS ? file_open_walking (root, path, flags, mode) : fd;
}

int
file_open_within (int root, const char *path, int flags)
{
	return open_resolving (root, path, flags, 0, 0);
}

/* The folder that holds `path`, and the name of `path` in it. */
static int
open_folder (int root, const char *path, const char **ret_last)
{
	const char *slash = strrchr (path, '/');
	*ret_last = slash ? slash + 1 : path;
	int status = check_beneath (path);
	if (status < 0)
		return status;
	if (!slash) {
		int fd = openat (root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		return fd < 0 ? -errno : fd;
	}
	char folder[PATH_MOST];
	memcpy (folder, path, (size_t) (slash - path));
	folder[slash - path] = '\0';
	return file_open_beneath (root, folder, O_RDONLY | O_DIRECTORY, 0);
}

/* Nothing is put into a folder before its name is durable. So one that holds something is; an empty one may be of a
 * process that died, or is about to sync it. */
static bool
is_empty (int folder)
{
	char entries[1024];                     /* more than "." and ".." and one name */
	bool empty = true;
	CLEANUP_CLOSE int fd = openat (folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	long got = fd < 0 ? 0 : syscall (SYS_getdents64, fd, entries, sizeof entries);
	for (long at = 0; at < got && empty; at += ((const struct dirent64 *) (const void *) (entries + at))->d_reclen) {
		const char *name = ((const struct dirent64 *) (const void *) (entries + at))->d_name;
		empty = strcmp (name, ".") == 0 || strcmp (name, "..") == 0;
	}
	return empty;
}

/* The name of a folder is made durable in the folder that holds it, unless it is for certain. 0 or negative errno. */
static int
settle_folder (int folder, bool made)
{
	if (!made && !is_empty (folder))
		return 0;
	CLEANUP_CLOSE int parent = openat (folder, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (parent < 0)
		return errno == EACCES ? 0 : -errno;    /* nobody who publishes here made it */
	if (fsync (parent) == 0 || (errno == EINVAL && !made))  /* what another file system is mounted in may have no fsync */
		return 0;
	return -errno;
}

static bool
suffices (const struct stat *facts, mode_t mode)
{
	return !(mode & ~facts->st_mode & (S_ISDIR (facts->st_mode) ? 0777 : 0666));
}

int
file_try_mode (int fd, mode_t mode)
{
	struct stat facts;
	int errnum = fchmod (fd, mode) < 0 ? errno : 0;
	return errnum && !(fstat (fd, &facts) == 0 && suffices (&facts, mode)) ? -errnum : 0;
}

int
file_set_mode (int fd, mode_t mode)
{
	struct stat facts;
	int errnum = fchmod (fd, mode) < 0 ? errno : 0;
	if (fstat (fd, &facts) < 0)
		return -errno;
	if ((facts.st_mode & 0777) == mode)
		return 0;
	return suffices (&facts, mode) ? 1 : errnum ? -errnum : -EPERM;
}

struct making {
	mode_t mode;
	bool durable;
	bool named;          /* by the user: links are followed, and his umask counts */
};

/* Folder `name` in `at`, made if need be; its descriptor, or negative errno. */
static int
make_folder (int at, const char *name, const struct making *how)
{
	bool made = mkdirat (at, name, how->mode) == 0;
	if (!made && errno != EEXIST)
		return -errno;
	int fd = how->named ? openat (at, name, O_PATH | O_DIRECTORY | O_CLOEXEC) : open_name (at, name, O_RDONLY | O_DIRECTORY, 0);
	if (fd < 0)
		return how->named ? -errno : fd;
	int status = made && !how->named ? file_try_mode (fd, how->mode) : 0;
	if (status == 0 && how->durable)
		status = settle_folder (fd, made);
	if (status == 0)
		return fd;
	close (fd);
	return status;
}

/* Each folder of the first `length` bytes of `path`, from `at` on: each durable before anything is made in it. 0 or negative errno. */
static int
make_way (int at, const char *path, size_t length, const struct making *how)
{
	CLEANUP_CLOSE int held = -1;
	for (const char *end = path + length; path < end; path++) {
		char name[256];
		size_t part = strcspn (path, "/") < (size_t) (end - path) ? strcspn (path, "/") : (size_t) (end - path);
		if (part >= sizeof name)
			return -ENAMETOOLONG;
		memcpy (name, path, part);
		name[part] = '\0';
		path += part;
		if (part == 0)
			continue;
		int next = make_folder (at, name, how);
		cleanup_close_at (&held);
		held = next;
		if (next < 0)
			return next;
		at = held;
	}
	return 0;
}

int
file_make_parents (int root, const char *path, mode_t mode, bool durable, struct larder_error *error)
{
	const char *last;
	CLEANUP_CLOSE int there = open_folder (root, path, &last);
	int status = there >= 0 && durable && last > path ? settle_folder (there, false) : there < 0 ? there : 0;
	if (status == 0)
		return 0;
	if (status != -ENOENT)
		return larder_fail_errno (error, -status, "cannot open the folder of '%s'", path);
	status = make_way (root, path, (size_t) (last - path), &(struct making) { .mode = mode, .durable = durable });
	return status < 0 ? larder_fail_errno (error, -status, "cannot make the folder of '%s'", path) : 0;
}

char *
file_absolute (const char *path)
{
	CLEANUP_FREE char *head = strdup (path), *real = realpath (path, NULL);
	char *ret = NULL;
	size_t length = strlen (path), whole = length;
	while (head && !real && length > 0) {
		while (length > 0 && path[length - 1] == '/')
			length--;
		while (length > 0 && path[length - 1] != '/')
			length--;
		head[length] = '\0';
		real = realpath (length > 0 ? head : ".", NULL);
	}
	return real && asprintf (&ret, "%s%s%s", real, real[1] && length < whole ? "/" : "", path + length) >= 0 ? ret : NULL;
}

int
file_make_folders (const char *path, mode_t mode, struct larder_error *error)
{
	CLEANUP_CLOSE int there = open (path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int status = there >= 0 ? settle_folder (there, false) : -errno;
	if (status == -ENOENT) {
		CLEANUP_CLOSE int at = open (*path == '/' ? "/" : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
		status = at < 0 ? -errno : make_way (at, path, strlen (path), &(struct making) { .mode = mode, .durable = true, .named = true });
	}
	return status < 0 ? larder_fail_errno (error, -status, "cannot make the folder '%s'", path) : 0;
}

int
file_open_made (const char *path, mode_t mode, struct larder_error *error)
{
	int code = file_make_folders (path, mode, error);
	int fd = code < 0 ? code : open (path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return code < 0 || fd >= 0 ? fd : larder_fail_errno (error, errno, "cannot open the folder '%s'", path);
}

int
file_check_folder (const char *path, struct larder_error *error)
{
	CLEANUP_FREE char *there = NULL;
	struct stat facts;
	int failed;
	if (asprintf (&there, "%s/%s", *path == '/' ? "" : ".", path) < 0)
		return larder_fail_memory (error);
	while ((failed = stat (there, &facts) < 0 ? errno : 0) == ENOENT && strrchr (there, '/'))
		*strrchr (there, '/') = '\0';
	if (failed == 0 && !S_ISDIR (facts.st_mode))
		failed = ENOTDIR;
	else if (failed == 0 && faccessat (AT_FDCWD, there, W_OK | X_OK, AT_EACCESS) < 0)
		failed = errno;
	return failed ? larder_fail_errno (error, failed, "cannot write into '%s'", path) : 0;
}

int
file_state_folder (const char *state, const char *kind, const char *of, bool make)
{
	char hex[65] = "";
	CLEANUP_FREE char *path = NULL;
	if (of)
		sha256_hex (of, strlen (of), hex);
	if (!state || asprintf (&path, "%s/%s/%.32s", state, kind, hex) < 0)
		return -1;
	return make ? file_open_made (path, 0700, NULL) : open (path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

void
file_trim_parents (int root, const char *path)
{
	char *folder = strdup (path), *slash;
	while (folder && (slash = strrchr (folder, '/'))) {
		*slash = '\0';
		const char *last;
		CLEANUP_CLOSE int parent = open_folder (root, folder, &last);
		if (parent < 0 || unlinkat (parent, last, AT_REMOVEDIR) < 0)
			break;
	}
	free (folder);
}

int
file_settle_removal (int root, const char *path)
{
	char at[PATH_MOST];
	const char *last;
	if (snprintf (at, sizeof at, "%s", path) >= (int) sizeof at)
		return -ENAMETOOLONG;
	for (;;) {
		CLEANUP_CLOSE int folder = open_folder (root, at, &last);
		char *slash = strrchr (at, '/');
		if (folder >= 0)
			return fsync (folder) < 0 ? -errno : 0;
		if (folder != -ENOENT || !slash)
			return folder;
		*slash = '\0';
	}
}

int
file_unlink_beneath (int root, const char *path)
{
	const char *last;
	CLEANUP_CLOSE int folder = open_folder (root, path, &last);
	if (folder < 0)
		return folder;
	return unlinkat (folder, last, 0) < 0 ? -errno : 0;
}

int64_t
file_read_all (int fd, void *into, size_t count)
{
	size_t done = 0;
	while (done < count) {
		ssize_t got = read (fd, (char *) into + done, count - done);
		if (got < 0 && errno != EINTR)
			return -errno;
		if (got == 0)
			break;
		done += got > 0 ? (size_t) got : 0;
	}
	return (int64_t) done;
}

int64_t
file_pread_all (int fd, void *into, size_t count, uint64_t offset)
{
	size_t done = 0;
	while (done < count) {
		ssize_t got = pread (fd, (char *) into + done, count - done, (off_t) (offset + done));
		if (got < 0 && errno != EINTR)
			return -errno;
		if (got == 0)
			break;
		done += got > 0 ? (size_t) got : 0;
	}
	return (int64_t) done;
}

int
file_write_all (int fd, const void *bytes, size_t count)
{
	const char *at = bytes;
	while (count > 0) {
		ssize_t put = write (fd, at, count);
		if (put < 0 && errno != EINTR)
			return -errno;
		if (put > 0) {
			at += put;
			count -= (size_t) put;
		}
	}
	return 0;
}

int
file_pwrite_all (int fd, const void *bytes, size_t count, uint64_t offset)
{
	const char *at = bytes;
	while (count > 0) {
		ssize_t put = pwrite (fd, at, count, (off_t) offset);
		if (put < 0 && errno != EINTR)
			return -errno;
		if (put > 0) {
			at += put;
			offset += (uint64_t) put;
			count -= (size_t) put;
		}
	}
	return 0;
}

int
file_temporary (struct larder_error *error)
{
	char path[PATH_MOST];
	const char *folder = secure_getenv ("TMPDIR");
	snprintf (path, sizeof path, "%s/larder-XXXXXX", folder && *folder ? folder : "/tmp");
	int fd = mkostemp (path, O_CLOEXEC);
	if (fd < 0)
		return larder_fail_errno (error, errno, "cannot make a temporary file '%s'", path);
	unlink (path);
	return fd;
}

int
file_temporary_stream (FILE **ret, struct larder_error *error)
{
	int fd = file_temporary (error);
	FILE *file = fd >= 0 ? fdopen (fd, "w+") : NULL;
	if (file)
		*ret = file;
	if (file || fd < 0)
		return file ? 0 : fd;
	int code = larder_fail_errno (error, errno, "cannot open a temporary file");
	close (fd);
	return code;
}

int
file_slurp (int root, const char *path, size_t most, char **ret, size_t *ret_count, struct larder_error *error)
{
	CLEANUP_CLOSE int fd = root == AT_FDCWD ? open (path, O_RDONLY | O_NONBLOCK | O_CLOEXEC) : file_open_beneath (root, path, O_RDONLY | O_NONBLOCK, 0);
	if (fd < 0)
		return larder_fail_errno (error, root == AT_FDCWD ? errno : -fd, "cannot open '%s'", path);
	struct stat st;
	if (fstat (fd, &st) < 0)
		return larder_fail_errno (error, errno, "cannot look at '%s'", path);
	if (!S_ISREG (st.st_mode))
		return larder_fail_next (error, LARDER_E_INVALID, "name a file", "'%s' is not a regular file", path);
	if ((uint64_t) st.st_size > most)
		return larder_fail_next (error, LARDER_E_LIMIT, "larder reads no larger file there; is it the right one?",
			"'%s' has %lld bytes, at most %zu are read", path, (long long) st.st_size, most);
	CLEANUP_FREE char *text = malloc ((size_t) st.st_size + 1);
	if (!text)
		return larder_fail_memory (error);
	int64_t got = file_read_all (fd, text, (size_t) st.st_size);
	if (got < 0)
		return larder_fail_errno (error, (int) -got, "cannot read '%s'", path);
	text[got] = '\0';
	*ret = TAKE (text);
	*ret_count = (size_t) got;
	return 0;
}

int
file_slurp_if_there (int root, const char *path, size_t most, char **ret, size_t *ret_count, struct larder_error *error)
{
	struct larder_error why = LARDER_ERROR_INIT;
	int code = file_slurp (root, path, most, ret, ret_count, &why);
	if (code < 0 && code != LARDER_E_NOTFOUND && error)
		larder_give (error, &why);
	return code == 0 ? 1 : code == LARDER_E_NOTFOUND ? 0 : code;
}

int
file_each_name (int root, const char *path, int (*each) (void *context, const char *name, struct larder_error *error), void *context, struct larder_error *error)
{
	int fd = file_open_beneath (root, path, O_RDONLY | O_DIRECTORY, 0), code = 0;
	if (fd == -ENOENT)
		return 0;
	DIR *folder = fd < 0 ? NULL : fdopendir (fd);
	if (!folder)
		return larder_fail_errno (error, fd < 0 ? -fd : errno, "cannot list '%s'", path);
	const struct dirent *entry;
	while (errno = 0, code == 0 && (entry = readdir (folder)))
		code = strcmp (entry->d_name, ".") == 0 || strcmp (entry->d_name, "..") == 0 ? 0 : each (context, entry->d_name, error);
	if (code == 0 && errno)
		code = larder_fail_errno (error, errno, "cannot list '%s'", path);
	(void) closedir (folder);
	return code;
}

struct measuring { int folder; uint64_t sum; };

static int
add_size (void *context, const char *name, struct larder_error *error)
{
	struct measuring *measuring = context;
	(void) error;
	measuring->sum += file_tree_size (measuring->folder, name);
	return 0;
}

uint64_t
file_tree_size (int root, const char *path)
{
	struct stat st;
	if (fstatat (root, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	if (!S_ISDIR (st.st_mode))
		return (uint64_t) st.st_blocks * 512 / (st.st_nlink ? st.st_nlink : 1);
	struct measuring measuring = { .folder = file_open_beneath (root, path, O_RDONLY | O_DIRECTORY, 0) };
	if (measuring.folder < 0)
		return 0;
	(void) file_each_name (measuring.folder, ".", add_size, &measuring, NULL);
	close (measuring.folder);
	return measuring.sum;
}

void
file_remove_tree (int root, const char *path)
{
	int fd = file_open_beneath (root, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
	DIR *folder = fd < 0 ? NULL : fdopendir (fd);
	if (!folder)
		return;
	for (const struct dirent *entry; (entry = readdir (folder));) {
		if (strcmp (entry->d_name, ".") == 0 || strcmp (entry->d_name, "..") == 0)
			continue;
		if (unlinkat (fd, entry->d_name, 0) < 0 && (errno == EISDIR || errno == EPERM))
			file_remove_tree (fd, entry->d_name);
	}
	(void) closedir (folder);
	(void) unlinkat (root, path, AT_REMOVEDIR);
}

void
file_explain_owner (int root, const char *path, struct larder_error *error)
{
	char at[PATH_MOST], text[200];
	struct stat facts;
	snprintf (at, sizeof at, "%s", path);
	while (*at && fstatat (root, at, &facts, AT_SYMLINK_NOFOLLOW) < 0) {
		char *slash = strrchr (at, '/');
		*(slash ? slash : at) = '\0';
	}
	if (!error || (error->errnum != EACCES && error->errnum != EPERM) || (!*at && fstat (root, &facts) < 0))
		return;
	snprintf (text, sizeof text, " ('%.100s' belongs to uid %u, mode %03o; this is uid %u)", *at ? at : ".", (unsigned) facts.st_uid, (unsigned) (facts.st_mode & 07777),
	          (unsigned) geteuid ());
	error_add (error, text);
}
