/* test-base-error.c: failures say what happened, fit, stay UTF-8, and respect the caller's struct. */
#include "error.h"

#include <errno.h>
#include <stdio.h>

#include "text.h"
#include "unit.h"

static bool
all_utf8 (const struct larder_error *error)
{
	return text_is_utf8 (error->message, strlen (error->message)) && text_is_utf8 (error->next, strlen (error->next));
}

START_TEST (says)
{
	struct larder_error error = LARDER_ERROR_INIT;
	ck_assert_int_eq (larder_fail (&error, LARDER_E_NOTFOUND, "no object '%s'", "a/b"), LARDER_E_NOTFOUND);
	ck_assert_int_eq (error.code, LARDER_E_NOTFOUND);
	ck_assert_str_eq (error.message, "no object 'a/b'");
	ck_assert_int_eq (larder_fail (NULL, LARDER_E_DENIED, "nobody listens"), LARDER_E_DENIED);
	larder_explain (NULL, LARDER_DETAIL_NEXT, "x");
	larder_explain (&error, LARDER_DETAIL_NEXT, NULL);
	ck_assert_str_eq (error.next, "");
}
END_TEST

START_TEST (details)
{
	struct larder_error error = LARDER_ERROR_INIT;
	larder_explain (&error, LARDER_DETAIL_NEXT, "do this");
	larder_explain (&error, LARDER_DETAIL_PROVIDER, "AccessDenied");
	larder_explain (&error, LARDER_DETAIL_REQUEST, "R1");
	larder_explain (&error, LARDER_DETAIL_FILE, "larder.ini");
	larder_explain (&error, 99, "unknown details are ignored");
	ck_assert_str_eq (error.next, "do this");
	ck_assert_str_eq (error.provider, "AccessDenied");
	ck_assert_str_eq (error.request, "R1");
	ck_assert_str_eq (error.file, "larder.ini");
	error.status = 403, error.errnum = 5, error.line = 7, error.offset = 9;
	larder_fail (&error, LARDER_E_INVALID, "anew");
	ck_assert_str_eq (error.message, "anew");
	ck_assert_str_eq (error.next, "");
	ck_assert_str_eq (error.provider, "");
	ck_assert_str_eq (error.request, "");
	ck_assert_str_eq (error.file, "");
	ck_assert (!error.status && !error.errnum && !error.line && !error.offset);
	ck_assert_uint_eq (error.size, sizeof error);
}
END_TEST

/* Its own message may be an argument: a caller that wraps what it got. */
START_TEST (wraps)
{
	struct larder_error error = LARDER_ERROR_INIT;
	larder_fail (&error, LARDER_E_DENIED, "inner");
	larder_fail (&error, error.code, "outer: %s", error.message);
	ck_assert_str_eq (error.message, "outer: inner");
}
END_TEST

/* Two-, three- and four-byte characters, at every phase against the end of the field. */
START_TEST (cut)
{
	static const char *const characters[] = { "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80" };
	char text[2048] = "";
	for (int i = 0; i < _i % 4; i++)
		text[i] = 'x';
	for (size_t at = strlen (text); at < 1500; at += strlen (text + at))
		snprintf (text + at, sizeof text - at, "%s", characters[_i / 4]);
	struct larder_error error = LARDER_ERROR_INIT;
	larder_fail (&error, LARDER_E_INVALID, "%s", text);
	larder_explain (&error, LARDER_DETAIL_NEXT, text);
	ck_assert (all_utf8 (&error));
	ck_assert_uint_ge (strlen (error.message), sizeof error.message - 4);
	ck_assert_uint_ge (strlen (error.next), sizeof error.next - 4);
	ck_assert_int_eq (strncmp (error.message, text, strlen (error.message)), 0);
	larder_fail_errno (&error, ENOENT, "cannot open '%s'", text);
	ck_assert (all_utf8 (&error));
	ck_assert_ptr_nonnull (strstr (error.message, strerror (ENOENT)));
}
END_TEST

