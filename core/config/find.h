/* find.h: where the pipeline file and its profile are. */
#ifndef LARDER_CONFIG_FIND_H
#define LARDER_CONFIG_FIND_H

#include <larder/types.h>
#include "arena.h"

/* The pipeline file: `given`, else LARDER_CONFIG, else the first there is of ./larder.ini, ./etc/larder.ini,
 * $XDG_CONFIG_HOME/larder/larder.ini (~/.config), /etc/larder/larder.ini. */
int find_pipeline (struct larder_arena *arena, const char *given, const char **ret, struct larder_error *error);
/* profiles/NAME.ini beside it; `given`, else LARDER_PROFILE; there is no default. */
int find_profile (struct larder_arena *arena, const char *pipeline, const char *given, const char **ret_name, const char **ret_path,
                  struct larder_error *error);

#endif
