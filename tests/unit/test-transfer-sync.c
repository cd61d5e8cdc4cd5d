/* test-transfer-sync.c: the order of both sides of a sync, held against a model on random trees, and what is made of times,
 * sizes and etags. */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "home.h"
#include "sync.h"
#include "unit.h"

enum { NAMES_MOST = 64, ROUNDS = 20 };

static struct home home;

static void
clear (const char *path)
{
	(void) mkdir (path, 0755);
	folder_empty (open (path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

static void
open_larder (void)
{
	home_begin (&home, "[larder]\njobs = 2\n[store \"s\"]\nbackend = b\nbucket = bucket\n",
		"[backend \"b\"]\ndriver = localfs-mock\nroot = ./root\ncreate = yes\nfsync = no\n", NULL);
}

static void
close_larder (void)
{
	home_end (&home);
}

/* ---- random trees ---- */

struct set { char names[NAMES_MOST][32]; size_t count; };

static bool
has (const struct set *set, const char *name)
{
	for (size_t i = 0; i < set->count; i++)
		if (strcmp (set->names[i], name) == 0)
			return true;
	return false;
}

/* The bytes around the separator, and two others. */
static void
random_name (char *into)
{
	static const char bytes[] = "a.0-/\x80";
	size_t length = 1 + (size_t) rand () % 7;
	for (size_t i = 0; i < length; i++)
		into[i] = bytes[(size_t) rand () % (sizeof bytes - 1)];
	into[length] = '\0';
}

/* Makes a tree, as far as its names can be those of files; its files are the set. */
static void
random_tree (const char *top, struct set *set)
{
	char name[16], path[64];
	set->count = 0;
	clear (top);
	for (int tries = rand () % NAMES_MOST; tries > 0; tries--) {
		random_name (name);
		if (target_check_local (name, NULL) < 0 || has (set, name))
			continue;
		snprintf (path, sizeof path, "%s/%s", top, name);
		struct stat there;
		if (stat (path, &there) == 0 || file_make_folders (top, 0755, NULL) < 0)
			continue;
		char *last = strrchr (path, '/');
		*last = '\0';
		bool made = file_make_folders (path, 0755, NULL) == 0 && stat (path, &there) == 0 && S_ISDIR (there.st_mode);
		*last = '/';
		if (!made)
			continue;
		home_text (path, "text");
		ck_assert_int_eq (utimensat (AT_FDCWD, path, (struct timespec[2]) { { 1000000, 0 }, { 1000000, 0 } }, 0), 0);
		snprintf (set->names[set->count++], sizeof *set->names, "%s", name);
	}
}

static struct larder_summary
run (const char *from, const char *to, int want)
{
	const struct larder_sync request = {
		.size = sizeof request, .flags = LARDER_SYNC_DELETE | LARDER_SYNC_EMPTY_SOURCE, .from = from, .to = to,
		.delete_most_percent = 100,
	};
	struct larder_summary sum = { .size = sizeof sum };
	struct larder_error error = LARDER_ERROR_INIT;
	int code = larder_sync (home.larder, &request, NULL, NULL, &sum, &error);
	ck_assert_msg (code == want, "%d: %s", code, error.message);
	ck_assert_uint_eq (sum.scanned, sum.done + sum.skipped + sum.refused + sum.failed);
	return sum;
}

static struct set listed;

static int
take_key (void *context, const struct larder_info *info)
{
	(void) context;
	ck_assert_uint_lt (listed.count, NAMES_MOST);
	snprintf (listed.names[listed.count++], sizeof *listed.names, "%s", info->key + 2);
	return 0;
}

static void
check_store (const struct set *want)
{
	struct larder_store *store = NULL;
	const struct larder_listing listing = { .size = sizeof listing, .prefix = "k/", .delimiter = "" };
	listed.count = 0;
	ck_assert_int_eq (larder_store_open (home.larder, "s", &store, NULL), 0);
	ck_assert_int_eq (larder_list (store, &listing, take_key, NULL, NULL), 0);
	larder_store_close (store);
	ck_assert_uint_eq (listed.count, want->count);
	for (size_t i = 0; i < want->count; i++)
		ck_assert_msg (has (&listed, want->names[i]), "'%s' is missing", want->names[i]);
}

/* c-T08: what is copied and removed is what the sets say, and a second run has nothing to do; up, down and from tree to tree. */
START_TEST (test_random_trees)
{
	struct set before = { .count = 0 }, now;
	srand (8);
	open_larder ();
	for (int round = 0; round < ROUNDS; round++) {
		size_t added = 0, gone = 0;
		random_tree ("tree", &now);
		for (size_t i = 0; i < now.count; i++)
			added += !has (&before, now.names[i]);
		for (size_t i = 0; i < before.count; i++)
			gone += !has (&now, before.names[i]);
		static const char *const ways[][2] = { { "tree", "s:k" }, { "s:k", "down" }, { "down", "across" } };
		for (size_t way = 0; way < COUNT_OF (ways); way++) {
			struct larder_summary sum = run (ways[way][0], ways[way][1], 0);
			ck_assert_uint_eq (sum.scanned, now.count + gone);
			ck_assert_uint_eq (sum.done, added + gone);
			sum = run (ways[way][0], ways[way][1], 0);
			ck_assert_uint_eq (sum.done, 0);
			ck_assert_uint_eq (sum.skipped, now.count);
		}
		check_store (&now);
		before = now;
	}
	close_larder ();
}
END_TEST

/* ---- a side that lies ---- */

static const char *const *script;

static int
fetch_script (struct side *side, struct larder_error *error)
{
	if (!*script)
		return 0;
	side->at = (struct entry) { .kind = ENTRY_FILE };
	return side_key (side, "", *script++, error);
}

/* c-T08: a side out of order is an error, and a key that comes again too. */
START_TEST (test_out_of_order)
{
	static const char *const scripts[][4] = { { "a", "a.b", "a/b" }, { "b", "a" }, { "a", "a" }, { "a/b", "a.b" } };
	for (size_t i = 0; i < COUNT_OF (scripts); i++) {
		struct side *side = calloc (1, sizeof *side);
		struct larder_error error = LARDER_ERROR_INIT;
		int code;
		side->fetch = fetch_script;
		side->name = "side";
		script = scripts[i];
		while ((code = side_next (side, &error)) == 1)
			;
		ck_assert_int_eq (code, i == 0 ? 0 : LARDER_E_UNAVAILABLE);
		ck_assert (i == 0 || strstr (error.message, "out of order"));
		free (side);
	}
}
END_TEST

/* Whatever a driver lets through: a key that is not below the prefix is an error, not a name that is cut. */
START_TEST (test_outside)
{
	open_larder ();
	struct transfer transfer = { .larder = home.larder, .arena = larder_arena_new () };
	struct larder_store *store = NULL;
	struct side *side = calloc (1, sizeof *side);
	struct larder_error error = LARDER_ERROR_INIT;
	struct larder_info infos[] = { { .size = sizeof *infos, .key = "k/" }, { .size = sizeof *infos, .key = "k/a" }, { .size = sizeof *infos, .key = "other" } };
	side->root = -1;
	ck_assert_int_eq (larder_store_open (home.larder, "s", &store, NULL), 0);
	ck_assert_int_eq (side_begin_store (side, &transfer, store, "k", NULL), 0);
	side->page = (struct page) { .at = infos, .count = COUNT_OF (infos), .last = true };
	ck_assert_int_eq (side_next (side, &error), 1);
	ck_assert_str_eq (side->at.key, "a");
	ck_assert_int_eq (side_next (side, &error), LARDER_E_UNAVAILABLE);
	ck_assert_ptr_nonnull (strstr (error.message, "'other'"));
	side_end (side);
	free (side);
	larder_store_close (store);
	larder_arena_free (transfer.arena);
	close_larder ();
}
END_TEST

/* ---- verdicts ---- */

#define S NS_PER_S
#define MS (NS_PER_S / 1000)

START_TEST (test_times)
{
	static const struct { int64_t from, to; bool up, down; } cases[] = {
		{ 100 * S, 100 * S, false, false },
		{ 100 * S + 5, 100 * S, false, false },          /* the other clock has whole seconds */
		{ 101 * S, 100 * S, true, true },
		{ 99 * S, 100 * S, false, true },
		{ 100 * S + 7 * MS + 1, 100 * S + 7 * MS, false, false },
		{ 100 * S + 8 * MS + 1, 100 * S + 7 * MS, true, true },
		{ 100 * S + 8, 100 * S + 7, true, true },
		{ 100 * S, 100 * S + 7 * MS, false, false },
		{ 0, 100 * S, true, false },                     /* unknown */
	};
	const struct larder_sync request = { .size = sizeof request }, by_size = { .size = sizeof by_size, .flags = LARDER_SYNC_SIZE_ONLY };
	const struct larder_info info = { .size = sizeof info };
	for (size_t i = 0; i < COUNT_OF (cases); i++) {
		const struct entry file = { .length = 1, .mtime = cases[i].from }, object = { .length = 1, .mtime = cases[i].to, .info = &info };
		const struct entry down = { .length = 1, .mtime = cases[i].from, .info = &info }, there = { .length = 1, .mtime = cases[i].to };
		const struct entry longer = { .length = 2, .mtime = cases[i].to };
		ck_assert_msg (sync_differs (&request, &file, &object) == cases[i].up, "up %zu", i);
		ck_assert_msg (sync_differs (&request, &down, &there) == cases[i].down, "down %zu", i);
		ck_assert (!sync_differs (&by_size, &file, &object) && !sync_differs (&by_size, &down, &there));
		ck_assert (sync_differs (&request, &file, &longer) && sync_differs (&by_size, &file, &longer));
	}
}
END_TEST

START_TEST (test_objects)
{
	static const struct { const char *etag[2], *sum[2]; bool composite; int64_t mtime[2]; bool differ; } cases[] = {
		{ { "e", "e" }, { NULL, NULL }, false, { 2, 1 }, false },
		{ { "e", "f" }, { NULL, NULL }, false, { 1, 2 }, false },       /* of another kind of service, or encrypted: says nothing */
		{ { "e", "f" }, { NULL, NULL }, false, { 2, 1 }, true },
		{ { "e-2", "f" }, { NULL, NULL }, false, { 1, 2 }, false },     /* of parts: says nothing */
		{ { "e-2", "f" }, { NULL, NULL }, false, { 2, 1 }, true },
		{ { "e-2", "f" }, { "sum", "sum" }, false, { 2, 1 }, false },
		{ { "e", "f" }, { "sum", "sum" }, false, { 2, 1 }, false },     /* encrypted: each has its own etag */
		{ { "e-2", "f" }, { "sum", "mus" }, false, { 1, 2 }, true },
		{ { "e-2", "e-3" }, { "sum", "mus" }, true, { 1, 2 }, false },
		{ { NULL, "e" }, { NULL, NULL }, false, { 2, 1 }, true },
		{ { "e", "f" }, { NULL, NULL }, false, { NS_PER_S + 7, NS_PER_S }, false },     /* a copy within its second, listed in whole ones */
		{ { "e", "f" }, { NULL, NULL }, false, { 2 * NS_PER_S, NS_PER_S }, true },
	};
	const struct larder_sync request = { .size = sizeof request };
	for (size_t i = 0; i < COUNT_OF (cases); i++) {
		struct larder_info info[2];
		for (size_t k = 0; k < 2; k++)
			info[k] = (struct larder_info) {
				.size = sizeof *info, .etag = cases[i].etag[k], .checksum = cases[i].sum[k], .checksum_type = LARDER_CHECKSUM_CRC64NVME,
				.checksum_composite = cases[i].composite, .mtime = cases[i].mtime[k],
			};
		const struct entry from = { .info = &info[0] }, to = { .info = &info[1] };
		ck_assert_msg (sync_differs (&request, &from, &to) == cases[i].differ, "case %zu", i);
	}
}
END_TEST

START_TEST (test_exact)
{
	static const struct { int64_t time; const char *text; } cases[] = {
		{ 0, "0.000000000" }, { 1, "0.000000001" }, { -1, "-0.000000001" }, { -1500000001, "-1.500000001" },
		{ 1700000000123456789, "1700000000.123456789" }, { INT64_MAX, "9223372036.854775807" }, { -INT64_MAX, "-9223372036.854775807" },
	};
	static const struct { const char *text; int64_t time; } forms[] = { { "7", 7 * NS_PER_S }, { "7.", 7 * NS_PER_S }, { "7.5", 7500000000 }, { "-7.5", -7500000000 }, { "1.0000000019", 1000000001 } };
	static const char *const none[] = { "", "-", ".5", "x", "1x", "1.x", "1.5 ", " 1", "--1", "+1", "9223372036.854775808", "9223372037", "99999999999999999999" };
	char text[EXACT_ROOM];
	int64_t time;
	for (size_t i = 0; i < COUNT_OF (cases); i++) {
		exact_text (cases[i].time, text);
		ck_assert_str_eq (text, cases[i].text);
		ck_assert_msg (exact_parse (text, &time) && time == cases[i].time, "%s", text);
	}
	for (size_t i = 0; i < COUNT_OF (forms); i++)
		ck_assert_msg (exact_parse (forms[i].text, &time) && time == forms[i].time, "%s", forms[i].text);
	for (size_t i = 0; i < COUNT_OF (none); i++)
		ck_assert_msg (!exact_parse (none[i], &time), "%s", none[i]);
}
END_TEST

int
main (void)
{
	const struct unit_case cases[] = {
		{ "test-transfer-sync-random-trees", test_random_trees, 0 },
		{ "test-transfer-sync-out-of-order", test_out_of_order, 0 },
		{ "test-transfer-sync-outside", test_outside, 0 },
		{ "test-transfer-sync-times", test_times, 0 },
		{ "test-transfer-sync-objects", test_objects, 0 },
		{ "test-transfer-sync-exact", test_exact, 0 },
	};
	return unit_run ("test-transfer-sync", cases, COUNT_OF (cases));
}
