/* encode.c: rows to PNG, by libpng; rows go out as they come.
 *
 * As in decode.c, libpng is called only in steps run by attempt(). */
#include "codec-png.h"

#include <png.h>
#include <zlib.h>

#define TEXT_MOST (1024 * 1024)
#define CANCEL_ROWS 16

struct encode {
	png_structp png;
	png_infop info;
	const struct png_options *options;
	struct larder_encode request;
	bool no_memory;
	char message[160];
	struct shared_rows rows;
	const uint8_t *from;           /* what the step now running takes */
	size_t stride;
	uint32_t count;
	struct writer writer;
};

/* ---- libpng's callbacks ---- */

static void
on_error (png_structp png, png_const_charp text)
{
	struct encode *encode = png_get_error_ptr (png);
	size_t length = strnlen (text, sizeof encode->message - 1);
	memcpy (encode->message, text, length);
	encode->message[length] = '\0';
	png_longjmp (png, 1);
}

static void
on_warning (png_structp png, png_const_charp text)
{
	(void) png;
	larder_host->log (LARDER_LOG_DEBUG, "png: %s", text);
}

static void
on_write (png_structp png, png_bytep bytes, size_t count)
{
	struct encode *encode = png_get_io_ptr (png);
	if (!writer_add (&encode->writer, bytes, count))
		png_error (png, "the sink failed");
}

static void
on_flush (png_structp png)
{
	(void) png;
}

static png_voidp
on_alloc (png_structp png, png_alloc_size_t count)
{
	struct encode *encode = png_get_mem_ptr (png);
	void *memory = larder_host->alloc (count);
	encode->no_memory = encode->no_memory || memory == NULL;
	return memory;
}

static void
on_free (png_structp png, png_voidp memory)
{
	(void) png;
	larder_host->free (memory);
}

static bool
attempt (struct encode *encode, void (*step) (struct encode *encode))
{
	if (setjmp (png_jmpbuf (encode->png)))
		return false;
	step (encode);
	return true;
}

static int
explain (struct encode *encode, struct larder_error *error)
{
	encode->rows.failed = true;
	if (encode->writer.code != 0) {
		if (error != NULL)
			larder_give (error, &encode->writer.error);
		return encode->writer.code;
	}
	if (encode->no_memory)
		return shared_fail_memory (error);
	return larder_fail (error, LARDER_E_INVALID, "cannot write this picture as PNG: %s", encode->message);
}

/* ---- header ---- */

static int
color_type (uint32_t pixels)
{
	return (larder_pixel_samples (pixels) > 2 ? PNG_COLOR_MASK_COLOR : 0) | (larder_pixel_alpha (pixels) ? PNG_COLOR_MASK_ALPHA : 0);
}

/* libpng would write the picture without a profile that does not suit it. */
static int
check_profile (const struct larder_encode *request, struct larder_error *error)
{
	const uint8_t *icc = request->icc;
	bool grey = larder_pixel_samples (request->pixels) < 3;
	if (icc == NULL)
		return 0;
	if (request->icc_length < 132 || request->icc_length > INT32_MAX)
		return larder_fail (error, LARDER_E_INVALID, "colour profile of %zu bytes is not one", request->icc_length);
	if (memcmp (icc + 16, grey ? "GRAY" : "RGB ", 4) != 0)
		return larder_fail (error, LARDER_E_INVALID, "colour profile is not for %s pixels", grey ? "grey" : "RGB");
	return 0;
}

/* A keyword is 1 to 79 bytes; its letters are checked by libpng. */
static int
check_text (const struct larder_pairs *text, struct larder_error *error)
{
	for (size_t i = 0; i < text->count; i++) {
		const struct larder_pair *pair = larder_pair_at (text, i);
		size_t name = strlen (pair->name), value = strlen (pair->value);
		if (name < 1 || name > 79)
			return larder_fail (error, LARDER_E_LIMIT, "name of comment '%.100s' has %zu bytes, PNG allows 1 to 79", pair->name, name);
		if (value > TEXT_MOST)
			return larder_fail (error, LARDER_E_LIMIT, "comment '%s' has %zu bytes, the limit is %d", pair->name, value, TEXT_MOST);
	}
	return 0;
}

static int
check_request (const struct larder_encode *request, struct larder_error *error)
{
	if (larder_pixel_bytes (request->pixels) == 0)
		return larder_fail (error, LARDER_E_UNSUPPORTED, "pixel format %u is unknown to PNG", request->pixels);
	if (request->width < 1 || request->height < 1 || request->width > INT32_MAX || request->height > INT32_MAX)
		return larder_fail (error, LARDER_E_LIMIT, "picture is %u × %u pixels, PNG holds 1 to %d each way", request->width,
		                    request->height, INT32_MAX);
	int code = check_profile (request, error);
	return code != 0 ? code : check_text (&request->text, error);
}

static void
write_text (struct encode *encode)
{
	for (size_t i = 0; i < encode->request.text.count; i++) {
		const struct larder_pair *pair = larder_pair_at (&encode->request.text, i);
		bool ascii = true;
		for (const char *at = pair->value; *at != '\0'; at++)
			ascii = ascii && (unsigned char) *at < 0x80;
		png_text text = { .compression = ascii ? PNG_TEXT_COMPRESSION_NONE : PNG_ITXT_COMPRESSION_NONE };
		/* libpng takes pointers to what it does not change */
		memcpy (&text.key, &pair->name, sizeof text.key);
		memcpy (&text.text, &pair->value, sizeof text.text);
		text.text_length = ascii ? strlen (pair->value) : 0;
		text.itxt_length = ascii ? 0 : strlen (pair->value);
		png_set_text (encode->png, encode->info, &text, 1);
	}
}

