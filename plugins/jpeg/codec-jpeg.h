/* codec-jpeg.h: what the files of this codec share. */
#ifndef LARDER_PLUGINS_CODEC_JPEG_H
#define LARDER_PLUGINS_CODEC_JPEG_H

#include "pieces.h"

#include <setjmp.h>
#include <stdio.h>

#include <jpeglib.h>

#define JPEG_SIDE_MOST 65500 /* of libjpeg; the format has 35 more */

/* An instance: the options of its [codec "jpeg"] section. */
struct jpeg_options {
	int64_t quality;        /* when the caller asks for none */
	bool progressive;
	uint32_t subsampling;   /* index into "420|422|444" */
};

/* ---- what libjpeg says (problems.c) ---- */

/* libjpeg reports errors by a callback that must not return. All of its calls that can fail are made in small step functions
 * that keep nothing in locals, run by an attempt() that holds the only setjmp; this is where they come back. */
struct problems {
	struct jpeg_error_mgr manager;  /* first: libjpeg's pointer to it is a pointer to this */
	jmp_buf stop;
	bool rows;              /* the pixels are being read: warnings are damage */
	int code, number;       /* of libjpeg's error, and its first number */
	char message[JMSG_LENGTH_MAX];
	char note[160];         /* odd but harmless, or "" */
};

struct jpeg_error_mgr *problems_begin (struct problems *problems);
void problems_note (struct problems *problems, const char *text);   /* the first one stays */
/* The error that stopped libjpeg, as one of ours. `cut`: bytes of a file that ended too early, or 0. */
int problems_tell (const struct problems *problems, uint64_t cut, struct larder_error *error);

/* ---- EXIF and colour profile (markers.c) ---- */

struct markers {
	uint64_t most;          /* bytes of each */
	bool over, exif_over, broken, no_memory;
	uint8_t *exif;
	size_t exif_length;
	struct { uint8_t *at; size_t length; } parts[256];   /* of the profile, by their numbers */
	unsigned wanted;        /* how many there are, as each of them says */
	size_t total;
	uint8_t *profile;       /* put together by markers_profile */
};

/* Have libjpeg hand over APP1 and APP2 segments. `ret` is found by the decoder's client_data through markers_of. */
void markers_begin (j_decompress_ptr jpeg);
struct markers *markers_of (j_common_ptr jpeg);
/* The whole profile, or NULL; a note where one, or EXIF, is there but of no use. */
const uint8_t *markers_profile (struct markers *markers, const char **ret_note);
void markers_free (struct markers *markers);

/* ---- scans.c ---- */

/* Scans of a source with pread; it stops counting at one more than `most`. */
int scans_count (const struct larder_source *source, uint32_t most, uint32_t *ret, struct larder_error *error);

/* ---- the operations ---- */

int decode_begin (const void *self, struct larder_call *call, const struct larder_decode *request,
                  const struct larder_source *source, struct larder_picture *ret_picture, void **ret_state,
                  struct larder_error *error);
int decode_rows (void *state, struct larder_call *call, void *rows, size_t stride, uint32_t count, struct larder_error *error);
void decode_end (void *state);
int decode_to_srgb (void *state, struct larder_call *call, void *rows, size_t stride, uint32_t count, struct larder_error *error);
const char *decode_note (void *state);

int encode_begin (const void *self, struct larder_call *call, const struct larder_encode *request,
                  const struct larder_sink *sink, void **ret_state, struct larder_error *error);
int encode_rows (void *state, struct larder_call *call, const void *rows, size_t stride, uint32_t count, struct larder_error *error);
int encode_end (void *state, struct larder_call *call, bool finish, struct larder_error *error);

#endif
