/* test-base-sort.c: records sorted within memory and through a file, held against their numbers; what is too long, and a disk
 * that has no room. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "error.h"
#include "sort.h"
#include "unit.h"

enum { STEP = 7919 };             /* a prime: every number below the count comes once */

static int
add_number (struct sort *sort, unsigned number, const char *filling, struct larder_error *error)
{
	char key[16];
	snprintf (key, sizeof key, "%08u", number);
	return sort_add (sort, key, filling, number % 100, error);
}

static const unsigned counts[] = { 0, 1, 2, 100, 300, 20000, 60000 };

/* The last ones make more runs than are kept: they are joined on the way. */
START_TEST (order)
{
	CLEANUP_SORT struct sort *sort = sort_new (0);
	char filling[100], key[16];
	const char *got;
	const void *with;
	size_t length;
	memset (filling, 'f', sizeof filling);
	for (unsigned i = 0; i < counts[_i]; i++)
		ck_assert_int_eq (add_number (sort, (unsigned) ((uint64_t) i * STEP % counts[_i]), filling, NULL), 0);
	for (unsigned i = 0; i < counts[_i]; i++) {
		ck_assert_int_eq (sort_next (sort, &got, &with, &length, NULL), 1);
		snprintf (key, sizeof key, "%08u", i);
		ck_assert_str_eq (got, key);
		ck_assert_uint_eq (length, i % 100);
		ck_assert_int_eq (memcmp (with, filling, length), 0);
	}
	ck_assert_int_eq (sort_next (sort, &got, &with, &length, NULL), 0);
	ck_assert_int_eq (sort_next (sort, &got, &with, &length, NULL), 0);
}
END_TEST

/* Bytes above 0x7f are high, and equal keys all come. */
START_TEST (bytes)
{
	static const char *const in[] = { "\xc3\xb6", "a/b", "a", "", "a.b", "a" }, *const out[] = { "", "a", "a", "a.b", "a/b", "\xc3\xb6" };
	CLEANUP_SORT struct sort *sort = sort_new (0);
	const char *got;
	const void *with;
	size_t length;
	for (size_t i = 0; i < COUNT_OF (in); i++)
		ck_assert_int_eq (sort_add (sort, in[i], NULL, 0, NULL), 0);
	for (size_t i = 0; i < COUNT_OF (out); i++) {
		ck_assert_int_eq (sort_next (sort, &got, &with, &length, NULL), 1);
		ck_assert_str_eq (got, out[i]);
	}
}
END_TEST

START_TEST (too_long)
{
	static char filling[SORT_RECORD_MOST + 1];
	CLEANUP_SORT struct sort *sort = sort_new (0);
	ck_assert_int_eq (sort_add (sort, "k", filling, sizeof filling - 100, NULL), 0);
	ck_assert_int_eq (sort_add (sort, "k", filling, sizeof filling - 2, NULL), LARDER_E_LIMIT);
	memset (filling, 'k', sizeof filling - 1);
	ck_assert_int_eq (sort_add (sort, filling, NULL, 0, NULL), LARDER_E_LIMIT);
}
END_TEST

/* A file that may not grow is an error with its reason, not an order without its middle. */
START_TEST (no_room)
{
	CLEANUP_SORT struct sort *sort = sort_new (0);
	struct larder_error error = LARDER_ERROR_INIT;
	const struct rlimit little = { .rlim_cur = 100 << 10, .rlim_max = 100 << 10 };
	const char *got;
	const void *with;
	size_t length;
	char filling[100] = "";
	int code = 0;
	ck_assert_int_eq (setrlimit (RLIMIT_FSIZE, &little), 0);
	ck_assert (signal (SIGXFSZ, SIG_IGN) != SIG_ERR);
	for (unsigned i = 0; code == 0 && i < 20000; i++)
		code = add_number (sort, i, filling, &error);
	while (code == 0)
		code = sort_next (sort, &got, &with, &length, &error) == 1 ? 0 : error.code;
	ck_assert_int_eq (code, LARDER_E_NOSPACE);
	ck_assert_ptr_nonnull (strstr (error.message, "cannot sort"));
}
END_TEST

int
main (void)
{
	const struct unit_case cases[] = {
		{ "test-base-sort-order", order, COUNT_OF (counts) },
		{ "test-base-sort-bytes", bytes, 0 },
		{ "test-base-sort-too-long", too_long, 0 },
		{ "test-base-sort-no-room", no_room, 0 },
	};
	return unit_run ("test-base-sort", cases, COUNT_OF (cases));
}
