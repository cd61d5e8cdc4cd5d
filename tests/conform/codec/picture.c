/* picture.c: test pictures, sources over memory, and a colour profile made by hand. */
#include "suite.h"

#include <math.h>
#include <stdlib.h>

void
picture_new (struct picture *picture, uint32_t width, uint32_t height, uint32_t pixels)
{
	*picture = (struct picture) { .width = width, .height = height, .pixels = pixels };
	picture->bytes = picture->stride = width * larder_pixel_bytes (pixels);
	picture->at = calloc (height, picture->stride);
	if (picture->at == NULL)
		abort ();
}

void
picture_free (struct picture *picture)
{
	free (picture->at);
	picture->at = NULL;
}

/* 0…65535 at a place; sample 3 is alpha. */
static uint32_t
value_at (uint32_t x, uint32_t y, uint32_t sample, unsigned seed)
{
	double wave = 0.5 + 0.25 * sin (x * 0.021 * (sample + 1) + seed) + 0.25 * cos (y * 0.033 + sample + seed * 0.7);
	double value = sample == 3 ? wave * 1.3 - 0.15 : wave * 0.9 + 0.05;
	if (sample != 3 && ((x / 16 + y / 16 + seed) & 3) == 0)
		value *= 0.8;
	return value <= 0 ? 0 : value >= 1 ? 65535 : (uint32_t) (value * 65535);
}

void
picture_draw (struct picture *picture, unsigned seed)
{
	uint32_t samples = larder_pixel_samples (picture->pixels), alpha = larder_pixel_alpha (picture->pixels) ? samples - 1 : samples;
	for (uint32_t y = 0; y < picture->height; y++)
		for (uint32_t x = 0; x < picture->width; x++)
			for (uint32_t s = 0; s < samples; s++) {
				size_t i = (size_t) x * samples + s;
				uint16_t value = (uint16_t) value_at (x, y, s == alpha ? 3 : s, seed);
				uint8_t *row = picture->at + y * picture->stride;
				if (larder_pixel_wide (picture->pixels))
					memcpy (row + 2 * i, &value, 2);
				else
					row[i] = (uint8_t) (value >> 8);
			}
}

bool
picture_same (const struct picture *a, const struct picture *b)
{
	if (a->width != b->width || a->height != b->height || a->pixels != b->pixels)
		return false;
	for (uint32_t y = 0; y < a->height; y++)
		if (memcmp (a->at + y * a->stride, b->at + y * b->stride, a->bytes) != 0)
			return false;
	return true;
}

static void
rgba_at (const struct picture *picture, uint32_t x, uint32_t y, double ret[4])
{
	uint32_t samples = larder_pixel_samples (picture->pixels);
	bool wide = larder_pixel_wide (picture->pixels), alpha = larder_pixel_alpha (picture->pixels);
	const uint8_t *at = picture->at + y * picture->stride + x * larder_pixel_bytes (picture->pixels);
	for (uint32_t s = 0; s < 4; s++) {
		uint32_t from = s == 3 ? samples - 1 : samples < 3 ? 0 : s;
		uint16_t value = 0;
		if (s == 3 && !alpha)
			ret[s] = 255;
		else if (wide)
			memcpy (&value, at + 2 * from, 2), ret[s] = value / 257.0;
		else
			ret[s] = at[from];
	}
	for (uint32_t s = 0; s < 3; s++)
		ret[s] *= ret[3] / 255;
}

double
picture_psnr (const struct picture *a, const struct picture *b)
{
	double sum = 0, p[4], q[4];
	if (a->width != b->width || a->height != b->height)
		return 0;
	for (uint32_t y = 0; y < a->height; y++)
		for (uint32_t x = 0; x < a->width; x++) {
			rgba_at (a, x, y, p);
			rgba_at (b, x, y, q);
			for (int s = 0; s < 4; s++)
				sum += (p[s] - q[s]) * (p[s] - q[s]);
		}
	sum /= 4.0 * a->width * a->height;
	return sum == 0 ? 99 : 10 * log10 (255 * 255 / sum);
}

const char *
pixels_word (uint32_t pixels)
{
	static const char *const words[] = { "?", "grey8", "greya8", "rgb8", "rgba8", "grey16", "greya16", "rgb16", "rgba16" };
	return words[larder_pixel_samples (pixels) != 0 ? pixels : 0];
}

