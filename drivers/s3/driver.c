/* driver.c: the driver of S3 and of servers that speak it: its table. */
#include "s3.h"
#include "retrievals.h"

static const struct larder_option options[] = { S3_OPTIONS, { .key = NULL } };

static const struct larder_driver driver = {
	S3_TABLE, .name = "s3", .summary = "S3 and servers that speak it", .schemes = "s3", .options = options, .self_size = sizeof (struct s3),
	.open = s3_open, .write = s3_write, .parts_begin = s3_parts_begin,
};
LARDER_DRIVER (driver)
