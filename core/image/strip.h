/* strip.h: what the parts of strip_file share. */
#ifndef LARDER_IMAGE_STRIP_H
#define LARDER_IMAGE_STRIP_H

#include "picture.h"

enum { EXIF_BLOCK = 26 };   /* bytes of an EXIF block that says nothing but the orientation */

/* Exactly `count` bytes; INTEGRITY when the source ends before. */
int strip_bytes (const struct larder_source *source, void *into, size_t count, uint64_t at, struct larder_error *error);
/* A piece of the result: of the source, or bytes of our own. */
int strip_keep (struct strip *strip, uint64_t at, uint64_t count, struct larder_error *error);
int strip_make (struct strip *strip, const void *bytes, size_t count, struct larder_error *error);
/* The orientation that the EXIF block there tells, 1 without; and the block that tells it alone. */
int strip_orientation (const struct larder_source *source, uint64_t at, uint32_t length, unsigned *ret, struct larder_error *error);
void strip_exif_of (unsigned orientation, unsigned char ret[EXIF_BLOCK]);

int strip_jpeg (struct strip *strip, struct larder_error *error);

#endif
