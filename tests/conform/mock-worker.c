/* mock-worker.c: processes for the crash tests of localfs-mock.
 *
 *     mock-worker MODULE ROOT write SEED     writes, copies and removes objects until killed
 *     mock-worker MODULE ROOT read           reads until its standard input ends: each object must be whole
 *     mock-worker MODULE ROOT crash          dies at every system call of a write, an overwrite, a removal, a copy,
 *                                            and looks what a reader sees
 *     mock-worker MODULE ROOT settle         writes and removes every key: afterwards nothing may be left
 *     mock-worker MODULE ROOT fill COUNT     objects flat/000000 … for the listing test
 *     mock-worker MODULE ROOT list           all pages; prints items, pages, order, and the peak of memory
 *
 * The bytes and the metadata of an object both come from one seed, so each proves the other. */
#include "driver/suite.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "random.h"

#define KEYS 12
#define MOST 60000

void
not_here (struct suite *suite, const char *why)
{
	(void) suite;
	(void) why;
}

static void
name_of (unsigned i, char ret[64])
{
	static const char *const folders[] = { "k/", "k/a", "k/a/", "k/b.c/d/" };
	snprintf (ret, 64, "%s%u.png", folders[i % 4], i);
}

static size_t
content (uint64_t seed, char bytes[MOST])
{
	size_t length = seed % 7 == 0 ? 0 : seed % 3 ? seed % 500 : seed % MOST;
	fill_random (bytes, length, seed);
	return length;
}

static int
write_seed (struct suite *suite, const char *name, uint64_t seed)
{
	char bytes[MOST], text[32];
	struct larder_pair pair = { "seed", text };
	snprintf (text, sizeof text, "%llu", (unsigned long long) seed);
	const struct larder_attributes attributes = { .size = sizeof attributes, .metadata = { &pair, 1, sizeof pair } };
	size_t length = content (seed, bytes);
	return op_write (suite, name, bytes, length, &attributes, NULL, NULL);
}

/* The seed of what is there, 0 for nothing; exits when it is not whole. */
static uint64_t
read_seed (struct suite *suite, const char *name)
{
	char bytes[MOST];
	unsigned long long seed = 0;
	struct fact fact;
	CLEANUP_BUFFER struct buffer got;
	buffer_init (&got, 1 << 20);
	int code = op_read (suite, name, NULL, 0, LARDER_TO_END, NULL, &got, &fact);
	if (code == LARDER_E_NOTFOUND)
		return 0;
	size_t length = code == 0 && sscanf (fact.metadata, "seed=%llu", &seed) == 1 ? content (seed, bytes) : 0;
	if (code < 0 || seed == 0 || got.length != length || fact.length != length || (length && memcmp (got.at, bytes, length) != 0)) {
		printf ("torn: '%s': code %d, seed %llu, %zu bytes of %zu\n", name, code, seed, got.length, length);
		exit (1);
	}
	return seed;
}

static int
run_write (struct suite *suite, uint64_t random)
{
	for (;;) {
		char name[64], to[64];
		name_of ((unsigned) (next_random (&random) % KEYS), name);
		name_of ((unsigned) (next_random (&random) % KEYS), to);
		unsigned dice = (unsigned) (next_random (&random) % 10);
		int code = dice < 6 ? write_seed (suite, name, 1 + next_random (&random) % 1000000)
		           : dice < 8 ? op_remove (suite, name, NULL, NULL) : op_copy (suite, name, to, NULL, NULL, NULL);
		if (code != 0 && code != LARDER_E_NOTFOUND) {
			printf ("writer: code %d\n", code);
			return 1;
		}
	}
}

static int
run_read (struct suite *suite)
{
	unsigned long reads = 0, found = 0;
	for (struct pollfd in = { .fd = 0, .events = POLLIN }; poll (&in, 1, 0) == 0; reads++) {
		char name[64];
		name_of ((unsigned) (reads % KEYS), name);
		found += read_seed (suite, name) != 0;
		if (reads % 100 == 0) {
			struct seen seen;
			op_list (suite, "k/", NULL, NULL, 5, false, &seen);
			if (seen.code != 0 || seen.lied)
				return printf ("torn: a listing failed with %d\n", seen.code), 1;
			seen_free (&seen);
		}
	}
	printf ("%lu reads, %lu found\n", reads, found);
	return 0;
}

static int
run_settle (struct suite *suite)
{
	for (unsigned i = 0; i < KEYS; i++) {
		char name[64];
		name_of (i, name);
		(void) read_seed (suite, name);
		if (write_seed (suite, name, 5) != 0 || read_seed (suite, name) != 5 || op_remove (suite, name, NULL, NULL) != 0)
			return printf ("'%s' cannot be written and removed\n", name), 1;
	}
	return 0;
}

/* ---- crash points ---- */

static int step_write (struct suite *suite) { return write_seed (suite, "crash/it.png", 101); }
static int step_remove (struct suite *suite) { return op_remove (suite, "crash/it.png", NULL, NULL); }
static int step_copy (struct suite *suite) { return op_copy (suite, "other/source.png", "crash/it.png", NULL, NULL, NULL); }

struct step { const char *what; uint64_t before, after; int (*run) (struct suite *suite); };

