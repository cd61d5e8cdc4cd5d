/* recovery.h: what the commands of larder database and larder backup share. */
#ifndef LARDER_CLI_RECOVERY_H
#define LARDER_CLI_RECOVERY_H

#include "line.h"

/* A larder_recovery_fn: what is to be done, was begun, how long it takes, and what came of it. */
int recovery_event (void *context, const struct larder_recovery_event *event, struct larder_error *error);
/* Tables of what is kept, or of jobs; with `all` of those that went well, too. */
struct kept_showing { struct cli *cli; struct table table; bool jobs, all; };
void kept_begin (struct kept_showing *showing);
/* A larder_kept_fn. */
int kept_show (void *context, const char *section, const struct larder_backup *backup, struct larder_error *error);
/* "2026-11-29T10:00:00Z", past. */
int recovery_time (const char *flag, const char *text, int64_t *ret, struct larder_error *error);

#endif
