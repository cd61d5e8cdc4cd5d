/* test-base-draft.c: publishing a file: seen whole or not at all, exact mode, nothing left behind on failure. */
#include "file.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cleanup.h"
#include "error.h"
#include "folder.h"
#include "unit.h"

static void
check_content (int root, const char *path, const char *expected)
{
	char *text = NULL;
	size_t count = 0;
	struct larder_error error = LARDER_ERROR_INIT;
	int code = file_slurp (root, path, 1 << 20, &text, &count, &error);
	ck_assert_msg (code == 0, "%s", error.message);
	ck_assert_str_eq (text, expected);
	free (text);
}

static int
publish (int root, const char *path, const char *text, enum file_publish_how how, struct larder_error *error)
{
	return file_publish (root, path, text, strlen (text), 0644, how, true, error);
}

START_TEST (replaces)
{
	CLEANUP_FOLDER struct folder folder = folder_make ();
	ck_assert_int_eq (publish (folder.fd, "a/f", "old", FILE_REPLACE, NULL), 0);
	ck_assert_int_eq (publish (folder.fd, "a/f", "new", FILE_REPLACE, NULL), 0);
	check_content (folder.fd, "a/f", "new");
	ck_assert_uint_eq (folder_count (folder.fd, "a"), 1);
}
END_TEST

START_TEST (creates)
{
	CLEANUP_FOLDER struct folder folder = folder_make ();
	struct larder_error error = LARDER_ERROR_INIT;
	ck_assert_int_eq (publish (folder.fd, "f", "first", FILE_CREATE, NULL), 0);
	ck_assert_int_eq (publish (folder.fd, "f", "second", FILE_CREATE, &error), LARDER_E_CONFLICT);
	ck_assert_ptr_nonnull (strstr (error.message, "'f'"));
	check_content (folder.fd, "f", "first");
	ck_assert_uint_eq (folder_count (folder.fd, "."), 1);
	struct stat st;
	ck_assert_int_eq (fstatat (folder.fd, "f", &st, 0), 0);
	ck_assert_uint_eq (st.st_nlink, 1);
}
END_TEST

/* A dangling link at the name is taken for a taken name, and replaced as itself, never followed. */
START_TEST (link_at_name)
{
	CLEANUP_FOLDER struct folder folder = folder_make ();
	ck_assert_int_eq (symlinkat ("elsewhere", folder.fd, "f"), 0);
	ck_assert_int_eq (publish (folder.fd, "f", "x", FILE_CREATE, NULL), LARDER_E_CONFLICT);
	ck_assert_int_eq (publish (folder.fd, "f", "x", FILE_REPLACE, NULL), 0);
	check_content (folder.fd, "f", "x");
	ck_assert_uint_eq (folder_count (folder.fd, "."), 1);
}
END_TEST

START_TEST (modes)
{
	static const mode_t all[] = { 0644, 0600, 0666, 0444, 0755, 0640 };
	CLEANUP_FOLDER struct folder folder = folder_make ();
	mode_t before = umask (_i ? 077 : 0);
	for (size_t i = 0; i < COUNT_OF (all); i++) {
		struct stat st;
		ck_assert_int_eq (file_publish (folder.fd, "d/f", "x", 1, all[i], FILE_REPLACE, false, NULL), 0);
		ck_assert_int_eq (fstatat (folder.fd, "d/f", &st, 0), 0);
		ck_assert_uint_eq (st.st_mode & 07777, all[i]);
	}
	umask (before);
}
END_TEST

static void
name_it (struct file_draft *draft)
{
	char name[64];
	file_private_name (name);
	if (!draft->name[0])
		ck_assert_int_eq (file_draft_name (draft, name, NULL), 0);
}

START_TEST (unseen)
{
	CLEANUP_FOLDER struct folder folder = folder_make ();
	CLEANUP_DRAFT struct file_draft draft = FILE_DRAFT_NONE;
	ck_assert_int_eq (file_draft_begin (&draft, folder.fd, "a/f", 0644, true, NULL), 0);
	ck_assert_int_eq (file_draft_write (&draft, "half", 4, NULL), 0);
	ck_assert_int_eq (faccessat (folder.fd, "a/f", F_OK, 0), -1);
	ck_assert_uint_eq (folder_count (folder.fd, "a"), draft.name[0] ? 1 : 0);   /* none where files may be without */
	name_it (&draft);
	ck_assert_int_eq (strncmp (draft.name, ".tmp-", 5), 0);
	ck_assert_uint_eq (folder_count (folder.fd, "a"), 1);
	file_draft_abort (&draft);
	ck_assert_uint_eq (folder_count (folder.fd, "a"), 0);
	file_draft_abort (&draft);   /* harmless twice */
}
END_TEST

