/* bucket-name.h: what a bucket may be called, for all drivers whose service is S3 or acts as it. */
#ifndef LARDER_DRIVERS_BUCKET_NAME_H
#define LARDER_DRIVERS_BUCKET_NAME_H

#include <stdbool.h>

struct larder_error;

/* INVALID for what no bucket can be called; with `reserved` also for what S3 keeps for its own, and other servers take. Of one that is to be made: older buckets may
 * have other names. */
int bucket_name_check (const char *name, bool reserved, struct larder_error *error);

#endif
