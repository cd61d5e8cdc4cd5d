/* decode.c: JPEG to rows, by libjpeg-turbo.
 *
 * A picture of one scan streams. One of several is read whole, as coefficients, before its first row: scan by scan, so that
 * they can be counted and a cancel is seen. CMYK becomes RGB here, through its profile where it has one. */
#include "codec-jpeg.h"
#include "colour.h"

#include <limits.h>

#define FIXED_MEMORY (512 * 1024) /* libjpeg's tables and buffers of a few rows, our piece, a colour transform */
#define CANCEL_ROWS 64

enum phase { PHASE_HEADER, PHASE_READY, PHASE_ROWS };

struct decode {
	struct jpeg_decompress_struct jpeg;
	struct jpeg_source_mgr input;
	struct problems problems;
	struct markers markers;
	struct reader reader;
	struct larder_limits limits;
	enum phase phase;
	bool cut;                      /* the file ended, and libjpeg was told that the picture does */
	bool many;                     /* scans: the picture is held */
	int status;                    /* of the last jpeg_consume_input */
	bool seen[MAX_COMPONENTS];     /* in some scan */
	uint32_t pixels;
	struct shared_rows rows;
	uint8_t *inks;                 /* one row of CMYK, or NULL */
	uint8_t *into;                 /* what the step now running fills */
	size_t stride;
	uint32_t count;
	uint32_t scale;                /* sides are divided by it */
	struct colour *colour;
};

struct markers *
markers_of (j_common_ptr jpeg)
{
	return &((struct decode *) jpeg->client_data)->markers;
}

/* ---- the source, as libjpeg asks for it ---- */

static void
on_nothing (j_decompress_ptr jpeg)
{
	(void) jpeg;
}

/* Where the file ends libjpeg gets an end of picture, so that one that lacks nothing but that is read. Pixels that are missing
 * it then tells of by a warning. */
static boolean
on_fill (j_decompress_ptr jpeg)
{
	static const JOCTET end[2] = { 0xff, JPEG_EOI };
	struct decode *decode = jpeg->client_data;
	const uint8_t *piece = NULL;
	int64_t have = reader_peek (&decode->reader, &piece);
	if (have < 0)
		longjmp (decode->problems.stop, 1);
	decode->reader.next = decode->reader.have;
	decode->cut = decode->cut || have == 0;
	jpeg->src->next_input_byte = have > 0 ? piece : end;
	jpeg->src->bytes_in_buffer = have > 0 ? (size_t) have : sizeof end;
	return TRUE;
}

static void
on_skip (j_decompress_ptr jpeg, long count)
{
	struct jpeg_source_mgr *source = jpeg->src;
	while (count > 0 && (size_t) count > source->bytes_in_buffer) {
		count -= (long) source->bytes_in_buffer;
		(void) on_fill (jpeg);
	}
	source->next_input_byte += count > 0 ? count : 0;
	source->bytes_in_buffer -= count > 0 ? (size_t) count : 0;
}

static bool
attempt (struct decode *decode, void (*step) (struct decode *decode))
{
	if (setjmp (decode->problems.stop))
		return false;
	step (decode);
	return true;
}

/* Why the last step gave up. */
static int
explain (const struct decode *decode, struct larder_error *error)
{
	if (decode->reader.code != 0) {
		if (error != NULL)
			larder_give (error, &decode->reader.error);
		return decode->reader.code;
	}
	return problems_tell (&decode->problems, decode->cut ? decode->reader.offset : 0, error);
}

/* ---- header ---- */

static void
step_header (struct decode *decode)
{
	j_decompress_ptr jpeg = &decode->jpeg;
	jpeg_create_decompress (jpeg);
	jpeg->client_data = decode;
	jpeg->src = &decode->input;
	jpeg->mem->max_memory_to_use = decode->limits.memory < LONG_MAX ? (long) decode->limits.memory : LONG_MAX;
	markers_begin (jpeg);
	(void) jpeg_read_header (jpeg, TRUE);
	jpeg->out_color_space = jpeg->num_components == 1 ? JCS_GRAYSCALE : jpeg->num_components == 4 ? JCS_CMYK : JCS_RGB;
}

