/* tiering.h: the line `tiering`: archive tiers within class INTELLIGENT_TIERING, "90d ARCHIVE_ACCESS, 180d DEEP_ARCHIVE_ACCESS", in byte order of their
 * names, or "none". For all drivers that take it. */
#ifndef LARDER_DRIVERS_TIERING_H
#define LARDER_DRIVERS_TIERING_H

#include <larder/types.h>
#include "arena.h"

extern const char *const tiering_tiers[];     /* ended by NULL */
/* Days of a tier as the line has it, in the arena; NULL: it is not in it. */
const char *tiering_days (struct larder_arena *arena, const char *line, const char *tier);
/* With one more at its end; `line` NULL: the first. */
const char *tiering_with (struct larder_arena *arena, const char *line, const char *days, const char *tier);
/* INVALID for a line that the service does not take. */
int tiering_check (const char *line, struct larder_error *error);

#endif
