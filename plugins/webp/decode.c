/* decode.c: WebP to rows, by libwebp's demultiplexer and its decoder into a buffer of ours.
 *
 * decode_begin reads the file, after its first bytes were checked and the memory was admitted; the pixels are
 * decoded by the first decode_rows. */
#include "codec-webp.h"
#include "colour.h"

#include <webp/decode.h>
#include <webp/demux.h>

#define FIXED_MEMORY (1024 * 1024) /* libwebp's tables and row caches of a small picture, a colour transform */
#define PIECE 65536

struct decode {
	struct larder_limits limits;
	struct webp_head head;
	uint8_t *file;
	WebPDemuxer *demux;
	WebPIterator frame;            /* the first one */
	bool framed;                   /* `frame` holds something */
	uint32_t width, height, pixels;
	struct shared_rows rows;
	uint8_t *whole;
	const char *note;
	struct colour *colour;
};

/* ---- the file ---- */

static int
read_at (const struct larder_source *source, uint8_t *into, size_t count, uint64_t offset, struct larder_error *error)
{
	size_t have = 0;
	while (have < count) {
		size_t want = count - have < PIECE ? count - have : PIECE;
		int64_t got = source->pread != NULL ? source->pread (source->context, into + have, want, offset + have, error)
		                                    : source->read (source->context, into + have, want, error);
		if (got < 0)
			return (int) got;
		if (got == 0)
			return larder_fail (error, LARDER_E_INTEGRITY, "picture is cut short: the file ends after %llu bytes",
			                    (unsigned long long) (offset + have));
		have += (size_t) got;
	}
	return 0;
}

/* libwebp's need: a second copy of the pixels for lossless data, alpha planes, some rows. */
static uint64_t
memory_of (const struct decode *decode)
{
	uint64_t pixels = (uint64_t) decode->head.width * decode->head.height;
	uint64_t bytes = pixels * larder_pixel_bytes (LARDER_RGBA8) + decode->head.length + FIXED_MEMORY;
	bytes += (uint64_t) decode->head.width * 128;
	return bytes + (decode->head.lossless ? pixels * 4 : 0) + (decode->head.alpha ? pixels * 2 : 0);
}

static int
read_file (struct decode *decode, const struct larder_source *source, struct larder_error *error)
{
	uint8_t first[30];
	size_t count = source->length < sizeof first ? (size_t) source->length : sizeof first;
	int code = source->pread == NULL && source->rewind != NULL ? source->rewind (source->context, error) : 0;
	if (code == 0)
		code = read_at (source, first, count, 0, error);
	if (code == 0)
		code = webp_head_read (first, count, source->length, &decode->head, error);
	if (code == 0)
		code = shared_check_size (&decode->limits, decode->head.width, decode->head.height, error);
	if (code == 0)
		code = shared_check_expansion (&decode->limits, decode->head.width, decode->head.height, 4, decode->head.length, error);
	if (code == 0)
		code = shared_check_memory (&decode->limits, memory_of (decode), error);
	if (code != 0)
		return code;
	decode->file = larder_host->alloc ((size_t) decode->head.length);
	if (decode->file == NULL)
		return shared_fail_memory (error);
	memcpy (decode->file, first, count);
	return read_at (source, decode->file + count, (size_t) decode->head.length - count, count, error);
}

/* ---- header ---- */

static int
open_frame (struct decode *decode, struct larder_error *error)
{
	WebPData data = { .bytes = decode->file, .size = (size_t) decode->head.length };
	WebPDemuxState state = WEBP_DEMUX_PARSE_ERROR;
	decode->demux = WebPDemuxPartial (&data, &state);
	if (decode->demux == NULL || state != WEBP_DEMUX_DONE)
		return larder_fail (error, LARDER_E_INTEGRITY, "picture is damaged: its chunks are %s",
		                    state == WEBP_DEMUX_PARSE_ERROR ? "broken" : "incomplete");
	decode->framed = WebPDemuxGetFrame (decode->demux, 1, &decode->frame) != 0;
	if (!decode->framed || decode->frame.complete == 0)
		return larder_fail (error, LARDER_E_INTEGRITY, "picture is damaged: it has no whole frame");
	decode->width = WebPDemuxGetI (decode->demux, WEBP_FF_CANVAS_WIDTH);
	decode->height = WebPDemuxGetI (decode->demux, WEBP_FF_CANVAS_HEIGHT);
	if (decode->width != decode->head.width || decode->height != decode->head.height)
		return larder_fail (error, LARDER_E_INTEGRITY, "picture is damaged: its frame has another size than its header says");
	return 0;
}

