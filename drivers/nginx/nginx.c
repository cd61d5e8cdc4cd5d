/* nginx.c: nginx on this machine in place of a CDN: options, life, the actions, what a viewer sees. */
#include "nginx.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arena.h"
#include "cleanup.h"
#include "clock.h"
#include "error.h"
#include "file.h"
#include "give.h"
#include "http.h"

static const struct larder_option options[] = {
	{ .key = "root", .type = LARDER_PATH, .flags = LARDER_REQUIRED, .at = offsetof (struct nginx, root), .help = "folder of its files: configuration, cache, certificates" },
	{ .key = "http", .type = LARDER_STRING, .at = offsetof (struct nginx, clear), .argument = "HOST:PORT", .help = "where it answers without TLS, too, as the behaviors say" },
	{ .key = "origin-ca-file", .type = LARDER_PATH, .at = offsetof (struct nginx, origin_ca), .def = "/etc/ssl/certs/ca-certificates.crt", .help = "who vouches for a store over TLS, PEM" },
	{ .key = "program", .type = LARDER_PATH, .at = offsetof (struct nginx, program), .help = "nginx itself, where it is not on PATH or in /usr/sbin" },
	{ .key = NULL }
};

/* ---- life ---- */

int
ng_root (const struct nginx *nginx, bool make, struct larder_error *error)
{
	return make ? file_open_made (nginx->path, 0700, error) : open (nginx->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

int
ng_check_writable (const struct nginx *nginx, struct larder_error *error)
{
	return nginx->read_only ? larder_fail_read_only (error, nginx->name) : 0;
}

int
ng_keep (struct nginx *nginx, const char *key, struct larder_error *error)
{
	pthread_mutex_lock (&nginx->mutex);
	struct ng_kept *kept = arena_alloc (nginx->arena, sizeof *kept);
	char *copy = kept ? arena_copy (nginx->arena, key) : NULL;
	if (copy) {
		*kept = (struct ng_kept) { copy, nginx->kept };
		nginx->kept = kept;
	}
	pthread_mutex_unlock (&nginx->mutex);
	if (copy)
		return 0;
	larder_host->unshare (key);
	return larder_fail_memory (error);
}

static void
ng_close (void *self)
{
	struct nginx *nginx = self;
	for (const struct ng_kept *kept = nginx->kept; kept; kept = kept->next)
		larder_host->unshare (kept->key);
	http_close (nginx->http);
	arena_free (nginx->arena);
	pthread_mutex_destroy (&nginx->mutex);
	free (nginx->path);
}

static int
ng_open (void *self, struct larder_call *call, const struct larder_open *request, struct larder_error *error)
{
	struct nginx *nginx = self;
	struct larder_open asked = { .size = sizeof asked };
	(void) call;
	larder_give (&asked, request);
	nginx->name = asked.name ? asked.name : "nginx";
	nginx->read_only = asked.read_only;
	if (!nginx->root || !*nginx->root)
		return larder_fail (error, LARDER_E_INVALID, "backend '%s' has no root", nginx->name);
	nginx->path = file_absolute (nginx->root);
	nginx->arena = arena_new ();
	pthread_mutex_init (&nginx->mutex, NULL);
	if (nginx->path && nginx->arena)
		return 0;
	ng_close (nginx);
	return larder_fail_memory (error);
}

/* ---- addresses ---- */

static int
ng_url (void *self, struct larder_call *call, const struct larder_url *request, const char **ret_url, struct larder_error *error)
{
	struct larder_url asked = { .size = sizeof asked };
	(void) self, (void) call, (void) ret_url;
	larder_give (&asked, request);
	if (asked.kind == LARDER_URL_PUBLIC)
		return larder_fail (error, LARDER_E_UNSUPPORTED, "the address is domain = HOST:PORT of its [cdn]");
	return larder_fail_next (error, LARDER_E_UNSUPPORTED, "no key-group in the [cdn] of this profile, or a profile whose [cdn] looks at signatures", "nginx looks at no signature: it refuses all of what asks for one");
}

/* The authority is made with the first site. */
static int
find_http (struct nginx *nginx, struct http **ret, struct larder_error *error)
{
	CLEANUP_FREE char *file = NULL;
	int code = 0;
	pthread_mutex_lock (&nginx->mutex);
	if (!nginx->http && asprintf (&file, "%s/" NG_AUTHORITY, nginx->path) < 0)
		code = larder_fail_memory (error);
	else if (!nginx->http && access (file, R_OK) < 0)
		code = larder_fail_next (error, LARDER_E_NOTFOUND, "larder dev up", "nothing was set up below '%s' yet", nginx->path);
	const struct http_options how = { .connect = 5 * NS_PER_S, .first_byte = 30 * NS_PER_S, .stall = 30 * NS_PER_S, .ca_file = file, .agent = "larder", .idle = 2, .direct = true };
	if (code == 0 && !nginx->http)
		code = http_open (larder_host, &how, &nginx->http, error);
	*ret = nginx->http;
	pthread_mutex_unlock (&nginx->mutex);
	return code;
}

static int
ng_view (void *self, struct larder_call *call, const struct larder_view *request, const struct larder_sink *sink, struct larder_viewed *ret_viewed, struct larder_error *error)
{
	struct http *http;
	int code = find_http (self, &http, error);
	if (code == 0)
		code = http_view (http, call, request, sink, ret_viewed, error);
	if (code == LARDER_E_UNAVAILABLE)
		larder_explain (error, LARDER_DETAIL_NEXT, "larder dev status tells whether nginx runs; larder dev up starts it");
	return code;
}

/* ---- actions ---- */

/* Where there is no root nothing runs, and none is made for that. */
static int
up_or_down (struct nginx *nginx, struct larder_call *call, bool up, const char **ret_done, struct larder_error *error)
{
	CLEANUP_CLOSE int root = ng_root (nginx, up, error);
	*ret_done = "down";
	if (root < 0)
		return up ? root : 0;
	CLEANUP_CLOSE int held = ng_lock (call, root, error);
	return held < 0 ? held : up ? ng_up (nginx, call, root, ret_done, error) : ng_down (nginx, call, root, ret_done, error);
}

static int
serve (struct nginx *nginx, struct larder_call *call, const struct larder_action *action, const char **ret_done, struct larder_error *error)
{
	const char *what = action->arguments.count ? larder_pair_at (&action->arguments, 0)->name : "";
	int code = *what ? ng_check_writable (nginx, error) : 0;
	*ret_done = "";
	if (code < 0 || !*what)
		return code;
	if (strcmp (what, "up") != 0 && strcmp (what, "down") != 0)
		return larder_fail (error, LARDER_E_INVALID, "'%s' is neither up nor down", what);
	pthread_mutex_lock (&nginx->mutex);
	code = up_or_down (nginx, call, *what == 'u', ret_done, error);
	pthread_mutex_unlock (&nginx->mutex);
	return code;
}

static int
ng_action_start (void *self, struct larder_call *call, const struct larder_action *action, const char **ret_token, struct larder_error *error)
{
	struct larder_action asked = { .size = sizeof asked };
	larder_give (&asked, action);
	if (strcmp (asked.kind, "serve") == 0)
		return serve (self, call, &asked, ret_token, error);
	if (strcmp (asked.kind, "invalidate") != 0)
		return larder_fail (error, LARDER_E_UNSUPPORTED, "nginx has no action '%s'", asked.kind);
	int code = ng_check_writable (self, error);
	if (code == 0)
		code = ng_forget (self, call, &asked, error);
	if (code == 0 && asked.ret_taken)
		*asked.ret_taken = asked.arguments.count;
	*ret_token = "at-once";
	return code;
}

/* 1: it is set up here. */
static int
serves (const struct nginx *nginx, const char *identity, struct larder_error *error)
{
	char id[NG_ID_ROOM];
	struct lines lines;
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	CLEANUP_CLOSE int root = ng_root (nginx, false, error);
	if (!arena)
		return larder_fail_memory (error);
	lines_begin (&lines, arena);
	ng_site_id (identity, id);
	return ng_site_lines (root, id, &lines, error);
}

/* Whether it runs, and by its files as they are; who vouches for it. */
static int
tell_state (struct nginx *nginx, struct larder_call *call, const char *identity, struct larder_pairs *ret, struct larder_error *error)
{
	enum { PAIRS = 3 };
	struct ng_state state = { .pid = 0 };
	char pid[16];
	CLEANUP_FREE char *file = NULL;
	struct larder_pair *pairs = larder_host->arena (call, PAIRS * sizeof *pairs);
	int code = serves (nginx, identity, error);
	if (code >= 0)
		code = code ? ng_state (nginx, call, &state, error) : 0;
	if (code < 0)
		return code;
	snprintf (pid, sizeof pid, "%d", state.pid);
	if (!pairs || asprintf (&file, "%s/" NG_AUTHORITY, nginx->path) < 0)
		return larder_fail_memory (error);
	pairs[0] = (struct larder_pair) { "state", !state.pid ? "down" : state.current ? "up" : "stale" };
	pairs[1] = (struct larder_pair) { "pid", give_text (call, pid) };
	pairs[2] = (struct larder_pair) { "ca-file", give_text (call, access (file, R_OK) == 0 ? file : "") };
	*ret = (struct larder_pairs) { pairs, PAIRS, sizeof *pairs };
	return pairs[1].value && pairs[2].value ? 0 : larder_fail_memory (error);
}

static int
ng_action_poll (void *self, struct larder_call *call, const char *kind, const char *token, struct larder_progress *ret_progress, struct larder_error *error)
{
	struct larder_progress progress = { .size = sizeof progress, .state = LARDER_ACTION_DONE, .percent = 100 };
	int code = strcmp (kind, "serve") == 0 ? tell_state (self, call, token, &progress.results, error) : 0;
	if (code == 0)
		larder_give (ret_progress, &progress);
	return code;
}

static const struct larder_driver driver = {
	.head = LARDER_DRIVER_HEAD, .name = "nginx", .version = "0.1.0", .summary = "nginx on this machine, in place of a CDN",
	.threads = LARDER_THREADS_PARALLEL, .options = options, .self_size = sizeof (struct nginx), .resources = ng_resources, .resource_stride = sizeof (struct larder_resource_type),
	.open = ng_open, .close = ng_close, .check = ng_check, .url = ng_url, .action_start = ng_action_start, .action_poll = ng_action_poll, .view = ng_view,
};
LARDER_DRIVER (driver)
