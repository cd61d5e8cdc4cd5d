/* resources.c: the file system itself, where it is a plain folder: what was asked of it, in a file below .larder of the root. At a
 * service it is the control module's matter. */
#include "efs.h"

#include "arena.h"
#include "cleanup.h"
#include "error.h"
#include "lines-file.h"
#include "traps.h"
#include "words.h"

#define FOLDER ".larder/resources"

static int
share_supports (void *self, const struct larder_resource *resource, const struct larder_line *line, struct larder_error *error)
{
	const struct efs *efs = self;
	(void) resource, (void) line;
	return efs->server ? larder_fail (error, LARDER_E_UNSUPPORTED, "a file system at %s is the matter of efs-control", efs->server) : 0;
}

static int
share_read (void *self, struct larder_call *call, const struct larder_resource *resource, larder_line_fn line, void *context, uint32_t *ret_state,
            struct larder_error *error)
{
	struct efs *efs = self;
	char path[512];
	struct lines lines;
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	int code = arena ? tree_cancelled (call, error) : larder_fail_memory (error);
	if (code == 0)
		code = lines_file_path (FOLDER, resource->identity, path, error);
	if (code < 0)
		return code;
	lines_begin (&lines, arena);
	int root = tree_root (efs, false, error);
	code = root == LARDER_E_NOTFOUND ? 0 : root < 0 ? root : lines_file_read (root, path, &lines, error);
	*ret_state = code > 0 ? LARDER_RESOURCE_READY : LARDER_RESOURCE_ABSENT;
	if (code <= 0)
		return code;
	lines_add (&lines, "id", efs->root);
	code = lines_sort (&lines, error);
	return code < 0 ? code : lines_tell (&lines, line, context, error);
}

static int
share_write (void *self, struct larder_call *call, const struct larder_resource *resource, struct larder_error *error)
{
	struct efs *efs = self;
	char path[512];
	struct lines lines;
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	int code = arena ? tree_cancelled (call, error) : larder_fail_memory (error);
	if (code == 0 && efs->read_only)
		code = larder_fail_read_only (error, efs->name);
	if (code == 0)
		code = lines_file_path (FOLDER, resource->identity, path, error);
	lines_begin (&lines, arena);
	if (code == 0)
		code = lines_take (&lines, resource->desired, error);
	int root = code < 0 ? code : tree_root (efs, true, error);
	return root < 0 ? root : lines_file_write (root, path, &lines, true, error);
}

static int
share_remove (void *self, struct larder_call *call, const struct larder_resource *resource, struct larder_error *error)
{
	struct efs *efs = self;
	char path[512];
	(void) call;
	int code = lines_file_path (FOLDER, resource->identity, path, error);
	int root = code < 0 ? code : tree_root (efs, false, error);
	return root == LARDER_E_NOTFOUND ? 0 : root < 0 ? root : lines_file_remove (root, path, error);
}

static const struct larder_path_rule share_paths[] = {
	{ "access-point[*].mode", LARDER_STRING, 0, "of its root folder" },
	{ "access-point[*].owner", LARDER_STRING, 0, "UID:GID of its root folder" },
	{ "automatic-backup", LARDER_BOOL, LARDER_PATH_OPTIONAL, "daily, by the service's own plan" },
	{ "encrypted", LARDER_BOOL, LARDER_PATH_IMMUTABLE, "at rest" },
	{ "id", LARDER_STRING, LARDER_PATH_COMPUTED, "what others name it by" },
	{ "kms-key", LARDER_STRING, LARDER_PATH_IMMUTABLE, "key of it" },
	{ "lifecycle.back-on-access", LARDER_INT, 0, "accesses until it comes back" },
	{ "lifecycle.to-archive", LARDER_INT, 0, "days until a file is archived" },
	{ "lifecycle.to-ia", LARDER_INT, 0, "days until a file is infrequent" },
	{ "network", LARDER_STRING, LARDER_PATH_IMMUTABLE, "where it is reached" },
	{ "performance", LARDER_STRING, LARDER_PATH_IMMUTABLE, "performance mode" },
	{ "policy.access-point", LARDER_BOOL, 0, "mounted through the access point alone" },
	{ "policy.tls", LARDER_BOOL, 0, "mounted over TLS alone" },
	{ "security-group.egress", LARDER_STRING, 0, "open or none" },
	{ "security-group.from[*]", LARDER_STRING, 0, "who may mount it" },
	{ "security-group.name", LARDER_STRING, 0, "name of the group" },
	{ "tag[*]", LARDER_STRING, 0, "tag" },
	{ "target[*]", LARDER_BOOL, 0, "subnet it is reached from" },
	{ "throughput", LARDER_STRING, 0, "throughput mode" },
	{ 0 }
};

const struct larder_resource_type efs_resources[] = {
	{ .name = "filesystem", .summary = "a shared file system", .paths = share_paths, .path_stride = sizeof *share_paths, .supports = share_supports,
	  .traps = filesystem_traps, .trap_stride = sizeof *filesystem_traps, .known_traps = known_traps, .words = filesystem_words, .words_stride = sizeof *filesystem_words,
	  .read = share_read, .create = share_write, .update = share_write, .remove = share_remove },
	{ 0 }
};
