/* folder.h: a private folder for one test, gone when its scope ends. */
#ifndef LARDER_TESTS_FOLDER_H
#define LARDER_TESTS_FOLDER_H

#include <check.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct folder { char path[64]; int fd; };

static inline struct folder
folder_make (void)
{
	struct folder folder = { .path = "/tmp/larder-unit-XXXXXX" };
	ck_assert_ptr_nonnull (mkdtemp (folder.path));
	folder.fd = open (folder.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge (folder.fd, 0);
	return folder;
}

/* Names in a folder, "." and ".." apart. */
static inline unsigned
folder_count (int root, const char *name)
{
	int fd = openat (root, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *entries = fdopendir (fd);
	ck_assert_ptr_nonnull (entries);
	unsigned count = 0;
	for (const struct dirent *entry; (entry = readdir (entries));)
		count += strcmp (entry->d_name, ".") != 0 && strcmp (entry->d_name, "..") != 0;
	closedir (entries);
	return count;
}

/* Depth first by descriptors: trees of a test may be deeper than a path can say. */
static inline void
folder_empty (int fd)
{
	DIR *entries = fdopendir (fd);
	for (const struct dirent *entry; entries && (entry = readdir (entries));) {
		if (strcmp (entry->d_name, ".") == 0 || strcmp (entry->d_name, "..") == 0)
			continue;
		if (unlinkat (fd, entry->d_name, 0) == 0)
			continue;
		folder_empty (openat (fd, entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
		unlinkat (fd, entry->d_name, AT_REMOVEDIR);
	}
	if (entries)
		closedir (entries);
}

static inline void
folder_free (struct folder *folder)
{
	folder_empty (folder->fd);
	rmdir (folder->path);
}

#define CLEANUP_FOLDER __attribute__ ((cleanup (folder_free)))

#endif
