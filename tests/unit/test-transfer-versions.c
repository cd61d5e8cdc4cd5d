/* test-transfer-versions.c: undelete, roll back and removal of versions give the same on pages of every length, on a storage that goes
 * on from the item a page ended with (c-B02), and what happens where one version cannot be removed. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "home.h"
#include "store.h"

#define SET "a:9m, a:5m, a:2, b:7, c:8m, d:6m, d:4, d:3m, d:1"
#define NS INT64_C (1000000000)

struct bench { struct home home; char events[4096]; struct larder_summary sum; };

static void
bench_begin_driver (struct bench *bench, const char *driver, const char *modules, const char *options)
{
	char profile[4096], folder[4096];
	*bench = (struct bench) { .sum = { .size = sizeof bench->sum } };
	snprintf (profile, sizeof profile, "[backend \"b\"]\ndriver = %s\n%s\n", driver, options);
	snprintf (folder, sizeof folder, "%s/%s", getenv ("TOP_BUILDDIR"), modules);
	home_begin (&bench->home, "[larder]\njobs = 1\n[store \"s\"]\nbackend = b\nbucket = bucket\n", profile, &(struct larder_settings) { .size = sizeof (struct larder_settings), .module_dir = folder });
}

static void
bench_begin (struct bench *bench, const char *options)
{
	bench_begin_driver (bench, "versioned", "tests/module/.libs", options);
}

static int
note (void *context, const struct larder_event *event)
{
	struct bench *bench = context;
	size_t length = strlen (bench->events);
	if (!event->from)                        /* bytes on their way */
		return 0;
	snprintf (bench->events + length, sizeof bench->events - length, "%s %s%s%s\n", event->action, event->from + strlen ("s:"),
	          event->version ? " " : "", event->version ? event->version : "");
	return 0;
}

typedef int (*action_fn) (struct larder *, const struct larder_versions *, larder_event_fn, void *, struct larder_summary *, struct larder_error *);

static int
act_twice (struct bench *bench, action_fn action, const char *address, size_t times, int64_t at, const char *version)
{
	struct larder_error error = LARDER_ERROR_INIT;
	const char *const addresses[2] = { address, address };
	const struct larder_versions request = {
		.size = sizeof request, .flags = version ? 0 : LARDER_RECURSIVE, .addresses = addresses, .count = times, .at = at, .version = version,
	};
	bench->events[0] = '\0';
	int code = action (bench->home.larder, &request, note, bench, &bench->sum, &error);
	const struct larder_summary *sum = &bench->sum;
	ck_assert_uint_eq (sum->scanned, sum->done + sum->skipped + sum->refused + sum->failed);
	return code;
}

static int
act (struct bench *bench, action_fn action, const char *address, int64_t at, const char *version)
{
	return act_twice (bench, action, address, 1, at, version);
}

static int
list_one (void *context, const struct larder_info *info)
{
	char *text = context;
	size_t length = strlen (text);
	snprintf (text + length, 4096 - length, "%s%s:%s%s", length ? ", " : "", info->key, info->version, info->flags & LARDER_INFO_DELETE_MARKER ? "m" : "");
	return 0;
}

static void
expect_left (struct bench *bench, const char *left)
{
	char text[4096] = "";
	struct larder_store *store = NULL;
	const struct larder_listing request = { .size = sizeof request, .prefix = "", .delimiter = "", .versions = true };
	ck_assert_int_eq (larder_store_open (bench->home.larder, "s", &store, NULL), 0);
	ck_assert_int_eq (larder_list (store, &request, list_one, text, NULL), 0);
	larder_store_close (store);
	ck_assert_str_eq (text, left);
}

/* Nine items, pages of one to ten. */
static void
begin_paged (struct bench *bench, int page, const char *more)
{
	char options[512];
	snprintf (options, sizeof options, "versions = " SET "\npage = %d\n%s", page, more);
	bench_begin (bench, options);
}

