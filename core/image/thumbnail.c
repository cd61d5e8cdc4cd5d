/* thumbnail.c: rows in, a small upright picture out. */
#include "picture.h"

#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "resize.h"

struct collect { struct thumbnail *thumbnail; uint32_t next; };

static int
collect_row (void *context, const uint8_t *row, struct larder_error *error)
{
	struct collect *collect = context;
	size_t bytes = (size_t) collect->thumbnail->width * collect->thumbnail->channels;
	(void) error;
	memcpy (collect->thumbnail->rows + collect->next++ * bytes, row, bytes);
	return 0;
}

/* Where the pixel shown at x, y of the upright picture stands in the stored one (EXIF 1 … 8). */
static void
stored_at (uint32_t orientation, uint32_t width, uint32_t height, uint32_t x, uint32_t y, uint32_t *ret_x, uint32_t *ret_y)
{
	bool turned = orientation >= 5;
	uint32_t across = turned ? y : x, down = turned ? x : y;
	bool mirror_x = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
	bool mirror_y = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
	*ret_x = mirror_x ? width - 1 - across : across;
	*ret_y = mirror_y ? height - 1 - down : down;
}

int
turn_rows (uint8_t **rows, uint32_t *width, uint32_t *height, size_t pixel, uint32_t orientation, struct larder_error *error)
{
	if (orientation < 2 || orientation > 8)
		return 0;
	uint32_t to_width, to_height;
	upright (orientation, *width, *height, &to_width, &to_height);
	uint8_t *turned = malloc ((size_t) to_width * to_height * pixel), *into = turned;
	if (!turned)
		return larder_fail_memory (error);
	for (uint32_t y = 0; y < to_height; y++)
		for (uint32_t x = 0; x < to_width; x++, into += pixel) {
			uint32_t from_x, from_y;
			stored_at (orientation, *width, *height, x, y, &from_x, &from_y);
			memcpy (into, *rows + ((size_t) from_y * *width + from_x) * pixel, pixel);
		}
	free (*rows);
	*rows = turned;
	*width = to_width;
	*height = to_height;
	return 0;
}

/* The box is for the upright picture, whole; the resize works on the stored one, which its codec may have made smaller. */
static void
size_of (const struct larder_picture *picture, uint32_t box_width, uint32_t box_height, struct thumbnail *ret)
{
	uint32_t width, height, to_width, to_height;
	upright (picture->orientation, picture->full_width, picture->full_height, &width, &height);
	resize_fit (width, height, box_width, box_height, &to_width, &to_height);
	upright (picture->orientation, to_width, to_height, &ret->width, &ret->height);
}

static int
run_rows (struct pixels *pixels, struct larder_call *call, struct resize *resize, pixels_row_fn again, void *again_context, struct larder_error *error)
{
	int code = 0;
	for (uint32_t y = 0; y < pixels->picture.height && code == 0; y++) {
		const uint8_t *row, *shown;
		code = pixels_row (pixels, call, &row, error);
		if (code == 0 && again)
			code = again (again_context, row, error);
		if (code == 0 && resize)
			code = pixels_display (pixels, call, row, &shown, error);
		if (code == 0 && resize)
			code = resize_rows (resize, shown, 0, 1, error);
	}
	return code;
}

int
thumbnail_make (struct thumbnail *thumbnail, struct pixels *pixels, struct larder_call *call, uint32_t box_width, uint32_t box_height,
                pixels_row_fn again, void *again_context, struct larder_error *error)
{
	*thumbnail = (struct thumbnail) { .channels = pixels_channels (pixels) };
	if (!box_width)
		return run_rows (pixels, call, NULL, again, again_context, error);
	size_of (&pixels->picture, box_width, box_height, thumbnail);
	thumbnail->rows = malloc ((size_t) thumbnail->width * thumbnail->height * thumbnail->channels);
	if (!thumbnail->rows)
		return larder_fail_memory (error);
	struct collect collect = { thumbnail, 0 };
	struct resize *resize = NULL;
	int code = resize_new (pixels->picture.width, pixels->picture.height, thumbnail->width, thumbnail->height, thumbnail->channels,
	                       collect_row, &collect, &resize, error);
	if (code == 0)
		code = run_rows (pixels, call, resize, again, again_context, error);
	resize_free (resize);
	if (code == 0)
		code = turn_rows (&thumbnail->rows, &thumbnail->width, &thumbnail->height, thumbnail->channels, pixels->picture.orientation, error);
	if (code < 0)
		thumbnail_free (thumbnail);
	return code;
}

/* In front of the background, where the format has no alpha. */
static int
flatten (struct thumbnail *thumbnail, const struct module *codec, const char *background, struct larder_error *error)
{
	struct flat flat;
	size_t pixels = (size_t) thumbnail->width * thumbnail->height;
	int code = flat_choose (codec, thumbnail->channels, background, &flat, error);
	if (code < 0 || flat.from == flat.to)
		return code;
	uint8_t *rows = malloc (pixels * flat.to);
	if (!rows)
		return larder_fail_memory (error);
	flat_row (&flat, rows, thumbnail->rows, pixels);
	free (thumbnail->rows);
	thumbnail->rows = rows;
	thumbnail->channels = flat.to;
	return 0;
}

int
thumbnail_encode (struct thumbnail *thumbnail, struct larder *larder, const struct module *codec, const struct encoding *encoding, const char *background,
                  struct larder_call *call, struct buffer *into, struct larder_error *error)
{
	int code = flatten (thumbnail, codec, background, error);
	if (code < 0)
		return code;
	struct larder_encode request = {
		.size = sizeof request, .width = thumbnail->width, .height = thumbnail->height, .pixels = thumbnail->channels, /* the number of samples is the format: 1 GREY8 … 4 RGBA8 */
		.quality = encoding->quality, .effort = encoding->effort, .lossless = encoding->lossless,
	};
	struct encoder encoder = { 0 };
	code = encoder_begin (&encoder, larder, codec, &request, call, into, error);
	if (code == 0)
		code = encoder_rows (&encoder, thumbnail->rows, (size_t) thumbnail->width * thumbnail->channels, thumbnail->height, error);
	return encoder_end (&encoder, code, error);
}

void
thumbnail_free (struct thumbnail *thumbnail)
{
	free (thumbnail->rows);
	thumbnail->rows = NULL;
}
