/* kubernetes-pod.c: pods: of the job, and one that reads. None runs as root, writes to its own root or has a capability, and what a
 * failed one last said is its termination message. */
#include "kubernetes.h"

#include <string.h>

enum { GRACE_SECONDS = 30 };         /* a pull that is told to end does so in less */

/* One container; its `words` end with NULL. */
struct container { const char *name, *note; const char *const *words; bool read_only; };

/* ---- what all share ---- */

static void
put_security (struct buffer *out, const struct manifests *manifests, unsigned depth)
{
	yaml_open (out, depth, "securityContext");
	yaml_bool (out, depth + 1, "runAsNonRoot", true);
	yaml_uint (out, depth + 1, "runAsUser", manifests->uid);
	yaml_uint (out, depth + 1, "runAsGroup", manifests->gid);
	yaml_open (out, depth + 1, "seccompProfile");
	yaml_text (out, depth + 2, "type", "RuntimeDefault");
}

static void
put_rights (struct buffer *out, unsigned depth)
{
	yaml_open (out, depth, "securityContext");
	yaml_bool (out, depth + 1, "allowPrivilegeEscalation", false);
	yaml_bool (out, depth + 1, "readOnlyRootFilesystem", true);
	yaml_open (out, depth + 1, "capabilities");
	yaml_open (out, depth + 2, "drop");
	yaml_item (out, depth + 3, "ALL");
}

static void
put_variable (struct buffer *out, unsigned depth, const char *name, const char *value)
{
	yaml_text (out, depth, "- name", name);
	yaml_text (out, depth + 1, "value", value);
}

static void
put_environment (const struct manifests *manifests, unsigned depth)
{
	struct buffer *out = manifests->out;
	yaml_open (out, depth, "env");
	yaml_lines (out, depth + 1, manifests->environment);
	put_variable (out, depth + 1, "LARDER_CONFIG", "/etc/larder/larder.ini");
	put_variable (out, depth + 1, "LARDER_PROFILE", manifests->profile);
	put_variable (out, depth + 1, "TMPDIR", "/state");
}

static void
put_amounts (struct buffer *out, unsigned depth, const char *kind, const char *cpu, const char *memory)
{
	if (is_given (cpu) || is_given (memory))
		yaml_open (out, depth, kind);
	if (is_given (cpu))
		yaml_text (out, depth + 1, "cpu", cpu);
	if (is_given (memory))
		yaml_text (out, depth + 1, "memory", memory);
}

static void
put_mount (struct buffer *out, unsigned depth, const char *name, const char *path, bool read_only)
{
	yaml_text (out, depth, "- name", name);
	yaml_text (out, depth + 1, "mountPath", path);
	if (read_only)
		yaml_bool (out, depth + 1, "readOnly", true);
}

static void
put_container (const struct manifests *manifests, unsigned depth, const struct container *container)
{
	struct buffer *out = manifests->out;
	const struct schema_cache *cache = manifests->cache;
	yaml_text (out, depth++, "- name", container->name);
	if (container->note)
		buffer_printf (out, "%*s# %s\n", (int) (2 * depth), "", container->note);
	yaml_text (out, depth, "image", cache->image);
	yaml_open (out, depth, "command");
	yaml_item (out, depth + 1, "larder");
	yaml_open (out, depth, "args");
	for (const char *const *word = container->words; *word; word++)
		yaml_item (out, depth + 1, *word);
	put_environment (manifests, depth);
	yaml_open (out, depth, "resources");
	put_amounts (out, depth + 1, "requests", cache->cpu, cache->memory);
	put_amounts (out, depth + 1, "limits", cache->cpu_limit, cache->memory_limit);
	put_rights (out, depth);
	yaml_text (out, depth, "terminationMessagePath", "/dev/termination-log");
	yaml_text (out, depth, "terminationMessagePolicy", "FallbackToLogsOnError");
	yaml_open (out, depth, "volumeMounts");
	put_mount (out, depth + 1, container->read_only ? "models-read-only" : "models", cache->root, container->read_only);
	put_mount (out, depth + 1, "state", "/state", false);
	if (is_given (cache->config_map))
		put_mount (out, depth + 1, "config", "/etc/larder", true);
}

