/* process.c: a program of the user's that prints credentials: started without a shell, its output taken whole, ended at a
 * cancel or after its time. */
#include "chain.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "arena.h"
#include "buffer.h"
#include "cleanup.h"
#include "error.h"
#include "text.h"

#define OUTPUT_MOST (64 << 10)
#define WORDS_MOST 4096                /* of its standard error that are kept */

extern char **environ;

struct process {
	const struct larder_host *host;
	struct larder_call *call;
	const char *name;
	pid_t pid;
	int out, err;                      /* our ends of its pipes; -1: ended */
	struct buffer text, words;
	int64_t until, limit;
};

/* As ours, but for what the command `larder` tells a library that it loads itself (core/cli/main.c). From malloc; the texts are ours. */
static char **
environment (void)
{
	static const char own[] = "GNUTLS_NO_IMPLICIT_INIT=";
	size_t count = 0, kept = 0;
	while (environ && environ[count])
		count++;
	char **ret = calloc (count + 1, sizeof *ret);
	for (size_t i = 0; ret && i < count; i++)
		if (strncmp (environ[i], own, sizeof own - 1) != 0)
			ret[kept++] = environ[i];
	return ret;
}

static int
start (struct process *process, char *const *words, const int out[2], const int err[2])
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none, all;
	sigemptyset (&none);
	sigfillset (&all);
	posix_spawn_file_actions_init (&actions);
	posix_spawnattr_init (&attributes);
	posix_spawn_file_actions_addopen (&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2 (&actions, out[1], STDOUT_FILENO);
	posix_spawn_file_actions_adddup2 (&actions, err[1], STDERR_FILENO);
	posix_spawnattr_setsigmask (&attributes, &none);          /* our threads block all signals */
	posix_spawnattr_setsigdefault (&attributes, &all);
	posix_spawnattr_setflags (&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	CLEANUP_FREE char **child = environment ();
	int failed = child ? posix_spawnp (&process->pid, words[0], &actions, &attributes, words, child) : ENOMEM;
	posix_spawn_file_actions_destroy (&actions);
	posix_spawnattr_destroy (&attributes);
	return failed;
}

/* What came; the end of a pipe closes it. What is too long is dropped, and the buffer knows. */
static void
take (int *fd, struct buffer *into)
{
	char bytes[4096];
	ssize_t got = read (*fd, bytes, sizeof bytes);
	if (got > 0)
		buffer_add (into, bytes, (size_t) got);
	if (got == 0 || (got < 0 && errno != EINTR)) {
		close (*fd);
		*fd = -1;
	}
	explicit_bzero (bytes, sizeof bytes);
}

static int
collect (struct process *process, struct larder_error *error)
{
	while (process->out >= 0 || process->err >= 0) {
		int64_t left = process->until - process->host->boot ();
		struct pollfd polled[] = {
			{ process->out, POLLIN, 0 }, { process->err, POLLIN, 0 },
			{ process->call ? process->host->cancel_fd (process->call) : -1, POLLIN, 0 },
		};
		char time[32];
		if (left <= 0)
			return larder_fail_next (error, LARDER_E_UNAVAILABLE, "run it by hand: does it wait for an answer?", "'%.100s' was not done within %s",
			                         process->name, text_from_duration (process->limit, time));
		if (poll (polled, 3, (int) ((left + 999999) / 1000000)) < 0 && errno != EINTR)
			return larder_fail_errno (error, errno, "cannot wait for '%.100s'", process->name);
		if (polled[2].revents)
			return larder_fail (error, LARDER_E_CANCELLED, "stopped while '%.100s' ran", process->name);
		if (polled[0].revents)
			take (&process->out, &process->text);
		if (polled[1].revents)
			take (&process->err, &process->words);
	}
	return 0;
}

/* The last line that it complained with, printable. */
static const char *
complaint (struct larder_arena *arena, struct buffer *words)
{
	while (words->length > 0 && strchr ("\r\n ", words->at[words->length - 1]))
		words->at[--words->length] = '\0';
	if (!words->length)
		return "";
	const char *last = strrchr (words->at, '\n');
	CLEANUP_BUFFER struct buffer shown;
	buffer_init (&shown, 4 * WORDS_MOST);
	text_escape (&shown, last ? last + 1 : words->at);
	return arena_printf (arena, ": %.200s", buffer_text (&shown));
}

static int
judge (struct process *process, int status, struct larder_arena *arena, struct larder_error *error)
{
	const char *words = complaint (arena, &process->words);
	if (WIFSIGNALED (status))
		return larder_fail_next (error, LARDER_E_DENIED, "run it by hand", "'%.100s' was ended by signal %d%s", process->name, WTERMSIG (status), words ? words : "");
	if (WEXITSTATUS (status) != 0)
		return larder_fail_next (error, LARDER_E_DENIED, "run it by hand", "'%.100s' exits with %d%s", process->name, WEXITSTATUS (status), words ? words : "");
	if (process->text.failed)
		return larder_fail_next (error, LARDER_E_LIMIT, "run it by hand", "'%.100s' prints more than %d KiB", process->name, OUTPUT_MOST >> 10);
	return 0;
}

static int
run (struct process *process, char *const *words, struct larder_arena *arena, struct larder_error *error)
{
	CLEANUP_CLOSE int out_theirs = -1;
	CLEANUP_CLOSE int err_theirs = -1;
	int out[2], err[2], status = 0;
	if (pipe2 (out, O_CLOEXEC) < 0)
		return larder_fail_errno (error, errno, "cannot start '%.100s'", process->name);
	process->out = out[0];
	out_theirs = out[1];
	if (pipe2 (err, O_CLOEXEC) < 0)
		return larder_fail_errno (error, errno, "cannot start '%.100s'", process->name);
	process->err = err[0];
	err_theirs = err[1];
	int failed = start (process, words, out, err);
	if (failed)
		return larder_fail_errno (error, failed, "cannot start '%.100s'", process->name);
	close (out_theirs);
	close (err_theirs);
	out_theirs = err_theirs = -1;
	int code = collect (process, error);
	if (code < 0)
		kill (process->pid, SIGKILL);
	while (waitpid (process->pid, &status, 0) < 0 && errno == EINTR)
		;
	return code < 0 ? code : judge (process, status, arena, error);
}

int
aws_process_run (const struct larder_host *host, struct larder_call *call, struct larder_arena *arena, char *const *words, int64_t limit,
                 const char **ret, size_t *ret_length, struct larder_error *error)
{
	struct process process = {
		.host = host, .call = call, .name = words[0], .out = -1, .err = -1, .until = host->boot () + limit, .limit = limit,
	};
	buffer_init (&process.text, OUTPUT_MOST);
	process.text.secret = true;
	buffer_init (&process.words, WORDS_MOST);
	int code = run (&process, words, arena, error);
	if (process.out >= 0)
		close (process.out);
	if (process.err >= 0)
		close (process.err);
	if (code == 0) {
		*ret = arena_copy_bytes (arena, buffer_text (&process.text), process.text.length);
		*ret_length = process.text.length;
		code = *ret ? 0 : larder_fail_memory (error);
	}
	buffer_free (&process.text);
	buffer_free (&process.words);
	return code;
}
