/* codec.h: the contract of a picture codec.
 *
 * A codec turns encoded bytes into rows of pixels and rows into bytes. It knows no store and no
 * network: of the host it uses alloc, free, arena, log, fail, explain and cancelled only, because it
 * also runs in a child process that has nothing else.
 *
 * A decode is: decode_begin (header read, limits checked, nothing large allocated before that), any
 * number of decode_rows from the top, decode_end. An encode is: encode_begin, encode_rows until all
 * rows are in, encode_end. States are the codec's own; two are independent and may run on two threads.
 */
#ifndef LARDER_CODEC_H
#define LARDER_CODEC_H

#ifndef LARDER_API_VERSION
#error "define LARDER_API_VERSION (the contract you wrote your module for) before including this header"
#endif

#include <larder/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Pixels: interleaved, rows top to bottom, straight (not premultiplied) alpha; 16-bit samples in the
 * machine's own byte order, full range 0…65535. */
enum larder_pixels {
	LARDER_GREY8 = 1,
	LARDER_GREYA8 = 2,
	LARDER_RGB8 = 3,
	LARDER_RGBA8 = 4,
	LARDER_GREY16 = 5,
	LARDER_GREYA16 = 6,
	LARDER_RGB16 = 7,
	LARDER_RGBA16 = 8
};

/* Samples of one pixel, alpha among them; 0 for a format this header does not know. */
static inline uint32_t
larder_pixel_samples (uint32_t pixels)
{
	return pixels >= LARDER_GREY8 && pixels <= LARDER_RGBA16 ? (pixels - 1) % 4 + 1 : 0;
}

static inline bool
larder_pixel_wide (uint32_t pixels)
{
	return pixels >= LARDER_GREY16 && pixels <= LARDER_RGBA16;
}

static inline bool
larder_pixel_alpha (uint32_t pixels)
{
	return larder_pixel_samples (pixels) != 0 && larder_pixel_samples (pixels) % 2 == 0;
}

/* Bytes of one pixel; 0 for a format this header does not know. */
static inline size_t
larder_pixel_bytes (uint32_t pixels)
{
	return (size_t) larder_pixel_samples (pixels) * (larder_pixel_wide (pixels) ? 2 : 1);
}

/* What is allowed; checked from the header, before allocation. 0 is "no limit" for none of them. */
struct larder_limits {
	size_t size;
	uint32_t width, height;      /* of one frame */
	uint64_t pixels;             /* width × height */
	uint64_t memory;             /* bytes this decode may allocate */
	uint32_t frames;
	uint64_t metadata;           /* bytes of profile, EXIF, text, unpacked, each */
	uint32_t scans;              /* of a progressive picture */
	uint64_t expansion;          /* bytes of decoded pixels for each byte of the file */
};

struct larder_decode {
	size_t size;
	struct larder_limits limits;
	uint32_t want_width, want_height; /* hint, of the picture as stored: one at least this large is enough; 0 for all of it.
	                                    * A codec may then give a smaller one (picture.width, height),
	                                    * never below the hint in either side. */
	bool header_only;            /* for probe: decode_rows will not be called */
};

enum larder_picture_flag {
	LARDER_PICTURE_ROWS = 1 << 0,       /* rows come as they are decoded; else the whole is held inside */
	LARDER_PICTURE_ALPHA = 1 << 1,      /* has an alpha channel or a transparent colour */
	LARDER_PICTURE_INTERLACED = 1 << 2, /* or progressive */
	LARDER_PICTURE_NOT_SRGB = 1 << 3,   /* to_srgb must be applied for display */
	LARDER_PICTURE_TRAILING = 1 << 4,   /* bytes follow the end of the picture */
	LARDER_PICTURE_NOTE = 1 << 5        /* `note` says what was odd but harmless */
};

/* What the header says. Texts live in the call's arena, icc until decode_end. */
struct larder_picture {
	size_t size;
	uint32_t width, height;          /* as stored, before orientation, of what decode_rows will give */
	uint32_t full_width, full_height;/* of the file, before orientation; as above unless scaled */
	uint32_t pixels;                 /* enum larder_pixels of the rows */
	uint32_t depth;                  /* bits a sample in the file */
	uint32_t flags;                  /* enum larder_picture_flag */
	uint32_t orientation;            /* EXIF 1…8; impossible values are 1 */
	uint32_t frames;                 /* 1 for a still */
	uint64_t memory;                 /* bytes the decode needs at its peak */
	const char *colour;              /* "grey", "rgb", "palette", "cmyk", … as in the file */
	const char *profile;             /* name of the colour profile, or NULL for none (sRGB) */
	const char *note;
	const void *icc;                 /* embedded profile, or NULL */
	size_t icc_length;
};

