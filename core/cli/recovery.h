/* recovery.h: what the commands of larder database and larder backup share. */
#ifndef LARDER_CLI_RECOVERY_H
#define LARDER_CLI_RECOVERY_H

#include "line.h"

/* Of a request: --wait, and of the run -n. */
uint32_t recovery_flags (const struct cli *cli, bool wait);
/* A larder_recovery_fn: what is to be done, was begun, how long it takes, and what came of it. */
int recovery_event (void *context, const struct larder_recovery_event *event, struct larder_error *error);
/* A table of what is kept, or of jobs; of these with `all` those that went well, too. Opens the handle. */
int kept_list (struct cli *cli, const struct larder_kept *request, bool all, struct larder_error *error);
/* "2026-11-29T10:00:00Z", past. */
int recovery_time (const char *flag, const char *text, int64_t *ret, struct larder_error *error);

#endif
