/* restoring.h: what commands that have archived objects restored share. */
#ifndef LARDER_CLI_RESTORING_H
#define LARDER_CLI_RESTORING_H

#include "cli.h"

#define RESTORE_OPTIONS(self, member_tier, member_days, member_most)                                                        \
	{ .key = "tier", .type = LARDER_ENUM, .at = offsetof (self, member_tier), .values = "bulk|standard|expedited", .def = "standard", .help = "how soon, and how dear" }, \
	{ .key = "days", .type = LARDER_INT, .at = offsetof (self, member_days), .def = "7", .min = 1, .max = 3650, .help = "for which they can be read" }, \
	{ .key = "max-cost", .type = LARDER_STRING, .at = offsetof (self, member_most), .argument = "SUM", .help = "ask for nothing where it would cost more, or nobody knows what it costs" }
/* The service's own word for a value of --tier. */
const char *restore_tier (uint32_t tier);
/* A larder_archive_estimate_fn; the context is the run. */
int restore_estimate (void *context, const struct larder_archive_estimate *estimate);

#endif
