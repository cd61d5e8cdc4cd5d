/* test-base-memory.c: arenas and buffers: alignment, zeroes, what is wiped, maxima, failures that stick. */
#include <malloc.h>
#include <stdalign.h>

#include "buffer.h"
#include "names.h"
#include "unit.h"

static void given_back (void *at);

#define free(at) given_back (at)
#include "../../core/base/arena.c"
#undef free

static void let_go (void *at);

#define free(at) let_go (at)
#include "../../core/base/buffer.c"
#undef free

#define SECRET "wJalrXUtnFEMI/K7MDENG"
static size_t blocks, told;
static bool wiped;                               /* of a buffer without secrets nobody wrote each byte */
static volatile size_t all = SIZE_MAX;           /* the compiler would warn of it */

/* All of a block but what its allocator keeps. */
static void
given_back (void *at)
{
	const struct block *block = at;
	if (at && malloc_usable_size (at) > sizeof *block) {
		blocks++;
		told += memmem (block->at, block->used, SECRET, sizeof SECRET - 1) != NULL;
	}
	free (at);
}

static void
let_go (void *at)
{
	if (at && wiped) {
		blocks++;
		told += memmem (at, malloc_usable_size (at), SECRET, sizeof SECRET - 1) != NULL;
	}
	free (at);
}

START_TEST (arena_wipes)
{
	static char long_one[10000] = "";
	struct larder_arena *arena = arena_new ();
	memset (long_one, 'x', sizeof long_one - 1);
	ck_assert_str_eq (arena_copy (arena, SECRET), SECRET);
	ck_assert_ptr_nonnull (arena_printf (arena, "%s " SECRET, long_one));
	blocks = told = 0;
	arena_clear (arena);
	ck_assert_uint_eq (blocks, 2);
	ck_assert_str_eq (arena_copy (arena, SECRET), SECRET);
	arena_free (arena);
	ck_assert_uint_eq (blocks, 3);
	ck_assert_uint_eq (told, 0);
}
END_TEST

START_TEST (arena_gives)
{
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	static const size_t sizes[] = { 0, 1, 7, 15, 16, 17, 3999, 4000, 4001, 100000, 1 };
	for (int round = 0; round < 3; round++) {
		for (size_t i = 0; i < COUNT_OF (sizes); i++) {
			unsigned char *at = arena_alloc (arena, sizes[i]);
			ck_assert_ptr_nonnull (at);
			ck_assert_uint_eq ((uintptr_t) at % alignof (max_align_t), 0);
			for (size_t b = 0; b < sizes[i]; b++)
				ck_assert_uint_eq (at[b], 0);
			if (sizes[i])
				memset (at, 0xff, sizes[i]);   /* the next one must not see it */
		}
		arena_clear (arena);
	}
}
END_TEST

START_TEST (arena_too_much)
{
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	ck_assert_ptr_null (arena_alloc (arena, SIZE_MAX));
	ck_assert_ptr_null (arena_alloc (arena, SIZE_MAX - 8));
	ck_assert_ptr_null (arena_copy_bytes (arena, "", SIZE_MAX));
	ck_assert_ptr_nonnull (arena_alloc (arena, 8));
	arena_free (NULL);
}
END_TEST

START_TEST (arena_texts)
{
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	ck_assert_ptr_null (arena_copy (arena, NULL));
	ck_assert_str_eq (arena_copy (arena, ""), "");
	ck_assert_str_eq (arena_copy (arena, "abc"), "abc");
	ck_assert_mem_eq (arena_copy_bytes (arena, "a\0b", 3), "a\0b", 4);
	ck_assert_str_eq (arena_copy_bytes (arena, NULL, 0), "");
	ck_assert_str_eq (arena_printf (arena, "%s-%05d", "x", 42), "x-00042");
	const char *longer = arena_printf (arena, "%09000d", 7);
	ck_assert_uint_eq (strlen (longer), 9000);
}
END_TEST

START_TEST (buffer_grows)
{
	CLEANUP_BUFFER struct buffer buffer;
	buffer_init (&buffer, 100000);
	ck_assert_str_eq (buffer_text (&buffer), "");
	ck_assert_int_eq (buffer_add (&buffer, NULL, 0), 0);
	for (int i = 0; i < 5000; i++)
		ck_assert_int_eq (buffer_printf (&buffer, "%04d", i), 0);
	ck_assert_uint_eq (buffer.length, 20000);
	ck_assert_mem_eq (buffer.at + 4 * 4321, "4321", 4);
	buffer_clear (&buffer);
	ck_assert_str_eq (buffer_text (&buffer), "");
	buffer_add_text (&buffer, "ab");
	buffer_add_char (&buffer, '\0');
	buffer_add_char (&buffer, 'c');
	ck_assert_uint_eq (buffer.length, 4);
	ck_assert_mem_eq (buffer.at, "ab\0c", 5);
}
END_TEST

