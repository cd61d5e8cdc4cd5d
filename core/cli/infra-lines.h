/* infra-lines.h: what infra tells, for people and as JSON. */
#ifndef LARDER_CLI_INFRA_LINES_H
#define LARDER_CLI_INFRA_LINES_H

#include "cli.h"

/* `all`: also resources that stay as they are. Of those that cannot be looked at how many, the `code`, and whether there are several. */
struct infra_telling { struct cli *cli; bool all, held, differ; int code; uint64_t unseen; struct larder_infra_change whole; };
int infra_line (void *context, const struct larder_infra_change *change, struct larder_error *error);
/* "3 to create, 1 to change"; the words of a plan, or of what was done. */
void infra_counts (struct cli *cli, const struct larder_infra_counts *counts, bool planned);
void infra_event (void *context, const struct larder_infra_event *event);

#endif
