/* test-transfer-items.c: names on the other side, and what a transfer refuses, on a store of its own. */
#include <check.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "arena.h"
#include "home.h"
#include "store.h"
#include "transfer.h"

static struct home home;

static struct larder *
open_until (const char *deadline)
{
	const struct larder_pair keys[] = { { "deadline", deadline } };
	home_begin (&home, "[store \"s\"]\nbackend = b\nbucket = bucket\n[store \"other\"]\nbackend = b\nbucket = other\n",
		"[backend \"b\"]\ndriver = localfs-mock\nroot = ./root\ncreate = yes\nfsync = no\n",
		&(struct larder_settings) { .size = sizeof (struct larder_settings), .larder_keys = { keys, 1, sizeof *keys } });
	return home.larder;
}

static struct larder *
open_larder (void)
{
	return open_until ("0s");
}

static void
put_key (struct larder *larder, const char *key, const char *text)
{
	struct larder_store *store = NULL;
	struct larder_arena *arena = larder_arena_new ();
	struct memory_source memory;
	struct larder_source source;
	struct larder_info info = { .size = sizeof info };
	struct larder_put put = { .size = sizeof put, .key = key, .attributes = { .size = sizeof put.attributes } };
	memory_source_begin (&memory, text, strlen (text), &source);
	ck_assert_int_eq (larder_store_open (larder, "s", &store, NULL), 0);
	ck_assert_int_eq (larder_put (store, arena, &put, &source, &info, NULL), 0);
	larder_store_close (store);
	larder_arena_free (arena);
}

static struct larder_summary
run (struct larder *larder, const char *from, const char *to, uint32_t flags, larder_event_fn event, int *ret_code)
{
	struct larder_transfer request = {
		.size = sizeof request, .from = &from, .count = 1, .to = to, .flags = flags, .attributes = { .size = sizeof request.attributes },
	};
	struct larder_summary sum = { .size = sizeof sum };
	struct larder_error error = LARDER_ERROR_INIT;
	*ret_code = larder_transfer (larder, &request, event, NULL, &sum, &error);
	ck_assert_uint_eq (sum.scanned, sum.done + sum.skipped + sum.refused + sum.failed);
	return sum;
}

/* c-T07: a key that ends in '/' is a folder; with bytes no file can be it. */
START_TEST (test_folder_keys)
{
	struct larder *larder = open_larder ();
	int code;
	put_key (larder, "k/c/", "");
	put_key (larder, "k/c/d", "inside");
	put_key (larder, "k/e/", "bytes");
	struct larder_summary sum = run (larder, "s:k/", "out/", LARDER_RECURSIVE, NULL, &code);
	ck_assert_uint_eq (sum.done, 2);
	ck_assert_uint_eq (sum.refused, 1);
	ck_assert_int_eq (code, LARDER_E_INVALID);
	struct stat facts;
	ck_assert_int_eq (stat ("out/c", &facts), 0);
	ck_assert (S_ISDIR (facts.st_mode));
	ck_assert_int_eq (access ("out/c/d", F_OK), 0);
	ck_assert_int_ne (access ("out/e", F_OK), 0);
	home_end (&home);
}
END_TEST

static int
cancel_at_once (void *context, const struct larder_event *event)
{
	(void) context;
	return strcmp (event->action, "copied") == 0 ? LARDER_E_CANCELLED : 0;
}

START_TEST (test_event_ends_the_run)
{
	struct larder *larder = open_larder ();
	int code;
	for (int i = 0; i < 100; i++) {
		char key[16];
		snprintf (key, sizeof key, "k/%d", i);
		put_key (larder, key, "text");
	}
	struct larder_summary sum = run (larder, "s:k/", "other:k/", LARDER_RECURSIVE, cancel_at_once, &code);
	ck_assert_int_eq (code, LARDER_E_CANCELLED);
	ck_assert_uint_ge (sum.done, 1);
	ck_assert_uint_le (sum.done, 16);   /* what was under way may end */
	home_end (&home);
}
END_TEST

/* What looks at a call without waiting, and what waits on its descriptor, both see the deadline; a transfer ends as unavailable. */
START_TEST (test_deadline)
{
	struct larder *larder = open_until ("1s");
	struct larder_call call = larder_call_begin (larder, NULL);
	struct pollfd polled = { call.cancel_fd, POLLIN, 0 };
	int code;
	ck_assert (!module_host.cancelled (&call));
	put_key (larder, "k", "text");
	ck_assert_int_eq (poll (&polled, 1, 5000), 1);
	ck_assert (module_host.cancelled (&call));
	struct larder_summary sum = run (larder, "s:k", "other:k", 0, cancel_at_once, &code);
	ck_assert_int_eq (code, LARDER_E_UNAVAILABLE);
	ck_assert_int_eq (sum.ended, LARDER_E_UNAVAILABLE);
	ck_assert_uint_eq (sum.done, 0);
	larder_cancel (larder);              /* whoever cancels hears so */
	run (larder, "s:k", "other:k", 0, cancel_at_once, &code);
	ck_assert_int_eq (code, LARDER_E_CANCELLED);
	home_end (&home);
}
END_TEST

static int
change_source (void *context, const struct larder_event *event)
{
	(void) context;
	if (strcmp (event->action, "progress") == 0)
		home_text ("source", "changed, and shorter");
	return 0;
}

/* c-T01: a source that changes while it is read leaves nothing behind. */
START_TEST (test_source_changed)
{
	struct larder *larder = open_larder ();
	int code;
	char *large = malloc ((4 << 20) + 1);
	ck_assert_ptr_nonnull (large);
	memset (large, 'x', 4 << 20);
	large[4 << 20] = '\0';
	home_text ("source", large);
	free (large);
	struct larder_summary sum = run (larder, "./source", "s:key", 0, change_source, &code);
	ck_assert_int_eq (code, LARDER_E_INTEGRITY);
	ck_assert_uint_eq (sum.failed, 1);
	run (larder, "s:key", "./back", 0, NULL, &code);
	ck_assert_int_eq (code, LARDER_E_NOTFOUND);
	home_end (&home);
}
END_TEST

START_TEST (test_local_names)
{
	static const char *const bad[] = { "", "/", "a//b", "../a", "a/..", "a/./b", ".", "a/" };
	static const char *const good[] = { "a", "a/b", "...", "..a", ".tmp", "a b/c\td", "-n" };
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		ck_assert_msg (target_check_local (bad[i], NULL) == LARDER_E_INVALID, "'%s'", bad[i]);
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		ck_assert_msg (target_check_local (good[i], NULL) == 0, "'%s'", good[i]);
}
END_TEST

static void
add (Suite *suite, const char *name, const TTest *test)
{
	TCase *tcase = tcase_create (name);
	tcase_add_test (tcase, test);
	suite_add_tcase (suite, tcase);
}

int
main (void)
{
	Suite *suite = suite_create ("transfer-items");
	add (suite, "test-transfer-items-folder-keys", test_folder_keys);
	add (suite, "test-transfer-items-event-ends-the-run", test_event_ends_the_run);
	add (suite, "test-transfer-items-deadline", test_deadline);
	add (suite, "test-transfer-items-source-changed", test_source_changed);
	add (suite, "test-transfer-items-local-names", test_local_names);
	SRunner *runner = srunner_create (suite);
	srunner_run_all (runner, CK_ENV);
	int failed = srunner_ntests_failed (runner);
	srunner_free (runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