/* At each growth too; and it stays so for what comes next. */
START_TEST (buffer_wipes)
{
	CLEANUP_BUFFER struct buffer buffer;
	buffer_init (&buffer, 100000);
	buffer.secret = wiped = true;
	blocks = told = 0;
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < 1000; i++)
			ck_assert_int_eq (buffer_printf (&buffer, "%04d " SECRET, i), 0);
		ck_assert_mem_eq (buffer.at + (5 + sizeof SECRET - 1) * 999, "0999 " SECRET, 5 + sizeof SECRET - 1);
		buffer_free (&buffer);
	}
	ck_assert_uint_ge (blocks, 10);
	ck_assert_uint_eq (told, 0);
	wiped = false;
}
END_TEST

/* Exactly the maximum fits, one more does not, and then nothing does until cleared. */
START_TEST (buffer_most)
{
	CLEANUP_BUFFER struct buffer buffer;
	buffer_init (&buffer, 10);
	ck_assert_int_eq (buffer_add_text (&buffer, "0123456789"), 0);
	ck_assert_int_eq (buffer_add (&buffer, "", 0), 0);
	ck_assert_int_eq (buffer_add_char (&buffer, 'x'), -1);
	ck_assert (buffer.failed);
	ck_assert_int_eq (buffer_add (&buffer, "", 0), -1);
	ck_assert_str_eq (buffer_text (&buffer), "0123456789");
	buffer_clear (&buffer);
	ck_assert (!buffer.failed);
	ck_assert_int_eq (buffer_printf (&buffer, "%s", "01234567890"), -1);
	ck_assert_int_eq (buffer_add (&buffer, "x", all), -1);
	buffer_free (&buffer);
	ck_assert_uint_eq (buffer.most, 10);
	ck_assert_int_eq (buffer_printf (&buffer, "%d", 12), 0);
	ck_assert_str_eq (buffer_text (&buffer), "12");
}
END_TEST

START_TEST (buffer_unbounded)
{
	CLEANUP_BUFFER struct buffer buffer;
	buffer_init (&buffer, SIZE_MAX);
	ck_assert_int_eq (buffer_add_text (&buffer, "abc"), 0);
	ck_assert_str_eq (buffer_text (&buffer), "abc");
	ck_assert_int_eq (buffer_add (&buffer, "x", all - 3), -1);
	ck_assert (buffer.failed);
}
END_TEST

/* Each by its two words, and those of one name in the order in which they came, however often the table grew meanwhile. */
START_TEST (two_words)
{
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	struct names names;
	names_begin (&names, arena);
	ck_assert_ptr_null (names_next (&names, "store", "s0", NULL));
	for (uintptr_t n = 0; n < 1000; n++) {
		ck_assert_int_eq (names_add (&names, n % 2 ? "store" : "cdn", arena_printf (arena, "s%zu", n / 4), n), 0);
		ck_assert_int_eq (names_add (&names, "many", "", n), 0);
	}
	for (uintptr_t n = 0; n < 1000; n++) {
		const char *kind = n % 2 ? "store" : "cdn";
		const struct name *name = names_next (&names, kind, arena_printf (arena, "s%zu", n / 4), NULL);
		if (n % 4 >= 2)
			name = names_next (&names, kind, arena_printf (arena, "s%zu", n / 4), name);
		ck_assert_uint_eq (name_thing (name), n);
	}
	const struct name *name = NULL;
	for (uintptr_t n = 0; n < 1000; n++)
		ck_assert_uint_eq (name_thing (name = names_next (&names, "many", "", name)), n);
	ck_assert_ptr_null (names_next (&names, "many", "", name));
	ck_assert_ptr_null (names_next (&names, "stor", "es0", NULL));
	ck_assert_ptr_null (names_next (&names, "store", "s250", NULL));
}
END_TEST

int
main (void)
{
	const struct unit_case cases[] = {
		{ "test-base-memory-arena-wipes", arena_wipes, 0 }, { "test-base-memory-arena-gives", arena_gives, 0 }, { "test-base-memory-arena-too-much", arena_too_much, 0 },
		{ "test-base-memory-arena-texts", arena_texts, 0 }, { "test-base-memory-buffer-grows", buffer_grows, 0 },
		{ "test-base-memory-buffer-wipes", buffer_wipes, 0 },
		{ "test-base-memory-buffer-most", buffer_most, 0 }, { "test-base-memory-buffer-unbounded", buffer_unbounded, 0 },
		{ "test-base-memory-names", two_words, 0 },
	};
	return unit_run ("base-memory", cases, COUNT_OF (cases));
}
