/* shared.h: what the picture codecs share besides colour: limits, and the orientation in EXIF. */
#ifndef LARDER_PLUGINS_SHARED_H
#define LARDER_PLUGINS_SHARED_H

#ifndef LARDER_API_VERSION
#define LARDER_API_VERSION 0
#endif
#include <larder/codec.h>

/* The request as this module knows it, whatever the size of the caller's struct. */
struct larder_decode shared_decode_request (const struct larder_decode *request);
struct larder_encode shared_encode_request (const struct larder_encode *request);

/* LIMIT, naming limit and value, when a picture of this size is too large. */
int shared_check_size (const struct larder_limits *limits, uint32_t width, uint32_t height, struct larder_error *error);
/* Bytes of decoded pixels against those of the file. */
int shared_check_expansion (const struct larder_limits *limits, uint32_t width, uint32_t height, size_t pixel, uint64_t file,
                            struct larder_error *error);
int shared_check_scans (const struct larder_limits *limits, uint32_t scans, struct larder_error *error);
int shared_check_frames (const struct larder_limits *limits, uint32_t frames, struct larder_error *error);
int shared_check_memory (const struct larder_limits *limits, uint64_t memory, struct larder_error *error);

/* An unsigned number of up to four bytes. */
uint32_t shared_number (const uint8_t *at, unsigned bytes, bool big);

/* EXIF orientation of a TIFF block, with or without "Exif\0\0" in front; 1 for all that is not 1…8. */
uint32_t shared_orientation (const uint8_t *exif, size_t length);

/* How far a picture is, read or written. */
struct shared_rows {
	uint32_t height, next;
	size_t bytes;        /* of one row */
	bool failed;         /* some call failed: there are no more */
};

/* INVALID when `count` rows `stride` bytes apart cannot come next. */
int shared_check_rows (const struct shared_rows *rows, size_t stride, uint32_t count, struct larder_error *error);
/* INVALID when a picture to be written is not complete. */
int shared_check_complete (const struct shared_rows *rows, struct larder_error *error);

/* `count` rows, `most` a turn, looking for a cancel before each. A turn takes its rows from where the codec keeps them. */
typedef int (*shared_turn_fn) (void *codec, uint32_t count, struct larder_error *error);
int shared_turns (struct larder_call *call, uint32_t count, uint32_t most, shared_turn_fn turn, void *codec, struct larder_error *error);

/* LIMIT, with what to do about it. */
int shared_fail_memory (struct larder_error *error);

/* CANCELLED when the call must end. */
int shared_check_cancel (struct larder_call *call, struct larder_error *error);

#endif
