/* codec-png.c: the PNG codec's table.
 *
 * libpng reads every kind of PNG. Rows come and go one by one, through 64 KiB pieces of the source and of the
 * sink; only an interlaced picture is held whole. See decode.c and encode.c. */
#define LARDER_API_VERSION 0
#include <larder/codec.h>
#include "build-config.h"
#include "codec-png.h"

static const struct larder_option options[] = {
	{ .key = "level", .type = LARDER_INT, .def = "6", .min = 0, .max = 9, .at = offsetof (struct png_options, level),
	  .help = "effort of compression, 0 for none" },
	{ .key = "strategy", .type = LARDER_ENUM, .def = "rle", .values = "rle|default|filtered|huffman",
	  .at = offsetof (struct png_options, strategy),
	  .help = "how zlib looks for repetitions: rle is fast and best for photographs, default for flat pictures" },
	{ .key = "filter", .type = LARDER_ENUM, .def = "adaptive", .values = "adaptive|none|sub|up|average|paeth",
	  .at = offsetof (struct png_options, filter), .help = "row filter, or the best of all for each row" },
	{ 0 }
};

static uint32_t
bid (const void *head, size_t count)
{
	return count >= 8 && memcmp (head, "\x89PNG\r\n\x1a\n", 8) == 0 ? 64 : 0;
}

static const struct larder_codec codec = {
	.head = LARDER_CODEC_HEAD, .name = "png", .version = PACKAGE_VERSION,
	.summary = "PNG pictures, 8 and 16 bits, by libpng",
	.threads = LARDER_THREADS_PARALLEL, .options = options, .self_size = sizeof (struct png_options),
	.caps = LARDER_CODEC_LOSSLESS | LARDER_CODEC_ALPHA | LARDER_CODEC_DEPTH16 | LARDER_CODEC_GREY | LARDER_CODEC_ICC,
	.content_type = "image/png", .extension = "png", .aliases = "apng",
	.max_width = INT32_MAX, .max_height = INT32_MAX,
	.bid = bid,
	.decode_begin = decode_begin, .decode_rows = decode_rows, .decode_end = decode_end,
#ifdef HAVE_LCMS
	.to_srgb = decode_to_srgb,
#endif
	.encode_begin = encode_begin, .encode_rows = encode_rows, .encode_end = encode_end,
	.decode_note = decode_note,
};
LARDER_CODEC (codec)