static int
check_start (struct decode *decode, struct larder_error *error)
{
	const uint8_t *head = NULL;
	int64_t have = reader_peek (&decode->reader, &head);
	if (have < 0)
		return explain (decode, error);
	return have > 0 ? 0 : larder_fail (error, LARDER_E_INTEGRITY, "picture is empty");
}

/* libjpeg could read arithmetic coding; what stores keep byte for byte hardly any other program could show. */
static int
check_kind (const struct decode *decode, struct larder_error *error)
{
	const struct jpeg_decompress_struct *jpeg = &decode->jpeg;
	int code = 0;
	if (jpeg->arith_code)
		code = larder_fail (error, LARDER_E_UNSUPPORTED, "picture is a JPEG with arithmetic coding, which next to no program reads");
	else if (jpeg->num_components != 1 && jpeg->num_components != 3 && jpeg->num_components != 4)
		code = larder_fail (error, LARDER_E_UNSUPPORTED, "picture is a JPEG of %d components, not of 1, 3 or 4", jpeg->num_components);
	if (code != 0)
		larder_explain (error, LARDER_DETAIL_NEXT, "export it as an ordinary JPEG: 8 bits, baseline or progressive, Huffman-coded");
	return code;
}

/* The smallest of 1/8, 1/4, 1/2 that is not below the wanted size. */
static unsigned
choose_scale (const struct decode *decode, const struct larder_decode *request)
{
	unsigned scale = request->want_width > 0 && request->want_height > 0 ? 8 : 1;
	while (scale > 1 && ((decode->jpeg.image_width + scale - 1) / scale < request->want_width ||
	                     (decode->jpeg.image_height + scale - 1) / scale < request->want_height))
		scale /= 2;
	return scale;
}

static void
step_scale (struct decode *decode)
{
	decode->jpeg.scale_num = 1;
	decode->jpeg.scale_denom = decode->scale;
	jpeg_calc_output_dimensions (&decode->jpeg);
}

static uint64_t
round_up (uint32_t value, int step)
{
	return ((uint64_t) value + (uint64_t) step - 1) / (uint64_t) step * (uint64_t) step;
}

/* The coefficients of all components where there are several scans, and libjpeg's rows of blocks and pixels. */
static uint64_t
memory_of (const struct decode *decode)
{
	const struct jpeg_decompress_struct *jpeg = &decode->jpeg;
	uint64_t bytes = FIXED_MEMORY + sizeof *decode + 8 * (uint64_t) jpeg->image_width * (uint64_t) jpeg->num_components;
	for (int i = 0; i < jpeg->num_components; i++) {
		const jpeg_component_info *part = &jpeg->comp_info[i];
		uint64_t across = round_up (part->width_in_blocks, part->h_samp_factor), down = round_up (part->height_in_blocks, part->v_samp_factor);
		bytes += across * DCTSIZE * DCTSIZE * (uint64_t) part->v_samp_factor * 4;
		if (decode->many)
			bytes += across * down * DCTSIZE2 * sizeof (JCOEF);
	}
	return bytes;
}

static const char *
colour_word (J_COLOR_SPACE space)
{
	switch (space) {
	case JCS_GRAYSCALE:
		return "grey";
	case JCS_CMYK:
		return "cmyk";
	case JCS_YCCK:
		return "ycck";
	default:
		return "rgb";
	}
}

/* The profile of inks is used up here: the rows are sRGB already. */
static int
read_profile (struct decode *decode, struct larder_call *call, struct larder_picture *picture, struct larder_error *error)
{
	const char *note = NULL;
	const uint8_t *profile = markers_profile (&decode->markers, &note);
	char *name = larder_host->arena (call, 80);
	if (name == NULL || decode->markers.no_memory)
		return shared_fail_memory (error);
	bool inks = decode->jpeg.out_color_space == JCS_CMYK;
	size_t length = decode->markers.total;
	enum colour_verdict verdict = profile == NULL ? COLOUR_SRGB
		: inks ? colour_open_inks (profile, length, decode->jpeg.saw_Adobe_marker, &decode->colour, name, 80)
		: colour_open (profile, length, decode->pixels, decode->pixels == LARDER_GREY8, &decode->colour, name, 80);
	note = note != NULL ? note : colour_note (verdict);
	if (note != NULL)
		problems_note (&decode->problems, note);
	if (profile == NULL || verdict == COLOUR_BROKEN || verdict == COLOUR_WRONG)
		return 0;
	picture->profile = name;
	picture->icc = inks ? NULL : profile;
	picture->icc_length = inks ? 0 : length;
	picture->flags |= verdict == COLOUR_CONVERT && !inks ? LARDER_PICTURE_NOT_SRGB : 0;
	return 0;
}

