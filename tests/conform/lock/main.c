/* main.c: larder-lock-test: run a lock provider against its contract, one line a promise. */
#include "suite.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "random.h"

static const struct promise *const groups[] = { leases_promises, races_promises, answers_promises, NULL };

static int
usage (FILE *to, int status)
{
	fprintf (to, "usage: larder-lock-test [--config FILE --profile NAME --store NAME] FILE.so [key=value ...]\n\n"
	             "Loads a lock provider, opens two instances with the given options, and tries every promise of\n"
	             "larder/lock.h with locks of its own names, some from other processes. Prints TAP, one line a promise.\n"
	             "A provider that needs a store gets the one that --store names in that configuration, else one of the suite's own.\n"
	             "Exit: 0 all hold, 1 some do not, 2 the provider could not be loaded or opened.\n");
	return status;
}

static unsigned
keep_all (struct suite *suite)
{
	unsigned number = 0, failed = 0;
	for (size_t i = 0; groups[i]; i++)
		for (const struct promise *promise = groups[i]; promise->text; promise++) {
			suite->why[0] = '\0';
			promise->keep (suite);
			bool kept = !suite->why[0];
			failed += !kept;
			printf ("%s %u - %s\n", kept ? "ok" : "not ok", ++number, promise->text);
			if (!kept)
				printf ("# %s\n", suite->why);
			(void) fflush (stdout);
			tidy (suite);
		}
	printf ("1..%u\n", number);
	return failed;
}

static int
run_suite (struct suite *suite)
{
	uint64_t run;
	random_bytes (&run, sizeof run);
	snprintf (suite->place, sizeof suite->place, "conformance-%016" PRIx64 ":", run);
	suite->live_before = host_live ();
	if (instance_open (suite, &suite->self) < 0 || instance_open (suite, &suite->other) < 0) {
		instance_close (suite, suite->self);
		return 2;
	}
	printf ("# lock provider %s\n", suite->lock->name);
	return keep_all (suite) ? 1 : 0;
}

int
main (int argc, char **argv)
{
	struct suite suite = { .serial = PTHREAD_MUTEX_INITIALIZER };
	struct suite_store store;
	int file = flags_parse (argc, argv, &suite.flags);
	if (file < 0) {
		bool asked = argc == 2 && (strcmp (argv[1], "--help") == 0 || strcmp (argv[1], "-h") == 0);
		return usage (asked ? stdout : stderr, asked ? 0 : 2);
	}
	if (suite_load (&suite, argv[file], argv + file + 1, argc - file - 1) < 0)
		return 2;
	if (suite.lock->needs_store && store_begin (&suite, &store) < 0)
		return 2;
	int status = suite.flags.try ? other_process (&suite, suite.flags.try) : run_suite (&suite);
	if (suite.store)
		store_end (suite.store);
	return status;
}
