/* bucket.c: finding, making and holding a bucket. A bucket is there once its small file TRUTH/bucket is. */
#include "mock.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "bucket-name.h"
#include "buffer.h"
#include "cleanup.h"
#include "error.h"
#include "file.h"
#include "text.h"

#define BUCKET_FILE TRUTH "/bucket"

int
mock_cancelled (struct larder_call *call, struct larder_error *error)
{
	return larder_host->cancelled (call) ? larder_fail (error, LARDER_E_CANCELLED, "cancelled") : 0;
}

int
mock_refuse_read_only (const struct mock *mock, struct larder_error *error)
{
	return mock->read_only ? larder_fail_read_only (error, mock->name) : 0;
}

void
mock_address (const struct mock *mock, const char *bucket, struct buffer *into)
{
	buffer_add_text (into, "file://");
	text_percent (into, mock->root_path);
	buffer_add_char (into, '/');
	text_percent (into, bucket);
}

int
bucket_key (const struct bucket *bucket, const char *key, char ret[KEY_PATH_ROOM], struct larder_error *error)
{
	if (key && key_path_encode (key, ret) == 0)
		return 0;
	if (key && *key)
		return larder_fail (error, LARDER_E_INVALID, "'%.60s…' in bucket '%s' is longer than a key can be, %d bytes", key, bucket->name, KEY_MOST);
	return larder_fail (error, LARDER_E_INVALID, "an empty key cannot be in bucket '%s'", bucket->name);
}

static int
read_state (struct bucket *bucket, struct larder_error *error)
{
	CLEANUP_FREE char *text = NULL;
	size_t length;
	int code = file_slurp (bucket->top, BUCKET_FILE, 4096, &text, &length, error);
	if (code < 0)
		return code;
	bucket->versioning = strcmp (text, "larder-bucket 1\nversioning on\n") == 0;
	bucket->suspended = strcmp (text, "larder-bucket 1\nversioning suspended\n") == 0;
	if (bucket->versioning || bucket->suspended || strcmp (text, "larder-bucket 1\nversioning off\n") == 0)
		return 0;
	return larder_fail (error, LARDER_E_INTEGRITY, "the file '%s/%s/%s' of bucket '%s' is damaged", bucket->mock->root, bucket->name,
	                    BUCKET_FILE, bucket->name);
}