static int
describe (struct decode *decode, struct larder_call *call, struct larder_picture *picture, struct larder_error *error)
{
	const struct jpeg_decompress_struct *jpeg = &decode->jpeg;
	decode->pixels = jpeg->out_color_space == JCS_GRAYSCALE ? LARDER_GREY8 : LARDER_RGB8;
	decode->rows = (struct shared_rows) { .height = jpeg->output_height, .bytes = jpeg->output_width * larder_pixel_bytes (decode->pixels) };
	picture->width = jpeg->output_width;
	picture->height = jpeg->output_height;
	picture->full_width = jpeg->image_width;
	picture->full_height = jpeg->image_height;
	picture->pixels = decode->pixels;
	picture->depth = (uint32_t) jpeg->data_precision;
	picture->frames = 1;
	picture->colour = colour_word (jpeg->jpeg_color_space);
	picture->flags = (decode->many ? 0 : LARDER_PICTURE_ROWS) | (jpeg->progressive_mode ? LARDER_PICTURE_INTERLACED : 0);
	picture->orientation = decode->markers.exif != NULL ? shared_orientation (decode->markers.exif, decode->markers.exif_length) : 1;
	int code = read_profile (decode, call, picture, error);
	if (code != 0 || decode->problems.note[0] == '\0')
		return code;
	char *note = larder_host->arena (call, sizeof decode->problems.note);
	if (note == NULL)
		return shared_fail_memory (error);
	memcpy (note, decode->problems.note, sizeof decode->problems.note);
	picture->note = note;
	picture->flags |= LARDER_PICTURE_NOTE;
	return 0;
}

/* Each scan costs time for the whole picture. Where they cannot be counted now, that is done while they are read. */
static int
count_scans (const struct decode *decode, struct larder_error *error)
{
	const struct larder_source *source = decode->reader.source;
	uint32_t scans = 0;
	int code = source->pread != NULL ? scans_count (source, decode->limits.scans, &scans, error) : 0;
	return code != 0 ? code : shared_check_scans (&decode->limits, scans, error);
}

static int
admit (struct decode *decode, uint64_t file, struct larder_picture *picture, struct larder_error *error)
{
	const struct jpeg_decompress_struct *jpeg = &decode->jpeg;
	int code = shared_check_size (&decode->limits, jpeg->image_width, jpeg->image_height, error);
	if (code == 0)
		code = shared_check_expansion (&decode->limits, jpeg->image_width, jpeg->image_height, 3, file, error);
	if (code == 0)
		code = shared_check_frames (&decode->limits, 1, error);
	if (code != 0)
		return code;
	decode->many = jpeg_has_multiple_scans (&decode->jpeg);
	if (decode->many)
		code = count_scans (decode, error);
	if (code != 0)
		return code;
	picture->memory = memory_of (decode);
	return shared_check_memory (&decode->limits, picture->memory, error);
}

static int
begin (struct decode *decode, struct larder_call *call, const struct larder_decode *request, struct larder_picture *picture,
       struct larder_error *error)
{
	decode->jpeg.err = problems_begin (&decode->problems);
	decode->input = (struct jpeg_source_mgr) {
		.init_source = on_nothing, .fill_input_buffer = on_fill, .skip_input_data = on_skip,
		.resync_to_restart = jpeg_resync_to_restart, .term_source = on_nothing,
	};
	int code = check_start (decode, error);
	if (code == 0 && !attempt (decode, step_header))
		code = explain (decode, error);
	if (code == 0)
		code = check_kind (decode, error);
	if (code == 0)
		code = admit (decode, decode->reader.source->length, picture, error);
	if (code != 0)
		return code;
	decode->scale = choose_scale (decode, request);
	if (!attempt (decode, step_scale))
		return explain (decode, error);
	decode->phase = request->header_only ? PHASE_HEADER : PHASE_READY;
	return describe (decode, call, picture, error);
}