/* effort, where given, goes before the options: from 7 on zlib searches for repetitions. */
static void
set_compression (struct encode *encode)
{
	static const int strategies[] = { Z_RLE, Z_DEFAULT_STRATEGY, Z_FILTERED, Z_HUFFMAN_ONLY };
	static const int filters[] = { PNG_ALL_FILTERS, PNG_FILTER_NONE, PNG_FILTER_SUB, PNG_FILTER_UP, PNG_FILTER_AVG, PNG_FILTER_PAETH };
	const struct png_options *options = encode->options;
	int level = (int) options->level, strategy = strategies[options->strategy % 4];
	if (encode->request.effort >= 0) {
		level = encode->request.effort > 9 ? 9 : encode->request.effort;
		strategy = level >= 7 ? Z_FILTERED : Z_RLE;
	}
	png_set_compression_level (encode->png, level);
	png_set_compression_strategy (encode->png, strategy);
	png_set_compression_buffer_size (encode->png, PIECE_BYTES);
	png_set_filter (encode->png, PNG_FILTER_TYPE_BASE, filters[options->filter % 6]);
}

static void
step_header (struct encode *encode)
{
	const struct larder_encode *request = &encode->request;
	png_structp png = encode->png;
	const uint16_t one = 1;
	bool wide = larder_pixel_wide (request->pixels);
	png_set_write_fn (png, encode, on_write, on_flush);
	png_set_user_limits (png, INT32_MAX, INT32_MAX);
	png_set_IHDR (png, encode->info, request->width, request->height, wide ? 16 : 8, color_type (request->pixels),
	              PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
	set_compression (encode);
	if (request->icc != NULL) {
		png_set_iCCP (png, encode->info, "icc", PNG_COMPRESSION_TYPE_BASE, request->icc, (png_uint_32) request->icc_length);
		if (png_get_valid (png, encode->info, PNG_INFO_iCCP) == 0)
			png_error (png, "its colour profile is damaged");
	}
	write_text (encode);
	png_write_info (png, encode->info);
	if (wide && *(const uint8_t *) &one == 1)
		png_set_swap (png);
}

static int
open_libpng (struct encode *encode, struct larder_error *error)
{
	encode->png = png_create_write_struct_2 (PNG_LIBPNG_VER_STRING, encode, on_error, on_warning, encode, on_alloc, on_free);
	if (encode->png != NULL)
		encode->info = png_create_info_struct (encode->png);
	if (encode->info == NULL)
		return shared_fail_memory (error);
	return attempt (encode, step_header) ? 0 : explain (encode, error);
}

int
encode_begin (const void *self, struct larder_call *call, const struct larder_encode *request,
              const struct larder_sink *sink, void **ret_state, struct larder_error *error)
{
	static const struct png_options plain = { .level = 6 };
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
	encode->options = self != NULL ? self : &plain;
	encode->rows = (struct shared_rows) { .height = ours.height, .bytes = ours.width * larder_pixel_bytes (ours.pixels) };
	writer_begin (&encode->writer, sink);
	code = open_libpng (encode, error);
	if (code != 0) {
		(void) encode_end (encode, call, false, NULL);
		return code;
	}
	/* what they point at is the caller's, and only until now */
	encode->request.icc = NULL;
	encode->request.text.count = 0;
	*ret_state = encode;
	return 0;
}

/* ---- rows ---- */

static void
step_rows (struct encode *encode)
{
	for (uint32_t i = 0; i < encode->count; i++, encode->from += encode->stride)
		png_write_row (encode->png, encode->from);
}

static void
step_end (struct encode *encode)
{
	png_write_end (encode->png, NULL);
}

static int
write_turn (void *codec, uint32_t count, struct larder_error *error)
{
	struct encode *encode = codec;
	encode->count = count;
	if (!attempt (encode, step_rows))
		return explain (encode, error);
	encode->rows.next += count;
	return 0;
}

int
encode_rows (void *state, struct larder_call *call, const void *rows, size_t stride, uint32_t count, struct larder_error *error)
{
	struct encode *encode = state;
	int code = shared_check_rows (&encode->rows, stride, count, error);
	encode->from = rows;
	encode->stride = stride;
	return code == 0 ? shared_turns (call, count, CANCEL_ROWS, write_turn, encode, error) : code;
}

static int
finish_picture (struct encode *encode, struct larder_error *error)
{
	int code = shared_check_complete (&encode->rows, error);
	if (code != 0)
		return code;
	return attempt (encode, step_end) && writer_drain (&encode->writer) ? 0 : explain (encode, error);
}

int
encode_end (void *state, struct larder_call *call, bool finish, struct larder_error *error)
{
	struct encode *encode = state;
	if (encode == NULL)
		return 0;
	int code = finish ? shared_check_cancel (call, error) : 0;
	if (finish && code == 0)
		code = finish_picture (encode, error);
	if (encode->png != NULL)
		png_destroy_write_struct (&encode->png, &encode->info);
	larder_host->free (encode);
	return code;
}
