/* kubernetes.h: the manifests of one cache: what was checked, and who writes what. */
#ifndef LARDER_INFRA_KUBERNETES_H
#define LARDER_INFRA_KUBERNETES_H

#include "infra.h"
#include "yaml.h"

struct manifests {
	struct exporting *exporting;
	const struct schema_cache *cache;
	struct buffer *out;
	const char *volume_rw;           /* name of the second volume */
	char capacity[32];               /* "500Gi" */
	unsigned uid, gid;
	const char *profile;
	const char *environment;         /* lines of the source's driver, or "" */
	struct larder_infra *infra;      /* looked at only where an id is not written; or NULL */
	const struct lines *observed;    /* of the file system, in it */
};

/* A key may be there and say nothing. */
static inline bool is_given (const char *text) { return text && *text; }

/* ---- kubernetes-check.c: INVALID with the key and where it belongs ---- */
int manifests_check (struct manifests *manifests, struct larder_error *error);
/* With a digest, or a tag that does not move by its very name: none is the latest. */
bool image_is_pinned (const char *image);

/* ---- kubernetes-pod.c: what stands below `spec` of a pod, at that depth ---- */
void pod_job (const struct manifests *manifests, unsigned depth);
void pod_reader (const struct manifests *manifests, unsigned depth);

#endif
