/* encode.c: rows to WebP, by libwebp.
 *
 * Rows are gathered in libwebp's own picture; encode_end does the work. WebP has no grey, so a profile of grey
 * cannot be kept: such rows are converted to sRGB as they come. */
#include "codec-webp.h"
#include "colour.h"

#include <webp/encode.h>
#include <webp/mux.h>

#define PIECE 65536
#define QUALITY_LOSSLESS 75 /* of a lossless picture libwebp's quality is effort; as its own tools */

struct encode {
	const struct larder_sink *sink;
	struct larder_call *call;      /* of the operation under way, for the progress hook */
	struct larder_encode request;
	uint8_t *icc;                  /* our copy */
	struct colour *colour;         /* what converts grey rows, or NULL */
	uint8_t *row;                  /* where it does so */
	struct shared_rows rows;
	WebPConfig config;
	WebPPicture picture;
	WebPMemoryWriter written;
};

static int
check_request (const struct larder_encode *request, struct larder_error *error)
{
	uint32_t pixels = request->pixels;
	if (request->width < 1 || request->height < 1 || request->width > WEBP_SIDE_MOST || request->height > WEBP_SIDE_MOST) {
		int code = larder_fail (error, LARDER_E_LIMIT, "picture is %u × %u pixels, WebP holds 1 to %d each way", request->width,
		                        request->height, WEBP_SIDE_MOST);
		larder_explain (error, LARDER_DETAIL_NEXT, "encode it as png, or make it smaller");
		return code;
	}
	if (larder_pixel_samples (pixels) == 0 || larder_pixel_wide (pixels))
		return larder_fail (error, LARDER_E_UNSUPPORTED, "WebP holds 8 bits a sample, not pixel format %u", pixels);
	if (request->quality > 100)
		return larder_fail (error, LARDER_E_INVALID, "quality %d is not between 0 and 100", request->quality);
	if (request->text.count > 0)
		return larder_fail (error, LARDER_E_UNSUPPORTED, "WebP holds no comments, and %zu were given", request->text.count);
	const char *icc = request->icc;
	bool ok = icc == NULL || (request->icc_length >= 128 && (memcmp (icc + 16, "RGB ", 4) == 0 ||
	          (memcmp (icc + 16, "GRAY", 4) == 0 && larder_pixel_samples (pixels) < 3)));
	return ok ? 0 : larder_fail (error, LARDER_E_INVALID, "colour profile is not for these pixels");
}

/* A profile of grey: to sRGB now, and none in the file. */
static int
prepare_grey (struct encode *encode, struct larder_error *error)
{
	struct larder_encode *request = &encode->request;
	char name[80];
	if (request->icc == NULL || memcmp ((const char *) request->icc + 16, "GRAY", 4) != 0)
		return 0;
	enum colour_verdict verdict = colour_open (request->icc, request->icc_length, request->pixels, true, &encode->colour, name, sizeof name);
	if (verdict != COLOUR_SRGB && verdict != COLOUR_CONVERT)
		return larder_fail (error, LARDER_E_INVALID, "grey colour profile cannot be converted to sRGB");
	request->icc = NULL;
	encode->row = larder_host->alloc (request->width * larder_pixel_bytes (request->pixels));
	return encode->row != NULL ? 0 : shared_fail_memory (error);
}

static int
on_progress (int percent, const WebPPicture *picture)
{
	(void) percent;
	const struct encode *encode = picture->user_data;
	return encode->call == NULL || !larder_host->cancelled (encode->call);
}

static bool
configure (struct encode *encode, const struct webp_options *options)
{
	const struct larder_encode *request = &encode->request;
	WebPConfig *config = &encode->config;
	if (WebPConfigInit (config) == 0)
		return false;
	config->method = request->effort < 0 ? (int) options->method : request->effort > 6 ? 6 : request->effort;
	config->quality = (float) (request->quality < 0 ? options->quality : request->quality);
	if (request->lossless) {
		config->lossless = 1;
		config->exact = 1; /* the very pixels, also where they cannot be seen */
		config->quality = QUALITY_LOSSLESS;
	}
	return WebPValidateConfig (config) != 0;
}

static int
prepare (struct encode *encode, const struct webp_options *options, struct larder_error *error)
{
	const struct larder_encode *request = &encode->request;
	if (WebPPictureInit (&encode->picture) == 0 || !configure (encode, options))
		return larder_fail (error, LARDER_E_INVALID, "WebP cannot be written with these options");
	encode->picture.use_argb = 1;
	encode->picture.width = (int) request->width;
	encode->picture.height = (int) request->height;
	encode->picture.progress_hook = on_progress;
	encode->picture.user_data = encode;
	if (request->icc != NULL) {
		encode->icc = larder_host->alloc (request->icc_length);
		if (encode->icc != NULL)
			memcpy (encode->icc, request->icc, request->icc_length);
	}
	if (WebPPictureAlloc (&encode->picture) == 0 || (request->icc != NULL && encode->icc == NULL))
		return shared_fail_memory (error);
	return 0;
}

