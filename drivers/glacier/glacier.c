/* glacier.c: S3 as an archive: what is written goes into an archive class, unless its writer names another. */
#include "s3.h"

#include <stdio.h>

#include "error.h"
#include "retrievals.h"

struct glacier {
	struct s3 s3;                              /* first: the operations are those of s3 */
	int storage_class;                         /* option: of `classes` */
};

static const char *const classes[] = { "GLACIER_IR", "GLACIER", "DEEP_ARCHIVE" };

static const struct larder_option options[] = {
	S3_OPTIONS,
	{ .key = "class", .type = LARDER_ENUM, .at = offsetof (struct glacier, storage_class), .def = "GLACIER", .values = "GLACIER_IR|GLACIER|DEEP_ARCHIVE",
	  .help = "storage class of what is written without one; what is GLACIER or DEEP_ARCHIVE has to be restored before it is read" },
	{ .key = NULL }
};

/* A server without such classes would keep what was meant to be archived at the price of all else. */
static int
glacier_open (void *self, struct larder_call *call, const struct larder_open *request, struct larder_error *error)
{
	struct glacier *glacier = self;
	int code = s3_open (self, call, request, error);
	if (code < 0)
		return code;
	code = s3_server_need (glacier->s3.server, S3_CLASSES, classes[glacier->storage_class], error);
	if (code < 0) {
		char next[200];
		snprintf (next, sizeof next, "name another driver in [backend \"%.100s\"]: s3 keeps objects there, in no archive class", glacier->s3.name);
		larder_explain (error, LARDER_DETAIL_NEXT, next);
		s3_close (self);
	}
	return code;
}

static struct larder_write
classed (const struct glacier *glacier, const struct larder_write *request)
{
	struct larder_write all = { .size = sizeof all };
	larder_give (&all, request);
	if (!all.attributes.storage_class)
		all.attributes.storage_class = classes[glacier->storage_class];
	return all;
}

static int
glacier_write (void *self, struct larder_call *call, const struct larder_write *request, const struct larder_source *source, struct larder_info *ret_info,
               struct larder_error *error)
{
	const struct larder_write all = classed (self, request);
	return s3_write (self, call, &all, source, ret_info, error);
}

static int
glacier_parts_begin (void *self, struct larder_call *call, const struct larder_write *request, struct larder_upload *ret_upload, struct larder_error *error)
{
	const struct larder_write all = classed (self, request);
	return s3_parts_begin (self, call, &all, ret_upload, error);
}

static const struct larder_driver driver = {
	S3_TABLE, .name = "glacier", .summary = "S3 as an archive: written in an archive class, restored before it is read", .options = options,
	.self_size = sizeof (struct glacier), .open = glacier_open, .write = glacier_write, .parts_begin = glacier_parts_begin,
};
LARDER_DRIVER (driver)
