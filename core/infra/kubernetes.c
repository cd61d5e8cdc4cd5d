/* kubernetes.c: the manifests of one cache: two volumes over one file system, a claim of each, and the job that fills it. A volume has one
 * claim, so what some mount for reading and others for writing needs two of both. */
#include "kubernetes.h"

#define LARDER_API_VERSION LARDER_API_CURRENT
#include <larder/driver.h>

#include <string.h>

#include "error.h"
#include "resource.h"

enum { KEPT_SECONDS = 86400, TRIES = 6 };

/* A node asks the plugin for the first mode that the volume lists, and those of file systems know ReadWriteMany alone: one that lists only
 * ReadOnlyMany is bound and never mounted. So it lists that behind, for its claim; it is mounted "ro". */
struct side { const char *volume, *claim, *mode; bool read_only; };

static void
begin (const struct manifests *manifests, const char *version, const char *kind, const char *name, bool in_namespace)
{
	buffer_add_text (manifests->out, "---\n");
	yaml_text (manifests->out, 0, "apiVersion", version);
	yaml_text (manifests->out, 0, "kind", kind);
	yaml_open (manifests->out, 0, "metadata");
	yaml_text (manifests->out, 1, "name", name);
	if (in_namespace)
		yaml_text (manifests->out, 1, "namespace", manifests->cache->nspace);
	yaml_open (manifests->out, 1, "labels");
	yaml_text (manifests->out, 2, "app.kubernetes.io/managed-by", "larder");
	yaml_open (manifests->out, 0, "spec");
}

/* ---- volumes and claims ---- */

/* NULL: it is there, and looked at. */
static const char *
why_unknown (const struct resource *one)
{
	if (!one)
		return "no resource";
	if (one->cut || one->code < 0)
		return one->cut ? one->why_cut : one->error->message;
	return one->state == LARDER_RESOURCE_ABSENT ? "there is no such file system yet" : NULL;
}

/* What the section does not say of ids is asked of the service, once. */
static int
look_at_filesystem (struct manifests *manifests, const struct larder_error *missing, struct larder_error *error)
{
	const char *name = config_name (manifests->exporting->filesystem_at), *only = arena_printf (manifests->exporting->arena, "filesystem/%s", name);
	const struct larder_infra_request request = { .size = sizeof request, .only = only };
	struct larder_error why = LARDER_ERROR_INIT;
	int code = only ? larder_infra_open (manifests->exporting->larder, &request, &manifests->infra, &why) : larder_fail_memory (&why);
	const struct resource *one = code < 0 ? NULL : resource_find (manifests->infra, "filesystem", name, NULL);
	const char *unknown = code < 0 ? why.message : why_unknown (one);
	if (unknown)
		return larder_fail_next (error, LARDER_E_INVALID, missing->next, "%s, and nobody tells: %s", missing->message, unknown);
	manifests->observed = &one->observed;
	return 0;
}

static int
share_as_known (struct manifests *manifests, const struct lines *desired, const char **ret, struct larder_error *error)
{
	const char *backend = manifests->exporting->filesystem->backend, *name = config_name (manifests->exporting->filesystem_at);
	struct larder_error missing = LARDER_ERROR_INIT;
	int code = export_share (manifests->exporting, backend, "volume", name, desired, manifests->observed, ret, &missing);
	if (code == LARDER_E_NOTFOUND && !manifests->observed) {
		code = look_at_filesystem (manifests, &missing, error);
		return code < 0 ? code : export_share (manifests->exporting, backend, "volume", name, desired, manifests->observed, ret, error);
	}
	if (code < 0 && error)
		larder_give (error, &missing);
	return code;
}

/* What the service calls the file system: the driver's own words. */
static int
volume_share (struct manifests *manifests, const struct side *side, const char **ret, struct larder_error *error)
{
	const struct exporting *exporting = manifests->exporting;
	const struct schema_filesystem *filesystem = exporting->filesystem;
	const char *name = config_name (exporting->filesystem_at);
	struct lines desired;
	lines_begin (&desired, exporting->arena);
	lines_add (&desired, "access-point", filesystem->access_point);
	lines_add (&desired, "path", manifests->cache->volume_path);
	lines_add (&desired, "read-only", side->read_only ? "yes" : "no");
	if (!filesystem->backend)
		return larder_fail_next (error, LARDER_E_INVALID, "backend = NAME of a [backend] section", "[filesystem \"%s\"] of %s has no 'backend'", name,
			config_where (exporting->filesystem_at));
	struct larder_error why = LARDER_ERROR_INIT;
	int code = desired.failed ? larder_fail_memory (&why) : share_as_known (manifests, &desired, ret, &why);
	if (code == LARDER_E_UNSUPPORTED)
		return larder_fail_next (error, code, "choose a profile whose file systems a cluster can mount", "the driver of [backend \"%s\"] knows no Kubernetes volume: %s",
			filesystem->backend, why.message);
	if (code < 0 && error)
		larder_give (error, &why);
	return code;
}

