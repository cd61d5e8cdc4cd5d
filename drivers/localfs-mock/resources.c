/* resources.c: infrastructure as files: a bucket with its settings beside its truth, all else below .larder-resources/ of the root. */
#include "mock.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "buffer.h"
#include "cleanup.h"
#include "error.h"
#include "file.h"
#include "lines-file.h"
#include "resource-paths.h"
#include "traps.h"

#define SETTINGS TRUTH "/settings"
#define RESOURCES ".larder-resources/"

/* ---- lines on their way ---- */

/* What is added to those of the file, in order of the paths: computed ones, and what another file is the truth of. */
struct telling {
	larder_line_fn line;
	void *context;
	const struct larder_line *more;  /* sorted, ends with a NULL path */
};

static int
tell_more (struct telling *telling, const char *before, struct larder_error *error)
{
	int code = 0;
	for (; code == 0 && telling->more->path && (!before || strcmp (telling->more->path, before) < 0); telling->more++)
		code = telling->line (telling->context, telling->more, error);
	return code;
}

static int
tell_line (void *context, const struct larder_line *line, struct larder_error *error)
{
	struct telling *telling = context;
	int code = tell_more (telling, line->path, error);
	return code < 0 ? code : telling->line (telling->context, line, error);
}

/* Lines without those of one path, which lives elsewhere; its value, or "" */
struct without { struct larder_lines *lines; const char *path; char value[64]; };

static int
next_without (void *context, struct larder_line *ret_line, struct larder_error *error)
{
	struct without *without = context;
	int code;
	while ((code = without->lines->next (without->lines->context, ret_line, error)) > 0 && strcmp (ret_line->path, without->path) == 0)
		snprintf (without->value, sizeof without->value, "%s", ret_line->value);
	return code;
}

static void
rewind_without (void *context)
{
	struct without *without = context;
	without->lines->rewind (without->lines->context);
}

static void
without_begin (struct without *without, struct larder_lines *lines, const char *path, struct larder_lines *ret)
{
	*without = (struct without) { .lines = lines, .path = path };
	*ret = (struct larder_lines) { .size = sizeof *ret, .context = without, .next = next_without, .rewind = rewind_without };
}

/* ---- a bucket ---- */

static int
bucket_read (void *self, struct larder_call *call, const struct larder_resource *resource, larder_line_fn line, void *context, uint32_t *ret_state,
             struct larder_error *error)
{
	struct mock *mock = self;
	struct larder_error why = LARDER_ERROR_INIT;
	CLEANUP_BUCKET struct bucket bucket = BUCKET_NONE;
	int code = bucket_open (mock, call, resource->identity, false, &bucket, &why);
	*ret_state = code == LARDER_E_NOTFOUND ? LARDER_RESOURCE_ABSENT : LARDER_RESOURCE_READY;
	if (code == LARDER_E_NOTFOUND)
		return 0;
	if (code < 0) {
		if (error)
			larder_give (error, &why);
		return code;
	}
	const struct larder_line more[] = {
		{ sizeof *more, "domain", bucket.name }, { sizeof *more, "id", bucket.name },
		{ sizeof *more, bucket.versioning || bucket.suspended ? "versioning" : NULL, bucket.versioning ? "yes" : "no" }, { 0 },
	};
	struct telling telling = { line, context, more };
	code = lines_file_read (bucket.top, SETTINGS, tell_line, &telling, error);
	return code < 0 ? code : tell_more (&telling, NULL, error);
}

static int
set_bucket (struct mock *mock, struct larder_call *call, const struct larder_resource *resource, struct larder_error *error)
{
	CLEANUP_BUCKET struct bucket bucket = BUCKET_NONE;
	struct without without;
	struct larder_lines rest;
	without_begin (&without, resource->desired, "versioning", &rest);
	int code = bucket_open (mock, call, resource->identity, true, &bucket, error);
	if (code == 0)
		code = lines_file_write (bucket.top, SETTINGS, &rest, mock->fsync, error);
	return code < 0 ? code : bucket_set_versioning (&bucket, strcmp (without.value, "yes") == 0, error);
}

static int
bucket_create (void *self, struct larder_call *call, const struct larder_resource *resource, struct larder_error *error)
{
	struct mock making = *(struct mock *) self;
	making.create = true;
	return set_bucket (&making, call, resource, error);
}

static int
bucket_update (void *self, struct larder_call *call, const struct larder_resource *resource, struct larder_error *error)
{
	return set_bucket (self, call, resource, error);
}

static int
any_item (void *context, const struct larder_info *info, struct larder_error *error)
{
	(void) info, (void) error;
	*(bool *) context = true;
	return 0;
}

