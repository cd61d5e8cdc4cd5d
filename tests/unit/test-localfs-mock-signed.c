/* test-localfs-mock-signed.c: who sees a file of a bucket that a cdn with a key-group serves: by what was signed, until it ends, and by nothing else. */
#include "mock.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "checksum.h"
#include "cleanup.h"
#include "clock.h"
#include "file.h"
#include "lines-file.h"
#include "unit.h"

const struct larder_host *larder_host;       /* of a module */

#define SECRET "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define FILE_URL "file:///root/b/a%20b.png?x=Expires=1"

enum { URL_ROOM = 300 };

struct place { char folder[40]; int root; struct mock mock; };

static struct place
place_new (const char *key_group)
{
	struct place place = { .folder = "/tmp/larder-signed-XXXXXX" };
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	struct lines lines;
	ck_assert_ptr_nonnull (mkdtemp (place.folder));
	place.root = open (place.folder, O_RDONLY | O_DIRECTORY);
	place.mock = (struct mock) { .root = place.folder, .name = "mock" };
	lines_begin (&lines, arena);
	lines_add (&lines, "key-group", key_group);
	lines_add (&lines, "origin[o].bucket", "b");
	ck_assert_int_eq (lines_file_write (place.root, ".larder-resources/cdn/test%2Fcdn%2Fimages", &lines, false, NULL), 0);
	return place;
}

static void
place_free (struct place *place)
{
	static const char *const names[] = { ".larder-signing", ".larder-resources/cdn/test%2Fcdn%2Fimages", ".larder-resources/cdn", ".larder-resources" };
	for (size_t n = 0; n < COUNT_OF (names); n++)
		ck_assert (unlinkat (place->root, names[n], n > 1 ? AT_REMOVEDIR : 0) == 0 || n == 0);
	close (place->root);
	ck_assert_int_eq (rmdir (place->folder), 0);
}

static void
put_secret (const struct place *place, const char *secret)
{
	ck_assert_int_eq (file_publish (place->root, ".larder-signing", secret, strlen (secret), 0600, FILE_REPLACE, false, NULL), 0);
}

static int
lets_in (const struct place *place, const char *path, const char *url)
{
	bool is = false;
	int code = mock_lets_in (&place->mock, place->root, path, url, &is, NULL);
	return code < 0 ? code : is;
}

/* Signed so that it ends so many seconds from now. */
static void
sign (char url[URL_ROOM], int seconds)
{
	char policy[150], text[300], sealed[65];
	snprintf (policy, sizeof policy, "%s&Expires=%lld", FILE_URL, (long long) (clock_wall () / NS_PER_S + seconds));
	snprintf (text, sizeof text, SECRET "%s" SECRET, policy);
	sha256_hex (text, strlen (text), sealed);
	snprintf (url, URL_ROOM, "%s&Signature=%s", policy, sealed);
}

START_TEST (open_to_all)
{
	struct place place = place_new (NULL);
	ck_assert_int_eq (lets_in (&place, "b/a b.png", FILE_URL), 1);
	place_free (&place);
	place = place_new ("kg-1");
	ck_assert_int_eq (lets_in (&place, "bb/a b.png", FILE_URL), 1);
	ck_assert_int_eq (lets_in (&place, "b/a b.png", FILE_URL), 0);
	place_free (&place);
}
END_TEST

/* Where nobody can look who asks for a signature, nobody is let in. */
START_TEST (not_to_be_looked_at)
{
	struct place place = place_new ("kg-1");
	ck_assert_int_eq (renameat (place.root, ".larder-resources/cdn", place.root, "aside"), 0);
	ck_assert_int_eq (lets_in (&place, "b/a b.png", FILE_URL), 1);
	ck_assert_int_eq (file_publish (place.root, ".larder-resources/cdn", "x", 1, 0600, FILE_CREATE, false, NULL), 0);
	ck_assert_int_lt (lets_in (&place, "b/a b.png", FILE_URL), 0);
	ck_assert_int_eq (unlinkat (place.root, ".larder-resources/cdn", 0), 0);
	ck_assert_int_eq (renameat (place.root, "aside", place.root, ".larder-resources/cdn"), 0);
	place_free (&place);
}
END_TEST

