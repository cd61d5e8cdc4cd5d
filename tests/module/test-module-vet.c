/* test-module-vet.c: which files may be loaded at all (c-A03). None of the refused ones runs: their constructor
 * would leave a mark. */
#include "loading.h"
#include "foreign.h"

#include <dlfcn.h>
#include <sys/wait.h>

enum { STRANGER = 54321 };

static void
refused (struct bench *bench, const char *file, const char *says)
{
	const struct module *module = NULL;
	struct larder_error error = LARDER_ERROR_INIT;
	ck_assert_int_eq (bench_load (bench, file, &module, &error), LARDER_E_DENIED);
	ck_assert_msg (strstr (error.message, says), "'%s' does not say '%s'", error.message, says);
	ck_assert_msg (error.next[0], "no next step for: %s", error.message);
	ck_assert_msg (strstr (error.message, bench->folder), "'%s' does not name the path", error.message);
	ck_assert_int_eq (bench_marks (bench), 0);
}

static void
good (struct bench *bench, char path[512])
{
	bench_begin (bench);
	bench_put (bench, "driver-good.so", NULL);
	bench_path (bench, "driver-good.so", path);
}

START_TEST (accepted)
{
	struct bench bench;
	char path[512];
	const struct module *module = NULL;
	good (&bench, path);
	ck_assert_int_eq (bench_load (&bench, "driver-good.so", &module, NULL), 0);
	ck_assert_int_eq (bench_marks (&bench), 1);
	bench_end (&bench);
}
END_TEST

START_TEST (writable_file)
{
	struct bench bench;
	char path[512];
	good (&bench, path);
	ck_assert_int_eq (chmod (path, 0666), 0);
	refused (&bench, "driver-good.so", "is writable by everyone (mode 0666)");
	bench_end (&bench);
}
END_TEST

START_TEST (writable_folder)
{
	struct bench bench;
	char path[512];
	good (&bench, path);
	ck_assert_int_eq (chmod (bench.folder, 0777), 0);
	refused (&bench, "driver-good.so", "is writable by everyone (mode 0777)");
	bench_end (&bench);
}
END_TEST

/* The folder itself is sound; somebody could put another one in its place. */
START_TEST (writable_parent)
{
	struct bench bench;
	char path[512], inner[512], moved[700];
	const struct module *module = NULL;
	struct larder_error error = LARDER_ERROR_INIT;
	struct registry *registry;
	good (&bench, path);
	bench_path (&bench, "inner", inner);
	snprintf (moved, sizeof moved, "%s/driver-good.so", inner);
	ck_assert_int_eq (mkdir (inner, 0755), 0);
	ck_assert_int_eq (rename (path, moved), 0);
	ck_assert_int_eq (chmod (bench.folder, 0777), 0);
	ck_assert_int_eq (registry_open (inner, &registry, NULL), 0);
	ck_assert_int_eq (registry_load (registry, LARDER_KIND_DRIVER, "good", &module, &error), LARDER_E_DENIED);
	ck_assert_ptr_nonnull (strstr (error.message, "0777"));
	ck_assert_int_eq (bench_marks (&bench), 0);
	registry_close (registry);
	unlink (moved);
	rmdir (inner);
	bench_end (&bench);
}
END_TEST

START_TEST (symlink_file)
{
	struct bench bench;
	char path[512], real[512];
	good (&bench, path);
	bench_path (&bench, "driver-real.so", real);
	ck_assert_int_eq (rename (path, real), 0);
	ck_assert_int_eq (symlink ("driver-real.so", path), 0);
	refused (&bench, "driver-good.so", "it is a symbolic link");
	bench_end (&bench);
}
END_TEST

/* Opening it must not wait for a writer. */
START_TEST (fifo)
{
	struct bench bench;
	char path[512];
	good (&bench, path);
	ck_assert_int_eq (unlink (path), 0);
	ck_assert_int_eq (mkfifo (path, 0644), 0);
	refused (&bench, "driver-good.so", "it is not a regular file");
	bench_end (&bench);
}
END_TEST

START_TEST (foreign_owner)
{
	struct bench bench;
	char path[512];
	good (&bench, path);
	ck_assert_int_eq (give (path, STRANGER, STRANGER), 0);
	refused (&bench, "driver-good.so", "belongs to another user (54321)");
	bench_end (&bench);
}
END_TEST

START_TEST (foreign_folder)
{
	struct bench bench;
	char path[512];
	good (&bench, path);
	ck_assert_int_eq (give (bench.folder, STRANGER, STRANGER), 0);
	refused (&bench, "driver-good.so", "belongs to another user (54321)");
	bench_end (&bench);
}
END_TEST

START_TEST (foreign_group)
{
	struct bench bench;
	char path[512];
	good (&bench, path);
	ck_assert_int_eq (give (path, 0, STRANGER), 0);
	ck_assert_int_eq (chmod (path, 0775), 0);
	refused (&bench, "driver-good.so", "is writable by a foreign group (mode 0775)");
	bench_end (&bench);
}
END_TEST

