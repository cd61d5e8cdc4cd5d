/* strip-jpeg.c: a JPEG without what programs and cameras wrote beside the picture.
 *
 * Of the application segments only those stay that a picture is shown by: JFIF, the colour profile, Adobe's colour transform,
 * and an EXIF block of the orientation alone. Comments and all others go, whatever is asked for: any of them may hold places or
 * prompts (EXIF, XMP, IPTC, maker notes, previews). What follows the end of the picture goes too. */
#include "strip.h"

#include <string.h>

#include "error.h"

enum { SOI = 0xd8, EOI = 0xd9, APP0 = 0xe0, APP1 = 0xe1, APP2 = 0xe2, APP14 = 0xee, APP15 = 0xef, COM = 0xfe };

/* The source, looked at from front to back through a window. */
struct window { const struct larder_source *source; uint64_t start; size_t have; unsigned char bytes[16 << 10]; };

static int
look (struct window *window, uint64_t at, unsigned char *ret, struct larder_error *error)
{
	if (at < window->start || at >= window->start + window->have) {
		int64_t got = source_pread (window->source, window->bytes, sizeof window->bytes, at, error);
		if (got < 0)
			return (int) got;
		window->start = at;
		window->have = (size_t) got;
	}
	if (window->have == 0)
		return 0;
	*ret = window->bytes[at - window->start];
	return 1;
}

/* The first marker from `at` on: its place and type. In the data of a scan 0xff is followed by 0, a restart or more 0xff: none
 * of these is one. 0 at the end of the source. */
static int
find_marker (struct window *window, uint64_t *at, unsigned char *ret_type, struct larder_error *error)
{
	unsigned char byte = 0;
	int code = 1;
	for (bool after = false; code > 0; (*at)++) {
		code = look (window, *at, &byte, error);
		if (code > 0 && after && byte > 1 && byte != 0xff && (byte < 0xd0 || byte > 0xd7)) {
			*ret_type = byte;
			(*at)--;
			return 1;
		}
		after = code > 0 && byte == 0xff;
	}
	return code;
}

/* An EXIF segment becomes one of the orientation alone, where it says one. */
static int
keep_orientation (struct strip *strip, uint64_t at, uint32_t length, struct larder_error *error)
{
	unsigned orientation = 1;
	unsigned char segment[10 + EXIF_BLOCK] = { 0xff, APP1, 0, 8 + EXIF_BLOCK, 'E', 'x', 'i', 'f', 0, 0 };
	int code = strip_orientation (strip->source, at, length, &orientation, error);
	if (code < 0 || orientation == 1)
		return code;
	strip_exif_of (orientation, segment + 10);
	return strip_make (strip, segment, sizeof segment, error);
}

/* JFIF may hold a preview of the picture; its 16 bytes without one stay. */
static int
keep_jfif (struct strip *strip, uint64_t at, uint64_t whole, struct larder_error *error)
{
	unsigned char segment[18];
	if (whole <= sizeof segment)
		return strip_keep (strip, at, whole, error);
	int code = strip_bytes (strip->source, segment, sizeof segment, at, error);
	segment[2] = 0, segment[3] = 16;
	segment[16] = segment[17] = 0;
	return code < 0 ? code : strip_make (strip, segment, sizeof segment, error);
}

/* `whole`: from the marker on, its two bytes and the length's included. */
static int
take_segment (struct strip *strip, uint64_t at, unsigned char type, uint64_t whole, bool *has_exif, struct larder_error *error)
{
	char head[12] = "";
	size_t some = whole - 4 < sizeof head ? (size_t) (whole - 4) : sizeof head;
	int code = strip_bytes (strip->source, head, some, at + 4, error);
	if (code < 0)
		return code;
	if (type == APP1 && memcmp (head, "Exif\0", 5) == 0 && !*has_exif) {
		*has_exif = true;   /* the first one counts */
		return keep_orientation (strip, at + 4, (uint32_t) (whole - 4), error);
	}
	if (type == APP0 && memcmp (head, "JFIF", 5) == 0)
		return keep_jfif (strip, at, whole, error);
	bool drop = (type >= APP0 && type <= APP15) || type == COM;
	drop = drop && !(type == APP2 && memcmp (head, "ICC_PROFILE", 12) == 0)
		&& !(type == APP14 && memcmp (head, "Adobe", 5) == 0);
	return drop ? 0 : strip_keep (strip, at, whole, error);
}

/* The segment at `at`, whole; 0 for the end of the picture, or of a file that ends before the segment does. */
static int
measure (const struct strip *strip, uint64_t at, unsigned char type, uint64_t *ret_whole, struct larder_error *error)
{
	unsigned char length[2];
	if (type == EOI || at + 4 > strip->source->length)
		return 0;
	int code = strip_bytes (strip->source, length, sizeof length, at + 2, error);
	*ret_whole = 2 + ((uint64_t) length[0] << 8 | length[1]);
	if (code == 0 && *ret_whole < 4)
		return larder_fail_next (error, LARDER_E_INTEGRITY, "export the picture once more", "picture has a segment shorter than its length");
	return code < 0 ? code : at + *ret_whole <= strip->source->length;
}

int
strip_jpeg (struct strip *strip, struct larder_error *error)
{
	static const unsigned char start[2] = { 0xff, SOI }, end[2] = { 0xff, EOI };
	struct window window = { .source = strip->source };
	uint64_t at = 2, from = 2, whole = 0;   /* `from`: behind what was taken; the data of scans lie between segments */
	unsigned char type = SOI;
	bool has_exif = false;
	int code = strip_make (strip, start, sizeof start, error);
	for (bool more = true; code >= 0 && more; from = at += whole) {
		code = find_marker (&window, &at, &type, error);
		more = code > 0;
		if (code >= 0)
			code = strip_keep (strip, from, (more ? at : strip->source->length) - from, error);
		if (code == 0 && more)
			code = measure (strip, at, type, &whole, error);
		more = code > 0;
		if (more)
			code = take_segment (strip, at, type, whole, &has_exif, error);
	}
	return code < 0 ? code : strip_make (strip, end, sizeof end, error);
}
