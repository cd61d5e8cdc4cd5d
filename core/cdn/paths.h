/* paths.h: what the edges of one CDN are to forget, in as few paths as say it. Pure. */
#ifndef LARDER_CDN_PATHS_H
#define LARDER_CDN_PATHS_H

#include <larder/types.h>
#include "arena.h"

/* `below`: all that begins so. */
struct cdn_path { const char *key; bool below; };
struct cdn_paths { struct larder_arena *arena; struct cdn_path *at; size_t count, room; };

/* Copies `length` bytes of it. LIMIT: no memory. */
int cdn_paths_add (struct cdn_paths *paths, const char *key, size_t length, bool below, struct larder_error *error);
/* In byte order, each once, and none that another takes along. Of more than `most` those of the fullest folders become one each, until there are
 * no more and no folder is left of which that spares twenty, as long as no more than `most_below` are of that sort. */
int cdn_paths_least (struct cdn_paths *paths, size_t most, size_t most_below, struct larder_error *error);
size_t cdn_paths_below (const struct cdn_paths *paths);

#endif
