/* test-localfs-mock-record.c: the record of a key as text, and that nothing else is read. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "checksum.h"
#include "cleanup.h"
#include "record.h"

static const struct larder_pair metadata[] = { { "user id", "a b" }, { "x%", "\xc3\xa9\n" }, { "empty", "" } };
static const struct larder_pair tags[] = { { "kind of", "a\tb" } };

static struct version versions[] = {
	{ .id = "v2", .data = "00ff", .mtime = INT64_C (1763000000000000001), .ahead = 86400, .length = 5, .restored_from = 7, .restored_until = INT64_C (1763000000000000002), .etag = "abc", .checksum = "AAAAAAAAAAA=",
	  .attributes = { .size = sizeof (struct larder_attributes), .content_type = "image/png", .cache_control = "max-age=1, public",
	                  .content_disposition = "attachment; filename=\"100%\"", .storage_class = "STANDARD", .metadata = { metadata, 3, sizeof *metadata } },
	  .tags = { tags, 1, sizeof *tags } },
	{ .id = "m", .mtime = -5 },
	{ .id = "null", .data = "01", .mtime = 0, .length = 0, .etag = "e", .checksum = "c" },
};
static const struct record sample = { .key = "a b/\n%.png", .versions = versions, .count = 3 };

static void
check_pairs (const struct larder_pairs *got, const struct larder_pair *want, size_t count)
{
	ck_assert_uint_eq (got->count, count);
	for (size_t i = 0; i < count; i++) {
		ck_assert_str_eq (larder_pair_at (got, i)->name, want[i].name);
		ck_assert_str_eq (larder_pair_at (got, i)->value, want[i].value);
	}
}

START_TEST (round_trip)
{
	CLEANUP_BUFFER struct buffer text, again;
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	struct record got;
	buffer_init (&text, RECORD_MOST);
	buffer_init (&again, RECORD_MOST);
	record_format (&sample, &text);
	ck_assert_int_eq (record_parse (text.at, text.length, arena, &got), 0);
	ck_assert_str_eq (got.key, sample.key);
	ck_assert_uint_eq (got.count, 3);
	ck_assert_ptr_null (got.versions[1].data);
	ck_assert_int_eq (got.versions[1].mtime, -5);
	ck_assert_int_eq (got.versions[0].ahead, 86400);
	ck_assert_int_eq (got.versions[1].ahead, 0);
	ck_assert_int_eq (got.versions[0].restored_from, 7);
	ck_assert_int_eq (got.versions[0].restored_until, INT64_C (1763000000000000002));
	ck_assert_str_eq (got.versions[0].attributes.content_disposition, "attachment; filename=\"100%\"");
	check_pairs (&got.versions[0].attributes.metadata, metadata, 3);
	check_pairs (&got.versions[0].tags, tags, 1);
	record_format (&got, &again);
	ck_assert_str_eq (again.at, text.at);
}
END_TEST

START_TEST (damage)
{
	CLEANUP_BUFFER struct buffer text;
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	struct record got;
	buffer_init (&text, RECORD_MOST);
	record_format (&sample, &text);
	for (size_t i = 0; i < text.length; i++) {
		ck_assert_int_lt (record_parse (text.at, i, arena, &got), 0);        /* every cut */
		for (int bit = 0; bit < 8; bit++) {
			text.at[i] ^= (char) (1 << bit);
			ck_assert_msg (record_parse (text.at, text.length, arena, &got) < 0, "byte %zu, bit %d", i, bit);
			text.at[i] ^= (char) (1 << bit);
		}
		arena_clear (arena);
	}
}
END_TEST

#define WHOLE "key a\nversion v\ndata 0\nmtime 1\nlength 1\netag e\nchecksum c\n"

/* Texts with a right checksum that record_format never writes. */
START_TEST (strict)
{
	static const char *const bodies[] = {
		"", "key \n", "version a\nmarker\nmtime 1\n", "key a\nkey b\n", "key a\nversion v\n", "key a\nversion v\nmarker\n",
		"key a\nversion v\nmtime 1\nmarker\nmarker\n", "key a\nversion v\nmarker\nmtime 1\nmtime 1\n", "key a\nversion v\nmarker\nmtime 01\n",
		"key a\nversion v\nmarker\nmtime 1\nlength 1\n", "key a\nversion v\ndata 0\nmtime 1\netag e\nchecksum c\n",
		"key a\nversion v\ndata 0\nmtime 1\nlength 1\nchecksum c\n", "key a\nversion v\ndata ../x\nmtime 1\nlength 1\netag e\nchecksum c\n",
		"key a\nversion v\ndata 0\nmtime 1\nlength 99999999999999999999\netag e\nchecksum c\n", "key a\nversion \nmarker\nmtime 1\n",
		"key a%\n", "key a%0\n", "key a%00\n", "key a%zz\n", "key a\nversion v\nmarker\nmtime 1\nunknown x\n", "key a\nversion v\nmarker\nmtime 1\nmeta x\n",
		"key a\nversion v\nmarker\nmtime 1\nmeta  x\n", "key a\nversion v\nmarker\nmtime 1", "key a\n\n", "key a\nversion v\nmarker\nmtime \n",
		"key a\nversion v\nmarker\nmtime 1\nrestored 1 2\n", WHOLE "restored 1\n", WHOLE "restored 2 2\n", WHOLE "restored -1 2\n", WHOLE "restored 1 2 3\n",
		WHOLE "restored 1 2\nrestored 1 2\n", WHOLE "ahead 0\n", WHOLE "ahead -1\n", WHOLE "ahead 1 2\n", WHOLE "ahead 1\nahead 1\n",
	};

	CLEANUP_BUFFER struct buffer text;
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	struct record got;
	buffer_init (&text, RECORD_MOST);
	buffer_printf (&text, "larder-object 1\n%s", bodies[_i]);
	buffer_printf (&text, "end %016llx\n", (unsigned long long) crc64nvme (0, text.at, text.length));
	ck_assert_int_lt (record_parse (text.at, text.length, arena, &got), 0);
}
END_TEST

START_TEST (versions_change)
{
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	struct record record = { .key = "k" };
	for (int i = 0; i < 5; i++) {
		struct version *version = record_push (&record, arena);
		ck_assert_ptr_nonnull (version);
		version->id = &"abcde"[i];
	}
	record_drop (&record, 1);
	ck_assert_uint_eq (record.count, 4);
	ck_assert_int_eq (*record.versions[0].id, 'e');
	ck_assert_int_eq (*record.versions[1].id, 'c');
	ck_assert_int_eq (*record.versions[3].id, 'a');
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
	Suite *suite = suite_create ("localfs-mock-record");
	add (suite, "test-localfs-mock-record-round-trip", round_trip, 1);
	add (suite, "test-localfs-mock-record-damage", damage, 1);
	add (suite, "test-localfs-mock-record-strict", strict, 31);
	add (suite, "test-localfs-mock-record-versions-change", versions_change, 1);
	SRunner *runner = srunner_create (suite);
	srunner_run_all (runner, CK_ENV);
	int failed = srunner_ntests_failed (runner);
	srunner_free (runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