START_TEST (after_publish)
{
	CLEANUP_FOLDER struct folder folder = folder_make ();
	struct file_draft draft = FILE_DRAFT_NONE;
	ck_assert_int_eq (file_draft_begin (&draft, folder.fd, "f", 0644, true, NULL), 0);
	ck_assert_int_eq (file_draft_write (&draft, "one ", 4, NULL), 0);
	ck_assert_int_eq (file_draft_write (&draft, "two", 3, NULL), 0);
	if (_i & 2)
		name_it (&draft);
	ck_assert_int_eq (file_draft_publish (&draft, _i & 1 ? FILE_CREATE : FILE_REPLACE, NULL), 0);
	file_draft_abort (&draft);
	check_content (folder.fd, "f", "one two");
	ck_assert_uint_eq (folder_count (folder.fd, "."), 1);
}
END_TEST

/* Over what is there already, with a private name and without. */
START_TEST (over_another)
{
	CLEANUP_FOLDER struct folder folder = folder_make ();
	struct file_draft draft = FILE_DRAFT_NONE;
	ck_assert_int_eq (publish (folder.fd, "f", "old", FILE_REPLACE, NULL), 0);
	ck_assert_int_eq (file_draft_begin (&draft, folder.fd, "f", 0644, true, NULL), 0);
	ck_assert_int_eq (file_draft_write (&draft, "new", 3, NULL), 0);
	if (_i & 2)
		name_it (&draft);
	ck_assert_int_eq (file_draft_publish (&draft, _i & 1 ? FILE_CREATE : FILE_REPLACE, NULL), _i & 1 ? LARDER_E_CONFLICT : 0);
	check_content (folder.fd, "f", _i & 1 ? "old" : "new");
	ck_assert_uint_eq (folder_count (folder.fd, "."), 1);
}
END_TEST

/* What was left for another process is taken up by its name, if it is ours alone. */
START_TEST (kept)
{
	CLEANUP_FOLDER struct folder folder = folder_make ();
	struct file_draft draft = FILE_DRAFT_NONE;
	char name[64];
	ck_assert_int_eq (file_draft_begin (&draft, folder.fd, "a/f", 0644, true, NULL), 0);
	ck_assert_int_eq (file_draft_write (&draft, "half", 4, NULL), 0);
	name_it (&draft);
	snprintf (name, sizeof name, "%s", draft.name);
	file_draft_keep (&draft);
	ck_assert_uint_eq (folder_count (folder.fd, "a"), 1);
	ck_assert_int_eq (file_draft_again (&draft, folder.fd, "a/f", "../f", 0644, true, NULL), LARDER_E_INVALID);
	ck_assert_int_eq (file_draft_again (&draft, folder.fd, "a/f", ".tmp-none", 0644, true, NULL), LARDER_E_NOTFOUND);
	int shared = openat (folder.fd, "a", O_RDONLY | O_DIRECTORY);
	ck_assert_int_eq (fchmodat (shared, name, 0666, 0), 0);
	ck_assert_int_eq (file_draft_again (&draft, folder.fd, "a/f", name, 0644, true, NULL), LARDER_E_NOTFOUND);
	ck_assert_int_eq (fchmodat (shared, name, 0644, 0), 0);
	close (shared);
	ck_assert_int_eq (file_draft_again (&draft, folder.fd, "a/f", name, 0644, true, NULL), 0);
	ck_assert_int_eq (file_draft_publish (&draft, FILE_CREATE, NULL), 0);
	check_content (folder.fd, "a/f", "half");
	ck_assert_uint_eq (folder_count (folder.fd, "a"), 1);
}
END_TEST

START_TEST (names)
{
	CLEANUP_FOLDER struct folder folder = folder_make ();
	char longest[300];
	memset (longest, 'n', sizeof longest);
	longest[255] = '\0';
	ck_assert_int_eq (publish (folder.fd, longest, "x", FILE_CREATE, NULL), 0);
	struct larder_error error = LARDER_ERROR_INIT;
	longest[255] = 'n';
	longest[256] = '\0';
	ck_assert_int_eq (publish (folder.fd, longest, "x", FILE_CREATE, &error), LARDER_E_INVALID);
	static const char *const bad[] = { "", "a/", ".", "..", "a/..", "a/.", "/f", "../f", "a/../f", "/" };
	for (size_t i = 0; i < COUNT_OF (bad); i++) {
		ck_assert_msg (publish (folder.fd, bad[i], "x", FILE_CREATE, &error) == LARDER_E_INVALID, "'%s' was taken", bad[i]);
		ck_assert_int_ne (error.message[0], '\0');
	}
	ck_assert_uint_eq (folder_count (folder.fd, "."), 1);
}
END_TEST

