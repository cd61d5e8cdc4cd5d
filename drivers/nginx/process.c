/* process.c: nginx itself: started, told of what is new, ended; and no other process than the one that was started here. */
#include "nginx.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "arena.h"
#include "buffer.h"
#include "checksum.h"
#include "cleanup.h"
#include "clock.h"
#include "error.h"
#include "file.h"
#include "site-text.h"
#include "text.h"

#define CONF "nginx.conf"
#define PID "nginx.pid"
#define STATE "state.sock"
#define PATIENCE (15 * NS_PER_S)
#define ANSWER (2 * NS_PER_S)
enum { DIGEST_ROOM = 65, PAUSE_MS = 20, WORDS_MOST = 8 << 10 };

/* ---- what there is of it on this machine ---- */

static const char *
find_in (const char *folders, const char *name, char *ret, size_t room)
{
	for (const char *at = folders; *at;) {
		size_t length = strcspn (at, ":");
		snprintf (ret, room, "%.*s/%s", (int) length, at, name);
		if (*at == '/' && access (ret, R_OK) == 0)
			return ret;
		at += length + (at[length] == ':');
	}
	return NULL;
}

static int
find_program (const struct nginx *nginx, char *ret, size_t room, struct larder_error *error)
{
	const char *path = secure_getenv ("PATH");
	CLEANUP_FREE char *folders = NULL;
	if (nginx->program) {
		snprintf (ret, room, "%s", nginx->program);
		return access (ret, X_OK) == 0 ? 0 : larder_fail_errno (error, errno, "cannot run '%s'", ret);
	}
	if (asprintf (&folders, "%s:/usr/sbin:/usr/local/sbin", path ? path : "") < 0)
		return larder_fail_memory (error);
	return find_in (folders, "nginx", ret, room) ? 0
		: larder_fail_next (error, LARDER_E_NOTFOUND, "apt-get install nginx-light libnginx-mod-http-js; or program = FILE in the [backend]", "nginx is neither on PATH nor in /usr/sbin");
}

static int
find_modules (char *ret, size_t room, struct larder_error *error)
{
	static const char module[] = "/ngx_http_js_module.so";
	if (!find_in ("/usr/lib/nginx/modules:/usr/lib64/nginx/modules:/usr/local/lib/nginx/modules", module + 1, ret, room))
		return larder_fail_next (error, LARDER_E_NOTFOUND, "apt-get install libnginx-mod-http-js", "nginx lacks its module for JavaScript, ngx_http_js_module.so");
	ret[strlen (ret) - strlen (module)] = '\0';
	return 0;
}

/* ---- its files ---- */

static int
add_file (struct sha256 *sha, int root, const char *path, struct larder_error *error)
{
	CLEANUP_FREE char *text = NULL;
	size_t length = 0;
	int code = file_slurp_if_there (root, path, NG_TEXT_MOST, &text, &length, error);
	sha256_add (sha, path, strlen (path) + 1);
	if (code > 0)
		sha256_add (sha, text, length);
	if (code > 0)
		explicit_bzero (text, length);
	return code < 0 ? code : 0;
}

/* Of all that nginx reads when it starts. */
static int
digest_of (int root, const char *modules, const struct ng_ids *ids, char ret[DIGEST_ROOM], struct larder_error *error)
{
	static const char *const names[] = { "site.conf", "secret.conf", "certificate.pem" };
	struct sha256 sha;
	int code = 0;
	sha256_begin (&sha);
	sha256_add_text (&sha, modules);
	for (size_t n = 0; n < ids->count; n++)
		for (size_t k = 0; code == 0 && k < sizeof names / sizeof *names; k++) {
			char path[128];
			snprintf (path, sizeof path, "sites/%s/%s", ids->at[n], names[k]);
			code = add_file (&sha, root, path, error);
		}
	for (const char *const *line = ng_script; *line; line++)
		sha256_add_text (&sha, *line);
	sha256_end_hex (&sha, ret);
	return code;
}

struct ready { int root; char program[4096], modules[4096], digest[DIGEST_ROOM]; size_t sites; };

static int
look_around (const struct nginx *nginx, struct ready *ready, struct larder_error *error)
{
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	struct ng_ids ids = { NULL, 0, 0, NULL };
	int code = arena ? find_modules (ready->modules, sizeof ready->modules, error) : larder_fail_memory (error);
	if (code == 0)
		code = find_program (nginx, ready->program, sizeof ready->program, error);
	if (code == 0)
		code = ng_sites (ready->root, arena, &ids, error);
	ready->sites = ids.count;
	return code < 0 ? code : digest_of (ready->root, ready->modules, &ids, ready->digest, error);
}

