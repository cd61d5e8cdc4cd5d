/* efs.c: the data side of a mounted file system: plain files below a root, whole or not at all. No network: what sets the file system up is
 * the control module. The same driver runs on any folder. */
#include "efs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "error.h"
#include "file.h"

static const struct larder_option options[] = {
	{ .key = "root", .type = LARDER_PATH, .flags = LARDER_REQUIRED, .at = offsetof (struct efs, root), .help = "where it is mounted; made when it is missing" },
	{ .key = "dir-mode", .type = LARDER_STRING, .at = offsetof (struct efs, dir_mode_text), .def = "755", .argument = "OCTAL", .help = "mode of folders it makes, whatever the umask" },
	{ .key = "file-mode", .type = LARDER_STRING, .at = offsetof (struct efs, file_mode_text), .def = "644", .argument = "OCTAL", .help = "mode of files it writes, whatever the umask" },
	{ .key = "metadata", .type = LARDER_ENUM, .at = offsetof (struct efs, metadata), .values = "no|side", .def = "no",
	  .help = "attributes and user metadata of objects: dropped, or kept in files of their own below .larder/meta" },
	{ .key = "file-system", .type = LARDER_STRING, .at = offsetof (struct efs, file_system), .help = "id of the file system, for larder export" },
	{ .key = "access-point", .type = LARDER_STRING, .at = offsetof (struct efs, access_point), .help = "id of the access point, for larder export" },
	AWS_CLIENT_OPTIONS (struct efs, aws),
	{ .key = NULL }
};

static int
read_mode (const struct efs *efs, const char *key, const char *text, mode_t *ret, struct larder_error *error)
{
	unsigned mode;
	char more;
	if (sscanf (text, "%3o%c", &mode, &more) != 1 || !(mode & 0600))
		return larder_fail_next (error, LARDER_E_INVALID, "three octal digits: 755", "'%s' is no mode: %s of backend '%s'", text, key, efs->name);
	*ret = mode;
	return 0;
}

/* One that is there, or is never to be made, is opened at once; else the first who puts or looks for objects there makes it, and a plan does not. */
static int
open_root (struct efs *efs, struct larder_error *error)
{
	if (!efs->read_only && access (efs->root, F_OK) != 0 && errno == ENOENT)
		return 0;
	int fd = tree_root (efs, !efs->read_only, error);
	return fd < 0 ? fd : 0;
}

static int
efs_open (void *self, struct larder_call *call, const struct larder_open *request, struct larder_error *error)
{
	struct efs *efs = self;
	struct larder_open asked = { .size = sizeof asked };
	(void) call;
	larder_give (&asked, request);
	efs->name = asked.name ? asked.name : "efs";
	efs->server = asked.server;
	efs->read_only = asked.read_only;
	efs->fd = -1;
	int code = read_mode (efs, "dir-mode", efs->dir_mode_text, &efs->dir_mode, error);
	if (code == 0)
		code = read_mode (efs, "file-mode", efs->file_mode_text, &efs->file_mode, error);
	return code == 0 && !asked.describe ? open_root (efs, error) : code;
}

static void
efs_close (void *self)
{
	struct efs *efs = self;
	int fd = atomic_exchange (&efs->fd, -1);
	cleanup_close_at (&fd);
}

static int
efs_caps (void *self, struct larder_call *call, uint64_t *caps, struct larder_error *error)
{
	const struct efs *efs = self;
	(void) call;
	(void) error;
	if (efs->read_only)
		*caps &= ~(uint64_t) LARDER_CAP_CREATE_ONLY;
	if (!efs->metadata)
		*caps &= ~(uint64_t) LARDER_CAP_METADATA;
	return 0;
}

static int
efs_check (void *self, struct larder_call *call, const char *bucket, larder_finding_fn finding, void *context, struct larder_error *error)
{
	struct efs *efs = self;
	(void) call;
	int code = finding (context, LARDER_PASS, "root", efs->root, NULL);
	if (code != 0 || !bucket)
		return code;
	int root = tree_root (efs, !efs->read_only, error);
	if (root < 0)
		return root;
	bool may = faccessat (root, ".", W_OK, AT_EACCESS) == 0;
	return finding (context, may || efs->read_only ? LARDER_PASS : LARDER_WARN, "write", may ? "may write there" : "may not write there",
		may ? NULL : "mount it for writing where models are filled");
}

static int
efs_versioning (void *self, struct larder_call *call, const char *bucket, uint32_t *ret_state, struct larder_error *error)
{
	(void) self, (void) call, (void) bucket, (void) error;
	*ret_state = LARDER_VERSIONING_NEVER;
	return 0;
}

static const struct larder_driver driver = {
	.head = LARDER_DRIVER_HEAD, .name = "efs", .version = "0.1.0", .summary = "plain files on a mounted file system (EFS), or in any folder",
	.threads = LARDER_THREADS_PARALLEL, .options = options, .self_size = sizeof (struct efs),
	.caps_all = LARDER_CAP_CREATE_ONLY | LARDER_CAP_RANGE | LARDER_CAP_METADATA,
	.control = "efs-control",
	.open = efs_open, .close = efs_close, .caps = efs_caps, .check = efs_check,
	.stat = efs_stat, .read = efs_read, .write = efs_write, .remove = efs_remove, .list = efs_list, .versioning = efs_versioning,
	.export_resource = efs_export, .resources = efs_resources, .resource_stride = sizeof *efs_resources,
};
LARDER_DRIVER (driver)
