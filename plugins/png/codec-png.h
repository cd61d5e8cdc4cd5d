/* codec-png.h: what the files of this codec share. */
#ifndef LARDER_PLUGINS_CODEC_PNG_H
#define LARDER_PLUGINS_CODEC_PNG_H

#include "pieces.h"

/* An instance: the options of its [codec "png"] section. */
struct png_options {
	int64_t level;      /* of zlib */
	uint32_t strategy;  /* index into "rle|default|filtered|huffman" */
	uint32_t filter;    /* index into "adaptive|none|sub|up|average|paeth" */
};

/* What is found by stepping over the chunks of a source with pread, before decoding. */
struct png_outline {
	bool pixels;                   /* an IDAT chunk was met */
	bool cut;                      /* the file ends before its IEND chunk does */
	bool damaged;                  /* a chunk behind the pixels has a wrong check sum */
	bool trailing;                 /* bytes follow the IEND chunk */
	uint32_t orientation;          /* of an eXIf chunk anywhere, else 1 */
};

int png_outline_read (const struct larder_source *source, uint64_t metadata, struct png_outline *ret, struct larder_error *error);

/* ---- the operations ---- */

int decode_begin (const void *self, struct larder_call *call, const struct larder_decode *request,
                  const struct larder_source *source, struct larder_picture *ret_picture, void **ret_state,
                  struct larder_error *error);
int decode_rows (void *state, struct larder_call *call, void *rows, size_t stride, uint32_t count, struct larder_error *error);
void decode_end (void *state);
const char *decode_note (void *state);
int decode_to_srgb (void *state, struct larder_call *call, void *rows, size_t stride, uint32_t count, struct larder_error *error);

int encode_begin (const void *self, struct larder_call *call, const struct larder_encode *request,
                  const struct larder_sink *sink, void **ret_state, struct larder_error *error);
int encode_rows (void *state, struct larder_call *call, const void *rows, size_t stride, uint32_t count, struct larder_error *error);
int encode_end (void *state, struct larder_call *call, bool finish, struct larder_error *error);

#endif
