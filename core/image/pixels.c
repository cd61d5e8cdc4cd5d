/* pixels.c: rows of a decoder, or of the caller's raster, and the same as a screen shows them. */
#include "picture.h"

#include <stdlib.h>
#include <string.h>

#include "error.h"

static const struct larder_codec *
codec_of (const struct pixels *pixels)
{
	return pixels->module->codec;
}

uint32_t
pixels_channels (const struct pixels *pixels)
{
	return larder_pixel_samples (pixels->picture.pixels);
}

/* What to do about a picture that cannot be read, where its codec has no better advice. */
static int
advise (int code, struct larder_error *error)
{
	if (code == LARDER_E_INTEGRITY && error && !error->next[0])
		larder_explain (error, LARDER_DETAIL_NEXT, "the file is damaged: fetch it again from where it came, or export the picture once more");
	if (code == LARDER_E_UNSUPPORTED && error && !error->next[0])
		larder_explain (error, LARDER_DETAIL_NEXT, "convert it: export the picture as an ordinary PNG, WebP or JPEG");
	if (code == LARDER_E_LIMIT && error && !error->next[0])
		larder_explain (error, LARDER_DETAIL_NEXT, "make the picture smaller, or raise the limit: the keys 'max-…' of the pipeline");
	return code;
}

static int
make_rows (struct pixels *pixels, struct larder_error *error)
{
	size_t width = pixels->picture.width, bytes = larder_pixel_bytes (pixels->picture.pixels);
	if (!width || !pixels->picture.height || !bytes)
		return larder_fail (error, LARDER_E_INTEGRITY, "picture has no pixels");
	pixels->row = malloc (width * bytes);
	pixels->narrow = malloc (width * pixels_channels (pixels));
	return pixels->row && pixels->narrow ? 0 : larder_fail_memory (error);
}

int
pixels_open (struct pixels *pixels, struct larder *larder, const struct module *codec, struct larder_call *call, const struct larder_source *source,
             const struct larder_decode *request, struct larder_error *error)
{
	*pixels = (struct pixels) { .module = codec, .picture = { .size = sizeof pixels->picture } };
	int code = codec_open (larder, codec, &pixels->codec, error);
	if (code == 0)
		code = codec->codec->decode_begin (pixels->codec->self, call, request, source, &pixels->picture, &pixels->state, error);
	if (code == 0 && !request->header_only)
		code = make_rows (pixels, error);
	if (code < 0)
		pixels_close (pixels);
	return advise (code, error);
}

int
pixels_of_raster (struct pixels *pixels, const struct larder_raster *raster, struct larder_error *error)
{
	*pixels = (struct pixels) { .raster = raster };
	size_t bytes = larder_pixel_bytes (raster->pixels);
	if (!bytes || !raster->width || !raster->height || !raster->rows || raster->stride / bytes < raster->width)
		return larder_fail (error, LARDER_E_INVALID, "raster of %ux%u, format %u, stride %zu cannot be", raster->width, raster->height,
		                    raster->pixels, raster->stride);
	pixels->picture = (struct larder_picture) {
		.size = sizeof pixels->picture, .width = raster->width, .height = raster->height, .full_width = raster->width, .full_height = raster->height,
		.pixels = raster->pixels, .orientation = 1, .frames = 1, .icc = raster->icc, .icc_length = raster->icc_length,
		.flags = larder_pixel_alpha (raster->pixels) ? LARDER_PICTURE_ALPHA : 0,
	};
	int code = make_rows (pixels, error);
	if (code < 0)
		pixels_close (pixels);
	return code;
}

/* What only the whole picture showed to be odd; the header's note stands before it. */
static void
take_note (struct pixels *pixels)
{
	const char *note = codec_of (pixels)->decode_note ? codec_of (pixels)->decode_note (pixels->state) : NULL;
	if (note && !pixels->picture.note) {
		pixels->picture.note = note;
		pixels->picture.flags |= LARDER_PICTURE_NOTE;
	}
}

int
pixels_row (struct pixels *pixels, struct larder_call *call, const uint8_t **ret, struct larder_error *error)
{
	size_t bytes = (size_t) pixels->picture.width * larder_pixel_bytes (pixels->picture.pixels);
	if (module_host.cancelled (call))
		return larder_fail_cancelled (error);
	if (pixels->raster) {
		*ret = (const uint8_t *) pixels->raster->rows + (size_t) pixels->next++ * pixels->raster->stride;
		return 0;
	}
	int code = codec_of (pixels)->decode_rows (pixels->state, call, pixels->row, bytes, 1, error);
	pixels->next++;
	*ret = pixels->row;
	if (code == 0 && pixels->next == pixels->picture.height)
		take_note (pixels);
	return advise (code, error);
}

int
pixels_display (struct pixels *pixels, struct larder_call *call, const uint8_t *row, const uint8_t **ret, struct larder_error *error)
{
	size_t bytes = (size_t) pixels->picture.width * larder_pixel_bytes (pixels->picture.pixels);
	if ((pixels->picture.flags & LARDER_PICTURE_NOT_SRGB) && pixels->module && codec_of (pixels)->to_srgb) {
		int code = codec_of (pixels)->to_srgb (pixels->state, call, pixels->row, bytes, 1, error);
		if (code < 0)
			return code;
		row = pixels->row;
	}
	if (!larder_pixel_wide (pixels->picture.pixels)) {
		*ret = row;
		return 0;
	}
	size_t samples = bytes / 2;
	for (size_t i = 0; i < samples; i++) {
		uint16_t sample;
		memcpy (&sample, row + 2 * i, sizeof sample);
		pixels->narrow[i] = (uint8_t) ((sample + 128u) / 257u);
	}
	*ret = pixels->narrow;
	return 0;
}

void
pixels_close (struct pixels *pixels)
{
	if (pixels->module && pixels->state)
		codec_of (pixels)->decode_end (pixels->state);
	instance_free (pixels->codec);
	free (pixels->row);
	free (pixels->narrow);
	*pixels = (struct pixels) { 0 };
}

void
upright (uint32_t orientation, uint32_t width, uint32_t height, uint32_t *ret_width, uint32_t *ret_height)
{
	bool turned = orientation >= 5 && orientation <= 8;
	*ret_width = turned ? height : width;
	*ret_height = turned ? width : height;
}
