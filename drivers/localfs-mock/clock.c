/* clock.c: what time it is for what the service takes hours and days for: restores. ROOT/.larder-clock says how far it is ahead of the host's clock;
 * without that file they are one. Times of objects are the host's: sync and ingest hold those against files and against a clock of their own. */
#include "mock.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>

#include "cleanup.h"
#include "clock.h"
#include "error.h"
#include "file.h"

#define CLOCK ".larder-clock"
#define HEAD "larder-clock 1\nahead "
#define AHEAD_MOST (INT64_C (36500) * 24 * 3600 * NS_PER_S)

static int
damaged (const struct mock *mock, struct larder_error *error)
{
	return larder_fail_next (error, LARDER_E_INTEGRITY, "larder dev clock reset", "the clock of backend '%s', the file '%s/" CLOCK "', is damaged", mock->name, mock->root);
}

int
mock_ahead (const struct mock *mock, int root, int64_t *ret, struct larder_error *error)
{
	CLEANUP_FREE char *text = NULL;
	char *end = NULL;
	size_t length;
	*ret = 0;
	int code = root < 0 ? 0 : file_slurp_if_there (root, CLOCK, 64, &text, &length, error);
	if (code <= 0)
		return code;
	if (strncmp (text, HEAD, sizeof HEAD - 1) != 0)
		return damaged (mock, error);
	*ret = strtoll (text + sizeof HEAD - 1, &end, 10);
	return *ret >= 0 && *ret <= AHEAD_MOST && strcmp (end, "\n") == 0 ? 0 : damaged (mock, error);
}

int
mock_now (const struct mock *mock, int root, int64_t *ret, struct larder_error *error)
{
	int64_t ahead;
	int code = mock_ahead (mock, root, &ahead, error);
	*ret = larder_host->store_now () + ahead;
	return code;
}

/* ---- told and moved ---- */

static int
write_ahead (const struct mock *mock, int root, int64_t ahead, struct larder_error *error)
{
	char text[64];
	snprintf (text, sizeof text, HEAD "%" PRId64 "\n", ahead);
	return file_publish (root, CLOCK, text, strlen (text), 0644, FILE_REPLACE, mock->fsync, error);
}

/* Two who move it at once: it is where the one who goes further puts it. */
static int
move (const struct mock *mock, const char *text, struct larder_error *error)
{
	char *end = NULL;
	int64_t ahead = strtoll (text, &end, 10), before;
	if (!*text || *end || ahead < 0 || ahead > AHEAD_MOST)
		return larder_fail_next (error, LARDER_E_INVALID, "a hundred years at the most", "the clock of backend '%s' cannot be '%.24s' ns ahead", mock->name, text);
	CLEANUP_CLOSE int root = mock_root_made (mock, error);
	if (root < 0)
		return root;
	if (flock (root, LOCK_EX) < 0)
		return larder_fail_errno (error, errno, "cannot lock the root '%s' of backend '%s'", mock->root, mock->name);
	int code = mock_ahead (mock, root, &before, error);
	if (code == 0 && ahead < before)
		return larder_fail_next (error, LARDER_E_CONFLICT, "larder dev clock reset, then move it anew", "the clock of backend '%s' is further ahead already, and goes back by a reset alone", mock->name);
	return code < 0 || ahead == before ? code : write_ahead (mock, root, ahead, error);
}

static int
reset (const struct mock *mock, struct larder_error *error)
{
	CLEANUP_CLOSE int root = mock_root (mock);
	int status = root < 0 ? -ENOENT : file_unlink_beneath (root, CLOCK);
	return status == 0 || status == -ENOENT ? 0 : larder_fail_errno (error, -status, "cannot reset the clock of backend '%s'", mock->name);
}

int
clock_start (const struct mock *mock, const struct larder_action *action, struct larder_error *error)
{
	int code = action->arguments.count ? mock_refuse_read_only (mock, error) : 0;
	for (size_t n = 0; code == 0 && n < action->arguments.count; n++) {
		const struct larder_pair *argument = larder_pair_at (&action->arguments, n);
		if (strcmp (argument->name, "reset") == 0)
			code = reset (mock, error);
		else if (strcmp (argument->name, "ahead") == 0)
			code = move (mock, argument->value, error);
		else
			code = larder_fail (error, LARDER_E_INVALID, "action 'clock' has no argument '%s'", argument->name);
	}
	return code;
}

int
clock_poll (const struct mock *mock, struct larder_call *call, struct larder_pairs *ret, struct larder_error *error)
{
	static const char *const names[] = { "ahead", "now" };
	CLEANUP_CLOSE int root = mock_root (mock);
	int64_t values[2];
	int code = mock_ahead (mock, root, &values[0], error);
	struct larder_pair *pairs = larder_host->arena (call, 2 * sizeof *pairs);
	char *text = larder_host->arena (call, 2 * 24);
	if (code < 0 || !pairs || !text)
		return code < 0 ? code : larder_fail_memory (error);
	values[1] = larder_host->store_now () + values[0];
	for (int n = 0; n < 2; n++) {
		snprintf (text + n * 24, 24, "%" PRId64, values[n]);
		pairs[n] = (struct larder_pair) { names[n], text + n * 24 };
	}
	*ret = (struct larder_pairs) { pairs, 2, sizeof *pairs };
	return 0;
}
