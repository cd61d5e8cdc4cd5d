/* test-module-needed.c: private libraries are vetted as their module is, and a RUNPATH leads to the same folder
 * wherever larder is started (c-A03). Nothing of what is refused runs: each constructor would leave a mark. */
#include "loading.h"
#include "foreign.h"

#include <dlfcn.h>
#include <link.h>

#include "needed.h"

#define PLACEHOLDER "/a-folder-of-a-long-name-a-folder-of-a-long-name-a-folder-of-a-long-name"

enum { STRANGER = 54321 };

/* Write another text over every one of these, and NULs after it. */
static void
patch (const char *path, const char *from, const char *to)
{
	static char bytes[4 << 20];
	size_t length = strlen (from);
	int fd = open (path, O_RDWR | O_CLOEXEC);
	ssize_t count = read (fd, bytes, sizeof bytes);
	ck_assert_int_gt (count, 0);
	ck_assert_uint_le (strlen (to), length);
	unsigned found = 0;
	for (char *at = bytes; (at = memmem (at, (size_t) (bytes + count - at), from, length)); at += length, found++) {
		memset (at, 0, length);
		memcpy (at, to, strlen (to));
	}
	ck_assert_uint_gt (found, 0);
	ck_assert_int_eq (pwrite (fd, bytes, (size_t) count, 0), count);
	close (fd);
}

/* driver-private, its library in the folder "lib", and the library of that in "deep". */
struct place { struct bench bench; char driver[512], lib[512], deep[512], library[600], deepest[600]; };

static void
put (const struct place *place, const char *fixture, const char *as, const char *runpath)
{
	char path[512];
	bench_put (&place->bench, fixture, as);
	bench_path (&place->bench, as, path);
	if (runpath)
		patch (path, PLACEHOLDER, runpath);
}

static void
place_begin (struct place *place)
{
	bench_begin (&place->bench);
	bench_path (&place->bench, "driver-private.so", place->driver);
	bench_path (&place->bench, "lib", place->lib);
	bench_path (&place->bench, "deep", place->deep);
	ck_assert_int_eq (mkdir (place->lib, 0755), 0);
	ck_assert_int_eq (mkdir (place->deep, 0755), 0);
	snprintf (place->library, sizeof place->library, "%s/libtest-private.so", place->lib);
	snprintf (place->deepest, sizeof place->deepest, "%s/libtest-deepest.so", place->deep);
	put (place, "driver-private.so", "driver-private.so", place->lib);
	put (place, "libtest-private.so", "lib/libtest-private.so", place->deep);
	put (place, "libtest-deepest.so", "deep/libtest-deepest.so", NULL);
}

static void
place_end (struct place *place)
{
	char command[700];
	const char *const folders[] = { place->lib, place->deep };
	for (size_t i = 0; i < 2; i++) {
		DIR *folder = opendir (folders[i]);
		for (struct dirent *entry; folder && (entry = readdir (folder));) {
			snprintf (command, sizeof command, "%s/%s", folders[i], entry->d_name);
			(void) unlink (command);
		}
		if (folder)
			closedir (folder);
		(void) rmdir (folders[i]);
	}
	bench_end (&place->bench);
}

static void
marks_are (const struct bench *bench, const char *wanted)
{
	char marks[64] = "";
	FILE *file = fopen (bench->mark, "r");
	if (file) {
		size_t count = fread (marks, 1, sizeof marks - 1, file);
		marks[count] = '\0';
		fclose (file);
	}
	ck_assert_str_eq (marks, wanted);
}

static void
accepted_as (struct bench *bench, const char *file, const char *marks)
{
	const struct module *module = NULL;
	struct larder_error error = LARDER_ERROR_INIT;
	int code = bench_load (bench, file, &module, &error);
	ck_assert_msg (code == 0, "%s", error.message);
	marks_are (bench, marks);
}

static void
refused_as (struct bench *bench, const char *file, int code, const char *says)
{
	const struct module *module = NULL;
	struct larder_error error = LARDER_ERROR_INIT;
	int got = bench_load (bench, file, &module, &error);
	ck_assert_msg (strstr (error.message, says), "'%s' does not say '%s'", error.message, says);
	ck_assert_int_eq (got, code);
	ck_assert_msg (strstr (error.message, file), "'%s' does not name the module", error.message);
	ck_assert_str_ne (error.next, "");
	marks_are (bench, "");
}