struct larder_encode {
	size_t size;
	uint32_t width, height;
	uint32_t pixels;                 /* enum larder_pixels of the rows that will come */
	int32_t quality;                 /* 0…100, or -1 for the codec's own; ignored by lossless codecs */
	int32_t effort;                  /* 0…9, or -1 */
	bool lossless;                   /* without effect on a codec that is never LOSSLESS; core asks others only */
	const void *icc;                 /* profile to embed, or NULL */
	size_t icc_length;
	struct larder_pairs text;        /* comments to embed */
};

enum larder_codec_cap {
	LARDER_CODEC_LOSSLESS = 1 << 0,  /* gives back the very pixels it took (at 8 bits at least) */
	LARDER_CODEC_QUALITY = 1 << 1,   /* honours quality */
	LARDER_CODEC_ALPHA = 1 << 2,
	LARDER_CODEC_DEPTH16 = 1 << 3,
	LARDER_CODEC_GREY = 1 << 4,      /* stores grey as grey */
	LARDER_CODEC_ICC = 1 << 5
};

struct larder_codec {
	struct larder_head head;
	const char *name, *version, *summary;
	uint32_t threads;
	const struct larder_option *options;
	size_t self_size;                /* bytes of an instance: its options; 0 if it has none */

	uint64_t caps;                   /* enum larder_codec_cap */
	const char *content_type;        /* "image/png" */
	const char *extension;           /* "png": the canonical one */
	const char *aliases;             /* other names a user may write, "jpg jpe", or NULL */
	uint32_t max_width, max_height;  /* what the format itself can hold */

	/* How many leading bits of `head` are this format's; 0 if it is not. Needs no more than 64 bytes,
	 * changes nothing. The highest bid decodes; a tie goes to the lower name. */
	uint32_t (*bid) (const void *head, size_t count);

	/* Decode. The source outlives the state. decode_begin fills *ret_picture and *ret_state; on failure there is
	 * no state. decode_rows gives exactly `count` rows, `stride` bytes apart; asking beyond the last
	 * row is LARDER_E_INVALID. Missing or damaged picture data is LARDER_E_INTEGRITY, never grey rows.
	 * decode_end takes NULL; call it also after a failure. After the last row the codec reads to the
	 * end of the picture, so that damage there is found. */
	int (*decode_begin) (const void *self, struct larder_call *call, const struct larder_decode *request,
	                     const struct larder_source *source, struct larder_picture *ret_picture, void **ret_state,
	                     struct larder_error *error);
	int (*decode_rows) (void *state, struct larder_call *call, void *rows, size_t stride, uint32_t count,
	                    struct larder_error *error);
	void (*decode_end) (void *state);

	/* Convert rows of this picture to sRGB in place, straight alpha kept. Rows are of the
	 * picture's own pixel format and `width` pixels each; grey stays grey. NULL if the codec knows no profiles. */
	int (*to_srgb) (void *state, struct larder_call *call, void *rows, size_t stride, uint32_t count,
	                struct larder_error *error);

	/* Encode. Bytes go to the sink's write (begin is not called), the sink outlives the state.
	 * encode_rows takes `count` rows in order. encode_end with finish = false throws the work away and
	 * cannot fail; with true it writes what is left, LARDER_E_INVALID if rows are missing. The state
	 * is gone afterwards in every case. */
	int (*encode_begin) (const void *self, struct larder_call *call, const struct larder_encode *request,
	                     const struct larder_sink *sink, void **ret_state, struct larder_error *error);
	int (*encode_rows) (void *state, struct larder_call *call, const void *rows, size_t stride, uint32_t count,
	                    struct larder_error *error);
	int (*encode_end) (void *state, struct larder_call *call, bool finish, struct larder_error *error);

	/* What only the rows and the end of the picture showed to be odd but harmless, or NULL: damage behind the last pixel,
	 * bytes that follow it. Asked for after the last row; the text lives until decode_end. NULL if the codec never has any. */
	const char *(*decode_note) (void *state);
};

#define LARDER_CODEC_HEAD                                                                                 \
	{ sizeof (struct larder_codec), LARDER_API_VERSION, LARDER_KIND_CODEC, sizeof (struct larder_option) }

#define LARDER_CODEC(table) LARDER_REGISTER (table)

#ifdef __cplusplus
}
#endif
#endif