/* Whether the first frame leaves some of the canvas clear. */
static bool
covers_canvas (const struct decode *decode)
{
	const WebPIterator *frame = &decode->frame;
	return frame->x_offset == 0 && frame->y_offset == 0 && (uint32_t) frame->width == decode->width &&
	       (uint32_t) frame->height == decode->height;
}

static int
read_profile (struct decode *decode, struct larder_call *call, struct larder_picture *picture, struct larder_error *error)
{
	WebPChunkIterator chunk;
	if (WebPDemuxGetChunk (decode->demux, "ICCP", 1, &chunk) == 0)
		return 0;
	enum colour_verdict verdict = COLOUR_BROKEN;
	char *name = larder_host->arena (call, 80);
	if (name != NULL && chunk.chunk.size <= decode->limits.metadata)
		verdict = colour_open (chunk.chunk.bytes, chunk.chunk.size, decode->pixels, false, &decode->colour, name, 80);
	if (decode->note == NULL)
		decode->note = chunk.chunk.size > decode->limits.metadata ? "its colour profile is over 'max-metadata' and was ignored"
		                                                          : colour_note (verdict);
	if (verdict != COLOUR_BROKEN && verdict != COLOUR_WRONG) {
		picture->profile = name;
		picture->icc = chunk.chunk.bytes; /* in our copy of the file */
		picture->icc_length = chunk.chunk.size;
	}
	if (verdict == COLOUR_CONVERT)
		picture->flags |= LARDER_PICTURE_NOT_SRGB;
	WebPDemuxReleaseChunkIterator (&chunk);
	return name != NULL ? 0 : shared_fail_memory (error);
}

static uint32_t
read_orientation (struct decode *decode)
{
	WebPChunkIterator chunk;
	uint32_t orientation = 1;
	if (WebPDemuxGetChunk (decode->demux, "EXIF", 1, &chunk) == 0)
		return orientation;
	if (chunk.chunk.size <= decode->limits.metadata)
		orientation = shared_orientation (chunk.chunk.bytes, chunk.chunk.size);
	else
		decode->note = "its EXIF is over 'max-metadata' and was ignored";
	WebPDemuxReleaseChunkIterator (&chunk);
	return orientation;
}

static int
describe (struct decode *decode, struct larder_call *call, uint64_t length, struct larder_picture *picture, struct larder_error *error)
{
	/* an animation is as transparent as it says, whatever its first frame needs */
	bool alpha = decode->frame.has_alpha != 0 || !covers_canvas (decode) || (decode->head.animated && decode->head.alpha);
	decode->pixels = alpha ? LARDER_RGBA8 : LARDER_RGB8;
	decode->rows = (struct shared_rows) { .height = decode->height, .bytes = decode->width * larder_pixel_bytes (decode->pixels) };
	picture->width = picture->full_width = decode->width;
	picture->height = picture->full_height = decode->height;
	picture->pixels = decode->pixels;
	picture->depth = 8;
	picture->colour = alpha ? "rgba" : "rgb";
	picture->flags = alpha ? LARDER_PICTURE_ALPHA : 0;
	picture->memory = memory_of (decode);
	picture->frames = WebPDemuxGetI (decode->demux, WEBP_FF_FRAME_COUNT);
	picture->orientation = read_orientation (decode);
	int code = shared_check_frames (&decode->limits, picture->frames, error);
	if (code == 0)
		code = read_profile (decode, call, picture, error);
	if (length > decode->head.length) {
		picture->flags |= LARDER_PICTURE_TRAILING;
		decode->note = decode->note != NULL ? decode->note : "bytes follow the end of the picture";
	}
	picture->note = decode->note;
	picture->flags |= decode->note != NULL ? LARDER_PICTURE_NOTE : 0;
	return code;
}

