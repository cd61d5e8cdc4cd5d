/* test-cache-note.c: who fills and how far he is: what is written into a lease is what those who wait read; what others write, who lock in their own way,
 * is told as it stands. */
#include "note.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "unit.h"

START_TEST (as_written)
{
	const struct note note = { .holder = "vm, the large one pid 7", .done = 12 << 20, .total = UINT64_C (60) << 30, .spent = 34 * NS_PER_S };
	char text[NOTE_ROOM];
	struct note read;
	note_write (&note, text);
	ck_assert_str_eq (text, "vm, the large one pid 7, 12582912 of 64424509440 bytes in 34 s");
	note_read (text, &read);
	ck_assert_str_eq (read.holder, note.holder);
	ck_assert (read.done == note.done && read.total == note.total && read.spent == note.spent);
	note_tell (&read, text);
	ck_assert_str_eq (text, "vm, the large one pid 7, 12.0 MiB of 60.0 GiB in 34.0 s");
}
END_TEST

START_TEST (nothing_so_far)
{
	char text[NOTE_ROOM], name[NOTE_ROOM], host[65] = "";
	struct note note, read;
	gethostname (host, sizeof host - 1);
	snprintf (name, sizeof name, "%s pid %d", host, (int) getpid ());
	note_begin (&note);
	note_write (&note, text);
	ck_assert_str_eq (text, name);
	note_read (text, &read);
	ck_assert_str_eq (read.holder, name);
	ck_assert_uint_eq (read.total, 0);
	note_tell (&read, text);
	ck_assert_str_eq (text, name);
}
END_TEST

START_TEST (others)
{
	static const char *const all[] = {
		"", ",", "worker-3", "worker, 5 of 9 bytes", "worker, 5 of 9 bytes in 3 s and more", "worker, 5 of 9 bytes in -3 s", "worker, x of 9 bytes in 3 s",
		"worker, 5 of 9 bytes in 99999999999999 s",
	};
	for (size_t i = 0; i < COUNT_OF (all); i++) {
		struct note read;
		note_read (all[i], &read);
		ck_assert_str_eq (read.holder, all[i]);
		ck_assert (read.done == 0 && read.total == 0 && read.spent == 0);
	}
	char longest[600];
	struct note read;
	memset (longest, 'x', sizeof longest - 1);
	longest[sizeof longest - 1] = '\0';
	note_read (longest, &read);
	ck_assert_uint_eq (strlen (read.holder), sizeof read.holder - 1);
}
END_TEST

int
main (void)
{
	const struct unit_case cases[] = {
		{ "test-cache-note-as-written", as_written, 0 }, { "test-cache-note-nothing-so-far", nothing_so_far, 0 }, { "test-cache-note-others", others, 0 },
	};
	return unit_run ("cache-note", cases, COUNT_OF (cases));
}
