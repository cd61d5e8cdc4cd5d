/* reader.c: bytes of a source in pieces, and the outline of its chunks. */
#include "codec-png.h"

int
reader_begin (struct reader *reader, const struct larder_source *source, struct larder_error *error)
{
	reader->source = source;
	reader->error = (struct larder_error) LARDER_ERROR_INIT;
	return source->pread == NULL && source->rewind != NULL ? source->rewind (source->context, error) : 0;
}

/* One piece, whole unless the source ends in it: a short read is not an end. */
static bool
fill (struct reader *reader)
{
	const struct larder_source *source = reader->source;
	reader->next = reader->have = 0;
	while (reader->code == 0 && reader->have < READER_PIECE) {
		uint8_t *into = reader->piece + reader->have;
		size_t room = READER_PIECE - reader->have;
		int64_t got = source->pread != NULL ? source->pread (source->context, into, room, reader->offset, &reader->error)
		                                    : source->read (source->context, into, room, &reader->error);
		if (got < 0)
			reader->code = (int) got;
		if (got <= 0)
			break;
		reader->have += (size_t) got;
		reader->offset += (uint64_t) got;
	}
	return reader->code == 0;
}

int64_t
reader_peek (struct reader *reader, const uint8_t **ret)
{
	if (reader->next == reader->have && !fill (reader))
		return reader->code;
	*ret = reader->piece + reader->next;
	return (int64_t) (reader->have - reader->next);
}

bool
reader_take (struct reader *reader, uint8_t *into, size_t count)
{
	while (count > 0) {
		if (reader->next == reader->have && !fill (reader))
			return false;
		size_t some = reader->have - reader->next;
		if (some == 0) {
			reader->ended = true;
			return false;
		}
		some = some < count ? some : count;
		memcpy (into, reader->piece + reader->next, some);
		reader->next += some;
		into += some;
		count -= some;
	}
	return true;
}

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

/* Headers only, 8 bytes each. A file of absurdly many chunks is left alone half way: what is asked here
 * is a courtesy, and the decoder meets every fault itself. */
int
png_outline_read (const struct larder_source *source, uint64_t metadata, struct png_outline *ret, struct larder_error *error)
{
	uint64_t at = 8;
	uint8_t head[8];
	for (unsigned chunks = 0; chunks < 100000; chunks++) {
		int code = pread_all (source, head, sizeof head, at, error);
		if (code <= 0)
			return code;
		uint32_t length = (uint32_t) head[0] << 24 | (uint32_t) head[1] << 16 | (uint32_t) head[2] << 8 | head[3];
		if (memcmp (head + 4, "eXIf", 4) == 0 && length <= metadata && length < INT32_MAX) {
			code = read_exif (source, at + 8, length, ret, error);
			if (code < 0)
				return code;
		}
		at += 12 + (uint64_t) length;
		if (at > source->length)
			return 0;
		if (memcmp (head + 4, "IEND", 4) == 0) {
			ret->complete = true;
			ret->trailing = at < source->length;
			return 0;
		}
	}
	return 0;
}
