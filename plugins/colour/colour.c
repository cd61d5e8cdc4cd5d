/* colour.c: embedded ICC profiles to sRGB by LittleCMS, perceptual intent.
 *
 * RGB pixels go through a transform in their own depth. A picture without colour goes through a table of
 * all its values, made once, because its rows may be grey or RGB. */
#include "build-config.h"
#include "colour.h"

#include <stdlib.h>

const char *
colour_note (enum colour_verdict verdict)
{
	switch (verdict) {
	case COLOUR_BROKEN:
		return "its colour profile is unreadable and was ignored";
	case COLOUR_WRONG:
		return "its colour profile is for another kind of pixels and was ignored";
	case COLOUR_UNKNOWN:
		return "its colour profile was not looked at: this build has no LittleCMS";
	default:
		return NULL;
	}
}

#ifndef HAVE_LCMS

struct colour { int unused; };

enum colour_verdict
colour_open (const void *icc, size_t length, uint32_t pixels, bool grey, struct colour **ret, char *name, size_t room)
{
	(void) icc, (void) length, (void) pixels, (void) grey;
	*ret = NULL;
	if (room > 0)
		memcpy (name, "embedded", room < 9 ? room : 9), name[room - 1] = '\0';
	return COLOUR_UNKNOWN;
}

void
colour_rows (const struct colour *colour, void *rows, size_t stride, uint32_t width, uint32_t count)
{
	(void) colour, (void) rows, (void) stride, (void) width, (void) count;
}

enum colour_verdict
colour_open_inks (const void *icc, size_t length, bool light, struct colour **ret, char *name, size_t room)
{
	(void) light;
	return colour_open (icc, length, LARDER_RGB8, false, ret, name, room);
}

void
colour_inks (const struct colour *colour, uint8_t *into, const uint8_t *inks, uint32_t width)
{
	(void) colour, (void) into, (void) inks, (void) width;
}

void
colour_close (struct colour *colour)
{
	(void) colour;
}

#else

#include <lcms2.h>

struct colour {
	cmsContext context;
	cmsHTRANSFORM transform;   /* of RGB pixels, or NULL */
	uint16_t *table;           /* of grey values: 256 or 65536, or NULL */
	bool wide;                 /* 16-bit samples */
	uint32_t samples;          /* of a pixel */
	uint32_t coloured;         /* of these, not alpha */
};

/* LittleCMS talks to stderr otherwise. */
static void
quiet (cmsContext context, cmsUInt32Number code, const char *text)
{
	(void) context, (void) code;
	larder_host->log (LARDER_LOG_DEBUG, "colour profile: %s", text);
}

static void
describe (cmsHPROFILE profile, char *name, size_t room)
{
	if (cmsGetProfileInfoASCII (profile, cmsInfoDescription, "en", "US", name, (cmsUInt32Number) room) == 0)
		name[0] = '\0';
	name[room - 1] = '\0';
	for (char *at = name; *at != '\0'; at++)
		if ((unsigned char) *at < ' ' || (unsigned char) *at > '~')
			*at = '?';
	if (name[0] == '\0')
		memcpy (name, "unnamed", room < 8 ? room : 8), name[room - 1] = '\0';
}

static cmsUInt32Number
rgb_format (uint32_t pixels)
{
	switch (pixels) {
	case LARDER_RGB8:
		return TYPE_RGB_8;
	case LARDER_RGBA8:
		return TYPE_RGBA_8;
	case LARDER_RGB16:
		return TYPE_RGB_16;
	default:
		return TYPE_RGBA_16;
	}
}

/* Eight corners, eight greys and some between: a profile that moves none of them by more than one step
 * of 255 is sRGB under another name. */
static bool
is_identity (cmsContext context, cmsHPROFILE profile, cmsHPROFILE srgb)
{
	static const uint8_t steps[] = { 0, 24, 64, 96, 128, 160, 208, 255 };
	cmsHTRANSFORM transform = cmsCreateTransformTHR (context, profile, TYPE_RGB_8, srgb, TYPE_RGB_8, INTENT_PERCEPTUAL, 0);
	if (transform == NULL)
		return false;
	bool same = true;
	for (unsigned i = 0; same && i < 512; i++) {
		const uint8_t in[3] = { steps[i & 7], steps[i >> 3 & 7], steps[i >> 6] };
		uint8_t out[3];
		cmsDoTransform (transform, in, out, 1);
		for (unsigned c = 0; c < 3; c++)
			same = same && abs (in[c] - out[c]) <= 1;
	}
	cmsDeleteTransform (transform);
	return same;
}

static enum colour_verdict
open_rgb (struct colour *colour, cmsHPROFILE profile, cmsHPROFILE srgb, uint32_t pixels)
{
	if (is_identity (colour->context, profile, srgb))
		return COLOUR_SRGB;
	cmsUInt32Number format = rgb_format (pixels);
	colour->transform = cmsCreateTransformTHR (colour->context, profile, format, srgb, format, INTENT_PERCEPTUAL, 0);
	return colour->transform != NULL ? COLOUR_CONVERT : COLOUR_BROKEN;
}

