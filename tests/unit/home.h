/* home.h: a folder of a test's own, in which it works: with a pipeline, its profile, and a handle for both. Gone at its end. */
#ifndef LARDER_TESTS_HOME_H
#define LARDER_TESTS_HOME_H

#include <sys/stat.h>

#include <larder/larder.h>

#include "folder.h"

struct home { struct folder folder; struct larder *larder; };

static inline void
home_write (const char *path, const void *bytes, size_t length)
{
	FILE *out = fopen (path, "w");
	ck_assert_ptr_nonnull (out);
	ck_assert_uint_eq (fwrite (bytes, 1, length, out), length);
	ck_assert_int_eq (fclose (out), 0);
}

static inline void
home_text (const char *path, const char *text)
{
	home_write (path, text, strlen (text));
}

/* `more`: module_dir and keys; NULL: as without. */
static inline void
home_begin (struct home *home, const char *pipeline, const char *profile, const struct larder_settings *more)
{
	struct larder_error error = LARDER_ERROR_INIT;
	struct larder_settings settings = { .size = sizeof settings };
	home->folder = folder_make ();
	ck_assert_int_eq (chdir (home->folder.path), 0);
	ck_assert_int_eq (mkdir ("profiles", 0755), 0);
	home_text ("larder.ini", pipeline);
	home_text ("profiles/t.ini", profile);
	if (more)
		settings = *more;
	settings.config = "larder.ini";
	settings.profile = "t";
	ck_assert_msg (larder_open (&settings, &home->larder, &error) == 0, "%s", error.message);
}

static inline void
home_end (struct home *home)
{
	larder_close (home->larder);
	ck_assert_int_eq (chdir ("/"), 0);
	folder_free (&home->folder);
}

#endif
