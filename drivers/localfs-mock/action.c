/* action.c: long actions, and what a viewer sees. Nothing holds copies of what is in the folder: an invalidation is done
 * once it is asked for, and a viewer sees the file. The action "clock" is in clock.c, what takes a while in kept.c. */
#include "mock.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "error.h"
#include "file.h"
#include "text.h"

static int
invalidate (struct mock *mock, struct larder_call *call, const struct larder_action *action, struct larder_error *error)
{
	bool there = false;
	int code = mock_has_resource (mock, call, "cdn", action->target, &there, error);
	if (code == 0 && !there)
		return larder_fail_next (error, LARDER_E_NOTFOUND, "larder infra apply makes it", "there is no cdn '%s'", action->target);
	if (code == 0 && action->ret_taken)
		*action->ret_taken = action->arguments.count;
	return code;
}

int
mock_action_start (void *self, struct larder_call *call, const struct larder_action *action, const char **ret_token, struct larder_error *error)
{
	struct larder_action asked = { .size = sizeof asked };
	int code;
	larder_give (&asked, action);
	if (strcmp (asked.kind, "invalidate") == 0)
		code = invalidate (self, call, &asked, error);
	else if (strcmp (asked.kind, "clock") == 0)
		code = clock_start (self, &asked, error);
	else if (strcmp (asked.kind, "backup") == 0 || strcmp (asked.kind, "restore") == 0 || strcmp (asked.kind, "copy") == 0)
		return kept_start (self, call, &asked, ret_token, error);
	else
		code = larder_fail (error, LARDER_E_UNSUPPORTED, "localfs-mock has no action '%s'", asked.kind);
	if (code == 0)
		*ret_token = "at-once";
	return code;
}

int
mock_action_poll (void *self, struct larder_call *call, const char *kind, const char *token, struct larder_progress *ret_progress, struct larder_error *error)
{
	struct larder_progress progress = { .size = sizeof progress, .state = LARDER_ACTION_DONE, .percent = 100 };
	int code = 0;
	if (strcmp (kind, "clock") == 0)
		code = clock_poll (self, call, &progress.results, error);
	else if (strcmp (kind, "invalidate") != 0)
		code = kept_poll (self, call, token, &progress, error);
	if (code == 0)
		larder_give (ret_progress, &progress);
	return code;
}

/* ---- what a viewer sees ---- */

/* "file:///ROOT/BUCKET/KEY" of this root: what is behind it; else NULL. In place. */
static const char *
path_of (const struct mock *mock, char *url)
{
	size_t length = strlen (mock->root_path);
	url[strcspn (url, "?")] = '\0';             /* what lets in */
	char *path = strncmp (url, "file://", 7) == 0 && text_from_percent (url + 7) ? url + 7 : NULL;
	return path && strncmp (path, mock->root_path, length) == 0 && path[length] == '/' ? path + length + 1 : NULL;
}

static int
show (int file, const struct larder_sink *sink, struct larder_error *error)
{
	char piece[16384];
	for (uint64_t at = 0;;) {
		int64_t got = file_pread_all (file, piece, sizeof piece, at);
		int code = got < 0 ? larder_fail_errno (error, (int) -got, "cannot read the file") : got > 0 && sink && sink->write ? sink->write (sink->context, piece, (size_t) got, error) : 0;
		if (code < 0 || got < (int64_t) sizeof piece)
			return code;
		at += (uint64_t) got;
	}
}

int
mock_view (void *self, struct larder_call *call, const struct larder_view *request, const struct larder_sink *sink, struct larder_viewed *ret_viewed, struct larder_error *error)
{
	const struct mock *mock = self;
	struct larder_viewed viewed = { .size = sizeof viewed };
	CLEANUP_FREE char *url = strdup (request->url);
	const char *path = url ? path_of (mock, url) : NULL;
	if (!path)
		return larder_fail (error, url ? LARDER_E_UNSUPPORTED : LARDER_E_LIMIT, "'%s' is no address of a file of backend '%s'", request->url, mock->name);
	CLEANUP_CLOSE int root = mock_root (mock);
	bool lets_in = true;
	int code = root < 0 ? 0 : mock_lets_in (mock, root, path, request->url, &lets_in, error);
	if (code == 0 && root >= 0 && lets_in)
		code = mock_cors (root, call, path, &request->headers, &viewed.headers, error);
	if (code < 0)
		return code;
	CLEANUP_CLOSE int file = root < 0 || !lets_in ? -1 : file_open_beneath (root, path, O_RDONLY, 0);
	viewed.status = !lets_in ? 403 : file < 0 ? 404 : 200;
	larder_give (ret_viewed, &viewed);
	return file < 0 ? 0 : show (file, sink, error);
}
