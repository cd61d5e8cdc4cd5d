/* test-base-file.c: nothing leaves its root, by the kernel's rule or by walking; folders come, durably, and go. */
#include "file.h"

#include <errno.h>
#include <limits.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <time.h>

#include "error.h"
#include "folder.h"
#include "unit.h"

/* The kernel's way and the fallback must answer alike. */
typedef int (*open_fn) (int root, const char *path, int flags, mode_t mode);
static const open_fn ways[] = { file_open_beneath, file_open_walking };

/* A root with a file and links, beside a folder it must not reach. */
static int
furnish (const struct folder *folder)
{
	ck_assert_int_eq (mkdirat (folder->fd, "root", 0755), 0);
	ck_assert_int_eq (mkdirat (folder->fd, "root/in", 0755), 0);
	ck_assert_int_eq (mkdirat (folder->fd, "out", 0755), 0);
	ck_assert_int_eq (file_publish (folder->fd, "root/in/file", "abc", 3, 0644, FILE_CREATE, false, NULL), 0);
	ck_assert_int_eq (file_publish (folder->fd, "out/secret", "xyz", 3, 0644, FILE_CREATE, false, NULL), 0);
	int root = openat (folder->fd, "root", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge (root, 0);
	ck_assert_int_eq (symlinkat ("../out", root, "out"), 0);
	ck_assert_int_eq (symlinkat ("in", root, "within"), 0);
	ck_assert_int_eq (symlinkat ("../../out/secret", root, "in/link"), 0);
	ck_assert_int_eq (symlinkat ("/etc/passwd", root, "in/absolute"), 0);
	return root;
}

START_TEST (opens)
{
	CLEANUP_FOLDER struct folder folder = folder_make ();
	int root = furnish (&folder);
	static const char *const good[] = { "in/file", "in//file", "./in/file", "in/./file" };
	for (size_t i = 0; i < COUNT_OF (good); i++) {
		int fd = ways[_i] (root, good[i], O_RDONLY, 0);
		ck_assert_msg (fd >= 0, "'%s': %s", good[i], strerror (-fd));
		char text[8] = "";
		ck_assert_int_eq (file_read_all (fd, text, sizeof text), 3);
		ck_assert_str_eq (text, "abc");
		ck_assert_int_eq (fcntl (fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
		close (fd);
	}
	int folder_fd = ways[_i] (root, "in/", O_RDONLY | O_DIRECTORY, 0);
	ck_assert_int_ge (folder_fd, 0);
	close (folder_fd);
	ck_assert_int_eq (ways[_i] (root, "in/none", O_RDONLY, 0), -ENOENT);
	ck_assert_int_eq (ways[_i] (root, "none/file", O_RDONLY, 0), -ENOENT);
	ck_assert_int_eq (ways[_i] (root, "in/file/x", O_RDONLY, 0), -ENOTDIR);
	ck_assert_int_eq (ways[_i] (root, "in/file/", O_RDONLY, 0), -ENOTDIR);
	int made = ways[_i] (root, "in/made", O_WRONLY | O_CREAT | O_EXCL, 0640);
	ck_assert_int_ge (made, 0);
	close (made);
	ck_assert_int_eq (ways[_i] (root, "in/made", O_WRONLY | O_CREAT | O_EXCL, 0640), -EEXIST);
	close (root);
}
END_TEST

START_TEST (stays)
{
	CLEANUP_FOLDER struct folder folder = folder_make ();
	int root = furnish (&folder);
	static const char *const links[] = { "out", "out/", "out/secret", "within/file", "within/", "in/link", "in/link/", "in/absolute", "out//secret" };
	for (size_t i = 0; i < COUNT_OF (links); i++) {
		int fd = ways[_i] (root, links[i], O_RDONLY, 0);
		ck_assert_msg (fd == -ELOOP, "'%s' gave %d", links[i], fd);
		fd = ways[_i] (root, links[i], O_RDONLY | O_DIRECTORY, 0);
		ck_assert_msg (fd == -ELOOP, "'%s' as a folder gave %d", links[i], fd);
	}
	static const char *const away[] = { "..", "../out/secret", "in/../../out/secret", "in/..", "in/../in/file", "/etc/passwd", "/", "" };
	for (size_t i = 0; i < COUNT_OF (away); i++)
		ck_assert_int_eq (ways[_i] (root, away[i], O_RDONLY, 0), -EXDEV);
	char longer[PATH_MAX + 10];
	memset (longer, 'a', sizeof longer - 1);
	longer[sizeof longer - 1] = '\0';
	ck_assert_int_eq (ways[_i] (root, longer, O_RDONLY, 0), -ENAMETOOLONG);
	longer[300] = '\0';
	ck_assert_int_eq (ways[_i] (root, longer, O_RDONLY, 0), -ENAMETOOLONG);
	close (root);
}
END_TEST

/* Asked here, not through the room: an old kernel does not know openat2, and neither does valgrind 3.19. */
static bool
kernel_sees_to_it (int root)
{
	struct open_how how = { .flags = O_PATH | O_CLOEXEC };
	int fd = (int) syscall (SYS_openat2, root, ".", &how, sizeof how);
	if (fd >= 0)
		close (fd);
	return fd >= 0 || errno != ENOSYS;
}

/* Links that stay in the root are followed, and no others, whatever they lead to; where the kernel cannot see to it nothing is opened. */
START_TEST (within)
{
	CLEANUP_FOLDER struct folder folder = folder_make ();
	int root = furnish (&folder);
	static const struct { const char *path; int failed; bool told_by_name; } cases[] = {
		{ "in/file", 0, false }, { "within/file", 0, false }, { "within/", 0, false }, { "none", -ENOENT, false }, { "round", -ELOOP, false },
		{ "out", -EXDEV, false }, { "out/secret", -EXDEV, false }, { "in/link", -EXDEV, false }, { "in/absolute", -EXDEV, false },
		{ "within/link", -EXDEV, false }, { "there", -EXDEV, false }, { "../root/in/file", -EXDEV, true }, { "/", -EXDEV, true }, { "", -EXDEV, true },
	};
	ck_assert_int_eq (symlinkat ("round", root, "round"), 0);
	ck_assert_int_eq (symlinkat ("../root/in/file", root, "there"), 0);      /* and back again */
	bool seen = kernel_sees_to_it (root);
	for (size_t i = 0; i < COUNT_OF (cases); i++) {
		int fd = file_open_within (root, cases[i].path, O_RDONLY), failed = seen || cases[i].told_by_name ? cases[i].failed : -ENOSYS;
		ck_assert_msg (fd >= 0 ? failed == 0 : fd == failed, "'%s' gave %d", cases[i].path, fd);
		if (fd >= 0)
			close (fd);
	}
	close (root);
}
END_TEST

/* Names that merely look like steps up. */
START_TEST (dots)
{
	CLEANUP_FOLDER struct folder folder = folder_make ();
	static const char *const names[] = { "...", "..a", "a..", "a/..b/c..", ".hidden" };
	for (size_t i = 0; i < COUNT_OF (names); i++) {
		ck_assert_int_eq (file_publish (folder.fd, names[i], "x", 1, 0644, FILE_CREATE, false, NULL), 0);
		int fd = ways[_i] (folder.fd, names[i], O_RDONLY, 0);
		ck_assert_int_ge (fd, 0);
		close (fd);
	}
}
END_TEST

START_TEST (parents)
{
	CLEANUP_FOLDER struct folder folder = folder_make ();
	mode_t before = umask (077);
	ck_assert_int_eq (file_make_parents (folder.fd, "a/b//c/file", 0755, true, NULL), 0);
	ck_assert_int_eq (file_make_parents (folder.fd, "a/b/c/file", 0755, true, NULL), 0);
	ck_assert_int_eq (file_make_parents (folder.fd, "file", 0755, true, NULL), 0);
	umask (before);
	struct stat st;
	ck_assert_int_eq (fstatat (folder.fd, "a/b/c", &st, 0), 0);
	ck_assert_uint_eq (st.st_mode & 07777, 0755);
	ck_assert_int_eq (faccessat (folder.fd, "a/b/c/file", F_OK, 0), -1);
	struct larder_error error = LARDER_ERROR_INIT;
	ck_assert_int_eq (file_make_parents (folder.fd, "a/../b/file", 0755, false, &error), LARDER_E_INVALID);
	ck_assert_int_eq (faccessat (folder.fd, "b", F_OK, 0), -1);
	ck_assert_int_eq (symlinkat ("/tmp", folder.fd, "link"), 0);
	ck_assert_int_eq (file_make_parents (folder.fd, "link/larder-never/file", 0755, false, &error), LARDER_E_INVALID);
	ck_assert_int_eq (access ("/tmp/larder-never", F_OK), -1);
	ck_assert_int_eq (file_publish (folder.fd, "plain", "x", 1, 0644, FILE_CREATE, false, NULL), 0);
	ck_assert_int_eq (file_make_parents (folder.fd, "plain/x/file", 0755, false, &error), LARDER_E_INVALID);
	char path[400];
	memset (path, 'n', 300);
	snprintf (path + 300, sizeof path - 300, "/file");
	ck_assert_int_eq (file_make_parents (folder.fd, path, 0755, false, &error), LARDER_E_INVALID);
}
END_TEST

/* In place of libc's: which folders were made durable, by inode. */
static ino_t synced[16];
static unsigned synced_count;

int
fsync (int fd)
{
	struct stat facts;
	if (fstat (fd, &facts) == 0 && S_ISDIR (facts.st_mode))
		synced[synced_count++ % COUNT_OF (synced)] = facts.st_ino;
	return (int) syscall (SYS_fsync, fd);
}

/* Those, in that order, and no others since the last check. */
static void
check_synced (int root, const char *const *names)
{
	unsigned count = 0;
	for (struct stat facts; names[count]; count++) {
		ck_assert_int_eq (fstatat (root, names[count], &facts, 0), 0);
		ck_assert_uint_gt (synced_count, count);
		ck_assert_uint_eq (synced[count], facts.st_ino);
	}
	ck_assert_uint_eq (synced_count, count);
	synced_count = 0;
}
#define NAMES(...) ((const char *const[]) { __VA_ARGS__, NULL })

static int
make_a_b_c (int root, const char *path, bool whole)
{
	char name[200];
	snprintf (name, sizeof name, "%s/a/b//c/%s", path, whole ? "" : "file");
	return whole ? file_make_folders (name, 0755, NULL) : file_make_parents (root, "a/b//c/file", 0755, true, NULL);
}

/* Each that was made, by its parent and before the next is made in it; an empty one again, as who made it may have died; never once
 * there is something in it. */
START_TEST (parents_durable)
{
	CLEANUP_FOLDER struct folder folder = folder_make ();
	ck_assert_int_eq (file_publish (folder.fd, "there", "x", 1, 0644, FILE_CREATE, false, NULL), 0);
	synced_count = 0;
	ck_assert_int_eq (make_a_b_c (folder.fd, folder.path, _i == 1), 0);
	check_synced (folder.fd, NAMES (".", "a", "a/b"));
	ck_assert_int_eq (make_a_b_c (folder.fd, folder.path, _i == 1), 0);
	check_synced (folder.fd, NAMES ("a/b"));
	ck_assert_int_eq (unlinkat (folder.fd, "a/b/c", AT_REMOVEDIR), 0);
	ck_assert_int_eq (make_a_b_c (folder.fd, folder.path, _i == 1), 0);
	check_synced (folder.fd, NAMES ("a", "a/b"));
	for (int i = 0; i < 10; i++) {
		char name[32];
		snprintf (name, sizeof name, "a/b/c/%d", i);
		ck_assert_int_eq (file_publish (folder.fd, name, "x", 1, 0644, FILE_CREATE, false, NULL), 0);
		ck_assert_int_eq (make_a_b_c (folder.fd, folder.path, _i == 1), 0);
	}
	check_synced (folder.fd, (const char *const[]) { NULL });
	ck_assert_int_eq (file_make_parents (folder.fd, "d/file", 0755, false, NULL), 0);
	check_synced (folder.fd, (const char *const[]) { NULL });
}
END_TEST

/* The user's own path: his links, his umask, no matter where it begins. */
START_TEST (folders)
{
	CLEANUP_FOLDER struct folder folder = folder_make ();
	struct larder_error error = LARDER_ERROR_INIT;
	struct stat st;
	mode_t before = umask (027);
	ck_assert_int_eq (fchdir (folder.fd), 0);
	ck_assert_int_eq (file_make_folders ("real", 0777, NULL), 0);
	ck_assert_int_eq (symlinkat ("real", folder.fd, "link"), 0);
	ck_assert_int_eq (file_make_folders ("./link/../link/x", 0777, NULL), 0);
	umask (before);
	ck_assert_int_eq (fstatat (folder.fd, "real/x", &st, AT_SYMLINK_NOFOLLOW), 0);
	ck_assert_uint_eq (st.st_mode & 07777, 0750);
	ck_assert_int_eq (file_make_folders ("/", 0777, NULL), 0);
	ck_assert_int_eq (file_make_folders (".", 0777, NULL), 0);
	ck_assert_int_eq (file_publish (folder.fd, "plain", "x", 1, 0644, FILE_CREATE, false, NULL), 0);
	ck_assert_int_eq (file_make_folders ("plain/x", 0777, &error), LARDER_E_INVALID);
	ck_assert_ptr_nonnull (strstr (error.message, "'plain/x'"));
	ck_assert_int_eq (symlinkat ("nowhere", folder.fd, "dangling"), 0);
	ck_assert_int_eq (file_make_folders ("dangling/x", 0777, &error), LARDER_E_NOTFOUND);
	char path[400];
	memset (path, 'n', 300);
	snprintf (path + 300, sizeof path - 300, "/x");
	ck_assert_int_eq (file_make_folders (path, 0777, &error), LARDER_E_INVALID);
	ck_assert_int_eq (chdir ("/"), 0);
}
END_TEST

START_TEST (trims)
{
	CLEANUP_FOLDER struct folder folder = folder_make ();
	ck_assert_int_eq (file_publish (folder.fd, "a/b/c/d/one", "x", 1, 0644, FILE_CREATE, false, NULL), 0);
	ck_assert_int_eq (file_publish (folder.fd, "a/b/two", "x", 1, 0644, FILE_CREATE, false, NULL), 0);
	file_trim_parents (folder.fd, "a/b/c/d/one");
	ck_assert_int_eq (faccessat (folder.fd, "a/b/c/d/one", F_OK, 0), 0);
	ck_assert_int_eq (file_unlink_beneath (folder.fd, "a/b/c/d/one"), 0);
	ck_assert_int_eq (file_unlink_beneath (folder.fd, "a/b/c/d/one"), -ENOENT);
	file_trim_parents (folder.fd, "a/b/c/d/one");
	ck_assert_int_eq (faccessat (folder.fd, "a/b/c", F_OK, 0), -1);
	ck_assert_int_eq (faccessat (folder.fd, "a/b/two", F_OK, 0), 0);
	ck_assert_int_eq (file_unlink_beneath (folder.fd, "a/b/two"), 0);
	file_trim_parents (folder.fd, "a/b/two");
	ck_assert_uint_eq (folder_count (folder.fd, "."), 0);
	ck_assert_int_eq (file_unlink_beneath (folder.fd, "../x"), -EXDEV);
}
END_TEST

/* As deep as an object's key can be: 1024 components, and as long as a path may be. */
START_TEST (deep)
{
	CLEANUP_FOLDER struct folder folder = folder_make ();
	char path[PATH_MAX];
	size_t length = _i ? 4090 : 2047, component = _i ? 200 : 1;
	for (size_t i = 0; i < length; i++)
		path[i] = i % (component + 1) == component ? '/' : 'a';
	path[length] = '\0';
	if (path[length - 1] == '/')
		path[length - 1] = 'b';
	struct larder_error error = LARDER_ERROR_INIT;
	int code = file_publish (folder.fd, path, "deep", 4, 0644, FILE_CREATE, false, &error);
	ck_assert_msg (code == 0, "%s", error.message);
	for (size_t i = 0; i < COUNT_OF (ways); i++) {
		int fd = ways[i] (folder.fd, path, O_RDONLY, 0);
		ck_assert_int_ge (fd, 0);
		close (fd);
	}
	ck_assert_int_eq (file_unlink_beneath (folder.fd, path), 0);
	file_trim_parents (folder.fd, path);
	ck_assert_uint_eq (folder_count (folder.fd, "."), 0);
}
END_TEST

START_TEST (slurps)
{
	CLEANUP_FOLDER struct folder folder = folder_make ();
	char *text = NULL;
	size_t count = 77;
	struct larder_error error = LARDER_ERROR_INIT;
	ck_assert_int_eq (file_publish (folder.fd, "f", "a\0b", 3, 0644, FILE_CREATE, false, NULL), 0);
	ck_assert_int_eq (file_slurp (folder.fd, "f", 2, &text, &count, &error), LARDER_E_LIMIT);
	ck_assert_int_eq (file_slurp (folder.fd, "none", 9, &text, &count, &error), LARDER_E_NOTFOUND);
	ck_assert_int_eq (mkfifoat (folder.fd, "pipe", 0600), 0);
	ck_assert_int_eq (file_slurp (folder.fd, "pipe", 9, &text, &count, &error), LARDER_E_INVALID);
	ck_assert_int_eq (file_slurp (folder.fd, ".", 9, &text, &count, &error), LARDER_E_INVALID);
	ck_assert_ptr_null (text);
	ck_assert_uint_eq (count, 77);
	ck_assert_int_eq (file_slurp (folder.fd, "f", 3, &text, &count, &error), 0);
	ck_assert_uint_eq (count, 3);
	ck_assert_mem_eq (text, "a\0b", 4);
	free (text);
}
END_TEST

START_TEST (source_of_file)
{
	CLEANUP_FOLDER struct folder folder = folder_make ();
	ck_assert_int_eq (file_publish (folder.fd, "f", "0123456789", 10, 0644, FILE_CREATE, false, NULL), 0);
	int fd = openat (folder.fd, "f", O_RDWR | O_CLOEXEC);
	struct file_source file;
	struct larder_source source;
	struct larder_error error = LARDER_ERROR_INIT;
	ck_assert_int_eq (file_source_begin (&file, fd, "f", &source, &error), 0);
	ck_assert_uint_eq (source.length, 10);
	char text[16] = "";
	ck_assert_int_eq (source_pread (&source, text, 4, 3, &error), 4);
	ck_assert_str_eq (text, "3456");
	ck_assert_int_eq (source_pread (&source, text, 16, 8, &error), 2);
	ck_assert_int_eq (source_pread (&source, text, 16, 10, &error), 0);
	ck_assert_int_eq (file_source_check (&file, &error), 0);
	/* Same length, another time: by hand, as one clock tick may hold both writes. */
	const struct timespec times[2] = { { 1, 0 }, { 1, 0 } };
	ck_assert_int_eq (futimens (fd, times), 0);
	ck_assert_int_eq (file_source_check (&file, &error), LARDER_E_INTEGRITY);
	ck_assert_ptr_nonnull (strstr (error.message, "'f'"));
	ck_assert_int_eq (file_source_begin (&file, fd, "f", &source, &error), 0);
	ck_assert_int_eq (ftruncate (fd, 9), 0);
	ck_assert_int_eq (file_source_check (&file, &error), LARDER_E_INTEGRITY);
	/* Removed meanwhile: the bytes are still ours to read, unless they change too. */
	ck_assert_int_eq (file_source_begin (&file, fd, "f", &source, &error), 0);
	ck_assert_int_eq (file_unlink_beneath (folder.fd, "f"), 0);
	ck_assert_int_eq (file_source_check (&file, &error), 0);
	ck_assert_int_eq (ftruncate (fd, 8), 0);
	ck_assert_int_eq (file_source_check (&file, &error), LARDER_E_INTEGRITY);
	close (fd);
	ck_assert_int_eq (file_source_begin (&file, folder.fd, "folder", &source, &error), LARDER_E_INVALID);
	ck_assert_int_eq (file_source_begin (&file, -1, "none", &source, &error), LARDER_E_UNAVAILABLE);
}
END_TEST

START_TEST (source_of_memory)
{
	struct memory_source memory;
	struct larder_source source;
	char text[16] = "";
	memory_source_begin (&memory, "0123456789", 10, &source);
	ck_assert_int_eq (source_pread (&source, text, 16, 7, NULL), 3);
	ck_assert_str_eq (text, "789");
	ck_assert_int_eq (source_pread (&source, text, 16, UINT64_MAX, NULL), 0);
	memory_source_begin (&memory, NULL, 0, &source);
	ck_assert_int_eq (source_pread (&source, text, 16, 0, NULL), 0);
}
END_TEST

int
main (void)
{
	const struct unit_case cases[] = {
		{ "test-base-file-opens", opens, 2 }, { "test-base-file-stays", stays, 2 }, { "test-base-file-dots", dots, 2 }, { "test-base-file-within", within, 0 },
		{ "test-base-file-parents", parents, 0 }, { "test-base-file-parents-durable", parents_durable, 2 }, { "test-base-file-folders", folders, 0 },
		{ "test-base-file-trims", trims, 0 }, { "test-base-file-deep", deep, 2 },
		{ "test-base-file-slurps", slurps, 0 }, { "test-base-file-source-of-file", source_of_file, 0 },
		{ "test-base-file-source-of-memory", source_of_memory, 0 },
	};
	return unit_run ("base-file", cases, COUNT_OF (cases));
}
