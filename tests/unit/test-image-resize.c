/* test-image-resize.c: what a resize must keep, whatever the picture. Exactness is in tests/image, against numpy. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "resize.h"

struct out { uint8_t rows[64 * 64 * 4]; size_t row, count; };

static int
take (void *context, const uint8_t *row, struct larder_error *error)
{
	struct out *out = context;
	(void) error;
	memcpy (out->rows + out->count++ * out->row, row, out->row);
	return 0;
}

static int
stop (void *context, const uint8_t *row, struct larder_error *error)
{
	(void) context, (void) row;
	return larder_fail (error, LARDER_E_CANCELLED, "enough");
}

/* One row given again and again. */
static void
shrink (const uint8_t *row, uint32_t width, uint32_t height, uint32_t to_width, uint32_t to_height, uint32_t channels, struct out *out)
{
	struct resize *resize = NULL;
	*out = (struct out) { .row = (size_t) to_width * channels };
	ck_assert_int_eq (resize_new (width, height, to_width, to_height, channels, take, out, &resize, NULL), 0);
	for (uint32_t y = 0; y < height; y++)
		ck_assert_int_eq (resize_rows (resize, row, 0, 1, NULL), 0);
	ck_assert_uint_eq (out->count, to_height);
	resize_free (resize);
}

/* Weights are normalised at the borders too: flat stays flat at every size. */
START_TEST (flat)
{
	static const uint32_t sizes[][4] = { { 1000, 900, 60, 50 }, { 61, 61, 60, 60 }, { 3, 5000, 1, 60 }, { 5000, 3, 60, 1 }, { 64, 1, 1, 1 }, { 10, 10, 60, 60 } };
	uint8_t *row = malloc (5000 * 4);
	struct out *out = malloc (sizeof *out);
	memset (row, 201, 5000 * 4);
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
		for (uint32_t channels = 1; channels <= 4; channels++) {
			shrink (row, sizes[i][0], sizes[i][1], sizes[i][2], sizes[i][3], channels, out);
			for (size_t at = 0; at < out->row * out->count; at++)
				ck_assert_uint_eq (out->rows[at], 201);
		}
	free (row);
	free (out);
}
END_TEST

/* The colour of what is transparent is seen nowhere. */
START_TEST (no_bleed)
{
	uint8_t row[400 * 4];
	struct out *out = malloc (sizeof *out);
	for (size_t x = 0; x < 400; x++)
		memcpy (row + x * 4, x % 2 ? "\xff\x00\x00\xff" : "\x00\xff\x00\x00", 4);
	shrink (row, 400, 100, 40, 10, 4, out);
	for (size_t at = 0; at < out->row * out->count; at += 4) {
		ck_assert_uint_ge (out->rows[at], 254);
		ck_assert_uint_eq (out->rows[at + 1], 0);
	}
	free (out);
}
END_TEST

START_TEST (same)
{
	uint8_t row[60 * 4];
	struct out *out = malloc (sizeof *out);
	for (size_t i = 0; i < sizeof row; i++)
		row[i] = (uint8_t) (i * 37);
	shrink (row, 60, 20, 60, 20, 4, out);
	for (size_t y = 0; y < out->count; y++)
		ck_assert_mem_eq (out->rows + y * out->row, row, sizeof row);
	free (out);
}
END_TEST

START_TEST (refusals)
{
	struct resize *resize = NULL;
	struct larder_error error = LARDER_ERROR_INIT;
	const uint8_t row[4] = { 0 };
	ck_assert_int_eq (resize_new (0, 1, 1, 1, 3, take, NULL, &resize, &error), LARDER_E_INVALID);
	ck_assert_int_eq (resize_new (1, 1, 1, 1, 5, take, NULL, &resize, &error), LARDER_E_INVALID);
	ck_assert_ptr_null (resize);
	ck_assert_int_eq (resize_new (1, 2, 1, 1, 3, stop, NULL, &resize, &error), 0);
	ck_assert_int_eq (resize_rows (resize, row, 0, 3, &error), LARDER_E_INVALID);
	ck_assert_int_eq (resize_rows (resize, row, 0, 2, &error), LARDER_E_CANCELLED);
	resize_free (resize);
	resize_free (NULL);
}
END_TEST

int
main (void)
{
	Suite *suite = suite_create ("image-resize");
	TCase *tcase = tcase_create ("test-image-resize");
	tcase_add_test (tcase, flat);
	tcase_add_test (tcase, no_bleed);
	tcase_add_test (tcase, same);
	tcase_add_test (tcase, refusals);
	suite_add_tcase (suite, tcase);
	SRunner *runner = srunner_create (suite);
	srunner_run_all (runner, CK_ENV);
	int failed = srunner_ntests_failed (runner);
	srunner_free (runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
