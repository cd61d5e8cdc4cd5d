/* decode.c: PNG to rows, by libpng.
 *
 * libpng reports errors by longjmp. All of its calls that can fail are made in small step functions that
 * keep nothing in locals, run by attempt(), which holds the only setjmp.
 *
 * Which chunks count: the critical ones, tRNS, iCCP, eXIf, acTL. All others are stepped over unread, so that text
 * and unknown chunks cost nothing. gAMA and cHRM are ignored, as most programs do; a profile decides alone. */
#include "codec-png.h"
#include "colour.h"

#include <png.h>

#define FIXED_MEMORY (512 * 1024) /* libpng, zlib, our piece, and a colour transform */
#define CANCEL_ROWS 64

enum phase { PHASE_HEADER, PHASE_ROWS, PHASE_END };

struct decode {
	struct reader reader;
	png_structp png;
	png_infop info;
	enum phase phase;
	bool no_memory;
	char message[160];             /* of libpng, when it gave up */
	char note[160];                /* odd but harmless */
	struct larder_limits limits;
	uint32_t width, height, pixels;
	int depth, type, interlace;
	struct shared_rows rows;
	uint8_t *whole;                /* an interlaced picture */
	uint8_t *into;                 /* what the step now running fills */
	size_t stride;
	uint32_t count;
	struct colour *colour;
};

/* ---- libpng's callbacks ---- */

static void
on_error (png_structp png, png_const_charp text)
{
	struct decode *decode = png_get_error_ptr (png);
	size_t length = strnlen (text, sizeof decode->message - 1);
	memcpy (decode->message, text, length);
	decode->message[length] = '\0';
	png_longjmp (png, 1);
}

static void
keep_note (struct decode *decode, const char *text)
{
	size_t length = strnlen (text, sizeof decode->note - 1);
	if (decode->note[0] != '\0')
		return;
	memcpy (decode->note, text, length);
	decode->note[length] = '\0';
}

/* libpng warns of what it can go on after. While the picture is being read all of it is damage (a wrong
 * Adler-32, too many rows), and so is a lost transparency; the rest is harmless. */
static void
on_warning (png_structp png, png_const_charp text)
{
	struct decode *decode = png_get_error_ptr (png);
	bool harmless = decode->phase != PHASE_ROWS || strstr (text, "Extra compressed data") != NULL;
	if (!harmless || strncmp (text, "tRNS: CRC", 9) == 0)
		png_error (png, text);
	bool over = strstr (text, "chunk data is too large") != NULL || strstr (text, "exceeds application limits") != NULL;
	keep_note (decode, over ? "a chunk of it is over 'max-metadata' and was ignored" : text);
}

static void
on_read (png_structp png, png_bytep into, size_t count)
{
	struct decode *decode = png_get_io_ptr (png);
	if (!reader_take (&decode->reader, into, count))
		png_error (png, "the file ends early");
}

static png_voidp
on_alloc (png_structp png, png_alloc_size_t count)
{
	struct decode *decode = png_get_mem_ptr (png);
	void *memory = larder_host->alloc (count);
	decode->no_memory = decode->no_memory || memory == NULL;
	return memory;
}

static void
on_free (png_structp png, png_voidp memory)
{
	(void) png;
	larder_host->free (memory);
}

static bool
attempt (struct decode *decode, void (*step) (struct decode *decode))
{
	if (setjmp (png_jmpbuf (decode->png)))
		return false;
	step (decode);
	return true;
}

/* Why the last step gave up. */
static int
explain (struct decode *decode, struct larder_error *error)
{
	if (decode->reader.code != 0) {
		if (error != NULL)
			larder_give (error, &decode->reader.error);
		return decode->reader.code;
	}
	if (decode->reader.ended)
		return larder_fail (error, LARDER_E_INTEGRITY, "picture is cut short: the file ends after %llu bytes",
		                    (unsigned long long) decode->reader.offset);
	if (decode->no_memory)
		return shared_fail_memory (error);
	return larder_fail (error, LARDER_E_INTEGRITY, "picture is damaged: %s", decode->message);
}

/* ---- header ---- */

