/* arguments.h: names and values that an action comes with, and tells. */
#ifndef LARDER_BASE_ARGUMENTS_H
#define LARDER_BASE_ARGUMENTS_H

#include <larder/types.h>

struct argument { const char *name, **ret; };
/* `known` ends with a NULL name; of what is not given `*ret` stays. INVALID for one that is not known. */
int arguments_read (const char *action, const struct larder_pairs *given, const struct argument *known, struct larder_error *error);
/* The first of that name, or NULL. */
const char *pairs_value (const struct larder_pairs *pairs, const char *name);

#endif
