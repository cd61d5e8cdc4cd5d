/* cmd-module-check.c: larder module check: runs the conformance suite of the module's kind. */
#include "line.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cleanup.h"
#include "error.h"

/* KIND-NAME.so says its kind. */
static int
suite_for (struct cli *cli, const char *file, const char **ret, struct larder_error *error)
{
	static const struct { const char *prefix, *suite; } suites[] = {
		{ "driver-", "larder-driver-test" }, { "codec-", "larder-codec-test" }, { "lock-", "larder-lock-test" },
	};
	const char *slash = strrchr (file, '/'), *name = slash ? slash + 1 : file;
	for (size_t i = 0; i < sizeof suites / sizeof *suites; i++)
		if (strncmp (name, suites[i].prefix, strlen (suites[i].prefix)) == 0) {
			*ret = suites[i].suite;
			return 0;
		}
	return fail_usage (cli, error, "'%s' is not named driver-NAME.so, codec-NAME.so or lock-NAME.so", file);
}

/* Beside the tool: the installed folder of programs, or the build tree (where the tool itself lies in .libs). */
static int
find_suite (const char *suite, char *ret, size_t room, struct larder_error *error)
{
	char self[3000];
	ssize_t length = readlink ("/proc/self/exe", self, sizeof self - 1);
	if (length < 0)
		return larder_fail_errno (error, errno, "cannot find out where larder is");
	self[length] = '\0';
	char *slash = strrchr (self, '/');
	if (slash)
		*slash = '\0';
	for (size_t i = 0; i < 2; i++) {
		snprintf (ret, room, "%s%s/%s", self, i == 0 ? "" : "/..", suite);
		if (access (ret, X_OK) == 0)
			return 0;
	}
	int code = larder_fail (error, LARDER_E_NOTFOUND, "no '%s' beside larder in '%s'", suite, self);
	larder_explain (error, LARDER_DETAIL_NEXT, "install it; it comes with larder's programs");
	return code;
}

static int
start (const char *suite, char **operands, int count, int output, pid_t *ret, struct larder_error *error)
{
	char **argv = calloc ((size_t) count + 2, sizeof *argv);
	if (!argv)
		return larder_fail_memory (error);
	argv[0] = (char *) suite;
	memcpy (argv + 1, operands, (size_t) count * sizeof *operands);
	pid_t child = fork ();
	if (child == 0) {
		sigset_t none;
		sigemptyset (&none);
		sigprocmask (SIG_SETMASK, &none, NULL);
		signal (SIGPIPE, SIG_DFL);
		dup2 (output, STDOUT_FILENO);
		execv (suite, argv);
		_exit (127);
	}
	int errnum = errno;
	free (argv);
	*ret = child;
	return child < 0 ? larder_fail_errno (error, errnum, "cannot start '%s'", suite) : 0;
}

/* One line a promise: "ok …" or "not ok …"; anything else is talk. */
static void
on_line (struct cli *cli, char *text)
{
	bool kept = strncmp (text, "ok ", 3) == 0, broken = strncmp (text, "not ok ", 7) == 0;
	text[strcspn (text, "\n")] = '\0';
	if (kept)
		item_done (cli, 0);
	cli->summary.scanned += broken;
	cli->summary.failed += broken;
	if (cli->globals.json && (kept || broken)) {
		struct line line;
		json_line (cli, &line, "promise");
		json_member_bool (&line.json, "kept", kept);
		json_member (&line.json, "text", text + (kept ? 3 : 7));
		json_line_end (cli, &line);
	} else if (!cli->globals.json) {
		out_name (cli, text);
		out_text (cli, "\n");
	}
	out_flush (cli);
}

static int
finish (struct cli *cli, const char *suite, pid_t child, struct larder_error *error)
{
	int status;
	while (waitpid (child, &status, 0) < 0)
		if (errno != EINTR)
			return larder_fail_errno (error, errno, "lost '%s'", suite);
	bool well = WIFEXITED (status) && WEXITSTATUS (status) == 0;
	if (well || cli->summary.failed > 0)
		return 0;
	if (WIFSIGNALED (status))
		return larder_fail_next (error, LARDER_E_INTEGRITY, "run that program under a debugger with the module's path",
			"'%s' ended by signal %d: the module crashed it", suite, WTERMSIG (status));
	return larder_fail_next (error, LARDER_E_INVALID, "run that program by hand with the module's path",
		"'%s' ended with status %d", suite, WEXITSTATUS (status));
}

static int
run (struct cli *cli, const void *self, struct larder_error *error)
{
	(void) self;
	const char *name = NULL;
	char suite[4096];
	int code = suite_for (cli, cli->operand[0], &name, error);
	if (code == 0)
		code = find_suite (name, suite, sizeof suite, error);
	if (code < 0)
		return code;
	int ends[2];
	if (pipe (ends) < 0)
		return larder_fail_errno (error, errno, "cannot start '%s'", suite);
	pid_t child = -1;
	code = start (suite, cli->operand, cli->operands, ends[1], &child, error);
	close (ends[1]);
	FILE *lines = code == 0 ? fdopen (ends[0], "r") : NULL;
	if (!lines) {
		close (ends[0]);
		return code < 0 ? code : larder_fail_memory (error);
	}
	CLEANUP_FREE char *text = NULL;
	size_t room = 0;
	while (getline (&text, &room, lines) > 0)
		on_line (cli, text);
	fclose (lines);
	return finish (cli, name, child, error);
}

const struct larder_cmd cmd_module_check = {
	.name = "module check", .summary = "hold a module against the contract", .operands = "FILE [KEY=VALUE…]",
	.examples = "larder module check ./driver-mine.so root=/tmp/mine|one line a promise; status 1 when one is broken",
	.text = "Runs larder-driver-test, larder-codec-test or larder-lock-test, which lies beside larder. KEY=VALUE are the module's own options, as in its [backend] section.",
	.least = 1, .most = -1, .run = run,
};