/* Every grey through the profile to sRGB, where it is grey again: green stands for all three. */
static enum colour_verdict
open_grey (struct colour *colour, cmsHPROFILE profile, cmsHPROFILE srgb)
{
	uint32_t count = colour->wide ? 65536 : 256;
	cmsHTRANSFORM transform =
		cmsCreateTransformTHR (colour->context, profile, TYPE_GRAY_16, srgb, TYPE_RGB_16, INTENT_PERCEPTUAL, 0);
	if (transform == NULL)
		return COLOUR_BROKEN;
	colour->table = larder_host->alloc (count * sizeof *colour->table);
	int moved = 0;
	for (uint32_t i = 0; colour->table != NULL && i < count; i++) {
		uint16_t in = (uint16_t) (colour->wide ? i : i * 257), out[3];
		cmsDoTransform (transform, &in, out, 1);
		colour->table[i] = colour->wide ? out[1] : (uint16_t) ((out[1] + 128) / 257);
		int distance = abs ((int) colour->table[i] - (int) i);
		moved = distance > moved ? distance : moved;
	}
	cmsDeleteTransform (transform);
	if (colour->table == NULL)
		return COLOUR_BROKEN;
	return moved <= (colour->wide ? 257 : 1) ? COLOUR_SRGB : COLOUR_CONVERT;
}

static enum colour_verdict
open_inks (struct colour *colour, cmsHPROFILE profile, cmsHPROFILE srgb, bool light)
{
	colour->transform = cmsCreateTransformTHR (colour->context, profile, light ? TYPE_CMYK_8_REV : TYPE_CMYK_8, srgb, TYPE_RGB_8,
	                                           INTENT_PERCEPTUAL, 0);
	return colour->transform != NULL ? COLOUR_CONVERT : COLOUR_BROKEN;
}

/* What a profile is for. */
enum kind { KIND_RGB, KIND_GREY, KIND_INK, KIND_LIGHT };

static enum colour_verdict
open_profile (struct colour *colour, cmsHPROFILE profile, uint32_t pixels, enum kind kind)
{
	static const cmsColorSpaceSignature spaces[] = { cmsSigRgbData, cmsSigGrayData, cmsSigCmykData, cmsSigCmykData };
	if (cmsGetColorSpace (profile) != spaces[kind])
		return COLOUR_WRONG;
	cmsHPROFILE srgb = cmsCreate_sRGBProfileTHR (colour->context);
	if (srgb == NULL)
		return COLOUR_BROKEN;
	enum colour_verdict verdict = kind == KIND_RGB ? open_rgb (colour, profile, srgb, pixels)
		: kind == KIND_GREY ? open_grey (colour, profile, srgb) : open_inks (colour, profile, srgb, kind == KIND_LIGHT);
	cmsCloseProfile (srgb);
	return verdict;
}

static enum colour_verdict
open_kind (const void *icc, size_t length, uint32_t pixels, enum kind kind, struct colour **ret, char *name, size_t room)
{
	struct colour *colour = larder_host->alloc (sizeof *colour);
	enum colour_verdict verdict = COLOUR_BROKEN;
	*ret = NULL;
	name[0] = '\0';
	if (colour == NULL)
		return verdict;
	colour->wide = larder_pixel_wide (pixels);
	colour->samples = larder_pixel_samples (pixels);
	colour->coloured = colour->samples - (larder_pixel_alpha (pixels) ? 1 : 0);
	colour->context = cmsCreateContext (NULL, NULL);
	if (colour->context != NULL) {
		cmsSetLogErrorHandlerTHR (colour->context, quiet);
		cmsHPROFILE profile = cmsOpenProfileFromMemTHR (colour->context, icc, (cmsUInt32Number) length);
		if (profile != NULL) {
			describe (profile, name, room);
			verdict = open_profile (colour, profile, pixels, kind);
			cmsCloseProfile (profile);
		}
	}
	if (verdict == COLOUR_CONVERT)
		*ret = colour;
	else
		colour_close (colour);
	return verdict;
}

enum colour_verdict
colour_open (const void *icc, size_t length, uint32_t pixels, bool grey, struct colour **ret, char *name, size_t room)
{
	return open_kind (icc, length, pixels, grey ? KIND_GREY : KIND_RGB, ret, name, room);
}

enum colour_verdict
colour_open_inks (const void *icc, size_t length, bool light, struct colour **ret, char *name, size_t room)
{
	return open_kind (icc, length, LARDER_RGB8, light ? KIND_LIGHT : KIND_INK, ret, name, room);
}

void
colour_inks (const struct colour *colour, uint8_t *into, const uint8_t *inks, uint32_t width)
{
	cmsDoTransform (colour->transform, inks, into, width);
}

static void
table_row8 (const struct colour *colour, uint8_t *at, uint32_t width)
{
	for (uint32_t x = 0; x < width; x++, at += colour->samples)
		for (uint32_t c = 0; c < colour->coloured; c++)
			at[c] = (uint8_t) colour->table[at[c]];
}

static void
table_row16 (const struct colour *colour, uint8_t *at, uint32_t width)
{
	for (uint32_t x = 0; x < width; x++, at += 2 * colour->samples)
		for (uint32_t c = 0; c < colour->coloured; c++) {
			uint16_t value;
			memcpy (&value, at + 2 * c, 2);
			memcpy (at + 2 * c, &colour->table[value], 2);
		}
}

void
colour_rows (const struct colour *colour, void *rows, size_t stride, uint32_t width, uint32_t count)
{
	for (uint8_t *row = rows; count > 0; count--, row += stride) {
		if (colour->transform != NULL)
			cmsDoTransform (colour->transform, row, row, width); /* alpha is an extra channel: left alone */
		else if (colour->wide)
			table_row16 (colour, row, width);
		else
			table_row8 (colour, row, width);
	}
}

void
colour_close (struct colour *colour)
{
	if (colour == NULL)
		return;
	if (colour->transform != NULL)
		cmsDeleteTransform (colour->transform);
	if (colour->context != NULL)
		cmsDeleteContext (colour->context);
	larder_host->free (colour->table);
	larder_host->free (colour);
}
#endif
