/* test-base-text.c: encodings go round, names are safe to show, the nearest word is the nearest. */
#include "text.h"

#include <stdio.h>

#include "buffer.h"
#include "unit.h"

static uint32_t
chance (uint32_t *seed, uint32_t below)
{
	*seed = *seed * 1664525 + 1013904223;
	return (uint32_t) ((uint64_t) *seed * below >> 32);
}

START_TEST (hex)
{
	uint32_t seed = 1;
	unsigned char bytes[100], back[100];
	char text[201];
	for (size_t count = 0; count <= sizeof bytes; count++) {
		for (size_t i = 0; i < count; i++)
			bytes[i] = (unsigned char) chance (&seed, 256);
		text_hex (bytes, count, text);
		ck_assert_uint_eq (strlen (text), 2 * count);
		ck_assert_int_eq (text_from_hex (text, back, count), 0);
		ck_assert_int_eq (memcmp (back, bytes, count), 0);
	}
	ck_assert_int_eq (text_from_hex ("aAfF", back, 2), 0);
	ck_assert_mem_eq (back, "\xaa\xff", 2);
	static const char *const bad[] = { "abc", "abcde", "ab", "zzzz", "ab g", "0x12", "ab\xc3\xa9" };
	for (size_t i = 0; i < COUNT_OF (bad); i++)
		ck_assert_int_eq (text_from_hex (bad[i], back, 2), -1);
}
END_TEST

START_TEST (base64)
{
	static const char *const rfc[][2] = { { "", "" }, { "f", "Zg==" }, { "fo", "Zm8=" }, { "foo", "Zm9v" }, { "foob", "Zm9vYg==" },
		{ "fooba", "Zm9vYmE=" }, { "foobar", "Zm9vYmFy" } };
	char text[300];
	unsigned char bytes[200], back[200];
	size_t got;
	for (size_t i = 0; i < COUNT_OF (rfc); i++) {
		ck_assert_uint_eq (text_base64 (rfc[i][0], strlen (rfc[i][0]), text), strlen (rfc[i][1]));
		ck_assert_str_eq (text, rfc[i][1]);
	}
	uint32_t seed = 2;
	for (size_t count = 0; count <= sizeof bytes; count++) {
		for (size_t i = 0; i < count; i++)
			bytes[i] = (unsigned char) chance (&seed, 256);
		text_base64 (bytes, count, text);
		ck_assert_int_eq (text_from_base64 (text, back, count, &got), 0);
		ck_assert_uint_eq (got, count);
		ck_assert_int_eq (memcmp (back, bytes, count), 0);
		if (count)
			ck_assert_int_eq (text_from_base64 (text, back, count - 1, &got), -1);
	}
	static const char *const bad[] = { "Z", "Zg", "Zg=", "Zh==", "Zm9=", "====", "Z===", "Zg==Zg==", "Zm 9", "Zm9v\n", "=Zg=", "Zm-_" };
	for (size_t i = 0; i < COUNT_OF (bad); i++) {
		got = 77;
		ck_assert_msg (text_from_base64 (bad[i], back, sizeof back, &got) == -1, "'%s' was taken", bad[i]);
		ck_assert_uint_eq (got, 77);
	}
}
END_TEST

