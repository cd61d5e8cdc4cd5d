/* pieces.h: bytes of a source and to a sink, in pieces of 64 KiB, for libraries that ask for a few at a time. */
#ifndef LARDER_PLUGINS_PIECES_H
#define LARDER_PLUGINS_PIECES_H

#include "shared.h"

#define PIECE_BYTES 65536

struct reader {
	const struct larder_source *source;
	uint64_t offset;               /* of the byte after `piece` */
	size_t next, have;             /* in `piece` */
	int code;                      /* of the source, once it failed */
	bool ended;                    /* more was asked for than there is */
	struct larder_error error;
	uint8_t piece[PIECE_BYTES];
};

int reader_begin (struct reader *reader, const struct larder_source *source, struct larder_error *error);
/* The bytes at hand, without consuming them; how many there are (0 at the end), or negative. */
int64_t reader_peek (struct reader *reader, const uint8_t **ret);
/* Exactly `count` bytes; false after setting `code` or `ended`. */
bool reader_take (struct reader *reader, uint8_t *into, size_t count);

struct writer {
	const struct larder_sink *sink;
	int code;                      /* of the sink, once it failed */
	struct larder_error error;
	size_t filled;                 /* of `piece` */
	uint8_t piece[PIECE_BYTES];
};

void writer_begin (struct writer *writer, const struct larder_sink *sink);
/* false once the sink failed; `code` and `error` say how. */
bool writer_add (struct writer *writer, const uint8_t *bytes, size_t count);
bool writer_drain (struct writer *writer);

#endif