START_TEST (accepted)
{
	struct place place;
	place_begin (&place);
	accepted_as (&place.bench, "driver-private.so", "dpg");
	place_end (&place);
}
END_TEST

/* By another handle once more: it is the same library, and does not run again. */
START_TEST (twice)
{
	struct place place;
	place_begin (&place);
	accepted_as (&place.bench, "driver-private.so", "dpg");
	accepted_as (&place.bench, "driver-private.so", "dpg");
	place_end (&place);
}
END_TEST

/* What must not be so, at which of the places. */
static const struct fault { size_t at; mode_t mode; const char *says; } faults[] = {
	{ offsetof (struct place, lib), 0777, "lib' is writable by everyone (mode 0777)" },
	{ offsetof (struct place, lib), 01777, "lib' is writable by everyone (mode 1777)" },
	{ offsetof (struct place, deep), 0777, "deep' is writable by everyone (mode 0777)" },
	{ offsetof (struct place, library), 0666, "libtest-private.so' is writable by everyone (mode 0666)" },
	{ offsetof (struct place, deepest), 0666, "libtest-deepest.so' is writable by everyone (mode 0666)" },
};

START_TEST (writable)
{
	struct place place;
	place_begin (&place);
	ck_assert_int_eq (chmod ((const char *) &place + faults[_i].at, faults[_i].mode), 0);
	refused_as (&place.bench, "driver-private.so", LARDER_E_DENIED, faults[_i].says);
	place_end (&place);
}
END_TEST

START_TEST (foreign)
{
	struct place place;
	place_begin (&place);
	const char *at = (const char *) &place + faults[_i].at;
	ck_assert_int_eq (give (at, STRANGER, STRANGER), 0);
	refused_as (&place.bench, "driver-private.so", LARDER_E_DENIED, "belongs to another user (54321)");
	place_end (&place);
}
END_TEST

/* Names with versions are links, to a file that is vetted where it lies. */
START_TEST (link_good)
{
	struct place place;
	char real[600];
	place_begin (&place);
	snprintf (real, sizeof real, "%s/libtest-private.so.1.2", place.lib);
	ck_assert_int_eq (rename (place.library, real), 0);
	ck_assert_int_eq (symlink ("libtest-private.so.1.2", place.library), 0);
	accepted_as (&place.bench, "driver-private.so", "dpg");
	place_end (&place);
}
END_TEST

/* Its folder is sound; where the link leads to is not. */
START_TEST (link_elsewhere)
{
	struct place place;
	char other[600], real[700];
	place_begin (&place);
	snprintf (other, sizeof other, "%s/other", place.lib);
	snprintf (real, sizeof real, "%s/libtest-private.so", other);
	ck_assert_int_eq (mkdir (other, 0755), 0);
	ck_assert_int_eq (chmod (other, 0777), 0);
	ck_assert_int_eq (rename (place.library, real), 0);
	ck_assert_int_eq (symlink ("other/libtest-private.so", place.library), 0);
	refused_as (&place.bench, "driver-private.so", LARDER_E_DENIED, "other' is writable by everyone (mode 0777)");
	unlink (real);
	rmdir (other);
	place_end (&place);
}
END_TEST

START_TEST (link_in_circles)
{
	struct place place;
	const struct module *module = NULL;
	struct larder_error error = LARDER_ERROR_INIT;
	place_begin (&place);
	ck_assert_int_eq (unlink (place.library), 0);
	ck_assert_int_eq (symlink ("libtest-private.so", place.library), 0);
	ck_assert_int_eq (bench_load (&place.bench, "driver-private.so", &module, &error), LARDER_E_INVALID);
	ck_assert_ptr_nonnull (strstr (error.message, "has too many links"));
	place_end (&place);
}
END_TEST

static const struct { const char *file, *says; } runpaths[] = {
	{ "driver-bad-runpath-relative.so", "the folder 'a-relative-folder-of-libraries' of its RUNPATH is relative" },
	{ "driver-bad-runpath-empty.so", "the folder '' of its RUNPATH is relative" },
	{ "driver-bad-runpath-origin.so", "the folder '$ORIGIN/../lib' of its RUNPATH depends on where the file lies" },
	{ "driver-bad-runpath-sticky.so", "folder '/tmp' is writable by everyone (mode 1777)" },
	{ "driver-bad-rpath.so", "it has an RPATH" },
};

