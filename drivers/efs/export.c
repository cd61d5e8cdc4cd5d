/* export.c: how a cluster mounts the file system: the volume source of a Kubernetes PersistentVolume, for manifests that core writes.
 *
 * The handle is FILE-SYSTEM:FOLDER:ACCESS-POINT. Nodes tell volumes apart by it, and a pod with two of one handle never starts, so the volume
 * for writing says its folder in the handle, which wins, and the other by the attribute alone. Below an access point folders count from its root. */
#include "efs.h"

#include <stdio.h>
#include <string.h>

#include "arena.h"
#include "cleanup.h"
#include "error.h"
#include "lines.h"

struct wanted { const char *root, *path, *file_system, *access_point; bool read_only, to_ask; };       /* to_ask: a service has not been asked yet */

static const char *
value_of (const struct lines *lines, const char *path, const char *otherwise)
{
	const char *value = lines_value (lines, path);
	return value ? value : otherwise;
}

/* What the section says of ids counts, else what the service told, where it was asked. */
static int
read_wanted (const struct efs *efs, const struct larder_export *request, struct larder_arena *arena, struct wanted *ret, struct larder_error *error)
{
	struct lines desired, observed;
	lines_begin (&desired, arena);
	lines_begin (&observed, arena);
	int code = lines_take (&desired, request->desired, error);
	if (code == 0 && request->observed)
		code = lines_take (&observed, request->observed, error);
	*ret = (struct wanted) { .root = value_of (&desired, "access-point", ""), .path = value_of (&desired, "path", "/"), .to_ask = efs->server && !request->observed };
	ret->read_only = strcmp (value_of (&desired, "read-only", ""), "yes") == 0;
	ret->file_system = efs->file_system && *efs->file_system ? efs->file_system : lines_value (&observed, "file-system");
	ret->access_point = efs->access_point && *efs->access_point ? efs->access_point : lines_in (&observed, "access-point", ret->root, ".id");
	return code;
}

/* "fs-" and "fsap-" with hexadecimal digits: what goes between quotes needs no more care. */
static int
check_id (const struct efs *efs, const struct wanted *wanted, const char *key, const char *id, const char *head, struct larder_error *error)
{
	size_t length = strlen (head);
	char next[200];
	if (id && strncmp (id, head, length) == 0 && id[length] && strspn (id + length, "0123456789abcdef") == strlen (id + length))
		return 0;
	snprintf (next, sizeof next, "%s = %s0123456789abcdef in that section: what the service calls it", key, head);
	if (!id)
		return larder_fail_next (error, wanted->to_ask ? LARDER_E_NOTFOUND : LARDER_E_INVALID, next, "[backend \"%s\"] has no '%s'", efs->name, key);
	return larder_fail_next (error, LARDER_E_INVALID, next, "'%s' of [backend \"%s\"] cannot be '%s'", key, efs->name, id);
}

/* From the root of the access point, where there is one. */
static int
path_below (const struct efs *efs, const struct wanted *wanted, const char **ret, struct larder_error *error)
{
	size_t length = strlen (wanted->root);
	while (length > 0 && wanted->root[length - 1] == '/')
		length--;
	const char *rest = wanted->path + length;
	if (strpbrk (wanted->path, "\"\\:\n"))
		return larder_fail (error, LARDER_E_INVALID, "'%s' cannot be the folder of a volume", wanted->path);
	if (strncmp (wanted->path, wanted->root, length) != 0 || (*rest && *rest != '/'))
		return larder_fail_next (error, LARDER_E_INVALID, "volume-path = a folder below access-point of the [filesystem], or that one", "'%s' is not below '%s', where the "
			"access point of [backend \"%s\"] begins", wanted->path, wanted->root, efs->name);
	*ret = *rest ? rest : "/";
	return 0;
}

int
efs_export (void *self, struct larder_call *call, const struct larder_export *request, const struct larder_sink *sink, struct larder_error *error)
{
	const struct efs *efs = self;
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	struct wanted wanted;
	const char *path = "/";
	char text[5000];
	(void) call;
	if (strcmp (request->format, "kubernetes") != 0 || !request->type || strcmp (request->type, "volume") != 0)
		return larder_fail (error, LARDER_E_UNSUPPORTED, "driver 'efs' writes no '%s' as '%s'", request->type ? request->type : "backend", request->format);
	int code = arena ? read_wanted (efs, request, arena, &wanted, error) : larder_fail_memory (error);
	if (code == 0)
		code = check_id (efs, &wanted, "file-system", wanted.file_system, "fs-", error);
	if (code == 0 && *wanted.root)
		code = check_id (efs, &wanted, "access-point", wanted.access_point, "fsap-", error);
	if (code == 0)
		code = path_below (efs, &wanted, &path, error);
	if (code < 0)
		return code;
	int count = snprintf (text, sizeof text, "csi:\n  driver: \"efs.csi.aws.com\"\n  volumeHandle: \"%s:%s:%s\"\n  volumeAttributes:\n    path: \"%s\"\n",
	                      wanted.file_system, wanted.read_only ? "" : path, *wanted.root ? wanted.access_point : "", path);
	if (count >= (int) sizeof text)
		return larder_fail (error, LARDER_E_LIMIT, "the folder of a volume is too long");
	return sink->write (sink->context, text, (size_t) count, error);
}
