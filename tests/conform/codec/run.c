/* run.c: one encode or decode from begin to end, with everything checked that holds always. */
#include "suite.h"

#include <stdlib.h>

#define GUARD 0xA7

struct sink { struct buffer *into; size_t fail_at; };

static int
sink_write (void *context, const void *bytes, size_t count, struct larder_error *error)
{
	struct sink *sink = context;
	if (sink->fail_at != SIZE_MAX && sink->into->length + count > sink->fail_at) {
		if (error != NULL) {
			error->code = LARDER_E_NOSPACE;
			memcpy (error->message, "the disk is full", 17);
		}
		return LARDER_E_NOSPACE;
	}
	return buffer_add (sink->into, bytes, count) == 0 ? 0 : LARDER_E_LIMIT;
}

struct larder_limits
plenty (void)
{
	return (struct larder_limits) { .size = sizeof (struct larder_limits), .width = 100000, .height = 100000, .pixels = 1 << 28,
	                                .memory = 1 << 30, .frames = 1000, .metadata = 1 << 24, .scans = 100, .expansion = UINT64_MAX };
}

static uint32_t
group_of (const struct run *run, uint32_t done, uint32_t left)
{
	static const uint32_t mixed[] = { 1, 3, 2, 7, 64, 5 };
	uint32_t group = run->group > 0 ? run->group : mixed[done % 6];
	return group < left ? group : left;
}

/* Every failure says what and with which code. */
static int
worded (struct suite *suite, int code, const struct larder_error *error)
{
	if (code != 0 && (code > 0 || error->code != code || error->message[0] == '\0'))
		suite->wordless = true;
	return code;
}

static int
give_rows (struct suite *suite, const struct run *run, const struct picture *picture, void *state, struct larder_error *error)
{
	int code = 0;
	for (uint32_t y = 0; code == 0 && y < picture->height;) {
		uint32_t rows = group_of (run, y, picture->height - y);
		struct larder_call *call = run->cancelled ? suite_call_cancelled () : suite_call ();
		code = suite->codec->encode_rows (state, call, picture->at + y * picture->stride, picture->stride, rows, error);
		y += rows;
	}
	return code;
}

int
run_encode (struct suite *suite, const struct run *run, const struct picture *picture, struct buffer *into)
{
	struct larder_error error = LARDER_ERROR_INIT;
	struct sink context = { .into = into, .fail_at = run->sink_fail_at };
	struct larder_sink sink = { .size = sizeof sink, .context = &context, .write = sink_write };
	struct larder_encode request = {
		.size = sizeof request, .width = picture->width, .height = picture->height, .pixels = picture->pixels,
		.quality = run->quality, .effort = run->effort, .lossless = run->lossless, .icc = run->icc, .icc_length = run->icc_length,
	};
	void *state = NULL;
	int code = suite->codec->encode_begin (suite->self, suite_call (), &request, &sink, &state, &error);
	if (code != 0)
		return worded (suite, code, &error);
	code = give_rows (suite, run, picture, state, &error);
	struct larder_call *call = run->cancelled ? suite_call_cancelled () : suite_call ();
	int end = suite->codec->encode_end (state, call, code == 0, &error);
	return worded (suite, code != 0 ? code : end, &error);
}

static void
check_facts (struct suite *suite, const struct larder_picture *facts)
{
	bool ok = facts->orientation >= 1 && facts->orientation <= 8 && facts->frames >= 1 && facts->width >= 1 && facts->height >= 1 &&
	          facts->full_width >= facts->width && facts->full_height >= facts->height &&
	          larder_pixel_bytes (facts->pixels) > 0 && facts->depth >= 1 && facts->depth <= 32 && facts->memory > 0 &&
	          facts->colour != NULL && ((facts->flags & LARDER_PICTURE_NOTE) != 0) == (facts->note != NULL) &&
	          facts->size == sizeof *facts;
	suite->bad_facts = suite->bad_facts || !ok;
}

