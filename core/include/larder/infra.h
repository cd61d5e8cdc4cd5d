/* infra.h: what is desired, for other tools to make; a part of larder.h, which includes it. */
#ifndef LARDER_INFRA_H
#define LARDER_INFRA_H

#include <larder/larder.h>

#ifdef __cplusplus
extern "C" {
#endif

enum larder_exporting_flag {
	LARDER_EXPORT_READER = 1 << 0    /* kubernetes: a pod besides that loads a model and reads it */
};

/* "kubernetes": of a [cache] the volumes and claims it is mounted by, and the job that fills it; doc/dev/kubernetes.md has what each line
 * is for. YAML in a stable order, the same for the same configuration. */
struct larder_exporting {
	size_t size;
	const char *format;              /* "kubernetes" */
	uint32_t flags;                  /* enum larder_exporting_flag */
	uint32_t shards;                 /* pods that the job's work is divided among; 0: one, undivided */
	const char *cache;               /* [cache] section; NULL: the only one */
	const char *base, *model;        /* LARDER_EXPORT_READER: which; NULL: names to be replaced */
};

/* Asks no service. All or nothing comes to the sink (`begin` is not called). INVALID with the key that is missing or cannot be what it is;
 * UNSUPPORTED: the driver of the file system is for no such volume. */
LARDER_API int larder_export (struct larder *larder, const struct larder_exporting *request, const struct larder_sink *sink, struct larder_error *error);

#ifdef __cplusplus
}
#endif
#endif