START_TEST (runpath)
{
	struct bench bench;
	bench_begin (&bench);
	bench_put (&bench, runpaths[_i].file, NULL);
	refused_as (&bench, runpaths[_i].file, LARDER_E_DENIED, runpaths[_i].says);
	bench_end (&bench);
}
END_TEST

/* A folder that is not there and that only root could make. One that anybody could make is refused. */
START_TEST (folder_missing)
{
	struct bench bench;
	char path[512];
	bench_begin (&bench);
	bench_put (&bench, "driver-bad-runpath-relative.so", NULL);
	bench_path (&bench, "driver-bad-runpath-relative.so", path);
	patch (path, "a-relative-folder-of-libraries", "/tmp/larder-nobody-made-it");
	refused_as (&bench, "driver-bad-runpath-relative.so", LARDER_E_DENIED, "folder '/tmp' is writable by everyone");
	patch (path, "/tmp/larder-nobody-made-it", "/nowhere/at/all");
	const struct module *module = NULL;
	ck_assert_int_eq (bench_load (&bench, "driver-bad-runpath-relative.so", &module, NULL), 0);
	bench_end (&bench);
}
END_TEST

/* A library that is needed by a path. */
START_TEST (needed_path)
{
	struct place place;
	char path[] = "/tmp/l-XXXXXX.so";
	place_begin (&place);
	patch (place.driver, "libtest-private.so", "lib/l.so");
	refused_as (&place.bench, "driver-private.so", LARDER_E_DENIED, "it needs 'lib/l.so', a path that is not absolute");
	int fd = mkstemps (path, 3);
	ck_assert_int_ge (fd, 0);
	close (fd);
	patch (place.driver, "lib/l.so", "$LIB.so");
	refused_as (&place.bench, "driver-private.so", LARDER_E_DENIED, "it needs '$LIB.so', a path that is not absolute");
	put (&place, "driver-private.so", "driver-private.so", place.lib);
	patch (place.driver, "libtest-private.so", path);
	ck_assert_int_eq (chmod (path, 0666), 0);
	refused_as (&place.bench, "driver-private.so", LARDER_E_DENIED, "is writable by everyone (mode 0666)");
	ck_assert_int_eq (unlink (path), 0);
	ck_assert_int_eq (rename (place.library, path), 0);
	accepted_as (&place.bench, "driver-private.so", "dpg");
	unlink (path);
	place_end (&place);
}
END_TEST

START_TEST (other_soname)
{
	struct place place;
	place_begin (&place);
	put (&place, "libtest-deepest.so", "lib/libtest-private.so", NULL);
	refused_as (&place.bench, "driver-private.so", LARDER_E_DENIED, "is needed as 'libtest-private.so', but calls itself 'libtest-deepest.so'");
	place_end (&place);
}
END_TEST

START_TEST (not_a_library)
{
	struct place place;
	const struct module *module = NULL;
	struct larder_error error = LARDER_ERROR_INIT;
	place_begin (&place);
	ck_assert_int_eq (truncate (place.deepest, 0), 0);
	ck_assert_int_eq (bench_load (&place.bench, "driver-private.so", &module, &error), LARDER_E_INVALID);
	ck_assert_ptr_nonnull (strstr (error.message, "libtest-deepest.so"));
	ck_assert_ptr_nonnull (strstr (error.message, "is not an ELF file"));
	marks_are (&place.bench, "");
	place_end (&place);
}
END_TEST

/* A library that needs itself is looked at once. */
START_TEST (circle)
{
	struct place place;
	struct needed needed;
	place_begin (&place);
	put (&place, "libtest-private.so", "lib/libtest-private.so", place.lib);
	patch (place.library, "libtest-deepest.so", "libtest-private.so");
	int fd = open (place.driver, O_RDONLY | O_CLOEXEC);
	ck_assert_int_eq (needed_vet (place.driver, fd, &needed, NULL), 0);
	ck_assert_uint_eq (needed.ordered, 1);
	needed_release (&needed);
	close (fd);
	place_end (&place);
}
END_TEST

