/* codec-webp.h: what the files of this codec share. */
#ifndef LARDER_PLUGINS_CODEC_WEBP_H
#define LARDER_PLUGINS_CODEC_WEBP_H

#include "shared.h"

#define WEBP_SIDE_MOST 16383

/* An instance: the options of its [codec "webp"] section. */
struct webp_options {
	int64_t method;     /* of libwebp, 0 fast to 6 small */
	int64_t quality;    /* when the caller asks for none */
};

/* What the first bytes of a file say. */
struct webp_head {
	uint64_t length;    /* of the RIFF container, header included */
	uint32_t width, height;
	bool animated, alpha, lossless;
};

/* Parse it; the source is at least as long as it claims afterwards. */
int webp_head_read (const uint8_t *bytes, size_t count, uint64_t file, struct webp_head *ret, struct larder_error *error);

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