/* ---- sources ---- */

static int64_t
give (struct bytes *bytes, void *into, size_t count, uint64_t offset, struct larder_error *error)
{
	size_t left = offset < bytes->count ? bytes->count - (size_t) offset : 0;
	count = count < left ? count : left;
	if (bytes->most > 0 && count > bytes->most)
		count = bytes->most;
	if (offset <= bytes->fail_at && bytes->fail_at < offset + count) {
		if (error != NULL) {
			error->code = LARDER_E_UNAVAILABLE;
			memcpy (error->message, "the disk is on fire", 20);
		}
		return LARDER_E_UNAVAILABLE;
	}
	memcpy (into, bytes->at + offset, count);
	return (int64_t) count;
}

static int64_t
bytes_pread (void *context, void *into, size_t count, uint64_t offset, struct larder_error *error)
{
	return give (context, into, count, offset, error);
}

static int64_t
bytes_read (void *context, void *into, size_t count, struct larder_error *error)
{
	struct bytes *bytes = context;
	int64_t got = give (bytes, into, count, bytes->next, error);
	bytes->next += got > 0 ? (size_t) got : 0;
	return got;
}

static int
bytes_rewind (void *context, struct larder_error *error)
{
	(void) error;
	((struct bytes *) context)->next = 0;
	return 0;
}

void
bytes_source (struct bytes *bytes, const void *at, size_t count, bool sequential)
{
	*bytes = (struct bytes) { .at = at, .count = count, .fail_at = SIZE_MAX };
	bytes->source = (struct larder_source) { .size = sizeof bytes->source, .context = bytes, .length = count };
	if (sequential) {
		bytes->source.read = bytes_read;
		bytes->source.rewind = bytes_rewind;
	} else
		bytes->source.pread = bytes_pread;
}

/* ---- profile ---- */

static void
put (uint8_t *at, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		at[i] = (uint8_t) (value >> (24 - 8 * i));
}

/* A tag of three numbers s15Fixed16. */
static void
put_xyz (uint8_t *at, const int32_t xyz[3])
{
	memcpy (at, "XYZ ", 4);
	for (int i = 0; i < 3; i++)
		put (at + 8 + 4 * i, (uint32_t) xyz[i]);
}

/* Version 2, sRGB's colours adapted to D50, gamma 2.2. */
size_t
profile_make (uint8_t into[1024], bool rotated)
{
	static const int32_t columns[3][3] = { { 28576, 14581, 912 }, { 25240, 46981, 6363 }, { 9376, 3973, 46793 } };
	static const int32_t white[3] = { 63190, 65536, 54061 };
	static const char names[9][5] = { "desc", "cprt", "wtpt", "rXYZ", "gXYZ", "bXYZ", "rTRC", "gTRC", "bTRC" };
	static const uint8_t sizes[9] = { 100, 16, 20, 20, 20, 20, 16, 16, 16 };
	size_t at = 128 + 4 + 9 * 12;
	memset (into, 0, 1024);
	memcpy (into + 8, "\x02\x10\0\0mntrRGB XYZ \x07\xe9\0\1\0\1\0\0\0\0\0\0acsp", 32);
	put (into + 68, 63190), put (into + 72, 65536), put (into + 76, 54061);
	put (into + 128, 9);
	for (int i = 0; i < 9; i++) {
		uint8_t *entry = into + 132 + 12 * i;
		memcpy (entry, names[i], 4);
		put (entry + 4, (uint32_t) at), put (entry + 8, sizes[i]);
		if (i == 0)
			memcpy (into + at, "desc\0\0\0\0\0\0\0\5test", 17);
		else if (i == 1)
			memcpy (into + at, "text\0\0\0\0none", 13);
		else if (i == 2)
			put_xyz (into + at, white);
		else if (i < 6)
			put_xyz (into + at, columns[rotated ? (i - 3 + 1) % 3 : i - 3]);
		else
			memcpy (into + at, "curv\0\0\0\0\0\0\0\1\x02\x33", 14);
		at += sizes[i];
	}
	put (into, (uint32_t) at);
	return at;
}