static int
open_root (const struct mock *mock)
{
	return open (mock->root_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* Not at the opening of the instance: a check or a dry run leaves nothing behind. */
static int
make_root (struct bucket *bucket, struct larder_error *error)
{
	const struct mock *mock = bucket->mock;
	CLEANUP_CLOSE int slash = open ("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char path[PATH_ROOM];
	struct larder_error inner = LARDER_ERROR_INIT;
	if (snprintf (path, sizeof path, "%s/-", mock->root_path + 1) >= (int) sizeof path)
		return larder_fail (error, LARDER_E_INVALID, "the root is too long");
	if (file_make_parents (slash, path, 0755, mock->fsync, &inner) == 0)
		bucket->root = open_root (mock);
	if (bucket->root >= 0)
		return 0;
	return larder_fail_errno (error, inner.code < 0 ? inner.errnum : errno, "cannot make the root '%s' of backend '%s'", mock->root, mock->name);
}

/* A folder that holds something, but no state of ours, is somebody's own. */
static int
check_free (const struct bucket *bucket, struct larder_error *error)
{
	const struct mock *mock = bucket->mock;
	const char *name = bucket->name;
	int fd = file_open_beneath (bucket->root, name, O_RDONLY | O_DIRECTORY, 0);
	if (fd == -ENOENT)
		return 0;
	DIR *folder = fd < 0 ? NULL : fdopendir (fd);
	if (!folder) {
		int errnum = fd < 0 ? -fd : errno;
		cleanup_close_at (&fd);
		return larder_fail_errno (error, errnum, "cannot open bucket '%s' in '%s'", name, mock->root);
	}
	bool empty = true, begun = false;       /* begun: by another process, or by one that died */
	for (const struct dirent *entry; (entry = readdir (folder));) {
		begun = begun || strcmp (entry->d_name, TRUTH) == 0;
		empty = empty && (strcmp (entry->d_name, ".") == 0 || strcmp (entry->d_name, "..") == 0);
	}
	closedir (folder);
	if (empty || begun)
		return 0;
	larder_fail (error, LARDER_E_CONFLICT, "the folder '%s/%s' is no bucket, and not empty", mock->root, name);
	larder_explain (error, LARDER_DETAIL_NEXT, "give another root, or empty the folder");
	return LARDER_E_CONFLICT;
}

static bool
is_versioned (const struct mock *mock, const char *name)
{
	const char *const *asked = mock->versioned;
	while (asked && *asked && strcmp (*asked, name) != 0)
		asked++;
	return mock->versioning || (asked && *asked);
}

static int
make (const struct bucket *bucket, struct larder_error *error)
{
	const struct mock *mock = bucket->mock;
	const char *name = bucket->name;
	char path[128];
	snprintf (path, sizeof path, "%s/" TRUTH "/lock/-", name);
	int code = file_make_parents (bucket->root, path, 0755, mock->fsync, error);
	for (const char *const *folder = (const char *const[]) { "tmp", "meta", "data", "uploads", NULL }; code == 0 && *folder; folder++) {
		snprintf (path, sizeof path, "%s/" TRUTH "/%s/-", name, *folder);
		code = file_make_parents (bucket->root, path, 0755, mock->fsync, error);
	}
	if (code < 0)
		return code;
	const char *text = is_versioned (mock, name) ? "larder-bucket 1\nversioning on\n" : "larder-bucket 1\nversioning off\n";
	struct larder_error taken = LARDER_ERROR_INIT;
	snprintf (path, sizeof path, "%s/" BUCKET_FILE, name);
	code = file_publish (bucket->root, path, text, strlen (text), 0644, FILE_CREATE, mock->fsync, &taken);
	if (code == 0 || code == LARDER_E_CONFLICT)
		return 0;
	if (error)
		larder_give (error, &taken);
	return code;
}

static int
missing (const struct mock *mock, const char *name, struct larder_error *error)
{
	larder_fail (error, LARDER_E_NOTFOUND, "no bucket '%s' in '%s'", name, mock->root);
	larder_explain (error, LARDER_DETAIL_NEXT, mock->create ? "nothing was written yet: the first write makes it"
	                                                       : "larder infra apply, or create = yes in the profile");
	return LARDER_E_NOTFOUND;
}

static int
hold (struct bucket *bucket, struct larder_error *error)
{
	const struct mock *mock = bucket->mock;
	char path[128];
	snprintf (path, sizeof path, "%s/" BUCKET_FILE, bucket->name);
	int fd = bucket->root < 0 ? -ENOENT : file_open_beneath (bucket->root, path, O_PATH, 0);
	if (fd == -ENOENT || fd == -ENOTDIR)
		return 1;
	if (fd >= 0)
		close (fd);
	bucket->top = fd < 0 ? fd : file_open_beneath (bucket->root, bucket->name, O_RDONLY | O_DIRECTORY, 0);
	bucket->truth = bucket->top < 0 ? bucket->top : file_open_beneath (bucket->top, TRUTH, O_RDONLY | O_DIRECTORY, 0);
	if (bucket->truth < 0)
		return larder_fail_errno (error, -bucket->truth, "cannot open bucket '%s' in '%s'", bucket->name, mock->root);
	int code = read_state (bucket, error);
	if (code == 0)
		code = mock_ahead (mock, bucket->root, &bucket->ahead, error);
	if (code < 0)
		return code;
	bucket->now = larder_host->store_now () + bucket->ahead;
	lifecycle_read (bucket);
	return 0;
}

int
bucket_open (const struct mock *mock, struct larder_call *call, const char *name, bool write, struct bucket *ret,
             struct larder_error *error)
{
	int code = larder_host->pace_request (call, error);
	return code < 0 ? code : bucket_open_beside (mock, call, name, write, ret, error);
}

int
bucket_open_beside (const struct mock *mock, struct larder_call *call, const char *name, bool write, struct bucket *ret,
                    struct larder_error *error)
{
	*ret = (struct bucket) { .mock = mock, .call = call, .name = name, .top = -1, .truth = -1,
		.root = mock->root_fd >= 0 ? mock->root_fd : open_root (mock) };
	int code = mock_cancelled (call, error);
	if (code == 0)
		code = bucket_name_check (name, false, error);
	if (code < 0)
		return code;
	if (write && mock->read_only)
		return mock_refuse_read_only (mock, error);
	code = hold (ret, error);
	if (code == 1 && write && mock->create) {
		code = ret->root < 0 ? make_root (ret, error) : mock->fsync ? file_make_folders (mock->root_path, 0755, error) : 0;
		if (code == 0)
			code = check_free (ret, error);
		if (code == 0)
			code = make (ret, error);
		if (code == 0)
			code = hold (ret, error);
	}
	return code == 1 ? missing (mock, name, error) : code;
}

void
bucket_close (struct bucket *bucket)
{
	cleanup_close_at (&bucket->truth);
	cleanup_close_at (&bucket->top);
	if (bucket->mock && bucket->root != bucket->mock->root_fd)
		cleanup_close_at (&bucket->root);
	bucket->truth = bucket->top = bucket->root = -1;
	arena_free (bucket->settings);
	bucket->settings = NULL, bucket->rules = NULL;
}

/* ---- set up and taken away ---- */

int
mock_root (const struct mock *mock)
{
	return open_root (mock);
}

int
mock_root_made (const struct mock *mock, struct larder_error *error)
{
	int root = open_root (mock);
	if (root >= 0)
		return root;
	struct bucket bucket = { .mock = mock, .root = -1, .top = -1, .truth = -1 };
	int code = make_root (&bucket, error);
	return code < 0 ? code : bucket.root;
}

int
bucket_set_versioning (struct bucket *bucket, bool on, struct larder_error *error)
{
	if (on ? bucket->versioning : bucket->suspended)
		return 0;
	const char *text = on ? "larder-bucket 1\nversioning on\n" : "larder-bucket 1\nversioning suspended\n";
	int code = file_publish (bucket->top, BUCKET_FILE, text, strlen (text), 0644, FILE_REPLACE, bucket->mock->fsync, error);
	if (code == 0)
		bucket->versioning = on, bucket->suspended = !on;
	return code;
}

/* It is no bucket from the moment that its file is gone; what is left of it then is nobody's. */
int
bucket_unmake (const struct mock *mock, struct larder_call *call, const char *name, struct larder_error *error)
{
	CLEANUP_BUCKET struct bucket bucket = BUCKET_NONE;
	int code = bucket_open (mock, call, name, true, &bucket, error);
	if (code < 0)
		return code == LARDER_E_NOTFOUND ? 0 : code;
	code = lifecycle_settle (&bucket, error);
	if (code < 0)
		return code;
	if (unlinkat (bucket.top, BUCKET_FILE, 0) < 0 && errno != ENOENT)
		return larder_fail_errno (error, errno, "cannot remove bucket '%s'", name);
	file_remove_tree (bucket.top, TRUTH);
	if (unlinkat (bucket.root, name, AT_REMOVEDIR) < 0 && errno != ENOENT && errno != ENOTEMPTY && errno != EEXIST)
		return larder_fail_errno (error, errno, "cannot remove the folder of bucket '%s'", name);
	return 0;
}
