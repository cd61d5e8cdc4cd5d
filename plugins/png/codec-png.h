/* codec-png.h: what the files of this codec share. */
#ifndef LARDER_PLUGINS_CODEC_PNG_H
#define LARDER_PLUGINS_CODEC_PNG_H

#include "shared.h"

/* An instance: the options of its [codec "png"] section. */
struct png_options {
	int64_t level;      /* of zlib */
	uint32_t strategy;  /* index into "rle|default|filtered|huffman" */
	uint32_t filter;    /* index into "adaptive|none|sub|up|average|paeth" */
};

/* ---- reading a source in pieces ---- */

#define READER_PIECE 65536

struct reader {
	const struct larder_source *source;
	uint64_t offset;               /* of the byte after `piece` */
	size_t next, have;             /* in `piece` */
	int code;                      /* of the source, once it failed */
	bool ended;                    /* more was asked for than there is */
	struct larder_error error;
	uint8_t piece[READER_PIECE];
};

int reader_begin (struct reader *reader, const struct larder_source *source, struct larder_error *error);
/* The first bytes, without consuming them; how many there are, or negative. */
int64_t reader_peek (struct reader *reader, const uint8_t **ret);
/* Exactly `count` bytes; false after setting `code` or `ended`. */
bool reader_take (struct reader *reader, uint8_t *into, size_t count);

/* What is found by stepping over the chunks of a source with pread, before decoding. */
struct png_outline {
	bool complete;                 /* an IEND chunk was reached */
	bool trailing;                 /* bytes follow it */
	uint32_t orientation;          /* of an eXIf chunk anywhere, else 1 */
};

int png_outline_read (const struct larder_source *source, uint64_t metadata, struct png_outline *ret, struct larder_error *error);

/* ---- the operations ---- */

int decode_begin (const void *self, struct larder_call *call, const struct larder_decode *request,
                  const struct larder_source *source, struct larder_picture *ret_picture, void **ret_state,
                  struct larder_error *error);
int decode_rows (void *state, struct larder_call *call, void *rows, size_t stride, uint32_t count, struct larder_error *error);
void decode_end (void *state);
int decode_to_srgb (void *state, struct larder_call *call, void *rows, size_t stride, uint32_t count, struct larder_error *error);

int encode_begin (const void *self, struct larder_call *call, const struct larder_encode *request,
                  const struct larder_sink *sink, void **ret_state, struct larder_error *error);
int encode_rows (void *state, struct larder_call *call, const void *rows, size_t stride, uint32_t count, struct larder_error *error);
int encode_end (void *state, struct larder_call *call, bool finish, struct larder_error *error);

#endif
