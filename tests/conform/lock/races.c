/* races.c: promises about many: threads, processes, names. */
#include "suite.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { THREADS = 16, ROUNDS = 10, PROCESSES = 4 };

struct racer { struct suite suite; void *self; pthread_barrier_t *barrier; char word[40]; struct held held; int code; };

static void *
run_racer (void *at)
{
	struct racer *racer = at;
	pthread_barrier_wait (racer->barrier);
	racer->code = op_acquire (&racer->suite, racer->self, racer->word, LONG, "", &racer->held);
	return NULL;
}

/* Every thread tries the lock of its word; how many got it. Providers that are not parallel get one call at a time. */
static unsigned
run_race (struct suite *suite, struct racer racers[THREADS])
{
	pthread_t threads[THREADS];
	pthread_barrier_t barrier;
	unsigned got = 0;
	bool turns = suite->lock->threads != LARDER_THREADS_PARALLEL;
	pthread_barrier_init (&barrier, NULL, turns ? 1 : THREADS);
	for (unsigned i = 0; i < THREADS; i++) {
		racers[i].suite = *suite;
		racers[i].suite.taken = NULL;
		racers[i].suite.keeps_none = true;
		racers[i].barrier = &barrier;
		racers[i].self = i % 2 ? suite->other : suite->self;
		if (turns)
			(void) run_racer (&racers[i]);
		else
			(void) pthread_create (&threads[i], NULL, run_racer, &racers[i]);
	}
	for (unsigned i = 0; i < THREADS; i++) {
		if (!turns)
			(void) pthread_join (threads[i], NULL);
		got += racers[i].code == 0;
		if (racers[i].code == 0)
			remember (suite, racers[i].self, &racers[i].held);
		if (racers[i].code != 0 && racers[i].code != LARDER_E_CONFLICT)
			broken (suite, "a thread's try gives %d", racers[i].code);
	}
	pthread_barrier_destroy (&barrier);
	return got;
}

static void
race (struct suite *suite)
{
	for (unsigned round = 0; round < ROUNDS; round++) {
		struct racer racers[THREADS];
		for (unsigned i = 0; i < THREADS; i++)
			snprintf (racers[i].word, sizeof racers[i].word, "race-%u", round);
		unsigned got = run_race (suite, racers);
		WANT (got == 1, "%u of %d threads got it", got, THREADS);
	}
}

static void
beside (struct suite *suite)
{
	for (unsigned round = 0; round < ROUNDS; round++) {
		struct racer racers[THREADS];
		for (unsigned i = 0; i < THREADS; i++)
			snprintf (racers[i].word, sizeof racers[i].word, "beside-%u-%u", round, i);
		unsigned got = run_race (suite, racers);
		WANT (got == THREADS, "%u of %d threads got a lock of their own", got, THREADS);
	}
}

/* ---- processes ---- */

int
other_process (struct suite *suite, const char *name)
{
	char byte;
	while (read (STDIN_FILENO, &byte, 1) < 0 && errno == EINTR)
		;
	suite->place[0] = '\0';
	suite->keeps_none = true;
	if (instance_open (suite, &suite->self) < 0)
		return 2;
	int code = op_acquire (suite, suite->self, name, LONG, "another process", NULL);
	instance_close (suite, suite->self);
	return code == 0 ? 0 : code == LARDER_E_CONFLICT ? 1 : 2;
}

static void
add_flag (char **argv, int *count, const char *flag, const char *value)
{
	if (!value || !*value)
		return;
	argv[(*count)++] = (char *) (uintptr_t) flag;
	argv[(*count)++] = (char *) (uintptr_t) value;
}