static int
write_main (const struct ready *ready, struct larder_error *error)
{
	CLEANUP_BUFFER struct buffer text, script;
	const struct ng_main whole = { ready->modules, ready->digest, geteuid () == 0 };
	buffer_init (&text, NG_TEXT_MOST);
	buffer_init (&script, NG_TEXT_MOST);
	ng_main_text (&whole, &text);
	for (const char *const *line = ng_script; *line; line++)
		buffer_add_text (&script, *line);
	int code = text.failed || script.failed ? larder_fail_memory (error) : file_make_parents (ready->root, "tmp/", 0700, false, error);
	if (code == 0)
		code = file_publish (ready->root, "edge.js", script.at, script.length, 0600, FILE_REPLACE, true, error);
	return code < 0 ? code : file_publish (ready->root, CONF, text.at, text.length, 0600, FILE_REPLACE, true, error);
}

/* ---- is it ours? ---- */

static bool
reads (int proc, const char *name, char *ret, size_t room)
{
	CLEANUP_CLOSE int fd = openat (proc, name, O_RDONLY | O_CLOEXEC);
	int64_t got = fd < 0 ? -1 : file_read_all (fd, ret, room - 1);
	ret[got < 0 ? 0 : got] = '\0';
	return got > 0;
}

/* Its own name says who it is and by which file: one that has got the number of a dead one does not. */
static bool
is_ours (const struct nginx *nginx, int pid)
{
	char folder[32], name[8192], ours[4352];
	snprintf (folder, sizeof folder, "/proc/%d", pid);
	snprintf (ours, sizeof ours, " -c %s/" CONF, nginx->path);
	CLEANUP_CLOSE int proc = open (folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct stat about;
	return proc >= 0 && fstat (proc, &about) == 0 && about.st_uid == geteuid () && reads (proc, "cmdline", name, sizeof name)
		&& strncmp (name, "nginx: master process ", 22) == 0 && strstr (name, ours);
}

/* A descriptor of it, which is of no other process whatever happens, and its number; -1: it does not run. */
static int
find_ours (const struct nginx *nginx, int root, int *ret_pid)
{
	CLEANUP_FREE char *text = NULL;
	size_t length;
	int64_t number = 0;
	if (root >= 0 && file_slurp_if_there (root, PID, 64, &text, &length, NULL) == 1)
		text[strcspn (text, "\n")] = '\0';
	int pid = text && text_int (text, &number) == 0 && number > 1 && number <= INT32_MAX ? (int) number : 0;
	int fd = pid ? pidfd_open (pid, 0) : -1;
	*ret_pid = 0;
	if (fd >= 0 && !is_ours (nginx, pid)) {
		close (fd);
		return -1;
	}
	if (fd >= 0)
		*ret_pid = pid;
	return fd;
}

/* ---- waiting ---- */

/* A moment: 1: `fd` has something, or ended; 0: not yet. Whatever can last is awaited by this, as a cancel ends it. */
static int
rest (struct larder_call *call, int fd, struct larder_error *error)
{
	struct pollfd polled[] = { { larder_host->cancel_fd (call), POLLIN, 0 }, { fd, POLLIN, 0 } };
	poll (polled, 2, PAUSE_MS);
	return larder_host->cancelled (call) ? larder_fail (error, LARDER_E_CANCELLED, "stopped while nginx was awaited") : polled[1].revents ? 1 : 0;
}

static int
await (struct larder_call *call, int fd, struct larder_error *error)
{
	int code;
	while ((code = rest (call, fd, error)) == 0)
		;
	return code < 0 ? code : 0;
}

/* Asked, without waiting; -1: nobody is there. The socket is named by the folder's descriptor, as names of sockets are short. */
static int
begin_asking (int root)
{
	static const char request[] = "GET / HTTP/1.0\r\n\r\n";
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	snprintf (address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/" STATE, root);
	int fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || (connect (fd, (const struct sockaddr *) &address, sizeof address) == 0 && send (fd, request, sizeof request - 1, MSG_NOSIGNAL) > 0))
		return fd;
	close (fd);
	return -1;
}

/* What it says that its files are; "" where nobody answers in time. */
static int
ask_state (struct larder_call *call, int root, char ret[DIGEST_ROOM], struct larder_error *error)
{
	char answer[1024];
	size_t have = 0;
	ssize_t got = 1;
	CLEANUP_CLOSE int fd = begin_asking (root);
	*ret = '\0';
	for (int64_t until = clock_boot () + ANSWER; fd >= 0 && got != 0 && have < sizeof answer - 1 && clock_boot () < until;) {
		int code = rest (call, fd, error);
		if (code < 0)
			return code;
		got = code ? read (fd, answer + have, sizeof answer - 1 - have) : -1;
		have += got > 0 ? (size_t) got : 0;
	}
	answer[have] = '\0';
	const char *body = strstr (answer, "\r\n\r\n");
	if (body)
		snprintf (ret, DIGEST_ROOM, "%s", body + 4);
	return 0;
}

int
ng_state (struct nginx *nginx, struct larder_call *call, struct ng_state *ret, struct larder_error *error)
{
	char told[DIGEST_ROOM];
	CLEANUP_CLOSE int root = ng_root (nginx, false, error);
	struct ready ready = { .root = root };
	*ret = (struct ng_state) { .pid = 0 };
	CLEANUP_CLOSE int ours = find_ours (nginx, root, &ret->pid);
	if (ours < 0 || look_around (nginx, &ready, NULL) < 0)
		return 0;
	int code = ask_state (call, root, told, error);
	ret->current = code == 0 && strcmp (told, ready.digest) == 0;
	return code;
}

/* Two processes at once would start two, and make two authorities. */
int
ng_lock (struct larder_call *call, int root, struct larder_error *error)
{
	int fd = file_open_beneath (root, "lock", O_RDWR | O_CREAT, 0600);
	int code = fd < 0 ? larder_fail_errno (error, -fd, "cannot open the lock of nginx") : 0;
	while (code == 0 && flock (fd, LOCK_EX | LOCK_NB) < 0)
		code = errno == EWOULDBLOCK || errno == EINTR ? rest (call, -1, error) : larder_fail_errno (error, errno, "cannot lock what nginx has");
	if (code < 0 && fd >= 0)
		close (fd);
	return code < 0 ? code : fd;
}

/* ---- a run of it ---- */

static int
spawn (const struct nginx *nginx, const char *program, const char *flag, int words, pid_t *ret)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none, all;
	char conf[4352];
	snprintf (conf, sizeof conf, "%s/" CONF, nginx->path);
	const char *const arguments[] = { program, "-e", "error.log", "-p", nginx->path, "-c", conf, flag, NULL }, *const surroundings[] = { "PATH=/usr/sbin:/usr/bin:/sbin:/bin", NULL };
	sigemptyset (&none);
	sigfillset (&all);
	posix_spawn_file_actions_init (&actions);
	posix_spawnattr_init (&attributes);
	posix_spawn_file_actions_addopen (&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen (&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_adddup2 (&actions, words, STDERR_FILENO);
	posix_spawn_file_actions_addchdir_np (&actions, nginx->path);          /* sockets are named from there */
	posix_spawnattr_setsigmask (&attributes, &none);
	posix_spawnattr_setsigdefault (&attributes, &all);
	posix_spawnattr_setflags (&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	int failed = posix_spawn (ret, program, &actions, &attributes, (char *const *) (uintptr_t) arguments, (char *const *) (uintptr_t) surroundings);
	posix_spawn_file_actions_destroy (&actions);
	posix_spawnattr_destroy (&attributes);
	return failed;
}

/* The first of its lines that it ended for, without time and level; else all of them. */
static void
complaint (const struct buffer *words, char *ret, size_t room)
{
	const char *text = buffer_text (words), *begin = strstr (text, "[emerg] "), *line = begin ? begin + 8 : text;
	CLEANUP_FREE char *first = strndup (line, strcspn (line, "\n"));
	CLEANUP_BUFFER struct buffer shown;
	buffer_init (&shown, (size_t) 4 * WORDS_MOST);
	text_escape (&shown, first ? first : "");
	snprintf (ret, room, "%.400s", buffer_text (&shown));
}

/* All that it complains of, until it has nothing more to say. */
static int
listen_to (struct larder_call *call, int from, struct buffer *words, struct larder_error *error)
{
	char piece[1024];
	for (ssize_t got = 1; got != 0;) {
		int code = await (call, from, error);
		if (code < 0)
			return code;
		got = read (from, piece, sizeof piece);
		if (got < 0 && errno != EINTR)
			return larder_fail_errno (error, errno, "cannot hear what nginx says");
		buffer_add (words, piece, got > 0 ? (size_t) got : 0);
	}
	return 0;
}

/* Until it ended; one that nobody waits for any more is ended: its number is nobody else's before waitpid. */
static int
see_end (struct larder_call *call, pid_t pid, int from, struct buffer *words, int *ret_status, struct larder_error *error)
{
	CLEANUP_CLOSE int ended = pidfd_open (pid, 0);
	int code = ended < 0 ? larder_fail_errno (error, errno, "cannot await nginx") : listen_to (call, from, words, error);
	if (code == 0)
		code = await (call, ended, error);
	if (code < 0)
		kill (pid, SIGKILL);
	while (waitpid (pid, ret_status, 0) < 0 && errno == EINTR)
		;
	return code;
}

/* It goes into the background by itself, once it listens; what it complains of until then is told. */
static int
run (const struct nginx *nginx, struct larder_call *call, const char *program, const char *flag, struct larder_error *error)
{
	int ends[2], status = 0;
	pid_t pid;
	char said[512];
	CLEANUP_BUFFER struct buffer words;
	buffer_init (&words, WORDS_MOST);
	if (pipe2 (ends, O_CLOEXEC) < 0)
		return larder_fail_errno (error, errno, "cannot start nginx");
	int failed = spawn (nginx, program, flag, ends[1], &pid);
	close (ends[1]);
	int code = failed ? larder_fail_errno (error, failed, "cannot start '%s'", program) : see_end (call, pid, ends[0], &words, &status, error);
	close (ends[0]);
	if (code < 0 || (WIFEXITED (status) && WEXITSTATUS (status) == 0))
		return code;
	complaint (&words, said, sizeof said);
	return larder_fail_next (error, LARDER_E_UNAVAILABLE, strstr (said, "bind()") ? "domain = HOST:PORT of the [cdn], where nobody else listens and this user may" : "error.log in its root has all of it",
		"nginx does not start: %s", said);
}

static int
wait_until_current (const struct nginx *nginx, struct larder_call *call, const struct ready *ready, struct larder_error *error)
{
	char told[DIGEST_ROOM];
	for (int64_t until = clock_boot () + PATIENCE; clock_boot () < until;) {
		int code = ask_state (call, ready->root, told, error);
		if (code == 0 && strcmp (told, ready->digest) == 0)
			return 0;
		if (code == 0)
			code = rest (call, -1, error);
		if (code < 0)
			return code;
	}
	return larder_fail_next (error, LARDER_E_UNAVAILABLE, "its file error.log tells why", "nginx below '%s' does not answer", nginx->path);
}

/* ---- up and down ---- */

/* Of one that ended without a word they are there still, and it could not listen to them again. */
static void
remove_sockets (int root)
{
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	struct ng_ids ids = { NULL, 0, 0, NULL };
	file_unlink_beneath (root, STATE);
	if (arena && ng_sites (root, arena, &ids, NULL) < 0)
		return;
	for (size_t n = 0; n < ids.count; n++) {
		char path[64];
		snprintf (path, sizeof path, "sites/%s/origin.sock", ids.at[n]);
		file_unlink_beneath (root, path);
	}
}

static int
begin (struct nginx *nginx, struct larder_call *call, const struct ready *ready, struct larder_error *error)
{
	remove_sockets (ready->root);
	int code = run (nginx, call, ready->program, NULL, error);
	return code < 0 ? code : wait_until_current (nginx, call, ready, error);
}

/* The numbers of its workers, where the kernel tells them: else "". */
static void
list_workers (int pid, char *ret, size_t room)
{
	char folder[32], children[32];
	snprintf (folder, sizeof folder, "/proc/%d/task", pid);
	snprintf (children, sizeof children, "%d/children", pid);
	CLEANUP_CLOSE int proc = open (folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (proc < 0 || !reads (proc, children, ret, room))
		*ret = '\0';
}

/* One that was told to end says so in its name, and listens no more. */
static bool
any_listens (const char *workers)
{
	for (const char *at = workers; *at;) {
		char folder[64], name[64];
		int length = (int) strcspn (at, " ");
		snprintf (folder, sizeof folder, "/proc/%.*s", length, at);
		CLEANUP_CLOSE int proc = open (folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (proc >= 0 && reads (proc, "cmdline", name, sizeof name) && strcmp (name, "nginx: worker process") == 0)
			return true;
		at += length + (at[length] == ' ');
	}
	return false;
}

/* For a moment workers of older settings answer beside the new ones. */
static int
wait_until_alone (const struct nginx *nginx, struct larder_call *call, const char *workers, struct larder_error *error)
{
	for (int64_t until = clock_boot () + PATIENCE; clock_boot () < until;) {
		if (!any_listens (workers))
			return 0;
		int code = rest (call, -1, error);
		if (code < 0)
			return code;
	}
	return larder_fail_next (error, LARDER_E_UNAVAILABLE, "larder dev down, and up again", "nginx below '%s' goes on by older settings, too", nginx->path);
}

/* Looked at first: told of files that are wrong it would go on by the old ones without a word. */
static int
reload (struct nginx *nginx, struct larder_call *call, const struct ready *ready, int ours, int pid, struct larder_error *error)
{
	char workers[1024];
	list_workers (pid, workers, sizeof workers);
	int code = run (nginx, call, ready->program, "-t", error);
	if (code == 0 && pidfd_send_signal (ours, SIGHUP, NULL, 0) < 0)
		code = larder_fail_errno (error, errno, "cannot tell nginx of what is new");
	if (code == 0)
		code = wait_until_current (nginx, call, ready, error);
	return code < 0 ? code : wait_until_alone (nginx, call, workers, error);
}

static int
bring_up (struct nginx *nginx, struct larder_call *call, struct ready *ready, const char **ret_done, struct larder_error *error)
{
	int pid;
	char told[DIGEST_ROOM] = "";
	CLEANUP_CLOSE int ours = find_ours (nginx, ready->root, &pid);
	int code = ours < 0 ? 0 : ask_state (call, ready->root, told, error);
	*ret_done = ours < 0 ? "started" : strcmp (told, ready->digest) == 0 ? "same" : "reloaded";
	if (code < 0 || strcmp (*ret_done, "same") == 0)
		return code;
	code = write_main (ready, error);
	if (code < 0)
		return code;
	return ours < 0 ? begin (nginx, call, ready, error) : reload (nginx, call, ready, ours, pid, error);
}

/* Looked around under the lock: what others wrote until they gave it up is what nginx is to run by. */
int
ng_up (struct nginx *nginx, struct larder_call *call, int root, const char **ret_done, struct larder_error *error)
{
	struct ready ready = { .root = root };
	int code = look_around (nginx, &ready, error);
	if (code == 0 && !ready.sites)
		return larder_fail_next (error, LARDER_E_NOTFOUND, "larder infra apply makes what it serves", "nothing is set up below '%s' that nginx could serve", nginx->path);
	return code < 0 ? code : bring_up (nginx, call, &ready, ret_done, error);
}

int
ng_down (struct nginx *nginx, struct larder_call *call, int root, const char **ret_done, struct larder_error *error)
{
	int pid, code = 0;
	CLEANUP_CLOSE int ours = find_ours (nginx, root, &pid);
	*ret_done = ours < 0 ? "down" : "stopped";
	if (ours >= 0 && pidfd_send_signal (ours, SIGTERM, NULL, 0) < 0)
		return larder_fail_errno (error, errno, "cannot stop nginx, process %d", pid);
	for (int64_t until = clock_boot () + PATIENCE; ours >= 0 && code == 0 && clock_boot () < until;)
		code = rest (call, ours, error);
	return code < 0 ? code : ours < 0 || code > 0 ? 0 : larder_fail_next (error, LARDER_E_UNAVAILABLE, "its file error.log tells why", "nginx, process %d, does not end", pid);
}

/* ---- for `larder doctor` ---- */

int
ng_check (void *self, struct larder_call *call, const char *bucket, larder_finding_fn finding, void *context, struct larder_error *error)
{
	struct nginx *nginx = self;
	struct larder_error why = LARDER_ERROR_INIT;
	struct ready ready = { .root = -1 };
	struct ng_state state;
	char text[64];
	(void) bucket;
	int code = find_program (nginx, ready.program, sizeof ready.program, &why);
	int told = finding (context, code < 0 ? LARDER_FAIL : LARDER_PASS, "nginx", code < 0 ? why.message : ready.program, code < 0 ? why.next : NULL);
	if (told != 0)
		return told;
	code = find_modules (ready.modules, sizeof ready.modules, &why);
	told = finding (context, code < 0 ? LARDER_FAIL : LARDER_PASS, "module", code < 0 ? why.message : ready.modules, code < 0 ? why.next : NULL);
	if (told != 0)
		return told;
	code = ng_state (nginx, call, &state, error);
	snprintf (text, sizeof text, state.pid ? "%s, process %d" : "it does not run", state.current ? "it runs" : "it runs by older settings", state.pid);
	return code < 0 ? code : finding (context, state.pid && !state.current ? LARDER_WARN : LARDER_NOTE, "state", text, state.pid && state.current ? NULL : "larder dev up");
}
