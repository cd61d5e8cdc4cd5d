/* test-store-lying.c: what a store makes of a driver that lies: listings that cannot be true (c-T14), reads that
 * break off (c-T12), are replaced (c-T02) or damaged; and what a driver cannot do is said before it is asked. */
#include <check.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "call.h"
#include "file.h"
#include "home.h"
#include "store.h"

struct bench { struct home home; struct larder_store *store; };

static void
bench_begin (struct bench *bench, const char *fault)
{
	char modules[4096], profile[128];
	struct larder_error error = LARDER_ERROR_INIT;
	snprintf (profile, sizeof profile, "[backend \"b\"]\ndriver = lying\nfault = %s\n", fault);
	snprintf (modules, sizeof modules, "%s/tests/module/.libs", getenv ("TOP_BUILDDIR"));
	home_begin (&bench->home, "[store \"s\"]\nbackend = b\nbucket = bucket\n", profile, &(struct larder_settings) { .size = sizeof (struct larder_settings), .module_dir = modules });
	ck_assert_msg (larder_store_open (bench->home.larder, "s", &bench->store, &error) == 0, "%s", error.message);
}

static void
bench_end (struct bench *bench)
{
	larder_store_close (bench->store);
	home_end (&bench->home);
}

static int
gather (void *context, const struct larder_info *info)
{
	char *keys = context;
	size_t length = strlen (keys);
	snprintf (keys + length, 64 - length, "%s", info->key);
	return 0;
}

static const struct { const char *fault; int code; const char *keys, *says; } listings[] = {
	{ "none", 0, "bcde", "" },
	{ "empty-page", 0, "de", "" },
	{ "repeated-token", LARDER_E_UNAVAILABLE, "bc", "page 2 names itself as the next one" },
	{ "no-token", LARDER_E_UNAVAILABLE, "bc", "page 1 is not the last, but names no next one" },
	{ "last-with-token", LARDER_E_UNAVAILABLE, "bc", "page 1 says it is the last and names a next one" },
	{ "order", LARDER_E_UNAVAILABLE, "bc", "page 2 is out of order" },
	{ "twice", LARDER_E_UNAVAILABLE, "bc", "page 2 is out of order" },
};

START_TEST (listing)
{
	struct bench bench;
	char keys[64] = "";
	struct larder_error error = LARDER_ERROR_INIT;
	const struct larder_listing request = { .size = sizeof request, .prefix = "", .delimiter = "" };
	bench_begin (&bench, listings[_i].fault);
	ck_assert_int_eq (larder_list (bench.store, &request, gather, keys, &error), listings[_i].code);
	ck_assert_str_eq (keys, listings[_i].keys);
	ck_assert_msg (strstr (error.message, listings[_i].says), "'%s' does not say '%s'", error.message, listings[_i].says);
	bench_end (&bench);
}
END_TEST

struct got { unsigned begins; size_t count; char bytes[64]; };

static int
got_begin (void *context, const struct larder_info *info, struct larder_error *error)
{
	(void) error;
	((struct got *) context)->begins++;
	ck_assert_uint_eq (info->length, 10);
	return 0;
}

static int
got_write (void *context, const void *bytes, size_t count, struct larder_error *error)
{
	struct got *got = context;
	(void) error;
	ck_assert_uint_lt (got->count + count, sizeof got->bytes);
	memcpy (got->bytes + got->count, bytes, count);
	got->count += count;
	return 0;
}

static const struct { const char *fault; int code; const char *bytes, *says; } reads[] = {
	{ "none", 0, "0123456789", "" },
	{ "break", 0, "0123456789", "" },
	{ "break-late", 0, "0123456789", "" },
	{ "break-always", LARDER_E_UNAVAILABLE, "01234", "broke off 5 times" },
	{ "damaged", LARDER_E_INTEGRITY, "0123456!89", "is damaged" },
	{ "replaced", LARDER_E_CONFLICT, "0123", "was replaced while being read" },
	{ "short", LARDER_E_INTEGRITY, "012345678", "has 10 bytes, 9 came" },
	{ "no-begin", LARDER_E_INTEGRITY, "", "before saying what they are" },
};

START_TEST (reading)
{
	struct bench bench;
	struct got got = { 0 };
	struct larder_error error = LARDER_ERROR_INIT;
	const struct larder_get request = { .size = sizeof request, .key = "k", .length = UINT64_MAX };
	const struct larder_sink sink = { .size = sizeof sink, .context = &got, .begin = got_begin, .write = got_write };
	bench_begin (&bench, reads[_i].fault);
	int code = larder_get (bench.store, &request, &sink, &error);
	ck_assert_msg (code == reads[_i].code, "%s: code %d: %s", reads[_i].fault, code, error.message);
	ck_assert_str_eq (got.bytes, reads[_i].bytes);
	ck_assert_uint_eq (got.begins, strcmp (reads[_i].fault, "no-begin") != 0);
	ck_assert_msg (code == 0 || strstr (error.message, reads[_i].says), "'%s' does not say '%s'", error.message, reads[_i].says);
	bench_end (&bench);
}
END_TEST

