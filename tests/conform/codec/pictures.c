/* pictures.c: promises about the table, and about sound pictures. */
#include "suite.h"

#include <stdlib.h>

static bool
name_ok (const char *name)
{
	bool ok = name != NULL && name[0] != '\0';
	for (const char *at = name; ok && *at != '\0'; at++)
		ok = (*at >= 'a' && *at <= 'z') || (*at >= '0' && *at <= '9') || *at == '-';
	return ok;
}

/* False when nothing more can be tested. */
bool
suite_table (struct suite *suite)
{
	const struct larder_codec *codec = suite->codec;
	if (!name_ok (codec->name))
		because (suite, "the name is not of [a-z0-9-]+");
	if (codec->head.option_stride != sizeof (struct larder_option) || codec->version == NULL || codec->summary == NULL)
		because (suite, "head, version or summary are not filled");
	if (codec->content_type == NULL || codec->extension == NULL || codec->max_width < 1 || codec->max_height < 1)
		because (suite, "content type, extension or largest size are missing");
	bool whole = codec->bid != NULL && codec->decode_begin != NULL && codec->decode_rows != NULL && codec->decode_end != NULL &&
	             codec->encode_begin != NULL && codec->encode_rows != NULL && codec->encode_end != NULL;
	if (!whole)
		because (suite, "operations are missing: bid, decode_begin, decode_rows, decode_end and encode_* are needed");
	if (whole)
		codec->decode_end (NULL);
	promise (suite, "table-complete");
	return whole;
}

