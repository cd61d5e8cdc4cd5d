/* localfs-mock.c: acts as S3 on a directory, so that everything runs with nothing installed.
 * README.md tells how objects lie on the disk, and which steps a write takes. */
#include "mock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "error.h"
#include "file.h"
#include "retrievals.h"
#include "give.h"
#include "random.h"
#include "text.h"

static const struct larder_option options[] = {
	{ .key = "root", .type = LARDER_PATH, .flags = LARDER_REQUIRED, .at = offsetof (struct mock, root),
	  .help = "directory that holds the buckets" },
	{ .key = "create", .type = LARDER_BOOL, .def = "no", .at = offsetof (struct mock, create),
	  .help = "make a missing bucket at first use" },
	{ .key = "fsync", .type = LARDER_BOOL, .def = "yes", .at = offsetof (struct mock, fsync),
	  .help = "flush to the disk before reporting success" },
	{ .key = "versioning", .type = LARDER_BOOL, .def = "no", .at = offsetof (struct mock, versioning),
	  .help = "keep versions in each bucket it makes, not only where the store asks for them" },
	{ .key = NULL }
};

/* ---- life ---- */

static int
mock_open (void *self, struct larder_call *call, const struct larder_open *request, struct larder_error *error)
{
	struct mock *mock = self;
	struct larder_open asked = { .size = sizeof asked };
	(void) call;
	larder_give (&asked, request);
	mock->name = asked.name ? asked.name : "localfs-mock";
	mock->read_only = asked.read_only;
	mock->versioned = asked.versioned;
	if (!mock->root || !*mock->root)
		return larder_fail (error, LARDER_E_INVALID, "backend '%s' has no root", mock->name);
	CLEANUP_CLOSE int fd = open (mock->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	mock->root_fd = -1;
	if (fd < 0 && errno == ENOENT && mock->create && !mock->read_only)
		return (mock->root_path = file_absolute (mock->root)) ? 0 : larder_fail_memory (error);
	if (fd < 0) {
		int code = larder_fail_errno (error, errno, "cannot open the root '%s' of backend '%s'", mock->root, mock->name);
		if (code == LARDER_E_NOTFOUND)
			larder_explain (error, LARDER_DETAIL_NEXT, "make the folder, or set create = yes in the profile");
		return code;
	}
	mock->root_path = realpath (mock->root, NULL);
	if (!mock->root_path)
		return larder_fail_errno (error, errno, "cannot find the root '%s' of backend '%s'", mock->root, mock->name);
	mock->root_fd = fd;
	fd = -1;
	return 0;
}

static void
mock_close (void *self)
{
	struct mock *mock = self;
	cleanup_close_at (&mock->root_fd);
	free (mock->root_path);
}

static int
mock_caps (void *self, struct larder_call *call, uint64_t *caps, struct larder_error *error)
{
	const struct mock *mock = self;
	(void) call;
	(void) error;
	if (mock->read_only)            /* conditions of writes mean nothing where nothing is written */
		*caps &= ~(uint64_t) (LARDER_CAP_CREATE_ONLY | LARDER_CAP_IF_MATCH | LARDER_CAP_REMOVE_IF_MATCH);
	return 0;
}

/* ---- check ---- */

static int
check_removed (void *context, size_t index, int code, const struct larder_info *info, const struct larder_error *error)
{
	(void) index;
	(void) info;
	(void) error;
	*(int *) context = code;
	return 0;
}

/* Write a scratch object and remove it. */
static int
check_write (void *self, struct larder_call *call, const char *bucket, struct larder_error *error)
{
	char key[64], hex[17];
	unsigned char chance[8];
	random_bytes (chance, sizeof chance);
	text_hex (chance, sizeof chance, hex);
	snprintf (key, sizeof key, ".larder-check/%s", hex);
	struct memory_source memory;
	struct larder_source source;
	memory_source_begin (&memory, hex, sizeof hex, &source);
	const struct larder_write write = { .size = sizeof write, .bucket = bucket, .key = key, .condition.create_only = true };
	struct larder_info info = { .size = sizeof info };
	int code = mock_write (self, call, &write, &source, &info, error);
	if (code < 0)
		return code;
	const char *version = info.version && strcmp (info.version, "null") != 0 ? info.version : NULL;
	const struct larder_remove gone = { .size = sizeof gone, .key = key, .version = version };
	int outcome = 0;
	code = mock_remove (self, call, bucket, &gone, 1, sizeof gone, check_removed, &outcome, error);
	return code < 0 ? code : outcome < 0 ? larder_fail (error, outcome, "cannot remove '%s' in bucket '%s'", key, bucket) : 0;
}

static int
mock_check (void *self, struct larder_call *call, const char *bucket_name, larder_finding_fn finding, void *context,
            struct larder_error *error)
{
	const struct mock *mock = self;
	struct larder_error why = LARDER_ERROR_INIT;
	CLEANUP_BUCKET struct bucket bucket = BUCKET_NONE;
	int code = finding (context, LARDER_PASS, "root", mock->root_fd < 0 ? "will be made at first use" : mock->root_path, NULL);
	if (code != 0 || !bucket_name)
		return code;
	code = bucket_open_beside (mock, call, bucket_name, false, &bucket, &why);
	if (code == LARDER_E_CANCELLED)
		return larder_fail (error, code, "cancelled");
	if (code < 0 && !(code == LARDER_E_NOTFOUND && mock->create && !mock->read_only))
		return finding (context, LARDER_FAIL, "bucket", why.message, why.next);
	code = finding (context, LARDER_PASS, "bucket", code < 0 ? "will be made at first use" : bucket_name, NULL);
	if (code != 0 || mock->read_only || bucket.top < 0)
		return code;
	code = check_write (self, call, bucket_name, &why);
	return finding (context, code < 0 ? LARDER_FAIL : LARDER_PASS, "write", code < 0 ? why.message : "an object was written and removed", why.next);
}

/* ---- url ---- */

static int
mock_url (void *self, struct larder_call *call, const struct larder_url *request, const char **ret_url, struct larder_error *error)
{
	const struct mock *mock = self;
	char path[KEY_PATH_ROOM], *text;
	CLEANUP_BUCKET struct bucket bucket = BUCKET_NONE;
	CLEANUP_BUFFER struct buffer url;
	buffer_init (&url, (size_t) 64 << 10);
	if (request->kind != LARDER_URL_PUBLIC && request->base)
		return mock_sign (mock, call, request, ret_url, error);
	if (request->object.version)
		return larder_fail (error, LARDER_E_UNSUPPORTED, "only the latest version has an address here");
	if (key_path_encode (request->object.key, path) < 0)
		return larder_fail (error, LARDER_E_INVALID, "'%.60s' cannot be a key", request->object.key);
	if (bucket_open_beside (mock, call, request->object.bucket, false, &bucket, NULL) == 0)
		change_repair (&bucket, request->object.key);
	mock_address (mock, request->object.bucket, &url);
	buffer_add_char (&url, '/');
	text_percent (&url, path);
	text = give_text (call, url.failed ? NULL : buffer_text (&url));
	if (!text)
		return larder_fail_memory (error);
	*ret_url = text;
	return 0;
}

static int
mock_versioning (void *self, struct larder_call *call, const char *name, uint32_t *ret_state, struct larder_error *error)
{
	const struct mock *mock = self;
	CLEANUP_BUCKET struct bucket bucket = BUCKET_NONE;
	int code = bucket_open (mock, call, name, mock->create && !mock->read_only, &bucket, error);
	if (code == 0)
		*ret_state = bucket.versioning ? LARDER_VERSIONING_ON : bucket.suspended ? LARDER_VERSIONING_SUSPENDED : LARDER_VERSIONING_NEVER;
	return code;
}

static const struct larder_driver driver = {
	.head = LARDER_DRIVER_HEAD,
	.name = "localfs-mock",
	.version = "0.1.0",
	.summary = "acts as S3 on a directory",
	.threads = LARDER_THREADS_PARALLEL,
	.options = options,
	.self_size = sizeof (struct mock),
	.caps_all = LARDER_CAP_CREATE_ONLY | LARDER_CAP_IF_MATCH | LARDER_CAP_VERSIONS | LARDER_CAP_METADATA | LARDER_CAP_CLASSES
	            | LARDER_CAP_CHECKSUM | LARDER_CAP_RANGE | LARDER_CAP_REMOVE_IF_MATCH | LARDER_CAP_ANY_KEY
	            | LARDER_CAP_KEY_BESIDE_PREFIX | LARDER_CAP_COPY_CREATE_ONLY,
	.resources = mock_resources,
	.resource_stride = sizeof *mock_resources,
	.open = mock_open,
	.close = mock_close,
	.check = mock_check,
	.caps = mock_caps,
	.stat = mock_stat,
	.read = mock_read,
	.write = mock_write,
	.remove = mock_remove,
	.list = mock_list,
	.copy = mock_copy,
	.parts_begin = mock_parts_begin,
	.parts_write = mock_parts_write,
	.parts_copy = mock_parts_copy,
	.parts_finish = mock_parts_finish,
	.parts_abort = mock_parts_abort,
	.parts_list = mock_parts_list,
	.uploads_list = mock_uploads_list,
	.tags_get = mock_tags_get,
	.tags_set = mock_tags_set,
	.class_set = mock_class_set,
	.restore = mock_restore,
	.url = mock_url,
	.action_start = mock_action_start, .backups = mock_backups,
	.action_poll = mock_action_poll,
	.view = mock_view,
	.versioning = mock_versioning,
	.retrievals = retrievals,
	.retrieval_stride = sizeof *retrievals,
};
LARDER_DRIVER (driver)