START_TEST (signed_ones)
{
	char url[URL_ROOM];
	struct place place = place_new ("kg-1");
	sign (url, 100);
	ck_assert_int_eq (lets_in (&place, "b/a b.png", url), 0);
	put_secret (&place, SECRET);
	ck_assert_int_eq (lets_in (&place, "b/a b.png", url), 1);
	for (char *at = url; *at; at++) {
		char was = *at;
		*at = was == '1' ? '2' : '1';
		ck_assert_int_eq (lets_in (&place, "b/a b.png", url), 0);
		*at = was;
	}
	url[strlen (url) - 1] = '\0';
	ck_assert_int_eq (lets_in (&place, "b/a b.png", url), 0);
	sign (url, -1);
	ck_assert_int_eq (lets_in (&place, "b/a b.png", url), 0);
	place_free (&place);
}
END_TEST

static void *
arena_of_call (struct larder_call *call, size_t count)
{
	return arena_alloc ((struct larder_arena *) (void *) call, count);
}

/* What the driver signs it lets in, by a secret that it makes once; whoever may not write makes none. */
START_TEST (signed_by_it)
{
	static const struct larder_host host = { .arena = arena_of_call };
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	struct larder_call *call = (struct larder_call *) (void *) arena;
	struct larder_url asked = { .size = sizeof asked, .kind = LARDER_URL_SIGNED, .base = "file:///root/b/a%20b.png", .expires_in = 100 * NS_PER_S, .now = clock_wall () };
	struct place place = place_new ("kg-1");
	const char *first = NULL, *second = NULL;
	larder_host = &host;
	place.mock.root_path = place.folder;
	place.mock.read_only = true;
	ck_assert_int_eq (mock_sign (&place.mock, call, &asked, &first, NULL), LARDER_E_DENIED);
	place.mock.read_only = false;
	ck_assert_int_eq (mock_sign (&place.mock, call, &asked, &first, NULL), 0);
	place.mock.read_only = true;
	ck_assert_int_eq (mock_sign (&place.mock, call, &asked, &second, NULL), 0);
	ck_assert_str_eq (first, second);
	ck_assert_int_eq (lets_in (&place, "b/a b.png", first), 1);
	asked.now -= 100 * NS_PER_S;
	ck_assert_int_eq (mock_sign (&place.mock, call, &asked, &second, NULL), 0);
	ck_assert_int_eq (lets_in (&place, "b/a b.png", second), 0);
	place_free (&place);
}
END_TEST

/* Of a root that cannot be made the code is why, and not that something is down. */
START_TEST (no_root)
{
	char path[100];
	struct larder_url asked = { .size = sizeof asked, .base = FILE_URL };
	struct place place = place_new (NULL);
	struct larder_error error = LARDER_ERROR_INIT;
	const char *url = NULL;
	put_secret (&place, SECRET);
	snprintf (path, sizeof path, "%s/.larder-signing/root", place.folder);     /* below a file */
	struct mock mock = { .root = path, .root_path = path, .name = "mock" };
	int code = mock_sign (&mock, NULL, &asked, &url, &error);
	ck_assert_int_eq (code, error.code);
	ck_assert_int_ne (code, LARDER_E_UNAVAILABLE);
	ck_assert_ptr_nonnull (strstr (error.message, path));
	ck_assert_int_eq (mock_sign (&mock, NULL, &asked, &url, NULL), code);
	place_free (&place);
}
END_TEST

START_TEST (secret_that_is_damaged)
{
	char url[URL_ROOM];
	struct place place = place_new ("kg-1");
	put_secret (&place, "short");
	sign (url, 100);
	ck_assert_int_eq (lets_in (&place, "b/a b.png", url), LARDER_E_INTEGRITY);
	place_free (&place);
}
END_TEST

int
main (void)
{
	const struct unit_case cases[] = {
		{ "test-localfs-mock-signed-open-to-all", open_to_all, 0 },
		{ "test-localfs-mock-signed-not-to-be-looked-at", not_to_be_looked_at, 0 },
		{ "test-localfs-mock-signed-ones", signed_ones, 0 },
		{ "test-localfs-mock-signed-by-it", signed_by_it, 0 },
		{ "test-localfs-mock-signed-no-root", no_root, 0 },
		{ "test-localfs-mock-signed-secret-that-is-damaged", secret_that_is_damaged, 0 },
	};
	return unit_run ("test-localfs-mock-signed", cases, COUNT_OF (cases));
}