/* Signature and size, before libpng sees anything. */
static int
check_head (struct decode *decode, struct larder_error *error)
{
	static const uint8_t signature[8] = { 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n' };
	const uint8_t *head = NULL;
	int64_t have = reader_peek (&decode->reader, &head);
	if (have < 0)
		return explain (decode, error);
	if (have == 0)
		return larder_fail (error, LARDER_E_INTEGRITY, "picture is empty");
	if (memcmp (head, signature, have < 8 ? (size_t) have : 8) != 0)
		return larder_fail (error, LARDER_E_UNSUPPORTED, "not a PNG picture");
	if (have < 33)
		return larder_fail (error, LARDER_E_INTEGRITY, "picture is cut short: the file ends after %lld bytes", (long long) have);
	uint32_t width = shared_number (head + 16, 4, true), height = shared_number (head + 20, 4, true);
	if (memcmp (head + 12, "IHDR", 4) != 0 || width > INT32_MAX || height > INT32_MAX)
		return larder_fail (error, LARDER_E_INTEGRITY, "picture is damaged: its header is not one of a PNG");
	return shared_check_size (&decode->limits, width, height, error);
}

static void
step_header (struct decode *decode)
{
	/* "" would mean all unknown chunks; the names are five bytes each, with their NUL */
	static const png_byte skipped[] = "gAMA\0cHRM\0sRGB\0sBIT\0bKGD\0hIST\0pHYs\0tIME\0tEXt\0zTXt\0iTXt\0sPLT\0oFFs\0pCAL\0sCAL";
	static const png_byte kept[] = "eXIf\0acTL";
	png_structp png = decode->png;
	uint64_t most = decode->limits.metadata;
	png_set_user_limits (png, INT32_MAX, INT32_MAX);
	png_set_chunk_malloc_max (png, most == 0 ? 1 : most > SIZE_MAX ? SIZE_MAX : (png_alloc_size_t) most);
	png_set_keep_unknown_chunks (png, PNG_HANDLE_CHUNK_NEVER, NULL, 0);
	png_set_keep_unknown_chunks (png, PNG_HANDLE_CHUNK_NEVER, skipped, sizeof skipped / 5);
	png_set_keep_unknown_chunks (png, PNG_HANDLE_CHUNK_ALWAYS, kept, sizeof kept / 5);
	png_set_read_fn (png, decode, on_read);
	png_read_info (png, decode->info);
	png_uint_32 width, height;
	png_get_IHDR (png, decode->info, &width, &height, &decode->depth, &decode->type, &decode->interlace, NULL, NULL);
	decode->width = width;
	decode->height = height;
}

static bool
has_transparency (const struct decode *decode)
{
	return (decode->type & PNG_COLOR_MASK_ALPHA) != 0 || png_get_valid (decode->png, decode->info, PNG_INFO_tRNS) != 0;
}

/* Palette becomes RGB, few bits become 8, a colour key becomes alpha. */
static uint32_t
choose_pixels (const struct decode *decode)
{
	bool wide = decode->depth == 16, alpha = has_transparency (decode);
	if ((decode->type & PNG_COLOR_MASK_COLOR) != 0)
		return alpha ? wide ? LARDER_RGBA16 : LARDER_RGBA8 : wide ? LARDER_RGB16 : LARDER_RGB8;
	return alpha ? wide ? LARDER_GREYA16 : LARDER_GREYA8 : wide ? LARDER_GREY16 : LARDER_GREY8;
}

static void
step_start (struct decode *decode)
{
	png_structp png = decode->png;
	const uint16_t one = 1;
	png_set_expand (png);
	if (decode->depth == 16 && *(const uint8_t *) &one == 1)
		png_set_swap (png);
	png_set_interlace_handling (png);
	png_read_update_info (png, decode->info);
	if (png_get_rowbytes (png, decode->info) != decode->rows.bytes)
		png_error (png, "rows have an unexpected length");
	decode->phase = PHASE_ROWS;
}

static void
read_unknown (struct decode *decode, struct larder_picture *picture)
{
	png_unknown_chunkp chunks = NULL;
	int count = png_get_unknown_chunks (decode->png, decode->info, &chunks);
	for (int i = 0; i < count; i++) {
		if (memcmp (chunks[i].name, "eXIf", 4) == 0)
			picture->orientation = shared_orientation (chunks[i].data, chunks[i].size);
		if (memcmp (chunks[i].name, "acTL", 4) == 0 && chunks[i].size == 8 && shared_number (chunks[i].data, 4, true) > 0)
			picture->frames = shared_number (chunks[i].data, 4, true);
	}
}

/* The embedded profile; its name in the arena. */
static int
read_profile (struct decode *decode, struct larder_call *call, struct larder_picture *picture, struct larder_error *error)
{
	png_charp label = NULL;
	png_bytep profile = NULL;
	png_uint_32 length = 0;
	int method = 0;
	if (png_get_iCCP (decode->png, decode->info, &label, &method, &profile, &length) == 0)
		return 0;
	char *name = larder_host->arena (call, 80);
	if (name == NULL)
		return shared_fail_memory (error);
	bool grey = (decode->type & PNG_COLOR_MASK_COLOR) == 0;
	enum colour_verdict verdict = colour_open (profile, length, decode->pixels, grey, &decode->colour, name, 80);
	const char *note = colour_note (verdict);
	if (note != NULL)
		keep_note (decode, note);
	if (verdict == COLOUR_BROKEN || verdict == COLOUR_WRONG)
		return 0;
	picture->profile = name;
	picture->icc = profile;
	picture->icc_length = length;
	if (verdict == COLOUR_CONVERT)
		picture->flags |= LARDER_PICTURE_NOT_SRGB;
	return 0;
}

static const char *
colour_word (int type)
{
	switch (type) {
	case PNG_COLOR_TYPE_GRAY:
		return "grey";
	case PNG_COLOR_TYPE_GRAY_ALPHA:
		return "grey-alpha";
	case PNG_COLOR_TYPE_PALETTE:
		return "palette";
	case PNG_COLOR_TYPE_RGB_ALPHA:
		return "rgba";
	default:
		return "rgb";
	}
}

static int
describe (struct decode *decode, struct larder_call *call, struct larder_picture *picture, struct larder_error *error)
{
	picture->width = picture->full_width = decode->width;
	picture->height = picture->full_height = decode->height;
	picture->pixels = decode->pixels;
	picture->depth = (uint32_t) decode->depth;
	picture->orientation = picture->frames = 1;
	picture->colour = colour_word (decode->type);
	picture->flags = decode->interlace != PNG_INTERLACE_NONE ? LARDER_PICTURE_INTERLACED : LARDER_PICTURE_ROWS;
	if (has_transparency (decode))
		picture->flags |= LARDER_PICTURE_ALPHA;
	read_unknown (decode, picture);
	int code = shared_check_frames (&decode->limits, picture->frames, error);
	return code != 0 ? code : read_profile (decode, call, picture, error);
}

/* What only a look beyond the picture data tells. */
static int
describe_outline (struct decode *decode, struct larder_picture *picture, struct larder_error *error)
{
	struct png_outline outline = { .orientation = picture->orientation };
	if (decode->reader.source->pread == NULL)
		return 0;
	int code = png_outline_read (decode->reader.source, decode->limits.metadata, &outline, error);
	if (code != 0)
		return code;
	picture->orientation = outline.orientation;
	picture->flags |= outline.trailing ? LARDER_PICTURE_TRAILING : 0;
	if (outline.cut)
		keep_note (decode, "the file ends before the picture's end is marked");
	if (outline.damaged)
		keep_note (decode, "a chunk behind the pixels is damaged");
	if (outline.trailing)
		keep_note (decode, "bytes follow the end of the picture");
	return 0;
}

static int
give_note (struct decode *decode, struct larder_call *call, struct larder_picture *picture, struct larder_error *error)
{
	if (decode->note[0] == '\0')
		return 0;
	char *note = larder_host->arena (call, sizeof decode->note);
	if (note == NULL)
		return shared_fail_memory (error);
	memcpy (note, decode->note, sizeof decode->note);
	picture->note = note;
	picture->flags |= LARDER_PICTURE_NOTE;
	return 0;
}

/* The rows of libpng and ours, and the whole of an interlaced picture. */
static int
admit (struct decode *decode, struct larder_picture *picture, struct larder_error *error)
{
	decode->rows.bytes = decode->width * larder_pixel_bytes (decode->pixels);
	decode->rows.height = decode->height;
	uint64_t rows = decode->interlace != PNG_INTERLACE_NONE ? (uint64_t) decode->height + 3 : 3;
	if (rows > (UINT64_MAX >> 1) / decode->rows.bytes)
		return shared_check_memory (&decode->limits, UINT64_MAX, error);
	int code = shared_check_expansion (&decode->limits, decode->width, decode->height, larder_pixel_bytes (decode->pixels),
	                                   decode->reader.source->length, error);
	if (code != 0)
		return code;
	picture->memory = rows * decode->rows.bytes + FIXED_MEMORY + sizeof *decode;
	return shared_check_memory (&decode->limits, picture->memory, error);
}

static int
open_libpng (struct decode *decode, struct larder_error *error)
{
	decode->png = png_create_read_struct_2 (PNG_LIBPNG_VER_STRING, decode, on_error, on_warning, decode, on_alloc, on_free);
	if (decode->png != NULL)
		decode->info = png_create_info_struct (decode->png);
	return decode->info != NULL ? 0 : shared_fail_memory (error);
}

static int
begin (struct decode *decode, struct larder_call *call, const struct larder_decode *request, struct larder_picture *picture,
       struct larder_error *error)
{
	int code = check_head (decode, error);
	if (code == 0)
		code = open_libpng (decode, error);
	if (code == 0 && !attempt (decode, step_header))
		code = explain (decode, error);
	if (code != 0)
		return code;
	decode->pixels = choose_pixels (decode);
	code = admit (decode, picture, error);
	if (code == 0)
		code = describe (decode, call, picture, error);
	if (code == 0)
		code = describe_outline (decode, picture, error);
	if (code == 0)
		code = give_note (decode, call, picture, error);
	if (code == 0 && !request->header_only && !attempt (decode, step_start))
		code = explain (decode, error);
	return code;
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

/* ---- rows ---- */

static void
step_rows (struct decode *decode)
{
	for (uint32_t i = 0; i < decode->count; i++, decode->into += decode->stride)
		png_read_row (decode->png, decode->into, NULL);
}

static void
step_end (struct decode *decode)
{
	png_read_end (decode->png, NULL);
}

static int
read_turn (void *codec, uint32_t count, struct larder_error *error)
{
	struct decode *decode = codec;
	decode->count = count;
	return attempt (decode, step_rows) ? 0 : explain (decode, error);
}

static int
read_rows (struct decode *decode, struct larder_call *call, uint8_t *rows, size_t stride, uint32_t count, struct larder_error *error)
{
	decode->into = rows;
	decode->stride = stride;
	return shared_turns (call, count, CANCEL_ROWS, read_turn, decode, error);
}

static int
read_whole (struct decode *decode, struct larder_call *call, struct larder_error *error)
{
	decode->whole = larder_host->alloc (decode->rows.bytes * decode->height);
	if (decode->whole == NULL)
		return shared_fail_memory (error);
	for (int pass = 0; pass < PNG_INTERLACE_ADAM7_PASSES; pass++) {
		int code = read_rows (decode, call, decode->whole, decode->rows.bytes, decode->height, error);
		if (code != 0)
			return code;
	}
	return 0;
}

/* All pixels are there. Damage behind them loses nothing and is noted, but a source that fails must be told. */
static int
read_end (struct decode *decode, struct larder_error *error)
{
	decode->phase = PHASE_END;
	if (attempt (decode, step_end))
		return 0;
	if (decode->reader.code != 0 || decode->no_memory)
		return explain (decode, error);
	keep_note (decode, decode->reader.ended ? "the file ends before the picture's end is marked" : decode->message);
	return 0;
}

static int
give_rows (struct decode *decode, struct larder_call *call, uint8_t *rows, size_t stride, uint32_t count, struct larder_error *error)
{
	if (decode->interlace == PNG_INTERLACE_NONE)
		return read_rows (decode, call, rows, stride, count, error);
	int code = decode->whole == NULL ? read_whole (decode, call, error) : 0;
	if (code != 0)
		return code;
	for (uint32_t i = 0; i < count; i++)
		memcpy (rows + i * stride, decode->whole + (decode->rows.next + i) * decode->rows.bytes, decode->rows.bytes);
	return 0;
}

int
decode_rows (void *state, struct larder_call *call, void *rows, size_t stride, uint32_t count, struct larder_error *error)
{
	struct decode *decode = state;
	int code = decode->phase == PHASE_HEADER ? larder_fail (error, LARDER_E_INVALID, "only the header of this picture was asked for")
	                                         : shared_check_rows (&decode->rows, stride, count, error);
	if (code != 0 || count == 0)
		return code;
	code = give_rows (decode, call, rows, stride, count, error);
	if (code == 0) {
		decode->rows.next += count;
		if (decode->rows.next == decode->height)
			code = read_end (decode, error);
	}
	decode->rows.failed = code != 0;
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

const char *
decode_note (void *state)
{
	const struct decode *decode = state;
	return decode->note[0] != '\0' ? decode->note : NULL;
}

void
decode_end (void *state)
{
	struct decode *decode = state;
	if (decode == NULL)
		return;
	if (decode->png != NULL)
		png_destroy_read_struct (&decode->png, &decode->info, NULL);
	colour_close (decode->colour);
	larder_host->free (decode->whole);
	larder_host->free (decode);
}