START_TEST (undelete)
{
	struct bench bench;
	begin_paged (&bench, _i, "");
	ck_assert_int_eq (act (&bench, larder_undelete, "s:", LARDER_NO_TIME, NULL), 0);
	ck_assert_str_eq (bench.events, "restored a 2\nskipped b\nskipped c\nrestored d 4\n");
	expect_left (&bench, "a:2, b:7, c:8m, d:4, d:3m, d:1");
	home_end (&bench.home);
}
END_TEST

START_TEST (roll_back)
{
	struct bench bench;
	begin_paged (&bench, _i, "");
	ck_assert_int_eq (act (&bench, larder_undelete, "s:", 4 * NS, NULL), 0);
	ck_assert_uint_eq (bench.sum.done, 3);
	ck_assert_ptr_nonnull (strstr (bench.events, "restored a 2\n"));
	ck_assert_ptr_nonnull (strstr (bench.events, "removed b\n"));
	ck_assert_ptr_nonnull (strstr (bench.events, "skipped c\n"));
	ck_assert_ptr_nonnull (strstr (bench.events, "restored d 4\n"));
	ck_assert_int_eq (act (&bench, larder_undelete, "s:", 4 * NS, NULL), 0);
	ck_assert_str_eq (bench.events, "skipped a\nskipped b\nskipped c\nskipped d\n");
	home_end (&bench.home);
}
END_TEST

START_TEST (roll_back_to_a_deletion)
{
	struct bench bench;
	begin_paged (&bench, _i, "");
	ck_assert_int_eq (act (&bench, larder_undelete, "s:", 3 * NS, NULL), 0);
	ck_assert_str_eq (bench.events, "restored a 2\nremoved b\nskipped c\nskipped d\n");
	home_end (&bench.home);
}
END_TEST

/* No old version comes to light, and the item that a page ended with stays until the next page was read. */
START_TEST (remove_all)
{
	struct bench bench;
	begin_paged (&bench, _i, "strict = yes");
	ck_assert_int_eq (act (&bench, larder_remove_versions, "s:", LARDER_NO_TIME, NULL), 0);
	ck_assert_uint_eq (bench.sum.done, 9);
	expect_left (&bench, "");
	home_end (&bench.home);
}
END_TEST

/* Where an old version cannot go, the latest stays before it. */
START_TEST (remove_stuck)
{
	struct bench bench;
	begin_paged (&bench, _i, "strict = yes\nstuck = 4");
	ck_assert_int_eq (act (&bench, larder_remove_versions, "s:", LARDER_NO_TIME, NULL), LARDER_E_DENIED);
	ck_assert_uint_eq (bench.sum.done, 7);
	ck_assert_uint_eq (bench.sum.failed, 1);
	ck_assert_uint_eq (bench.sum.skipped, 1);
	ck_assert_ptr_nonnull (strstr (bench.events, "skipped d\n"));
	expect_left (&bench, "d:6m, d:4");
	home_end (&bench.home);
}
END_TEST

START_TEST (remove_one)
{
	struct bench bench;
	begin_paged (&bench, _i, "");
	ck_assert_int_eq (act (&bench, larder_remove_versions, "s:d", LARDER_NO_TIME, "3"), 0);
	ck_assert_str_eq (bench.events, "removed d 3\n");
	expect_left (&bench, "a:9m, a:5m, a:2, b:7, c:8m, d:6m, d:4, d:1");
	ck_assert_int_eq (act (&bench, larder_remove_versions, "s:d", LARDER_NO_TIME, "9"), LARDER_E_NOTFOUND);
	home_end (&bench.home);
}
END_TEST

/* With a whole store its open uploads go, on pages of every length, by a driver that is for one call at a time. One that nobody may abort keeps none behind it. */
START_TEST (remove_uploads)
{
	struct bench bench;
	begin_paged (&bench, _i, "uploads = k, l, m, n\nstuck = l");
	ck_assert_int_eq (act (&bench, larder_remove_versions, "s:", LARDER_NO_TIME, NULL), LARDER_E_DENIED);
	ck_assert_ptr_nonnull (strstr (bench.events, "removed k\nfailed l\nremoved m\nremoved n\n"));
	ck_assert_int_eq (act (&bench, larder_remove_versions, "s:", LARDER_NO_TIME, NULL), LARDER_E_DENIED);
	ck_assert_str_eq (bench.events, "failed l\n");
	home_end (&bench.home);
}
END_TEST