static int
take_rows (struct suite *suite, const struct run *run, void *state, struct picture *picture, struct larder_error *error)
{
	int code = 0;
	for (uint32_t y = 0; code == 0 && y < picture->height;) {
		uint32_t rows = group_of (run, y, picture->height - y);
		struct larder_call *call = run->cancelled ? suite_call_cancelled () : suite_call ();
		uint8_t *at = picture->at + y * picture->stride;
		code = suite->codec->decode_rows (state, call, at, picture->stride, rows, error);
		if (code == 0 && run->srgb && suite->codec->to_srgb != NULL)
			code = suite->codec->to_srgb (state, call, at, picture->stride, rows, error);
		y += rows;
	}
	for (uint32_t y = 0; y < picture->height; y++)
		for (size_t i = picture->bytes; i < picture->stride; i++)
			suite->overrun = suite->overrun || picture->at[y * picture->stride + i] != GUARD;
	return code;
}

int
run_decode (struct suite *suite, const struct run *run, const struct larder_source *source, struct picture *ret,
            struct larder_picture *ret_facts)
{
	struct larder_error error = LARDER_ERROR_INIT;
	struct larder_decode request = { .size = sizeof request, .limits = run->limits.size > 0 ? run->limits : plenty () };
	struct larder_picture facts = { .size = sizeof facts };
	struct picture picture = { 0 };
	void *state = NULL;
	int code = suite->codec->decode_begin (suite->self, suite_call (), &request, source, &facts, &state, &error);
	if (code != 0)
		return worded (suite, code, &error);
	check_facts (suite, &facts);
	picture_new (&picture, facts.width, facts.height, facts.pixels);
	free (picture.at);
	picture.stride += run->pad;
	picture.at = malloc (picture.stride * picture.height + 1);
	if (picture.at == NULL)
		abort ();
	memset (picture.at, GUARD, picture.stride * picture.height);
	code = take_rows (suite, run, state, &picture, &error);
	if (code == 0 && suite->codec->decode_note != NULL) {
		const char *note = suite->codec->decode_note (state);
		suite->noted = note != NULL || (facts.flags & LARDER_PICTURE_TRAILING) != 0;
		suite->bad_facts = suite->bad_facts || (note != NULL && note[0] == '\0');
	} else if (code == 0)
		suite->noted = (facts.flags & LARDER_PICTURE_TRAILING) != 0;
	if (run->icc != NULL && code == 0 &&
	    (facts.icc_length != run->icc_length || memcmp (facts.icc, run->icc, run->icc_length) != 0))
		because (suite, "the profile read is not the one written");
	suite->codec->decode_end (state);
	if (code == 0 && ret != NULL)
		*ret = picture;
	else
		picture_free (&picture);
	if (ret_facts != NULL)
		*ret_facts = facts;
	return worded (suite, code, &error);
}

bool
made (struct suite *suite, const struct run *run, uint32_t width, uint32_t height, uint32_t pixels, unsigned seed,
      struct picture *picture, struct buffer *into)
{
	buffer_init (into, 1 << 28);
	picture_new (picture, width, height, pixels);
	picture_draw (picture, seed);
	int code = run_encode (suite, run, picture, into);
	if (code != 0)
		because (suite, "a %s picture of %u × %u cannot be written: %d", pixels_word (pixels), width, height, code);
	return code == 0;
}

bool
takes (const struct suite *suite, uint32_t pixels)
{
	uint64_t caps = suite->codec->caps;
	bool alpha = larder_pixel_alpha (pixels), grey = larder_pixel_samples (pixels) < 3;
	return (!larder_pixel_wide (pixels) || (caps & LARDER_CODEC_DEPTH16) != 0) && (!alpha || (caps & LARDER_CODEC_ALPHA) != 0) &&
	       (!grey || (caps & LARDER_CODEC_GREY) != 0);
}

uint32_t
first_pixels (const struct suite *suite)
{
	return takes (suite, LARDER_RGBA8) ? LARDER_RGBA8 : LARDER_RGB8;
}