static int
bucket_remove (void *self, struct larder_call *call, const struct larder_resource *resource, struct larder_error *error)
{
	bool any = false;
	struct larder_page page = { .size = sizeof page };
	const struct larder_list request = { .size = sizeof request, .bucket = resource->identity, .prefix = "", .delimiter = "", .most = 1, .versions = true };
	struct mock looking = *(struct mock *) self;
	struct larder_error why = LARDER_ERROR_INIT;
	looking.create = false;
	int code = mock_list (&looking, call, &request, any_item, &any, &page, &why);
	if (code == LARDER_E_NOTFOUND)
		return 0;
	if (code == 0 && any)
		return larder_fail_next (error, LARDER_E_CONFLICT, "larder rm -r --all-versions empties it, when all of it is to go", "bucket '%s' holds objects", resource->identity);
	if (code < 0) {
		if (error)
			larder_give (error, &why);
		return code;
	}
	return bucket_unmake (&looking, call, resource->identity, error);
}

/* ---- all other types ---- */

static int
path_for (const char *type, const struct larder_resource *resource, char ret[512], struct larder_error *error)
{
	char folder[64];
	snprintf (folder, sizeof folder, RESOURCES "%s", type);
	return lines_file_path (folder, resource->identity, ret, error);
}

static int
settings_read (struct mock *mock, struct larder_call *call, const char *type, const struct larder_resource *resource, larder_line_fn line, void *context,
               uint32_t *ret_state, struct larder_error *error)
{
	char path[512], id[600];
	int code = mock_cancelled (call, error);
	CLEANUP_CLOSE int root = mock_root (mock);
	if (code == 0)
		code = path_for (type, resource, path, error);
	if (code < 0)
		return code;
	snprintf (id, sizeof id, "mock:%s", path + strlen (RESOURCES));
	const struct larder_line more[] = { { sizeof *more, "domain", id }, { sizeof *more, "id", id }, { sizeof *more, "principal", id }, { 0 } };
	struct telling telling = { line, context, more };
	code = root < 0 ? 0 : lines_file_read (root, path, tell_line, &telling, error);
	*ret_state = code > 0 ? LARDER_RESOURCE_READY : LARDER_RESOURCE_ABSENT;
	return code > 0 ? tell_more (&telling, NULL, error) : code;
}

static int
settings_write (struct mock *mock, struct larder_call *call, const char *type, const struct larder_resource *resource, struct larder_error *error)
{
	char path[512];
	int code = mock_cancelled (call, error);
	if (code == 0 && mock->read_only)
		code = larder_fail_next (error, LARDER_E_DENIED, "use a profile whose backend may be written", "backend '%s' is read-only", mock->name);
	if (code == 0)
		code = path_for (type, resource, path, error);
	CLEANUP_CLOSE int root = code < 0 ? -1 : mock_root_made (mock, error);
	if (code == 0 && root < 0)
		code = error ? error->code : LARDER_E_UNAVAILABLE;
	return code < 0 ? code : lines_file_write (root, path, resource->desired, mock->fsync, error);
}

static int
settings_remove (struct mock *mock, const char *type, const struct larder_resource *resource, struct larder_error *error)
{
	char path[512];
	CLEANUP_CLOSE int root = mock_root (mock);
	int code = path_for (type, resource, path, error);
	return code < 0 || root < 0 ? code : lines_file_remove (root, path, error);
}

#define TYPE(type) \
	static int type##_read (void *self, struct larder_call *call, const struct larder_resource *resource, larder_line_fn line, void *context, uint32_t *ret_state, struct larder_error *error) \
	{ return settings_read (self, call, #type, resource, line, context, ret_state, error); } \
	static int type##_write (void *self, struct larder_call *call, const struct larder_resource *resource, struct larder_error *error) \
	{ return settings_write (self, call, #type, resource, error); } \
	static int type##_remove (void *self, struct larder_call *call, const struct larder_resource *resource, struct larder_error *error) \
	{ (void) call; return settings_remove (self, #type, resource, error); }
TYPE (access)
TYPE (replication)
TYPE (cdn)
TYPE (backup)
TYPE (database)

/* ---- what there is ---- */

#define PATHS(list) .paths = list, .path_stride = sizeof (struct larder_path_rule)
#define TRAPS(list) .traps = list, .trap_stride = sizeof *list
#define FILES(type) .read = type##_read, .create = type##_write, .update = type##_write, .remove = type##_remove
const struct larder_resource_type mock_resources[] = {
	{ .name = "bucket", .summary = "a bucket and its settings", PATHS (bucket_paths), TRAPS (bucket_traps), .read = bucket_read, .create = bucket_create, .update = bucket_update, .remove = bucket_remove },
	{ .name = "access", .summary = "who may read a bucket", PATHS (access_paths), FILES (access) },
	{ .name = "replication", .summary = "what is copied from a bucket", PATHS (replication_paths), TRAPS (replication_traps), FILES (replication) },
	{ .name = "cdn", .summary = "what serves a bucket", PATHS (cdn_paths), TRAPS (cdn_traps), FILES (cdn) },
	{ .name = "backup", .summary = "what is backed up, and when", PATHS (backup_paths), TRAPS (backup_traps), FILES (backup) },
	{ .name = "database", .summary = "how a database is protected", PATHS (database_paths), TRAPS (database_traps), FILES (database) },
	{ 0 }
};