/* Let the child run to its nth stop at a system call, and kill it there. True when it came to its end before. */
static bool
run_to (struct suite *suite, const struct step *step, unsigned stop)
{
	pid_t child = fork ();
	if (child == 0) {
		ptrace (PTRACE_TRACEME, 0, NULL, NULL);
		raise (SIGSTOP);
		_exit (step->run (suite) == 0 ? 0 : 9);
	}
	int status;
	for (unsigned i = 0; waitpid (child, &status, 0) == child && WIFSTOPPED (status); i++) {
		if (i == stop) {
			kill (child, SIGKILL);
			waitpid (child, &status, 0);
			return false;
		}
		ptrace (PTRACE_SYSCALL, child, NULL, NULL);
	}
	if (!WIFEXITED (status) || WEXITSTATUS (status) != 0) {
		printf ("%s: the child ended with %x\n", step->what, (unsigned) status);
		exit (1);
	}
	return true;
}

static void
crash_check (struct suite *suite, const struct step *step, unsigned stop, bool ended)
{
	uint64_t seed = read_seed (suite, "crash/it.png");
	struct seen seen;
	op_list (suite, "crash/", "/", NULL, 2, false, &seen);
	size_t count = seen.count;
	seen_free (&seen);
	if ((seed != step->before && seed != step->after) || (ended && seed != step->after) || count != (seed != 0)) {
		printf ("%s: killed at stop %u a reader sees %llu, listed %zu times\n", step->what, stop, (unsigned long long) seed, count);
		exit (1);
	}
}

static int
run_crash (struct suite *suite)
{
	static const struct step steps[] = {
		{ "write", 0, 101, step_write }, { "overwrite", 55, 101, step_write }, { "remove", 55, 0, step_remove }, { "copy", 55, 77, step_copy },
	};
	if (write_seed (suite, "other/source.png", 77) != 0)
		return 1;
	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
		unsigned stop = 0;
		for (bool ended = false; !ended; stop++) {
			int code = steps[i].before ? write_seed (suite, "crash/it.png", steps[i].before) : op_remove (suite, "crash/it.png", NULL, NULL);
			if (code != 0)
				return printf ("after a crash at stop %u a write gives %d\n", stop, code), 1;
			ended = run_to (suite, &steps[i], stop);
			crash_check (suite, &steps[i], stop, ended);
		}
		printf ("%s: %u crash points\n", steps[i].what, stop);
	}
	return op_remove (suite, "crash/it.png", NULL, NULL) || op_remove (suite, "other/source.png", NULL, NULL);
}

/* ---- listing ---- */

static int
run_fill (struct suite *suite, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		char name[64];
		snprintf (name, sizeof name, "flat/%06u.png", (i * 7919u) % count);
		if (op_write (suite, name, "x", 1, NULL, NULL, NULL) != 0)
			return 1;
	}
	return 0;
}

struct tally { unsigned items; bool ordered; char last[1100]; };

static int
tally_item (void *context, const struct larder_info *info, struct larder_error *error)
{
	struct tally *tally = context;
	(void) error;
	tally->ordered = tally->ordered && strcmp (info->key, tally->last) > 0;
	snprintf (tally->last, sizeof tally->last, "%s", info->key);
	tally->items++;
	return 0;
}

static int
run_list (struct suite *suite)
{
	struct tally tally = { .ordered = true };
	char token[2048] = "", prefix[1100];
	unsigned pages = 0;
	key_of (suite, "flat/", prefix);
	for (bool complete = false; !complete; pages++) {
		struct larder_call call;
		struct larder_page page = { .size = sizeof page };
		const struct larder_list request = { .size = sizeof request, .bucket = suite->bucket, .prefix = prefix, .delimiter = "",
		                                     .token = *token ? token : NULL };
		call_begin (&call);
		if (suite->driver->list (suite->self, &call, &request, tally_item, &tally, &page, NULL) != 0)
			return 1;
		complete = page.complete;
		snprintf (token, sizeof token, "%s", page.token ? page.token : "");
		call_end (&call);
	}
	struct rusage usage;
	getrusage (RUSAGE_SELF, &usage);
	printf ("items=%u pages=%u ordered=%s peak_kib=%ld\n", tally.items, pages, tally.ordered ? "yes" : "no", usage.ru_maxrss);
	return 0;
}

int
main (int argc, char **argv)
{
	struct suite suite = { .bucket = "crashes", .place = "" };
	if (argc < 4)
		return 2;
	char root[4096], *options[] = { root, (char[]) { "create=yes" }, (char[]) { "fsync=no" } };
	snprintf (root, sizeof root, "root=%s", argv[2]);
	pthread_mutex_init (&suite.serial, NULL);
	if (suite_load (&suite, argv[1], options, 3) < 0)
		return 2;
	const char *what = argv[3];
	unsigned long number = argc > 4 ? strtoul (argv[4], NULL, 10) : 0;
	int status = strcmp (what, "write") == 0 ? run_write (&suite, number) : strcmp (what, "read") == 0 ? run_read (&suite)
	             : strcmp (what, "crash") == 0 ? run_crash (&suite) : strcmp (what, "settle") == 0 ? run_settle (&suite)
	             : strcmp (what, "fill") == 0 ? run_fill (&suite, (unsigned) number) : strcmp (what, "list") == 0 ? run_list (&suite) : 2;
	suite_unload (&suite);
	return status;
}
