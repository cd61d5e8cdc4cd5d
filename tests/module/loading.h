/* loading.h: a private module folder for one test, and loading from it. */
#ifndef TEST_MODULE_LOADING_H
#define TEST_MODULE_LOADING_H

#include <check.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "module.h"

struct bench { char folder[64], mark[80]; struct registry *open[4]; unsigned count; };

static inline void
bench_begin (struct bench *bench)
{
	bench->count = 0;
	snprintf (bench->folder, sizeof bench->folder, "/tmp/larder-test-XXXXXX");
	ck_assert_ptr_nonnull (mkdtemp (bench->folder));
	ck_assert_int_eq (chmod (bench->folder, 0755), 0);
	snprintf (bench->mark, sizeof bench->mark, "%s/mark", bench->folder);
	setenv ("LARDER_TEST_MARK", bench->mark, 1);
}

static inline void
bench_path (const struct bench *bench, const char *file, char ret[512])
{
	snprintf (ret, 512, "%s/%s", bench->folder, file);
}

/* Put a fixture into the folder, under another name if `as` is given. */
static inline void
bench_put (const struct bench *bench, const char *fixture, const char *as)
{
	char from[4096], to[512], block[65536];
	const char *build = getenv ("TOP_BUILDDIR");
	snprintf (from, sizeof from, "%s/tests/module/.libs/%s", build ? build : ".", fixture);
	bench_path (bench, as ? as : fixture, to);
	int in = open (from, O_RDONLY | O_CLOEXEC), out = open (to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
	ck_assert_msg (in >= 0, "no fixture %s", from);
	ck_assert_int_ge (out, 0);
	for (ssize_t got; (got = read (in, block, sizeof block)) > 0;)
		ck_assert_int_eq (write (out, block, (size_t) got), got);
	close (in);
	close (out);
	ck_assert_int_eq (chmod (to, 0755), 0);
}

/* How many bytes of marks the fixtures have left. */
static inline long
bench_marks (const struct bench *bench)
{
	struct stat st;
	return stat (bench->mark, &st) < 0 ? 0 : (long) st.st_size;
}

static inline void
bench_end (struct bench *bench)
{
	while (bench->count)
		registry_close (bench->open[--bench->count]);
	DIR *folder = opendir (bench->folder);
	ck_assert_ptr_nonnull (folder);
	for (struct dirent *entry; (entry = readdir (folder));)
		if (strcmp (entry->d_name, ".") != 0 && strcmp (entry->d_name, "..") != 0)
			unlinkat (dirfd (folder), entry->d_name, 0);
	closedir (folder);
	rmdir (bench->folder);
}

/* Load FOLDER/file in a registry of its own; it stays open until bench_end when the module is good. */
static inline int
bench_load (struct bench *bench, const char *file, const struct module **ret, struct larder_error *error)
{
	struct registry *registry;
	char path[512];
	bench_path (bench, file, path);
	ck_assert_int_eq (registry_open (bench->folder, &registry, error), 0);
	int code = registry_load_file (registry, path, ret, error);
	if (code < 0)
		registry_close (registry);
	else
		bench->open[bench->count++] = registry;
	return code;
}

#endif