int
encode_begin (const void *self, struct larder_call *call, const struct larder_encode *request,
              const struct larder_sink *sink, void **ret_state, struct larder_error *error)
{
	static const struct webp_options plain = { .method = 4, .quality = 85 };
	struct larder_encode ours = shared_encode_request (request);
	int code = check_request (&ours, error);
	if (code == 0)
		code = shared_check_cancel (call, error);
	if (code != 0)
		return code;
	struct encode *encode = larder_host->alloc (sizeof *encode);
	if (encode == NULL)
		return shared_fail_memory (error);
	encode->request = ours;
	encode->sink = sink;
	encode->rows = (struct shared_rows) { .height = ours.height, .bytes = ours.width * larder_pixel_bytes (ours.pixels) };
	WebPMemoryWriterInit (&encode->written);
	code = prepare_grey (encode, error);
	if (code == 0)
		code = prepare (encode, self != NULL ? self : &plain, error);
	if (code != 0) {
		(void) encode_end (encode, call, false, NULL);
		return code;
	}
	*ret_state = encode;
	return 0;
}

static void
take_row (const struct encode *encode, uint32_t *into, const uint8_t *from)
{
	uint32_t width = encode->request.width, pixels = encode->request.pixels;
	size_t bytes = larder_pixel_bytes (pixels);
	bool grey = bytes < 3;
	if (encode->colour != NULL) {
		memcpy (encode->row, from, width * bytes);
		colour_rows (encode->colour, encode->row, width * bytes, width, 1);
		from = encode->row;
	}
	for (uint32_t x = 0; x < width; x++, from += bytes) {
		uint32_t red = from[0], green = from[grey ? 0 : 1], blue = from[grey ? 0 : 2];
		uint32_t alpha = larder_pixel_alpha (pixels) ? from[bytes - 1] : 255;
		into[x] = alpha << 24 | red << 16 | green << 8 | blue;
	}
}

int
encode_rows (void *state, struct larder_call *call, const void *rows, size_t stride, uint32_t count, struct larder_error *error)
{
	struct encode *encode = state;
	int code = shared_check_rows (&encode->rows, stride, count, error);
	if (code == 0)
		code = shared_check_cancel (call, error);
	for (uint32_t i = 0; code == 0 && i < count; i++, encode->rows.next++)
		take_row (encode, encode->picture.argb + (size_t) encode->rows.next * (size_t) encode->picture.argb_stride,
		          (const uint8_t *) rows + i * stride);
	return code;
}

static int
fail_encoder (WebPEncodingError why, struct larder_error *error)
{
	switch (why) {
	case VP8_ENC_ERROR_USER_ABORT:
		return larder_fail (error, LARDER_E_CANCELLED, "cancelled");
	case VP8_ENC_ERROR_OUT_OF_MEMORY:
	case VP8_ENC_ERROR_BITSTREAM_OUT_OF_MEMORY:
		return shared_fail_memory (error);
	case VP8_ENC_ERROR_PARTITION0_OVERFLOW:
	case VP8_ENC_ERROR_PARTITION_OVERFLOW:
	case VP8_ENC_ERROR_FILE_TOO_BIG:
		return larder_fail (error, LARDER_E_LIMIT, "picture has more detail than WebP can hold");
	default:
		return larder_fail (error, LARDER_E_INVALID, "cannot write this picture as WebP (%d)", (int) why);
	}
}

static int
give (const struct encode *encode, const uint8_t *bytes, size_t count, struct larder_call *call, struct larder_error *error)
{
	int code = 0;
	for (size_t at = 0; code == 0 && at < count; at += PIECE) {
		code = shared_check_cancel (call, error);
		if (code == 0)
			code = encode->sink->write (encode->sink->context, bytes + at, count - at < PIECE ? count - at : PIECE, error);
	}
	return code;
}

/* The container with a profile in it. */
static int
give_with_profile (const struct encode *encode, struct larder_call *call, struct larder_error *error)
{
	WebPData image = { .bytes = encode->written.mem, .size = encode->written.size };
	WebPData profile = { .bytes = encode->icc, .size = encode->request.icc_length };
	WebPData all = { 0 };
	WebPMux *mux = WebPMuxNew ();
	int code = 0;
	if (mux == NULL || WebPMuxSetImage (mux, &image, 0) != WEBP_MUX_OK ||
	    WebPMuxSetChunk (mux, "ICCP", &profile, 0) != WEBP_MUX_OK || WebPMuxAssemble (mux, &all) != WEBP_MUX_OK)
		code = shared_fail_memory (error);
	if (code == 0)
		code = give (encode, all.bytes, all.size, call, error);
	WebPDataClear (&all);
	WebPMuxDelete (mux);
	return code;
}

static int
finish_picture (struct encode *encode, struct larder_call *call, struct larder_error *error)
{
	int code = shared_check_complete (&encode->rows, error);
	if (code == 0)
		code = shared_check_cancel (call, error);
	if (code != 0)
		return code;
	encode->call = call;
	encode->picture.writer = WebPMemoryWrite;
	encode->picture.custom_ptr = &encode->written;
	if (WebPEncode (&encode->config, &encode->picture) == 0)
		return fail_encoder (encode->picture.error_code, error);
	return encode->icc != NULL ? give_with_profile (encode, call, error)
	                           : give (encode, encode->written.mem, encode->written.size, call, error);
}

int
encode_end (void *state, struct larder_call *call, bool finish, struct larder_error *error)
{
	struct encode *encode = state;
	if (encode == NULL)
		return 0;
	int code = finish ? finish_picture (encode, call, error) : 0;
	WebPPictureFree (&encode->picture);
	WebPMemoryWriterClear (&encode->written);
	colour_close (encode->colour);
	larder_host->free (encode->row);
	larder_host->free (encode->icc);
	larder_host->free (encode);
	return code;
}