static void
test_bid (struct suite *suite)
{
	static const struct { const char *what; size_t count; const char *at; } others[] = {
		{ "nothing", 0, "" }, { "one byte", 1, "x" }, { "text", 12, "hello, world" }, { "a GIF", 10, "GIF89a\1\0\1\0" },
		{ "a BMP", 8, "BM\0\0\0\0\0\0" }, { "a PDF", 8, "%PDF-1.7" }, { "HTML", 14, "<!doctype html" }, { "a WAVE file", 12, "RIFF\4\0\0\0WAVE" },
		{ "a TIFF", 8, "II*\0\x08\0\0\0" }, { "zeros", 16, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0" },
	};
	struct run run = RUN_PLAIN;
	struct picture picture;
	struct buffer own;
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		if (suite->codec->bid (others[i].at, others[i].count) != 0)
			because (suite, "bids on %s", others[i].what);
	if (made (suite, &run, 20, 20, first_pixels (suite), 1, &picture, &own)) {
		size_t count = own.length < 64 ? own.length : 64;
		if (suite->codec->bid (own.at, count) == 0)
			because (suite, "does not bid on its own picture");
		for (size_t i = 0; i <= count; i++) {
			uint8_t *exact = malloc (i + 1);
			memcpy (exact, own.at, i);
			if (suite->codec->bid (exact, i) > 8 * i)
				because (suite, "bids more bits than the %zu bytes it was shown", i);
			free (exact);
		}
	}
	picture_free (&picture);
	buffer_free (&own);
	promise (suite, "bid");
}

/* Encode, decode, compare. `least` in dB; 99 is exact. */
static void
round_trip (struct suite *suite, const struct run *run, uint32_t width, uint32_t height, uint32_t pixels, double least)
{
	struct picture picture, back = { 0 };
	struct buffer bytes;
	struct bytes source;
	if (made (suite, run, width, height, pixels, width + height, &picture, &bytes)) {
		bytes_source (&source, bytes.at, bytes.length, false);
		int code = run_decode (suite, run, &source.source, &back, NULL);
		if (code != 0)
			because (suite, "its own %s picture of %u × %u cannot be read: %d", pixels_word (pixels), width, height, code);
		else if (picture_psnr (&picture, &back) < least)
			because (suite, "%s picture of %u × %u comes back with %.1f dB, %.0f are asked for", pixels_word (pixels), width, height,
			         picture_psnr (&picture, &back), least);
		else if (least >= 99 && back.pixels == pixels && !picture_same (&picture, &back))
			because (suite, "%s picture of %u × %u comes back with other pixels where they cannot be seen", pixels_word (pixels), width, height);
	}
	picture_free (&picture);
	picture_free (&back);
	buffer_free (&bytes);
}

static double
asked (const struct suite *suite)
{
	return (suite->codec->caps & LARDER_CODEC_LOSSLESS) != 0 ? 99 : 28;
}

static void
test_sizes (struct suite *suite)
{
	static const uint32_t sizes[][2] = { { 1, 1 }, { 1, 61 }, { 67, 1 }, { 2, 3 }, { 7, 5 }, { 16, 16 }, { 17, 33 }, { 64, 63 },
	                                     { 255, 9 }, { 3, 300 }, { 257, 129 } };
	struct run run = RUN_PLAIN;
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
		round_trip (suite, &run, sizes[i][0], sizes[i][1], first_pixels (suite), sizes[i][0] < 16 || sizes[i][1] < 16 ? asked (suite) / 2 : asked (suite));
	promise (suite, "round-trip-sizes");
}

static void
test_formats (struct suite *suite)
{
	struct run run = RUN_PLAIN;
	for (uint32_t pixels = LARDER_GREY8; pixels <= LARDER_RGBA16; pixels++)
		if (takes (suite, pixels))
			round_trip (suite, &run, 150, 110, pixels, asked (suite));
	promise (suite, "round-trip-formats");
}

/* What a codec declares is also true of what it hands out. */
static void
test_format_kept (struct suite *suite)
{
	struct run run = RUN_PLAIN;
	for (uint32_t pixels = LARDER_GREY8; pixels <= LARDER_RGBA16; pixels++) {
		struct picture picture, back = { 0 };
		struct buffer bytes;
		struct bytes source;
		if (!takes (suite, pixels))
			continue;
		if (made (suite, &run, 40, 30, pixels, 3, &picture, &bytes)) {
			bytes_source (&source, bytes.at, bytes.length, false);
			if (run_decode (suite, &run, &source.source, &back, NULL) == 0 && back.pixels != pixels)
				because (suite, "%s comes back as %s", pixels_word (pixels), pixels_word (back.pixels));
		}
		picture_free (&picture);
		picture_free (&back);
		buffer_free (&bytes);
	}
	promise (suite, "format-kept");
}

static void
test_lossy (struct suite *suite)
{
	size_t sizes[2] = { 0, 0 };
	if ((suite->codec->caps & LARDER_CODEC_QUALITY) == 0)
		return;
	for (int i = 0; i < 2; i++) {
		struct run run = RUN_PLAIN;
		struct picture picture;
		struct buffer bytes;
		run.lossless = false;
		run.quality = i == 0 ? 20 : 90;
		if (made (suite, &run, 200, 160, LARDER_RGB8, 5, &picture, &bytes))
			sizes[i] = bytes.length;
		picture_free (&picture);
		buffer_free (&bytes);
		round_trip (suite, &run, 200, 160, LARDER_RGB8, i == 0 ? 22 : 30);
	}
	if (sizes[0] >= sizes[1])
		because (suite, "quality 20 takes %zu bytes, quality 90 %zu", sizes[0], sizes[1]);
	promise (suite, "quality");
}

static void
test_unsupported (struct suite *suite)
{
	static const uint32_t strange[] = { 0, 9, 4000 };
	for (uint32_t i = 0; i < 11; i++) {
		uint32_t pixels = i < 8 ? i + 1 : strange[i - 8];
		struct run run = RUN_PLAIN;
		struct picture picture = { .width = 0 };
		struct buffer bytes;
		buffer_init (&bytes, 1 << 20);
		if (i < 8 && takes (suite, pixels))
			continue;
		picture_new (&picture, 5, 4, i < 8 ? pixels : LARDER_RGBA16);
		picture.pixels = pixels;
		int code = run_encode (suite, &run, &picture, &bytes);
		/* converting is allowed for formats of the header */
		if (code != LARDER_E_UNSUPPORTED && (code != 0 || i >= 8))
			because (suite, "pixel format %u gives %d, not UNSUPPORTED", pixels, code);
		picture_free (&picture);
		buffer_free (&bytes);
	}
	promise (suite, "pixels-unknown-refused");
}

/* One picture read in several ways gives the same rows. */
static void
test_ways (struct suite *suite)
{
	static const struct { const char *what; uint32_t group; size_t pad, most; bool sequential; } ways[] = {
		{ "rows-uneven", 0, 0, 0, false }, { "rows-one-by-one", 1, 0, 0, false }, { "stride-wider", 5, 13, 0, false },
		{ "source-short-reads", 16, 0, 3, false }, { "source-in-order-only", 16, 0, 0, true },
	};
	for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
		struct run run = RUN_PLAIN, way = RUN_PLAIN;
		struct picture picture, whole = { 0 }, other = { 0 };
		struct buffer bytes;
		struct bytes source;
		run.group = 1000;
		way.group = ways[i].group;
		way.pad = ways[i].pad;
		if (made (suite, &run, 101, 83, first_pixels (suite), 2, &picture, &bytes)) {
			bytes_source (&source, bytes.at, bytes.length, false);
			int code = run_decode (suite, &run, &source.source, &whole, NULL);
			bytes_source (&source, bytes.at, bytes.length, ways[i].sequential);
			source.most = ways[i].most;
			source.next = ways[i].sequential ? 7 : 0; /* someone looked at it before */
			int second = run_decode (suite, &way, &source.source, &other, NULL);
			if (code != 0 || second != 0 || !picture_same (&whole, &other))
				because (suite, "not the same rows (%d, %d)", code, second);
			if (suite->overrun)
				because (suite, "bytes between the rows were overwritten");
			suite->overrun = false;
		}
		picture_free (&picture), picture_free (&whole), picture_free (&other);
		buffer_free (&bytes);
		promise (suite, ways[i].what);
	}
}

