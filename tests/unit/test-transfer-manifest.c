/* test-transfer-manifest.c: what the manifests of a store say together: the newest line of each key, in order; and what one run leaves. */
#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "buffer.h"
#include "checksum.h"
#include "file.h"
#include "home.h"
#include "manifest.h"
#include "store.h"

static struct home home;

static struct larder_store *
begin (void)
{
	struct larder_store *store = NULL;
	home_begin (&home, "[larder]\nmanifests = kept:runs\n[store \"s\"]\nbackend = b\nbucket = one\n[store \"view\"]\nin = s\n[store \"kept\"]\nbackend = b\nbucket = other\n",
		"[backend \"b\"]\ndriver = localfs-mock\nroot = ./root\ncreate = yes\nfsync = no\n", NULL);
	ck_assert_int_eq (larder_store_open (home.larder, "view", &store, NULL), 0);
	return store;
}

static void
end (struct larder_store *store)
{
	larder_store_close (store);
	home_end (&home);
}

/* One of `lines`, with its first and its last line. */
static void
leave (const char *name, const char *lines, unsigned count, unsigned bytes)
{
	char hex[65], key[100];
	CLEANUP_BUFFER struct buffer text;
	struct larder_store *store = NULL;
	struct larder_arena *arena = larder_arena_new ();
	struct memory_source memory;
	struct larder_source source;
	struct larder_info info = { .size = sizeof info };
	struct larder_put put = { .size = sizeof put, .key = key, .attributes = { .size = sizeof put.attributes } };
	buffer_init (&text, 1 << 20);
	buffer_printf (&text, "{\"larder-manifest\":1,\"store\":\"s\"}\n%s", lines);
	sha256_hex (text.at, text.length, hex);
	buffer_printf (&text, "{\"count\":%u,\"bytes\":%u,\"sha256\":\"%s\"}\n", count, bytes, hex);
	snprintf (key, sizeof key, "runs/s/%s.ndjson", name);
	memory_source_begin (&memory, text.at, text.length, &source);
	ck_assert_int_eq (larder_store_open (home.larder, "kept", &store, NULL), 0);
	ck_assert_int_eq (larder_put (store, arena, &put, &source, &info, NULL), 0);
	larder_store_close (store);
	larder_arena_free (arena);
}

static void
expect (struct manifests *manifests, const char *key, uint64_t length, const char *manifest)
{
	struct manifest_line line;
	ck_assert_int_eq (manifests_next (manifests, &line, NULL), 1);
	ck_assert_str_eq (line.key, key);
	ck_assert_uint_eq (line.length, length);
	ck_assert_str_eq (line.manifest, manifest);
}

/* By its time, and not by where it stands; what was removed since is no more. A view's are its store's. */
START_TEST (test_newest)
{
	struct larder_store *store = begin ();
	struct manifests *manifests = NULL;
	struct manifest_line line;
	leave ("1", "{\"key\":\"b\",\"size\":5,\"time\":\"2026-01-05T00:00:00Z\"}\n{\"key\":\"c\",\"size\":1,\"time\":\"2026-01-01T00:00:00Z\"}\n"
		"{\"key\":\"x/a\",\"size\":7,\"version\":\"v1\",\"checksum\":{\"algorithm\":\"CRC64NVME\",\"value\":\"AAAAAAAAAAA=\"},\"time\":\"2026-01-01T00:00:00.5Z\"}\n", 3, 13);
	leave ("2", "{\"key\":\"b\",\"size\":4,\"time\":\"2026-01-04T00:00:00Z\"}\n{\"key\":\"c\",\"removed\":true,\"time\":\"2026-01-02T00:00:00Z\"}\n"
		"{\"key\":\"a\",\"size\":1,\"time\":\"2026-01-01T00:00:00Z\"}\n{\"key\":\"a\",\"size\":2,\"time\":\"2026-01-01T00:00:00Z\"}\n", 4, 7);
	ck_assert_int_eq (manifests_open (store, "", &manifests, NULL), 0);
	ck_assert_uint_eq (manifests_count (manifests), 2);
	expect (manifests, "a", 2, "2.ndjson");
	expect (manifests, "b", 5, "1.ndjson");
	ck_assert_int_eq (manifests_next (manifests, &line, NULL), 1);
	ck_assert_str_eq (line.key, "x/a");
	ck_assert_str_eq (line.version, "v1");
	ck_assert_str_eq (line.checksum, "AAAAAAAAAAA=");
	ck_assert_uint_eq (line.checksum_type, LARDER_CHECKSUM_CRC64NVME);
	ck_assert_ptr_null (line.etag);
	ck_assert_int_eq (manifests_next (manifests, &line, NULL), 0);
	manifests_close (manifests);
	ck_assert_int_eq (manifests_open (store, "x/", &manifests, NULL), 0);
	expect (manifests, "x/a", 7, "1.ndjson");
	ck_assert_int_eq (manifests_next (manifests, &line, NULL), 0);
	manifests_close (manifests);
	end (store);
}
END_TEST

/* `count` objects, of keys that make long lines and are numbered from `from` on, told by `manifest`. */
static void
tell_from (struct manifest *manifest, unsigned from, unsigned count)
{
	char key[1001] = "";
	struct larder_info info = { .size = sizeof info, .length = 1, .checksum_type = LARDER_CHECKSUM_CRC64NVME, .checksum = "AAAAAAAAAAA=" };
	memset (key, 'k', sizeof key - 1);
	for (unsigned i = from; i < from + count; i++) {
		for (unsigned at = 0, rest = i; at < 6; at++, rest /= 10)
			key[5 - at] = (char) ('0' + rest % 10);
		manifest_add (manifest, key, &info);
	}
}