START_TEST (link_above)
{
	CLEANUP_FOLDER struct folder folder = folder_make ();
	ck_assert_int_eq (mkdirat (folder.fd, "real", 0755), 0);
	ck_assert_int_eq (symlinkat ("real", folder.fd, "link"), 0);
	struct larder_error error = LARDER_ERROR_INIT;
	ck_assert_int_eq (publish (folder.fd, "link/f", "x", FILE_CREATE, &error), LARDER_E_INVALID);
	ck_assert_ptr_nonnull (strstr (error.next, "symbolic link"));
	ck_assert_int_eq (publish (folder.fd, "link/deeper/f", "x", FILE_CREATE, NULL), LARDER_E_INVALID);
	ck_assert_uint_eq (folder_count (folder.fd, "real"), 0);
}
END_TEST

/* Over the file size limit in the middle of the bytes: the old content stays, the draft is gone. */
START_TEST (no_space)
{
	CLEANUP_FOLDER struct folder folder = folder_make ();
	ck_assert_int_eq (publish (folder.fd, "f", "old", FILE_REPLACE, NULL), 0);
	signal (SIGXFSZ, SIG_IGN);
	const struct rlimit small = { 1000, 1000 };
	struct larder_error error = LARDER_ERROR_INIT;
	pid_t child = fork ();
	if (child == 0) {
		static const char bytes[4000];
		if (setrlimit (RLIMIT_FSIZE, &small) < 0)
			_exit (1);
		int code = file_publish (folder.fd, "f", bytes, sizeof bytes, 0644, FILE_REPLACE, true, &error);
		_exit (code == LARDER_E_NOSPACE && error.errnum == EFBIG && error.next[0] && strstr (error.message, "'f'") ? 0 : 2);
	}
	int status = -1;
	ck_assert_int_eq (waitpid (child, &status, 0), child);
	ck_assert_int_eq (status, 0);
	check_content (folder.fd, "f", "old");
	ck_assert_uint_eq (folder_count (folder.fd, "."), 1);
}
END_TEST

/* A folder stands where the file should go: the rename fails, and the draft is removed. */
START_TEST (folder_at_name)
{
	CLEANUP_FOLDER struct folder folder = folder_make ();
	ck_assert_int_eq (mkdirat (folder.fd, "f", 0755), 0);
	struct larder_error error = LARDER_ERROR_INIT;
	ck_assert_int_eq (publish (folder.fd, "f", "x", FILE_REPLACE, &error), LARDER_E_INVALID);
	ck_assert_ptr_nonnull (strstr (error.message, "'f'"));
	ck_assert_int_eq (publish (folder.fd, "f", "x", FILE_CREATE, &error), LARDER_E_CONFLICT);
	ck_assert_uint_eq (folder_count (folder.fd, "."), 1);
}
END_TEST

/* Bytes that failed to reach the disk are never shown: the descriptor is one that cannot be synced. */
START_TEST (fsync_fails)
{
	CLEANUP_FOLDER struct folder folder = folder_make ();
	ck_assert_int_eq (publish (folder.fd, "f", "old", FILE_REPLACE, NULL), 0);
	struct file_draft draft = FILE_DRAFT_NONE;
	ck_assert_int_eq (file_draft_begin (&draft, folder.fd, "f", 0644, true, NULL), 0);
	int ends[2];
	ck_assert_int_eq (pipe (ends), 0);
	ck_assert_int_ge (dup2 (ends[1], draft.fd), 0);
	struct larder_error error = LARDER_ERROR_INIT;
	ck_assert_int_eq (file_draft_publish (&draft, FILE_REPLACE, &error), LARDER_E_INVALID);
	ck_assert_ptr_nonnull (strstr (error.message, "durable"));
	close (ends[0]);
	close (ends[1]);
	check_content (folder.fd, "f", "old");
	ck_assert_uint_eq (folder_count (folder.fd, "."), 1);
}
END_TEST

/* Many processes create one name at once: one wins, the others are told, one whole content is there. */
static unsigned synced_files, synced_folders;

/* In place of libc's: counts, and a folder only where the new name is in it already. */
int
fsync (int fd)
{
	struct stat facts;
	if (fstat (fd, &facts) == 0 && S_ISDIR (facts.st_mode))
		synced_folders += faccessat (fd, "durable", F_OK, 0) == 0;
	else
		synced_files++;
	return (int) syscall (SYS_fsync, fd);
}

START_TEST (durable)
{
	CLEANUP_FOLDER struct folder folder = folder_make ();
	for (unsigned i = 1; i <= 2; i++) {        /* new, then replaced */
		ck_assert_int_eq (file_publish (folder.fd, "durable", "x", 1, 0644, FILE_REPLACE, true, NULL), 0);
		ck_assert_uint_eq (synced_files, i);
		ck_assert_uint_eq (synced_folders, i);
	}
}
END_TEST

