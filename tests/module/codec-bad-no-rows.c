/* codec-bad-no-rows.c: a codec without its rows, its content type, and with half an encoder. */
#include "fixture.h"

static uint32_t
bid (const void *head, size_t count)
{
	(void) head, (void) count;
	return 1000;   /* refused, it must win no picture */
}

static int
encode_rows (void *state, struct larder_call *call, const void *rows, size_t stride, uint32_t count, struct larder_error *error)
{
	(void) state, (void) call, (void) rows, (void) stride, (void) count, (void) error;
	return 0;
}

static const struct larder_codec codec = {
	.head = LARDER_CODEC_HEAD, .name = "bad-no-rows", .version = "1", .summary = "a fixture of the tests", .bid = bid, .encode_rows = encode_rows,
};
LARDER_CODEC (codec)
