/* test-archive-pace.c: how long a restore waits until it looks again, by what is on its way. */
#include "restoring.h"

#include "clock.h"
#include "unit.h"

#define HOUR (3600 * NS_PER_S)

static const struct { const char *tier; uint64_t fresh, asked, wanted; int64_t waited, pause; } cases[] = {
	{ "Standard", 4, 4, 0, 0, 3 * HOUR },
	{ "Bulk", 4, 4, 0, 0, 5 * HOUR },
	{ "Expedited", 1, 1, 0, 0, HOUR / 60 },
	{ "of no service", 1, 1, 0, 0, 3 * HOUR },
	{ "Standard", 3, 4, 0, 0, HOUR / 4 },             /* one was asked for before: it may be there sooner */
	{ "Standard", 0, 4, 0, 4 * HOUR, HOUR / 2 },
	{ "Standard", 0, 4, 0, 100 * HOUR, HOUR },
	{ "Standard", 0, 0, 1, 0, HOUR / 4 },             /* it can be read, says the service, and was refused all the same */
	{ "Bulk", 4, 4, 1, 0, HOUR / 2 },
};

START_TEST (pauses)
{
	const struct restoring all = { .asked = { .tier = cases[_i].tier }, .fresh = cases[_i].fresh, .states = { [JOB_ASKED] = cases[_i].asked, [JOB_WANTED] = cases[_i].wanted } };
	ck_assert_int_eq (pace_pause (&all, cases[_i].waited), cases[_i].pause);
}
END_TEST

int
main (void)
{
	const struct unit_case all[] = { { "test-archive-pace-pauses", pauses, COUNT_OF (cases) } };
	return unit_run ("archive-pace", all, COUNT_OF (all));
}
