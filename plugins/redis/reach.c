/* reach.c: from an address to a connection that is ready for commands. Names are looked up on a thread of their own, so that a
 * name server which is silent keeps nobody from being cancelled. */
#include "lock-redis.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include "cleanup.h"
#include "error.h"

static int
fail_address (const struct locks *locks, struct larder_error *error)
{
	return larder_fail_next (error, LARDER_E_INVALID, "write HOST:PORT, [::1]:PORT, or the path of a socket", "'address' of Redis cannot be '%s'", locks->address);
}

int
reach_parse (struct locks *locks, struct larder_error *error)
{
	const char *address = locks->address, *host = address, *end, *port = "6379";
	if (*address == '/')
		return 0;
	if (*address == '[') {
		host++;
		end = strchr (host, ']');
		if (!end || (end[1] && end[1] != ':'))
			return fail_address (locks, error);
		port = end[1] ? end + 2 : port;
	} else {
		end = strchrnul (address, ':');
		port = *end ? end + 1 : port;
	}
	char *stop;
	long number = strtol (port, &stop, 10);
	if (end == host || end - host >= ADDRESS_ROOM || *stop || stop == port || number < 1 || number > 65535)
		return fail_address (locks, error);
	(void) snprintf (locks->host, sizeof locks->host, "%.*s", (int) (end - host), host);
	(void) snprintf (locks->port, sizeof locks->port, "%ld", number);
	locks->number = (int) number;
	return 0;
}

/* ---- names ------------------------------------------------------------------------------------- */

/* Of who asks and of the thread that looks, whichever lets go last. */
struct lookup { atomic_int users; int done, status; struct addrinfo *found; char host[ADDRESS_ROOM], port[8]; };

static void
let_go (struct lookup *lookup)
{
	if (atomic_fetch_sub (&lookup->users, 1) > 1)
		return;
	if (lookup->found)
		freeaddrinfo (lookup->found);
	cleanup_close_at (&lookup->done);
	free (lookup);
}

static void *
look (void *at)
{
	struct lookup *lookup = at;
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	lookup->status = getaddrinfo (lookup->host, lookup->port, &hints, &lookup->found);
	(void) eventfd_write (lookup->done, 1);
	let_go (lookup);
	return NULL;
}

static int
start_looking (struct lookup *lookup)
{
	pthread_t thread;
	pthread_attr_t attributes;
	sigset_t all, before;
	sigfillset (&all);
	pthread_attr_init (&attributes);
	pthread_attr_setdetachstate (&attributes, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize (&attributes, 256 << 10);
	pthread_sigmask (SIG_SETMASK, &all, &before);
	int errnum = pthread_create (&thread, &attributes, look, lookup);
	pthread_sigmask (SIG_SETMASK, &before, NULL);
	pthread_attr_destroy (&attributes);
	return errnum;
}

static int
look_up (struct asking *asking, struct addrinfo **ret)
{
	const struct locks *locks = asking->locks;
	const struct addrinfo numeric = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST };
	if (getaddrinfo (locks->host, locks->port, &numeric, ret) == 0)
		return 0;
	struct lookup *lookup = calloc (1, sizeof *lookup);
	if (!lookup)
		return larder_fail_memory (asking->error);
	*lookup = (struct lookup) { .users = 2, .done = eventfd (0, EFD_CLOEXEC) };
	memcpy (lookup->host, locks->host, sizeof lookup->host);
	memcpy (lookup->port, locks->port, sizeof lookup->port);
	int errnum = lookup->done < 0 ? errno : start_looking (lookup);
	if (errnum) {
		lookup->users = 1;
		let_go (lookup);
		return larder_fail_errno (asking->error, errnum, "cannot look up the host '%s' of Redis", locks->host);
	}
	int code = link_wait (asking, lookup->done, POLLIN);
	if (code == 0 && lookup->status != 0)
		code = larder_fail_next (asking->error, LARDER_E_UNAVAILABLE, "look at 'address' of the [lock]", "the host '%s' of Redis is not found: %s", locks->host, gai_strerror (lookup->status));
	if (code == 0) {
		*ret = lookup->found;
		lookup->found = NULL;
	}
	let_go (lookup);
	return code;
}

/* ---- connections ------------------------------------------------------------------------------- */

static int
fail_connect (struct asking *asking, const char *why)
{
	return larder_fail_next (asking->error, LARDER_E_UNAVAILABLE, "does it run, and is 'address' of the [lock] its own?", "cannot reach Redis at '%s': %s", asking->locks->address, why);
}

/* A connection under way becomes one, or is given up. */
static int
finish (struct asking *asking, redisContext *context, redisContext **ret)
{
	int code, errnum = 0;
	if (!context)
		return larder_fail_memory (asking->error);
	if (context->err)
		code = fail_connect (asking, context->errstr);
	else
		code = link_wait (asking, context->fd, POLLOUT);
	if (code == 0 && (getsockopt (context->fd, SOL_SOCKET, SO_ERROR, &errnum, &(socklen_t) { sizeof errnum }) < 0 || errnum))
		code = fail_connect (asking, strerror (errnum ? errnum : errno));
	if (code == 0)
		*ret = context;
	else
		redisFree (context);
	return code;
}

/* The addresses of a name, one after the other. */
static int
connect_host (struct asking *asking, redisContext **ret)
{
	struct addrinfo *found = NULL;
	int code = look_up (asking, &found);
	if (code < 0)
		return code;
	code = fail_connect (asking, "its name has no address");
	for (const struct addrinfo *at = found; at && code == LARDER_E_UNAVAILABLE; at = at->ai_next) {
		char number[NI_MAXHOST];
		if (getnameinfo (at->ai_addr, at->ai_addrlen, number, sizeof number, NULL, 0, NI_NUMERICHOST) == 0)
			code = finish (asking, redisConnectNonBlock (number, asking->locks->number), ret);
	}
	freeaddrinfo (found);
	return code;
}

/* A command whose answer is a word, before the connection is anybody's. */
static int
introduce (struct asking *asking, redisContext *context, const struct words *words)
{
	redisReply *reply;
	int code = link_command (asking, context, words, &reply);
	if (code < 0)
		return code;
	if (reply->type == REDIS_REPLY_ERROR)
		code = answers_fail (asking->locks, reply->str, asking->error);
	freeReplyObject (reply);
	return code;
}

static int
log_in (struct asking *asking, redisContext *context)
{
	const struct locks *locks = asking->locks;
	struct words words = { 0 };
	char database[24];
	int code = 0;
	if (locks->password) {
		words_add (&words, "AUTH");
		if (locks->user)
			words_add (&words, locks->user);
		words_add (&words, locks->password);
		code = introduce (asking, context, &words);
	}
	if (code < 0 || !locks->database)
		return code;
	words.count = 0;
	(void) snprintf (database, sizeof database, "%lld", (long long) locks->database);
	words_add (&words, "SELECT");
	words_add (&words, database);
	return introduce (asking, context, &words);
}

int
reach_connect (struct asking *asking, redisContext **ret)
{
	redisContext *context;
	int code = *asking->locks->host ? connect_host (asking, &context) : finish (asking, redisConnectUnixNonBlock (asking->locks->address), &context);
	if (code < 0)
		return code;
	code = asking->locks->tls ? tls_begin (asking, context) : 0;
	if (code == 0)
		code = log_in (asking, context);
	if (code == 0)
		*ret = context;
	else
		redisFree (context);
	return code;
}