/* A user who is not root, and his group: whoever runs this, if he is one. */
static uid_t user_id (void) { return geteuid () == 0 ? STRANGER : geteuid (); }
static gid_t group_id (void) { return geteuid () == 0 ? STRANGER : getegid (); }

/* The code as such a user sees it. */
static int
code_for_user (struct bench *bench)
{
	pid_t child = fork ();
	if (child == 0) {
		const struct module *module = NULL;
		if (geteuid () == 0 && (setgid (STRANGER) != 0 || setuid (STRANGER) != 0))
			_exit (99);
		_exit (-bench_load (bench, "driver-good.so", &module, NULL));
	}
	int status;
	ck_assert_int_eq (waitpid (child, &status, 0), child);
	ck_assert (WIFEXITED (status));
	return -WEXITSTATUS (status);
}

/* A user loads root's modules and his own, and nobody else's. */
START_TEST (as_user)
{
	struct bench bench;
	char path[512];
	good (&bench, path);
	ck_assert_int_eq (give (path, 0, 0), 0);
	ck_assert_int_eq (code_for_user (&bench), 0);
	ck_assert_int_eq (give (path, user_id (), group_id ()), 0);
	ck_assert_int_eq (code_for_user (&bench), 0);
	ck_assert_int_eq (chmod (path, 0775), 0);
	ck_assert_int_eq (code_for_user (&bench), 0);
	ck_assert_int_eq (give (path, user_id () + 1, group_id ()), 0);
	ck_assert_int_eq (code_for_user (&bench), LARDER_E_DENIED);
	ck_assert_int_eq (give (path, 0, group_id ()), 0);   /* root's, but a user's group may write */
	ck_assert_int_eq (chmod (path, 0775), 0);
	ck_assert_int_eq (code_for_user (&bench), LARDER_E_DENIED);
	bench_end (&bench);
}
END_TEST

/* Two names that change places at the worst moment: after the file was checked, before it is loaded. */
static struct { bool armed; char one[512], two[512]; } swap;

/* In place of libc's, for this program. */
void *
dlopen (const char *file, int mode)
{
	union { void *object; void *(*function) (const char *, int); } real = { dlsym (RTLD_NEXT, "dlopen") };
	if (swap.armed)
		ck_assert_int_eq (renameat2 (AT_FDCWD, swap.one, AT_FDCWD, swap.two, RENAME_EXCHANGE), 0);
	return real.function (file, mode);
}

/* The file that was checked is the one loaded. The checked one is no module at all; the one in its place is
 * writable by everyone, and would leave a mark. */
START_TEST (swapped)
{
	struct bench bench;
	const struct module *module = NULL;
	struct larder_error error = LARDER_ERROR_INIT;
	good (&bench, swap.two);
	ck_assert_int_eq (chmod (swap.two, 0666), 0);
	bench_put (&bench, "driver-bad-no-entry.so", "driver-swapped.so");
	bench_path (&bench, "driver-swapped.so", swap.one);
	swap.armed = true;
	ck_assert_int_eq (bench_load (&bench, "driver-swapped.so", &module, &error), LARDER_E_INVALID);
	swap.armed = false;
	ck_assert_ptr_nonnull (strstr (error.message, "has no symbol"));
	ck_assert_int_eq (bench_marks (&bench), 0);
	ck_assert_int_eq (bench_load (&bench, "driver-swapped.so", &module, &error), LARDER_E_DENIED);   /* it did change */
	bench_end (&bench);
}
END_TEST

static void
add (Suite *suite, const char *name, const TTest *test)
{
	TCase *tcase = tcase_create (name);
	tcase_add_test (tcase, test);
	suite_add_tcase (suite, tcase);
}

int
main (void)
{
	Suite *suite = suite_create ("module-vet");
	add (suite, "test-module-vet-accepted", accepted);
	add (suite, "test-module-vet-writable-file", writable_file);
	add (suite, "test-module-vet-writable-folder", writable_folder);
	add (suite, "test-module-vet-writable-parent", writable_parent);
	add (suite, "test-module-vet-symlink", symlink_file);
	add (suite, "test-module-vet-fifo", fifo);
	add (suite, "test-module-vet-swapped", swapped);
	add (suite, "test-module-vet-foreign-owner", foreign_owner);
	add (suite, "test-module-vet-foreign-folder", foreign_folder);
	add (suite, "test-module-vet-foreign-group", foreign_group);
	add (suite, "test-module-vet-as-user", as_user);
	SRunner *runner = srunner_create (suite);
	srunner_run_all (runner, CK_ENV);
	int failed = srunner_ntests_failed (runner);
	srunner_free (runner);
	return failed != 0;
}
