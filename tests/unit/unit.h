/* unit.h: what every unit test's main does: one case a subject, named test-ROOM-SUBJECT-CASE. */
#ifndef LARDER_TESTS_UNIT_H
#define LARDER_TESTS_UNIT_H

#include <check.h>
#include <stdlib.h>

struct unit_case {
	const char *name;
	const TTest *test;
	int loops;         /* 0: once; else with _i from 0 */
};

static inline int
unit_run (const char *name, const struct unit_case *cases, size_t count)
{
	Suite *suite = suite_create (name);
	for (size_t i = 0; i < count; i++) {
		TCase *one = tcase_create (cases[i].name);
		tcase_add_loop_test (one, cases[i].test, 0, cases[i].loops ? cases[i].loops : 1);
		suite_add_tcase (suite, one);
	}
	SRunner *runner = srunner_create (suite);
	srunner_run_all (runner, CK_ENV);
	int failed = srunner_ntests_failed (runner);
	srunner_free (runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

#define COUNT_OF(array) (sizeof (array) / sizeof *(array))

#endif
