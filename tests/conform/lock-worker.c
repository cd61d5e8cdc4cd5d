/* lock-worker.c: a worker with a lock provider, told by lines what to do:
 *
 *   try NAME MS NOTE, renew NAME MS NOTE, release NAME, holder NAME; patience MS: each that follows is cancelled after so long;
 *   fork: a child of the process goes on
 *
 * The first four answer a line: code, fence, ms left, ms that it took, and the note or the message.
 * Tests run several, stop them and kill them. */
#include "lock/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

enum { HELD_MOST = 32 };

struct worker { struct suite suite; int64_t patience; struct larder_error error; struct held held[HELD_MOST]; unsigned count; };

/* The lease of that name that was taken last. */
static struct held *
find (struct worker *worker, const char *name)
{
	for (unsigned i = worker->count; i-- > 0;)
		if (strcmp (worker->held[i].name, name) == 0)
			return &worker->held[i];
	return NULL;
}

static void
cancel_later (struct larder_call *call, int64_t ns)
{
	const struct itimerspec end = { .it_value = { ns / NS_PER_S, ns % NS_PER_S } };
	call->cancel_fd = timerfd_create (CLOCK_BOOTTIME, TFD_CLOEXEC);
	if (call->cancel_fd >= 0)
		(void) timerfd_settime (call->cancel_fd, 0, &end, NULL);
}

static int
operate (struct worker *worker, const char *word, const char *name, int64_t length, const char *note, struct held *ret)
{
	const struct larder_lock *lock = worker->suite.lock;
	void *self = worker->suite.self;
	struct larder_call call;
	struct larder_lease lease = { .size = sizeof lease };
	struct held *held = find (worker, name);
	const struct larder_lease ours = { sizeof ours, name, held ? held->token : "none", held ? held->fence : 0, length, note };
	call_begin (&call, false);
	if (worker->patience)
		cancel_later (&call, worker->patience);
	int code = strcmp (word, "try") == 0 ? lock->try_acquire (self, &call, name, length, note, &lease, &worker->error)
		: strcmp (word, "renew") == 0 ? lock->renew (self, &call, &ours, &worker->error)
		: strcmp (word, "release") == 0 ? lock->release (self, &call, &ours, &worker->error) : lock->holder (self, &call, name, &lease, &worker->error);
	if (code == 0) {
		copy_lease (ret, &lease);
		copy_text (ret->name, name);
	}
	call_end (&call);
	if (code == 0 && strcmp (word, "try") == 0 && worker->count < HELD_MOST)
		worker->held[worker->count++] = *ret;
	return code;
}

static void
obey (struct worker *worker, const char *line)
{
	char word[20] = "", name[200] = "";
	long long ms = 1;
	int at = (int) strlen (line);
	struct held got = { .fence = 0 };
	if (strcmp (line, "fork") == 0) {
		pid_t child = fork ();
		if (child != 0)
			exit (child > 0 && waitpid (child, NULL, 0) == child ? 0 : 2);
		return;
	}
	if (sscanf (line, "patience %lld", &ms) == 1) {
		worker->patience = ms * 1000000;
		return;
	}
	if (sscanf (line, "%19s %199s %lld %n", word, name, &ms, &at) < 2)
		return;
	worker->error = (struct larder_error) LARDER_ERROR_INIT;
	int64_t start = clock_boot ();
	int code = operate (worker, word, name, ms * 1000000, line + at, &got);
	printf ("%d %llu %lld %lld %s\n", code, (unsigned long long) got.fence, (long long) (got.length / 1000000),
	        (long long) ((clock_boot () - start) / 1000000), code < 0 ? worker->error.message : got.note);
	(void) fflush (stdout);
}

int
main (int argc, char **argv)
{
	static struct worker worker;
	struct suite_store store;
	char line[4000];
	int file = flags_parse (argc, argv, &worker.suite.flags);
	if (file < 0 || suite_load (&worker.suite, argv[file], argv + file + 1, argc - file - 1) < 0)
		return 2;
	if (worker.suite.lock->needs_store && store_begin (&worker.suite, &store) < 0)
		return 2;
	if (instance_open (&worker.suite, &worker.suite.self) < 0)
		return 2;
	(void) setvbuf (stdin, NULL, _IONBF, 0);   /* a child reads on where we are */
	while (fgets (line, sizeof line, stdin)) {
		line[strcspn (line, "\n")] = '\0';
		obey (&worker, line);
	}
	instance_close (&worker.suite, worker.suite.self);
	if (worker.suite.store)
		store_end (worker.suite.store);
	return 0;
}