/* Replaced by eight at once, again and again: always whole, and nothing is left under another name. */
START_TEST (replaced_at_once)
{
	enum { PROCESSES = 8, TIMES = 100, LENGTH = 1000 };
	CLEANUP_FOLDER struct folder folder = folder_make ();
	char text[LENGTH];
	for (int i = 0; i < PROCESSES; i++)
		if (fork () == 0) {
			int code = 0;
			memset (text, 'a' + i, sizeof text);
			for (int j = 0; j < TIMES && code == 0; j++)
				code = file_publish (folder.fd, "f", text, sizeof text, 0644, FILE_REPLACE, false, NULL);
			_exit (code == 0 ? 0 : 1);
		}
	for (int i = 0; i < PROCESSES; i++) {
		int status = -1;
		ck_assert (wait (&status) > 0 && WIFEXITED (status) && WEXITSTATUS (status) == 0);
	}
	CLEANUP_CLOSE int fd = openat (folder.fd, "f", O_RDONLY);
	ck_assert_int_eq (read (fd, text, sizeof text), LENGTH);
	for (int i = 1; i < LENGTH; i++)
		ck_assert_int_eq (text[i], text[0]);
	ck_assert_uint_eq (folder_count (folder.fd, "."), 1);
}
END_TEST

/* Killed between the two steps of a replacement: the next one takes the name away. */
#define LEFT "c4fe706e7cd4d138"         /* CRC64NVME of "f" */
START_TEST (left_by_the_dead)
{
	CLEANUP_FOLDER struct folder folder = folder_make ();
	ck_assert_int_eq (file_publish (folder.fd, "f", "old", 3, 0644, FILE_REPLACE, false, NULL), 0);
	CLEANUP_CLOSE int left = openat (folder.fd, ".tmp-over-" LEFT, O_CREAT | O_WRONLY, 0644);
	ck_assert_int_ge (left, 0);
	ck_assert_int_eq (file_publish (folder.fd, "f", "new", 3, 0644, FILE_REPLACE, false, NULL), 0);
	check_content (folder.fd, "f", "new");
	ck_assert_uint_eq (folder_count (folder.fd, "."), 1);
}
END_TEST

START_TEST (race)
{
	enum { PROCESSES = 8 };
	CLEANUP_FOLDER struct folder folder = folder_make ();
	pid_t children[PROCESSES];
	for (int i = 0; i < PROCESSES; i++) {
		children[i] = fork ();
		if (children[i] == 0) {
			char text[1000];
			memset (text, 'a' + i, sizeof text);
			int code = file_publish (folder.fd, "deep/er/f", text, sizeof text, 0644, FILE_CREATE, false, NULL);
			_exit (code == 0 ? 0 : code == LARDER_E_CONFLICT ? 1 : 2);
		}
	}
	int winner = -1, losers = 0;
	for (int i = 0; i < PROCESSES; i++) {
		int status = -1;
		ck_assert_int_eq (waitpid (children[i], &status, 0), children[i]);
		ck_assert (WIFEXITED (status));
		losers += WEXITSTATUS (status) == 1;
		if (WEXITSTATUS (status) == 0)
			winner = i;
	}
	ck_assert_int_ge (winner, 0);
	ck_assert_int_eq (losers, PROCESSES - 1);
	char expected[1001];
	memset (expected, 'a' + winner, 1000);
	expected[1000] = '\0';
	check_content (folder.fd, "deep/er/f", expected);
	ck_assert_uint_eq (folder_count (folder.fd, "deep/er"), 1);
}
END_TEST

int
main (void)
{
	const struct unit_case cases[] = {
		{ "test-base-draft-replaces", replaces, 0 }, { "test-base-draft-creates", creates, 0 }, { "test-base-draft-link-at-name", link_at_name, 0 },
		{ "test-base-draft-modes", modes, 2 }, { "test-base-draft-unseen", unseen, 0 }, { "test-base-draft-after-publish", after_publish, 4 }, { "test-base-draft-over-another", over_another, 4 }, { "test-base-draft-kept", kept, 0 },
		{ "test-base-draft-names", names, 0 }, { "test-base-draft-link-above", link_above, 0 }, { "test-base-draft-no-space", no_space, 0 },
		{ "test-base-draft-folder-at-name", folder_at_name, 0 }, { "test-base-draft-fsync-fails", fsync_fails, 0 }, { "test-base-draft-race", race, 0 },
		{ "test-base-draft-durable", durable, 0 }, { "test-base-draft-replaced-at-once", replaced_at_once, 0 }, { "test-base-draft-left-by-the-dead", left_by_the_dead, 0 },
	};
	return unit_run ("base-draft", cases, COUNT_OF (cases));
}
