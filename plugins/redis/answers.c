/* answers.c: what Redis's errors mean here. */
#include "lock-redis.h"

#include <stdio.h>

#include "error.h"

static const struct { const char *begins; int code; const char *next; } known[] = {
	{ "NOAUTH", LARDER_E_DENIED, "it wants a password: set 'password' of the [lock], from the environment" },
	{ "WRONGPASS", LARDER_E_DENIED, "look at 'user' and 'password' of the [lock]" },
	{ "ERR invalid password", LARDER_E_DENIED, "look at 'password' of the [lock]" },
	{ "ERR AUTH <password> called without", LARDER_E_DENIED, "it has no password: remove 'password' of the [lock], or give it one" },
	{ "ERR Client sent AUTH, but no password", LARDER_E_DENIED, "it has no password: remove 'password' of the [lock], or give it one" },
	{ "NOPERM", LARDER_E_DENIED, "its user needs EVAL, GET, SET, DEL, PTTL and PEXPIRE on the keys of the locks" },
	{ "DENIED", LARDER_E_DENIED, "it is in protected mode: give it a password" },
	{ "READONLY", LARDER_E_UNAVAILABLE, "this is a replica: address the primary, which alone takes locks" },
	{ "LOADING", LARDER_E_UNAVAILABLE, "it is reading its data; try again in a moment" },
	{ "MASTERDOWN", LARDER_E_UNAVAILABLE, "this is a replica without its primary: address the primary" },
	{ "BUSY", LARDER_E_UNAVAILABLE, "a script of somebody is running; try again in a moment" },
	{ "MISCONF", LARDER_E_UNAVAILABLE, "it cannot save its data and takes nothing: look at its log" },
	{ "NOREPLICAS", LARDER_E_UNAVAILABLE, "it waits for replicas before it takes anything" },
	{ "ERR max number of clients", LARDER_E_UNAVAILABLE, "raise its maxclients" },
	{ "OOM", LARDER_E_NOSPACE, "it is full: raise its maxmemory" },
	{ "MOVED", LARDER_E_UNSUPPORTED, "it is a cluster, which is not spoken with: address a Redis that is none" },
	{ "ASK", LARDER_E_UNSUPPORTED, "it is a cluster, which is not spoken with: address a Redis that is none" },
	{ "CLUSTERDOWN", LARDER_E_UNAVAILABLE, "it is a cluster of which a part is missing" },
	{ "ERR unknown command", LARDER_E_UNSUPPORTED, "it must know EVAL, and SET with NX and PX (Redis 2.6.12)" },
	{ "ERR DB index", LARDER_E_INVALID, "look at 'database' of the [lock]" },
	{ "ERR invalid DB index", LARDER_E_INVALID, "look at 'database' of the [lock]" },
	{ "WRONGTYPE", LARDER_E_CONFLICT, "something else than a lock has its name: choose another name" },
};

/* Errors that a script met are told with it around them. */
static const char *
within (const char *text)
{
	const char *inner = strncmp (text, "ERR Error running script", 24) == 0 ? strstr (text, ": -") : NULL;
	return inner ? inner + 3 : text;
}

int
answers_fail (const struct locks *locks, const char *text, struct larder_error *error)
{
	int code = LARDER_E_UNAVAILABLE;
	const char *next = "", *inner = within (text);
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (strncmp (inner, known[i].begins, strlen (known[i].begins)) == 0) {
			code = known[i].code;
			next = known[i].next;
			break;
		}
	char word[40];
	(void) snprintf (word, sizeof word, "%.*s", (int) strcspn (inner, " "), inner);
	larder_fail_next (error, code, next, "Redis at '%s' refuses: %.300s", locks->address, text);
	larder_explain (error, LARDER_DETAIL_PROVIDER, word);
	return code;
}
