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

struct larder_export;
struct larder_lines;
struct lines;
/* For what a driver writes; LIMIT when it is too much. */
struct larder_sink driver_sink (struct buffer *text);
/* What this instance writes of what is requested, but for the format, in the arena. UNSUPPORTED where it has no such operation. */
int export_ask (struct exporting *exporting, struct instance *instance, const struct larder_export *request, const char **ret, struct larder_error *error);
/* The same of the driver of a [backend], which no service is asked for. `observed` may be NULL. */
int export_share (struct exporting *exporting, const char *backend, const char *type, const char *section, const struct lines *desired, const struct lines *observed,
                  const char **ret, struct larder_error *error);

int export_kubernetes (struct exporting *exporting, struct larder_error *error);
/* In any other format: all that the sections stand for, as it is there. */
int export_configuration (struct exporting *exporting, struct larder_error *error);

#endif