int
decode_begin (const void *self, struct larder_call *call, const struct larder_decode *request,
              const struct larder_source *source, struct larder_picture *ret_picture, void **ret_state,
              struct larder_error *error)
{
	(void) self;
	struct larder_decode ours = shared_decode_request (request);
	struct larder_picture picture = { .size = sizeof picture };
	int code = shared_check_memory (&ours.limits, sizeof (struct decode), error);
	if (code != 0)
		return code;
	struct decode *decode = larder_host->alloc (sizeof *decode);
	if (decode == NULL)
		return shared_fail_memory (error);
	decode->limits = ours.limits;
	decode->markers.most = ours.limits.metadata;
	code = reader_begin (&decode->reader, source, error);
	if (code == 0)
		code = begin (decode, call, &ours, &picture, error);
	if (code != 0) {
		decode_end (decode);
		return code;
	}
	larder_give (ret_picture, &picture);
	*ret_state = decode;
	return 0;
}

/* ---- several scans ---- */

static void
step_start (struct decode *decode)
{
	decode->jpeg.buffered_image = decode->many;
	(void) jpeg_start_decompress (&decode->jpeg);
}

static void
step_consume (struct decode *decode)
{
	decode->status = jpeg_consume_input (&decode->jpeg);
}

static void
step_output (struct decode *decode)
{
	(void) jpeg_start_output (&decode->jpeg, decode->jpeg.input_scan_number);
}

static int
look_at_scan (struct decode *decode, struct larder_error *error)
{
	const struct jpeg_decompress_struct *jpeg = &decode->jpeg;
	for (int i = 0; i < jpeg->comps_in_scan; i++)
		decode->seen[jpeg->cur_comp_info[i]->component_index] = true;
	return shared_check_scans (&decode->limits, (uint32_t) jpeg->input_scan_number, error);
}

/* libjpeg is content with the scans it met, and shows grey for what they lack. A file that ended too early may have lost some. */
static int
check_scans (const struct decode *decode, struct larder_error *error)
{
	const struct jpeg_decompress_struct *jpeg = &decode->jpeg;
	bool whole = true, fine = true;
	for (int i = 0; i < jpeg->num_components; i++) {
		whole = whole && decode->seen[i] && (jpeg->coef_bits == NULL || jpeg->coef_bits[i][0] >= 0);
		for (int k = 0; jpeg->coef_bits != NULL && k < DCTSIZE2; k++)
			fine = fine && jpeg->coef_bits[i][k] == 0;
	}
	if (decode->cut && !(whole && fine))
		return larder_fail (error, LARDER_E_INTEGRITY, "picture is cut short: the file ends after %llu bytes",
		                    (unsigned long long) decode->reader.offset);
	return whole ? 0 : larder_fail (error, LARDER_E_INTEGRITY, "picture is damaged: some of its components are in no scan");
}

static int
read_scans (struct decode *decode, struct larder_call *call, struct larder_error *error)
{
	int code = look_at_scan (decode, error);
	while (code == 0 && decode->status != JPEG_REACHED_EOI) {
		code = shared_check_cancel (call, error);
		if (code == 0 && !attempt (decode, step_consume))
			code = explain (decode, error);
		if (code == 0 && decode->status == JPEG_REACHED_SOS)
			code = look_at_scan (decode, error);
	}
	if (code == 0)
		code = check_scans (decode, error);
	return code != 0 || attempt (decode, step_output) ? code : explain (decode, error);
}

/* ---- rows ---- */

static int
start (struct decode *decode, struct larder_call *call, struct larder_error *error)
{
	if (decode->jpeg.out_color_space == JCS_CMYK) {
		decode->inks = larder_host->alloc ((size_t) decode->jpeg.output_width * 4);
		if (decode->inks == NULL)
			return shared_fail_memory (error);
	}
	decode->phase = PHASE_ROWS;
	decode->problems.rows = true;
	if (!attempt (decode, step_start))
		return explain (decode, error);
	return decode->many ? read_scans (decode, call, error) : 0;
}

static uint8_t
part_of (unsigned value, unsigned of)
{
	unsigned product = value * of + 128;
	return (uint8_t) ((product + (product >> 8)) >> 8); /* value × of / 255, rounded */
}