START_TEST (too_deep)
{
	struct place place;
	const struct module *module = NULL;
	struct larder_error error = LARDER_ERROR_INIT;
	place_begin (&place);
	for (char c = 'a'; c < 'z'; c++) {
		char file[64], path[512], own[] = "libtest-privat_.so", next[] = "libtest-privat_.so";
		own[14] = c == 'a' ? 'e' : c == 'e' ? 'a' : c, next[14] = c + 1 == 'e' ? 'a' : (char) (c + 1);
		snprintf (file, sizeof file, "lib/%s", own);
		put (&place, "libtest-private.so", file, place.lib);
		bench_path (&place.bench, file, path);
		patch (path, "libtest-private.so", own);
		patch (path, "libtest-deepest.so", next);
	}
	ck_assert_int_eq (bench_load (&place.bench, "driver-private.so", &module, &error), LARDER_E_LIMIT);
	ck_assert_ptr_nonnull (strstr (error.message, "libraries deep"));
	marks_are (&place.bench, "");
	place_end (&place);
}
END_TEST

/* In place of libc's, for this program: at the first call two names change places. */
static struct { bool armed; char one[600], two[600]; } swap;

void *
dlopen (const char *file, int mode)
{
	union { void *object; void *(*function) (const char *, int); } real = { dlsym (RTLD_NEXT, "dlopen") };
	if (swap.armed)
		ck_assert_int_eq (renameat2 (AT_FDCWD, swap.one, AT_FDCWD, swap.two, RENAME_EXCHANGE), 0);
	swap.armed = false;
	return real.function (file, mode);
}

