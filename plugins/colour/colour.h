/* colour.h: embedded ICC profiles: what they are, and rows of pixels to sRGB. */
#ifndef LARDER_PLUGINS_COLOUR_H
#define LARDER_PLUGINS_COLOUR_H

#include "shared.h"

enum colour_verdict {
	COLOUR_SRGB,       /* pixels are as good as sRGB already */
	COLOUR_CONVERT,    /* *ret converts them */
	COLOUR_BROKEN,     /* unreadable: to be ignored, with a note */
	COLOUR_WRONG,      /* for another kind of pixels: to be ignored, with a note */
	COLOUR_UNKNOWN     /* built without LittleCMS */
};

struct colour;

/* Look at a profile. `pixels` are the rows it is for; `grey` says that the picture has no colour even
 * if its rows are RGB or RGBA. The name is what the profile calls itself, cut to `room`. */
enum colour_verdict colour_open (const void *icc, size_t length, uint32_t pixels, bool grey, struct colour **ret,
                                 char *name, size_t room);

/* Rows of the pixels told to colour_open, in place; alpha stays. Any thread. */
void colour_rows (const struct colour *colour, void *rows, size_t stride, uint32_t width, uint32_t count);

/* The same for rows of CMYK with 8 bits, which become rows of RGB: `light` where 0 is most ink, as Adobe writes. Never SRGB. */
enum colour_verdict colour_open_inks (const void *icc, size_t length, bool light, struct colour **ret, char *name, size_t room);
void colour_inks (const struct colour *colour, uint8_t *into, const uint8_t *inks, uint32_t width);

void colour_close (struct colour *colour); /* NULL allowed */

/* What to tell of a profile that is not used, or NULL. */
const char *colour_note (enum colour_verdict verdict);

#endif
