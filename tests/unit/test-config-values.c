/* test-config-values.c: option tables to fields, from sections and from command lines. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#include <larder/larder.h>
#include "values.h"

struct fields {
	const char *text, *path, *secret;
	bool on;
	int64_t number, duration, days;
	uint64_t size, rate;
	uint32_t choice;
	const char *const *items;
};

static const struct larder_option options[] = {
	{ .key = "text", .type = LARDER_STRING, .at = offsetof (struct fields, text), .def = "plain", .letter = 't' },
	{ .key = "path", .type = LARDER_PATH, .at = offsetof (struct fields, path) },
	{ .key = "secret", .type = LARDER_SECRET, .at = offsetof (struct fields, secret) },
	{ .key = "on", .type = LARDER_BOOL, .at = offsetof (struct fields, on), .letter = 'o' },
	{ .key = "number", .type = LARDER_INT, .at = offsetof (struct fields, number), .min = -3, .max = 5, .letter = 'n' },
	{ .key = "duration", .type = LARDER_DURATION, .at = offsetof (struct fields, duration), .def = "10m" },
	{ .key = "days", .type = LARDER_DURATION, .flags = LARDER_WHOLE_DAYS, .at = offsetof (struct fields, days) },
	{ .key = "size", .type = LARDER_SIZE, .at = offsetof (struct fields, size), .min = 1, .max = 1 << 30 },
	{ .key = "rate", .type = LARDER_RATE, .at = offsetof (struct fields, rate) },
	{ .key = "choice", .type = LARDER_ENUM, .at = offsetof (struct fields, choice), .values = "auto|path|host", .def = "path" },
	{ .key = "items", .type = LARDER_LIST, .at = offsetof (struct fields, items), .def = "a, \"b, c\"", .letter = 'i' },
	{ 0 }
};

static struct fields fields;
static struct larder_values *values;
static struct larder_error error;

static void
setup (void)
{
	fields = (struct fields) { 0 };
	error = (struct larder_error) LARDER_ERROR_INIT;
	values = NULL;
}

static void
teardown (void)
{
	larder_values_free (values);
}

static int
set (const char *key, const char *text)
{
	if (!values)
		values = values_new (options, sizeof *options, &fields);
	return values_set (values, key, text, "t.ini:9", &error);
}

START_TEST (defaults)
{
	values = values_new (options, sizeof *options, &fields);
	ck_assert_str_eq (fields.text, "plain");
	ck_assert_ptr_null (fields.path);
	ck_assert_int_eq (fields.duration, INT64_C (600000000000));
	ck_assert_uint_eq (fields.choice, 1);
	ck_assert_str_eq (fields.items[1], "b, c");
	ck_assert_ptr_null (fields.items[2]);
	ck_assert_ptr_null (values_text (values, "text"));
}
END_TEST

START_TEST (each_type)
{
	static const char *const given[][2] = { { "text", "" }, { "path", "/a b" }, { "secret", "s" }, { "on", "yes" }, { "number", "-3" }, { "duration", "30d" },
	                                        { "size", "8MiB" }, { "rate", "500MB/s" }, { "choice", "host" }, { "items", "\"x\\\"y\", z" } };
	for (size_t i = 0; i < sizeof given / sizeof *given; i++)
		ck_assert_msg (set (given[i][0], given[i][1]) == 0, "%s", error.message);
	ck_assert_str_eq (fields.text, "");
	ck_assert_str_eq (fields.path, "/a b");
	ck_assert_str_eq (fields.secret, "s");
	ck_assert (fields.on);
	ck_assert_int_eq (fields.number, -3);
	ck_assert_int_eq (fields.duration, INT64_C (30) * 86400 * 1000000000);
	ck_assert_uint_eq (fields.size, 8 << 20);
	ck_assert_uint_eq (fields.rate, 500000000);
	ck_assert_uint_eq (fields.choice, 2);
	ck_assert_str_eq (fields.items[0], "x\"y");
	ck_assert_str_eq (values_text (values, "text"), "");
	ck_assert_str_eq (values_text (values, "secret"), "");
	ck_assert_str_eq (values_text (values, "size"), "8MiB");
}
END_TEST

static const struct { const char *key, *text, *message; } wrong[] = {
	{ "on", "maybe", "'on' is 'maybe', expected yes or no" }, { "number", "6", "out of the range -3 to 5" }, { "number", "-4", "out of the range" },
	{ "number", "1x", "a whole number" }, { "number", "", "a whole number" }, { "size", "0", "out of the range" }, { "size", "2GiB", "out of the range" },
	{ "size", "99999999999TiB", "expected a size" }, { "size", "-1", "expected a size" }, { "rate", "5MB", "expected a rate" },
	{ "duration", "5 fortnights", "expected a duration" }, { "choice", "hos", "auto|path|host" }, { "choice", "", "auto|path|host" },
	{ "days", "30", "'days' is '30', expected whole days" }, { "days", "25h", "expected whole days" }, { "days", "x", "expected a duration" },
	{ "choice", "auto|path", "auto|path|host" }, { "items", "a,,b", "a list" }, { "items", "\"a", "a list" }, { "nubmer", "1", "unknown key 'nubmer'" },
};

START_TEST (refused)
{
	ck_assert_int_eq (set (wrong[_i].key, wrong[_i].text), LARDER_E_INVALID);
	ck_assert_msg (strncmp (error.message, "t.ini:9: ", 9) == 0 && strstr (error.message, wrong[_i].message), "%s", error.message);
}
END_TEST

START_TEST (missing)
{
	static const struct larder_option needed[] = {
		{ .key = "a", .type = LARDER_STRING, .at = offsetof (struct fields, text), .flags = LARDER_REQUIRED },
		{ .key = "b", .type = LARDER_PATH, .at = offsetof (struct fields, path), .flags = LARDER_REQUIRED }, { 0 } };
	values = values_new (needed, sizeof *needed, &fields);
	ck_assert_int_eq (values_finish (values, "t.ini:2", &error), LARDER_E_INVALID);
	ck_assert_str_eq (error.message, "t.ini:2: 'a', 'b' is missing");
	ck_assert_int_eq (values_set (values, "a", "", NULL, &error), 0);
	ck_assert_int_eq (values_set (values, "b", "x", NULL, &error), 0);
	ck_assert_int_eq (values_finish (values, NULL, &error), 0);
}
END_TEST

/* The first item given replaces the default, later ones come behind it; a later text replaces an earlier one. */
START_TEST (again)
{
	ck_assert_int_eq (set ("text", "one"), 0);
	ck_assert_int_eq (set ("text", "two"), 0);
	ck_assert_str_eq (fields.text, "two");
	ck_assert_int_eq (values_append (values, "items", "p, q", NULL, &error), 0);
	ck_assert_int_eq (values_append (values, "items", "r", NULL, &error), 0);
	ck_assert_str_eq (fields.items[0], "p, q");
	ck_assert_str_eq (fields.items[1], "r");
	ck_assert_ptr_null (fields.items[2]);
}
END_TEST