/* A marker that cannot go: the key is told once, as failed. */
START_TEST (undelete_stuck)
{
	struct bench bench;
	begin_paged (&bench, _i, "stuck = 5");
	ck_assert_int_eq (act (&bench, larder_undelete, "s:", LARDER_NO_TIME, NULL), LARDER_E_DENIED);
	ck_assert_str_eq (bench.events, "failed a\nskipped b\nskipped c\nrestored d 4\n");
	home_end (&bench.home);
}
END_TEST

/* More delete markers on top than are held at once. */
START_TEST (undelete_many)
{
	struct bench bench;
	bench_begin (&bench, _i == 0 ? "markers = 2500\npage = 700" : _i == 1 ? "markers = 2000" : "markers = 999");
	ck_assert_int_eq (act (&bench, larder_undelete, "s:", LARDER_NO_TIME, NULL), 0);
	ck_assert_uint_eq (bench.sum.done, 1);
	ck_assert_str_eq (bench.events, "restored many 1\n");
	expect_left (&bench, "many:1");
	home_end (&bench.home);
}
END_TEST

/* What an address left undone when its listing broke off is nothing to the next one. */
START_TEST (broken_off)
{
	static const char *const options[] = { "broken = 2", "broken = 3", "broken = 2\nstrict = yes", "broken = 3\nstrict = yes" };
	struct bench bench;
	bool removes = _i >= 2;
	begin_paged (&bench, 1, options[_i]);
	int code = act_twice (&bench, removes ? larder_remove_versions : larder_undelete, "s:", 2, LARDER_NO_TIME, NULL);
	ck_assert_int_eq (code, LARDER_E_UNAVAILABLE);
	ck_assert_uint_eq (bench.sum.failed, 1);
	ck_assert_uint_eq (bench.sum.done, removes ? 9 : 2);
	expect_left (&bench, removes ? "" : "a:2, b:7, c:8m, d:4, d:3m, d:1");
	home_end (&bench.home);
}
END_TEST

/* Without versions there is nothing to bring back; suspended ones come back, but nothing is copied over them; a storage that
 * does not tell is taken at its listing. */
START_TEST (versioning)
{
	static const struct { const char *keeps; int undelete, back; } cases[] = {
		{ "keeps = on", 0, 0 }, { "keeps = never", LARDER_E_UNSUPPORTED, LARDER_E_UNSUPPORTED }, { "keeps = suspended", 0, LARDER_E_UNSUPPORTED }, { "keeps = denied", 0, 0 },
	};
	struct bench bench;
	begin_paged (&bench, 1000, cases[_i].keeps);
	ck_assert_int_eq (act (&bench, larder_undelete, "s:", 4 * NS, NULL), cases[_i].back);
	if (cases[_i].back)
		expect_left (&bench, SET);
	ck_assert_int_eq (act (&bench, larder_undelete, "s:", LARDER_NO_TIME, NULL), cases[_i].undelete);
	if (cases[_i].undelete)
		expect_left (&bench, SET);
	home_end (&bench.home);
}
END_TEST

/* ---- on the mock ---- */

static void
put (struct larder_store *store, const char *key, size_t length)
{
	static const char zeros[2000];
	struct larder_arena *arena = larder_arena_new ();
	struct memory_source memory;
	struct larder_source source;
	struct larder_info info = { .size = sizeof info };
	const struct larder_put request = { .size = sizeof request, .key = key, .attributes = { .size = sizeof request.attributes } };
	memory_source_begin (&memory, zeros, length, &source);
	ck_assert_int_eq (larder_put (store, arena, &request, &source, &info, NULL), 0);
	larder_arena_free (arena);
}

