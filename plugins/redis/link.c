/* link.c: commands over connections that never block: what is waited for is the socket, the cancel and the clock. */
#include "lock-redis.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "error.h"

int
link_wait (struct asking *asking, int fd, short events)
{
	const struct locks *locks = asking->locks;
	struct pollfd fds[2] = { { .fd = fd, .events = events }, { .fd = larder_host->cancel_fd (asking->call), .events = POLLIN } };
	for (;;) {
		int64_t left = asking->end - larder_host->boot ();
		if (larder_host->cancelled (asking->call) || fds[1].revents)
			return larder_fail (asking->error, LARDER_E_CANCELLED, "cancelled while Redis at '%s' was waited for", locks->address);
		if (left <= 0)
			return larder_fail_next (asking->error, LARDER_E_UNAVAILABLE, "is it overloaded, or the way to it cut? 'timeout' of the [lock] says how long it may take",
				"Redis at '%s' does not answer", locks->address);
		int ready = poll (fds, 2, (int) (left / 1000000) + 1);
		if (ready < 0 && errno != EINTR)
			return larder_fail_errno (asking->error, errno, "cannot wait for Redis at '%s'", locks->address);
		if (ready > 0 && !fds[1].revents)
			return 0;
	}
}

/* It is for nobody here. */
struct link_quiet
link_quiet_begin (void)
{
	sigset_t pipes, pending;
	struct link_quiet quiet;
	sigemptyset (&pipes);
	sigaddset (&pipes, SIGPIPE);
	sigpending (&pending);
	quiet.was_there = sigismember (&pending, SIGPIPE);
	pthread_sigmask (SIG_BLOCK, &pipes, &quiet.before);
	return quiet;
}

void
link_quiet_end (const struct link_quiet *quiet)
{
	sigset_t pipes;
	int errnum = errno;
	sigemptyset (&pipes);
	sigaddset (&pipes, SIGPIPE);
	while (!quiet->was_there && sigtimedwait (&pipes, NULL, &(struct timespec) { 0 }) < 0 && errno == EINTR)
		;
	pthread_sigmask (SIG_SETMASK, &quiet->before, NULL);
	errno = errnum;
}

static int
write_some (redisContext *context, int *ret_done)
{
	struct link_quiet quiet = link_quiet_begin ();
	int status = redisBufferWrite (context, ret_done);
	link_quiet_end (&quiet);
	return status;
}

static int
fail_broken (struct asking *asking, const redisContext *context)
{
	return larder_fail (asking->error, LARDER_E_RETRY, "the connection to Redis at '%s' broke off: %s", asking->locks->address, context->errstr);
}

/* hiredis takes texts that it could change, and changes none. */
static bool
append (redisContext *context, const struct words *words)
{
	return redisAppendCommandArgv (context, words->count, (const char **) (uintptr_t) words->at, words->lengths) == REDIS_OK;
}

static int
send_words (struct asking *asking, redisContext *context, const struct words *words)
{
	int done = 0;
	if (!append (context, words))
		return larder_fail_memory (asking->error);
	for (;;) {
		if (write_some (context, &done) != REDIS_OK)
			return fail_broken (asking, context);
		if (done)
			return 0;
		int code = link_wait (asking, context->fd, POLLOUT);
		if (code < 0)
			return code;
	}
}

int
link_command (struct asking *asking, redisContext *context, const struct words *words, redisReply **ret)
{
	void *reply = NULL;
	int code = send_words (asking, context, words);
	while (code == 0) {
		if (redisGetReplyFromReader (context, &reply) != REDIS_OK)
			return fail_broken (asking, context);
		if (reply)
			break;
		code = link_wait (asking, context->fd, POLLIN);
		if (code == 0 && redisBufferRead (context) != REDIS_OK)
			return fail_broken (asking, context);
	}
	if (code == 0)
		*ret = reply;
	return code;
}

/* What was said before it comes first, so the two take each other back, whenever they are heard. */
void
link_farewell (redisContext *context, const struct words *words)
{
	int done = 0;
	if (append (context, words))
		(void) write_some (context, &done);
}

/* ---- idle connections -------------------------------------------------------------------------- */

static redisContext *
take_idle (struct locks *locks)
{
	pthread_mutex_lock (&locks->mutex);
	while (locks->process != getpid () && locks->idles)
		redisFree (locks->idle[--locks->idles]);
	locks->process = getpid ();
	redisContext *context = locks->idles ? locks->idle[--locks->idles] : NULL;
	pthread_mutex_unlock (&locks->mutex);
	return context;
}

static void
give_back (struct locks *locks, redisContext *context)
{
	pthread_mutex_lock (&locks->mutex);
	bool kept = locks->idles < IDLE_MOST;
	if (kept)
		locks->idle[locks->idles++] = context;
	pthread_mutex_unlock (&locks->mutex);
	if (!kept)
		redisFree (context);
}

void
link_close_idle (struct locks *locks)
{
	for (redisContext *context; (context = take_idle (locks));)
		redisFree (context);
}

/* On one connection, which goes where its state is not known or its server takes nothing. */
static int
ask_on (struct asking *asking, redisContext *context, const struct words *words, const struct words *undo, redisReply **ret)
{
	redisReply *reply;
	int code = link_command (asking, context, words, &reply);
	if (code < 0) {
		if (undo && code != LARDER_E_RETRY)
			link_farewell (context, undo);
		redisFree (context);
		return code;
	}
	if (reply->type != REDIS_REPLY_ERROR) {
		give_back (asking->locks, context);
		*ret = reply;
		return 0;
	}
	code = answers_fail (asking->locks, reply->str, asking->error);
	freeReplyObject (reply);
	redisFree (context);
	return code;
}

int
link_ask (struct asking *asking, const struct words *words, const struct words *undo, redisReply **ret)
{
	redisContext *context;
	int code = LARDER_E_RETRY;
	while (code == LARDER_E_RETRY && (context = take_idle (asking->locks)))
		code = ask_on (asking, context, words, undo, ret);
	for (unsigned i = 0; i < 2 && code == LARDER_E_RETRY; i++) {
		code = reach_connect (asking, &context);
		if (code == 0)
			code = ask_on (asking, context, words, undo, ret);
	}
	if (code != LARDER_E_RETRY)
		return code;
	if (asking->error)
		asking->error->code = LARDER_E_UNAVAILABLE;
	larder_explain (asking->error, LARDER_DETAIL_NEXT, "was it stopped? Try again when it runs");
	return LARDER_E_UNAVAILABLE;
}
