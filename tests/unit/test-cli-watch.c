/* test-cli-watch.c: progress on standard error, by a clock that is fed: a plain line every 30 s where there is no
 * terminal, a bar where there is one, and nothing where none is wanted. */
#include "cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "unit.h"

/* What one step writes. */
static size_t
step (struct cli *cli, int64_t *next, int64_t now, int *ret_wait, char into[512])
{
	FILE *file = tmpfile ();
	ck_assert_ptr_nonnull (file);
	int kept = dup (STDERR_FILENO);
	fflush (stderr);
	ck_assert_int_ge (dup2 (fileno (file), STDERR_FILENO), 0);
	*ret_wait = watch_step (cli, next, now);
	fflush (stderr);
	ck_assert_int_ge (dup2 (kept, STDERR_FILENO), 0);
	close (kept);
	rewind (file);
	size_t length = fread (into, 1, 511, file);
	into[length] = '\0';
	fclose (file);
	return length;
}

static struct cli
moving (bool terminal, uint32_t when)
{
	return (struct cli) {
		.talk = PTHREAD_MUTEX_INITIALIZER, .talk_terminal = terminal, .progress_on = true, .globals.progress = when,
		.began = 100 * NS_PER_S, .items = 7, .moved = 3 << 20,
	};
}

START_TEST (plain_line_every_30_s)
{
	struct cli cli = moving (false, WHEN_AUTO);
	char text[512];
	int wait;
	int64_t next = 130 * NS_PER_S;
	for (int second = 100; second < 130; second++) {
		ck_assert_uint_eq (step (&cli, &next, second * NS_PER_S, &wait, text), 0);
		ck_assert_int_ge (wait, (130 - second) * 1000);
		ck_assert_int_le (wait, (130 - second) * 1000 + 1);
	}
	step (&cli, &next, 130 * NS_PER_S, &wait, text);
	ck_assert_str_eq (text, "larder: 7 done, 3.0 MiB, 102.4 KiB/s, 30.0 s\n");
	ck_assert_int_ge (wait, 30000);
	ck_assert_uint_eq (step (&cli, &next, 159 * NS_PER_S, &wait, text), 0);
	step (&cli, &next, 160 * NS_PER_S, &wait, text);
	ck_assert_str_eq (text, "larder: 7 done, 3.0 MiB, 51.2 KiB/s, 1m00s\n");
}
END_TEST

/* By the pace of the last ten to twenty seconds, whatever went before; nothing where it is not known how much is to come, or nothing moves. */
START_TEST (eta)
{
	struct cli cli = moving (true, WHEN_AUTO);
	char text[512];
	int wait;
	int64_t next = 0;
	static const struct { int second; uint64_t moved, total; bool growing; const char *told; } all[] = {
		{ 110, 0, 90, false, "\r7 done, 0 B of 90.0 MiB, 0 B/s, 10.0 s\033[K" },
		{ 120, 0, 90, false, "\r7 done, 0 B of 90.0 MiB, 0 B/s, 20.0 s\033[K" },
		{ 125, 20, 90, false, "\r7 done, 20.0 MiB of 90.0 MiB, 819.2 KiB/s, 25.0 s, ETA 52.5 s\033[K" },
		{ 130, 40, 90, true, "\r7 done, 40.0 MiB of 90.0 MiB or more, 1.3 MiB/s, 30.0 s, ETA 12.5 s or more\033[K" },
		{ 131, 40, 0, false, "\r7 done, 40.0 MiB, 1.3 MiB/s, 31.0 s\033[K" },
		{ 132, 90, 90, false, "\r7 done, 90.0 MiB, 2.8 MiB/s, 32.0 s\033[K" },
	};
	for (size_t i = 0; i < COUNT_OF (all); i++) {
		cli.moved = all[i].moved << 20;
		cli.total = all[i].total << 20;
		cli.growing = all[i].growing;
		step (&cli, &next, all[i].second * NS_PER_S, &wait, text);
		ck_assert_str_eq (text, all[i].told);
	}
}
END_TEST

START_TEST (bar_on_a_terminal)
{
	struct cli cli = moving (true, WHEN_AUTO);
	char text[512];
	int wait;
	int64_t next = 100 * NS_PER_S + NS_PER_S / 5;
	ck_assert_uint_eq (step (&cli, &next, 100 * NS_PER_S, &wait, text), 0);
	ck_assert_int_le (wait, 201);
	ck_assert_uint_gt (step (&cli, &next, 110 * NS_PER_S, &wait, text), 0);
	ck_assert_int_eq (text[0], '\r');
	ck_assert_ptr_null (strchr (text, '\n'));
	ck_assert (cli.bar_drawn);
	ck_assert_int_le (wait, 201);
}
END_TEST

START_TEST (only_when_wanted)
{
	static const struct { uint32_t when; bool quiet, on, drawn; } all[] = {
		{ WHEN_AUTO, false, true, true }, { WHEN_AUTO, true, true, false }, { WHEN_AUTO, false, false, false },
		{ WHEN_NEVER, false, true, false }, { WHEN_ALWAYS, true, true, true }, { WHEN_ALWAYS, false, false, false },
	};
	for (size_t i = 0; i < COUNT_OF (all); i++) {
		struct cli cli = moving (false, all[i].when);
		char text[512];
		int wait;
		int64_t next = 130 * NS_PER_S;
		cli.globals.quiet = all[i].quiet;
		cli.progress_on = all[i].on;
		ck_assert_msg ((step (&cli, &next, 130 * NS_PER_S, &wait, text) > 0) == all[i].drawn, "row %zu", i);
		ck_assert_int_gt (wait, 0);
	}
}
END_TEST

int
main (void)
{
	const struct unit_case cases[] = {
		{ "test-cli-watch-plain-line-every-30-s", plain_line_every_30_s, 0 }, { "test-cli-watch-bar-on-a-terminal", bar_on_a_terminal, 0 },
		{ "test-cli-watch-eta", eta, 0 }, { "test-cli-watch-only-when-wanted", only_when_wanted, 0 },
	};
	return unit_run ("cli-watch", cases, COUNT_OF (cases));
}
