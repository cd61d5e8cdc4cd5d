/* export.c: how a cluster mounts the file system: the volume source of a Kubernetes PersistentVolume, for manifests that core writes.
 *
 * The handle is FILE-SYSTEM:FOLDER:ACCESS-POINT. Nodes tell volumes apart by it, and a pod with two of one handle never starts, so the volume
 * for writing says its folder in the handle, which wins, and the other by the attribute alone. Below an access point folders count from its root. */
#include "efs.h"

#include <stdio.h>
#include <string.h>

#include "error.h"

struct wanted { const char *root, *path; bool read_only; };

static int
read_wanted (const struct larder_lines *lines, struct wanted *ret, struct larder_error *error)
{
	struct larder_line line = { .size = sizeof line };
	int code;
	*ret = (struct wanted) { .root = "", .path = "/" };
	while ((code = lines->next (lines->context, &line, error)) == 1) {
		if (strcmp (line.path, "access-point") == 0)
			ret->root = line.value;
		else if (strcmp (line.path, "path") == 0)
			ret->path = line.value;
		else if (strcmp (line.path, "read-only") == 0)
			ret->read_only = strcmp (line.value, "yes") == 0;
	}
	return code;
}

/* "fs-" and "fsap-" with hexadecimal digits: what goes between quotes needs no more care. */
static int
check_id (const struct efs *efs, const char *key, const char *id, const char *head, struct larder_error *error)
{
	size_t length = strlen (head);
	char next[200];
	if (id && strncmp (id, head, length) == 0 && id[length] && strspn (id + length, "0123456789abcdef") == strlen (id + length))
		return 0;
	snprintf (next, sizeof next, "%s = %s0123456789abcdef in that section: what the service calls it", key, head);
	if (!id || !*id)
		return larder_fail_next (error, LARDER_E_INVALID, next, "[backend \"%s\"] has no '%s'", efs->name, key);
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
	struct wanted wanted;
	const char *path = "/";
	char text[5000];
	(void) call;
	if (strcmp (request->format, "kubernetes") != 0 || strcmp (request->type, "volume") != 0)
		return larder_fail (error, LARDER_E_UNSUPPORTED, "driver 'efs' writes no '%s' as '%s'", request->type, request->format);
	int code = read_wanted (request->desired, &wanted, error);
	if (code == 0)
		code = check_id (efs, "file-system", efs->file_system, "fs-", error);
	if (code == 0 && *wanted.root)
		code = check_id (efs, "access-point", efs->access_point, "fsap-", error);
	if (code == 0)
		code = path_below (efs, &wanted, &path, error);
	if (code < 0)
		return code;
	int count = snprintf (text, sizeof text, "csi:\n  driver: \"efs.csi.aws.com\"\n  volumeHandle: \"%s:%s:%s\"\n  volumeAttributes:\n    path: \"%s\"\n",
	                      efs->file_system, wanted.read_only ? "" : path, *wanted.root ? efs->access_point : "", path);
	if (count >= (int) sizeof text)
		return larder_fail (error, LARDER_E_LIMIT, "the folder of a volume is too long");
	return sink->write (sink->context, text, (size_t) count, error);
}