/* How rows are grouped for the encoder does not change the picture. */
static void
test_encode_groups (struct suite *suite)
{
	struct run run = RUN_PLAIN;
	run.group = 1000;
	struct picture picture, back[2] = { { 0 }, { 0 } };
	struct buffer bytes[2];
	struct bytes source;
	for (int i = 0; i < 2; i++, run.group = 0) {
		if (made (suite, &run, 90, 70, first_pixels (suite), 9, &picture, &bytes[i])) {
			bytes_source (&source, bytes[i].at, bytes[i].length, false);
			if (run_decode (suite, &run, &source.source, &back[i], NULL) != 0)
				because (suite, "its own picture cannot be read");
		}
		picture_free (&picture);
	}
	if (suite->why.length == 0 && !picture_same (&back[0], &back[1]))
		because (suite, "rows in uneven groups make another picture");
	for (int i = 0; i < 2; i++)
		picture_free (&back[i]), buffer_free (&bytes[i]);
	promise (suite, "encode-rows-uneven");
}

static void
test_profile (struct suite *suite)
{
	uint8_t profile[1024];
	struct run run = RUN_PLAIN;
	struct picture picture, back = { 0 };
	struct buffer bytes;
	struct bytes source;
	struct larder_picture facts = { 0 };
	if ((suite->codec->caps & LARDER_CODEC_ICC) == 0)
		return;
	run.icc = profile;
	run.icc_length = profile_make (profile, true);
	run.srgb = true;
	if (made (suite, &run, 60, 40, first_pixels (suite), 4, &picture, &bytes)) {
		bytes_source (&source, bytes.at, bytes.length, false);
		int code = run_decode (suite, &run, &source.source, &back, &facts);
		bool alpha = code == 0 && picture.pixels == LARDER_RGBA8;
		for (size_t i = 3; alpha && i < picture.bytes * picture.height; i += 4)
			if (picture.at[i] != back.at[i]) {
				because (suite, "to_srgb changes alpha");
				break;
			}
		if (code != 0)
			because (suite, "a picture with a profile cannot be read: %d", code);
		else if ((facts.flags & LARDER_PICTURE_NOT_SRGB) == 0 && suite->codec->to_srgb != NULL)
			because (suite, "a profile that turns the colours round is taken for sRGB");
		else if (suite->codec->to_srgb != NULL && picture_psnr (&picture, &back) > 40)
			because (suite, "to_srgb leaves the colours as they are");
	}
	picture_free (&picture), picture_free (&back);
	buffer_free (&bytes);
	promise (suite, "profile-kept-and-converted");
}

void
suite_pictures (struct suite *suite)
{
	test_bid (suite);
	test_sizes (suite);
	test_formats (suite);
	test_format_kept (suite);
	test_lossy (suite);
	test_unsupported (suite);
	test_ways (suite);
	test_encode_groups (suite);
	test_profile (suite);
}
