/* test-localfs-mock-key-path.c: the rule from keys to file names: injective, total, readable, in order. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "key-path.h"

static unsigned seed = 1;

static unsigned
chance (unsigned below)
{
	seed = seed * 1103515245 + 12345;
	return (seed >> 8) % below;
}

/* Random keys, heavy in the bytes that the rule treats specially. */
static size_t
random_key (char ret[KEY_MOST + 1])
{
	static const char special[] = "//..%%e+\n\x7f\x01 aA0~\xc3\xa9";
	size_t length = chance (4) ? 1 + chance (24) : 1 + chance (KEY_MOST);
	unsigned kind = chance (4);
	for (size_t i = 0; i < length; i++)
		ret[i] = kind == 0 ? (char) (1 + chance (255)) : kind == 1 ? "ab./"[chance (4)] : kind == 2 ? "x\n"[chance (40) == 0] : special[chance (sizeof special - 1)];
	ret[length] = '\0';
	return length;
}

static void
check_path (const char *path)
{
	ck_assert_uint_lt (strlen (path), KEY_PATH_ROOM);
	for (const char *at = path, *end;; at = end + 1) {
		end = strchrnul (at, '/');
		ck_assert_uint_gt (end - at, 0);
		ck_assert_uint_le (end - at, 202);
		ck_assert_int_ne (*at, '.');
		if (!*end)
			break;
	}
}

START_TEST (readable)
{
	static const char *const pairs[][2] = {
		{ "a.png", "a.png" }, { "u/2025/11/job.png", "u/2025/11/job.png" }, { "u/thumbnails/job.webp", "u/thumbnails/job.webp" },
		{ "a", "a%" }, { "a/b.c", "a/b.c" }, { "a/", "a/%e%" }, { "a//b.c", "a/%e/b.c" }, { "v1.2", "v1.2" }, { "v1.2/x.y", "v1.2%/x.y" },
		{ "..", "%2E." }, { "../x.y", "%2E.%/x.y" }, { ".", "%2E%" }, { ".larder/meta", "%2Elarder/meta%" }, { "a%b.c", "a%25b.c" },
		{ "new\nline.x", "new%0Aline.x" }, { "\xf0\x9f\x98\x80.png", "\xf0\x9f\x98\x80.png" }, { "/", "%e/%e%" }, { "\x7f.x", "%7F.x" },
	};
	char path[KEY_PATH_ROOM];
	ck_assert_int_eq (key_path_encode (pairs[_i][0], path), 0);
	ck_assert_str_eq (path, pairs[_i][1]);
}
END_TEST

START_TEST (limits)
{
	char key[KEY_MOST + 2], path[KEY_PATH_ROOM], back[KEY_MOST + 1];
	static const char *const fills[] = { "x", "\n", "/", "./", "a./", ".", "%", "\xe2\x82\xac", "/\n" };
	for (size_t i = 0; i <= KEY_MOST; i++)
		key[i] = fills[_i][i % strlen (fills[_i])];
	key[KEY_MOST + 1] = '\0';
	ck_assert_int_lt (key_path_encode (key, path), 0);
	key[KEY_MOST] = '\0';
	ck_assert_int_eq (key_path_encode (key, path), 0);
	check_path (path);
	ck_assert_int_eq (key_path_decode (path, back), 0);
	ck_assert_str_eq (back, key);
	ck_assert_int_lt (key_path_encode ("", path), 0);
}
END_TEST

START_TEST (inverse)
{
	char key[KEY_MOST + 1], path[KEY_PATH_ROOM], back[KEY_MOST + 1];
	for (seed = 1; seed < 400000; seed += 29) {
		unsigned was = seed;
		random_key (key);
		ck_assert_int_eq (key_path_encode (key, path), 0);
		check_path (path);
		ck_assert_msg (key_path_decode (path, back) == 0 && strcmp (back, key) == 0, "seed %u: '%s' became '%s'", was, key, path);
		seed = was;
	}
}
END_TEST

/* No path of a key is a folder on the path of another. */
START_TEST (no_clash)
{
	static const char *const keys[] = { "a", "a/", "a/b", "a//", "a//b", "a.b", "a.b/", "a.b/c", "%e", "%e/x", "%+", "%+/x", "a%", "a%/b", ".", "./.", "..", "../..", "/" };
	enum { COUNT = sizeof keys / sizeof *keys };
	char paths[COUNT][KEY_PATH_ROOM];
	for (int i = 0; i < COUNT; i++)
		ck_assert_int_eq (key_path_encode (keys[i], paths[i]), 0);
	for (int i = 0; i < COUNT; i++)
		for (int k = 0; k < COUNT; k++) {
			size_t length = strlen (paths[i]);
			ck_assert_msg (i == k || strncmp (paths[i], paths[k], length) != 0 || (paths[k][length] != '/' && paths[k][length] != '\0'),
			               "'%s' is in the way of '%s'", paths[i], paths[k]);
		}
}
END_TEST