/* A module built with a longer option: the stride is its own. */
START_TEST (stride)
{
	struct wider { struct larder_option option; uint64_t later[3]; };
	static const struct wider wide[] = {
		{ { .key = "a", .type = LARDER_STRING, .at = offsetof (struct fields, text) }, { 1, 2, 3 } },
		{ { .key = "b", .type = LARDER_INT, .at = offsetof (struct fields, number) }, { 4, 5, 6 } }, { { 0 }, { 0 } } };
	values = values_new (&wide[0].option, sizeof *wide, &fields);
	ck_assert_int_eq (values_set (values, "b", "42", NULL, &error), 0);
	ck_assert_int_eq (fields.number, 42);
	ck_assert_str_eq (values_nearest (&wide[0].option, sizeof *wide, "b"), "b");
}
END_TEST

/* ---- command lines ------------------------------------------------------------------------------ */

static int
parse (const char *line, char *argv[16], int *argc)
{
	static char text[256];
	snprintf (text, sizeof text, "%s", line);
	*argc = 0;
	for (char *at = text; *at;) {
		argv[(*argc)++] = at;
		at += strcspn (at, " ");
		if (*at)
			*at++ = '\0';
	}
	return larder_options_parse (options, sizeof *options, &fields, argc, argv, &values, &error);
}

START_TEST (flags)
{
	char *argv[16];
	int argc;
	ck_assert_msg (parse ("cmd x --text=a=b y -n 4 - --no-on -ot5 --items p,q --items= -- --text z", argv, &argc) == 0, "%s", error.message);
	ck_assert_int_eq (argc, 6);
	static const char *const left[] = { "cmd", "x", "y", "-", "--text", "z" };
	for (int i = 0; i < 6; i++)
		ck_assert_str_eq (argv[i], left[i]);
	ck_assert_str_eq (fields.text, "5");
	ck_assert_int_eq (fields.number, 4);
	ck_assert (fields.on);
	ck_assert_str_eq (fields.items[0], "p,q");
	ck_assert_str_eq (fields.items[1], "");
	ck_assert (larder_values_given (values, "on"));
	ck_assert (!larder_values_given (values, "size"));
	ck_assert (!larder_values_given (values, "nothing"));
}
END_TEST

static const struct { const char *line, *message, *next; } wrong_flags[] = {
	{ "cmd --nubmer 1", "unknown option '--nubmer'", "did you mean '--number'?" }, { "cmd -x", "unknown option '-x'", "" },
	{ "cmd --no-text", "unknown option '--no-text'", "" }, { "cmd --number", "'--number' needs a value", "" }, { "cmd -n", "needs a value", "" },
	{ "cmd --number=9", "'--number' is '9', out of the range", "" }, { "cmd --on=perhaps", "expected yes or no", "" },
	{ "cmd --no-on=yes", "unknown option", "" },
};

START_TEST (flags_refused)
{
	char *argv[16];
	int argc;
	ck_assert_int_eq (parse (wrong_flags[_i].line, argv, &argc), LARDER_E_INVALID);
	ck_assert_ptr_null (values);
	ck_assert_msg (strstr (error.message, wrong_flags[_i].message) && strstr (error.next, wrong_flags[_i].next), "%s (%s)", error.message, error.next);
}
END_TEST

int
main (void)
{
	Suite *suite = suite_create ("test-config-values");
	TCase *tests = tcase_create ("test-config-values");
	tcase_add_checked_fixture (tests, setup, teardown);
	tcase_add_test (tests, defaults);
	tcase_add_test (tests, each_type);
	tcase_add_loop_test (tests, refused, 0, sizeof wrong / sizeof *wrong);
	tcase_add_test (tests, missing);
	tcase_add_test (tests, again);
	tcase_add_test (tests, stride);
	tcase_add_test (tests, flags);
	tcase_add_loop_test (tests, flags_refused, 0, sizeof wrong_flags / sizeof *wrong_flags);
	suite_add_tcase (suite, tests);
	SRunner *runner = srunner_create (suite);
	srunner_run_all (runner, CK_ENV);
	int failed = srunner_ntests_failed (runner);
	srunner_free (runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
