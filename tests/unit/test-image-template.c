/* test-image-template.c: keys from templates, ids that may stand in them, and a thumbnail's key from a picture's. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "template.h"

static const char KEY[] = "{user}/{year}/{month}/{job}.{ext}", SMALL[] = "{user}/{year}/{month}/thumbnails/{job}.webp";

static int
translate (const char *template, const char *to, const char *key, char into[256])
{
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	struct larder_error error = LARDER_ERROR_INIT;
	const char *got = NULL;
	int code = template_translate (arena, template, to, key, &got, &error);
	ck_assert (code == 0 ? got != NULL : error.message[0] != 0);
	if (code == 0)
		snprintf (into, 256, "%s", got);
	return code;
}

/* The examples of the requirements. */
START_TEST (fills)
{
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	struct larder_error error = LARDER_ERROR_INIT;
	const struct larder_pair pair = { "shelf", "top" };
	struct template_values values = {
		.user = "u1", .job = "a.b", .ext = "png", .time = INT64_C (1767225599) * 1000000000, .digest = "0123abcd5678", .now = "now", .more = { &pair, 1, sizeof pair },
	};
	const char *got = NULL;
	ck_assert_int_eq (template_fill (arena, KEY, &values, &got, &error), 0);
	ck_assert_str_eq (got, "u1/2025/12/a.b.png");
	ck_assert_int_eq (template_fill (arena, "{shelf}-{day}-{now}", &values, &got, &error), 0);
	ck_assert_str_eq (got, "top-31-now");
	ck_assert_int_eq (template_fill (arena, "{job}-{hash8}.{ext}", &values, &got, &error), 0);
	ck_assert_str_eq (got, "a.b-0123abcd.png");
	ck_assert_int_eq (template_fill (arena, "{user}/{colour}", &values, &got, &error), LARDER_E_INVALID);
	ck_assert_ptr_nonnull (strstr (error.message, "{colour}"));
	ck_assert_ptr_nonnull (strstr (error.next, "colour"));
}
END_TEST

/* c-D02: ids are one component. */
START_TEST (ids)
{
	static const char *const bad[] = { NULL, "", ".", "..", "a/b", "/", "a\nb", "\x7f", "a\x01", "\xff\xfe" };
	static const char *const good[] = { "a", "...", ".a", "a b", "job-1.2", "\xf0\x9f\x90\x88", "a\\b", "{x}" };
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct larder_error error = LARDER_ERROR_INIT;
		ck_assert_int_eq (template_check_id ("job", bad[i], &error), LARDER_E_INVALID);
		ck_assert_ptr_nonnull (strstr (error.message, "job"));
	}
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		ck_assert_int_eq (template_check_id ("job", good[i], NULL), 0);
}
END_TEST

/* A hash has its digits, so what stands before it is certain. */
START_TEST (hashed)
{
	char into[256];
	ck_assert_int_eq (translate ("{user}/{job}-{hash8}.{ext}", "{user}/t/{job}-{hash8}.webp", "u/a-b-0123abcd.png", into), 0);
	ck_assert_str_eq (into, "u/t/a-b-0123abcd.webp");
	ck_assert_int_eq (translate ("{user}/{job}-{hash8}.{ext}", "{job}", "u/a-0123abcd.png", into), 0);
	ck_assert_str_eq (into, "a");
	ck_assert_int_eq (translate ("{user}/{job}-{hash8}.{ext}", "{job}", "u/a-0123abcg.png", into), LARDER_E_INVALID);
	ck_assert_int_eq (translate ("{user}/{job}-{hash8}.{ext}", "{job}", "u/a-0123abc.png", into), LARDER_E_INVALID);
}
END_TEST

/* E2: only the last extension goes. */
START_TEST (backwards)
{
	char got[256];
	ck_assert_int_eq (translate (KEY, SMALL, "u/2026/01/j.png", got), 0);
	ck_assert_str_eq (got, "u/2026/01/thumbnails/j.webp");
	ck_assert_int_eq (translate (KEY, SMALL, "u/2026/01/a.png.b.jpeg", got), 0);
	ck_assert_str_eq (got, "u/2026/01/thumbnails/a.png.b.webp");
	ck_assert_int_eq (translate ("{job}/{job}.{ext}", "{job}", "a/a.png", got), 0);
	ck_assert_str_eq (got, "a");
}
END_TEST

START_TEST (not_backwards)
{
	static const char *const keys[] = { "", "j.png", "u/2026/01/j", "u/2026/01/.png", "u/2026/01/j.", "u/2026/01/x/j.png", "/2026/01/j.png" };
	char got[256];
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		ck_assert_int_eq (translate (KEY, SMALL, keys[i], got), LARDER_E_INVALID);
	ck_assert_int_eq (translate ("{job}/{job}.{ext}", "{job}", "a/b.png", got), LARDER_E_INVALID);
	ck_assert_int_eq (translate (KEY, "{shelf}/{job}", "u/2026/01/j.png", got), LARDER_E_INVALID);
}
END_TEST

int
main (void)
{
	Suite *suite = suite_create ("image-template");
	TCase *tcase = tcase_create ("test-image-template-fills");
	tcase_add_test (tcase, fills);
	suite_add_tcase (suite, tcase);
	tcase = tcase_create ("test-image-template-ids");
	tcase_add_test (tcase, ids);
	suite_add_tcase (suite, tcase);
	tcase = tcase_create ("test-image-template-backwards");
	tcase_add_test (tcase, backwards);
	tcase_add_test (tcase, not_backwards);
	tcase_add_test (tcase, hashed);
	suite_add_tcase (suite, tcase);
	SRunner *runner = srunner_create (suite);
	srunner_run_all (runner, CK_ENV);
	int failed = srunner_ntests_failed (runner);
	srunner_free (runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