/* Vetted, then changed for something else: what was vetted is loaded. */
START_TEST (swapped)
{
	struct place place;
	place_begin (&place);
	snprintf (swap.one, sizeof swap.one, "%s", place.library);
	snprintf (swap.two, sizeof swap.two, "%s/nothing", place.lib);
	int fd = open (swap.two, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	close (fd);
	swap.armed = true;
	accepted_as (&place.bench, "driver-private.so", "dpg");
	ck_assert (!swap.armed);
	place_end (&place);
}
END_TEST

static unsigned
open_files (void)
{
	unsigned count = 0;
	DIR *folder = opendir ("/proc/self/fd");
	while (readdir (folder))
		count++;
	closedir (folder);
	return count;
}

/* One changed byte: an answer, never a crash, and nothing left open. */
static void
try_byte (const struct place *place, int fd, off_t at, unsigned char to, unsigned before)
{
	unsigned char was;
	struct needed needed;
	struct larder_error error = LARDER_ERROR_INIT;
	ck_assert_int_eq (pread (fd, &was, 1, at), 1);
	ck_assert_int_eq (pwrite (fd, &to, 1, at), 1);
	int code = needed_vet (place->driver, fd, &needed, &error);
	if (code == 0)
		needed_release (&needed);
	else
		ck_assert_msg (error.message[0] && code >= LARDER_E_CANCELLED, "byte %ld to %u gives %d '%s'", (long) at, to, code, error.message);
	if (open_files () != before)
		ck_abort_msg ("byte %ld to %u leaves a file open", (long) at, to);
	ck_assert_int_eq (pwrite (fd, &was, 1, at), 1);
}

static void
try_range (const struct place *place, int fd, off_t from, size_t count)
{
	unsigned before = open_files ();
	for (size_t i = 0; i < count; i++) {
		unsigned char was;
		ck_assert_int_eq (pread (fd, &was, 1, from + (off_t) i), 1);
		for (unsigned bit = 0; bit < 8; bit++)
			try_byte (place, fd, from + (off_t) i, (unsigned char) (was ^ 1u << bit), before);
		try_byte (place, fd, from + (off_t) i, 0xff, before);
		try_byte (place, fd, from + (off_t) i, 0, before);
	}
}

/* The program headers and the dynamic section, byte by byte. */
START_TEST (damaged)
{
	struct place place;
	ElfW (Ehdr) head;
	place_begin (&place);
	int fd = open (place.driver, O_RDWR | O_CLOEXEC);
	ck_assert_int_eq (pread (fd, &head, sizeof head, 0), sizeof head);
	try_range (&place, fd, (off_t) head.e_phoff, (size_t) head.e_phnum * head.e_phentsize);
	for (unsigned i = 0; i < head.e_phnum; i++) {
		ElfW (Phdr) part;
		ck_assert_int_eq (pread (fd, &part, sizeof part, (off_t) (head.e_phoff + i * sizeof part)), sizeof part);
		if (part.p_type == PT_DYNAMIC)
			try_range (&place, fd, (off_t) part.p_offset, part.p_filesz);
	}
	close (fd);
	place_end (&place);
}
END_TEST

/* The value of this tag in the dynamic section; where it is, too. */
static ElfW (Dyn)
dynamic_tag (int fd, int64_t wanted, off_t *ret_at)
{
	ElfW (Ehdr) head;
	ElfW (Phdr) part = { 0 };
	ElfW (Dyn) tag;
	ck_assert_int_eq (pread (fd, &head, sizeof head, 0), sizeof head);
	for (unsigned i = 0; i < head.e_phnum && part.p_type != PT_DYNAMIC; i++)
		ck_assert_int_eq (pread (fd, &part, sizeof part, (off_t) (head.e_phoff + i * sizeof part)), sizeof part);
	*ret_at = (off_t) part.p_offset;
	do {
		ck_assert_int_eq (pread (fd, &tag, sizeof tag, *ret_at), sizeof tag);
		*ret_at += (off_t) sizeof tag;
	} while (tag.d_tag != wanted);
	*ret_at -= (off_t) sizeof tag;
	return tag;
}

enum { LAST_CUT = 7 };

/* Where the last of the texts that matter begins. */
static uint64_t
last_text (int fd)
{
	static const int64_t tags[] = { DT_NEEDED, DT_SONAME, DT_RUNPATH };
	uint64_t last = 0;
	for (size_t i = 0; i < 3; i++) {
		uint64_t at = dynamic_tag (fd, tags[i], &(off_t) { 0 }).d_un.d_val;
		last = at > last ? at : last;
	}
	return last;
}

/* Each damage by its name: texts cut off, texts beyond the file, a section where no part of the file is. */
START_TEST (damage_named)
{
	static const struct { int64_t tag; uint64_t value; const char *says; } damages[] = {
		{ DT_STRSZ, LAST_CUT, "a name in it has no end" }, { DT_STRSZ, UINT64_MAX, "its names are not in the file" },
		{ DT_STRTAB, UINT64_MAX / 2, "its names are not in the file" }, { DT_NEEDED, UINT64_MAX, "a name in it has no end" },
	};
	struct place place;
	struct needed needed;
	struct larder_error error = LARDER_ERROR_INIT;
	off_t at;
	place_begin (&place);
	int fd = open (place.driver, O_RDWR | O_CLOEXEC);
	ElfW (Dyn) tag = dynamic_tag (fd, damages[_i].tag, &at);
	tag.d_un.d_val = damages[_i].value == LAST_CUT ? last_text (fd) + 3 : damages[_i].value;
	ck_assert_int_eq (pwrite (fd, &tag, sizeof tag, at), sizeof tag);
	ck_assert_int_eq (needed_vet (place.driver, fd, &needed, &error), LARDER_E_INVALID);
	ck_assert_msg (strstr (error.message, damages[_i].says), "'%s' does not say '%s'", error.message, damages[_i].says);
	ck_assert_str_ne (error.next, "");
	close (fd);
	place_end (&place);
}
END_TEST

static void
add (Suite *suite, const char *name, const TTest *test, int loops)
{
	TCase *tcase = tcase_create (name);
	tcase_add_loop_test (tcase, test, 0, loops);
	suite_add_tcase (suite, tcase);
}

int
main (void)
{
	Suite *suite = suite_create ("module-needed");
	add (suite, "test-module-needed-accepted", accepted, 1);
	add (suite, "test-module-needed-twice", twice, 1);
	add (suite, "test-module-needed-writable", writable, sizeof faults / sizeof *faults);
	add (suite, "test-module-needed-link", link_good, 1);
	add (suite, "test-module-needed-link-elsewhere", link_elsewhere, 1);
	add (suite, "test-module-needed-link-in-circles", link_in_circles, 1);
	add (suite, "test-module-needed-runpath", runpath, sizeof runpaths / sizeof *runpaths);
	add (suite, "test-module-needed-folder-missing", folder_missing, 1);
	add (suite, "test-module-needed-path", needed_path, 1);
	add (suite, "test-module-needed-other-soname", other_soname, 1);
	add (suite, "test-module-needed-not-a-library", not_a_library, 1);
	add (suite, "test-module-needed-circle", circle, 1);
	add (suite, "test-module-needed-too-deep", too_deep, 1);
	add (suite, "test-module-needed-swapped", swapped, 1);
	add (suite, "test-module-needed-damaged", damaged, 1);
	add (suite, "test-module-needed-damage-named", damage_named, 4);
	add (suite, "test-module-needed-foreign", foreign, sizeof faults / sizeof *faults);
	SRunner *runner = srunner_create (suite);
	srunner_run_all (runner, CK_ENV);
	int failed = srunner_ntests_failed (runner);
	srunner_free (runner);
	return failed != 0;
}
