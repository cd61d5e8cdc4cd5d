/* codec-webp.c: the WebP codec's table.
 *
 * libwebp wants the whole file to decode and the whole picture to encode; both are admitted against the
 * caller's limits first. Of an animation the first frame is given, as it stands on the canvas. */
#define LARDER_API_VERSION 0
#include <larder/codec.h>
#include "build-config.h"
#include "codec-webp.h"

static const struct larder_option options[] = {
	{ .key = "method", .type = LARDER_INT, .def = "4", .min = 0, .max = 6, .at = offsetof (struct webp_options, method),
	  .help = "effort of compression, 0 is fast, 6 is small" },
	{ .key = "quality", .type = LARDER_INT, .def = "85", .min = 0, .max = 100, .at = offsetof (struct webp_options, quality),
	  .help = "quality where the pipeline says none" },
	{ 0 }
};

static uint32_t
bid (const void *head, size_t count)
{
	const char *at = head;
	return count >= 12 && memcmp (at, "RIFF", 4) == 0 && memcmp (at + 8, "WEBP", 4) == 0 ? 64 : 0;
}

static const struct larder_codec codec = {
	.head = LARDER_CODEC_HEAD, .name = "webp", .version = PACKAGE_VERSION,
	.summary = "WebP pictures, lossy and lossless, by libwebp",
	.threads = LARDER_THREADS_PARALLEL, .options = options, .self_size = sizeof (struct webp_options),
	.caps = LARDER_CODEC_LOSSLESS | LARDER_CODEC_QUALITY | LARDER_CODEC_ALPHA | LARDER_CODEC_ICC,
	.content_type = "image/webp", .extension = "webp",
	.max_width = WEBP_SIDE_MOST, .max_height = WEBP_SIDE_MOST,
	.bid = bid,
	.decode_begin = decode_begin, .decode_rows = decode_rows, .decode_end = decode_end,
#ifdef HAVE_LCMS
	.to_srgb = decode_to_srgb,
#endif
	.encode_begin = encode_begin, .encode_rows = encode_rows, .encode_end = encode_end,
};
LARDER_CODEC (codec)
