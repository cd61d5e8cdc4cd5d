/* encode.c: rows to JPEG, by libjpeg-turbo; rows go out as they come, unless the picture is progressive.
 *
 * As in decode.c, libjpeg is called only in steps run by attempt(). */
#include "codec-jpeg.h"

#include <stddef.h>

#define CANCEL_ROWS 16
#define EFFORT_OPTIMAL 5 /* from here on Huffman tables are made for the picture, which is held for it */

struct encode {
	struct jpeg_compress_struct jpeg;
	struct jpeg_destination_mgr output;
	struct problems problems;
	const struct jpeg_options *options;
	struct larder_encode request;
	struct shared_rows rows;
	const uint8_t *from;           /* what the step now running takes */
	size_t stride;
	uint32_t count;
	struct writer writer;
};

/* ---- the sink, as libjpeg asks for it: it fills the writer's piece itself ---- */

static void
on_begin (j_compress_ptr jpeg)
{
	struct encode *encode = jpeg->client_data;
	jpeg->dest->next_output_byte = encode->writer.piece;
	jpeg->dest->free_in_buffer = PIECE_BYTES;
}

static void
drain (j_compress_ptr jpeg, size_t filled)
{
	struct encode *encode = jpeg->client_data;
	encode->writer.filled = filled;
	if (!writer_drain (&encode->writer))
		longjmp (encode->problems.stop, 1);
	on_begin (jpeg);
}

/* "Full" is what it says, whatever free_in_buffer holds now. */
static boolean
on_full (j_compress_ptr jpeg)
{
	drain (jpeg, PIECE_BYTES);
	return TRUE;
}

static void
on_end (j_compress_ptr jpeg)
{
	drain (jpeg, PIECE_BYTES - jpeg->dest->free_in_buffer);
}

static bool
attempt (struct encode *encode, void (*step) (struct encode *encode))
{
	if (setjmp (encode->problems.stop))
		return false;
	step (encode);
	return true;
}

static int
explain (struct encode *encode, struct larder_error *error)
{
	encode->rows.failed = true;
	if (encode->writer.code == 0)
		return problems_tell (&encode->problems, 0, error);
	if (error != NULL)
		larder_give (error, &encode->writer.error);
	return encode->writer.code;
}

/* ---- header ---- */

static int
check_request (const struct larder_encode *request, struct larder_error *error)
{
	bool grey = request->pixels == LARDER_GREY8;
	if (request->width < 1 || request->height < 1 || request->width > JPEG_SIDE_MOST || request->height > JPEG_SIDE_MOST) {
		int code = larder_fail (error, LARDER_E_LIMIT, "picture is %u × %u pixels, JPEG holds 1 to %d each way", request->width,
		                        request->height, JPEG_SIDE_MOST);
		larder_explain (error, LARDER_DETAIL_NEXT, "encode it as png, or make it smaller");
		return code;
	}
	if (!grey && request->pixels != LARDER_RGB8)
		return larder_fail (error, LARDER_E_UNSUPPORTED, "JPEG holds grey and RGB of 8 bits, not pixel format %u", request->pixels);
	if (request->quality > 100)
		return larder_fail (error, LARDER_E_INVALID, "quality %d is not between 0 and 100", request->quality);
	if (request->text.count > 0)
		return larder_fail (error, LARDER_E_UNSUPPORTED, "comments are not written into JPEG, and %zu were given", request->text.count);
	const char *icc = request->icc;
	if (icc != NULL && (request->icc_length < 128 || memcmp (icc + 16, grey ? "GRAY" : "RGB ", 4) != 0))
		return larder_fail (error, LARDER_E_INVALID, "colour profile is not for %s pixels", grey ? "grey" : "RGB");
	return icc == NULL || request->icc_length <= 255 * 65519 ? 0
		: larder_fail (error, LARDER_E_LIMIT, "colour profile of %zu bytes does not fit into a JPEG", request->icc_length);
}

/* How much smaller than the picture its two colour planes are. */
static void
set_subsampling (j_compress_ptr jpeg, uint32_t subsampling)
{
	jpeg->comp_info[0].h_samp_factor = subsampling < 2 ? 2 : 1;
	jpeg->comp_info[0].v_samp_factor = subsampling < 1 ? 2 : 1;
	for (int i = 1; i < 3; i++)
		jpeg->comp_info[i].h_samp_factor = jpeg->comp_info[i].v_samp_factor = 1;
}

static void
step_header (struct encode *encode)
{
	j_compress_ptr jpeg = &encode->jpeg;
	const struct larder_encode *request = &encode->request;
	bool grey = request->pixels == LARDER_GREY8;
	jpeg_create_compress (jpeg);
	jpeg->client_data = encode;
	jpeg->dest = &encode->output;
	jpeg->image_width = request->width;
	jpeg->image_height = request->height;
	jpeg->input_components = grey ? 1 : 3;
	jpeg->in_color_space = grey ? JCS_GRAYSCALE : JCS_RGB;
	jpeg_set_defaults (jpeg);
	jpeg_set_quality (jpeg, (int) (request->quality < 0 ? encode->options->quality : request->quality), TRUE);
	jpeg->optimize_coding = request->effort >= EFFORT_OPTIMAL;
	if (!grey)
		set_subsampling (jpeg, encode->options->subsampling);
	if (encode->options->progressive)
		jpeg_simple_progression (jpeg);
	jpeg_start_compress (jpeg, TRUE);
	if (request->icc != NULL)
		jpeg_write_icc_profile (jpeg, request->icc, (unsigned) request->icc_length);
}

int
encode_begin (const void *self, struct larder_call *call, const struct larder_encode *request,
              const struct larder_sink *sink, void **ret_state, struct larder_error *error)
{
	static const struct jpeg_options plain = { .quality = 85 };
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
	encode->output = (struct jpeg_destination_mgr) { .init_destination = on_begin, .empty_output_buffer = on_full, .term_destination = on_end };
	encode->jpeg.err = problems_begin (&encode->problems);
	writer_begin (&encode->writer, sink);
	if (!attempt (encode, step_header)) {
		code = explain (encode, error);
		(void) encode_end (encode, call, false, NULL);
		return code;
	}
	encode->request.icc = NULL; /* the caller's, and only until now */
	*ret_state = encode;
	return 0;
}

/* ---- rows ---- */

static void
step_rows (struct encode *encode)
{
	for (uint32_t i = 0; i < encode->count; i++, encode->from += encode->stride) {
		JSAMPROW in;
		memcpy (&in, &encode->from, sizeof in); /* libjpeg does not change it */
		(void) jpeg_write_scanlines (&encode->jpeg, &in, 1);
	}
}

static void
step_end (struct encode *encode)
{
	jpeg_finish_compress (&encode->jpeg);
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
	return attempt (encode, step_end) ? 0 : explain (encode, error);
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
	if (encode->jpeg.mem != NULL)
		jpeg_destroy_compress (&encode->jpeg);
	larder_host->free (encode);
	return code;
}
