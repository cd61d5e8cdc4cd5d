/* pieces.c: bytes of a source and to a sink, in pieces of 64 KiB. */
#include "pieces.h"

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
	while (reader->code == 0 && reader->have < PIECE_BYTES) {
		uint8_t *into = reader->piece + reader->have;
		size_t room = PIECE_BYTES - reader->have;
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

/* ---- to a sink ---- */

void
writer_begin (struct writer *writer, const struct larder_sink *sink)
{
	writer->sink = sink;
	writer->error = (struct larder_error) LARDER_ERROR_INIT;
}

bool
writer_drain (struct writer *writer)
{
	if (writer->code == 0 && writer->filled > 0)
		writer->code = writer->sink->write (writer->sink->context, writer->piece, writer->filled, &writer->error);
	writer->filled = 0;
	return writer->code == 0;
}

bool
writer_add (struct writer *writer, const uint8_t *bytes, size_t count)
{
	while (count > 0) {
		size_t some = PIECE_BYTES - writer->filled < count ? PIECE_BYTES - writer->filled : count;
		memcpy (writer->piece + writer->filled, bytes, some);
		writer->filled += some;
		bytes += some;
		count -= some;
		if (writer->filled == PIECE_BYTES && !writer_drain (writer))
			return false;
	}
	return true;
}