/* The driver has no capability at all. */
START_TEST (unsupported)
{
	struct bench bench;
	struct larder_error error = LARDER_ERROR_INIT;
	struct larder_info info = { .size = sizeof info };
	struct larder_source source;
	struct memory_source memory;
	const char *url = NULL;
	struct larder_arena *arena = larder_arena_new ();
	bench_begin (&bench, "none");
	memory_source_begin (&memory, "x", 1, &source);
	struct larder_put put = { .size = sizeof put, .key = "k", .create_only = true };
	ck_assert_int_eq (larder_put (bench.store, arena, &put, &source, &info, &error), LARDER_E_UNSUPPORTED);
	ck_assert_ptr_nonnull (strstr (error.message, "driver 'lying' of store 's' cannot write only what is not there yet"));
	ck_assert_int_eq (larder_url (bench.store, arena, "k", &url, &error), LARDER_E_UNSUPPORTED);
	put = (struct larder_put) { .size = sizeof put, .key = "k", .attributes = { .storage_class = "GLACIER_RI" } };
	ck_assert_int_eq (larder_put (bench.store, arena, &put, &source, &info, &error), LARDER_E_INVALID);
	ck_assert_str_eq (error.next, "did you mean 'GLACIER_IR'?");
	larder_arena_free (arena);
	bench_end (&bench);
}
END_TEST

/* After larder_cancel every call ends so, and nothing reaches the driver. */
START_TEST (cancelled)
{
	struct bench bench;
	char keys[64] = "";
	const struct larder_listing request = { .size = sizeof request };
	bench_begin (&bench, "none");
	larder_cancel (bench.home.larder);
	ck_assert_int_eq (larder_list (bench.store, &request, gather, keys, NULL), LARDER_E_CANCELLED);
	ck_assert_str_eq (keys, "");
	bench_end (&bench);
}
END_TEST

/* A part of the handle is cancelled alone, and by the cancel of the whole; who waits for its descriptor is woken by either. */
START_TEST (cancelled_part)
{
	struct bench bench;
	struct larder *part = NULL;
	struct larder_store *store = NULL;
	char keys[64] = "";
	const struct larder_listing request = { .size = sizeof request };
	for (int whole = 0; whole < 2; whole++) {
		bench_begin (&bench, "none");
		ck_assert_int_eq (larder_part_open (bench.home.larder, &part, NULL), 0);
		ck_assert_int_eq (larder_store_open (part, "s", &store, NULL), 0);
		struct larder_call call = larder_call_begin (part, NULL);
		struct pollfd woken = { .fd = call.cancel_fd, .events = POLLIN };
		ck_assert_int_eq (larder_list (store, &request, gather, keys, NULL), 0);
		ck_assert (!module_host.cancelled (&call) && poll (&woken, 1, 0) == 0);
		larder_cancel (whole ? bench.home.larder : part);
		ck_assert (module_host.cancelled (&call) && poll (&woken, 1, 0) == 1);
		ck_assert_int_eq (larder_list (store, &request, gather, keys, NULL), LARDER_E_CANCELLED);
		ck_assert_int_eq (larder_list (bench.store, &request, gather, keys, NULL), whole ? LARDER_E_CANCELLED : 0);
		larder_store_close (store);
		larder_part_close (part);
		bench_end (&bench);
	}
}
END_TEST

int
main (void)
{
	Suite *suite = suite_create ("store-lying");
	TCase *lists = tcase_create ("test-store-lying-listing"), *gets = tcase_create ("test-store-lying-reading"), *rest = tcase_create ("test-store-lying-unsupported"),
	      *cancels = tcase_create ("test-store-lying-cancelled");
	tcase_add_loop_test (lists, listing, 0, (int) (sizeof listings / sizeof *listings));
	tcase_add_loop_test (gets, reading, 0, (int) (sizeof reads / sizeof *reads));
	tcase_add_test (rest, unsupported);
	tcase_add_test (cancels, cancelled);
	tcase_add_test (cancels, cancelled_part);
	suite_add_tcase (suite, lists);
	suite_add_tcase (suite, gets);
	suite_add_tcase (suite, rest);
	suite_add_tcase (suite, cancels);
	SRunner *runner = srunner_create (suite);
	srunner_run_all (runner, CK_ENV);
	int failed = srunner_ntests_failed (runner);
	srunner_free (runner);
	return failed != 0;
}
