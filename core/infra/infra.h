/* infra.h: one export at work. */
#ifndef LARDER_INFRA_INFRA_H
#define LARDER_INFRA_INFRA_H

#include <larder/larder.h>
#include "arena.h"
#include "buffer.h"
#include "store.h"

struct exporting {
	struct larder *larder;
	const struct larder_exporting *request;
	struct larder_arena *arena;
	struct buffer *out;
	const struct config_section *cache_at, *filesystem_at;
	const struct schema_cache *cache;
	const struct schema_filesystem *filesystem;
};

/* Lines for the driver to know what is desired, ended by a NULL path. */
struct larder_line;
/* What the driver of that [backend] writes of one resource, in the arena: "" where it has no such operation. */
int export_share (struct exporting *exporting, const char *backend, const char *type, const char *section, const struct larder_line *desired,
                  const char **ret, struct larder_error *error);

int export_kubernetes (struct exporting *exporting, struct larder_error *error);

#endif
