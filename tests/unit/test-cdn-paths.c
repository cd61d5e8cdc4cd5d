/* test-cdn-paths.c: what edges are to forget, in as few paths as say it, held against a plain model on sets made by number; and what so many cost, exactly. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "paths.h"
#include "prices.h"
#include "unit.h"

static struct cdn_paths
paths_of (struct larder_arena *arena, const char *const *keys)
{
	struct cdn_paths paths = { .arena = arena };
	for (; *keys; keys++) {
		size_t length = strlen (*keys);
		bool below = length && (*keys)[length - 1] == '*';
		ck_assert_int_eq (cdn_paths_add (&paths, *keys, length - below, below, NULL), 0);
	}
	return paths;
}
#define PATHS(...) paths_of (arena, (const char *const[]) { __VA_ARGS__, NULL })

static void
are (const struct cdn_paths *paths, const char *wanted)
{
	char text[1000] = "";
	for (size_t n = 0; n < paths->count; n++)
		snprintf (text + strlen (text), sizeof text - strlen (text), "%s%s%s", n ? " " : "", paths->at[n].key, paths->at[n].below ? "*" : "");
	ck_assert_str_eq (text, wanted);
}

START_TEST (each_once)
{
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	struct cdn_paths paths = PATHS ("b", "a/x", "a/", "a/*", "a", "a/y", "a/*", "b", "ab*", "abc*");
	ck_assert_int_eq (cdn_paths_least (&paths, 1000, 15, NULL), 0);
	are (&paths, "a a/* ab* b");
	ck_assert_uint_eq (cdn_paths_below (&paths), 2);
	paths = PATHS ("*", "a", "z*");
	ck_assert_int_eq (cdn_paths_least (&paths, 1000, 15, NULL), 0);
	are (&paths, "*");
}
END_TEST

/* Only as far as it must, the fullest first; a folder of one spares nothing, and wildcards are few. */
START_TEST (folders)
{
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	struct cdn_paths paths = PATHS ("a/1", "a/2", "a/3", "b/1", "b/2", "c/1");
	ck_assert_int_eq (cdn_paths_least (&paths, 5, 15, NULL), 0);
	are (&paths, "a/* b/1 b/2 c/1");
	ck_assert_int_eq (cdn_paths_least (&paths, 3, 15, NULL), 0);
	are (&paths, "a/* b/* c/1");
	ck_assert_int_eq (cdn_paths_least (&paths, 1, 15, NULL), 0);
	are (&paths, "a/* b/* c/1");
	paths = PATHS ("a/1", "a/2", "b/1", "b/2");
	ck_assert_int_eq (cdn_paths_least (&paths, 1, 1, NULL), 0);
	are (&paths, "a/* b/1 b/2");
	paths = PATHS ("a/1", "a/d/1", "a/d/2", "1", "2", "3");
	ck_assert_int_eq (cdn_paths_least (&paths, 5, 15, NULL), 0);
	are (&paths, "*");
}
END_TEST

/* Beyond what is free also what would be free by itself, where it spares much; up to there nothing. */
START_TEST (spares_much)
{
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	struct cdn_paths paths = { .arena = arena };
	char key[32];
	for (size_t n = 0; n < 60; n++) {
		snprintf (key, sizeof key, "%c/%zu", n < 30 ? 'a' : n < 50 ? 'b' : 'c', n);
		ck_assert_int_eq (cdn_paths_add (&paths, key, strlen (key), false, NULL), 0);
	}
	ck_assert_int_eq (cdn_paths_least (&paths, 60, 15, NULL), 0);
	ck_assert_uint_eq (paths.count, 60);
	ck_assert_int_eq (cdn_paths_least (&paths, 59, 15, NULL), 0);
	are (&paths, "a/* b/* c/50 c/51 c/52 c/53 c/54 c/55 c/56 c/57 c/58 c/59");
}
END_TEST

/* Whatever was asked for is covered by one path and by no other, and nothing that begins otherwise than a path of the set or its folder is. */
START_TEST (model)
{
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	struct cdn_paths paths = { .arena = arena };
	char keys[200][32];
	srand ((unsigned) _i);
	for (size_t n = 0; n < COUNT_OF (keys); n++) {
		snprintf (keys[n], sizeof keys[n], "%c/%c/%d", 'a' + rand () % 3, 'a' + rand () % 3, rand () % 30);
		ck_assert_int_eq (cdn_paths_add (&paths, keys[n], strlen (keys[n]), false, NULL), 0);
	}
	ck_assert_int_eq (cdn_paths_least (&paths, (size_t) (_i * 5), 4, NULL), 0);
	ck_assert_uint_le (cdn_paths_below (&paths), 4);
	for (size_t n = 0; n < COUNT_OF (keys); n++) {
		size_t by = 0;
		for (size_t p = 0; p < paths.count; p++)
			by += paths.at[p].below ? strncmp (paths.at[p].key, keys[n], strlen (paths.at[p].key)) == 0 : strcmp (paths.at[p].key, keys[n]) == 0;
		ck_assert_uint_eq (by, 1);
	}
	for (size_t p = 0; p < paths.count; p++)
		ck_assert (!paths.at[p].below || strlen (paths.at[p].key) == 4);
}
END_TEST

START_TEST (prices)
{
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	static const struct { const char *amount; uint64_t count; const char *sum; } rows[] = {
		{ "0.005", 1, "0.005" }, { "0.005", 3, "0.015" }, { "0.005", 200, "1" }, { "0.005", 2100, "10.5" }, { "3", 7, "21" }, { "0.10", 0, "0" },
		{ "0.0000000000000000001", 18, "0.0000000000000000018" },
	};
	for (size_t n = 0; n < COUNT_OF (rows); n++)
		ck_assert_str_eq (price_times (arena, &(struct price) { .amount = rows[n].amount }, rows[n].count), rows[n].sum);
	ck_assert_ptr_null (price_times (arena, &(struct price) { .amount = "4611686018427387904" }, 5));
	ck_assert_ptr_null (price_times (arena, &(struct price) { .amount = "0.00000000000000000001" }, 1));
}
END_TEST

int
main (void)
{
	const struct unit_case cases[] = {
		{ "test-cdn-paths-each-once", each_once, 0 },
		{ "test-cdn-paths-folders", folders, 0 },
		{ "test-cdn-paths-spares-much", spares_much, 0 },
		{ "test-cdn-paths-model", model, 40 },
		{ "test-cdn-paths-prices", prices, 0 },
	};
	return unit_run ("test-cdn-paths", cases, COUNT_OF (cases));
}
