/* suite.h: what the files of larder-codec-test share. */
#ifndef LARDER_TESTS_CODEC_SUITE_H
#define LARDER_TESTS_CODEC_SUITE_H

#define LARDER_API_VERSION 0
#include <larder/codec.h>
#include "buffer.h"

/* ---- the host a codec sees (host.c) ---- */

struct larder_call {
	struct larder_arena *arena;
	bool cancelled;
};

extern const struct larder_host suite_host;

struct suite_count { size_t live, peak; bool forbidden; };
struct suite_count suite_count (void);       /* bytes from host->alloc: now, and most since the reset */
void suite_count_reset (void);
struct larder_call *suite_call (void);       /* a new arena for this thread, never cancelled */
struct larder_call *suite_call_cancelled (void);
void suite_call_done (void);

/* ---- sources, sinks, pictures (picture.c) ---- */

struct picture {
	uint32_t width, height, pixels;
	size_t stride, bytes;        /* bytes: of one row's pixels */
	uint8_t *at;
};

void picture_new (struct picture *picture, uint32_t width, uint32_t height, uint32_t pixels);
void picture_draw (struct picture *picture, unsigned seed); /* smooth, with some edges; alpha from 0 to 255 */
void picture_free (struct picture *picture);
bool picture_same (const struct picture *a, const struct picture *b);
/* PSNR over the colours, both seen as 8-bit RGBA, premultiplied. */
double picture_psnr (const struct picture *a, const struct picture *b);
const char *pixels_word (uint32_t pixels);

struct bytes {
	struct larder_source source;
	const uint8_t *at;
	size_t count, next;
	size_t most;                 /* bytes a read gives at most; 0 for no limit */
	size_t fail_at;              /* a read that touches this offset fails; SIZE_MAX for never */
};

void bytes_source (struct bytes *bytes, const void *at, size_t count, bool sequential);

/* A matrix profile. Rotated: its red is the screen's green, and so on. */
size_t profile_make (uint8_t into[1024], bool rotated);

/* ---- encode and decode in one go (run.c) ---- */

struct run {
	uint32_t group;              /* rows a call; 0 for mixed groups */
	size_t pad;                  /* bytes between rows, guarded */
	bool cancelled;              /* from the first row on */
	bool srgb;                   /* apply to_srgb */
	int32_t quality, effort;
	bool lossless;
	const void *icc;
	size_t icc_length;
	size_t sink_fail_at;         /* bytes the sink takes before it fails; SIZE_MAX for all */
	struct larder_limits limits; /* size 0: plenty */
};

#define RUN_PLAIN { .quality = -1, .effort = -1, .lossless = true, .sink_fail_at = SIZE_MAX }

struct suite {
	const struct larder_codec *codec;
	const void *self;
	unsigned count, failed;
	struct buffer why;           /* what went wrong in the promise under test */
	bool wordless;               /* some failure came without a message, or with another code */
	bool overrun;                /* some decode wrote between the rows */
	bool bad_facts;
	bool noted;                  /* the last decode said something of bytes behind the picture */
};

struct larder_limits plenty (void);
int run_encode (struct suite *suite, const struct run *run, const struct picture *picture, struct buffer *into);
int run_decode (struct suite *suite, const struct run *run, const struct larder_source *source, struct picture *ret,
                struct larder_picture *ret_facts);
/* Encode the picture (drawn with `seed`) and fail the promise if that does not work. */
bool made (struct suite *suite, const struct run *run, uint32_t width, uint32_t height, uint32_t pixels, unsigned seed,
           struct picture *picture, struct buffer *into);
bool takes (const struct suite *suite, uint32_t pixels);     /* whether caps promise this format */
uint32_t first_pixels (const struct suite *suite);

/* ---- promises ---- */

void because (struct suite *suite, const char *format, ...) LARDER_PRINTF (2, 3);
/* Ends one promise: its line says ok when nothing was said because. */
void promise (struct suite *suite, const char *name);

bool suite_table (struct suite *suite);
void suite_pictures (struct suite *suite);
void suite_faults (struct suite *suite);
void suite_limits (struct suite *suite);

#endif