static void
tell (struct manifest *manifest, unsigned count)
{
	tell_from (manifest, 0, count);
}

struct teller { pthread_t thread; struct manifest *manifest; unsigned from; };

static void *
tell_aside (void *context)
{
	const struct teller *teller = context;
	tell_from (teller->manifest, teller->from, 40000);
	return NULL;
}

/* (keys, manifests) */
static uint64_t
counted (struct larder_store *store, uint64_t *ret_manifests)
{
	struct manifests *manifests = NULL;
	struct manifest_line line;
	uint64_t count = 0;
	ck_assert_int_eq (manifests_open (store, "", &manifests, NULL), 0);
	while (manifests_next (manifests, &line, NULL) == 1)
		count++;
	*ret_manifests = manifests_count (manifests);
	manifests_close (manifests);
	return count;
}

/* What is too much for one begins another. */
START_TEST (test_several)
{
	struct larder_store *store = begin ();
	struct manifest *manifest = NULL;
	uint64_t manifests;
	ck_assert_int_eq (manifest_new (&manifest, home.larder, store, "sync", NULL), 0);
	tell (manifest, 70000);
	ck_assert_int_eq (manifest_end (manifest, NULL), 0);
	manifest_free (manifest);
	ck_assert_uint_eq (counted (store, &manifests), 70000);
	ck_assert_uint_eq (manifests, 2);
	end (store);
}
END_TEST

/* While one is put others go on with the next: no line is lost, or in two. */
START_TEST (test_threads)
{
	struct larder_store *store = begin ();
	struct teller tellers[3] = { { .from = 0 }, { .from = 40000 }, { .from = 80000 } };
	struct manifest *manifest = NULL;
	uint64_t manifests;
	ck_assert_int_eq (manifest_new (&manifest, home.larder, store, "sync", NULL), 0);
	for (unsigned n = 0; n < 3; n++) {
		tellers[n].manifest = manifest;
		ck_assert_int_eq (pthread_create (&tellers[n].thread, NULL, tell_aside, &tellers[n]), 0);
	}
	for (unsigned n = 0; n < 3; n++)
		pthread_join (tellers[n].thread, NULL);
	ck_assert_int_eq (manifest_end (manifest, NULL), 0);
	manifest_free (manifest);
	ck_assert_uint_eq (counted (store, &manifests), 120000);
	ck_assert_uint_eq (manifests, 3);
	end (store);
}
END_TEST

/* Nothing can be written beside: what memory holds is in it, and of the rest it is said how much. */
START_TEST (test_no_room)
{
	struct larder_store *store = begin ();
	struct manifest *manifest = NULL;
	struct larder_error error = LARDER_ERROR_INIT;
	uint64_t manifests;
	char told[60];
	ck_assert_int_eq (manifest_new (&manifest, home.larder, store, "sync", NULL), 0);
	ck_assert_int_eq (setenv ("TMPDIR", "/nowhere", 1), 0);
	tell (manifest, 100);
	ck_assert_int_lt (manifest_end (manifest, &error), 0);
	manifest_free (manifest);
	ck_assert_int_eq (unsetenv ("TMPDIR"), 0);
	uint64_t kept = counted (store, &manifests);
	ck_assert (kept > 50 && kept < 100);
	snprintf (told, sizeof told, "is there, but %u of it in no manifest", (unsigned) (100 - kept));
	ck_assert_msg (strstr (error.message, told) != NULL, "%s", error.message);
	end (store);
}
END_TEST

/* What went wrong first is told with its own reason, whatever follows. */
START_TEST (test_first_reason)
{
	static char long_etag[20000];
	struct larder_store *store = begin ();
	struct manifest *manifest = NULL;
	struct larder_error error = LARDER_ERROR_INIT;
	const struct larder_info info = { .size = sizeof info, .etag = memset (long_etag, 'e', sizeof long_etag - 1) };
	ck_assert_int_eq (manifest_new (&manifest, home.larder, store, "sync", NULL), 0);
	ck_assert_int_eq (setenv ("TMPDIR", "/nowhere", 1), 0);
	manifest_add (manifest, "a", &info);
	tell (manifest, 100);
	ck_assert_int_eq (manifest_end (manifest, &error), LARDER_E_LIMIT);
	manifest_free (manifest);
	ck_assert_int_eq (unsetenv ("TMPDIR"), 0);
	ck_assert_msg (strstr (error.message, "a line of it would be too long") != NULL, "%s", error.message);
	end (store);
}
END_TEST

static void
add (Suite *suite, const char *name, const TTest *test)
{
	TCase *tcase = tcase_create (name);
	tcase_set_timeout (tcase, 60);
	tcase_add_test (tcase, test);
	suite_add_tcase (suite, tcase);
}

int
main (void)
{
	Suite *suite = suite_create ("transfer-manifest");
	add (suite, "test-transfer-manifest-newest", test_newest);
	add (suite, "test-transfer-manifest-several", test_several);
	add (suite, "test-transfer-manifest-threads", test_threads);
	add (suite, "test-transfer-manifest-no-room", test_no_room);
	add (suite, "test-transfer-manifest-first-reason", test_first_reason);
	SRunner *runner = srunner_create (suite);
	srunner_run_all (runner, CK_ENV);
	int failed = srunner_ntests_failed (runner);
	srunner_free (runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
