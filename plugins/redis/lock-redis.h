/* lock-redis.h: what the files of this provider share. */
#ifndef PLUGINS_REDIS_LOCK_REDIS_H
#define PLUGINS_REDIS_LOCK_REDIS_H

#include <pthread.h>
#include <signal.h>
#include <sys/types.h>
#include <hiredis.h>

#include "lease.h"

enum { IDLE_MOST = 8, ADDRESS_ROOM = 300 };

struct locks {
	const char *address, *user, *password, *ca_file;   /* options */
	int64_t database, timeout;
	bool tls;
	char host[ADDRESS_ROOM], port[8];                  /* host "" for a socket's path */
	int number;                                        /* of the port */
	void *trust;                                       /* of TLS, or NULL */
	pthread_mutex_t mutex;                             /* of what follows; never held across a command */
	redisContext *idle[IDLE_MOST];
	unsigned idles;
	pid_t process;                                     /* whose they are: a child of it makes its own */
};

/* One operation: what it may wait for, and until when. */
struct asking { struct locks *locks; struct larder_call *call; int64_t end; struct larder_error *error; };

struct words { int count; const char *at[12]; size_t lengths[12]; };
void words_add (struct words *words, const char *text);

/* link.c: one command and its answer. 0 and the reply, which may be an error of Redis; LARDER_E_RETRY when the connection is gone and
 * another may do; else a code. */
int link_command (struct asking *asking, redisContext *context, const struct words *words, redisReply **ret);
/* The socket is readable or writable; CANCELLED, UNAVAILABLE. */
int link_wait (struct asking *asking, int fd, short events);
/* Around what may write to a closed connection: no SIGPIPE comes of it. */
struct link_quiet { sigset_t before; bool was_there; };
struct link_quiet link_quiet_begin (void);
void link_quiet_end (const struct link_quiet *quiet);
/* Says one more thing and looks no more at the answer. */
void link_farewell (redisContext *context, const struct words *words);
/* A command on any connection, made anew once where an idle one turns out to be dead. Commands are such that twice is once. With
 * `undo`: what takes it back, said when its outcome stays unknown. Errors of Redis are codes. */
int link_ask (struct asking *asking, const struct words *words, const struct words *undo, redisReply **ret);
void link_close_idle (struct locks *locks);

/* reach.c: the address as parts; and a connection that is ready for commands. */
int reach_parse (struct locks *locks, struct larder_error *error);
int reach_connect (struct asking *asking, redisContext **ret);

/* tls.c: what is trusted, UNSUPPORTED in a build without TLS; a connection that speaks it. */
int tls_open (struct locks *locks, struct larder_error *error);
void tls_close (struct locks *locks);
int tls_begin (struct asking *asking, redisContext *context);

/* answers.c: the code for an error of Redis, worded. */
int answers_fail (const struct locks *locks, const char *text, struct larder_error *error);

/* scripts.c: the commands. Names beside the lock's own lie in the same slot of a cluster. */
struct keys { char *fence, *note; };
int scripts_keys (struct larder_call *call, const char *name, struct keys *ret, struct larder_error *error);
void scripts_acquire (struct words *ret, const char *name, const struct keys *keys, const char *owner, const char *ms, const char *note, const char *floor);
void scripts_renew (struct words *ret, const char *name, const struct keys *keys, const char *owner, const char *ms, const char *note, const char *fence);
void scripts_release (struct words *ret, const char *name, const struct keys *keys, const char *owner);
void scripts_holder (struct words *ret, const char *name, const struct keys *keys);

#endif