/* A name of nothing but continuation bytes still leaves something to read. */
START_TEST (cut_garbage)
{
	char text[1000];
	memset (text, 0x80, sizeof text - 1);
	text[sizeof text - 1] = '\0';
	struct larder_error error = LARDER_ERROR_INIT;
	larder_fail (&error, LARDER_E_INVALID, "%s", text);
	ck_assert_uint_ge (strlen (error.message), sizeof error.message - 5);
}
END_TEST

/* A module built against a shorter struct: nothing behind its size is touched. */
START_TEST (short_struct)
{
	struct larder_error error = LARDER_ERROR_INIT;
	memset (&error, 'z', sizeof error);
	error.size = offsetof (struct larder_error, provider);
	larder_fail_errno (&error, EACCES, "no");
	larder_explain (&error, LARDER_DETAIL_PROVIDER, "p");
	larder_explain (&error, LARDER_DETAIL_FILE, "f");
	ck_assert_int_eq (error.code, LARDER_E_DENIED);
	ck_assert_int_ne (error.next[0], '\0');
	for (size_t i = 0; i < sizeof error.provider; i++)
		ck_assert_int_eq (error.provider[i], 'z');
	ck_assert_int_eq (error.request[0], 'z');
	ck_assert_int_eq (error.file[0], 'z');
	ck_assert_uint_eq (error.size, offsetof (struct larder_error, provider));
}
END_TEST

START_TEST (errnos)
{
	static const struct { int errnum, code; } all[] = {
		{ ENOENT, LARDER_E_NOTFOUND }, { EACCES, LARDER_E_DENIED }, { EPERM, LARDER_E_DENIED }, { EROFS, LARDER_E_DENIED },
		{ EEXIST, LARDER_E_CONFLICT }, { ENOSPC, LARDER_E_NOSPACE }, { EDQUOT, LARDER_E_NOSPACE }, { EFBIG, LARDER_E_NOSPACE },
		{ ENOMEM, LARDER_E_LIMIT }, { EMFILE, LARDER_E_LIMIT }, { ENFILE, LARDER_E_LIMIT }, { EINVAL, LARDER_E_INVALID },
		{ ENAMETOOLONG, LARDER_E_INVALID }, { ENOTDIR, LARDER_E_INVALID }, { EISDIR, LARDER_E_INVALID },
		{ ELOOP, LARDER_E_INVALID }, { EXDEV, LARDER_E_INVALID }, { ENXIO, LARDER_E_INVALID }, { EIO, LARDER_E_UNAVAILABLE }, { 9999, LARDER_E_UNAVAILABLE },
	};
	for (size_t i = 0; i < COUNT_OF (all); i++) {
		struct larder_error error = LARDER_ERROR_INIT;
		ck_assert_int_eq (larder_fail_errno (&error, all[i].errnum, "cannot open '%s'", "x"), all[i].code);
		ck_assert_int_eq (error.errnum, all[i].errnum);
		char expected[256];
		snprintf (expected, sizeof expected, "cannot open 'x': %s", strerror (all[i].errnum));
		ck_assert_str_eq (error.message, expected);
		if (all[i].code == LARDER_E_NOSPACE)
			ck_assert_int_ne (error.next[0], '\0');
		ck_assert_int_eq (larder_fail_errno (NULL, all[i].errnum, "x"), all[i].code);
	}
}
END_TEST

START_TEST (memory)
{
	struct larder_error error = LARDER_ERROR_INIT;
	ck_assert_int_eq (larder_fail_memory (&error), LARDER_E_LIMIT);
	ck_assert_str_eq (error.message, "out of memory");
}
END_TEST

int
main (void)
{
	const struct unit_case cases[] = {
		{ "test-base-error-says", says, 0 }, { "test-base-error-details", details, 0 }, { "test-base-error-wraps", wraps, 0 },
		{ "test-base-error-cut", cut, 12 }, { "test-base-error-cut-garbage", cut_garbage, 0 },
		{ "test-base-error-short-struct", short_struct, 0 }, { "test-base-error-errnos", errnos, 0 },
		{ "test-base-error-memory", memory, 0 },
	};
	return unit_run ("base-error", cases, COUNT_OF (cases));
}