/* 1,500 versions of k, their lengths 1 to 1,500, and 20 delete markers among them, between other keys. */
static void
fill (struct larder_store *store)
{
	const char *const key = "k";
	for (const char *const *other = (const char *const[]) { "a", "k!", "z", NULL }; *other; other++)
		put (store, *other, 1);
	for (size_t i = 1; i <= 1500; i++) {
		put (store, key, i);
		if (i % 75 == 40)
			ck_assert_int_eq (larder_remove (store, &key, 1, NULL, NULL, NULL), 0);
	}
}

struct seen { size_t of_k, markers, latest, others; uint64_t length; int64_t when; };

static int
look (void *context, const struct larder_info *info)
{
	struct seen *seen = context;
	bool marker = info->flags & LARDER_INFO_DELETE_MARKER;
	if (strcmp (info->key, "k") != 0)
		return seen->others++, 0;
	seen->of_k++;
	seen->markers += marker;
	seen->latest += (info->flags & LARDER_INFO_LATEST) != 0;
	if (!marker) {
		ck_assert_uint_eq (info->length, seen->length);      /* newest first, each once */
		seen->length--;
	}
	if (info->length == 1200)
		seen->when = info->mtime;
	return 0;
}

START_TEST (many_on_the_mock)
{
	struct bench bench;
	struct larder_store *store = NULL;
	struct larder_info info = { .size = sizeof info };
	struct larder_arena *arena = larder_arena_new ();
	struct seen seen = { .length = 1500 };
	const struct larder_listing request = { .size = sizeof request, .prefix = "", .delimiter = "", .versions = true };
	bench_begin_driver (&bench, "localfs-mock", ".libs", "root = ./root\ncreate = yes\nversioning = yes\nfsync = no");
	ck_assert_int_eq (larder_store_open (bench.home.larder, "s", &store, NULL), 0);
	fill (store);
	ck_assert_int_eq (larder_list (store, &request, look, &seen, NULL), 0);
	ck_assert (seen.of_k == 1520 && seen.markers == 20 && seen.latest == 1 && seen.others == 3 && seen.length == 0);
	ck_assert_int_eq (act (&bench, larder_undelete, "s:k", seen.when, NULL), 0);
	ck_assert_uint_eq (bench.sum.done, 1);
	ck_assert_int_eq (larder_stat (store, arena, "k", NULL, &info, NULL), 0);
	ck_assert_uint_eq (info.length, 1200);
	larder_store_close (store);
	larder_arena_free (arena);
	home_end (&bench.home);
}
END_TEST

int
main (void)
{
	Suite *suite = suite_create ("transfer-versions");
	const struct { const char *name; const TTest *test; int from, to; } cases[] = {
		{ "test-transfer-versions-undelete", undelete, 1, 11 },
		{ "test-transfer-versions-roll-back", roll_back, 1, 11 },
		{ "test-transfer-versions-roll-back-to-a-deletion", roll_back_to_a_deletion, 1, 11 },
		{ "test-transfer-versions-remove-all", remove_all, 1, 11 },
		{ "test-transfer-versions-remove-stuck", remove_stuck, 1, 11 },
		{ "test-transfer-versions-remove-one", remove_one, 1, 11 },
		{ "test-transfer-versions-remove-uploads", remove_uploads, 1, 6 },
		{ "test-transfer-versions-undelete-stuck", undelete_stuck, 1, 11 },
		{ "test-transfer-versions-undelete-many", undelete_many, 0, 3 },
		{ "test-transfer-versions-broken-off", broken_off, 0, 4 },
		{ "test-transfer-versions-versioning", versioning, 0, 4 },
		{ "test-transfer-versions-many-on-the-mock", many_on_the_mock, 0, 1 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		TCase *one = tcase_create (cases[i].name);
		if (cases[i].test == many_on_the_mock)
			tcase_set_timeout (one, 600);        /* valgrind takes its time */
		tcase_add_loop_test (one, cases[i].test, cases[i].from, cases[i].to);
		suite_add_tcase (suite, one);
	}
	SRunner *runner = srunner_create (suite);
	srunner_run_all (runner, CK_ENV);
	int failed = srunner_ntests_failed (runner);
	srunner_free (runner);
	return failed != 0;
}