/* The first and last character of each length, and everything RFC 3629 forbids beside them. */
START_TEST (utf8)
{
	static const char *const good[] = { "", "a", "\x7f", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80", "\xef\xbf\xbf",
		"\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf" };
	static const char *const bad[] = { "\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xc2", "\xc2""a", "\xe0\x9f\xbf", "\xe2\x82", "\xed\xa0\x80",
		"\xed\xbf\xbf", "\xf0\x8f\xbf\xbf", "\xf0\x9f\x98", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xfe", "\xff" };
	for (size_t i = 0; i < COUNT_OF (good); i++) {
		ck_assert (text_is_utf8 (good[i], strlen (good[i])));
		ck_assert_uint_eq (text_utf8_length (good[i], strlen (good[i])), strlen (good[i]));
	}
	for (size_t i = 0; i < COUNT_OF (bad); i++) {
		ck_assert (!text_is_utf8 (bad[i], strlen (bad[i])));
		ck_assert_uint_eq (text_utf8_length (bad[i], strlen (bad[i])), 0);
	}
	ck_assert (!text_is_utf8 ("\xe2\x82\xac", 2));
	ck_assert (text_is_utf8 ("a\0b", 3));
}
END_TEST

static const char *
escaped (struct buffer *buffer, const char *name)
{
	buffer_clear (buffer);
	text_escape (buffer, name);
	return buffer_text (buffer);
}

/* A name must never drive the terminal: escapes, C1 controls, direction overrides, broken UTF-8. */
START_TEST (escape)
{
	static const char *const pairs[][2] = { { "", "" }, { "plain.png", "plain.png" }, { "\xc3\xa9\xf0\x9f\x98\x80", "\xc3\xa9\xf0\x9f\x98\x80" },
		{ "a\x1b[31mb", "a\\x1b[31mb" }, { "a\nb\tc\x7f", "a\\x0ab\\x09c\\x7f" }, { "caf\xe9", "caf\\xe9" }, { "\xc2\x9b""31m", "\\xc2\\x9b31m" },
		{ "\xe2\x80\xae""gpj", "\\xe2\\x80\\xaegpj" }, { "\xe2\x81\xa6", "\\xe2\\x81\\xa6" }, { "\xe2\x80\xa8", "\\xe2\\x80\\xa8" },
		{ "\xe2\x80\x93", "\xe2\x80\x93" }, { "\xc2\xa0", "\xc2\xa0" } };
	CLEANUP_BUFFER struct buffer buffer;
	buffer_init (&buffer, 4096);
	for (size_t i = 0; i < COUNT_OF (pairs); i++)
		ck_assert_str_eq (escaped (&buffer, pairs[i][0]), pairs[i][1]);
	uint32_t seed = 3;
	for (int round = 0; round < 2000; round++) {
		char name[40];
		size_t length = chance (&seed, sizeof name);
		for (size_t i = 0; i < length; i++)
			name[i] = (char) (1 + chance (&seed, 255));
		name[length] = '\0';
		const char *shown = escaped (&buffer, name);
		ck_assert (text_is_utf8 (shown, strlen (shown)));
		for (; *shown; shown++)
			ck_assert ((unsigned char) *shown >= 0x20 && *shown != 0x7f);
	}
}
END_TEST

START_TEST (percent)
{
	CLEANUP_BUFFER struct buffer buffer;
	buffer_init (&buffer, 4096);
	text_percent (&buffer, "azAZ09-._~/");
	ck_assert_str_eq (buffer_text (&buffer), "azAZ09-._~/");
	buffer_clear (&buffer);
	text_percent (&buffer, " +%?#&=!*'()\xc3\xa9\x01\xff");
	ck_assert_str_eq (buffer_text (&buffer), "%20%2B%25%3F%23%26%3D%21%2A%27%28%29%C3%A9%01%FF");
}
END_TEST

START_TEST (distance)
{
	static const struct { const char *a, *b; unsigned distance; } all[] = {
		{ "", "", 0 }, { "", "abc", 3 }, { "kitten", "sitting", 3 }, { "bukcet", "bucket", 1 }, { "bucket", "buckets", 1 }, { "abc", "xyz", 3 },
	};
	for (size_t i = 0; i < COUNT_OF (all); i++) {
		ck_assert_uint_eq (text_distance (all[i].a, all[i].b), all[i].distance);
		ck_assert_uint_eq (text_distance (all[i].b, all[i].a), all[i].distance);
	}
	char longer[100];
	memset (longer, 'a', sizeof longer - 1);
	longer[sizeof longer - 1] = '\0';
	ck_assert_uint_eq (text_distance (longer, "a"), 99);
}
END_TEST

START_TEST (nearest)
{
	static const char *const words[] = { "bucket", "versioning", "encryption", "cors" };
	ck_assert_str_eq (text_nearest ("bukcet", words, 4), "bucket");
	ck_assert_str_eq (text_nearest ("version", words, 4), "versioning");
	ck_assert_str_eq (text_nearest ("cor", words, 4), "cors");
	ck_assert_ptr_null (text_nearest ("lifecycle", words, 4));
	ck_assert_ptr_null (text_nearest ("x", words, 4));
	ck_assert_ptr_null (text_nearest ("bucket", words, 0));
}
END_TEST

START_TEST (name)
{
	static const struct { const char *text; size_t most; bool is; } cases[] = {
		{ "a", 1, true }, { "Final-1", 255, true }, { "a-b-c", 5, true }, { "a-{date}", 12, true }, { "a{date}b", 12, true }, { "a-{date}-b", 255, true },
		{ "", 255, false }, { "ab", 1, false }, { "1a", 255, false }, { "-a", 255, false }, { "a-", 255, false }, { "a--b", 255, false }, { "a_b", 255, false },
		{ "a\303\244", 255, false }, { "{date}", 255, false }, { "a-{date}", 11, false }, { "a--{date}", 255, false }, { "a-{date}-", 255, false },
		{ "a-{date}-{date}", 255, false }, { "a-{dat}", 255, false }, { "a}", 255, false },
	};
	for (size_t n = 0; n < COUNT_OF (cases); n++)
		ck_assert_msg (text_is_name (cases[n].text, cases[n].most) == cases[n].is, "%s", cases[n].text);
}
END_TEST

int
main (void)
{
	const struct unit_case cases[] = {
		{ "test-base-text-hex", hex, 0 }, { "test-base-text-base64", base64, 0 }, { "test-base-text-utf8", utf8, 0 },
		{ "test-base-text-escape", escape, 0 }, { "test-base-text-percent", percent, 0 }, { "test-base-text-distance", distance, 0 },
		{ "test-base-text-nearest", nearest, 0 }, { "test-base-text-name", name, 0 },
	};
	return unit_run ("base-text", cases, COUNT_OF (cases));
}