/* Without a profile: red is what cyan and black leave. With an Adobe marker the numbers are of light, not of ink. */
static void
inks_to_rgb (const struct decode *decode, uint8_t *into)
{
	const uint8_t *from = decode->inks, flip = decode->jpeg.saw_Adobe_marker ? 0 : 255;
	if (decode->colour != NULL) {
		colour_inks (decode->colour, into, from, decode->jpeg.output_width);
		return;
	}
	for (uint32_t x = 0; x < decode->jpeg.output_width; x++, from += 4)
		for (int c = 0; c < 3; c++) {
			uint8_t light = from[3] ^ flip, ink = (uint8_t) (255 - (from[c] ^ flip));
			*into++ = (uint8_t) (light - part_of (ink, light));
		}
}

static void
step_rows (struct decode *decode)
{
	for (uint32_t i = 0; i < decode->count; i++, decode->into += decode->stride) {
		JSAMPROW out = decode->inks != NULL ? decode->inks : decode->into;
		(void) jpeg_read_scanlines (&decode->jpeg, &out, 1);
		if (decode->inks != NULL)
			inks_to_rgb (decode, decode->into);
	}
}

static void
step_end (struct decode *decode)
{
	if (decode->many)
		(void) jpeg_finish_output (&decode->jpeg);
	(void) jpeg_finish_decompress (&decode->jpeg);
}

/* All pixels are there. Damage behind them loses nothing and is noted, but a source that fails must be told. */
static int
read_end (struct decode *decode, struct larder_error *error)
{
	const struct reader *reader = &decode->reader;
	decode->problems.rows = false;
	if (!attempt (decode, step_end)) {
		if (reader->code != 0)
			return explain (decode, error);
		problems_note (&decode->problems, decode->problems.message);
	}
	if (decode->cut)
		problems_note (&decode->problems, "the file ends before the picture's end is marked");
	else if (reader->offset - decode->input.bytes_in_buffer < reader->source->length)
		problems_note (&decode->problems, "bytes follow the end of the picture");
	return 0;
}

static int
read_turn (void *codec, uint32_t count, struct larder_error *error)
{
	struct decode *decode = codec;
	decode->count = count;
	if (!attempt (decode, step_rows))
		return explain (decode, error);
	decode->rows.next += count;
	return 0;
}

static int
read_rows (struct decode *decode, struct larder_call *call, uint8_t *rows, size_t stride, uint32_t count, struct larder_error *error)
{
	decode->into = rows;
	decode->stride = stride;
	int code = shared_turns (call, count, CANCEL_ROWS, read_turn, decode, error);
	return code == 0 && decode->rows.next == decode->rows.height ? read_end (decode, error) : code;
}

int
decode_rows (void *state, struct larder_call *call, void *rows, size_t stride, uint32_t count, struct larder_error *error)
{
	struct decode *decode = state;
	int code = decode->phase == PHASE_HEADER ? larder_fail (error, LARDER_E_INVALID, "only the header of this picture was asked for")
	                                         : shared_check_rows (&decode->rows, stride, count, error);
	if (code != 0 || count == 0)
		return code;
	if (decode->phase == PHASE_READY)
		code = start (decode, call, error);
	if (code == 0)
		code = read_rows (decode, call, rows, stride, count, error);
	decode->rows.failed = code != 0;
	return code;
}

int
decode_to_srgb (void *state, struct larder_call *call, void *rows, size_t stride, uint32_t count, struct larder_error *error)
{
	const struct decode *decode = state;
	int code = shared_check_cancel (call, error);
	if (code == 0 && decode->colour != NULL && decode->jpeg.out_color_space != JCS_CMYK)
		colour_rows (decode->colour, rows, stride, decode->jpeg.output_width, count);
	return code;
}

const char *
decode_note (void *state)
{
	const struct decode *decode = state;
	return decode->problems.note[0] != '\0' ? decode->problems.note : NULL;
}

void
decode_end (void *state)
{
	struct decode *decode = state;
	if (decode == NULL)
		return;
	if (decode->jpeg.mem != NULL)
		jpeg_destroy_decompress (&decode->jpeg);
	colour_close (decode->colour);
	markers_free (&decode->markers);
	larder_host->free (decode->inks);
	larder_host->free (decode);
}