static int
put_volume (struct manifests *manifests, const struct side *side, struct larder_error *error)
{
	struct buffer *out = manifests->out;
	const char *share;
	int code = volume_share (manifests, side, &share, error);
	if (code < 0)
		return code;
	begin (manifests, "v1", "PersistentVolume", side->volume, false);
	yaml_open (out, 1, "capacity");
	yaml_text (out, 2, "storage", manifests->capacity);
	yaml_text (out, 1, "volumeMode", "Filesystem");
	yaml_open (out, 1, "accessModes");
	yaml_item (out, 2, "ReadWriteMany");
	if (side->read_only)
		yaml_item (out, 2, side->mode);
	yaml_text (out, 1, "persistentVolumeReclaimPolicy", "Retain");
	yaml_text (out, 1, "storageClassName", manifests->cache->storage_class ? manifests->cache->storage_class : "");
	yaml_open (out, 1, "claimRef");
	yaml_text (out, 2, "apiVersion", "v1");
	yaml_text (out, 2, "kind", "PersistentVolumeClaim");
	yaml_text (out, 2, "namespace", manifests->cache->nspace);
	yaml_text (out, 2, "name", side->claim);
	if (side->read_only) {
		yaml_open (out, 1, "mountOptions");
		yaml_item (out, 2, "ro");
	}
	yaml_lines (out, 1, share);
	return 0;
}

static void
put_claim (const struct manifests *manifests, const struct side *side)
{
	struct buffer *out = manifests->out;
	begin (manifests, "v1", "PersistentVolumeClaim", side->claim, true);
	yaml_open (out, 1, "accessModes");
	yaml_item (out, 2, side->mode);
	yaml_text (out, 1, "volumeMode", "Filesystem");
	yaml_text (out, 1, "storageClassName", manifests->cache->storage_class ? manifests->cache->storage_class : "");
	yaml_text (out, 1, "volumeName", side->volume);
	yaml_open (out, 1, "resources");
	yaml_open (out, 2, "requests");
	yaml_text (out, 3, "storage", manifests->capacity);
}

/* ---- the job ---- */

static void
put_job_spec (const struct manifests *manifests, unsigned depth)
{
	struct buffer *out = manifests->out;
	unsigned shards = manifests->exporting->request->shards;
	yaml_uint (out, depth, "backoffLimit", (uint64_t) TRIES * (shards ? shards : 1));
	yaml_uint (out, depth, "ttlSecondsAfterFinished", KEPT_SECONDS);
	if (shards) {
		yaml_text (out, depth, "completionMode", "Indexed");
		yaml_uint (out, depth, "completions", shards);
		yaml_uint (out, depth, "parallelism", shards);
	}
	yaml_open (out, depth, "template");
	yaml_open (out, depth + 1, "metadata");
	yaml_open (out, depth + 2, "labels");
	yaml_text (out, depth + 3, "app.kubernetes.io/managed-by", "larder");
	yaml_open (out, depth + 1, "spec");
	pod_job (manifests, depth + 2);
}

static void
put_job (const struct manifests *manifests)
{
	struct buffer *out = manifests->out;
	const char *schedule = manifests->cache->schedule;
	if (!is_given (schedule)) {
		begin (manifests, "batch/v1", "Job", manifests->cache->job, true);
		put_job_spec (manifests, 1);
		return;
	}
	begin (manifests, "batch/v1", "CronJob", manifests->cache->job, true);
	yaml_text (out, 1, "schedule", schedule);
	yaml_text (out, 1, "timeZone", "Etc/UTC");
	yaml_text (out, 1, "concurrencyPolicy", "Forbid");
	yaml_open (out, 1, "jobTemplate");
	yaml_open (out, 2, "spec");
	put_job_spec (manifests, 3);
}

/* ---- all of it ---- */

static int
begin_manifests (struct manifests *manifests, struct larder_error *error)
{
	struct exporting *exporting = manifests->exporting;
	struct lines nothing;
	lines_begin (&nothing, exporting->arena);
	manifests->volume_rw = arena_printf (exporting->arena, "%s-rw", manifests->cache->volume);
	if (!manifests->volume_rw)
		return larder_fail_memory (error);
	const struct config *config = larder_configuration (exporting->larder);
	const struct config_section *source;
	int code = config_find (config, "store", manifests->cache->source, &source, error);
	if (code == 0 && config_text (source, "in"))
		code = config_find (config, "store", config_text (source, "in"), &source, error);
	if (code == 0)
		code = export_share (exporting, config_text (source, "backend"), "environment", config_name (source), &nothing, NULL, &manifests->environment, error);
	if (code == LARDER_E_UNSUPPORTED)                /* its pods need none */
		manifests->environment = "";
	return code == LARDER_E_UNSUPPORTED ? 0 : code;
}

static int
put_manifests (struct manifests *manifests, struct larder_error *error)
{
	struct exporting *exporting = manifests->exporting;
	const struct side sides[] = {
		{ manifests->cache->volume, manifests->cache->claim, "ReadOnlyMany", true }, { manifests->volume_rw, manifests->cache->claim_rw, "ReadWriteMany", false },
	};
	int code = 0;
	buffer_add_text (exporting->out, "# Written by larder export kubernetes: change larder.ini, then write it anew.\n");
	for (size_t i = 0; code == 0 && i < 2; i++)
		code = put_volume (manifests, &sides[i], error);
	if (code < 0)
		return code;
	for (size_t i = 0; i < 2; i++)
		put_claim (manifests, &sides[i]);
	put_job (manifests);
	if (exporting->request->flags & LARDER_EXPORT_READER) {
		begin (manifests, "v1", "Pod", "model-reader", true);
		pod_reader (manifests, 1);
	}
	return 0;
}

int
export_kubernetes (struct exporting *exporting, struct larder_error *error)
{
	struct manifests manifests = {
		.exporting = exporting, .cache = exporting->cache, .out = exporting->out, .profile = larder_profile (exporting->larder),
	};
	int code = manifests_check (&manifests, error);
	if (code == 0)
		code = begin_manifests (&manifests, error);
	if (code == 0)
		code = put_manifests (&manifests, error);
	larder_infra_free (manifests.infra);
	return code;
}
