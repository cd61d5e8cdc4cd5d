/* retrievals.h: how archived objects come back at the service, which the driver of it and the one that plays it share. */
#ifndef LARDER_TRAPS_RETRIEVALS_H
#define LARDER_TRAPS_RETRIEVALS_H

#include <larder/driver.h>

#define RETRIEVAL_MINUTES INT64_C (60000000000)
#define RETRIEVAL_HOURS (60 * RETRIEVAL_MINUTES)

/* As it publishes them. Of INTELLIGENT_TIERING the longer of its two archive tiers is meant; the deeper one has no Expedited, which only the service knows of an object. */
static const struct larder_retrieval retrievals[] = {
	{ "GLACIER", "Expedited", 5 * RETRIEVAL_MINUTES }, { "GLACIER", "Standard", 5 * RETRIEVAL_HOURS }, { "GLACIER", "Bulk", 12 * RETRIEVAL_HOURS },
	{ "DEEP_ARCHIVE", "Standard", 12 * RETRIEVAL_HOURS }, { "DEEP_ARCHIVE", "Bulk", 48 * RETRIEVAL_HOURS },
	{ "INTELLIGENT_TIERING", "Expedited", 5 * RETRIEVAL_MINUTES }, { "INTELLIGENT_TIERING", "Standard", 12 * RETRIEVAL_HOURS }, { "INTELLIGENT_TIERING", "Bulk", 48 * RETRIEVAL_HOURS },
	{ NULL, NULL, 0 }
};

#endif
