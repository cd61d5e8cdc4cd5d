/* going-wrong.c: LARDER_BAD, counted. */
#include "going-wrong.h"

#include <errno.h>
#include <netdb.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NAMES_MOST = 32 };

#define KILL (-1003)
#define STOP (-1004)
static const struct { const char *name; int number; } hows[] = {
	{ "short", SHORT }, { "kill", KILL }, { "stop", STOP }, { "late", LATE }, { "ESTALE", ESTALE }, { "EDQUOT", EDQUOT }, { "EIO", EIO }, { "EINTR", EINTR },
	{ "ENOSPC", ENOSPC }, { "EAGAIN", EAGAIN }, { "ENOENT", ENOENT }, { "ENOLCK", ENOLCK }, { "ENOMEM", ENOMEM }, { "EAI_AGAIN", EAI_AGAIN },
};

/* How many calls of that name there were, this one included. */
static unsigned
counted (const char *call)
{
	static struct { _Atomic (const char *) name; atomic_uint count; } at[NAMES_MOST];
	for (unsigned i = 0; i < NAMES_MOST; i++) {
		const char *none = NULL;
		if (atomic_compare_exchange_strong (&at[i].name, &none, call) || strcmp (none, call) == 0)
			return atomic_fetch_add (&at[i].count, 1) + 1;
	}
	abort ();
}

static int
number_of (const char *how)
{
	for (size_t i = 0; i < sizeof hows / sizeof *hows; i++)
		if (strcmp (how, hows[i].name) == 0)
			return hows[i].number;
	return 0;
}

int
going_wrong (const char *call)
{
	unsigned number = counted (call), from = 1, times = 0;
	size_t length = strlen (call);
	char how[16] = "";
	for (const char *at = getenv ("LARDER_BAD"); at && *at; at += strcspn (at, ","), at += *at == ',') {
		from = 1, times = 0;
		if (strncmp (at, call, length) != 0 || at[length] != ':' || sscanf (at + length + 1, "%15[A-Za-z_]:%u:%u", how, &from, &times) < 1)
			continue;
		if (number < from || (times > 0 && number >= from + times))
			continue;
		int code = number_of (how);
		if (code == KILL)
			kill (getpid (), SIGKILL);
		if (code == STOP)
			raise (SIGSTOP);        /* this thread before the call, and with it the others: the process's signal may let it go on a little */
		return code == STOP ? 0 : code;
	}
	return 0;
}
