/* resize.h: exact Lanczos-3, row by row.
 *
 * Rows of the source go in from the top; rows of the result come out as soon as all they need has been
 * seen, so that only a window of rows is held. True coefficients (normalised at the borders), alpha premultiplied
 * for the resize and divided out again, 14 bits or more kept between the passes. 8-bit rows in and out. */
#ifndef LARDER_IMAGE_RESIZE_H
#define LARDER_IMAGE_RESIZE_H

#include <larder/types.h>

struct resize;

/* Size of a picture fitted into a box as Pillow's thumbnail() does: aspect kept, its rounding, at least 1, never enlarged. */
void resize_fit (uint32_t width, uint32_t height, uint32_t box_width, uint32_t box_height, uint32_t *ret_width, uint32_t *ret_height);

typedef int (*resize_row_fn) (void *context, const uint8_t *row, struct larder_error *error);

/* channels: 1 grey, 2 grey and alpha, 3 RGB, 4 RGBA; alpha is straight. Equal sizes pass rows through unchanged. */
int resize_new (uint32_t width, uint32_t height, uint32_t to_width, uint32_t to_height, uint32_t channels,
                resize_row_fn row, void *context, struct resize **ret, struct larder_error *error);
int resize_rows (struct resize *resize, const uint8_t *rows, size_t stride, uint32_t count, struct larder_error *error);
size_t resize_memory (uint32_t width, uint32_t height, uint32_t to_width, uint32_t to_height, uint32_t channels);
void resize_free (struct resize *resize);  /* NULL allowed */

#endif