/* ---- volumes of a pod ---- */

static void
put_claim_volume (struct buffer *out, unsigned depth, const char *name, const char *claim, bool read_only)
{
	yaml_text (out, depth, "- name", name);
	yaml_open (out, depth + 1, "persistentVolumeClaim");
	yaml_text (out, depth + 2, "claimName", claim);
	if (read_only)
		yaml_bool (out, depth + 2, "readOnly", true);
}

static void
put_config_file (struct buffer *out, unsigned depth, const char *key, const char *path)
{
	yaml_text (out, depth, "- key", key);
	yaml_text (out, depth + 1, "path", path);
}

/* The keys of a ConfigMap have no '/': the profile stands beside the pipeline there, and in its folder here. */
static void
put_volumes (const struct manifests *manifests, unsigned depth, bool reader)
{
	struct buffer *out = manifests->out;
	yaml_open (out, depth++, "volumes");
	put_claim_volume (out, depth, "models", manifests->cache->claim_rw, false);
	if (reader)
		put_claim_volume (out, depth, "models-read-only", manifests->cache->claim, true);
	yaml_text (out, depth, "- name", "state");
	buffer_printf (out, "%*semptyDir: {}\n", (int) (2 * depth + 2), "");
	if (!is_given (manifests->cache->config_map))
		return;
	const char *key = arena_printf (manifests->exporting->arena, "%s.ini", manifests->profile);
	const char *path = arena_printf (manifests->exporting->arena, "profiles/%s.ini", manifests->profile);
	yaml_text (out, depth, "- name", "config");
	yaml_open (out, depth + 1, "configMap");
	yaml_text (out, depth + 2, "name", manifests->cache->config_map);
	yaml_open (out, depth + 2, "items");
	put_config_file (out, depth + 3, "larder.ini", "larder.ini");
	put_config_file (out, depth + 3, key, path);
}

/* larder calls nothing of the cluster, so the pod gets no token for that; one that the source asks for is added by the cluster itself. */
static void
put_pod (const struct manifests *manifests, unsigned depth, const char *restart)
{
	struct buffer *out = manifests->out;
	yaml_text (out, depth, "restartPolicy", restart);
	yaml_text (out, depth, "serviceAccountName", manifests->cache->service_account);
	yaml_bool (out, depth, "automountServiceAccountToken", false);
	yaml_uint (out, depth, "terminationGracePeriodSeconds", GRACE_SECONDS);
	put_security (out, manifests, depth);
}

/* ---- the pods ---- */

void
pod_job (const struct manifests *manifests, unsigned depth)
{
	const struct exporting *exporting = manifests->exporting;
	unsigned shards = exporting->request->shards;
	const char *words[] = {
		"model", "pull", "--cache", config_name (exporting->cache_at), "--state", "/state", shards ? "--shard" : NULL,
		arena_printf (exporting->arena, "/%u", shards), NULL,
	};
	const struct container container = { .name = "model-downloader", .words = words };
	put_pod (manifests, depth, "OnFailure");
	yaml_open (manifests->out, depth, "containers");
	put_container (manifests, depth + 1, &container);
	put_volumes (manifests, depth, false);
}

void
pod_reader (const struct manifests *manifests, unsigned depth)
{
	const struct larder_exporting *request = manifests->exporting->request;
	const char *name = request->model ? request->model : "NAME";
	const char *base = request->base ? request->base : request->model ? NULL : "BASE";
	const char *words[] = {
		"model", "load", "--cache", config_name (manifests->exporting->cache_at), "--state", "/state", name, base ? "--base" : NULL, base, NULL,
	};
	const struct container containers[] = {
		{ .name = "model-loader", .words = words },
		{ .name = "worker", .note = "an example: your own image and command; the model is there, whole, when it starts", .words = words, .read_only = true },
	};
	put_pod (manifests, depth, "Never");
	yaml_open (manifests->out, depth, "initContainers");
	put_container (manifests, depth + 1, &containers[0]);
	yaml_open (manifests->out, depth, "containers");
	put_container (manifests, depth + 1, &containers[1]);
	put_volumes (manifests, depth, true);
}
