/* main.c: larder-driver-test: run a driver against its contract, one line a promise. */
#include "suite.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>

#include "clock.h"
#include "random.h"

static const struct promise *const groups[] = {
	objects_promises, writes_promises, lists_promises, more_promises, parts_promises, model_promises, NULL
};

static const struct { uint64_t cap; const char *name; } caps[] = {
	{ LARDER_CAP_CREATE_ONLY, "create-only writes" }, { LARDER_CAP_IF_MATCH, "writes under if-match" }, { LARDER_CAP_VERSIONS, "versions" },
	{ LARDER_CAP_METADATA, "metadata" }, { LARDER_CAP_CLASSES, "storage classes" }, { LARDER_CAP_CHECKSUM, "checksums" },
	{ LARDER_CAP_RANGE, "ranges" }, { LARDER_CAP_REMOVE_IF_MATCH, "removal under if-match" },
	{ LARDER_CAP_ANY_KEY, "every key" }, { LARDER_CAP_KEY_BESIDE_PREFIX, "keys beside prefixes" },
	{ LARDER_CAP_COPY_CREATE_ONLY, "create-only copies" },
};

struct count { unsigned number, held, failed, unsupported; };

void
not_here (struct suite *suite, const char *why)
{
	suite->kept_error = true;
	broken (suite, "%s", why);
}

/* What the driver says it does not do, or NULL. */
static const char *
lacks (const struct suite *suite, const struct promise *promise)
{
	void (*operation) (void) = NULL;
	if (promise->operation) {
		memcpy (&operation, (const char *) suite->driver + promise->operation, sizeof operation);
		if (!operation)
			return "the operation is NULL";
	}
	for (size_t i = 0; i < sizeof caps / sizeof *caps; i++)
		if (promise->cap & ~suite->caps & caps[i].cap)
			return caps[i].name;
	return NULL;
}

/* `of` begins the line: the type of a resource. */
static void
keep (struct suite *suite, const struct promise *promise, const char *of, struct count *count)
{
	const char *lacking = lacks (suite, promise);
	suite->why[0] = '\0';
	suite->kept_error = false;
	if (!lacking)
		promise->keep (suite);
	count->number++;
	if (lacking || suite->kept_error) {
		count->unsupported++;
		printf ("ok %u # unsupported: %s%s (%s)\n", count->number, of, promise->text, lacking ? lacking : suite->why);
	} else if (suite->why[0]) {
		count->failed++;
		printf ("not ok %u - %s%s\n# %s\n", count->number, of, promise->text, suite->why);
	} else {
		count->held++;
		printf ("ok %u - %s%s\n", count->number, of, promise->text);
	}
	fflush (stdout);
}

/* Objects that promises left behind. */
static void
tidy (struct suite *suite)
{
	struct seen seen;
	op_list (suite, "", NULL, NULL, 1000, (suite->caps & LARDER_CAP_VERSIONS) != 0, &seen);
	size_t skip = strlen (suite->place);
	for (size_t i = 0; i < seen.count; i++)
		(void) op_remove (suite, seen.at[i].key + skip, (suite->caps & LARDER_CAP_VERSIONS) && seen.at[i].version[0] ? seen.at[i].version : NULL, NULL);
	seen_free (&seen);
}

static void
keep_objects (struct suite *suite, struct count *count)
{
	for (size_t i = 0; groups[i]; i++)
		for (const struct promise *promise = groups[i]; promise->text; promise++)
			keep (suite, promise, "", count);
	tidy (suite);
}

static void
keep_resources (struct suite *suite, struct count *count)
{
	char of[100];
	for (size_t i = 0; i < resources_count (); i++) {
		const char *type = resources_choose (suite, i);
		snprintf (of, sizeof of, "%s: ", type ? type : "?");
		for (const struct promise *promise = resource_promises; type && promise->text; promise++)
			keep (suite, promise, of, count);
		if (!type)
			printf ("ok %u # unsupported: the driver has no type of section %zu\n", ++count->number, i + 1), count->unsupported++;
	}
}

static int
usage (FILE *to, int status)
{
	fprintf (to, "usage: larder-driver-test FILE.so [--bucket NAME] [--seed N] [--operations N] [--resources FILE] [key=value ...]\n\n"
	             "Loads a driver, opens one instance with the given options, and tries every promise of\n"
	             "larder-driver(3) in the bucket, below a prefix of its own. Prints TAP, one line a promise; what\n"
	             "the driver does not offer is a line 'unsupported' and not counted as held.\n"
	             "With --resources its resource types are tried instead, with the states of the file: sections\n"
	             "[TYPE IDENTITY] of lines PATH = VALUE, or PATH = VALUE -> OTHER. Identities are made and removed.\n"
	             "Exit: 0 all hold, 1 some do not, 2 the driver could not be loaded or opened.\n");
	return status;
}

static int
arguments (struct suite *suite, int argc, char **argv)
{
	static const struct option options[] = {
		{ "bucket", required_argument, NULL, 'b' }, { "seed", required_argument, NULL, 's' },
		{ "operations", required_argument, NULL, 'o' }, { "resources", required_argument, NULL, 'r' }, { "help", no_argument, NULL, 'h' }, { NULL, 0, NULL, 0 }
	};
	for (int found; (found = getopt_long (argc, argv, "", options, NULL)) != -1;) {
		if (found == 'b')
			suite->bucket = optarg;
		else if (found == 's')
			suite->seed = strtoull (optarg, NULL, 0);
		else if (found == 'r')
			suite->resources = optarg;
		else if (found == 'o')
			suite->operations = strtoull (optarg, NULL, 0);
		else
			return found == 'h' ? 0 : -1;
	}
	return optind < argc ? optind : -1;
}

int
main (int argc, char **argv)
{
	struct suite suite = { .bucket = "larder-conformance", .operations = 5000 };
	struct count count = { 0 };
	random_bytes (&suite.seed, sizeof suite.seed);
	int first = arguments (&suite, argc, argv);
	if (first <= 0)
		return usage (first == 0 ? stdout : stderr, first == 0 ? 0 : 2);
	if (suite.resources && resources_read (suite.resources) < 0) {
		fprintf (stderr, "larder-driver-test: '%s' has no sections [TYPE IDENTITY], or a line that is none\n", suite.resources);
		return 2;
	}
	pthread_mutexattr_t recursive;
	pthread_mutexattr_init (&recursive);
	pthread_mutexattr_settype (&recursive, PTHREAD_MUTEX_RECURSIVE);
	pthread_mutex_init (&suite.serial, &recursive);
	snprintf (suite.place, sizeof suite.place, "conformance-%016" PRIx64 "/", (uint64_t) clock_wall ());
	if (suite_load (&suite, argv[first], argv + first + 1, argc - first - 1) < 0)
		return 2;
	printf ("# driver %s, seed %" PRIu64 "\n", suite.driver->name, suite.seed);
	if (suite.resources)
		keep_resources (&suite, &count);
	else
		keep_objects (&suite, &count);
	suite_unload (&suite);
	printf ("1..%u\n# %u hold, %u do not, %u unsupported\n", count.number, count.held, count.failed, count.unsupported);
	return count.failed ? 1 : 0;
}