static pid_t
start_process (const struct suite *suite, const char *name, int input)
{
	pid_t child = -1;
	int count = 1;
	char **argv = calloc ((size_t) suite->count + 13, sizeof *argv);
	if (!argv)
		return -1;
	argv[0] = (char *) (uintptr_t) "larder-lock-test";
	add_flag (argv, &count, "--try", name);
	add_flag (argv, &count, "--config", suite->flags.config);
	add_flag (argv, &count, "--profile", suite->flags.profile);
	add_flag (argv, &count, "--store", suite->flags.store);
	add_flag (argv, &count, "--folder", suite->flags.folder);
	argv[count++] = (char *) (uintptr_t) suite->path;
	memcpy (argv + count, suite->options, (size_t) suite->count * sizeof *argv);
	posix_spawn_file_actions_t actions;
	posix_spawn_file_actions_init (&actions);
	posix_spawn_file_actions_adddup2 (&actions, input, STDIN_FILENO);
	if (posix_spawn (&child, "/proc/self/exe", &actions, NULL, argv, environ) != 0)
		child = -1;
	posix_spawn_file_actions_destroy (&actions);
	free (argv);
	return child;
}

static int
end_process (pid_t child)
{
	int status;
	while (child > 0 && waitpid (child, &status, 0) < 0 && errno == EINTR)
		;
	return child > 0 && WIFEXITED (status) ? WEXITSTATUS (status) : 2;
}

/* `count` processes try at once; how many got it, or -1. */
static int
run_processes (struct suite *suite, const char *word, unsigned count)
{
	int ends[2], got = 0;
	pid_t children[PROCESSES];
	char name[TEXT_MOST];
	name_of (suite, word, name);
	if (pipe2 (ends, O_CLOEXEC) < 0)
		return -1;
	for (unsigned i = 0; i < count; i++)
		children[i] = start_process (suite, name, ends[0]);
	close (ends[0]);
	close (ends[1]);
	for (unsigned i = 0; i < count; i++) {
		int status = end_process (children[i]);
		got = got < 0 || status > 1 ? -1 : got + (status == 0);
	}
	return got;
}

static void
process (struct suite *suite)
{
	struct held seen;
	WANT_CODE (op_acquire (suite, suite->self, "process", LONG, "", NULL), 0, "the try");
	int got = run_processes (suite, "process", 1);
	WANT (got == 0, got < 0 ? "another process cannot try" : "another process got it too");
	got = run_processes (suite, "process-race", PROCESSES);
	WANT (got == 1, "%d of %d processes got it", got, PROCESSES);
	WANT_CODE (op_holder (suite, suite->self, "process-race", &seen), 0, "the holder, after its process ended");
	WANT (strcmp (seen.note, "another process") == 0, "the note is '%.100s'", seen.note);
}

/* ---- names ---- */

static void
names (struct suite *suite)
{
	static const char *const words[] = {
		"names:a", "names:A", "names/a", "names a", "names%2Fa", "names//a", "names/./a", "names/../a", "names:a ", "names.a", "names\\a",
		"names:*", "names:?", "names:[a]", "names:{a}", "names:\xc3\xa4", "names:a\xcc\x88", "names\ta", "names'a", "names\"a", "names;a", "names$a",
	};
	char longer[400];
	snprintf (longer, sizeof longer, "names:%0300d", 1);
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		int code = op_acquire (suite, suite->self, words[i], LONG, words[i], NULL);
		WANT (code == 0, "'%s' gives %d", words[i], code);
	}
	WANT_CODE (op_acquire (suite, suite->self, longer, LONG, "", NULL), 0, "a name of 300 characters");
	longer[strlen (longer) - 1] = '2';
	WANT_CODE (op_acquire (suite, suite->self, longer, LONG, "", NULL), 0, "another name of 300 characters");
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		struct held seen;
		int code = op_holder (suite, suite->other, words[i], &seen);
		WANT (code == 0 && strcmp (seen.note, words[i]) == 0, "the holder of '%s' (%d) has the note '%.100s'", words[i], code, seen.note);
	}
}

const struct promise races_promises[] = {
	{ "of sixteen tries at once exactly one gets the lock", race },
	{ "locks taken at once do not disturb each other", beside },
	{ "another process is kept out, and of four at once exactly one gets in", process },
	{ "names of any characters are locks apart", names },
	{ NULL, NULL }
};