int
decode_begin (const void *self, struct larder_call *call, const struct larder_decode *request,
              const struct larder_source *source, struct larder_picture *ret_picture, void **ret_state,
              struct larder_error *error)
{
	(void) self;
	struct larder_picture picture = { .size = sizeof picture };
	struct decode *decode = larder_host->alloc (sizeof *decode);
	if (decode == NULL)
		return shared_fail_memory (error);
	decode->limits = shared_decode_request (request).limits;
	int code = read_file (decode, source, error);
	if (code == 0)
		code = open_frame (decode, error);
	if (code == 0)
		code = describe (decode, call, source->length, &picture, error);
	if (code != 0) {
		decode_end (decode);
		return code;
	}
	larder_give (ret_picture, &picture);
	*ret_state = decode;
	return 0;
}

/* ---- pixels ---- */

static int
fail_decoder (VP8StatusCode status, struct larder_error *error)
{
	if (status == VP8_STATUS_OUT_OF_MEMORY)
		return shared_fail_memory (error);
	return larder_fail (error, LARDER_E_INTEGRITY, "picture is damaged: its pixels are %s",
	                    status == VP8_STATUS_SUSPENDED || status == VP8_STATUS_NOT_ENOUGH_DATA ? "incomplete" : "broken");
}

/* In at most 32 pieces, so that a cancel is seen in between. More would be dear: libwebp starts again
 * with a header that is not complete. */
static int
feed (WebPIDecoder *decoder, const WebPData *data, struct larder_call *call, struct larder_error *error)
{
	size_t step = data->size / 32 > PIECE ? data->size / 32 : PIECE;
	VP8StatusCode status = VP8_STATUS_SUSPENDED;
	for (size_t given = 0; given < data->size && status == VP8_STATUS_SUSPENDED;) {
		int code = shared_check_cancel (call, error);
		if (code != 0)
			return code;
		given = data->size - given > step ? given + step : data->size;
		status = WebPIUpdate (decoder, data->bytes, given);
	}
	return status == VP8_STATUS_OK ? 0 : fail_decoder (status, error);
}

/* The first frame into its place on a clear canvas. */
static int
decode_whole (struct decode *decode, struct larder_call *call, struct larder_error *error)
{
	WebPDecoderConfig config;
	const WebPIterator *frame = &decode->frame;
	size_t bytes = larder_pixel_bytes (decode->pixels);
	size_t size = decode->rows.bytes * decode->height;
	size_t at = (size_t) frame->y_offset * decode->rows.bytes + (size_t) frame->x_offset * bytes;
	decode->whole = larder_host->alloc (size);
	if (decode->whole == NULL || WebPInitDecoderConfig (&config) == 0)
		return shared_fail_memory (error);
	config.output.colorspace = decode->pixels == LARDER_RGBA8 ? MODE_RGBA : MODE_RGB;
	config.output.is_external_memory = 1;
	config.output.u.RGBA.rgba = decode->whole + at;
	config.output.u.RGBA.stride = (int) decode->rows.bytes;
	config.output.u.RGBA.size = size - at;
	WebPIDecoder *decoder = WebPIDecode (NULL, 0, &config);
	if (decoder == NULL)
		return shared_fail_memory (error);
	int code = feed (decoder, &frame->fragment, call, error);
	WebPIDelete (decoder);
	return code;
}

int
decode_rows (void *state, struct larder_call *call, void *rows, size_t stride, uint32_t count, struct larder_error *error)
{
	struct decode *decode = state;
	int code = shared_check_rows (&decode->rows, stride, count, error);
	if (code != 0)
		return code;
	code = shared_check_cancel (call, error);
	if (code == 0 && decode->whole == NULL && count > 0)
		code = decode_whole (decode, call, error);
	decode->rows.failed = code != 0;
	for (uint32_t i = 0; code == 0 && i < count; i++, decode->rows.next++)
		memcpy ((uint8_t *) rows + i * stride, decode->whole + decode->rows.next * decode->rows.bytes, decode->rows.bytes);
	return code;
}

int
decode_to_srgb (void *state, struct larder_call *call, void *rows, size_t stride, uint32_t count, struct larder_error *error)
{
	const struct decode *decode = state;
	int code = shared_check_cancel (call, error);
	if (code == 0 && decode->colour != NULL)
		colour_rows (decode->colour, rows, stride, decode->width, count);
	return code;
}

void
decode_end (void *state)
{
	struct decode *decode = state;
	if (decode == NULL)
		return;
	if (decode->framed)
		WebPDemuxReleaseIterator (&decode->frame);
	WebPDemuxDelete (decode->demux);
	colour_close (decode->colour);
	larder_host->free (decode->whole);
	larder_host->free (decode->file);
	larder_host->free (decode);
}
