/* picture.h: one picture under way: where its bytes are, what its header says, its thumbnail. */
#ifndef LARDER_IMAGE_PICTURE_H
#define LARDER_IMAGE_PICTURE_H

#define LARDER_API_VERSION LARDER_API_CURRENT
#include <larder/codec.h>
#include <larder/larder.h>

#include "buffer.h"
#include "file.h"
#include "store.h"

/* The encoded bytes, readable again and again: a file, the caller's source, or a spool of standard input. */
struct input {
	int fd;                          /* -1 when not ours */
	const char *name;                /* for messages */
	struct file_source file;
	struct larder_source source;
	bool is_file;
};
int input_open (struct input *input, struct larder *larder, const struct larder_ingest *request, uint64_t most, struct larder_error *error);
/* The same bytes as at the start? */
int input_check (const struct input *input, struct larder_error *error);
void input_close (struct input *input);

/* "webp quality=85", read. */
struct encoding { char format[32]; int32_t quality, effort; bool lossless; };
int encoding_parse (const char *text, struct encoding *ret, struct larder_error *error);
/* "256x256" */
int box_parse (const char *text, uint32_t *ret_width, uint32_t *ret_height, struct larder_error *error);

/* A sink that appends to a buffer. */
void buffer_sink (struct buffer *buffer, struct larder_sink *ret);

/* An encode under way, into a buffer. encoder_end with the code so far: finishes, or throws away; gives the first failure. */
struct encoder { const struct module *module; struct instance *codec; struct larder_call *call; struct larder_sink sink; void *state; };
int encoder_begin (struct encoder *encoder, struct larder *larder, const struct module *module, const struct larder_encode *request, struct larder_call *call,
                   struct buffer *into, struct larder_error *error);
int encoder_rows (struct encoder *encoder, const void *rows, size_t stride, uint32_t count, struct larder_error *error);
int encoder_end (struct encoder *encoder, int code, struct larder_error *error);

/* What a decoder is asked for: the pipeline's limits, all pixels. */
struct larder_decode decode_of (const struct schema_pipeline *pipeline, uint64_t budget);

/* Rows of a decoder or of the caller's raster, as 8 bits in sRGB, grey or not, with alpha or without. */
struct pixels {
	const struct module *module;     /* codec, or NULL for a raster */
	struct instance *codec;          /* its options */
	void *state;
	struct larder_picture picture;
	const struct larder_raster *raster;
	uint32_t next;
	uint8_t *row, *narrow;           /* one row as decoded; the same at 8 bits */
};
int pixels_open (struct pixels *pixels, struct larder *larder, const struct module *codec, struct larder_call *call, const struct larder_source *source,
                 const struct larder_decode *request, struct larder_error *error);
int pixels_of_raster (struct pixels *pixels, const struct larder_raster *raster, struct larder_error *error);
/* The next row in its own format (valid until the next one). */
int pixels_row (struct pixels *pixels, struct larder_call *call, const uint8_t **ret, struct larder_error *error);
/* That row at 8 bits in sRGB. */
int pixels_display (struct pixels *pixels, struct larder_call *call, const uint8_t *row, const uint8_t **ret, struct larder_error *error);
uint32_t pixels_channels (const struct pixels *pixels);
void pixels_close (struct pixels *pixels);

/* Size as people see it: sides swapped by orientations 5 … 8. */
void upright (uint32_t orientation, uint32_t width, uint32_t height, uint32_t *ret_width, uint32_t *ret_height);

struct thumbnail { uint32_t width, height, channels; uint8_t *rows; };
/* Small enough to be held whole: take rows from pixels, resize, turn upright. When `again` is given, each row
 * is also passed to it as decoded (the re-encoding of the picture itself). */
typedef int (*pixels_row_fn) (void *context, const uint8_t *row, struct larder_error *error);
int thumbnail_make (struct thumbnail *thumbnail, struct pixels *pixels, struct larder_call *call, uint32_t box_width, uint32_t box_height,
                    pixels_row_fn again, void *again_context, struct larder_error *error);
int thumbnail_encode (struct thumbnail *thumbnail, struct larder *larder, const struct module *codec, const struct encoding *encoding, const char *background,
                      struct larder_call *call, struct buffer *into, struct larder_error *error);
void thumbnail_free (struct thumbnail *thumbnail);

/* Alpha over a background, for formats without alpha; nothing to do where `from` is `to`. 8 bits. */
struct flat { uint32_t from, to, background; };   /* samples of a pixel before and after; 0xrrggbb */
int flat_choose (const struct module *module, uint32_t pixels, const char *background, struct flat *ret, struct larder_error *error);
void flat_row (const struct flat *flat, uint8_t *into, const uint8_t *row, size_t width);

/* The picture itself in another format: prepared from the header, fed row by row, upright at the end. */
struct recode {
	const struct module *module;
	const struct larder_picture *picture;
	struct encoding encoding;
	uint32_t pixels;                 /* format the encoder gets */
	struct flat flat;
	bool narrow;                     /* 16 bits become 8 */
	uint8_t *row;                    /* one row converted */
	struct thumbnail whole;          /* held when it must be turned; else channels is 0 */
	uint32_t next;
	struct encoder encoder;
};
int recode_begin (struct recode *recode, struct larder *larder, const struct module *module, const struct larder_picture *picture, const struct encoding *encoding,
                  const char *background, uint64_t memory, struct larder_call *call, struct buffer *into, struct larder_error *error);
int recode_row (void *recode, const uint8_t *row, struct larder_error *error);
int recode_end (struct recode *recode, int code, struct larder_error *error);

/* Turn rows upright; `pixel` bytes each. */
int turn_rows (uint8_t **rows, uint32_t *width, uint32_t *height, size_t pixel, uint32_t orientation, struct larder_error *error);

/* Metadata that shows places or prompts, taken out without touching pixels. `what`: items of `strip`. The result is a source
 * made of pieces of the first one, which must stay; UNSUPPORTED for formats whose chunks are not known. */
struct strip_piece { uint64_t start, at; bool made; };   /* where it begins in the result; in the source, or in `made` */
struct strip {
	const struct larder_source *source;
	struct strip_piece *pieces;
	size_t count, room;
	struct buffer made;
	uint64_t length, next;
};
bool strip_wanted (const char *const *what);
int strip_file (struct strip *strip, const struct larder_source *source, const char *format, const char *const *what, struct larder_error *error);
void strip_source (struct strip *strip, struct larder_source *ret);
void strip_free (struct strip *strip);

#endif