/* Order of the decoded names, component by component, is the byte order of the keys. */
static int
compare_paths (const char *a, const char *b)
{
	for (;;) {
		char one[256], two[256], left[KEY_FRAGMENT_ROOM], right[KEY_FRAGMENT_ROOM];
		size_t a_count = strcspn (a, "/"), b_count = strcspn (b, "/"), a_length, b_length;
		snprintf (one, sizeof one, "%.*s", (int) a_count, a);
		snprintf (two, sizeof two, "%.*s", (int) b_count, b);
		ck_assert_int_ne (key_name_decode (one, left, &a_length), KEY_NAME_FOREIGN);
		ck_assert_int_ne (key_name_decode (two, right, &b_length), KEY_NAME_FOREIGN);
		int order = memcmp (left, right, a_length < b_length ? a_length : b_length);
		if (order || a_length != b_length)
			return order ? order : a_length < b_length ? -1 : 1;
		if (!a[a_count] || !b[b_count])
			return strcmp (one, two);
		a += a_count + 1;
		b += b_count + 1;
	}
}

START_TEST (order)
{
	char key[KEY_MOST + 1], near[KEY_MOST + 1], paths[2][KEY_PATH_ROOM];
	for (unsigned round = 0; round < 60000; round++) {
		seed = round * 31 + 7;
		size_t length = random_key (key);
		memcpy (near, key, length + 1);
		near[chance ((unsigned) length)] = "/.%\n\x7f z!0"[chance (9)];
		if (chance (3) == 0)
			near[1 + chance ((unsigned) length)] = '\0';
		ck_assert_int_eq (key_path_encode (key, paths[0]), 0);
		ck_assert_int_eq (key_path_encode (near, paths[1]), 0);
		int want = strcmp (key, near), got = compare_paths (paths[0], paths[1]);
		ck_assert_msg ((want > 0) == (got > 0) && (want < 0) == (got < 0), "round %u: '%s' and '%s'", round, paths[0], paths[1]);
	}
}
END_TEST

START_TEST (foreign)
{
	static const char *const names[] = { "", "%", "%%", "%+", "a%+", ".x", "%2", "%2e.x", "%41.x", "a%2E.x", "%00.x", "%e.x", "x%", "%GG.x", "a\n.x", "a%e%", "%e%+" };
	char fragment[KEY_FRAGMENT_ROOM];
	size_t length;
	enum key_name kind = key_name_decode (names[_i], fragment, &length);
	ck_assert_int_eq (kind, strcmp (names[_i], "x%") == 0 ? KEY_NAME_FILE : KEY_NAME_FOREIGN);
}
END_TEST

/* Whatever a name decodes to encodes to that name: nothing has two names. */
START_TEST (canonical)
{
	for (unsigned round = 0; round < 300000; round++) {
		char name[16], fragment[KEY_FRAGMENT_ROOM], path[KEY_PATH_ROOM];
		size_t length, count = 1 + (seed = round) % 9;
		for (size_t i = 0; i < count; i++)
			name[i] = "%%e+2E.a0A5\n"[chance (12)];
		name[count] = '\0';
		enum key_name kind = key_name_decode (name, fragment, &length);
		if (kind == KEY_NAME_FOREIGN || length == 0)
			continue;
		fragment[length] = '\0';
		ck_assert_int_ge (kind == KEY_NAME_FILE ? key_path_encode (fragment, path) : key_path_folders (fragment, path), 0);
		if (kind == KEY_NAME_FOLDER)
			path[strlen (path) - 1] = '\0';
		ck_assert_str_eq (path, name);
	}
}
END_TEST

static void
add (Suite *suite, const char *name, const TTest *test, int count)
{
	TCase *tcase = tcase_create (name);
	tcase_add_loop_test (tcase, test, 0, count);
	suite_add_tcase (suite, tcase);
}

int
main (void)
{
	Suite *suite = suite_create ("localfs-mock-key-path");
	add (suite, "test-localfs-mock-key-path-readable", readable, 18);
	add (suite, "test-localfs-mock-key-path-limits", limits, 9);
	add (suite, "test-localfs-mock-key-path-inverse", inverse, 1);
	add (suite, "test-localfs-mock-key-path-no-clash", no_clash, 1);
	add (suite, "test-localfs-mock-key-path-order", order, 1);
	add (suite, "test-localfs-mock-key-path-foreign", foreign, 17);
	add (suite, "test-localfs-mock-key-path-canonical", canonical, 1);
	SRunner *runner = srunner_create (suite);
	srunner_run_all (runner, CK_ENV);
	int failed = srunner_ntests_failed (runner);
	srunner_free (runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
