/* outline.c: what stepping over the chunks of a PNG shows before anything is decoded. */
#include "codec-png.h"

#include <zlib.h>

/* `count` bytes at an offset; 0 when the source ends before them. */
static int
pread_all (const struct larder_source *source, uint8_t *into, size_t count, uint64_t offset, struct larder_error *error)
{
	size_t have = 0;
	while (have < count) {
		int64_t got = source->pread (source->context, into + have, count - have, offset + have, error);
		if (got <= 0)
			return (int) got;
		have += (size_t) got;
	}
	return 1;
}

static int
read_exif (const struct larder_source *source, uint64_t offset, uint32_t length, struct png_outline *ret, struct larder_error *error)
{
	uint8_t *exif = larder_host->alloc (length + 1);
	if (exif == NULL)
		return larder_fail (error, LARDER_E_LIMIT, "out of memory");
	int code = pread_all (source, exif, length, offset, error);
	if (code > 0)
		ret->orientation = shared_orientation (exif, length);
	larder_host->free (exif);
	return code < 0 ? code : 0;
}

/* Whether a chunk behind the pixels is what its check sum says. Read in pieces, whatever its length. */
static int
check_chunk (const struct larder_source *source, uint64_t at, uint32_t length, struct png_outline *ret, struct larder_error *error)
{
	uint8_t piece[4096], sum[4];
	uint64_t left = (uint64_t) length + 4;
	uLong crc = crc32 (0, NULL, 0);
	int code = 1;
	for (at += 4; left > 0 && code > 0;) {
		size_t some = left < sizeof piece ? (size_t) left : sizeof piece;
		code = pread_all (source, piece, some, at, error);
		crc = crc32 (crc, piece, (uInt) some);
		left -= some;
		at += some;
	}
	if (code > 0)
		code = pread_all (source, sum, sizeof sum, at, error);
	if (code > 0 && shared_number (sum, 4, true) != crc)
		ret->damaged = true;
	return code < 0 ? code : 0;
}

static int
look_at (const struct larder_source *source, const uint8_t head[8], uint64_t at, uint64_t metadata, struct png_outline *ret,
         struct larder_error *error)
{
	uint32_t length = shared_number (head, 4, true);
	bool data = memcmp (head + 4, "IDAT", 4) == 0;
	int code = 0;
	ret->pixels = ret->pixels || data;
	if (memcmp (head + 4, "eXIf", 4) == 0 && length <= metadata && length < INT32_MAX)
		code = read_exif (source, at + 8, length, ret, error);
	if (code == 0 && ret->pixels && !data)
		code = check_chunk (source, at, length, ret, error);
	return code;
}

/* Of the chunks up to the pixels, and of these, the heads alone: libpng reads them. A file of absurdly many chunks is left
 * alone half way: what is asked here is a courtesy, and the decoder meets every fault itself. */
int
png_outline_read (const struct larder_source *source, uint64_t metadata, struct png_outline *ret, struct larder_error *error)
{
	uint64_t at = 8;
	uint8_t head[8];
	for (unsigned chunks = 0; chunks < 100000; chunks++) {
		int code = pread_all (source, head, sizeof head, at, error);
		uint64_t next = at + 12 + (code > 0 ? shared_number (head, 4, true) : 0);
		ret->cut = code == 0 || next > source->length;
		if (code <= 0 || ret->cut)
			return code < 0 ? code : 0;
		code = look_at (source, head, at, metadata, ret, error);
		if (code < 0)
			return code;
		at = next;
		if (memcmp (head + 4, "IEND", 4) == 0) {
			ret->trailing = at < source->length;
			return 0;
		}
	}
	return 0;
}
