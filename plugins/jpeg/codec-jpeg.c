/* codec-jpeg.c: the JPEG codec's table.
 *
 * libjpeg-turbo reads and writes. A picture of one scan streams; one of several (a progressive one) is held whole as
 * coefficients, admitted against the caller's limits first. See decode.c and encode.c. */
#define LARDER_API_VERSION 0
#include <larder/codec.h>
#include "build-config.h"
#include "codec-jpeg.h"

static const struct larder_option options[] = {
	{ .key = "quality", .type = LARDER_INT, .def = "85", .min = 0, .max = 100, .at = offsetof (struct jpeg_options, quality),
	  .help = "quality where the pipeline says none" },
	{ .key = "progressive", .type = LARDER_BOOL, .def = "no", .at = offsetof (struct jpeg_options, progressive),
	  .help = "several scans, from rough to fine: a little smaller, and held whole when written and read" },
	{ .key = "subsampling", .type = LARDER_ENUM, .def = "420", .values = "420|422|444", .at = offsetof (struct jpeg_options, subsampling),
	  .help = "colour at half the size both ways, across only, or whole" },
	{ 0 }
};

static uint32_t
bid (const void *head, size_t count)
{
	return count >= 3 && memcmp (head, "\xff\xd8\xff", 3) == 0 ? 24 : 0;
}

static const struct larder_codec codec = {
	.head = LARDER_CODEC_HEAD, .name = "jpeg", .version = PACKAGE_VERSION,
	.summary = "JPEG pictures, baseline and progressive, by libjpeg-turbo",
	.threads = LARDER_THREADS_PARALLEL, .options = options, .self_size = sizeof (struct jpeg_options),
	.caps = LARDER_CODEC_QUALITY | LARDER_CODEC_GREY | LARDER_CODEC_ICC,
	.content_type = "image/jpeg", .extension = "jpeg", .aliases = "jpg jpe jfif",
	.max_width = JPEG_SIDE_MOST, .max_height = JPEG_SIDE_MOST,
	.bid = bid,
	.decode_begin = decode_begin, .decode_rows = decode_rows, .decode_end = decode_end,
#ifdef HAVE_LCMS
	.to_srgb = decode_to_srgb,
#endif
	.encode_begin = encode_begin, .encode_rows = encode_rows, .encode_end = encode_end,
	.decode_note = decode_note,
};
LARDER_CODEC (codec)
