/* store.c: a store of the suite's own, for a provider that needs one: a folder with a file an object, which other processes of
 * the suite see too. Conditions are decided under one lock. */
#include "suite.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "checksum.h"
#include "cleanup.h"
#include "error.h"
#include "file.h"
#include "text.h"

enum { NAME_ROOM = 80, MOST = 70000 };

struct at { int folder, lock; char name[NAME_ROOM]; };

static void
leave_store (struct at *at)
{
	cleanup_close_at (&at->lock);
	cleanup_close_at (&at->folder);
}

/* The folder, alone until leave_store, and the file of a key. */
static int
enter_store (const struct suite_store *store, const char *key, struct at *ret, struct larder_error *error)
{
	struct sha256 sha;
	unsigned char digest[32];
	sha256_begin (&sha);
	sha256_add (&sha, key, strlen (key));
	sha256_end (&sha, digest);
	text_hex (digest, sizeof digest, ret->name);
	ret->folder = open (store->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ret->lock = openat (ret->folder, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (ret->lock >= 0 && flock (ret->lock, LOCK_EX) == 0)
		return 0;
	int errnum = errno;
	leave_store (ret);
	return larder_fail_errno (error, errnum, "cannot lock '%s'", store->folder);
}

/* "ETAG\nTEXT" */
static int
load (const struct at *at, const char *key, char **ret, char **ret_text, struct larder_error *error)
{
	size_t count;
	char *whole;
	int code = file_slurp (at->folder, at->name, MOST, &whole, &count, NULL);
	if (code < 0)
		return larder_fail (error, code, "no object '%s'", key);
	char *line = strchr (whole, '\n');
	*line = '\0';
	*ret = whole;
	*ret_text = line + 1;
	return 0;
}

static int
folder_read (void *context, struct larder_call *call, const char *key, const char **ret_text, const char **ret_etag, struct larder_error *error)
{
	__attribute__ ((cleanup (leave_store))) struct at at = { -1, -1, "" };
	CLEANUP_FREE char *whole = NULL;
	char *text = NULL;
	int code = enter_store (context, key, &at, error);
	if (code == 0)
		code = load (&at, key, &whole, &text, error);
	if (code < 0)
		return code;
	*ret_text = call_copy (call, text);
	*ret_etag = call_copy (call, whole);
	return *ret_text && *ret_etag ? 0 : larder_fail_memory (error);
}

static int
folder_write (void *context, struct larder_call *call, const char *key, const char *text, const char *if_match, const char **ret_etag,
              struct larder_error *error)
{
	__attribute__ ((cleanup (leave_store))) struct at at = { -1, -1, "" };
	CLEANUP_FREE char *whole = NULL, *next = NULL;
	char *before = NULL, etag[24];
	int code = enter_store (context, key, &at, error);
	if (code < 0)
		return code;
	bool there = load (&at, key, &whole, &before, NULL) == 0;
	if (there ? !if_match || strcmp (whole, if_match) != 0 : if_match != NULL)
		return larder_fail (error, LARDER_E_CONFLICT, "object '%s' is another", key);
	snprintf (etag, sizeof etag, "%llu", there ? strtoull (whole, NULL, 10) + 1 : 1);
	if (asprintf (&next, "%s\n%s", etag, text) < 0)
		return larder_fail_memory (error);
	code = file_publish (at.folder, at.name, next, strlen (next), 0600, FILE_REPLACE, false, error);
	if (code < 0)
		return code;
	*ret_etag = call_copy (call, etag);
	return *ret_etag ? 0 : larder_fail_memory (error);
}

static int
folder_written (void *context, struct larder_call *call, const char *key, int64_t *ret_time, struct larder_error *error)
{
	__attribute__ ((cleanup (leave_store))) struct at at = { -1, -1, "" };
	struct stat st;
	(void) call;
	int code = enter_store (context, key, &at, error);
	if (code < 0)
		return code;
	if (fstatat (at.folder, at.name, &st, 0) < 0)
		return larder_fail_errno (error, errno, "no object '%s'", key);
	*ret_time = st.st_mtim.tv_sec * NS_PER_S;     /* whole seconds, as services tell them */
	return 0;
}

int
store_begin (struct suite *suite, struct suite_store *ret)
{
	const struct suite_flags *flags = &suite->flags;
	*ret = (struct suite_store) { .made = false };
	suite->store = ret;
	if (flags->store)
		return store_of_larder (flags, ret);
	const char *temporary = secure_getenv ("TMPDIR");
	snprintf (ret->folder, sizeof ret->folder, "%s/larder-lock-test-XXXXXX", temporary && *temporary ? temporary : "/tmp");
	if (flags->folder)
		snprintf (ret->folder, sizeof ret->folder, "%s", flags->folder);
	else if (!mkdtemp (ret->folder))
		return suite_say ("cannot make a folder for the store", strerror (errno));
	ret->made = !flags->folder;
	suite->flags.folder = ret->folder;
	ret->access = (struct larder_lock_store) { sizeof ret->access, ret, folder_read, folder_write, folder_written };
	return 0;
}

void
store_end (struct suite_store *store)
{
	store_of_larder_end (store);
	DIR *folder = store->made ? opendir (store->folder) : NULL;
	for (const struct dirent *entry; folder && (entry = readdir (folder));)
		if (entry->d_name[0] != '.')
			(void) unlinkat (dirfd (folder), entry->d_name, 0);
	if (folder)
		(void) closedir (folder);
	if (store->made)
		(void) rmdir (store->folder);
}
